"""Who has signed a push."""

import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.web.signature import METHODS, signature_holds

SECRET, BODY = "ab" * 32, b"<rss/>"


def signed(method: str, body: bytes = BODY, secret: str = SECRET) -> str:
    return f"{method}={hmac.new(secret.encode(), body, getattr(hashlib, method)).hexdigest()}"


@pytest.mark.parametrize("method", METHODS)
def test_each_method_holds_for_its_body_and_secret_alone(method: str) -> None:
    assert signature_holds(signed(method), SECRET, BODY)
    assert signature_holds(f" {signed(method).upper()} ", SECRET, BODY)
    assert not signature_holds(signed(method, b"<rss />"), SECRET, BODY)
    assert not signature_holds(signed(method, secret="cd" * 32), SECRET, BODY)
    assert not signature_holds(signed(method)[:-1], SECRET, BODY)


def test_other_methods_do_not_hold() -> None:
    assert not signature_holds(signed("md5"), SECRET, BODY)
    assert not signature_holds(signed("sha224"), SECRET, BODY)


@given(st.text())
def test_no_other_header_holds_or_raises(header: str) -> None:
    assert not signature_holds(header, SECRET, BODY)
    assert not signature_holds(f"sha256={header}", SECRET, BODY)
