"""Why a client is not let in. Each error carries what an answer needs: status, a stable code, and when to come back."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from providers.access.limits import Allowance


class AccessError(Exception):
    """A client that may not do what it asked for. Its words may be shown to it; they never repeat a key."""

    status: ClassVar[HTTPStatus] = HTTPStatus.UNAUTHORIZED
    code: ClassVar[str] = "access"
    words: ClassVar[str] = "Access denied."
    retry_after: int | None = None

    def __init__(self, words: str = "") -> None:
        super().__init__(words or self.words)

    @property
    def headers(self) -> dict[str, str]:
        """What goes along with the answer: RFC 6750 for 401 and 403, RFC 9110 for the wait."""
        found = {"retry-after": str(self.retry_after)} if self.retry_after is not None else {}
        if self.status is HTTPStatus.UNAUTHORIZED:
            found["www-authenticate"] = (
                "Bearer" if isinstance(self, MissingKeyError) else 'Bearer error="invalid_token"'
            )
        elif isinstance(self, MissingScopeError):
            found["www-authenticate"] = 'Bearer error="insufficient_scope"'
        return found


class MissingKeyError(AccessError):
    """No `Authorization` header, or another scheme than Bearer."""

    code = "missing_key"
    words = "Send your client key as 'Authorization: Bearer pk_lab_…'."


class MalformedKeyError(AccessError):
    """It does not look like a client key of this product."""

    code = "malformed_key"
    words = "This is no client key: it begins with pk_lab_ and is 56 characters long."


class UnknownKeyError(AccessError):
    """No such key, or the secret behind its id is another."""

    code = "unknown_key"
    words = "This client key is not known."


class ExpiredKeyError(AccessError):
    """The client's time is over, or the key was replaced and its grace period has ended."""

    code = "expired_key"
    words = "This client key has expired."


class RevokedKeyError(AccessError):
    """An administrator revoked the key."""

    code = "revoked_key"
    words = "This client key was revoked."


class ReplacedKeyError(AccessError):
    """A key in its grace period may call, but not exchange itself: else a stolen old key would never end."""

    status = HTTPStatus.CONFLICT
    code = "replaced_key"
    words = "This key was exchanged already; exchange the new one, or ask an administrator."


class MissingScopeError(AccessError):
    """The key is good, but not for this."""

    status = HTTPStatus.FORBIDDEN
    code = "missing_scope"

    def __init__(self, scope: str) -> None:
        super().__init__(f"This client key has no scope '{scope}'.")
        self.scope = scope


class TooManyBadKeysError(AccessError):
    """So many bad keys came from this address that another bad one is not even explained. A good key still works."""

    status = HTTPStatus.TOO_MANY_REQUESTS
    code = "too_many_bad_keys"
    words = "Too many bad client keys came from this address."

    def __init__(self, retry_after: int) -> None:
        super().__init__()
        self.retry_after = retry_after


class ClientLimitError(AccessError):
    """The client has used what it may. `allowance` says of what, and when it resets."""

    status = HTTPStatus.TOO_MANY_REQUESTS
    code = "client_limit"

    def __init__(self, limit: str, allowance: Allowance, retry_after: int) -> None:
        super().__init__(f"This client's limit of {limit.replace('_', ' ')} is reached.")
        self.limit = limit
        self.allowance = allowance
        self.retry_after = retry_after

    @property
    def headers(self) -> dict[str, str]:
        """With what is left of each limit."""
        return {**self.allowance.headers(), **super().headers}
