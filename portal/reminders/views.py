"""The page of the agency's reminders."""

from zoneinfo import ZoneInfo

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue

from portal.agencies.queries import current_agency
from portal.core import clock
from portal.core.texts import _
from portal.policy.guards import current_member, requires
from portal.policy.rights import Right
from portal.reminders import actions, queries
from portal.reminders.forms import ScheduleForm, filled_in, outlook
from portal.reminders.states import Question
from portal.web.fragments import moved, render_page, toast

blueprint = Blueprint("reminders", __name__, url_prefix="/mails/reminders")


@blueprint.get("")
@requires(Right.VIEW)
def schedule() -> ResponseReturnValue:
    """Show when people are reminded; what was changed in the form and not saved shows in the outlook."""
    saved = _saved()
    tried = request.args if "remind_after" in request.args else None
    form = ScheduleForm(formdata=tried, data=saved.data, meta={"csrf": False})  # nothing is stored
    form.begin_from(saved.begin().base.data or "")
    is_as_saved = tried is None and not form.is_restored
    return _page(form, fragment="outlook", is_sound=is_as_saved or form.validate())


@blueprint.post("")
@requires(Right.MANAGE_AGENCY)
def change() -> ResponseReturnValue:
    """Store when people are reminded."""
    form = ScheduleForm()
    is_latest = form.may_replace(_saved())
    if not form.validate() or not is_latest:
        return _page(form, fragment="form", is_sound=False, status=form.status)
    actions.change_schedule(Question.ACCESS_REQUEST, form.facts(), current_member())
    toast(_("The schedule is saved. Reminders that are planned from now on follow it."))
    return moved(url_for(".schedule"))


def _saved() -> ScheduleForm:
    stored = filled_in(queries.schedule_for(Question.ACCESS_REQUEST))
    return ScheduleForm(formdata=None, data=stored, meta={"csrf": False})


def _page(form: ScheduleForm, *, fragment: str, is_sound: bool, status: int = 200) -> ResponseReturnValue:
    zone = ZoneInfo(current_agency().time_zone)
    return render_page(
        "reminders/schedule.html",
        fragment=fragment,
        status=status,
        form=form,
        outlook=outlook(form.facts(), zone, clock.now()) if is_sound else [],
    )
