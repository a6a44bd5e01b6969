-- A session is the chain of refresh tokens that began with one sign-in. Its id is a UUIDv7: its
-- millisecond is the time of that sign-in. Ending a session is deleting it: its tokens go with it and
-- are then as unknown as tokens that never were.
--
-- Whoever locks a session and its tokens locks the session first.
CREATE TABLE sessions (
    id         uuid        PRIMARY KEY,
    user_id    uuid        NOT NULL REFERENCES users,
    -- When its newest refresh token expires.
    expires_at timestamptz NOT NULL
);

CREATE INDEX sessions_expiry ON sessions (expires_at);

CREATE TABLE refresh_tokens (
    -- SHA-256 of the token. The token itself is nowhere.
    token_hash bytea       PRIMARY KEY,
    session_id uuid        NOT NULL REFERENCES sessions ON DELETE CASCADE,
    expires_at timestamptz NOT NULL,
    -- Set by the one refresh it is good for. Kept until it expires, so that a second use is noticed.
    used_at    timestamptz
);

CREATE INDEX refresh_tokens_session ON refresh_tokens (session_id);
CREATE INDEX refresh_tokens_expiry ON refresh_tokens (expires_at);
