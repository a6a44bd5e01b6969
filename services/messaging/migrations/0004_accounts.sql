-- Users as user-events told of them: see README.md, "Who sees whom".

-- One row for each user there ever was. It stays, as what comes late must not bring back who is gone for good.
CREATE TABLE accounts (
    user_id  uuid    PRIMARY KEY,
    -- Nobody sees what is theirs.
    hidden   boolean NOT NULL DEFAULT false,
    -- For good.
    erased   boolean NOT NULL DEFAULT false,
    -- Grows with every change of the two; 0 before the first.
    revision bigint  NOT NULL DEFAULT 0
);

-- How a user stands to another: two rows for a pair of whom one has ever blocked the other.
CREATE TABLE blocks (
    user_id             uuid    NOT NULL,
    other_id            uuid    NOT NULL,
    -- The user has blocked the other.
    blocks              boolean NOT NULL DEFAULT false,
    blocks_revision     bigint  NOT NULL DEFAULT 0,
    -- The other has blocked the user.
    is_blocked          boolean NOT NULL DEFAULT false,
    is_blocked_revision bigint  NOT NULL DEFAULT 0,
    PRIMARY KEY (user_id, other_id)
);

-- To be erased with whom they are about.
CREATE INDEX blocks_by_other ON blocks (other_id);

-- Users who are gone for good, until all members of their conversations have been told: then they are in `erasures`.
CREATE TABLE departures (
    user_id uuid        PRIMARY KEY,
    since   timestamptz NOT NULL DEFAULT now(),
    -- Transactions up to this one may not have seen yet that the user is gone.
    begun   xid8
);

-- nova_service::erasure
CREATE TABLE erasures (
    user_id uuid        PRIMARY KEY,
    since   timestamptz NOT NULL DEFAULT now(),
    -- Transactions up to this one may not have seen yet that the user is gone.
    begun   xid8
);

-- Users who want what is kept of them: a line for each, with how far it has got.
CREATE TABLE exports (
    user_id   uuid        PRIMARY KEY,
    export_id uuid        NOT NULL,
    -- Parts that have been told, and the last message in them; the nil UUID stands before all.
    parts     integer     NOT NULL DEFAULT 0,
    told_to   uuid        NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
    -- The event that asked for it.
    cause     jsonb,
    -- When it was its turn: after each part it is the turn of others.
    turn      timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX exports_by_turn ON exports (turn);
