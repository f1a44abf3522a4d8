-- The experiment tracker: experiments, runs, and what runs log.
--
-- What comes in a flood (parameters, tags, metrics) has no foreign keys: a
-- trigger a row would cost more than the row. It is written in one place,
-- which looks at the run in the same transaction, and runs are never removed.

CREATE TABLE experiments (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    project_id uuid NOT NULL,
    -- 0, 1, 2 … in the project: the id that clients know it by; 0 is the default one.
    number integer NOT NULL CHECK (number >= 0),
    name text NOT NULL,
    -- Absent: the operator, at the console.
    created_by uuid REFERENCES users,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, project_id) REFERENCES projects (tenant_id, id),
    CONSTRAINT experiments_number_key UNIQUE (tenant_id, project_id, number),
    CONSTRAINT experiments_name_key UNIQUE (tenant_id, project_id, name)
);
CALL tenant_wall('experiments');
GRANT INSERT, UPDATE (name, updated_at, deleted_at) ON experiments TO weighhouse_tenant;

CREATE TABLE experiment_tags (
    tenant_id uuid NOT NULL,
    experiment_id uuid NOT NULL,
    key text NOT NULL,
    value text NOT NULL,
    PRIMARY KEY (tenant_id, experiment_id, key),
    FOREIGN KEY (tenant_id, experiment_id) REFERENCES experiments (tenant_id, id)
);
CALL tenant_wall('experiment_tags');
GRANT INSERT, UPDATE (value), DELETE ON experiment_tags TO weighhouse_tenant;

CREATE TABLE runs (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    experiment_id uuid NOT NULL,
    name text NOT NULL,
    -- Who ran it, as the client says.
    user_name text NOT NULL,
    status text NOT NULL CHECK (status IN ('RUNNING', 'SCHEDULED', 'FINISHED', 'FAILED', 'KILLED')),
    -- Milliseconds since 1970, as the client says.
    start_time bigint NOT NULL,
    end_time bigint,
    created_by uuid REFERENCES users,
    deleted_at timestamptz,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, experiment_id) REFERENCES experiments (tenant_id, id)
);
CREATE INDEX runs_newest ON runs (tenant_id, experiment_id, start_time DESC, id);
CALL tenant_wall('runs');
GRANT INSERT, UPDATE (name, user_name, status, start_time, end_time, deleted_at) ON runs TO weighhouse_tenant;

-- Names of parameters, tags and metrics, each once.
CREATE TABLE run_keys (
    tenant_id uuid NOT NULL REFERENCES tenants,
    id integer NOT NULL,
    name text NOT NULL,
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT run_keys_name_key UNIQUE (tenant_id, name)
);
CALL tenant_wall('run_keys');
GRANT INSERT ON run_keys TO weighhouse_tenant;

-- Values are found by their hash: they may be longer than an index admits.
CREATE TABLE run_params (
    tenant_id uuid NOT NULL,
    run_id uuid NOT NULL,
    key_id integer NOT NULL,
    experiment_id uuid NOT NULL,
    value_hash bigint NOT NULL,
    value text NOT NULL,
    PRIMARY KEY (tenant_id, run_id, key_id)
);
CREATE INDEX run_params_value ON run_params (tenant_id, experiment_id, key_id, value_hash);
CALL tenant_wall('run_params');
GRANT INSERT ON run_params TO weighhouse_tenant;

CREATE TABLE run_tags (
    tenant_id uuid NOT NULL,
    run_id uuid NOT NULL,
    key_id integer NOT NULL,
    experiment_id uuid NOT NULL,
    value_hash bigint NOT NULL,
    value text NOT NULL,
    PRIMARY KEY (tenant_id, run_id, key_id)
);
CREATE INDEX run_tags_value ON run_tags (tenant_id, experiment_id, key_id, value_hash);
CALL tenant_wall('run_tags');
GRANT INSERT, UPDATE (value_hash, value), DELETE ON run_tags TO weighhouse_tenant;

-- The latest value of each metric: the greatest step, then time, then value.
CREATE TABLE run_metrics (
    tenant_id uuid NOT NULL,
    run_id uuid NOT NULL,
    key_id integer NOT NULL,
    step bigint NOT NULL,
    at bigint NOT NULL,
    value double precision NOT NULL,
    PRIMARY KEY (tenant_id, run_id, key_id)
    -- Room to update in place: no index has what changes.
) WITH (fillfactor = 70);
CALL tenant_wall('run_metrics');
GRANT INSERT, UPDATE (step, at, value) ON run_metrics TO weighhouse_tenant;

-- All points as they came, packed, some of one run a row; the worker merges
-- them into chunks of one metric each.
CREATE TABLE metric_log (
    tenant_id uuid NOT NULL,
    run_id uuid NOT NULL,
    id uuid NOT NULL,
    points bytea NOT NULL,
    PRIMARY KEY (tenant_id, run_id, id)
);
CALL tenant_wall('metric_log');
GRANT INSERT, DELETE ON metric_log TO weighhouse_tenant;
ALTER TABLE metric_log ALTER points SET STORAGE EXTERNAL;

CREATE TABLE metric_chunks (
    tenant_id uuid NOT NULL,
    run_id uuid NOT NULL,
    key_id integer NOT NULL,
    number integer NOT NULL CHECK (number >= 0),
    points bytea NOT NULL,
    PRIMARY KEY (tenant_id, run_id, key_id, number)
);
CALL tenant_wall('metric_chunks');
GRANT INSERT, UPDATE (points) ON metric_chunks TO weighhouse_tenant;
ALTER TABLE metric_chunks ALTER points SET STORAGE EXTERNAL;

-- Every project has the experiment that runs go to when none is named.
INSERT INTO experiments (tenant_id, id, project_id, number, name)
SELECT tenant_id, gen_random_uuid(), id, 0, 'Default' FROM projects;

CREATE FUNCTION experiment_of_project() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO experiments (tenant_id, id, project_id, number, name, created_by)
    VALUES (NEW.tenant_id, gen_random_uuid(), NEW.id, 0, 'Default', NEW.created_by);
    RETURN NULL;
END $$;
CREATE TRIGGER experiment AFTER INSERT ON projects FOR EACH ROW EXECUTE FUNCTION experiment_of_project();
