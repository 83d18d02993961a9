"""Forms that change what others may change too: whoever saves second is told, and keeps what they typed."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final, Self

from wtforms import BooleanField, Field, HiddenField, RadioField, SelectField
from wtforms.validators import Optional

from portal.core.texts import Text, _
from portal.web.forms import UNPROCESSABLE, PortalForm

CONFLICT: Final = 409


class EditForm(PortalForm):
    """A form that knows from what it was begun: ``base`` stands for what was saved then."""

    base = HiddenField(validators=[Optional()])
    is_overtaken = False

    def begin_from(self, saved: str) -> None:
        """Show the form for what is saved now; one that was filled again knows from what it was begun."""
        if self.is_restored:
            return
        self.base.data, self.base.raw_data = saved, None

    def check_base(self, saved: str) -> bool:
        """Tell whether nobody saved meanwhile; sent once more, the form then counts."""
        if self.base.data and self.base.data != saved:
            self.is_overtaken = True
            self.begin_from(saved)
        return not self.is_overtaken

    @property
    def status(self) -> int:
        """Which answer a form that was not saved is."""
        return CONFLICT if self.is_overtaken else UNPROCESSABLE


@dataclass(frozen=True, slots=True)
class Difference:
    """A field that somebody else saved otherwise than it is filled in here."""

    label: Text
    saved: str
    typed: str


class RecordForm(EditForm):
    """A form over the fields of a record, compared with the same form as the record would fill it in now."""

    differences: Sequence[Difference] = ()
    saved_by: str = ""

    def begin(self) -> Self:
        """Show the form for what it holds, which is what is saved; returns the form."""
        self.begin_from(self._digest())
        return self

    def may_replace(self, saved: Self, *, by: str = "") -> bool:
        """Tell whether nobody saved something else meanwhile; else say what differs, and ``by`` whom."""
        differences = list(self._compare(saved))
        if not self.check_base(saved._digest()) and not differences:
            self.is_overtaken = False  # both want the same
        if self.is_overtaken:
            self.differences, self.saved_by = differences, by
        return not self.is_overtaken

    def _digest(self) -> str:
        held = {field.short_name: field.data for field in self._compared()}
        return sha256(json.dumps(held, sort_keys=True, default=str).encode()).hexdigest()[:32]

    def _compared(self) -> Sequence[Field]:
        return [field for field in self if field.short_name not in {"base", "csrf_token"}]

    def _compare(self, saved: Self) -> Sequence[Difference]:
        pairs = ((field, saved[field.short_name]) for field in self._compared())
        told = ((mine.label.text, _in_words(theirs), _in_words(mine)) for mine, theirs in pairs)
        return [Difference(*words) for words in told if words[1] != words[2]]


def _in_words(field: Field) -> str:
    value: Any = field.data
    if isinstance(field, BooleanField):
        return _("yes") if value else _("no")
    if isinstance(field, SelectField | RadioField):
        names = {str(choice[0]): str(choice[1]) for choice in field.iter_choices()}
        if isinstance(value, list):
            return ", ".join(sorted(names.get(str(chosen), str(chosen)) for chosen in value))
        return names.get(str(value if value is not None else ""), str(value or ""))
    return str(value or "").replace("\r\n", "\n").strip()
