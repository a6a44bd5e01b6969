-- A user's id is a UUIDv7: its millisecond is the time of registration.
--
-- Usernames and addresses are ASCII (src/domain) and collated "C", so that lower() means the same
-- whatever the server's locale is.
CREATE TABLE users (
    id            uuid        PRIMARY KEY,
    username      text        COLLATE "C" NOT NULL,
    email         text        COLLATE "C" NOT NULL,
    -- PHC string: algorithm, parameters, salt and hash.
    password_hash text        NOT NULL,
    display_name  text        NOT NULL,
    avatar_url    text,
    revision      bigint      NOT NULL,
    updated_at    timestamptz NOT NULL
);

CREATE UNIQUE INDEX users_username ON users (lower(username));
CREATE UNIQUE INDEX users_email ON users (lower(email));
