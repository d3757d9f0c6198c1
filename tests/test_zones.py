"""Zones: what a plan says of them against those that the land has."""

import pandas as pd

from geo.zones import check_shares
from tests.makers import goal


def test_a_share_goes_to_a_zone_that_the_land_has() -> None:
    zones = pd.DataFrame({"zone": ["north", "south"]})
    goals = [
        goal(id="all", mu=30),
        goal(id="shared", mu=30, by_zone={"nort": 20, "south": 10}),
        goal(id="right", mu=30, by_zone={"south": 30}),
    ]
    (found,) = check_shares(goals, zones, {"file": "plan.toml"})
    assert (found.code, found.severity) == ("goal.unknown-zone", "error")
    assert (found.file, found.field, found.seen) == ("plan.toml", "goals[1].by_zone", "nort")
    assert "goal shared gives a share to zone 'nort'" in found.message
    assert "did you mean 'north'?" in found.message


def test_every_unknown_zone_is_told() -> None:
    shared = goal(mu=30, by_zone={"north": 10, "x": 10, "y": 10})
    found = check_shares([shared], pd.DataFrame({"zone": ["north"]}), {"file": "plan.toml"})
    assert [item.seen for item in found] == ["x", "y"]
