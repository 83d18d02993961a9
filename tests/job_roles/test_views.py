import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import delete

from portal.accounts.models import Account
from portal.agencies.models import Member
from portal.core.db import db
from portal.job_roles import queries
from portal.users.models import PermissionSet, Team
from tests.factories.accounts import AccountFactory
from tests.factories.crm import ConnectionFactory

SignIn = Callable[[Member], FlaskClient]

LIST = "/job-roles"
PAGE = "/accounts/northwind/job-roles"
SALES = f"{PAGE}/sales_rep"
WORDS = {"name": "Nurse", "description": "Cares for patients.", "can_do": "See patients\n\n Write notes "}


@pytest.fixture
def browser(account: Account, partner_admin: Member, signed_in: SignIn) -> FlaskClient:
    return signed_in(partner_admin)


def said(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.replace("&#39;", "'")))


def names_of_targets() -> list[str]:
    account = db.session.query(Account).filter(Account.slug == "northwind").one()
    return [target.name for target in queries.meaning_of(queries.get_job_role("sales_rep"), account).targets]


def test_the_list_shows_what_clients_read(browser: FlaskClient) -> None:
    assert "Looks after customers and wins new ones." in said(browser.get(LIST).text)


def test_a_job_role_is_added_in_the_members_language_and_then_in_others(browser: FlaskClient) -> None:
    added = browser.submit(f"{LIST}/new", at=f"{LIST}/new", **WORDS)
    browser.submit(
        f"{LIST}/nurse?language=nl", at=f"{LIST}/nurse", **{**WORDS, "name": "Verpleger", "is_admin": "y"}
    )

    nurse = queries.get_job_role("nurse")
    assert added.location == f"{LIST}/nurse"
    assert {text.language: text.name for text in nurse.texts} == {"en": "Nurse", "nl": "Verpleger"}
    assert (queries.text_of(nurse, "en").can_do, nurse.is_admin) == (["See patients", "Write notes"], True)


def test_a_mapping_that_somebody_else_saved_meanwhile_is_told(browser: FlaskClient) -> None:
    base = re.search(r'name="base"[^>]* value="([^"]*)"', browser.get(SALES).text)[1]
    browser.submit(SALES, at=SALES, seats="Sales", permission_set="71", primary_team="")
    late = browser.submit(SALES, at=SALES, base=base, permission_set="", primary_team="81")

    assert (late.status_code, names_of_targets()) == (409, ["Sales", "Sales Rep"])
    assert "Somebody else saved this" in late.text


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"name": "x" * 81},
        {"name": "nul\0"},
        {"description": ""},
        {"can_do": "x" * 121},
        {"can_do": "line\n" * 13},
    ],
)
@pytest.mark.parametrize("url", [f"{LIST}/new", f"{LIST}/sales_rep"])
def test_a_text_that_does_not_fit_is_refused_at_its_place(
    browser: FlaskClient, url: str, wrong: dict[str, str]
) -> None:
    answer = browser.submit(url, at=url, **{**WORDS, **wrong})

    assert (answer.status_code, answer.text.count('aria-invalid="true"')) == (422, 1)


def test_a_missing_language_says_what_clients_read_instead(browser: FlaskClient) -> None:
    browser.submit(f"{LIST}/new", at=f"{LIST}/new", **WORDS)
    page = said(browser.get(f"{LIST}/nurse?language=fr").text)

    assert "There is no Français text yet, so clients read the one in English." in page


@pytest.mark.parametrize("url", [f"{LIST}/sales_rep?language=xx", f"{LIST}/nobody", f"{PAGE}/nobody"])
def test_what_there_is_not_is_not_found(browser: FlaskClient, url: str) -> None:
    assert browser.get(url).status_code == 404


def test_order_end_and_restore_are_a_step_each(browser: FlaskClient) -> None:
    browser.submit(f"{LIST}/sales_manager/move-up", at=LIST)
    browser.submit(f"{LIST}/sales_rep/end", at=LIST)
    ended = [job_role.key for job_role in queries.job_roles()][:2]
    browser.submit(f"{LIST}/sales_rep/restore", at=LIST)

    assert ended == ["sales_manager", "marketer"]
    assert [job_role.key for job_role in queries.job_roles()][-1] == "sales_rep"


def test_an_account_shows_what_is_mapped_what_is_not_and_what_vanished(browser: FlaskClient) -> None:
    before = said(browser.get(PAGE).text)
    browser.submit(SALES, at=SALES, seats="Sales", permission_set="71", primary_team="81")
    mapped = said(browser.get(PAGE).text)
    db.session.execute(delete(Team).where(Team.external_id == "81"))
    vanished = said(browser.get(PAGE).text)

    assert [page.count("not mapped") for page in (before, mapped)] == [7, 6]
    assert "vanished: 'Sales EU' is gone from the CRM" in vanished
    assert "vanished" not in mapped


def test_a_mapping_is_chosen_changed_and_cleared(browser: FlaskClient) -> None:
    browser.submit(SALES, at=SALES, seats=["Sales", "Core"], permission_set="71", primary_team="")
    first = names_of_targets()
    browser.submit(SALES, at=SALES, permission_set="", primary_team="81", further_teams="82")
    second = names_of_targets()
    browser.submit(f"{SALES}/clear", at=SALES)

    assert (first, second, names_of_targets()) == (
        ["Sales", "Core", "Sales Rep"],
        ["Sales EU", "Sales US"],
        [],
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"seats": "Gold"},
        {"permission_set": "99"},
        {"primary_team": "99"},  # another account's team
        {"further_teams": ["81", "99"]},
    ],
)
def test_only_what_the_account_has_can_be_chosen_and_something_must_be(
    browser: FlaskClient, wrong: dict[str, object]
) -> None:
    answer = browser.submit(SALES, at=SALES, **{"permission_set": "", "primary_team": "", **wrong})

    assert (answer.status_code, names_of_targets()) == (422, [])


def test_a_proposal_is_marked_as_one_and_taken_with_one_click(browser: FlaskClient) -> None:
    page = browser.get(PAGE).text
    form = re.search(r'<form[^>]*action="([^"]*/sales_rep)".*?</form>', page, re.DOTALL)
    assert form
    hidden = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form[0]))
    browser.submit(form[1], at=PAGE, **{key: hidden[key] for key in hidden if key != "csrf_token"})

    assert "looks like: seat Sales permission set Sales Rep" in said(form[0])
    assert names_of_targets() == ["Sales", "Sales Rep"]


def test_an_account_that_was_never_read_says_so(browser: FlaskClient, account: Account) -> None:
    AccountFactory(slug="unread")

    assert "Nothing has been read from this account's CRM yet" in said(
        browser.get("/accounts/unread/job-roles").text
    )


def test_rights_decide_who_edits_and_who_maps(
    account: Account, consultant: Member, viewer: Member, signed_in: SignIn
) -> None:
    consulting, viewing = signed_in(consultant), signed_in(viewer)
    edits = [f"{LIST}/new", f"{LIST}/sales_rep", f"{LIST}/sales_rep/move-up", f"{LIST}/sales_rep/end"]

    assert [consulting.submit(url, at=LIST).status_code for url in edits] == [403] * 4
    assert consulting.get(SALES).status_code == 200
    assert [viewing.get(url).status_code for url in (LIST, PAGE, SALES)] == [200, 200, 403]
    assert [viewing.submit(url, at="/").status_code for url in (SALES, f"{SALES}/clear")] == [403, 403]


def test_a_mapping_to_nothing_is_taken_where_the_tier_has_no_permission_sets(
    browser: FlaskClient, account: Account
) -> None:
    db.session.execute(delete(PermissionSet))
    refused = {"allowed": False, "missing_scopes": [], "reason": "tier"}
    ConnectionFactory(account_id=account.id, findings=[{"capability": "permission_sets", **refused}])
    db.session.commit()

    assert "A manual step tells what to tick instead" in said(browser.get(SALES).text)
    answer = browser.submit(SALES, at=SALES, permission_set="", primary_team="")

    assert (answer.status_code, answer.location) == (303, PAGE)
    assert queries.meaning_of(queries.get_job_role("sales_rep"), account).is_mapped
