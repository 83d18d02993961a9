"""A client in front of the answer page."""

import re
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from portal.access_requests import actions, links
from portal.access_requests.models import AccessRequest, AnswerLink
from portal.core.db import db
from portal.job_roles.models import JobRole, JobRoleText


def job_role(name: str, *, is_admin: bool = False, **names: str) -> JobRole:
    """Store a job role in English, and in what other languages are given."""
    texts = [
        JobRoleText(language=language, name=text, description=f"{text}.", can_do=[f"{text} 1", f"{text} 2"])
        for language, text in {"en": name, **names}.items()
    ]
    role = JobRole(key=name.lower(), is_admin=is_admin, texts=texts)
    db.session.add(role)
    db.session.flush()
    return role


def sent(access_request: AccessRequest) -> str:
    """Send a request and return the token of a link that works for it."""
    actions.send_request(access_request, access_request.started_by)
    _link, token = links.make_link(access_request, access_request.contact)
    db.session.commit()
    return token


class Client:
    """Somebody at the client with a link: opens it, answers, confirms."""

    def __init__(self, browser: FlaskClient, token: str) -> None:
        self.browser = browser
        self.page = browser.get(f"/r/{token}", follow_redirects=True)
        self.selector = token.partition(".")[0]
        self.url = f"/answer/{self.selector}"

    def post(self, path: str = "", page: TestResponse | None = None, **fields: Any) -> TestResponse:
        """Post to a page of this answer with the pass of the page that was last seen."""
        return self.browser.post(f"{self.url}{path}", data={"csrf_token": self.token(page), **fields})

    def token(self, page: TestResponse | None = None) -> str:
        """Return the pass in a page."""
        found = re.search(r'name="csrf_token" value="([^"]+)"', (page or self.page).text)
        assert found, "a page without a pass"
        return found[1]

    def answer(
        self, role: JobRole | None, *, turn: int = 0, path: str = "/confirm", **more: str
    ) -> TestResponse:
        """Answer for the only person."""
        return self.post(path, **filled(the_person_id(), role, turn=turn, **more))


def the_person_id() -> int:
    """Return the only person of the only request."""
    return db.session.scalars(select(AccessRequest)).one().people[0].id


def filled(person_id: int, role: JobRole | None, *, turn: int = 0, **more: str) -> dict[str, str]:
    """Return the fields of a filled-in answer page."""
    return {
        "turn": str(turn),
        f"person-{person_id}-job_role": str(role.id if role else 0),
        f"person-{person_id}-text": "Sells in the north",
        f"person-{person_id}-start_date": "",
        "given_name": "Anna Smith",
        "remark": "Thank you",
        **more,
    }


def the_link() -> AnswerLink:
    """Return the link that was made last."""
    found = db.session.scalars(select(AnswerLink).order_by(AnswerLink.id.desc())).first()
    assert found
    return found
