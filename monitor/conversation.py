"""What people say where they read their alerts: heard while the daemon runs, done, written down and answered."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from datetime import timedelta
from functools import partial

import structlog

from monitor import acts
from monitor.account import Row, account_of
from monitor.commands import MUTE, ROW_LIMIT, obey, sentence
from monitor.errors import NotFoundError, StoreUnavailableError, UserError
from monitor.model import Alert, Wish
from monitor.notify.slack_buttons import MUTE_SOURCE, MUTE_STORY, rule_mark
from monitor.pipeline import Doors, Live
from monitor.ports import Listener
from monitor.text.plain import one_line, shorten

log = structlog.get_logger()

RESTART = timedelta(minutes=1)  # after a listener has failed in a way that nobody foresaw
MOST_ROWS = 30

_NOT_ALLOWED = "You may not do that here: it is allowed in the channels of the alerts, to the people of `allow_users`."
_GONE = "That alert is not known here."


class Conversation:
    """Hear what people wish, through whatever listens now."""

    def __init__(self, doors: Doors, live: Callable[[], Live], *, restart: timedelta = RESTART) -> None:
        self._doors = doors
        self._live = live
        self._restart = restart
        self._tasks: set[asyncio.Task[None]] = set()
        self._begun = False

    @property
    def begun(self) -> bool:
        """Whether somebody was to listen at all: a daemon that runs once does not."""
        return self._begun

    async def keep(self, listeners: Collection[Listener]) -> None:
        """Listen through these from now on, and through no others."""
        await self.end()
        self._begun = True
        self._tasks = {asyncio.create_task(self._listen(each)) for each in listeners}

    async def end(self) -> None:
        """Hear nothing more; a wish that was heard is done."""
        tasks, self._tasks = self._tasks, set()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _listen(self, listener: Listener) -> None:
        while True:
            try:
                await listener.listen(self.hear)
            except Exception:
                log.exception("nobody listens to buttons for a while: please report this")
            await asyncio.sleep(self._restart.total_seconds())

    async def hear(self, wish: Wish) -> str:
        """Do what somebody wishes, if he may, and return what to tell him; see `Hear`."""
        try:
            return await (self._do(wish) if wish.channels else self._refuse(wish, _NOT_ALLOWED))
        except StoreUnavailableError:
            log.warning("a wish could not be fulfilled: the store fails", verb=wish.verb)
            return "The monitor cannot write that down now, and nothing was done: try again in a minute."
        except UserError as error:
            return sentence(str(error))
        except Exception:
            log.exception("a wish could not be fulfilled: please report this", verb=wish.verb)
            return "That failed in the monitor itself, which has logged why."

    async def _do(self, wish: Wish) -> str:
        if wish.verb == "command":
            return await obey(wish.text, partial(self._act, wish), self._doors, self._live())
        if wish.text == "held":
            return sentence(await self._decide(wish))
        store = self._doors.store
        alert = await self._doors.in_store(store.alert, wish.subject)
        if alert is None or alert.channel not in wish.channels:
            return await self._refuse(wish, _GONE)
        return await self._do_about(alert, wish)

    async def _do_about(self, alert: Alert, wish: Wish) -> str:
        match wish.verb:
            case "why":
                await self._note(wish, "why", alert.id)
                return await self._why(alert)
            case "mute":
                return sentence(await self._mute_of(wish, alert))
            case "acknowledge":
                return sentence(await self._act(wish, acts.acknowledge, alert.id))
            case "relevant" | "not relevant":
                relevant = wish.verb == "relevant"
                return sentence(await self._act(wish, acts.judge, alert.id, relevant=relevant))
        return await self._refuse(wish, "There is no such thing to do.")

    async def _act(self, wish: Wish, act: Callable[..., str], *args: object, **given: object) -> str:
        """Do one of the acts on the store's thread."""
        person = acts.Person(by=wish.by, via=wish.via, place=wish.place)
        return await self._doors.in_store(act, self._doors.store, person, *args, now=self._doors.clock(), **given)

    async def _refuse(self, wish: Wish, why: str) -> str:
        """Write down what somebody was not allowed to do."""
        wanted = shorten(one_line(f"{wish.verb} {wish.text}".strip()), ROW_LIMIT)
        await self._note(wish, "refused", shorten(one_line(wish.subject), ROW_LIMIT), wanted)
        return why

    async def _note(self, wish: Wish, verb: str, subject: str, detail: str = "") -> None:
        """Leave a row of what somebody did that changes nothing else."""
        person = acts.Person(by=wish.by, via=wish.via, place=wish.place)
        done = person.did(verb, subject, self._doors.clock(), detail)
        await self._doors.in_store(self._doors.store.note_action, done)

    # -- buttons -------------------------------------------------------------------------------------------------------

    async def _mute_of(self, wish: Wish, alert: Alert) -> str:
        """Mute what a menu names: the alert's story, one of its rules, or the feed that it came from."""
        what = {}
        if wish.text == MUTE_STORY:
            what = {"story": alert.story_id}
        elif wish.text == MUTE_SOURCE:
            record = await self._doors.in_store(self._doors.store.entry_record, alert.entry_id)
            what = {"feed": record.entry.feed} if record else {}
        elif marked := [rule for rule in alert.rules if rule_mark(rule) == wish.text]:
            what = {"rule": marked[0]}
        if not what:
            raise NotFoundError("what that would mute is no longer known: see `monitor mute --help`")
        return await self._act(wish, acts.mute, until=self._doors.clock() + MUTE, reason="muted in Slack", **what)

    async def _decide(self, wish: Wish) -> str:
        """Decide about what a breaker holds."""
        if wish.verb == "mute":
            return await self._act(wish, acts.mute_held, wish.subject, until=self._doors.clock() + MUTE)
        return await self._act(wish, acts.release if wish.verb == "release" else acts.discard, wish.subject)

    async def _why(self, alert: Alert) -> str:
        record = await self._doors.in_store(self._doors.store.entry_record, alert.entry_id)
        if record is None:
            return f"Rules {', '.join(alert.rules)} found it; the entry itself is no longer stored."
        rows = account_of(record)
        lines = [_said(row) for row in rows[:MOST_ROWS]]
        more = [f"and {len(rows) - MOST_ROWS} more lines: monitor why {alert.id[:8]}"] if len(rows) > MOST_ROWS else []
        return "\n".join([shorten(one_line(record.entry.title), ROW_LIMIT), *lines, *more])


def _said(row: Row) -> str:
    """Put a row on one line; a label that says the same as what follows is said once."""
    label, *rest = row
    said = ", ".join(part for part in rest if part not in ("", label))
    return shorten(one_line(f"{label}: {said}" if label else said), ROW_LIMIT)
