"""What the commands sequence and select do: they search, and print what they find."""

from functools import partial
from pathlib import Path
from typing import Any

from geo.charts import add_curve, add_gantt
from geo.cli.options import Given, Search
from geo.cli.steps import searching, steps, writing
from geo.cli.terminal import (
    print_findings,
    print_json,
    print_path,
    print_sheet,
    print_sheets,
    print_title,
)
from geo.errors import SequenceError
from geo.files import write_csv
from geo.findings import finding
from geo.plan import Plan
from geo.sequence.answer import nested_of, question_of, sequence_of, solved
from geo.sequence.asking import check_years
from geo.sequence.choosing import Wanted, lots_to_choose, selected
from geo.sequence.outcome import Sequence
from geo.sequence.selection import Selection
from geo.sequence.stress import Stress, stressed
from geo.study import Study, run
from geo.summary import records
from geo.tables.sequence import (
    nested_sheet,
    selection_parcels_sheet,
    selections_sheet,
    sequence_sheet,
    sequence_sheets,
    sequence_years_sheet,
    stress_sheets,
)
from geo.text import Language
from geo.units import M2_PER_MU
from geo.workbooks import write_workbook

MOST_SHOWN = 25
"""So many parcels are listed; JSON and files have all of them."""


def told_sequence(
    given: Given,
    search: Search,
    *,
    stress: bool,
    surer: bool,
    budgets: list[float],
    out: Path | None,
    as_json: bool,
    language: Language,
) -> None:
    """Sequence the parcels of a plan, print the answer, and write it if asked."""
    with steps(language, quiet=as_json) as notify:
        study = run(given.read(), notify=notify)
        _check_out(out, study.plan)
        question = question_of(study)
        check_years(study.plan)
    limits: dict[str, Any] = {
        "seed": search.luck(study.plan),
        "time_limit_s": search.time_limit_s,
        "gap": search.gap,
    }
    with searching("sequence", language, quiet=as_json) as (watch, stop):
        found = solved(question, **limits, notify=watch, stop=stop)
        answer = sequence_of(study, question, found)
    with searching("sequence", language, quiet=as_json) as (watch, stop):
        others = nested_of(study, question, budgets, **limits, notify=watch, stop=stop)
    tried = None
    if stress:
        del limits["gap"]
        with searching("stress", language, quiet=as_json) as (watch, stop):
            tried = stressed(study, question, found, **limits, notify=watch, stop=stop)
        if surer:
            answer = sequence_of(study, question, tried.surer)
    if out is not None:
        with steps(language, quiet=as_json, reads=False), writing(out, _but_record(study.plan)):
            _write(study, answer, tried, out)
    if as_json:
        print_json(_plain(answer, tried, others))
        return
    _print(study, answer, tried, others, language)
    if out is not None:
        print_path(out)


def _print(
    study: Study,
    answer: Sequence,
    tried: Stress | None,
    others: list[tuple[float, Sequence]],
    language: Language,
) -> None:
    print_title(study.plan, language)
    print_findings(answer.findings, language)
    print_sheet(sequence_years_sheet(answer), language)
    print_sheet(sequence_sheet(answer), language, most=MOST_SHOWN)
    if others:
        print_sheet(nested_sheet(others), language)
    if tried is not None:
        print_sheets(stress_sheets(study, tried), language)


def _check_out(out: Path | None, plan: Plan) -> None:
    """Refuse a file that is no table, or one of the plan's own, before anything is sought."""
    if out is None:
        return
    if out.suffix.lower() not in (".csv", ".xlsx"):
        raise SequenceError(finding("sequence.format", file=str(out), seen=".csv, .xlsx"))
    with writing(out, _but_record(plan)):
        pass


def _but_record(plan: Plan) -> Plan:
    """The plan without its plan of record: that is the one file of its own to be written anew."""
    if plan.sequence is None:
        return plan
    return plan.model_copy(update={"sequence": plan.sequence.model_copy(update={"file": None})})


def _write(study: Study, answer: Sequence, tried: Stress | None, out: Path) -> None:
    if out.suffix.lower() == ".csv":
        write_csv(sequence_sheet(answer), out)
        return
    sheets = [*sequence_sheets(answer), *(stress_sheets(study, tried) if tried else [])]
    charts = [partial(add_gantt, sequence=answer), partial(add_curve, sequence=answer)]
    write_workbook(sheets, out, charts=charts)


def _plain(
    answer: Sequence, tried: Stress | None, others: list[tuple[float, Sequence]]
) -> dict[str, Any]:
    """A sequence as plain values, with what it rests on."""
    scores = None
    if tried is not None:
        scores = {
            "seed": tried.seed,
            "draws": tried.draws,
            "aims": records(tried.aims),
            "mu_years": tried.mu_years,
            "swaps": tried.swaps,
            "swapped_aims": records(tried.swapped_aims),
            "swapped_mu_years": tried.swapped_mu_years,
            "refusals": records(tried.refusals),
            "forced": records(tried.forced),
        }
    return {
        **_answered(answer),
        "draws": None if tried is None else tried.draws,
        "stress": scores,
        "budgets": [{"factor": factor, **_answered(plan)} for factor, plan in others],
        "findings": [item.line("en") for item in answer.findings],
    }


def _answered(answer: Sequence) -> dict[str, Any]:
    names = ("as_of", "goal", "currency", "seed", "status", "seconds", "mu_years", "bound", "gap")
    return {
        **{name: getattr(answer, name) for name in names},
        "contiguity": {
            "mode": answer.mode,
            "gap_m": answer.gap_m,
            "block_mu": answer.block_mu,
        },
        "years": records(answer.years),
        "quarters": records(answer.quarters),
        "parcels": records(answer.parcels),
    }


def told_selection(
    given: Given, search: Search, wish: Wanted, *, as_json: bool, language: Language
) -> None:
    """Choose contiguous land of a plan as somebody wants it, and print what there is to choose."""
    with steps(language, quiet=as_json) as notify:
        study = run(given.read(), notify=notify)
        lots, wish, findings = lots_to_choose(study, wish)
    with searching("select", language, quiet=as_json) as (watch, stop):
        found = selected(
            lots,
            wish,
            seed=search.luck(study.plan),
            time_limit_s=search.time_limit_s,
            gap=search.gap,
            notify=watch,
            stop=stop,
        )
    if as_json:
        told = [item.line("en") for item in findings]
        print_json({**_chosen(study, lots.ids, found), "findings": told})
        return
    print_title(study.plan, language)
    print_findings(findings, language)
    print_sheet(selections_sheet(found), language)
    print_sheet(selection_parcels_sheet(lots, found[-1]), language, most=MOST_SHOWN)


def _chosen(study: Study, ids: list[str], found: list[Selection]) -> dict[str, Any]:
    """Selections as plain values, with what they rest on."""
    contiguity = study.plan.contiguity
    names = (
        *("cost", "floor_m2", "perimeter_m", "compactness", "blocks", "shape_weight"),
        *("total", "bound", "gap", "status", "seed", "seconds"),
    )
    return {
        "as_of": study.plan.as_of,
        "contiguity": {"mode": contiguity.mode, "gap_m": contiguity.gap_m},
        "selections": [
            {
                **{name: getattr(item, name) for name in names},
                "land_mu": item.land_m2 / M2_PER_MU,
                "hole_mu": item.hole_m2 / M2_PER_MU,
                "parcels": [ids[at] for at in item.chosen.nonzero()[0].tolist()],
            }
            for item in found
        ],
    }
