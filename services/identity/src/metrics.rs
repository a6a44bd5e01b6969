//! Every metric of identity.

use metrics::{counter, describe_counter};

const REGISTRATIONS: &str = "nova_identity_registrations_total";
const SIGN_INS: &str = "nova_identity_sign_ins_total";
const REUSES: &str = "nova_identity_refresh_token_reuses_total";

/// Says what each metric is.
pub(crate) fn describe() {
    describe_counter!(REGISTRATIONS, "users who registered");
    describe_counter!(SIGN_INS, "attempts to sign in with a password, by outcome");
    describe_counter!(
        REUSES,
        "sessions that were ended because a refresh token was used twice"
    );
}

/// How an attempt to sign in ended.
#[derive(Debug, Clone, Copy)]
pub(crate) enum SignIn {
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

/// Counts an attempt to sign in.
pub(crate) fn signed_in(outcome: SignIn) {
    let outcome = match outcome {
        SignIn::Accepted => "accepted",
        SignIn::Refused => "refused",
        SignIn::Throttled => "throttled",
    };
    counter!(SIGN_INS, "outcome" => outcome).increment(1);
}

/// Counts a session that was ended for a refresh token used twice.
pub(crate) fn refresh_token_reused() {
    counter!(REUSES).increment(1);
}
