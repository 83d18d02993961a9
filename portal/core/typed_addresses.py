"""The one address of a field or a cell: checked as strictly as sending does, with what is wrong in words."""

from dataclasses import dataclass, replace
from typing import Final

from email_validator import EmailNotValidError, validate_email

from portal.core.email_addresses import Doubt, FoundAddress, read_cell
from portal.core.texts import Text, _, _l

NOT_AN_ADDRESS: Final = _l("This is not an email address. It should look like ana@example.com.")
REASONS: Final[dict[Doubt, Text]] = {
    Doubt.APOSTROPHE: _l("It has a curly apostrophe in place of a straight one."),
    Doubt.QUOTE: _l("It begins with an apostrophe that has no pair."),
    Doubt.SPACE: _l("There is a space beside the @."),
    Doubt.LETTERS: _l("Before the @, use only letters without accents, digits, and signs such as . - _ +"),
    Doubt.LOCAL_PART: _l("What stands before the @ is not valid."),
    Doubt.DOMAIN: _l("What stands after the @ is not a domain such as example.com."),
    Doubt.SIGNS: _l("It has signs that may not belong to it."),
    Doubt.JOINED: _l("It has more than one @. These may be two addresses."),
    Doubt.SENTENCE: _l("The next sentence may be stuck to its end."),
    Doubt.SHARED: _l("There are two addresses here, or more. Keep one."),
    Doubt.WORDS: _l("There are other words beside the address."),
}

# Whoever types these has them in front of them; they are right, if rarely.
_FINE_AS_TYPED: Final = frozenset({Doubt.SIGNS})
# What is left of these after our reading is an address; it is put in the place of what was typed.
_READ_OTHERWISE: Final = frozenset({Doubt.APOSTROPHE, Doubt.SPACE, Doubt.SENTENCE})


@dataclass(frozen=True, slots=True)
class Typed:
    """What was typed as an address: what to keep of it, and what is wrong, if anything."""

    text: str
    problem: Text | None = None


def read_typed(text: str, *, nothing: Text = NOT_AN_ADDRESS) -> Typed:
    """Return the address of a field in canonical form, or what was typed and what is wrong with it.

    Where a reading is likely but not certain, it takes the place of the text, to be looked at once more.
    ``nothing`` is said where no address was typed.
    """
    found = [_as_typed(one) for one in read_cell(text)]
    if not found:
        return Typed(text, nothing)
    first = found[0]
    if first.doubt is None:
        return Typed(first.address) if can_be_sent_to(first.address) else Typed(text, nothing)
    if first.doubt in _READ_OTHERWISE:
        problem = _(
            "%(reason)s We corrected that. Check the address, and save again.", reason=REASONS[first.doubt]
        )
        return Typed(first.address, problem)
    return Typed(text, REASONS[first.doubt])


def read_imported(text: str, *, nothing: Text = NOT_AN_ADDRESS) -> Typed:
    """Return the address of a cell in canonical form, or the cell and what is wrong; nothing is guessed."""
    found = read_cell(text)
    if not found:
        return Typed(text, nothing)
    if found[0].doubt:
        return Typed(text, REASONS[found[0].doubt])
    return Typed(found[0].address) if can_be_sent_to(found[0].address) else Typed(text, nothing)


def words_about(found: FoundAddress) -> Text:
    """Return why an address found in a text needs a look, with the words it came from."""
    reason = REASONS[found.doubt] if found.doubt else ""
    return _("Check this address. %(reason)s It came from: “%(words)s”.", reason=reason, words=found.words)


def can_be_sent_to(address: str) -> bool:
    """Tell whether mail may arrive at an address: no reserved domain, no part that is too long."""
    try:
        validate_email(address, check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError:
        return False
    return True


def _as_typed(found: FoundAddress) -> FoundAddress:
    return replace(found, doubt=None) if found.doubt in _FINE_AS_TYPED else found
