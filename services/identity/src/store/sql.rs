//! Conditions that are part of several statements.

/// The user has not left, and no block hides the user from the viewer, or the viewer from the user. From a viewer that
/// is null none is hidden by a block.
///
/// OFFSET keeps Postgres from making a join of it: it would read all who block the viewer, who may be very many, to find
/// the few of a page.
macro_rules! seen {
    ($user:literal by $viewer:literal) => {
        concat!(
            "EXISTS (SELECT FROM users AS account WHERE account.gone_since IS NULL AND account.id = ",
            $user,
            " OFFSET 0) AND NOT EXISTS (SELECT FROM blocks WHERE active AND user_id = ",
            $viewer,
            " AND other_id = ",
            $user,
            " OFFSET 0) AND NOT EXISTS (SELECT FROM blocks WHERE active AND user_id = ",
            $user,
            " AND other_id = ",
            $viewer,
            " OFFSET 0)"
        )
    };
}

/// The key of the lock of two users, whichever is named first: see [`super::pairs::lock`]. Other pairs, and other locks
/// of the database, have it with a chance of 1 to 2^64, and wait for nothing then.
macro_rules! key_of_pair {
    ($one:literal, $other:literal) => {
        concat!(
            "uuid_hash_extended(least(",
            $one,
            ", ",
            $other,
            "), uuid_hash_extended(greatest(",
            $one,
            ", ",
            $other,
            "), 0))"
        )
    };
}

/// What names of `retired_usernames` are kept as: the same in whatever case.
macro_rules! username_hash {
    ($username:literal) => {
        concat!(
            "sha256(convert_to(lower(",
            $username,
            " COLLATE \"C\"), 'UTF8'))"
        )
    };
}

pub(super) use {key_of_pair, seen, username_hash};
