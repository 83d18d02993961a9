"""One mail written for its receiver: the text in force, the values, and the agency's look."""

from collections.abc import Mapping

from portal.accounts.models import Account
from portal.agencies.models import Agency
from portal.core.texts import LANGUAGES
from portal.mail.composing import ComposedMail, compose
from portal.mail.kinds import MailKind, rules_of
from portal.mail.sender import look_of
from portal.mail.template_queries import chosen_text
from portal.mail.templating import Template
from portal.mail.values import Value


def write(
    kind: MailKind,
    language: str,
    values: Mapping[str, Value],
    agency: Agency,
    account: Account | None,
    template: Template | None = None,
) -> ComposedMail:
    """Write one mail, from the text in force or from another ``template`` that is being tried.

    The names of agency and account are filled in where the kind asks for them. Raises ``ValueRefused``.
    """
    spoken = language if language in LANGUAGES else "en"
    template = template or chosen_text(kind, spoken, account).template
    return compose(kind, spoken, _filled(kind, values, agency, account), look_of(agency, account), template)


def _filled(
    kind: MailKind, values: Mapping[str, Value], agency: Agency, account: Account | None
) -> dict[str, Value]:
    known: dict[str, Value] = {"agency_name": agency.name}
    if account is not None:
        known["account_name"] = account.name
    asked_for = rules_of(kind)
    return {name: value for name, value in known.items() if name in asked_for} | dict(values)
