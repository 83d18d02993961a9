import pytest

from portal.core.texts import LANGUAGES
from portal.mail.kinds import NOT_SENT_YET, PLACEHOLDERS, MailKind, rules_of
from portal.mail.rendering import Button, blocks
from portal.mail.starters import layout_words, starter, starter_source
from portal.mail.templating import Shape, names_in
from portal.mail.values import prepare
from portal.mail.words import KIND_WORDS
from tests.architecture.sources import modules, text_of

ASK_SOMEONE_ELSE = {
    "en": "“Ask someone else”",
    "fr": "«\u00a0Demander à quelqu\u2019un d\u2019autre\u00a0»",
    "nl": "\u2018Iemand anders vragen\u2019",
    "de": "„Jemand anderen fragen“",
    "es": "«Preguntar a otra persona»",
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", MailKind)
def test_every_starter_is_sound_and_uses_every_name_it_was_given_in_every_language(
    kind: MailKind, language: str
) -> None:
    template = starter(kind, language)

    used = {use.name for use in names_in([*template.subject, *template.body])}
    english = starter(kind, "en")
    assert used == {use.name for use in names_in([*english.subject, *english.body])}
    assert used <= set(rules_of(kind))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", MailKind)
def test_every_starter_has_one_button_with_a_label(kind: MailKind, language: str) -> None:
    values = {placeholder.name: placeholder.sample for placeholder in PLACEHOLDERS[kind]}
    parts = blocks(starter(kind, language), prepare(rules_of(kind), values, language))

    buttons = [part for part in parts if isinstance(part, Button)]
    if kind is MailKind.REMINDER_DIGEST:  # its questions have a link each
        assert buttons == []
        return
    [button] = buttons
    assert button.url == values[button.name]
    assert layout_words(language)[button.name].strip() != ""


@pytest.mark.parametrize("language", [language for language in LANGUAGES if language != "en"])
@pytest.mark.parametrize("kind", MailKind)
def test_no_starter_was_left_in_english(kind: MailKind, language: str) -> None:
    english = set(starter_source(kind, "en")[1].split("\n\n"))
    translated = set(starter_source(kind, language)[1].split("\n\n"))

    only_names = {
        text for text in english if text.startswith("((") and text.endswith("))") and "??" not in text
    }
    assert english & translated <= only_names


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_words_of_the_layout_are_complete(language: str) -> None:
    words = layout_words(language)

    links = {name for kind in MailKind for name, rules in rules_of(kind).items() if rules.shape is Shape.LINK}
    assert set(words) == links | {"below_button", "footer"}
    assert words["footer"].count("{agency}") == 1


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", [MailKind.ACCESS_REQUEST, MailKind.ANSWER_LINK, MailKind.REMINDER])
def test_who_is_asked_learns_how_to_pass_the_question_on(kind: MailKind, language: str) -> None:
    assert starter_source(kind, language)[1].count(ASK_SOMEONE_ELSE[language]) == 1


@pytest.mark.parametrize("language", ["pt", "", "..", "EN", "__pycache__/.."])
def test_a_language_that_is_not_shipped_reads_english(language: str) -> None:
    assert starter(MailKind.INVITATION, language) is not None
    assert starter_source(MailKind.INVITATION, language) == starter_source(MailKind.INVITATION, "en")


def test_every_name_is_explained_and_has_a_sample() -> None:
    for placeholders in PLACEHOLDERS.values():
        names = [placeholder.name for placeholder in placeholders]
        assert len(names) == len(set(names))
        assert all(placeholder.sample for placeholder in placeholders)


def test_every_kind_has_a_name_and_an_occasion() -> None:
    assert set(KIND_WORDS) == set(MailKind)


def test_what_is_said_not_to_be_sent_yet_is_exactly_what_no_room_sends() -> None:
    others = [path for path in modules() if path.parent.name not in {"mail", "mail_templates"}]
    used = "\n".join(map(text_of, others))

    assert {kind for kind in MailKind if f"MailKind.{kind.name}" not in used} == NOT_SENT_YET
