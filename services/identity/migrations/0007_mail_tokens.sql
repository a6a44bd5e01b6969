-- Whether a user has proven that the address is theirs, and since when. Nobody has who registered before this was asked.
ALTER TABLE users ADD COLUMN email_verified_at timestamptz;

-- The tokens in mails: one row for each mail that was asked for (src/domain/mail_token.rs).
--
-- Whoever adds, uses or ends a user's tokens holds the lock of the user's row.
CREATE TABLE mail_tokens (
    -- The event that asked for the mail: a mail that is sent once more has the token that it had.
    event_id   uuid        PRIMARY KEY,
    -- SHA-256 of the token. The token itself is nowhere.
    token_hash bytea       NOT NULL UNIQUE,
    user_id    uuid        NOT NULL REFERENCES users ON DELETE CASCADE,
    purpose    text        NOT NULL CHECK (purpose IN ('verify_email', 'reset_password')),
    -- Where the mail went: it proves nothing of another address.
    address    text        NOT NULL,
    -- An hour after it was last tried to hand over the mail.
    expires_at timestamptz NOT NULL,
    -- When the mail was handed over.
    sent_at    timestamptz,
    -- When it was used, or a newer one took its place.
    ended_at   timestamptz
);

CREATE INDEX mail_tokens_user ON mail_tokens (user_id);
CREATE INDEX mail_tokens_expiry ON mail_tokens (expires_at);
