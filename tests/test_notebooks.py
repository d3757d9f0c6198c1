"""The notebooks run from top to bottom and show what they promise."""

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat import NotebookNode

FOLDER = Path(__file__).parents[1] / "notebooks"


def executed(path: Path) -> list[NotebookNode]:
    """The code cells of a notebook after running it; a cell that raises fails the test."""
    notebook = nbformat.read(path, as_version=4)
    where = {"metadata": {"path": str(path.parent)}}
    NotebookClient(notebook, timeout=120, resources=where).execute()
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def test_qingxi_notebook_shows_figures_and_map() -> None:
    cells = executed(FOLDER / "01_qingxi.ipynb")
    assert not [out for cell in cells for out in cell.outputs if out.output_type == "stream"]
    first, *_, _earlier = cells
    assert first.outputs[0].data["text/plain"] == "'4545.00 mu in 304 parcels'"
    html = [out.data.get("text/html", "") for cell in cells for out in cell.outputs]
    pages = [text for text in html if "landready-data" in text]
    assert len(pages) == 1
    assert "罗马" in pages[0]
    assert all(text for text in html[1:])


def test_scenarios_notebook_plays_on_the_same_page() -> None:
    cells = executed(FOLDER / "02_scenarios.ipynb")
    assert not [out for cell in cells for out in cell.outputs if out.output_type == "stream"]
    html = [out.data.get("text/html", "") for cell in cells for out in cell.outputs]
    assert sum("landready-data" in text for text in html) == 1
    ratios, joined = html[1], html[3]
    assert "3.5" in ratios
    assert "three-years" in joined


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.ipynb")), ids=lambda path: path.stem)
def test_notebooks_are_kept_without_outputs(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    assert all(not cell.get("outputs") for cell in notebook.cells)
