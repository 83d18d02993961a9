"""What DNS says about a domain mails come from, and what to publish where it says too little.

Looked up in a job, each name for some seconds at most. Whether a record is right in the end shows only a mail
that arrives; what can be told from here is whether it is there, and whether it can be read at all.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import dns.exception
import dns.rdatatype
import dns.resolver

from portal.core.texts import Text, _l

SECONDS: Final = 5.0  # for one name
OWNER_LABEL: Final = "_portal"


class Record(StrEnum):
    """What is looked for."""

    OWNER = "owner"
    DKIM = "dkim"
    DMARC = "dmarc"
    SPF = "spf"


class Verdict(StrEnum):
    """How it looks."""

    FINE = "fine"
    MISSING = "missing"
    WRONG = "wrong"
    UNKNOWN = "unknown"


WORDS: Final[dict[tuple[Record, Verdict], Text]] = {
    (Record.OWNER, Verdict.FINE): _l("The domain is yours: it names this agency."),
    (Record.OWNER, Verdict.MISSING): _l("Nothing shows yet that the domain is yours. Publish this:"),
    (Record.DKIM, Verdict.FINE): _l("DKIM: a key is published, so that receivers can check signatures."),
    (Record.DKIM, Verdict.MISSING): _l(
        "DKIM: no key is published under this name. Whoever runs your mail server gives you the record; "
        "publish it here:"
    ),
    (Record.DKIM, Verdict.WRONG): _l("DKIM: there is a record, but it holds no key. Correct it:"),
    (Record.DMARC, Verdict.FINE): _l("DMARC: the domain says what happens to mail that is not signed."),
    (Record.DMARC, Verdict.MISSING): _l(
        "DMARC: nothing is published. Large receivers ask for it; this asks for no strictness yet:"
    ),
    (Record.DMARC, Verdict.WRONG): _l(
        "DMARC: there is more than one record, so none counts. Leave only one, such as:"
    ),
    (Record.SPF, Verdict.FINE): _l(
        "SPF: the domain names servers that may send for it. Check that the mail server is among them."
    ),
    (Record.SPF, Verdict.MISSING): _l(
        "SPF: the domain names no server that may send for it. If mail leaves from the server named here, "
        "publish:"
    ),
    (Record.SPF, Verdict.WRONG): _l(
        "SPF: there is more than one record, so none counts. Join them into one:"
    ),
}
UNKNOWN: Final = _l("The name servers did not answer. That says nothing about the record; look again later.")


@dataclass(frozen=True, slots=True)
class Finding:
    """One record: where it was looked for, what is there, and what should be."""

    record: Record
    verdict: Verdict
    host: str
    wanted: str
    found: tuple[str, ...] = ()

    @property
    def words(self) -> Text:
        """The finding as a sentence."""
        return UNKNOWN if self.verdict is Verdict.UNKNOWN else WORDS[self.record, self.verdict]

    def as_stored(self) -> dict[str, Any]:
        """The finding as JSON holds it."""
        named = {"record": self.record, "verdict": self.verdict, "host": self.host, "wanted": self.wanted}
        return {**named, "found": list(self.found)}


def from_stored(facts: dict[str, Any]) -> Finding:
    """Return the finding that ``as_stored`` wrote."""
    found = tuple(facts["found"])
    return Finding(Record(facts["record"]), Verdict(facts["verdict"]), facts["host"], facts["wanted"], found)


@dataclass(frozen=True, slots=True)
class Question:
    """A domain that mails come from; ``owner`` proves that it is the agency's, ``selector`` names its key."""

    domain: str
    owner: str
    selector: str
    envelope_domain: str
    mail_server: str


def look_up(question: Question, resolver: dns.resolver.Resolver) -> list[Finding]:
    """Ask DNS about everything; never raises for what it answers."""
    return list(_findings(question, resolver))


def is_proven(findings: list[Finding]) -> bool | None:
    """Whether the domain is the agency's, and has a key; None where the name servers did not say."""
    needed = [finding.verdict for finding in findings if finding.record in {Record.OWNER, Record.DKIM}]
    if Verdict.UNKNOWN in needed:
        return None
    return bool(needed) and set(needed) == {Verdict.FINE}


def _findings(question: Question, resolver: dns.resolver.Resolver) -> Iterator[Finding]:
    yield _judged(Record.OWNER, f"{OWNER_LABEL}.{question.domain}", question.owner, resolver)
    key = f"{question.selector}._domainkey.{question.domain}"
    yield _judged(Record.DKIM, key, "v=DKIM1; k=rsa; p=…", resolver)
    yield _judged(Record.DMARC, f"_dmarc.{question.domain}", "v=DMARC1; p=none", resolver)
    yield _judged(Record.SPF, question.envelope_domain, f"v=spf1 a:{question.mail_server} ~all", resolver)


def _judged(record: Record, host: str, wanted: str, resolver: dns.resolver.Resolver) -> Finding:
    texts = _texts(host, resolver)
    if texts is None:
        return Finding(record, Verdict.UNKNOWN, host, wanted)
    return Finding(
        record, _VERDICTS[record](texts, wanted), host, wanted, tuple(text[:500] for text in texts)
    )


def _texts(host: str, resolver: dns.resolver.Resolver) -> list[str] | None:
    """Return the TXT records of a name, none where there are none, and None where nobody answered."""
    try:
        answer = resolver.resolve(host, dns.rdatatype.TXT, lifetime=SECONDS)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return []
    except dns.exception.DNSException:
        return None
    return [b"".join(record.strings).decode("utf-8", "replace") for record in answer]


def _owner(texts: list[str], wanted: str) -> Verdict:
    return Verdict.FINE if wanted in texts else Verdict.MISSING


def _dkim(texts: list[str], _wanted: str) -> Verdict:
    if not texts:
        return Verdict.MISSING
    tags = [dict(part.strip().partition("=")[::2] for part in text.split(";")) for text in texts]
    return Verdict.FINE if any(tag.get("p", "").strip() for tag in tags) else Verdict.WRONG


def _one_beginning_with(beginning: str, texts: list[str]) -> Verdict:
    fitting = [text for text in texts if text.lower().split(";")[0].split(" ")[0].strip() == beginning]
    if not fitting:
        return Verdict.MISSING
    return Verdict.FINE if len(fitting) == 1 else Verdict.WRONG


_VERDICTS: Final[dict[Record, Callable[[list[str], str], Verdict]]] = {
    Record.OWNER: _owner,
    Record.DKIM: _dkim,
    Record.DMARC: lambda texts, _wanted: _one_beginning_with("v=dmarc1", texts),
    Record.SPF: lambda texts, _wanted: _one_beginning_with("v=spf1", texts),
}
