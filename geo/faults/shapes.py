"""Faults of geometry that is valid and yet wrong: spikes, slivers, gaps, twins."""

from typing import Final

from geo.faults.kind import Fault
from geo.text import Words

SHAPES: Final[dict[str, Fault]] = {
    "geometry.tangled": Fault(
        "error",
        Words(
            "图形自相交太多（{vertices} 个点，已数到 {seen} 处），不作修复",
            "its outline crosses itself too often to be mended ({vertices} vertices; {seen} "
            "crossings were counted, then no more)",
        ),
        Words("重新绘制", "draw it again"),
        sets_aside=True,
    ),
    "geometry.vast": Fault(
        "error",
        Words("图形的点多于 {most} 个", "its outline has more than {most} vertices"),
        Words("核对：地块不会这样复杂", "check it: no parcel is so intricate"),
        sets_aside=True,
    ),
    "geometry.boundless": Fault(
        "error",
        Words(
            "坐标或周长超出任何土地（{seen} 米）",
            "its coordinates or its perimeter are beyond any land on earth ({seen} m)",
        ),
        Words("改正坐标", "correct its coordinates"),
        sets_aside=True,
    ),
    "geometry.dense": Fault(
        "error",
        Words(
            "{seen} 个点的边彼此密集交叠，检查有效性需数分钟，不作检查",
            "its {seen} vertices are so dense that checking whether they cross would take minutes",
        ),
        Words("重新绘制或简化", "draw it again, or simplify it"),
        sets_aside=True,
    ),
    "layer.crowded": Fault(
        "error",
        Words(
            "相互重叠或紧邻的图形过多（{items} 个图形，与此处有关的已数到 {seen} 对），不作计算",
            "too many of its {items} outlines lie over or close to each other to be compared "
            "({seen} pairs were counted at this one)",
        ),
        Words("删去误叠的图形和细条", "delete slivers and outlines that were stacked by mistake"),
    ),
    "layer.interwoven": Fault(
        "error",
        Words(
            "与其他图形的界线交叉过多（两者共 {seen} 个点），叠加需数分钟，不作计算",
            "its outline is interwoven with others so closely that overlaying them would take "
            "minutes (this pair has {seen} vertices)",
        ),
        Words("重新绘制这一图形", "draw this outline again"),
    ),
    "parcel.gaps-unsought": Fault(
        "warning",
        Words(
            "相距不足 {seen} 米的界线过多，没有查找细缝；面积不受影响",
            "too many boundaries run less than {seen} m apart to look for gaps between them; no "
            "area is affected",
        ),
        Words("删去细条地块后重新检查", "delete slivers and check again"),
    ),
    "geometry.heights": Fault(
        "info",
        Words(
            "{rows} 行的坐标带 {seen} 值，面积用不到，已去掉",
            "the coordinates of {rows} rows carry {seen} values, which no area needs; dropped",
        ),
        Words("无需处理", "nothing to do"),
    ),
    "geometry.spike": Fault(
        "warning",
        Words(
            "在 {seen} 处有针尖（夹角小于 1°），按原样计",
            "it has a spike at {seen} (sharper than 1°), which counts as drawn",
        ),
        Words("删去这个点", "delete this vertex"),
    ),
    "geometry.sliver": Fault(
        "warning",
        Words(
            "狭条或碎块：{m2} 平方米，平均宽 {seen} 米，按原样计",
            "a sliver: {m2} m², {seen} m wide on average; it counts as drawn",
        ),
        Words("并入相邻地块，或删去", "join it to its neighbour, or delete it"),
    ),
    "geometry.repeated": Fault(
        "info",
        Words(
            "有 {seen} 个点与前一点重合，面积不受影响",
            "{seen} of its vertices repeat the one before them; its area is not affected",
        ),
        Words("可在源数据中删去", "they may be deleted in the source"),
    ),
    "parcel.same-outline": Fault(
        "warning",
        Words(
            "与 {other} 的界线相同；这块地只在 {other} 中计一次",
            "it has the same outline as {other}; the land counts once, with {other}",
        ),
        Words(
            "若是同一地块，删去一行；否则改正界线",
            "delete one of the rows if both are one parcel, else correct the outline",
        ),
    ),
    "parcel.overlap-sliver": Fault(
        "warning",
        Words(
            "与 {other} 重叠成细条（平均宽不足 0.1 米），是数字化误差；只在 {other} 中计一次",
            "it overlaps {other} in a strip narrower than 0.1 m, left by digitising; the strip "
            "counts once, with {other}",
        ),
        Words("使两地块共用界址点", "let both parcels share their boundary points"),
    ),
    "parcel.gap": Fault(
        "info",
        Words(
            "与 {other} 之间有细缝：长 {length} 米，最宽 {seen} 米；细缝不计为土地",
            "a narrow gap parts it from {other}: {length} m long and up to {seen} m wide; it is "
            "no land",
        ),
        Words(
            "若应相接，使两地块共用界址点",
            "let both parcels share their points if they should meet",
        ),
    ),
    "overlay.settled": Fault(
        "warning",
        Words(
            "与 {other} 的重叠，两种算法不一（{seen} 与 {snapped} 平方米）；"
            "按边逐对计算为 {traced} 平方米，采用与之相符者",
            "two ways disagree about what it shares with {other} ({seen} and {snapped} m²); edge "
            "by edge it is {traced} m², and the way that agrees is used",
        ),
        Words(
            "无需处理；若要消除，稍移几乎重合的点",
            "nothing to do; to be rid of it, part or join points that almost coincide",
        ),
    ),
    "overlay.disagrees": Fault(
        "error",
        Words(
            "与 {other} 的重叠，三种算法各不相同：{seen}、{snapped} 与 {traced} 平方米",
            "three ways disagree about what it shares with {other}: {seen}, {snapped} and "
            "{traced} m²",
        ),
        Words(
            "合并两者几乎重合的点，或简化图形",
            "join the points of both that almost coincide, or simplify their outlines",
        ),
    ),
}
