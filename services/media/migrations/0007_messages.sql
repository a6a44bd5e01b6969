-- Messages claim media as posts do: see README.md, "What goes".

-- Messages that have ever named media, as far as messaging-events told of them; who is gone stays, so that what comes late
-- claims nothing. The greatest position holds.
CREATE TABLE messages (
    id       uuid    PRIMARY KEY,
    user_id  uuid    NOT NULL,
    position bigint  NOT NULL
);

CREATE INDEX messages_by_user ON messages (user_id);

-- A claim is of a post or of a message: their ids are UUIDs and never alike, so one column holds both.
COMMENT ON COLUMN claims.post_id IS 'of a post, or of a message';
