"""Whose certificates we believe when a mail server shows one."""

import ssl
from pathlib import Path


def checking(ca_file: Path | None) -> ssl.SSLContext:
    """Return a context that checks name and certificate; ``ca_file`` adds authorities to the system's own."""
    context = ssl.create_default_context()
    if ca_file:
        context.load_verify_locations(ca_file)
    return context
