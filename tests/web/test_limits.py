import pytest
from flask import Flask

from portal.web.limits import network

ADDRESSES = {
    "192.0.2.1": "192.0.2.1",
    "192.0.2.1:4711": "192.0.2.1",
    "::ffff:192.0.2.1": "192.0.2.1",
    "[::ffff:192.0.2.1]:4711": "192.0.2.1",
    "2001:db8::1": "2001:db8::/64",
    "[2001:db8::2]:4711": "2001:db8::/64",
    "[2001:db8::2]": "2001:db8::/64",
    "unknown": "unknown",
    "_hidden": "unknown",
    "192.0.2.1.9:x": "unknown",
}


@pytest.mark.parametrize(("given", "counted"), ADDRESSES.items())
def test_one_visitor_has_one_count_however_a_proxy_writes_the_address(
    app: Flask, given: str, counted: str
) -> None:
    with app.test_request_context(environ_base={"REMOTE_ADDR": given}):
        assert network() == counted
