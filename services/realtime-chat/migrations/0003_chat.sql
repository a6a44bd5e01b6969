-- What messaging-events say, as long as sockets may ask for it: see README.md.
-- `xact` is the transaction that wrote a row: nodes look at what transactions wrote that had not ended at their last look.

-- Conversations, and the position of the last change of each that came.
CREATE TABLE conversations (
    id       uuid   PRIMARY KEY,
    position bigint NOT NULL
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
CREATE INDEX members_of_user ON members (user_id, conversation_id) INCLUDE (joined_position, left_position);

-- Lasting changes, for NOVA_CHAT_RETENTION.
CREATE TABLE changes (
    conversation_id   uuid        NOT NULL,
    position          bigint      NOT NULL,
    -- 1 message, 2 edited, 3 deleted, 4 reacted, 5 conversation
    kind              smallint    NOT NULL,
    -- Of the message.
    sender_id         uuid,
    -- Who left with it.
    removed           uuid[]      NOT NULL DEFAULT '{}',
    -- nova.messaging.v1.Message or Conversation. Null once the sender's account was erased.
    payload           bytea,
    at                timestamptz NOT NULL DEFAULT now(),
    xact              xid8        NOT NULL DEFAULT pg_current_xact_id(),
    PRIMARY KEY (conversation_id, position)
);
CREATE INDEX changes_xact ON changes (xact);
CREATE INDEX changes_at ON changes USING brin (at);
CREATE INDEX changes_sender ON changes (sender_id) WHERE payload IS NOT NULL;

-- How far members have read and received: states.
CREATE TABLE marks (
    conversation_id    uuid   NOT NULL,
    user_id            uuid   NOT NULL,
    read_sequence      bigint NOT NULL DEFAULT 0,
    delivered_sequence bigint NOT NULL DEFAULT 0,
    xact               xid8   NOT NULL DEFAULT pg_current_xact_id(),
    PRIMARY KEY (conversation_id, user_id)
);
CREATE INDEX marks_xact ON marks (xact);
CREATE INDEX marks_user ON marks (user_id);

-- What was not taken of what sockets sent, until all nodes have looked.
CREATE TABLE rejections (
    id      bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id uuid        NOT NULL,
    -- nova.messaging.v1.MessageRejected
    payload bytea       NOT NULL,
    at      timestamptz NOT NULL DEFAULT now(),
    xact    xid8        NOT NULL DEFAULT pg_current_xact_id()
);
CREATE INDEX rejections_xact ON rejections (xact);
CREATE INDEX rejections_user ON rejections (user_id);

-- Who does not want to see whom. An ended block stays, with its revision.
CREATE TABLE blocks (
    user_id  uuid    NOT NULL,
    other_id uuid    NOT NULL,
    active   boolean NOT NULL,
    revision bigint  NOT NULL,
    xact     xid8    NOT NULL DEFAULT pg_current_xact_id(),
    PRIMARY KEY (user_id, other_id)
);
CREATE INDEX blocks_other ON blocks (other_id, user_id);
CREATE INDEX blocks_xact ON blocks (xact);

-- Accounts that are or were gone.
CREATE TABLE accounts (
    user_id  uuid    PRIMARY KEY,
    -- Nobody sees what is theirs.
    hidden   boolean NOT NULL,
    -- For good.
    erased   boolean NOT NULL,
    revision bigint  NOT NULL,
    xact     xid8    NOT NULL DEFAULT pg_current_xact_id()
);
CREATE INDEX accounts_xact ON accounts (xact);

-- What each node writes to see whether it finds what is written.
CREATE TABLE canaries (
    node   uuid        PRIMARY KEY,
    number bigint      NOT NULL,
    at     timestamptz NOT NULL DEFAULT now(),
    xact   xid8        NOT NULL DEFAULT pg_current_xact_id()
);
CREATE INDEX canaries_xact ON canaries (xact);

-- nova_service::erasure
CREATE TABLE erasures (
    user_id uuid        PRIMARY KEY,
    since   timestamptz NOT NULL DEFAULT now(),
    -- Transactions up to this one may not have seen yet that the user is gone.
    begun   xid8
);
