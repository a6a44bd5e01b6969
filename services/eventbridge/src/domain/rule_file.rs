//! The file with an operator's filter and rules.
//!
//! ```toml
//! [filter]
//! allowed_types = ["nova.content.*", "nova.feed.v1.FeedUpdated"]  # all that the routing table names
//! required_fields = ["id", "type", "time"]                        # also `data.post_id`
//! max_payload_bytes = 1048576
//! rule_time_limit_ms = 10                                         # of all rules together, per event
//!
//! [[rules]]
//! name = "no reels"
//! types = ["nova.content.*"]                                      # all
//! when = "data.type == 'POST_TYPE_REEL'"
//! action = "drop"                                                 # or "keep": later rules are not asked
//! ```

use std::ops::Range;
use std::time::Duration;

use serde::Deserialize;
use toml::Spanned;

use super::filter::{Filter, MAX_PAYLOAD_BYTES, REQUIRED_FIELDS};
use super::pattern::Pattern;
use super::rules::{Action, Rule, TIME_LIMIT};

/// Most rules.
const MOST_RULES: usize = 100;
/// Longest time that rules may take, in milliseconds.
const LONGEST_LIMIT_MS: u64 = 1_000;

/// What is wrong with a file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {field} {message}")]
pub struct Broken {
    /// The line, from 1.
    pub line: usize,
    /// What stands there before the `=`, or the line itself.
    pub field: String,
    /// What is wrong with it.
    pub message: String,
}

impl Broken {
    fn at(text: &str, place: &Range<usize>, message: impl Into<String>) -> Self {
        let before = text.get(..place.start).unwrap_or(text);
        let line = before.matches('\n').count();
        let written = text.lines().nth(line).unwrap_or_default();
        let field = written.split('=').next().unwrap_or_default().trim();
        Self {
            line: line + 1,
            field: field.to_owned(),
            message: message.into(),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    filter: FilterTable,
    #[serde(default)]
    rules: Vec<RuleTable>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct FilterTable {
    allowed_types: Option<Vec<Spanned<String>>>,
    required_fields: Option<Vec<Spanned<String>>>,
    max_payload_bytes: Option<Spanned<usize>>,
    rule_time_limit_ms: Option<Spanned<u64>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleTable {
    name: Spanned<String>,
    #[serde(default)]
    types: Vec<Spanned<String>>,
    when: Spanned<String>,
    action: Action,
}

/// Reads a file; an empty one is [`Filter::default`].
///
/// # Errors
/// The first thing that is wrong with it, and where.
pub fn read(text: &str) -> Result<Filter, Broken> {
    let file: File = toml::from_str(text).map_err(|error| {
        let place = error.span().unwrap_or(0..0);
        Broken::at(
            text,
            &place,
            format!("is wrong: {}", error.message().replace('\n', " ")),
        )
    })?;
    let reader = Reader { text };
    Ok(Filter {
        allowed_types: reader.allowed_types(file.filter.allowed_types)?,
        required_fields: reader.required_fields(file.filter.required_fields)?,
        max_payload_bytes: reader.max_payload_bytes(file.filter.max_payload_bytes)?,
        time_limit: reader.time_limit(file.filter.rule_time_limit_ms)?,
        rules: reader.rules(file.rules)?,
    })
}

struct Reader<'a> {
    text: &'a str,
}

impl Reader<'_> {
    fn broken<T>(&self, at: &Spanned<T>, message: impl Into<String>) -> Broken {
        Broken::at(self.text, &at.span(), message)
    }

    fn patterns(&self, texts: &[Spanned<String>]) -> Result<Vec<Pattern>, Broken> {
        let read = |text: &Spanned<String>| {
            let pattern = Pattern::read(text.get_ref());
            pattern.ok_or_else(|| {
                let message = format!(
                    "has {:?}, which is no name, `prefix.*` or `*`",
                    text.get_ref()
                );
                self.broken(text, message)
            })
        };
        texts.iter().map(read).collect()
    }

    fn allowed_types(&self, given: Option<Vec<Spanned<String>>>) -> Result<Vec<Pattern>, Broken> {
        match given {
            // No pattern would mean every type.
            Some(none) if none.is_empty() => {
                let at = self.text.find("allowed_types").unwrap_or(0);
                Err(Broken::at(self.text, &(at..at), "allows nothing"))
            }
            Some(texts) => self.patterns(&texts),
            None => Ok(Vec::new()),
        }
    }

    fn required_fields(&self, given: Option<Vec<Spanned<String>>>) -> Result<Vec<String>, Broken> {
        const FIELDS: [&str; 8] = [
            "id",
            "type",
            "source",
            "subject",
            "time",
            "user_id",
            "session_id",
            "data",
        ];
        let Some(given) = given else {
            return Ok(REQUIRED_FIELDS.map(str::to_owned).to_vec());
        };
        let check = |field: Spanned<String>| {
            let name = field.get_ref();
            let is_below = name
                .strip_prefix("data.")
                .is_some_and(|rest| !rest.is_empty());
            if FIELDS.contains(&name.as_str()) || is_below {
                return Ok(field.into_inner());
            }
            let message = format!(
                "has {name:?}, which no envelope has: there is {} and data.…",
                FIELDS.join(", ")
            );
            Err(self.broken(&field, message))
        };
        given.into_iter().map(check).collect()
    }

    fn max_payload_bytes(&self, given: Option<Spanned<usize>>) -> Result<usize, Broken> {
        match given {
            Some(bytes) if *bytes.get_ref() == 0 => Err(self.broken(&bytes, "must be 1 or more")),
            Some(bytes) => Ok(bytes.into_inner()),
            None => Ok(MAX_PAYLOAD_BYTES),
        }
    }

    fn time_limit(&self, given: Option<Spanned<u64>>) -> Result<Duration, Broken> {
        match given {
            Some(millis) if !(1..=LONGEST_LIMIT_MS).contains(millis.get_ref()) => {
                Err(self.broken(&millis, format!("must be 1 to {LONGEST_LIMIT_MS}")))
            }
            Some(millis) => Ok(Duration::from_millis(millis.into_inner())),
            None => Ok(TIME_LIMIT),
        }
    }

    fn rules(&self, tables: Vec<RuleTable>) -> Result<Vec<Rule>, Broken> {
        let mut rules: Vec<Rule> = Vec::with_capacity(tables.len());
        for table in tables {
            let name = table.name.get_ref();
            if rules.len() == MOST_RULES {
                return Err(self.broken(&table.name, format!("is more than {MOST_RULES} rules")));
            }
            if name.trim().is_empty() || name.len() > 100 {
                return Err(self.broken(&table.name, "must have 1 to 100 bytes"));
            }
            if rules.iter().any(|rule| rule.name == *name) {
                return Err(self.broken(&table.name, "is that of another rule"));
            }
            let types = self.patterns(&table.types)?;
            let rule = Rule::read(name.clone(), types, table.when.get_ref(), table.action);
            rules.push(rule.map_err(|message| self.broken(&table.when, message))?);
        }
        Ok(rules)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_said_is_as_always() {
        let filter = read("").unwrap();
        assert_eq!(filter.max_payload_bytes, 1_048_576);
        assert_eq!(filter.required_fields, ["id", "type", "time"]);
        assert!(filter.allowed_types.is_empty() && filter.rules.is_empty());
        assert_eq!(filter.time_limit, TIME_LIMIT);
    }

    #[test]
    fn a_whole_file_is_read() {
        let text = r#"
            [filter]
            allowed_types = ["nova.content.*", "nova.feed.v1.FeedUpdated"]
            required_fields = ["id", "data.post_id"]
            max_payload_bytes = 1000
            rule_time_limit_ms = 5

            [[rules]]
            name = "no reels"
            types = ["nova.content.*"]
            when = "data.type == 'POST_TYPE_REEL'"
            action = "drop"
        "#;
        let filter = read(text).unwrap();
        assert_eq!(filter.allowed_types.len(), 2);
        assert_eq!(filter.required_fields, ["id", "data.post_id"]);
        assert_eq!(filter.max_payload_bytes, 1_000);
        assert_eq!(filter.time_limit, Duration::from_millis(5));
        let [rule] = &filter.rules[..] else { panic!() };
        assert_eq!(
            (rule.name.as_str(), rule.action),
            ("no reels", Action::Drop)
        );
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        let rule = "[[rules]]\nname = \"a\"\nwhen = \"true\"\naction = \"drop\"\n";
        for (text, line, field) in [
            ("[filter]\nallowed = 1".to_owned(), 2, "allowed"),
            ("[filtre]".to_owned(), 1, "[filtre]"),
            (
                "[filter]\n\nmax_payload_bytes = \"x\"".to_owned(),
                3,
                "max_payload_bytes",
            ),
            (
                "[filter]\nmax_payload_bytes = 0".to_owned(),
                2,
                "max_payload_bytes",
            ),
            (
                "[filter]\nallowed_types = [\"a*\"]".to_owned(),
                2,
                "allowed_types",
            ),
            (
                "[filter]\nallowed_types = []".to_owned(),
                2,
                "allowed_types",
            ),
            (
                "[filter]\nrequired_fields = [\"user\"]".to_owned(),
                2,
                "required_fields",
            ),
            (
                "[filter]\nrule_time_limit_ms = 5000".to_owned(),
                2,
                "rule_time_limit_ms",
            ),
            (rule.replace("drop", "shout"), 4, "action"),
            (rule.replace("true", "dat.x"), 3, "when"),
            (rule.replace("true", "1 +"), 3, "when"),
            (rule.replace("\"a\"", "\"\""), 2, "name"),
            (rule.replace("action", "then"), 4, "then"),
            (format!("{rule}{rule}"), 6, "name"),
            ("[filter".to_owned(), 1, "[filter"),
        ] {
            let broken = read(&text).unwrap_err();
            assert_eq!(
                (broken.line, broken.field.as_str()),
                (line, field),
                "{text}: {broken}"
            );
        }
        assert!(read(&rule.replace("when = \"true\"\n", "")).is_err());
    }
}
