"""The mailbox, as far as we need one: which mails are new, their bytes, and putting them aside.

Mails are fetched without being marked as read (PEEK), one at a time, and as bytes: nothing here parses them.
"""

import imaplib
from collections.abc import Iterable
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self

from imap_tools import BaseMailBox, MailBox, MailBoxStartTls, MailBoxUnencrypted
from imap_tools.errors import ImapToolsError, MailboxLoginError

from portal.config import ImapSecurity, Settings
from portal.inbox.states import IMAP
from portal.mail import certificates, oauth, sasl, tokens
from portal.mail.oauth import NoTokenNow, Registration, SignInRefused
from portal.mail.sign_in_words import ALSO_TOKENS, NO_TOKENS, ONLY_TOKENS

PATIENCE: Final = 30  # seconds for each answer
LARGEST: Final = 25 * 1024 * 1024
BEGINNING: Final = 256 * 1024  # what is kept of a mail that is larger
SEEN: Final = "\\Seen"

CANNOT_CONNECT: Final = (OSError, imaplib.IMAP4.error, ImapToolsError, SignInRefused, NoTokenNow)


class NotHandedOut(Exception):
    """The server did not hand out a mail that it listed; the next one may be fine."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail as the server handed it out; ``is_cut`` where it was too large to take whole."""

    raw: bytes
    is_cut: bool


class Imap:
    """A conversation with the mailbox of the settings; beginning it may end the transaction."""

    def __init__(self, settings: Settings) -> None:
        self._done_folder = settings.imap_done_folder
        box = _connected(settings)
        try:
            _sign_in(box, settings)
            box.folder.set(settings.imap_folder)
            self._validity = _number(box.client.response("UIDVALIDITY")[1])
            if self._done_folder and not box.folder.exists(self._done_folder):
                box.folder.create(self._done_folder)
        except BaseException:
            box.client.shutdown()
            raise
        self._box = box

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._box.client.logout()
        except (OSError, imaplib.IMAP4.error):
            self._box.client.shutdown()

    def key_of(self, uid: str) -> str:
        """Return what names this mail for good: by UIDVALIDITY and UID."""
        return f"{IMAP}:{self._validity}:{uid}"

    def uids(self, last: str, trouble: Iterable[str]) -> list[str]:
        """Return the mails that were not put aside, oldest first.

        Where they stay in their folder, those that a person opened meanwhile count too: what came after
        ``last`` (a key, as of ``key_of``) and what was ``trouble`` before.
        """
        if self._done_folder:
            return self._box.uids("ALL")
        is_same = last.startswith(self.key_of(""))
        after = int(last.rpartition(":")[2]) + 1 if is_same else 1
        wanted = ",".join([f"{after}:*", *(trouble if is_same else ())])
        return self._box.uids(f"OR UNSEEN UID {wanted}")

    def fetch(self, uid: str) -> Letter:
        """Return a mail; raises ``NotHandedOut``, or one of ``CANNOT_CONNECT``."""
        size = _size(self._ask(uid, "(RFC822.SIZE)"))
        if size > LARGEST:
            return Letter(_literal(self._ask(uid, f"(BODY.PEEK[]<0.{BEGINNING}>)")), is_cut=True)
        return Letter(_literal(self._ask(uid, "(BODY.PEEK[])")), is_cut=False)

    def put_aside(self, uid: str) -> None:
        """Move a mail to the folder for what is done, or mark it as read."""
        if self._done_folder:
            self._box.move(uid, self._done_folder)
        else:
            self._box.flag(uid, SEEN, value=True)

    def _ask(self, uid: str, what: str) -> list[object]:
        status, answer = self._box.client.uid("FETCH", uid, what)
        if status != "OK":
            raise NotHandedOut(str(answer)[:200])
        return list(answer)


def _connected(settings: Settings) -> BaseMailBox:
    """Return an open connection; where it is encrypted, the server's name and certificate were checked."""
    where: tuple[str, int] = settings.imap_host, settings.imap_port
    if settings.imap_security == ImapSecurity.NONE:
        return MailBoxUnencrypted(*where, timeout=PATIENCE)
    door = MailBox if settings.imap_security == ImapSecurity.TLS else MailBoxStartTls
    return door(*where, timeout=PATIENCE, ssl_context=certificates.checking(settings.mail_ca_file))


def _sign_in(box: BaseMailBox, settings: Settings) -> None:
    """Sign in by token or by password, or raise ``SignInRefused`` with the server's words."""
    offered = [name.removeprefix("AUTH=") for name in box.client.capabilities if name.startswith("AUTH=")]
    mechanism, known = sasl.choose(offered), oauth.registration(settings, "imap")
    if known is None:
        _sign_in_by_password(box, settings, offered)
    elif mechanism is None:
        raise SignInRefused(f"{NO_TOKENS}, only: {' '.join(offered) or 'nothing'}")
    else:
        tokens.sign_in(known, lambda token: _show(box, settings, known, mechanism, token))


def _sign_in_by_password(box: BaseMailBox, settings: Settings, offered: list[str]) -> None:
    if sasl.takes_no_password(offered):
        raise SignInRefused(f"{ONLY_TOKENS} {' '.join(offered)}")
    if "LOGINDISABLED" in box.client.capabilities:
        raise SignInRefused("LOGINDISABLED")
    try:
        box.login(settings.imap_username, settings.imap_password.get_secret_value(), initial_folder=None)
    except MailboxLoginError as error:
        if mechanism := sasl.choose(offered):
            raise SignInRefused(f"{error} ({ALSO_TOKENS} {mechanism})") from None
        raise


def _show(box: BaseMailBox, settings: Settings, known: Registration, mechanism: str, token: str) -> None:
    exchange = sasl.BearerExchange(
        mechanism, known.username, token, host=settings.imap_host, port=settings.imap_port
    )
    try:
        box.client.authenticate(mechanism, lambda challenge: exchange(challenge).encode())
    except imaplib.IMAP4.abort:  # the connection is gone, which says nothing about the token
        raise
    except imaplib.IMAP4.error as error:
        raise SignInRefused(exchange.explain(str(error))) from None


def _number(answer: list[object]) -> int:
    first = answer[0] if answer else None
    if not isinstance(first, bytes):
        raise imaplib.IMAP4.error("the server names no UIDVALIDITY")
    return int(first)


def _size(answer: list[object]) -> int:
    for part in answer:
        line = part[0] if isinstance(part, tuple) else part
        if isinstance(line, bytes) and b"RFC822.SIZE" in line:
            return int(line.partition(b"RFC822.SIZE")[2].strip(b" )").split()[0])
    raise NotHandedOut("the server does not say how large it is")


def _literal(answer: list[object]) -> bytes:
    for part in answer:
        if isinstance(part, tuple) and isinstance(part[1], bytes):
            return part[1]
    raise NotHandedOut("the server answered without the mail")
