"""How far a step has come: a bar with rate and remaining time; plain lines elsewhere."""

import time
from io import StringIO

import pytest
from rich.console import Console

from geo.cli import pace as pacing
from geo.cli import steps as stepping
from geo.cli.pace import Pace, lasting
from geo.cli.steps import counted, steps


@pytest.mark.parametrize(
    ("seconds", "zh", "en"),
    [
        (0.4, "0 秒", "0 s"),
        (59.4, "59 秒", "59 s"),
        (59.6, "1 分", "1 min"),
        (600, "10 分", "10 min"),
        (3599, "1 小时 0 分", "1 h 0 min"),
        (5400, "1 小时 30 分", "1 h 30 min"),
    ],
)
def test_remaining_time_has_two_figures(seconds, zh, en):
    assert lasting(seconds) == (zh, en)


def since(seconds, **counts):
    return Pace("measure", began=time.monotonic() - seconds, **counts)


def test_a_quarter_done_in_ten_seconds_leaves_half_a_minute():
    pace = since(10, done=25_000, total=100_000)
    assert pace.told("en") == "25,000 / 100,000 · 2,500/s · 30 s left"
    assert pace.told("zh") == "25,000 / 100,000 · 每秒 2,500 · 还需 30 秒"


@pytest.mark.parametrize(
    ("seconds", "done", "total"), [(1.5, 50, 100), (10, 0, 100), (10, 0, 0), (10, 7, 0)]
)
def test_quick_steps_and_steps_that_count_nothing_are_not_told_of(seconds, done, total):
    assert since(seconds, done=done, total=total).told("en") == ""


def shown(monkeypatch, *, terminal, quick_s=0.0, long_s=10.0):
    """What is printed on stderr from now on."""
    text = StringIO()
    console = Console(file=text, force_terminal=terminal, width=120, _environ={"TERM": "xterm"})
    monkeypatch.setattr(stepping, "err", console)
    monkeypatch.setattr(pacing, "QUICK_S", quick_s)
    monkeypatch.setattr(stepping, "LONG_S", long_s)
    return text


def test_a_terminal_shows_count_rate_and_remaining_time(monkeypatch):
    text = shown(monkeypatch, terminal=True)
    with steps("en", reads=False) as notify:
        notify("read")
        time.sleep(0.15)
        before = text.getvalue()
        notify("measure", 1_000, 4_000)
        time.sleep(0.15)
        during = text.getvalue()[len(before) :]
    assert "reading layers" in before
    assert "━" not in before
    assert "measuring" in during
    assert "━" in during
    assert "1,000 / 4,000" in during
    assert "left" in during


@pytest.mark.parametrize("language", ["zh", "en"])
def test_without_a_terminal_only_long_steps_are_told_of(language, monkeypatch):
    text = shown(monkeypatch, terminal=False, long_s=0.1)
    with steps(language, reads=False) as notify:
        notify("read")
        notify("check")
        time.sleep(0.2)
        notify("measure")
    assert text.getvalue() == {"zh": "检查：0 秒\n", "en": "checking: 0 s\n"}[language]


def test_quiet_is_quiet(monkeypatch):
    for terminal in (True, False):
        text = shown(monkeypatch, terminal=terminal, long_s=0.0)
        with steps("en", quiet=True, reads=False) as notify:
            notify("read")
            notify("measure", 1, 2)
        assert text.getvalue() == ""


def test_a_step_that_begins_anew_is_timed_anew(monkeypatch):
    """Two files checked one after the other are two measurings."""
    text = shown(monkeypatch, terminal=False, long_s=0.0)
    with steps("en", reads=False) as notify:
        notify("measure", 5, 10)
        notify("measure", 10, 10)
        notify("measure", 1, 10)
    assert text.getvalue() == "measuring: 0 s\n" * 2


def test_entries_of_a_ledger_are_counted(monkeypatch):
    text = shown(monkeypatch, terminal=True)
    with counted("replay", "en") as notify:
        notify(500, 1_000)
        time.sleep(0.15)
    assert "replaying the ledger" in text.getvalue()
    assert "500 / 1,000" in text.getvalue()
