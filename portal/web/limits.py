"""How often somebody may try: one limiter for all rooms, counted per network."""

import re
from ipaddress import IPv6Address, IPv6Network, ip_address
from typing import Final

from flask import request
from flask_limiter import Limiter

IPV6_NETWORK: Final = 64  # what one household or office gets; any address in it is the same people
UNKNOWN: Final = "unknown"  # what proxies write where they hide an address; all of these share one count

# Some proxies write the port as well: 192.0.2.1:4711, [2001:db8::1]:4711.
_WITH_PORT: Final = re.compile(r"\[([0-9A-Fa-f:.]+)\](?::\d+)?|([0-9.]+):\d+")


def network() -> str:
    """Return whom to count a try against: the IPv4 address, or for IPv6 its network."""
    text = request.remote_addr or UNKNOWN
    if found := _WITH_PORT.fullmatch(text):
        text = found[1] or found[2]
    try:
        address = ip_address(text)
    except ValueError:
        return UNKNOWN
    if not isinstance(address, IPv6Address):
        return str(address)
    if address.ipv4_mapped:  # the same visitor, seen through a socket for both kinds
        return str(address.ipv4_mapped)
    return str(IPv6Network((int(address), IPV6_NETWORK), strict=False))


limiter = Limiter(network, strategy="moving-window")
