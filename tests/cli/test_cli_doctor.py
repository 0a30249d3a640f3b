"""`monitor doctor`: what is there, what is missing, what is broken, and what to do."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

from monitor.app import utc_now
from monitor.doctor.check import Check
from monitor.doctor.examine import examine
from monitor.notify.finding import Mark
from monitor.ports import NodeReport
from monitor.store.sql_store import open_store
from monitor.testing import Fault
from tests.cli.served import Served


async def look(served: Served, area: str, *, offline: bool = False) -> list[tuple[str, str]]:
    checks = (await examine(served.file, utc_now, offline=offline)).checks
    return [(each.mark.value, each.text) for each in checks if each.area == area]


async def test_a_healthy_house_is_told_line_by_line(served: Served) -> None:
    served.slack.messages.clear()
    code, out = await served.run("doctor")
    assert code == 0, out
    for part in (
        "ok    configuration: the files are right: 0 feeds, 0 rules, 4 channels; every secret that they refer to is set\n",
        "warn  configuration: nobody would notice that this program has died\n",
        "      let somebody wait for its pings: `heartbeat: {ping: ...}`\n",
        "warn  configuration: mails have no link to unsubscribe\n",
        "ok    channel desk: slack, effectively once: a message whose answer was lost is looked up",
        "ok    channel desk: Slack knows the token: monitor in Fake\n",
        "ok    channel desk: it can look for its messages in #desk-russia\n",
        "ok    channel chief: email, once per Message-ID: ",
        f"ok    channel chief: mail server 127.0.0.1:{served.smtp.port} takes mail, not encrypted\n",
        "warn  channel archive: messages are not signed: whoever knows the URL can send some\n",
        "ok    channel screen: console, at least once: ",
        "GB are left on the disk",
        "0 failures, ",
    ):
        assert part in out, part
    assert served.slack.messages == []
    assert served.smtp.mails == []
    assert served.hook.calls == []
    assert served.slack.token not in out


async def test_offline_nobody_is_asked(served: Served) -> None:
    code, out = await served.run("doctor", "--offline", "--json")
    assert code == 0
    checks = json.loads(out)["checks"]
    assert {each["area"] for each in checks} >= {"configuration", "store", "channel desk", "channel chief"}
    assert served.slack.calls == []


@pytest.mark.parametrize(
    ("fault", "method", "said"),
    [
        (
            Fault.refuse("token_revoked"),
            "auth.test",
            "auth.test: token_revoked: the token was revoked: install the app",
        ),
        (Fault.nonsense("<html>"), "auth.test", "HTTP 200, and not from Slack: check `api_url` and the proxy"),
        (Fault.refuse("missing_scope"), "conversations.list", "conversations.list: missing_scope: the app lacks"),
        (Fault.refuse("not_in_channel"), "conversations.history", "conversations.history: not_in_channel: invite"),
        (Fault.drop(accept=False), "auth.test", "the connection to 127.0.0.1 broke before its answer came"),
    ],
)
async def test_what_slack_refuses_is_named(served: Served, fault: Fault, method: str, said: str) -> None:
    served.slack.fail(fault, method=method)
    *_, (mark, text) = await look(served, "channel desk")
    assert mark == "fail"
    assert text.startswith(said)
    assert (await served.run("doctor", "--offline"))[0] == 0


async def test_an_app_token_is_tried_without_a_connection(served: Served) -> None:
    written = served.file.read_text()
    for token, said in (
        (served.slack.socket.token, ("ok", "Slack knows the app token: it will hear buttons and commands")),
        (
            "xapp-another",
            ("fail", "no buttons and no commands: invalid_auth: Slack does not know the app token: check it"),
        ),
    ):
        (served.file.parent / ".env").write_text(f"TOKEN={served.slack.token}\nAPP_TOKEN={token}\n")
        served.file.write_text(written.replace("'${TOKEN}'", "'${TOKEN}', app_token: '${APP_TOKEN}'"))
        assert (await look(served, "channel desk"))[-1] == said
    assert served.slack.socket.opened == 0


async def test_a_channel_that_the_bot_cannot_use_is_named(served: Served) -> None:
    served.slack.archived.add("C00000002")
    assert ("fail", "#desk-russia is archived") in await look(served, "channel desk")
    del served.slack.channels["C00000002"]
    assert ("fail", "the bot sees no channel #desk-russia") in await look(served, "channel desk")
    written = served.file.read_text()
    served.file.write_text(written.replace("'#desk-russia'", "C00000001"))
    assert ("ok", "it can look for its messages in C00000001") in await look(served, "channel desk")


async def test_each_permission_of_the_manifest_is_looked_for(served: Served) -> None:
    served.slack.scopes -= {"channels:history", "groups:read", "groups:history", "commands"}
    found = await look(served, "channel desk")
    assert ("fail", "the app lacks channels:history") in found
    assert ("warn", "the app lacks groups:history, groups:read: it knows no private channel") in found
    assert "commands" not in str(found)  # without an app token nobody would hear them
    (served.file.parent / ".env").write_text(f"TOKEN={served.slack.token}\nAPP_TOKEN={served.slack.socket.token}\n")
    served.file.write_text(served.file.read_text().replace("'${TOKEN}'", "'${TOKEN}', app_token: '${APP_TOKEN}'"))
    said = ("warn", "the app lacks commands: nobody can write /monitor")
    assert said in await look(served, "channel desk")


async def test_a_mail_server_that_is_gone_or_wants_another_login_is_named(served: Served) -> None:
    served.smtp.fail("EHLO", "drop")
    *_, (mark, text) = await look(served, "channel chief")
    assert (mark, text) == ("fail", f"mail server 127.0.0.1:{served.smtp.port} broke the connection off")
    await served.smtp.__aexit__(None, None, None)
    *_, (mark, text) = await look(served, "channel chief")
    assert (mark, text.startswith("cannot connect to mail server 127.0.0.1:")) == ("fail", True)


async def test_mistakes_in_the_files_are_all_that_is_said(served: Served) -> None:
    served.file.write_text(served.file.read_text() + "stoer: x\n")
    (check,) = (await examine(served.file, utc_now)).checks
    assert check.mark is Mark.FAIL
    assert check.text.startswith("1 mistake, the first: ")
    assert "unknown key `stoer`" in check.text
    assert (await served.run("doctor"))[0] == 1


async def test_the_store_is_opened_and_written(served: Served, tmp_path: Path) -> None:
    assert ("warn", f"there is no state in {tmp_path}/var/monitor.db yet: `monitor run` makes it") in await look(
        served, "store", offline=True
    )
    store = open_store(f"sqlite:///{tmp_path}/var/monitor.db")
    assert ("warn", "no daemon runs") in await look(served, "store", offline=True)
    now = utc_now()
    store.beat(NodeReport(name="box:1", version="1", started_at=now, beat_at=now, rules_hash=""))
    *_, (mark, told), running = await look(served, "store", offline=True)
    assert (mark, running) == ("ok", ("ok", "running: box:1"))
    assert re.fullmatch(r"it can be read and written: SQLite 3[.\d]+, schema \d{4}, 0\.\d MB( and .* MB of log)?", told)
    store.close()
    (tmp_path / "var" / "monitor.db").write_bytes(b"no database at all, but long enough" * 100)
    assert (await look(served, "store", offline=True))[-1][0] == "fail"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
async def test_a_folder_that_cannot_be_written_is_named(served: Served, tmp_path: Path) -> None:
    (tmp_path / "var").mkdir(mode=0o500)
    assert ("fail", f"{tmp_path}/var cannot be written") in await look(served, "store", offline=True)


async def test_a_house_with_one_channel_is_warned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "monitor.yaml").write_text(
        "channels: {hook: {slack_webhook: '${HOOK}'}}\nheartbeat: {ping: 'https://hc.example/a'}\n"
    )
    monkeypatch.setenv("HOOK", "https://hooks.slack.com/services/hidden")
    checks = (await examine(tmp_path / "monitor.yaml", utc_now, offline=True)).checks
    warnings = [each for each in checks if each.mark is Mark.WARN]
    assert [each.area for each in warnings] == ["configuration"] * 3 + ["store", "channel hook"]
    assert [each.text for each in warnings[:3]] == [
        "there are no feeds: nothing is read",
        "there are no rules: nothing is found",
        "there is one channel: when it breaks, nobody can be told",
    ]
    assert warnings[4] == Check(
        area="channel hook",
        mark=Mark.WARN,
        text="what it has posted cannot be changed: no counter of sources, no threads, no buttons",
        todo="use a bot token (`slack:` and `token:`) to have them",
    )
    assert "hidden" not in repr(checks)
