//! Frames as messages.

use nova_proto::eventbridge::v1::SubscribeResponse;

/// What a stream has made ready, which is whole frames: one message for each.
pub(super) fn messages(text: &[u8]) -> impl Iterator<Item = SubscribeResponse> {
    // Names, JSON and base64: all of it is text.
    let text = std::str::from_utf8(text).unwrap_or_default();
    let frames = text.split("\n\n").filter(|frame| !frame.is_empty());
    frames.map(message)
}

fn message(frame: &str) -> SubscribeResponse {
    let mut message = SubscribeResponse::default();
    for line in frame.lines() {
        match line.split_once(": ") {
            Some(("id", id)) => message.id = Some(id.to_owned()),
            Some(("event", event)) => event.clone_into(&mut message.event),
            Some(("data", data)) => data.clone_into(&mut message.data),
            Some(("retry", millis)) => message.retry_millis = millis.parse().ok(),
            // A comment.
            _ => "heartbeat".clone_into(&mut message.event),
        }
    }
    message
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::domain::{Frame, frame, sealed};

    #[test]
    fn each_frame_is_a_message() {
        let mut text = Vec::new();
        let position = Some(Bytes::from_static(b".p"));
        for whole in [
            Frame::with_id(frame::ready(false, 15, 3_000), position.clone()),
            Frame::with_id(frame::event("a.B", r#"{"a":": "}"#), position),
            Frame::with_id(frame::event("a.C", "{}"), None),
            Frame::whole(frame::live(false)),
            Frame::whole(frame::COMMENT),
            Frame::whole(frame::retry(7)),
            Frame::whole(frame::EXPIRED),
        ] {
            whole.write(&sealed::tag(), &mut text);
        }
        let id = |message: &SubscribeResponse| message.id.clone().unwrap_or_default();
        let all: Vec<SubscribeResponse> = messages(&text).collect();
        let names: Vec<&str> = all.iter().map(|one| one.event.as_str()).collect();
        assert_eq!(
            names,
            ["ready", "a.B", "a.C", "live", "heartbeat", "", "expired"]
        );
        assert_eq!(all[0].data, r#"{"resumed":false,"heartbeat_seconds":15}"#);
        assert!(id(&all[0]).ends_with(".p") && id(&all[0]).len() == 13);
        assert_eq!(all[0].retry_millis, Some(3_000));
        assert_eq!(
            (all[1].data.as_str(), id(&all[1])),
            (r#"{"a":": "}"#, id(&all[0]))
        );
        assert_eq!(
            (&all[2].id, all[3].data.as_str()),
            (&None, r#"{"live":false}"#)
        );
        assert_eq!((all[4].data.as_str(), all[5].retry_millis), ("", Some(7)));
        assert_eq!(messages(b"").count(), 0);
    }
}
