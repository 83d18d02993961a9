from flask import Flask

from portal.core.texts import _


def test_a_job_has_no_reader_and_speaks_the_default_language(app: Flask) -> None:
    assert _("Sign out") == "Sign out"
