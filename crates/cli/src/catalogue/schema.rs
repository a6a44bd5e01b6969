//! What the compiled proto files say of an event's message.

use anyhow::Context;
use nova_proto::catalogue::EventInfo;
use prost::Message;
use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{DescriptorProto, FieldDescriptorProto, FileDescriptorProto, FileDescriptorSet};

/// Numbers of fields in descriptor.proto, of which the paths to comments are made.
const MESSAGES_OF_FILE: i32 = 4;
const FIELDS_OF_MESSAGE: i32 = 2;

/// A message and its comment.
pub(super) struct Schema {
    /// Its name without the package.
    pub(super) name: String,
    pub(super) comment: String,
    pub(super) fields: Vec<Field>,
}

/// A field and its comment.
pub(super) struct Field {
    pub(super) number: i32,
    pub(super) name: String,
    /// As in a proto file: `repeated string`.
    pub(super) kind: String,
    pub(super) comment: String,
}

/// Every compiled proto file.
pub(super) struct Schemas(FileDescriptorSet);

impl Schemas {
    pub(super) fn read() -> anyhow::Result<Self> {
        let files = FileDescriptorSet::decode(nova_proto::FILE_DESCRIPTOR_SET);
        Ok(Self(
            files.context("the compiled proto files cannot be read")?,
        ))
    }

    pub(super) fn of(&self, event: &EventInfo) -> anyhow::Result<Schema> {
        let found = self.0.file.iter().find_map(|file| {
            let name = event
                .event_type
                .strip_prefix(file.package())?
                .strip_prefix('.')?;
            let at = file
                .message_type
                .iter()
                .position(|message| message.name() == name)?;
            Some((file, at, file.message_type.get(at)?))
        });
        let (file, at, message) =
            found.with_context(|| format!("no proto file has {}", event.event_type))?;
        schema(file, i32::try_from(at)?, message)
    }
}

fn schema(
    file: &FileDescriptorProto,
    at: i32,
    message: &DescriptorProto,
) -> anyhow::Result<Schema> {
    let mut fields = Vec::new();
    for (position, field) in (0..).zip(&message.field) {
        fields.push(Field {
            number: field.number(),
            name: field.name().to_owned(),
            kind: kind(field)?,
            comment: comment(file, &[MESSAGES_OF_FILE, at, FIELDS_OF_MESSAGE, position]),
        });
    }
    let comment = comment(file, &[MESSAGES_OF_FILE, at]);
    Ok(Schema {
        name: message.name().to_owned(),
        comment,
        fields,
    })
}

fn kind(field: &FieldDescriptorProto) -> anyhow::Result<String> {
    let name = match field.r#type() {
        Type::Message | Type::Enum => field.type_name().trim_start_matches('.').to_owned(),
        scalar => {
            let name = scalar
                .as_str_name()
                .strip_prefix("TYPE_")
                .context("a type without a name")?;
            name.to_lowercase()
        }
    };
    Ok(match (field.label(), field.proto3_optional()) {
        (Label::Repeated, _) => format!("repeated {name}"),
        (_, true) => format!("optional {name}"),
        _ => name,
    })
}

/// The comment before an element, in one line.
fn comment(file: &FileDescriptorProto, path: &[i32]) -> String {
    let locations = file.source_code_info.iter().flat_map(|info| &info.location);
    let found = locations
        .filter(|location| location.path == path)
        .find_map(|at| at.leading_comments.as_deref());
    let words: Vec<&str> = found.unwrap_or_default().split_whitespace().collect();
    words.join(" ")
}
