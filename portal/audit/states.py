"""The job of the trail."""

from datetime import timedelta
from typing import Final

PROVE: Final = "audit.prove"  # the job; no argument
PROVED_EVERY: Final = timedelta(days=1)
