"""What answers must look like, in our own few words."""

Shape = type | tuple[type, ...] | dict | list

USER = {
    "id": str,
    "email": str,
    "firstName?": str,
    "lastName?": str,
    "roleId?": str,
    "roleIds": [str],
    "superAdmin": bool,
    "primaryTeamId?": str,
    "secondaryTeamIds": [str],
    "seatNames": [str],
}
ROLE = {"id": str, "name": str, "requiresBillingWrite": bool}
MANAGED_TEAM = {"id": str, "name": str, "parentTeamId?": str}
MEMBER = {"userId": str, "type": str}
BATCH = {"status": str, "results": [MEMBER], "startedAt": str, "completedAt": str}
TEAM = {
    "id": str,
    "name": str,
    "parentTeamId?": str,
    "userIds": [str],
    "secondaryUserIds": [str],
}
SEAT = {"name": str, "description": str, "remainingSeats?": int}
PAGING = {"next": {"after": str, "link?": str}}
DETAILS = {
    "portalId": int,
    "portalName": str,
    "accountType": str,
    "timeZone": str,
    "utcOffset": str,
    "utcOffsetMilliseconds": int,
    "companyCurrency": str,
    "additionalCurrencies": [str],
    "uiDomain": str,
    "dataHostingLocation": str,
    "createdAt": int,
}
SIGN_IN = {
    "id": str,
    "loginAt": str,
    "userId?": int,
    "email": str,
    "loginSucceeded": bool,
    "ipAddress": str,
    "location": str,
    "countryCode": str,
    "regionCode": str,
    "userAgent": str,
}
OWNER = {
    "id": str,
    "email": str,
    "type": str,
    "firstName": str,
    "lastName": str,
    "userId": (int, type(None)),
    "userIdIncludingInactive": int,
    "createdAt": str,
    "updatedAt": str,
    "archived": bool,
    "teams": [{"id": str, "name": str, "primary": bool}],
}
RECORD = {
    "id": str,
    "properties": {
        "hs_object_id": str,
        "hs_internal_user_id": (str, type(None)),
        "hs_email": str,
        "hs_given_name": (str, type(None)),
        "hs_family_name": (str, type(None)),
        "hs_deactivated": str,
        "hs_createdate": str,
        "hs_lastmodifieddate": str,
    },
    "createdAt": str,
    "updatedAt": str,
    "archived": bool,
}
TOKEN_INFO = {"userId": int, "hubId": int, "appId": int, "scopes": [str]}
INTROSPECTED = {
    "active": bool,
    "token": str,
    "token_use": str,
    "token_type": str,
    "client_id": str,
    "app_id": int,
    "hub_id": int,
    "user_id": int,
    "is_private_distribution": bool,
    "scopes": [str],
    "expires_in": int,
}
TOKENS = {
    "token_type": str,
    "access_token": str,
    "refresh_token": str,
    "expires_in": int,
    "hub_id": int,
    "scopes": [str],
}
ERROR = {
    "status": str,
    "category": str,
    "message": str,
    "correlationId": str,
    "subCategory?": str,
    "context?": {"*": [str]},
    "errors?": [{"message": str, "code?": str, "subCategory?": str, "context?": {"*": [str]}}],
    "error?": str,
    "error_description?": str,
    "errorType?": str,
    "policyName?": str,
    "groupName?": str,
    "requestId?": str,
}


def listed(shape: Shape) -> Shape:
    """Return the shape of a page of these."""
    return {"results": [shape], "paging?": PAGING}


def check(value: object, shape: Shape, place: str = "answer") -> None:
    """Fail where the value is not exactly of this shape."""
    if isinstance(shape, dict):
        _check_object(value, shape, place)
    elif isinstance(shape, list):
        assert type(value) is list, f"{place} is no list"
        for number, item in enumerate(value):
            check(item, shape[0], f"{place}[{number}]")
    elif isinstance(shape, tuple):
        assert type(value) in shape, f"{place} is {value!r}"
    else:
        assert type(value) is shape, f"{place} is {value!r}"


def _check_object(value: object, shape: dict, place: str) -> None:
    assert type(value) is dict, f"{place} is no object"
    if "*" in shape:
        shape = dict.fromkeys(value, shape["*"])
    known = {name.removesuffix("?") for name in shape}
    required = {name for name in shape if not name.endswith("?")}
    assert required <= value.keys() <= known, f"{place} has {sorted(value.keys() ^ known)}"
    for name, item in value.items():
        check(item, shape.get(name, shape.get(f"{name}?")), f"{place}.{name}")
