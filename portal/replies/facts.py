"""What goes into the reading of a mail and what comes out, as plain values that travel between processes."""

from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from pydantic import ConfigDict

from portal.core.email_addresses import Doubt

LIST_ENDINGS: Final = (".csv", ".tsv", ".txt", ".xlsx")  # of files that may be lists of people

# Nothing that was read from free text is ever surer than this: a person looks at it.
MOST_CONFIDENCE: Final = 0.9


class Verdict(StrEnum):
    """What a mail is, judged in this order."""

    LOOP = "loop"
    COMPLAINT = "complaint"
    BOUNCE = "bounce"
    REACTION = "reaction"
    CALENDAR = "calendar"
    AUTO_REPLY = "auto_reply"
    ENCRYPTED = "encrypted"
    NO_TEXT = "no_text"
    ANSWER = "answer"
    UNREADABLE = "unreadable"


class Problem(StrEnum):
    """Why a mail could not be read."""

    TOO_LARGE = "too_large"
    TOO_MANY_HEADERS = "too_many_headers"
    TOO_MANY_PARTS = "too_many_parts"
    TOO_DEEP = "too_deep"
    TOO_SLOW = "too_slow"
    TOO_HUNGRY = "too_hungry"
    BROKEN = "broken"


class ListProblem(StrEnum):
    """Why a list of people could not be read."""

    TOO_LARGE = "too_large"
    TOO_MANY_ROWS = "too_many_rows"
    TOO_MANY_LISTS = "too_many_lists"
    TOO_SLOW = "too_slow"
    TOO_HUNGRY = "too_hungry"
    LOCKED = "locked"
    BROKEN = "broken"
    NOBODY = "nobody"


class CutBy(StrEnum):
    """How the answer was told from what it quotes."""

    MARKER = "marker"
    OWN_TEXT = "own_text"
    QUOTE = "quote"
    NOTHING_QUOTED = "nothing_quoted"


class CalendarAnswer(StrEnum):
    """How somebody answered an invitation."""

    ACCEPTED = "accepted"
    DECLINED = "declined"
    TENTATIVE = "tentative"
    OTHER = "other"


class Wish(StrEnum):
    """What is wanted for a person."""

    ACCESS = "access"
    NO_ACCESS = "no_access"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class Address:
    """Somebody as a header names them; ``address`` is as written, the name may be empty."""

    name: str
    address: str


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that came along; ``name`` is safe as a file name, ``declared_type`` is only a claim."""

    __pydantic_config__ = ConfigDict(ser_json_bytes="base64", val_json_bytes="base64")

    name: str
    declared_type: str
    content: bytes
    is_inline: bool = False

    @property
    def size(self) -> int:
        """Its length in bytes."""
        return len(self.content)

    @property
    def is_list(self) -> bool:
        """Tell whether it may be a list of people, by its name."""
        return self.name.lower().endswith(LIST_ENDINGS)


@dataclass(frozen=True, slots=True)
class Bounce:
    """A notice about a mail that did not arrive; ``is_final`` means that trying again will not help."""

    addresses: tuple[str, ...]
    is_final: bool
    status: str = ""  # as in RFC 3463, "5.1.1"
    diagnostic: str = ""


@dataclass(frozen=True, slots=True)
class Unpacked:
    """A mail taken apart. Header values are decoded, in one line, and nobody has proved them.

    ``envelope_to`` holds what Delivered-To, X-Original-To and their like say; ``return_path`` is None where
    there is none, and empty for the null sender; ``authentication_results`` are topmost first; ``automatic``
    holds the headers, by lower-case name, by which programs admit to be programs. Where ``problem`` is set,
    nothing else is.
    """

    message_id: str = ""
    in_reply_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    author: tuple[Address, ...] = ()
    sender: tuple[Address, ...] = ()
    reply_to: tuple[Address, ...] = ()
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    envelope_to: tuple[str, ...] = ()
    return_path: str | None = None
    sent_at: datetime | None = None
    subject: str = ""
    language: str = ""
    authentication_results: tuple[str, ...] = ()
    own_id: str = ""
    hops: int = 0
    automatic: dict[str, str] = field(default_factory=dict)
    text: str = ""
    html: str = ""
    attachments: tuple[Attachment, ...] = ()
    bounce: Bounce | None = None
    reaction: str = ""  # the emoji, where a part of the mail is one
    calendar: CalendarAnswer | None = None
    is_encrypted: bool = False
    is_cut: bool = False  # the text was longer than we read
    problem: Problem | None = None

    def without_content(self) -> "Unpacked":
        """The same without what its attachments hold, which reading needs not."""
        return replace(self, attachments=tuple(replace(one, content=b"") for one in self.attachments))


@dataclass(frozen=True, slots=True)
class Sent:
    """The mail of ours that is answered: what it said, and the addresses that are nobody's but ours."""

    text: str
    html: str = ""
    subject: str = ""
    language: str = "en"
    message_id: str = ""
    own_addresses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AskedPerson:
    """Somebody the mail asked about."""

    name: str
    email: str = ""


@dataclass(frozen=True, slots=True)
class JobRoleWords:
    """A job role that may be found, and all it is called, in any language.

    A ``key`` the portal ships (``sales_rep``) brings its synonyms along.
    """

    key: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """Words of the mail that mean something, and how sure that is: 0 to ``MOST_CONFIDENCE``."""

    words: str
    confidence: float


@dataclass(frozen=True, slots=True)
class FoundJobRole:
    """A job role the mail names; ``words`` are those it was found by."""

    key: str
    words: str
    confidence: float


@dataclass(frozen=True, slots=True)
class FoundPerson:
    """Somebody the mail names: what is wanted for them, the line it came from, and how sure that is.

    ``asked`` counts from 0 into the people asked about, None for somebody new. ``instead_of`` is the one
    asked about whom they replace. ``needs_a_look`` where the words allow more than one reading.
    """

    name: str
    email: str
    wish: Wish
    job_roles: tuple[FoundJobRole, ...]
    words: str
    confidence: float
    asked: int | None = None
    instead_of: int | None = None
    needs_a_look: bool = False
    doubt: Doubt | None = None  # of the address
    first_day: date | None = None


@dataclass(frozen=True, slots=True)
class ListedPerson:
    """Somebody in a list that came along: the row, counted from 1, its sheet where there are several."""

    first_name: str
    last_name: str
    email: str
    job_role: FoundJobRole | None
    wanted: str  # what stands in the column of job roles
    sheet: str
    row: int
    words: str  # all that the row says
    doubt: Doubt | None = None  # of the address


@dataclass(frozen=True, slots=True)
class FoundList:
    """A file that came along and may be a list of people; ``total`` counts those left out here, too."""

    name: str
    people: tuple[ListedPerson, ...] = ()
    total: int = 0
    problem: ListProblem | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """What a mail says. ``answer`` and ``rest`` together hold all of its text.

    ``why`` says in English what the verdict rests on, for whoever looks into it. ``job_roles`` are those that
    no person was found for; ``nobody`` holds the words that decline for everybody. ``lists`` are the files
    that may name people, where they were opened. ``also_remove`` names people nobody asked about whom the
    CRM should lose. ``first_day`` is that of all asked people for whom nothing else is said.
    """

    verdict: Verdict
    why: str = ""
    answer: str = ""
    rest: str = ""
    cut_by: CutBy = CutBy.NOTHING_QUOTED
    confidence: float = 0.0
    people: tuple[FoundPerson, ...] = ()
    job_roles: tuple[FoundJobRole, ...] = ()
    nobody: Found | None = None
    away_until: date | None = None
    bounce: Bounce | None = None
    emoji: str = ""
    calendar: CalendarAnswer | None = None
    lists: tuple[FoundList, ...] = ()
    also_remove: tuple[str, ...] = ()
    first_day: date | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """What a mail is read against: all that ``read`` takes beside the mail itself."""

    sent: Sent | None = None
    job_roles: tuple[JobRoleWords, ...] = ()
    asked: tuple[AskedPerson, ...] = ()
