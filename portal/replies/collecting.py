"""Whom each part of an answer speaks of: people are kept in mind from one part to the next."""

from collections.abc import Sequence
from datetime import date
from typing import Final

from portal.replies.clauses import LIKELY, Clause, Role
from portal.replies.cues import cue
from portal.replies.deciding import Evidence
from portal.replies.facts import MOST_CONFIDENCE, FoundJobRole, Question
from portal.replies.mentions import Namer, Person
from portal.replies.refusals import points_back, refused_at
from portal.replies.roles import ADMINISTRATOR
from portal.replies.segments import Sentence
from portal.replies.starts import start_in

_FOR: Final = frozenset(("for", "fur", "pour", "voor", "para", "a", "aan", "to"))
_DITTO: Final = 6  # words
_FEW: Final = 4  # words; so few without a name answer the question


class Collector:
    """Takes the parts of an answer in their order, and keeps in mind of whom they speak."""

    def __init__(self, question: Question, namer: Namer, on: date | None) -> None:
        self._namer = namer
        self._replaced: tuple[int, Sentence] | None = None
        self._asked = question.asked
        self._on = on
        self._language = question.sent.language if question.sent else ""
        self._evidence: dict[str, Evidence] = {}
        self._subject: list[Person] = []
        self._speaks_of_other = False
        self._is_doubtful = False  # "if", "later": up to the end of the sentence
        self._was_bare = False
        self._has_others = False
        self._is_assumed = False  # nobody is named, and the words may be about anybody
        self.loose: dict[str, FoundJobRole] = {}
        self.first_day: date | None = None

    def people(self) -> list[Evidence]:
        """Those of whom something was said."""
        return [one for one in self._evidence.values() if one.is_worth_showing]

    def add(self, clause: Clause, following: Clause | None) -> None:
        """Take one part."""
        self._open(clause)
        self._is_assumed = False
        if clause.segment.label in {"field_boss", "field_other"}:
            return
        self._add_new(clause, following)
        self._has_others |= bool(clause.others)
        groups = self._groups(clause)
        for people, roles in groups:
            for person in people:
                self._say(person, clause, roles)
        self._refuse(clause)
        self._note_start(clause)
        self._note_replaced(clause)
        self._was_bare = clause.is_bare and (following is None or following.segment.opens in {"", "line"})

    def _open(self, clause: Clause) -> None:
        """Forget what does not reach this far."""
        segment = clause.segment
        if segment.opens:
            self._is_doubtful = False
            if segment.opens == "paragraph" and len(self._asked) > 1 and not clause.says("pronoun"):
                self._subject, self._speaks_of_other = [], False
        maybe, now = segment.says("maybe", clause.language), segment.says("now", clause.language)
        if now:
            self._is_doubtful = False
        if segment.says("handed_on", clause.language) and not _has_role_before(clause):
            self._is_doubtful = True
        if maybe and not (now and now.start() > maybe.start()):
            self._is_doubtful = True

    def _add_new(self, clause: Clause, following: Clause | None) -> None:
        """Somebody new without an address: in a list beside a job role, or instead of somebody else."""
        listed = self._namer.listed(clause.segment)
        says_role = (
            following is not None
            and not following.segment.opens
            and any(role.confidence > LIKELY and not role.is_refused for role in following.roles)
        )
        if listed and says_role and not clause.people:
            clause.people, clause.others = [listed], []
            return
        forgotten = self._left_out(clause)
        if forgotten:
            clause.people, clause.others = [forgotten], []
            return
        sentence = clause.segment.sentence
        if (
            self._replaced is None
            or sentence is not self._replaced[1]
            or not cue("instead").search(sentence.words)
        ):
            return
        name = self._namer.first_name_in(clause.segment)
        if name and not clause.people and not any(role.start < name.end for role in clause.roles):
            clause.people, clause.others = [name], []
        new = next((person for person in clause.people if person.asked is None), None)
        if new is not None:
            evidence = self._evidence.setdefault(new.key, Evidence(new))
            evidence.instead_of = self._replaced[0]
            asked = self._evidence[str(self._replaced[0])]
            asked.refuse(clause)
            asked.needs_a_look = True
            self._replaced = None

    def _left_out(self, clause: Clause) -> Person | None:
        """Somebody with a full name of whom the sentence says that they were left out of the question."""
        words = clause.segment.sentence.words
        is_written_to = "xaddress" in words  # an address says better who it is
        if clause.people or is_written_to or not cue("left_out", clause.language).search(words):
            return None
        if any(cue(topic, clause.language).search(words) for topic in ("remove", "handed_on", "past")):
            return None
        taken = {at for role in clause.roles for at in range(role.start, role.end)}
        return self._namer.full_name_in(clause.segment, taken)

    def _note_replaced(self, clause: Clause) -> None:
        """Keep in mind who is refused, as the sentence may name another instead: "not Ben, Carla"."""
        known = [person for person in clause.people if person.asked is not None]
        if len(known) == 1 and clause.refuses_only(known[0]):
            self._evidence.setdefault(known[0].key, Evidence(known[0]))
            self._replaced = (known[0].asked or 0, clause.segment.sentence)

    def _groups(self, clause: Clause) -> list[tuple[list[Person], list[Role]]]:
        """Whom the part speaks of, and with which job roles; keeps the last ones in mind."""
        if clause.people:
            return self._of_named(clause)
        oneself = clause.segment.says("oneself", clause.language)
        if oneself and oneself.start() <= len("and "):
            return []
        if self._turns_to_other(clause):
            self._subject, self._speaks_of_other = [], True
            return []
        everybody = self._everybody(clause)
        if everybody:
            self._subject, self._speaks_of_other = everybody, False
        if self._speaks_of_other:
            return []
        people = self._subject or self._alone()
        self._is_assumed = not self._subject and not _is_plainly_meant(clause)
        if not people:
            self._keep_loose(clause)
        return [(people, clause.roles)] if people else []

    def _turns_to_other(self, clause: Clause) -> bool:
        head = clause.segment.says("somebody_else", clause.language)
        if head and head.start() <= len("and "):
            return clause.segment.sign != "("
        relative = clause.words.split(" ")[0] in {
            "who",
            "whose",
            "qui",
            "die",
            "der",
            "que",
            "quien",
            "welche",
        }
        if relative and self._has_others and not clause.segment.opens:
            return True
        return any(other.acts and not _has_before(clause, other.start) for other in clause.others)

    def _everybody(self, clause: Clause) -> list[Person]:
        found = clause.segment.says("everybody", clause.language)
        if not found or (len(self._asked) == 1 and not clause.roles):
            return []
        return [Person(one.name, one.email, at, 0, 0, 0.8) for at, one in enumerate(self._asked)]

    def _alone(self) -> list[Person]:
        """The one who must be meant where one was asked about."""
        if len(self._asked) != 1:
            return []
        one = self._asked[0]
        return [Person(one.name, one.email, 0, 0, 0, 1.0)]

    def _keep_loose(self, clause: Clause) -> None:
        if self._is_doubtful or clause.segment.sentence.is_question or clause.says("past"):
            return
        for role in clause.roles:
            if not role.is_refused:
                self.loose.setdefault(role.key, _job_role(role, 1.0))

    def _of_named(self, clause: Clause) -> list[tuple[list[Person], list[Role]]]:
        """People who are named together, with what is said of them: behind their names, or before "for"."""
        first = clause.people[0].start
        if any(other.acts and other.start < first for other in clause.others) or self._is_others_head(
            clause, first
        ):
            self._subject, self._speaks_of_other = [], True
            return []
        before = [role for role in clause.roles if role.start < first]
        if (
            clause.is_bare
            and self._was_bare
            and not clause.segment.opens
            and clause.segment.sign in {",", "("}
        ):
            self._subject = [*self._subject, *clause.people]
            return [(clause.people, [])]
        joined = self._was_bare and not clause.segment.opens and clause.segment.sign in {",", "&"}
        is_for = bool(before) and bool(_FOR & set(clause.words.split(" ")[max(0, first - 3) : first]))
        groups: list[tuple[list[Person], list[Role]]] = [(list(self._subject) if joined else [], [])]
        events: list[Person | Role] = sorted([*clause.people, *clause.roles], key=lambda one: one.start)
        for event in events:
            people, said = groups[-1]
            if isinstance(event, Person):
                if people and said and not is_for:
                    groups.append(([event], []))
                else:
                    people.append(event)
            elif is_for and people:
                groups.append(([], [event]))
            else:
                said.append(event)
        self._subject, self._speaks_of_other = next((p for p, _ in reversed(groups) if p), []), False
        return groups

    def _is_others_head(self, clause: Clause, first: int) -> bool:
        found = clause.segment.says("somebody_else", clause.language)
        if found is None:
            return False
        start, end = clause.segment.places(found)
        return start == 0 and end < first and bool(clause.roles)

    def _say(self, person: Person, clause: Clause, roles: Sequence[Role]) -> None:
        evidence = self._evidence.setdefault(person.key, Evidence(person))
        evidence.confidence = max(evidence.confidence, person.confidence)
        evidence.needs_a_look |= self._is_assumed and bool(roles)
        evidence.take(clause, roles, is_doubtful=self._is_doubtful, has_others=self._has_others)
        says_little = len(clause.segment.tokens) <= _DITTO
        if (
            person.asked is not None
            and clause.says("ditto")
            and says_little
            and not clause.says("same_as")
            and not roles
        ):
            self._copy(evidence, clause)
        sentence = clause.segment.sentence.words
        if (
            person.asked is None
            and person.email
            and cue("adding").search(sentence)
            and not cue("ask", clause.language).search(sentence)
        ):
            evidence.is_added = True

    def _copy(self, evidence: Evidence, clause: Clause) -> None:
        """As for the one before: "Ben ditto"."""
        others = [one for one in self._evidence.values() if one is not evidence and one.roles]
        if others and not evidence.roles:
            roles = others[-1].roles.items()
            evidence.roles.update((key, role) for key, role in roles if key != ADMINISTRATOR)
            evidence.needs_a_look = True
            evidence.show(clause)

    def _refuse(self, clause: Clause) -> None:
        """Take a refusal of access, where it is about somebody asked about and nobody else."""
        place = refused_at(clause)
        if place is None or self._speaks_of_other or self._is_doubtful:
            return
        named = [person for person in clause.people if person.asked is not None]
        sentence = clause.segment.sentence.words
        is_gone = bool(cue("remove", clause.language).search(sentence))  # of whom, a pronoun does not say
        if not named and (is_gone or self._has_others or not points_back(clause, place)):
            return
        for person in named or self._subject or self._alone():
            evidence = self._evidence.setdefault(person.key, Evidence(person))
            evidence.refuse(clause)

    def _note_start(self, clause: Clause) -> None:
        if self._on is None or self._is_doubtful or self._speaks_of_other:
            return
        found = start_in(clause, self._on, self._language or clause.language)
        if found is None:
            return
        for person in self._subject:
            evidence = self._evidence.setdefault(person.key, Evidence(person))
            evidence.take_start(found)
        if not self._subject and not found.is_doubtful:
            self.first_day = self.first_day or found.day


def _is_plainly_meant(clause: Clause) -> bool:
    """Tell whether words without a name can only be about the one person asked about."""
    words = clause.words.split(" ")
    return len(words) <= _FEW or any(cue("strong_pronoun", clause.language).fullmatch(word) for word in words)


def _has_role_before(clause: Clause) -> bool:
    """Tell whether a job role stands before the words that hand the question on."""
    found = clause.segment.says("handed_on", clause.language)
    place = clause.segment.places(found)[0] if found else 0
    return any(person.start < place for person in clause.people) and _has_before(clause, place)


def _has_before(clause: Clause, place: int) -> bool:
    return any(role.start < place and role.confidence > LIKELY for role in clause.roles)


def _job_role(role: Role, factor: float) -> FoundJobRole:
    return FoundJobRole(role.key, role.words, round(min(MOST_CONFIDENCE, role.confidence * factor), 2))
