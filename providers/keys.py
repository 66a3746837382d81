"""Sealing and opening of provider keys; the only module that sees both forms."""

from __future__ import annotations

import hashlib
import os

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

from providers.errors import AuthenticationError

ENVIRONMENT_PREFIX = "env:"


def _cipher() -> MultiFernet:
    # Newest first: it seals, every one of them opens.
    return MultiFernet([Fernet(key) for key in settings.ENCRYPTION_KEYS])


def seal(secret: str) -> str:
    """The encrypted form of a secret, fit for the database."""
    return _cipher().encrypt(secret.encode()).decode()


def unseal(sealed: str) -> str:
    """The secret behind an encrypted form. Raises AuthenticationError when no encryption key fits."""
    try:
        return _cipher().decrypt(sealed.encode()).decode()
    except InvalidToken:
        # The cause would carry nothing but the ciphertext.
        raise AuthenticationError("the stored key cannot be opened: ENCRYPTION_KEY has changed") from None


def rewrapped(sealed: str) -> str | None:
    """The same secret sealed under the newest key, or None when it is already.

    Raises AuthenticationError when no encryption key fits.
    """
    try:
        Fernet(settings.ENCRYPTION_KEYS[0]).decrypt(sealed.encode())
    except InvalidToken:
        return seal(unseal(sealed))
    return None


def from_environment(name: str) -> str:
    """The value of an environment variable. Raises AuthenticationError when it is empty."""
    secret = os.environ.get(name, "").strip()
    if not secret:
        raise AuthenticationError(f"the environment variable {name} is empty")
    return secret


def fingerprint(secret: str) -> str:
    """Twelve hex digits that tell two keys apart and lead back to neither."""
    return hashlib.sha256(b"prometheus-key:" + secret.encode()).hexdigest()[:12]
