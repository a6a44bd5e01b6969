-- Who follows whom. The end of a follow stays as a row with active = false, so that `revision` grows
-- with every change of the pair for ever and the greatest one tells how things stand.
CREATE TABLE follows (
    follower_id uuid        NOT NULL CONSTRAINT follows_follower REFERENCES users,
    followee_id uuid        NOT NULL CONSTRAINT follows_followee REFERENCES users,
    active      boolean     NOT NULL,
    revision    bigint      NOT NULL,
    -- When the follow that is active, or was last, began.
    since       timestamptz NOT NULL,
    changed_at  timestamptz NOT NULL,
    PRIMARY KEY (follower_id, followee_id)
);

-- The two lists, in the order in which they are read.
CREATE INDEX follows_followers ON follows (followee_id, since DESC, follower_id DESC) WHERE active;
CREATE INDEX follows_following ON follows (follower_id, since DESC, followee_id DESC) WHERE active;
