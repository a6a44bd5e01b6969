-- Answers to requests that came with an Idempotency-Key, kept so that a repeated request gets the
-- first one's answer. A row appears in the transaction of the request's effects, or not at all.
CREATE TABLE idempotency_keys (
    owner uuid NOT NULL,
    key text NOT NULL,
    -- SHA-256 of the operation and the request.
    request bytea NOT NULL,
    -- Null only inside the transaction that has taken the key and not answered yet.
    status smallint,
    body bytea,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (owner, key)
);

CREATE INDEX idempotency_keys_created_at ON idempotency_keys (created_at);
