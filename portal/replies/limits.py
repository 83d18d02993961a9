"""How much of a mail is looked at, and what the reading may cost; larger ones are told, not guessed at."""

from typing import Final

RAW_BYTES: Final = 25 * 1024 * 1024
HEADERS_BYTES: Final = 256 * 1024
HEADER_BYTES: Final = 8 * 1024  # what is longer is cut there
PARTS: Final = 100
DEPTH: Final = 20
TEXT_BYTES: Final = 256 * 1024  # of text and of HTML each; what is longer is cut there
LISTS: Final = 5  # of people that come along with one mail
LIST_BYTES: Final = 5 * 1024 * 1024
LIST_UNPACKED_BYTES: Final = 50 * 1024 * 1024  # all that is packed inside a workbook
LIST_SHEETS: Final = 10
LIST_ROWS: Final = 5000  # that hold something, in one sheet
LIST_COLUMNS: Final = 40  # those behind are not looked at
LIST_CELL: Final = 500  # characters; what is longer is cut there
LIST_PEOPLE: Final = 50  # of one list; the others are counted
LIST_SECONDS: Final = 5.0
UNPACK_SECONDS: Final = 3.2  # of the clock; with those to read, the answer is there within 5
READ_SECONDS: Final = 1.2
CPU_SECONDS: Final = 10  # for a child whose parent has died
MEMORY_BYTES: Final = 512 * 1024 * 1024
