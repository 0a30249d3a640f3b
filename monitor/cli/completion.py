"""`monitor completion`."""

from __future__ import annotations

import click


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(context: click.Context, *, shell: str) -> None:
    """Print what makes a shell complete commands, options, and the names of rules, feeds and channels.

    \b
      eval "$(monitor completion bash)"                                    # in ~/.bashrc
      eval "$(monitor completion zsh)"                                     # in ~/.zshrc, behind compinit
      monitor completion fish > ~/.config/fish/completions/monitor.fish
    """  # noqa: D301 - click's sign for "leave these lines as they are" is the character itself
    from click.shell_completion import get_completion_class  # noqa: PLC0415 - only for this command

    kind = get_completion_class(shell)
    assert kind is not None  # noqa: S101 - click knows these three
    click.echo(kind(context.find_root().command, {}, "monitor", "_MONITOR_COMPLETE").source())
