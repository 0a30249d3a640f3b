"""`mute`, `unmute`, `mutes`, `actions`, `held ...`, `alerts show`, `status`: what people decide about alerts."""

from __future__ import annotations

import asyncio
import io
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from monitor import acts
from monitor.acts import Person
from monitor.app import open_app, utc_now
from monitor.cli import cli
from monitor.errors import MonitorError
from monitor.model import Breaker, DeliveryState, Subject
from monitor.setup import load_setup
from monitor.store import SqlStore
from monitor.store.sql_store import open_existing_store
from tests.app.house import rss
from tests.app.parse_here import ParserHere
from tests.store.builders import open_breaker

CONFIG = """
defaults: {backlog: alert, notify: screen, zone: Europe/Paris}
channels: {screen: {console: true}, desk: {console: true}}
allow_files: [.]
feeds: {wire: "file:wire.xml"}
rules: {quake: earthquake, shoygu: Shoygu}
"""
ANNA = Person(by="anna", via="slack")


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A desk that has told one alert."""
    folder = tmp_path_factory.mktemp("desk")
    (folder / "monitor.yaml").write_text(CONFIG)
    poll(folder, "Shoygu speaks")
    return folder


@pytest.fixture
def desk(told: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(told, tmp_path, dirs_exist_ok=True)
    (tmp_path / "monitor.yaml").write_text(CONFIG)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def poll(desk: Path, *titles: str) -> str:
    """Do what `monitor run --once` does, with these on the feed; return what is told."""
    (desk / "wire.xml").write_text(rss(*titles))
    told = io.StringIO()

    async def once() -> None:
        async with open_app(load_setup(desk / "monitor.yaml"), stream=told) as app:
            app.in_use.doors = replace(app.doors, parser=ParserHere())
            await app.watch(app.setup, hasten=[feed.url for feed in app.setup.config.feeds])
            await app.run_once()

    asyncio.run(once())
    return told.getvalue()


def run(*arguments: str) -> str:
    """Run a command in this process and this folder; return what it prints."""
    ran = CliRunner().invoke(cli, arguments)
    assert ran.exception is None or isinstance(ran.exception, SystemExit), ran.exc_info
    return ran.stdout


def refused(*arguments: str) -> str:
    """Run a command that says no; return what it says."""
    ran = CliRunner().invoke(cli, arguments)
    if isinstance(ran.exception, MonitorError):
        return str(ran.exception)
    assert ran.exit_code == 2, ran.output
    return ran.stderr


def read(*arguments: str) -> Any:
    return json.loads(run(*arguments, "--json"))


@contextmanager
def state(desk: Path) -> Iterator[SqlStore]:
    store = open_existing_store(f"sqlite:///{desk}/var/monitor.db")
    try:
        yield store
    finally:
        store.close()


# -- mutes -------------------------------------------------------------------------------------------------------------


def test_a_mute_is_begun_shown_obeyed_and_ended(desk: Path) -> None:
    said = run("mute", "--rule", "quake", "--for", "24h", "--reason", "drill\x1b[31m\n", "--by", "anna")
    assert said.startswith("muted rule quake until ")
    (mute,) = read("mutes")["mutes"]
    assert (mute["rule"], mute["by"], mute["reason"], mute["tell"]) == ("quake", "anna", "drill[31m", False)
    assert "by anna  drill[31m" in run("mutes")
    assert poll(desk, "Earthquake one") == ""
    (held,) = read("held", "list")["held"]
    assert (held["title"], held["hold"]["by"]) == ("Earthquake one", mute["id"])
    assert f"muted  screen  held by mute {mute['id']} of anna" in run("why", held["story"])
    assert "1 by mutes; `monitor held list` shows them" in run("status")
    status = read("status")
    assert (status["held"]["mute"], status["mutes"][0]["id"], status["breakers"]) == (1, mute["id"], [])
    said = run("unmute", mute["id"][:6], "--tell", "--by", "boris")
    assert said == "unmuted rule quake; told now: 1 message\n"
    assert "**Earthquake** one" in poll(desk, "Earthquake one")
    assert run("mutes") == "nothing is muted\n"
    assert "by boris" in run("mutes", "--all")
    assert [each["verb"] for each in read("actions")["actions"]] == ["unmute", "mute"]
    assert "anna   command line  mute" in run("actions")


def test_the_one_at_the_keyboard_is_named(desk: Path) -> None:  # noqa: ARG001 - the folder
    run("mute", "--all", "--for", "1h")
    (done,) = read("actions")["actions"]
    assert done["by"]


def test_without_any_there_is_nothing_to_show(desk: Path) -> None:  # noqa: ARG001 - the folder
    assert run("mutes") == "nothing is muted\n"
    assert run("mutes", "--all") == "no mute was ever begun\n"
    assert run("actions") == "nobody has done anything yet\n"
    assert run("held", "list") == "nothing is held\n"


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("--for", "24h"), "nothing is muted"),
        (("--rule", "quake"), "say how long"),
        (("--rule", "quake", "--for", "1h", "--until", "2099-01-01 00:00"), "by --for or by --until, not by both"),
        (("--rule", "quake", "--for", "3000d"), "longer than 366 days"),
        (("--rule", "quake", "--until", "2099-01-01 00:00"), "366 days at most"),
        (("--rule", "quake", "--until", "2020-01-01 00:00"), "2019-12-31 23:00 UTC is over: name a time to come"),
        (("--rule", "quake", "--until", "tomorrow"), "is no day and time"),
        (("--rule", "quke", "--for", "1h"), "no rule `quke`: did you mean `quake`?"),
        (("--feed", "wirre", "--for", "1h"), "no feed `wirre`: did you mean `wire`?"),
        (("--channel", "desc", "--for", "1h"), "no channel `desc`: did you mean `desk`?"),
        (("--story", "zz", "--for", "1h"), "no story `zz`"),
        (("--alert", "0\x1b[31m", "--for", "1h"), "no alert `0[31m`"),
        (("--story", "1", "--alert", "1", "--for", "1h"), "not both"),
        (("--rule", "quake", "--all", "--for", "1h"), "not both"),
    ],
)
def test_what_cannot_be_muted_is_refused(desk: Path, arguments: tuple[str, ...], complaint: str) -> None:
    assert complaint in refused("mute", *arguments)
    with state(desk) as store:
        assert (store.mutes(), store.actions()) == ((), ())


def test_a_story_is_muted_by_its_alert_and_a_short_id_must_mean_one(desk: Path) -> None:
    poll(desk, *(f"Earthquake of {place}" for place in ("Lima", "Kobe", "Bam", "Assam", "Haiti", "Izmit")))
    with state(desk) as store:
        keys = [each.key for each in store.latest_deliveries(channel=None, edits=False, limit=100)]
        stories = sorted({alert.story_id for key in keys for alert in store.find_alerts(key)})
    assert len(stories) == 7
    run("mute", "--alert", keys[-1][:12], "--for", "1h")
    run("mute", "--story", stories[0], "--for", "1h", "--tell")
    shoygu, lowest = read("mutes")["mutes"]
    assert shoygu["story"] in stories
    assert (lowest["story"], lowest["tell"]) == (stories[0], True)
    assert "no story" in refused("mute", "--story", "g", "--for", "1h")


def test_a_story_id_that_is_too_short_is_refused(desk: Path) -> None:
    with state(desk) as store:
        (key,) = [each.key for each in store.latest_deliveries(channel=None, edits=False, limit=1)]
        (alert,) = store.find_alerts(key)
    places = [f"Earthquake {first}{last}" for first in ("aba", "elo", "imu") for last in "bcdfghj"]
    poll(desk, *places)
    with state(desk) as store:
        found = {digit: store.find_stories(digit) for digit in "0123456789abcdef"}
    digit = next(digit for digit, some in found.items() if len(some) > 1)
    assert "give more of it" in refused("mute", "--story", digit, "--for", "1h")
    assert alert.story_id in {each for some in found.values() for each in some}


def test_names_are_taken_as_given_while_the_files_hold_a_mistake(desk: Path) -> None:
    (desk / "monitor.yaml").write_text(CONFIG + "stoer: x\n")
    assert "muted rule gone until" in run("mute", "--rule", "gone", "--for", "1h")


# -- breakers ----------------------------------------------------------------------------------------------------------


def trip(desk: Path, *titles: str) -> str:
    """Open a breaker of the rule `quake`, and hold these; return its id."""
    breaker = Breaker(id="b1b1b1b1", subject=Subject.RULE, name="quake", since=utc_now(), reason="61, usually 1")
    with state(desk) as store:
        open_breaker(store, breaker)
    assert "Earthquake" not in poll(desk, *titles).replace("rule quake", "")
    return breaker.id


def test_what_a_breaker_holds_is_listed_and_released(desk: Path) -> None:
    breaker = trip(desk, *(f"Earthquake {number}" for number in ("one", "two")))
    listed = run("held", "list", "--limit", "1")
    for part in (
        "b1b1b1b1  rule quake  since",
        "61, usually 1  2 messages held",
        "screen: 2 messages, held by breaker",
        "1 more",
    ):
        assert part in listed
    assert "Open breakers" in run("status")
    assert read("held", "list")["breakers"][0]["id"] == breaker
    assert run("held", "list", "--channel", "desk").splitlines()[0].startswith("Open breakers")
    assert run("held", "release", breaker) == "released 2 messages of rule quake\n"
    assert poll(desk, "Earthquake one").count("**Earthquake**") == 2
    assert "no open breaker or held message" in refused("held", "release", breaker)


@pytest.mark.parametrize(
    ("verb", "said"),
    [("discard", "discarded 1 message of rule quake\n"), ("mute", "discarded 1 message of rule quake;")],
)
def test_what_a_breaker_holds_is_discarded(desk: Path, verb: str, said: str) -> None:
    breaker = trip(desk, "Earthquake one")
    assert read("held", verb, breaker)["said"].startswith(said.strip())
    assert read("held", "list") == {"breakers": [], "held": []}
    assert [each["rule"] for each in read("mutes")["mutes"]] == (["quake"] if verb == "mute" else [])
    assert run("held", "list", "--channel", "nobody") == "nothing is held\n"


# -- alerts ------------------------------------------------------------------------------------------------------------


def test_an_alert_shows_what_people_did_about_it(desk: Path) -> None:
    now = utc_now()
    with state(desk) as store:
        (key,) = [each.key for each in store.latest_deliveries(channel=None, edits=False, limit=1)]
        (alert,) = store.find_alerts(key)
        acts.acknowledge(store, ANNA, alert.id, now=now)
        acts.judge(store, ANNA, alert.id, relevant=False, now=now)
        acts.mute(store, ANNA, now=now, until=now.replace(year=now.year + 1), story=alert.story_id, reason="enough")
    shown = run("alerts", "show", key[:8])
    for part in (
        "Shoygu speaks",
        f"alert     {alert.id}  in screen",
        "why       normal priority, rules shoygu",
        "taken     anna takes care of it",
        "delivered to screen",
        "of anna  enough",
        "judged    not relevant  shoygu, by anna",
        "anna  slack  acknowledge",
    ):
        assert part in shown, part
    (one,) = read("alerts", "show", alert.id)["alerts"]
    assert (one["title"], one["acknowledged_by"], one["feedback"][0]["relevant"]) == ("Shoygu speaks", "anna", False)
    assert one["deliveries"][0]["state"] == DeliveryState.SENT.value
    assert "taken  anna takes care of it" in run("alerts", "why", alert.id[:8])
    assert "no alert `zz`" in refused("alerts", "show", "zz")
