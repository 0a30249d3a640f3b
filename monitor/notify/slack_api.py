"""Call Slack's Web API once a call: a refusal and a missing answer are told apart, and nothing is tried again."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import Any, TypeVar
from urllib.parse import urlsplit

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from monitor.notify.excerpts import scrub_line
from monitor.notify.slack_answers import Answer
from monitor.notify.wire import NoAnswerError, open_session, reach, retry_after
from monitor.ports import Clock
from monitor.secret import Secret

MOST_PAGES = 20  # of a channel's history, or of the list of channels, in one look-up

# at DEBUG the SDK logs whole requests and answers: ours are nobody's business
_sdk_log = logging.getLogger("monitor.notify.slack.sdk")
_sdk_log.setLevel(logging.WARNING)

T = TypeVar("T")


class RefusedError(Exception):
    """Slack answered, and not with yes."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        super().__init__(answer.word or str(answer.status))


class SlackApi:
    """Slack's Web API with one token."""

    def __init__(self, token: Secret, api_url: str, *, clock: Clock, deadline: timedelta) -> None:
        self.host = urlsplit(api_url).hostname or ""
        self._clock = clock
        self._deadline = deadline
        self._session = open_session(deadline)
        self.client = AsyncWebClient(
            token=token.reveal(), base_url=api_url, session=self._session, retry_handlers=[], logger=_sdk_log
        )
        self.client.proxy = None  # the SDK's own choice of a proxy knows no NO_PROXY; the session's does

    async def close(self) -> None:
        """Give connections back."""
        await self._session.close()

    async def reach(self, work: Callable[[], Awaitable[T]]) -> T:
        """Await calls that belong together.

        Raises:
            RefusedError: Slack says no.
            NotReachedError: Slack surely got nothing.
            NoAnswerError: it may have got everything.
        """
        return await reach(work, host=self.host, deadline=self._deadline)

    async def call(self, calling: Awaitable[AsyncSlackResponse]) -> dict[str, Any]:
        """Await one call and return what Slack says, where it says yes.

        Raises:
            RefusedError: Slack says no.
            NoAnswerError: something else answered.
        """
        try:
            data: Any = (await calling).data
        except SlackApiError as error:
            raise RefusedError(self._read_refusal(error)) from None
        except AttributeError:  # the SDK stumbles over answers that are text, or JSON but no object
            data = None
        if not isinstance(data, dict):
            raise NoAnswerError(f"the answer from {self.host} is not Slack's")
        return data

    async def pages(
        self, request: Callable[[str | None], Awaitable[AsyncSlackResponse]]
    ) -> AsyncIterator[dict[str, Any]]:
        """Give one page after another.

        Raises:
            RefusedError: Slack says no.
            NoAnswerError: something else answered, or it would not end.
        """
        cursor: str | None = None
        for _ in range(MOST_PAGES):
            page = await self.call(request(cursor))
            yield page
            cursor = (page.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                return
        raise NoAnswerError(f"more than {MOST_PAGES} pages")

    def _read_refusal(self, error: SlackApiError) -> Answer:
        """Read a refusal; `error.response` is the SDK's, or aiohttp's own where the body was no JSON."""
        response: Any = error.response
        status: int = getattr(response, "status_code", None) or response.status
        data = getattr(response, "data", None)
        words = data if isinstance(data, dict) else {}
        return Answer(
            status=status,
            word=scrub_line(str(words.get("error") or ""), 60),
            needed=scrub_line(str(words.get("needed") or ""), 100),
            after=retry_after(response.headers, self._clock()),
        )
