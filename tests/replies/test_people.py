import tomllib
from pathlib import Path

import pytest

from portal.core.email_addresses import Doubt
from portal.job_roles.catalogue import ShippedJobRole
from portal.replies import people
from portal.replies.facts import MOST_CONFIDENCE, AskedPerson, FoundPerson, JobRoleWords, Question, Wish
from portal.replies.people import Findings, find_people

WORDS = Path(people.__file__).with_name("job_roles.toml")
JOB_ROLES = tuple(JobRoleWords(key, ()) for key in ShippedJobRole)
ANA, BEN = AskedPerson("Ana Silva", "ana@maple.example"), AskedPerson("Ben Ode", "ben@maple.example")


def found(text: str, *asked: AskedPerson) -> Findings:
    return find_people(text, Question(None, JOB_ROLES, asked or (ANA, BEN)))


def told(person: FoundPerson) -> tuple[str, str, list[str]]:
    return person.name, person.wish, [role.key for role in person.job_roles]


def test_the_words_are_those_of_the_job_roles_that_are_shipped() -> None:
    assert set(tomllib.loads(WORDS.read_text(encoding="utf-8"))) == set(ShippedJobRole)


@pytest.mark.parametrize(
    ("text", "ana", "ben"),
    [
        ("Ana does sales and Ben marketing.", "sales_rep", "marketer"),
        ("Sales for Ana, marketing for Ben", "sales_rep", "marketer"),
        ("Ana and Ben: reports only", "reports_only", "reports_only"),
        ("- Ana Silva: Sales lead\n- Ben Ode: Administrator", "sales_manager", "administrator"),
        ("Ana Silva\nCustomer service\n\nBen Ode\nMarketing", "service_agent", "marketer"),
        ("ana@maple.example: sales; ben@maple.example: support", "sales_rep", "service_agent"),
        ("Silva, Ana - sales\nOde, Ben - marketing", "sales_rep", "marketer"),
        ("Ana: markting\nBen: admnistrator", "marketer", "administrator"),
        (
            "Ana Silva\tana@maple.example\tSales\nBen Ode\tben@maple.example\tMarketing",
            "sales_rep",
            "marketer",
        ),
        ("Ana macht Vertrieb, Ben nur Berichte.", "sales_rep", "reports_only"),
        ("Frau Silva leitet den Kundendienst, Herr Ode ist Administrator.", "service_agent", "administrator"),
        ("Ana s'occupe du service client et Ben des ventes.", "service_agent", "sales_rep"),
        ("Ana doet verkoop en Ben marketing.", "sales_rep", "marketer"),
        ("Ana se ocupa de ventas y Ben de atención al cliente.", "sales_rep", "service_agent"),
        ("Both of them work in marketing.", "marketer", "marketer"),
        ("Los dos, ventas.", "sales_rep", "sales_rep"),
    ],
)
def test_people_and_their_job_roles_are_found(text: str, ana: str, ben: str) -> None:
    assert sorted(map(told, found(text).people)) == [
        ("Ana Silva", Wish.ACCESS, [ana]),
        ("Ben Ode", Wish.ACCESS, [ben]),
    ]


def test_somebody_new_is_found_with_name_and_address() -> None:
    answer = found(
        "1) Anna Smith <anna@maple.example> - manager\n2) Carla Gómez (carla@maple.example): soporte"
    )

    assert [(one.name, one.email, one.asked, told(one)[2]) for one in answer.people] == [
        ("Anna Smith", "anna@maple.example", None, ["sales_manager"]),
        ("Carla Gómez", "carla@maple.example", None, ["service_agent"]),
    ]


def test_somebody_new_in_a_list_needs_no_address() -> None:
    assert [told(one) for one in found("- Dora Lee - customer service").people] == [
        ("Dora Lee", Wish.ACCESS, ["service_agent"])
    ]


@pytest.mark.parametrize(
    "text",
    [
        "Ana: sales\nBen: no access",
        "Ana: sales. Ben has left the company.",
        "Ana: Vertrieb\nBen: keinen Zugang",
        "Ana : ventes\nBen : pas d'accès",
        "Ana: verkoop\nBen: geen toegang",
        "Ana: ventas\nBen: sin acceso",
        "Sales for Ana, nothing for Ben",
    ],
)
def test_no_access_for_one_of_them_is_understood(text: str) -> None:
    assert sorted(map(told, found(text).people)) == [
        ("Ana Silva", Wish.ACCESS, ["sales_rep"]),
        ("Ben Ode", Wish.NO_ACCESS, []),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "Nobody, please.",
        "None of them.",
        "Niemand, danke.",
        "Keiner von beiden.",
        "Aucun des deux.",
        "Niemand graag.",
        "Ninguno de los dos.",
        "No access, thanks.",
    ],
)
def test_that_nobody_is_to_get_access_is_understood(text: str) -> None:
    answer = found(text)

    assert (answer.people, answer.nobody and answer.nobody.words) == ((), text)


@pytest.mark.parametrize(
    "text", ["Nobody else.", "Ana: sales. Nobody else needs anything.", "Yes, please.", "ok"]
)
def test_that_nobody_else_needs_access_declines_for_nobody(text: str) -> None:
    assert found(text).nobody is None


@pytest.mark.parametrize(
    "text",
    [
        "not Ben, Carla instead, she does marketing",
        "Bitte nicht Ben, sondern Carla, Marketing.",
        "Pas Ben, plutôt Carla, marketing.",
        "Niet Ben maar Carla, marketing.",
        "Ben no, en su lugar Carla, marketing.",
    ],
)
def test_somebody_instead_of_another_is_found_and_left_to_a_person(text: str) -> None:
    people = {one.name: one for one in found(text).people}

    assert set(people) == {"Ben Ode", "Carla"}
    assert (people["Carla"].instead_of, people["Carla"].needs_a_look) == (1, True)
    assert told(people["Carla"]) == ("Carla", Wish.ACCESS, ["marketer"])
    assert told(people["Ben Ode"]) == ("Ben Ode", Wish.NO_ACCESS, [])


@pytest.mark.parametrize(
    "text",
    ["Does Ana need sales?", "Ana: sales, marketing", "Ana: the same as Paul", "Ana: sales but not admin"],
)
def test_what_can_be_read_in_two_ways_is_left_to_a_person(text: str) -> None:
    [ana] = found(text).people

    assert ana.needs_a_look


def test_a_job_role_alone_is_for_the_one_who_was_asked_about() -> None:
    assert [told(one) for one in found("Sales, please.", ANA).people] == [
        ("Ana Silva", Wish.ACCESS, ["sales_rep"])
    ]


def test_a_job_role_that_nobody_was_named_for_is_kept_apart() -> None:
    answer = found("Sales, please.")

    assert (answer.people, [role.key for role in answer.job_roles]) == ((), ["sales_rep"])


def test_a_job_role_of_the_agency_is_found_by_its_own_name() -> None:
    question = Question(None, (JobRoleWords("fleet", ("Fleet planner", "Fuhrparkplanung")),), (ANA,))

    assert [told(one)[2] for one in find_people("Ana: Fuhrparkplanung", question).people] == [["fleet"]]


def test_a_role_that_is_refused_is_not_wanted() -> None:
    assert [told(one)[2] for one in found("Ana: no admin rights, only sales").people] == [["sales_rep"]]


def test_a_name_that_ends_like_a_refusal_is_none() -> None:
    ernst = AskedPerson("Philipp Ernst")

    assert [told(one) for one in found("Philipp Ernst: Vertrieb.", ernst).people] == [
        ("Philipp Ernst", "access", ["sales_rep"])
    ]


@pytest.mark.parametrize("word", ["doesn't", "doesn\u2019t", "won\u00b4t"])
def test_a_refusal_may_have_any_apostrophe(word: str) -> None:
    assert [told(one)[1:] for one in found(f"Ana {word} need sales.", ANA).people] == [("unclear", [])]


def test_who_is_greeted_and_who_signs_is_nobody_to_set_up() -> None:
    text = "Hi Tom,\n\nAna: sales\n\nKind regards,\nClaire Dubois - Marketing\nclaire@maple.example"

    assert [told(one) for one in found(text).people] == [("Ana Silva", Wish.ACCESS, ["sales_rep"])]


def test_nothing_is_surer_than_a_person_would_accept_unseen() -> None:
    question = Question(None, (JobRoleWords("sales_rep", ("Sales",)),), (ANA,))
    [ana] = find_people("Ana Silva <ana@maple.example>: Sales", question).people

    assert ana.confidence <= MOST_CONFIDENCE
    assert ana.words == "Ana Silva <ana@maple.example>: Sales"


@pytest.mark.parametrize(
    ("text", "name", "email", "doubt"),
    [
        ("Add Erin O'Dowd: e.o'dowd@maple.example, as sales.", "Erin O'Dowd", "e.o'dowd@maple.example", None),
        ("Please add p&l@maple.example as marketing.", "", "p&l@maple.example", None),
        ("Vertrieb für Jörn Ott <jorn@grünfarn.example>", "Jörn Ott", "jorn@xn--grnfarn-o2a.example", None),
        ("Sales for Zed West <\u200bzed@maple.example\u200b>", "Zed West", "zed@maple.example", None),
        ("Please add Luc Vidal luc@maple.example.", "Luc Vidal", "luc@maple.example", None),
        ("'quin@maple.example' does sales.", "", "quin@maple.example", None),
        ("erin.o’dowd@maple.example: sales", "", "erin.o'dowd@maple.example", Doubt.APOSTROPHE),  # noqa: RUF001
        ("'quin@maple.example: sales", "", "'quin@maple.example", Doubt.QUOTE),
        ("ümit@maple.example: sales", "", "ümit@maple.example", Doubt.LETTERS),
    ],
)
def test_the_address_of_somebody_new_is_whole_or_doubted(
    text: str, name: str, email: str, doubt: Doubt | None
) -> None:
    [new] = found(text).people

    assert (new.name, new.email, new.doubt) == (name, email, doubt)
    assert new.needs_a_look or doubt is None


def test_somebody_asked_about_is_known_by_the_other_spelling_of_their_domain() -> None:
    ida = AskedPerson("Ida Nord", "ida@xn--grnfarn-o2a.example")

    [person] = found("ida@grünfarn.example: sales", ida).people
    assert person.asked == 0
