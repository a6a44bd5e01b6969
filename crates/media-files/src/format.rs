//! The formats that are taken.

/// What is taken, for people.
pub(crate) const TAKEN: &str = "JPEG, PNG, GIF, WebP; MP4, MOV, WebM; MP3, OGG, WAV";

/// A format that is taken. The bytes decide which one it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names of the formats say it")]
pub enum Format {
    Jpeg,
    Png,
    Gif,
    WebP,
    Mp4,
    Mov,
    WebM,
    Mp3,
    Ogg,
    Wav,
}

/// What a format shows or plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A picture, which may move.
    Image,
    /// A video, with sound or without.
    Video,
    /// Sound.
    Audio,
}

impl Format {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Jpeg,
        Self::Png,
        Self::Gif,
        Self::WebP,
        Self::Mp4,
        Self::Mov,
        Self::WebM,
        Self::Mp3,
        Self::Ogg,
        Self::Wav,
    ];

    /// What it shows or plays.
    #[must_use]
    pub const fn kind(self) -> Kind {
        match self {
            Self::Jpeg | Self::Png | Self::Gif | Self::WebP => Kind::Image,
            Self::Mp4 | Self::Mov | Self::WebM => Kind::Video,
            Self::Mp3 | Self::Ogg | Self::Wav => Kind::Audio,
        }
    }

    /// The media type as IANA registers it; WAV has none there, and browsers know it by this one.
    #[must_use]
    pub const fn mime_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Gif => "image/gif",
            Self::WebP => "image/webp",
            Self::Mp4 => "video/mp4",
            Self::Mov => "video/quicktime",
            Self::WebM => "video/webm",
            Self::Mp3 => "audio/mpeg",
            Self::Ogg => "audio/ogg",
            Self::Wav => "audio/wav",
        }
    }

    /// How a file's name ends, without the dot.
    #[must_use]
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::Png => "png",
            Self::Gif => "gif",
            Self::WebP => "webp",
            Self::Mp4 => "mp4",
            Self::Mov => "mov",
            Self::WebM => "webm",
            Self::Mp3 => "mp3",
            Self::Ogg => "ogg",
            Self::Wav => "wav",
        }
    }
}
