"""The values of one mail: checked, cleaned, and written the way the mail's language writes them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from babel.dates import format_date, format_time
from babel.lists import format_list

from portal.core.errors import BadInput
from portal.core.texts import _l
from portal.mail.templating import Rules, Shape

NamedLink = tuple[str, str]  # what it says, and the address of the page
Value = str | date | Sequence[str] | Sequence[NamedLink]

MAX_VALUE: Final = 10_000
MAX_ITEMS: Final = 200
WEB_LINK: Final = re.compile(r"""https?://[^\s<>"'\\]{1,2000}""")

# Direction overrides let a name show as something else; surrogates cannot be sent at all.
_DROPPED = [*range(32), *range(127, 160), *range(0x202A, 0x202F), *range(0x2066, 0x206A)]
_CLEAN: Final[dict[int, str | None]] = {
    **dict.fromkeys([*_DROPPED, *range(0xD800, 0xE000)]),
    9: " ",
    10: "\n",
    0x2028: "\n",
    0x2029: "\n",
}


class ValueRefused(BadInput):
    """A value that this mail cannot carry; nothing was composed."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text on its way to the mail: the template's words, or what stands for a slot."""

    text: str
    slot: str = ""
    shape: Shape | None = None
    items: tuple[NamedLink, ...] = ()  # without an address where it is plain text


def prepare(declared: Mapping[str, Rules], values: Mapping[str, Value], language: str) -> dict[str, Piece]:
    """Check and clean the values of one mail; raises ``ValueRefused`` naming the one that is wrong."""
    unknown = sorted(set(values) - set(declared))
    if unknown:
        raise ValueRefused(_l("This mail has no place for %(name)s.", name=unknown[0]))
    pieces = {
        name: _piece(name, rules.shape, values.get(name, ""), language) for name, rules in declared.items()
    }
    for name, rules in declared.items():
        if not pieces[name].text and not rules.optional:
            raise ValueRefused(_l("This mail cannot be written without %(name)s.", name=name))
    return pieces


def clean(text: str) -> str:
    """The text without control characters and direction overrides; line ends become single newlines."""
    return text.replace("\r\n", "\n").replace("\r", "\n").translate(_CLEAN).strip()


def _piece(name: str, shape: Shape, value: Value, language: str) -> Piece:
    if not isinstance(value, str | date):
        return _list(name, shape, value, language)
    text = clean(value) if isinstance(value, str) else _when(value, language)
    if len(text) > MAX_VALUE:
        raise ValueRefused(_l("The text for %(name)s is too long for a mail.", name=name))
    if shape is Shape.LINK and text and not WEB_LINK.fullmatch(text):
        raise ValueRefused(_l("The link for %(name)s is not the address of a web page.", name=name))
    if shape is Shape.LIST:
        return _list(name, shape, [text], language)
    if shape is Shape.LINKS:
        return _list(name, shape, [(text, text)] if text else [], language)
    return Piece(text, name, shape)


def _list(name: str, shape: Shape, values: Sequence[str | NamedLink], language: str) -> Piece:
    pairs = [(value, "") if isinstance(value, str) else value for value in values]
    has_links = shape is Shape.LINKS
    too_much = len(pairs) > MAX_ITEMS or sum(len(text) for text, _url in pairs) > MAX_VALUE
    if shape not in {Shape.LIST, Shape.LINKS} or too_much:
        raise ValueRefused(_l("The list for %(name)s does not fit in this mail.", name=name))
    if not all(WEB_LINK.fullmatch(url) if has_links else not url for _text, url in pairs):
        raise ValueRefused(_l("A link for %(name)s is not the address of a web page.", name=name))
    cleaned = ((" ".join(clean(text).split()), url) for text, url in pairs)
    items = tuple((text, url) for text, url in cleaned if text)
    return Piece(format_list([text for text, _url in items], locale=language), name, shape, items)


def _when(value: date, language: str) -> str:
    """A date in the mail's language; a time, with its zone, in the zone it carries."""
    day = format_date(value, "long", locale=language)
    if not isinstance(value, datetime):
        return day
    time = format_time(value, "short", locale=language)
    return f"{day}, {time} {value.tzname() or ''}".rstrip()
