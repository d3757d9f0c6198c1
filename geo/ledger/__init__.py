"""The ledger: what was told of which parcel, when it happened, when it was written and by whom.

``event.py`` says what an entry is and how it is chained to the one before, ``outline.py`` how the
land is kept that it speaks of, ``store.py`` what every store can do. ``sqlite.py`` keeps a ledger
in one file beside the plan, ``postgres.py`` in the database of an office with many writers.
"""
