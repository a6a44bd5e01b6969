-- Accounts whose owners leave. Replicas of before run beside these for a while: they show an account that is gone, and
-- sign in to it without bringing it back.

ALTER TABLE users
    -- Nobody has seen the account since then. Signing in brings it back.
    ADD COLUMN gone_since     timestamptz,
    -- Not before this time it is erased.
    ADD COLUMN kept_until     timestamptz,
    -- Nothing brings it back: what is left of it is being erased.
    ADD COLUMN erased         boolean NOT NULL DEFAULT false,
    -- Grows with every change of the three.
    ADD COLUMN state_revision bigint  NOT NULL DEFAULT 0;

CREATE INDEX users_to_erase ON users (kept_until) WHERE kept_until IS NOT NULL AND NOT erased;

-- Usernames of accounts that are erased: nobody else gets one. SHA-256 of the lower-cased name.
CREATE TABLE retired_usernames (
    hash bytea PRIMARY KEY
);

-- Those who no longer follow, to be erased with whom they followed.
CREATE INDEX follows_ended_by_followee ON follows (followee_id) WHERE NOT active;

-- nova_service::erasure
CREATE TABLE erasures (
    user_id uuid        PRIMARY KEY,
    since   timestamptz NOT NULL DEFAULT now(),
    -- Transactions up to this one may not have seen yet that the user is gone.
    begun   xid8
);
