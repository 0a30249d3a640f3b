"""A mail server that keeps what it gets."""

from __future__ import annotations

import asyncio
import email
import email.policy
import ssl
import warnings
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass
from email.message import EmailMessage
from types import TracebackType
from typing import Any, NamedTuple, Self

DROP = "drop"
HANG = "hang"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedMail:
    """One mail that the server took, with its envelope."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes

    @property
    def message(self) -> EmailMessage:
        """The mail, parsed."""
        parsed = email.message_from_bytes(self.content, policy=email.policy.default)
        assert isinstance(parsed, EmailMessage)  # noqa: S101 - what the default policy makes
        return parsed


class _Step(NamedTuple):
    """What one step of the protocol comes to."""

    answer: str
    accept: bool
    met: Callable[[], None] | None = None


class FakeSmtp:
    """Speak SMTP at `host`:`port` while entered, and keep mails in `mails`; `fail` makes a step go wrong.

    With `credentials` (user, password) a login is needed first; with `tls` (a server's context) STARTTLS is offered.

    Raises on construction:
        ModuleNotFoundError: aiosmtpd is not installed.
    """

    host = "127.0.0.1"

    def __init__(self, *, credentials: tuple[str, str] | None = None, tls: ssl.SSLContext | None = None) -> None:
        try:
            import aiosmtpd.smtp  # noqa: PLC0415 - only those who use this fake need it
        except ModuleNotFoundError as error:
            raise ModuleNotFoundError("FakeSmtp needs aiosmtpd: pip install media-monitor[test]") from error
        self.port = 0
        self.mails: list[ReceivedMail] = []
        self.logins: list[str] = []
        self._aiosmtpd = aiosmtpd.smtp
        self._credentials = credentials
        self._tls = tls
        self._script: dict[str, deque[_Step]] = defaultdict(deque)
        self._ending = asyncio.Event()
        self._server: asyncio.Server | None = None
        self._sessions: list[Any] = []

    def fail(
        self,
        step: str,
        answer: str,
        *,
        accept: bool = False,
        times: int = 1,
        met: Callable[[], None] | None = None,
    ) -> None:
        """Make a step go wrong: `step` is EHLO, MAIL, RCPT or DATA (the whole mail has been read).

        `answer` is what the server says, e.g. "451 4.7.1 later", or DROP (breaks the connection) or HANG (says
        nothing). With `accept`, DATA keeps the mail first. `met` is called when the step was read, before the answer.
        """
        self._script[step].extend([_Step(answer, accept, met)] * times)

    def relent(self) -> None:
        """Forget all that was to go wrong and has not yet."""
        self._script.clear()

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._ending.clear()
        self._server = await loop.create_server(self._session, self.host, self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ending.set()
        for session in self._sessions:
            if session.transport is not None:
                session.transport.abort()
        if self._server:
            self._server.close()
            await self._server.wait_closed()
        await asyncio.sleep(0)

    def _session(self) -> Any:
        with warnings.catch_warnings():  # aiosmtpd warns of logins without TLS: on loopback, in a test, they are meant
            warnings.simplefilter("ignore", UserWarning)
            session = self._aiosmtpd.SMTP(
                _Handler(self),
                hostname="fake.example",
                tls_context=self._tls,
                auth_required=self._credentials is not None,
                auth_require_tls=self._tls is not None,
                authenticator=self._authenticate,
                loop=asyncio.get_running_loop(),
            )
        self._sessions.append(session)
        return session

    def _authenticate(self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> Any:  # noqa: ARG002 - aiosmtpd's signature
        user, password = data.login.decode(), data.password.decode()
        self.logins.append(user)
        return self._aiosmtpd.AuthResult(success=(user, password) == self._credentials, handled=False)

    async def _step(self, step: str, server: Any, usual: str, mail: ReceivedMail | None = None) -> str:
        script = self._script[step]
        answer, accept, met = script.popleft() if script else _Step(usual, accept=True)
        if mail and accept:
            self.mails.append(mail)
        if met:
            met()
        if answer == HANG:
            await self._ending.wait()
        if answer in (HANG, DROP):
            server.transport.abort()
            return "421 gone"
        return answer


class _Handler:
    """aiosmtpd's hooks."""

    def __init__(self, fake: FakeSmtp) -> None:
        self._fake = fake

    async def handle_EHLO(self, server: Any, session: Any, envelope: Any, hostname: str, responses: Any) -> list[str]:  # noqa: ARG002, N802 - aiosmtpd's names
        session.host_name = hostname
        answer = await self._fake._step("EHLO", server, "")  # noqa: SLF001 - one module
        return [answer] if answer else responses

    async def handle_MAIL(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: ARG002, N802 - aiosmtpd's names
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return await self._fake._step("MAIL", server, "250 OK")  # noqa: SLF001 - one module

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: ARG002, N802 - aiosmtpd's names
        answer = await self._fake._step("RCPT", server, "250 OK")  # noqa: SLF001 - one module
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: ARG002, N802 - aiosmtpd's names
        mail = ReceivedMail(
            sender=envelope.mail_from, recipients=tuple(envelope.rcpt_tos), content=bytes(envelope.content)
        )
        return await self._fake._step("DATA", server, "250 OK", mail)  # noqa: SLF001 - one module
