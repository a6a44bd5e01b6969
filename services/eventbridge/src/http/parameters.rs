//! What `GET /v1/events` may be asked for.

use nova_resilience::Invalid;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::domain::{Slow, Wanted};

/// The parameters as they are written. An unknown one, and one that is given twice, is refused by
/// [`nova_service::http::Query`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct EventsQuery {
    /// What to follow, with commas between, at most 20: `me`, `user:{id}`, `post:{id}`, `tag:{tag}`. Without it `me`.
    pub channels: Option<String>,
    /// Which types are wanted, with commas between, at most 20: names, or `prefix.*`. Without it all.
    pub types: Option<String>,
    /// What happens when the client is slower than what it follows.
    #[serde(default)]
    #[param(inline)]
    pub slow: Slow,
    /// As the header `Last-Event-ID`, which wins: for a new page that goes on where another one was.
    pub last_event_id: Option<String>,
    /// What opens one stream without a token, from `POST /v1/events/tickets`.
    pub ticket: Option<String>,
}

impl EventsQuery {
    /// Reads the lists.
    ///
    /// # Errors
    /// Every parameter that is wrong.
    pub fn check(&self) -> Result<Wanted, Invalid> {
        let [channels, types] = [&self.channels, &self.types].map(|text| {
            let text = text.as_deref();
            text.map(|text| text.split(',').collect())
        });
        Wanted::read(channels, types, self.slow)
    }
}

#[cfg(test)]
mod tests {
    use nova_ids::PostId;

    use super::*;
    use crate::domain::Asked;

    fn wanted(channels: Option<&str>, types: Option<&str>) -> Result<Wanted, Vec<String>> {
        let query = EventsQuery {
            channels: channels.map(str::to_owned),
            types: types.map(str::to_owned),
            ..EventsQuery::default()
        };
        let named = |Invalid(wrong): Invalid| {
            wrong
                .into_iter()
                .map(|one| format!("{} {}", one.field, one.code))
                .collect()
        };
        query.check().map_err(named)
    }

    #[test]
    fn nothing_said_is_all_that_reaches_the_caller() {
        let wanted = wanted(None, None).unwrap();
        assert_eq!(wanted.channels, [Asked::Me]);
        assert!(wanted.types.is_empty());
        assert_eq!(wanted.slow, Slow::Disconnect);
    }

    #[test]
    fn lists_are_read_in_one_order() {
        let post = PostId::new();
        let text = format!("tag:b,post:{post},me,tag:B");
        let found = wanted(Some(&text), Some("nova.feed.*,what.nobody.Knows")).unwrap();
        let turned = wanted(Some(&format!("me,tag:b,post:{post}")), None).unwrap();
        assert_eq!(found.channels.len(), 3);
        assert_eq!(found.channels, turned.channels);
        assert_eq!(found.types.len(), 2);
    }

    #[test]
    fn what_is_wrong_is_named() {
        let many = vec!["tag:a"; 21].join(",");
        let enough = vec!["tag:a"; 20].join(",");
        assert!(wanted(Some(&enough), None).is_ok());
        assert_eq!(
            wanted(Some(&many), None).unwrap_err(),
            ["channels too_many"]
        );
        assert_eq!(
            wanted(None, Some(&vec!["a"; 21].join(","))).unwrap_err(),
            ["types too_many"]
        );
        for bad in ["", "you", "me,", "user:1", "me, tag:a", "post:x\r\n"] {
            assert_eq!(
                wanted(Some(bad), None).unwrap_err(),
                ["channels invalid_value"],
                "{bad:?}"
            );
        }
        assert_eq!(
            wanted(Some("x"), Some("a*")).unwrap_err(),
            ["channels invalid_value", "types invalid_value"]
        );
    }
}
