-- Tickets that have opened their stream on any node, for as long as they would open another.
CREATE TABLE used_tickets (
    id      uuid        PRIMARY KEY,
    ends_at timestamptz NOT NULL
);
CREATE INDEX used_tickets_end ON used_tickets (ends_at);
