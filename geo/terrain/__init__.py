"""Terrain and land cover from rasters: slope, relief, cut and fill, bare ground per parcel."""
