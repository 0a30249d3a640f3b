"""`monitor schema`."""

from __future__ import annotations

import click


@click.command()
@click.argument("kind", type=click.Choice(["rules", "monitor"]), default="rules")
def schema(*, kind: str) -> None:
    """Print the JSON Schema of rules files, or of monitor.yaml: editors complete and check with it.

    Write it beside your files, and name it in their first line:

    \b
      monitor schema rules > rules.schema.json
      # yaml-language-server: $schema=./rules.schema.json
    """  # noqa: D301 - click's sign for "leave these lines as they are" is the character itself
    from monitor.schema import build_schemas, written  # noqa: PLC0415 - `monitor --help` must not import the house

    click.echo(written(build_schemas()[f"{kind}.json"]), nl=False)
