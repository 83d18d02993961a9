"""Our own template language, ``((placeholder))`` and ``((condition??text))``: what users write is never code.

Reading is one pass from left to right, so hostile text costs no more than its length.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from typing import Final

from portal.core.errors import BadInput
from portal.core.texts import Text, _l

MAX_SUBJECT: Final = 200
MAX_BODY: Final = 20_000
MAX_NAME: Final = 40
MAX_PROBLEMS: Final = 20

_PLAIN = re.compile(r"[^()]+|[()]")


class Shape(StrEnum):
    """What a placeholder's value is: text, a list of texts, the address of a page, or several with names."""

    TEXT = "text"
    LIST = "list"
    LINK = "link"
    LINKS = "links"


class Part(StrEnum):
    """The two parts of a template a person writes."""

    SUBJECT = "subject"
    BODY = "body"


@dataclass(frozen=True, slots=True)
class Words:
    """Text that stands in the template as it will stand in the mail."""

    text: str


@dataclass(frozen=True, slots=True)
class Slot:
    """A place for a value: ``((name))``."""

    name: str
    offset: int


@dataclass(frozen=True, slots=True)
class Condition:
    """Text that is there only when the named value is: ``((name??text))``."""

    name: str
    offset: int
    inside: tuple[Words | Slot, ...]


Node = Words | Slot | Condition


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a template cannot be used, and where to look; lines and columns count from one."""

    part: Part
    line: int
    column: int
    message: Text


@dataclass(frozen=True, slots=True)
class Rules:
    """What a mail needs to know of a placeholder; one whose value may be missing is ``optional``."""

    shape: Shape = Shape.TEXT
    must_appear: bool = False
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Template:
    """A subject and a body that were read and found sound."""

    subject: tuple[Node, ...]
    body: tuple[Node, ...]


class TemplateRefused(BadInput):
    """The template was not saved; ``problems`` says why and where."""

    status = 422
    title = _l("This text cannot be used yet")
    message = _l("Nothing was saved. Correct the places listed, and save again.")

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__()
        self.problems = tuple(problems)


def read_template(subject: str, body: str, declared: Mapping[str, Rules]) -> Template:
    """Read what a person wrote, or raise ``TemplateRefused`` with every problem found (at most 20)."""
    too_long = [
        Problem(part, 1, 1, _l("This is too long: at most %(most)s characters.", most=most))
        for part, text, most in ((Part.SUBJECT, subject, MAX_SUBJECT), (Part.BODY, body, MAX_BODY))
        if len(text) > most
    ]
    if too_long:
        raise TemplateRefused(too_long)
    head, text = _Reader(Part.SUBJECT, subject.strip()), _Reader(Part.BODY, body)
    template = Template(tuple(head.read()), tuple(text.read()))
    problems = [
        *head.problems,
        *text.problems,
        *_subject_problems(head, template.subject, declared),
        *_name_problems(head, template.subject, declared),
        *_name_problems(text, template.body, declared),
        *_missing(template.body, declared),
    ]
    if problems:
        problems.sort(key=lambda problem: (problem.part is Part.BODY, problem.line, problem.column))
        raise TemplateRefused(problems[:MAX_PROBLEMS])
    return template


class _Reader:
    """Turns one part into nodes; what cannot be understood is kept as words and noted as a problem."""

    def __init__(self, part: Part, source: str) -> None:
        self.part = part
        self.source = source.replace("\r\n", "\n").replace("\r", "\n")
        self.problems: list[Problem] = []
        self._at = 0
        self._nodes: list[Node] = []
        self._condition: tuple[str, int] | None = None
        self._inside: list[Words | Slot] = []
        self._open_brackets = 0

    def read(self) -> list[Node]:
        """Return the nodes from first to last."""
        while self._at < len(self.source):
            if self._sees("((") and not self._sees("((("):
                self._read_opening()
            elif self._condition and not self._open_brackets and self._sees("))"):
                self._close_condition()
            else:
                self._read_words()
        if self._condition:
            self.problem(self._condition[1], _l("This condition is never closed: )) is missing."))
            self._close_condition()
        return self._nodes

    def problem(self, offset: int, message: Text) -> None:
        """Note what is wrong at a place in the source, up to the number a person would read."""
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(self.describe(offset, message))

    def describe(self, offset: int, message: Text) -> Problem:
        """Say in which line and column the offset lies."""
        line = self.source.count("\n", 0, offset) + 1
        return Problem(self.part, line, offset - self.source.rfind("\n", 0, offset), message)

    def _sees(self, sign: str) -> bool:
        return self.source.startswith(sign, self._at)

    def _read_opening(self) -> None:
        start, end = self._at, self._end_of_name(self._at + 2)
        name = re.sub(r"[ -]", "_", self.source[start + 2 : end].strip().lower())
        if name and self.source.startswith("))", end):
            self._keep(Slot(name, start))
        elif name and self.source.startswith("??", end) and not self._condition:
            self._condition, self._inside, self._open_brackets = (name, start), [], 0
        elif name and self.source.startswith("??", end):
            self.problem(start, _l("A condition cannot stand inside another condition."))
        else:
            self.problem(start, _l("After (( comes a name, and after the name )) or ??."))
            end = start
        self._at = end + 2

    def _end_of_name(self, start: int) -> int:
        end, limit = start, min(len(self.source), start + MAX_NAME)
        while end < limit and (self.source[end].isalnum() or self.source[end] in " _-"):
            end += 1
        return end

    def _close_condition(self) -> None:
        if self._condition:
            name, start = self._condition
            self._nodes.append(Condition(name, start, tuple(self._inside)))
        self._condition = None
        self._at += 2

    def _read_words(self) -> None:
        """Take plain text; inside a condition a single bracket is text as long as it is paired."""
        found = _PLAIN.match(self.source, self._at)
        text = found.group() if found else ""
        if text == "(":
            self._open_brackets += 1
        elif text == ")" and self._open_brackets:
            self._open_brackets -= 1
        self._keep(Words(text))
        self._at += len(text)

    def _keep(self, node: Words | Slot) -> None:
        (self._inside if self._condition else self._nodes).append(node)


def names_in(nodes: Sequence[Node]) -> Iterator[Slot | Condition]:
    """Every use of a name, those inside conditions too."""
    for node in nodes:
        if isinstance(node, Condition):
            yield node
            yield from (inner for inner in node.inside if isinstance(inner, Slot))
        elif isinstance(node, Slot):
            yield node


def _name_problems(
    reader: _Reader, nodes: Sequence[Node], declared: Mapping[str, Rules]
) -> Iterator[Problem]:
    unknown = [use for use in names_in(nodes) if use.name not in declared]
    for use in unknown[:MAX_PROBLEMS]:
        near = get_close_matches(use.name, declared, n=1)
        if near:
            message = _l(
                "There is no ((%(name)s)) in this mail. Did you mean ((%(near)s))?",
                name=use.name,
                near=near[0],
            )
        else:
            message = _l("There is no ((%(name)s)) in this mail.", name=use.name)
        yield reader.describe(use.offset, message)


def _subject_problems(
    reader: _Reader, nodes: Sequence[Node], declared: Mapping[str, Rules]
) -> Iterator[Problem]:
    if not nodes:
        yield reader.describe(0, _l("A mail needs a subject."))
    if "\n" in reader.source:
        yield reader.describe(reader.source.index("\n"), _l("A subject is a single line."))
    links = {name for name, rules in declared.items() if rules.shape in {Shape.LINK, Shape.LINKS}}
    for use in [use for use in names_in(nodes) if isinstance(use, Slot) and use.name in links][:MAX_PROBLEMS]:
        yield reader.describe(use.offset, _l("A link cannot stand in a subject."))


def _missing(body: Sequence[Node], declared: Mapping[str, Rules]) -> Iterator[Problem]:
    """A name that must appear counts only outside conditions: inside one it may vanish."""
    used = {node.name for node in body if isinstance(node, Slot)}
    for name, rules in declared.items():
        if rules.must_appear and name not in used:
            yield Problem(
                Part.BODY, 1, 1, _l("((%(name)s)) is missing: without it this mail is of no use.", name=name)
            )
