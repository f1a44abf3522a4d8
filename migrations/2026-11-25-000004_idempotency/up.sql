-- Requests under an Idempotency-Key and what they were answered, for a day.
--
-- Keys and bodies are here as hashes only, so that whoever reads the table
-- learns neither; and what an answer shows once is left out of what is kept.
CREATE TABLE idempotency_keys (
    -- SHA-256 of caller, address and key.
    id bytea PRIMARY KEY,
    -- SHA-256 of key and body.
    fingerprint bytea NOT NULL,
    -- The address's pattern, for whoever looks into a failure.
    route text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    -- The fencing token of the request that is at work.
    lease uuid NOT NULL,
    leased_until timestamptz NOT NULL,
    -- Set in the transaction of the operation itself.
    done_at timestamptz,
    status smallint CHECK (status BETWEEN 200 AND 499),
    content_type text,
    body bytea,
    CHECK ((status IS NULL) = (content_type IS NULL) AND (status IS NULL) = (body IS NULL))
);
CREATE INDEX idempotency_keys_expires ON idempotency_keys (expires_at);
GRANT SELECT, INSERT, UPDATE, DELETE ON idempotency_keys TO weighhouse_platform;
-- An operation in a tenant marks its own request as done, and no more.
GRANT SELECT (id, lease, done_at), UPDATE (done_at) ON idempotency_keys TO weighhouse_tenant;
