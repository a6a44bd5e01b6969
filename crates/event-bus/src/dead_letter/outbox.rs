//! Letters of the outbox: what Kafka refused goes back to where it came from.

/// Letters of a lot that hold their whole row become rows of the outbox again, with the event ids that they
/// had: `$1` to `$7` are the selection, `$8` to `$10` the lot, `$11` the sleep lock and `$12` the channel on
/// which a sleeping relay listens (as in `outbox.rs`, and for its reasons the transaction's id comes first).
/// They come behind what was appended since: what was refused has lost its turn.
macro_rules! put_back {
    ($selected:expr) => {
        concat!(
            "WITH relay AS MATERIALIZED (
                 SELECT pg_current_xact_id() AS xact, pg_try_advisory_xact_lock_shared($11) AS awake
             ), letters AS (
                 DELETE FROM bus.dead_letters WHERE ",
            $selected,
            " AND consumer = 'outbox' AND payload IS NOT NULL
              AND header_names @> ARRAY['ce_source', 'ce_subject', 'ce_dataversion']
              AND (consumer, topic, sequence) IN (
                  SELECT * FROM UNNEST($8::text[], $9::text[], $10::bytea[]))
                 RETURNING *
             ), headers AS (
                 SELECT letters.id, jsonb_object_agg(name, convert_from(value, 'UTF8')) AS header
                 FROM letters, UNNEST(header_names, header_values) AS header(name, value)
                 GROUP BY letters.id
             ), back AS (
                 INSERT INTO bus.outbox (event_id, event_type, version, source, topic, key, subject,
                     occurred_at, correlation, causation, traceparent, tracestate, payload)
                 SELECT id, event_type, header ->> 'ce_dataversion', header ->> 'ce_source', topic,
                     convert_from(key, 'UTF8'), header ->> 'ce_subject',
                     coalesce((header ->> 'ce_time')::timestamptz, parked_at),
                     header ->> 'ce_correlationid', header ->> 'ce_causationid',
                     header ->> 'traceparent', header ->> 'tracestate', payload
                 FROM relay, letters JOIN headers USING (id) ORDER BY number
                 RETURNING id
             ), woken AS MATERIALIZED (
                 SELECT pg_notify($12, '') FROM relay WHERE NOT awake AND EXISTS (SELECT FROM back)
             )
             SELECT (SELECT count(*) FROM back), (SELECT count(*) FROM woken)"
        )
    };
}
pub(super) use put_back;
