"""`monitor explain`."""

from __future__ import annotations

from textwrap import fill, indent

import click

from monitor.text.plain import one_line

WIDTH = 100


@click.command()
@click.argument("code", required=False)
def explain(*, code: str | None) -> None:
    """Explain the code of a warning: what was found, why nobody means it, and an example; without CODE, list all."""
    from monitor.errors import NotFoundError  # noqa: PLC0415 - `monitor --help` must not import the house
    from monitor.rules.lint.pages import PAGES  # noqa: PLC0415

    if code is None:
        for page in PAGES.values():
            click.echo(f"{page.code}  {page.title}")
        return
    found = PAGES.get(code.upper())
    if found is None:
        from monitor.document import did_you_mean  # noqa: PLC0415 - only for the mistake

        hint = did_you_mean(code, PAGES)
        raise NotFoundError(f"no code `{one_line(code)}`: {hint or '`monitor explain` lists them'}")
    click.secho(f"{found.code}  {found.title}\n", bold=True)
    for text in (found.what, found.why):
        click.echo(fill(text, WIDTH, break_on_hyphens=False) + "\n")
    click.echo(f"This is warned of:\n\n{indent(found.bad, '    ')}\n\nThis is not:\n\n{indent(found.good, '    ')}\n")
    click.echo(f"The comment `# monitor: ignore {found.code}` in the line silences it.")
