"""What members fill in about accounts, and the filters they put into an address."""

import unicodedata
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, TypeVar

from flask_wtf.file import FileField
from wtforms import BooleanField, Field, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, Length, Optional, ValidationError

from portal.accounts import queries
from portal.accounts.actions import AccountFacts, ContactFacts
from portal.accounts.models import Account, Contact
from portal.accounts.queries import AccountFilters
from portal.accounts.sheets import MAX_BYTES, Sheet, Unreadable, decode, read_sheet
from portal.accounts.states import COLOURS, CRM_NAMES, Crm, Health, Sort, Waiting
from portal.accounts.tags import read_tags, tags_problem
from portal.agencies.queries import members
from portal.core.texts import LANGUAGES, Text, _, _l
from portal.web.choices import TimeZoneField
from portal.web.editing import RecordForm
from portal.web.forms import AddressField, PortalForm

MOST_LETTERS = 100

Choice = TypeVar("Choice", bound=StrEnum)


def read_words(text: str) -> str:
    """Return what was typed into a search, as far as it can be searched for."""
    plain = "".join(" " if unicodedata.category(letter) in {"Cc", "Cs"} else letter for letter in text)
    return plain.strip()[:MOST_LETTERS]


def read_filters(given: Mapping[str, str]) -> AccountFilters:
    """Return the filters of an address; what means nothing is left out."""
    return AccountFilters(
        words=read_words(given.get("q", "")),
        crm=_choice(Crm, given.get("crm")),
        health=_choice(Health, given.get("health")),
        waiting=_choice(Waiting, given.get("waiting")),
        tag=read_words(given.get("tag", "")),
        archived=given.get("archived") == "yes",
        sort=_choice(Sort, given.get("sort")) or Sort.NAME,
    )


def write_filters(filters: AccountFilters) -> dict[str, Any]:
    """Return the parts of an address that ask for these filters."""
    parts = {
        "q": filters.words,
        "crm": filters.crm,
        "health": filters.health,
        "waiting": filters.waiting,
        "tag": filters.tag,
        "archived": "yes" if filters.archived else "",
        "sort": "" if filters.sort is Sort.NAME else filters.sort,
    }
    return {name: str(value) for name, value in parts.items() if value}


def ignored_filters(given: Mapping[str, str], filters: AccountFilters) -> bool:
    """Tell whether the address asked for something that was left out."""
    understood = write_filters(filters)
    asked = {name for name in ("crm", "health", "waiting", "archived") if given.get(name)}
    strange_sort = given.get("sort") not in {None, "", *Sort}
    return strange_sort or not asked <= understood.keys()


def _choice(kind: type[Choice], value: str | None) -> Choice | None:
    return kind(value) if value in set(kind) else None


def _options(names: Mapping[Any, Text]) -> list[SelectChoice]:
    return [SelectChoice(value, name) for value, name in names.items()]


class AccountForm(RecordForm):
    """What an account is called and how it is looked after."""

    name = StringField(_l("Name"), validators=[DataRequired(_l("Give the account a name.")), Length(max=120)])
    crm = SelectField(_l("CRM"), choices=_options(CRM_NAMES), default=Crm.HUBSPOT)
    language = SelectField(_l("Language"), choices=_options(LANGUAGES))
    consultant_id = SelectField(_l("Consultant"), coerce=int, validators=[Optional()])
    tags = StringField(_l("Tags"), validators=[Length(max=500)])
    colour = RadioField(_l("Colour"), choices=_options(COLOURS), default="blue")

    def __init__(self, *, account: Account | None = None, **given: Any) -> None:
        self.account = account
        super().__init__(**given)
        kept = getattr(account, "consultant_id", None)
        offered = [member for member in members() if member.ended_at is None or member.id == kept]
        names = {0: _("nobody yet"), **{member.id: member.name for member in offered}}
        self.consultant_id.choices = _options(names)

    def validate_name(self, field: Field) -> None:
        """Refuse a name that another account bears."""
        bearer = None if field.errors else queries.find_account_named(field.data)
        if bearer is not None and bearer.id != getattr(self.account, "id", None):
            if bearer.archived_at:
                raise ValidationError(_("An archived account has this name. Restore it, or add a word."))
            raise ValidationError(_("Another account has this name. Add a word that tells them apart."))

    def validate_tags(self, field: Field) -> None:
        """Refuse too many tags, and long ones."""
        problem = tags_problem(read_tags(field.data or ""))
        if problem:
            raise ValidationError(problem)

    def facts(self) -> AccountFacts:
        """Return what was filled in."""
        return AccountFacts(
            name=self.name.data,
            crm=Crm(self.crm.data),
            language=self.language.data,
            colour=self.colour.data,
            consultant_id=self.consultant_id.data or None,
            tags=read_tags(self.tags.data or ""),
        )


class ContactForm(RecordForm):
    """Who at the client answers."""

    name = StringField(_l("Name"), validators=[DataRequired(_l("Say who this is.")), Length(max=120)])
    email = AddressField(
        _l("Email address"),
        validators=[
            DataRequired(_l("Without an address nobody can be asked.")),
            Length(max=254),
        ],
    )
    language = SelectField(_l("Language"), choices=_options(LANGUAGES))
    time_zone = TimeZoneField(_l("Time zone"), nothing=_l("Like the agency"), default="")
    may_approve = BooleanField(_l("May approve access"), default=True)

    def __init__(self, *, account: Account, contact: Contact | None = None, **given: Any) -> None:
        self.account, self.contact = account, contact
        super().__init__(**given)

    def validate_email(self, field: Field) -> None:
        """Refuse an address that another contact of the account has."""
        if field.errors or (self.contact is not None and self.contact.email == field.data):
            return
        bearer = queries.find_contact(self.account, field.data)
        if bearer is None or bearer is self.contact:
            return
        if bearer.ended_at is None:
            raise ValidationError(_("%(name)s already has this address.", name=bearer.name))
        if self.contact is not None:
            raise ValidationError(_("%(name)s had this address before. Add them again.", name=bearer.name))

    def facts(self) -> ContactFacts:
        """Return what was filled in."""
        return ContactFacts(
            self.name.data,
            self.email.data,
            self.language.data,
            self.may_approve.data,
            self.time_zone.data or "",
        )


class ImportForm(PortalForm):
    """A list of accounts: a file, or the text of one."""

    file = FileField(_l("File"))
    text = TextAreaField(_l("Or paste the list"))
    sheet: Sheet | None = None

    def validate_text(self, field: Field) -> None:
        """Read the list, and say why where that cannot be done."""
        if field.errors:
            return
        if not self.file.data and not field.data:
            raise ValidationError(_("Choose a file, or paste a list."))
        try:
            text = decode(self.file.data.read(MAX_BYTES + 1)) if self.file.data else field.data
            self.sheet = read_sheet(text)
        except Unreadable as error:
            (self.file if self.file.data else field).errors.append(error.message)
