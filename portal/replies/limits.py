"""How much of a mail is looked at, and what the reading may cost; larger ones are told, not guessed at."""

from typing import Final

RAW_BYTES: Final = 25 * 1024 * 1024
HEADERS_BYTES: Final = 256 * 1024
HEADER_BYTES: Final = 8 * 1024  # what is longer is cut there
PARTS: Final = 100
DEPTH: Final = 20
TEXT_BYTES: Final = 256 * 1024  # of text and of HTML each; what is longer is cut there
UNPACK_SECONDS: Final = 3.2  # of the clock; with those to read, the answer is there within 5
READ_SECONDS: Final = 1.2
CPU_SECONDS: Final = 10  # for a child whose parent has died
MEMORY_BYTES: Final = 512 * 1024 * 1024
