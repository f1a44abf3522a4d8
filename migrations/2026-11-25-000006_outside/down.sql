REVOKE UPDATE (text_body, html_body) ON mails FROM weighhouse_tenant;
REVOKE SELECT (id, tenant_id, recipient, subject) ON mails FROM weighhouse_tenant;
DROP POLICY tenant ON mails;
CREATE POLICY tenant ON mails FOR INSERT TO weighhouse_tenant
    WITH CHECK (tenant_id = (SELECT current_tenant()));
DROP INDEX jobs_open;
DROP INDEX jobs_troubled;
REVOKE UPDATE (run_at, attempts, leased_until, done_at, dead_at) ON jobs FROM weighhouse_tenant;
REVOKE SELECT ON jobs FROM weighhouse_tenant;
DROP POLICY tenant ON jobs;
CREATE POLICY tenant ON jobs FOR INSERT TO weighhouse_tenant
    WITH CHECK (tenant_id = (SELECT current_tenant()));
REVOKE SELECT ON __diesel_schema_migrations FROM weighhouse_platform;
