//! Rows that nobody wants, proved well-formed before it is their turn, by whoever would have to wait otherwise.
//!
//! The thread that reads blocks is quicker than the one that parses them, and what most rows say nobody wants. Where a block can be
//! entered between two rows is a guess: what is proved counts only if the parser comes to that very place between two rows, from where
//! it would have read the same. Invariant: a proof changes nothing of what is read, only who reads it.

use super::fault::Fault;
use super::feed::{Chunk, Source, is_control};
use super::markup::{Markup, Token};
use super::proved::{Part, Proved};

/// Says which rows of a table are wanted.
pub(super) type Choice<'a> = &'a dyn Fn(&[u8]) -> Rows<'a>;

/// Says by the attributes of a row, as they are spelled, whether it is wanted.
type Test<'a> = dyn Fn(&[u8]) -> bool + 'a;

/// Which rows of a table are wanted.
pub(super) enum Rows<'a> {
    /// None: they are only counted.
    None,
    /// All.
    All,
    /// Those of which the attributes, as they are spelled, say so.
    Some(Box<Test<'a>>),
}

impl Rows<'_> {
    /// Returns whether a row is wanted that has these attributes.
    pub(super) fn has(&self, attributes: &[u8]) -> bool {
        match self {
            Self::None => false,
            Self::All => true,
            Self::Some(is_wanted) => is_wanted(attributes),
        }
    }
}

/// Text that is at hand.
struct Once(Option<Chunk>);

impl Source for Once {
    fn next(&mut self, _: Vec<u8>) -> Result<Option<Chunk>, Fault> {
        Ok(self.0.take())
    }
}

/// Proves what can be proved of a block whose text begins at `begin`.
pub(super) fn prove(block: &[u8], begin: usize, choice: Choice<'_>) -> Option<Proved> {
    let from = begin + first_row(&block[begin..])?;
    let text = &block[from..];
    // The last character may be cut in two.
    let valid = std::str::from_utf8(text).map_or_else(|error| error.valid_up_to(), str::len);
    let text = &text[..valid];
    // Without branches, as where all text is looked at.
    if text.iter().fold(false, |odd, &byte| odd | is_control(byte)) {
        return None;
    }
    let mut source = Once(Some(Chunk { bytes: text.to_vec(), from: 0, proved: None }));
    let mut markup = Markup::between_rows(&mut source);
    let (mut parts, mut part) = (Vec::new(), None::<Part>);
    let (mut table, mut wanted, mut is_wanted) = (Vec::new(), Rows::All, true);
    loop {
        let depth = markup.depth();
        match markup.next() {
            Ok(Token::Start { name, attributes }) if depth == 1 => {
                if table != name {
                    wanted = choice(name);
                    table = name.to_vec();
                }
                is_wanted = wanted.has(attributes);
                let at = from + markup.begun() as usize;
                if is_wanted {
                    parts.extend(part.take());
                } else if part.is_none() {
                    part = Some(Part { from: at, to: at, rows: Vec::new() });
                }
            }
            Ok(Token::End) if depth == 2 => {
                if let (false, Some(part)) = (is_wanted, &mut part) {
                    match part.rows.last_mut() {
                        Some((last, count)) if *last == table => *count += 1,
                        _ => part.rows.push((table.clone(), 1)),
                    }
                    part.to = from + markup.ended() as usize;
                }
            }
            Ok(Token::Start { .. } | Token::End | Token::Text(_) | Token::CData(_)) if depth > 1 => {}
            // Something else between rows, or what is wrong or not there yet: the parser will see.
            _ => break,
        }
    }
    if markup.controls().first.is_some() {
        return None;
    }
    parts.extend(part);
    // What holds no whole row is the beginning of one.
    parts.retain(|own| !own.rows.is_empty());
    (!parts.is_empty()).then_some(Proved { from, to: from + valid, parts })
}

/// Returns where the first row seems to begin: Jira begins each on a line of its own.
fn first_row(text: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        at += memchr::memchr(b'\n', &text[at..])? + 1;
        let blanks = text[at..].iter().take_while(|&&byte| byte == b' ' || byte == b'\t').count();
        if let [b'<', next, ..] = &text[at + blanks..]
            && next.is_ascii_alphabetic()
        {
            return Some(at + blanks);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::raw::Wanted;
    use super::super::{RawRow, gather_bytes, raw};
    use super::*;

    /// Whoever proves rows that are not wanted, and wherever blocks end, the same rows are told, and as many are counted.
    #[test]
    fn wanted_rows_are_told_whoever_proves_the_others() {
        let mut text = String::from("<?xml version=\"1.0\"?>\n<entity-engine-xml>\n");
        for number in 0..200 {
            let inner = match number % 7 {
                0 => "<body><![CDATA[\n<Action id=\"7\" issue=\"1\"/>\n]]></body>",
                3 => "<body>a &amp; b</body>",
                _ => "",
            };
            text += &format!(
                "  <Action id=\"{number}\" issue=\"{}\" author=\"\u{e4}\">{inner}</Action>\n",
                number % 5
            );
            if number % 3 == 0 {
                text += &format!("<Other id='{number}'/>");
            }
        }
        text += "</entity-engine-xml>\n";
        let rows = |name: &str| match name {
            "Action" => Rows::Some(Box::new(|own| {
                own.windows(9).any(|own| own == b"issue=\"1\"" || own == b"issue=\"4\"")
            })),
            _ => Rows::None,
        };
        let told = |chunk, is_proved| {
            let mut all = Vec::new();
            let wanted = Wanted { rows: &rows, attribute: &|_, _| true };
            let mut each = |row: &RawRow<'_>| -> Result<(), Fault> {
                all.push(format!("{} {:?}", row.table, row.values().collect::<Vec<_>>()));
                Ok(())
            };
            let (told, stopped) =
                raw(wanted, &mut each, |sink| gather_bytes(text.as_bytes(), None, (chunk, is_proved), sink));
            assert!(stopped.is_none());
            (all, told.unwrap().rows)
        };
        let expected = told(usize::MAX >> 40, false);
        assert_eq!((expected.0.len(), expected.1["Action"], expected.1["Other"]), (80, 200, 67));
        for chunk in (1..400).step_by(7).chain([1_000, 4_000, 100_000]) {
            for is_proved in [false, true] {
                assert_eq!(told(chunk, is_proved), expected, "{chunk} {is_proved}");
            }
        }
    }
}
