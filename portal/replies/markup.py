"""HTML as the text its reader sees, with quotations kept apart."""

import html as entities
import re
from itertools import islice
from typing import Any, Final

from lxml import etree
from lxml.html import HTMLParser

# Stands alone in a line where a mail program says by its own mark that a quotation begins.
QUOTE_MARK: Final = "\ue000"

_BLOCKS: Final = frozenset(
    {
        *(
            "address",
            "article",
            "aside",
            "blockquote",
            "body",
            "caption",
            "center",
            "dd",
            "details",
            "div",
            "dl",
        ),
        *(
            "dt",
            "fieldset",
            "figure",
            "footer",
            "form",
            "h1",
            "h2",
            "h3",
            "h4",
            "h5",
            "h6",
            "header",
            "hr",
            "li",
        ),
        *("main", "nav", "ol", "p", "pre", "section", "table", "tbody", "tfoot", "thead", "tr", "ul"),
    }
)
_SPACED: Final = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "blockquote"})
_SILENT: Final = frozenset(
    {
        "head",
        "style",
        "script",
        "title",
        "template",
        "noscript",
        "object",
        "svg",
        "math",
        "select",
        "textarea",
    }
)
_HIDDEN: Final = re.compile(r"display\s*:\s*none|mso-hide\s*:\s*all|visibility\s*:\s*hidden", re.IGNORECASE)
_SPACES: Final = re.compile(r"[ \t\r\n\f\u00a0\u200b\u200c\u2007\u034f]+")
_RULE: Final = "_" * 32
_EMOJI_LENGTH: Final = 8
_MOST_SIGNS: Final = 20
_NEAR: Final = 20  # pieces of a link's text
_NEAR_OUTER: Final = 3  # elements around a blockquote

# How mail programs mark what they quote.
_QUOTING: Final = re.compile(
    r"\b(gmail_quote|gmail_quote_container|gmail_attr|yahoo_quoted|yahoo-quoted|protonmail_quote|zmail_extra|"
    r"moz-cite-prefix|moz-email-headers-table|divRplyFwdMsg|appendonsend|OLK_SRC_BODY_SECTION|mail-editor-reference-"
    r"message-container|ms-outlook-mobile-reference-message|reply-intro|quoted-message|WM_QUOTE|QuotedMessage|"
    r"front-blockquote|hs_reply|airmail_on|iwcQuote|zimbra-quote|tutanota_quote|samsung-mail-quote|mailQuote)\b",
    re.IGNORECASE,
)
# What editors make of "indent" and of their quote button: the writer's own words, not a mail that is quoted.
_INDENTED: Final = re.compile(r"^(?!.*border-left).*(?:margin[^;]*40px|border\s*:\s*none)", re.IGNORECASE)
_OUTLOOK_LINE: Final = re.compile(
    r"border\s*:\s*none\s*;\s*border-top\s*:\s*solid\s*#?\w+\s*1\.0pt\s*;\s*padding\s*:\s*3\.0pt",
    re.IGNORECASE,
)


def plain_text(html: str, *, marks: bool = False, hidden: bool = False) -> str:
    """Return the text, quotations led by ``> ``, with what is hidden or without.

    With ``marks``, ``QUOTE_MARK`` stands where a program's own mark says that a quotation begins.
    """
    tree = _tree(html)
    if tree is None:
        return ""
    writer = _Writer(marks=marks, hidden=hidden)
    for event, element in etree.iterwalk(tree, events=("start", "end")):
        if event == "start":
            writer.enter(element)
        else:
            writer.leave(element)
    return writer.text()


def escaped(text: str) -> str:
    """Plain text as HTML, to stand between pieces of HTML."""
    return "<div>" + entities.escape(text).replace("\n", "<br>\n") + "</div>"


def _tree(html: str) -> Any:
    """The page as a tree, or None where there is none."""
    if not html.strip():
        return None
    try:
        return etree.fromstring(html.encode(), _parser())
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        return None


def _parser() -> HTMLParser:
    return HTMLParser(encoding="utf-8", remove_pis=True, remove_comments=True, huge_tree=True)


class _Writer:
    """Takes the elements one by one, and keeps the lines."""

    def __init__(self, *, marks: bool, hidden: bool) -> None:
        self._marks = marks
        self._says_hidden = hidden
        self._lines: list[str] = []
        self._line: list[str] = []
        self._depth = 0
        self._silent = 0
        self._kept_as_is = 0
        self._numbers: list[int] = []
        self._own_blocks: list[bool] = []  # of the open blockquotes, whether the writer made it

    def enter(self, element: Any) -> None:
        """Begin an element."""
        tag = element.tag
        if self._silent or tag in _SILENT or self._is_hidden(element):
            self._silent += 1
            return
        if tag == "br":
            self._break()
        elif tag in _BLOCKS:
            self._begin_block(element, tag)
        elif tag in {"td", "th"} and self._line:
            self._line.append("\t")
        elif tag == "img":
            self._say_picture(element.get("alt", ""))
        if self._marks and _is_quoting(element):
            self._mark()
        self._kept_as_is += tag == "pre"
        self.say(element.text)

    def leave(self, element: Any) -> None:
        """End an element, and go on with what follows it."""
        if self._silent:
            self._silent -= 1
        else:
            self._end(element, element.tag)
        self.say(element.tail)

    def say(self, text: str | None) -> None:
        """Write text into the line."""
        if not text or self._silent:
            return
        if self._kept_as_is:
            first, *more = text.split("\n")
            self._line.append(first)
            for line in more:
                self._break()
                self._line.append(line)
            return
        shown = _SPACES.sub(" ", text)
        starts = not self._line or self._line[-1].endswith((" ", "\t"))
        self._line.append(shown.lstrip(" ") if starts else shown)

    def text(self) -> str:
        """All that was written."""
        self._new_line()
        return re.sub(r"\n{3,}", "\n\n", "\n".join(self._lines)).strip("\n")

    def _is_hidden(self, element: Any) -> bool:
        return not self._says_hidden and bool(_HIDDEN.search(element.get("style", "")))

    def _begin_block(self, element: Any, tag: str) -> None:
        self._new_line()
        if tag in _SPACED and "MsoNormal" not in element.get("class", ""):
            self._blank()
        if tag in {"ul", "ol"}:
            self._numbers.append(int(tag == "ol"))
        elif tag == "li":
            self._line.append(self._bullet())
        elif tag == "hr":
            self._line.append(_RULE)
            self._new_line()
        elif tag == "blockquote":
            self._own_blocks.append(_is_own_block(element))
            self._depth += not self._own_blocks[-1]

    def _end(self, element: Any, tag: str) -> None:
        if tag == "a":
            self._say_address(element)
        if tag not in _BLOCKS:
            return
        self._new_line()
        self._kept_as_is -= tag == "pre"
        if tag in {"ul", "ol"} and self._numbers:
            self._numbers.pop()
        elif tag == "blockquote":
            self._depth -= not self._own_blocks.pop()
        if tag in _SPACED and "MsoNormal" not in element.get("class", ""):
            self._blank()

    def _bullet(self) -> str:
        if not self._numbers or not self._numbers[-1]:
            return "- "
        self._numbers[-1] += 1
        return f"{self._numbers[-1] - 1}. "

    def _say_picture(self, words: str) -> None:
        """A picture that stands for a smile says so; any other is none of the text."""
        if words and len(words) <= _EMOJI_LENGTH and not words.isascii():
            self._line.append(words)

    def _say_address(self, element: Any) -> None:
        """An address behind a name is worth more than the name."""
        target = element.get("href", "")
        address = target.removeprefix("mailto:").partition("?")[0]
        if (
            target.startswith("mailto:")
            and address
            and address not in "".join(islice(element.itertext(), _NEAR))
        ):
            self._line.append(f" <{address}>")

    def _mark(self) -> None:
        self._new_line()
        self._lines.append(QUOTE_MARK)

    def _new_line(self) -> None:
        if self._line:
            self._break()

    def _break(self) -> None:
        line = "".join(self._line).strip(" ")
        self._line = []
        self._lines.append(self._signs() + line)

    def _signs(self) -> str:
        return "> " * min(self._depth, _MOST_SIGNS)

    def _blank(self) -> None:
        if self._lines and self._lines[-1].strip("> ") and self._lines[-1] != QUOTE_MARK:
            self._lines.append(self._signs().rstrip())


def _is_quoting(element: Any) -> bool:
    if element.tag == "blockquote" and (element.get("type") == "cite" or _is_own_block(element)):
        return bool(element.get("type") == "cite")
    return bool(_QUOTING.search(_marks(element)) or _OUTLOOK_LINE.search(element.get("style", "")))


def _is_own_block(element: Any) -> bool:
    """Tell whether a blockquote only indents, or was made by a quote button outside of a quoted mail."""
    if element.get("type") == "cite":
        return False
    marks = element.get("class", "").split()
    is_by_button = marks == ["gmail_quote"] and not any(
        "gmail_quote" in _marks(outer) for outer in islice(element.iterancestors(), _NEAR_OUTER)
    )
    return is_by_button or (not marks and bool(_INDENTED.search(element.get("style", ""))))


def _marks(element: Any) -> str:
    return f"{element.get('class', '')} {element.get('id', '')} {element.get('name', '')}"
