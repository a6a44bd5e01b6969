-- Authors who are gone: see README.md, "Who is gone".

-- What comes late must not bring an author back who is gone for good, so their row stays, without names. One of whom
-- only that is known has none either.
ALTER TABLE authors
    -- Nobody sees what is theirs.
    ADD COLUMN hidden         boolean NOT NULL DEFAULT false,
    -- For good.
    ADD COLUMN erased         boolean NOT NULL DEFAULT false,
    -- Of the two above.
    ADD COLUMN state_revision bigint  NOT NULL DEFAULT 0;

-- Those who are not in `follows_shown_by_followee`, to be erased.
CREATE INDEX follows_not_shown_by_followee ON follows (followee_id) WHERE NOT shown;

-- nova_service::erasure
CREATE TABLE erasures (
    user_id uuid        PRIMARY KEY,
    since   timestamptz NOT NULL DEFAULT now(),
    -- Transactions up to this one may not have seen yet that the user is gone.
    begun   xid8
);
