"""Which land next: contiguous land at least cost, and the year in which to take each parcel."""
