//! Frames of a client: masked, in as many pieces as it likes.

use super::encoder::Opcode;
use super::utf8::Checked;
use crate::domain::connection::Close;

/// Most fragments of one message: who sends more sends nothing.
const MOST_FRAGMENTS: u32 = 4_096;
/// Longest payload of a control frame (RFC 6455, section 5.5).
const LONGEST_CONTROL: u64 = 125;
/// Longest head of a frame with a mask.
const HEAD: usize = 14;
/// Room that is made at once for a message: a head that promises much is not believed.
const ROOM: usize = 4 * 1024;

/// What came, whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Message {
    /// Of UTF-8.
    Text(Vec<u8>),
    Binary(Vec<u8>),
    Ping(Vec<u8>),
    Pong,
    /// How it is to be answered.
    Close(Close),
}

/// Reads what a client sends. Between messages it takes no memory of its own.
#[derive(Debug)]
pub(crate) struct Decoder {
    limit: usize,
    head: [u8; HEAD],
    head_len: u8,
    frame: Option<Frame>,
    message: Option<Partial>,
    is_over: bool,
}

/// A frame whose payload is awaited.
#[derive(Debug)]
struct Frame {
    opcode: Opcode,
    is_last: bool,
    mask: [u8; 4],
    /// Bytes of the payload that came, and that there are.
    came: usize,
    length: usize,
    /// Of a control frame: it may stand in the middle of a message.
    control: Vec<u8>,
}

/// A message of which some came.
#[derive(Debug)]
struct Partial {
    is_text: bool,
    bytes: Vec<u8>,
    checked: Checked,
    fragments: u32,
}

impl Decoder {
    /// For messages of at most so many bytes.
    pub(crate) const fn new(limit: usize) -> Self {
        Self {
            limit,
            head: [0; HEAD],
            head_len: 0,
            frame: None,
            message: None,
            is_over: false,
        }
    }

    /// Takes some of what came, and gives the next message if that completes one. Nothing is taken after a close.
    ///
    /// # Errors
    /// Why the connection has to be failed.
    pub(crate) fn take(&mut self, bytes: &mut &[u8]) -> Result<Option<Message>, Close> {
        let taken = self.advance(bytes);
        if matches!(taken, Err(_) | Ok(Some(Message::Close(_)))) {
            self.is_over = true;
            self.message = None;
            self.frame = None;
            *bytes = &[];
        }
        taken
    }

    fn advance(&mut self, bytes: &mut &[u8]) -> Result<Option<Message>, Close> {
        if self.is_over {
            *bytes = &[];
            return Ok(None);
        }
        loop {
            let Some(frame) = self.frame.take() else {
                match self.read_head(bytes)? {
                    Some(frame) => self.frame = Some(frame),
                    None => return Ok(None),
                }
                continue;
            };
            let frame = self.read_payload(frame, bytes)?;
            if frame.came < frame.length {
                self.frame = Some(frame);
                return Ok(None);
            }
            if let Some(message) = self.whole(frame)? {
                return Ok(Some(message));
            }
        }
    }

    /// The head of the next frame, if it is whole.
    fn read_head(&mut self, bytes: &mut &[u8]) -> Result<Option<Frame>, Close> {
        loop {
            let have = usize::from(self.head_len);
            self.check_head(have)?;
            let needed = needed(&self.head, have);
            if have == needed {
                self.head_len = 0;
                return self.parse_head().map(Some);
            }
            let Some((first, rest)) = bytes.split_first() else {
                return Ok(None);
            };
            if let Some(place) = self.head.get_mut(have) {
                *place = *first;
            }
            self.head_len += 1;
            *bytes = rest;
        }
    }

    /// Fails as soon as it can be seen: what is wrong with a head is not waited for to be whole.
    fn check_head(&self, have: usize) -> Result<(), Close> {
        if have >= 1 {
            let opcode = Opcode::of(self.head[0] & 0x0F).ok_or(Close::PROTOCOL)?;
            let is_last = self.head[0] & 0x80 != 0;
            let has_reserved = self.head[0] & 0x70 != 0;
            if has_reserved || (opcode.is_control() && !is_last) {
                return Err(Close::PROTOCOL);
            }
            let goes_on = opcode == Opcode::Continuation;
            if !opcode.is_control() && goes_on != self.message.is_some() {
                return Err(Close::PROTOCOL);
            }
        }
        if have >= 2 && self.head[1] & 0x80 == 0 {
            return Err(Close::PROTOCOL);
        }
        Ok(())
    }

    fn parse_head(&mut self) -> Result<Frame, Close> {
        let head = &self.head;
        let opcode = Opcode::of(head[0] & 0x0F).ok_or(Close::PROTOCOL)?;
        let is_last = head[0] & 0x80 != 0;
        let (length, at) = match head[1] & 0x7F {
            126 => (u64::from(u16::from_be_bytes([head[2], head[3]])), 4),
            127 => {
                let mut eight = [0; 8];
                eight.copy_from_slice(&head[2..10]);
                (u64::from_be_bytes(eight), 10)
            }
            short => (u64::from(short), 2),
        };
        let is_shortest = match at {
            4 => length > 125,
            10 => length > 0xFFFF && length >> 63 == 0,
            _ => true,
        };
        if !is_shortest || (opcode.is_control() && length > LONGEST_CONTROL) {
            return Err(Close::PROTOCOL);
        }
        let before = match (&self.message, opcode.is_control()) {
            (Some(message), false) => message.bytes.len(),
            _ => 0,
        };
        let room = (self.limit - before.min(self.limit)) as u64;
        if !opcode.is_control() && length > room {
            return Err(Close::TOO_BIG);
        }
        let mut mask = [0; 4];
        mask.copy_from_slice(&head[at..at + 4]);
        if !opcode.is_control() {
            self.begin(opcode)?;
        }
        Ok(Frame {
            opcode,
            is_last,
            mask,
            came: 0,
            // At most the limit, which is an usize.
            length: length as usize,
            control: Vec::new(),
        })
    }

    /// A fragment of a message begins.
    fn begin(&mut self, opcode: Opcode) -> Result<(), Close> {
        let message = self.message.get_or_insert_with(|| Partial {
            is_text: opcode == Opcode::Text,
            bytes: Vec::new(),
            checked: Checked::default(),
            fragments: 0,
        });
        message.fragments += 1;
        if message.fragments > MOST_FRAGMENTS {
            return Err(Close::TOO_BIG);
        }
        Ok(())
    }

    fn read_payload(&mut self, mut frame: Frame, bytes: &mut &[u8]) -> Result<Frame, Close> {
        let length = bytes.len().min(frame.length - frame.came);
        let (now, rest) = bytes.split_at(length);
        *bytes = rest;
        let into = match &mut self.message {
            Some(message) if !frame.opcode.is_control() => &mut message.bytes,
            _ => &mut frame.control,
        };
        if into.capacity() - into.len() < length {
            into.reserve((frame.length - frame.came).min(ROOM).max(length));
        }
        let masked = now.iter().zip((0..4).cycle().skip(frame.came % 4));
        into.extend(masked.map(|(byte, at): (&u8, usize)| byte ^ frame.mask[at]));
        frame.came += length;
        if let Some(message) = &mut self.message
            && message.is_text
            && !frame.opcode.is_control()
        {
            let text = message.checked.grown(&message.bytes);
            text.map_err(|_| Close::NOT_UTF8)?;
        }
        Ok(frame)
    }

    /// The message that a whole frame completes, if it does.
    fn whole(&mut self, frame: Frame) -> Result<Option<Message>, Close> {
        match frame.opcode {
            Opcode::Ping => return Ok(Some(Message::Ping(frame.control))),
            Opcode::Pong => return Ok(Some(Message::Pong)),
            Opcode::Close => return closed(&frame.control).map(Some),
            Opcode::Continuation | Opcode::Text | Opcode::Binary => {}
        }
        if !frame.is_last {
            return Ok(None);
        }
        let Some(message) = self.message.take() else {
            return Err(Close::PROTOCOL);
        };
        if !message.is_text {
            return Ok(Some(Message::Binary(message.bytes)));
        }
        let ended = message.checked.ended(&message.bytes);
        ended.map_err(|_| Close::NOT_UTF8)?;
        Ok(Some(Message::Text(message.bytes)))
    }
}

/// How long a head is of which so much is known.
fn needed(head: &[u8; HEAD], have: usize) -> usize {
    if have < 2 {
        return 2;
    }
    match head[1] & 0x7F {
        126 => 8,
        127 => HEAD,
        _ => 6,
    }
}

/// How a close frame is answered: with the same code.
fn closed(payload: &[u8]) -> Result<Message, Close> {
    let (code, reason) = match payload {
        [] => return Ok(Message::Close(Close::NORMAL)),
        [_] => return Err(Close::PROTOCOL),
        [high, low, reason @ ..] => (u16::from_be_bytes([*high, *low]), reason),
    };
    // Sections 7.4.1 and 7.4.2, and the registry of IANA.
    let may_be_sent = matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999);
    if !may_be_sent {
        return Err(Close::PROTOCOL);
    }
    if std::str::from_utf8(reason).is_err() {
        return Err(Close::NOT_UTF8);
    }
    Ok(Message::Close(Close {
        code,
        reason: "".into(),
    }))
}
