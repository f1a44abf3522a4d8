-- The portfolio's wall as a hash, asked for each row that was found. As a
-- list, it was gone through at each look into an index: 500 clients made a
-- page of them take seconds. A query across clients looks up each of them by
-- itself (`unnest(current_tenants())`), or goes by an index that has few rows.
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
         USING (tenant_id IN (SELECT unnest(current_tenants())))', wall);
    EXECUTE format('GRANT SELECT ON %s TO weighhouse_tenant, weighhouse_portfolio', wall);
END $$;

DO $$
DECLARE
    wall regclass;
BEGIN
    FOR wall IN SELECT polrelid FROM pg_policy WHERE polname = 'portfolio' LOOP
        EXECUTE format('ALTER POLICY portfolio ON %s USING (tenant_id IN (SELECT unnest(current_tenants())))', wall);
    END LOOP;
END $$;
