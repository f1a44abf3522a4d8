-- Jobs and outgoing mail, written in the transaction of their cause.

CREATE TABLE jobs (
    id uuid PRIMARY KEY,
    -- The tenant the job is about; absent for the platform's own.
    tenant_id uuid REFERENCES tenants,
    kind text NOT NULL,
    payload jsonb NOT NULL,
    request_id text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    run_at timestamptz NOT NULL DEFAULT now(),
    attempts integer NOT NULL DEFAULT 0,
    -- The fencing token of the worker that has it.
    lease uuid,
    leased_until timestamptz,
    last_error text,
    done_at timestamptz,
    dead_at timestamptz
);
CREATE INDEX jobs_due ON jobs (run_at) WHERE done_at IS NULL AND dead_at IS NULL;
ALTER TABLE jobs ENABLE ROW LEVEL SECURITY;
ALTER TABLE jobs FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON jobs FOR INSERT TO weighhouse_tenant
    WITH CHECK (tenant_id = (SELECT current_tenant()));
CREATE POLICY platform ON jobs TO weighhouse_platform USING (true) WITH CHECK (true);
GRANT INSERT ON jobs TO weighhouse_tenant;
GRANT SELECT, INSERT, UPDATE ON jobs TO weighhouse_platform;

-- The bodies go once the mail is sent: some hold links that sign in.
CREATE TABLE mails (
    id uuid PRIMARY KEY,
    tenant_id uuid REFERENCES tenants,
    recipient text NOT NULL,
    subject text NOT NULL,
    text_body text,
    html_body text,
    created_at timestamptz NOT NULL DEFAULT now(),
    sent_at timestamptz
);
ALTER TABLE mails ENABLE ROW LEVEL SECURITY;
ALTER TABLE mails FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON mails FOR INSERT TO weighhouse_tenant
    WITH CHECK (tenant_id = (SELECT current_tenant()));
CREATE POLICY platform ON mails TO weighhouse_platform USING (true) WITH CHECK (true);
GRANT INSERT ON mails TO weighhouse_tenant;
GRANT SELECT, INSERT, UPDATE ON mails TO weighhouse_platform;
