//! Problems of files, drawn with the line that they stand in.
//!
//! Invariant: what is drawn for a problem is bounded, however long its line is, and so is the work.

use std::borrow::Cow;
use std::cell::Cell;
use std::fmt::{self, Write as _};
use std::ops::Range;

use indexmap::IndexMap;
use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError, MietteSpanContents,
    SourceCode, SourceSpan, SpanContents,
};

use super::output::{ERROR, HINT, WARNING, picture, printable, styled};
use crate::model::{Problem, Severity};

/// How many characters of a line are shown before and behind the beginning of the spot.
const BEFORE: usize = 50;
const BEHIND: usize = 70;

/// How many further places of one problem are listed.
const FURTHER: usize = 5;

/// A place in a text, as editors count: from 1, in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Place {
    /// The line; the first is 1.
    pub line: usize,
    /// The character in the line; the first is 1.
    pub column: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}", self.line, self.column)
    }
}

/// The lines of a text.
#[derive(Debug)]
pub struct Lines<'a> {
    source: &'a str,
    starts: Vec<usize>,
    /// An offset and its column: going on from there makes asking in order cheap even in a line of many megabytes.
    last: Cell<(usize, usize)>,
}

impl<'a> Lines<'a> {
    /// Returns the lines of a text.
    pub fn new(source: &'a str) -> Self {
        let starts = [0].into_iter().chain(memchr::memchr_iter(b'\n', source.as_bytes()).map(|at| at + 1));
        Self { source, starts: starts.collect(), last: Cell::new((0, 1)) }
    }

    /// Returns where a byte stands; one that is outside of the text stands at its end.
    pub fn place(&self, offset: usize) -> Place {
        let offset = self.source.floor_char_boundary(offset);
        let line = self.starts.partition_point(|start| *start <= offset);
        let start = self.starts[line - 1];
        let (last, counted) = self.last.get();
        let (from, column) = if (start..=offset).contains(&last) { (last, counted) } else { (start, 1) };
        let column = column + self.source[from..offset].chars().count();
        self.last.set((offset, column));
        Place { line, column }
    }

    /// Returns the line of a byte, without its end.
    fn around(&self, offset: usize) -> Range<usize> {
        let line = self.starts.partition_point(|start| *start <= offset);
        let end = self.starts.get(line).map_or(self.source.len(), |next| next - 1);
        self.starts[line - 1]..end
    }
}

/// Returns the picture of the problems of a file. Those with the same cause are drawn once, with their places.
pub fn draw(color: bool, file: &str, source: &str, problems: &[Problem]) -> String {
    let lines = Lines::new(source);
    let mut groups: IndexMap<(&str, &str), Vec<(&Problem, Place)>> = IndexMap::new();
    for problem in problems {
        let place = lines.place(problem.span.as_ref().map_or(0, |span| span.start));
        groups.entry((problem.code, &problem.message)).or_default().push((problem, place));
    }
    groups.values().map(|group| one(color, file, &lines, group)).collect()
}

/// Returns the picture of problems with the same cause.
fn one(color: bool, file: &str, lines: &Lines<'_>, group: &[(&Problem, Place)]) -> String {
    let [(problem, place), further @ ..] = group else { return String::new() };
    let (style, word) = match problem.severity {
        Severity::Error => (ERROR, "error"),
        Severity::Warning => (WARNING, "warning"),
    };
    let label = styled(style, &format!("{word}[{}]", problem.code));
    let mut text = format!("{label}: {}\n", short(&problem.message));
    let span = problem.span.clone().unwrap_or(0..0);
    let excerpt = Excerpt::new(file, lines, span, *place);
    let theme = if color { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
    let handler = GraphicalReportHandler::new_themed(theme).with_wrap_lines(false).with_links(false);
    let mut drawn = String::new();
    handler.render_report(&mut drawn, &excerpt).expect("an excerpt can always be read");
    // The first line is the heading, which stands above already.
    text.push_str(drawn.split_once('\n').map_or("", |(_, rest)| rest));
    if let Some(help) = &problem.help {
        let _ = writeln!(text, "{}: {}", styled(HINT, "hint"), short(help));
    }
    if !further.is_empty() {
        let mut places: Vec<_> = further.iter().take(FURTHER).map(|(_, place)| place.to_string()).collect();
        if further.len() > FURTHER {
            places.push(format!("{} more places", further.len() - FURTHER));
        }
        let last = places.pop().unwrap_or_default();
        let list = if places.is_empty() { last } else { format!("{} and {last}", places.join(", ")) };
        let _ = writeln!(text, "{}: the same at {list}", styled(HINT, "note"));
    }
    text.push('\n');
    text
}

/// Returns a sentence for people; names in it may be of any length.
fn short(sentence: &str) -> Cow<'_, str> {
    const LONGEST: usize = 400;
    match sentence.char_indices().nth(LONGEST) {
        Some((end, _)) => Cow::Owned(format!("{}…", printable(&sentence[..end]))),
        None => printable(sentence),
    }
}

/// The part of a line around a spot, in characters that can be printed.
#[derive(Debug)]
struct Excerpt {
    file: String,
    place: Place,
    text: String,
    spot: Range<usize>,
}

impl Excerpt {
    fn new(file: &str, lines: &Lines<'_>, span: Range<usize>, place: Place) -> Self {
        let source = lines.source;
        let start = source.floor_char_boundary(span.start);
        let line = lines.around(start);
        let start = start.clamp(line.start, line.end);
        let end = source.floor_char_boundary(span.end).clamp(start, line.end);
        let mut text = String::new();
        let before: Vec<char> = source[line.start..start].chars().rev().take(BEFORE + 1).collect();
        if before.len() > BEFORE {
            text.push('…');
        }
        text.extend(before.iter().take(BEFORE).rev().copied().map(picture));
        let spot = text.len();
        let mut spot_end = spot;
        let mut behind = source[start..line.end].trim_end_matches('\r').char_indices();
        for (at, character) in behind.by_ref().take(BEHIND) {
            text.push(picture(character));
            if start + at < end {
                spot_end = text.len();
            }
        }
        if behind.next().is_some() {
            text.push('…');
        }
        // A spot of no width, at the end of a line perhaps, is drawn as one character.
        if spot_end == spot {
            if text.len() == spot {
                text.push(' ');
            }
            spot_end = spot + text[spot..].chars().next().map_or(0, char::len_utf8);
        }
        Self { file: printable(file).into_owned(), place, text, spot: spot..spot_end }
    }
}

impl fmt::Display for Excerpt {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        Ok(())
    }
}

impl std::error::Error for Excerpt {}

impl Diagnostic for Excerpt {
    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(self)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let span = LabeledSpan::new(None, self.spot.start, self.spot.len());
        Some(Box::new(std::iter::once(span)))
    }
}

/// The text to draw is the excerpt alone; only its place is that of the whole file.
impl SourceCode for Excerpt {
    fn read_span<'a>(
        &'a self,
        _span: &SourceSpan,
        _before: usize,
        _after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        Ok(Box::new(MietteSpanContents::new_named(
            self.file.clone(),
            self.text.as_bytes(),
            (0, self.text.len()).into(),
            self.place.line - 1,
            self.place.column - 1,
            1,
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the picture of one cause at one or more spots.
    fn drawn(source: &str, spans: impl IntoIterator<Item = Range<usize>>) -> String {
        let spans: Vec<_> = spans.into_iter().collect();
        let lines = Lines::new(source);
        let problems: Vec<_> =
            spans.iter().map(|span| Problem::error("code", "message").at(span.clone())).collect();
        let group: Vec<_> =
            problems.iter().zip(&spans).map(|(own, span)| (own, lines.place(span.start))).collect();
        anstream::adapter::strip_str(&one(false, "a.xml", &lines, &group)).to_string()
    }

    #[test]
    fn places_count_characters_from_one() {
        let lines = Lines::new("äö\nüx\n");
        let place = |line, column| Place { line, column };
        assert_eq!(lines.place(0), place(1, 1));
        assert_eq!(lines.place(2), place(1, 2));
        assert_eq!(lines.place(5), place(2, 1));
        assert_eq!(lines.place(3), place(1, 2), "the middle of a character is the character");
        assert_eq!(lines.place(7), place(2, 2), "asking out of order is right too");
        assert_eq!(lines.place(99), place(3, 1), "behind the end is the end");
    }

    #[test]
    fn the_spot_is_underlined() {
        insta::assert_snapshot!(drawn("one\n  <näme>Opne</näme>\n", Some(13..17)), @"
        error[code]: message
           ╭─[a.xml:2:9]
         2 │   <näme>Opne</näme>
           ·         ────
           ╰────
        ");
    }

    #[test]
    fn a_long_line_is_cut_around_the_spot() {
        let source = format!("{}WRONG{}", "a".repeat(1_000_000), "b".repeat(1_000_000));
        let text = drawn(&source, Some(1_000_000..1_000_005));
        assert!(text.len() < 1_000, "{}", text.len());
        assert!(text.contains("a.xml:1:1000001"), "{text}");
        assert!(text.contains("…aaaa") && text.contains("aWRONGbbb") && text.contains("bbb…"), "{text}");
    }

    #[test]
    fn spots_without_width_and_outside_of_the_text_are_drawn() {
        for (source, span) in [("", 0..0), ("", 5..9), ("ab", 2..2), ("ab\n", 3..3), ("ab\n\ncd", 3..6)] {
            assert!(drawn(source, Some(span)).contains('─'), "{source:?}");
        }
    }

    #[test]
    fn the_same_cause_is_drawn_once() {
        let spans: Vec<_> = (0..9).map(|at| at..at + 1).collect();
        let text = drawn("123456789", spans);
        assert!(text.contains("note: the same at 1:2, 1:3, 1:4, 1:5, 1:6 and 3 more places"), "{text}");
        assert_eq!(text.matches("error[").count(), 1);
    }

    #[test]
    fn what_a_file_holds_cannot_command_the_terminal() {
        assert!(!drawn("a\x1b]0;title\x07b", Some(0..1)).contains('\x1b'));
    }
}
