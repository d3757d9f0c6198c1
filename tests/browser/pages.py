"""A small town and the opening of its page, for every test in a browser.

Two zones of thirty parcels each stand on a grid of 100 m, a river between them; a parcel is 100 m
by 100 m, which is exactly 15 mu. Every text of it can be given by the test.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
from shapely import LineString, box

import geo
from tests.makers import STAGES, events, placed, write_plan

DESK = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
ROWS, COLUMNS = 6, 5
NAMES = ("元瑞", "裕利", "青峰", "联升", "三中", "厦坭", "松岗", "铁场", "土桥", "重河")


@dataclass(frozen=True)
class Texts:
    """What people may have written into the data of a town; each is used wherever it can be."""

    plan: dict[str, str] = field(default_factory=lambda: {"zh": "试验镇", "en": "Test town"})
    notice: dict[str, str] = field(
        default_factory=lambda: {"zh": "示意范围", "en": "Illustrative outlines"}
    )
    zones: tuple[str, str] = ("西片", "东片")
    name: str | None = None
    land_use: str = "1001"
    evidence: str = "协议"
    source: str = "日报"
    river: str = "清溪水"
    goal: str = "整备三百亩"
    scenario: str = "提升到三点五"


def everywhere(text: str) -> Texts:
    """One text in every place."""
    both = {"zh": text, "en": text}
    return Texts(both, both, (text, text), *[text] * 7)


def town(folder: Path, texts: Texts | None = None) -> geo.Study:
    """The study of the town: A01 … A30 in the west, B01 … B30 in the east."""
    texts = texts or Texts()
    names = [f"{zone}{at + 1:02d}" for zone in "AB" for at in range(ROWS * COLUMNS)]
    land = placed(
        *_squares(0),
        *_squares(600),
        parcel_id=names,
        name=[texts.name or NAMES[at % len(NAMES)] for at in range(len(names))],
        zone=["west"] * 30 + ["east"] * 30,
        land_use=[texts.land_use] * 60,
        plot_ratio=[2.0] * 60,
        plot_ratio_existing=[0.5, *[None] * 59],
    )
    river = placed(
        LineString([(550, -50), (550, 650)]),
        **{"class": ["river"], "name_zh": [texts.river], "name_en": [texts.river]},
    )
    zones = placed(
        box(-10, -10, 510, 610),
        box(590, -10, 1110, 610),
        zone_id=["west", "east"],
        name_zh=list(texts.zones),
        name_en=[f"West {texts.zones[0]}", f"East {texts.zones[1]}"],
        illustrative=[True, True],
    )
    path = write_plan(
        folder,
        land,
        history=_history(names, texts),
        barriers=river,
        zones=zones,
        top=f"notice = {_toml(texts.notice)}\n[contiguity]\ntiers_mu = [30, 300]",
        tables=_tables(texts),
    )
    plan = path.read_text("utf-8").replace('name = "Test"', f"name = {_toml(texts.plan)}", 1)
    path.write_text(plan, "utf-8")
    return geo.run(geo.read_plan(path))


def _squares(west: float) -> list[Any]:
    return [
        box(west + 100 * column, 100 * row, west + 100 * column + 100, 100 * row + 100)
        for row in range(ROWS)
        for column in range(COLUMNS)
    ]


def _history(names: list[str], texts: Texts) -> pd.DataFrame:
    """Parcel n climbs n % 4 rungs, one each year from 2021; every seventh tells without evidence.

    A04 falls back from cleared to signed in 2024.
    """
    told = [
        (
            name,
            f"{2021 + rung}-0{1 + at % 9}-15",
            STAGES[rung],
            "" if at % 7 == 6 else texts.evidence,
        )
        for at, name in enumerate(names)
        for rung in range(at % 4 + 1)
    ]
    table = events(*told, ("A04", "2024-11-01", "signed", texts.evidence, "revert"))
    columns = ["parcel_id", "date", "stage", "evidence", "action"]
    return table[columns].assign(source=texts.source)


def _toml(words: dict[str, str]) -> str:
    """A wording as an inline table; what JSON writes between quotes TOML reads."""
    return "{ " + ", ".join(f"{key} = {json.dumps(text)}" for key, text in words.items()) + " }"


def _tables(texts: Texts) -> str:
    goal, scenario = (_toml({"zh": text, "en": text}) for text in (texts.goal, texts.scenario))
    return f"""
[[goals]]
id = "near"
name = {goal}
mu = 300
due = 2025-12-31
stage = "cleared"

[[goals]]
id = "far"
name = {goal}
mu = 900
due = 2027-12-31
stage = "cleared"

[[scenarios]]
id = "planned"
name = "as planned"
plot_ratio = "planned"

[[scenarios]]
id = "more"
name = {scenario}
plot_ratio = 3.5
assumption = {scenario}
"""


# -- opening ---------------------------------------------------------------------------------------


@dataclass
class Visit:
    """One opened page, with everything that it asked for or complained about."""

    page: Any
    address: str
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)

    def tab(self, name: str) -> None:
        """Open a tab of the panel."""
        self.page.click(f"#landready-tab-{name}")

    def find(self, typed: str) -> None:
        """Type a code or a name and take the first that is found."""
        self.page.fill(".lr-find input", typed)
        self.page.wait_for_selector(".lr-found [role=option]")
        self.page.press(".lr-find input", "Enter")
        self.page.wait_for_selector("#landready-card.lr-shown h2")

    def until(self, holds: str) -> None:
        """Wait for what a script says; the page itself lets no script be made of a text."""
        for _ in range(100):
            if self.page.evaluate(holds):
                return
            self.page.wait_for_timeout(50)
        raise AssertionError(f"never: {holds}")

    @property
    def asked_outside(self) -> list[str]:
        """Every request but the one for the page."""
        return [url for url in self.requests if url.partition("#")[0] != self.address]


@contextmanager
def opened(
    browser: Any,
    file: Path,
    *,
    size: dict[str, int] = DESK,
    at: str = "",
    **options: Any,
) -> Iterator[Visit]:
    """The page of a file, offline, when its first picture is there."""
    options = {"offline": True, "viewport": size, "color_scheme": "light", **options}
    context = browser.new_context(**options)
    page = context.new_page()
    visit = Visit(page, file.as_uri())
    page.on("request", lambda request: visit.requests.append(request.url))
    page.on("pageerror", lambda error: visit.complaints.append(str(error)))
    page.on("console", lambda message: visit.complaints.append(message.text))
    page.on("dialog", lambda dialog: (visit.dialogs.append(dialog.message), dialog.dismiss()))
    page.goto(f"{visit.address}{at}")
    page.wait_for_selector("html[data-ready]")
    yield visit
    context.close()
