"""Adds to the site what is no file of docs/: README, CHANGELOG and pages made from the code.

MkDocs must be started in the repository's root: `python -m mkdocs build`.
"""

from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

from docs.site import api, commands, configuration, gallery, notebooks, tables

ROOT = Path(__file__).resolve().parents[2]
_LINKS = {  # in the repository → on the site
    "](docs/": "](",
    "](CHANGELOG.md": "](changes.md",
    "](../conf)": "](configuration/index.md)",
    ".ipynb)": ".md)",
}


def on_files(files: Files, *, config: MkDocsConfig) -> Files:
    """Add the generated pages."""
    for name, text in pages().items():
        files.append(File.generated(config, name, content=text))
    return files


def on_page_markdown(markdown: str, **_: object) -> str:
    """Return a page with links that hold on the site."""
    for there, here in _LINKS.items():
        markdown = markdown.replace(there, here)
    return markdown


def on_post_page(output: str, **_: object) -> str:
    """Return a page whose search, a dialog, has a name for screen readers."""
    dialog = 'data-md-component="search" role="dialog"'
    return output.replace(dialog, f'{dialog} aria-label="Search"')


def pages() -> dict[str, str | bytes]:
    """Return the path on the site and the content of each generated page and picture."""
    sources = {"index.md": "README.md", "changes.md": "CHANGELOG.md"}
    texts = {page: (ROOT / name).read_text(encoding="utf-8") for page, name in sources.items()}
    return {
        **texts,
        **configuration.pages(),
        **notebooks.pages(),
        "gallery.md": gallery.text(),
        "api.md": api.functions(),
        "parts.md": api.parts(),
        "metrics.md": tables.text(),
        "commands.md": commands.text(),
    }
