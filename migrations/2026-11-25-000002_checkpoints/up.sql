-- The logs' hashes as tiles, and what is signed of each log.

CREATE TABLE audit_tiles (
    tenant_id uuid NOT NULL REFERENCES tenants,
    level smallint NOT NULL CHECK (level BETWEEN 0 AND 7),
    index bigint NOT NULL CHECK (index >= 0),
    hashes bytea NOT NULL CHECK (length(hashes) BETWEEN 32 AND 8192 AND length(hashes) % 32 = 0),
    PRIMARY KEY (tenant_id, level, index)
);
CALL tenant_wall('audit_tiles');
GRANT INSERT, UPDATE (hashes) ON audit_tiles TO weighhouse_tenant;

CREATE TABLE audit_checkpoints (
    tenant_id uuid PRIMARY KEY REFERENCES tenants,
    -- How many leaves the tiles have.
    integrated bigint NOT NULL DEFAULT 0 CHECK (integrated >= 0),
    -- How many leaves the newest signed note speaks for.
    signed bigint NOT NULL DEFAULT 0 CHECK (signed >= 0),
    -- The log's name for ever, from the first signing on.
    origin text,
    note text,
    -- The public key that signed the note.
    key text,
    signed_at timestamptz,
    -- Why the signer refuses to go on; absent while it does.
    refusal text,
    refused_at timestamptz,
    CHECK ((signed = 0) = (note IS NULL)),
    CHECK ((note IS NULL) = (origin IS NULL) AND (note IS NULL) = (key IS NULL)
        AND (note IS NULL) = (signed_at IS NULL)),
    CHECK ((refusal IS NULL) = (refused_at IS NULL))
);
CALL tenant_wall('audit_checkpoints');
GRANT INSERT, UPDATE ON audit_checkpoints TO weighhouse_tenant;

-- The signer looks for the logs that grew: their sizes, and nothing of what is in them.
CREATE POLICY platform ON audit_heads FOR SELECT TO weighhouse_platform USING (true);
CREATE POLICY platform ON audit_checkpoints FOR SELECT TO weighhouse_platform USING (true);
GRANT SELECT ON audit_heads TO weighhouse_platform;
GRANT SELECT (tenant_id, integrated, signed, refusal) ON audit_checkpoints TO weighhouse_platform;

CREATE TABLE agency_audit_tiles (
    agency_id uuid NOT NULL REFERENCES agencies,
    level smallint NOT NULL CHECK (level BETWEEN 0 AND 7),
    index bigint NOT NULL CHECK (index >= 0),
    hashes bytea NOT NULL CHECK (length(hashes) BETWEEN 32 AND 8192 AND length(hashes) % 32 = 0),
    PRIMARY KEY (agency_id, level, index)
);
GRANT SELECT, INSERT, UPDATE (hashes) ON agency_audit_tiles TO weighhouse_platform;

CREATE TABLE agency_audit_checkpoints (
    agency_id uuid PRIMARY KEY REFERENCES agencies,
    integrated bigint NOT NULL DEFAULT 0 CHECK (integrated >= 0),
    signed bigint NOT NULL DEFAULT 0 CHECK (signed >= 0),
    origin text,
    note text,
    key text,
    signed_at timestamptz,
    refusal text,
    refused_at timestamptz,
    CHECK ((signed = 0) = (note IS NULL)),
    CHECK ((note IS NULL) = (origin IS NULL) AND (note IS NULL) = (key IS NULL)
        AND (note IS NULL) = (signed_at IS NULL)),
    CHECK ((refusal IS NULL) = (refused_at IS NULL))
);
GRANT SELECT, INSERT, UPDATE ON agency_audit_checkpoints TO weighhouse_platform;

-- Hashes do not compress, and are read whole.
ALTER TABLE audit_tiles ALTER hashes SET STORAGE EXTERNAL;
ALTER TABLE agency_audit_tiles ALTER hashes SET STORAGE EXTERNAL;

-- A tile only grows: what is in it stays, and one of 256 hashes is final.
CREATE FUNCTION tile_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT starts_with(encode(NEW.hashes, 'hex'), encode(OLD.hashes, 'hex')) THEN
        RAISE EXCEPTION 'a hash in a tile is immutable' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER audit_tiles_grow BEFORE UPDATE ON audit_tiles
    FOR EACH ROW EXECUTE FUNCTION tile_grows();
CREATE TRIGGER agency_audit_tiles_grow BEFORE UPDATE ON agency_audit_tiles
    FOR EACH ROW EXECUTE FUNCTION tile_grows();
CREATE TRIGGER audit_tiles_stay BEFORE DELETE OR TRUNCATE ON audit_tiles
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER agency_audit_tiles_stay BEFORE DELETE OR TRUNCATE ON agency_audit_tiles
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- The name of a log never changes.
CREATE FUNCTION origin_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.origin IS NOT NULL AND NEW.origin IS DISTINCT FROM OLD.origin THEN
        RAISE EXCEPTION 'a log''s origin is immutable' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER audit_checkpoints_origin BEFORE UPDATE ON audit_checkpoints
    FOR EACH ROW EXECUTE FUNCTION origin_stays();
CREATE TRIGGER agency_audit_checkpoints_origin BEFORE UPDATE ON agency_audit_checkpoints
    FOR EACH ROW EXECUTE FUNCTION origin_stays();
