"""Which text a mail is written from, and that a later one changes nothing that was sent."""

import pytest

from portal.accounts.models import Account
from portal.agencies import scope
from portal.agencies.models import Agency
from portal.core.db import db
from portal.mail.kinds import MailKind
from portal.mail.reading import read_mail
from portal.mail.starters import starter_source
from portal.mail.template_queries import Origin, chosen_text
from tests.factories.accounts import AccountFactory
from tests.factories.agencies import MemberFactory
from tests.factories.mails import TemplateVersionFactory, post
from tests.fixtures.statements import count_statements

BODY = "Hi ((contact_name)), please answer:\n\n((answer_link))"
KIND = MailKind.ACCESS_REQUEST


@pytest.fixture
def account(agency: Agency) -> Account:
    return AccountFactory()


def wording(subject: str, account: Account | None = None, **given: object) -> None:
    TemplateVersionFactory(subject=subject, body=BODY, account_id=account.id if account else None, **given)


def test_without_a_text_of_its_own_an_agency_sends_the_shipped_one(account: Account) -> None:
    chosen = chosen_text(KIND, "de", account)

    assert (chosen.origin, chosen.version) == (Origin.SHIPPED, None)
    assert (chosen.subject, chosen.body) == starter_source(KIND, "de")


def test_the_accounts_text_wins_over_the_agencys_and_that_over_the_shipped_one(account: Account) -> None:
    wording("Of the agency")
    wording("Of the account", account)

    assert chosen_text(KIND, "en", account).subject == "Of the account"
    assert chosen_text(KIND, "en", AccountFactory()).subject == "Of the agency"
    assert chosen_text(KIND, "en", None).subject == "Of the agency"


def test_the_readers_language_wins_over_the_agencys_words(account: Account) -> None:
    wording("In English only")

    assert chosen_text(KIND, "fr", account).origin is Origin.SHIPPED


def test_a_text_that_was_given_up_leaves_its_place_to_the_one_below(account: Account) -> None:
    wording("Of the agency")
    wording("Once of the account", account, number=1, is_in_force=False)
    TemplateVersionFactory(account_id=account.id, number=2, is_own=False, subject="", body="")

    assert chosen_text(KIND, "en", account).subject == "Of the agency"


def test_a_text_that_an_update_made_unusable_is_passed_over(account: Account) -> None:
    wording("Of the agency")
    TemplateVersionFactory(account_id=account.id, subject="((gone_since))", body=BODY)

    assert chosen_text(KIND, "en", account).subject == "Of the agency"


def test_the_texts_of_another_agency_are_not_there(other_agency: Agency, account: Account) -> None:
    with scope.every_agency(reason="set-up"):
        other_id = other_agency.id
    with scope.agency(other_id):
        wording("Foreign words", written_by_id=MemberFactory(agency_id=other_id).id)
        db.session.commit()

    assert chosen_text(KIND, "en", account).origin is Origin.SHIPPED


@pytest.mark.parametrize("texts", [0, 3])
def test_choosing_takes_one_statement_however_many_texts_there_are(texts: int, account: Account) -> None:
    for number in range(texts):
        wording("Of the agency", number=number + 1, is_in_force=number == texts - 1)
        wording("Of the account", account, number=number + 1, is_in_force=number == texts - 1)
    db.session.commit()
    account_seen = db.session.get_one(Account, account.id)

    with count_statements() as statements:
        chosen_text(KIND, "en", account_seen)

    assert len(statements) == 1


def test_a_mail_is_written_from_the_text_in_force(account: Account) -> None:
    wording("A question for ((contact_name))", account)

    assert post(account=account).subject == "A question for Claire Dubois"


def test_a_mail_that_was_written_stays_as_it_was_when_its_text_changes(
    account: Account,
) -> None:
    before = TemplateVersionFactory(subject="Before", body=BODY)
    mail = post(account=account)
    raw = mail.raw

    before.is_in_force = False
    wording("After", number=2)
    db.session.commit()
    db.session.expire_all()

    assert (mail.raw, read_mail(mail.raw).subject) == (raw, "Before")
    assert post(account=account).subject == "After"
