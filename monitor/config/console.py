"""`console:`, the pages for those who run this program: where they are served, and to whom."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Final, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    ValidationInfo,
    WithJsonSchema,
    model_validator,
)

from monitor.config.environment import read_environment
from monitor.config.models import Texts, read_listen
from monitor.config.store import read_main
from monitor.document import Document, validate
from monitor.document.patch import value_at
from monitor.errors import Problem
from monitor.secret import Secret, has_reference, resolve_references

DEFAULT_LISTEN: Final = "127.0.0.1:8787"
CONSOLE_VARIABLE: Final = "MONITOR_CONSOLE"
SHORTEST_TOKEN: Final = 16  # characters
_TOKEN = ("console", "auth", "token")
_EVERYWHERE = ("", "0.0.0.0", "::")  # noqa: S104 - addresses to listen at, and none to go to
_HEADER = re.compile(r"[A-Za-z0-9-]{1,100}")
_HOST = re.compile(r"[A-Za-z0-9.-]{1,253}")


def _token(value: object, info: ValidationInfo) -> Secret:
    env: Mapping[str, str] = (info.context or {}).get("env", {})
    if not isinstance(value, str) or not has_reference(value):
        raise ValueError("a token must not stand in this file: write `${CONSOLE_TOKEN}`, and set that in `.env`")
    token = resolve_references(value, env)
    if len(token) < SHORTEST_TOKEN or not token.isprintable() or not token.isascii() or " " in token:
        raise ValueError(f"a token has at least {SHORTEST_TOKEN} letters and digits: `openssl rand -hex 24` makes one")
    return Secret(token)


def _header(value: object) -> object:
    if isinstance(value, str) and not _HEADER.fullmatch(value):
        raise ValueError("this is no name of a header: write it like `X-Forwarded-User`")
    return value


def _hosts(value: object) -> object:
    for host in value if isinstance(value, list) else [value]:
        if not isinstance(host, str) or not _HOST.fullmatch(host):
            raise ValueError("write names such as `monitor.example.org`, without scheme and port")
    return value


def _networks(value: object) -> object:
    for network in value if isinstance(value, list) else [value]:
        try:
            ipaddress.ip_network(str(network))
        except ValueError:
            raise ValueError("write addresses such as `10.0.0.5`, or networks such as `10.0.0.0/24`") from None
    return value


class ProxyShape(BaseModel):
    """`proxy:`, who has logged in already, said in a header by a proxy in front of us."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    header: Annotated[str, BeforeValidator(_header)]
    """The header that names who has logged in. Example: `X-Forwarded-User`."""
    networks: Annotated[Texts, BeforeValidator(_networks)] = Field(alias="from", min_length=1)
    """The proxy's addresses or networks: from anywhere else the header is not believed. Example: `10.0.0.0/24`."""


class LoginShape(BaseModel):
    """`auth:`, how readers show who they are: one of the two ways, or both."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True, hide_input_in_errors=True)

    token: Annotated[
        Secret | None, PlainValidator(_token), WithJsonSchema({"type": "string", "pattern": r"\$\{\w+\}"})
    ] = None
    """What readers type in, once a week, by reference; programs send it as `Authorization: Bearer`; 16 characters at
    least. Example: `"${CONSOLE_TOKEN}"`."""
    proxy: ProxyShape | None = None
    """A proxy in front that says who has logged in. Example: `{header: X-Forwarded-User, from: 10.0.0.5}`."""

    @model_validator(mode="after")
    def _some_way(self) -> Self:
        if self.token is None and self.proxy is None:
            raise ValueError("say `token`, `proxy`, or both")
        return self


class ConsoleShape(BaseModel):
    """`console:`."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    listen: Annotated[str, BeforeValidator(read_listen)] = DEFAULT_LISTEN
    """Where the pages are; what others can reach needs `auth`. Example: `"[::1]:8787"`."""
    hosts: Annotated[Texts, BeforeValidator(_hosts)] = Field(default_factory=list)
    """Names by which browsers call it, beside its address and `localhost`. Example: `monitor.example.org`."""
    auth: LoginShape | None = None
    """How readers show who they are. Default: this machine is let in. Example: `{token: "${CONSOLE_TOKEN}"}`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """How a reader shows who he is."""

    token: Secret | None = field(default=None, repr=False)
    header: str = ""  # in which a proxy names him, "" = no proxy does
    proxies: tuple[str, ...] = ()  # addresses and networks of such proxies


@dataclass(frozen=True, slots=True, kw_only=True)
class Console:
    """Where the pages are, and for whom."""

    listen: tuple[str, int] | None  # address and port, None = nowhere
    hosts: tuple[str, ...] = ()  # names by which browsers call it, beside its addresses
    login: Login | None = None  # None = whoever can reach it is trusted: this machine alone


def find_pages(file: Path, *, env: Mapping[str, str]) -> str:
    """Return the URL under which a configuration serves its pages, without a slash at its end.

    Names in `hosts` are those of a proxy with TLS in front. Where nothing is served, or the files say nothing usable,
    it is where the pages are by default: a link has to lead somewhere.
    """
    main, _ = read_main(file)
    if main is None:
        return f"http://{DEFAULT_LISTEN}"
    env, _ = read_environment(file.absolute().parent, env)
    console, _ = load_console(main, env=env)
    if console.hosts:
        return f"https://{console.hosts[0]}"
    address, port = console.listen or ("", 0)
    if not port:  # any, or none
        return f"http://{DEFAULT_LISTEN}"
    name = "localhost" if address in _EVERYWHERE else f"[{address}]" if ":" in address else address
    return f"http://{name}:{port}"


def load_console(main: Document, *, env: Mapping[str, str]) -> tuple[Console, list[Problem]]:
    """Read the section; `MONITOR_CONSOLE` overrides where it listens: an address, or `off`.

    An address that others can reach needs `auth`. A token that is written out is not shown by a mistake.
    """
    console, problems = _load(main, env)
    token = value_at(main.value, _TOKEN)
    written_out = [] if token is None or has_reference(str(token)) else [_TOKEN]
    return console, [main.blot(problem, written_out) if problem.source else problem for problem in problems]


def _load(main: Document, env: Mapping[str, str]) -> tuple[Console, list[Problem]]:
    written = main.value.get("console")
    settings, problems = ConsoleShape(), list[Problem]()
    if written == "false":
        settings = ConsoleShape.model_construct(listen="", hosts=[], auth=None)
    elif written is not None:
        read, problems = validate(main, ConsoleShape, ("console",), context={"env": env})
        if read is None:
            return Console(listen=None), problems
        settings = read
    overriding = env.get(CONSOLE_VARIABLE)
    origin, listen = (CONSOLE_VARIABLE, overriding) if overriding else ("", settings.listen)
    if listen in ("", "off"):
        return Console(listen=None), problems
    try:
        read_listen(listen)
    except ValueError as error:
        return Console(listen=None), [*problems, Problem(file=origin, message=str(error))]
    address, _, port = listen.rpartition(":")
    address = address.strip("[]")
    if settings.auth is None and not _is_local(address):
        message, hint = (
            f"others can reach {listen}: say who may",
            "add `auth: {token: ${CONSOLE_TOKEN}}` under `console:`",
        )
        place = Problem(file=origin, message=message, hint=hint) if origin else None
        problems = [*problems, place or main.problem(("console", "listen"), message, hint)]
        return Console(listen=None), problems
    return Console(listen=(address, int(port)), hosts=tuple(settings.hosts), login=_login(settings.auth)), problems


def _login(shape: LoginShape | None) -> Login | None:
    if shape is None:
        return None
    proxy = shape.proxy
    return Login(
        token=shape.token,
        header=proxy.header if proxy else "",
        proxies=tuple(proxy.networks) if proxy else (),
    )


def _is_local(address: str) -> bool:
    if address == "localhost":
        return True
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
