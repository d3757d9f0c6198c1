"""The commands that tell others: stalled, report and export."""

from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from geo.cli.options import (
    HERE,
    AsJson,
    AsOf,
    InLang,
    InLedger,
    KnownOn,
    PlanHere,
    day,
    plan_of,
    spoken,
)
from geo.cli.steps import steps, writing
from geo.cli.terminal import out, print_json, print_path, print_sheet, safe
from geo.export import export_geopackage
from geo.files import write_csv
from geo.periods import CADENCES, Cadence, period_of
from geo.reports import report_of, write_report
from geo.reports.writing import WRITERS
from geo.stalled import never_begun, stalled_sheet
from geo.stalled import stalled as waiting
from geo.study import run
from geo.summary import records
from geo.tables.sheet import Sheet
from geo.tiles import DEEPEST, ZOOMS, export_pmtiles
from geo.workbooks import write_workbook


def stalled(
    plan: PlanHere = HERE,
    as_of: AsOf = None,
    known: KnownOn = None,
    every: Annotated[
        bool, typer.Option("--all", help="List the parcels that are in time too.")
    ] = False,
    written: Annotated[
        Path | None, typer.Option("--out", help="Write the table to a file: .xlsx or .csv.")
    ] = None,
    ledger: InLedger = None,
    as_json: AsJson = False,
    lang: InLang = None,
) -> None:
    """List parcels that wait longer than allowed, for whom and for what. 列出超期地块.

    landready stalled plan.toml --as-of today --out overdue.xlsx

    A parcel may take the plan's limit_months for its next stage, else the P90
    of the ladder.
    """
    language = spoken(lang)
    if written is not None and written.suffix.lower() not in (".xlsx", ".csv"):
        raise typer.BadParameter("end the name in .xlsx or .csv", param_hint="--out")
    with steps(language, quiet=as_json) as notify:
        given = plan_of(plan, ledger, as_of, known)
        study = run(given, notify=notify)
        sheet = stalled_sheet(study, all=every)
        if written is not None:
            with writing(written, given):
                _write(sheet, written)
    if as_json:
        silent = never_begun(study)
        rows = records(waiting(study, all=every))
        print_json({"as_of": study.plan.as_of, "stalled": rows, "never_begun": records(silent)})
        return
    print_sheet(sheet, language)
    if written is not None:
        print_path(written)


def _write(sheet: Sheet, path: Path) -> None:
    """A table as CSV or as a workbook, as the ending of its file says."""
    if path.suffix.lower() == ".csv":
        write_csv(sheet, path)
    else:
        write_workbook([sheet], path)


def _cadence(text: str) -> Cadence:
    """How often the town reports."""
    for name in CADENCES:
        if name == text:
            return name
    raise typer.BadParameter(f"{text!r} is none of {', '.join(CADENCES)}")


def report(
    period: Annotated[
        Cadence,
        typer.Option(
            parser=_cadence,
            metavar="|".join(CADENCES),
            help="The town's cadence: 日跟进, 周调度, 月协调 or 季总结.",
        ),
    ],
    plan: PlanHere = HERE,
    date: Annotated[
        date | None,
        typer.Option(
            parser=day, metavar="YYYY-MM-DD", help="A day of the period; by default the --as-of."
        ),
    ] = None,
    as_of: AsOf = None,
    known: KnownOn = None,
    written: Annotated[
        Path | None,
        typer.Option(
            "--out",
            help="A folder for both files, or one .html or .xlsx; by default "
            "reports/<plan's folder>.",
        ),
    ] = None,
    ledger: InLedger = None,
    lang: InLang = None,
) -> None:
    """Report a day, week, month or quarter as a page and a workbook. 生成日、周、月、季报告.

    landready report plan.toml --period month --date 2025-12-31

    Targets, this period, cumulative, share done against time gone, lights, by
    zone, programme and owner; overdue parcels, what needs a decision, and the
    log. A period that is not over is reported up to the plan's date (or --as-
    of). Reports name people: they are internal.
    """
    language = spoken(lang)
    with steps(language) as notify:
        given = plan_of(plan, ledger, as_of, known)
        asked = period_of(period, date or given.as_of)
        made = report_of(given, asked, notify=notify)
        notify("publish")
        files = _files(written or Path("reports") / plan.resolve().parent.name, asked.id)
        with ExitStack() as stack:
            for path in files:
                stack.enter_context(writing(path, given))
            for path in files:
                write_report(made, path, language=language)
    out.print(f"[bold]{safe(made.title[language])}[/bold]  {safe(made.subtitle[language])}")
    for notice in made.notices:
        out.print(safe(notice[language]), style="yellow", soft_wrap=True)
    for item in made.highlights:
        out.print(f"  {safe(item.label[language])}: {safe(item.value[language])}")
    for path in files:
        print_path(path)


def _files(place: Path, name: str) -> list[Path]:
    """The one file that was asked for, or a page and a workbook in a folder."""
    if place.suffix.lower() in WRITERS:
        return [place]
    return [place / f"{name}{ending}" for ending in WRITERS]


def export(
    gpkg: Annotated[
        Path | None, typer.Option(help="A GeoPackage for QGIS; an earlier export is replaced.")
    ] = None,
    pmtiles: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="A folder for zones, blocks and parcels as PMTiles."),
    ] = None,
    zooms: Annotated[
        tuple[int, int],
        typer.Option(min=0, max=DEEPEST, metavar="FIRST LAST", help="Zoom levels of the tiles."),
    ] = ZOOMS,
    plan: PlanHere = HERE,
    as_of: AsOf = None,
    known: KnownOn = None,
    ledger: InLedger = None,
    lang: InLang = None,
) -> None:
    """Write a GeoPackage for QGIS, or vector tiles. 导出 GeoPackage 或矢量瓦片.

    landready export plan.toml --gpkg town.gpkg --as-of 2025-12-31

    Parcels are coloured by stage, and land that is lost is hatched by the
    kind of its reason; their history is a related table. It names people,
    as the ledger does: for internal use. --pmtiles writes tiles for other
    map programs, of public columns only, with exact outlines.
    """
    language = spoken(lang)
    if gpkg is None and pmtiles is None:
        raise typer.BadParameter("say what to write", param_hint="--gpkg, --pmtiles")
    if zooms[0] > zooms[1]:
        raise typer.BadParameter("the first level is deeper than the last", param_hint="--zooms")
    with steps(language) as notify:
        given = plan_of(plan, ledger, as_of, known)
        study = run(given, notify=notify)
        notify("publish")
        files = []
        if gpkg is not None:
            with writing(gpkg, given):
                export_geopackage(study, gpkg)
            files.append(gpkg)
        if pmtiles is not None:
            with writing(pmtiles / "parcels.pmtiles", given):
                files += export_pmtiles(study, pmtiles, zooms=zooms)
    for path in files:
        print_path(path)
