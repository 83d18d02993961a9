from collections import Counter
from itertools import islice

import pytest

from portal.replies.cutting import cut
from portal.replies.facts import CutBy, Question, Sent
from portal.replies.reading import read
from portal.replies.signatures import without_signature
from portal.replies.unpacking import unpack
from tests.factories.replies import PROGRAMS_OF, MadeReply, is_right, made_replies, squeezed

SENT = Sent(
    "Hello Claire,\n\nWe are preparing access to your CRM account Maple & Sons for:\n\n"
    "- Ana Silva\n- Ben Ode\n\n"
    "Before we do, we would like to hear from you what the work involves.\n\nKind regards,\nTom Becker\n"
)
QUOTED = SENT.text.replace("\n", "\n> ")


def answer_of(text: str, html: str = "", sent: Sent | None = SENT) -> tuple[str, CutBy]:
    found = cut(text, html, sent)
    return found.answer, found.by


def made(texts: str = "tuned", seed: int = 11) -> list[MadeReply]:
    count = 5 * len(PROGRAMS_OF[texts])  # each program in each language
    return list(islice(made_replies(seed, texts, count), count))


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(reply, id=f"{reply.program}-{reply.language}")
        for reply in (*made(), *made("fresh", seed=3))
    ],
)
def test_the_answer_is_found_in_what_every_program_sends(reply: MadeReply) -> None:
    reading = read(unpack(reply.raw), Question(reply.sent))

    assert (is_right(reply, reading), reading.cut_by) == (True, CutBy.OWN_TEXT)


def test_answer_and_rest_together_lose_nothing() -> None:
    for reply in (*made(seed=12), *made("fresh", seed=12)):
        mail = unpack(reply.raw)
        reading = read(mail, Question(reply.sent))
        if mail.text:
            together = Counter(squeezed(reading.answer + reading.rest))
            assert together == Counter(squeezed(mail.text)), reply.program


def test_every_program_takes_its_turn() -> None:
    for texts, programs in PROGRAMS_OF.items():
        assert {reply.program for reply in made(texts)} == set(programs)


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
        "---- Tom Becker wrote ----",
        "---- Am Mo., 01 März 2027 09:30:00 +0100 Tom Becker <tom@agency.example> schrieb ---",
        "On 1 Mar 2027 09:30, Tom Becker <tom@agency.example> wrote",
        "Op 1 mrt 2027 09:30 schreef Tom Becker <tom@agency.example>",
        "11:00 AM, March 1, 2027, Tom Becker <tom@agency.example>:",
        "01.03.2027, 09:30, Tom Becker <tom@agency.example>:",
        "-------- Ursprüngliche Nachricht --------Von: T <tom@agency.example> Datum: 1.3.27 An: C Betreff: X",
        "Tom Becker <tom@agency.example> schrieb am Montag, 1. März 2027 um 09:30:",
        "Tom Becker <tom@agency.example> a écrit le lundi 1 mars 2027, 09:30 :",
        "Tom Becker <tom@agency.example> schreef op maandag 1 maart 2027, 09:30:",
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


INTRODUCTION = "Op maandag 1 maart 2027 om 09:30 schreef Tom Becker <tom@agency.example>:"
HEADERS = "Van: Tom <tom@agency.example>\nVerzonden: maandag 1 maart 2027\nAan: Claire\nOnderwerp: Toegang"


@pytest.mark.parametrize("below", [INTRODUCTION, f"\n{INTRODUCTION}", HEADERS, f"\n{HEADERS}"])
@pytest.mark.parametrize(
    "last",
    ["Datum: 15 januari", "From: Monday", "Datum: snel\nAan: ana@maple.example", "Op 2 maart begint zij"],
)
@pytest.mark.parametrize("sent", [SENT, None], ids=["ours", "unknown"])
def test_a_last_line_that_sounds_like_a_header_or_an_introduction_belongs_to_the_answer(
    last: str, below: str, sent: Sent | None
) -> None:
    answer, _by = answer_of(f"Ana: verkoop\n{last}\n{below}\n\n{SENT.text}", sent=sent)

    assert answer == f"Ana: verkoop\n{last}"


@pytest.mark.parametrize("sent", [SENT, None], ids=["ours", "unknown"])
def test_a_wrapped_introduction_is_cut_off_whole(sent: Sent | None) -> None:
    above = "Sales.\n\nOn Mon, 1 Mar 2027 at 09:30, Tom Becker <\ntom@agency.example> wrote:\n"

    assert answer_of(f"{above}\n> {QUOTED}", sent=sent)[0] == "Sales."


@pytest.mark.parametrize(
    "line",
    [
        "Sent from Yahoo Mail for iPhone <https://mail.onelink.me/107872968?pid=1>",
        "Get Outlook for iOS<https://aka.ms/o0ukef>",
        "\u2063Get BlueMail for Android \u200b",
        "Verzonden vanuit Outlook voor iOS<https://aka.ms/o0ukef>",
    ],
)
def test_the_line_of_a_device_ends_an_answer_with_a_link_or_without(line: str) -> None:
    assert without_signature(f"Sales.\n\n{line}")[0] == "Sales."


def test_lines_that_somebody_repeats_to_answer_them_are_kept() -> None:
    text = "Hello,\n\n> the newsletter\nis for Ben."

    answer, _by = answer_of(f"{text}\n\n{INTRODUCTION}\n> {QUOTED}", sent=None)

    assert answer == text


def test_what_an_editor_indents_is_no_quotation() -> None:
    indented = '<blockquote style="margin: 0 0 0 40px; border: none; padding: 0px;">sales</blockquote>'

    assert answer_of("", f"<div>For Ana:{indented}Thanks</div>", None)[0] == "For Ana:\n\nsales\n\nThanks"


def test_a_footer_of_the_company_below_what_is_quoted_is_no_answer() -> None:
    footer = "This e-mail is confidential and intended solely for the addressee."

    assert answer_of(f"Sales.\n\n{INTRODUCTION}\n> Who?\n\n{footer}", sent=None)[0] == "Sales."


def test_the_marks_of_programs_cut_html() -> None:
    html = '<div>Sales.</div><div id="appendonsend"></div><hr><div>Something else</div>'

    assert answer_of("", html, None) == ("Sales.", CutBy.QUOTE)
