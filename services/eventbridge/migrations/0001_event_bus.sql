-- The tables of nova-event-bus. Every service's migrations/0001_event_bus.sql is a byte-equal copy of
-- this file (two migrators on one table are more trouble than a copy); a test compares them.

-- Events that are decided but not yet on Kafka. Written in the transaction of the change they tell of,
-- deleted by the relay once the broker has acknowledged them.
CREATE TABLE outbox (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_id    uuid        NOT NULL,
    event_type  text        NOT NULL,
    version     text        NOT NULL,
    source      text        NOT NULL,
    topic       text        NOT NULL,
    key         text        NOT NULL,
    subject     text        NOT NULL,
    occurred_at timestamptz NOT NULL DEFAULT now(),
    -- Null for the first event of a chain: it is its own.
    correlation text,
    causation   text,
    traceparent text,
    tracestate  text,
    payload     bytea       NOT NULL
);

-- Rows live for milliseconds: vacuum by count of what is dead, not by share of a table that is mostly
-- empty; never because much was inserted, which would read a whole backlog while the relay works through
-- it; and five times as fast as by default, but not without a pause.
ALTER TABLE outbox SET (
    autovacuum_vacuum_scale_factor = 0,
    autovacuum_vacuum_threshold = 20000,
    autovacuum_vacuum_insert_threshold = -1,
    autovacuum_analyze_scale_factor = 0,
    autovacuum_analyze_threshold = 100000,
    autovacuum_vacuum_cost_limit = 1000
);

-- Events whose effects are committed, by consumer group. Event ids are UUIDv7, so the primary key is
-- also the order of age that the sweep deletes in.
CREATE TABLE inbox (
    consumer text NOT NULL,
    event_id uuid NOT NULL,
    PRIMARY KEY (consumer, event_id)
);

-- Events that could not be handled, and the later events of the same key that wait behind them, whole:
-- enough to handle them later. `number` is the order within a sequence.
CREATE TABLE dead_letters (
    id            uuid        PRIMARY KEY,
    number        bigint      GENERATED ALWAYS AS IDENTITY,
    consumer      text        NOT NULL,
    topic         text        NOT NULL,
    partition     integer     NOT NULL,
    position      bigint      NOT NULL,
    -- The record's key; a record without one is a sequence of its own.
    sequence      bytea       NOT NULL DEFAULT '',
    key           bytea,
    event_id      text,
    event_type    text,
    header_names  text[]      NOT NULL,
    header_values bytea[]     NOT NULL,
    payload       bytea,
    -- False: it has not failed, it waits behind one that has.
    failed        boolean     NOT NULL DEFAULT true,
    -- Of event type, handler, code and reason: what fails alike is mended together.
    fingerprint   text,
    code          text        NOT NULL,
    reason        text        NOT NULL,
    attempts      integer     NOT NULL,
    replays       integer     NOT NULL DEFAULT 0,
    parked_at     timestamptz NOT NULL DEFAULT now(),
    replayed_at   timestamptz,
    UNIQUE NULLS NOT DISTINCT (consumer, topic, partition, position, event_id)
);
CREATE INDEX dead_letters_sequence ON dead_letters (consumer, topic, sequence, number);
CREATE INDEX dead_letters_fingerprint ON dead_letters (fingerprint) WHERE failed;

-- Keys whose later events park behind. Who parks behind one locks its row for share; who empties it, alone.
CREATE TABLE parked_sequences (
    consumer            text        NOT NULL,
    topic               text        NOT NULL,
    sequence            bytea       NOT NULL,
    partition           integer     NOT NULL,
    parked_at           timestamptz NOT NULL DEFAULT now(),
    replay_requested_at timestamptz,
    PRIMARY KEY (consumer, topic, sequence)
);
CREATE INDEX parked_sequences_replay ON parked_sequences (consumer, replay_requested_at)
    WHERE replay_requested_at IS NOT NULL;

-- What people did with dead letters.
CREATE TABLE dead_letter_audit (
    id       bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at       timestamptz NOT NULL DEFAULT now(),
    actor    text        NOT NULL,
    action   text        NOT NULL,
    selected text        NOT NULL,
    letters  bigint      NOT NULL
);
