"""A configuration with a channel of each kind, and the servers that they speak to."""

from __future__ import annotations

import asyncio
from pathlib import Path

from click.testing import CliRunner

from monitor.cli import cli
from monitor.testing import FakeSlack, FakeSmtp, FakeWebhook


class Served:
    """A configuration with a channel of each kind, and the servers that they speak to."""

    def __init__(self, folder: Path) -> None:
        self.slack, self.hook, self.smtp = FakeSlack(), FakeWebhook(path="/hidden-path"), FakeSmtp()
        self.file = folder / "monitor.yaml"

    def write(self) -> None:
        self.file.write_text(
            "defaults: {notify: desk}\n"
            f"smtp: {{host: 127.0.0.1, port: {self.smtp.port}, from: a@example.org, tls: none}}\n"
            "channels:\n"
            f"  desk: {{slack: '#desk-russia', token: '${{TOKEN}}', api_url: '{self.slack.api_url}'}}\n"
            "  chief: {email: chief@example.org}\n"
            f"  archive: {{webhook: '{self.hook.url}'}}\n"
            "  screen: {console: true}\n"
        )

    async def run(self, *arguments: str) -> tuple[int, str]:
        """Run the command on a thread: it brings an event loop of its own."""
        ran = await asyncio.to_thread(CliRunner().invoke, cli, ["-c", str(self.file), *arguments])
        if ran.exception is not None and not isinstance(ran.exception, SystemExit):
            raise ran.exception
        return ran.exit_code, ran.output
