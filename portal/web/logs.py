"""What is written down of each request, without the secrets that stand in addresses."""

import logging
import re

# Two servers, and Flask itself, which names the address where a request fails for good.
WRITERS = ("werkzeug", "granian.access", "portal")
# A random token or a signature; names of accounts, which may be as long, have no capital letters. What
# stands before it may be written as %2E.
SECRET = re.compile(r"(?<=[/.=%])(?=[A-Za-z0-9_-]*[A-Z])[A-Za-z0-9_-]{20,}")
CUT = "..."


class WithoutSecrets(logging.Filter):
    """Cuts tokens out of a line before anybody writes it."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every line pass, cut."""
        said = record.getMessage()
        cut = SECRET.sub(CUT, said)
        if cut != said:
            record.msg, record.args = cut, ()
        return True


def keep_secrets_out() -> None:
    """Cut the lines of all who write down addresses; harmless when called twice."""
    for name in WRITERS:
        logger = logging.getLogger(name)
        if not any(isinstance(known, WithoutSecrets) for known in logger.filters):
            logger.addFilter(WithoutSecrets())
