//! How the text of a setting becomes a value.

use std::borrow::Cow;
use std::fmt;
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::time::Duration;

use url::Url;

/// A value that can be read from the text of an environment variable.
pub trait Setting: Sized {
    /// What the text should be, with its article: `a whole number`.
    const EXPECTS: &'static str;

    /// The value, or none if the text is not one.
    fn parse(text: &str) -> Option<Self>;

    /// The text as it may be shown to people and written to logs.
    #[must_use]
    fn shown(text: &str) -> Cow<'_, str> {
        Cow::Borrowed(text)
    }
}

/// A text that is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// A secret with this text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, to hand to what needs it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl Setting for Secret {
    const EXPECTS: &'static str = "a text";

    fn parse(text: &str) -> Option<Self> {
        Some(Self(text.to_owned()))
    }

    fn shown(_: &str) -> Cow<'_, str> {
        Cow::Borrowed("***")
    }
}

/// Something that is on or off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Switch {
    /// `on`
    On,
    /// `off`
    Off,
}

impl Switch {
    /// Whether it is on.
    #[must_use]
    pub const fn is_on(self) -> bool {
        matches!(self, Self::On)
    }
}

impl Setting for Switch {
    const EXPECTS: &'static str = "on or off";

    fn parse(text: &str) -> Option<Self> {
        match text {
            "on" => Some(Self::On),
            "off" => Some(Self::Off),
            _ => None,
        }
    }
}

impl Setting for String {
    const EXPECTS: &'static str = "a text";

    fn parse(text: &str) -> Option<Self> {
        Some(text.to_owned())
    }
}

macro_rules! parsed {
    ($($type:ty: $expects:literal;)*) => {$(
        impl Setting for $type {
            const EXPECTS: &'static str = $expects;

            fn parse(text: &str) -> Option<Self> {
                text.parse().ok()
            }
        }
    )*};
}

parsed! {
    u16: "a whole number from 0 to 65535";
    u32: "a whole number from 0 to 4294967295";
    u64: "a whole number";
    usize: "a whole number";
    NonZeroUsize: "a whole number, at least 1";
    SocketAddr: "an address such as 127.0.0.1:8080";
}

impl Setting for Url {
    const EXPECTS: &'static str = "a URL";

    fn parse(text: &str) -> Option<Self> {
        Self::parse(text).ok()
    }

    fn shown(text: &str) -> Cow<'_, str> {
        // What is not a URL may still hold a password.
        let Ok(mut url) = Self::parse(text) else {
            return Cow::Borrowed("***");
        };
        match url.password() {
            None => Cow::Borrowed(text),
            Some(_) => match url.set_password(Some("***")) {
                Ok(()) => Cow::Owned(url.into()),
                Err(()) => Cow::Borrowed("***"),
            },
        }
    }
}

impl Setting for Duration {
    const EXPECTS: &'static str = "a duration such as 30s or 15m";

    fn parse(text: &str) -> Option<Self> {
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let (number, unit) = text.split_at(digits);
        let number: u64 = number.parse().ok()?;
        let seconds = match unit {
            "ms" => return Some(Self::from_millis(number)),
            "s" => 1,
            "m" => 60,
            "h" => 3_600,
            "d" => 86_400,
            _ => return None,
        };
        number.checked_mul(seconds).map(Self::from_secs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_a_number_and_a_unit() {
        let read = |text| <Duration as Setting>::parse(text);
        assert_eq!(read("200ms"), Some(Duration::from_millis(200)));
        assert_eq!(read("30s"), Some(Duration::from_secs(30)));
        assert_eq!(read("15m"), Some(Duration::from_secs(900)));
        assert_eq!(read("24h"), Some(Duration::from_secs(86_400)));
        assert_eq!(read("30d"), Some(Duration::from_secs(2_592_000)));
        for wrong in [
            "",
            "s",
            "30",
            "-1s",
            "1.5s",
            "30 s",
            "30S",
            "99999999999999999999s",
        ] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
        assert_eq!(read(&format!("{}d", u64::MAX)), None);
    }

    #[test]
    fn switches_are_on_or_off_and_nothing_else() {
        assert_eq!(Switch::parse("on"), Some(Switch::On));
        assert_eq!(Switch::parse("off"), Some(Switch::Off));
        assert_eq!(Switch::parse("true"), None);
    }

    #[test]
    fn secrets_are_never_shown() {
        assert_eq!(format!("{0} {0:?}", Secret::new("hush")), "*** ***");
        assert_eq!(Url::shown("not a url: hush"), "***");
        assert_eq!(Url::shown("redis://:hush@host/0"), "redis://:***@host/0");
        assert_eq!(Url::shown("redis://host/0"), "redis://host/0");
    }
}
