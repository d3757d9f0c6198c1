"""The commands that run a plan: build and summary."""

import os
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_args

import typer
from pydantic import ByteSize, TypeAdapter, ValidationError

from geo.cli.options import AsJson, AsOf, InLang, InLedger, KnownOn, PlanFile, plan_of, spoken
from geo.cli.steps import steps
from geo.cli.terminal import (
    out,
    print_counts,
    print_findings,
    print_json,
    print_path,
    print_sheets,
    print_title,
)
from geo.notify import Notify
from geo.patches import Across, locally
from geo.publish import Layers, publish
from geo.study import Study, run
from geo.summary import summary
from geo.survey import Survey
from geo.tables import sheets
from geo.tables.sheet import MOST_ROWS
from geo.text import Language, Words
from geo.units import shown
from geo.webmap.basemaps import CHOICES, NONE
from geo.webmap.folder import FOLDER_FROM, Form
from geo.webmap.profile import Coarsen, Profile

if TYPE_CHECKING:
    from geo.outlook import Outlook


def _choice(choices: Sequence[str], words: str) -> Any:
    """An option that takes one of several words."""

    def word(text: str) -> str:
        if text not in choices:
            raise typer.BadParameter(f"{text!r} is none of {', '.join(choices)}")
        return text

    return typer.Option(parser=word, metavar="|".join(choices), help=words)


def _size(text: str) -> int:
    """Bytes, as people write them."""
    try:
        return int(TypeAdapter(ByteSize).validate_python(text))
    except ValidationError:
        raise typer.BadParameter(f"{text!r}: write it as a size, such as 2GB") from None


def build(
    plan: PlanFile,
    out_dir: Annotated[
        Path | None, typer.Option("--out", help="Output folder; default maps/<plan's folder>.")
    ] = None,
    basemap: Annotated[
        str,
        _choice(CHOICES, "Tiles below the land; with none the page asks nothing of the network."),
    ] = NONE,
    profile: Annotated[
        Profile,
        _choice(
            get_args(Profile),
            "For the office, or for the public: coarse land, no table of parcels; ids, areas "
            "and stages of parcels stay.",
        ),
    ] = "full",
    coarsen: Annotated[
        Coarsen,
        _choice(
            get_args(Coarsen),
            "How the public sees land (with --profile public): on a 10 m grid, or dissolved "
            "to blocks.",
        ),
    ] = "snap",
    form: Annotated[
        Form,
        _choice(
            get_args(Form),
            "One file, or index.html with the parcels beside it in data/; by itself a "
            f"folder above {FOLDER_FROM} parcels.",
        ),
    ] = "auto",
    layers: Annotated[
        Layers,
        _choice(
            get_args(Layers),
            "The format of layers. GeoParquet is for very many parcels: tables of more than "
            f"{MOST_ROWS} rows are Parquet then, too.",
        ),
    ] = "geopackage",
    cluster: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS",
            help="Survey a large layer on many processes: the address of a Dask scheduler "
            "(tcp://host:8786), or local for processes on this machine.",
        ),
    ] = None,
    workers: Annotated[
        int, typer.Option(min=1, help="Processes of --cluster local.")
    ] = os.cpu_count() or 1,
    worker_memory: Annotated[
        int,
        typer.Option(
            parser=_size, metavar="SIZE", help="Memory of each process of --cluster local: 2GB."
        ),
    ] = "2GB",  # type: ignore[assignment]
    as_of: AsOf = None,
    known: KnownOn = None,
    ledger: InLedger = None,
    as_json: AsJson = False,
    lang: InLang = None,
) -> None:
    """Publish map, layers and tables of a plan. 生成地图、图层和表格.

    The folder gets index.html (open it by a double click), parcels.gpkg, blocks.gpkg,
    tables.xlsx, tables/*.csv and run.json; of very many parcels also data/, which
    index.html needs beside it. It is replaced as a whole, or not at all.

    landready build plan.toml --profile public --basemap tianditu

    writes what may be published: coarse outlines, no names, no sources, no table of
    parcels. What stays of each parcel is its id, areas, land use, treatment and stage.

    landready build province.toml --cluster tcp://scheduler:8786

    surveys the land there. The figures are the same to the last digit.

    landready build city.toml --layers geoparquet

    writes parcels.parquet and blocks.parquet in the place of GeoPackages, and the long tables
    as tables/*.parquet: less than half the size, and sooner written.
    """
    language = spoken(lang)
    folder = out_dir or Path("maps") / plan.resolve().parent.name
    with (
        steps(language, quiet=as_json) as notify,
        _surveyors(cluster, workers, worker_memory) as across,
    ):
        study = run(plan_of(plan, ledger, as_of, known), notify=notify, across=across)
        outlook = _ahead(study, notify)
        notify("publish")
        publish(
            study,
            folder,
            basemap=basemap,
            profile=profile,
            coarsen=coarsen,
            form=form,
            layers=layers,
            outlook=outlook,
        )
    if as_json:
        print_json(summary(study))
        return
    print_sheets([sheet for sheet in sheets(study) if sheet.id in ("goals", "zones")], language)
    print_counts(study.findings, language)
    if outlook is not None:
        print_findings(outlook.findings, language)
    _print_aside(study, language)
    print_path(folder / "index.html", before=Words("打开 ", "Open ").text()[language])


def _surveyors(
    address: str | None, workers: int, memory: int
) -> AbstractContextManager[Across[Survey]]:
    """Who surveys patches: this process, or those of a cluster."""
    if address is None:
        return nullcontext(locally)
    from geo.cluster import cluster  # noqa: PLC0415 (a second to load)

    return cluster(address, workers=workers, memory=memory)


def _ahead(study: Study, notify: Notify) -> "Outlook | None":
    """What lies ahead of a study, where its plan wants it told."""
    if not study.plan.looks_ahead:
        return None
    from geo.outlook import outlook_of  # noqa: PLC0415 (compiled kernels are slow to load)

    return outlook_of(study, notify=notify)


def _print_aside(study: Study, language: Language) -> None:
    if rows := len(study.aside):
        mu = shown(float(study.aside["drawn_mu"].sum()), 2, grouped=True)
        words = Words(f"搁置 {rows} 行（{mu} 亩）", f"{rows} rows set aside ({mu} mu)")
        out.print(f"[yellow]{words.text()[language]}[/yellow]")


def show(
    plan: PlanFile,
    as_json: AsJson = False,
    as_of: AsOf = None,
    known: KnownOn = None,
    ledger: InLedger = None,
    lang: InLang = None,
) -> None:
    """Print the figures of a plan without writing anything. 显示各项数字.

    landready summary plan.toml --as-of 2025-12-31 --known 2026-01-10

    shows the end of 2025 as it was known on 10 January, whatever was recorded since.
    """
    language = spoken(lang)
    with steps(language, quiet=as_json) as notify:
        study = run(plan_of(plan, ledger, as_of, known), notify=notify)
    if as_json:
        print_json(summary(study))
        return
    mu, unit = shown(study.land_mu, 2, grouped=True), Words("亩", "mu").text()[language]
    print_title(study.plan, language, more=f"{mu} {unit}")
    hidden = {"timeline", "claims", "assumptions", "tornado", "economics_inputs"}
    hidden |= {"balance_treatment", "floor_treatment", "phasing"}
    print_sheets([s for s in sheets(study) if s.on_page and s.id not in hidden], language)
    print_counts(study.findings, language)
