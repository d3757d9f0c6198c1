"""Tables that answer for the figures: claims, assumptions, findings and laws."""

from collections.abc import Iterable, Sequence
from typing import Final

import pandas as pd

from geo.claims.answer import RULES, VERDICTS
from geo.claims.wording import UNIT_WORDS
from geo.findings import Finding, findings_table
from geo.study import Study
from geo.tables.sheet import Field, Sheet, both
from geo.text import Text


def claims_sheet(table: pd.DataFrame) -> Sheet:
    """Published claims beside what is computed, each with its verdict and the arithmetic."""
    worded = {
        column: {
            en: both(zh, en) for zh, en in zip(table[f"{column}_zh"], table[column], strict=True)
        }
        for column in ("statement", "arithmetic", "note")
    }
    names = {
        **worded,
        "rule": {rule: words.text() for rule, words in RULES.items()},
        "verdict": {verdict: words.text() for verdict, words in VERDICTS.items()},
        "unit": {unit: words.text() for unit, words in UNIT_WORDS.items()},
    }
    fields = (
        Field("verdict", "结论", "Verdict", "name"),
        Field("statement", "公布数据", "Claim", "name"),
        Field("published", "公布", "Published", "number"),
        Field("computed", "计算", "Computed", "number"),
        Field("unit", "单位", "Unit", "name"),
        Field("difference", "相差", "Difference", "percent", 1),
        Field("arithmetic", "算式", "Arithmetic", "note"),
        Field("known_share", "已知用地占比", "Land known", "percent", 1),
        Field("rule", "核对方法", "Rule", "name"),
        Field("claims", "编号", "Claims"),
        Field("sources", "来源", "Sources"),
        Field("note", "说明", "Note", "note"),
    )
    note = both(
        "相符：两数相同；取整之内：公布值由计算值取整而得；可解释：限定词（超过、近、约）成立，"
        "或由写明的方法推得；待确认：须由人判断；不采用：来源说的是另一地",
        "Equal: the numbers are the same. Within rounding: the published one is what the computed "
        "one rounds to. Explained: its qualifier (more than, nearly, about) holds, or a named rule "
        "leads from number to number. Proposed: somebody has to decide. Refused: the source is "
        "about another place",
    )
    title = both("公布数据核对", "Published claims")
    return Sheet("claims", title, fields, table, names, note)


def assumptions_sheet(study: Study) -> Sheet:
    """What the plan assumes because no document states it, and what the data leave to assume."""
    assumed = [
        both(item.message_zh, item.message) for item in study.findings if item.code in ASSUMED
    ]
    texts = [*study.plan.stated_assumptions(), *assumed]
    names = {text.en: text for text in texts}
    fields = (
        Field("assumption", "假设（没有文件说明）", "Assumption (no document states it)", "name"),
    )
    title = both("假设", "Assumptions")
    return Sheet(
        "assumptions",
        title,
        fields,
        pd.DataFrame({"assumption": list(names)}),
        {"assumption": names},
    )


ASSUMED: Final = ("treatment.assumed",)
"""Faults that say what is assumed of all land."""


def findings_sheet(findings: Sequence[Finding]) -> Sheet:
    """Findings as a table, one row each."""
    fields = (
        Field("severity", "级别", "Severity", "name"),
        Field("code", "代码", "Code"),
        Field("file", "文件", "File"),
        Field("layer", "图层", "Layer"),
        Field("row", "行", "Row", "number", 0),
        Field("parcel", "地块", "Parcel"),
        Field("field", "字段", "Field"),
        Field("message", "发现", "Seen", "name"),
        Field("area_mu", "涉及（亩）", "Land (mu)", "number"),
        Field("mend", "建议", "Mend", "name"),
        Field("changed", "已更改", "Changed"),
    )
    names = {
        "severity": {
            "error": both("错误", "error"),
            "warning": both("警告", "warning"),
            "info": both("提示", "info"),
        },
        "message": _in_both((item.message, item.message_zh) for item in findings),
        "mend": _in_both((item.mend, item.mend_zh) for item in findings),
    }
    table = findings_table(findings)
    return Sheet("findings", both("检查结果", "Findings"), fields, table, names, on_page=False)


def _in_both(wordings: Iterable[tuple[str, str]]) -> dict[str, Text]:
    """Each English wording in both languages; most are those of many findings."""
    return {english: both(chinese, english) for english, chinese in dict(wordings).items()}


def laws_sheet(study: Study) -> Sheet:
    """How exactly the sums close."""
    names = {"code": {law.code: law.words.text() for law in study.laws}}
    rows = [(law.code, law.one, law.other, law.residual) for law in study.laws]
    table = pd.DataFrame(rows, columns=["code", "one", "other", "residual"])
    fields = (
        Field("code", "守恒律", "Law", "name"),
        Field("one", "一", "One way", "number"),
        Field("other", "二", "The other", "number"),
        Field("residual", "残差", "Residual", "number", 6),
    )
    return Sheet("laws", both("守恒律", "Laws"), fields, table, names, on_page=False)
