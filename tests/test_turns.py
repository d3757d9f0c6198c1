"""Threads take turns quickly while there is work for several cores, and as before it after that."""

import sys

import pytest

from geo.turns import TURN_S, quick_turns


def test_the_interval_is_short_inside_and_as_before_when_the_last_block_has_ended() -> None:
    before = sys.getswitchinterval()
    outer, inner = quick_turns(), quick_turns()
    outer.__enter__()
    inner.__enter__()
    outer.__exit__(None, None, None)  # two runs in two threads need not end in turn
    assert sys.getswitchinterval() == pytest.approx(TURN_S, rel=0.02)
    inner.__exit__(None, None, None)
    assert sys.getswitchinterval() == pytest.approx(before, rel=0.02)


def test_an_interval_shorter_than_ours_is_kept_and_an_error_changes_nothing() -> None:
    before = sys.getswitchinterval()
    sys.setswitchinterval(TURN_S / 5)
    try:
        with pytest.raises(KeyError), quick_turns():
            assert sys.getswitchinterval() == pytest.approx(TURN_S / 5, rel=0.02)
            raise KeyError
        assert sys.getswitchinterval() == pytest.approx(TURN_S / 5, rel=0.02)
    finally:
        sys.setswitchinterval(before)
