"""The answer page: what a client sees who follows a link, without a login."""

from typing import Any

from flask import Blueprint, Response, current_app, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale

from portal.access_requests import answer_session, answers, links, queries
from portal.access_requests.answer_forms import ColleagueForm, NotForMeForm, Sheet, TurnForm
from portal.access_requests.answer_session import address, for_link
from portal.access_requests.answers import Visitor
from portal.access_requests.models import Answer, AnswerLink
from portal.access_requests.states import ANSWERABLE, ASKING, AnswerKind
from portal.agencies.queries import current_agency
from portal.core.texts import LANGUAGES
from portal.job_roles.queries import job_roles
from portal.policy.guards import open_to_anyone
from portal.web.forms import UNPROCESSABLE
from portal.web.fragments import render_page
from portal.web.headers import keep_private
from portal.web.limits import limiter
from portal.web.locale import speak

SEE_OTHER = 303
NOT_FOUND = 404
CONFLICT = 409
QUESTION = "answers/question.html"
NOT_FOR_ME = "answers/not_for_me.html"
SOMEONE_ELSE = "answers/someone_else.html"
NETWORK_LIMIT = "120/minute"
LINK_LIMIT = "60/minute"

blueprint = Blueprint("answers", __name__)


def _selector() -> str:
    """Return what a try at a link is counted against."""
    values = request.view_args or {}
    return str(values.get("selector") or values.get("token", "").partition(".")[0])[:12]


limiter.limit(NETWORK_LIMIT)(blueprint)
limiter.limit(LINK_LIMIT, key_func=_selector)(blueprint)


def _gone(selector: str) -> Response:
    """Say the same of links that are unknown, ended or taken back."""
    speak(request.args.get("language", ""))
    ticket = answer_session.ticket(selector[:12])
    return render_page("answers/gone.html", status=NOT_FOUND, ticket=ticket, selector=selector)


@blueprint.get("/r/<string:token>")
@open_to_anyone("clients answer without a login")
def open_link(token: str) -> ResponseReturnValue:
    """Take the link of a mail, hand out a pass, and go on to an address without the secret."""
    keep_private()
    link = answer_session.find_anywhere(links.find_by_token, token)
    if link is None or not links.is_open(link):
        return _gone(_selector())
    answer_session.renew(link, link.request.language)
    g.by_cookie = False  # whether the browser keeps cookies shows at the next page
    return _onward(link)


@blueprint.get("/answer/<string:selector>")
@open_to_anyone("clients answer without a login")
@for_link(_gone)
def show(link: AnswerLink) -> ResponseReturnValue:
    """Show the question, or what was answered to it."""
    if g.by_cookie and request.args.get(answer_session.PARAMETER):
        return _onward(link)
    _switch_language(link)
    given = queries.answers(link.request)
    latest = given[0] if given else None
    if link.request.state in ANSWERABLE and (request.args.get("again") or not _settles(latest, link)):
        return _question(link, _sheet(link), latest)
    return _answered(link, latest)


def _onward(link: AnswerLink) -> Response:
    response = current_app.make_response(redirect(address(".show", link), SEE_OTHER))
    return answer_session.keep(response, link)


def _settles(latest: Answer | None, link: AnswerLink) -> bool:
    """Tell whether there is nothing left to ask this contact."""
    if latest is None:
        return False
    return latest.kind is AnswerKind.ANSWER or latest.contact_id == link.contact_id


def _switch_language(link: AnswerLink) -> None:
    chosen = request.values.get("language", "")
    if chosen in LANGUAGES:
        speak(chosen)
        answer_session.renew(link, chosen)


def _sheet(link: AnswerLink) -> Sheet:
    return Sheet(link, job_roles(), str(get_locale()))


def _question(
    link: AnswerLink, sheet: Sheet, latest: Answer | None = None, status: int = 200, **more: Any
) -> Response:
    may_pass_on = link.request.state in ASKING
    context = {"sheet": sheet, "latest": latest, "may_pass_on": may_pass_on, **more}
    return _page(QUESTION, link, status, **context)


def _overtaken(link: AnswerLink, form: TurnForm, template: str, sheet: Sheet | None = None) -> Response:
    """Say what was answered meanwhile; while it is open, this can still be sent, as a correction."""
    latest = next(iter(queries.answers(link.request)), None)
    if link.request.state not in (ANSWERABLE if sheet else ASKING):
        return _answered(link, latest, CONFLICT, is_unsent=True, unsent=sheet, unsent_remark=form.words)
    form.take_turn(queries.count_answers(link.request))
    status = CONFLICT if latest else UNPROCESSABLE
    if sheet is not None:
        return _question(link, sheet, latest, status, overtaken_by=latest)
    return _page(template, link, status, form=form, overtaken_by=latest)


def _answered(link: AnswerLink, latest: Answer | None, status: int = 200, **unsent: Any) -> Response:
    may_answer = link.request.state in ANSWERABLE
    shown = {"is_unsent": False, "unsent": None, "unsent_remark": "", **unsent}
    return _page("answers/answered.html", link, status, answer=latest, may_answer=may_answer, **shown)


def _page(template: str, link: AnswerLink, status: int = 200, **context: Any) -> Response:
    page = render_page(
        template,
        status=status,
        link=link,
        agency=current_agency(),
        account=link.request.account,
        answer_pass=g.answer_pass,
        answer_address=address,
        **{"is_late": g.is_late, "overtaken_by": None, **context},
    )
    return answer_session.keep(page, link)


@blueprint.post("/answer/<string:selector>")
@open_to_anyone("clients answer without a login")
@for_link(_gone)
def check(link: AnswerLink) -> ResponseReturnValue:
    """Show the answer once more before it counts; or the question again, as it was filled in."""
    _switch_language(link)
    sheet = _sheet(link)
    if request.form.get("language") or request.form.get("change"):
        return _question(link, sheet)
    if g.is_late or not sheet.validate():
        return _question(link, sheet, status=UNPROCESSABLE)
    if not sheet.is_next:
        return _overtaken(link, sheet.form, QUESTION, sheet)
    kept = {name: value for name, value in request.form.items() if name != answer_session.FIELD}
    return _page("answers/summary.html", link, sheet=sheet, kept=kept)


@blueprint.post("/answer/<string:selector>/confirm")
@open_to_anyone("clients answer without a login")
@for_link(_gone)
def confirm(link: AnswerLink) -> ResponseReturnValue:
    """Take the answer."""
    sheet = _sheet(link)
    if g.is_late or not sheet.validate():
        return _question(link, sheet, status=UNPROCESSABLE)
    form = sheet.form
    visitor = _visitor(form.given_name.data)
    said = form.turn.data, sheet.answers(), visitor, form.remark.data or ""
    return _onward(link) if answers.answer(link, *said) else _overtaken(link, form, QUESTION, sheet)


def _visitor(name: str) -> Visitor:
    return Visitor(name, request.remote_addr or "", request.user_agent.string)


@blueprint.get("/answer/<string:selector>/not-for-me")
@open_to_anyone("clients answer without a login")
@for_link(_gone)
def not_for_me(link: AnswerLink) -> ResponseReturnValue:
    """Ask whether somebody else should be asked."""
    _switch_language(link)
    return _page(NOT_FOR_ME, link, form=NotForMeForm(data=_start(link)))


@blueprint.post("/answer/<string:selector>/not-for-me")
@open_to_anyone("clients answer without a login")
@for_link(_gone)
def refuse(link: AnswerLink) -> ResponseReturnValue:
    """Take it that this contact is not the one to ask."""
    form = NotForMeForm()
    if g.is_late or not form.validate():
        return _page(NOT_FOR_ME, link, UNPROCESSABLE, form=form)
    said = form.turn.data, _visitor(form.given_name.data), form.remark.data or ""
    return _onward(link) if answers.say_not_for_me(link, *said) else _overtaken(link, form, NOT_FOR_ME)


@blueprint.get("/answer/<string:selector>/ask-someone-else")
@open_to_anyone("clients answer without a login")
@for_link(_gone)
def someone_else(link: AnswerLink) -> ResponseReturnValue:
    """Ask for the colleague who can answer."""
    _switch_language(link)
    return _page(SOMEONE_ELSE, link, form=ColleagueForm(link, data=_start(link)))


@blueprint.post("/answer/<string:selector>/ask-someone-else")
@open_to_anyone("clients answer without a login")
@limiter.limit("10/hour", key_func=_selector)
@for_link(_gone)
def pass_on(link: AnswerLink) -> ResponseReturnValue:
    """Put the question to a colleague."""
    form = ColleagueForm(link)
    if g.is_late or not form.validate():
        return _page(SOMEONE_ELSE, link, UNPROCESSABLE, form=form)
    said = form.turn.data, (form.name.data, form.email.data), _visitor(form.given_name.data)
    return _onward(link) if answers.ask_someone_else(link, *said) else _overtaken(link, form, SOMEONE_ELSE)


def _start(link: AnswerLink) -> dict[str, Any]:
    return {"turn": queries.count_answers(link.request), "given_name": link.contact.name}


@blueprint.post("/answer/new-link")
@open_to_anyone("clients answer without a login")
@limiter.limit("20/hour")
def new_link() -> ResponseReturnValue:
    """Send a new link to the address on file, and say nothing about whether there is one."""
    keep_private()
    selector = answer_session.read_ticket(request.form.get(answer_session.FIELD, ""))
    link = answer_session.find_anywhere(links.find_by_selector, selector)
    if link is not None:
        answers.send_new_link(link)
    language = request.form.get("language", "")
    return redirect(url_for(".new_link_sent", language=language), SEE_OTHER)


@blueprint.get("/answer/new-link")
@open_to_anyone("clients answer without a login")
def new_link_sent() -> ResponseReturnValue:
    """Say what was done, whatever that was."""
    keep_private()
    speak(request.args.get("language", ""))
    return render_page("answers/new_link_sent.html")
