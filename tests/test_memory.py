"""Freed memory goes back to the machine."""

import sys

import numpy as np
import psutil
import pytest
import shapely

from geo.memory import give_back


@pytest.mark.skipif(sys.platform != "linux", reason="other systems see to it themselves")
def test_what_lies_free_between_shapes_that_stay_is_given_back() -> None:
    """Of a million points the last one stays, so that the heap cannot be cut off at its end."""
    shapes = shapely.points(np.random.default_rng(1).random((1_000_000, 2)))
    last = shapes[-1]
    del shapes
    before = psutil.Process().memory_info().rss
    give_back()
    assert before - psutil.Process().memory_info().rss > 30e6
    assert not last.is_empty
