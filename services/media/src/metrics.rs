//! Every metric of media.

use std::time::Duration;

use metrics::{counter, describe_counter, describe_gauge, gauge};

const UPLOADS: &str = "nova_media_uploads_total";
const BYTES: &str = "nova_media_uploaded_bytes_total";
const READ: &str = "nova_media_read_total";
const POSTERS: &str = "nova_media_posters_total";
const WAITING: &str = "nova_media_waiting";
const AGE: &str = "nova_media_oldest_age_seconds";

/// Says what each metric is.
pub(crate) fn describe() {
    describe_counter!(UPLOADS, "files that came whole");
    describe_counter!(BYTES, "bytes of files that came whole");
    describe_counter!(
        READ,
        "media that were read, by what they are and what became of them"
    );
    describe_counter!(
        POSTERS,
        "videos of which a picture was to be taken, by outcome"
    );
    describe_gauge!(
        WAITING,
        "media that are to be read, and folders of the store that are to be removed"
    );
    describe_gauge!(AGE, "for how long the first of them has waited");
}

/// A file has come whole.
pub(crate) fn uploaded(bytes: u64) {
    counter!(UPLOADS).increment(1);
    counter!(BYTES).increment(bytes);
}

/// A medium was read: `kind` is `image`, `video`, `audio`, or `unknown` when that was not to be told.
pub(crate) fn read(kind: &'static str, is_ready: bool) {
    let outcome = if is_ready { "ready" } else { "failed" };
    counter!(READ, "kind" => kind, "outcome" => outcome).increment(1);
}

/// A picture of a video was to be taken.
pub(crate) fn poster(is_taken: bool) {
    let outcome = if is_taken { "taken" } else { "none" };
    counter!(POSTERS, "outcome" => outcome).increment(1);
}

/// How many wait `for` something, and for how long the first of them has.
pub(crate) fn waiting(what: &'static str, count: i64, age: Duration) {
    gauge!(WAITING, "for" => what).set(count as f64);
    gauge!(AGE, "for" => what).set(age.as_secs_f64());
}
