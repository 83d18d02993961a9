import pytest

from portal.core.texts import LANGUAGES
from portal.job_roles.catalogue import ShippedJobRole, shipped_job_role


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("job_role", ShippedJobRole)
def test_every_job_role_says_in_every_language_what_the_person_does_and_can_do(
    job_role: ShippedJobRole, language: str
) -> None:
    text = shipped_job_role(job_role, language)

    assert text.name == text.name.strip() != ""
    assert text.description.endswith(".")
    assert text.description.count(".") == 1
    assert 3 <= len(text.can_do) <= 4
    assert not any(line.endswith(".") for line in text.can_do)


@pytest.mark.parametrize("language", [language for language in LANGUAGES if language != "en"])
@pytest.mark.parametrize("job_role", ShippedJobRole)
def test_no_description_was_left_in_english(job_role: ShippedJobRole, language: str) -> None:
    english, translated = shipped_job_role(job_role, "en"), shipped_job_role(job_role, language)

    assert english.description != translated.description
    assert set(english.can_do) & set(translated.can_do) == set()
    assert len(english.can_do) == len(translated.can_do)


@pytest.mark.parametrize("language", ["pt", "", "../en", "EN"])
def test_a_language_that_is_not_shipped_reads_english(language: str) -> None:
    text = shipped_job_role(ShippedJobRole.REPORTS_ONLY, language)

    assert text == shipped_job_role(ShippedJobRole.REPORTS_ONLY, "en")
