-- Feeds of any size: see docs/adr/0008-pull-what-is-not-pushed.md.

ALTER TABLE authors ADD COLUMN avatar_url text;

-- Whom somebody follows now, however many follows have ended.
CREATE INDEX follows_by_follower ON follows (follower_id, followee_id) WHERE active;

-- What followers may see of an author, newest first: what is private or deleted lies in nobody's way.
CREATE INDEX posts_for_followers ON posts (author_id, id DESC)
    WHERE NOT deleted AND visibility <> 'PRIVATE';

-- Posts that may not be in every timeline they belong into: whoever reads a feed looks here as well.
CREATE TABLE pulled_posts (
    author_id uuid    NOT NULL,
    post_id   uuid    NOT NULL,
    -- The author had too many followers to write to each. Otherwise only until the post is in the timelines.
    stays     boolean NOT NULL,
    PRIMARY KEY (author_id, post_id)
);

-- Who reads their feed: they alone have a timeline, and are told when it changes.
CREATE TABLE readers (
    user_id    uuid        PRIMARY KEY,
    -- Not older than the last read by more than a few minutes.
    read_at    timestamptz NOT NULL,
    -- Raised when their timeline in Redis may lack something: it is built anew then.
    generation bigint      NOT NULL DEFAULT 0
);
CREATE INDEX readers_by_activity ON readers (user_id) INCLUDE (read_at);

-- What timelines and their readers have yet to be told of a post, follower by follower.
CREATE TABLE fanouts (
    id         bigint      PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    author_id  uuid        NOT NULL,
    post_id    uuid        NOT NULL,
    kind       text        NOT NULL CHECK (kind IN ('SHOWN', 'HIDDEN', 'UNSEEN', 'DELETED', 'PUSH')),
    -- The event that it follows from.
    cause      jsonb,
    -- Followers up to this one have been told; none when nobody has.
    told_to    uuid,
    due        timestamptz NOT NULL DEFAULT now(),
    since      timestamptz NOT NULL DEFAULT now()
);
-- What is told of an author is told in order.
CREATE INDEX fanouts_to_tell ON fanouts (author_id, id) WHERE kind <> 'PUSH';
CREATE INDEX fanouts_to_push ON fanouts (due) WHERE kind = 'PUSH';
