"""Speak SMTP: the `smtp:` section of monitor.yaml, and one attempt to hand one mail over.

smtplib blocks, so an attempt runs on a thread of its own. The point of no return is the DATA command: before it the
server surely has nothing, after it only its answer tells (RFC 5321, 4.2.5 and 6.1). An attempt that is abandoned before
that point will never pass it.
"""

from __future__ import annotations

import contextlib
import smtplib
import socket
import ssl
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import parseaddr
from typing import Literal, Self

from pydantic import Field, model_validator

from monitor.model import Accepted, Rejected, SendResult, Unknown
from monitor.notify.excerpts import scrub_line
from monitor.notify.settings import Mailbox, SecretFile, SecretText, Settings, is_loopback
from monitor.secret import Secret

_POLICY = SMTP_POLICY.clone(cte_type="7bit")  # any server takes it, with or without 8BITMIME
_PERMANENT = 500
_OK = 250
_USER_UNKNOWN_ELSEWHERE = 251  # will forward


class SmtpSettings(Settings):
    """`smtp:`, the server that takes our mail."""

    host: str = Field(min_length=1)
    """The mail server. Example: `mail.example.org`."""
    port: int = Field(default=0, ge=0, le=65535)
    """Its port. Default: `465` with `tls: tls`, else `587`. Example: `25`."""
    user: str = ""
    """Who logs in. Default: no login. Example: `monitor`."""
    password: SecretText | None = None
    """The password, by reference. Default: no login. Example: `"${SMTP_PASSWORD}"`."""
    password_file: SecretFile | None = None
    """A file that holds the password, relative to `monitor.yaml`. Default: no login. Example: `/run/secrets/smtp`."""
    sender: Mailbox = Field(alias="from")
    """The sender, an address or `Name <address>`. Example: `Media Monitor <monitor@example.org>`."""
    tls: Literal["starttls", "tls", "none"] | None = None
    """`starttls`, `tls` (from the first byte) or `none`; a password never travels in the clear. Default:
    `starttls`; `none` for this machine. Example: `tls`."""
    timeout: float = Field(default=15, gt=0, le=300)
    """Seconds for each step, at most 300. Example: `30`."""

    @model_validator(mode="after")
    def _agree(self) -> Self:
        if self.password is not None and self.password_file is not None:
            raise ValueError("both `password` and `password_file`: keep one of them")
        if bool(self.user) != (self.secret is not None):
            raise ValueError("`user` and `password` belong together: write both, or neither")
        if self.secret and not (self.user + self.secret.reveal()).isascii():
            raise ValueError("user and password must be ASCII: Python's SMTP client can send no others")
        if self.secret and self.security == "none" and not is_loopback(self.host):
            raise ValueError("`tls: none` would send the password in the clear: write `starttls` or `tls`")
        return self

    @property
    def secret(self) -> Secret | None:
        """The password, wherever it was given."""
        return self.password or self.password_file

    @property
    def security(self) -> str:
        """How the connection is protected; without a word about it, only this machine's own server goes without."""
        return self.tls or ("none" if is_loopback(self.host) else "starttls")

    @property
    def used_port(self) -> int:
        """The port: 465 for TLS from the first byte, else the submission port (RFC 8314)."""
        return self.port or (465 if self.security == "tls" else 587)

    @property
    def domain(self) -> str:
        """The sender's domain."""
        return parseaddr(self.sender)[1].rpartition("@")[2].lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """One mail and who takes it."""

    mail: EmailMessage
    sender: str
    recipients: Sequence[str]
    patient: bool = True  # let all wait while one recipient is refused for the moment; else go on without that one


class Attempt:
    """One attempt to hand one mail over; `run` blocks and belongs on a thread, `abandon` may come from another."""

    def __init__(self, settings: SmtpSettings, envelope: Envelope, *, timeout: float) -> None:
        self.refused: tuple[str, ...] = ()  # recipients the mail went out without, each with the server's words
        self.taken: tuple[str, ...] = ()  # those it went out to
        self._settings = settings
        self._envelope = envelope
        self._timeout = timeout
        self._lock = threading.Lock()
        self._abandoned = False
        self._committed = False
        self._socket: socket.socket | None = None

    def abandon(self) -> SendResult:
        """Cut the connection; say what is then known of the mail."""
        with self._lock:
            self._abandoned = True
            committed, sock = self._committed, self._socket
        if sock is not None:
            with contextlib.suppress(OSError):  # it may be closed already, which is as good
                sock.shutdown(socket.SHUT_RDWR)
        if committed:
            return Unknown(reason="the mail server gave no answer to the mail in time")
        return Rejected(reason=f"the mail server {self._settings.host} was too slow to take the mail", retry=True)

    def run(self) -> SendResult:
        """Connect, offer the mail, hand it over; never raise for what the server or the network does."""
        server: smtplib.SMTP | None = None
        try:
            server = self._connect()
            return self._offer(server) or self._hand_over(server)
        except (OSError, smtplib.SMTPException) as error:
            if self._committed:
                return Unknown(reason="the connection to the mail server broke before it answered")
            return Rejected(reason=_why(error, self._settings), retry=True)
        finally:
            if server is not None:
                with contextlib.suppress(OSError):
                    server.putcmd("QUIT")  # a courtesy: nobody waits for the answer
                server.close()

    def greet(self) -> str:
        """Connect and log in, and hand nothing over; return why that cannot be done, "" where it can."""
        try:
            server = self._connect()
        except (OSError, smtplib.SMTPException) as error:
            return _why(error, self._settings)
        with contextlib.suppress(OSError):
            server.putcmd("QUIT")
        server.close()
        return ""

    def _connect(self) -> smtplib.SMTP:
        settings = self._settings
        tls = ssl.create_default_context()
        address = (settings.host, settings.used_port)
        # the name given in EHLO: without one, smtplib asks the resolver for this machine's
        if settings.security == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(*address, settings.domain, timeout=self._timeout, context=tls)
        else:
            server = smtplib.SMTP(*address, settings.domain, timeout=self._timeout)
        self._watch(server)
        try:
            if settings.security == "starttls":
                server.ehlo_or_helo_if_needed()
                server.starttls(context=tls)
                self._watch(server)
            server.ehlo_or_helo_if_needed()
            if settings.secret:
                server.login(settings.user, settings.secret.reveal())
        except BaseException:
            server.close()
            raise
        return server

    def _watch(self, server: smtplib.SMTP) -> None:
        with self._lock:
            self._socket = server.sock

    def _offer(self, server: smtplib.SMTP) -> SendResult | None:
        """Name sender and recipients; return why the mail cannot be handed over, or None."""
        code, words = server.mail(self._envelope.sender)
        if code != _OK:  # no fault of this mail's: the next one's sender is the same
            reason = f"{_refusal('the sender', code, words)}: check `smtp.from` and `smtp.user`"
            return Rejected(reason=reason, retry=True)
        refused: dict[str, tuple[int, bytes]] = {}
        for recipient in self._envelope.recipients:
            code, words = server.rcpt(recipient)
            if code not in (_OK, _USER_UNKNOWN_ELSEWHERE):
                refused[recipient] = (code, words)
        later = any(code < _PERMANENT for code, _ in refused.values())
        if len(refused) == len(self._envelope.recipients) or (later and self._envelope.patient):
            reason = "; ".join(_refusal(recipient, *answer) for recipient, answer in refused.items())
            return Rejected(reason=reason, retry=later)
        self.refused = tuple(f"{recipient}: {code} {_words(words)}" for recipient, (code, words) in refused.items())
        self.taken = tuple(recipient for recipient in self._envelope.recipients if recipient not in refused)
        return None

    def _hand_over(self, server: smtplib.SMTP) -> SendResult:
        content = self._envelope.mail.as_bytes(policy=_POLICY)
        with self._lock:
            if self._abandoned:
                return Rejected(reason="given up before the mail was handed over", retry=True)
            self._committed = True
        try:
            code, words = server.data(content)
        except smtplib.SMTPDataError as error:  # the server did not even want to see it
            code, words = error.smtp_code, _bytes(error.smtp_error)
        if code == _OK:
            return Accepted(ref=str(self._envelope.mail["Message-ID"]))
        if code < 400:  # noqa: PLR2004 - neither yes nor no, or no SMTP at all
            return Unknown(reason="the mail server's answer to the mail makes no sense")
        return Rejected(reason=_refusal("the mail", code, words), retry=code < _PERMANENT)


def _refusal(what: str, code: int, words: bytes) -> str:
    return f"the mail server refused {what}: {code} {_words(words)}".rstrip()


# why nothing was handed over; what a server says about a login is left out, it may repeat the login
_CAUSES: tuple[tuple[type[Exception], str], ...] = (
    (smtplib.SMTPAuthenticationError, "{place} refused user and password ({code}): check `smtp.user` and its password"),
    (smtplib.SMTPNotSupportedError, "{place} cannot do what is asked of it: {words}; check `smtp.tls` and `smtp.user`"),
    (smtplib.SMTPServerDisconnected, "{place} broke the connection off"),
    (smtplib.SMTPResponseException, "{place} does not take mail from here: {code} {words}"),
    (smtplib.SMTPException, "{place} cannot be used: {words}"),
    (ssl.SSLCertVerificationError, "{place}: its certificate is not trusted: {verify}"),
    (ssl.SSLError, "{place}: TLS failed: does the port fit `smtp.tls: {security}`?"),
    (TimeoutError, "{place} did not answer in time"),
    (OSError, "cannot connect to {place}: {system}"),
)


def _why(error: Exception, settings: SmtpSettings) -> str:
    text = next(text for kind, text in _CAUSES if isinstance(error, kind))
    return text.format(
        place=f"mail server {settings.host}:{settings.used_port}",
        code=getattr(error, "smtp_code", ""),
        words=_words(_bytes(getattr(error, "smtp_error", str(error)))),
        verify=getattr(error, "verify_message", ""),
        security=settings.security,
        system=getattr(error, "strerror", None) or "no connection",
    )


def _bytes(words: bytes | str) -> bytes:
    return words.encode("utf-8", "replace") if isinstance(words, str) else words


def _words(words: bytes) -> str:
    return scrub_line(words.decode("utf-8", "replace"), 200)
