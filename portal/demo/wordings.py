"""How the demo's agency makes its mails its own: a footer, a text for everybody, and one for one account."""

from datetime import timedelta
from typing import Final

from portal.accounts.models import Account
from portal.agencies.models import Member
from portal.agencies.queries import current_agency
from portal.core import clock
from portal.core.texts import LANGUAGES
from portal.jobs.work import step
from portal.mail.kinds import MailKind
from portal.mail.starters import starter_source
from portal.mail_templates.actions import save_text
from portal.mail_templates.look_actions import change_look
from portal.mail_templates.places import Place

FOOTER: Final = "Northlight · Zeevaartstraat 12, 2000 Antwerpen\nhttps://northlight.example"
CHANGED_AFTER: Final = timedelta(days=2)  # before the first story, so that the trail runs in order


def write_texts(owner: Member, partner_admin: Member, account: Account) -> None:
    """Write two versions for everybody and one for an account whose people are on first-name terms."""
    kind = MailKind.ACCESS_REQUEST
    subject, shipped = starter_source(kind, "en")
    warmer = shipped.replace("Kind regards,", "Warm regards,")
    shorter = warmer.replace("A few clicks are enough:", "Three clicks are enough:")
    agency, founded = current_agency(), clock.now()
    with step():
        change_look(agency, agency.name, agency.colour, dict.fromkeys(LANGUAGES, FOOTER), owner)
        save_text(Place(kind, "en"), subject, warmer, partner_admin)
    with clock.at(founded + CHANGED_AFTER), step():
        save_text(Place(kind, "en"), subject, shorter, partner_admin)
        familiar = shorter.replace("Hello ((contact_name)),", "Hi ((contact_name)),")
        save_text(Place(kind, "en", account), subject, familiar, partner_admin)
