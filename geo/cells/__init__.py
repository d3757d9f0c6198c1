"""What the cells of a table mean: which column is what, and which number or date a text is.

``aliases.py`` has the names of columns, ``fields.py`` guesses them for a bare layer;
``numerals.py`` reads numbers and dates, ``quantities.py`` units, ``totals.py`` the rows that sum up
others; ``mojibake.py`` and ``vintages.py`` see what was spoilt or is of another time.
"""
