"""Where HubSpot's calls and pages are."""

import ipaddress
import re
from typing import Final
from urllib.parse import quote, urlsplit

from portal.crm.protocol import Place

VERSION: Final = "2026-09"

USERS: Final = f"/settings/users/{VERSION}"
PERMISSION_SETS: Final = f"{USERS}/roles"
TEAMS: Final = f"{USERS}/teams"
SEATS: Final = f"{USERS}/seats"
DETAILS: Final = f"/account-info/{VERSION}/details"
SIGN_INS: Final = f"/account-info/{VERSION}/activity/login"
USER_SEARCH: Final = f"/crm/objects/{VERSION}/users/search"
OWNERS: Final = f"/crm/owners/{VERSION}"

# Says what the key of a private app may do; HubSpot's documentation gives it no dated version.
TOKEN_INFO: Final = "/oauth/v2/private-apps/get/access-token-info"  # noqa: S105 - an address, no secret

APP_URL: Final = "https://app.hubspot.com"

_HOST = re.compile(r"[A-Za-z0-9.-]+(:[0-9]{1,5})?")


def deep_link(app_url: str, portal_id: str, place: Place, user_id: str = "") -> str:
    """Return the address of a page in the account; without a user's id, one user means all users."""
    users = f"{app_url.rstrip('/')}/settings/{quote(portal_id, safe='')}/users"
    if place is Place.SEATS:
        return f"{users}/seats"
    if place is Place.USER and user_id:
        return f"{users}/user/{quote(user_id, safe='')}"
    return users


def user_path(key: str) -> str:
    """Return the path of one user, by id or by address."""
    return f"{USERS}/{quote(key, safe='')}"


def app_url_of(ui_domain: str) -> str:
    """Return where people sign in, from the domain the account names; loopback has no TLS."""
    if not _HOST.fullmatch(ui_domain):
        return APP_URL
    scheme = "http" if is_loopback(urlsplit(f"//{ui_domain}").hostname or "") else "https"
    return f"{scheme}://{ui_domain}"


def checked_base_url(base_url: str) -> str:
    """Return the API's address without a trailing slash; plain HTTP is for loopback only.

    Raises ``ValueError`` in words for the person who sets the portal up.
    """
    parts = urlsplit(base_url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username is not None:
        raise ValueError("The address of the CRM's API must look like https://api.example.com.")
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError("The address of the CRM's API is a host only, without a path.")
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise ValueError("The address of the CRM's API must start with https://.")
    return f"{parts.scheme}://{parts.netloc}"


def is_loopback(host: str) -> bool:
    """Say whether a host is this machine, by name or number."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
