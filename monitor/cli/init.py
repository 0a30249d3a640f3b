"""`monitor init`."""

from __future__ import annotations

import shlex
from pathlib import Path

import click


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), default=".")
@click.option("--minimal", is_flag=True, help="Only monitor.yaml and one file of rules.")
def init(*, folder: Path, minimal: bool) -> None:
    """Lay out a folder with a configuration, rules with examples, and a sample that `monitor run` shows offline.

    With a template for secrets, schemas for editors, the manifest of the Slack app and the next steps. A file that is
    there is never written over: then nothing is written at all.

    \b
      monitor init desk && cd desk && monitor run
    """  # noqa: D301 - click's sign for "leave these lines as they are" is the character itself
    from monitor.cli.show import plural  # noqa: PLC0415 - `monitor --help` must not import the house
    from monitor.scaffold.lay import contents, lay_out  # noqa: PLC0415

    texts = contents(minimal=minimal)
    lay_out(folder, texts)
    click.echo(f"wrote {plural(len(texts), 'file')} in {folder}:")
    for name in texts:
        click.echo(f"  {name}")
    go = "" if folder == Path() else f"cd {shlex.quote(str(folder))} && "
    click.echo(f"\nNext: {go}monitor check && monitor test && monitor run")
    if not minimal:
        click.echo("README.md there has the steps after these.")
