"""Executes the notebooks of docs/notebooks, and makes pages of them.

`python -m docs.site.notebooks` executes each and stores what its cells give; `make docs` shows
what is stored.
"""

import ast
import base64
import contextlib
import io
import json
import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib import pyplot as plt

from docs.site.markdown import code, page

FOLDER = Path(__file__).resolve().parents[1] / "notebooks"
PICTURE = "image/png"
_LOOK = re.compile(r'<style.*?</style>\s*| border="1" class="dataframe"', re.DOTALL)


def read(path: Path) -> dict[str, Any]:
    """Return a notebook."""
    notebook: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return notebook


def execute(notebook: dict[str, Any], folder: Path, **values: int) -> dict[str, Any]:
    """Execute the cells of a notebook in order, and put into it what they give.

    Args:
        notebook: A notebook; the outputs of its cells are replaced.
        folder: Where it is executed.
        **values: New values of variables that its first cell sets, e.g. `seeds=3`.

    Returns:
        The notebook's variables at the end.
    """
    variables: dict[str, Any] = {"__name__": "__main__"}
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    sources = ["".join(cell["source"]) for cell in cells]
    for name, value in values.items():
        sources[0] = re.sub(rf"^{name} = \d+", f"{name} = {value}", sources[0], flags=re.MULTILINE)
    with (
        contextlib.chdir(folder),
        _imports_from(folder),
        matplotlib.rc_context({"backend": "Agg"}),
    ):
        for number, (cell, source) in enumerate(zip(cells, sources, strict=True), start=1):
            cell["outputs"] = _run(source, variables)
            cell["execution_count"] = number
    return variables


@contextlib.contextmanager
def _imports_from(folder: Path) -> Iterator[None]:
    """Import from a folder, as notebooks do from their own."""
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        sys.path.remove(str(folder))


def _run(source: str, variables: dict[str, Any]) -> list[dict[str, Any]]:
    """Run a cell; what it prints, the value of its last line and its figures are its outputs."""
    tree = ast.parse(source)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(tree, "cell", "exec"), variables)
        value = (
            eval(compile(ast.Expression(last.value), "cell", "eval"), variables) if last else None
        )
    outputs = [_stream(printed.getvalue())] if printed.getvalue() else []
    figures = [plt.figure(number) for number in plt.get_fignums()]
    if value is not None and not figures:
        outputs.append(_display(_data(value), "execute_result"))
    outputs += [_display({PICTURE: _picture(figure)}, "display_data") for figure in figures]
    plt.close("all")
    return outputs


def _stream(text: str) -> dict[str, Any]:
    return {"output_type": "stream", "name": "stdout", "text": text.splitlines(keepends=True)}


def _display(data: dict[str, Any], kind: str) -> dict[str, Any]:
    count = {"execution_count": None} if kind == "execute_result" else {}
    return {"output_type": kind, "data": data, "metadata": {}, **count}


def _data(value: object) -> dict[str, Any]:
    text = {"text/plain": repr(value).splitlines(keepends=True)}
    html = getattr(value, "_repr_html_", lambda: None)()
    return {"text/html": html.splitlines(keepends=True)} | text if html else text


def _picture(figure: matplotlib.figure.Figure) -> str:
    image = io.BytesIO()
    figure.savefig(image, format="png", dpi=100, bbox_inches="tight")
    return base64.b64encode(image.getvalue()).decode()


def pages() -> dict[str, str | bytes]:
    """Return the path and the content of each page made of a notebook, and of its pictures."""
    made: dict[str, str | bytes] = {}
    for path in sorted(FOLDER.glob("*.ipynb")):
        parts = []
        for number, cell in enumerate(read(path)["cells"]):
            name = f"{path.stem}-{number}.png"
            parts += _parts(cell, name)
            made |= {f"notebooks/{name}": image for image in _images(cell)}
        made[f"notebooks/{path.stem}.md"] = page(*parts)
    return made


def _parts(cell: dict[str, Any], picture: str) -> list[str]:
    """Return a cell and its outputs as Markdown; a cell draws one picture at most."""
    source = "".join(cell["source"])
    if cell["cell_type"] == "markdown":
        return [source]
    return [code(source, "python"), *(_shown(one, picture) for one in cell["outputs"])]


def _shown(output: dict[str, Any], picture: str) -> str:
    data = output.get("data", {})
    if PICTURE in data:
        return f"![Figure]({picture})"
    if "text/html" in data:
        return f'<div class="output">\n{_LOOK.sub("", "".join(data["text/html"]))}\n</div>'
    return code("".join(output.get("text", data.get("text/plain", ""))), "{.text .output}")


def _images(cell: dict[str, Any]) -> list[bytes]:
    """Return the pictures that a cell gave."""
    data = [one["data"] for one in cell.get("outputs", []) if PICTURE in one.get("data", {})]
    return [base64.b64decode(one[PICTURE]) for one in data]


def main() -> None:
    """Execute every notebook, and store it with what its cells give."""
    for path in sorted(FOLDER.glob("*.ipynb")):
        notebook = read(path)
        with tempfile.TemporaryDirectory() as folder:
            execute(notebook, Path(folder))
        text = json.dumps(notebook, indent=1, ensure_ascii=False)
        path.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
