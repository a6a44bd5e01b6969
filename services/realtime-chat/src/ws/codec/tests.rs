//! The cases of the Autobahn test suite, over raw bytes: framing, pings, reserved bits, opcodes, fragmentation, UTF-8 and
//! closing. Each is read whole, byte by byte, and cut at every place.

use super::*;
use crate::domain::connection::Close;

const LIMIT: usize = 64 * 1024;

/// What comes of some bytes: messages, and how it ended if it failed.
type Outcome = (Vec<Message>, Option<u16>);

fn read(pieces: &[&[u8]]) -> Outcome {
    let mut decoder = Decoder::new(LIMIT);
    let mut messages = Vec::new();
    for piece in pieces {
        let mut bytes = *piece;
        loop {
            match decoder.take(&mut bytes) {
                Ok(Some(message)) => messages.push(message),
                Ok(None) => break,
                Err(close) => return (messages, Some(close.code)),
            }
        }
    }
    (messages, None)
}

/// However the bytes are cut, the same comes of them.
fn outcome(bytes: &[u8]) -> Outcome {
    let whole = read(&[bytes]);
    let each: Vec<&[u8]> = bytes.chunks(1).collect();
    assert_eq!(read(&each), whole, "byte by byte");
    for cut in 0..bytes.len().min(300) {
        let (first, second) = bytes.split_at(cut);
        assert_eq!(read(&[first, second]), whole, "cut at {cut}");
    }
    whole
}

const MASK: [u8; 4] = [0x37, 0xFA, 0x21, 0x3D];

/// A frame of a client: the first byte as it is, the payload masked.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![first];
    match payload.len() {
        short @ 0..=125 => bytes.push(0x80 | short as u8),
        medium @ 126..=0xFFFF => {
            bytes.push(0x80 | 126);
            bytes.extend((medium as u16).to_be_bytes());
        }
        long => {
            bytes.push(0x80 | 127);
            bytes.extend((long as u64).to_be_bytes());
        }
    }
    bytes.extend(MASK);
    bytes.extend(
        payload
            .iter()
            .zip(MASK.iter().cycle())
            .map(|(byte, mask)| byte ^ mask),
    );
    bytes
}

fn text(bytes: &[u8]) -> Message {
    Message::Text(bytes.to_vec())
}

#[test]
fn framing_every_length_is_read() {
    for length in [0, 1, 125, 126, 127, 128, 65_535, 65_536] {
        let payload = vec![b'*'; length];
        assert_eq!(
            read(&[&frame(0x81, &payload)]),
            (vec![text(&payload)], None)
        );
        let binary = Message::Binary(vec![0xFE; length]);
        assert_eq!(
            read(&[&frame(0x82, &vec![0xFE; length])]),
            (vec![binary], None)
        );
    }
    let hello = [
        0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58,
    ];
    assert_eq!(outcome(&hello), (vec![text(b"Hello")], None));
}

#[test]
fn framing_what_is_too_long_is_refused_by_its_head() {
    for head in [
        &[0x81, 0xFF, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0][..],
        &[
            0x82, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0,
        ],
    ] {
        assert_eq!(outcome(head), (vec![], Some(1009)));
    }
    let mut parts = frame(0x01, &vec![b'a'; LIMIT]);
    parts.extend(frame(0x80, b"b"));
    assert_eq!(read(&[&parts]), (vec![], Some(1009)));
}

#[test]
fn framing_lengths_take_the_shortest_form_and_masks_are_needed() {
    for bytes in [
        // 125 in two bytes, 65535 in eight, the highest bit set.
        &[0x81, 0xFE, 0, 125, 0, 0, 0, 0][..],
        &[0x81, 0xFF, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 0, 0, 0, 0],
        &[0x81, 0xFF, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        // Without a mask: a text, a ping, a close.
        &[0x81, 0x05, b'H', b'e', b'l', b'l', b'o'],
        &[0x89, 0x00],
        &[0x88, 0x02, 0x03, 0xE8],
    ] {
        assert_eq!(outcome(bytes), (vec![], Some(1002)), "{bytes:?}");
    }
}

#[test]
fn pings_and_pongs() {
    assert_eq!(
        outcome(&frame(0x89, b"")),
        (vec![Message::Ping(vec![])], None)
    );
    let payload = [0x00, 0xFF, 0xFE, 0xFD];
    assert_eq!(
        outcome(&frame(0x89, &payload)),
        (vec![Message::Ping(payload.to_vec())], None)
    );
    let most = vec![0xFE; 125];
    assert_eq!(
        read(&[&frame(0x89, &most)]),
        (vec![Message::Ping(most)], None)
    );
    assert_eq!(outcome(&frame(0x89, &[0; 126])), (vec![], Some(1002)));
    assert_eq!(
        outcome(&frame(0x8A, b"unasked")),
        (vec![Message::Pong], None)
    );
    let ten: Vec<u8> = (0..10).flat_map(|number| frame(0x89, &[number])).collect();
    assert_eq!(outcome(&ten).0.len(), 10);
}

#[test]
fn reserved_bits_and_opcodes_are_refused() {
    for first in [
        0x91, 0xA1, 0xB1, 0xC1, 0xD1, 0xE1, 0xF1, 0xC9, 0xF8, // bits
        0x83, 0x84, 0x85, 0x86, 0x87, 0x8B, 0x8C, 0x8D, 0x8E, 0x8F, // opcodes
    ] {
        assert_eq!(
            outcome(&frame(first, b"")),
            (vec![], Some(1002)),
            "{first:#x}"
        );
        // What came before is read; what comes after is not.
        let bytes = [frame(0x81, b"a"), frame(first, b"x"), frame(0x81, b"b")].concat();
        assert_eq!(
            outcome(&bytes),
            (vec![text(b"a")], Some(1002)),
            "{first:#x}"
        );
    }
}

#[test]
fn fragments_are_put_together() {
    let two = [frame(0x01, b"frag"), frame(0x80, b"ment")].concat();
    assert_eq!(outcome(&two), (vec![text(b"fragment")], None));
    let with_a_ping = [
        frame(0x01, b"frag"),
        frame(0x89, b"p"),
        frame(0x80, b"ment"),
    ]
    .concat();
    let expected = vec![Message::Ping(b"p".to_vec()), text(b"fragment")];
    assert_eq!(outcome(&with_a_ping), (expected, None));
    let empty = [frame(0x01, b""), frame(0x00, b""), frame(0x80, b"")].concat();
    assert_eq!(outcome(&empty), (vec![text(b"")], None));
    let binary = [frame(0x02, &[0xFF]), frame(0x80, &[0xFE])].concat();
    assert_eq!(
        outcome(&binary),
        (vec![Message::Binary(vec![0xFF, 0xFE])], None)
    );
}

#[test]
fn fragments_that_do_not_fit_are_refused() {
    for bytes in [
        // A ping, a pong, a close in fragments; a beginning in the middle; a middle without a beginning.
        frame(0x09, b"a"),
        frame(0x0A, b""),
        frame(0x08, b""),
        [frame(0x01, b"a"), frame(0x81, b"b")].concat(),
        [frame(0x01, b"a"), frame(0x02, b"b")].concat(),
        frame(0x80, b"a"),
        frame(0x00, b"a"),
    ] {
        assert_eq!(outcome(&bytes), (vec![], Some(1002)), "{bytes:?}");
    }
    let after = [frame(0x81, b"a"), frame(0x80, b"b")].concat();
    assert_eq!(outcome(&after), (vec![text(b"a")], Some(1002)));
}

#[test]
fn fragments_without_end_are_refused() {
    let mut bytes = frame(0x01, b"");
    for _ in 0..5_000 {
        bytes.extend(frame(0x00, b""));
    }
    assert_eq!(read(&[&bytes]), (vec![], Some(1009)));
}

#[test]
fn utf8_of_every_kind_is_read() {
    for valid in [
        &b"Hello-\xC2\xB5@\xC3\x9F\xC3\xB6\xC3\xA4\xC3\xBC\xC3\xA0\xC3\xA1-UTF-8!!"[..],
        b"\xCE\xBA\xE1\xBD\xB9\xCF\x83\xCE\xBC\xCE\xB5",
        b"\x00",
        b"\x7F\xDF\xBF\xEF\xBF\xBF\xF4\x8F\xBF\xBF",
        b"\xED\x9F\xBF\xEE\x80\x80\xEF\xBF\xBD",
    ] {
        assert_eq!(outcome(&frame(0x81, valid)), (vec![text(valid)], None));
        // Each byte in a fragment of its own, so that characters are cut.
        let mut bytes = frame(0x01, b"");
        for byte in valid {
            bytes.extend(frame(0x00, &[*byte]));
        }
        bytes.extend(frame(0x80, b""));
        assert_eq!(outcome(&bytes), (vec![text(valid)], None));
    }
}

#[test]
fn what_is_not_utf8_is_refused() {
    for invalid in [
        &b"\xCE\xBA\xED\xA0\x80edited"[..],
        b"\xF4\x90\x80\x80",
        b"\xC0\xAF",
        b"\xE0\x80\xAF",
        b"\xF8\x88\x80\x80\x80",
        b"\xFF",
        b"\xFE",
        b"\x80",
        b"a\xBF",
        b"\xED\xBF\xBF",
        // Not whole.
        b"\xCE",
        b"\xE1\xBD",
        b"\xF0\x9F\x98",
    ] {
        assert_eq!(
            outcome(&frame(0x81, invalid)),
            (vec![], Some(1007)),
            "{invalid:?}"
        );
        assert_eq!(outcome(&frame(0x82, invalid)).1, None);
    }
}

#[test]
fn utf8_fails_before_the_message_ends() {
    let mut begun = frame(0x01, b"\xCE\xBA");
    begun.extend(frame(0x00, b"\xED\xA0\x80"));
    assert_eq!(outcome(&begun), (vec![], Some(1007)));
    let whole = frame(0x81, b"\xFFabcdef");
    assert_eq!(read(&[&whole[..7]]), (vec![], Some(1007)));
}

fn closed(code: u16, reason: &[u8]) -> Vec<u8> {
    frame(0x88, &[&code.to_be_bytes()[..], reason].concat())
}

fn answered(code: u16) -> Outcome {
    let close = Close {
        code,
        reason: "".into(),
    };
    (vec![Message::Close(close)], None)
}

#[test]
fn closing_is_answered_with_the_same_code() {
    assert_eq!(outcome(&frame(0x88, b"")), answered(1000));
    for code in [
        1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999,
    ] {
        assert_eq!(outcome(&closed(code, b"bye")), answered(code), "{code}");
    }
    assert_eq!(read(&[&closed(1000, &[b'*'; 123])]), answered(1000));
    // Nothing is read behind it.
    let more = [
        closed(1000, b""),
        frame(0x81, b"late"),
        frame(0x89, b"late"),
    ]
    .concat();
    assert_eq!(outcome(&more), answered(1000));
}

#[test]
fn closing_wrongly_is_refused() {
    for code in [
        0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535,
    ] {
        assert_eq!(outcome(&closed(code, b"")), (vec![], Some(1002)), "{code}");
    }
    assert_eq!(outcome(&frame(0x88, &[3])), (vec![], Some(1002)));
    assert_eq!(read(&[&closed(1000, &[b'*'; 124])]), (vec![], Some(1002)));
    assert_eq!(
        outcome(&closed(1000, b"\xCE\xBA\xED\xA0\x80")),
        (vec![], Some(1007))
    );
}

#[test]
fn frames_of_the_server_are_whole_and_without_a_mask() {
    for (length, head) in [
        (5, vec![0x81, 5]),
        (126, vec![0x81, 126, 0, 126]),
        (65_535, vec![0x81, 126, 0xFF, 0xFF]),
        (65_536, vec![0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0]),
    ] {
        let mut out = Vec::new();
        write(&mut out, Opcode::Text, &vec![b'x'; length]);
        assert_eq!(out[..head.len()], head);
        assert_eq!(out.len(), head.len() + length);
    }
    assert_eq!(close_payload(&Close::TOO_SLOW)[..2], [0x0F, 0xA8]);
}
