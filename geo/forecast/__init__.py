"""When goals will be reached, told with its uncertainty, and which parcels decide it."""
