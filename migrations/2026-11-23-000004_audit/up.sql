-- One append-only RFC 6962 log per tenant, and one per agency for what has no tenant.

CREATE TABLE audit_heads (
    tenant_id uuid PRIMARY KEY REFERENCES tenants,
    size bigint NOT NULL DEFAULT 0
);
CALL tenant_wall('audit_heads');
GRANT INSERT, UPDATE (size) ON audit_heads TO weighhouse_tenant;

CREATE TABLE audit_leaves (
    tenant_id uuid NOT NULL REFERENCES tenants,
    index bigint NOT NULL CHECK (index >= 0),
    leaf bytea NOT NULL CHECK (length(leaf) < 65536),
    leaf_hash bytea NOT NULL CHECK (length(leaf_hash) = 32),
    PRIMARY KEY (tenant_id, index)
);
CALL tenant_wall('audit_leaves');
GRANT INSERT ON audit_leaves TO weighhouse_tenant;

-- The payload's hash stands in the leaf; the payload itself may expire.
CREATE TABLE audit_payloads (
    tenant_id uuid NOT NULL,
    index bigint NOT NULL,
    nonce bytea NOT NULL CHECK (length(nonce) = 32),
    payload text NOT NULL,
    PRIMARY KEY (tenant_id, index),
    FOREIGN KEY (tenant_id, index) REFERENCES audit_leaves (tenant_id, index)
);
CALL tenant_wall('audit_payloads');
GRANT INSERT ON audit_payloads TO weighhouse_tenant;

CREATE TABLE agency_audit_heads (
    agency_id uuid PRIMARY KEY REFERENCES agencies,
    size bigint NOT NULL DEFAULT 0
);
GRANT SELECT, INSERT, UPDATE (size) ON agency_audit_heads TO weighhouse_platform;

CREATE TABLE agency_audit_leaves (
    agency_id uuid NOT NULL REFERENCES agencies,
    index bigint NOT NULL CHECK (index >= 0),
    leaf bytea NOT NULL CHECK (length(leaf) < 65536),
    leaf_hash bytea NOT NULL CHECK (length(leaf_hash) = 32),
    PRIMARY KEY (agency_id, index)
);
GRANT SELECT, INSERT ON agency_audit_leaves TO weighhouse_platform;

CREATE TABLE agency_audit_payloads (
    agency_id uuid NOT NULL,
    index bigint NOT NULL,
    nonce bytea NOT NULL CHECK (length(nonce) = 32),
    payload text NOT NULL,
    PRIMARY KEY (agency_id, index),
    FOREIGN KEY (agency_id, index) REFERENCES agency_audit_leaves (agency_id, index)
);
GRANT SELECT, INSERT ON agency_audit_payloads TO weighhouse_platform;

CREATE TRIGGER audit_leaves_immutable BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_leaves
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER agency_audit_leaves_immutable BEFORE UPDATE OR DELETE OR TRUNCATE ON agency_audit_leaves
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
