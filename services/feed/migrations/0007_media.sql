-- Media of posts, as content-events tell them: see README.md. Replicas of before run beside these for a while: posts that they
-- hear of have no media until they change, so feed goes before content when both are upgraded.

ALTER TABLE posts
    -- In their author's order, with those that are not there yet; addresses are unsigned.
    ADD COLUMN media jsonb NOT NULL DEFAULT '[]';
