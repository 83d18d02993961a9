"""Every error gets a page that says what happened and what to do next, in the size that was asked for."""

import logging

from flask import Flask, Response, g, render_template
from flask_login import AnonymousUserMixin
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from portal.core.db import AWAY, db, is_full
from portal.core.errors import BadInput, DatabaseTrouble, NotFound, PortalError
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
    message = _l("Nothing was stored. Send less at once.")


class TooMany(PortalError):
    """Too many tries in too short a time."""

    status = 429
    title = _l("Too many tries")
    message = _l("Nothing was changed. Wait a minute, then try again.")


class DatabaseAway(DatabaseTrouble):
    """The database does not answer, or not in time."""

    title = _l("The portal cannot reach its database")
    message = _l(
        "Nothing was changed. Wait a minute, then do it again; if it stays so, tell your administrator."
    )


class DatabaseFull(DatabaseTrouble):
    """There is no room left to write to."""

    status = 507
    title = _l("The portal has no room left")
    message = _l(
        "Nothing was changed. What is there can be read; tell your administrator that the disk is full."
    )


WELL_KNOWN: dict[int, type[PortalError]] = {404: NotFound, 405: WrongMethod, 413: TooLarge, 429: TooMany}


def register(app: Flask) -> None:
    """Answer every error with its page."""
    app.register_error_handler(PortalError, _own)
    app.register_error_handler(CSRFError, lambda _error: _own(StaleForm()))
    app.register_error_handler(HTTPException, _foreign)
    app.register_error_handler(Exception, _unforeseen)


def _own(error: PortalError) -> Response:
    db.session.rollback()
    if isinstance(error, DatabaseTrouble):
        g._login_user = AnonymousUserMixin()  # noqa: SLF001 - else the page asks the database who reads it
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
    after_the_view = getattr(error, "original_exception", None)
    if after_the_view is not None:
        return _own(_in_words(after_the_view))
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
    return _own(_in_words(error))


def _in_words(error: Exception) -> PortalError:
    if isinstance(error, PortalError):
        return error
    if not isinstance(error, AWAY):
        return PortalError()
    return DatabaseFull() if is_full(error) else DatabaseAway()


def _plain(status: int, title: Text, message: Text) -> Response:
    return Response(render_template("errors/plain.html", title=title, message=message), status=status)
