from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import pytest

from monitor.document import parse_document
from monitor.errors import Problem
from monitor.notify.channel import ConfiguredChannel
from monitor.notify.channels import load_channels, open_channels
from monitor.testing import FakeClock

ENV = {
    "SLACK_BOT_TOKEN": "xoxb-1-secret",
    "SLACK_WEBHOOK_URL": "https://hooks.slack.com/services/T1/B1/hook-secret",
    "HOOK_SECRET": "sign-secret",
    "SMTP_PASSWORD": "mail-secret",
    "APP_TOKEN": "xapp-1-secret",
    "NOT_A_URL": "gopher-secret",
    "WRONG_TOKEN": "hunter2-secret",
    "PLACEHOLDER": "xoxb-your-token",
    "DOTS": "xoxb-…",
    "EMPTY": "",
    "CYRILLIC": "пароль",
    "SPACED": "xapp-1 2",
}
BOT = "{slack: '#desk', token: '${SLACK_BOT_TOKEN}'"
BUTTONS = BOT + ", app_token: '${APP_TOKEN}'"
SMTP = "smtp: {host: mail.example.org, user: me, password: '${SMTP_PASSWORD}', from: Desk <desk@example.org>}\n"


def load(yaml: str, base: Path = Path()) -> tuple[dict[str, ConfiguredChannel], list[Problem]]:
    document, problems = parse_document(yaml.encode(), name="monitor.yaml")
    assert document is not None, problems
    return load_channels(document, base=base, env=ENV)


def test_every_kind_is_read_and_opened_through_its_entry_point() -> None:
    channels, problems = load(
        SMTP
        + 'channels:\n  desk: {slack: "#desk-russia", token: "${SLACK_BOT_TOKEN}"}\n'
        + '  hook: {slack_webhook: "${SLACK_WEBHOOK_URL}"}\n'
        + "  chief: {email: [chief@example.org, deputy@example.org]}\n"
        + '  web: {webhook: "https://example.org/in", secret: "${HOOK_SECRET}"}\n'
        + "  log: {console: true}\n"
    )
    assert problems == []
    assert {name: channel.type.name for name, channel in channels.items()} == {
        "desk": "slack",
        "hook": "slack_webhook",
        "chief": "email",
        "web": "webhook",
        "log": "console",
    }
    assert channels["chief"].smtp is not None
    assert channels["log"].smtp is None


async def test_opening_connects_to_nothing_and_closing_is_clean(clock: FakeClock) -> None:
    channels, _ = load('channels: {log: {console: true}, desk: {slack: "#desk", token: "${SLACK_BOT_TOKEN}"}}')
    notifiers = open_channels(channels, clock=clock, stream=io.StringIO(), env={})
    assert set(notifiers) == {"log", "desk"}
    for notifier in notifiers.values():
        assert notifier.guarantee
        await notifier.close()


def test_no_channels_are_no_problem_here() -> None:
    assert load("rules: {}") == ({}, [])
    assert load("channels:") == ({}, [])


@pytest.mark.parametrize(
    ("channel", "message", "hint", "column"),
    [
        ("{slak: '#desk'}", "unknown kind of channel `slak`", "did you mean `slack`?", 14),
        ("{}", "no kind of channel is named here", "known here: `apprise`, `console`, `email`", 3),
        ("true", "this should be a mapping that names one kind of channel", "write for example", 13),
        ("{console: true, email: a@b.example}", "`console` and `email` in one channel", "a channel of each", 29),
        ("{console: true, colour: no}", "unknown key `colour`", "`console`", 29),
        ("{console: false}", "write `console: true`, or leave the channel out", "", 23),
        ("{slack: '#desk'}", "`token` is missing: add token: ${SLACK_BOT_TOKEN}", "", 13),
        ("{slack: desk, token: '${SLACK_BOT_TOKEN}'}", '`desk` is not a Slack channel: write "#name"', "", 21),
        ("{slack: '#desk', token: '${NOPE}'}", "`NOPE` is not set: put it in the environment", "", 37),
        ("{slack: '#desk', token: '${EMPTY}'}", "`EMPTY` is not set", "", 37),
        ("{slack: '#desk', token: '${APP_TOKEN}'}", "needs the bot token (xoxb-…)", "", 37),
        ("{slack: '#desk', token: '${WRONG_TOKEN}'}", "this is no bot token (xoxb-…): copy the bot token", "", 37),
        ("{slack: '#desk', token: '${PLACEHOLDER}'}", "this is the guide's placeholder: copy", "", 37),
        ("{slack: '#desk', token: '${DOTS}'}", "this is the guide's placeholder: copy", "", 37),
        ("{slack: '#desk', token: xoxb-123-abc}", "a secret must not stand in this file: write ${NAME}", "", 37),
        ("{slack: '#desk', token_file: nowhere}", "`nowhere` cannot be read: No such file", "", 42),
        ("{slack: '#d', token: '${SLACK_BOT_TOKEN}', api_url: 'http://x.example'}", "in the clear", "", 65),
        (
            f"{BOT}, app_token: '${{SLACK_BOT_TOKEN}}'}}",
            "this is a bot token (xoxb-…): buttons need the app-level",
            "",
            70,
        ),
        (
            f"{BOT}, app_token: '${{WRONG_TOKEN}}'}}",
            "this is no app-level token (xapp-…): make one on the app's",
            "",
            70,
        ),
        (f"{BOT}, app_token: '${{SPACED}}'}}", "this is not a Slack token: it holds blanks", "", 70),
        (f"{BOT}, app_token: xapp-1-2}}", "a secret must not stand in this file: write ${NAME}", "", 70),
        (f"{BOT}, allow_users: [U024BE7LH]}}", "`allow_users` is about buttons, which need `app_token`", "", 13),
        (
            f"{BUTTONS}, allow_users: [anna]}}",
            "`anna` is not the id of a person in Slack (U…): see Copy member",
            "",
            100,
        ),
        (f"{BUTTONS}, broadcast_at: {{sources: 1}}}}", "greater than or equal to 2", "", 110),
        ("{slack_webhook: 'https://hooks.slack.com/services/T/B/x'}", "a secret must not stand in this file", "", 29),
        ("{slack_webhook: '${NOT_A_URL}'}", "this is not a URL", "", 29),
        ("{email: chief at example.org}", "`chief at example.org` is not an e-mail address", "", 21),
        ("{email: [a@example.org, 'b@example.org\\nBcc: c@example.org']}", "is not an e-mail address", "", 37),
        ("{email: []}", "at least 1 item", "", 21),
        ("{webhook: ftp://example.org/}", "this is not a URL: it begins with https:// or http://", "", 23),
        ("{webhook: example.org, secret: abc}", "this is not a URL", "", 23),
        ("{webhook: 'https://example.org', secret: abc}", "a secret must not stand in this file", "", 54),
    ],
)
def test_a_mistake_is_named_at_its_place(channel: str, message: str, hint: str, column: int) -> None:
    channels, problems = load(f"{SMTP}channels:\n  desk:     {channel}\n")
    assert channels == {}
    found = next(problem for problem in problems if message in problem.message)
    assert hint in found.hint
    assert (found.line, found.column) == (3, column)


def test_who_stands_in_for_slack_gives_out_its_own_tokens() -> None:
    _, problems = load("channels: {desk: {slack: '#desk', token: '${WRONG_TOKEN}', api_url: 'http://127.0.0.1:1/'}}")
    assert problems == []


def test_an_unquoted_channel_name_is_a_comment_and_is_said_so() -> None:
    _, problems = load("channels:\n  desk:\n    slack: #desk\n    token: ${SLACK_BOT_TOKEN}\n")
    assert ["YAML takes # for a comment" in problem.message for problem in problems] == [True]
    assert (problems[0].line, problems[0].column) == (3, 11)


@pytest.mark.parametrize(
    "channel",
    [
        "{slack: '#desk', token: xoxb-123-abc}",
        "{slack: xoxb-123-abc}",
        "{slack: '#desk', tokn: xoxb-123-abc}",
        "{slack_webhook: 'https://hooks.slack.com/services/xoxb-123-abc'}",
        "{webhook: 'https://example.org/xoxb-123-abc', nonsense: 1}",
        "{webhook: 'https://example.org', secret: 'xoxb-123-abc'}",
        "{webhook: 'https://example.org', secret: 'p-xoxb-123-abc\n     second line'}",
    ],
)
def test_a_secret_written_out_is_not_repeated_by_the_message_about_it(channel: str) -> None:
    _, problems = load(f"channels:\n  desk: {channel}\n")
    assert problems
    for problem in problems:
        assert "123-abc" not in f"{problem} {problem.source}"


@pytest.mark.parametrize(
    ("smtp", "message"),
    [
        ("{from: a@example.org}", "`host` is missing"),
        ("{host: h}", "`from` is missing"),
        ("{host: h, from: nobody}", "`nobody` is not an e-mail address"),
        ("{host: h, from: a@example.org, port: 99999}", "less than or equal to 65535"),
        ("{host: h, from: a@example.org, tls: sslv3}", "this should be one of `starttls`, `tls`, `none`, not `sslv3`"),
        ("{host: h, from: a@example.org, user: me}", "`user` and `password` belong together"),
        ("{host: h, from: a@example.org, user: me, password: open}", "a secret must not stand in this file"),
        ("{host: h, from: a@example.org, user: m, password: '${SMTP_PASSWORD}', tls: none}", "in the clear"),
        ("{host: h, from: a@example.org, user: m, password: '${CYRILLIC}'}", "must be ASCII"),
        ("{host: h, from: a@example.org, username: me}", "unknown key `username`"),
    ],
)
def test_a_mistake_in_smtp_is_named(smtp: str, message: str) -> None:
    channels, problems = load(f"smtp: {smtp}\nchannels: {{chief: {{email: a@example.org}}}}\n")
    assert channels == {}
    assert [message in problem.message for problem in problems] == [True]
    assert problems[0].line == 1


def test_a_secret_given_twice_is_a_mistake(tmp_path: Path) -> None:
    (tmp_path / "s").write_text("xoxb-12345")
    (tmp_path / "app").write_text("xapp-12345")
    yaml = (
        "smtp: {host: h, from: a@example.org, user: m, password: '${SMTP_PASSWORD}', password_file: s}\n"
        "channels:\n"
        "  a: {slack: '#a', token: '${SLACK_BOT_TOKEN}', token_file: s}\n"
        "  b: {webhook: 'https://example.org', secret: '${HOOK_SECRET}', secret_file: s}\n"
        f"  c: {BUTTONS}, app_token_file: app}}\n"
    )
    _, problems = load(yaml, tmp_path)
    assert [problem.message for problem in problems] == [
        f"both `{key}` and `{key}_file`: keep one of them" for key in ("password", "token", "secret", "app_token")
    ]


def test_channels_that_are_no_mapping_are_a_mistake() -> None:
    _, problems = load("channels: [console]")
    assert [problem.message for problem in problems] == ["this should be a mapping of names to channels"]


PLUGIN = """
from datetime import timedelta
from monitor.notify.channel import ChannelType
from monitor.notify.settings import Settings
from monitor.testing import FakeNotifier

class PigeonSettings(Settings):
    pigeon: str

CHANNEL = ChannelType(name="pigeon", settings=PigeonSettings, open=lambda settings, context: FakeNotifier())
BROKEN = "not a channel"
"""


async def test_another_package_brings_its_own_kind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clock: FakeClock
) -> None:
    (tmp_path / "pigeon_channel.py").write_text(PLUGIN)
    info = tmp_path / "pigeon-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: pigeon\nVersion: 1.0\n")
    points = "pigeon = pigeon_channel:CHANNEL\nlame = pigeon_channel:BROKEN\nlost = no_such_module:CHANNEL\n"
    (info / "entry_points.txt").write_text(f"[media_monitor.notifiers]\n{points}")
    monkeypatch.syspath_prepend(tmp_path)
    channels, problems = load("channels: {a: {pigeon: Martha}, b: {lame: x}, c: {lost: x}, d: {pigeon: x, to: y}}")
    assert [problem.message for problem in problems] == [
        "the kind `lame` is no ChannelType: its package is broken",
        "the kind `lost` cannot be loaded: No module named 'no_such_module'",
        "unknown key `to`",
    ]
    notifiers = open_channels(channels, clock=clock)
    assert [(name, notifier.guarantee) for name, notifier in notifiers.items()] == [("a", "effectively once: a fake")]


def test_mail_without_smtp_is_a_mistake() -> None:
    _, problems = load("channels: {chief: {email: a@example.org}}")
    assert [problem.message for problem in problems] == ["`email` needs the section `smtp`, and there is none"]


def test_a_secret_may_stand_in_a_file_beside(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("xoxb-from-file\n")
    channels, problems = load('channels: {desk: {slack: "#desk", token_file: token}}', base=tmp_path)
    assert problems == []
    assert channels["desk"].settings.secret.reveal() == "xoxb-from-file"  # type: ignore[attr-defined]
    assert "from-file" not in repr(channels)


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"two\nlines"])
def test_a_file_that_holds_no_secret_is_a_mistake(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "token").write_bytes(content)
    _, problems = load('channels: {desk: {slack: "#desk", token_file: token}}', base=tmp_path)
    assert len(problems) == 1
    assert problems[0].column == 47


def test_only_the_kinds_in_use_are_imported() -> None:
    program = (
        "import sys; from pathlib import Path; from monitor.document import parse_document;"
        "from monitor.notify.channels import load_channels;"
        "d, _ = parse_document(b'channels: {log: {console: true}}', name='m');"
        "c, p = load_channels(d, base=Path(), env={}); assert c and not p;"
        "print([m for m in ('slack_sdk', 'jinja2', 'aiohttp') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
