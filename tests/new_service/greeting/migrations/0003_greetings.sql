-- A greeting's id is a UUIDv7: it sorts by time.
CREATE TABLE greetings (
    id      uuid PRIMARY KEY,
    user_id uuid NOT NULL,
    text    text NOT NULL
);

-- A user's greetings, newest first.
CREATE INDEX greetings_by_user ON greetings (user_id, id DESC);
