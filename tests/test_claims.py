"""Claims of Qingxi: every published number answered, in words and by the command."""

import csv
import json
from pathlib import Path

import pytest

import geo
from geo.claims.answer import CLAIM_COLUMNS, RULES, VERDICTS
from geo.claims.wording import money, number, quantity
from geo.plan import read_plan
from geo.tables import sheets
from tests.claiming import (
    amiss,
    answers,
    area,
    cost,
    only,
    town,
)
from tests.test_cli import called

QINGXI = Path(__file__).resolve().parents[1] / "layers" / "qingxi"


# --- Qingxi ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def qingxi() -> geo.Study:
    return geo.run(read_plan(QINGXI / "plan.toml"))


FIGURES = [
    ("parts", "F05, F01, F02", "explained", "2888 + 1657 = 4545 mu; 4500 ÷ 4545 = 99.0 %",
     "2888 + 1657 = 4545 亩；4500 ÷ 4545 = 99.0 %"),
    ("parts", "F04, F01, F02", "explained", "2888 + 1657 = 4545 mu; 2000 ÷ 4545 = 44.0 %",
     "2000 ÷ 4545 = 44.0 %"),
    ("goal", "F05", "explained", "4500 ÷ 4545 mu gross = 99.0 %", "毛用地 4545 亩 = 99.0 %"),
    ("density", "F06, F01, F02, F11b", "explained",
     "5,000,000 m² ÷ 3,030,000 m² = 1.65, as if 47.1 % of the land were built at 3.5",
     "= 1.65，相当于 47.1 % 的用地按 3.5 建设"),
    ("density", "F09b, F09a, F11b", "explained",
     "1021 mu = 680,667 m²; 2,000,000 m² ÷ 680,667 m² = 2.94", "÷ 680,667 平方米 = 2.94"),
    ("two-sites", "F12a, F11a, F12b, F11b", "contradicted",
     "12,800 m² ÷ 0.49 = 26,122 m²; 100,000 m² ÷ 3.5 = 28,571 m²: 9.4 % apart; "
     "26,122 m² × 3.5 = 91,429 m²", "相差 9.4 %；26,122 平方米 × 3.5 = 91,429 平方米"),
    ("site", "F12a, F11a", "explained", "12,800 m² ÷ 0.49 = 26,122 m² = 39.18 mu",
     "= 39.18 亩"),
    ("plan", "F12b", "contradicted",
     "computed 91,428.57 m² ÷ published 100,000 m² = 91.4 %", "÷ 公布 100,000 平方米"),
    ("footprint", "F14b, F14a, F11b", "explained",
     "58,000 m² ÷ 6500 m² = 8.92, above 5: the footprint of a building of about 9 storeys",
     "是约 9 层建筑的占地"),
    ("completion", "F10a, F10b", "explained", "619 mu ÷ 103 % = 601 mu",
     "619 亩 ÷ 103 % = 601 亩"),
    ("pace", "F04, F10a", "explained",
     "needed: 2000 ÷ 3 = 667 mu a year; reached: 619 ÷ 3 = 206 mu a year", "= 667 亩/年"),
    ("pace", "F05, F10a", "explained", "needed: 4500 ÷ 5 = 900 mu a year", "= 900 亩/年"),
    ("pace", "F04, F05, F10a", "explained",
     "needed: (4500 − 2000) ÷ (5 − 3) = 1250 mu a year", "= 1250 亩/年"),
    ("rest", "F15a, F15b", "explained", "159 mu − 99 mu = 60 mu", "159 亩 − 99 亩 = 60 亩"),
    ("rest", "F15c, F15d", "explained", "3.3 bn CNY − 2.037 bn CNY = 1.263 bn CNY",
     "33 亿元 − 20.37 亿元 = 12.63 亿元"),
    ("value", "F13a, F12b", "explained",
     "380 m CNY ÷ 100,000 m² = more than 3800 CNY/m²", "= 超过 3800 元/平方米"),
    ("value", "F15c, F15a", "explained", "3.3 bn CNY ÷ 159 mu = about 20.8 m CNY/mu",
     "= 约 2075 万元/亩"),
    ("value", "F15d, F15b", "explained", "= about 20.6 m CNY/mu", "= 约 2058 万元/亩"),
    ("value", "F15c, F15d, F15a, F15b", "explained",
     "1.263 bn CNY ÷ 60 mu = about 21.1 m CNY/mu", "12.63 亿元 ÷ 60 亩 = 约 2105 万元/亩"),
    ("spelling", "F15a, F15b, F15c, F15d, F15e, F15f, F16, F07", "proposed",
     "“吉瓦森林” (F15a, F15b, F15c, F15d, F15e, F15f, F16) and “瓦吉森林” (F07)",
     "字同序异：请确认；未合并"),
    ("shared", "F08a, F10a", "explained",
     "182 + 619 = 801 mu, of which 97.18 mu twice on the map; united on the map 703.82 mu",
     "图上合并为 703.82 亩"),
    ("dates", "F13d, F08c", "contradicted", "F13d (000): 2022-12-02; F08c (001): 2023-H1",
     "F13d (000): 2022-12-02"),
    ("plan", "F06", "explained",
     "163.8 %; under “All rebuilt at 3.5”", "情景“统一提升到 3.5”"),
    ("plan", "F08c", "contradicted",
     "3 of 4 parcels within 2023-01-01 – 2023-06-30; not LM-E14 2022-12-02 (illustrative land)",
     "4 个地块中 3 个在"),
    ("plan", "F13e", "explained", "1 of 1 parcels by 2023-12-31: LM-E14 2023-12-25",
     "不晚于 2023-12-31"),
    ("plan", "F21d", "not computable", "0 of 1 parcels by 2025-06-30", "截至 2024-12-31 CS-D02"),
    ("value", "F15f, F15a", "explained", "1800 people ÷ 159 mu = more than 11.32 people/mu",
     "1800 人 ÷ 159 亩 = 超过 11.32 人/亩"),
    ("plan", "F16", "equal", "2 of 2 parcels had reached “Signed” by 2022-12-31",
     "已达“签约收回”"),
    ("refused", "Q01", "refused", "source 004 is about Qingyuan", "来源 004 说的是清远市"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "claims", "verdict", "en", "zh"),
    FIGURES,
    ids=[f"{rule} {claims}" for rule, claims, *_ in FIGURES],
)
def test_the_figures_of_qingxi_come_out_by_themselves(
    qingxi: geo.Study, rule: str, claims: str, verdict: str, en: str, zh: str
) -> None:
    table = qingxi.claims
    found = table[(table["rule"] == rule) & (table["claims"] == claims)]
    assert len(found) == 1
    answer = found.iloc[0]
    assert en in answer["arithmetic"]
    assert zh in answer["arithmetic_zh"]
    assert answer["verdict"] == verdict


def test_net_land_is_837_mu_short_of_the_programme(qingxi: geo.Study) -> None:
    goal = qingxi.claims.query("rule == 'goal' and claims == 'F05'").iloc[0]
    net_mu = qingxi.parcels["net_m2"].sum() * 3 / 2000
    assert goal["computed"] == pytest.approx(net_mu)
    assert "80.6 %" in goal["arithmetic"]
    assert 4500 - net_mu == pytest.approx(837, abs=1)


def test_drawn_land_is_what_is_published(qingxi: geo.Study) -> None:
    held = qingxi.claims.query("rule == 'plan' and unit == 'mu'").set_index("claims")
    drawn = ["F01", "F02", "F07", "F08a", "F09a", "F10a", "F15a", "F15b"]
    assert (held.loc[drawn, "verdict"] == "equal").all()
    assert held.loc["F01", "computed"] == pytest.approx(2888)
    assert "the drawn outline has the published area" in held.loc["F01", "note"]


def test_every_claim_of_qingxi_is_answered(qingxi: geo.Study) -> None:
    told = set(", ".join(qingxi.claims["claims"]).split(", "))
    assert told == {claim.id for claim in qingxi.land.sources.claims}
    assert len(told) == 52


def test_no_fact_is_lost_on_the_way_to_the_claims(shared_data: Path) -> None:
    with (shared_data.parent / "facts.csv").open(encoding="utf-8") as file:
        facts = {item["id"]: item for item in csv.DictReader(file)}
    with (QINGXI / "claims.csv").open(encoding="utf-8") as file:
        claims = {item["id"]: item for item in csv.DictReader(file)}
    assert claims.keys() - facts.keys() == {"F08c"}
    assert facts.keys() <= claims.keys()
    for name in ("subject", "measure", "unit", "qualifier", "as_of", "source"):
        assert {key: facts[key][name] for key in facts} == {key: claims[key][name] for key in facts}
    values = {key for key in facts if facts[key]["value"] != claims[key]["value"]}
    assert values == {"F16"}  # "acquired" is the stage "signed" of the ladder


def test_qingxi_refuses_the_other_city_and_nothing_else(qingxi: geo.Study) -> None:
    assert amiss(qingxi) == [("claims.other-place", "claims.csv", 53, "source")]
    item = next(item for item in qingxi.findings if item.code == "claims.other-place")
    assert "source 004 of Q01 is about Qingyuan, not Qingxi" in item.message
    assert "清远市，不是清溪" in item.message_zh


def test_what_rests_on_illustrative_land_says_so(qingxi: geo.Study) -> None:
    held = qingxi.claims.query("rule == 'plan' and computed == computed").set_index("claims")
    drawn = held.drop(["F04", "F05"])  # the goals of the plan, which nobody drew
    assert drawn["arithmetic"].str.endswith("(illustrative land)").all()
    assert drawn["arithmetic_zh"].str.endswith("（示意图形）").all()
    assert not held.loc[["F04", "F05"], "arithmetic"].str.contains("illustrative").any()
    assert {"F09b", "F12b"} <= set(drawn.index[drawn["verdict"] == "contradicted"])


def test_a_stage_is_told_by_its_name_and_other_words_in_chinese(qingxi: geo.Study) -> None:
    told = qingxi.claims.query("rule == 'plan'").set_index("claims")
    assert told.loc["F18a", "statement_zh"] == "康华等 4 个项目：阶段 动工"
    assert told.loc["F29", "statement_zh"] == "米德兰：改造方式 M0 更新"
    assert told.loc["F29", "statement"] == "Mideland: treatment M0 renewal"
    assert told.loc["F13e", "statement_zh"].endswith("竣工时间预计 2023-12-31")


def test_claims_are_inputs_of_the_record(qingxi: geo.Study) -> None:
    names = {path.name for path in qingxi.land.sources.inputs}
    assert {"claims.csv", "sources.csv"} <= names
    assert {path.name for path in qingxi.plan.own_files} >= {"claims.csv", "sources.csv"}


def test_the_answers_are_worded_in_both_languages(qingxi: geo.Study) -> None:
    table = qingxi.claims
    assert tuple(table.columns) == CLAIM_COLUMNS
    assert set(table["verdict"]) <= set(VERDICTS)
    assert set(table["rule"]) <= set(RULES)
    for name in ("subject", "statement", "arithmetic"):
        assert (table[name] != "").all()
        assert (table[f"{name}_zh"] != "").all()
    quoted = table["rule"].isin(["spelling", "shared"])  # these quote the names themselves
    assert not table.loc[~quoted, "arithmetic"].str.contains("[\u4e00-\u9fff]").any()
    assert not table["statement"][~quoted].str.contains("[\u4e00-\u9fff]").any()
    sheet = next(sheet for sheet in sheets(qingxi) if sheet.id == "claims")
    assert len(sheet.frame) == len(table)
    assert len(geo.summary(qingxi)["claims"]) == len(table)


# --- words and the command ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("amount", "en", "zh"),
    [
        *((1.263e9, "1.263 bn", "12.63 亿"), (20.754e6, "20.8 m", "2075 万")),
        *((3.8e8, "380 m", "3.8 亿"), (3800, "3800", "3800 ")),
        *((3.785e6, "3.79 m", "379 万"), (85.4, "85.4", "85.4 ")),
    ],
)
def test_money_is_told_as_each_language_counts(amount: float, en: str, zh: str) -> None:
    assert (money(amount, "en"), money(amount, "zh")) == (en, zh)


def test_money_is_rounded_in_results_only(tmp_path: Path) -> None:
    answer = only(answers(tmp_path, cost("Mill", 37_850_000), area("Mill", 10)), "value")
    assert answer["arithmetic"] == "37.85 m CNY ÷ 10 mu = 3.79 m CNY/mu"
    assert answer["arithmetic_zh"] == "3785 万元 ÷ 10 亩 = 379 万元/亩"


def test_figures_have_no_idle_zeros() -> None:
    assert [number(9999.5), number(10_000), number(0.49), number(-12_345.678)] == [
        "9999.5", "10,000", "0.49", "-12,345.68"
    ]  # fmt: skip
    assert quantity(26_122.449, "m2", "en") == "26,122 m²"


def test_the_command_prints_the_answers(tmp_path: Path) -> None:
    path = town(tmp_path, area("P", 30, of="town"), area("Q", 30, of="parcel:A"))
    status, out, _ = called("claims", path, "--lang", "en", "--verdict", "contradicted")
    assert status == 0
    assert "computed 120 mu ÷ published 30 mu" in " ".join(out.split())
    assert "1 contradicted · 1 equal" in out
    assert "100.0 %" not in out


def test_the_command_prints_json(tmp_path: Path) -> None:
    path = town(tmp_path, area("P", 30, of="town"))
    status, out, _ = called("claims", path, "--json")
    told = json.loads(out)
    assert status == 0
    assert told["verdicts"]["contradicted"] == 1
    (answer,) = told["claims"]
    assert set(answer) == set(CLAIM_COLUMNS)
    assert (answer["published"], answer["computed"]) == (30, pytest.approx(120))


def test_a_plan_without_claims_says_so(tmp_path: Path) -> None:
    path = town(tmp_path, area("P", 30), tables="")
    status, out, _ = called("claims", path, "--lang", "zh")
    assert status == 0
    assert "计划没有公布数据" in out
