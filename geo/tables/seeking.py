"""Tables of a goal-seek: the frontier of plot ratio and net land, and the parcels to rebuild."""

from geo.seeking import Seek
from geo.tables.sheet import Field, Sheet, both


def frontier_sheet(found: Seek) -> Sheet:
    """Which plot ratio on which share of the land reaches the target."""
    fields = (
        Field("plot_ratio", "净用地容积率", "Plot ratio of net land", "number"),
        Field("net_share", "净用地占毛面积", "Net share of gross land", "percent", 1),
        Field("reachable", "可达到", "Within reach"),
        Field("as_planned", "现有净用地够", "Net land suffices"),
    )
    share = found.net_m2 / found.land_m2 if found.land_m2 else 0.0
    table = found.frontier.assign(as_planned=found.frontier["net_share"] <= share)
    title = both("容积率与净用地前沿", "Frontier of plot ratio and net land")
    note = both("算术关系，未计上限", "Arithmetic alone: caps are not in it")
    return Sheet("frontier", title, fields, table, note=note)


def chosen_sheet(found: Seek) -> Sheet:
    """The fewest parcels that reach the target, the largest gain first."""
    fields = (
        Field("parcel_id", "地块", "Parcel"),
        Field("gain_m2", "净增（平方米）", "Gain (m²)", "number", 0),
        Field("cumulative_m2", "累计（平方米）", "All floor so far (m²)", "number", 0),
    )
    title = both("最少地块", "Fewest parcels")
    return Sheet("fewest", title, fields, found.fewest.chosen)
