"""Pages as HubSpot cuts them: a limit, and an opaque mark to go on after."""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode

from flask import request

from portal.demo.emulator.problems import invalid

LARGEST_MARK = 2**62


def page_limit(largest: int = 100) -> int:
    """Return the wanted page size, or raise a 400."""
    text = request.args.get("limit", str(largest))
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:6]) <= largest):
        raise invalid(f"limit is between 1 and {largest}.", "INVALID_LIMIT")
    return int(text)


def page_after(*first: int) -> tuple[int, ...]:
    """Return the numbers in the mark of the previous page, those given for the first, or raise a 400."""
    mark = request.args.get("after", "")
    if not mark:
        return first
    try:
        after = tuple(int(part) for part in urlsafe_b64decode(mark).decode("ascii").split(":"))
    except (ValueError, binascii.Error) as error:
        raise invalid("after is not a mark of this list.", "INVALID_AFTER") from error
    if len(after) != len(first) or not all(0 <= number <= LARGEST_MARK for number in after):
        raise invalid("after is not a mark of this list.", "INVALID_AFTER")
    return after


def page_of(results: list[dict[str, object]], after: tuple[int, ...] | None) -> dict[str, object]:
    """Return the body of one page; ``after`` is None on the last one."""
    if after is None:
        return {"results": results}
    mark = urlsafe_b64encode(":".join(str(part) for part in after).encode()).decode()
    return {
        "results": results,
        "paging": {"next": {"after": mark, "link": f"{request.base_url}?after={mark}"}},
    }
