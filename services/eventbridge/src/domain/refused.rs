//! Why an event is passed over.

/// Why an event goes to nobody. It is counted and passed over: nothing waits for it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// No header names its type.
    #[error("it has no type")]
    NoType,
    /// The catalogue does not know its type.
    #[error("its type is not known")]
    UnknownType,
    /// It is a tombstone.
    #[error("it has no payload")]
    NoPayload,
    /// Its payload is not what its type says.
    #[error("its payload cannot be read")]
    Undecodable,
    /// The filter does not name its type.
    #[error("its type is not allowed")]
    TypeNotAllowed,
    /// Its payload is larger than the filter allows.
    #[error("its payload is too large")]
    PayloadTooLarge,
    /// It lacks this field, which the filter requires.
    #[error("it has no {0}")]
    MissingField(String),
    /// The rule of this name drops it.
    #[error("rule {0} drops it")]
    Rule(String),
    /// The rule of this name could not be told: what it asks for is not there, or not what it takes it for.
    #[error("rule {0} failed")]
    RuleFailed(String),
    /// The rule of this name took too long.
    #[error("rule {0} took too long")]
    RuleTimeout(String),
    /// It reaches nobody: its type does not, or it names none of those that it would.
    #[error("it reaches nobody")]
    Nobody,
}

impl Refused {
    /// A stable word for metrics.
    #[must_use]
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::NoType => "no_type",
            Self::UnknownType => "unknown_type",
            Self::NoPayload => "no_payload",
            Self::Undecodable => "undecodable",
            Self::TypeNotAllowed => "type_not_allowed",
            Self::PayloadTooLarge => "payload_too_large",
            Self::MissingField(_) => "missing_field",
            Self::Rule(_) => "rule",
            Self::RuleFailed(_) => "rule_failed",
            Self::RuleTimeout(_) => "rule_timeout",
            Self::Nobody => "nobody",
        }
    }
}
