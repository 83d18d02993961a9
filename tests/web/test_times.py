from datetime import UTC, datetime, timedelta

import pytest
from babel.dates import format_timedelta
from flask import Flask
from flask_babel import force_locale, format_datetime

from portal.core import clock
from portal.web.times import ago, exact

NOW = datetime(2026, 3, 1, 12, 30, 15, tzinfo=UTC)
SPANS = [
    timedelta(**{unit: count})
    for unit in ("seconds", "minutes", "hours", "days", "weeks")
    for count in (0, 1, 2, 6.4, 6.6, 11, 23.4, 53, 55, 59, 100, 400)
]


@pytest.mark.parametrize("language", ["en", "fr", "nl", "de", "es"])
def test_how_long_ago_is_said_as_babel_says_it(app: Flask, language: str) -> None:
    for span in SPANS:
        for passed in (-span, span):
            with app.test_request_context(), force_locale(language), clock.at(NOW):
                said = str(ago(NOW + passed)).partition(">")[2].removesuffix("</time>")
            expected = format_timedelta(passed, add_direction=True, threshold=0.9, locale=language)
            assert (passed, said) == (passed, expected.replace("'", "&#39;"))


@pytest.mark.parametrize("language", ["en", "fr", "nl", "de", "es"])
def test_the_exact_moment_is_in_the_readers_zone_and_language_to_the_minute(
    app: Flask, language: str
) -> None:
    with app.test_request_context(), force_locale(language):
        whole = format_datetime(NOW, "medium")
        assert exact(NOW) == whole.replace(":15", "", 1)


def test_a_moment_that_was_not_is_never(app: Flask) -> None:
    with app.test_request_context():
        assert (ago(None), ago(None, "-")) == ("never", "-")
