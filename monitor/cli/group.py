"""Commands that say what was meant: a group another command, a command without operands an option."""

from __future__ import annotations

import shlex
from typing import Any

import click


class Group(click.Group):
    """A group that names, of a command that it does not have, the one that was meant, or all that there are."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, or say which one was meant."""
        import difflib  # noqa: PLC0415 - only for the mistake

        names = self.list_commands(ctx)
        if args and args[0] not in names and not args[0].startswith("-"):
            near = difflib.get_close_matches(args[0], names, n=1)
            hint = f" Did you mean `{near[0]}`?" if near else self._hint(names)
            raise click.UsageError(f"There is no command `{args[0]}`.{hint}", ctx)
        return super().resolve_command(ctx, args)

    def _hint(self, names: list[str]) -> str:
        return f" There is: {', '.join(names)}."


class NoOperand(click.Command):
    """A command that takes by options what people write as an operand, and says by which."""

    allow_extra_args = True  # they are refused here

    def __init__(self, *args: Any, takes: tuple[str, ...], **settings: Any) -> None:
        """Make a command; `takes` are the options, its own or the program's, the likeliest first."""
        super().__init__(*args, **settings)
        self._takes = takes

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the arguments, or say how an operand is written."""
        rest = super().parse_args(ctx, args)
        if rest and not ctx.resilient_parsing:
            option, *others = self._takes
            given = f"{option} {shlex.quote(rest[0])}"
            program, _, command = ctx.command_path.partition(" ")
            own = any(option in parameter.opts for parameter in self.params)
            write = f"{program} {command} {given}" if own else f"{program} {given} {command}"
            more = f", or {', '.join(others)} in its place" if others else ""
            raise click.UsageError(f"`{rest[0]}` stands here without an option: write `{write}`{more}.", ctx)
        return rest
