//! Whether a message has arrived to its end, told without a key by the lengths that its packets state.
//!
//! Invariant: a message that is whole is never taken for one that is cut. What has no form that is known counts as whole: waiting
//! would not make it better.

/// The line that ends armour.
const END: &[u8] = b"-----END PGP";

/// Follows the bytes of a message and knows whether its end was there.
#[derive(Clone, Debug, Default)]
pub struct Framing {
    state: State,
    /// The tag of the packet that is being followed.
    tag: u8,
    /// Signatures that were announced and have not come.
    announced: usize,
    has_data: bool,
}

#[derive(Clone, Debug, Default)]
enum State {
    /// Nothing was seen.
    #[default]
    Empty,
    /// Between two packets.
    Between,
    /// Within the first bytes of a packet, or of a part of it.
    Head { bytes: Vec<u8>, is_part: bool },
    /// Within a packet.
    Body { left: u64, has_more: bool },
    /// To the end of the file, however long.
    Open,
    /// Lines of text; the end was seen, or the bytes that may be the beginning of it.
    Armour { is_ended: bool, last: Vec<u8> },
    /// Not OpenPGP.
    Unknown,
}

impl Framing {
    /// Follows the next bytes.
    pub fn push(&mut self, mut bytes: &[u8]) {
        while let Some((first, rest)) = bytes.split_first() {
            match &mut self.state {
                State::Empty if first & 0x80 == 0 => {
                    self.state = State::Armour { is_ended: false, last: Vec::new() };
                }
                State::Empty | State::Between => {
                    self.state = State::Head { bytes: vec![*first], is_part: false };
                    bytes = rest;
                }
                State::Head { bytes: head, is_part } => {
                    head.push(*first);
                    bytes = rest;
                    let (head, is_part) = (std::mem::take(head), *is_part);
                    self.head(head, is_part);
                }
                State::Body { left, has_more } => {
                    let now = (*left).min(bytes.len() as u64);
                    *left -= now;
                    bytes = &bytes[now as usize..];
                    if *left == 0 {
                        let has_more = *has_more;
                        self.end(has_more);
                    }
                }
                State::Armour { is_ended, last } => {
                    last.extend_from_slice(bytes);
                    *is_ended |= last.windows(END.len()).any(|part| part == END);
                    last.drain(..last.len().saturating_sub(END.len() - 1));
                    return;
                }
                State::Open | State::Unknown => return,
            }
        }
    }

    /// Returns false if and only if more has to come.
    pub fn is_whole(&self) -> bool {
        match &self.state {
            State::Between => self.has_data && self.announced == 0,
            State::Open | State::Unknown => true,
            State::Armour { is_ended, .. } => *is_ended,
            State::Empty | State::Head { .. } | State::Body { .. } => false,
        }
    }

    fn head(&mut self, head: Vec<u8>, is_part: bool) {
        let lengths = &head[1..];
        let first = head[0];
        if first & 0x80 == 0 {
            self.state = State::Unknown;
            return;
        }
        let number = |bytes: &[u8]| bytes.iter().fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
        let is_new = first & 0x40 != 0;
        let (length, has_more) = if is_new {
            match lengths[0] {
                short @ ..192 => (u64::from(short), false),
                192..224 if lengths.len() == 2 => (number(lengths) - (192 << 8) + 192, false),
                255 if lengths.len() == 5 => (number(&lengths[1..]), false),
                part @ 224..255 => (1_u64 << (part & 0x1f), true),
                _ => return self.state = State::Head { bytes: head, is_part },
            }
        } else {
            match first & 3 {
                3 => {
                    self.has_data = true;
                    return self.state = State::Open;
                }
                size if lengths.len() == 1 << size => (number(lengths), false),
                _ => return self.state = State::Head { bytes: head, is_part },
            }
        };
        if !is_part {
            self.tag = if is_new { first & 0x3f } else { first >> 2 & 0xf };
        }
        self.state = State::Body { left: length, has_more };
        if length == 0 {
            self.end(has_more);
        }
    }

    /// A packet, or a part of one, has ended.
    fn end(&mut self, has_more: bool) {
        if has_more {
            // The next part begins with a length alone; any tag of the new form stands for the one that is known.
            self.state = State::Head { bytes: vec![0xc0], is_part: true };
            return;
        }
        match self.tag {
            2 if self.has_data => self.announced = self.announced.saturating_sub(1),
            4 => self.announced += 1,
            8 | 9 | 11 | 18 | 20 => self.has_data = true,
            _ => {}
        }
        self.state = State::Between;
    }
}
