"""Write every command with its options, out of the commands themselves."""

from __future__ import annotations

import re
from collections.abc import Iterator
from inspect import cleandoc
from textwrap import dedent

import click

from monitor.cli import cli
from monitor.reference.tables import table

_HEAD = "| option | without it | what it does |\n|---|---|---|"


def write_commands() -> str:
    """Return a section for each command, subcommands under their group."""
    context = click.Context(cli, info_name="monitor")
    return "\n\n".join(_sections(cli, context, 2))


def _sections(command: click.Command, context: click.Context, level: int) -> Iterator[str]:
    title = "#" * level + f" {context.command_path}"
    yield "\n\n".join(part for part in (title, _usage(command, context), _help(command), _options(command)) if part)
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            assert found is not None  # noqa: S101 - it was listed
            below = click.Context(found, info_name=name, parent=context)
            yield from _sections(found, below, min(level + 1, 3) if level == 2 else level)  # noqa: PLR2004 - the first


def _usage(command: click.Command, context: click.Context) -> str:
    pieces = " ".join(command.collect_usage_pieces(context))
    return f"```text\n{context.command_path} {pieces}\n```"


def _help(command: click.Command) -> str:
    """Return what `--help` says; what is shown there as it stands (behind a mark of click's) is a block."""
    parts = []
    for part in re.split(r"\n\s*\n", cleandoc(command.help or "")):
        if part.lstrip().startswith("\b"):
            parts.append(f"```text\n{dedent(part.lstrip().removeprefix(chr(8)).strip(chr(10)))}\n```")
        else:
            parts.append(re.sub(r"\s+", " ", part.strip()).replace("<", r"\<"))
    return "\n\n".join(parts)


def _options(command: click.Command) -> str:
    rows = [_option(each) for each in command.params if isinstance(each, click.Option) and not each.hidden]
    return table(_HEAD, rows) if rows else ""


def _option(option: click.Option) -> tuple[str, str, str]:
    names = ", ".join(f"`{name}`" for name in (*option.opts, *option.secondary_opts))
    metavar = "" if option.is_flag else f" {_value(option)}"
    shown = option.default if isinstance(option.default, str | int) and not option.is_flag else None
    default = f"`{shown}`" if shown not in (None, "") else "needed" if option.required else "none"
    env = f" Also `{option.envvar}`." if option.envvar else ""
    return names + metavar, "off" if option.is_flag else default, ((option.help or "") + env).strip()


def _value(option: click.Option) -> str:
    if isinstance(option.type, click.Choice):
        return ", ".join(f"`{choice}`" for choice in option.type.choices)
    if isinstance(option.type, click.types.IntParamType):  # a range as well
        return "NUMBER"
    return option.metavar or option.type.name.upper()
