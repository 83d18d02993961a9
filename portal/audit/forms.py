"""What to look for in the trail."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from werkzeug.datastructures import MultiDict
from wtforms import DateField, SelectChoice, SelectField, StringField
from wtforms.validators import Length, Optional

from portal.agencies.models import Member
from portal.audit.queries import Wanted
from portal.audit.words import SENTENCES, kind_of_event
from portal.core.texts import _, _l
from portal.web.forms import PortalForm


class AuditFilter(PortalForm):
    """A question to the trail, asked in the address."""

    class Meta(PortalForm.Meta):
        """Asking changes nothing, so it needs no token."""

        csrf = False

    member = SelectField(_l("Member"))
    account = StringField(_l("Account"), validators=[Length(max=120)])
    action = SelectField(_l("What happened"))
    since = DateField(_l("From"), validators=[Optional()])
    until = DateField(_l("Until"), validators=[Optional()])

    def __init__(self, asked: MultiDict[str, str], members: Sequence[Member]) -> None:
        super().__init__(formdata=asked)
        self.member.choices = [
            SelectChoice("", _("Everybody")),
            *(SelectChoice(str(member.id), member.name) for member in members),
        ]
        self.action.choices = [
            SelectChoice("", _("Anything")),
            *sorted((SelectChoice(name, kind_of_event(name)) for name in SENTENCES), key=_by_label),
        ]
        for field in (self.member, self.action):
            field.data = field.data if field.data not in {None, "None"} else ""

    def wanted(self, zone: str) -> Wanted:
        """Return the entries asked for; days begin and end in the reader's zone."""
        return Wanted(
            member_id=int(self.member.data) if self.member.data else None,
            account=self.account.data or "",
            action=self.action.data or "",
            since=_midnight(self.since.data, zone),
            until=_midnight(self.until.data, zone, days_later=1),
        )


def _by_label(choice: SelectChoice) -> str:
    return str(choice.label)


def _midnight(day: date | None, zone: str, *, days_later: int = 0) -> datetime | None:
    if day is None:
        return None
    return datetime.combine(day, time(), ZoneInfo(zone)) + timedelta(days=days_later)
