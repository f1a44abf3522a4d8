-- What people do about their own login, staff of agencies, and limits on attempts.

-- Links in mails that change a login. Each works once.
CREATE TABLE login_links (
    token_hash bytea PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users,
    kind text NOT NULL CHECK (kind IN ('password-reset', 'email-confirm', 'email-undo')),
    -- The address that the link gives to the login.
    email text CHECK (email = lower(email)),
    -- What asked for it: a job that runs twice makes one link.
    request_id text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    UNIQUE (request_id, kind),
    CHECK ((email IS NULL) = (kind = 'password-reset'))
);
CREATE INDEX login_links_user ON login_links (user_id) WHERE used_at IS NULL;
CREATE INDEX login_links_expires ON login_links (expires_at);
GRANT SELECT, INSERT, UPDATE (used_at), DELETE ON login_links TO weighhouse_platform;

-- Browsers in which somebody signed in: others' failed attempts do not hold them up.
CREATE TABLE known_devices (
    user_id uuid NOT NULL REFERENCES users,
    device_hash bytea NOT NULL,
    seen_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, device_hash)
);
CREATE INDEX known_devices_seen ON known_devices (seen_at);
GRANT SELECT, INSERT, UPDATE (seen_at), DELETE ON known_devices TO weighhouse_platform;

-- How much was attempted lately, by a hash of who and what: the moment at which all of it is forgotten.
CREATE TABLE throttles (
    key bytea PRIMARY KEY,
    free_at timestamptz NOT NULL
);
CREATE INDEX throttles_free ON throttles (free_at);
GRANT SELECT, INSERT, UPDATE (free_at), DELETE ON throttles TO weighhouse_platform;

-- Invitations to work at an agency; those to a client are its own.
CREATE TABLE staff_invitations (
    agency_id uuid NOT NULL REFERENCES agencies,
    id uuid NOT NULL,
    email text NOT NULL CHECK (email = lower(email)),
    role text NOT NULL CHECK (role IN ('owner', 'agency-admin', 'engineer', 'auditor')),
    token_hash bytea NOT NULL UNIQUE,
    invited_by uuid NOT NULL REFERENCES users,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    accepted_at timestamptz,
    revoked_at timestamptz,
    PRIMARY KEY (agency_id, id)
);
GRANT SELECT, INSERT, UPDATE (accepted_at, revoked_at) ON staff_invitations TO weighhouse_platform;
