-- What a session says of itself, and how it knows its own tokens (src/domain/refresh_token.rs).
--
-- Sessions from before, and those that a replica of before begins while replicas are replaced, have none of it until
-- they are refreshed: all of it may be null.
ALTER TABLE sessions
    -- SHA-256 of the mark that is in each of the session's refresh tokens.
    ADD COLUMN mark_hash    bytea,
    -- When it was signed in or last refreshed, and from where.
    ADD COLUMN last_used_at timestamptz,
    ADD COLUMN address      text,
    ADD COLUMN user_agent   text;

-- A user's sessions, newest first.
CREATE INDEX sessions_user ON sessions (user_id, id);

-- Of a session with a mark refresh_tokens has the newest token alone: one that has the mark and is not here was used.
-- Rows with used_at are those of tokens without a mark. They are kept until they expire, as before.
