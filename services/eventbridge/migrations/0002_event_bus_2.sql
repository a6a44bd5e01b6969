-- Version 2 of the tables of nova-event-bus. Every service's migrations/NNNN_event_bus_2.sql is a byte-equal
-- copy of this file; a test compares them. What version 1 writes stays possible, so that both may run at once.

-- The inbox by the day of the claim: what is older than its retention goes a day at a time, whatever kind of
-- id it has. Each day is a partition with a primary key of its own, (consumer, event_id); `src/inbox.rs` makes
-- and drops them.
ALTER TABLE inbox RENAME TO inbox_before;
ALTER TABLE inbox_before RENAME CONSTRAINT inbox_pkey TO inbox_before_pkey;
CREATE TABLE inbox (
    consumer   text        NOT NULL,
    event_id   uuid        NOT NULL,
    claimed_at timestamptz NOT NULL DEFAULT now()
) PARTITION BY RANGE (claimed_at);
DO $$
DECLARE
    today date := (now() AT TIME ZONE 'UTC')::date;
    day   date;
BEGIN
    FOR day IN SELECT today + ahead FROM generate_series(0, 3) AS ahead LOOP
        EXECUTE format(
            'CREATE TABLE inbox_%s PARTITION OF inbox (PRIMARY KEY (consumer, event_id)) FOR VALUES FROM (%L) TO (%L)',
            to_char(day, 'YYYYMMDD'), day::text || ' 00:00:00+00', (day + 1)::text || ' 00:00:00+00');
    END LOOP;
END $$;
INSERT INTO inbox (consumer, event_id) SELECT consumer, event_id FROM inbox_before;
DROP TABLE inbox_before;

-- Letters are told apart by what is in them as well as by where they lay: a topic that was made anew has other
-- messages at the same offsets. The position comes first, as it differs most.
ALTER TABLE dead_letters
    ADD COLUMN content bigint NOT NULL DEFAULT 0,
    -- Of a type that nobody here knows: it holds nothing up, and waits for a build that knows it.
    ADD COLUMN aside boolean NOT NULL DEFAULT false;
DO $$
DECLARE
    name text;
BEGIN
    SELECT conname INTO STRICT name FROM pg_constraint
    WHERE conrelid = 'dead_letters'::regclass AND contype = 'u';
    EXECUTE format('ALTER TABLE dead_letters DROP CONSTRAINT %I', name);
END $$;
CREATE UNIQUE INDEX dead_letters_place ON dead_letters (position, partition, content, topic, consumer);
CREATE INDEX dead_letters_aside ON dead_letters (consumer, topic, partition) WHERE aside;

-- When a parked sequence is replayed by itself.
ALTER TABLE parked_sequences
    -- Null: not by itself, until a build comes that has not tried it.
    ADD COLUMN next_at     timestamptz,
    -- Replays in a row that came to nothing.
    ADD COLUMN tries       integer NOT NULL DEFAULT 0,
    -- Of the letter that blocks it.
    ADD COLUMN fingerprint text,
    -- Builds that have tried that letter.
    ADD COLUMN builds      text[]  NOT NULL DEFAULT '{}';
UPDATE parked_sequences AS parked SET fingerprint = (
    SELECT fingerprint FROM dead_letters AS letter
    WHERE letter.consumer = parked.consumer AND letter.topic = parked.topic
      AND letter.sequence = parked.sequence AND letter.failed
    ORDER BY number LIMIT 1);
CREATE INDEX parked_sequences_next ON parked_sequences (consumer, next_at) WHERE next_at IS NOT NULL;

-- Groups of letters that are not replayed by themselves, because somebody said so.
CREATE TABLE held_groups (
    fingerprint text        PRIMARY KEY,
    actor       text        NOT NULL,
    held_at     timestamptz NOT NULL DEFAULT now()
);

-- `migrate()` reads this.
COMMENT ON TABLE outbox IS 'nova-event-bus 2';
