"""What a page says of a study: every figure worded, only allow-listed fields, nothing computed."""

import json
from importlib.metadata import version
from typing import Any, Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from pyproj import CRS

from geo.basis import counts_net
from geo.colours import LOST_COLOURS, stage_colours
from geo.earth.crs import transform
from geo.ground import headline_goal
from geo.parcels import COLUMNS, PUBLIC_COLUMNS
from geo.study import Study
from geo.tables import sheets
from geo.tables.naming import KINDS, TREATMENT_NAMES, zone_names
from geo.tables.sheet import Field, Sheet, cells
from geo.text import Text
from geo.units import M2_PER_MU, shown

WGS84: Final = CRS.from_epsg(4326)
DEGREE_PLACES: Final = 6
"""Coordinates are drawn to 0.1 m; figures never come from them."""

CARD: Final = (
    "name",
    "zone",
    "land_use",
    "land_mu",
    "stage",
    "stage_date",
    "plot_ratio_existing",
    "plot_ratio",
    "existing_floor_m2",
    "treatment",
    "block",
)
"""What the card of a parcel shows, in this order."""

Words = dict[str, str]


def page_payload(study: Study, *, lang: str = "zh") -> dict[str, Any]:
    """The payload of :class:`geo.webmap.page.LandMap`: text, numbers, lists and mappings only."""
    plan = study.plan
    goal = headline_goal(plan)
    shapes = _degrees(study.parcels, study)
    west, south, east, north = shapely.total_bounds(shapes)
    return {
        "lang": lang,
        "title": _title(study),
        "subtitle": _subtitle(study),
        "notices": _notices(study),
        "facts": _facts(study),
        "bounds": [[south, west], [north, east]],
        "stages": _stages(study),
        "counted_from": plan.rung(goal.stage) if goal else 0,
        "zones": _zones(study),
        "parcels": {"fields": _card_fields(), "items": _parcels(study, shapes)},
        "blocks": _blocks(study),
        "barriers": _barriers(study),
        "lost": _lost(study),
        "tables": [_table(sheet) for sheet in sheets(study) if sheet.on_page],
    }


def _both(zh: str, en: str) -> Words:
    return {"zh": zh, "en": en}


def _title(study: Study) -> Words:
    """The plan's name; illustrative land is called so in every title."""
    name = study.plan.name
    if not study.zones["illustrative"].any():
        return name.model_dump()
    return _both(f"{name.zh}（示意范围）", f"{name.en} (illustrative)")


def _subtitle(study: Study) -> Words:
    mu, day = shown(study.land_mu, 2), study.plan.as_of
    return _both(f"截至 {day} · {mu} 亩", f"as of {day} · {mu} mu")


def _notices(study: Study) -> list[dict[str, str]]:
    plan = study.plan
    notices = []
    if plan.notice is not None:
        notices.append({**plan.notice.model_dump(), "kind": "warning"})
    aside = study.aside
    if len(aside):
        mu = shown(float(aside["drawn_mu"].sum()), 2)
        words = _both(
            f"{len(aside)} 行（{mu} 亩）未计入，见“搁置的记录”",
            f"{len(aside)} rows ({mu} mu) are not counted: see “Rows set aside”",
        )
        notices.append({**words, "kind": "warning"})
    words = _both(
        "示意图：不得作为权属、规划或征收的依据",
        "Sketch map: not for title, planning or acquisition",
    )
    return [*notices, {**words, "kind": "info"}]


def _facts(study: Study) -> list[dict[str, Any]]:
    plan = study.plan
    method = (
        _both("平面面积", "planar")
        if plan.area_method == "planar"
        else _both("椭球面积（GRS80）", "ellipsoidal, GRS80")
    )
    crs = CRS(plan.crs)
    facts = [
        (_both("数据日期", "Data date"), _same(plan.as_of.isoformat())),
        (_both("起算日", "Base date"), _same(plan.base_date.isoformat())),
        (_both("坐标系", "CRS"), _same(f"{plan.crs} {crs.name}")),
        (_both("面积算法", "Area method"), method),
        (_both("两种算法", "By both methods"), _both_methods(study)),
        (_both("连片", "Contiguity"), _contiguity(study)),
        (_both("软件", "Software"), _same(f"landready {version('landready')}")),
    ]
    history = study.land.history
    if history is not None:
        seq, mark = history.head.seq, history.head.hash[:12]
        words = _both(f"第 {seq} 条，{mark}", f"entry {seq}, {mark}")
        facts.insert(1, (_both("台账", "Ledger"), words))
    if plan.known is not None:
        facts.insert(1, (_both("按当日所知", "As known on"), _same(plan.known.isoformat())))
    if plan.source is not None:
        facts.append((_both("来源", "Source"), plan.source.model_dump()))
    if plan.review_number is not None:
        facts.append((_both("审图号", "Map review number"), _same(plan.review_number)))
    return [{**label, "value": value} for label, value in facts]


def _both_methods(study: Study) -> Words:
    """The parcels' total by either method, and how far the two are apart."""
    planar, ellipsoidal = (
        float(study.parcels[name].sum()) for name in ("planar_m2", "ellipsoidal_m2")
    )
    plane, globe = (shown(m2 / M2_PER_MU, 2) for m2 in (planar, ellipsoidal))
    apart = shown((planar / ellipsoidal - 1) * 1e6, 1)
    return _both(
        f"平面 {plane} 亩，椭球 {globe} 亩，相差 {apart} ppm",
        f"planar {plane} mu, ellipsoidal {globe} mu, {apart} ppm apart",
    )


def _same(text: str) -> Words:
    return _both(text, text)


def _contiguity(study: Study) -> Words:
    contiguity = study.plan.contiguity
    if contiguity.mode == "strict":
        return _both("严格：共用边界", "strict: shared boundary")
    gap = f"{contiguity.gap_m:g}"
    return _both(f"间隔 ≤ {gap} 米", f"gap ≤ {gap} m")


def _stages(study: Study) -> list[dict[str, Any]]:
    stages = study.plan.stages
    return [
        {"rung": rung, **stage.name.model_dump(), "color": colour}
        for rung, (stage, colour) in enumerate(zip(stages, stage_colours(len(stages)), strict=True))
    ]


def _degrees(table: gpd.GeoDataFrame, study: Study) -> npt.NDArray[Any]:
    """Geometry in degrees, rounded; a point that two parcels share stays shared."""
    shapes = transform(table.geometry.to_numpy(), study.land.crs, WGS84)
    rounded: npt.NDArray[Any] = shapely.transform(shapes, lambda xy: np.round(xy, DEGREE_PLACES))
    return rounded


def _geojson(shape: shapely.Geometry) -> Any:
    return json.loads(shapely.to_geojson(shape))


def _zones(study: Study) -> list[dict[str, Any]]:
    outlined = study.zones[study.zones["outlined"]]
    names = zone_names(study)
    return [
        {"id": zone, "label": names[zone].model_dump(), "geometry": _geojson(shape)}
        for zone, shape in zip(outlined["zone"], _degrees(outlined, study), strict=True)
    ]


def _card_fields() -> list[dict[str, str]]:
    columns = {column.name: column for column in COLUMNS}
    assert PUBLIC_COLUMNS.issuperset(CARD), "a card shows allow-listed columns only"
    return [{"key": name, **_both(*columns[name].label)} for name in CARD]


def _parcels(study: Study, shapes: npt.NDArray[Any]) -> list[dict[str, Any]]:
    names = {
        "stage": {stage.id: stage.name for stage in study.plan.stages},
        "zone": zone_names(study),
        "treatment": TREATMENT_NAMES,
    }
    rows = study.parcels[["parcel_id", "rung", "self_reported", "counts", *CARD]]
    items = []
    for shape, row in zip(shapes, rows.to_dict("records"), strict=True):
        label = " ".join(part for part in (row["parcel_id"], row["name"]) if part)
        items.append(
            {
                "id": row["parcel_id"],
                "label": label,
                "rung": int(row["rung"]),
                "self_reported": bool(row["self_reported"]),
                "counts": bool(row["counts"]),
                "values": [_card_value(key, row[key], names.get(key, {})) for key in CARD],
                "geometry": _geojson(shape),
            }
        )
    return items


def _card_value(key: str, value: Any, names: dict[str, Text]) -> str | Words | None:
    if value in names:
        return names[value].model_dump()
    if key == "stage_date":
        return None if pd.isna(value) else value.date().isoformat()
    if isinstance(value, float):
        return shown(value, 0 if key == "existing_floor_m2" else 2, grouped=True)
    return value or None


def _blocks(study: Study) -> list[dict[str, Any]]:
    blocks = []
    net = ("净用地 ", " of net land") if counts_net(headline_goal(study.plan)) else ("", "")
    rows = study.blocks.drop(columns="geometry").to_dict("records")
    for row, shape in zip(rows, _degrees(study.blocks, study), strict=True):
        mu, gap = shown(row["land_mu"], 2, grouped=True), shown(row["widest_gap_m"], 1)
        tier = f"{row['tier_mu']:g}"
        lines = [
            _both(
                f"{net[0]}{mu} 亩，{row['parcels']} 个地块",
                f"{mu} mu{net[1]}, {row['parcels']} parcels",
            ),
            _both(f"最宽间隔 {gap} 米", f"widest gap {gap} m"),
        ]
        if row["tier_mu"]:
            lines.append(_both(f"达到 {tier} 亩档", f"reaches the tier of {tier} mu"))
        blocks.append(
            {
                "id": row["block"],
                "minor": row["tier_mu"] == 0,
                "label": _both(f"{row['block']} · {mu} 亩", f"{row['block']} · {mu} mu"),
                "lines": lines,
                "geometry": _geojson(shape),
                "bridge_parcels": [name for name in row["bridges"].split(", ") if name],
            }
        )
    return blocks


def _barriers(study: Study) -> list[dict[str, Any]]:
    barriers = study.land.barriers
    rows = barriers[["class", "name_zh", "name_en"]].to_numpy()
    return [
        {"label": _both(zh, en), "class": kind, "geometry": _geojson(shape)}
        for (kind, zh, en), shape in zip(rows, _degrees(barriers, study), strict=True)
    ]


def _lost(study: Study) -> list[dict[str, Any]]:
    """The land that is lost, by the kind of its reason; a hand-over lies nowhere."""
    drawn = study.lost[study.lost.geometry.notna()]
    shapes = _degrees(drawn, study)
    lost = []
    for kind, colour in LOST_COLOURS.items():
        chosen = (drawn["kind"] == kind).to_numpy()
        if chosen.any():
            mu = shown(drawn["area_m2"][chosen].sum() / M2_PER_MU, 2, grouped=True)
            label = _both(f"{KINDS[kind].zh} {mu} 亩", f"{KINDS[kind].en} {mu} mu")
            shape = shapely.multipolygons(shapely.get_parts(shapes[chosen]))
            lost.append({"label": label, "color": colour, "geometry": _geojson(shape)})
    return lost


PAGE_KINDS: Final = {"light": "light", "number": "number", "percent": "number", "note": "note"}


def _table(sheet: Sheet) -> dict[str, Any]:
    return {
        "id": sheet.id,
        "title": sheet.title.model_dump(),
        "note": sheet.note.model_dump() if sheet.note else None,
        "open": sheet.id in ("goals", "zones", "assumptions"),
        "columns": [
            {
                **_both(item.zh, item.en),
                "align": "right" if item.kind in ("number", "percent") else "left",
                "kind": PAGE_KINDS.get(item.kind, "text"),
            }
            for item in sheet.fields
        ],
        "rows": [
            [_cell(sheet, item, value) for item, value in zip(sheet.fields, row, strict=True)]
            for row in cells(sheet)
        ],
    }


def _cell(sheet: Sheet, item: Field, value: Any) -> str | Words | None:
    if item.kind == "light" or value is None:
        return None if value is None else str(value)
    text = sheet.shown(item, value)
    return text.zh if text.zh == text.en else text.model_dump()
