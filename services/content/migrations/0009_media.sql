-- Media of posts: see README.md, "Media". Replicas of before run beside these for a while: what they post has no media and a
-- type that was given, and an edit of theirs leaves media as they are.

ALTER TABLE posts
    -- As they are shown, in their author's order, with those that are not there yet; addresses are unsigned.
    ADD COLUMN media      jsonb   NOT NULL DEFAULT '[]',
    -- Their ids.
    ADD COLUMN media_ids  uuid[]  NOT NULL DEFAULT '{}',
    -- Whether the author chose the type; else the first medium does.
    ADD COLUMN type_given boolean NOT NULL DEFAULT true;

CREATE INDEX posts_by_media ON posts USING gin (media_ids) WHERE media_ids <> '{}';

-- Media as media-events told, and those that posts of their owner have named before that.
CREATE TABLE media (
    -- Whoever names another's has a row of their own, which nothing is ever told of.
    owner_id uuid   NOT NULL,
    id       uuid   NOT NULL,
    -- 0 until something was told. The greatest revision holds.
    revision bigint NOT NULL DEFAULT 0,
    -- Nothing comes after that.
    gone     boolean NOT NULL DEFAULT false,
    -- What can be shown; none before, and none of what is gone.
    medium   jsonb,
    PRIMARY KEY (owner_id, id)
);
