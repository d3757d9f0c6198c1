"""The land at every stage of a ledger on a day, by one query: the peer of ``landready status``."""

import json
import sqlite3
import sys

SQL = """
WITH rung (stage, number) AS (SELECT value, key FROM json_each(?)),
     outlines AS (SELECT parcel_id, land_m2 FROM outline GROUP BY parcel_id HAVING seq = MAX(seq)),
     stands AS (SELECT parcel_id, MAX(number) AS number FROM event JOIN rung USING (stage)
                WHERE kind = 'reach' AND date <= ? GROUP BY parcel_id)
SELECT COALESCE(number, 0), SUM(land_m2) FROM outlines LEFT JOIN stands USING (parcel_id)
GROUP BY 1"""

if __name__ == "__main__":
    path, day, stages = sys.argv[1:]
    with sqlite3.connect(path) as ledger:
        print(json.dumps(dict(ledger.execute(SQL, [stages, day]))))
