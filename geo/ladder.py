"""The standard readiness ladder (整备), which a plan may replace by any other.

Stages, closing evidence and durations: domain reference, section 6. The durations are expert
estimates of confidence 0.5, so a plan should set its own.
"""

from typing import Any, Final

_RUNGS: Final = (
    ("survey", "摸底调查", "Survey", "ownership and building register", "权属与建筑台账", 2, 6),
    ("registered", "标图建库", "Registered", "number in the renewal database", "入库编号", 2, 8),
    ("consent", "意愿征集", "Consent", "vote sheets", "表决书", 3, 12),
    ("approved", "方案审批", "Approved", "approval", "批复", 4, 12),
    (
        "signed",
        "签约收回",
        "Signed",
        "compensation agreement, recovery decision",
        "补偿协议、收回决定",
        6,
        24,
    ),
    ("vacated", "补偿腾空", "Vacated", "payment, title cancelled", "付款、注销产权", 3, 9),
    (
        "demolished",
        "拆除平整",
        "Demolished",
        "before/after imagery, acceptance",
        "前后影像、验收",
        2,
        6,
    ),
    (
        "cleared",
        "净地",
        "Cleared",
        "clearance certificate, soil report",
        "净地证明、土壤报告",
        2,
        8,
    ),
    ("supplied", "供地", "Supplied", "transfer contract", "出让合同", 3, 6),
    ("started", "动工", "Started", "construction permit", "施工许可", 2, 6),
    ("completed", "竣工", "Completed", "completion acceptance", "竣工验收", 12, 24),
    ("producing", "投产", "Producing", "production confirmed", "投产确认", 3, 12),
)

_ALIASES: Final = {
    "consent": ["意愿征求"],
    "signed": ["签约", "已签约", "签订", "已签订", "签约/收回/征收", "收回", "征收"],
    "demolished": ["拆除", "已拆除"],
    "cleared": ["整备完成", "净地（整备完成）", "净地 (整备完成)"],
    "started": ["已动工", "开工"],
}

STANDARD_LADDER: Final[tuple[dict[str, Any], ...]] = tuple(
    {
        "id": stage,
        "name": {"zh": zh, "en": en},
        "evidence": {"zh": evidence_zh, "en": evidence_en},
        "aliases": _ALIASES.get(stage, []),
        "p50_months": p50,
        "p90_months": p90,
    }
    for stage, zh, en, evidence_en, evidence_zh, p50, p90 in _RUNGS
)
"""The twelve rungs as a plan would write them, lowest first."""
