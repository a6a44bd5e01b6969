//! Every metric of identity.

use metrics::{counter, describe_counter};

const REGISTRATIONS: &str = "nova_identity_registrations_total";
const SIGN_INS: &str = "nova_identity_sign_ins_total";
const PASSWORD_CHANGES: &str = "nova_identity_password_changes_total";
const PASSWORD_RESETS: &str = "nova_identity_password_resets_total";
const MAILS: &str = "nova_identity_mails_total";
const REUSES: &str = "nova_identity_refresh_token_reuses_total";

/// Says what each metric is.
pub(crate) fn describe() {
    describe_counter!(REGISTRATIONS, "users who registered");
    describe_counter!(SIGN_INS, "attempts to sign in with a password, by outcome");
    describe_counter!(
        PASSWORD_CHANGES,
        "attempts to change a password, by outcome"
    );
    describe_counter!(
        PASSWORD_RESETS,
        "attempts to choose another password with a token out of a mail, by outcome"
    );
    describe_counter!(
        MAILS,
        "attempts to hand over a mail, by purpose and outcome"
    );
    describe_counter!(
        REUSES,
        "sessions that were ended because a refresh token was used twice"
    );
}

/// How an attempt with a password ended.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Attempt {
    /// The password was right.
    Accepted,
    /// The account is not there or the password was wrong.
    Refused,
    /// Too many attempts.
    Throttled,
}

/// Counts a user who registered.
pub(crate) fn registered() {
    counter!(REGISTRATIONS).increment(1);
}

impl Attempt {
    /// The word used in metrics.
    const fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Refused => "refused",
            Self::Throttled => "throttled",
        }
    }
}

/// Counts an attempt to sign in.
pub(crate) fn signed_in(outcome: Attempt) {
    counter!(SIGN_INS, "outcome" => outcome.as_str()).increment(1);
}

/// Counts an attempt to change a password.
pub(crate) fn password_changed(outcome: Attempt) {
    counter!(PASSWORD_CHANGES, "outcome" => outcome.as_str()).increment(1);
}

/// Counts an attempt to choose another password with a token out of a mail.
pub(crate) fn password_reset(outcome: Attempt) {
    counter!(PASSWORD_RESETS, "outcome" => outcome.as_str()).increment(1);
}

/// Counts an attempt to hand over a mail.
pub(crate) fn mail_sent(purpose: &'static str, is_sent: bool) {
    let outcome = if is_sent { "sent" } else { "failed" };
    counter!(MAILS, "purpose" => purpose, "outcome" => outcome).increment(1);
}

/// Counts a session that was ended for a refresh token used twice.
pub(crate) fn refresh_token_reused() {
    counter!(REUSES).increment(1);
}
