"""The grid of a raster on the ground: where its cells lie, how far apart and how large they are."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import shapely
from affine import Affine
from pyproj import CRS

from geo.area import MAX_EDGE_M
from geo.earth.crs import area_problem, lonlat, transform, where_seen
from geo.errors import LayerError
from geo.findings import finding
from geo.inputs import Notes
from geo.manifest import check_stated
from geo.outlines import Outlines, outlines_of
from geo.plan import RasterFile
from geo.readers.door import admit
from geo.readers.raster import Raster, read_raster

Floats = npt.NDArray[np.float64]
Shapes = npt.NDArray[Any]

SAME_CELL: Final = 1e-6
"""Two grids are one if their corners differ by less than this share of a cell."""


class Steps(NamedTuple):
    """Metres to the east and north from a cell to the next column, and to the next row.

    The arrays have the shape (rows or 1, columns or 1), as far as the steps differ.
    """

    column_east: Floats
    column_north: Floats
    row_east: Floats
    row_north: Floats

    @property
    def area_m2(self) -> Floats:
        """The area of a cell."""
        area: Floats = np.abs(self.column_east * self.row_north - self.column_north * self.row_east)
        return area


@dataclass(frozen=True, slots=True)
class Grid:
    """The grid of the raster ``file``: so many rows (from its top) and columns in ``crs``.

    ``transform`` leads from column and row to coordinates. The grid may be turned, run upwards,
    and be in degrees. Of a larger grid, to which ``transform`` belongs, it may be the part that
    begins so many rows from its ``top`` and columns from its ``left``: figures of a place are then
    the same to the last bit in every part that holds it.
    """

    file: str
    transform: Affine
    crs: CRS
    rows: int
    columns: int
    top: int = 0
    left: int = 0

    def steps(self) -> Steps:
        """How far apart cells are on the ground, in metres.

        In a projected CRS these are lengths on its plane, where areas are counted too. In degrees,
        and in a Mercator projection, which inflates lengths, they are lengths on the ellipsoid of
        the CRS, row by row: ΔE = N·cos φ·Δλ and ΔN = M·Δφ with the radii of curvature in the prime
        vertical N and in the meridian M (Snyder 1987, Map Projections, eq. 4-20 and 4-18).
        """
        if self.is_planar:
            metres = self.crs.axis_info[0].unit_conversion_factor * self._linear
            return Steps(*(np.full((1, 1), part) for part in metres.T.ravel()))
        turned = bool(self._linear[0, 1] or self._linear[1, 0])  # latitude changes along a row
        columns = np.arange(self.columns) + 0.5 if turned else np.array([0.5 - self.left])
        column, row = np.meshgrid(columns, np.arange(self.rows) + 0.5)
        meridian, parallel = _metres_per_degree(self._degrees(column, row)[1], self.crs)
        across = np.subtract(self._degrees(column + 0.5, row), self._degrees(column - 0.5, row))
        down = np.subtract(self._degrees(column, row + 0.5), self._degrees(column, row - 0.5))
        return Steps(
            across[0] * parallel, across[1] * meridian, down[0] * parallel, down[1] * meridian
        )

    @property
    def is_planar(self) -> bool:
        """Whether lengths on the plane of the CRS are lengths on the ground."""
        return area_problem(self.crs) is None

    @property
    def cell_m(self) -> tuple[float, float]:
        """Width and height in metres of a cell in the middle of the grid."""
        steps = [part[part.shape[0] // 2, part.shape[1] // 2] for part in self.steps()]
        return float(np.hypot(*steps[:2])), float(np.hypot(*steps[2:]))

    @property
    def place(self) -> str:
        """Where its middle lies, for people."""
        middle = self._coordinates(np.array([self.columns / 2]), np.array([self.rows / 2]))
        return where_seen(middle[0], self.crs)

    def to_cells(self, shapes: Shapes, crs: CRS, outlines: Outlines | None = None) -> Outlines:
        """Polygons in ``crs`` (in metres) in units of cells: x is the column, y the row.

        ``outlines`` are theirs where they are known. On the way to another CRS, edges are cut first
        to :data:`geo.area.MAX_EDGE_M`, so that what is straight in ``crs`` stays so. Raises
        :class:`LayerError` when no way leads from one datum to the other.
        """
        if crs != self.crs:
            shapes = transform(
                shapely.segmentize(shapes, MAX_EDGE_M), crs, self.crs, file=self.file
            )
            outlines = None
        outlines = outlines or outlines_of(shapes)
        turn, (east, north) = self.transform, (outlines.points - self._corner).T
        size = turn.a * turn.e - turn.b * turn.d
        column = (turn.e * east - turn.b * north) / size - self.left
        row = (turn.a * north - turn.d * east) / size - self.top
        return outlines._replace(points=np.stack([column, row], axis=1))

    def from_cells(self, shapes: Shapes, crs: CRS) -> Shapes:
        """Polygons in columns and rows from below, moved to ``crs`` (in metres); edges bend."""
        dense = shapely.segmentize(shapes, MAX_EDGE_M / max(self.cell_m))

        def coordinates(points: Floats) -> Floats:
            return self._coordinates(points[:, 0], self.rows - points[:, 1])

        return transform(shapely.transform(dense, coordinates), self.crs, crs, file=self.file)

    def is_same(self, other: "Grid") -> bool:
        """Whether the cells of both lie on each other."""
        if (self.rows, self.columns, self.crs) != (other.rows, other.columns, other.crs):
            return False
        column, row = np.array([[0, self.columns, 0], [0, 0, self.rows]], dtype=np.float64)
        apart = self._coordinates(column, row) - other._coordinates(column, row)
        return bool((np.abs(np.linalg.inv(self._linear) @ apart.T) < SAME_CELL).all())

    def part(self, rows: slice, columns: slice) -> "Grid":
        """The same grid, cut to some of its rows and columns."""
        return replace(
            self,
            rows=rows.stop - rows.start,
            columns=columns.stop - columns.start,
            top=self.top + rows.start,
            left=self.left + columns.start,
        )

    def _degrees(self, column: Floats, row: Floats) -> tuple[Floats, Floats]:
        """Longitude and latitude of places in the grid, in the shape of ``column``."""
        longitude, latitude = lonlat(self._coordinates(column.ravel(), row.ravel()), self.crs).T
        return longitude.reshape(column.shape), latitude.reshape(column.shape)

    def _coordinates(self, column: Floats, row: Floats) -> Floats:
        """Coordinates (n, 2) in the grid's CRS of columns and rows from the top."""
        turn, column, row = self.transform, column + self.left, row + self.top
        east, north = turn.a * column + turn.b * row, turn.d * column + turn.e * row
        return np.stack([east, north], axis=1) + self._corner

    @property
    def _corner(self) -> Floats:
        return np.array([self.transform.c, self.transform.f])

    @property
    def _linear(self) -> Floats:
        """The transform without its shift: small numbers keep their digits."""
        return np.array(
            [[self.transform.a, self.transform.b], [self.transform.d, self.transform.e]]
        )


def _metres_per_degree(latitude: Floats, crs: CRS) -> tuple[Floats, Floats]:
    """Metres on the ellipsoid per degree along the meridian, and along the parallel."""
    assert crs.ellipsoid is not None
    flattening = 1 / crs.ellipsoid.inverse_flattening if crs.ellipsoid.inverse_flattening else 0.0
    axis, e2 = crs.ellipsoid.semi_major_metre, flattening * (2 - flattening)
    phi = np.radians(latitude)
    curve = 1 - e2 * np.sin(phi) ** 2
    meridian = axis * (1 - e2) / curve**1.5
    parallel = axis / np.sqrt(curve) * np.cos(phi)
    return np.radians(meridian), np.radians(parallel)


def read_grid(source: RasterFile, folder: Path, notes: Notes) -> tuple[Raster, Grid]:
    """One band of a raster of the plan, and its grid.

    Raises :class:`LayerError` as the reader does, and for an image that lies nowhere on earth.
    """
    path = folder / source.file
    notes.inputs.append(path)
    admit(path)
    check_stated(path, source.sha256)
    raster = read_raster(path, crs=source.crs, band=source.band, nodata=source.nodata)
    notes.findings.extend(raster.findings)
    if raster.transform.is_degenerate or raster.transform == Affine.identity():
        raise LayerError(finding("raster.unplaced", file=path.name))
    if raster.bands > 1 and "band" not in source.model_fields_set:
        notes.findings.append(finding("raster.bands", file=path.name, seen=raster.bands))
    return raster, Grid(path.name, raster.transform, raster.crs, *raster.values.shape[1:])
