"""What a page's packs, drawing and index are made of, against plain Python and shapely."""

import re
from itertools import accumulate

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geo.kernels import drawing, keys, packs
from geo.webmap.outlines import outlines_of, rings_of
from geo.webmap.packing import MOST

numbers = st.lists(st.integers(-MOST, MOST), max_size=20)


def array(values: list[int]) -> np.ndarray:
    return np.array(values, dtype=np.int64)


def test_numbers_are_told_in_groups_of_seven_bits():
    assert packs.leb128(array([0, 127, 128, 300])).tolist() == [0, 127, 128, 1, 172, 2]


@given(numbers, st.integers(0, 1))
def test_steps_unfold_to_the_numbers(values, more):
    folded = packs.zigzag_steps(array(values), more).tolist()
    steps = [step // 2 if step % 2 == 0 else -(step + 1) // 2 for step in folded]
    assert all(step >= 0 for step in folded)
    assert list(accumulate(step - more for step in steps)) == values


@given(numbers)
def test_ends_are_the_least_and_the_largest(values):
    assert packs.ends(array(values)) == (min([0, *values]), max([0, *values]))


@given(st.lists(st.tuples(st.integers(-2, 2), st.integers(2**40, 2**40 + 2)), max_size=40))
def test_each_point_is_new_once(points):
    x, y = array([one for one, _ in points]), array([other for _, other in points])
    fresh, place = packs.told_before(x, y)
    told = list(dict.fromkeys(points))
    assert [point for point, new in zip(points, fresh, strict=True) if new] == told
    assert [told[at] for at in place] == points


@given(st.lists(st.text("0179a 号\U0001d7d8", max_size=9), max_size=8))
def test_keys_begin_at_the_label_its_number_and_its_name(codes):
    labels = [f"{code} n".encode() for code in codes]
    text = np.frombuffer(b"".join(labels), dtype=np.uint8).copy()
    starts = array([0, *accumulate(map(len, labels))])
    sizes = array([len(code.encode()) for code in codes])
    row, first, place = keys.key_starts(text, starts, sizes)
    found = [
        (at, text[byte : starts[at + 1]].tobytes(), units)
        for at, byte, units in zip(row.tolist(), first.tolist(), place.tolist(), strict=True)
    ]
    expected = [(at, label, 0) for at, label in enumerate(labels)]
    for at, code in enumerate(codes):
        number = re.search(r"0*([0-9]+)[^0-9]*$", code)
        begins = [number.start(1)] if number is not None and number.start(1) > 0 else []
        for begin in [*begins, len(code) + 1]:
            label = f"{code} n"
            units = len(label[:begin].encode("utf-16-le")) // 2
            expected.append((at, label[begin:].encode(), units))
    assert found == expected


def test_pieces_of_a_text_stand_one_after_the_other():
    text = np.frombuffer(b"landready", dtype=np.uint8).copy()
    out, starts = keys.pieces(text, array([4, 0, 9]), array([9, 4, 9]))
    assert (out.tobytes(), starts.tolist()) == (b"readyland", [0, 5, 9, 9])


def test_shapes_are_rounded_in_the_order_that_is_asked():
    shapes = np.array([shapely.box(0, 0, 2, 1), shapely.box(5, 5, 5.01, 5.01)], dtype=object)
    outlines = rings_of(shapes).rounded((0, 0), array([1, 0]))
    assert outlines.points.tolist() == [3, 4]
    assert outlines.x.tolist()[:3] == [50, 51, 50]
    assert sorted(outlines.x.tolist()[3:]) == [0, 0, 20, 20]


def test_the_middle_of_a_shape_is_that_of_its_box():
    shapes = np.array([shapely.box(0, 0, 2, 1), shapely.box(5, 5, 9, 6)], dtype=object)
    assert rings_of(shapes).middles().tolist() == [[1.0, 0.5], [7.0, 5.5]]


def test_land_is_what_rings_hold():
    holed = shapely.box(0, 0, 9, 9)
    outlines = outlines_of(np.array([holed, shapely.box(20, 0, 21, 1)], dtype=object), (0, 0))
    assert drawing.land(outlines.points, outlines.x, outlines.y) == 90 * 90 + 10 * 10


@pytest.mark.parametrize("turned", [0.0, 0.3])
def test_a_shape_holds_the_points_of_a_lattice_that_shapely_says_it_contains(turned):
    hole = shapely.Point(60, 40).buffer(20)
    whole = shapely.MultiPolygon(
        [shapely.box(0, 0, 100, 80).difference(hole), shapely.box(130, 10, 170, 50)]
    )
    way = [[np.cos(turned), np.sin(turned)], [-np.sin(turned), np.cos(turned)]]
    shapes = np.array([shapely.transform(whole, lambda points: points @ way)], dtype=object)
    outlines = outlines_of(shapes, (0, 0))
    side = 37.0
    held = drawing.lattice_held(outlines.rings, outlines.points, outlines.x, outlines.y, side)
    x, y = np.meshgrid(np.arange(-60, 60), np.arange(-60, 60))
    lattice = shapely.points((x + 0.5) * side, (y + 0.5) * side)
    tenths = shapely.transform(shapes[0], lambda points: np.rint(points * 10))
    inside = shapely.contains_properly(tenths, lattice)
    assert set(zip(x[inside].tolist(), y[inside].tolist(), strict=True)) == set(
        zip(held[1].tolist(), held[2].tolist(), strict=True)
    )
    assert set(held[0].tolist()) == {0}
