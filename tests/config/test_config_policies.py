"""`routes:`, `maintenance:` and what every channel may say of when it is told."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from monitor.config.load import load_config
from monitor.errors import ConfigurationError
from monitor.model import Maintenance, Mode, Policy, Priority, Route, Way
from monitor.notify.channels import open_channels
from monitor.setup import Setup, load_setup
from monitor.testing import FakeClock
from monitor.text.hours import parse_hours
from monitor.text.timetable import parse_timetable

REST = """
feeds: {wire: {url: https://w.example/rss, tags: state}}
rules: {grain: {terms: grain, tags: trade}}
"""


def load(folder: Path, text: str, rest: str = REST) -> Setup:
    (folder / "monitor.yaml").write_text(text + rest)
    return load_setup(folder / "monitor.yaml", env={})


def mistakes(folder: Path, text: str) -> list[str]:
    with pytest.raises(ConfigurationError) as raised:
        load(folder, text)
    return [re.sub(r"^.*monitor\.yaml:", "", str(problem)) for problem in raised.value.problems]


def test_a_channel_says_when_it_is_told(tmp_path: Path) -> None:
    setup = load(
        tmp_path,
        "defaults: {notify: desk, zone: Europe/Paris}\n"
        "channels:\n"
        "  desk: {console: true}\n"
        "  chief: {console: true, zone: Asia/Tokyo, quiet: 22:00-07:00, digest: hourly, instant: high, wait: 30s}\n"
        "  log: {console: true, quiet: [sat-sun 00:00-24:00 UTC], min_priority: normal, rate: 30/min}\n",
    )
    assert setup.policies.channels == {
        "desk": Policy(zone="Europe/Paris"),
        "chief": Policy(
            zone="Asia/Tokyo",
            quiet=(parse_hours("22:00-07:00 Asia/Tokyo"),),
            digest=parse_timetable("hourly Asia/Tokyo"),
            instant=Priority.HIGH,
            wait=timedelta(seconds=30),
        ),
        "log": Policy(zone="UTC", quiet=(parse_hours("sat-sun 00:00-24:00"),), min_priority=Priority.NORMAL),
    }


async def test_a_rate_is_a_pace_and_never_faster_than_the_kind_allows(tmp_path: Path) -> None:
    slack = "slack: '#desk', token_file: token, rate"
    (tmp_path / "token").write_text("xoxb-12345")
    setup = load(
        tmp_path,
        f"defaults: {{notify: a}}\nchannels: {{a: {{{slack}: 6/min}}, b: {{{slack}: 100/s}}, c: {{console: true}}}}",
    )
    notifiers = open_channels(setup.channels, clock=FakeClock(datetime(2026, 3, 1, tzinfo=UTC)))
    paces = {name: each.pace for name, each in notifiers.items()}
    for each in notifiers.values():
        await each.close()
    assert paces["a"] == timedelta(seconds=10)
    assert paces["b"] > timedelta(seconds=0.9)
    assert paces["c"] == timedelta()


def test_routes_and_maintenance_are_read(tmp_path: Path) -> None:
    config = load(
        tmp_path,
        "defaults: {zone: Europe/Paris}\n"
        "channels: {desk: {console: true, digest: hourly}}\n"
        "routes:\n"
        "  - {when: {priority: urgent}, notify: desk, quiet: ignore}\n"
        "  - notify: [desk, desk]\n"
        "    also: true\n"
        "    mode: digest\n"
        "    when: {rules: grain, tags: [trade], owner: food, feeds: wire, sources: [state, w.example], lang: [en-GB]}\n"
        "maintenance:\n"
        "  - {name: weekly, when: [sun 02:00-04:00, mon 02:00-03:00 UTC], feeds: state, rules: grain, note: a move}\n"
        "  - {name: once, from: 2027-01-10 02:00, until: 2027-01-10 06:00 UTC, zone: Asia/Tokyo}\n",
    ).config
    assert config.routes == (
        Route(name="route 1", notify=("desk",), priority=Priority.URGENT, way=Way(ignores_quiet=True)),
        Route(
            name="route 2",
            notify=("desk",),
            also=True,
            way=Way(mode=Mode.DIGEST),
            rules=("grain",),
            tags=("trade",),
            owners=("food",),
            sources=("wire", "state", "w.example"),
            languages=("en-gb",),
        ),
    )
    assert config.maintenance == (
        Maintenance(
            name="weekly",
            hours=(parse_hours("sun 02:00-04:00 Europe/Paris"), parse_hours("mon 02:00-03:00")),
            sources=("state",),
            rules=("grain",),
            zone="Europe/Paris",
            note="a move",
        ),
        Maintenance(
            name="once",
            since=datetime(2027, 1, 9, 17, 0, tzinfo=UTC),
            until=datetime(2027, 1, 10, 6, 0, tzinfo=UTC),
            zone="Asia/Tokyo",
        ),
    )


def test_one_needs_no_list_and_nothing_is_nothing(tmp_path: Path) -> None:
    channels = "channels: {desk: {console: true}}\n"
    assert len(load(tmp_path, f"{channels}routes: {{notify: desk}}").config.routes) == 1
    assert load(tmp_path, f"{channels}routes:\nmaintenance:\n").policies.routes == ()


@pytest.mark.parametrize(
    ("channel", "mistake"),
    [
        ("quiet: 25:00-07:00", "1:41: `25:00` is no time of day: write it like `07:30`"),
        ("quiet: [22:00-22:00]", "1:42: `22:00-22:00` begins and ends at once: a whole day is `00:00-24:00`"),
        ("quiet: 00:00-24:00", "1:41: these hours never end: leave a gap between them"),
        ("digest: daily 7.30", "1:42: `7.30` is no time of day: write it like `07:30`"),
        (
            "digest: 450",
            "1:42: `450` is no timetable: write `hourly`, `daily 07:30 Europe/Paris` or `weekly mon 08:00`",
        ),
        ("zone: Europe/Pariss", "1:40: unknown time zone `Europe/Pariss`: did you mean `Europe/Paris`?"),
        ("instant: high", "1:18: `instant` says what does not wait for the digest, and there is no `digest`"),
        ("min_priority: hi", "1:48: `hi` is not one of `low`, `normal`, `high`, `urgent`"),
        ("wait: 2h", "1:40: `2h` is longer than an hour: what may wait so long goes into a `digest`"),
        ("rate: 0/s", "1:40: `0/s` is no rate: write it like `30/min`, `1/s` or `100/h`"),
        ("rate: [1/s]", "1:40: this is no rate: write it like `30/min`, `1/s` or `100/h`"),
        ("digset: hourly", "1:34: unknown key `digset`; did you mean `digest`?"),
    ],
)
def test_what_a_channel_cannot_mean_is_named_at_its_place(tmp_path: Path, channel: str, mistake: str) -> None:
    assert mistakes(tmp_path, f"channels: {{desk: {{console: true, {channel}}}}}") == [mistake]


def test_a_digest_in_another_zone_than_the_quiet_hours_has_to_be_meant(tmp_path: Path) -> None:
    written = "quiet: 22:00-07:00 Europe/Paris, digest: daily 07:30"
    (mistake,) = mistakes(tmp_path, f"channels: {{desk: {{console: true, {written}}}}}")
    assert mistake.startswith("1:18: the digest is due in UTC, and `quiet` counts in Europe/Paris: name the channel's")
    assert mistake.endswith("zone, for example zone: Europe/Paris")
    for meant in (f"zone: UTC, {written}", f"{written} Europe/Paris", written.replace("daily 07:30", "hourly")):
        load(tmp_path, f"channels: {{desk: {{console: true, {meant}}}}}")


@pytest.mark.parametrize(
    ("written", "mistake"),
    [
        ("routes: [{notify: dsk}]", "2:19: unknown channel `dsk`; did you mean `desk`?"),
        ("routes: {notify: dsk}", "2:18: unknown channel `dsk`; did you mean `desk`?"),
        ("routes: [{notify: desk, when: {rules: [grian]}}]", "2:40: unknown rule `grian`; did you mean `grain`?"),
        ("routes: [{notify: desk, when: {feeds: wir}}]", "2:39: unknown feed `wir`; did you mean `wire`?"),
        (
            "routes: [{notify: desk, when: {sources: w.exampel}}]",
            "2:41: unknown source `w.exampel`; did you mean `w.example`?",
        ),
        ("routes: [{notify: desk, mode: digest}]", "2:31: `desk` has no `digest`; add for example digest: daily 07:30"),
        ("routes: [{notify: desk, quiet: skip}]", "2:32: this should be one of `ignore`, not `skip`"),
        ("routes: [{notify: []}]", "2:19: this should have at least 1 item, not 0"),
        ("routes: [desk]", "2:10: this should be a mapping (`key: value`), not text"),
        ("routes: desk", "2:9: this should be a list, not text"),
        ("maintenance: [{name: x}]", "2:15: say either `when`, or `from` and `until`"),
        ("maintenance: [{name: x, from: 2027-01-10 02:00}]", "2:15: `from` and `until` belong together"),
        ("maintenance: [{when: mon 02:00-03:00}]", "2:15: `name` is missing"),
        ("maintenance: [{name: x, when: mon 02:00-03:00, rules: x}]", "2:55: unknown rule `x`; known here: `grain`"),
        (
            "maintenance: [{name: x, from: 2027-01-10 02:00, until: 2027-01-10 01:00}]",
            "2:15: `until` is not after `from`",
        ),
    ],
)
def test_what_routes_and_maintenance_cannot_mean_is_named(tmp_path: Path, written: str, mistake: str) -> None:
    assert mistakes(tmp_path, f"channels: {{desk: {{console: true}}}}\n{written}") == [mistake]


def test_rules_that_cannot_be_read_are_not_missed_as_well(tmp_path: Path) -> None:
    text = (
        "channels: {desk: {console: true}}\nroutes: [{notify: desk, when: {rules: other}}]\nrules: {grain: {tems: x}}"
    )
    (tmp_path / "monitor.yaml").write_text(text)
    with pytest.raises(ConfigurationError) as raised:
        load_setup(tmp_path / "monitor.yaml", env={})
    assert [problem.message for problem in raised.value.problems] == ["unknown key `tems`"]
    assert load_config(tmp_path / "monitor.yaml", env={})[1] == []
