"""The door for mail servers that hand a mail over by themselves, instead of leaving it in a mailbox.

A 2xx says that the mail is stored, and is only sent once that is so.
"""

from flask import Blueprint, Response, current_app, jsonify, request
from flask.typing import ResponseReturnValue

from portal.core.texts import Text, _l
from portal.inbox import arrivals, signatures
from portal.inbox.arrivals import Delivery
from portal.inbox.signatures import Handover
from portal.policy.guards import open_to_anyone
from portal.web.bodies import takes_up_to

blueprint = Blueprint("inbound", __name__)
LARGEST = 25 * 1024 * 1024
MOST_RECIPIENTS = 100

_TOO_LARGE = _l("Nothing was stored: a mail may have at most 25 MB.")
_NOT_SIGNED = _l("Nothing was stored: X-Portal-Signature does not fit this mail and the key in the settings.")
_USED = _l("This X-Portal-Nonce was used before; the mail it came with is stored. Do not send it again.")
_NO_KEY = _l("Nothing was stored: no key is set for this address (PORTAL_INBOUND_WEBHOOK_SECRET).")
_EMPTY = _l("Nothing was stored: the body must be the whole mail, as it came.")


@blueprint.post("/inbound/<string(maxlength=40):mailbox>")
@open_to_anyone("the signature over the mail says who hands it over")
@takes_up_to(LARGEST + 1)
def take(mailbox: str) -> ResponseReturnValue:
    """Store one raw mail."""
    handover = _handover(mailbox)
    refusal = _refusal(handover)
    if refusal is not None:
        return refusal
    arrival = arrivals.receive(
        Delivery(_key(handover), mailbox, request.get_data(), recipients=handover.recipients)
    )
    return jsonify(stored=arrival.id, is_copy=arrival.first_id is not None)


def _handover(mailbox: str) -> Handover:
    headers = request.headers
    recipients = request.args.getlist("recipient")[:MOST_RECIPIENTS]
    return Handover(
        headers.get("X-Portal-Timestamp", ""), headers.get("X-Portal-Nonce", ""), mailbox, recipients
    )


def _refusal(handover: Handover) -> Response | None:
    """Return why this is not taken, or None; what costs least is looked at first."""
    key = current_app.extensions["settings"].inbound_webhook_secret.get_secret_value()
    if not key:
        return _no(404, _NO_KEY)
    if (request.content_length or 0) > LARGEST:
        return _no(413, _TOO_LARGE)
    fault = signatures.find_fault(handover)
    if fault is not None:
        return _no(401, fault)
    raw = request.get_data()
    if not signatures.is_genuine(handover, raw, request.headers.get("X-Portal-Signature", ""), key):
        return _no(401, _NOT_SIGNED)
    if not raw.strip():
        return _no(400, _EMPTY)
    return _no(409, _USED) if arrivals.is_known(_key(handover)) else None


def _key(handover: Handover) -> str:
    return f"webhook:{handover.nonce}"


def _no(status: int, why: Text) -> Response:
    answer = jsonify(error=str(why))
    answer.status_code = status
    return answer
