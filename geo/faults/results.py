"""Faults of what is made of the data: programmes, laws, output."""

from typing import Final

from geo.faults.kind import Fault
from geo.text import Words

RESULTS: Final = {
    "programme.unknown-parcel": Fault(
        "warning",
        Words(
            "项目组 {seen} 中的地块 {parcel} 不在计入的地块中",
            "parcel {parcel} of programme {seen} is none of the parcels that count",
        ),
        Words("改正编号", "correct the id"),
    ),
    "programme.unlisted": Fault(
        "warning",
        Words(
            "{times} 行属于计划中没有的项目组 {seen!r}{hint_zh}",
            "{times} rows name programme {seen!r}, which the plan does not have{hint}",
        ),
        Words("改正编号，或在计划中加上它", "correct the id, or add it to the plan"),
    ),
    "programme.shared": Fault(
        "info",
        Words(
            "同属几个项目组（{seen}）：各组都列出它，合计只计一次",
            "it is in several programmes ({seen}): each lists it, a total counts it once",
        ),
        Words(
            "无需处理；不要把各项目组的面积相加",
            "nothing to do; never add the areas of programmes",
        ),
    ),
    "programme.empty": Fault(
        "warning",
        Words("项目组 {seen} 没有任何地块", "programme {seen} has no parcel"),
        Words("检查计划中的编号和项目组表", "check its id in the plan and in its table"),
    ),
    "law.broken": Fault(
        "error",
        Words(
            "守恒律不成立：{law_zh}：{one} ≠ {other}，差 {seen}",
            "a law is broken: {law}: {one} ≠ {other}, off by {seen}",
        ),
        Words(
            "这是程序错误，未发布任何结果；请报告",
            "this is an error of the program, so nothing was published: please report it",
        ),
    ),
    "check.format": Fault(
        "error",
        Words("检查结果不能写成这种文件", "findings are not written to a file of this kind"),
        Words("用 {seen} 之一", "end its name in one of {seen}"),
    ),
    "publish.folder": Fault(
        "error",
        Words(
            "{file} 中有不是 landready 写的文件：{seen}",
            "{file} holds files that landready did not write: {seen}",
        ),
        Words("换一个输出文件夹（--out）", "choose another folder (--out)"),
    ),
    "publish.failed": Fault(
        "error",
        Words(
            "无法写出：{problem}；原有文件未动",
            "cannot be written: {problem}; what was there is untouched",
        ),
        Words("检查磁盘空间和权限", "check space and permissions"),
    ),
    "publish.differs": Fault(
        "error",
        Words(
            "写出后读回的 {seen} 与计算结果不一致；原有文件未动",
            "{seen} read back differs from what was computed; what was there is untouched",
        ),
        Words("检查磁盘", "check the disk"),
    ),
    "page.outside": Fault(
        "error",
        Words("网页将从外部读取 {seen!r}", "the page would fetch {seen!r} from outside"),
        Words(
            "请移除该元素，或将其文件内嵌于网页",
            "remove that element, or carry its file inside the page",
        ),
    ),
    "page.payload": Fault(
        "error",
        Words("网页缺少 {seen!r}", "the page has no {seen!r}"),
        Words("请补入网页数据", "add it to the payload"),
    ),
    "page.not-json": Fault(
        "error",
        Words("网页数据不是纯 JSON：{seen}", "the page's data is not plain JSON: {seen}"),
        Words(
            "请将各值写为文字、数字、列表或映射，不得有 NaN",
            "word every value as text, number, list or mapping, without NaN",
        ),
    ),
    "page.basemap": Fault(
        "error",
        Words("没有底图 {seen!r}", "there is no basemap {seen!r}"),
        Words("用 {choices} 之一", "choose one of {choices}"),
    ),
    "page.coarsen": Fault(
        "error",
        Words(
            "--coarsen {seen} 只用于公开版，而这是完整版：界线不会概略",
            "--coarsen {seen} is for the public edition, and this is the full one: its outlines "
            "would be exact",
        ),
        Words("加上 --profile public，或去掉 --coarsen", "add --profile public, or leave it out"),
    ),
    "page.too-large": Fault(
        "error",
        Words(
            "{field} 为 {seen} 平方米，网页无法精确表示这么大的数",
            "{field} is {seen} m², more than a page can hold exactly",
        ),
        Words("核对单位和数值，应小于 {most} 平方米", "check its unit and value: below {most} m²"),
    ),
    "page.profile": Fault(
        "error",
        Words("公开版的网格 {seen} 米太细", "a grid of {seen} m is too fine for the public"),
        Words("至少 {least} 米", "make it {least} m or more"),
    ),
    "serve.folder": Fault(
        "error",
        Words(
            "{file} 不是 landready build 写的文件夹：缺少 {seen}",
            "{file} is no folder that landready build wrote: it has no {seen}",
        ),
        Words(
            "先运行 landready build，再给出它写的文件夹",
            "run landready build first, and name the folder that it wrote",
        ),
    ),
    "serve.port": Fault(
        "error",
        Words(
            "端口 {seen} 及其后 {times} 个端口都已占用",
            "port {seen} and the {times} after it are taken",
        ),
        Words("换一个端口（--port）", "choose another (--port)"),
    ),
    "new.exists": Fault(
        "error",
        Words("这里已有计划文件", "there is a plan already"),
        Words("换一个文件夹，或先移走它", "choose another folder, or move it away first"),
    ),
}
