"""The colours of stages, as eyes see them that lack one kind of cone.

Colour is never alone: the number of the stage stands in the parcel, in the legend and on the card.
Differences are CIEDE2000; below about 2 nobody tells two colours apart side by side.
"""

import numpy as np
import numpy.typing as npt
import pytest

from geo.colours import LOST_COLOURS, NO_STAGE, stage_colours
from geo.ladder import STANDARD_LADDER

Floats = npt.NDArray[np.float64]

NORMAL = np.eye(3)
MACHADO_2009 = {
    "normal": NORMAL,
    "protanopia": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "deuteranopia": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "tritanopia": np.array(
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ]
    ),
}
"""Linear RGB, severity 1.0: Machado, Oliveira and Fernandes 2009."""

GROUND = "#eef1f0"
COUNTED, NOT_COUNTED = 0.95, 0.5
"""How strongly land is painted over the ground when it counts, and when it does not."""


def channels(colour: str) -> Floats:
    return np.array([int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)])


def linear(colours: Floats) -> Floats:
    bent = ((colours + 0.055) / 1.055) ** 2.4
    return np.where(colours <= 0.04045, colours / 12.92, bent)


def lab(rgb: Floats) -> Floats:
    """Linear RGB to CIELAB, D65."""
    to_xyz = np.array(
        [
            [0.4124564, 0.3575761, 0.1804375],
            [0.2126729, 0.7151522, 0.0721750],
            [0.0193339, 0.1191920, 0.9503041],
        ]
    )
    xyz = rgb @ to_xyz.T / [0.95047, 1.0, 1.08883]
    f = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.column_stack(
        [116 * f[:, 1] - 16, 500 * (f[:, 0] - f[:, 1]), 200 * (f[:, 1] - f[:, 2])]
    )


def ciede2000(one: Floats, other: Floats) -> float:
    """The colour difference of two CIELAB colours: Sharma, Wu and Dalal 2005."""
    (l1, a1, b1), (l2, a2, b2) = one, other
    mean = (np.hypot(a1, b1) + np.hypot(a2, b2)) / 2
    g = 0.5 * (1 - np.sqrt(mean**7 / (mean**7 + 25**7)))
    a1, a2 = a1 * (1 + g), a2 * (1 + g)
    c1, c2 = np.hypot(a1, b1), np.hypot(a2, b2)
    h1, h2 = (np.degrees(np.arctan2(b, a)) % 360 for a, b in ((a1, b1), (a2, b2)))
    turn = 0.0 if c1 * c2 == 0 else (h2 - h1 + 180) % 360 - 180
    dl, dc = l2 - l1, c2 - c1
    dh = 2 * np.sqrt(c1 * c2) * np.sin(np.radians(turn) / 2)
    light, chroma = (l1 + l2) / 2, (c1 + c2) / 2
    hue = (h1 + h2) / 2 if abs(h1 - h2) <= 180 else ((h1 + h2 + 360) / 2) % 360
    hue = h1 + h2 if c1 * c2 == 0 else hue
    t = (
        1
        - 0.17 * np.cos(np.radians(hue - 30))
        + 0.24 * np.cos(np.radians(2 * hue))
        + 0.32 * np.cos(np.radians(3 * hue + 6))
        - 0.20 * np.cos(np.radians(4 * hue - 63))
    )
    sl = 1 + 0.015 * (light - 50) ** 2 / np.sqrt(20 + (light - 50) ** 2)
    sc, sh = 1 + 0.045 * chroma, 1 + 0.015 * chroma * t
    rc = 2 * np.sqrt(chroma**7 / (chroma**7 + 25**7))
    rt = -np.sin(np.radians(60 * np.exp(-(((hue - 275) / 25) ** 2)))) * rc
    terms = (dl / sl) ** 2 + (dc / sc) ** 2 + (dh / sh) ** 2 + rt * dc / sc * dh / sh
    return float(np.sqrt(terms))


def seen(colours: list[str], cones: str) -> Floats:
    rgb = linear(np.array([channels(colour) for colour in colours]))
    return lab(np.clip(rgb @ MACHADO_2009[cones].T, 0, 1))


def painted() -> list[str]:
    """The stages of the standard ladder as the map paints them when stage 7 is counted."""
    made = []
    for rung, colour in enumerate(stage_colours(len(STANDARD_LADDER))):
        opacity = COUNTED if rung >= 7 else NOT_COUNTED
        mixed = channels(colour) * opacity + channels(GROUND) * (1 - opacity)
        made.append("#" + "".join(f"{round(part * 255):02x}" for part in mixed))
    return made


def differences(colours: list[str], cones: str) -> dict[tuple[int, int], float]:
    points = seen(colours, cones)
    return {
        (low, high): ciede2000(points[low], points[high])
        for low in range(len(colours))
        for high in range(low + 1, len(colours))
    }


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ((50.0, 2.6772, -79.7751), (50.0, 0.0, -82.7485), 2.0425),
        ((50.0, 2.5, 0.0), (73.0, 25.0, -18.0), 27.1492),
        ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
        ((6.7747, -0.2908, -2.4247), (5.8714, -0.0985, -2.2286), 0.6377),
        ((50.0, 0.0, 0.0), (50.0, -1.0, 2.0), 2.3669),
    ],
)
def test_the_difference_is_that_of_the_published_pairs(one, other, expected):
    assert ciede2000(np.array(one), np.array(other)) == pytest.approx(expected, abs=1e-4)


# The worst differences, as they are told to people; a change of palette that makes one smaller
# fails here.
WORST_NEIGHBOURS = {
    "normal": 8.25,
    "protanopia": 3.42,
    "deuteranopia": 5.57,
    "tritanopia": 5.61,
}
WORST_PAINTED = {
    "normal": 6.92,
    "protanopia": 2.12,
    "deuteranopia": 3.41,
    "tritanopia": 2.95,
}
WORST_TWO_APART = {
    "normal": 14.0,
    "protanopia": 7.03,
    "deuteranopia": 6.94,
    "tritanopia": 5.53,
}


@pytest.mark.parametrize("cones", MACHADO_2009)
def test_the_worst_pair_of_stages_in_the_legend_of_layers(cones):
    told = differences(stage_colours(len(STANDARD_LADDER)), cones)
    assert min(told.values()) == pytest.approx(WORST_NEIGHBOURS[cones], abs=0.01)
    low, high = min(told, key=lambda pair: told[pair])
    assert high - low == 1


@pytest.mark.parametrize("cones", MACHADO_2009)
def test_the_worst_pair_of_stages_as_the_map_paints_them(cones):
    told = differences(painted(), cones)
    assert min(told.values()) == pytest.approx(WORST_PAINTED[cones], abs=0.01)
    apart = min(value for (low, high), value in told.items() if high - low > 1)
    assert apart == pytest.approx(WORST_TWO_APART[cones], abs=0.01)


def test_land_that_counts_is_never_taken_for_land_that_does_not():
    """The step that matters most: the last stage that does not count, and the first that does."""
    for cones in MACHADO_2009:
        told = differences(painted(), cones)
        across = min(value for (low, high), value in told.items() if low < 7 <= high)
        assert across > 20


def test_stages_darken_step_by_step():
    """Whoever sees no colour at all still sees the order."""
    light = seen(stage_colours(len(STANDARD_LADDER))[1:], "normal")[:, 0]
    assert (np.diff(light) < 0).all()


def test_no_stage_is_grey_like_the_first():
    assert stage_colours(12)[0] == NO_STAGE
    for cones in MACHADO_2009:
        told = differences(stage_colours(12), cones)
        assert min(value for (low, _), value in told.items() if low == 0) > 8


def test_kinds_of_lost_land_differ():
    told = differences(list(LOST_COLOURS.values()), "normal")
    assert min(told.values()) > 8
