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


def test_ahead_notebook_tells_when_and_which_land_next() -> None:
    cells = executed(FOLDER / "03_ahead.ipynb")
    assert not [out for cell in cells for out in cell.outputs if out.output_type == "stream"]
    first, _goals, sentences, *_ = cells
    assert first.outputs[0].data["text/plain"] == "'2000 draws from 2024-12-31, seed 1'"
    words = sentences.outputs[0].data["text/plain"]
    assert "of 4,545 mu only 45 are to spare" in words
    assert "fits only in Luoma (it takes 69.3%)" in words
    html = [out.data.get("text/html", "") for cell in cells for out in cell.outputs]
    chosen, years, page = html[6], html[7], html[-1]
    assert [name in chosen for name in ("cost", "compactness", "hole_mu", "gap")] == [True] * 4
    assert [str(year) in years for year in range(2025, 2030)] == [True] * 5
    assert "landready-data" in page
    assert "逐地块排期" in page


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.ipynb")), ids=lambda path: path.stem)
def test_notebooks_are_kept_without_outputs(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    assert all(not cell.get("outputs") for cell in notebook.cells)
