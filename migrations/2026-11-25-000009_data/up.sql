-- Datasets and feature pipelines, and which model versions were made of them.

-- A name under which versions are registered, of one class.
CREATE TABLE data_series (
    tenant_id uuid NOT NULL REFERENCES tenants,
    id uuid NOT NULL,
    class text NOT NULL CHECK (class IN ('dataset', 'pipeline')),
    name text NOT NULL,
    -- The number of the newest version: numbers are 1, 2, 3 … without gaps.
    versions integer NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT data_series_name_key UNIQUE (tenant_id, class, name)
);
CALL tenant_wall('data_series');
-- The right to update is also the right to lock the row, which serialises
-- the registrations under one name.
GRANT INSERT, UPDATE (versions) ON data_series TO weighhouse_tenant;

-- Immutable, as the versions of models are.
CREATE TABLE data_versions (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    series_id uuid NOT NULL,
    number integer NOT NULL CHECK (number > 0),
    -- Of what was registered.
    digest bytea NOT NULL CHECK (length(digest) = 32),
    -- Of the data itself.
    content_digest bytea CHECK (length(content_digest) = 32),
    record jsonb NOT NULL,
    -- Absent: the operator, at the console.
    author_id uuid REFERENCES users,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, series_id) REFERENCES data_series (tenant_id, id),
    UNIQUE (tenant_id, series_id, number),
    UNIQUE (tenant_id, series_id, digest)
);
CREATE INDEX data_versions_content ON data_versions (tenant_id, content_digest);
CALL tenant_wall('data_versions');
GRANT INSERT ON data_versions TO weighhouse_tenant;
CREATE TRIGGER data_versions_immutable BEFORE UPDATE OR DELETE OR TRUNCATE ON data_versions
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- What a model version's context says it was made of and measured on: by the
-- digest of the data, which may be registered before or after, or by name.
CREATE TABLE version_inputs (
    tenant_id uuid NOT NULL,
    version_id uuid NOT NULL,
    component text NOT NULL CHECK (component IN ('data', 'features', 'evaluation')),
    position integer NOT NULL CHECK (position >= 0),
    content_digest bytea CHECK (length(content_digest) = 32),
    data_version_id uuid,
    PRIMARY KEY (tenant_id, version_id, component, position),
    FOREIGN KEY (tenant_id, version_id) REFERENCES versions (tenant_id, id),
    FOREIGN KEY (tenant_id, data_version_id) REFERENCES data_versions (tenant_id, id),
    CHECK (content_digest IS NOT NULL OR data_version_id IS NOT NULL)
);
CREATE INDEX version_inputs_content ON version_inputs (tenant_id, content_digest);
CREATE INDEX version_inputs_data ON version_inputs (tenant_id, data_version_id);
CALL tenant_wall('version_inputs');
GRANT INSERT ON version_inputs TO weighhouse_tenant;
CREATE TRIGGER version_inputs_immutable BEFORE UPDATE OR DELETE OR TRUNCATE ON version_inputs
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Versions that are there already named their data by digest. The wall is
-- forced on the owner too, who steps through it for this one statement.
ALTER TABLE versions NO FORCE ROW LEVEL SECURITY;
ALTER TABLE version_inputs NO FORCE ROW LEVEL SECURITY;
INSERT INTO version_inputs (tenant_id, version_id, component, position, content_digest)
SELECT v.tenant_id, v.id, c.component, e.n - 1, decode(right(e.entry ->> 'digest', 64), 'hex')
FROM versions v
CROSS JOIN (VALUES ('data'), ('evaluation')) AS c (component)
CROSS JOIN LATERAL jsonb_array_elements(
    CASE WHEN jsonb_typeof(v.context -> c.component) = 'array' THEN v.context -> c.component ELSE '[]' END
) WITH ORDINALITY AS e (entry, n)
WHERE e.entry ->> 'digest' ~ '^(sha256:)?[0-9a-f]{64}$';
ALTER TABLE version_inputs FORCE ROW LEVEL SECURITY;
ALTER TABLE versions FORCE ROW LEVEL SECURITY;
