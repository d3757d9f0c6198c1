"""The land around some parcels, as a box: what lies beyond it takes no part in their figures."""

from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import shapely
from pyproj import CRS

from geo.earth.crs import box_in

MARGIN_M: Final = 100.0
"""So much farther than asked: boxes may be stored in single precision (4 m at 40 000 000), and the
edges of a box bend from one CRS to another."""


class Around(NamedTuple):
    """A box in a CRS in metres: west, south, east, north."""

    box: tuple[float, float, float, float]
    crs: CRS

    @classmethod
    def of(cls, shapes: npt.NDArray[Any], crs: CRS) -> "Around | None":
        """The box of shapes; None where it is not finite, so that nothing is left out."""
        if not len(shapes):
            return None
        west, south, east, north = shapely.total_bounds(shapes).tolist()
        found = cls((west, south, east, north), crs)
        return found if np.isfinite(found.box).all() else None

    def within(self, reach_m: float) -> "Around":
        """The box and all that lies within a distance of it."""
        west, south, east, north = self.box
        wide = reach_m + MARGIN_M
        return Around((west - wide, south - wide, east + wide, north + wide), self.crs)

    def packed(self) -> dict[str, Any]:
        """The box as plain values."""
        return {"box": list(self.box), "crs": self.crs.to_wkt()}

    @classmethod
    def unpacked(cls, told: dict[str, Any]) -> "Around":
        """The box that :meth:`packed` packed."""
        return cls(tuple(told["box"]), CRS.from_wkt(told["crs"]))

    def seen_in(self, crs: CRS) -> npt.NDArray[np.float64] | None:
        """The box in another CRS; None where no way there is known."""
        return box_in(np.array(self.box), self.crs, crs)
