"""Recording: what is told goes into the ledger by the rules, or not at all.

``told.py`` takes what people say, in words; ``drafts.py`` makes entries of it; ``replay.py`` lets
the history of a parcel run with and without them, and ``odds.py`` words what does not fit;
``rules.py`` judges; ``record.py`` writes.
"""
