-- Agencies, tenants, people and their credentials.
--
-- Three roles act here, made once for the whole cluster by `weighhouse migrate`:
--   weighhouse_tenant    one tenant at a time, held by row-level security
--   weighhouse_portfolio reads across the tenants in the caller's own list
--   weighhouse_platform  what has no single tenant: sign-in, tokens, jobs

CREATE EXTENSION IF NOT EXISTS btree_gist;

GRANT USAGE ON SCHEMA public TO weighhouse_tenant, weighhouse_portfolio, weighhouse_platform;

-- The tenant of this transaction. After COMMIT a local setting reads '', not
-- NULL: nullif is what makes every policy fail closed.
CREATE FUNCTION current_tenant() RETURNS uuid
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN nullif(current_setting('app.tenant', true), '')::uuid;

-- The tenants that the caller of a portfolio transaction reaches.
CREATE FUNCTION current_tenants() RETURNS uuid[]
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN coalesce(nullif(current_setting('app.tenants', true), ''), '{}')::uuid[];

-- Puts a table behind the wall: forced row-level security, with the policies
-- of the tenant's and the portfolio's role.
CREATE PROCEDURE tenant_wall(wall regclass)
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

CREATE TABLE installation (
    singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    setup_code_hash bytea,
    created_at timestamptz NOT NULL DEFAULT now()
);
GRANT SELECT, INSERT, UPDATE ON installation TO weighhouse_platform;

CREATE TABLE agencies (
    id uuid PRIMARY KEY,
    slug text NOT NULL UNIQUE,
    name text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
GRANT SELECT, INSERT ON agencies TO weighhouse_platform;
GRANT SELECT ON agencies TO weighhouse_tenant, weighhouse_portfolio;

CREATE TABLE users (
    id uuid PRIMARY KEY,
    -- The agency whose log records what happens to the login.
    agency_id uuid NOT NULL REFERENCES agencies,
    email text NOT NULL CHECK (email = lower(email)),
    name text NOT NULL,
    password_hash text NOT NULL,
    operator boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT users_email_key UNIQUE (email)
);
GRANT SELECT, INSERT, UPDATE ON users TO weighhouse_platform;
GRANT SELECT (id, email, name) ON users TO weighhouse_tenant, weighhouse_portfolio;

CREATE TABLE agency_members (
    agency_id uuid NOT NULL REFERENCES agencies,
    user_id uuid NOT NULL REFERENCES users,
    role text NOT NULL CHECK (role IN ('owner', 'agency-admin', 'engineer', 'auditor')),
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (agency_id, user_id)
);
CREATE INDEX agency_members_user ON agency_members (user_id);
GRANT SELECT, INSERT, UPDATE, DELETE ON agency_members TO weighhouse_platform;
GRANT SELECT ON agency_members TO weighhouse_tenant;

CREATE TABLE sessions (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users,
    token_hash bytea NOT NULL UNIQUE,
    agent text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    last_seen_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz
);
CREATE INDEX sessions_user ON sessions (user_id);
GRANT SELECT, INSERT, UPDATE ON sessions TO weighhouse_platform;

CREATE TABLE tenants (
    tenant_id uuid PRIMARY KEY,
    agency_id uuid NOT NULL REFERENCES agencies,
    slug text NOT NULL UNIQUE,
    name text NOT NULL,
    -- Everything in it is made up: the demonstration.
    synthetic boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX tenants_agency ON tenants (agency_id);
CALL tenant_wall('tenants');
CREATE POLICY platform ON tenants TO weighhouse_platform USING (true) WITH CHECK (true);
GRANT SELECT, INSERT ON tenants TO weighhouse_platform;

CREATE TABLE memberships (
    tenant_id uuid NOT NULL REFERENCES tenants,
    user_id uuid NOT NULL REFERENCES users,
    role text NOT NULL CHECK (role IN ('client-admin', 'approver', 'viewer')),
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, user_id)
);
CREATE INDEX memberships_user ON memberships (user_id, tenant_id);
CALL tenant_wall('memberships');
CREATE POLICY platform ON memberships FOR SELECT TO weighhouse_platform USING (true);
GRANT SELECT ON memberships TO weighhouse_platform;
GRANT INSERT, UPDATE (role), DELETE ON memberships TO weighhouse_tenant;

CREATE TABLE invitations (
    tenant_id uuid NOT NULL REFERENCES tenants,
    id uuid NOT NULL,
    email text NOT NULL CHECK (email = lower(email)),
    role text NOT NULL CHECK (role IN ('client-admin', 'approver', 'viewer')),
    token_hash bytea NOT NULL UNIQUE,
    invited_by uuid NOT NULL REFERENCES users,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    accepted_at timestamptz,
    revoked_at timestamptz,
    PRIMARY KEY (tenant_id, id)
);
CALL tenant_wall('invitations');
CREATE POLICY platform ON invitations FOR SELECT TO weighhouse_platform USING (true);
GRANT SELECT ON invitations TO weighhouse_platform;
GRANT INSERT, UPDATE (accepted_at, revoked_at) ON invitations TO weighhouse_tenant;

CREATE TABLE api_tokens (
    tenant_id uuid NOT NULL REFERENCES tenants,
    id uuid NOT NULL,
    user_id uuid NOT NULL REFERENCES users,
    name text NOT NULL,
    prefix text NOT NULL,
    token_hash bytea NOT NULL UNIQUE,
    scopes text[] NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    last_used_at timestamptz,
    revoked_at timestamptz,
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX api_tokens_user ON api_tokens (tenant_id, user_id);
CALL tenant_wall('api_tokens');
CREATE POLICY platform ON api_tokens TO weighhouse_platform USING (true);
GRANT SELECT, UPDATE (last_used_at) ON api_tokens TO weighhouse_platform;
GRANT INSERT, UPDATE (revoked_at) ON api_tokens TO weighhouse_tenant;
