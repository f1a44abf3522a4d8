-- Promotion requests, their evidence, decisions, and what was in production when.

CREATE TABLE promotions (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    model_id uuid NOT NULL,
    version_id uuid NOT NULL,
    target text NOT NULL CHECK (target IN ('staging', 'production')),
    state text NOT NULL CHECK (state IN ('open', 'approved', 'rejected', 'withdrawn')),
    requester_id uuid NOT NULL REFERENCES users,
    author_id uuid NOT NULL REFERENCES users,
    reason text NOT NULL,
    quorum integer NOT NULL CHECK (quorum >= 0),
    evidence_digest bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    closed_at timestamptz,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, version_id, model_id, author_id)
        REFERENCES versions (tenant_id, id, model_id, author_id),
    UNIQUE (tenant_id, id, requester_id, author_id),
    CHECK ((state = 'open') = (closed_at IS NULL))
);
CREATE UNIQUE INDEX promotions_one_open ON promotions (tenant_id, model_id, target) WHERE state = 'open';
CREATE INDEX promotions_newest ON promotions (tenant_id, created_at DESC, id DESC);
CREATE INDEX promotions_version ON promotions (tenant_id, version_id);
CALL tenant_wall('promotions');
GRANT INSERT, UPDATE (state, evidence_digest, closed_at) ON promotions TO weighhouse_tenant;

-- Every state of the evidence that a request has had. Decisions name one.
CREATE TABLE promotion_evidence (
    tenant_id uuid NOT NULL,
    promotion_id uuid NOT NULL,
    digest bytea NOT NULL CHECK (length(digest) = 32),
    requester_id uuid NOT NULL,
    author_id uuid NOT NULL,
    evidence jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, promotion_id, digest),
    FOREIGN KEY (tenant_id, promotion_id, requester_id, author_id)
        REFERENCES promotions (tenant_id, id, requester_id, author_id),
    UNIQUE (tenant_id, promotion_id, digest, requester_id, author_id)
);
CALL tenant_wall('promotion_evidence');
GRANT INSERT ON promotion_evidence TO weighhouse_tenant;
ALTER TABLE promotions ADD FOREIGN KEY (tenant_id, id, evidence_digest)
    REFERENCES promotion_evidence (tenant_id, promotion_id, digest) DEFERRABLE INITIALLY DEFERRED;

-- Requester, author and evidence come along by key, so that the checks here
-- are the last line: nobody decides on their own work, and every decision is
-- about the evidence that was looked at.
CREATE TABLE approvals (
    tenant_id uuid NOT NULL,
    promotion_id uuid NOT NULL,
    evidence_digest bytea NOT NULL,
    seen_digest bytea NOT NULL,
    approver_id uuid NOT NULL REFERENCES users,
    requester_id uuid NOT NULL,
    author_id uuid NOT NULL,
    decision text NOT NULL CHECK (decision IN ('approve', 'reject')),
    reason text NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    -- Each person counts once.
    PRIMARY KEY (tenant_id, promotion_id, evidence_digest, approver_id),
    FOREIGN KEY (tenant_id, promotion_id, evidence_digest, requester_id, author_id)
        REFERENCES promotion_evidence (tenant_id, promotion_id, digest, requester_id, author_id),
    CONSTRAINT approvals_not_own CHECK (approver_id <> requester_id AND approver_id <> author_id),
    CONSTRAINT approvals_seen CHECK (seen_digest = evidence_digest)
);
CALL tenant_wall('approvals');
GRANT INSERT ON approvals TO weighhouse_tenant;

-- What was in production when: at most one version of a model at any moment.
CREATE TABLE production_periods (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    model_id uuid NOT NULL,
    version_id uuid NOT NULL,
    period tstzrange NOT NULL CHECK (NOT isempty(period) AND lower_inc(period) AND NOT lower_inf(period)),
    began_by text NOT NULL CHECK (began_by IN ('promotion', 'rollback')),
    ended_by text CHECK (ended_by IN ('promotion', 'rollback')),
    promotion_id uuid,
    user_id uuid NOT NULL REFERENCES users,
    reason text NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, version_id, model_id) REFERENCES versions (tenant_id, id, model_id),
    FOREIGN KEY (tenant_id, promotion_id) REFERENCES promotions (tenant_id, id),
    CHECK ((began_by = 'promotion') = (promotion_id IS NOT NULL)),
    CHECK (upper_inf(period) = (ended_by IS NULL)),
    CONSTRAINT production_periods_one EXCLUDE USING gist
        (tenant_id WITH =, model_id WITH =, period WITH &&)
);
CALL tenant_wall('production_periods');
GRANT INSERT, UPDATE (period, ended_by) ON production_periods TO weighhouse_tenant;

-- What is in production of each model now, and who approved it, or rolled
-- back to it. The invoker's own rights and row-level security hold.
CREATE VIEW production_now WITH (security_invoker = true) AS
SELECT r.tenant_id, r.model_id, v.number, v.digest, lower(r.period) AS since,
       CASE WHEN r.began_by = 'rollback' THEN ARRAY[u.name]
            ELSE ARRAY(SELECT au.name FROM approvals a
                       JOIN promotions q ON q.tenant_id = a.tenant_id AND q.id = a.promotion_id
                            AND q.evidence_digest = a.evidence_digest
                       JOIN users au ON au.id = a.approver_id
                       WHERE a.tenant_id = r.tenant_id AND a.promotion_id = r.promotion_id
                         AND a.decision = 'approve' ORDER BY a.at)
       END AS by
FROM production_periods r
JOIN versions v ON v.tenant_id = r.tenant_id AND v.id = r.version_id
JOIN users u ON u.id = r.user_id
WHERE upper_inf(r.period);
GRANT SELECT ON production_now TO weighhouse_tenant, weighhouse_portfolio;
