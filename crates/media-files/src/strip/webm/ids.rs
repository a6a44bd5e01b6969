//! The elements that are known by name: RFC 9559 section 5.1.

pub(super) const EBML: u32 = 0x1a45_dfa3;
pub(super) const SEGMENT: u32 = 0x1853_8067;
pub(super) const SEEK_HEAD: u32 = 0x114d_9b74;
pub(super) const SEEK: u32 = 0x4dbb;
pub(super) const SEEK_ID: u32 = 0x53ab;
pub(super) const INFO: u32 = 0x1549_a966;
pub(super) const TIMESTAMP_SCALE: u32 = 0x002a_d7b1;
pub(super) const DURATION: u32 = 0x4489;
pub(super) const MUXING_APP: u32 = 0x4d80;
pub(super) const WRITING_APP: u32 = 0x5741;
pub(super) const TRACKS: u32 = 0x1654_ae6b;
pub(super) const TRACK_ENTRY: u32 = 0xae;
pub(super) const TRACK_NUMBER: u32 = 0xd7;
pub(super) const TRACK_TYPE: u32 = 0x83;
pub(super) const DEFAULT_DURATION: u32 = 0x0023_e383;
pub(super) const CODEC_ID: u32 = 0x86;
pub(super) const CODEC_PRIVATE: u32 = 0x63a2;
pub(super) const VIDEO: u32 = 0xe0;
pub(super) const PIXEL_WIDTH: u32 = 0xb0;
pub(super) const PIXEL_HEIGHT: u32 = 0xba;
pub(super) const DISPLAY_WIDTH: u32 = 0x54b0;
pub(super) const DISPLAY_HEIGHT: u32 = 0x54ba;
pub(super) const DISPLAY_UNIT: u32 = 0x54b2;
pub(super) const PROJECTION: u32 = 0x7670;
pub(super) const ROLL: u32 = 0x7675;
pub(super) const CLUSTER: u32 = 0x1f43_b675;
pub(super) const TIMESTAMP: u32 = 0xe7;
pub(super) const SIMPLE_BLOCK: u32 = 0xa3;
pub(super) const BLOCK_GROUP: u32 = 0xa0;
pub(super) const BLOCK: u32 = 0xa1;
pub(super) const BLOCK_DURATION: u32 = 0x9b;
pub(super) const CUES: u32 = 0x1c53_bb6b;
const TAGS: u32 = 0x1254_c367;
const ATTACHMENTS: u32 = 0x1941_a469;
const CHAPTERS: u32 = 0x1043_a770;

/// Those that can only be in the segment itself, so that a cluster of unknown length ends before them.
pub(super) const fn is_top_level(id: u32) -> bool {
    matches!(
        id,
        SEEK_HEAD | INFO | TRACKS | CLUSTER | CUES | TAGS | ATTACHMENTS | CHAPTERS
    )
}

/// Those in which others are looked for.
pub(super) const fn is_master(id: u32) -> bool {
    matches!(
        id,
        INFO | TRACKS | VIDEO | PROJECTION | CUES | BLOCK_GROUP
            | 0xe1   // Audio
            | 0x55b0 // Colour
            | 0x55d0 // MasteringMetadata
            | 0xbb   // CuePoint
            | 0xb7   // CueTrackPositions
            | 0x75a1 // BlockAdditions
            | 0xa6   // BlockMore
            | 0x41e4 // BlockAdditionMapping
    )
}

/// Those that say how to play it, and nothing else.
pub(super) const fn is_kept(id: u32) -> bool {
    is_kept_of_file(id) || is_kept_of_track(id) || is_kept_of_picture(id) || is_kept_of_cluster(id)
}

const fn is_kept_of_file(id: u32) -> bool {
    matches!(
        id,
        // Versions and lengths of EBML, and the kind of document.
        0x4286 | 0x42f7 | 0x42f2 | 0x42f3 | 0x4282 | 0x4287 | 0x4285
            | TIMESTAMP_SCALE
            | DURATION
            // CueTime, CueTrack, CueClusterPosition, CueRelativePosition, CueDuration, CueBlockNumber
            | 0xb3 | 0xf7 | 0xf1 | 0xf0 | 0xb2 | 0x5378
    )
}

const fn is_kept_of_track(id: u32) -> bool {
    matches!(
        id,
        TRACK_NUMBER | TRACK_TYPE | DEFAULT_DURATION | CODEC_ID
            | 0x73c5 // TrackUID
            | 0xb9 | 0x88 | 0x55aa | 0x9c // FlagEnabled, FlagDefault, FlagForced, FlagLacing
            | 0x6de7 | 0x6df8 // MinCache, MaxCache
            | 0x0023_314f // TrackTimestampScale
            | 0x55ee // MaxBlockAdditionID
            | 0x41f0 | 0x41e7 // BlockAddIDValue, BlockAddIDType
            | 0x0022_b59c | 0x0022_b59d // Language
            | 0x56aa | 0x56bb // CodecDelay, SeekPreRoll
            // SamplingFrequency, OutputSamplingFrequency, Channels, BitDepth
            | 0xb5 | 0x78b5 | 0x9f | 0x6264
    )
}

const fn is_kept_of_picture(id: u32) -> bool {
    matches!(
        id,
        PIXEL_WIDTH | PIXEL_HEIGHT | DISPLAY_WIDTH | DISPLAY_HEIGHT | DISPLAY_UNIT
            | 0x9a | 0x9d // FlagInterlaced, FieldOrder
            | 0x53b8 | 0x53c0 // StereoMode, AlphaMode
            | 0x54aa | 0x54bb | 0x54cc | 0x54dd // PixelCrop
            | 0x54b3 // AspectRatioType
            | 0x55b1..=0x55bd // Colour
            | 0x55d1..=0x55da // MasteringMetadata
            | 0x7671..=0x7675 // Projection
    )
}

const fn is_kept_of_cluster(id: u32) -> bool {
    matches!(
        id,
        TIMESTAMP | SIMPLE_BLOCK | BLOCK | BLOCK_DURATION
            | 0xa7 | 0xab // Position, PrevSize
            | 0xfb | 0xfa // ReferenceBlock, ReferencePriority
            | 0x75a2 // DiscardPadding
            | 0xee | 0xa5 // BlockAddID, BlockAdditional: transparency among them
    )
}
