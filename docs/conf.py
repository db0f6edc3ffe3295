"""Sphinx: how the pages of docs/ and the generated ones become a site; scripts/docs runs it."""

from crystalmath_server import __version__

project = "crystalmath"
author = "The crystalmath developers"
copyright = f"2026, {author}"  # noqa: A001  Sphinx's name for it
version = release = __version__

extensions = ["myst_parser"]
myst_enable_extensions = ["attrs_inline", "colon_fence", "deflist"]
myst_heading_anchors = 3
nitpicky = True
suppress_warnings = ["myst.strikethrough"]

html_theme = "furo"
html_title = f"crystalmath {version}"
html_show_sphinx = False
html_copy_source = False
pygments_style = "friendly"
pygments_dark_style = "monokai"
