"""Believable European names for people and companies, the same for the same seed."""

import json
import random
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Region:
    """Names, trades and habits of one part of Europe."""

    language: str
    time_zone: str
    currency: str
    first_names: tuple[str, ...]
    last_names: tuple[str, ...]
    trades: tuple[str, ...]


def _region(known: dict[str, Any]) -> Region:
    lists = {name: tuple(value) for name, value in known.items() if isinstance(value, list)}
    return Region(**(known | lists))


REGIONS = tuple(map(_region, json.loads(Path(__file__).with_name("names.json").read_text("utf-8"))))


@dataclass(frozen=True, slots=True)
class Person:
    """Someone believable, with an address at a domain that can never receive mail."""

    first_name: str
    last_name: str
    email: str


def people(region: Region, domain: str, seed: str) -> Iterator[Person]:
    """Yield different people with different addresses, the same for the same seed, 64,000 at most."""
    rng = random.Random(seed)  # noqa: S311  # believable, not secret
    pairs = list(product(region.first_names, region.last_names))
    rng.shuffle(pairs)
    for first_name, last_name in pairs:
        yield _person(first_name, last_name, domain)
    for married in rng.sample(region.last_names, len(region.last_names)):
        for first_name, last_name in pairs:
            if last_name != married:
                yield _person(first_name, f"{last_name}-{married}", domain)


def company(number: int, seed: str = "") -> tuple[str, str, Region]:
    """Return name, domain and region of a company; different numbers below 64,000 give different names."""
    region = REGIONS[number % len(REGIONS)]
    turn = number // len(REGIONS) + sum(seed.encode())
    place = turn * 7 % len(region.last_names)
    family = region.last_names[place]
    partner = number // (len(REGIONS) * len(region.last_names) * len(region.trades))
    if partner:  # every family had a company in every trade by now
        family = f"{family} & {region.last_names[(place + partner) % len(region.last_names)]}"
    trade = region.trades[(turn + turn // len(region.last_names)) % len(region.trades)]
    name = f"{family} {trade}" if region.language in {"nl", "de", "en"} else f"{trade} {family}"
    name = name[0].upper() + name[1:]
    return name, f"{slug(name)}.example", region


@cache
def slug(text: str) -> str:
    """Return the text in plain lower-case letters, digits and hyphens."""
    plain = (
        unicodedata.normalize(
            "NFKD", text.replace("\N{LATIN SMALL LETTER DOTLESS I}", "i").replace("ß", "ss")
        )
        .encode("ascii", "ignore")
        .decode()
    )
    return "-".join("".join(letter if letter.isalnum() else " " for letter in plain.lower()).split())


def _person(first_name: str, last_name: str, domain: str) -> Person:
    return Person(first_name, last_name, f"{slug(first_name)}.{slug(last_name)}@{domain}")
