"""What a consultant fills in: the people, whom to ask, and how a list of requests is narrowed."""

import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from wtforms import (
    Field,
    FieldList,
    FormField,
    HiddenField,
    SelectChoice,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.validators import Length, Optional, ValidationError

from portal.access_requests.actions import PersonWish, RequestWish
from portal.access_requests.models import AccessRequest
from portal.access_requests.queries import WAITING_FOR, Wanted
from portal.access_requests.states import RequestState
from portal.accounts.actions import ContactFacts
from portal.accounts.models import Account, Contact
from portal.accounts.queries import find_contact
from portal.agencies.models import Member
from portal.core.email_addresses import FoundAddress, canonical, distinct, find_addresses, readable, rest_of
from portal.core.texts import LANGUAGES, _, _l, ngettext
from portal.core.typed_addresses import words_about
from portal.web.forms import AddressField, PortalForm

SOMEBODY_NEW = "new"
MOST_PEOPLE = 50
MAX_LIST = 20_000
MOST_LETTERS = 100

LANGUAGE_CHOICES = [SelectChoice(code, name) for code, name in LANGUAGES.items()]
ADDRESS_CHECKS = (Optional(), Length(max=254))


class PersonForm(PortalForm):
    """One person who needs access."""

    class Meta(PortalForm.Meta):
        """Part of another form, which carries the token."""

        csrf = False

    first_name = StringField(_l("First name"), validators=[Length(max=120)])
    last_name = StringField(_l("Last name"), validators=[Length(max=120)])
    email = AddressField(_l("Email address"), validators=ADDRESS_CHECKS)
    will_do = StringField(_l("What they will do"), validators=[Length(max=500)])

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.email.flags.required = True  # said on the page; blank rows are dropped all the same

    def is_blank(self) -> bool:
        """Tell whether nothing was typed at all."""
        return not any(field.data for field in self)

    def wish(self) -> PersonWish:
        """Return the person as the actions want them."""
        return PersonWish(
            self.email.data,
            self.first_name.data or "",
            self.last_name.data or "",
            self.will_do.data or "",
        )


class RequestForm(PortalForm):
    """Who needs access, and whom we ask about it."""

    people = FieldList(FormField(PersonForm), min_entries=1, max_entries=MOST_PEOPLE)
    rows = StringField()  # the button that adds, removes or fills in people
    paste = TextAreaField(_l("Paste email addresses"), validators=[Length(max=MAX_LIST)])
    paste_seen = HiddenField()  # what was left in the box when we said so
    contact = SelectField(_l("Whom we ask"))
    second_contact = SelectField(_l("If nobody answers, ask"), default="")
    contact_name = StringField(_l("Their name"), validators=[Length(max=120)])
    contact_email = AddressField(_l("Their email address"), validators=ADDRESS_CHECKS)
    contact_language = SelectField(_l("Their language"), choices=LANGUAGE_CHOICES)
    language = SelectField(_l("Language of the email"), choices=LANGUAGE_CHOICES)
    note = TextAreaField(_l("Note to the contact"), validators=[Length(max=2000)])

    def __init__(self, account: Account, contacts: Sequence[Contact], **given: Any) -> None:
        super().__init__(**given)
        self._account = account
        by_say = sorted(contacts, key=lambda contact: not contact.may_approve)  # the one to ask first
        self._contacts = {str(contact.id): contact for contact in by_say}
        self.contact.choices = [
            *(
                SelectChoice(key, f"{them.name} ({readable(them.email)})")
                for key, them in self._contacts.items()
            ),
            SelectChoice(SOMEBODY_NEW, _("Somebody new")),
        ]
        self.second_contact.choices = [SelectChoice("", _("nobody else")), *self.contact.choices[:-1]]
        self.language.choices = [SelectChoice("", _("The contact's own")), *LANGUAGE_CHOICES]
        self.contact.flags.required = self.language.flags.required = True
        if self.contact_language.data is None:
            self.contact_language.data = account.language

    def validate_people(self, field: Field) -> None:
        """Refuse an empty list, a person without an address, and the same address twice."""
        people = [row.form for row in field if not row.form.is_blank()]
        if not people:
            field[0].form.email.errors = [_("Say who needs access: at least one email address.")]
            raise ValidationError(_("Nobody is named yet."))
        seen: set[str] = set()
        for person in people:
            address = person.email.data or ""
            if not address:
                person.email.errors = [_("An email address is needed: it becomes the person's login.")]
            elif address in seen and not person.email.errors:
                person.email.errors = [_("This address is already in this request.")]
            seen.add(address)
        if any(person.email.errors for person in people):
            raise ValidationError(_("Some addresses need your attention."))

    def validate_paste(self, field: Field) -> None:
        """Refuse to save with text in the box of which nothing was said yet."""
        is_seen = (field.data or "").split() == (self.paste_seen.data or "").split()
        if field.data and not is_seen:
            raise ValidationError(_("This is not added yet. Press “Add these people”, or empty the box."))

    def validate_contact_name(self, field: Field) -> None:
        """Ask for the name of somebody new."""
        if self.contact.data == SOMEBODY_NEW and not field.data:
            raise ValidationError(_("Say who it is."))

    def validate_second_contact(self, field: Field) -> None:
        """Refuse to ask the same contact twice."""
        if field.data and field.data == self.contact.data:
            raise ValidationError(_("This contact is asked first already. Choose another, or nobody else."))

    def validate_contact_email(self, field: Field) -> None:
        """Ask for the address of somebody new, and refuse one that a contact already has."""
        if self.contact.data != SOMEBODY_NEW or field.errors:
            return
        if not field.data:
            raise ValidationError(_("Without an email address we cannot ask."))
        known = find_contact(self._account, field.data)
        if known is not None and known.ended_at is None:
            raise ValidationError(_("The account already has a contact with this address."))

    def change_rows(self) -> bool:
        """Add, remove or fill in rows if a button asked for that; tell whether one did."""
        asked = str(self.rows.data or "")
        if asked == "add":
            self._add_person()
        elif asked == "paste":
            self._take_pasted()
        elif asked.startswith("remove-"):
            self._remove(asked.removeprefix("remove-"))
        return bool(asked)

    def _add_person(self, **values: str) -> None:
        if len(self.people.entries) < MOST_PEOPLE:
            self.people.append_entry(values)

    def _take_pasted(self) -> None:
        """Make a row of every pasted address that has none yet; what finds no room or has none stays."""
        self.people.entries = [row for row in self.people.entries if not row.form.is_blank()]
        known = {canonical(row.form.email.data or "") for row in self.people.entries}
        pasted = find_addresses(self.paste.data or "")
        new = [found for found in distinct(pasted) if found.address not in known]
        room = MOST_PEOPLE - len(self.people.entries)
        for found in new[:room]:
            email = found.written if found.doubt else readable(found.address)
            names = {"first_name": found.first_name, "last_name": found.last_name}
            self._add_person(**names, email=email, will_do=found.comment)
            if found.doubt:
                self.people.entries[-1].form.email.errors = [words_about(found)]
        if not self.people.entries:
            self._add_person()
        repeated = len(pasted) - len(new)
        self._keep_pasted(new[room:], rest_of(self.paste.data or "", pasted), repeated)

    def _keep_pasted(self, left: Sequence[FoundAddress], rest: str, repeated: int) -> None:
        """Leave in the box what became no row, and say why."""
        was_empty = not (self.paste.data or "").strip()
        self.paste.data = "\n".join([*(found.words for found in left), *filter(None, [rest])])
        self.paste_seen.data = " ".join(rest.split())
        said = []
        if left:
            text = _(
                "A request holds %(most)s people. Put those that are left here into another one.",
                most=MOST_PEOPLE,
            )
            said.append(text)
        if rest:
            said.append(_("What is left here was not used: there is no email address in it."))
        elif was_empty:
            said.append(_("Paste the email addresses here first."))
        if repeated:
            said.append(
                ngettext(
                    "%(num)s address was there more than once, and stands here once.",
                    "%(num)s addresses were there more than once, and stand here once.",
                    repeated,
                )
            )
        self.paste.errors = said

    def _remove(self, name: str) -> None:
        self.people.entries = [row for row in self.people.entries if row.name != name]
        if not self.people.entries:
            self._add_person()

    def wish(self) -> RequestWish:
        """Return what was filled in, without blank rows."""
        new = ContactFacts(
            self.contact_name.data or "", self.contact_email.data or "", self.contact_language.data
        )
        return RequestWish(
            contact=self._contacts.get(self.contact.data) or new,
            second_contact=self._contacts.get(self.second_contact.data),
            people=tuple(row.form.wish() for row in self.people if not row.form.is_blank()),
            language=self.language.data,
            note=self.note.data or "",
        )


def filled_in(access_request: AccessRequest) -> dict[str, Any]:
    """Return a draft as the form shows it."""
    own_language = access_request.language == access_request.contact.language
    return {
        "people": [
            {
                "first_name": person.first_name,
                "last_name": person.last_name,
                "email": readable(person.email),
                "will_do": person.will_do,
            }
            for person in access_request.people
        ],
        "contact": str(access_request.contact_id),
        "second_contact": str(access_request.second_contact_id or ""),
        "language": "" if own_language else access_request.language,
        "note": access_request.note,
    }


class WithdrawForm(PortalForm):
    """Why a request is taken back."""

    reason = StringField(_l("Why"), validators=[Length(max=300)])


def read_wanted(given: Mapping[str, str], member: Member, account: Account | None = None) -> Wanted:
    """Return which requests an address asks for; what it says wrongly is left out."""
    state, waiting = given.get("state", ""), given.get("waiting", "")
    return Wanted(
        account_id=account.id if account else None,
        started_by_id=member.id if given.get("mine") else None,
        consultant_id=member.id if given.get("my_accounts") else None,
        state=RequestState(state) if state in set(RequestState) else None,
        waiting=waiting if waiting in WAITING_FOR else "",
        search=read_words(given.get("search", "")),
    )


def read_words(text: str) -> str:
    """Return what was typed into a search, as far as it can be searched for."""
    plain = "".join(" " if unicodedata.category(letter) in {"Cc", "Cs"} else letter for letter in text)
    return " ".join(plain.split())[:MOST_LETTERS]
