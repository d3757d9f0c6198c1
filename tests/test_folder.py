"""The map as a folder: its files hold what one file holds, and its index finds every code."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.errors import PublishError
from geo.publish import publish
from geo.webmap.atlas import Atlas
from geo.webmap.codes import CodeIndex, code_index, folded
from geo.webmap.folder import FOLDER_FROM, build_mark, coarse_overlays, is_folder, write_data
from geo.webmap.outlines import outlines_of
from geo.webmap.overview import overview_columns
from geo.webmap.packing import Column
from tests.browser.pages import town
from tests.test_atlas import unpacked

HOSTILE = [
    "</script><script>alert(1)</script>",
    '");alert(1);//',
    "${alert(1)}`",
    "\u2028\u202e\\",
    "甲-007",
    "İstanbul ß 𝟘𠮷",
    "\ud800",
    "",
    "a" * 5000,
]


def read(folder: Path, kind: str) -> list[dict[str, Any]]:
    """The packs of all files of a kind, in their order."""
    packs = []
    for number, path in enumerate(sorted(folder.glob(f"{kind}[0-9]*.js"))):
        call = re.fullmatch(
            r'landready\("([0-9a-z]+)","([a-z])",(\d+),"([A-Za-z0-9+/=]*)"\);\n',
            path.read_text("ascii"),
        )
        assert call is not None, f"{path.name} is one call, and nothing in it can end its text"
        assert (call[2], int(call[3])) == (kind, number)
        packs.append(unpacked(call[4]))
    return packs


def atlas_of(shapes: list[Any], codes: list[str]) -> Atlas:
    """An atlas of shapes in tenths of a metre; row n changes n % 3 times and has n % 2 events."""
    rows = np.arange(len(shapes))
    outlines = outlines_of(np.array(shapes, dtype=object), (0, 0))
    changes = np.repeat(rows, rows % 3 + 1)
    events = np.repeat(rows, rows % 2)
    states = {
        "parcels.from": rows * 0,
        "parcels.until": rows * 0 + 3,
        "parcels.changes": rows % 3 + 1,
        "changes.date": changes % 4,
        "changes.rung": changes % 5,
        "changes.told": changes % 2,
        "changes.counts": changes % 2,
        "parcels.counts": rows % 2,
        "parcels.bridge": rows * 0,
    }
    return Atlas(
        origin=(0, 0),
        outlines=outlines,
        states=[Column(name, "uint", values) for name, values in states.items()],
        facts=[
            Column("parcels.id", "text", codes),
            Column("parcels.name", "text", [f"{code}名" for code in codes]),
            Column("parcels.zone", "level", [None if row % 4 else "Z" for row in rows.tolist()]),
            Column("parcels.events", "uint", rows % 2),
            Column(
                "events.date", "level", [f"2020-01-{1 + row % 28:02}" for row in events.tolist()]
            ),
        ],
        overlays=[*outlines.columns("zones"), Column("lost.kind", "uint", [])],
        links=[Column("links.i", "delta", rows[:-1]), Column("once.land", "uint", [7, 2**40])],
    )


def row_of_boxes(count: int) -> list[Any]:
    """Squares of 10 m side by side."""
    return [shapely.box(10 * at, 0, 10 * at + 10, 10) for at in range(count)]


def joined(parts: list[dict[str, Any]]) -> dict[str, list[Any]]:
    return {name: [value for part in parts for value in part[name]] for name in parts[0]}


def as_lists(columns: list[Column]) -> dict[str, list[Any]]:
    return {column.name: np.asarray(column.values, dtype=object).tolist() for column in columns}


@settings(max_examples=40, deadline=None)
@given(count=st.integers(1, 60), chunk_rows=st.integers(1, 25))
def test_a_folder_holds_every_row_once_and_what_one_file_holds(
    count: int, chunk_rows: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    atlas = atlas_of(row_of_boxes(count), [f"P-{at:03}" for at in range(count)])
    folder = tmp_path_factory.mktemp("folder") / "data"
    packs = write_data(atlas, folder, mark="m", chunk_rows=chunk_rows)
    assert joined(read(folder, "s")) == as_lists(atlas.shapes_columns())
    assert joined(read(folder, "f")) == as_lists(atlas.facts_columns())
    assert joined(read(folder, "l")) == as_lists(atlas.links_columns())
    assert joined(read(folder, "o")) == as_lists(atlas.overlays_columns())
    told = unpacked(packs["folder"])
    assert told["chunk.count"] == [len(part["parcels.id"]) for part in read(folder, "f")]
    assert sum(told["chunk.count"]) == count
    west = [10 * 10 * at for at in range(0, count, chunk_rows)]
    assert told["chunk.west"] == west
    assert told["chunk.east"] == [*west[1:], 10 * 10 * count]


def test_links_of_several_files_are_the_links(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("geo.webmap.folder.LINKS", 4)
    atlas = atlas_of(row_of_boxes(10), [str(at) for at in range(10)])
    packs = write_data(atlas, tmp_path / "data", mark="m")
    assert len(read(tmp_path / "data", "l")) == 3
    assert unpacked(packs["folder"])["links.files"] == [3]
    assert joined(read(tmp_path / "data", "l")) == as_lists(atlas.links_columns())


def test_every_file_and_the_page_have_the_mark_of_the_build(tmp_path: Path) -> None:
    atlas = atlas_of(row_of_boxes(7), list("ABCDEFG"))
    packs = write_data(atlas, tmp_path / "data", mark="0a1b", chunk_rows=3)
    assert unpacked(packs["folder"])["mark"] == ["0a1b"]
    files = sorted((tmp_path / "data").iterdir())
    assert len(files) >= 3 + 3 + 1 + 1 + 1, "shapes, facts, links, codes and overlays"
    assert all(path.read_text("ascii").startswith('landready("0a1b","') for path in files)


def test_the_same_atlas_has_the_same_mark_and_any_other_another() -> None:
    shapes, codes = row_of_boxes(5), ["A", "B", "C", "D", "\ud800"]
    mark = build_mark("{}", atlas_of(shapes, codes))
    assert re.fullmatch("[0-9a-f]{12}", mark)
    assert build_mark("{}", atlas_of(row_of_boxes(5), [*codes])) == mark
    moved = [*shapes[:4], shapely.box(40, 0, 50, 10.1)]
    atlas = atlas_of(shapes, codes)
    others = {
        "outline": build_mark("{}", atlas_of(moved, codes)),
        "code": build_mark("{}", atlas_of(shapes, ["A", "B", "C", "E", ""])),
        "payload": build_mark('{"lang":"en"}', atlas),
        "chunks": build_mark("{}", atlas, 3),
        "links": build_mark("{}", replace(atlas, links=[Column("links.i", "delta", [1])])),
    }
    assert len({mark, *others.values()}) == 1 + len(others), others


def found(index: CodeIndex, typed: str) -> set[int]:
    """The rows that a page finds: it opens only the files between which the keys can stand."""
    sought, rows = folded(typed), set()
    firsts = index.firsts
    for at, (first, columns) in enumerate(zip(firsts, index.files(), strict=True)):
        if first > sought and not first.startswith(sought):
            continue
        if at + 1 < len(firsts) and firsts[at + 1] < sought:
            continue
        told = {column.name: column.values for column in columns}
        for label, place, row in zip(*told.values(), strict=True):
            key = folded(label).encode("utf-16-le")[2 * place :].decode("utf-16-le")
            if key.startswith(sought):
                rows.add(int(row))
    return rows


def test_the_index_finds_codes_numbers_and_names() -> None:
    codes, names = ["QX-A-0012", "QX-A-0112", "7号"], ["Mill", "", "老厂"]
    files = code_index(codes, names, size=2)
    assert len(files.firsts) > 1
    assert found(files, "qx-a") == {0, 1}
    assert found(files, "QX-A-0012") == {0}
    assert found(files, "12") == {0}, "the last number, without its zeros"
    assert found(files, "mill") == {0}
    assert found(files, "老厂") == {2}
    assert found(files, "０１１２") == set(), "a part in the middle is not indexed"
    assert found(files, "１１２") == {1}, "full-width digits are digits"


@settings(max_examples=60, deadline=None)
@given(
    codes=st.lists(st.text(max_size=12), max_size=40),
    size=st.integers(1, 9),
)
def test_the_index_finds_any_code(codes: list[str], size: int) -> None:
    codes = [*codes, *HOSTILE]
    files = code_index(codes, [""] * len(codes), size=size)
    firsts = files.firsts
    assert firsts == sorted(firsts)
    for row, code in enumerate(codes):
        shown = code.encode("utf-8", "replace").decode("utf-8")
        assert row in found(files, shown)


def test_hostile_codes_stay_text_in_the_files(tmp_path: Path) -> None:
    atlas = atlas_of(row_of_boxes(len(HOSTILE)), HOSTILE)
    write_data(atlas, tmp_path / "data", mark="m", chunk_rows=4)
    ids = joined(read(tmp_path / "data", "f"))["parcels.id"]
    assert ids == [code.encode("utf-8", "replace").decode("utf-8") for code in HOSTILE]


def test_the_overview_shows_the_row_that_holds_most_of_each_cell() -> None:
    wide, hole = shapely.box(0, 0, 100, 100), shapely.box(50, 50, 100, 100)
    atlas = atlas_of([wide - hole, hole], ["L", "S"])
    told = as_lists(overview_columns(atlas, most=4))
    assert told["overview.side"] == [500], "four cells of 50 m"
    rows = [told["overview.row"][nth] for nth in told["cells.nth"]]
    cells = dict(zip(zip(told["cells.x"], told["cells.y"], strict=True), rows, strict=True))
    assert cells == {(0, 0): 0, (1, 0): 0, (0, 1): 0, (1, 1): 1}
    assert told["parcels.changes"] == [1, 2]
    assert told["changes.rung"] == [0, 1, 1]


@settings(max_examples=25, deadline=None)
@given(
    corners=st.lists(
        st.tuples(
            st.integers(0, 900), st.integers(0, 900), st.integers(5, 300), st.integers(5, 300)
        ),
        min_size=1,
        max_size=6,
    ),
    most=st.integers(1, 300),
)
def test_cells_are_where_shapely_sees_land(
    corners: list[tuple[int, int, int, int]], most: int
) -> None:
    shapes = [shapely.box(x, y, x + wide, y + high) for x, y, wide, high in corners]
    ringed = [shape - shapely.buffer(shapely.centroid(shape), 2) for shape in shapes]
    told = as_lists(overview_columns(atlas_of(ringed, [""] * len(shapes)), most=most))
    (side,) = told["overview.side"]
    seen = {
        (x, y, told["overview.row"][nth])
        for x, y, nth in zip(told["cells.x"], told["cells.y"], told["cells.nth"], strict=True)
    }
    for x, y, row in seen:
        quarters = (
            [(x + i / 4) * side / 10 for i in (1, 3)],
            [(y + j / 4) * side / 10 for j in (1, 3)],
        )
        points = shapely.points(*(axis.ravel() for axis in np.meshgrid(*quarters)))
        assert shapely.intersects(shapely.buffer(ringed[row], 0.2), points).any()
    held = shapely.union_all([shapely.buffer(shape, -0.2) for shape in ringed])
    far = int(1300 * 10 / side) + 1
    for x, y in np.random.default_rng(1).integers(0, far, (200, 2)):
        point = shapely.points((x + 0.25) * side / 10, (y + 0.25) * side / 10)
        if shapely.contains_properly(held, point):
            assert any((x, y) == cell[:2] for cell in seen)


def test_divided_land_has_a_cell_for_each_time() -> None:
    whole, left, right = (
        shapely.box(0, 0, 20, 10),
        shapely.box(0, 0, 10, 10),
        shapely.box(10, 0, 20, 10),
    )
    atlas = atlas_of([whole, left, right], ["W", "L", "R"])
    lives = {"parcels.from": [0, 2, 2], "parcels.until": [1, 3, 3]}
    states = [
        Column(one.name, one.kind, np.array(lives.get(one.name, one.values)))
        for one in atlas.states
    ]
    told = as_lists(overview_columns(replace(atlas, states=states), most=4))
    rows = {told["overview.row"][nth] for nth in told["cells.nth"]}
    assert rows == {0, 1, 2}


def test_coarse_overlays_keep_their_rows_and_drop_what_is_a_point() -> None:
    shapes = [shapely.box(0, 0, 100, 100), shapely.box(0, 0, 1, 1), shapely.box(100, 0, 200, 100)]
    atlas = atlas_of(shapes, ["A", "B", "C"])
    coarse = as_lists(coarse_overlays(atlas.overlays_columns(), 300))
    assert coarse["zones.rings"] == [1, 0, 1]
    assert sorted(set(coarse["zones.x"])) == [0, 900, 2100], "on the grid, and shared edges stay so"
    assert coarse["lost.kind"] == []


@pytest.mark.parametrize(
    ("form", "rows", "folder"),
    [
        ("auto", FOLDER_FROM, False),
        ("auto", FOLDER_FROM + 1, True),
        ("file", 10**6, False),
        ("folder", 1, True),
    ],
)
def test_many_parcels_are_written_as_a_folder(form: Any, rows: int, folder: bool) -> None:
    assert is_folder(form, rows) is folder


def test_publishing_a_folder_replaces_a_page_and_is_replaced_by_one(tmp_path: Path) -> None:
    study, out = town(tmp_path / "town"), tmp_path / "out"
    publish(study, out)
    assert not (out / "data").exists(), "few parcels stand in one file"
    publish(study, out, form="folder")
    assert len(joined(read(out / "data", "f"))["parcels.id"]) == len(study.parcels)
    assert 'id="landready-shapes"' not in (out / "index.html").read_text("utf-8")
    publish(study, out)
    assert not (out / "data").exists()
    assert 'id="landready-shapes"' in (out / "index.html").read_text("utf-8")


def test_a_file_of_somebody_else_in_data_is_not_replaced(tmp_path: Path) -> None:
    study, out = town(tmp_path / "town"), tmp_path / "out"
    publish(study, out, form="folder")
    (out / "data" / "notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(PublishError, match="notes"):
        publish(study, out)
    assert (out / "data" / "notes.txt").read_text("utf-8") == "mine"
