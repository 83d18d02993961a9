"""Who and what is in the demo: the agency's members, its accounts, and the stories of its requests."""

from dataclasses import dataclass
from typing import Final

from portal.accounts.states import Crm
from portal.agencies.models import Position
from portal.demo.emulator.names import Person, Region, company, people
from portal.demo.emulator.seeds import SeedAccount

AGENCY: Final = "Northlight"


@dataclass(frozen=True, slots=True)
class CastMember:
    """Somebody of the agency; ``sees`` is None for all accounts, else how many."""

    name: str
    email: str
    position: Position
    language: str = "en"
    sees: int | None = None


MEMBERS: Final = (
    CastMember("Margaux Delacroix", "margaux.delacroix@northlight.example", Position.OWNER),
    CastMember("Jeroen Aerts", "jeroen.aerts@northlight.example", Position.PARTNER_ADMIN),
    CastMember("Sophie Brandt", "sophie.brandt@northlight.example", Position.CONSULTANT),
    CastMember("Tom Wilkins", "tom.wilkins@northlight.example", Position.VIEWER, sees=8),
)

TAGS: Final = ("retainer", "onboarding", "enterprise", "quarterly review", "trial")


@dataclass(frozen=True, slots=True)
class CastAccount:
    """An account of the demo; ``tier`` is empty where no CRM is connected."""

    number: int
    crm: Crm = Crm.HUBSPOT
    tier: str = ""
    token_is_dead: bool = False

    @property
    def name(self) -> str:
        """The client's name."""
        return self._company()[0]

    @property
    def region(self) -> Region:
        """Where the client is: its language, its names."""
        return self._company()[2]

    @property
    def portal_id(self) -> int:
        """The id HubSpot shows for the account."""
        return SeedAccount(self.tier, self.number, self.name).portal_id

    @property
    def token(self) -> str:
        """What opens the account in the emulated HubSpot."""
        return f"demo-{self.tier}-{self.number}"

    def people(self, seed: str, count: int) -> list[Person]:
        """Return some people of the client who have no user yet; the same for the same seed."""
        everyone = people(self.region, self._company()[1], f"{seed}-{self.number}")
        return [person for person, _ in zip(everyone, range(count), strict=False)]

    def _company(self) -> tuple[str, str, Region]:
        return company(self.number, self.tier or "enterprise")


ACCOUNTS: Final = (
    *(CastAccount(number, tier="enterprise") for number in range(1, 11)),
    *(CastAccount(number, tier="professional") for number in range(11, 23)),
    *(CastAccount(number, tier="starter") for number in range(23, 29)),
    *(CastAccount(number, tier="free") for number in range(29, 32)),
    CastAccount(32, tier="professional", token_is_dead=True),
    *(CastAccount(number) for number in range(33, 37)),
    CastAccount(37, Crm.PIPEDRIVE),
    CastAccount(38, Crm.PIPEDRIVE),
    CastAccount(39, Crm.SALESFORCE),
    CastAccount(40, Crm.MANUAL),
)
