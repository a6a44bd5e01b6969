//! How WebP writes width and height: RFC 9649 sections 2.5 to 2.7, RFC 6386 section 9.1.

/// Of a canvas, and of a frame of an animation: three bytes each, one less than it is.
pub(crate) const fn of_canvas([w, v, u, h, g, f]: [u8; 6]) -> (u32, u32) {
    (
        u32::from_le_bytes([w, v, u, 0]) + 1,
        u32::from_le_bytes([h, g, f, 0]) + 1,
    )
}

/// Of a lossless picture, behind its signature: 14 bits each, one less than it is.
pub(crate) const fn of_lossless(bytes: [u8; 4]) -> (u32, u32) {
    let bits = u32::from_le_bytes(bytes);
    ((bits & 0x3fff) + 1, (bits >> 14 & 0x3fff) + 1)
}

/// Of a lossy picture, behind its start code: 14 bits of two bytes each.
pub(crate) const fn of_lossy([w, v, h, g]: [u8; 4]) -> (u32, u32) {
    (
        u32::from_le_bytes([w, v, 0, 0]) & 0x3fff,
        u32::from_le_bytes([h, g, 0, 0]) & 0x3fff,
    )
}
