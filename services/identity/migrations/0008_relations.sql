-- Accounts that say who may follow, and who does not want to see whom. Replicas of before run beside these for a while:
-- they know of nothing here, and everything here is true without them.

ALTER TABLE users
    -- To follow this user is to ask.
    ADD COLUMN locked boolean NOT NULL DEFAULT false;

-- Who asks to follow whom, and has got no answer. What is answered, or withdrawn, is gone.
CREATE TABLE follow_requests (
    requester_id uuid        NOT NULL CONSTRAINT follow_requests_requester REFERENCES users,
    target_id    uuid        NOT NULL CONSTRAINT follow_requests_target REFERENCES users,
    since        timestamptz NOT NULL,
    PRIMARY KEY (requester_id, target_id)
);

-- The list, in the order in which it is read; backwards it is the order in which an unlocked account accepts.
CREATE INDEX follow_requests_of_target ON follow_requests (target_id, since DESC, requester_id DESC);

-- Users who are no longer locked and have not accepted everybody yet who asked before: a job goes on with it.
CREATE TABLE unlocks (
    user_id uuid PRIMARY KEY CONSTRAINT unlocks_user REFERENCES users
);

-- Who blocks whom, and who mutes whom. As in follows, what has ended stays as a row with active = false, so that
-- `revision` grows with every change of the pair for ever and the greatest one tells how things stand.
CREATE TABLE blocks (
    user_id  uuid        NOT NULL CONSTRAINT blocks_user REFERENCES users,
    other_id uuid        NOT NULL CONSTRAINT blocks_other REFERENCES users,
    active   boolean     NOT NULL,
    revision bigint      NOT NULL,
    -- When the block that is active, or was last, began.
    since    timestamptz NOT NULL,
    PRIMARY KEY (user_id, other_id)
);

CREATE TABLE mutes (
    user_id  uuid        NOT NULL CONSTRAINT mutes_user REFERENCES users,
    other_id uuid        NOT NULL CONSTRAINT mutes_other REFERENCES users,
    active   boolean     NOT NULL,
    revision bigint      NOT NULL,
    -- When the mute that is active, or was last, began.
    since    timestamptz NOT NULL,
    PRIMARY KEY (user_id, other_id)
);

-- The lists, in the order in which they are read.
CREATE INDEX blocks_list ON blocks (user_id, since DESC, other_id DESC) WHERE active;
CREATE INDEX mutes_list ON mutes (user_id, since DESC, other_id DESC) WHERE active;

-- The other direction: who blocks, or mutes, a user. With both columns, so that it is as good as the primary key for a
-- pair: with one, Postgres would read all who block somebody to find one of them.
CREATE INDEX blocks_of_other ON blocks (other_id, user_id);
CREATE INDEX mutes_of_other ON mutes (other_id, user_id);
