"""Tell the service manager that started us how we are: the protocol of systemd's sd_notify(3)."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Mapping
from datetime import timedelta

import structlog

log = structlog.get_logger()


class ServiceManager:
    """Whoever waits at a socket to hear how we are; nobody where `address` is empty."""

    def __init__(self, address: str = "", watchdog: timedelta | None = None) -> None:
        self._address = "\0" + address[1:] if address.startswith("@") else address  # @: Linux's abstract sockets
        self.watchdog = watchdog  # we have to show life more often than that; None = nobody watches
        self._status = ""

    @classmethod
    def of(cls, env: Mapping[str, str]) -> ServiceManager:
        """Find the one that the environment names, if it means this process."""
        address = env.get("NOTIFY_SOCKET", "")
        if not address.startswith(("/", "@")):
            return cls()
        microseconds, pid = env.get("WATCHDOG_USEC", ""), env.get("WATCHDOG_PID", "")
        watched = microseconds.isdecimal() and int(microseconds) > 0 and pid in ("", str(os.getpid()))
        return cls(address, timedelta(microseconds=int(microseconds)) if watched else None)

    def ready(self, status: str) -> None:
        """Say that we work, or work again after a reload."""
        self._status = status
        self._tell(f"READY=1\nSTATUS={_line(status)}")

    def reloading(self) -> None:
        """Say that we read our files anew; `ready` ends that."""
        self._tell(f"RELOADING=1\nMONOTONIC_USEC={time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1_000}")

    def stopping(self) -> None:
        """Say that we end."""
        self._tell("STOPPING=1\nSTATUS=stopping: running work may finish")

    def status(self, status: str) -> None:
        """Say in one line how we are, if that has changed."""
        if status != self._status:
            self._status = status
            self._tell(f"STATUS={_line(status)}")

    def alive(self) -> None:
        """Show life."""
        self._tell("WATCHDOG=1")

    def _tell(self, text: str) -> None:
        if not self._address:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:
                sender.sendto(text.encode(), socket.MSG_DONTWAIT, self._address)
        except OSError as error:  # it starts us anew if it misses us
            log.warning("the service manager does not hear us", reason=error.strerror or type(error).__name__)


def _line(text: str) -> str:
    return " ".join(text.split())
