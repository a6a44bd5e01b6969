//! The catalogue of events as documents: `docs/EVENTS.md` and AsyncAPI.

mod asyncapi;
mod markdown;
mod schema;

pub use asyncapi::asyncapi;
pub use markdown::markdown;

#[cfg(test)]
mod tests {
    use nova_proto::catalogue::{EVENTS, TOPICS};

    #[test]
    fn every_event_and_topic_is_in_both_documents() {
        let (markdown, asyncapi) = (super::markdown().unwrap(), super::asyncapi().unwrap());
        for name in EVENTS
            .iter()
            .map(|event| event.event_type)
            .chain(TOPICS.iter().map(|topic| topic.name))
        {
            assert!(markdown.contains(name), "{name} is not in docs/EVENTS.md");
            assert!(
                asyncapi.contains(name),
                "{name} is not in the AsyncAPI document"
            );
        }
    }

    #[test]
    fn fields_are_described_as_the_proto_files_say() {
        let markdown = super::markdown().unwrap();
        assert!(
            markdown.contains("| 6 | `tags` | repeated string |"),
            "{markdown}"
        );
        assert!(
            markdown.contains("| 1 | `user_id` | string | The one who follows. |"),
            "{markdown}"
        );
        let asyncapi = super::asyncapi().unwrap();
        assert!(
            asyncapi.contains("            optional string avatar_url = 4;"),
            "{asyncapi}"
        );
    }
}
