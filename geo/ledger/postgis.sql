-- A ledger in one schema of a PostgreSQL database, which comes first in the search path when this
-- is run; that of PostGIS is second and pg_temp last, so that no table of a session stands for
-- ours. Rows are inserted and never changed. Texts compare by their code points.

CREATE TABLE ledger (
    id text COLLATE "C" NOT NULL PRIMARY KEY,
    created_at text COLLATE "C" NOT NULL,
    format text COLLATE "C" NOT NULL
);
CREATE UNIQUE INDEX ledger_is_one ON ledger ((true));

CREATE TABLE event (
    seq bigint PRIMARY KEY CHECK (seq > 0),
    parcel_id text COLLATE "C" NOT NULL,
    kind text COLLATE "C" NOT NULL CHECK (kind IN (
        'reach', 'revert', 'block', 'unblock', 'note', 'split', 'merge', 'void', 'adopt', 'layer')),
    date text COLLATE "C" NOT NULL CHECK (date ~ '^\d{4}-\d\d-\d\d$' AND make_date(
        substr(date, 1, 4)::int, substr(date, 6, 2)::int, substr(date, 9)::int) IS NOT NULL),
    precision text COLLATE "C" NOT NULL
        CHECK (precision IN ('day', 'month', 'quarter', 'half', 'year')),
    stage text COLLATE "C" NOT NULL,
    text text COLLATE "C" NOT NULL,
    evidence text COLLATE "C" NOT NULL,
    source text COLLATE "C" NOT NULL,
    reason text COLLATE "C" NOT NULL,
    responsible text COLLATE "C" NOT NULL,
    next_step text COLLATE "C" NOT NULL,
    parts text COLLATE "C" NOT NULL CHECK (jsonb_typeof(nullif(parts, '')::jsonb) = 'array'),
    supersedes bigint CHECK (supersedes BETWEEN 1 AND seq - 1),
    geometry_hash text COLLATE "C" NOT NULL CHECK (geometry_hash ~ '^([0-9a-f]{64})?$'),
    actor text COLLATE "C" NOT NULL,
    recorded_at text COLLATE "C" NOT NULL
        CHECK (recorded_at ~ '^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$'),
    prev_hash text COLLATE "C" NOT NULL CHECK (prev_hash ~ '^[0-9a-f]{64}$'),
    hash text COLLATE "C" NOT NULL CHECK (hash ~ '^[0-9a-f]{64}$')
);
CREATE INDEX event_of_parcel ON event (parcel_id);
CREATE INDEX event_with_parts ON event USING gin ((nullif(parts, '')::jsonb)) WHERE parts <> '';

-- geom is what QGIS shows; made here of the bytes that are kept, so that it cannot be other land.
-- nth keeps the order of recording and is the one number by which a GIS knows a row; srid is the EPSG code of crs, or 0 where it has none or PostGIS does not know it
CREATE TABLE outline (
    nth bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    seq bigint NOT NULL,
    parcel_id text COLLATE "C" NOT NULL,
    hash text COLLATE "C" NOT NULL,
    zone text COLLATE "C" NOT NULL,
    area_m2 double precision NOT NULL,
    land_m2 double precision NOT NULL,
    crs text COLLATE "C" NOT NULL,
    wkb bytea NOT NULL,
    srid integer NOT NULL,
    geom geometry GENERATED ALWAYS AS (
        CASE WHEN length(wkb) > 0 THEN ST_GeomFromWKB(wkb, srid) END) STORED,
    UNIQUE (seq, parcel_id)
);
CREATE INDEX outline_on_map ON outline USING gist (geom);

CREATE FUNCTION stay() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = 'restrict_violation',
        MESSAGE = TG_OP || ' of ' || TG_TABLE_NAME || ': an entry is never changed or deleted: '
        'write one that supersedes it';
END $$;

CREATE FUNCTION event_is_next() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    last record;
BEGIN
    SELECT seq, hash, recorded_at INTO last FROM event ORDER BY seq DESC LIMIT 1;
    IF NOT FOUND THEN
        SELECT 0::bigint AS seq, created_at AS recorded_at, encode(sha256(convert_to(
            '["' || format || '","' || id || '","' || created_at || '"]', 'UTF8')), 'hex') AS hash
        INTO last FROM ledger;
    END IF;
    IF NEW.seq IS DISTINCT FROM last.seq + 1 OR NEW.prev_hash IS DISTINCT FROM last.hash
        OR NEW.recorded_at < last.recorded_at
    THEN
        RAISE EXCEPTION USING ERRCODE = 'restrict_violation',
            MESSAGE = 'entry ' || NEW.seq || ' does not follow the last one, ' || last.seq;
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION outline_is_placed() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT
AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM event WHERE seq = NEW.seq AND kind = 'layer') THEN
        RAISE EXCEPTION USING ERRCODE = 'restrict_violation',
            MESSAGE = 'an outline comes with a layer entry; ' || NEW.seq || ' is none';
    END IF;
    IF NOT EXISTS (
        SELECT FROM spatial_ref_sys
        WHERE srid = NEW.srid AND auth_name = 'EPSG' AND auth_srid = NEW.srid)
    THEN
        NEW.srid = 0;
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER stay BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger
    FOR EACH STATEMENT EXECUTE FUNCTION stay();
CREATE TRIGGER stay BEFORE UPDATE OR DELETE OR TRUNCATE ON event
    FOR EACH STATEMENT EXECUTE FUNCTION stay();
CREATE TRIGGER stay BEFORE UPDATE OR DELETE OR TRUNCATE ON outline
    FOR EACH STATEMENT EXECUTE FUNCTION stay();
CREATE TRIGGER next BEFORE INSERT ON event FOR EACH ROW EXECUTE FUNCTION event_is_next();
CREATE TRIGGER placed BEFORE INSERT ON outline FOR EACH ROW EXECUTE FUNCTION outline_is_placed();

-- also for a session that says it only replays what another server has checked
ALTER TABLE ledger ENABLE ALWAYS TRIGGER stay;
ALTER TABLE event ENABLE ALWAYS TRIGGER stay;
ALTER TABLE event ENABLE ALWAYS TRIGGER next;
ALTER TABLE outline ENABLE ALWAYS TRIGGER stay;
ALTER TABLE outline ENABLE ALWAYS TRIGGER placed;
