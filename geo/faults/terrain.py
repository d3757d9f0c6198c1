"""Faults of rasters: terrain (a DEM) and land cover."""

from typing import Final

from geo.faults.kind import Fault
from geo.text import Words

TERRAIN: Final[dict[str, Fault]] = {
    "raster.band": Fault(
        "error",
        Words("只有 {seen} 个波段，没有第 {band} 个", "it has {seen} bands, and no band {band}"),
        Words("在计划中改正 band", "correct band in the plan"),
    ),
    "raster.bands": Fault(
        "warning",
        Words("有 {seen} 个波段，读取了第 1 个", "it has {seen} bands, of which the first is read"),
        Words("在计划中写明 band", "state band in the plan"),
    ),
    "raster.nodata-differs": Fault(
        "warning",
        Words(
            "文件写明的无数据值是 {seen}，计划写 {stated}：两者都当作未知（后者 {cells} 个像元）",
            "the file states the nodata value {seen}, the plan {stated}: cells of both are unknown "
            "({cells} of the latter)",
        ),
        Words("核对后在计划中改正或删去 nodata", "correct nodata in the plan, or remove it"),
    ),
    "raster.unplaced": Fault(
        "error",
        Words(
            "没有位置：左上角与像元大小未写明",
            "it lies nowhere: no corner and cell size are stated",
        ),
        Words(
            "重新导出为带地理参考的 GeoTIFF（不是图片）",
            "export it as a georeferenced GeoTIFF, which is no mere picture",
        ),
    ),
    "terrain.degrees": Fault(
        "info",
        Words(
            "坐标系的单位不是地面长度；像元间距按椭球逐行换算为米（中部 {seen}）",
            "its CRS does not measure ground: the spacing of its cells is taken on the ellipsoid, "
            "row by row ({seen} in the middle)",
        ),
        Words("无需处理；高程单位须是米或英尺", "nothing to do; heights must be in metres or feet"),
    ),
    "terrain.unit": Fault(
        "warning",
        Words(
            "文件写明高程单位是 {seen}，计划是 {stated}：按计划计算",
            "the file states its heights in {seen}, the plan in {stated}, which is used",
        ),
        Words(
            '核对；若文件对，在 [terrain] 写 vertical_unit = "{told}"',
            'check it; if the file is right, write vertical_unit = "{told}" in [terrain]',
        ),
    ),
    "terrain.heights": Fault(
        "error",
        Words(
            "{cells} 个像元（{share}）的高程地球上没有（多为 {seen} 米）：当作未知",
            "{cells} cells ({share}) have heights that no ground has (mostly {seen} m): they are "
            "taken as unknown",
        ),
        Words(
            "若是填充值，在 [terrain] 写明 nodata；若单位不是米，写明 vertical_unit 或换算后再用",
            "if it is a fill, state nodata in [terrain]; if the unit is not the metre, state "
            "vertical_unit, or convert the heights",
        ),
    ),
    "terrain.zeros": Fault(
        "warning",
        Words(
            "边缘有高程恰为 0 的像元（共 {seen} 个），其余与 0 至少差 {nearest} 米：可能是填充值",
            "{seen} cells, some at its rim, are exactly 0, and no other ground is nearer to 0 than "
            "{nearest} m: they may be a fill",
        ),
        Words("若是填充值，在 [terrain] 写 nodata = 0", "if so, write nodata = 0 in [terrain]"),
    ),
    "terrain.coarse": Fault(
        "warning",
        Words(
            "像元 {seen} 太粗：{of} 个地块中有 {parcels} 个不足 {few} 个像元",
            "its cells of {seen} are too coarse: {parcels} of {of} parcels have fewer than {few}",
        ),
        Words("改用更细的 DEM", "use a finer DEM"),
    ),
    "terrain.elsewhere": Fault(
        "error",
        Words(
            "没有一个地块在这个 DEM 上；它的中心在 {seen}",
            "no parcel lies on this DEM, whose middle is {seen}",
        ),
        Words(
            "改用当地的 DEM，或核对其坐标系与 nodata",
            "use a DEM of this place, or check its CRS and nodata",
        ),
    ),
    "terrain.outside": Fault(
        "warning",
        Words(
            "DEM {dem} 没有这里的高程：坡度与起伏未知，仍计入面积",
            "DEM {dem} knows no elevation here: slope and relief are unknown, the "
            "land still counts",
        ),
        Words(
            "改用覆盖全部地块的 DEM；核对其坐标系", "use a DEM of all the land, and check its CRS"
        ),
    ),
    "terrain.partly": Fault(
        "warning",
        Words(
            "DEM {dem} 只有这里 {elevation} 土地的高程和 {seen} 的坡度：结果只指这一部分",
            "DEM {dem} knows the elevation of {elevation} of this land and the slope of {seen}: "
            "the figures speak of that part",
        ),
        Words(
            "改用更大的 DEM（至少超出地块一个像元），或补上空洞",
            "use a larger DEM (a cell or more beyond the land), or one without holes",
        ),
    ),
    "terrain.few-cells": Fault(
        "warning",
        Words(
            "只有 {seen} 个像元（少于 {few}）：平均坡度不可靠，可能在 {low}° 到 {high}° 之间",
            "it has only {seen} cells (fewer than {few}): its slope is uncertain, anything from "
            "{low}° to {high}°",
        ),
        Words("改用更细的 DEM，或实测", "use a finer DEM, or survey it"),
    ),
    "terrain.unknown": Fault(
        "warning",
        Words(
            "{seen} 个地块的部分或全部土地坡度未知，不按坡度扣除",
            "the slope of land of {seen} parcels is not known: nothing of it is deducted as steep",
        ),
        Words("改用覆盖全部地块的 DEM", "use a DEM that covers all the land"),
    ),
    "terrain.cliffs": Fault(
        "warning",
        Words(
            "{parcels} 个地块的坡度高达 {seen}°：栅格中可能有填充值，或单位、文件有误",
            "slopes reach {seen}° on {parcels} parcels: it may hold fill values, or other units, "
            "or be no DEM",
        ),
        Words(
            "写明 nodata 与 vertical_unit，并核对文件",
            "state nodata and vertical_unit, and make sure that it is the DEM",
        ),
    ),
    "cover.elsewhere": Fault(
        "error",
        Words(
            "没有一个地块位于这个地表覆盖栅格的已知部分上",
            "no parcel lies on the known part of this land cover",
        ),
        Words("核对文件的坐标系与范围", "check the CRS of the file, and which land it covers"),
    ),
    "cover.classes": Fault(
        "error",
        Words(
            "像元值 {seen} 不是整数：这不是地类（有 {cells} 个这样的像元）",
            "a cell holds {seen}, which is no whole number: these are no classes ({cells} "
            "such cells)",
        ),
        Words(
            "给出分类栅格，不是影像或指数；核对 band",
            "give the raster of classes, no image or index; check band",
        ),
    ),
    "cover.no-bare-class": Fault(
        "warning",
        Words(
            "没有裸地类别 {seen}；有的类别是 {classes}",
            "none of the classes of bare ground, {seen}, is in it; it has {classes}",
        ),
        Words("在 [land_cover] 改正 bare", "correct bare in [land_cover]"),
    ),
    "cover.grids-differ": Fault(
        "error",
        Words(
            "与 {other} 的格网不同：不计算变化比例，裸地比例各按自己的格网",
            "its grid is not that of {other}: no share of change is computed, and each share of "
            "bare ground is on its own grid",
        ),
        Words(
            "把两幅分类对齐到同一格网（最近邻重采样）",
            "bring both onto one grid (resampled by nearest neighbour)",
        ),
    ),
    "cover.dates": Fault(
        "error",
        Words(
            "“之前”的日期 {seen} 不早于“之后”的日期 {after}",
            "the date {seen} of before is not earlier than {after}, that of after",
        ),
        Words("在 [land_cover] 改正日期或对调文件", "correct the dates or swap the files"),
    ),
    "cover.not-bare": Fault(
        "warning",
        Words(
            "{date} 已到“{stage_zh}”或以后，{cover} 上当日却只有 {seen} 是裸地（应不少于 {least}）",
            "it had reached {stage} by {date}, yet on that day only {seen} of it is bare in "
            "{cover} (at least {least} is asked)",
        ),
        Words(
            "核对拆除的佐证，或在台账中撤回这一阶段",
            "check the evidence of its demolition, or revert the stage in the ledger",
        ),
    ),
    "cover.bare": Fault(
        "info",
        Words(
            "还没有到“{stage_zh}”，{cover} 上 {date} 却有 {seen} 是裸地",
            "it has not reached {stage}, yet {seen} of it is bare in {cover} on {date}",
        ),
        Words("若已拆除，记入台账", "if it is demolished, record it in the ledger"),
    ),
    "cover.unknown": Fault(
        "info",
        Words(
            "{cover} 只知道这里 {seen} 土地的地类：不作判断",
            "{cover} knows the class of only {seen} of this land: nothing is concluded",
        ),
        Words("改用覆盖全部地块的分类", "use a raster that covers all the land"),
    ),
}
