-- Watches on what model providers serve, and what changed there.

CREATE TABLE pin_watches (
    tenant_id uuid NOT NULL,
    model_id uuid NOT NULL,
    endpoint text NOT NULL,
    -- The model as the provider names it.
    pinned text NOT NULL,
    -- The provider's API key, sealed under a key that is not in the database.
    secret bytea,
    golden jsonb NOT NULL,
    -- Another one at every setting: a look that began before says nothing about it.
    revision uuid NOT NULL,
    -- Absent: the operator, at the console.
    set_by uuid REFERENCES users,
    set_at timestamptz NOT NULL DEFAULT now(),
    -- What is compared with.
    observed jsonb,
    observed_at timestamptz,
    PRIMARY KEY (tenant_id, model_id),
    FOREIGN KEY (tenant_id, model_id) REFERENCES models (tenant_id, id),
    CHECK (num_nulls(observed, observed_at) IN (0, 2))
);
CALL tenant_wall('pin_watches');
GRANT INSERT, UPDATE, DELETE ON pin_watches TO weighhouse_tenant;

-- The workers' bookkeeping beside each watch: when it is due, whose turn it
-- is, and whether it was answered.
CREATE TABLE pin_looks (
    tenant_id uuid NOT NULL,
    model_id uuid NOT NULL,
    every_minutes integer NOT NULL CHECK (every_minutes BETWEEN 5 AND 10080),
    due_at timestamptz NOT NULL DEFAULT now(),
    lease uuid,
    leased_until timestamptz,
    seen_at timestamptz,
    unreachable_since timestamptz,
    trouble text,
    PRIMARY KEY (tenant_id, model_id),
    FOREIGN KEY (tenant_id, model_id) REFERENCES pin_watches (tenant_id, model_id),
    CHECK (num_nulls(unreachable_since, trouble) IN (0, 2))
);
CREATE INDEX pin_looks_due ON pin_looks (due_at);
CALL tenant_wall('pin_looks');
GRANT INSERT, UPDATE, DELETE ON pin_looks TO weighhouse_tenant;
CREATE POLICY platform ON pin_looks TO weighhouse_platform USING (true);
GRANT SELECT, UPDATE (due_at, lease, leased_until, seen_at, unreachable_since, trouble)
    ON pin_looks TO weighhouse_platform;

-- The newest alert about a pinned model blocks every version that pins it and
-- was not evaluated since; `closed_at` only says that one in use was.
CREATE TABLE pin_alerts (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    model_id uuid NOT NULL,
    endpoint text NOT NULL,
    pinned text NOT NULL,
    opened_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    changes jsonb NOT NULL,
    before jsonb NOT NULL,
    after jsonb NOT NULL,
    closed_at timestamptz,
    closed_by uuid,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, model_id) REFERENCES models (tenant_id, id),
    FOREIGN KEY (tenant_id, closed_by, model_id) REFERENCES versions (tenant_id, id, model_id),
    CHECK (num_nulls(closed_at, closed_by) IN (0, 2))
);
CREATE INDEX pin_alerts_model ON pin_alerts (tenant_id, model_id, opened_at DESC);
CREATE INDEX pin_alerts_newest ON pin_alerts (tenant_id, opened_at DESC, id DESC);
CREATE INDEX pin_alerts_open ON pin_alerts (tenant_id, model_id) WHERE closed_at IS NULL;
CALL tenant_wall('pin_alerts');
GRANT INSERT, UPDATE (closed_at, closed_by) ON pin_alerts TO weighhouse_tenant;
CREATE POLICY platform ON pin_alerts FOR SELECT TO weighhouse_platform USING (true);
GRANT SELECT (tenant_id, model_id, closed_at) ON pin_alerts TO weighhouse_platform;
