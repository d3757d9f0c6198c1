"""Where land lies on earth: coordinate systems, datums, grids, held to boundaries.

``crs.py`` reads a CRS and moves land between two, ``datums.py`` shifts old datums by stated
parameters, ``grids.py`` knows the belts of the Gauss-Krüger grid and ``offsets.py`` the shifted
coordinates of Chinese maps; ``place.py`` and ``readings.py`` hold land against a boundary.
"""
