-- Who is gone, and what nodes are to be told of that: see README.md.

-- Accounts that are or were gone.
CREATE TABLE accounts (
    user_id  uuid    PRIMARY KEY,
    -- Nobody is told anything of them.
    hidden   boolean NOT NULL,
    -- For good.
    erased   boolean NOT NULL,
    revision bigint  NOT NULL,
    xact     xid8    NOT NULL DEFAULT pg_current_xact_id()
);
CREATE INDEX accounts_xact ON accounts (xact);

-- In which transaction a block was noted: nodes ask for what is new to them.
ALTER TABLE blocks ADD COLUMN xact xid8 NOT NULL DEFAULT pg_current_xact_id();
CREATE INDEX blocks_xact ON blocks (xact);

-- What happened before this may be in no window of the generation, without a trace.
ALTER TABLE generations ADD COLUMN known_since timestamptz NOT NULL DEFAULT now();

-- nova_service::erasure
CREATE TABLE erasures (
    user_id uuid        PRIMARY KEY,
    since   timestamptz NOT NULL DEFAULT now(),
    -- Transactions up to this one may not have seen yet that the user is gone.
    begun   xid8
);
CREATE INDEX members_user ON members (user_id);
