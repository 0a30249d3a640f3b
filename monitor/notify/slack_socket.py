"""Hear buttons and commands through Slack's Socket Mode: a WebSocket that we open, so nothing here has to be reachable.

Each envelope is acknowledged when what it asks for is done, and answered later through its `response_url`. Slack waits
three seconds, then shows whoever pressed that it failed, or delivers again; so what takes longer is acknowledged while
it goes on (https://docs.slack.dev/apis/events-api/using-socket-mode/, and interactivity/handling-user-interaction/).
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Any, NoReturn, Protocol
from urllib.parse import urlsplit

import structlog
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse

from monitor.model import Wish
from monitor.notify.slack_answers import explain
from monitor.notify.slack_api import RefusedError, SlackApi
from monitor.notify.slack_buttons import Heard, read_envelope
from monitor.notify.slack_link import CLOSING, BrokenError, Link, ask_for_url
from monitor.notify.slack_settings import SlackSettings, is_slacks
from monitor.notify.slack_text import escape
from monitor.notify.wire import NoAnswerError, NotReachedError, open_session, reach
from monitor.ports import Clock, Hear

log = structlog.get_logger()

ANSWER_LIMIT = 2900  # characters; Slack takes 3,000 in one text
MOST_AT_ONCE = 50  # wishes
MOST_REMEMBERED = 1_000  # wishes that may come twice
PATIENCE = timedelta(seconds=2)  # with what is to be done, of the three seconds that Slack has: the rest is for the way
FLAPPING = 10.0  # seconds: a connection that ends sooner has not really been one
_SLACKS_HOOKS = ("hooks.slack.com", "hooks.slack-gov.com")


class Place(Protocol):
    """A channel of Slack's."""

    async def locate(self) -> str:
        """Return its id; see `SlackNotifier.locate`."""
        ...


def open_listeners(
    channels: Mapping[str, tuple[SlackSettings, Place]], clock: Clock, deadline: timedelta
) -> tuple[SlackListener, ...]:
    """Make a listener for each app that has an app token."""
    apps: dict[tuple[str, str], dict[str, tuple[SlackSettings, Place]]] = {}
    for name, (settings, place) in channels.items():
        if settings.app_secret is not None:
            app = apps.setdefault((settings.api_url, settings.app_secret.reveal()), {})
            app[name] = settings, place
    return tuple(SlackListener(app, clock=clock, deadline=deadline) for app in apps.values())


class SlackListener:
    """Hear what people press and write in the channels of one Slack app."""

    def __init__(
        self,
        channels: Mapping[str, tuple[SlackSettings, Place]],
        *,
        clock: Clock,
        deadline: timedelta,
        pause: timedelta = timedelta(seconds=1),
        longest_pause: timedelta = timedelta(minutes=5),
        ping: float = 5.0,
        patience: timedelta = PATIENCE,
    ) -> None:
        """Listen for channels that share an app token; failures are tried again after `pause`, twice that, and so on.

        What only a person can mend, such as a token that was revoked, is tried every `longest_pause`. What takes longer
        than `patience` is acknowledged before it is done.
        """
        settings, _ = next(iter(channels.values()))
        assert settings.app_secret is not None  # noqa: S101 - such channels are grouped by it
        self._channels = channels
        self._token = settings.app_secret
        self._api_url = settings.api_url
        self._clock = clock
        self._deadline = deadline
        self._pause, self._longest = pause, longest_pause
        self._ping = ping
        self._patience = patience
        self._working: set[asyncio.Task[None]] = set()
        self._seen: dict[str, asyncio.Event] = {}  # whether a wish is done, by its key, the oldest first
        self._failure = ""  # that was told last

    # -- the connection ------------------------------------------------------------------------------------------------

    async def listen(self, hear: Hear) -> None:
        """Hear wishes until cancelled; see `Listener.listen`."""
        api = SlackApi(self._token, self._api_url, clock=self._clock, deadline=self._deadline)
        links: list[Link] = []
        try:
            await self._go_on(hear, api, links)
        finally:
            for link in links:  # what comes now is for whoever listens next
                link.socket_mode_request_listeners.clear()
            if self._working:
                await asyncio.wait(self._working, timeout=2 * CLOSING)
            for task in self._working:
                task.cancel()
            await asyncio.gather(*(link.close() for link in links))
            await api.close()

    async def _go_on(self, hear: Hear, api: SlackApi, links: list[Link]) -> NoReturn:
        failures = 0
        loop = asyncio.get_running_loop()
        while True:
            try:
                link = await self._connect(hear, api, links)
            except BrokenError as error:
                failures += 1
                self._tell(str(error))
                while links:
                    await links.pop().close()
                await asyncio.sleep(self._wait(failures, error).total_seconds())
                continue
            while len(links) > 1:  # only now: somebody may press a button between two connections
                await links.pop(0).close()
            if self._failure:
                log.info("Slack's buttons work again", channels=sorted(self._channels))
                self._failure = ""
            opened = loop.time()
            await link.ended.wait()
            failures = failures + 1 if loop.time() - opened < FLAPPING else 0
            if failures > 1:  # Slack may ask once for a new connection, as often as it likes not
                await asyncio.sleep(self._wait(failures).total_seconds())

    def _wait(self, failures: int, error: BrokenError | None = None) -> timedelta:
        if error and error.mendable:
            return self._longest
        wait: timedelta = min(self._pause * 2 ** min(failures - 1, 16), self._longest)
        return max(wait, error.after or wait) if error else wait

    def _tell(self, failure: str) -> None:
        """Say once what keeps us from hearing; deliveries do not need it."""
        if failure != self._failure:
            self._failure = failure
            hint = "messages are sent as before"
            log.warning("Slack's buttons do not work now", reason=failure, channels=sorted(self._channels), hint=hint)

    async def _connect(self, hear: Hear, api: SlackApi, links: list[Link]) -> Link:
        """Open a connection, and add it to those that are to be closed.

        Raises:
            BrokenError: there is none.
        """

        async def take(client: AsyncBaseSocketModeClient, request: SocketModeRequest) -> None:
            task = asyncio.create_task(self._take(client, request, hear))
            self._working.add(task)
            task.add_done_callback(self._working.discard)

        link = Link(api, await ask_for_url(api), deadline=self._deadline, ping=self._ping)
        links.append(link)
        link.socket_mode_request_listeners.append(take)
        await link.open(self._deadline)
        return link

    # -- what comes through it -----------------------------------------------------------------------------------------

    async def _take(self, client: AsyncBaseSocketModeClient, request: SocketModeRequest, hear: Hear) -> None:
        """Do what an envelope asks for, unless it came before; acknowledge it, and tell what has become of it."""
        payload: Any = request.payload
        heard = read_envelope(request.type, payload) if isinstance(payload, dict) else None
        if heard is None:
            await _acknowledge(client, request)
            return
        key = heard.key or request.envelope_id
        if done := self._seen.get(key):
            await self._acknowledge_when(done, client, request)
        elif len(self._working) > MOST_AT_ONCE:  # Slack says so to who pressed
            log.warning("too many wishes at once: one is not heard", channels=sorted(self._channels))
        else:
            await self._take_new(heard, key, client, request, hear)

    async def _take_new(
        self, heard: Heard, key: str, client: AsyncBaseSocketModeClient, request: SocketModeRequest, hear: Hear
    ) -> None:
        done = self._seen[key] = asyncio.Event()
        if len(self._seen) > MOST_REMEMBERED:
            del self._seen[next(iter(self._seen))]
        doing = asyncio.create_task(self._do(heard, key, hear))
        doing.add_done_callback(lambda _: done.set())
        try:
            await self._acknowledge_when(done, client, request)
            answer = await doing
        except asyncio.CancelledError:
            doing.cancel()
            self._seen.pop(key, None)  # whoever hears of it again has it to do
            raise
        if answer:
            await self._answer(heard.answer_url, answer)

    async def _acknowledge_when(
        self, done: asyncio.Event, client: AsyncBaseSocketModeClient, request: SocketModeRequest
    ) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(self._patience.total_seconds()):
                await done.wait()
        await _acknowledge(client, request)

    async def _do(self, heard: Heard, key: str, hear: Hear) -> str:
        channels = await self._allowed(heard)
        name = f"@{heard.name}" if heard.name else heard.user
        wish = Wish(
            key=key,
            by=name,
            via="slack",
            place=f"{heard.user} in {heard.channel}",
            channels=channels,
            verb=heard.verb,
            subject=heard.subject,
            text=heard.text,
        )
        return await hear(wish)

    async def _allowed(self, heard: Heard) -> tuple[str, ...]:
        """Return which of our channels stand where somebody says it, as far as he is allowed to."""
        allowed: list[str] = []
        if not heard.user:
            return ()
        for name, (settings, place) in self._channels.items():
            if settings.allow_users and heard.user not in settings.allow_users:
                continue
            if await self._stands_in(heard, settings, place):
                allowed.append(name)
        return tuple(allowed)

    async def _stands_in(self, heard: Heard, settings: SlackSettings, place: Place) -> bool:
        if settings.channel == heard.channel:
            return True
        if not settings.channel.startswith("#"):
            return False
        try:  # the name that came with it is not asked: a channel can be renamed, and a private one comes without
            return await place.locate() == heard.channel
        except (RefusedError, NotReachedError, NoAnswerError) as error:
            reason = explain(error.answer, settings.channel) if isinstance(error, RefusedError) else str(error)
            log.warning("cannot look which channel a button stands in", channel=settings.channel, reason=reason)
            return False

    async def _answer(self, url: str, text: str) -> None:
        """Tell somebody alone what has become of his wish."""
        if not self._is_slacks(url):
            log.warning("an answer has no place to go to: it is not told")
            return
        words = text if len(text) <= ANSWER_LIMIT else text[: ANSWER_LIMIT - 1] + "…"
        section = {"type": "rich_text_section", "elements": [{"type": "text", "text": words}]}
        said = {
            "response_type": "ephemeral",
            "replace_original": False,
            "text": escape(words),
            "blocks": [{"type": "rich_text", "elements": [section]}],
        }
        try:
            status = await reach(lambda: self._post(url, said), host="Slack", deadline=self._deadline)
        except (NotReachedError, NoAnswerError) as error:
            log.warning("an answer did not reach Slack", reason=str(error))
            return
        if status != 200:  # noqa: PLR2004 - OK
            log.warning("Slack does not take an answer", status=status)

    async def _post(self, url: str, said: dict[str, Any]) -> int:
        async with (
            open_session(self._deadline) as session,
            session.post(url, json=said, allow_redirects=False) as answer,
        ):
            return answer.status

    def _is_slacks(self, url: str) -> bool:
        """Say whether a URL that came with a wish is one that answers may go to."""
        try:
            parts, ours = urlsplit(url), urlsplit(self._api_url)
        except ValueError:
            return False
        if parts.scheme == "https" and parts.hostname in _SLACKS_HOOKS:
            return True
        return not is_slacks(self._api_url) and (parts.scheme, parts.netloc) == (ours.scheme, ours.netloc)


async def _acknowledge(client: AsyncBaseSocketModeClient, request: SocketModeRequest) -> None:
    with suppress(Exception):  # a connection that breaks now: what Slack does not know it says, or tells again
        await client.send_socket_mode_response(SocketModeResponse(envelope_id=request.envelope_id))
