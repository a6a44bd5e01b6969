-- Who is hidden from whom: see README.md, "Who is in whose feed".

-- A row of `follows` says how the follower stands to the followee. What came about it without a follow has
-- revision 0 and is not active.
ALTER TABLE follows
    -- The follower has muted the followee.
    ADD COLUMN muted             boolean NOT NULL DEFAULT false,
    ADD COLUMN mute_revision     bigint  NOT NULL DEFAULT 0,
    -- The follower has blocked the followee.
    ADD COLUMN blocks            boolean NOT NULL DEFAULT false,
    ADD COLUMN blocks_revision   bigint  NOT NULL DEFAULT 0,
    -- The followee has blocked the follower.
    ADD COLUMN is_blocked        boolean NOT NULL DEFAULT false,
    ADD COLUMN is_blocked_revision bigint NOT NULL DEFAULT 0;
-- Whether the followee's posts belong into the follower's feed.
ALTER TABLE follows
    ADD COLUMN shown boolean NOT NULL
        GENERATED ALWAYS AS (active AND NOT muted AND NOT blocks AND NOT is_blocked) STORED;

CREATE INDEX follows_shown_by_followee ON follows (followee_id, follower_id) WHERE shown;
CREATE INDEX follows_shown_by_follower ON follows (follower_id, followee_id) WHERE shown;
DROP INDEX follows_by_followee;
DROP INDEX follows_by_follower;
