"""Look whether a Slack bot can do what it has to: its token, its scopes, its channel. Nothing is posted."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterator
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from monitor.notify.channel import ChannelContext
from monitor.notify.excerpts import scrub_line
from monitor.notify.finding import Finding, fail, warn, well
from monitor.notify.slack_answers import Answer, explain
from monitor.notify.slack_api import SlackApi
from monitor.notify.slack_manifest import slack_scopes
from monitor.notify.slack_settings import SlackSettings
from monitor.notify.wire import NoAnswerError, NotReachedError, open_session, reach
from monitor.secret import Secret

MOST_PAGES = 20
_RENEW = "add them under OAuth & Permissions, and install the app again"


class _NoError(Exception):
    """Slack says no; the text says why and what to do."""


async def check_slack(settings: SlackSettings, context: ChannelContext) -> list[Finding]:
    """Ask Slack who we are and what we may."""
    host = urlsplit(settings.api_url).hostname or ""
    found: list[Finding] = []
    async with open_session(context.deadline) as session:
        desk = _Desk(session, settings)
        try:
            await reach(lambda: _look(desk, settings, found), host=host, deadline=context.deadline)
        except _NoError as refused:
            found.append(fail(str(refused)))
        except (NotReachedError, NoAnswerError) as error:
            found.append(fail(str(error), "check `api_url`, the proxy and the network"))
    if settings.app_secret is not None:
        found.append(await _check_buttons(settings.app_secret, settings.api_url, context))
    return found


async def _check_buttons(token: Secret, api_url: str, context: ChannelContext) -> Finding:
    """Ask Slack for a connection for buttons and commands, and leave it unused."""
    from monitor.notify.slack_link import BrokenError, ask_for_url  # noqa: PLC0415 - who has no app token loads no WebSocket

    api = SlackApi(token, api_url, clock=context.clock, deadline=context.deadline)
    try:
        await ask_for_url(api)
    except BrokenError as error:
        return fail(f"no buttons and no commands: {error}", "messages are sent all the same")
    finally:
        await api.close()
    return well("Slack knows the app token: it will hear buttons and commands")


async def _look(desk: _Desk, settings: SlackSettings, found: list[Finding]) -> None:
    who = await desk.ask("auth.test")
    found.append(well(f"Slack knows the token: {_word(who, 'user')} in {_word(who, 'team')}"))
    found += _lacking(desk.scopes, settings)
    channel = await _find(desk, settings.channel)
    if channel is None:
        name = settings.channel
        found.append(
            fail(f"the bot sees no channel {name}", f"check the name; write /invite in {name} if it is private")
        )
        return
    if channel.get("is_archived"):
        found.append(fail(f"{settings.channel} is archived", "unarchive it, or name another one"))
        return
    if channel.get("is_member") is False:
        found.append(warn(f"the bot is no member of {settings.channel}", f"write /invite @{_word(who, 'user')} there"))
    await desk.ask("conversations.history", channel=str(channel["id"]), limit="1")
    found.append(well(f"it can look for its messages in {settings.channel}"))


def _lacking(scopes: Collection[str], settings: SlackSettings) -> Iterator[Finding]:
    """Say what the app may not do, of what the manifest asks for."""
    lacking = [scope for scope in slack_scopes() if scopes and scope not in scopes]
    private = [scope for scope in lacking if scope.startswith("groups:")]
    commands = [scope for scope in lacking if scope == "commands"]
    if needed := [scope for scope in lacking if scope not in (*private, *commands)]:
        yield fail(f"the app lacks {', '.join(needed)}", _RENEW)
    if private:
        yield warn(f"the app lacks {', '.join(private)}: it knows no private channel", _RENEW)
    if commands and settings.app_secret is not None:
        yield warn("the app lacks commands: nobody can write /monitor", _RENEW)


async def _find(desk: _Desk, channel: str) -> dict[str, Any] | None:
    if not channel.startswith("#"):
        return {"id": channel}
    async for each in desk.channels():
        if each.get("name") == channel.removeprefix("#"):
            return each
    return None


class _Desk:
    """Ask Slack's methods, one at a time."""

    def __init__(self, session: aiohttp.ClientSession, settings: SlackSettings) -> None:
        self.scopes: frozenset[str] = frozenset()  # as Slack names them with each answer; empty = it has not
        self._session = session
        self._settings = settings

    async def ask(self, method: str, **given: str) -> dict[str, Any]:
        """Ask once.

        Raises:
            _NoError: Slack says no, or something else answers.
        """
        headers = {"Authorization": f"Bearer {self._settings.secret.reveal()}"}
        url = self._settings.api_url + method
        async with self._session.post(url, headers=headers, data=given, allow_redirects=False) as answer:
            self.scopes |= {
                each.strip() for each in answer.headers.get("X-OAuth-Scopes", "").split(",") if each.strip()
            }
            try:
                said = await answer.json(content_type=None)
            except ValueError:
                said = None
        if not isinstance(said, dict):
            raise _NoError(f"HTTP {answer.status}, and not from Slack: check `api_url` and the proxy")
        if not said.get("ok"):
            refusal = Answer(status=answer.status, word=_word(said, "error"), needed=_word(said, "needed"))
            raise _NoError(f"{method}: {explain(refusal, self._settings.channel)}")
        return said

    async def channels(self) -> AsyncIterator[dict[str, Any]]:
        """Give the channels that the bot can see."""
        cursor = ""
        for _ in range(MOST_PAGES):
            given = {"types": "public_channel,private_channel", "limit": "1000"} | (
                {"cursor": cursor} if cursor else {}
            )
            page = await self.ask("conversations.list", **given)
            for each in page.get("channels") or ():
                yield each
            cursor = str((page.get("response_metadata") or {}).get("next_cursor") or "")
            if not cursor:
                return


def _word(said: dict[str, Any], key: str) -> str:
    return scrub_line(str(said.get(key) or ""), 100)
