-- What this service knows of others, from their events. Each row carries the revision of the state it
-- holds: only a greater one replaces it, so the order in which events arrive does not matter.

CREATE TABLE authors (
    id           uuid   PRIMARY KEY,
    username     text   NOT NULL,
    display_name text   NOT NULL,
    revision     bigint NOT NULL
);

-- An ended follow stays as a row: its revision outranks a late beginning.
CREATE TABLE follows (
    follower_id uuid    NOT NULL,
    followee_id uuid    NOT NULL,
    active      boolean NOT NULL,
    revision    bigint  NOT NULL,
    PRIMARY KEY (follower_id, followee_id)
);
CREATE INDEX follows_by_followee ON follows (followee_id, follower_id) WHERE active;

-- A post's id is a UUIDv7: it sorts by time, and its millisecond is the time of creation. A deleted
-- post stays as a tombstone without content: a late creation or edit must not bring it back.
CREATE TABLE posts (
    id         uuid        PRIMARY KEY,
    author_id  uuid        NOT NULL,
    content    text        NOT NULL,
    type       text        NOT NULL CHECK (type IN ('TEXT', 'IMAGE', 'VIDEO', 'REEL')),
    visibility text        NOT NULL CHECK (visibility IN ('PUBLIC', 'PRIVATE', 'FOLLOWERS_ONLY')),
    tags       text[]      NOT NULL,
    revision   bigint      NOT NULL,
    updated_at timestamptz NOT NULL,
    deleted    boolean     NOT NULL DEFAULT false
);
CREATE INDEX posts_by_author ON posts (author_id, id DESC) WHERE NOT deleted;

-- Which generation of cached timelines is valid. It is raised whenever Redis may lack something that
-- was to be written there: every timeline is then rebuilt from this database when it is next read.
CREATE TABLE timeline_epoch (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    epoch    bigint  NOT NULL,
    -- The run id of the Redis server that holds the timelines.
    server   text    NOT NULL
);
INSERT INTO timeline_epoch (epoch, server) VALUES (0, '');
