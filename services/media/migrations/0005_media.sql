-- Pictures, videos and sound: see README.md, "How a file gets in".

-- Folders of the store of files. A row is there before the first byte of its folder, and goes after the last.
CREATE TABLE folders (
    id        uuid        PRIMARY KEY,
    owner_id  uuid        NOT NULL,
    -- When it is removed with all that is in it; null while a row of another table needs it.
    remove_at timestamptz
);

CREATE INDEX folders_to_remove ON folders (remove_at) WHERE remove_at IS NOT NULL;
CREATE INDEX folders_by_owner ON folders (owner_id);

-- What is served: a file without metadata, and its thumbnails. The id is that of its folder.
CREATE TABLE blobs (
    id               uuid    PRIMARY KEY,
    owner_id         uuid    NOT NULL,
    purpose          text    NOT NULL,
    -- Of what was uploaded: who uploads it again is given this one.
    sha256           bytea   NOT NULL,
    mime_type        text    NOT NULL,
    size_bytes       bigint  NOT NULL,
    -- The file lies in objects of so many bytes, the last of which may be shorter.
    piece_bytes      bigint  NOT NULL,
    width            integer,
    height           integer,
    duration_seconds integer,
    blurhash         text,
    -- Smallest first: {name, width, height, bytes}.
    thumbnails       jsonb   NOT NULL,
    UNIQUE (owner_id, purpose, sha256)
);

-- Files that are not there whole yet. The id is that of the medium to be, and of its folder.
CREATE TABLE uploads (
    id           uuid        PRIMARY KEY,
    owner_id     uuid        NOT NULL,
    post_id      uuid,
    purpose      text        NOT NULL,
    alt          text,
    -- Upload-Metadata as it came.
    metadata     text        NOT NULL,
    length       bigint      NOT NULL,
    received     bigint      NOT NULL DEFAULT 0,
    -- Once the head has shown it.
    mime_type    text,
    expires_at   timestamptz NOT NULL,
    -- It was given up, or refused; the row stays for a while to say so.
    ended_at     timestamptz,
    -- Whoever is sending more of it now, and until when nobody else may unless they say that they still are.
    writer       uuid,
    writer_until timestamptz
);

CREATE INDEX uploads_by_owner ON uploads (owner_id);
CREATE INDEX uploads_by_end ON uploads (expires_at);

-- What has come of uploads, and of media that are being read: objects of the folder with the upload's id, in this order.
CREATE TABLE pieces (
    upload_id uuid   NOT NULL,
    start     bigint NOT NULL,
    length    bigint NOT NULL,
    name      text   NOT NULL,
    PRIMARY KEY (upload_id, start)
);

-- A medium's id is a UUIDv7: it sorts by time, and its millisecond is the time of creation.
CREATE TABLE media (
    id              uuid        PRIMARY KEY,
    owner_id        uuid        NOT NULL,
    post_id         uuid,
    purpose         text        NOT NULL CHECK (purpose IN ('post', 'avatar')),
    alt             text,
    state           text        NOT NULL CHECK (state IN ('processing', 'ready', 'failed')),
    failure         text,
    -- What the head of the file has shown.
    mime_type       text        NOT NULL,
    -- Of what was uploaded.
    uploaded_bytes  bigint      NOT NULL,
    blob_id         uuid        REFERENCES blobs,
    revision        bigint      NOT NULL,
    -- Since when no living post claims it, as far as is known.
    unclaimed_since timestamptz,
    -- How often it was begun to be read, and until when whoever has begun it has it.
    attempts        integer     NOT NULL DEFAULT 0,
    busy_until      timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX media_by_owner ON media (owner_id, id DESC);
CREATE INDEX media_by_blob ON media (blob_id);
CREATE INDEX media_to_read ON media (busy_until) WHERE state = 'processing';
CREATE INDEX media_unclaimed ON media (unclaimed_since) WHERE unclaimed_since IS NOT NULL;

-- Posts as far as content-events told of them; who is gone stays, so that what comes late claims nothing.
CREATE TABLE posts (
    id       uuid    PRIMARY KEY,
    user_id  uuid    NOT NULL,
    revision bigint  NOT NULL,
    deleted  boolean NOT NULL
);

CREATE INDEX posts_by_user ON posts (user_id);

-- Which media living posts name, whosoever they are.
CREATE TABLE claims (
    media_id uuid NOT NULL,
    post_id  uuid NOT NULL,
    user_id  uuid NOT NULL,
    PRIMARY KEY (media_id, post_id)
);

CREATE INDEX claims_by_post ON claims (post_id);
CREATE INDEX claims_by_user ON claims (user_id);

-- Users who are still to be told what is kept of them: a line for each, with how far it has got.
CREATE TABLE exports (
    user_id   uuid        PRIMARY KEY,
    export_id uuid        NOT NULL,
    -- Parts that have been told, and the last medium in them; the nil UUID stands before all.
    parts     integer     NOT NULL DEFAULT 0,
    told_to   uuid        NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
    -- The event that asked for it.
    cause     jsonb,
    -- When it was its turn: after each part it is the turn of others.
    turn      timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX exports_by_turn ON exports (turn);
