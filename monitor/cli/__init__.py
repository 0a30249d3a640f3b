"""The front door: arguments in, text and exit codes out; each command is imported when it is called.

Exit codes: 0 all is well; 1 something was found (a mistake, a failing example, no match, a message still owed);
2 the command line or the configuration cannot be used.
"""

from __future__ import annotations

import errno
import importlib
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from monitor import __version__
from monitor.cli.group import Group
from monitor.errors import MonitorError

if TYPE_CHECKING:  # slow to import, and seldom needed
    from click.shell_completion import CompletionItem

# name -> (where, one line for --help); the line stands here so that --help imports no command
COMMANDS = {
    "init": ("monitor.cli.init:init", "Lay out a folder with a configuration, rules and a sample."),
    "run": ("monitor.cli.run:run", "Run the daemon until Ctrl-C."),
    "check": ("monitor.cli.check:check", "Check the configuration and all rules, with their examples."),
    "explain": ("monitor.cli.explain_code:explain", "Explain the code of a warning, such as MM101."),
    "test": ("monitor.cli.examples:test", "Run the examples of the rules."),
    "try": ("monitor.cli.attempt:attempt", "Try a rule on a text, a file or a URL, and see why."),
    "backtest": ("monitor.cli.backtest:backtest", "Run a rule over the stored entries: what it would have found."),
    "search": ("monitor.cli.search:search", "Search the stored entries."),
    "export": ("monitor.cli.export:export", "Write what a rule has found as JSON lines, CSV or RSS."),
    "why": ("monitor.cli.why:why", "Tell what became of an entry, and why."),
    "rules": ("monitor.cli.rules:rules", "List, show, count and compare the rules."),
    "feeds": ("monitor.cli.feeds:feeds", "List, check, add, pause, import and export the feeds."),
    "status": ("monitor.cli.status:status", "Show feeds, alerts and messages owed, in one screen."),
    "db": ("monitor.cli.db:db", "Back up, restore, copy, check, prune and upgrade the state."),
    "alerts": ("monitor.cli.alerts:alerts", "List and show alerts; send again what was set aside."),
    "held": ("monitor.cli.held:held", "List what is kept back; release, discard or mute it."),
    "mute": ("monitor.cli.mutes:mute", "Keep messages back for a time, by story, rule, feed or channel."),
    "unmute": ("monitor.cli.mutes:unmute", "End a mute before its time."),
    "mutes": ("monitor.cli.mutes:mutes", "List the mutes."),
    "actions": ("monitor.cli.mutes:actions", "List what people did about alerts."),
    "digest": ("monitor.cli.digest:digest", "Look at what waits for a channel's digest."),
    "notify": ("monitor.cli.notify:notify", "Send a test message to a channel."),
    "doctor": ("monitor.cli.doctor:doctor", "Look whether all that is needed is there and works."),
    "actors": ("monitor.cli.actors:actors", "List actors; suggest more spellings of their names."),
    "pack": ("monitor.cli.pack:pack", "Take, test, list and remove packs of rules, actors and sources."),
    "schema": ("monitor.cli.rules_schema:schema", "Print the JSON Schema of the files, for editors."),
    "completion": ("monitor.cli.completion:completion", "Print what makes a shell complete commands and names."),
    "reload": ("monitor.cli.run:reload", "Make the running daemon read its files anew."),
}


INTERRUPTED = 130  # the exit code of what SIGINT has ended
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)  # where a write ends that nobody has caught: standard output


class LazyGroup(Group):
    """A group that imports a command when it is called, not when it is listed."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Name the commands in the order in which a person meets them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        """Import one command."""
        if cmd_name not in COMMANDS:
            return None
        module, name = COMMANDS[cmd_name][0].split(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's signature
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Propose commands without importing them, and options."""
        from click.shell_completion import CompletionItem  # noqa: PLC0415 - only when a shell asks

        begun = [(name, line) for name, (_, line) in COMMANDS.items() if name.startswith(incomplete)]
        return [CompletionItem(name, help=line) for name, line in begun] + click.Command.shell_complete(
            self, ctx, incomplete
        )

    def _hint(self, names: list[str]) -> str:  # noqa: ARG002 - here they are too many to list
        return ""

    def invoke(self, ctx: click.Context) -> object:
        """Run a command; say of an option of ours that stands behind it where it belongs.

        Ctrl-C is no answer: 1 means that nothing was found, or that messages are still owed.
        """
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            click.echo("\nstopped by Ctrl-C", err=True)
            ctx.exit(INTERRUPTED)
        except click.NoSuchOption as error:
            if error.option_name not in ("-c", "--config") or error.ctx is None:
                raise
            command = error.ctx.info_name
            message = f"{error.option_name} goes before the command: monitor {error.option_name} FILE {command}"
            raise click.UsageError(message, error.ctx) from None


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "-c",
    "--config",
    "file",
    type=click.Path(path_type=Path),
    default="monitor.yaml",
    envvar="MONITOR_CONFIG",
    show_default=True,
    show_envvar=True,
    help="The configuration file.",
)
@click.option(
    "--store",
    metavar="URL",
    envvar="MONITOR_STORE",
    show_envvar=True,
    help="Where the state is, instead of where the configuration says.",
)
@click.version_option(__version__, prog_name="monitor")
@click.pass_context
def cli(context: click.Context, file: Path, store: str | None) -> None:
    """Watch news feeds for the terms and actors that matter; post one clear alert about each story."""
    context.obj = file
    os.environ.pop("_MONITOR_STORE_SAID_BY", None)
    if store is not None and context.get_parameter_source("store") is ParameterSource.COMMANDLINE:
        context.with_resource(_variables(MONITOR_STORE=store, _MONITOR_STORE_SAID_BY="--store"))


@contextmanager
def _variables(**values: str) -> Iterator[None]:
    """Say a flag as variables, which every command reads, and take them back: the next command has flags of its own."""
    before = {name: os.environ.pop(name, None) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


def main() -> None:
    """Run the command line."""
    if sys.stdout is None:  # closed by whoever started us: what is said goes nowhere, and into no file that is opened
        sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - for as long as the program runs
    try:
        try:
            cli(prog_name="monitor")
        finally:
            sys.stdout.flush()
    except MonitorError as error:
        from monitor.cli.show import show_error  # noqa: PLC0415 - only for the mistake

        show_error(error)
        sys.exit(2)
    except BrokenPipeError:  # the reader of a pipe has had enough
        _say_no_more()
        sys.exit(1)
    except OSError as error:
        if error.errno not in FULL or error.filename is not None:
            raise
        _say_no_more()
        click.echo(
            f"{click.style('error: ', fg='red', bold=True)}nothing more can be written: {error.strerror}", err=True
        )
        sys.exit(2)


def _say_no_more() -> None:
    """Have what is still to be written to standard output go nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
