-- How long records are kept, legal holds, and what sweeps removed.
--
-- A fourth role acts here, made with the other three by `weighhouse migrate`:
--   weighhouse_sweep     deletes what has expired, and can do nothing else

GRANT USAGE ON SCHEMA public TO weighhouse_sweep;

-- A tenant without a row keeps everything. Terms are in days; absent: for ever.
CREATE TABLE retention_policies (
    tenant_id uuid PRIMARY KEY REFERENCES tenants,
    audit_payloads integer CHECK (audit_payloads BETWEEN 30 AND 36525),
    archived_artifacts integer CHECK (archived_artifacts BETWEEN 30 AND 36525),
    retired_artifacts integer CHECK (retired_artifacts BETWEEN 7 AND 36525),
    mails integer CHECK (mails BETWEEN 7 AND 36525),
    sessions integer CHECK (sessions BETWEEN 1 AND 36525),
    revision integer NOT NULL CHECK (revision > 0),
    -- Absent: the operator, at the console.
    set_by uuid REFERENCES users,
    set_at timestamptz NOT NULL DEFAULT now()
);
CALL tenant_wall('retention_policies');
GRANT INSERT, UPDATE ON retention_policies TO weighhouse_tenant;

-- A hold is in force until it is lifted, which takes two people.
CREATE TABLE legal_holds (
    tenant_id uuid NOT NULL REFERENCES tenants,
    id uuid NOT NULL,
    -- Absent: everything of the tenant.
    model_id uuid,
    reason text NOT NULL,
    owner text NOT NULL,
    placed_by uuid NOT NULL REFERENCES users,
    by_client boolean NOT NULL,
    placed_at timestamptz NOT NULL DEFAULT now(),
    lift_asked_by uuid REFERENCES users,
    lift_asked_by_client boolean,
    lift_asked_at timestamptz,
    lift_reason text,
    lifted_by uuid REFERENCES users,
    lifted_at timestamptz,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, model_id) REFERENCES models (tenant_id, id),
    CHECK (num_nulls(lift_asked_by, lift_asked_by_client, lift_asked_at, lift_reason) IN (0, 4)),
    CHECK (num_nulls(lifted_by, lifted_at) IN (0, 2)),
    CONSTRAINT legal_holds_two_people
        CHECK (lifted_by IS NULL OR (lift_asked_by IS NOT NULL AND lifted_by <> lift_asked_by))
);
CREATE INDEX legal_holds_newest ON legal_holds (tenant_id, placed_at DESC, id DESC);
CREATE INDEX legal_holds_in_force ON legal_holds (tenant_id, model_id) WHERE lifted_at IS NULL;
CALL tenant_wall('legal_holds');
GRANT INSERT,
      UPDATE (lift_asked_by, lift_asked_by_client, lift_asked_at, lift_reason, lifted_by, lifted_at)
    ON legal_holds TO weighhouse_tenant;

CREATE TABLE retention_sweeps (
    tenant_id uuid NOT NULL REFERENCES tenants,
    id uuid NOT NULL,
    started_at timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz,
    PRIMARY KEY (tenant_id, id)
);
-- What was interrupted is gone on with, not begun anew.
CREATE UNIQUE INDEX retention_sweeps_one_open ON retention_sweeps (tenant_id) WHERE finished_at IS NULL;
CALL tenant_wall('retention_sweeps');
GRANT INSERT, UPDATE (finished_at) ON retention_sweeps TO weighhouse_tenant;

-- One row a transaction, written in it.
CREATE TABLE retention_batches (
    tenant_id uuid NOT NULL,
    sweep_id uuid NOT NULL,
    id uuid NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    class text NOT NULL,
    items bigint NOT NULL CHECK (items > 0),
    bytes bigint NOT NULL CHECK (bytes >= 0),
    what text NOT NULL,
    PRIMARY KEY (tenant_id, sweep_id, id),
    FOREIGN KEY (tenant_id, sweep_id) REFERENCES retention_sweeps (tenant_id, id)
);
CALL tenant_wall('retention_batches');
GRANT INSERT ON retention_batches TO weighhouse_tenant;

-- Versions whose files were removed. The version itself stays as it is; sent
-- again, its files are there again.
CREATE TABLE artifact_sweeps (
    tenant_id uuid NOT NULL,
    version_id uuid NOT NULL,
    model_id uuid NOT NULL,
    stage text NOT NULL CHECK (stage IN ('archived', 'retired')),
    days integer NOT NULL,
    swept_at timestamptz NOT NULL,
    restored_at timestamptz,
    PRIMARY KEY (tenant_id, version_id),
    FOREIGN KEY (tenant_id, version_id, model_id) REFERENCES versions (tenant_id, id, model_id)
);
CALL tenant_wall('artifact_sweeps');
GRANT INSERT, UPDATE (stage, days, swept_at, restored_at) ON artifact_sweeps TO weighhouse_tenant;

-- The row stays, since versions name it; the bytes are gone.
ALTER TABLE blobs ADD COLUMN gone_at timestamptz;
GRANT UPDATE (gone_at) ON blobs TO weighhouse_tenant;

-- Stored objects that nobody needs: marked, after a day's grace buried (from
-- then on no row names the object), at last erased from the store.
CREATE TABLE blob_garbage (
    tenant_id uuid NOT NULL REFERENCES tenants,
    blob_sha256 bytea NOT NULL CHECK (length(blob_sha256) = 32),
    number integer NOT NULL CHECK (number > 0),
    sha256 bytea NOT NULL CHECK (length(sha256) = 32),
    size bigint NOT NULL CHECK (size >= 0),
    marked_at timestamptz NOT NULL DEFAULT now(),
    buried_at timestamptz,
    erased_at timestamptz,
    PRIMARY KEY (tenant_id, blob_sha256, number, sha256),
    CHECK (erased_at IS NULL OR buried_at IS NOT NULL)
);
CREATE INDEX blob_garbage_marked ON blob_garbage (tenant_id, marked_at) WHERE buried_at IS NULL;
CREATE INDEX blob_garbage_buried ON blob_garbage (tenant_id, blob_sha256)
    WHERE buried_at IS NOT NULL AND erased_at IS NULL;
CALL tenant_wall('blob_garbage');
GRANT INSERT, UPDATE (marked_at, buried_at, erased_at), DELETE ON blob_garbage TO weighhouse_tenant;

-- How far the store was looked through: the last object's name.
CREATE TABLE blob_cursors (
    tenant_id uuid PRIMARY KEY REFERENCES tenants,
    after text NOT NULL
);
CALL tenant_wall('blob_cursors');
GRANT INSERT, UPDATE (after), DELETE ON blob_cursors TO weighhouse_tenant;

-- Whether a hold covers a version that names the file.
CREATE FUNCTION blob_held(tenant uuid, blob bytea) RETURNS boolean
    LANGUAGE sql STABLE
    RETURN EXISTS (
        SELECT FROM version_files f
        JOIN versions v ON v.tenant_id = f.tenant_id AND v.id = f.version_id
        JOIN legal_holds h ON h.tenant_id = f.tenant_id AND h.lifted_at IS NULL
             AND (h.model_id IS NULL OR h.model_id = v.model_id)
        WHERE f.tenant_id = tenant AND f.sha256 = blob);

-- Whether a version that has its files names this one, or a hold covers it.
CREATE FUNCTION blob_needed(tenant uuid, blob bytea) RETURNS boolean
    LANGUAGE sql STABLE
    RETURN EXISTS (
        SELECT FROM version_files f
        WHERE f.tenant_id = tenant AND f.sha256 = blob
          AND NOT EXISTS (SELECT FROM artifact_sweeps s
                          WHERE s.tenant_id = f.tenant_id AND s.version_id = f.version_id
                            AND s.restored_at IS NULL))
        OR blob_held(tenant, blob);

-- What the sweep's role reaches. Of the tenant's audit log the payloads, of
-- the tenant's mails those that were sent.
CREATE POLICY sweep ON audit_payloads TO weighhouse_sweep USING (tenant_id = (SELECT current_tenant()));
GRANT SELECT (tenant_id, index), DELETE ON audit_payloads TO weighhouse_sweep;
CREATE POLICY sweep ON mails TO weighhouse_sweep
    USING (tenant_id = (SELECT current_tenant()) AND sent_at IS NOT NULL);
GRANT SELECT (id, tenant_id, recipient, subject, sent_at), DELETE ON mails TO weighhouse_sweep;
CREATE INDEX mails_tenant ON mails (tenant_id, id) WHERE sent_at IS NOT NULL;

-- Sessions belong to logins, which may belong to several tenants: whether one
-- may go depends on the terms and holds of all of them.
GRANT SELECT (id, user_id, agent, expires_at, revoked_at), DELETE ON sessions TO weighhouse_sweep;
GRANT SELECT (user_id) ON agency_members TO weighhouse_sweep;
CREATE POLICY sweep ON memberships FOR SELECT TO weighhouse_sweep USING (true);
GRANT SELECT (tenant_id, user_id) ON memberships TO weighhouse_sweep;
CREATE POLICY sweep ON retention_policies FOR SELECT TO weighhouse_sweep USING (true);
GRANT SELECT (tenant_id, sessions, set_at) ON retention_policies TO weighhouse_sweep;
CREATE POLICY sweep ON legal_holds FOR SELECT TO weighhouse_sweep USING (true);
GRANT SELECT (tenant_id, model_id, lifted_at) ON legal_holds TO weighhouse_sweep;
