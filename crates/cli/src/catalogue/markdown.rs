//! `docs/EVENTS.md`

use std::fmt::Write;

use nova_proto::catalogue::{EVENTS, EventInfo, TOPICS, Topic};

use super::schema::{Schema, Schemas};

const INTRODUCTION: &str = "\
# Events

This file is made by `nova events` from `crates/proto/src/catalogue.rs` and `proto/`; a test compares it.
`nova events --asyncapi` prints the same as an AsyncAPI document.

On the wire they are CloudEvents 1.0 in Kafka's binary mode: the value is the bare protobuf message, the
attributes are headers (`ce_id`, `ce_type`, `ce_source`, `ce_time`, `ce_subject`, `ce_partitionkey`,
`ce_dataversion`, `ce_correlationid`, `ce_causationid`), and `traceparent` carries the trace. Events with
the same key keep their order.
";

/// The catalogue for people.
///
/// # Errors
/// When an event of the catalogue is in no proto file.
pub fn markdown() -> anyhow::Result<String> {
    let schemas = Schemas::read()?;
    let mut text = INTRODUCTION.to_owned();
    writeln!(
        text,
        "\n| topic | partitions | events (key) | published by |\n| --- | --- | --- | --- |"
    )?;
    for topic in TOPICS {
        writeln!(text, "{}", topic_line(topic))?;
    }
    for topic in TOPICS {
        writeln!(text, "\n## {}", topic.name)?;
        for event in events_of(topic) {
            write_event(&mut text, event, &schemas.of(event)?)?;
        }
    }
    Ok(text)
}

pub(super) fn events_of(topic: &Topic) -> impl Iterator<Item = &'static EventInfo> {
    EVENTS.iter().filter(|event| event.topic == *topic)
}

fn topic_line(topic: &Topic) -> String {
    let (mut names, mut owners) = (Vec::new(), Vec::new());
    for event in events_of(topic) {
        let name = event.event_type.rsplit('.').next().unwrap_or_default();
        names.push(format!("{name} ({})", event.key));
        if !owners.contains(&event.owner) {
            owners.push(event.owner);
        }
    }
    format!(
        "| {} | {} | {} | {} |",
        topic.name,
        topic.partitions,
        names.join(", "),
        owners.join(", ")
    )
}

fn write_event(text: &mut String, event: &EventInfo, schema: &Schema) -> std::fmt::Result {
    let EventInfo {
        event_type,
        key,
        owner,
        version,
        ..
    } = event;
    let Schema {
        name,
        comment,
        fields,
    } = schema;
    writeln!(text, "\n### {name}\n\n{comment}\n")?;
    writeln!(
        text,
        "`{event_type}`, version {version}, published by {owner}, keyed by `{key}`.\n"
    )?;
    writeln!(text, "| | field | type | |\n| --- | --- | --- | --- |")?;
    for field in fields {
        writeln!(
            text,
            "| {} | `{}` | {} | {} |",
            field.number, field.name, field.kind, field.comment
        )?;
    }
    Ok(())
}
