"""Every address of the portal, one line each: how to use one's own so that it works.

``tests/strangers/test_strangers.py`` then tries each as everybody whom it does not belong to. A new route
needs a line here, named after its endpoint (and, if that has two, after what it is about):

    "contacts.edit": Route(),

``case`` picks which of the things in ``world.py`` is meant, where it matters: the draft, the held mail.
``body`` and ``query`` are what is sent, with ``{contact_id}`` and so on standing for things of ``world.py``;
the token of the form comes by itself. What stands for a thing is also tried with somebody else's. A name in
an address or a body that ``world.py`` does not know yet is put there.
"""

from base64 import b64decode
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from werkzeug.routing import Rule

from portal.access_requests.states import RequestState as R
from portal.mail.states import MailState as M
from tests.strangers.programs import Signed, Words, letter, mail_event


@dataclass(frozen=True)
class Route:
    """How to use one address; ``at`` is the page of its form, ``is_silent`` means that no row changes,
    ``needs_worker`` that rows change once the worker did its part.

    ``after`` is another address that must have been used first. What programs send makes ``signed``, out of
    ``programs.py``; where the address itself is all that is needed, ``has_form`` is False.
    """

    case: str = ""
    body: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)
    at: str = ""
    after: str = ""
    is_silent: bool = False
    needs_worker: bool = False
    has_form: bool = True
    signed: Callable[[Words], Signed] | None = None


REQUEST = {
    "people-0-email": "new@client.example",
    "contact": "{contact_id}",
    "contact_language": "en",
    "language": "",
}
PROPOSAL = {
    "version": "{request_version}",
    "person-{person_id}-first_name": "Ana",
    "person-{person_id}-job_role_id": "{job_role_id}",
    "person-{person_id}-seats": "{seat}",
    "person-{person_id}-permission_set_id": "{permission_set}",
    "person-{person_id}-primary_team_id": "{team}",
}
ANSWER = {"turn": "0", "given_name": "Ana", "person-{person_id}-job_role": "{job_role_id}"}
NOBODY_ELSE = {"turn": "0", "given_name": "Ana"}
COLLEAGUE = {**NOBODY_ELSE, "name": "Ben", "email": "ben@client.example"}
ACCOUNT = {
    "name": "New",
    "crm": "hubspot",
    "language": "en",
    "colour": "blue",
    "consultant_id": "{member_id}",
}
CONTACT = {"name": "New", "email": "new@client.example", "language": "en"}
JOB_ROLE = {"name": "New", "description": "Sells."}
MAPPING = {"seats": "{seat}", "permission_set": "{permission_set}", "primary_team": "{team}"}
NEW_PASSWORD = {"new_password": "a long and winding road"}
SCHEDULE = {"remind_after": "2, 5", "give_up_after": "12", "office_opens": "9", "office_closes": "17"}
TEXT = {"subject": "New", "body": "Dear ((contact_name)),\n\n((answer_link))", "base": "2", "about": ""}
PNG = b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
SENDER = {"address": "hello@agency.example", "selector": "s1"}
MEMBER = {"name": "New", "language": "en", "time_zone": "Europe/Brussels"}

ROUTES = {
    # access_requests
    "access_requests.change": Route(R.DRAFT, REQUEST),
    "access_requests.copy_link": Route(),
    "access_requests.create": Route(body=REQUEST),
    "access_requests.edit": Route(R.DRAFT),
    "access_requests.everywhere": Route(query={"search": "{code}"}),
    "access_requests.new": Route(),
    "access_requests.of_account": Route(),
    "access_requests.preview": Route(),
    "access_requests.preview_mail": Route(),
    "access_requests.resend": Route(),
    "access_requests.send": Route(R.DRAFT),
    "access_requests.show": Route(),
    "access_requests.start_reminders": Route(),
    "access_requests.stop_reminders": Route(),
    "access_requests.withdraw": Route(),
    "answers.check": Route(R.WAITING, ANSWER, is_silent=True),
    "answers.confirm": Route(R.WAITING, ANSWER),
    "answers.new_link": Route(R.WAITING, at="/r/{selector}.x"),
    "answers.new_link_sent": Route(),
    "answers.not_for_me": Route(R.WAITING),
    "answers.open_link": Route(R.WAITING),
    "answers.pass_on": Route(R.WAITING, COLLEAGUE),
    "answers.refuse": Route(R.WAITING, NOBODY_ELSE),
    "answers.show": Route(R.WAITING),
    "answers.someone_else": Route(R.WAITING),
    "proposals.change": Route(R.ANSWERED, PROPOSAL),
    "proposals.change_existing": Route(R.STOPPED),
    "proposals.check": Route(R.PROVISIONING),
    "proposals.check_sign_ins": Route(R.ONBOARDING),
    "proposals.confirm": Route(R.ANSWERED, {"version": "{request_version}", "admins": "{person_id}"}),
    "proposals.done": Route(R.PROVISIONING),
    "proposals.edit": Route(R.ANSWERED),
    "proposals.leave_out": Route(R.STOPPED),
    "proposals.progress": Route(R.PROVISIONING),
    "proposals.left_seats": Route(R.ANSWERED),
    "proposals.reopen": Route(R.STOPPED),
    "proposals.review": Route(R.ANSWERED),
    "proposals.leave_out_scheduled": Route(R.SCHEDULED),
    "proposals.start_now": Route(R.SCHEDULED),
    "proposals.take_back": Route(R.SCHEDULED),
    "proposals.signed_in": Route(R.ONBOARDING),
    "proposals.takes": Route(R.ANSWERED),
    "proposals.try_again": Route(R.STOPPED),
    "replies.look": Route("reply"),
    "replies.take": Route("reply", {"turn": "0", "person-{person_id}-job_role": "{job_role_id}"}),
    "stop_reminders.ask": Route("chase"),
    "stop_reminders.stop": Route("chase", has_form=False),
    # accounts
    "account_imports.finish": Route(body={"expected": "1"}),
    "account_imports.preview": Route(),
    "account_imports.progress": Route("decided"),
    "account_imports.sample": Route(),
    "account_imports.start": Route(),
    "account_imports.upload": Route(body={"text": "name\nAn account\n"}),
    "account_settings.archive": Route(),
    "account_settings.change": Route(body=ACCOUNT),
    "account_settings.edit": Route(),
    "account_settings.restore": Route("archived"),
    "accounts.add": Route(body=ACCOUNT),
    "accounts.index": Route(query={"q": "{code}"}),
    "accounts.new": Route(),
    "accounts.show": Route(),
    "contacts.add": Route(body=CONTACT),
    "contacts.change": Route(body=CONTACT),
    "contacts.edit": Route(),
    "contacts.end": Route(),
    "contacts.new": Route(),
    "contacts.of_account": Route(),
    "switcher.switch": Route(query={"here": "{account}", "q": "{code}"}),
    # audit
    "audit.export": Route(query={"member": "{member_id}", "action": ""}),
    "audit.prove": Route(is_silent=True),
    "audit.trail": Route(query={"member": "{member_id}", "action": ""}),
    # crm
    "crm.connection": Route(),
    "crm.disconnect": Route(),
    "crm.drop_test": Route(),
    "crm.save": Route(body={"test": "{test}"}),
    "crm.test": Route(body={"token": "a-new-token"}),
    "crm.test_saved_token": Route(),
    # dashboard
    "dashboard.home": Route(),
    # inbox
    "inbox.attach": Route("inbound"),
    "inbox.file": Route("inbound"),
    "inbox.html": Route("inbound"),
    "inbox.put_back": Route("decided"),
    "inbox.raw": Route("inbound"),
    "inbox.show": Route("inbound"),
    "inbox.spam": Route("inbound"),
    "inbox.trays": Route(query={"search": "{code}"}),
    "inbound.take": Route(signed=letter, is_silent=True),
    # job_roles
    "job_roles.add": Route(body=JOB_ROLE),
    "job_roles.change": Route(body=JOB_ROLE),
    "job_roles.clear_mapping": Route(),
    "job_roles.edit": Route(),
    "job_roles.end": Route(),
    "job_roles.map_job_role": Route(body=MAPPING),
    "job_roles.mapping": Route(),
    "job_roles.move_up": Route("second"),
    "job_roles.new": Route(),
    "job_roles.of_account": Route(),
    "job_roles.of_agency": Route(),
    "job_roles.restore": Route("ended"),
    # mail_templates
    "agency_look.change": Route(body={"name": "New", "colour": "#123456"}),
    "agency_look.edit": Route(),
    "agency_look.read_contrast": Route(query={"colour": "#123456"}),
    "agency_look.remove_logo": Route(after="agency_look.upload_logo"),
    "agency_look.upload_logo": Route(files={"logo": PNG}),
    "mail_templates.compare": Route("text"),
    "mail_templates.compare in an account": Route("text"),
    "mail_templates.edit": Route("text", query={"about": "{request_id}"}),
    "mail_templates.edit in an account": Route("text", query={"about": "{request_id}"}),
    "mail_templates.forget": Route("text", after="mail_templates.preview"),
    "mail_templates.forget in an account": Route("text", after="mail_templates.preview in an account"),
    "mail_templates.frame": Route("text", query={"about": "{request_id}"}),
    "mail_templates.frame in an account": Route("text", query={"about": "{request_id}"}),
    "mail_templates.give_up": Route("text"),
    "mail_templates.give_up in an account": Route("text"),
    "mail_templates.overview": Route(),
    "mail_templates.overview in an account": Route(),
    "mail_templates.preview": Route("text", TEXT),
    "mail_templates.preview in an account": Route("text", TEXT),
    "mail_templates.restore": Route("text"),
    "mail_templates.restore in an account": Route("text"),
    "mail_templates.save": Route("text", TEXT),
    "mail_templates.save in an account": Route("text", TEXT),
    "mail_templates.send_test": Route("text", TEXT),
    "mail_templates.send_test in an account": Route("text", TEXT),
    "mail_templates.versions": Route("text"),
    "mail_templates.versions in an account": Route("text"),
    # mail
    "mail.arrived": Route(M.IN_DOUBT),
    "mail.cancel": Route(M.QUEUED),
    "mail.html": Route(),
    "mail.log": Route(query={"search": "{code}"}),
    "mail.other_address": Route(M.REFUSED),
    "mail.resume": Route(),
    "mail.send": Route(M.HELD),
    "mail.send_elsewhere": Route(M.REFUSED, {"email": "new@client.example"}),
    "mail.show": Route(),
    "mail.try_now": Route(M.DEFERRED),
    "mail_addresses.allow": Route(body={"because": "They asked."}),
    "mail_addresses.show": Route(),
    "mail_addresses.stopped": Route(query={"search": "{code}"}),
    "mail_events.take": Route(M.ACCEPTED, signed=mail_event),
    "mail_sending.choose_sender": Route(body=SENDER),
    "mail_sending.drop_sender": Route(after="mail_sending.choose_sender"),
    "mail_sending.look": Route(),
    "mail_sending.look_at_sender": Route(after="mail_sending.choose_sender"),
    "mail_sending.news": Route(),
    "mail_sending.let_go": Route(body={"because": "They asked."}, after="mail_sending.stop"),
    "mail_sending.show": Route(),
    "mail_sending.stop": Route(body={"because": "They asked."}),
    "mail_sending.try_sender": Route(),
    # reminders
    "reminders.change": Route(body=SCHEDULE),
    "reminders.schedule": Route(),
    # sign_in
    "profile.change": Route(body={**MEMBER, "theme": "dark"}),
    "profile.change_password": Route(body={"current_password": "{password}", **NEW_PASSWORD}),
    "profile.end_other_sessions": Route(),
    "confirm.confirm": Route(body={"current_password": "{password}", "going_to": "/profile"}, is_silent=True),
    "profile.end_session": Route(),
    "profile.profile": Route(),
    "sign_in.ask_for_reset": Route("owner", {"email": "{email}"}, needs_worker=True),
    "sign_in.choose_password": Route("reset", NEW_PASSWORD),
    "sign_in.enter": Route("owner", {"email": "{email}", "password": "{password}"}),
    "sign_in.forgotten": Route(),
    "sign_in.reset": Route("reset"),
    "sign_in.reset_asked": Route(),
    "sign_in.sign_in": Route(),
    "sign_in.sign_out": Route(),
    # team
    "invitations.invitation": Route("invitation"),
    "invitations.join": Route("invitation", {**MEMBER, **NEW_PASSWORD}),
    "team.change_position": Route("consultant", {"position": "viewer"}),
    "team.end": Route("consultant"),
    "team.end_sessions": Route("consultant"),
    "team.invite": Route(body={**CONTACT, "position": "viewer", "sees": "all"}),
    "team.invite_again": Route("invited"),
    "team.limit": Route("consultant", {"sees": "some", "accounts": "{account_id}"}),
    "team.member": Route("consultant"),
    "team.members": Route(),
    "team.new": Route(),
    "team.restore": Route("ended"),
    "team.rights": Route(),
    # users
    "users.everywhere": Route(query={"text": "{code}"}),
    "users.of_account": Route(query={"permission_set": "{permission_set}", "team": "{team}"}),
    "users.read": Route(),
    "users.reading": Route(),
    "users.show": Route(),
    # web
    "web.colour_sheet": Route(),
    "web.static_file": Route(),
}


def name_of(rule: Rule, others: Iterable[Rule]) -> str:
    """Return the name under which an address stands above."""
    has_two = sum(other.endpoint == rule.endpoint for other in others) > 1
    return f"{rule.endpoint} in an account" if has_two and "account" in rule.arguments else rule.endpoint
