"""How the book is built: `sphinx-build -W docs build/book`. Nothing is fetched, when it is built or when it is read."""

from monitor import __version__

project = "Media Monitor"
author = "the authors of Media Monitor"
release = version = __version__
html_title = "Media Monitor"

extensions = ["myst_parser"]
smartquotes = False  # `--once` is two hyphens
source_suffix = {".md": "markdown"}
myst_heading_anchors = 4  # `page.md#heading`, as on GitHub
suppress_warnings = ["myst.header"]  # a page may begin a section one level deeper

html_theme = "furo"
html_static_path = ["_static"]
html_css_files = ["book.css"]
html_copy_source = False
html_show_copyright = False
html_show_sphinx = False
html_theme_options = {"footer_icons": []}
