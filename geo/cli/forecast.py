"""What the command forecast does: draws the future and prints what it says."""

from pathlib import Path
from typing import Any

from geo.cli.options import Given
from geo.cli.steps import steps, writing
from geo.cli.terminal import (
    print_findings,
    print_json,
    print_path,
    print_sheets,
    print_title,
    print_words,
)
from geo.forecast.ahead import forecast_of
from geo.forecast.outcome import Forecast
from geo.forecast.wording import forecast_words
from geo.study import run
from geo.summary import records
from geo.tables.forecast import forecast_sheets
from geo.text import Language, Words
from geo.workbooks import write_workbook


def told_forecast(
    given: Given,
    *,
    seed: int | None,
    draws: int | None,
    tested: bool,
    to: Path | None,
    as_json: bool,
    language: Language,
) -> None:
    """Forecast the goals of a plan, print what it says, and write its tables if asked."""
    with steps(language, quiet=as_json) as notify:
        study = run(given.read(), notify=notify)
        notify("forecast")
        found = forecast_of(study, draws=draws, seed=seed, tested=tested)
        sheets = forecast_sheets(study, found)
        if to is not None:
            with writing(to, study.plan):
                write_workbook(sheets, to)
    sentences = forecast_words(study, found)
    if as_json:
        print_json({**_plain(found), "sentences": [text.model_dump() for text in sentences]})
        return
    print_title(study.plan, language)
    print_findings(found.findings, language)
    print_sheets([sheet for sheet in sheets if sheet.id in PRINTED], language)
    for text in sentences:
        print_words(Words(text.zh, text.en), language)
    if to is not None:
        print_path(to)


PRINTED = ("forecast", "backtest_scores")
"""The tables that are printed; JSON and the workbook have all of them."""


def _plain(found: Forecast) -> dict[str, Any]:
    """A forecast as plain values, with what it rests on."""
    tables = ("goals", "curves", "parcels", "stages", "speed", "holds", "fits", "paces")
    past = found.backtest
    return {
        "as_of": found.as_of,
        "until": found.until,
        "seed": found.seed,
        "draws": found.draws,
        "contiguity": {"mode": found.mode, "gap_m": found.gap_m, "block_mu": found.block_mu},
        "sigma": found.sigma,
        "rho": found.rho,
        **{name: records(getattr(found, name)) for name in tables},
        "backtest": None
        if past is None
        else {
            "few": past.few,
            "rows": records(past.rows),
            "scores": records(past.scores),
            "pit_histogram": past.pit_histogram.tolist(),
        },
        "findings": [item.line("en") for item in found.findings],
    }
