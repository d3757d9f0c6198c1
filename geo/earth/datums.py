"""Datums: which are one, which are old, and the stated shift that leads from an old one."""

import re
from typing import Annotated, Any, Final, Literal

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field
from pyproj import CRS, Transformer

Metres = Annotated[float, Field(ge=-2000, le=2000)]
Seconds = Annotated[float, Field(ge=-60, le=60)]
PartsPerMillion = Annotated[float, Field(ge=-200, le=200)]


class DatumShift(BaseModel):
    """Seven parameters from an old datum to CGCS2000, and who gave them.

    Metres, arc seconds and parts per million. ``convention`` says which way the rotations turn:
    the two differ in their sign, and most software of surveyors speaks of a position vector.
    Every parameter is asked for, zeros too: one that was forgotten moves land by metres.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    dx: Metres
    dy: Metres
    dz: Metres
    rx: Seconds
    ry: Seconds
    rz: Seconds
    ds: PartsPerMillion
    convention: Literal["position_vector", "coordinate_frame"]
    source: Annotated[str, Field(min_length=1)]

    def pipeline(self, ellipsoid: Any) -> str:
        """Longitude and latitude in degrees on the old ellipsoid to those on GRS80, for PROJ.

        The usual linear form of the seven parameters (EPSG methods 9606 and 9607), at height 0.
        """
        terms = {"x": self.dx, "y": self.dy, "z": self.dz}
        terms |= {"rx": self.rx, "ry": self.ry, "rz": self.rz, "s": self.ds}
        numbers = " ".join(f"+{name}={value!r}" for name, value in terms.items())
        figure = f"+a={ellipsoid.semi_major_metre!r} +rf={ellipsoid.inverse_flattening!r}"
        return (
            "+proj=pipeline +step +proj=unitconvert +xy_in=deg +xy_out=rad "
            f"+step +proj=cart {figure} "
            f"+step +proj=helmert {numbers} +convention={self.convention} "
            "+step +inv +proj=cart +ellps=GRS80 "
            "+step +proj=unitconvert +xy_in=rad +xy_out=deg"
        )


_COINCIDENT: Final = re.compile(
    r"^(d_)?(world geodetic system 1984|wgs[ _]?(19)?84|cgcs[ _]?2000"
    r"|china[ _]?2000|china[ _]geodetic[ _]coordinate[ _]?system[ _]2000)( ensemble)?$",
    re.IGNORECASE,
)
"""Datums tied to the same ITRS and a few centimetres apart: a null shift between them is right."""

_OLD: Final = re.compile(r"beijing|xi'?an|bj[ _]?(19)?54|北京|西安", re.IGNORECASE)


def unbound(crs: CRS) -> CRS:
    """The CRS without a shift that a file carries beside it (``TOWGS84``)."""
    return crs.source_crs if crs.is_bound and crs.source_crs is not None else crs


def geographic(crs: CRS) -> CRS:
    """The longitudes and latitudes under a projected CRS, on its own datum."""
    return CRS(unbound(crs).geodetic_crs)


def datum_name(crs: CRS) -> str:
    """The name of the datum, empty when there is none."""
    geodetic = unbound(crs).geodetic_crs
    return geodetic.datum.name if geodetic is not None and geodetic.datum is not None else ""


def coincident(crs: CRS) -> bool:
    """Whether the CRS is on CGCS2000 or WGS 84."""
    return _COINCIDENT.match(datum_name(crs)) is not None


def is_old(crs: CRS) -> bool:
    """Whether the CRS is on Xian 1980 or Beijing 1954."""
    return _OLD.search(datum_name(crs)) is not None


def old_and_new(source: CRS, target: CRS) -> bool:
    """Whether a move leads from Xian 1980 or Beijing 1954 to another datum, or back.

    There PROJ moves nothing, or by parameters of an oil field far away ("Beijing 1954 to WGS 84
    (3)" is for the sea south of the Pearl River and is taken in Sichuan too), or by a ``TOWGS84``
    of zeros that some program wrote: none of it is a survey of the place.
    """
    one, other = datum_name(source), datum_name(target)
    return one != other and any(_OLD.search(name) for name in (one, other))


def shifted(shift: DatumShift, source: CRS, points: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """Points of ``source`` as longitude and latitude on CGCS2000, moved by the stated shift."""
    grid = unbound(source)
    to_degrees = Transformer.from_crs(grid, geographic(grid), always_xy=True)
    move = Transformer.from_pipeline(shift.pipeline(grid.ellipsoid))
    lon, lat = to_degrees.transform(points[:, 0], points[:, 1])
    lon, lat, _ = move.transform(lon, lat, np.zeros_like(lon))
    return np.column_stack([lon, lat])
