CREATE OR REPLACE PROCEDURE tenant_wall(wall regclass)
    LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', wall);
    EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', wall);
    EXECUTE format(
        'CREATE POLICY tenant ON %s TO weighhouse_tenant
         USING (tenant_id = (SELECT current_tenant()))
         WITH CHECK (tenant_id = (SELECT current_tenant()))', wall);
    EXECUTE format(
        'CREATE POLICY portfolio ON %s FOR SELECT TO weighhouse_portfolio
         USING (tenant_id = ANY ((SELECT current_tenants())::uuid[]))', wall);
    EXECUTE format('GRANT SELECT ON %s TO weighhouse_tenant, weighhouse_portfolio', wall);
END $$;

DO $$
DECLARE
    wall regclass;
BEGIN
    FOR wall IN SELECT polrelid FROM pg_policy WHERE polname = 'portfolio' LOOP
        EXECUTE format('ALTER POLICY portfolio ON %s USING (tenant_id = ANY ((SELECT current_tenants())::uuid[]))', wall);
    END LOOP;
END $$;
