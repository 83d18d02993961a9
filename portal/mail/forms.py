"""What members fill in about mails: why, and where to instead."""

from typing import Any

from wtforms import BooleanField, Field, StringField
from wtforms.validators import DataRequired, Length, Regexp, ValidationError

from portal.accounts import queries as account_queries
from portal.core.email_addresses import canonical
from portal.core.texts import _, _l
from portal.mail import readdressing
from portal.mail.headers import MessageRefused, ascii_address
from portal.mail.models import OutboxMessage
from portal.web.forms import AddressField, PortalForm

LONGEST_REASON = 300


class ReasonForm(PortalForm):
    """Why; it is kept in the trail."""

    because = StringField(
        _l("Why"),
        validators=[
            DataRequired(_l("Say why, so that others know.")),
            Length(max=LONGEST_REASON, message=_l("At most %(max)d letters.")),
        ],
    )


class AddressForm(PortalForm):
    """Where a mail should have gone."""

    email = AddressField(
        _l("Corrected address"),
        validators=[
            DataRequired(_l("Say where it should go.")),
            Length(max=254),
        ],
    )
    correct_contact = BooleanField(default=True)

    def __init__(self, *, mail: OutboxMessage, **given: Any) -> None:
        self.mail, self.contact = mail, readdressing.find_contact(mail)
        super().__init__(**given)
        if self.contact is None:
            del self.correct_contact

    @property
    def is_for_the_contact(self) -> bool:
        """Whether the contact gets the address too."""
        return self.contact is not None and bool(self.correct_contact.data)

    def validate_email(self, field: Field) -> None:
        """Refuse the address it went to, and one that another contact of the account has."""
        if field.errors:
            return
        if field.data == canonical(self.mail.recipient):
            raise ValidationError(_("It went to this address already. To try it once more, use “Send it”."))
        if not self.is_for_the_contact or self.mail.account is None:
            return
        bearer = account_queries.find_contact(self.mail.account, field.data)
        if bearer is not None:
            raise ValidationError(_("%(name)s already has this address.", name=bearer.name))


class SenderForm(PortalForm):
    """Which address mails come from, and the name of the key they are signed with."""

    address = AddressField(
        _l("Address"),
        nothing=_l("This is not an email address. It should look like hello@agency.com."),
        validators=[
            DataRequired(_l("Say which address mails should come from.")),
            Length(max=254),
        ],
    )
    selector = StringField(
        _l("DKIM selector"),
        validators=[
            DataRequired(
                _l("Whoever runs your mail server tells you; it is often “default”, “s1” or “mail”.")
            ),
            Length(max=63),
            Regexp(
                r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?\Z",
                message=_l("A selector has letters, digits, full stops and hyphens."),
            ),
        ],
    )

    def validate_address(self, field: Field) -> None:
        """Refuse what mail cannot come from."""
        if field.errors:
            return
        try:
            ascii_address(field.data)
        except MessageRefused as refused:
            raise ValidationError(str(refused)) from None
