"""Check who has signed a push: `X-Hub-Signature: method=hex digits` (W3C WebSub, 7.1)."""

from __future__ import annotations

import hmac

METHODS = ("sha1", "sha256", "sha384", "sha512")


def signature_holds(header: str, secret: str, body: bytes) -> bool:
    """Say whether a header is the HMAC of a body under a secret; compared in constant time."""
    method, _, digits = header.strip().partition("=")
    if method.lower() not in METHODS or not digits.isascii():
        return False
    return hmac.compare_digest(hmac.new(secret.encode(), body, method.lower()).hexdigest(), digits.strip().lower())
