-- A post's id is a UUIDv7: it sorts by time, and its millisecond is the time of creation.
CREATE TABLE posts (
    id         uuid        PRIMARY KEY,
    author_id  uuid        NOT NULL,
    content    text        NOT NULL,
    type       text        NOT NULL CHECK (type IN ('TEXT', 'IMAGE', 'VIDEO', 'REEL')),
    visibility text        NOT NULL CHECK (visibility IN ('PUBLIC', 'PRIVATE', 'FOLLOWERS_ONLY')),
    tags       text[]      NOT NULL,
    revision   bigint      NOT NULL,
    updated_at timestamptz NOT NULL
);

-- A user's posts, newest first.
CREATE INDEX posts_by_author ON posts (author_id, id DESC);
