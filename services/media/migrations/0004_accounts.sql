-- Owners who are gone: see README.md, "Who is gone".

-- One row for each who ever asked for it. It stays, as what comes late must not bring back who is gone for good.
CREATE TABLE accounts (
    user_id  uuid    PRIMARY KEY,
    -- Nobody sees what is theirs.
    hidden   boolean NOT NULL,
    -- For good.
    erased   boolean NOT NULL,
    -- Grows with every change of the two.
    revision bigint  NOT NULL
);

-- nova_service::erasure
CREATE TABLE erasures (
    user_id uuid        PRIMARY KEY,
    since   timestamptz NOT NULL DEFAULT now(),
    -- Transactions up to this one may not have seen yet that the user is gone.
    begun   xid8
);
