"""What a mail that was taken apart says, inside the child."""

from portal.replies.cutting import cut
from portal.replies.facts import Question, Reading, Unpacked, Verdict
from portal.replies.judging import judge
from portal.replies.markup import plain_text


def read(mail: Unpacked, question: Question) -> Reading:
    """Say what a mail is and what it answers."""
    verdict, why = judge(mail, question.sent)
    text = mail.text or plain_text(mail.html)
    if verdict is not Verdict.ANSWER:
        return Reading(verdict, why, rest=text, bounce=mail.bounce)
    found = cut(mail.text, mail.html, question.sent)
    return Reading(verdict, why, found.answer, found.rest, found.by, found.confidence)
