"""The command at the gate: check."""

from pathlib import Path
from typing import Annotated

import typer

from geo.cli.options import AsJson, Fields, InLang, InLedger, LayerCrs, pairs, spoken
from geo.cli.steps import FAULTY, steps
from geo.cli.terminal import print_counts, print_findings, print_json, print_words
from geo.gate import Known, check_file
from geo.text import Words
from geo.units import shown
from geo.writers.findings import write_findings


def check(
    files: Annotated[
        list[Path], typer.Argument(help="Plan files, or parcel layers that no plan describes.")
    ],
    crs: LayerCrs = None,
    layer: Annotated[str | None, typer.Option(help="The layer, where a file has several.")] = None,
    fields: Fields = None,
    boundary: Annotated[
        Path | None, typer.Option(help="A town's or district's outline that must hold the land.")
    ] = None,
    manifest: Annotated[
        Path | None, typer.Option(help="Hashes that the files must have, as sha256sum writes them.")
    ] = None,
    written: Annotated[
        list[Path] | None,
        typer.Option(
            "--out",
            help="Write all findings to a file: .csv, .xlsx, .html, or .gpkg with the places. "
            "May be given several times.",
        ),
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Print every finding, not only the first of each kind.")
    ] = False,
    ledger: InLedger = None,
    as_json: AsJson = False,
    lang: InLang = None,
) -> None:
    """Find what is wrong: where, how many mu, and how to mend it. 检查数据.

    Ends with exit code 2 when there are errors that the plan does not accept.
    """
    language = spoken(lang)
    known = Known(crs, layer, pairs(fields), boundary, manifest, ledger)
    with steps(language, quiet=as_json) as notify:
        checked = [check_file(path, known, notify=notify) for path in files]
        for path in written or []:
            write_findings(checked, path)
    area_mu = sum(result.area_mu for result in checked)
    rasters = [result.raster for result in checked if result.raster is not None]
    findings = [item for result in checked for item in result.findings]
    if as_json:
        told = {"findings": [item.as_dict() for item in findings]}
        print_json({"area_mu": area_mu, **told, "rasters": [item.as_dict() for item in rasters]})
    else:
        print_findings(findings, language, every=everything)
        print_counts(findings, language)
        for raster in rasters:
            print_words(raster.words(), language)
        if len(rasters) < len(checked):
            mu = shown(area_mu, 2, grouped=True)
            print_words(Words(f"{mu} 亩可计", f"{mu} mu can be counted"), language)
    if any(result.stops for result in checked):
        raise typer.Exit(FAULTY)
