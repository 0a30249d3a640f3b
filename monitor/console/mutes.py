"""The page of mutes: what runs and what is over, a form to begin one, and the trail of what people did."""

from __future__ import annotations

from functools import partial
from typing import Final

from aiohttp import web

from monitor import acts
from monitor.console.asked import form, person, place
from monitor.console.desk import Desk
from monitor.console.pages import PER_PAGE, Pages, offered, see_other
from monitor.console.place import write_place
from monitor.decide.mutes import runs, what_is_muted
from monitor.errors import UserError
from monitor.model import Action, Mute
from monitor.ports import MutePlace, Store, ToldPlace
from monitor.text.duration import parse_duration

NAMES: Final = ("story", "rule", "feed", "channel")


class Mutes:
    """Its routes."""

    def __init__(self, desk: Desk, pages: Pages) -> None:
        self._desk = desk
        self._pages = pages

    def routes(self) -> list[web.RouteDef]:
        """Return what to add to a router."""
        return [
            web.get("/mutes", self._show),
            web.post("/mutes", self._begin),
            web.post("/mutes/{id:[0-9a-f]{8}}/end", self._end),
        ]

    async def _show(self, request: web.Request) -> web.Response:
        now, past = self._desk.clock(), "past" in request.query
        read = place(request.query.get("before", ""))
        before = MutePlace(since=read.at, mute_id=read.alert_id) if read else None

        def look(store: Store) -> tuple[tuple[Mute, ...], tuple[Action, ...]]:
            found = store.mute_page(at=None if past else now, before=before, limit=PER_PAGE + 1)
            return found, store.actions(limit=PER_PAGE)

        found, actions = await self._desk.read(look)
        mutes, setup = found[:PER_PAGE], self._desk.setup
        last = ToldPlace(at=mutes[-1].since, alert_id=mutes[-1].id) if len(found) > PER_PAGE else None
        return self._pages.page(
            request,
            "mutes.html.j2",
            now=now,
            zone=setup.config.defaults.zone,
            mutes=[(each, what_is_muted(each), runs(each, now)) for each in mutes],
            more={"before": write_place(last), **({"past": ""} if past else {})} if last else None,
            past=past,
            actions=actions,
            rules=offered(setup.ruleset.rules),
            feeds=offered([feed.name for feed in setup.config.feeds]),
            channels=sorted(setup.channels),
            asked={name: request.query.get(name, "")[:100] for name in NAMES},
        )

    async def _begin(self, request: web.Request) -> web.Response:
        sent, now, who = await form(request), self._desk.clock(), person(request)
        names = {name: sent.get(name, "") for name in NAMES}
        try:
            self._desk.require_known(rule=names["rule"], feed=names["feed"], channel=names["channel"])
            until = now + parse_duration(sent.get("for", ""))
            begin = partial(acts.mute, now=now, until=until, reason=sent.get("reason", ""), tell="tell" in sent)
            story, rule, feed, channel = (names[name] for name in NAMES)
            await self._desk.act(lambda store: begin(store, who, story=story, rule=rule, feed=feed, channel=channel))
        except (UserError, ValueError) as error:
            raise web.HTTPBadRequest(text=str(error)) from None
        return see_other("/mutes")

    async def _end(self, request: web.Request) -> web.Response:
        sent, now, who = await form(request), self._desk.clock(), person(request)
        mute_id, tell = request.match_info["id"], "tell" in sent
        try:
            await self._desk.act(lambda store: acts.unmute(store, who, mute_id, now=now, tell=tell))
        except UserError as error:  # it is over by now
            raise web.HTTPConflict(text=str(error)) from None
        return see_other("/mutes")
