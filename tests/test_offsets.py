"""The offset coordinates of Chinese web maps, there and back."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.earth import offsets

WGS84 = (114.16, 22.84)  # Qingxi; the other two from the domain reference, section 3
GCJ02 = (114.165025986, 22.837322077)
BD09 = (114.171592684, 22.843083205)

china = st.tuples(st.floats(73.6, 134.7), st.floats(18.2, 53.5))
pairs = pytest.mark.parametrize(
    ("forward", "back"),
    [
        (offsets.wgs84_to_gcj02, offsets.gcj02_to_wgs84),
        (offsets.gcj02_to_bd09, offsets.bd09_to_gcj02),
        (offsets.wgs84_to_bd09, offsets.bd09_to_wgs84),
    ],
)


def moved(move, lon, lat):
    return [float(value[0]) for value in move(np.array([lon]), np.array([lat]))]


@pytest.mark.parametrize(
    ("move", "start", "end"),
    [
        (offsets.wgs84_to_gcj02, WGS84, GCJ02),
        (offsets.gcj02_to_bd09, GCJ02, BD09),
        (offsets.wgs84_to_bd09, WGS84, BD09),
        (offsets.gcj02_to_wgs84, GCJ02, WGS84),
        (offsets.bd09_to_gcj02, BD09, GCJ02),
        (offsets.bd09_to_wgs84, BD09, WGS84),
    ],
)
def test_the_vectors_of_the_domain_reference(move, start, end):
    assert moved(move, *start) == pytest.approx(end, abs=1e-8)


@pairs
@given(place=china)
def test_there_and_back_is_where_it_was(forward, back, place):
    assert moved(back, *moved(forward, *place)) == pytest.approx(place, abs=1e-9)


@pairs
def test_many_points_are_those_one_by_one(forward, back):
    lon, lat = np.array([114.0, 87.6, 126.6]), np.array([22.8, 43.8, 45.8])
    together = np.transpose(back(*forward(lon, lat)))
    np.testing.assert_allclose(together, np.column_stack([lon, lat]), atol=1e-9)
    alone = [moved(forward, *place) for place in zip(lon, lat, strict=True)]
    np.testing.assert_allclose(np.transpose(forward(lon, lat)), alone, rtol=0, atol=1e-13)


@pytest.mark.parametrize("place", [(-74.0, 40.7), (6.1, 49.6), (151.2, -33.9)])
def test_nothing_is_offset_elsewhere(place):
    assert moved(offsets.wgs84_to_gcj02, *place) == list(place)
    assert moved(offsets.gcj02_to_wgs84, *place) == list(place)


def test_what_is_not_finite_stays_so_and_hinders_nobody():
    lon, lat = np.array([np.nan, 114.16]), np.array([22.0, 22.84])
    back = np.transpose(offsets.gcj02_to_wgs84(*offsets.wgs84_to_gcj02(lon, lat)))
    assert np.isnan(back[0]).any()
    np.testing.assert_allclose(back[1], WGS84, atol=1e-9)
