"""Faults of what somebody wants to record: each says why the ledger does not take it."""

from typing import Final

from geo.faults.kind import Fault
from geo.text import Words

_NOTHING: Final = Words("无需处理", "nothing to do")

_READING: Final = {
    "record.actor": Fault(
        "error",
        Words("没有写明由谁记录", "it does not say who records this"),
        Words("写上姓名或工号：--by", "give a name or a staff number: --by"),
    ),
    "record.characters": Fault(
        "error",
        Words("文字中有控制字符：{seen}", "the text has control characters: {seen}"),
        Words("去掉它们，重新输入这段文字", "take them out: type the text anew"),
    ),
    "record.long": Fault(
        "error",
        Words(
            "文字长 {seen} 个字符，最多 {most}", "the text has {seen} characters of at most {most}"
        ),
        Words("写短一些，详情放在佐证材料中", "shorten it, and leave the details to the evidence"),
    ),
    "record.kind": Fault(
        "error",
        Words("未知动作 {seen!r}{hint_zh}", "unknown action {seen!r}{hint}"),
        Words(
            "用 到达、退回、受阻、解除、备注、分割、合并 或 作废",
            "use reach, revert, block, unblock, note, split, merge or void",
        ),
    ),
    "record.no-parcel": Fault(
        "error",
        Words("没有写明是哪个地块", "it does not say which parcel"),
        Words("写上地块编号", "give the id of the parcel"),
    ),
    "record.date": Fault(
        "error",
        Words("日期 {seen!r} 不能识别", "the date {seen!r} is not understood"),
        Words("写成 2024-12-31、2024-12 或 2024", "write 2024-12-31, 2024-12 or 2024"),
    ),
    "record.future": Fault(
        "error",
        Words("{seen} 晚于今天 {today}", "{seen} is after today, {today}"),
        Words(
            "发生之后再记录；计划中的事写在“下一步”里",
            "record it once it has happened; what is planned is a next step",
        ),
    ),
    "record.period": Fault(
        "info",
        Words("{seen} 尚未结束：自 {last} 起才计", "{seen} is not over: it counts from {last} on"),
        Words("知道具体日期时写到日", "give the day, if it is known"),
    ),
    "record.unknown-stage": Fault(
        "error",
        Words(
            "{seen!r} 不是阶段{hint_zh}；可选：{choices_zh}",
            "{seen!r} is no stage{hint}; choose one of {choices}",
        ),
        Words(
            "用其中之一；若常用此说法，写入该阶段的 aliases",
            "use one of them, or add the word to the aliases of a stage in the plan",
        ),
    ),
    "record.no-text": Fault(
        "error",
        Words("没有写明内容", "it does not say what blocks, or what is to be noted"),
        Words("写在“说明”中", "write it as the text of the entry"),
    ),
    "record.twice": Fault(
        "error",
        Words("与第 {first} 行完全相同", "it says the same as row {first}"),
        Words("删去其中一行", "take one of the two rows out"),
    ),
    "record.recorded-at": Fault(
        "info",
        Words(
            "列 {seen} 不采用：台账写入自己的记录时间",
            "column {seen} is not taken: the ledger writes the time of recording itself",
        ),
        _NOTHING,
    ),
    "record.two-histories": Fault(
        "warning",
        Words(
            "计划中还有整备表 {seen}：有了台账，在删去它之前什么也不能发布",
            "the plan still has a table of readiness, {seen}: beside a ledger, nothing can be "
            "published until it is gone",
        ),
        Words(
            "把表格录入台账（landready record --from {seen}），然后从计划中删去 [layers.readiness]",
            "record the table in the ledger (landready record --from {seen}), then take "
            "[layers.readiness] out of the plan",
        ),
    ),
    "record.ambiguous": Fault(
        "error",
        Words(
            "这几列都可能是 {field}，内容却不同：{seen}",
            "each of these columns could be {field}, and they differ: {seen}",
        ),
        Words("指明其一：--field {field}={first}", "say which: --field {field}={first}"),
    ),
    "record.entry-number": Fault(
        "error",
        Words("{seen!r} 不是台账中的序号", "{seen!r} is no number of an entry"),
        Words("写被更正记录的序号，如 12", "give the number of the entry it corrects, such as 12"),
    ),
}

_STAGES: Final = {
    "record.order": Fault(
        "error",
        Words(
            "较低阶段“{stage_zh}”（{date}{entry_zh}）晚于较高阶段“{higher_zh}”"
            "（{higher_date}{higher_entry_zh}）",
            "the lower stage {stage!r} ({date}{entry}) is dated after the higher stage {higher!r} "
            "({higher_date}{higher_entry})",
        ),
        Words(
            "核对日期；若为并行办理，在“原因”中写明",
            "check the dates; if the stages ran in parallel, say so as the reason",
        ),
    ),
    "record.parallel": Fault(
        "info",
        Words(
            "阶段“{stage_zh}”（{date}{entry_zh}）晚于“{higher_zh}”"
            "（{higher_date}{higher_entry_zh}），已写明原因",
            "stage {stage!r} ({date}{entry}) is dated after {higher!r} "
            "({higher_date}{higher_entry}), for the reason given",
        ),
        _NOTHING,
    ),
    "record.skips": Fault(
        "info",
        Words("到“{stage_zh}”之前没有 {seen_zh}", "it comes to {stage!r} without {seen}"),
        Words("若有记录，一并补上", "record those stages too, if they are known"),
    ),
    "record.revert-reason": Fault(
        "error",
        Words("退回到“{stage_zh}”没有写明原因", "it falls back to {stage!r} and gives no reason"),
        Words("写明原因", "give the reason"),
    ),
    "record.revert-nothing": Fault(
        "error",
        Words(
            "{date} 退回到“{stage_zh}”{entry_zh}，而当时在“{stands_zh}”：没有任何退回",
            "on {date} it falls back to {stage!r}{entry}, and it stood at {stands!r}: "
            "nothing falls",
        ),
        Words(
            "写明较低的阶段，并核对日期；更正会使原有退回失效时，一并更正",
            "name a lower stage and check the date; where a correction takes the ground from a "
            "revert, correct the revert too",
        ),
    ),
    "record.vague-revert": Fault(
        "error",
        Words(
            "退回到“{stage_zh}”只知在 {date}{entry_zh}，其间又有 {other_date} 的到达或退回"
            "{other_entry_zh}：先后不明",
            "it falls back to {stage!r} in {date}{entry}, no day known, and moves within that "
            "time, on {other_date}{other_entry}: which came first is not known",
        ),
        Words(
            "写明退回的日期；不知时，把所到达的阶段记在该时段之后",
            "give the day of the revert; where nobody knows it, record the stage as reached after "
            "that time",
        ),
    ),
    "record.vague-block": Fault(
        "error",
        Words(
            "受阻只知在 {date}{entry_zh}，其间又有 {other_date} 的解除{other_entry_zh}：先后不明",
            "it is blocked in {date}{entry}, no day known, and a block is lifted within that time, "
            "on {other_date}{other_entry}: which came first is not known",
        ),
        Words(
            "写明受阻的日期；不知时，把解除记在该时段之后",
            "give the day of the block; where nobody knows it, record that it was lifted after "
            "that time",
        ),
    ),
    "record.unblock-nothing": Fault(
        "error",
        Words(
            "{date} 解除{entry_zh}，而当时没有受阻",
            "on {date} a block is lifted{entry}, and nothing blocked it then",
        ),
        Words("核对地块和日期，或先记录受阻", "check parcel and date, or record the block first"),
    ),
}

_CORRECTIONS: Final = {
    "record.correction-reason": Fault(
        "error",
        Words("更正第 {seen} 条没有写明原因", "it corrects entry {seen} and gives no reason"),
        Words("写明原因", "give the reason"),
    ),
    "record.void-reason": Fault(
        "error",
        Words("作废第 {seen} 条没有写明原因", "it voids entry {seen} and gives no reason"),
        Words("写明原因", "give the reason"),
    ),
    "record.void-nothing": Fault(
        "error",
        Words("没有写明作废哪一条", "it does not say which entry is void"),
        Words("写上该条的序号", "give the number of the entry"),
    ),
    "record.no-entry": Fault(
        "error",
        Words("台账中没有第 {seen} 条", "the ledger has no entry {seen}"),
        Words("用 landready history 查看序号", "see the numbers with landready history"),
    ),
    "record.superseded": Fault(
        "error",
        Words(
            "第 {seen} 条已被{by_zh}更正或作废",
            "entry {seen} is corrected or void already, by {by}",
        ),
        Words("更正后来的那一条", "correct the later one"),
    ),
    "record.no-correction": Fault(
        "error",
        Words(
            "第 {seen} 条（{kind}）不能更正或作废",
            "entry {seen} ({kind}) can be neither corrected nor void",
        ),
        Words("重新记录所要说的事", "record anew what is to be said"),
    ),
    "record.other-parcel": Fault(
        "error",
        Words("第 {seen} 条说的是地块 {other}", "entry {seen} speaks of parcel {other}"),
        Words("核对序号和地块", "check the number and the parcel"),
    ),
    "record.orphans": Fault(
        "error",
        Words(
            "第 {entries} 条说的是 {seen}，而没有此分割或合并就没有这个地块",
            "entries {entries} speak of {seen}, which is no parcel without this split or merge",
        ),
        Words("先更正或作废那些记录", "correct those entries first, or void them"),
    ),
    "record.was-corrected": Fault(
        "warning",
        Words(
            "与第 {seen} 条相同，而该条后来已更正或作废：不再记录",
            "it says the same as entry {seen}, which was corrected or voided since: not recorded",
        ),
        Words(
            "从表中删去；若它确实成立，写明原因后再记录",
            "take it out of the table; if it holds after all, record it with a reason",
        ),
    ),
}

_PARCELS: Final = {
    "record.unknown-parcel": Fault(
        "error",
        Words(
            "地块 {seen!r} 既不在图层中，也不在台账中{hint_zh}",
            "parcel {seen!r} is neither in the layer nor in the ledger{hint}",
        ),
        Words("改正编号，或先补上地块", "correct the id, or add the parcel to the layer first"),
    ),
    "record.gone-parcel": Fault(
        "error",
        Words(
            "地块已于 {date} 分割或合并为 {seen}，此事在其后{entry_zh}",
            "the parcel was split or merged into {seen} on {date}, before this{entry}",
        ),
        Words("记在 {seen} 名下，或核对日期", "record it of {seen}, or check the date"),
    ),
    "record.unborn-parcel": Fault(
        "error",
        Words(
            "地块于 {date} 才由 {seen} 分割或合并而来，此事在其前{entry_zh}",
            "the parcel came of {seen} by a split or merge on {date}, after this{entry}",
        ),
        Words("记在 {seen} 名下，或核对日期", "record it of {seen}, or check the date"),
    ),
    "record.parts": Fault(
        "error",
        Words(
            "分割或合并需要至少两个不同的、不是其自身的地块；现为 {seen}",
            "a split or merge takes two or more parcels that differ from each other and from it; "
            "it has {seen}",
        ),
        Words("写全各地块的编号", "give the ids of all of them"),
    ),
    "record.parts-day": Fault(
        "error",
        Words(
            "分割或合并的日期须到日，现为 {seen!r}",
            "a split or merge is dated to the day, not {seen!r}",
        ),
        Words("写明那一天", "give the day"),
    ),
    "record.gone-already": Fault(
        "error",
        Words(
            "地块 {seen} 已在{by_zh}（{date}）的分割或合并之中{entry_zh}",
            "parcel {seen} was in a split or merge already, by {by} of {date}{entry}",
        ),
        Words(
            "编号不能再用：核对编号，或先更正那一条",
            "an id is used once: check the ids, or correct that entry first",
        ),
    ),
    "record.merge-stages": Fault(
        "error",
        Words(
            "合并的各地块在 {date} 阶段不同{entry_zh}：{seen_zh}；合并后只能有一个阶段",
            "the parcels merged on {date}{entry} stand at different stages: {seen}; what they "
            "become has only one",
        ),
        Words(
            "先补记缺少的阶段及佐证，或先记录退回",
            "record the missing stages with their evidence first, or a revert",
        ),
    ),
    "record.area-off": Fault(
        "error",
        Words(
            "各部分合计 {parts_mu} 亩，整体 {whole_mu} 亩，差 {seen} 亩（{percent}）",
            "the parts have {parts_mu} mu and the whole {whole_mu} mu, {seen} mu apart ({percent})",
        ),
        Words(
            "核对地块和图形；若确有出入，写明原因",
            "check the parcels and their outlines; give the reason if they do differ",
        ),
    ),
    "record.area-differs": Fault(
        "warning",
        Words(
            "各部分合计 {parts_mu} 亩，整体 {whole_mu} 亩，差 {seen} 亩",
            "the parts have {parts_mu} mu and the whole {whole_mu} mu, {seen} mu apart",
        ),
        Words("核对图形", "check the outlines"),
    ),
    "record.both-in-layer": Fault(
        "error",
        Words(
            "图层中既有 {seen}，又有由其而来的 {new}",
            "the layer has {seen}, and {new} that they are said to have become",
        ),
        Words(
            "核对编号：新地块用新的编号；或先更新图层",
            "check the ids: a new parcel has a new id; or bring the layer up to date first",
        ),
    ),
    "record.in-layer": Fault(
        "info",
        Words("图层中已有新地块 {seen}", "the layer has the new parcels {seen} already"),
        _NOTHING,
    ),
    "record.not-in-layer": Fault(
        "info",
        Words("图层中还没有新地块 {seen}", "the layer does not have the new parcels {seen} yet"),
        Words(
            "更新图层：在此之前不能发布",
            "bring the layer up to date: until then nothing can be published",
        ),
    ),
}

RECORDS: Final = {**_READING, **_STAGES, **_CORRECTIONS, **_PARCELS}
