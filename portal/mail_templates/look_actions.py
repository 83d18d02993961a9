"""Changing how the agency looks to clients."""

from collections.abc import Mapping

from portal.agencies.models import Agency, Member
from portal.audit import trail


def change_look(agency: Agency, name: str, colour: str, footers: Mapping[str, str], by: Member) -> None:
    """Take name, colour and footers over; mails already written stay as they are."""
    before = {"name": agency.name, "colour": agency.colour, "footers": agency.footers}
    agency.name, agency.colour, agency.footers = name, colour.lower(), dict(footers)
    after = {"name": agency.name, "colour": agency.colour, "footers": agency.footers}
    changed = {what: [before[what], after[what]] for what in after if before[what] != after[what]}
    if changed:
        trail.record(by, "agency.look_changed", agency, **changed)


def change_logo(agency: Agency, picture: bytes, by: Member) -> None:
    """Take a picture over that ``logos.fit_logo`` made."""
    agency.logo = picture
    trail.record(by, "agency.logo_changed", agency, bytes=len(picture))


def remove_logo(agency: Agency, by: Member) -> None:
    """Show the agency's name in place of a logo."""
    agency.logo = None
    trail.record(by, "agency.logo_removed", agency)
