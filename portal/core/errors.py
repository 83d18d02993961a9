"""Errors that know their page: a status, and a sentence that says what happened and what to do next."""

from portal.core.texts import Text, _l


class PortalError(Exception):
    """Something a person can be told about; views never catch it, the error page shows it."""

    status = 500
    title: Text = _l("Something went wrong")
    message: Text = _l("Nothing was changed. Try again; if it happens twice, tell your administrator.")

    def __init__(self, message: Text | None = None) -> None:
        super().__init__(message)
        if message is not None:
            self.message = message

    def __str__(self) -> str:
        return str(self.message)


class NotFound(PortalError):
    """The thing does not exist, or is not this person's to see; the two look the same."""

    status = 404
    title = _l("Page not found")
    message = _l("There is nothing at this address, or it is not yours to see. Check the link, or go back.")


class Forbidden(PortalError):
    """The person is known, but the step is not theirs."""

    status = 403
    title = _l("Not allowed")
    message = _l(
        "Your rights do not include this. Nothing was changed. An owner of your agency can widen them."
    )


class NotNow(PortalError):
    """The step exists, but not from the state the record is in."""

    status = 409
    title = _l("This has already moved on")
    message = _l("Nothing was changed. Reload the page to see where it is now.")


class BadInput(PortalError):
    """What was sent cannot be read as what was asked for."""

    status = 400
    title = _l("That could not be read")
    message = _l("Nothing was changed. Go back, check what you entered, and send it again.")


class DatabaseTrouble(PortalError):
    """The database itself failed; whoever shows this must not ask it anything more."""

    status = 503


class MaybeSaved(DatabaseTrouble):
    """The database went away between "save this" and its answer."""

    title = _l("It is not known whether this was saved")
    message = _l(
        "The portal lost its database while it was saving. Wait a minute, then look whether it is there "
        "before you do it again."
    )
