"""Email addresses in free text: found whole, with the name beside them, and a doubt where one is due.

This is the only place that knows what an address looks like. It works in linear time on any text, and needs
no web framework, so that the process that reads mails can use it.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

import idna

from portal.core import address_names

_MOST_LOCAL: Final = 64  # RFC 5321
_MOST_DOMAIN: Final = 253  # RFC 1035
_MOST_WHOLE: Final = 320  # characters of a word; what is longer is no address, however it is read
_MOST_WORDS: Final = 160  # characters of the text that are repeated beside a doubtful address
_FEW_LABELS: Final = 2

# Characters that separate words and cannot be part of an address without quotes.
_BREAKS: Final = r"\s<>()\[\],;:\"\\«»“”„‟‹›「」『』、。，；：（）＜＞…"  # noqa: RUF001 - as people type them
_WORD: Final = re.compile(rf"[^{_BREAKS}]+")
_LINK: Final = re.compile(r"\b[a-z][a-z0-9+.-]{1,15}://[^\s<>\"]*", re.IGNORECASE)
_DOMAIN: Final = re.compile(r"[\w.-]*")
_DOT_ATOM: Final = re.compile(r"[\w!#$%&'*+/=?^`{|}~-]+(?:\.[\w!#$%&'*+/=?^`{|}~-]+)*", re.ASCII)
_LABEL: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_UNUSUAL: Final = re.compile(r"[/|*`=!?{}]|%[0-9A-Fa-f]{2}|^[^\w]", re.ASCII)
_GLUED: Final = re.compile(r"[a-z0-9-]\.[A-Z][a-z]+$")
_SPACE_BEFORE: Final = re.compile(rf"[^{_BREAKS}@]{{1,64}}[ \u00a0]$")
_SPACE_BEHIND: Final = re.compile(r"[ \u00a0]?[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
_QUOTED: Final = re.compile(r'"[^"\n]{1,64}"$')
_LITERAL: Final = re.compile(r"\[[^\]\s]{1,60}\]")
_COMMENT: Final = re.compile(r"\(([^()]{1,80})\)")
_LINKED: Final = "mailto:"
_QUERY: Final = re.compile(r"\?[^\s<>()\[\]\"']{1,500}")
_SPACED: Final = 70  # characters before the @ in which a local part with blanks or quotes stands

_APOSTROPHES: Final = "'\u2019\u2018\u02bc\u201a\u201b\u00b4\u2032"
_TO_APOSTROPHE: Final = dict.fromkeys(map(ord, _APOSTROPHES), "'")
_DECORATION: Final = "*`|/"  # leading or closing signs of lists, tables and emphasis
_PAIRS: Final = {"{": "}", "~": "~", "_": "_"}
_INVISIBLE_BLANKS: Final = {"\u115f", "\u1160", "\u3164", "\uffa0"}  # letters by category, that nobody sees


class Doubt(StrEnum):
    """Why an address in a text needs a look."""

    APOSTROPHE = "apostrophe"  # a typographic apostrophe stood in it
    QUOTE = "quote"  # it begins with an apostrophe that has no pair
    SPACE = "space"  # a blank stood beside the @
    LETTERS = "letters"  # letters before the @ that mail cannot be sent to
    LOCAL_PART = "local_part"  # what stands before the @ is no local part: two dots, quotes, too long
    DOMAIN = "domain"  # what stands behind the @ is no domain
    SIGNS = "signs"  # signs that are allowed, but may belong to the text around it
    JOINED = "joined"  # several @ without anything between the addresses
    SENTENCE = "sentence"  # the next sentence may be stuck to it
    SHARED = "shared"  # another address stands beside it, where one is expected
    WORDS = "words"  # other words than a name stand beside it, where one address is expected


@dataclass(frozen=True, slots=True)
class FoundAddress:
    """An address in a text: in canonical form and as it is written, with the name and all the words.

    ``start`` and ``end`` are places in ``visible(text)``, the name included. A person must look at what has
    a ``doubt`` before anything is done with it.
    """

    address: str
    words: str
    start: int
    end: int
    doubt: Doubt | None = None
    first_name: str = ""
    last_name: str = ""
    written: str = ""

    @property
    def name(self) -> str:
        """The whole name, which may be empty."""
        return f"{self.first_name} {self.last_name}".strip()

    @property
    def comment(self) -> str:
        """What stands in round brackets between the name and the address, such as a department."""
        found = _COMMENT.search(self.words)
        said = found.group(1).strip() if found else ""
        return "" if said == self.name else said


def find_addresses(text: str) -> list[FoundAddress]:
    """Return every address of a text in the order in which they stand, repeated ones included."""
    if "@" not in text:
        return []
    seen = visible(text)
    without_links = _LINK.sub(lambda link: " " * len(link.group()), seen) if "://" in seen else seen
    return list(_with_names(seen, list(_bare_addresses(without_links))))


def contains_address(text: str) -> bool:
    """Tell whether an address stands in a text, certain or not."""
    return "@" in text and any(True for _found in _bare_addresses(visible(text)))


def distinct(found: Iterable[FoundAddress]) -> list[FoundAddress]:
    """Return each address once, with the name that one of them has; one without a doubt if there is one."""
    kept: dict[str, FoundAddress] = {}
    for address in found:
        known = kept.setdefault(address.address, address)
        better = known if known.doubt is None or address.doubt is not None else address
        named = better if better.name else known if known.name else address
        kept[address.address] = replace(better, first_name=named.first_name, last_name=named.last_name)
    return list(kept.values())


def rest_of(text: str, found: Iterable[FoundAddress]) -> str:
    """Return what a text says beside the addresses found in it, without lines that then say nothing."""
    left = list(visible(text))
    for address in found:
        left[address.start : address.end] = [""] * (address.end - address.start)
    lines = (line.strip(" \t\r,;|/<>()[]\"'*`-") for line in "".join(left).splitlines())
    return "\n".join(line for line in lines if any(map(str.isalnum, line)))


def read_cell(text: str) -> list[FoundAddress]:
    """Return the addresses of a field or a cell that should hold one; if it holds more, all have a doubt."""
    found = distinct(find_addresses(text))
    doubt = Doubt.SHARED if len(found) > 1 else Doubt.WORDS if rest_of(text, found) else None
    words = _clipped(visible(text).strip())
    return [one if one.doubt or not doubt else replace(one, words=words, doubt=doubt) for one in found]


def canonical(address: str) -> str:
    """Return the spelling in which an address is stored and compared: lower case, its domain in ASCII."""
    if address.isascii():
        return address.strip().lower()
    local, sign, domain = visible(address).strip().rpartition("@")
    return f"{local}{sign}{(ascii_domain(domain) if sign else '') or domain}".lower()


def ascii_domain(domain: str) -> str:
    """Return a domain in lower case and ASCII (IDNA 2008), or nothing where it is none."""
    try:
        encoded = domain if domain.isascii() else idna.encode(domain, uts46=True).decode()
    except idna.IDNAError:
        return ""
    encoded = encoded.lower()
    fits = len(encoded) <= _MOST_DOMAIN and all(map(_LABEL.fullmatch, encoded.split(".")))
    return encoded if fits else ""


def readable(address: str) -> str:
    """Return an address as people read it: labels of its domain in their own letters, where these are Latin.

    Other scripts stay in ASCII, since their letters can be made to look like Latin ones.
    """
    local, sign, domain = address.rpartition("@")
    return (
        f"{local}{sign}{'.'.join(map(_readable_label, domain.split('.')))}" if "xn--" in domain else address
    )


def is_local_part(local: str) -> bool:
    """Tell whether mail can be sent to this local part: a dot-atom of RFC 5322, in ASCII."""
    return len(local) <= _MOST_LOCAL and bool(_DOT_ATOM.fullmatch(local))


def visible(text: str) -> str:
    """Return a text without the characters nobody sees, letters with their accents composed."""
    if text.isascii():
        return text
    composed = unicodedata.normalize("NFC", text)
    return "".join(
        letter
        for letter in composed
        if letter.isascii() or (unicodedata.category(letter) != "Cf" and letter not in _INVISIBLE_BLANKS)
    )


def _readable_label(label: str) -> str:
    if not label.startswith("xn--"):
        return label
    try:
        decoded = idna.decode(label)
    except idna.IDNAError:
        return label
    letters = (letter for letter in decoded if not letter.isascii())
    return decoded if all(unicodedata.name(letter, "").startswith("LATIN ") for letter in letters) else label


def _bare_addresses(text: str) -> Iterator[FoundAddress]:
    """Addresses without names, word by word; a word is all that stands between blanks and brackets."""
    free = 0  # nothing before it is looked at again
    for word in _WORD.finditer(text):
        at = max(word.start(), free)
        while (sign := text.find("@", at, word.end())) >= 0:
            found = _at(text, at, sign, word.end(), is_first=at == word.start())
            at = max(sign + 1, at)
            if found is not None and found.start >= free:
                at = free = found.end
                if found.end - found.start <= _MOST_WHOLE:
                    yield found


def _at(text: str, start: int, sign: int, end: int, *, is_first: bool) -> FoundAddress | None:
    """The address around one @, which stands between ``start`` and ``end`` of a word."""
    domain = _DOMAIN.match(text, sign + 1, end)
    domain_end = domain.end() if domain else sign + 1
    if domain_end < end and text[domain_end] == "@" and any(map(str.isalnum, text[start:domain_end])):
        return _found(text, _first_letter(text, start, sign), end, Doubt.JOINED)
    stop = domain_end
    while stop > sign + 1 and text[stop - 1] in "._-":
        stop -= 1
    begin, doubt = _beginning(text, start, sign, (stop, end), is_first=is_first)
    if begin == sign or stop == sign + 1:
        return _apart(text, sign, stop)
    local, host = text[begin:sign], text[sign + 1 : stop]
    if local.endswith("/") or not _looks_alive(local, host):
        return None
    return _found(text, begin, stop, doubt or _doubt(local, host))


def _looks_alive(local: str, domain: str) -> bool:
    """Tell an address, however wrong, from prices and scores such as "3@5"."""
    return any(map(str.isalnum, local)) and ("." in domain or any(map(str.isalpha, local)))


def _beginning(
    text: str, start: int, sign: int, behind: tuple[int, int], *, is_first: bool
) -> tuple[int, Doubt | None]:
    """Where the local part begins; signs that only surround or precede the address are left out."""
    stop, end = behind
    closing = text[stop] if stop < end else ""
    begin = start
    while begin < sign and not text[begin].isalnum():
        sign_before = text[begin]
        if sign_before in _APOSTROPHES:
            if closing and closing in _APOSTROPHES:
                begin, closing = begin + 1, ""
                continue
            return begin, Doubt.QUOTE
        is_pair = closing != "" and _PAIRS.get(sign_before) == closing
        is_outside = not sign_before.isascii() or sign_before in _DECORATION or not is_first
        if not (is_pair or is_outside):
            break
        begin += 1
    return begin, None


def _first_letter(text: str, start: int, end: int) -> int:
    return next((at for at in range(start, end) if text[at].isalnum() or text[at] in _APOSTROPHES), start)


def _apart(text: str, sign: int, stop: int) -> FoundAddress | None:
    """An address with a blank beside its @, quotes around its local part, or a network number as domain."""
    before = text[max(0, sign - _SPACED) : sign]
    if before[-1:] not in {" ", "\u00a0", '"'} and text[sign + 1 : sign + 2] not in {" ", "\u00a0", "["}:
        return None
    head = _QUOTED.search(before) or _SPACE_BEFORE.search(before) or re.search(rf"[^{_BREAKS}@]+$", before)
    tail = _LITERAL.match(text, sign + 1) or _SPACE_BEHIND.match(text, sign + 1)
    if not head or not tail:
        return None
    begin = sign - len(before) + head.start()
    if head.group().startswith('"'):
        return _found(text, begin, max(stop, tail.end()), Doubt.LOCAL_PART)
    doubt = Doubt.DOMAIN if tail.group().startswith("[") else Doubt.SPACE
    return _found(text, begin, tail.end(), doubt)


def _doubt(local: str, domain: str) -> Doubt | None:
    plain = local.translate(_TO_APOSTROPHE)
    encoded = ascii_domain(domain)
    checks = (
        (Doubt.LETTERS, not plain.isascii()),
        (Doubt.LOCAL_PART, not is_local_part(plain)),
        (Doubt.DOMAIN, not is_full_domain(encoded)),
        (Doubt.APOSTROPHE, plain != local),
        (Doubt.SIGNS, bool(_UNUSUAL.search(plain))),
        (Doubt.SENTENCE, bool(_GLUED.search(domain))),
    )
    return next((doubt for doubt, is_so in checks if is_so), None)


def is_full_domain(domain: str) -> bool:
    """Tell whether a domain in ASCII may be one of the internet: two labels at least, the last no number."""
    labels = domain.split(".")
    return len(labels) >= _FEW_LABELS and not labels[-1].isdigit()


def _found(text: str, start: int, end: int, doubt: Doubt | None) -> FoundAddress:
    words = text[start:end]
    plain = "".join(words.split()) if doubt is Doubt.SPACE else words
    address = canonical(plain.translate(_TO_APOSTROPHE))
    return FoundAddress(address, _clipped(words), start, end, doubt, written=words)


def _with_names(text: str, found: list[FoundAddress]) -> Iterator[FoundAddress]:
    """The same addresses with the names beside them, as far as the line and the next address."""
    free = 0
    for address, following in zip(found, (*found[1:], None), strict=False):
        limit = following.start if following else len(text)
        own_end = _end_of_link(text, address)
        named = address_names.name_beside(text, address.address, (free, address.start, own_end, limit))
        start, end = named.start, named.end
        words = _clipped(text[start:end]) if named.first_name else address.words
        known = replace(address, first_name=named.first_name, last_name=named.last_name)
        yield replace(known, words=words, start=start, end=end)
        free = end


def _end_of_link(text: str, address: FoundAddress) -> int:
    """Where an address ends, with what a mailto: link says behind it, such as a subject."""
    before = text[max(0, address.start - len(_LINKED)) : address.start]
    query = _QUERY.match(text, address.end) if before.lower() == _LINKED else None
    return query.end() if query else address.end


def _clipped(words: str) -> str:
    line = " ".join(words.split())
    return line if len(line) <= _MOST_WORDS else f"{line[: _MOST_WORDS - 1]}…"
