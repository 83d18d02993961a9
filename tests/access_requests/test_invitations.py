"""The CRM's own invitation: chosen on the confirm page, sent on create, and told in our welcome."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from portal.access_requests import onboarding, proposals
from portal.agencies.models import Member
from portal.audit.models import AuditEntry
from portal.core import clock
from portal.core.db import db
from portal.core.texts import LANGUAGES
from portal.mail.composing import MailLook, compose
from portal.mail.kinds import MailKind, sample_values
from portal.mail.models import SuppressedAddress
from portal.mail.states import Event, MailState
from portal.provisioning.states import StepKind
from tests.access_requests.proposing import Answered
from tests.factories.mails import post
from tests.factories.users import UserFactory
from tests.fixtures.crm_account import SEED, go_on

Browse = Callable[[Member], FlaskClient]

CHOICE = "Let HubSpot send its invitation email"
TICKED = 'name="invites" value="y" aria-describedby="invites-help" checked'


def password_hint(answered: Answered) -> str:
    """Return which of the three things the welcome says about the first password."""
    said = onboarding.first_password(answered.request, answered.person)
    (name,) = [name for name, value in said.items() if value]
    return name


def sent_invitation(answered: Answered) -> object:
    return answered.person.run.step(StepKind.CREATE).sent["send_welcome_email"]


def test_the_choice_is_on_by_default_and_the_last_one_is_remembered(
    answered: Answered, signed_in: Browse
) -> None:
    browser, url = signed_in(answered.consultant), answered.url
    page = browser.get(f"{url}/proposal/review").text
    assert CHOICE in page
    assert TICKED in page
    assert "HubSpot blocks the address" in page

    browser.submit(f"{url}/proposal/confirm", at=f"{url}/proposal/review", version=answered.request.version)
    answered.work()

    assert sent_invitation(answered) is False
    assert not answered.place.connection.sends_invitations


def test_what_was_chosen_is_shown_again_where_something_else_is_still_open(
    answered: Answered, signed_in: Browse
) -> None:
    answered.person.seats, answered.person.permission_set_id = [], None
    browser, url = signed_in(answered.consultant), answered.url

    answer = browser.submit(
        f"{url}/proposal/confirm", at=f"{url}/proposal/review", version=answered.request.version
    )

    assert answer.status_code == 422
    assert CHOICE in answer.text
    assert TICKED not in answer.text


def test_with_the_choice_the_crm_is_asked_to_invite_and_the_welcome_says_so(answered: Answered) -> None:
    answered.confirm()

    assert sent_invitation(answered) is True
    assert password_hint(answered) == "invited_by"


def test_a_run_that_is_resumed_or_tried_again_keeps_the_choice_of_its_confirmation(
    answered: Answered,
) -> None:
    answered.place.emulator.fail_next("drop-before", method="POST")
    answered.confirm()
    answered.place.connection.sends_invitations = False
    db.session.commit()

    go_on(answered.person.run)

    assert answered.states()[1] == ["done"]
    assert sent_invitation(answered) is True


def test_without_an_invitation_the_welcome_points_to_forgot_my_password(answered: Answered) -> None:
    proposals.confirm(answered.request, answered.request.version, (), answered.consultant, invites=False)
    db.session.commit()
    answered.work()

    assert password_hint(answered) == "password_reset_at"


def test_who_was_seen_signing_in_to_the_same_crm_elsewhere_has_a_password(answered: Answered) -> None:
    UserFactory(email="ana@maple.example", last_sign_in_at=clock.now())
    proposals.confirm(answered.request, answered.request.version, (), answered.consultant, invites=False)

    assert password_hint(answered) == "known_to"


def test_an_existing_user_whom_the_crm_let_us_change_has_a_password_and_is_not_invited(
    answered: Answered, signed_in: Browse
) -> None:
    answered.place.add(firstName="Ana", lastName="Alves", seatNames=["Sales"])
    answered.place.emulator.sign_in(SEED.token, "ana@maple.example")
    answered.confirm()
    browser, url = signed_in(answered.consultant), answered.url
    browser.submit(f"{url}/people/{answered.person.id}/change-existing", at=url)
    answered.work()

    assert answered.states()[1] == ["done"]
    assert password_hint(answered) == "known_to"


def test_an_existing_user_who_may_never_have_signed_in_is_not_said_to_have_a_password(
    answered: Answered, signed_in: Browse
) -> None:
    answered.place.add(seatNames=["Core"])
    answered.confirm()
    browser, url = signed_in(answered.consultant), answered.url
    browser.submit(f"{url}/people/{answered.person.id}/change-existing", at=url)
    answered.work()

    assert password_hint(answered) == "password_reset_at"


def test_where_users_are_added_by_hand_nothing_is_chosen_and_no_invitation_is_claimed(
    answered: Answered, signed_in: Browse
) -> None:
    answered.place.connection.findings = []
    assert CHOICE not in signed_in(answered.consultant).get(f"{answered.url}/proposal/review").text

    answered.confirm()

    assert not answered.person.run.is_invited
    assert password_hint(answered) == "password_reset_at"


def test_the_trail_and_the_timeline_keep_what_was_chosen(answered: Answered, signed_in: Browse) -> None:
    answered.confirm()

    confirmed = select(AuditEntry).where(AuditEntry.action == "access_request.confirmed")
    assert (
        "HubSpot sends new users its invitation email."
        in db.session.scalars(confirmed).one().details["notes"]
    )
    assert (
        "HubSpot sends new users its invitation email."
        in signed_in(answered.consultant).get(answered.url).text
    )


def test_before_confirming_it_says_that_our_own_welcome_came_back(
    answered: Answered, signed_in: Browse
) -> None:
    mail = post(MailKind.ONBOARDING, recipient="ana@maple.example", account=answered.place.account)
    mail.state = MailState.BOUNCED
    db.session.flush()

    page = signed_in(answered.consultant).get(f"{answered.url}/proposal/review").text

    assert "Our own welcome to this address came back. Check the address before you confirm." in page


def test_before_confirming_it_says_that_mail_to_the_address_is_stopped(
    answered: Answered, signed_in: Browse
) -> None:
    db.session.add(
        SuppressedAddress(
            account_id=answered.place.account.id, address="ana@maple.example", event=Event.BOUNCED
        )
    )
    db.session.flush()

    page = signed_in(answered.consultant).get(f"{answered.url}/proposal/review").text

    assert "Our email to this address is stopped. Check the address before you confirm." in page


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_case_reads_differently_in_each_language_and_names_the_crm(language: str) -> None:
    names = ("invited_by", "known_to", "password_reset_at")
    texts = set()
    for known in names:
        values = sample_values(MailKind.ONBOARDING) | dict.fromkeys(names, "") | {known: "Zebra CRM"}
        text = compose(MailKind.ONBOARDING, language, values, MailLook("Bright Harbour", "#0f766e")).text
        assert "Zebra CRM" in text
        texts.add(text)

    assert len(texts) == len(names)
