"""Sentences as clients write them, and what may be filled in: never Administrator or no access by mistake."""

import pytest

from portal.job_roles.catalogue import ShippedJobRole
from portal.replies.choices import choice_for, new_people
from portal.replies.facts import AskedPerson, JobRoleWords, Question, Reading, Verdict
from portal.replies.people import find_people

JOB_ROLES = tuple(JobRoleWords(key, ()) for key in ShippedJobRole)
ANA = AskedPerson("Ana Silva", "ana@maple.example")


def filled_in(text: str) -> tuple[str | None, list[str]]:
    found = find_people(text, Question(None, JOB_ROLES, (ANA,)))
    reading = Reading(Verdict.ANSWER, people=found.people, job_roles=found.job_roles, nobody=found.nobody)
    choice = choice_for(reading, 0)
    new = [person.name for person in new_people(reading)]
    return ("no_access" if choice.is_refused else choice.job_role), new


@pytest.mark.parametrize(
    ("text", "job_role"),
    [
        ("She works in administration.", None),
        ("Sie arbeitet in der Verwaltung.", None),
        ("Elle est dans l'administration.", None),
        ("Zij werkt op de administratie.", None),
        ("Trabaja en administración.", None),
        ("Everything is fine, thanks.", None),
        ("Our admin Peter can tell you.", None),
        ("Not admin please, just viewing.", "reports_only"),
        ("surtout pas administratrice, juste consulter", "reports_only"),
        ("Bitte Administratorrechte für Ana.", "administrator"),
        ("Ana needs admin rights.", "administrator"),
        ("Ana does sales. Please remove Tom Wilson, he has left.", "sales_rep"),
        ("Tom has left the company.", None),
        ("Ana does not need access.", "no_access"),
        ("Ana braucht keinen Zugang.", "no_access"),
        ("I said sales but that is wrong: customer service.", "service_agent"),
        ("Ana arbeitet im Vertriebsinnendienst.", "sales_rep"),
        ("Ana is onze verkoopmedewerker.", "sales_rep"),
        ("Ana ist unsere Marketingassistentin.", "marketer"),
        ("Ana ist Vertriebsleiterin.", "sales_manager"),
        ("Ana takes over from Sue. She has left the company.", None),
        ("Ana hat die Firma nicht verlassen.", None),
        ("No problem, she does sales.", "sales_rep"),
        ("Rol: verkoop", "sales_rep"),
    ],
)
def test_what_is_filled_in_is_what_was_meant(text: str, job_role: str | None) -> None:
    assert filled_in(text) == (job_role, [])
