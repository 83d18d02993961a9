"""Accounts furnished alike, so that whatever one has, the others have too, under other ids."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from portal.access_requests import links as answer_links
from portal.access_requests.models import AccessRequest, RequestPerson
from portal.access_requests.states import RequestState
from portal.accounts.import_actions import keep_upload
from portal.accounts.models import Account, Contact
from portal.accounts.sheets import read_sheet
from portal.agencies import scope
from portal.agencies.models import Member, Position
from portal.audit import trail
from portal.core import clock
from portal.core.db import db
from portal.core.ids import fingerprint
from portal.crm.connections import keep_token
from portal.crm.models import ConnectionTest
from portal.crm.states import ExaminationState
from portal.inbox.models import Arrival, InboundAttachment, InboundMail
from portal.inbox.states import Fate, Why
from portal.job_roles.actions import Choice, map_job_role
from portal.job_roles.models import JobRole, JobRoleText
from portal.mail.models import OutboxMessage, SuppressedAddress
from portal.mail.states import Event, MailState
from portal.provisioning.models import ProvisioningRun, ProvisioningStep
from portal.provisioning.states import PLACES, RunState, StepKind, StepState
from portal.reminders import tokens
from portal.reminders.actions import begin_chase
from portal.reminders.queries import chases_of
from portal.reminders.states import Question
from portal.replies.facts import Verdict
from portal.sign_in import links as member_links
from portal.sign_in.models import MemberSession
from portal.sign_in.states import LinkPurpose
from tests.factories.access_requests import AccessRequestFactory, RequestPersonFactory
from tests.factories.accounts import AccountFactory, ContactFactory
from tests.factories.agencies import AgencyFactory, MemberFactory
from tests.factories.crm import EVERYTHING_ALLOWED, ConnectionFactory
from tests.factories.mails import TemplateVersionFactory, post
from tests.factories.users import PermissionSetFactory, SeatFactory, TeamFactory, UserFactory
from tests.fixtures.portal import PASSWORD

R, M = RequestState, MailState


@dataclass
class Place:
    """What there is in one account and around it, by the name it has in addresses and bodies.

    A thing that exists in several cases is found by its case; where it has no such case, the plain or first
    one counts.
    """

    things: dict[str, dict[str, Any]] = field(default_factory=dict)

    def put(self, case: str = "", **named: Any) -> None:
        """Note things of a case."""
        for name, value in named.items():
            self.things.setdefault(name, {})[case] = value

    def of(self, case: str) -> Mapping[str, Any]:
        """Return every thing by name, each in this case or else the first."""
        return {
            name: cases.get(case, cases.get("", next(iter(cases.values()))))
            for name, cases in self.things.items()
        }


@dataclass
class Agency:
    """An agency with its people; ``around`` is what all its accounts have in common."""

    id: int
    owner: Member
    around: Place


def furnish_agency(word: str, code: str) -> Agency:
    """Make an agency in whose names ``word`` stands, with members of every kind and two job roles."""
    with scope.every_agency(reason="set-up"):
        made = AgencyFactory(name=f"{word} Partners")
    scope.enter(made.id)
    around = Place()
    owner = _member(around, "owner", word, code, position=Position.OWNER)
    db.session.add_all([_session(owner, f"{code} one"), _session(owner, f"{code} two")])
    db.session.flush()
    around.put(session_id=db.session.query(MemberSession.id).order_by(MemberSession.id.desc()).first()[0])
    _member(around, "consultant", word, code)
    _member(around, "viewer", word, code, position=Position.VIEWER)
    _member(around, "limited", word, code, sees_all_accounts=False)
    _member(around, "leaver", word, code)
    _member(around, "ended", word, code, ended_at=clock.now())
    invited = _member(around, "invited", word, code, password_hash=None, invited_at=clock.now())
    around.put("invitation", token=member_links.issue(invited, LinkPurpose.INVITATION)[1])
    around.put("reset", token=member_links.issue(owner, LinkPurpose.PASSWORD_RESET)[1])
    _job_role(around, "", f"sales-{code}", word, place=1)
    _job_role(around, "second", f"second-{code}", word, place=2)
    _job_role(around, "ended", f"ended-{code}", word, place=3, ended_at=clock.now())
    _texts(owner, word)
    around.put("text", kind="access_request", language="en", number=1)
    around.put(
        agency_id=made.id, version="0", name="portal.css", mailbox="main", digits="123456", password=PASSWORD
    )
    return Agency(made.id, owner, around)


def _member(around: Place, case: str, word: str, code: str, **given: Any) -> Member:
    member = MemberFactory(name=f"{word} {case}", email=f"{case}@{code}.example", **given)
    around.put(case, member_id=member.id, email=member.email)
    return member


def _session(owner: Member, token: str) -> MemberSession:
    return MemberSession(member_id=owner.id, token_hash=fingerprint(token))


def _job_role(around: Place, case: str, key: str, word: str, **given: Any) -> None:
    text = JobRoleText(language="en", name=f"{word} {case} role", description=f"{word} sells.")
    made = JobRole(key=key, texts=[text], **given)
    db.session.add(made)
    db.session.flush()
    around.put(case, key=key, job_role_id=made.id)


def furnish_account(agency: Agency, word: str, code: str, by: Member, first_number: int = 1) -> Place:
    """Put an account into the agency in scope, in all of whose texts ``word`` stands, with one of everything.

    ``by`` owns what belongs to one member; requests are numbered from ``first_number``.
    """
    place = Place({name: dict(cases) for name, cases in agency.around.things.items()})
    account = AccountFactory(name=f"{word} {code}", slug=f"account-{code}", colour="red")
    archived = AccountFactory(
        name=f"{word} {code} archived", slug=f"archived-{code}", archived_at=clock.now()
    )
    place.put(code=code, account=account.slug, account_id=account.id)
    place.put("archived", account=archived.slug)
    _connect(place, account, word, code)
    contact = ContactFactory(account_id=account.id, name=f"{word} Contact", email=f"c@{word}.example".lower())
    place.put(contact_id=contact.id)
    _import(place, by, code)
    for number, state in enumerate(REQUESTS, start=first_number):
        _request(place, contact, agency.owner, word, state, number)
    for mail_state in (M.QUEUED, M.HELD, M.DEFERRED, M.IN_DOUBT, M.ACCEPTED):
        _mail(place, account, word, mail_state)
    refused = post(account=account, recipient_name=word, recipient=contact.email)
    refused.state = M.REFUSED
    place.put(M.REFUSED, mail_id=refused.id)
    _texts(agency.owner, word, account.id)
    _suppressed(place, account, word, code)
    for case in ("inbound", "decided", "reply"):
        _inbound(place, account, word, case)
    trail.record(agency.owner, "account.added", account)
    db.session.commit()
    return place


def _connect(place: Place, account: Account, word: str, code: str) -> None:
    number = sum(map(ord, code))
    ConnectionFactory(account_id=account.id, external_id=f"139{number}", external_name=f"{word} CRM")
    seat = SeatFactory(account_id=account.id, name=f"Seat {number}", remaining=9)
    rights = PermissionSetFactory(account_id=account.id, external_id=f"7{number}", name=f"{word} set")
    team = TeamFactory(account_id=account.id, external_id=f"8{number}", name=f"{word} team")
    place.put(seat=seat.name, permission_set=rights.external_id, team=team.external_id)
    user = UserFactory(account_id=account.id, first_name=word, last_name=code, external_id=f"9{number}")
    place.put(user_id=user.id)
    test = ConnectionTest(
        account_id=account.id,
        state=ExaminationState.PASSED,
        expires_at=clock.now() + answer_links.LIVES,
        findings=list(EVERYTHING_ALLOWED),
        details={"external_id": f"139{number}", "name": word, "tier": "", "currency": "EUR", "app_url": ""},
    )
    db.session.add(test)
    db.session.flush()
    keep_token(test, "a-token")
    place.put(test=test.key)
    role = db.session.query(JobRole).order_by(JobRole.id).first()
    map_job_role(account, role, Choice([], rights.external_id, team.external_id), _owner())


def _owner() -> Member:
    return db.session.query(Member).filter_by(position=Position.OWNER).one()


def _import(place: Place, by: Member, code: str) -> None:
    for case in ("decided", ""):
        kept = keep_upload(read_sheet(f"name,crm\nImported {case} {code},hubspot\n"), by=by)
        kept.decided_at = clock.now() if case else None
        place.put(case, import_id=kept.id)


# How far each request is, and what its only person's run looks like.
REQUESTS: Mapping[RequestState, tuple[RunState, StepKind] | None] = {
    R.WAITING: None,
    R.DRAFT: None,
    R.ANSWERED: None,
    R.SCHEDULED: None,
    R.STOPPED: (RunState.STOPPED, StepKind.LOOK_UP),
    R.PROVISIONING: (RunState.BY_HAND, StepKind.BY_HAND),
    R.ONBOARDING: (RunState.DONE, StepKind.READ_BACK),
}


def _request(
    place: Place, contact: Contact, owner: Member, word: str, state: RequestState, number: int
) -> None:
    made = AccessRequestFactory(
        contact_to_ask=contact, consultant=owner, number=number, state=state, note=f"{word} note", people=0
    )
    known = place.of("")
    rights = {"job_role_id": known["job_role_id"], "permission_set_id": known["permission_set"]}
    person = RequestPersonFactory(
        account_id=contact.account_id,
        request_id=made.id,
        first_name=word,
        last_name=known["code"],
        email=f"new@{word}.example".lower(),
        **(rights if state is R.ANSWERED else {}),
    )
    for case in (state, "") if state is R.WAITING else (state,):
        place.put(case, number=number, person_id=person.id, request_id=made.id)
    if (run := REQUESTS[state]) is not None:
        step = _run(contact.account_id, word, *run)
        person.run_id = step.run_id
        place.put(state, step_id=step.id)
    if state is R.SCHEDULED:
        _schedule_with_another(person, word)
    if state is R.ONBOARDING:
        person.welcomed_at = clock.now()
    if state is not R.DRAFT:
        link, token = answer_links.make_link(made, contact)
        place.put(state, selector=link.selector, token=token)
    if state is R.WAITING:
        begin_chase(Question.ACCESS_REQUEST, made.id, contact)
        chase = chases_of(Question.ACCESS_REQUEST, made.id)[0]
        place.put("chase", token=tokens.sign([chase.id]))
    db.session.flush()
    db.session.refresh(made)
    place.put(state, request_version=made.version)


def _schedule_with_another(person: RequestPerson, word: str) -> None:
    """Let a person wait for their first working day, beside somebody else who does."""
    other = RequestPersonFactory(
        account_id=person.account_id,
        request_id=person.request_id,
        first_name=word,
        email=f"other@{word}.example".lower(),
    )
    for waiting in (person, other):
        waiting.start_date = (clock.now() + timedelta(days=20)).date()
        waiting.scheduled_at, waiting.set_up_at = clock.now(), clock.now() + timedelta(days=20)


def _run(account_id: int, word: str, state: RunState, kind: StepKind) -> ProvisioningStep:
    run = ProvisioningRun(
        account_id=account_id, email=f"new@{word}.example".lower(), first_name=word, last_name="New"
    )
    run.state, run.reason, run.external_user_id = state, f"{word} reason", "4711"
    db.session.add(run)
    db.session.flush()
    kinds = {StepKind.READ_BACK, kind}
    steps = [ProvisioningStep(account_id=account_id, place=PLACES[each], kind=each) for each in kinds]
    for step in steps:
        step.sent = {"field": "user", "wanted": [word]}
        step.state = StepState.PENDING if step.kind is StepKind.BY_HAND else StepState.DONE
    run.steps += steps
    db.session.flush()
    return next(step for step in steps if step.kind is kind)


def _mail(place: Place, account: Account, word: str, state: MailState) -> None:
    """Store a mail without making one, which takes long."""
    address, code = f"c@{word}.example".lower(), place.of("")["code"]
    mail = OutboxMessage(
        account_id=account.id,
        idempotency_key=f"{code}:{state}",
        topic_kind=AccessRequest.__tablename__,
        topic_id=place.of("")["request_id"],
        kind="access_request",
        language="en",
        recipient_name=word,
        recipient=address,
        subject=f"{word} {code}",
        message_id=f"<{code}.{state}@portal.example>",
        envelope_from=f"{code}.{state}@portal.example",
        raw=f"To: {address}\nSubject: {word} {code}\n\nDear {word}\n".encode(),
        state=state,
    )
    db.session.add(mail)
    db.session.flush()
    place.put(state, mail_id=mail.id, sent_id=mail.id, message_id=mail.message_id)


def _suppressed(place: Place, account: Account, word: str, code: str) -> None:
    address = f"{code}@{word}.example".lower()
    gone = SuppressedAddress(account_id=account.id, address=address, event=Event.BOUNCED, words=word)
    db.session.add(gone)
    db.session.flush()
    place.put(suppressed_id=gone.id)


def _inbound(place: Place, account: Account, word: str, case: str) -> None:
    key, code = f"{account.slug} {case}", place.of("")["code"]
    arrival = Arrival(key=key, mailbox="main", size=0)
    db.session.add(arrival)
    db.session.flush()
    at_its_request = {"topic_kind": AccessRequest.__tablename__, "topic_id": place.of("")["request_id"]}
    mail = InboundMail(
        **(at_its_request if case == "reply" else {}),
        account_id=account.id,
        arrival_id=arrival.id,
        fate=Fate.ATTACHED if case == "reply" else Fate.UNCONFIRMED,
        reading={"verdict": Verdict.ANSWER},
        why=Why.BY_A_MEMBER if case == "decided" else "",
        sender=f"{case}@{word}.example".lower(),
        subject=f"{word} {code}",
        text=word,
        html=f"<p>{word}</p>",
        raw=word.encode(),
        received_at=clock.now(),
    )
    db.session.add(mail)
    db.session.flush()
    file = InboundAttachment(account_id=account.id, mail_id=mail.id, place=1, name=f"{word}.txt", size=0)
    file.content = word.encode()
    db.session.add(file)
    place.put(case, mail_id=mail.id, place=1)


def _texts(owner: Member, word: str, account_id: int | None = None) -> None:
    for number in (1, 2):
        TemplateVersionFactory(
            account_id=account_id,
            number=number,
            written_by_id=owner.id,
            subject=f"{word} {number}",
            is_in_force=number > 1,
        )
