"""What to do about a mail server that refuses our sign-in, told by what it answered."""

import re
from typing import Final

from flask import current_app

from portal.config import Direction, OAuthKind, Settings
from portal.core.texts import Text, _l
from portal.mail.sasl import BEARERS

# What we write down ourselves, and know again below.
ONLY_TOKENS: Final = "it offers only"
ALSO_TOKENS: Final = "it also offers"
NO_TOKENS: Final = "it offers no XOAUTH2 or OAUTHBEARER"
NOBODY_SIGNED_IN: Final = "nobody has signed in to this mailbox yet"
CANNOT_OPEN: Final = "no key in the settings opens the stored token"

_TAKES_NO_PASSWORDS: Final = _l(
    "This server takes no passwords. Set %(prefix)s_OAUTH and the settings after it, and take "
    "%(prefix)s_PASSWORD out; docs/mail.md shows how for Microsoft 365 and Google."
)
_MAY_TAKE_NO_PASSWORDS: Final = _l(
    "Check %(prefix)s_USERNAME and %(prefix)s_PASSWORD. If this is Microsoft 365 or Google: they take no "
    "passwords. Set %(prefix)s_OAUTH instead; docs/mail.md shows how."
)
_NEEDS_ENCRYPTION: Final = _l(
    "The server takes sign-ins over an encrypted connection only. Set %(prefix)s_SECURITY."
)
_SMTP_AUTH_IS_OFF: Final = _l(
    "Microsoft 365 has “Authenticated SMTP” switched off for this mailbox. An administrator switches it on "
    "in the Microsoft 365 admin center, under Active users, Mail, Manage email apps."
)
_NO_CONSENT: Final = _l(
    "Admin consent is missing. An administrator gives it in Microsoft Entra, under App registrations, "
    "API permissions, Grant admin consent."
)
_SIGN_IN_AGAIN: Final = _l(
    "The refresh token has expired or was withdrawn. Get a new one: run “flask mail-sign-in %(direction)s” "
    "where the portal runs."
)
_SIGN_IN_FIRST: Final = _l(
    "Nobody has signed in to the mailbox yet. Run “flask mail-sign-in %(direction)s” where the portal runs."
)
_CANNOT_OPEN: Final = _l(
    "The stored token was sealed with a key that is no longer in PORTAL_ENCRYPTION_KEYS. Put that key back, "
    "or run “flask mail-sign-in %(direction)s”."
)
_TRIED_AGAIN: Final = _l("There is no token at the moment. The portal tries again by itself.")
_SECRET_EXPIRED: Final = _l(
    "The client secret has expired. Make a new one in Microsoft Entra, under Certificates & secrets, and put "
    "its value into %(prefix)s_OAUTH_CLIENT_SECRET."
)
_CLIENT_UNKNOWN: Final = _l(
    "The token server does not know us. Check %(prefix)s_OAUTH_CLIENT_ID, %(prefix)s_OAUTH_CLIENT_SECRET "
    "(the secret's value, not its ID) and %(prefix)s_OAUTH_TENANT."
)
_SCOPE_REFUSED: Final = _l("The token server refuses the scope. Check %(prefix)s_OAUTH_SCOPE.")
_TAKES_NO_TOKENS: Final = _l(
    "This server takes no OAuth tokens. Take %(prefix)s_OAUTH out, and set %(prefix)s_PASSWORD."
)
_MAILBOX_CLOSED: Final = _l(
    "We have a token, but the mail server refuses it for the mailbox in %(prefix)s_USERNAME. Microsoft 365: "
    "check the permission %(permission)s with its admin consent, and Add-MailboxPermission. Google: sign in "
    "as that mailbox with “flask mail-sign-in %(direction)s”."
)
_PERMISSIONS: Final = {"smtp": "SMTP.SendAsApp", "imap": "IMAP.AccessAsApp"}

# The first pattern that is found in an answer counts.
_WITH_PASSWORD: Final[tuple[tuple[str, Text], ...]] = (
    (
        rf"5\.7\.139|basic auth\w* is disabled|application-specific password|{ONLY_TOKENS}",
        _TAKES_NO_PASSWORDS,
    ),
    (r"LOGINDISABLED|^538\b|5\.7\.11", _NEEDS_ENCRYPTION),
    (rf"5\.7\.3|{ALSO_TOKENS}|(LOGIN|AUTHENTICATE) failed", _MAY_TAKE_NO_PASSWORDS),
)
_UNKNOWN: Final = r"invalid_client|unauthorized_client|AADSTS(7000215|700016|90002|900023)|server answers 40"
_REFUSED: Final = (
    rf"^5\d\d|{'|'.join(BEARERS)}|AUTHENTICATIONFAILED|AUTHENTICATE failed|Invalid credentials|not connected"
)
_WITH_TOKEN: Final[tuple[tuple[str, Text], ...]] = (
    (r"SmtpClientAuthentication is disabled", _SMTP_AUTH_IS_OFF),
    (r"AADSTS65001|AADSTS90094|consent_required", _NO_CONSENT),
    (r"AADSTS7000222", _SECRET_EXPIRED),
    (_UNKNOWN, _CLIENT_UNKNOWN),
    (r"invalid_scope|AADSTS70011|AADSTS1002012", _SCOPE_REFUSED),
    (r"invalid_grant|interaction_required", _SIGN_IN_AGAIN),
    (CANNOT_OPEN, _CANNOT_OPEN),
    (r"^no token from|^the token server answers|^another worker is still", _TRIED_AGAIN),
    (NOBODY_SIGNED_IN, _SIGN_IN_FIRST),
    (NO_TOKENS, _TAKES_NO_TOKENS),
    (_REFUSED, _MAILBOX_CLOSED),
)


def advice(direction: Direction, answer: str) -> str:
    """Return what a person should do about an answer to our sign-in, or nothing where we cannot tell."""
    settings: Settings = current_app.extensions["settings"]
    has_password = settings.oauth_kind(direction) is OAuthKind.NONE
    values = {
        "prefix": f"PORTAL_{direction.upper()}",
        "direction": direction,
        "permission": _PERMISSIONS[direction],
    }
    for pattern, sentence in _WITH_PASSWORD if has_password else _WITH_TOKEN:
        if re.search(pattern, answer, re.IGNORECASE):
            return str(sentence) % values
    return ""
