"""How often somebody may try: one limiter for all rooms, counted per network."""

from ipaddress import IPv6Address, IPv6Network, ip_address

from flask import request
from flask_limiter import Limiter

IPV6_NETWORK = 64  # what one household or office gets; any address in it is the same people


def network() -> str:
    """Return whom to count a try against: the address, or for IPv6 its network."""
    address = ip_address(request.remote_addr or "127.0.0.1")
    if isinstance(address, IPv6Address):
        return str(IPv6Network((int(address), IPV6_NETWORK), strict=False))
    return str(address)


limiter = Limiter(network, strategy="moving-window")
