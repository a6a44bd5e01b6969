//! From where a session is used.

use std::fmt;
use std::net::IpAddr;

use super::profile::steers;

/// Most characters that are kept of what a client calls itself. Browsers use some 150.
const MAX_USER_AGENT_LENGTH: usize = 256;

/// From where, and with what, a session was used. Of sessions from before this was kept, neither is known.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Device {
    /// The client's address.
    pub address: Option<String>,
    /// What the client calls itself, for the owner of the session to know it by. Anybody can say anything.
    pub user_agent: Option<String>,
}

impl Device {
    /// A client at that address that calls itself that. What steers the line or the terminal is left out, and what is
    /// too long cut off.
    #[must_use]
    pub fn seen(address: IpAddr, user_agent: Option<&[u8]>) -> Self {
        let shown = String::from_utf8_lossy(user_agent.unwrap_or_default());
        let shown: String = shown
            .chars()
            .filter(|character| !steers(*character))
            .skip_while(|character| character.is_whitespace())
            .take(MAX_USER_AGENT_LENGTH)
            .collect();
        let shown = shown.trim_end();
        Self {
            address: Some(address.to_string()),
            user_agent: (!shown.is_empty()).then(|| shown.to_owned()),
        }
    }
}

/// Personal data: it shows itself to nobody by accident.
impl fmt::Debug for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Device(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(user_agent: &[u8]) -> Option<String> {
        Device::seen([192, 0, 2, 1].into(), Some(user_agent)).user_agent
    }

    #[test]
    fn what_a_client_calls_itself_is_one_short_line() {
        assert_eq!(shown(b"curl/8.0").as_deref(), Some("curl/8.0"));
        assert_eq!(
            shown(" a\0b\tc\u{1b}[2J\u{85}\u{202e} ".as_bytes()).as_deref(),
            Some("abc[2J")
        );
        assert_eq!(shown(b"\xff\xfe").as_deref(), Some("\u{fffd}\u{fffd}"));
        let long = shown("ö".repeat(10_000).as_bytes()).unwrap();
        assert_eq!(long.chars().count(), 256);
        for nothing in ["", "  ", "\u{7}\t"] {
            assert_eq!(shown(nothing.as_bytes()), None, "{nothing:?}");
        }
    }

    #[test]
    fn an_address_is_kept_and_not_printed() {
        let device = Device::seen("2001:db8::1".parse().unwrap(), None);
        assert_eq!(device.address.as_deref(), Some("2001:db8::1"));
        assert_eq!(device.user_agent, None);
        assert_eq!(format!("{device:?}"), "Device(***)");
    }
}
