-- What is known beside Kafka of what events are about, and what is known of Redis: see README.md.

-- What was told of a post (domain::routing::PostState).
CREATE TABLE posts (
    post_id   uuid    PRIMARY KEY,
    -- The greatest that was seen. Of a post that is only about to be noted, the least there is.
    revision  bigint  NOT NULL,
    is_public boolean NOT NULL,
    -- With which it was last told that it is public no more.
    departed  bigint
);

-- Who is in a conversation, since which position, and until which.
CREATE TABLE members (
    conversation_id uuid   NOT NULL,
    user_id         uuid   NOT NULL,
    joined_position bigint NOT NULL,
    -- Null while they are in it.
    left_position   bigint,
    -- Of the change that said so.
    position        bigint NOT NULL,
    PRIMARY KEY (conversation_id, user_id)
);

-- Who does not want to see whom. An ended block stays, with its revision.
CREATE TABLE blocks (
    user_id  uuid    NOT NULL,
    other_id uuid    NOT NULL,
    active   boolean NOT NULL,
    revision bigint  NOT NULL,
    PRIMARY KEY (user_id, other_id)
);
CREATE INDEX blocks_other ON blocks (other_id, user_id) WHERE active;

-- The number of the last loss. Whoever adds one holds its row until that can be seen, so that numbers come in order.
CREATE TABLE loss_number (
    is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
    number  bigint  NOT NULL
);
INSERT INTO loss_number (number) VALUES (0);

-- What is gone for every stream (domain::Loss).
CREATE TABLE losses (
    number   bigint      PRIMARY KEY,
    -- As clients read it: dropped or reset.
    reason   text        NOT NULL,
    began_at timestamptz NOT NULL,
    ended_at timestamptz NOT NULL,
    at       timestamptz NOT NULL DEFAULT now()
);

-- The generation of windows in Redis that counts, the last one: others are of servers that may have lost something.
CREATE TABLE generations (
    id        bigint      PRIMARY KEY,
    -- Run ids of the servers with which it began.
    servers   text        NOT NULL,
    -- Whether what was before it is in it again.
    is_filled boolean     NOT NULL,
    began_at  timestamptz NOT NULL DEFAULT now()
);
