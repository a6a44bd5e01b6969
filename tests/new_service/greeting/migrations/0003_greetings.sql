-- A greeting's id is a UUIDv7: it sorts by time.
CREATE TABLE greetings (
    id      uuid PRIMARY KEY,
    user_id uuid NOT NULL,
    text    text NOT NULL
);

-- A user's greetings, newest first.
CREATE INDEX greetings_by_user ON greetings (user_id, id DESC);

-- nova_service::erasure
CREATE TABLE erasures (
    user_id uuid        PRIMARY KEY,
    since   timestamptz NOT NULL DEFAULT now(),
    -- Transactions up to this one may not have seen yet that the user is gone.
    begun   xid8
);
