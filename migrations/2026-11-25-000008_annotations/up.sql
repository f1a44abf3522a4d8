-- What people say of models and versions. It lies beside them: no digest covers it.
ALTER TABLE models ADD COLUMN tags jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(tags) = 'object');
GRANT UPDATE (description, tags) ON models TO weighhouse_tenant;

-- A version that nothing was said of has no row.
CREATE TABLE version_annotations (
    tenant_id uuid NOT NULL,
    version_id uuid NOT NULL,
    description text NOT NULL DEFAULT '',
    tags jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(tags) = 'object'),
    PRIMARY KEY (tenant_id, version_id),
    FOREIGN KEY (tenant_id, version_id) REFERENCES versions (tenant_id, id)
);
CALL tenant_wall('version_annotations');
GRANT INSERT, UPDATE (description, tags) ON version_annotations TO weighhouse_tenant;

-- Names that stand for one version of a model each, and are moved.
CREATE TABLE aliases (
    tenant_id uuid NOT NULL,
    model_id uuid NOT NULL,
    name text NOT NULL,
    version_id uuid NOT NULL,
    PRIMARY KEY (tenant_id, model_id, name),
    -- The key carries the model along: an alias names a version of its own model.
    FOREIGN KEY (tenant_id, version_id, model_id) REFERENCES versions (tenant_id, id, model_id)
);
CREATE INDEX aliases_version ON aliases (tenant_id, version_id);
CALL tenant_wall('aliases');
GRANT INSERT, UPDATE (version_id), DELETE ON aliases TO weighhouse_tenant;

-- Who said what, when, and what stood there before. An alias's values are numbers of versions.
CREATE TABLE annotation_changes (
    tenant_id uuid NOT NULL,
    model_id uuid NOT NULL,
    id uuid NOT NULL,
    -- Absent: about the model, or an alias of it.
    version_id uuid,
    what text NOT NULL CHECK (what IN ('description', 'tag', 'alias')),
    key text NOT NULL,
    before text,
    after text,
    user_id uuid NOT NULL REFERENCES users,
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, model_id, id),
    FOREIGN KEY (tenant_id, model_id) REFERENCES models (tenant_id, id),
    FOREIGN KEY (tenant_id, version_id, model_id) REFERENCES versions (tenant_id, id, model_id),
    CHECK (before IS DISTINCT FROM after),
    CHECK (what <> 'alias' OR version_id IS NULL)
);
CALL tenant_wall('annotation_changes');
GRANT INSERT ON annotation_changes TO weighhouse_tenant;
CREATE TRIGGER annotation_changes_immutable BEFORE UPDATE OR DELETE OR TRUNCATE ON annotation_changes
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
