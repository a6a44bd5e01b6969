-- Users who want what is kept of them: see README.md, "What is kept of a user".

-- What of it is still to be told: a line for each user, with how far it has got.
CREATE TABLE exports (
    user_id   uuid        PRIMARY KEY,
    export_id uuid        NOT NULL,
    -- Parts that have been told, and the last post in them; the nil UUID stands before all posts.
    parts     integer     NOT NULL DEFAULT 0,
    told_to   uuid        NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
    -- The event that asked for it.
    cause     jsonb,
    -- When it was its turn: after each part it is the turn of others.
    turn      timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX exports_by_turn ON exports (turn);
