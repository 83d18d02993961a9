"""Browsers and networks in words: enough to tell one's own sessions apart."""

from ipaddress import ip_address
from typing import Final

from portal.core.texts import _

# Looked for in this order, since browsers also name the ones they descend from.
_BROWSERS: Final = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS: Final = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def browser_in_words(user_agent: str) -> str:
    """Return "Firefox on Windows" for what a browser says of itself."""
    browser, system = _named(user_agent, _BROWSERS), _named(user_agent, _SYSTEMS)
    if browser and system:
        return str(_("%(browser)s on %(system)s", browser=browser, system=system))
    return browser or system or str(_("Unknown browser"))


def network_in_words(address: str) -> str:
    """Return where a session comes from, as far as an address tells."""
    try:
        ip = ip_address(address)
    except ValueError:
        return str(_("Unknown network"))
    if ip.is_loopback:
        return str(_("This computer"))
    if ip.is_private:
        return str(_("Local network (%(address)s)", address=address))
    return str(address)


def _named(text: str, names: tuple[tuple[str, str], ...]) -> str:
    return next((name for sign, name in names if sign in text), "")
