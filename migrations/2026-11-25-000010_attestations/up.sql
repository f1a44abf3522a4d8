-- What comes to a version after it was registered: evaluations, model cards,
-- scans, signatures, comments. Appended, never changed.
CREATE TABLE attestations (
    tenant_id uuid NOT NULL,
    version_id uuid NOT NULL,
    id uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('evaluation', 'model_card', 'scan', 'signature', 'comment')),
    -- Over the version's digest, the kind and the body.
    digest bytea NOT NULL CHECK (length(digest) = 32),
    body jsonb NOT NULL,
    -- Absent: the installation itself.
    user_id uuid REFERENCES users,
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, version_id, id),
    FOREIGN KEY (tenant_id, version_id) REFERENCES versions (tenant_id, id)
);
CREATE INDEX attestations_newest ON attestations (tenant_id, version_id, kind, id DESC);
CALL tenant_wall('attestations');
GRANT INSERT ON attestations TO weighhouse_tenant;
CREATE TRIGGER attestations_immutable BEFORE UPDATE OR DELETE OR TRUNCATE ON attestations
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Keys whose signatures a client trusts. One that is no longer trusted stays,
-- since signatures name it.
CREATE TABLE signers (
    tenant_id uuid NOT NULL REFERENCES tenants,
    id uuid NOT NULL,
    name text NOT NULL,
    pem text NOT NULL,
    -- The public key as DER (SubjectPublicKeyInfo), and its SHA-256.
    spki bytea NOT NULL,
    fingerprint bytea NOT NULL CHECK (length(fingerprint) = 32),
    algorithm text NOT NULL,
    -- Absent: the operator, at the console.
    added_by uuid REFERENCES users,
    added_at timestamptz NOT NULL DEFAULT now(),
    removed_at timestamptz,
    PRIMARY KEY (tenant_id, id)
);
CREATE UNIQUE INDEX signers_key ON signers (tenant_id, fingerprint) WHERE removed_at IS NULL;
CREATE UNIQUE INDEX signers_name ON signers (tenant_id, lower(name)) WHERE removed_at IS NULL;
CALL tenant_wall('signers');
GRANT INSERT, UPDATE (removed_at) ON signers TO weighhouse_tenant;
