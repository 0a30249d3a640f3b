"""Write the pages into `docs/reference/`."""

from __future__ import annotations

from pathlib import Path

from monitor.reference.book import build_pages

FOLDER = Path(__file__).parents[2] / "docs" / "reference"


def main(folder: Path = FOLDER) -> None:
    """Write all pages."""
    folder.mkdir(exist_ok=True)
    for name, text in build_pages().items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
