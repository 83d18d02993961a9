from collections import Counter
from itertools import islice

import pytest

from portal.replies.cutting import cut
from portal.replies.facts import CutBy, Question, Sent
from portal.replies.reading import read
from portal.replies.unpacking import unpack
from tests.factories.replies import MadeReply, is_right, made_replies, squeezed
from tests.factories.reply_programs import PROGRAMS

SENT = Sent(
    "Hello Claire,\n\nWe are preparing access to your CRM account Maple & Sons for:\n\n"
    "- Ana Silva\n- Ben Ode\n\n"
    "Before we do, we would like to hear from you what the work involves.\n\nKind regards,\nTom Becker\n"
)
QUOTED = SENT.text.replace("\n", "\n> ")


def answer_of(text: str, html: str = "", sent: Sent | None = SENT) -> tuple[str, CutBy]:
    found = cut(text, html, sent)
    return found.answer, found.by


def made(seed: int = 11) -> list[MadeReply]:
    return list(islice(made_replies(seed, "tuned", 115), 115))


@pytest.mark.parametrize("reply", [pytest.param(one, id=f"{one.program}-{one.language}") for one in made()])
def test_the_answer_is_found_in_what_every_program_sends(reply: MadeReply) -> None:
    reading = read(unpack(reply.raw), Question(reply.sent))

    assert (is_right(reply, reading), reading.cut_by) == (True, CutBy.OWN_TEXT)


def test_answer_and_rest_together_lose_nothing() -> None:
    for reply in made(seed=12):
        mail = unpack(reply.raw)
        reading = read(mail, Question(reply.sent))
        if mail.text:
            together = Counter(squeezed(reading.answer + reading.rest))
            assert together == Counter(squeezed(mail.text)), reply.program


def test_every_program_takes_its_turn() -> None:
    assert {reply.program for reply in made()} == set(PROGRAMS)


def test_our_text_is_known_without_any_sign_or_header() -> None:
    assert answer_of(f"Ana does sales.\n\n{SENT.text}") == ("Ana does sales.", CutBy.OWN_TEXT)


def test_our_text_is_known_in_other_lines_and_with_lost_letters() -> None:
    text = (
        "Sales.\n\nWe are preparing access to your CRM\naccount Maple &amp; Sons for:\n"
        "- Ana Silva\n- Ben Ode\n"
        "Before we do, we wo?ld like to hear from you\nwhat the w?rk involves."
    )

    assert answer_of(text) == ("Sales.", CutBy.OWN_TEXT)


def test_answers_between_our_lines_are_kept_and_less_sure() -> None:
    found = cut(
        "On 1 March 2027, Tom wrote:\n> Hello Claire,\n>\n"
        "> We are preparing access to your CRM account Maple & Sons for:\n"
        "> - Ana Silva\nSales\n> - Ben Ode\nReports only\n>\n"
        "> Before we do, we would like to hear from you what the work involves.\n",
        "",
        SENT,
    )

    assert (found.answer, found.by, found.confidence) == ("Sales\nReports only", CutBy.OWN_TEXT, 0.75)


def test_a_copy_of_our_list_that_was_filled_in_is_the_answer() -> None:
    text = SENT.text.replace("Ana Silva", "Ana Silva: sales").replace("Ben Ode", "Ben Ode: nothing")

    assert answer_of(text) == ("- Ana Silva: sales\n- Ben Ode: nothing", CutBy.OWN_TEXT)


def test_an_answer_that_repeats_a_few_of_our_words_is_not_ours() -> None:
    text = "We are preparing access to your CRM too."

    assert answer_of(text) == (text, CutBy.NOTHING_QUOTED)


def test_a_sentence_with_a_verb_of_introductions_just_above_our_text_is_kept() -> None:
    text = "Ana: sales\nBen - he wrote to you on 3 March already, did he not?"

    assert answer_of(f"{text}\n\n{SENT.text}") == (text, CutBy.OWN_TEXT)


def test_a_mail_that_only_quotes_ours_answers_nothing() -> None:
    assert answer_of(f"On 1 March 2027, Tom wrote:\n> {QUOTED}") == ("", CutBy.OWN_TEXT)


def test_a_mail_that_is_quoted_above_ours_is_no_answer() -> None:
    text = (
        f"Fine.\n\nOn 2 March 2027, Paul <paul@maple.example> wrote:\n> What do you think?\n>\n> > {QUOTED}"
    )

    assert answer_of(text) == ("Fine.", CutBy.OWN_TEXT)


@pytest.mark.parametrize(
    "above",
    [
        "On 1 March 2027 at 09:30, Tom Becker <tom@agency.example> wrote:",
        "Am 01.03.27 um 09:30 schrieb Tom Becker:",
        "Le lun. 1 mars 2027 à 09:30, Tom Becker <tom@agency.example> a écrit :",
        "Op ma 1 mrt 2027 om 09:30 schreef Tom Becker <tom@agency.example>:",
        "El lun, 1 mar 2027 a las 9:30, Tom Becker (<tom@agency.example>)\nescribió:",
        "2027-03-01 9:30 GMT+01:00 Tom Becker <tom@agency.example>:",
        "-----Original Message-----",
        "-------- Ursprüngliche Nachricht --------",
        "De : Tom Becker <tom@agency.example>\nEnvoyé : lundi 1 mars 2027 09:30\nÀ : Claire\nObjet : Accès",
        "*Van:* Tom Becker\n*Verzonden:* maandag 1 maart 2027 09:30\n*Aan:* Claire\n*Onderwerp:* Toegang",
        "##- Please type your reply above this line -##",
    ],
)
def test_what_any_mail_program_quotes_is_cut_off(above: str) -> None:
    answer, by = answer_of(f"Sales.\n\n{above}\n\nSomething else altogether.\n", sent=None)

    assert (answer, by) == ("Sales.", CutBy.MARKER if above.startswith("#") else CutBy.QUOTE)


@pytest.mark.parametrize(
    "text",
    [
        "On Monday our director wrote that Ana may see everything.\nSo: admin.",
        "From: now on, ask Paul.\nAna needs sales.",
        "Am Montag schrieb mir unser Chef, dass Ana alles darf.\nAlso bitte Administration.",
        "To do:\nDate: Monday\nAna: sales",
    ],
)
def test_sentences_that_sound_like_headers_are_kept(text: str) -> None:
    assert answer_of(text, sent=None) == (text, CutBy.NOTHING_QUOTED)


def test_the_marks_of_programs_cut_html() -> None:
    html = '<div>Sales.</div><div id="appendonsend"></div><hr><div>Something else</div>'

    assert answer_of("", html, None) == ("Sales.", CutBy.QUOTE)
