"""The door for a mail provider that tells what became of mails; a 2xx says that it is noted."""

from flask import Blueprint, Response, current_app, jsonify, request
from flask.typing import ResponseReturnValue

from portal.core.errors import BadInput
from portal.core.texts import Text, _l
from portal.mail import events
from portal.policy.guards import open_to_anyone
from portal.web.bodies import takes_up_to

blueprint = Blueprint("mail_events", __name__)
LARGEST = 1024 * 1024

_NO_KEY = _l("Nothing was noted: no key is set for this address (PORTAL_MAIL_EVENTS_SECRET).")
_NOT_SIGNED = _l(
    "Nothing was noted: X-Portal-Signature must be the HMAC-SHA256 of X-Portal-Timestamp, a full stop and "
    "the body, with the key in the settings, and not older than five minutes."
)


@blueprint.post("/mail-events")
@open_to_anyone("the signature over the body says who tells")
@takes_up_to(LARGEST)
def take() -> ResponseReturnValue:
    """Note what became of mails."""
    key = current_app.extensions["settings"].mail_events_secret.get_secret_value()
    if not key:
        return _no(404, _NO_KEY)
    body, headers = request.get_data(), request.headers
    timestamp, signature = headers.get("X-Portal-Timestamp", ""), headers.get("X-Portal-Signature", "")
    if not events.is_genuine(timestamp, signature, body, key):
        return _no(401, _NOT_SIGNED)
    taken = events.take(body)
    return jsonify(noted=taken.noted, unknown=taken.unknown)


@blueprint.errorhandler(BadInput)
def unreadable(error: BadInput) -> ResponseReturnValue:
    """Say what is wrong to a program."""
    return _no(error.status, error.message)


def _no(status: int, why: Text) -> Response:
    answer = jsonify(error=str(why))
    answer.status_code = status
    return answer
