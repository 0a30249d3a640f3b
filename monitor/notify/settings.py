"""The pieces that settings of channels are made of: secrets by reference, addresses, URLs.

Validators read `info.context`: `env` (names to values, for `${NAME}`) and `base` (the folder of monitor.yaml).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from email.utils import parseaddr
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import BaseModel, BeforeValidator, ConfigDict, PlainValidator, ValidationInfo, WithJsonSchema

from monitor.secret import Secret, has_reference, resolve_references

_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS = re.compile(rf"[A-Za-z0-9.!#$%&'*+/=?^_`{{|}}~-]{{1,64}}@(?:{_LABEL}\.)*{_LABEL}")
_LARGEST_SECRET = 64 * 1024


class Settings(BaseModel):
    """What a section of monitor.yaml may hold; anything else in it is a mistake."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, arbitrary_types_allowed=True, hide_input_in_errors=True, validate_default=False
    )


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("this should be text")  # noqa: TRY004 - pydantic makes a mistake of ValueError alone
    return value.strip()


def _resolve(text: str, info: ValidationInfo) -> str:
    env: Mapping[str, str] = (info.context or {}).get("env", {})
    return resolve_references(text, env)


def _secret(value: Any, info: ValidationInfo) -> Secret:
    """Make a secret of text that refers to the environment.

    Raises:
        ValueError: the secret itself is written there, or what is referred to is not set.
    """
    text = _text(value)
    if not has_reference(text):
        raise ValueError("a secret must not stand in this file: write ${NAME}, and set NAME in the environment or .env")
    return _usable(_resolve(text, info))


def _secret_file(value: Any, info: ValidationInfo) -> Secret:
    """Read a secret from a file named relative to the folder of monitor.yaml, such as a Docker secret.

    Raises:
        ValueError: the file cannot be read, or holds nothing usable.
    """
    name = _resolve(_text(value), info)
    path = Path((info.context or {}).get("base", ".")) / name
    try:
        with path.open("rb") as file:
            return _usable(file.read(_LARGEST_SECRET).decode())
    except OSError as error:
        raise ValueError(f"`{name}` cannot be read: {error.strerror or 'I/O error'}") from None
    except UnicodeDecodeError:
        raise ValueError(f"`{name}` is not a text file") from None


def _usable(value: str) -> Secret:
    stripped = value.strip()
    if not stripped:
        raise ValueError("the secret is empty")
    if re.search(r"[\x00-\x1f\x7f]", stripped):
        raise ValueError("the secret holds a line end or control character: it must be one line")
    return Secret(stripped)


SecretText = Annotated[Secret, PlainValidator(_secret), WithJsonSchema({"type": "string", "pattern": r"\$\{\w+\}"})]
SecretFile = Annotated[Secret, PlainValidator(_secret_file), WithJsonSchema({"type": "string"})]


def pick_secret(text: Secret | None, file: Secret | None, *, key: str, example: str) -> None:
    """Check that a secret was given exactly once, as `key` or as `key_file`.

    Raises:
        ValueError: it was not.
    """
    if text is not None and file is not None:
        raise ValueError(f"both `{key}` and `{key}_file`: keep one of them")
    if text is None and file is None:
        raise ValueError(f"`{key}` is missing: add {key}: ${{{example}}}")


def is_loopback(host: str) -> bool:
    """Say whether a host is this machine, by name or address; names are not looked up."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower().rstrip(".") == "localhost"


def check_url(url: str) -> str:
    """Return an http(s) URL with a host.

    Raises:
        ValueError: it is none; the text does not repeat it, for it may hold a secret.
    """
    mistake = "this is not a URL: it begins with https:// or http:// and names a host"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ValueError(mistake) from None
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0 or re.search(r"[\s\x00-\x1f\x7f]", url):
        raise ValueError(mistake)
    return url


def _private_url(value: Any, info: ValidationInfo) -> Secret:
    return Secret(check_url(_resolve(_text(value), info)))


def _secret_url(value: Any, info: ValidationInfo) -> Secret:
    return Secret(check_url(_secret(value, info).reveal()))


PrivateUrl = Annotated[Secret, PlainValidator(_private_url), WithJsonSchema({"type": "string"})]
"""A URL that may be written out, and is still shown nowhere: its path may be a capability."""

SecretUrl = Annotated[Secret, PlainValidator(_secret_url), WithJsonSchema({"type": "string", "pattern": r"\$\{\w+\}"})]
"""A URL that is a secret: by reference only."""


def host_of(url: Secret) -> str:
    """Return the host of a URL: all of it that may be shown."""
    return urlsplit(url.reveal()).hostname or ""


def _address(value: Any) -> str:
    text = _text(value)
    if not _ADDRESS.fullmatch(text):
        raise ValueError(f"`{text}` is not an e-mail address")
    return text


def _mailbox(value: Any) -> str:
    text = _text(value)
    name, address = parseaddr(text)
    if not _ADDRESS.fullmatch(address) or re.search(r"[\x00-\x1f\x7f]", name):
        raise ValueError(f"`{text}` is not an e-mail address, nor `Name <address>`")
    return text


def as_list(value: Any) -> Any:
    """Take one text for a list of one."""
    return [value] if isinstance(value, str) else value


Address = Annotated[str, BeforeValidator(_address)]
Addresses = Annotated[tuple[Address, ...], BeforeValidator(as_list)]
Mailbox = Annotated[str, BeforeValidator(_mailbox)]
