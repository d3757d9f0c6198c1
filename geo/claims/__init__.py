"""Published claims, held against computed figures and against each other.

``reading`` makes claims of a table, ``figures`` computes what they speak of, ``held`` and ``dates``
put the one beside the other, and the rules in the other modules hold claims against claims;
``answering`` knows the order.
"""
