//! The catalogue as AsyncAPI 3.0, for tools.

use std::fmt::{self, Write};

use nova_proto::catalogue::{EVENTS, EventInfo, TOPICS, Topic};

use super::markdown::events_of;
use super::schema::{Schema, Schemas};

const HEAD: &str = "\
# Made by `nova events --asyncapi` from crates/proto/src/catalogue.rs and proto/.
asyncapi: 3.0.0
info:
  title: Nova's events
  version: 1.0.0
  description: CloudEvents 1.0 in Kafka's binary mode; the value is the bare protobuf message.
defaultContentType: application/protobuf
";

/// The catalogue for programs, as YAML.
///
/// # Errors
/// When an event of the catalogue is in no proto file.
pub fn asyncapi() -> anyhow::Result<String> {
    let schemas = Schemas::read()?;
    let mut text = HEAD.to_owned();
    writeln!(text, "channels:")?;
    for topic in TOPICS {
        write_channel(&mut text, topic)?;
    }
    writeln!(text, "operations:")?;
    for event in EVENTS {
        write_operation(&mut text, event)?;
    }
    writeln!(text, "components:\n  messages:")?;
    for event in EVENTS {
        write_message(&mut text, event, &schemas.of(event)?)?;
    }
    Ok(text)
}

fn write_channel(text: &mut String, topic: &Topic) -> fmt::Result {
    let Topic {
        name, partitions, ..
    } = topic;
    writeln!(text, "  {name}:\n    address: {name}\n    messages:")?;
    for event in events_of(topic) {
        let event_type = event.event_type;
        writeln!(
            text,
            "      {event_type}:\n        $ref: '#/components/messages/{event_type}'"
        )?;
    }
    writeln!(
        text,
        "    bindings:\n      kafka:\n        topic: {name}\n        partitions: {partitions}"
    )
}

fn write_operation(text: &mut String, event: &EventInfo) -> fmt::Result {
    let EventInfo {
        event_type,
        topic,
        owner,
        ..
    } = event;
    let channel = format!("#/channels/{}", topic.name);
    writeln!(
        text,
        "  publish.{event_type}:\n    action: send\n    summary: Published by {owner}."
    )?;
    writeln!(text, "    channel:\n      $ref: '{channel}'")?;
    writeln!(
        text,
        "    messages:\n      - $ref: '{channel}/messages/{event_type}'"
    )
}

fn write_message(text: &mut String, event: &EventInfo, schema: &Schema) -> fmt::Result {
    let EventInfo {
        event_type,
        key,
        version,
        ..
    } = event;
    let Schema {
        name,
        comment,
        fields,
    } = schema;
    writeln!(
        text,
        "    {event_type}:\n      name: {event_type}\n      title: {name} {version}"
    )?;
    writeln!(text, "      summary: {}", quoted(comment))?;
    writeln!(text, "      contentType: application/protobuf")?;
    writeln!(
        text,
        "      headers:\n        type: object\n        properties:"
    )?;
    writeln!(text, "          ce_type:\n            const: {event_type}")?;
    writeln!(
        text,
        "          ce_dataversion:\n            const: '{version}'"
    )?;
    writeln!(
        text,
        "      bindings:\n        kafka:\n          key:\n            type: string"
    )?;
    writeln!(text, "            description: {key}")?;
    writeln!(
        text,
        "      payload:\n        schemaFormat: application/vnd.google.protobuf;version=3"
    )?;
    writeln!(text, "        schema: |\n          message {name} {{")?;
    for field in fields {
        if !field.comment.is_empty() {
            writeln!(text, "            // {}", field.comment)?;
        }
        writeln!(
            text,
            "            {} {} = {};",
            field.kind, field.name, field.number
        )?;
    }
    writeln!(text, "          }}")
}

/// In YAML's single quotes only the quote itself is special.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
