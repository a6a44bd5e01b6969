//! The user that Postgres runs as: it refuses to be run by root.

use std::fs;

use anyhow::Context;

/// A user of this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Account {
    pub(super) name: String,
    pub(super) uid: u32,
    pub(super) gid: u32,
}

/// Whom to run Postgres as: `None` (ourselves) unless we are root.
pub(super) fn for_postgres() -> anyhow::Result<Option<Account>> {
    if !rustix::process::geteuid().is_root() {
        return Ok(None);
    }
    let users = fs::read_to_string("/etc/passwd").context("could not read /etc/passwd")?;
    let found = find(&users, "postgres").or_else(|| find(&users, "nobody"));
    found
        .map(Some)
        .context("Postgres refuses to run as root, and there is neither a user postgres nor nobody")
}

fn find(users: &str, name: &str) -> Option<Account> {
    users.lines().find_map(|line| {
        let mut fields = line.split(':');
        if fields.next()? != name {
            return None;
        }
        let uid = fields.nth(1)?.parse().ok()?;
        let gid = fields.next()?.parse().ok()?;
        (uid != 0).then(|| Account {
            name: name.to_owned(),
            uid,
            gid,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_found_by_its_whole_name_and_is_never_root() {
        let users = "root:x:0:0::/root:/bin/sh\nnobody2:x:7:7:::\nnobody:x:65534:65533:nobody:/:/bin/false\n";
        let nobody = Account {
            name: "nobody".to_owned(),
            uid: 65_534,
            gid: 65_533,
        };
        assert_eq!(find(users, "nobody"), Some(nobody));
        assert_eq!(find(users, "root"), None);
        assert_eq!(find(users, "postgres"), None);
    }
}
