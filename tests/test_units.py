"""One mu is 2000/3 m², and figures are rounded half up, once, when they are shown."""

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely import box

from geo.area import planar_m2
from geo.units import (
    M2_PER_HA,
    M2_PER_MU,
    M2_PER_UNIT,
    rounded,
    rounded_steps,
    rounded_up,
    shown,
)
from tests.makers import array


def test_the_box_that_everybody_can_check_is_thirty_mu():
    assert planar_m2(array(box(0, 0, 200, 100)))[0] / M2_PER_MU == 30.0


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (15 * M2_PER_MU, M2_PER_HA),  # 1 ha = 15 mu
        (1500 * M2_PER_MU, M2_PER_UNIT["km2"]),  # 1 km2 = 1500 mu
        (2888 * M2_PER_MU, 1_925_333.33),
        (1657 * M2_PER_MU, 1_104_666.67),
        (43_560 * M2_PER_UNIT["ft2"], 4046.86),  # an acre
    ],
)
def test_units_agree_with_each_other(one, other):
    assert one == pytest.approx(other, abs=0.005)


@pytest.mark.parametrize(
    ("value", "places", "expected"),
    [
        (2.675, 2, "2.68"),
        (0.125, 2, "0.13"),
        (1.005, 2, "1.01"),
        (-2.675, 2, "-2.68"),
        (-0.5, 0, "-1"),
        (0.5, 0, "1"),
        (2.5, 0, "3"),
        (0.49999, 0, "0"),
        (99.95, 1, "100.0"),
        (1e-9, 2, "0.00"),
        (1.5e15, 2, "1500000000000000.00"),
    ],
)
def test_rounding_is_half_up(value, places, expected):
    assert str(rounded(value, places)) == expected


@pytest.mark.parametrize(
    ("value", "places", "grouped", "expected"),
    [
        (None, 2, False, "—"),
        (float("nan"), 2, False, "—"),
        (1234567.891, 2, True, "1,234,567.89"),
        (1234567.891, 0, False, "1234568"),
        (-0.001, 2, False, "0.00"),
        (30, 2, False, "30.00"),
        (1e7, 0, False, "10000000"),
    ],
)
def test_a_figure_is_shown_plainly(value, places, grouped, expected):
    assert shown(value, places, grouped=grouped) == expected


@given(st.integers(-(10**9), 10**9))
def test_thousandths_round_as_whole_numbers_do(thousandths):
    """The rule of school, on integers: from 5 on it goes away from zero."""
    up = (abs(thousandths) + 5) // 10 * (1 if thousandths >= 0 else -1)
    assert rounded(thousandths / 1000, 2) == Decimal(up) / 100


@pytest.mark.parametrize(
    ("value", "expected"),
    [(1.0, "1.000"), (1.9000000003, "1.900"), (1.50003, "1.501"), (1.5001, "1.501")],
)
def test_what_must_be_enough_is_rounded_up(value, expected):
    """But not for the last bits of a sum."""
    assert str(rounded_up(value, 3)) == expected


@given(st.lists(st.floats(-1e9, 1e9) | st.integers(-(10**9), 10**9).map(lambda one: one / 2000)))
def test_values_are_rounded_all_at_once_as_they_are_one_by_one(values):
    for places in (0, 1, 2):
        steps = rounded_steps(np.array(values, dtype=float), places)
        assert steps.tolist() == [int(rounded(one, places).scaleb(places)) for one in values]
