"""Where a contact stops the reminders about a question: by a button of ours, or by that of a mail program."""

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from portal.access_requests import answer_session, chasing, queries
from portal.agencies import scope
from portal.agencies.queries import current_agency
from portal.core.errors import NotFound
from portal.policy.guards import open_to_anyone
from portal.reminders import queries as reminders
from portal.reminders import tokens
from portal.reminders.models import Chase
from portal.web.fragments import render_page
from portal.web.headers import keep_private
from portal.web.limits import limiter
from portal.web.locale import speak

blueprint = Blueprint("stop_reminders", __name__, url_prefix="/stop-reminders")
limiter.limit("60/minute")(blueprint)


@blueprint.get("/<string:token>")
@open_to_anyone("contacts have no login")
def ask(token: str) -> ResponseReturnValue:
    """Ask whether the reminders shall stop; looking changes nothing."""
    return _page(token, _chases(token))


@blueprint.post("/<string:token>")
@open_to_anyone("contacts have no login, and mail programs post here by themselves")
def stop(token: str) -> ResponseReturnValue:
    """Stop the reminders; doing it twice changes nothing."""
    chases = _chases(token)
    chasing.stop_for_contact([chase.id for chase in chases])
    return _page(token, chases)


def _chases(token: str) -> list[Chase]:
    """Return what the token may stop, in the scope of its agency, or raise ``NotFound``."""
    keep_private()
    answer_session.forget_member()
    agency_id, chase_ids = tokens.read(token) or (None, [])
    if agency_id is None:
        raise NotFound
    scope.enter(agency_id)
    chases = reminders.chases(chase_ids)
    if not chases:
        raise NotFound
    speak(request.values.get("language", "") or chases[0].contact.language)
    return list(chases)


def _page(token: str, chases: list[Chase]) -> ResponseReturnValue:
    names = queries.names_of_people({chase.topic_id for chase in chases})
    return render_page(
        "answers/stop_reminders.html",
        agency=current_agency(),
        account=chases[0].contact.account,
        token=token,
        people=[name for of_one in names.values() for name in of_one],
        is_stopped=all(chase.next_at is None for chase in chases),
    )
