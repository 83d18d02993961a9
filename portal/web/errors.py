"""Every error gets a page that says what happened and what to do next, in the size that was asked for."""

import logging

from flask import Flask, Response, render_template
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from portal.core.db import db
from portal.core.errors import BadInput, NotFound, PortalError
from portal.core.texts import Text, _l
from portal.web.fragments import render_page

log = logging.getLogger(__name__)

SERVER_ERROR = 500


class StaleForm(PortalError):
    """The form's token is missing or too old."""

    status = 400
    title = _l("This form has expired")
    message = _l("Nothing was changed. Go back, reload the page, and send it again.")


class WrongMethod(PortalError):
    """The address exists, but not for this kind of request."""

    status = 405
    title = _l("That does not work here")
    message = _l("Nothing was changed. Go back and use the page's own buttons.")


class TooLarge(PortalError):
    """More was sent than anybody needs to."""

    status = 413
    title = _l("That is too large")
    message = _l("Nothing was stored. Send less at once, at most 5 MB.")


class TooMany(PortalError):
    """Too many tries in too short a time."""

    status = 429
    title = _l("Too many tries")
    message = _l("Nothing was changed. Wait a minute, then try again.")


WELL_KNOWN: dict[int, type[PortalError]] = {404: NotFound, 405: WrongMethod, 413: TooLarge, 429: TooMany}


def register(app: Flask) -> None:
    """Answer every error with its page."""
    app.register_error_handler(PortalError, _own)
    app.register_error_handler(CSRFError, lambda _error: _own(StaleForm()))
    app.register_error_handler(HTTPException, _foreign)
    app.register_error_handler(Exception, _unforeseen)


def _own(error: PortalError) -> Response:
    db.session.rollback()
    try:
        return render_page(
            "errors/error.html",
            fragment="problem",
            status=error.status,
            title=error.title,
            message=error.message,
        )
    except Exception:
        log.exception("the error page itself failed")
        return _plain(error.status, error.title, error.message)


def _foreign(error: HTTPException) -> Response:
    if error.code is None or error.code < BadInput.status:
        return Response(error.get_response().data, status=error.code, headers=error.get_response().headers)
    known = WELL_KNOWN.get(error.code)
    own = known() if known else BadInput() if error.code < SERVER_ERROR else PortalError()
    own.status = error.code
    answer = _own(own)
    if error.code == WrongMethod.status:
        answer.headers["Allow"] = ", ".join(getattr(error, "valid_methods", None) or ())
    return answer


def _unforeseen(error: Exception) -> Response:
    log.error("unforeseen", exc_info=error)
    return _own(PortalError())


def _plain(status: int, title: Text, message: Text) -> Response:
    return Response(render_template("errors/plain.html", title=title, message=message), status=status)
