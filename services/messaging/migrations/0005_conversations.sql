-- Conversations and what is said in them: see README.md, "Positions and sequences".

-- Whoever changes anything that lasts has the lock of this row first. The id is a UUIDv7: its millisecond is that of
-- creation.
CREATE TABLE conversations (
    id         uuid        PRIMARY KEY,
    type       text        NOT NULL CHECK (type IN ('DIRECT', 'GROUP')),
    title      text,
    -- That of the newest message; 0 before the first.
    sequence   bigint      NOT NULL DEFAULT 0,
    -- That of the last change.
    position   bigint      NOT NULL DEFAULT 1,
    -- When members, a role or the title last changed.
    updated_at timestamptz NOT NULL,
    -- When the newest message came, or the conversation: lists are in this order.
    active_at  timestamptz NOT NULL
);

-- The one DIRECT of two users, the lesser id first. It stays when one leaves.
CREATE TABLE pairs (
    user_id         uuid NOT NULL,
    other_id        uuid NOT NULL,
    conversation_id uuid NOT NULL,
    PRIMARY KEY (user_id, other_id)
);

CREATE INDEX pairs_by_other ON pairs (other_id);
CREATE INDEX pairs_by_conversation ON pairs (conversation_id);

-- Who is in a conversation; who leaves has no row.
CREATE TABLE members (
    conversation_id    uuid        NOT NULL,
    user_id            uuid        NOT NULL,
    role               text        NOT NULL CHECK (role IN ('OWNER', 'ADMIN', 'MEMBER')),
    joined_at          timestamptz NOT NULL,
    joined_position    bigint      NOT NULL,
    -- The newest message of then: it and those before it are not seen.
    joined_sequence    bigint      NOT NULL,
    muted_until        timestamptz,
    -- How far the member has read, and how far messages have reached a device: they only grow.
    read_sequence      bigint      NOT NULL DEFAULT 0,
    delivered_sequence bigint      NOT NULL DEFAULT 0,
    -- How far that has been told, when, and when it is to be told again; null when all has been.
    read_told          bigint      NOT NULL DEFAULT 0,
    delivered_told     bigint      NOT NULL DEFAULT 0,
    told_at            timestamptz,
    due                timestamptz,
    PRIMARY KEY (conversation_id, user_id)
);

CREATE INDEX members_by_user ON members (user_id, conversation_id);
CREATE INDEX members_due ON members (due) WHERE due IS NOT NULL;

CREATE TABLE messages (
    id                uuid        PRIMARY KEY,
    conversation_id   uuid        NOT NULL,
    sequence          bigint      NOT NULL,
    -- That of its last change, and of its coming.
    position          bigint      NOT NULL,
    sent_position     bigint      NOT NULL,
    -- Null when the account was erased.
    sender_id         uuid,
    type              text        NOT NULL CHECK (type IN ('TEXT', 'IMAGE', 'VIDEO', 'AUDIO')),
    -- Whether the sender chose the type; else the first medium does.
    type_given        boolean     NOT NULL,
    -- Null when it was deleted.
    content           text,
    -- As they are shown, in the sender's order, with those that are not there yet; addresses are unsigned.
    media             jsonb       NOT NULL,
    media_ids         uuid[]      NOT NULL,
    reply_to          uuid,
    client_message_id uuid,
    revision          bigint      NOT NULL,
    sent_at           timestamptz NOT NULL,
    edited_at         timestamptz,
    deleted_at        timestamptz,
    -- What the sender was answered, once it is another message: {content, type, media}.
    original          jsonb,
    -- What it is found by: its words, and its conversation, so that one index finds words of one conversation.
    words             tsvector    GENERATED ALWAYS AS (
        CASE WHEN deleted_at IS NULL
             THEN to_tsvector('simple'::regconfig, COALESCE(content, ''))
                  || array_to_tsvector(ARRAY[conversation_id::text])
        END) STORED
);

-- A page of a conversation; and what is unread, out of the index alone.
CREATE UNIQUE INDEX messages_by_sequence ON messages (conversation_id, sequence) INCLUDE (sender_id, deleted_at);
CREATE INDEX messages_by_sender ON messages (sender_id, id) WHERE sender_id IS NOT NULL;
CREATE INDEX messages_by_media ON messages USING gin (media_ids) WHERE media_ids <> '{}';
CREATE INDEX messages_by_words ON messages USING gin (words);

-- The position gives the order in which they came.
CREATE TABLE reactions (
    message_id uuid   NOT NULL,
    emoji      text   NOT NULL,
    user_id    uuid   NOT NULL,
    position   bigint NOT NULL,
    PRIMARY KEY (message_id, emoji, user_id)
);

CREATE INDEX reactions_by_user ON reactions (user_id);

-- By what a message was sent, for ever: the same again is the same message.
CREATE TABLE sends (
    user_id    uuid  NOT NULL,
    -- A client_message_id, or an Idempotency-Key.
    kind       text  NOT NULL CHECK (kind IN ('client', 'header')),
    key        text  NOT NULL,
    -- SHA-256 of what was sent.
    request    bytea NOT NULL,
    message_id uuid  NOT NULL,
    PRIMARY KEY (user_id, kind, key)
);

-- Media as media-events told, and those that messages of their owner have named before that.
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
