-- A ledger in one SQLite file. Rows are inserted and never changed; `log` alone is a mark.

CREATE TABLE ledger (
    id TEXT NOT NULL PRIMARY KEY,
    created_at TEXT NOT NULL,
    format TEXT NOT NULL
) STRICT;

CREATE TABLE event (
    seq INTEGER PRIMARY KEY CHECK (seq > 0),
    parcel_id TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('reach', 'revert', 'block', 'unblock', 'note', 'split',
                                       'merge', 'void', 'adopt', 'layer')),
    date TEXT NOT NULL CHECK (date GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]'
                              AND date >= '0001' AND date IS date(date, '+0 days')),
    precision TEXT NOT NULL CHECK (precision IN ('day', 'month', 'quarter', 'half', 'year')),
    stage TEXT NOT NULL,
    text TEXT NOT NULL,
    evidence TEXT NOT NULL,
    source TEXT NOT NULL,
    reason TEXT NOT NULL,
    responsible TEXT NOT NULL,
    next_step TEXT NOT NULL,
    parts TEXT NOT NULL,
    supersedes INTEGER CHECK (supersedes BETWEEN 1 AND seq - 1),
    geometry_hash TEXT NOT NULL
        CHECK (length(geometry_hash) IN (0, 64) AND geometry_hash NOT GLOB '*[^0-9a-f]*'),
    actor TEXT NOT NULL,
    recorded_at TEXT NOT NULL CHECK (recorded_at GLOB
        '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].'
        || '[0-9][0-9][0-9][0-9][0-9][0-9]Z'),
    prev_hash TEXT NOT NULL CHECK (length(prev_hash) = 64 AND prev_hash NOT GLOB '*[^0-9a-f]*'),
    hash TEXT NOT NULL CHECK (length(hash) = 64 AND hash NOT GLOB '*[^0-9a-f]*')
) STRICT;

CREATE INDEX event_of_parcel ON event (parcel_id);
CREATE INDEX event_with_parts ON event (seq) WHERE parts <> '';

CREATE TABLE outline (
    seq INTEGER NOT NULL,
    parcel_id TEXT NOT NULL,
    hash TEXT NOT NULL,
    zone TEXT NOT NULL,
    area_m2 REAL NOT NULL,
    land_m2 REAL NOT NULL,
    crs TEXT NOT NULL,
    wkb BLOB NOT NULL,
    PRIMARY KEY (seq, parcel_id)
) STRICT;

-- since: the last entry in the file itself while newer ones may be in a log beside it;
-- failed: how often the disk failed at the very end of a transaction
CREATE TABLE log (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    since INTEGER,
    failed INTEGER NOT NULL
) STRICT;

-- INSERT OR REPLACE fires no trigger of DELETE everywhere, but always that of INSERT
CREATE TRIGGER ledger_is_one BEFORE INSERT ON ledger WHEN EXISTS (SELECT 1 FROM ledger)
BEGIN SELECT RAISE(ABORT, 'a ledger has one name'); END;
CREATE TRIGGER ledger_stays BEFORE UPDATE ON ledger
BEGIN SELECT RAISE(ABORT, 'a ledger is never changed'); END;
CREATE TRIGGER ledger_is_kept BEFORE DELETE ON ledger
BEGIN SELECT RAISE(ABORT, 'a ledger is never changed'); END;

CREATE TRIGGER event_is_next BEFORE INSERT ON event
WHEN NEW.seq IS NOT (SELECT coalesce(max(seq), 0) + 1 FROM event)
    OR NEW.seq > 1 AND NEW.prev_hash IS NOT (SELECT hash FROM event ORDER BY seq DESC LIMIT 1)
BEGIN SELECT RAISE(ABORT, 'an entry follows the last one'); END;
CREATE TRIGGER event_stays BEFORE UPDATE ON event
BEGIN SELECT RAISE(ABORT, 'an entry is never changed: write one that supersedes it'); END;
CREATE TRIGGER event_is_kept BEFORE DELETE ON event
BEGIN SELECT RAISE(ABORT, 'an entry is never deleted: write one that supersedes it'); END;

CREATE TRIGGER outline_is_new BEFORE INSERT ON outline
WHEN (SELECT kind FROM event WHERE seq = NEW.seq) IS NOT 'layer'
    OR EXISTS (SELECT 1 FROM outline WHERE seq = NEW.seq AND parcel_id = NEW.parcel_id)
BEGIN SELECT RAISE(ABORT, 'an outline comes once, with a layer entry'); END;
CREATE TRIGGER outline_stays BEFORE UPDATE ON outline
BEGIN SELECT RAISE(ABORT, 'an outline is never changed'); END;
CREATE TRIGGER outline_is_kept BEFORE DELETE ON outline
BEGIN SELECT RAISE(ABORT, 'an outline is never deleted'); END;

CREATE TRIGGER log_is_one BEFORE INSERT ON log WHEN EXISTS (SELECT 1 FROM log)
BEGIN SELECT RAISE(ABORT, 'the mark of the log is one'); END;
CREATE TRIGGER log_is_kept BEFORE DELETE ON log
BEGIN SELECT RAISE(ABORT, 'the mark of the log is kept'); END;

INSERT INTO log VALUES (1, NULL, 0);
