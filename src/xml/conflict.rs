//! Conflicts in the text of a file: lines with marks as git has them, around the smallest elements.
//!
//! Invariant: with the marks and the lines of all sides but one taken out, what [`write_disputed`] wrote is a configuration
//! file as that side wants it. No line inside a conflict can be taken for a mark: the marks are made longer where needed.

use std::io;
use std::ops::Range;

use super::beside::Beside;
use super::write::Writer;
use crate::model::{Conflict, Disputed, Element, Head, Piece, Side, Sides};

/// The fewest characters of a mark.
const SHORTEST: usize = 7;

/// How conflicts are marked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Labels {
    /// How many characters a mark has; longer where the text needs it.
    pub size: usize,
    /// The names of the sides; without that of the base, what was there before is not shown.
    pub names: Sides<Option<String>>,
}

/// Writes a configuration with its conflicts.
pub fn write_disputed(
    disputed: &Disputed,
    labels: &Labels,
    beside: &Beside,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let size = disputed.conflicts().into_iter().fold(labels.size.max(SHORTEST), |size, conflict| {
        let Sides { base, ours, theirs } = &conflict.sides;
        base.iter().chain(ours).chain(theirs).fold(size, |size, element| size.max(longest_mark(element) + 1))
    });
    let mut writer = Marking { writer: Writer::new(beside, out), labels, size };
    writer.piece(disputed.root(), 0)?;
    writer.writer.finish()
}

/// Returns how many characters the longest line has that could be taken for a mark.
fn longest_mark(element: &Element) -> usize {
    let own = element.text().lines().map(mark).max().unwrap_or(0);
    let attributes = element.attributes.iter().flat_map(|(_, value)| value.lines().map(mark));
    let inside = element.children().iter().map(longest_mark);
    attributes.chain(inside).fold(own, usize::max)
}

/// Returns how many times a line repeats the character of a mark that it begins with.
fn mark(line: &str) -> usize {
    match line.as_bytes().first() {
        Some(first @ (b'<' | b'|' | b'=' | b'>')) => line.bytes().take_while(|byte| byte == first).count(),
        _ => 0,
    }
}

struct Marking<'a, 'l> {
    writer: Writer<'a>,
    labels: &'l Labels,
    size: usize,
}

impl Marking<'_, '_> {
    fn piece(&mut self, piece: &Piece, depth: usize) -> io::Result<()> {
        match piece {
            Piece::Whole(element) => self.writer.element(element, depth),
            Piece::Disputed(conflict) => {
                self.conflict(conflict, &mut |writer, element| writer.element(element, depth))
            }
            Piece::Open { head, children } => {
                let end = match head {
                    Head::Agreed(head) => {
                        self.writer.start(head, depth);
                        Some(head)
                    }
                    Head::Disputed(conflict) => {
                        self.conflict(conflict, &mut |writer, head| {
                            writer.start(head, depth);
                            Ok(())
                        })?;
                        conflict.any()
                    }
                };
                children.iter().try_for_each(|child| self.piece(child, depth + 1))?;
                end.into_iter().for_each(|head| self.writer.close(head, depth));
                Ok(())
            }
        }
    }

    fn conflict(
        &mut self,
        conflict: &Conflict,
        write: &mut dyn FnMut(&mut Writer<'_>, &Element) -> io::Result<()>,
    ) -> io::Result<()> {
        let Sides { base, ours, theirs } = &conflict.sides;
        let names = &self.labels.names;
        self.mark(b'<', names.ours.as_deref());
        ours.iter().try_for_each(|element| write(&mut self.writer, element))?;
        if names.base.is_some() {
            self.mark(b'|', names.base.as_deref());
            base.iter().try_for_each(|element| write(&mut self.writer, element))?;
        }
        self.mark(b'=', None);
        theirs.iter().try_for_each(|element| write(&mut self.writer, element))?;
        self.mark(b'>', names.theirs.as_deref());
        Ok(())
    }

    fn mark(&mut self, character: u8, name: Option<&str>) {
        let buffer = &mut self.writer.buffer;
        buffer.resize(buffer.len() + self.size, character);
        if let Some(name) = name.filter(|name| !name.is_empty()) {
            buffer.push(b' ');
            buffer.extend(name.bytes().map(|byte| if byte == b'\n' { b' ' } else { byte }));
        }
        buffer.push(b'\n');
    }
}

/// A conflict in the text of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Region {
    /// All of it, from the first mark to the end of the line of the last.
    pub whole: Range<usize>,
    /// The first mark.
    pub mark: Range<usize>,
    /// The lines of each side; those of the base are empty where they are not shown.
    pub sides: Sides<Range<usize>>,
    /// The names of the sides, as the marks say them.
    pub names: Sides<String>,
}

/// Returns the conflicts in a text, in its order; a mark that leads to no conflict is none.
pub fn regions(text: &str) -> Vec<Region> {
    let mut regions = Vec::new();
    let mut at = 0;
    while let Some(found) = next_mark(&text[at..]) {
        let start = at + found;
        match region(text, start) {
            Some(region) => {
                at = region.whole.end;
                regions.push(region);
            }
            None => at = start + SHORTEST,
        }
    }
    regions
}

/// Returns where the next line begins that could be a first mark.
fn next_mark(text: &str) -> Option<usize> {
    const MARK: &str = "\n<<<<<<<";
    if text.starts_with(&MARK[1..]) {
        return Some(0);
    }
    memchr::memmem::find(text.as_bytes(), MARK.as_bytes()).map(|at| at + 1)
}

/// Reads the conflict that begins at an offset.
fn region(text: &str, start: usize) -> Option<Region> {
    let size = mark(&text[start..]);
    let mut line_start = start;
    let mut marks: Vec<(u8, Range<usize>, String)> = Vec::new();
    for line in text[start..].split_inclusive('\n') {
        let span = line_start..line_start + line.len();
        line_start = span.end;
        let rest = line.trim_end_matches(['\n', '\r']).get(size..);
        let is_mark = mark(line) == size && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(' '));
        let expected: &[u8] = match marks.last() {
            None => b"<",
            Some((b'<', ..)) => b"|=",
            Some((b'|', ..)) => b"=",
            Some(_) => b">",
        };
        let first = line.as_bytes()[0];
        if !is_mark || !expected.contains(&first) {
            if marks.is_empty() {
                return None;
            }
            continue;
        }
        marks.push((first, span, rest.unwrap_or_default().trim().to_owned()));
        if first == b'>' {
            break;
        }
    }
    let name = |character: u8| {
        let own = marks.iter().find(|(own, ..)| *own == character);
        own.map(|(_, _, name)| name.clone()).unwrap_or_default()
    };
    let span =
        |character: u8| marks.iter().find(|(own, ..)| *own == character).map(|(_, span, _)| span.clone());
    let (first, middle, last) = (span(b'<')?, span(b'=')?, span(b'>')?);
    let base = span(b'|').unwrap_or(middle.start..middle.start);
    Some(Region {
        whole: first.start..last.end,
        mark: first.start..first.start + text[first.clone()].trim_end().len(),
        sides: Sides {
            base: base.end..middle.start,
            ours: first.end..base.start,
            theirs: middle.end..last.start,
        },
        names: Sides { base: name(b'|'), ours: name(b'<'), theirs: name(b'>') },
    })
}

/// Returns a text as one side wants it: what else stands in a conflict is blank, so that all offsets stay.
pub fn view(text: &str, regions: &[Region], side: Side) -> String {
    let mut bytes = text.as_bytes().to_vec();
    for region in regions {
        let shown = region.sides.of(side);
        for at in region.whole.clone().filter(|at| !shown.contains(at)) {
            if !matches!(bytes[at], b'\n' | b'\r') {
                bytes[at] = b' ';
            }
        }
    }
    String::from_utf8(bytes).expect("whole lines become blanks")
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "a\n<<<<<<< main\nä\n||||||| base\nb\n=======\nc\nd\n>>>>>>> topic one\nz\n";

    #[test]
    fn every_side_can_be_seen_in_its_place() {
        let regions = regions(TEXT);
        let [region] = &regions[..] else { panic!("{regions:?}") };
        let names = region.names.map(String::as_str);
        assert_eq!(names, Sides { base: "base", ours: "main", theirs: "topic one" });
        assert_eq!(&TEXT[region.mark.clone()], "<<<<<<< main");
        for (side, lines) in [(Side::Ours, "ä"), (Side::Base, "b"), (Side::Theirs, "c\nd")] {
            let view = view(TEXT, &regions, side);
            assert_eq!(view.len(), TEXT.len());
            let left: Vec<&str> = view.lines().filter(|line| !line.trim().is_empty()).collect();
            assert_eq!(left.join("\n"), format!("a\n{lines}\nz"));
        }
    }

    #[test]
    fn marks_that_lead_nowhere_are_no_conflict() {
        for text in
            ["<<<<<<< a\n=======\n", "=======\n>>>>>>> b\n", "<<<<<<<x\n=======\n>>>>>>> b\n", "<<<<<<<"]
        {
            assert_eq!(regions(text), [], "{text}");
        }
    }

    #[test]
    fn longer_marks_hold_shorter_ones() {
        let text = "<<<<<<<< a\n=======\n========\nx\n>>>>>>> y\n>>>>>>>> b\n";
        let regions = regions(text);
        assert_eq!(&text[regions[0].sides.ours.clone()], "=======\n");
        assert_eq!(&text[regions[0].sides.theirs.clone()], "x\n>>>>>>> y\n");
    }
}
