"""What has happened in the demo before anybody looks: requests in every state, told in the order of time."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from flask import current_app
from sqlalchemy import select

from portal.access_requests import actions, answers, chasing, links, onboarding, proposals
from portal.access_requests.models import AccessRequest, AnswerLink
from portal.accounts.models import Account
from portal.accounts.queries import contacts
from portal.agencies.models import Member, Position
from portal.core import clock
from portal.core.db import db
from portal.demo.cast import ACCOUNTS, CastAccount
from portal.demo.emulator import database as emulator_database
from portal.demo.emulator import staging
from portal.demo.letters import Letter, hand_in
from portal.job_roles.queries import get_job_role, text_of
from portal.jobs.work import step
from portal.provisioning import actions as provisioning
from portal.users.models import User

BY_NUMBER: Final = {cast.number: cast for cast in ACCOUNTS}
VISITOR_BROWSER = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_1 like Mac OS X)"


@dataclass(frozen=True, slots=True)
class Story:
    """One request: where, when it was sent, who is in it, and how far it came.

    ``until`` is the last thing that happened; ``roles`` are what the client wants for each person.
    """

    account: int
    days_ago: float
    roles: tuple[str, ...]
    until: str
    by: Position = Position.CONSULTANT
    note: str = ""
    text: str = ""
    is_a_user_already: bool = False
    letter: Letter | None = None


WITH_A_LIST = Letter(
    "Guten Tag,\n\n{person}: Vertrieb. Zwei Kollegen brauchen auch Zugang, siehe Liste.\n\nDanke!",
    hours_ago=2.5,
    listed=("Vertrieb", "Marketing"),
)
UNPROVED = Letter("{person} arbeitet im Kundenservice.", hours_ago=1.2, is_proved=False)
FROM_A_COLLEAGUE = Letter(
    "Bonjour,\n\nPour information, {person} s'occupera du marketing à partir de lundi.\n\nBonne journée",
    hours_ago=0.6,
    colleague="Camille Perrin",
)

STORIES: Final = (
    Story(1, 55, ("sales_rep",), "signed_in"),
    Story(11, 51, ("marketer", "reports_only"), "signed_in"),
    Story(4, 46, ("service_agent",), "signed_in", Position.OWNER),
    Story(2, 44, ("sales_manager",), "signed_in"),
    Story(13, 40, ("sales_rep",), "withdrawn"),
    Story(5, 37, ("marketer",), "signed_in", Position.PARTNER_ADMIN),
    Story(14, 33, ("sales_rep", "sales_rep", "service_agent"), "signed_in"),
    Story(7, 30, ("sales_rep",), "declined"),
    Story(3, 26, ("reports_only",), "signed_in"),
    Story(23, 24, ("marketer",), "signed_in"),
    Story(15, 19, ("sales_manager",), "signed_in", Position.OWNER),
    Story(6, 16, ("service_agent",), "signed_in"),
    Story(9, 12, ("marketer",), "signed_in"),
    Story(8, 11, ("sales_rep",), "sent", note="Carmen starts on Monday."),
    Story(16, 9, ("reports_only",), "provisioned"),
    Story(12, 8, ("sales_rep",), "sent", letter=WITH_A_LIST),
    Story(10, 6.5, ("marketer", "sales_rep"), "provisioned"),
    Story(24, 6, ("external_partner",), "answered", text="They run our campaigns until the end of the year."),
    Story(17, 5, ("service_agent",), "sent", Position.OWNER, letter=UNPROVED),
    Story(20, 4, ("sales_rep",), "provisioned", is_a_user_already=True),
    Story(
        1, 3.2, ("sales_rep", "administrator"), "answered", text="Same as the rest of the sales team, please."
    ),
    Story(4, 2.5, ("sales_manager",), "answered", text="Will lead the team in Dublin."),
    Story(18, 2, ("sales_rep",), "not_for_me"),
    Story(25, 1.5, ("marketer",), "sent", letter=FROM_A_COLLEAGUE),
    Story(2, 1.1, ("marketer",), "provisioned"),
    Story(40, 1, ("sales_rep",), "provisioned"),
    Story(19, 0.8, ("service_agent", "service_agent"), "answered"),
    Story(5, 0.3, ("sales_rep",), "sent", note="Could you answer before Friday?"),
    Story(3, 0.1, ("marketer",), "draft"),
)

ORDER: Final = ("draft", "sent", "answered", "provisioned", "ticked", "signed_in")
AFTER: Final = {
    "sent": 0.02,
    "answered": 0.9,
    "provisioned": 1.2,
    "ticked": 1.4,
    "signed_in": 2.1,
}  # days after the draft

Event = tuple[datetime, Callable[[], None]]


def play(accounts: dict[int, int], members: dict[Position, int]) -> None:
    """Let every story happen, each event at its own time; ``accounts`` and ``members`` give ids."""
    teller = Teller(accounts, members)
    events = [event for story in STORIES for event in teller.events(story)]
    for moment, happen in sorted(events, key=lambda event: event[0]):
        with clock.at(min(moment, clock.now())):
            with step():
                happen()
            current_app.extensions["jobs"].drain()


class Teller:
    """Turns stories into events; keeps the ids of the requests it drafts."""

    def __init__(self, accounts: dict[int, int], members: dict[Position, int]) -> None:
        self._accounts, self._members = accounts, members
        self._requests: dict[Story, int] = {}

    def events(self, story: Story) -> Iterable[Event]:
        """Yield what happens in a story, and when."""
        start = clock.now() - timedelta(days=story.days_ago)
        yield start, lambda: self._draft(story)
        for name in self._steps(story):
            yield start + timedelta(days=AFTER.get(name, AFTER["answered"])), self._happening(name, story)
        if story.letter is not None:
            yield clock.now() - timedelta(hours=story.letter.hours_ago), self._happening("wrote", story)
        if story.until == "sent":
            for day in range(1, int(story.days_ago) + 1):
                yield (start + timedelta(days=day)).replace(hour=11), self._happening("reminded", story)

    def _steps(self, story: Story) -> list[str]:
        if story.until in ORDER:
            return list(ORDER[1 : ORDER.index(story.until) + 1])
        return ["sent", story.until]

    def _happening(self, name: str, story: Story) -> Callable[[], None]:
        return lambda: getattr(self, f"_{name}")(story)

    def _draft(self, story: Story) -> None:
        account = db.session.get_one(Account, self._accounts[story.account])
        contact = next(contact for contact in contacts(account) if contact.may_approve)
        wish = actions.RequestWish(contact, self._people(story, account), note=story.note)
        drafted = actions.draft_request(account, self._member(story), wish)
        db.session.flush()
        self._requests[story] = drafted.id

    def _people(self, story: Story, account: Account) -> list[actions.PersonWish]:
        if story.is_a_user_already:
            own = User.email.endswith(contacts(account)[0].email.partition("@")[2])
            ordinary = (User.account_id == account.id, own, User.active, User.super_admin.is_(False))
            user = db.session.scalars(select(User).where(*ordinary).order_by(User.id).limit(1)).one()
            return [actions.PersonWish(user.email, user.first_name, user.last_name)]
        users = set(db.session.scalars(select(User.email).where(User.account_id == account.id)))
        people = BY_NUMBER[story.account].people(f"new-{story.days_ago}", len(users) + len(story.roles))
        new = [person for person in people if person.email not in users][: len(story.roles)]
        return [actions.PersonWish(person.email, person.first_name, person.last_name) for person in new]

    def _sent(self, story: Story) -> None:
        actions.send_request(self._request(story), self._member(story))

    def _reminded(self, story: Story) -> None:
        """Let the contact be reminded if that is due on this day."""
        chasing.follow_up(self._request(story).contact_id)

    def _wrote(self, story: Story) -> None:
        """Let the contact, or a colleague of theirs, write to us."""
        if story.letter is not None:
            further = BY_NUMBER[story.account].people(f"letter-{story.days_ago}", len(story.letter.listed))
            hand_in(story.letter, self._request(story), further)

    def _withdrawn(self, story: Story) -> None:
        actions.withdraw_request(self._request(story), self._member(story), "")

    def _answered(self, story: Story) -> None:
        self._answer(story, story.roles)

    def _declined(self, story: Story) -> None:
        self._answer(story, (None,) * len(story.roles))

    def _answer(self, story: Story, roles: Iterable[str | None]) -> None:
        access_request = self._request(story)
        said = [
            answers.PersonAnswer(person, *self._role(role, access_request.language), text=story.text)
            for person, role in zip(access_request.people, roles, strict=True)
        ]
        answers.answer(self._opened_link(access_request), 0, said, self._visitor(access_request), "")

    def _role(self, key: str | None, language: str) -> tuple[int | None, str]:
        if key is None:
            return None, ""
        job_role = get_job_role(key)
        return job_role.id, text_of(job_role, language).name

    def _not_for_me(self, story: Story) -> None:
        access_request = self._request(story)
        visitor = self._visitor(access_request)
        answers.say_not_for_me(self._opened_link(access_request), 0, visitor, "I left the sales team in May.")

    def _provisioned(self, story: Story) -> None:
        access_request = self._request(story)
        admins = [person.id for person in access_request.people]
        proposals.confirm(access_request, access_request.version, admins, self._member(story))

    def _ticked(self, story: Story) -> None:
        """Let the member tick the permissions where the account's tier has no permission sets."""
        for person in self._request(story).people:
            for manual in person.run.by_hand if person.run else ():
                provisioning.say_done(manual, by=self._member(story))

    def _signed_in(self, story: Story) -> None:
        access_request = self._request(story)
        cast = BY_NUMBER[story.account]
        for person in access_request.people:
            sign_in(cast, person.email, clock.now() - timedelta(minutes=20))
        onboarding.check_now(access_request)

    def _opened_link(self, access_request: AccessRequest) -> AnswerLink:
        newest = select(AnswerLink).where(AnswerLink.request_id == access_request.id)
        link = db.session.scalars(newest.order_by(AnswerLink.id.desc()).limit(1)).one()
        links.count_opening(link)
        return link

    def _visitor(self, access_request: AccessRequest) -> answers.Visitor:
        return answers.Visitor(access_request.contact.name, "198.51.100.24", VISITOR_BROWSER)

    def _request(self, story: Story) -> AccessRequest:
        return db.session.get_one(AccessRequest, self._requests[story])

    def _member(self, story: Story) -> Member:
        return db.session.get_one(Member, self._members[story.by])


def sign_in(cast: CastAccount, email: str, at: datetime) -> None:
    """Let a user sign in to the emulated HubSpot."""
    with emulator_database.opened(emulator_file()) as emulated:
        staging.sign_in(emulated, cast.portal_id, email, at)


def end_token(cast: CastAccount) -> None:
    """Let HubSpot refuse an account's token from now on."""
    with emulator_database.opened(emulator_file()) as emulated:
        staging.set_revoked(emulated, cast.token, on=True)


def emulator_file() -> Path:
    """Return the emulated HubSpot's own database."""
    folder: Path = current_app.extensions["settings"].data_dir
    return folder / "emulator.db"
