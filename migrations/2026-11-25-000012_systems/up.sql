-- Systems of versions: what they hold, which combinations are known to work,
-- and what a client wants done about a promotion that would break one.

-- The versions that a system version holds. Model and version come along by
-- key; a system holds a model once, so that it can be in production as one.
CREATE TABLE system_components (
    tenant_id uuid NOT NULL,
    system_id uuid NOT NULL,
    system_model_id uuid NOT NULL,
    role text NOT NULL,
    component_id uuid NOT NULL,
    component_model_id uuid NOT NULL,
    PRIMARY KEY (tenant_id, system_id, role),
    UNIQUE (tenant_id, system_id, component_model_id),
    FOREIGN KEY (tenant_id, system_id, system_model_id) REFERENCES versions (tenant_id, id, model_id),
    FOREIGN KEY (tenant_id, component_id, component_model_id) REFERENCES versions (tenant_id, id, model_id),
    CONSTRAINT system_components_not_itself CHECK (system_model_id <> component_model_id)
);
-- Who uses this version, and who uses any of this model.
CREATE INDEX system_components_version ON system_components (tenant_id, component_id);
CREATE INDEX system_components_model ON system_components (tenant_id, component_model_id);
CALL tenant_wall('system_components');
GRANT INSERT ON system_components TO weighhouse_tenant;
CREATE TRIGGER system_components_immutable BEFORE UPDATE OR DELETE OR TRUNCATE ON system_components
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Every version that a system version holds, through systems in it too. The
-- invoker's own rights and row-level security hold.
CREATE FUNCTION system_parts(of_tenant uuid, of_system uuid)
    RETURNS TABLE (version_id uuid, model_id uuid) LANGUAGE sql STABLE AS $$
    WITH RECURSIVE parts AS (
        SELECT c.component_id, c.component_model_id FROM system_components c
        WHERE c.tenant_id = of_tenant AND c.system_id = of_system
        UNION
        SELECT c.component_id, c.component_model_id FROM parts p
        JOIN system_components c ON c.tenant_id = of_tenant AND c.system_id = p.component_id)
    SELECT component_id, component_model_id FROM parts
$$;

-- Every system version that holds one of these versions, through systems in
-- it too.
CREATE FUNCTION systems_with(of_tenant uuid, of_versions uuid[])
    RETURNS TABLE (version_id uuid) LANGUAGE sql STABLE AS $$
    WITH RECURSIVE above AS (
        SELECT c.system_id FROM system_components c
        WHERE c.tenant_id = of_tenant AND c.component_id = ANY (of_versions)
        UNION
        SELECT c.system_id FROM above a
        JOIN system_components c ON c.tenant_id = of_tenant AND c.component_id = a.system_id)
    SELECT system_id FROM above
$$;

-- What people know of two versions together. Appended, never changed: of a
-- pair the latest counts. A pair stands in the order of its ids.
CREATE TABLE compatibility_statements (
    tenant_id uuid NOT NULL,
    number bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    one_id uuid NOT NULL,
    one_model_id uuid NOT NULL,
    other_id uuid NOT NULL,
    other_model_id uuid NOT NULL,
    verdict text NOT NULL CHECK (verdict IN ('compatible', 'incompatible')),
    reason text NOT NULL,
    user_id uuid NOT NULL REFERENCES users,
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, number),
    FOREIGN KEY (tenant_id, one_id, one_model_id) REFERENCES versions (tenant_id, id, model_id),
    FOREIGN KEY (tenant_id, other_id, other_model_id) REFERENCES versions (tenant_id, id, model_id),
    CHECK (one_id < other_id),
    CHECK (one_model_id <> other_model_id)
);
CREATE INDEX compatibility_statements_pair ON compatibility_statements (tenant_id, one_id, other_id, number);
CREATE INDEX compatibility_statements_one ON compatibility_statements (tenant_id, one_model_id);
CREATE INDEX compatibility_statements_other ON compatibility_statements (tenant_id, other_model_id);
CALL tenant_wall('compatibility_statements');
GRANT INSERT ON compatibility_statements TO weighhouse_tenant;
CREATE TRIGGER compatibility_statements_immutable
    BEFORE UPDATE OR DELETE OR TRUNCATE ON compatibility_statements
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- A tenant without a row is warned.
CREATE TABLE system_policies (
    tenant_id uuid PRIMARY KEY REFERENCES tenants,
    broken_systems text NOT NULL CHECK (broken_systems IN ('warn', 'block')),
    revision integer NOT NULL CHECK (revision > 0),
    -- Absent: the operator, at the console.
    set_by uuid REFERENCES users,
    set_at timestamptz NOT NULL DEFAULT now()
);
CALL tenant_wall('system_policies');
GRANT INSERT, UPDATE ON system_policies TO weighhouse_tenant;

-- Data and feature pipelines as versions name them, for lineage in both
-- directions. What has no digest (or version) is told apart by its name alone.
CREATE TABLE lineage_inputs (
    tenant_id uuid NOT NULL,
    version_id uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('dataset', 'features')),
    name text NOT NULL,
    identity text NOT NULL,
    PRIMARY KEY (tenant_id, version_id, kind, name, identity),
    FOREIGN KEY (tenant_id, version_id) REFERENCES versions (tenant_id, id)
);
CREATE INDEX lineage_inputs_named ON lineage_inputs (tenant_id, kind, name, identity, version_id);
CALL tenant_wall('lineage_inputs');
GRANT INSERT ON lineage_inputs TO weighhouse_tenant;
CREATE TRIGGER lineage_inputs_immutable BEFORE UPDATE OR DELETE OR TRUNCATE ON lineage_inputs
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Versions from before. The owner passes the tenants' wall for this alone.
ALTER TABLE versions NO FORCE ROW LEVEL SECURITY;
ALTER TABLE lineage_inputs NO FORCE ROW LEVEL SECURITY;
INSERT INTO lineage_inputs (tenant_id, version_id, kind, name, identity)
SELECT DISTINCT v.tenant_id, v.id, 'dataset', d->>'name', coalesce(d->>'digest', '')
FROM versions v, jsonb_array_elements(v.context->'data') d
WHERE jsonb_typeof(v.context->'data') = 'array'
UNION ALL
SELECT v.tenant_id, v.id, 'features', v.context->'features'->>'name', v.context->'features'->>'version'
FROM versions v WHERE v.context ? 'features';
ALTER TABLE versions FORCE ROW LEVEL SECURITY;
ALTER TABLE lineage_inputs FORCE ROW LEVEL SECURITY;
