-- Users who want all that is kept of them: see README.md, "All that is kept of a user". Replicas of before run beside these
-- for a while: they know nothing of it, and what services tell meanwhile is set aside by them and kept by these.

CREATE TABLE exports (
    -- One at a time.
    user_id      uuid        PRIMARY KEY CONSTRAINT exports_user REFERENCES users,
    id           uuid        NOT NULL UNIQUE,
    requested_at timestamptz NOT NULL,
    -- When the last part came.
    ready_at     timestamptz
);

-- What services have told so far. Parts of an export that is no more are deleted, a few at a time.
CREATE TABLE export_parts (
    export_id uuid    NOT NULL,
    service   text    NOT NULL,
    -- From 1 on, in whatever order.
    number    integer NOT NULL,
    user_id   uuid    NOT NULL,
    -- Whether the service has no more.
    last      boolean NOT NULL,
    -- JSON values with commas between them: those of an array, without its brackets.
    content   bytea   NOT NULL,
    PRIMARY KEY (export_id, service, number)
);

-- It is compressed where it goes out.
ALTER TABLE export_parts ALTER COLUMN content SET STORAGE EXTERNAL;

CREATE INDEX export_parts_user ON export_parts (user_id);
