"""A group of commands that says which one was meant."""

from __future__ import annotations

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
