-- Projects, models, immutable versions and their files.

CREATE TABLE projects (
    tenant_id uuid NOT NULL REFERENCES tenants,
    id uuid NOT NULL,
    slug text NOT NULL,
    name text NOT NULL,
    -- Absent: the operator, at the console.
    created_by uuid REFERENCES users,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT projects_slug_key UNIQUE (tenant_id, slug)
);
CALL tenant_wall('projects');
GRANT INSERT ON projects TO weighhouse_tenant;

CREATE TABLE models (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    project_id uuid NOT NULL,
    name text NOT NULL,
    description text NOT NULL DEFAULT '',
    -- The number of the newest version: numbers are 1, 2, 3 … without gaps.
    versions integer NOT NULL DEFAULT 0,
    -- Absent: the operator, at the console.
    created_by uuid REFERENCES users,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, project_id) REFERENCES projects (tenant_id, id),
    CONSTRAINT models_name_key UNIQUE (tenant_id, project_id, name)
);
CALL tenant_wall('models');
-- The right to update is also the right to lock the row, which serialises
-- everything that happens to one model.
GRANT INSERT, UPDATE (versions) ON models TO weighhouse_tenant;

-- Parts of files that were sent, by what they hold.
CREATE TABLE blob_parts (
    tenant_id uuid NOT NULL REFERENCES tenants,
    blob_sha256 bytea NOT NULL CHECK (length(blob_sha256) = 32),
    number integer NOT NULL CHECK (number > 0),
    sha256 bytea NOT NULL CHECK (length(sha256) = 32),
    size bigint NOT NULL CHECK (size >= 0),
    stored_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, blob_sha256, number)
);
CALL tenant_wall('blob_parts');
GRANT INSERT, UPDATE, DELETE ON blob_parts TO weighhouse_tenant;

-- Files that are whole and verified. A blob without a row is not there.
CREATE TABLE blobs (
    tenant_id uuid NOT NULL REFERENCES tenants,
    sha256 bytea NOT NULL CHECK (length(sha256) = 32),
    size bigint NOT NULL CHECK (size >= 0),
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, sha256),
    UNIQUE (tenant_id, sha256, size)
);
CALL tenant_wall('blobs');
GRANT INSERT ON blobs TO weighhouse_tenant;

-- No role of the application may change or delete a version: what changes
-- about one lives beside it.
CREATE TABLE versions (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    model_id uuid NOT NULL,
    number integer NOT NULL CHECK (number > 0),
    digest bytea NOT NULL CHECK (length(digest) = 32),
    context jsonb NOT NULL,
    files integer NOT NULL CHECK (files >= 0),
    size bigint NOT NULL CHECK (size >= 0),
    author_id uuid NOT NULL REFERENCES users,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, model_id) REFERENCES models (tenant_id, id),
    UNIQUE (tenant_id, model_id, number),
    UNIQUE (tenant_id, model_id, digest),
    -- For the composite keys that carry the model and the author along.
    UNIQUE (tenant_id, id, model_id),
    UNIQUE (tenant_id, id, model_id, author_id)
);
CALL tenant_wall('versions');
GRANT INSERT ON versions TO weighhouse_tenant;

CREATE TABLE version_files (
    tenant_id uuid NOT NULL,
    version_id uuid NOT NULL,
    path text NOT NULL,
    sha256 bytea NOT NULL,
    size bigint NOT NULL,
    PRIMARY KEY (tenant_id, version_id, path),
    FOREIGN KEY (tenant_id, version_id) REFERENCES versions (tenant_id, id),
    FOREIGN KEY (tenant_id, sha256, size) REFERENCES blobs (tenant_id, sha256, size)
);
CREATE INDEX version_files_blob ON version_files (tenant_id, sha256);
CALL tenant_wall('version_files');
GRANT INSERT ON version_files TO weighhouse_tenant;

-- Not even the owner changes a version by mistake.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is immutable', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER versions_immutable BEFORE UPDATE OR DELETE OR TRUNCATE ON versions
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER version_files_immutable BEFORE UPDATE OR DELETE OR TRUNCATE ON version_files
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- The stage of every version. The check is the whole way of a version: what
-- is not listed cannot happen, whoever asks.
CREATE TABLE version_stages (
    tenant_id uuid NOT NULL,
    version_id uuid NOT NULL,
    model_id uuid NOT NULL,
    stage text NOT NULL,
    previous text,
    since timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, version_id),
    FOREIGN KEY (tenant_id, version_id, model_id) REFERENCES versions (tenant_id, id, model_id),
    CONSTRAINT version_stages_way CHECK (
        (coalesce(previous, ''), stage) IN (
            ('', 'development'),
            ('development', 'staging'),
            ('staging', 'production'),
            ('production', 'archived'),
            ('archived', 'production'), -- a rollback, held by production_periods
            ('archived', 'staging'),
            ('development', 'retired'),
            ('staging', 'retired'),
            ('archived', 'retired')
        )
    )
);
CREATE UNIQUE INDEX version_stages_one_production ON version_stages (tenant_id, model_id)
    WHERE stage = 'production';
CREATE INDEX version_stages_model ON version_stages (tenant_id, model_id, stage);
CALL tenant_wall('version_stages');
GRANT INSERT, UPDATE (stage, previous, since) ON version_stages TO weighhouse_tenant;

-- The row's own past decides where it may go.
CREATE FUNCTION version_stage_follows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.previous IS DISTINCT FROM OLD.stage THEN
        RAISE EXCEPTION 'stage % does not follow %', NEW.stage, OLD.stage USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER version_stages_follow BEFORE UPDATE ON version_stages
    FOR EACH ROW EXECUTE FUNCTION version_stage_follows();

CREATE TABLE stage_changes (
    tenant_id uuid NOT NULL,
    version_id uuid NOT NULL,
    id uuid NOT NULL,
    from_stage text,
    to_stage text NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    user_id uuid NOT NULL REFERENCES users,
    why text NOT NULL,
    PRIMARY KEY (tenant_id, version_id, id),
    FOREIGN KEY (tenant_id, version_id) REFERENCES versions (tenant_id, id)
);
CALL tenant_wall('stage_changes');
GRANT INSERT ON stage_changes TO weighhouse_tenant;
