-- Who is hidden from whom: see README.md, "Who sees what".

-- A row of `follows` says how the follower stands to the followee. What came about it without a follow has
-- revision 0 and is not active.
ALTER TABLE follows
    -- The follower has blocked the followee.
    ADD COLUMN blocks              boolean NOT NULL DEFAULT false,
    ADD COLUMN blocks_revision     bigint  NOT NULL DEFAULT 0,
    -- The followee has blocked the follower.
    ADD COLUMN is_blocked          boolean NOT NULL DEFAULT false,
    ADD COLUMN is_blocked_revision bigint  NOT NULL DEFAULT 0;
