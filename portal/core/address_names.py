"""The name that stands beside an email address: "Ana Silva <...>", "Silva, Ana <...>", "Ana Silva: ..."."""

import re
import unicodedata
from dataclasses import dataclass, replace
from typing import Final

_MOST_BEFORE: Final = 120  # characters in which a name is looked for
_MOST_WORDS: Final = 5  # of a name
_OPENING: Final = "<([{'\"“”„«‹‘‚`*|/ \t\u00a0"  # noqa: RUF001 - between a name and the address
_QUOTES: Final = "\"'“”„«»‹›‘’‚`*"  # noqa: RUF001 - around a name
_NAME_WORD: Final = re.compile(r"[^\W\d_][^\W\d_.'\u2019\u2018\u02bc-]*(?:[.'\u2019\u2018\u02bc-][^\W\d_]*)*")
_PARTICLE_LIST: Final = """
van von de den der del della di da das do dos du la le las los el al bin ben zu zur ten ter te y e
"""
# Words that stand beside addresses, or begin a sentence, and are nobody's name.
_NOT_NAMES_LIST: Final = """
add please give hi hello hey dear and for to from cc bcc with email emails e-mail e-mails mail name names new
user users contact person colleague address thanks also the yes
bitte hallo guten tag und für an von neu neue kontakt kollege kollegin adresse danke ja auch
ajouter ajoutez merci bonjour et pour à nom courriel contactez adresse aussi oui
voeg graag hallo en voor aan naam adres bedankt ook ja
añada añadir agregar por favor hola y para nombre correo contacto dirección gracias también sí
"""
_PARTICLES: Final = frozenset(_PARTICLE_LIST.split())
_NOT_NAMES: Final = frozenset(_NOT_NAMES_LIST.split()) - _PARTICLES
_TITLE_LIST: Final = """
dr prof mr mrs ms miss mx herr frau mme mlle mevr mevrouw dhr drs ing ir dipl.-ing mag
sr sra srta dra
"""
_TITLES: Final = frozenset(_TITLE_LIST.split())
_LINK: Final = "mailto:"
_COMMENT: Final = re.compile(r"\([^()]{0,80}\)")
_BEHIND: Final = re.compile(
    r"[ \t>)\]'\"]{0,4}[(\t,\u2013-]?[ \t]*(?P<name>[^\n(),;|<>\t]{1,60})\)?(?=\s*(?:[\n,;|]|$))"
)


@dataclass(frozen=True, slots=True)
class Named:
    """A name and its place, the brackets beside it included; without a name nothing but a place."""

    first_name: str
    last_name: str
    start: int
    end: int


def name_beside(text: str, address: str, places: tuple[int, int, int, int]) -> Named:
    """Return the name of an address, if it stands on the same line.

    The places are: where the text before is free, where the address begins and ends, where the next begins.
    """
    free, start, end, limit = places
    named = _before(text, address, max(free, start - _MOST_BEFORE), start)
    closed = end
    while closed < limit and text[closed] in ">)]}":
        closed += 1
    if not named.first_name:
        behind = _behind(text, address, closed, limit)
        return replace(behind, start=named.start, end=max(closed if named.start < start else end, behind.end))
    return Named(named.first_name, named.last_name, named.start, closed)


def _before(text: str, address: str, free: int, start: int) -> Named:
    line_start = max(free, text.rfind("\n", free, start) + 1)
    stretch = text[line_start:start]
    stretch = stretch[max(stretch.rfind(sign) for sign in ";|\u2022") + 1 :]
    line_start = start - len(stretch)
    if stretch.lower().endswith(_LINK):
        stretch, start = stretch[: -len(_LINK)], start - len(_LINK)
    body = stretch.rstrip(_OPENING)
    is_bracketed = "<" in stretch[len(body) :]
    is_quoted = any(sign in _QUOTES for sign in stretch[len(body) :].rstrip("<([ \t"))
    body = _COMMENT.sub(lambda found: " " * len(found.group()), body)
    if not is_bracketed:
        body = body.rstrip(" \t:=-\u2013\u2014\u2192")
    first, last, begin = _split(body, address, may_be_reversed=is_bracketed or is_quoted)
    if not first:
        return Named("", "", start, start)
    begin = line_start + begin
    while begin > line_start and text[begin - 1] in _QUOTES:
        begin -= 1
    return Named(first, last, begin, start)


def _split(body: str, address: str, *, may_be_reversed: bool) -> tuple[str, str, int]:
    """First name, last name, and where they begin in the text before an address."""
    cells = body.rstrip().rpartition("\t")
    left, comma, right = body.rpartition(",")
    words, begin = _trailing_name(right if comma else body)
    if comma:
        begin += len(left) + 1
        is_whole = bool(words) and not right[: begin - len(left) - 1].strip()
        family, family_begin = _trailing_name(left)
        is_family = bool(family) and not left[:family_begin].strip(" \t,;" + _QUOTES)
        is_likely = _is_hinted(family, address) or (may_be_reversed and 1 in {len(family), len(words)})
        if is_whole and is_family and is_likely:
            return " ".join(_without_titles(words)), " ".join(family), family_begin
    elif cells[1] and len(words) > 1:
        words, begin = _by_cells(cells[0], cells[2], words)
    if not words:
        return "", "", len(body)
    words = _without_titles(words)
    return words[0], " ".join(words[1:]), begin


def _by_cells(before: str, cell: str, words: list[str]) -> tuple[list[str], int]:
    """In a row of a spreadsheet the last cell is the name, or two cells of one word each are."""
    own, own_begin = _trailing_name(cell)
    previous = before.rpartition("\t")[2]
    if len(own) == 1 and len(_trailing_name(previous)[0]) == 1:
        return words[-2:], len(before) - len(previous)
    return own, len(before) + 1 + own_begin


def _trailing_name(text: str) -> tuple[list[str], int]:
    """The words of a name at the end of a text, and where they begin."""
    kept: list[tuple[str, int]] = []
    at = _end_of_words(text)
    while at and len(kept) < _MOST_WORDS:
        begin = max(text.rfind(blank, 0, at) for blank in " \t\u00a0") + 1
        word = text[begin:at].strip(_QUOTES)
        if not _is_name_word(word):
            break
        kept.insert(0, (word, begin))
        at = len(text[:begin].rstrip(" \t\u00a0"))
        if text[begin : begin + 1] in _QUOTES:
            break
    while kept and len(kept) > 1 and kept[0][0] in {"y", "e", "te", "zu"}:
        kept.pop(0)
    if not any(word not in _PARTICLES for word, _begin in kept):
        return [], len(text)
    return [word for word, _begin in kept], kept[0][1]


def _end_of_words(text: str) -> int:
    """Where the last word of letters ends: pictures behind a name are no part of it."""
    kept = text.rstrip(" \t\u00a0" + _QUOTES)
    while kept and not any(map(str.isalnum, kept[kept.rfind(" ") + 1 :])):
        kept = kept[: kept.rfind(" ") + 1].rstrip(" \t\u00a0" + _QUOTES)
    return len(kept)


def _without_titles(words: list[str]) -> list[str]:
    """The words of a name without Dr., Frau, Mme and their like, which are nobody's first name."""
    while len(words) > 1 and words[0].rstrip(".").casefold() in _TITLES:
        words = words[1:]
    return words


def _is_name_word(word: str) -> bool:
    if not _NAME_WORD.fullmatch(word) or word.casefold() in _NOT_NAMES:
        return False
    if word in _PARTICLES:
        return True
    return not word[0].islower() or word[:2] in {"d'", "d’", "l'"}  # noqa: RUF001 - as people type them


def _behind(text: str, address: str, end: int, limit: int) -> Named:
    """A name behind an address, where the address itself says that it is theirs: "ana@... (Ana Silva)"."""
    found = _BEHIND.match(text, end, min(limit, end + _MOST_BEFORE))
    words = found.group("name").split() if found else []
    is_name = 0 < len(words) <= _MOST_WORDS and all(map(_is_name_word, words)) and _is_hinted(words, address)
    if not found or not is_name:
        return Named("", "", end, end)
    return Named(words[0], " ".join(words[1:]), end, found.end())


def _is_hinted(words: list[str], address: str) -> bool:
    """Tell whether a part of a name stands in the local part of an address."""
    local = _folded(address.rpartition("@")[0])
    return any(len(word) > 1 and _folded(word) in local for word in words)


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in plain if letter.isalnum())
