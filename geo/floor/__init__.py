"""Floor space: what stands, what would be demolished, kept and built under plot-ratio scenarios.

``existing.py`` completes what stands, ``ratios.py`` finds the plot ratio that a scenario asks of
each parcel and ``caps.py`` what of it is allowed; ``capacity.py`` makes floor space of both, by
parcel, zone and treatment; ``phasing.py`` divides it among years, ``comparison.py`` explains the
difference between scenarios and ``checks.py`` doubts them.

Floor space = Σ net land × plot ratio (domain reference, section 5). A missing plot ratio is not
zero: its parcel is left out, and every sum says for which share of the land it speaks.
"""
