-- Programs compare their schema with the database's before they say ready.
GRANT SELECT ON __diesel_schema_migrations TO weighhouse_platform;

-- A client's people see their jobs that failed, try them again or discard
-- them; the installation's operator does so for all.
DROP POLICY tenant ON jobs;
CREATE POLICY tenant ON jobs TO weighhouse_tenant
    USING (tenant_id = (SELECT current_tenant()))
    WITH CHECK (tenant_id = (SELECT current_tenant()));
GRANT SELECT ON jobs TO weighhouse_tenant;
GRANT UPDATE (run_at, attempts, leased_until, done_at, dead_at) ON jobs TO weighhouse_tenant;
CREATE INDEX jobs_troubled ON jobs (tenant_id, id) WHERE done_at IS NULL AND last_error IS NOT NULL;

-- What is not done is counted for metrics, dead jobs included.
CREATE INDEX jobs_open ON jobs (run_at) WHERE done_at IS NULL;

-- Of a mail they see what it is about; a discarded one loses its bodies.
DROP POLICY tenant ON mails;
CREATE POLICY tenant ON mails TO weighhouse_tenant
    USING (tenant_id = (SELECT current_tenant()))
    WITH CHECK (tenant_id = (SELECT current_tenant()));
GRANT SELECT (id, tenant_id, recipient, subject) ON mails TO weighhouse_tenant;
GRANT UPDATE (text_body, html_body) ON mails TO weighhouse_tenant;
