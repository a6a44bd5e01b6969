//! What tells one request from another, whichever build hears it.

use aws_lc_rs::digest;
use serde::Serialize;
use serde_json::Value;

/// A request's hashes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fingerprints {
    pub(super) kept: Vec<u8>,
    /// As earlier builds kept it: of the request as it is written.
    former: Vec<u8>,
}

impl Fingerprints {
    pub(super) fn of(operation: &str, request: &impl Serialize) -> Result<Self, serde_json::Error> {
        let mut said = String::new();
        write_said(&serde_json::to_value(request)?, &mut said);
        Ok(Self {
            kept: hash(operation, said.as_bytes()),
            former: hash(operation, &serde_json::to_vec(request)?),
        })
    }

    pub(super) fn has(&self, kept: &[u8]) -> bool {
        self.kept == kept || self.former == kept
    }
}

fn hash(operation: &str, request: &[u8]) -> Vec<u8> {
    let mut context = digest::Context::new(&digest::SHA256);
    context.update(operation.as_bytes());
    context.update(b"\n");
    context.update(request);
    context.finish().as_ref().to_vec()
}

/// Writes what a request says, apart from what it leaves as it is when nothing is said: members in the order of their
/// names, without those that are null, false or empty. So a build that knows more fields writes the same.
fn write_said(value: &Value, said: &mut String) {
    match value {
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().filter(|(_, value)| says(value)).collect();
            members.sort_unstable_by_key(|(name, _)| name.as_str());
            said.push('{');
            for (name, value) in members {
                // A string as JSON writes it ends where it says.
                said.push_str(&Value::from(name.as_str()).to_string());
                write_said(value, said);
            }
            said.push('}');
        }
        Value::Array(elements) => {
            said.push('[');
            for element in elements {
                write_said(element, said);
                said.push(',');
            }
            said.push(']');
        }
        plain => said.push_str(&plain.to_string()),
    }
}

fn says(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(is_said) => *is_said,
        Value::String(text) => !text.is_empty(),
        Value::Array(elements) => !elements.is_empty(),
        Value::Object(members) => members.values().any(says),
        Value::Number(_) => true,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_field_that_a_later_build_adds_makes_no_other_request() {
        let fingerprints = |request| Fingerprints::of("create", &request).unwrap();
        let before = fingerprints(json!({"text": "a", "tags": ["b"], "of": {"id": 1}}));
        let later = fingerprints(json!({
            "media": [], "tags": ["b"], "of": {"id": 1, "at": null}, "hidden": false, "text": "a", "more": {"a": ""},
        }));
        assert!(later.has(&before.kept));
        for other in [
            json!({"text": "a", "tags": ["b"], "of": {"id": 1}, "hidden": true}),
            json!({"text": "a", "tags": ["b"], "of": {"id": 2}}),
            json!({"text": "a", "tags": ["b", ""], "of": {"id": 1}}),
            json!({"text": "a", "tags": ["b", []], "of": {"id": 1}}),
            json!({"text": "atags", "tags": ["b"], "of": {"id": 1}}),
            json!({"text": "a", "tags": "b", "of": {"id": 1}}),
        ] {
            assert!(!fingerprints(other.clone()).has(&before.kept), "{other}");
        }
    }
}
