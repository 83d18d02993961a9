"""Made-up access requests in every state: most are closed, and enough are open that there is work to see."""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from portal.access_requests.states import WAITS_FOR_CLIENT, WAITS_FOR_US, AnswerKind, RequestState
from portal.core import clock
from portal.demo.emulator.names import Person
from portal.demo.emulator.seeds import SeedUser
from portal.demo.scale.rows import Row, external_id
from portal.demo.scale.values import Client
from portal.provisioning.states import PLACES, RunState, StepKind, StepState

_S = RequestState

HOW_MANY: Final = ((0, 1, 2, 3), (4, 3, 2, 1))  # in an account, and how often; one on average
HOW_OFTEN: Final = {
    _S.CLOSED: 70,
    _S.WAITING: 7,
    _S.ANSWERED: 6,
    _S.ONBOARDING: 4,
    _S.WITHDRAWN: 4,
    _S.DECLINED: 3,
    _S.STOPPED: 2,
    _S.DRAFT: 2,
    _S.RETURNED: 1,
    _S.PROVISIONING: 1,
}
RUNS: Final = {
    _S.CLOSED: RunState.DONE,
    _S.ONBOARDING: RunState.DONE,
    _S.STOPPED: RunState.STOPPED,
    _S.PROVISIONING: RunState.WAITING,
}
ANSWERED: Final = frozenset({_S.ANSWERED, *RUNS})
NO_SEAT: Final = "No seat of this kind is left. Order one in the CRM, then try again."
OLD_DAYS: Final = (30, 700)  # how long ago what is over began
OPEN_DAYS: Final = (1, 25)
WILL_DO: Final = ("Joins the sales team", "Runs the campaigns", "Answers customers", "Looks at reports")


@dataclass(frozen=True, slots=True)
class Asked:
    """One request: about whom, how far it came, and when it began; ``user`` is their place in the mirror."""

    number: int
    state: RequestState
    person: Person | SeedUser
    user: int | None
    began: datetime

    @property
    def name(self) -> str:
        """The person's name."""
        return f"{self.person.first_name} {self.person.last_name}"

    def after(self, days: float) -> datetime:
        """Return the moment so many days after it began, but not in the future."""
        return min(self.began + timedelta(days=days), clock.now())


def requests(client: Client, rng: random.Random) -> list[Asked]:
    """Return what was asked in an account; nothing where no CRM is connected."""
    if not client.tier:
        return []
    count = rng.choices(*HOW_MANY)[0]
    states = rng.choices(tuple(HOW_OFTEN), tuple(HOW_OFTEN.values()), k=count)
    return [_asked(client, number, state, rng) for number, state in enumerate(states, start=1)]


def _asked(client: Client, number: int, state: RequestState, rng: random.Random) -> Asked:
    is_in = {_S.CLOSED: True, _S.ONBOARDING: False}.get(state)
    fitting = [place for place, user in enumerate(client.users) if bool(user.sign_ins) is is_in]
    is_over = state in {_S.CLOSED, _S.WITHDRAWN, _S.DECLINED}
    began = clock.now() - timedelta(days=rng.uniform(*(OLD_DAYS if is_over else OPEN_DAYS)))
    if not fitting:
        state = state if is_in is None else _S.WITHDRAWN
        return Asked(number, state, client.newcomers[number - 1], None, began)
    place = rng.choice(fitting)
    return Asked(number, state, client.users[place], place, began)


def waiting(asked: Sequence[Asked]) -> dict[str, int]:
    """Return the counters an account keeps of its requests."""
    return {
        "waiting_for_client": sum(one.state in WAITS_FOR_CLIENT for one in asked),
        "waiting_for_us": sum(one.state in WAITS_FOR_US for one in asked),
    }


def request(one: Asked, language: str) -> Row:
    """Return the request itself."""
    was_sent, was_answered = one.state is not _S.DRAFT, one.state in ANSWERED
    is_closed = one.state is _S.CLOSED
    return {
        "number": one.number,
        "state": one.state,
        "language": language,
        "note": "",
        "reason": _reason(one),
        "version": 1,
        "created_at": one.began,
        "changed_at": one.after(4 if is_closed else 1.2 if was_answered else 0.1),
        "sent_at": one.after(0.1) if was_sent else None,
        "answered_at": one.after(1) if was_answered else None,
        "closed_at": one.after(4) if is_closed else None,
    }


def run(client: Client, one: Asked) -> Row:
    """Return how the person was put into the CRM; it waits for nobody's worker, since there is no CRM."""
    state = RUNS[one.state]
    is_done = state is RunState.DONE
    return {
        "email": one.person.email,
        "first_name": one.person.first_name,
        "last_name": one.person.last_name,
        "seats": ["Core"],
        "external_user_id": external_id(client, one.user) if is_done and one.user is not None else None,
        "state": state,
        "reason": NO_SEAT if state is RunState.STOPPED else "",
        "created_at": one.after(1.2),
        "finished_at": one.after(1.3) if is_done else None,
    }


def steps(one: Asked) -> Iterator[Row]:
    """Yield the steps of a run, as far as it came."""
    is_done = RUNS[one.state] is RunState.DONE
    is_stopped = one.state is _S.STOPPED
    for kind in (StepKind.LOOK_UP, StepKind.CREATE, StepKind.READ_BACK):
        is_over = is_done or (is_stopped and kind is StepKind.LOOK_UP)
        halts = is_stopped and kind is StepKind.CREATE
        state = StepState.DONE if is_over else StepState.STOPPED if halts else StepState.PENDING
        yield {
            "place": PLACES[kind],
            "kind": kind,
            "state": state,
            "attempts": int(is_over or halts),
            "message": NO_SEAT if halts else "",
            "started_at": one.after(1.25) if is_over or halts else None,
            "finished_at": one.after(1.3) if is_over or halts else None,
        }


def person(one: Asked, job_role_id: int, run_id: int | None) -> Row:
    """Return the person the request is about, with what was answered and what became of it."""
    was_answered, is_in = one.state in ANSWERED, RUNS.get(one.state) is RunState.DONE
    role = job_role_id if was_answered else None
    return {
        "place": 1,
        "first_name": one.person.first_name,
        "last_name": one.person.last_name,
        "email": one.person.email,
        "will_do": WILL_DO[one.number % len(WILL_DO)],
        "answered_job_role_id": role,
        "job_role_id": role,
        "is_declined": one.state is _S.DECLINED,
        "seats": ["Core"] if was_answered else [],
        "run_id": run_id,
        "welcomed_at": one.after(1.4) if is_in else None,
        "signed_in_at": one.after(4) if one.state is _S.CLOSED else None,
    }


def answer(one: Asked, contact: Person, ids: Mapping[str, int], job_role: str) -> Row:
    """Return what the client said; ``ids`` name the request, the person and the job role."""
    said: dict[str, Any] = {"person_id": ids["person_id"], "name": one.name, "email": one.person.email}
    chosen = {"job_role_id": ids["job_role_id"], "job_role": job_role, "text": "", "start_date": None}
    return {
        "nonce": f"{ids['request_id']}:0",
        "kind": AnswerKind.ANSWER,
        "given_name": f"{contact.first_name} {contact.last_name}",
        "people": [said | chosen],
        "address": "127.0.0.1",
        "browser": "Made up",
        "at": one.after(1),
    }


def _reason(one: Asked) -> str:
    if one.state is _S.STOPPED:
        return f"{one.name}: {NO_SEAT}"
    return "Everybody is in and has signed in." if one.state is _S.CLOSED else ""
