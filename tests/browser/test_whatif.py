"""The page's arithmetic against Python's: a thousand settings in Chromium, to the last digit."""

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import geo
from geo.plan.setting import Setting
from geo.units import shown
from geo.webmap.facts import facts_columns, links_columns
from geo.webmap.model import page_model
from geo.webmap.packing import Column, base64_of
from geo.whatif import Answer, what_if
from tests.makers import events, placed, rectangle, write_plan

pytestmark = pytest.mark.browser

ROOT = Path(__file__).parents[2]
STATIC = ROOT / "geo/webmap/static"
SCRIPTS = ("text.js", "unpack.js", "figures.js", "arithmetic.js")

SUMS = (
    *("gross", "net", "existing", "demolished", "retained", "built", "total", "added", "cut"),
    *("total_low", "total_high", "added_low", "added_high", "known_net"),
)
SHARES = ("known_share", "added_known_share", "existing_known_share", "gross_known_share")
RATIOS = ("net_ratio", "gross_ratio")
GOAL = ("counted_mu", "gap_mu", "small_blocks_mu", "required_pace")
FLOOR = ("net", "existing", "demolished", "retained", "built", "total", "added", "cut")

ASK = """
async ([packs, settings]) => {
  const [facts, links] = await Promise.all(packs.packs.map(unpack));
  const reckon = arithmetic(packs.model, facts, { ...links, grid: packs.model.grid });
  const whole = (m2) => (Number.isNaN(m2) ? null : m2);
  return settings.map((setting) => {
    const { floor, blocks, goals, rows } = reckon.answer(setting);
    return {
      sums: Object.fromEntries(Object.entries(floor).map(([zone, sums]) => [
        zone, [...packs.sums.map((key) => whole(sums[key])),
               ...packs.shares.map((key) => shown(sums[key], 1, { percent: true })),
               ...packs.ratios.map((key) => shown(sums[key], 2))]])),
      rows: packs.floor.map((key) => Array.from(rows[key], whole)),
      ratio: Array.from(rows.ratio, whole),
      counts: Array.from(blocks.counts),
      blocks: blocks.list.map((block) => [block.land_m2, block.parcels]),
      tiers: blocks.tiers.map(({ tier_mu, blocks, land_mu, share }) =>
        [tier_mu, blocks, shown(land_mu, 2), shown(share, 1, { percent: true })]),
      goals: goals.map((goal) => [
        goal.id, ...packs.goal.map((key) => shown(goal[key], 2, { grouped: true })),
        ...[goal.share, goal.elapsed_share].map((v) => shown(v, 1, { percent: true })),
        goal.light]),
    };
  });
}
"""


@pytest.fixture(scope="module")
def scripts(browser: Any) -> Iterator[Any]:
    """A blank page with the scripts that reckon, in one scope as on the map."""
    context = browser.new_context(offline=True)
    page = context.new_page()
    text = "\n".join((STATIC / name).read_text(encoding="utf-8") for name in SCRIPTS)
    page.add_script_tag(content=f"{text}\nObject.assign(window, {{ unpack, arithmetic, shown }});")
    yield page
    context.close()


def asked(page: Any, study: geo.Study, settings: list[Setting]) -> list[dict[str, Any]]:
    """What the page answers; its rows run the other way, with a former parcel among them."""
    at = np.insert(np.arange(len(study.parcels))[::-1], 1, -1)
    parcels = study.parcels.reset_index(drop=True)
    words = {name: parcels[f"parcel_{name}" if name == "id" else name] for name in NAMED}
    named = [
        Column(f"parcels.{name}", kind, [values[row] if row >= 0 else "" for row in at])
        for (name, kind), values in zip(NAMED.items(), words.values(), strict=True)
    ]
    packs = {
        "model": page_model(study),
        "packs": [
            base64_of([*named, *facts_columns(study, at)]),
            base64_of(links_columns(study, at)),
        ],
        **{"sums": SUMS, "shares": SHARES, "ratios": RATIOS, "floor": FLOOR, "goal": GOAL},
    }
    answers = page.evaluate(ASK, [packs, [json.loads(s.model_dump_json()) for s in settings]])
    for answer in answers:
        for rows in (*answer["rows"], answer["ratio"], answer["counts"]):
            del rows[1]
            rows.reverse()
    return answers


NAMED = {"id": "text", "zone": "level", "land_use": "level", "treatment": "level"}


def told(answer: Answer) -> dict[str, Any]:
    """The same figures from Python."""

    def whole(values: Any) -> list[float | None]:
        return [None if np.isnan(value) else float(value) for value in values]

    floor = answer.floor.set_index("zone")
    return {
        "sums": {
            zone: [
                *whole(row[[f"{name}_m2" if name in _M2 else name for name in SUMS]]),
                *(shown(row[name], 1, percent=True) for name in SHARES),
                *(shown(row[name], 2) for name in RATIOS),
            ]
            for zone, row in floor.iterrows()
        },
        "rows": [whole(answer.parcel_floor[f"{name}_m2"]) for name in FLOOR],
        "ratio": whole(answer.parcel_floor["plot_ratio"]),
        "counts": [int(counts) for counts in answer.counts],
        "blocks": [
            [m2, parcels] for m2, parcels in answer.blocks[["land_m2", "parcels"]].to_numpy()
        ],
        "tiers": [
            [tier, blocks, shown(mu, 2), shown(share, 1, percent=True)]
            for tier, blocks, mu, share in answer.tiers.itertuples(index=False)
        ],
        "goals": [
            [
                row["goal"],
                *(shown(row[name], 2, grouped=True) for name in GOAL),
                *(shown(row[name], 1, percent=True) for name in ("share", "elapsed_share")),
                row["light"],
            ]
            for row in answer.progress.to_dict("records")
        ],
    }


_M2 = {*SUMS}


def agree(page: Any, study: geo.Study, settings: list[Setting]) -> None:
    for setting, page_says in zip(settings, asked(page, study, settings), strict=True):
        python_says = told(what_if(study, setting))
        for key, value in python_says.items():
            assert page_says[key] == value, (key, setting)


# --- settings drawn at random --------------------------------------------------------------------


def some_setting(study: geo.Study, draw: random.Random) -> Setting:
    """Any of what can be set, mostly little of it."""
    plan, parcels = study.plan, study.parcels

    def maybe(value: Any, share: float = 0.4) -> Any:
        return value if draw.random() < share else None

    def ratio() -> float:
        return draw.choice([0.0, 3.5, round(draw.uniform(0, 6), 2), draw.uniform(0, 20)])

    zones = sorted(set(parcels["zone"]) & set(study.zones["zone"]))
    uses = [code for code in sorted(set(parcels["land_use"])) if code]
    ids = parcels["parcel_id"].tolist()
    return Setting(
        scenario=maybe(draw.choice([item.id for item in plan.scenarios] or [None])),
        plot_ratio=maybe(ratio()),
        by_zone={zone: ratio() for zone in zones if draw.random() < 0.25},
        by_land_use={code[: draw.randint(1, 6)]: ratio() for code in uses if draw.random() < 0.15},
        handover_share=maybe(draw.choice([0.0, 0.1, 1.0, draw.random()])),
        stage=maybe(draw.choice(plan.stages).id),
        gap_m=maybe(
            draw.choice([0.0, 30.0, float(draw.randint(0, 50)), draw.randint(0, 50000) / 1000])
        ),
        toggled=draw.sample(ids, draw.choice([0, 0, 1, 3, min(40, len(ids))]) % (len(ids) + 1)),
    )


def test_four_hundred_settings_of_qingxi(scripts: Any, qingxi: geo.Study) -> None:
    draw = random.Random(20241231)
    agree(scripts, qingxi, [Setting(), *(some_setting(qingxi, draw) for _ in range(399))])


TABLES = """
[net]
deduct_land_use = ["1207"]
handover_share = {handover}

[contiguity]
mode = "{mode}"
gap_m = {gap}
tiers_mu = [10, 30, 75]

[[goals]]
id = "g"
name = "g"
mu = {mu}
due = 2025-12-31
stage = "cleared"
basis = "{basis}"
min_block_mu = 12
count_self_reported = {told}

[[goals]]
id = "p"
name = "p"
mu = 40
due = 2024-06-30
stage = "signed"
programme = "some"

[[programmes]]
id = "some"
name = "some"
parcels = ["P1", "P4", "P7", "P9", "P11"]

[[constraints]]
id = "kept"
name = "kept"
kind = "retained"
layer = {{ file = "kept.parquet" }}

[[constraints]]
id = "river"
name = "river"
kind = "limiting"
layer = {{ file = "river.parquet" }}

[[cap_tables]]
id = "caps"
name = "caps"
version = "1"
source = "a rule"
caps = [
    {{ land_use = "1001", plot_ratio = 2.7 }},
    {{ zone = "east", over_ha = 1, plot_ratio = 1.9 }},
]

[[scenarios]]
id = "planned"
name = "planned"
plot_ratio = "planned"

[[scenarios]]
id = "all"
name = "all"
plot_ratio = {{ low = 1.1, likely = 2.3, high = 3.7 }}
by_treatment = {{ upgrade = 1.3, extend = {{ low = 0.4, likely = 0.9, high = 1.9 }} }}
by_land_use = {{ "10" = 2.1, "1001" = 3.3 }}
by_block_mu = [{{ from_mu = 40, plot_ratio = 2.9 }}, {{ from_mu = 90, plot_ratio = 3.1 }}]
by_parcel = {{ P3 = 4.25 }}
handover_share = 0.07
caps = "caps"
"""


def some_town(folder: Path, seed: int) -> geo.Study:
    """A dozen lots that touch, overlap and lie apart, of every treatment, half of them known."""
    draw = random.Random(seed)
    folder.mkdir()
    size = 14
    shapes = [
        rectangle(draw.choice([0, 90, 200, 230, 350]) + 7 * draw.random(), 90 * row, 200, 100)
        for row in range(size)
    ]
    kinds = ["rebuild"] * 5 + ["upgrade", "extend", "retain", "village", "road", "green"]

    def perhaps(value: float) -> float:
        return value if draw.random() < 0.7 else float("nan")

    land = placed(
        *shapes,
        parcel_id=[f"P{at}" for at in range(size)],
        zone=[draw.choice(["east", "west"]) for _ in range(size)],
        land_use=[draw.choice(["1001", "100101", "0902", "1207", ""]) for _ in range(size)],
        treatment=[draw.choice(kinds) for _ in range(size)],
        plot_ratio=[perhaps(round(draw.uniform(0, 4), 2)) for _ in range(size)],
        existing_floor=[perhaps(draw.uniform(0, 30_000)) for _ in range(size)],
    )
    placed(rectangle(150, 0, 90, 600)).to_parquet(folder / "kept.parquet")
    placed(rectangle(-50, 500, 900, 170)).to_parquet(folder / "river.parquet")
    history = events(
        *(
            (f"P{at}", "2024-03-01", draw.choice(["signed", "cleared"]), draw.choice(["", "x"]))
            for at in range(size)
            if draw.random() < 0.8
        )
    )
    tables = TABLES.format(
        handover=draw.choice([0.0, 0.12]),
        mode=draw.choice(["strict", "practical"]),
        gap=draw.choice([0, 12.5, 30]),
        mu=draw.choice([20, 100, 250]),
        basis=draw.choice(["gross", "net"]),
        told=draw.choice(["true", "false"]),
    )
    return geo.run(geo.read_plan(write_plan(folder, land, history=history, tables=tables)))


@pytest.mark.parametrize("seed", range(20))
def test_thirty_settings_of_each_of_twenty_towns(scripts: Any, seed: int, tmp_path: Path) -> None:
    study = some_town(tmp_path / "town", seed)
    draw = random.Random(seed)
    agree(scripts, study, [some_setting(study, draw) for _ in range(30)])


def test_without_goals_and_scenarios_all_land_counts(scripts: Any, tmp_path: Path) -> None:
    land = placed(rectangle(0, 0, 200, 100), rectangle(220, 0, 200, 100), parcel_id=["A", "B"])
    study = geo.run(geo.read_plan(write_plan(tmp_path, land)))
    agree(
        scripts, study, [Setting(), Setting(toggled=["A"]), Setting(gap_m=19.999, plot_ratio=2.0)]
    )


# --- figures as they are printed -----------------------------------------------------------------


def test_figures_are_worded_as_in_python(scripts: Any) -> None:
    draw = random.Random(7)
    values = [0.0, -0.0, 0.5, 1.5, 2.5, 0.005, 1.005, 0.9165, 999.995, 1e21, 1e-7, 123456789.125]
    values += [draw.uniform(-1e6, 1e6) for _ in range(300)]
    values += [draw.randint(-(10**9), 10**9) / 2**16 for _ in range(300)]
    values += [round(draw.uniform(0, 2), 4) for _ in range(300)] + [10.0**-at for at in range(12)]
    for places in (0, 1, 2, 4):
        for options in ({}, {"grouped": True}, {"percent": True}):
            script = "([values, places, options]) => values.map((v) => shown(v, places, options))"
            said = scripts.evaluate(script, [values, places, options])
            assert said == [shown(value, places, **options) for value in values]
