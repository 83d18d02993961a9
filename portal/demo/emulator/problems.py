"""Refusals in the shape HubSpot gives them."""

from collections.abc import Mapping
from uuid import uuid4

from flask import Response, jsonify

TEN_SECONDS_MS = 10_000


class Problem(Exception):
    """An answer that is a refusal; ``code`` becomes the subCategory and the code of its one error.

    What HubSpot says in that error alone, such as a context, stands in ``error``.
    """

    def __init__(
        self,
        status: int,
        category: str,
        message: str,
        *,
        code: str = "",
        error: Mapping[str, object] | None = None,
        extra: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.category = category
        self.message = message
        self.code = code
        self.error = dict(error or {})
        self.extra = dict(extra or {})
        self.headers = dict(headers or {})

    def answer(self) -> Response:
        """Return the refusal as an HTTP answer."""
        body: dict[str, object] = {
            "status": "error",
            "category": self.category,
            "message": self.message,
            "correlationId": str(uuid4()),
        }
        said = ({"code": self.code} if self.code else {}) | self.error
        if said:
            body["errors"] = [{"message": self.message, **said}]
        if self.code:
            body["subCategory"] = self.code
        answer = jsonify(body | self.extra)
        answer.status_code = self.status
        answer.headers.update(self.headers)
        return answer


def unauthorized(*, expired: bool = False) -> Problem:
    """Return what an unknown, revoked or expired token is told."""
    if expired:
        return Problem(401, "EXPIRED_AUTHENTICATION", "The OAuth token used to make this call has expired.")
    return Problem(401, "INVALID_AUTHENTICATION", "Authentication credentials were not found or are invalid.")


def missing_scopes(*scopes: str) -> Problem:
    """Return what a token without any of these scopes is told."""
    error = {"context": {"requiredGranularScopes": list(scopes)}}
    return Problem(403, "MISSING_SCOPES", "One or more required scopes were not granted.", error=error)


def no_seat() -> Problem:
    """Return what a call for a seat that is not left is told, with the family before the code."""
    message = "There is no seat available for this combination of roles and seats."
    code = "AppUserErrors.NO_SEAT_AVAILABLE_FOR_ROLE_COMBINATION"
    return Problem(400, "VALIDATION_ERROR", message, code=code)


def not_on_any_hubs() -> Problem:
    """Return what a change of somebody is told who never signed in; the code stands in the error alone."""
    message = "The user is not on any hubs. They have to sign in first."
    error = {"subCategory": "AppUserErrors.USER_NOT_ON_ANY_HUBS"}
    return Problem(400, "VALIDATION_ERROR", message, error=error)


def not_found(what: str) -> Problem:
    """Return what a call for something absent is told."""
    return Problem(404, "OBJECT_NOT_FOUND", f"There is no such {what} in this account.")


def invalid(message: str, code: str = "", **context: str) -> Problem:
    """Return what a call with unusable input is told."""
    named = {key: [value] for key, value in context.items()}
    error = {"context": named} if named else None
    return Problem(400, "VALIDATION_ERROR", message, code=code, error=error)


def rate_limited(policy: str, headers: Mapping[str, str] | None = None) -> Problem:
    """Return what a caller over a budget is told; ``policy`` is TEN_SECONDLY_ROLLING, SECONDLY or DAILY."""
    extra = {
        "errorType": "RATE_LIMIT",
        "policyName": policy,
        "groupName": "emulator",
        "requestId": str(uuid4()),
    }
    message = f"You have reached your {policy.lower()} limit."
    return Problem(429, "RATE_LIMITS", message, extra=extra, headers=headers)


def locked() -> Problem:
    """Return what a call for a resource in use is told."""
    return Problem(423, "RESOURCE_LOCKED", "This resource is locked. Wait at least two seconds.")


def migrating(retry_after: int) -> Problem:
    """Return what callers are told while the account moves to another data centre."""
    headers = {"Retry-After": str(retry_after)}
    return Problem(477, "MIGRATION_IN_PROGRESS", "This account is being migrated.", headers=headers)
