"""A listening socket that is opened and closed as the configuration says."""

from __future__ import annotations

from collections.abc import Callable

import structlog

from monitor.web.server import WebServer

log = structlog.get_logger()
Place = tuple[str, int]  # address and port


class Door:
    """Keep a server where it is wanted; where it cannot listen, say so once and try again at the next call."""

    def __init__(self, name: str, open_server: Callable[[], WebServer]) -> None:
        self._name = name
        self._open_server = open_server
        self._server: WebServer | None = None
        self._place: Place | None = None
        self._refused: Place | None = None  # where it could not listen, which has been told

    @property
    def port(self) -> int:
        """Where it listens, 0 = nowhere."""
        return self._server.port if self._server else 0

    async def keep(self, wanted: Place | None) -> bool:
        """Listen there, or nowhere; return whether somebody may come."""
        if wanted == self._place:
            return wanted is not None
        await self.close()
        if wanted is None:
            return False
        server = self._open_server()
        try:
            await server.open(*wanted)
        except (OSError, UnicodeError) as error:  # the second where a name has an impossible part
            await server.close()
            if self._refused != wanted:
                self._refused = wanted
                reason = getattr(error, "strerror", None) or type(error).__name__
                told = {"what": self._name, "address": wanted[0], "port": wanted[1], "reason": reason}
                told["hint"] = "is another program there? `monitor doctor` says which key names the place"
                log.error("cannot listen: nobody reaches us", **told)  # noqa: TRY400 - a person's mistake has no traceback
            return False
        self._server, self._place, self._refused = server, wanted, None
        log.info("listening", what=self._name, address=wanted[0], port=server.port)
        return True

    async def close(self) -> None:
        """Stop listening."""
        server, self._server, self._place = self._server, None, None
        if server is not None:
            await server.close()
