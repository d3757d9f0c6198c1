"""What a page says of a study, put together: figures worded, only allow-listed fields."""

from typing import TYPE_CHECKING, Any, Final

import shapely
from pyproj import CRS

from geo.basis import counts_net
from geo.colours import LOST_COLOURS
from geo.earth.crs import moved
from geo.ground import headline_goal
from geo.study import Study
from geo.tables import sheets
from geo.tables.naming import KINDS, TREATMENT_NAMES, reason_names, zone_names
from geo.units import M2_PER_MU, shown
from geo.webmap.ahead import ahead_payload, ahead_sheets, goal_forecasts
from geo.webmap.casting import balance_bars, page_tables
from geo.webmap.model import page_model
from geo.webmap.times import page_time
from geo.webmap.wording import Words, both, facts, goals, notices, stages, subtitle, title

if TYPE_CHECKING:  # its engines are for those who ask for a forecast
    from geo.outlook import Outlook

WGS84: Final = CRS.from_epsg(4326)
DEGREE_PLACES: Final = 6


def page_payload(
    study: Study, *, lang: str = "zh", outlook: "Outlook | None" = None
) -> dict[str, Any]:
    """The payload of :class:`geo.webmap.page.LandMap`: text, numbers, lists and mappings only.

    ``ahead`` is in it where something is known of the future.
    """
    plan = study.plan
    goal, forecasts = headline_goal(plan), goal_forecasts(outlook)
    ahead = ahead_payload(plan, outlook)
    return {
        "lang": lang,
        "title": title(study),
        "subtitle": subtitle(study),
        "notices": notices(study),
        "facts": facts(study),
        "bounds": _bounds(study),
        "stages": stages(study),
        "goals": [{**item, "forecast": forecasts.get(item["id"])} for item in goals(study)],
        "time": page_time(study),
        "model": page_model(study),
        "counted_from": plan.rung(goal.stage) if goal else 0,
        "zones": _zones(study),
        "blocks": _blocks(study),
        "barriers": _barriers(study),
        "lost": _lost(study),
        "handover": _handover(study),
        "names": _names(study),
        "balance": balance_bars(study),
        "tables": page_tables([*sheets(study), *ahead_sheets(study, outlook)]),
        **({} if ahead is None else {"ahead": ahead}),
    }


def _bounds(study: Study) -> list[list[float]]:
    """The south-west and the north-east corner of all parcels, latitude before longitude."""
    points = shapely.get_coordinates(study.parcels.geometry.to_numpy())
    degrees = moved(points, study.land.crs, WGS84)
    ends = degrees.min(axis=0), degrees.max(axis=0)
    (west, south), (east, north) = (end.round(DEGREE_PLACES).tolist() for end in ends)
    return [[south, west], [north, east]]


def _zones(study: Study) -> list[dict[str, Any]]:
    outlined = study.zones[study.zones["outlined"]]
    names = zone_names(study)
    return [{"id": zone, "label": names[zone].model_dump()} for zone in outlined["zone"]]


def _names(study: Study) -> dict[str, dict[str, Words]]:
    """The names behind the ids that parcels carry."""
    names = {
        "zones": zone_names(study),
        "treatments": TREATMENT_NAMES,
        "reasons": reason_names(study),
    }
    return {
        kind: {key: text.model_dump() for key, text in known.items()}
        for kind, known in names.items()
    }


MOST_BLOCKS: Final = 1000
"""The largest blocks have names and cards, all are drawn: a province has hundreds of thousands."""


def _blocks(study: Study) -> list[dict[str, Any]]:
    blocks = []
    bridge = study.parcels[study.parcels["is_bridge"]]
    bridges = bridge.groupby("block")["parcel_id"].apply(list).to_dict()
    net = ("净用地 ", " of net land") if counts_net(headline_goal(study.plan)) else ("", "")
    rows = study.blocks.drop(columns="geometry").head(MOST_BLOCKS).to_dict("records")
    for row in rows:
        mu, gap = shown(row["land_mu"], 2, grouped=True), shown(row["widest_gap_m"], 1)
        tier = f"{row['tier_mu']:g}"
        lines = [
            both(
                f"{net[0]}{mu} 亩，{row['parcels']} 个地块",
                f"{mu} mu{net[1]}, {row['parcels']} parcels",
            ),
            both(f"最宽间隔 {gap} 米", f"widest gap {gap} m"),
        ]
        if row["tier_mu"]:
            lines.append(both(f"达到 {tier} 亩档", f"reaches the tier of {tier} mu"))
        blocks.append(
            {
                "id": row["block"],
                "minor": row["tier_mu"] == 0,
                "label": both(f"{row['block']} · {mu} 亩", f"{row['block']} · {mu} mu"),
                "lines": lines,
                "bridge_parcels": bridges.get(row["block"], []),
            }
        )
    return blocks


def _barriers(study: Study) -> list[dict[str, Any]]:
    barriers = study.land.barriers
    rows = barriers[["class", "name_zh", "name_en"]].to_numpy()
    return [{"label": both(zh, en), "class": kind} for kind, zh, en in rows]


def _lost(study: Study) -> list[dict[str, Any]]:
    """The land that is lost, by the kind of its reason; a hand-over lies nowhere."""
    drawn = study.lost[study.lost.geometry.notna()]
    lost = []
    for kind, colour in LOST_COLOURS.items():
        chosen = (drawn["kind"] == kind).to_numpy()
        if chosen.any():
            mu = shown(drawn["area_m2"][chosen].sum() / M2_PER_MU, 2, grouped=True)
            label = both(f"{KINDS[kind].zh} {mu} 亩", f"{KINDS[kind].en} {mu} mu")
            lost.append({"label": label, "color": colour})
    return lost


def _handover(study: Study) -> Words | None:
    """The land that is handed over: a share of it all, which lies nowhere."""
    mu = float(study.parcels["handover_m2"].sum()) / M2_PER_MU
    if mu == 0:
        return None
    words = shown(mu, 2, grouped=True)
    return both(
        f"移交 {words} 亩（按比例，无固定位置）", f"hand-over {words} mu (a share: lies nowhere)"
    )
