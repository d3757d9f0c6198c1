"""The commands around a layer: new makes a plan for it, convert another format; schema helps."""

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from geo.cli.options import AsOf, Fields, InLang, LayerCrs, pairs, spoken
from geo.cli.steps import steps
from geo.cli.terminal import out, print_counts, print_findings, print_json, print_path, safe
from geo.convert import convert as convert_layer
from geo.plan import plan_schema
from geo.scaffold import new_plan


def new(
    folder: Annotated[Path, typer.Argument(help="The folder for the plan; made if missing.")],
    parcels: Annotated[Path, typer.Option(help="The parcel layer; it stays where it is.")],
    layer: Annotated[
        str | None, typer.Option(help="The layer, where the file has several.")
    ] = None,
    crs: LayerCrs = None,
    name: Annotated[str | None, typer.Option(help="Title of the plan.")] = None,
    fields: Fields = None,
    as_of: AsOf = None,
    lang: InLang = None,
) -> None:
    """Write a plan for your own parcel layer. 为自己的地块图层新建计划.

    Columns are recognised by their names and contents, units by comparing declared with drawn
    area; what was inferred stands in the plan. What cannot be inferred is asked for.
    """
    language = spoken(lang)
    with steps(language) as notify:
        notify("read")
        today = as_of or date.today()
        path, inferred, findings = new_plan(
            folder, parcels, as_of=today, name=name, layer=layer, crs=crs, fields=pairs(fields)
        )
    for note in inferred.notes:
        out.print(f"  [dim]·[/dim] {safe(note.text()[language])}", soft_wrap=True)
    open_fields = [item for item in findings if item.code.startswith("field.ambiguous")]
    errors = [item for item in findings if item.severity == "error" and item not in open_fields]
    print_findings([*open_fields, *errors], language)
    print_counts(findings, language)
    print_path(path)
    out.print(f"→ landready build {safe(str(path))}", style="dim")


def convert(
    source: Annotated[Path, typer.Argument(help="The layer to read, in any format.")],
    target: Annotated[
        Path, typer.Argument(help="The file to write: .txt (boundary points), .gpkg, .shp, .zip …")
    ],
    layer: Annotated[
        str | None, typer.Option(help="The layer, where the source has several.")
    ] = None,
    crs: Annotated[
        str | None, typer.Option(help="CRS of a source that states none, such as EPSG:4526.")
    ] = None,
    to_crs: Annotated[str | None, typer.Option(help="Move the land to this CRS.")] = None,
    fields: Fields = None,
    append: Annotated[bool, typer.Option("--append", help="Add the rows to the target's.")] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the target.")] = False,
    lang: InLang = None,
) -> None:
    """Write a layer in another format, ids, rings and coordinates unchanged. 转换格式.

    Boundary-point text (界址点坐标 .txt), GeoPackage, Shapefile (.shp, or .zip as one file),
    GeoJSON and GeoParquet. The target is written whole and read back, or not at all. Ends with
    exit code 2 when there are errors in the source, which are listed.
    """
    language = spoken(lang)
    with steps(language) as notify:
        notify("read")
        findings = convert_layer(
            source,
            target,
            layer=layer,
            crs=crs,
            to_crs=to_crs,
            fields=pairs(fields),
            append=append,
            overwrite=overwrite,
        )
    print_findings(findings, language)
    print_path(target)


def schema() -> None:
    """Print the JSON Schema of plan files, for editors. 输出计划文件的 JSON Schema."""
    print_json(plan_schema())
