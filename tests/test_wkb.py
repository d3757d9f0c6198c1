"""Columns of well-known binary: what is surely sound, and what GEOS must be asked."""

import io
import struct
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import shapely
from shapely.errors import GEOSException
from shapely.geometry import GeometryCollection, LineString, MultiPolygon, Point, Polygon, box

from geo.errors import LayerError
from geo.readers import frames, wkb
from geo.readers.raw import RawLayer, parted, unpacked

LOT = box(0, 0, 200, 100)
HOLED = Polygon(LOT.exterior, [box(20, 20, 40, 40).exterior])
SOUND = shapely.to_wkb(LOT, byte_order=1)
OPEN = SOUND[:-16] + struct.pack("<dd", 1, 2)
DOUBTFUL = [
    *(SOUND[:-1], SOUND + b"\0", SOUND[:9], b"", OPEN),
    shapely.to_wkb(LOT, byte_order=0),
    SOUND[:5] + struct.pack("<I", 2) + SOUND[9:],
    SOUND[:9] + struct.pack("<I", 2**32 - 1) + SOUND[13:],
    SOUND[:13] + struct.pack("<dd", np.nan, 0) + SOUND[29:-16] + struct.pack("<dd", np.nan, 0),
    *shapely.to_wkb([HOLED, Polygon(), MultiPolygon([LOT]), Point(1, 1)], byte_order=1),
    *shapely.to_wkb([LineString([(0, 0), (1, 1)]), shapely.force_3d(LOT)], byte_order=1),
]


def column(*cells: bytes | None, kind: Any = None) -> pa.ChunkedArray:
    return pa.chunked_array([pa.array(cells, kind or pa.binary())])


def layer(*cells: bytes | None) -> RawLayer:
    drawn = column(*cells)
    return RawLayer("lots", pa.table({"n": range(len(drawn))}), drawn, "EPSG:4547")


@pytest.mark.parametrize("kind", [pa.binary(), pa.large_binary()])
def test_only_one_closed_ring_that_fills_its_bytes_is_plain(kind: Any) -> None:
    cells = column(SOUND, None, *DOUBTFUL, SOUND, kind=kind)
    told = [True, True, *[False] * len(DOUBTFUL), True]
    assert wkb.plain(cells).tolist() == told
    assert wkb.plain(cells.slice(1, 3)).tolist() == told[1:4]
    assert wkb.plain(column(kind=kind)).tolist() == []


def test_what_is_plain_geos_can_read() -> None:
    random = np.random.default_rng(4)
    for _ in range(2000):
        spoilt = bytearray(SOUND)
        for at in random.integers(0, len(spoilt), random.integers(1, 4)):
            spoilt[at] = random.integers(0, 256)
        if wkb.plain(column(bytes(spoilt)))[0]:
            assert shapely.from_wkb(bytes(spoilt)).geom_type == "Polygon"


def test_shapes_come_as_they_were_drawn_and_their_binary_is_let_go() -> None:
    shapes = [LOT, None, HOLED, MultiPolygon([LOT]), Point(1, 2)]
    chunks = [pa.array(shapely.to_wkb(shapes), pa.binary()), pa.array([SOUND] * 5000, pa.binary())]
    found = wkb.decoded(chunks)
    assert chunks == []
    assert list(found[:5]) == shapes
    assert shapely.equals_exact(found[5:], LOT).all()
    assert len(found) == 5005


def test_a_layer_travels_with_its_binary_as_the_file_has_it() -> None:
    drawn = shapely.to_wkb([LOT, HOLED], byte_order=0)
    told, table = layer(SOUND, None, *drawn).packed()
    pipe = io.BytesIO()
    frames.write(pipe, b"{}", table)
    pipe.seek(0)
    _, came = frames.read(pipe)
    assert came is not None
    raw = unpacked(told, *parted(came))
    assert list(raw.shapes) == [LOT, None, LOT, HOLED]
    assert raw.cells.column("n").to_pylist() == [0, 1, 2, 3]


def test_binary_that_geos_cannot_read_stays_with_the_reader() -> None:
    with pytest.raises(LayerError) as refused:
        layer(SOUND, OPEN).packed()
    (found,) = refused.value.findings
    assert (found.code, found.layer) == ("layer.unreadable", "lots")
    with pytest.raises(GEOSException):
        wkb.decoded([pa.array([OPEN])])


def test_collections_within_collections_stay_with_the_reader() -> None:
    deep = GeometryCollection([LOT])
    for _ in range(20):
        deep = GeometryCollection([deep])
    with pytest.raises(LayerError, match="collections"):
        layer(SOUND, shapely.to_wkb(deep)).packed()


def test_messages_come_one_by_one_and_whole() -> None:
    table = pa.table({"name": ["a", None, "丙"] * 20_000, "n": np.arange(60_000)})
    pipe = io.BytesIO()
    for part in (table, table.slice(0, 0), None, table.select([])):
        frames.write(pipe, b"told", part)
    pipe.seek(0)
    came = [frames.read(pipe) for _ in range(4)]
    assert [header for header, _ in came] == [b"told"] * 4
    assert came[0][1].equals(table)
    assert came[1][1].schema == table.schema
    assert came[2][1] is None
    with pytest.raises(EOFError):
        frames.read(pipe)


@pytest.mark.parametrize("kept", [7, 20, 200, 900])
def test_a_message_that_breaks_off_is_none(kept: int) -> None:
    pipe = io.BytesIO()
    frames.write(pipe, b"told", pa.table({"n": np.arange(100)}))
    with pytest.raises(EOFError):
        frames.read(io.BytesIO(pipe.getvalue()[:kept]))


def test_a_message_longer_than_it_says_is_none() -> None:
    pipe = io.BytesIO()
    frames.write(pipe, b"told", pa.table({"n": np.arange(100)}))
    said = struct.pack("<QQ", 4, 300)
    with pytest.raises(EOFError):
        frames.read(io.BytesIO(said + pipe.getvalue()[16:]))
