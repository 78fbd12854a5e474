//! Tables for people to read.

use unicode_width::UnicodeWidthStr as _;

use super::output::{HEADING, printable, styled};
use super::wrap::seen;

/// A table: a heading for each column, then rows.
#[derive(Debug)]
pub struct Table {
    headings: Vec<&'static str>,
    rows: Vec<Vec<String>>,
    /// The columns that go first where there is no room.
    least: &'static [&'static str],
}

impl Table {
    /// Returns a table without rows.
    pub fn new(headings: &[&'static str]) -> Self {
        Self { headings: headings.to_vec(), rows: Vec::new(), least: &[] }
    }

    /// Says which columns go first where there is no room for all.
    pub fn least(mut self, columns: &'static [&'static str]) -> Self {
        self.least = columns;
        self
    }

    /// Adds a row.
    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        let mut cells: Vec<_> = cells.into_iter().map(|cell| printable(&cell).into_owned()).collect();
        cells.resize(self.headings.len(), String::new());
        self.rows.push(cells);
    }

    /// Returns the text in so many columns of a terminal: what matters least is left out, and the last column goes on below itself.
    pub fn render_in(&self, width: usize) -> String {
        /// Less room than this is none for words.
        const LEAST: usize = 16;
        if width == usize::MAX {
            return self.render();
        }
        let mut left_out: Vec<&str> = Vec::new();
        loop {
            let kept: Vec<usize> =
                (0..self.headings.len()).filter(|at| !left_out.contains(&self.headings[*at])).collect();
            let pick = |cells: &[String]| kept.iter().map(|at| cells[*at].clone()).collect::<Vec<_>>();
            let table = Table {
                headings: kept.iter().map(|at| self.headings[*at]).collect(),
                rows: self.rows.iter().map(|row| pick(row)).collect(),
                least: &[],
            };
            let text = table.render();
            let widest = text.lines().map(seen).max().unwrap_or(0);
            let before_last: usize = table.widths().iter().rev().skip(1).map(|own| own + 2).sum();
            let next = self.least.iter().find(|own| !left_out.contains(*own) && self.headings.contains(*own));
            match next {
                _ if widest <= width => return text,
                Some(next) if width.saturating_sub(before_last) < LEAST => left_out.push(next),
                _ => return below_itself(&text, before_last, width),
            }
        }
    }

    /// Returns how wide each column is. Chinese and Japanese letters are two columns wide.
    fn widths(&self) -> Vec<usize> {
        let of = |column: usize| {
            let cells = self.rows.iter().map(|row| row[column].width());
            cells.chain([self.headings[column].width()]).max().unwrap_or(0)
        };
        (0..self.headings.len()).map(of).collect()
    }

    /// Returns the text. A column in which all cells are numbers stands to the right; no line ends in a blank.
    pub fn render(&self) -> String {
        let length = |text: &str| text.width();
        let widths = self.widths();
        let numeric: Vec<bool> = (0..self.headings.len())
            .map(|column| self.rows.iter().all(|row| row[column].bytes().all(|byte| byte.is_ascii_digit())))
            .collect();
        let line = |cells: &mut dyn Iterator<Item = &str>| {
            let mut text = String::new();
            for (column, cell) in cells.enumerate() {
                let gap = " ".repeat(widths[column] - length(cell));
                let separator = if column == 0 { "" } else { "  " };
                text.push_str(separator);
                let (before, behind) = if numeric[column] { (gap.as_str(), "") } else { ("", gap.as_str()) };
                text.push_str(before);
                text.push_str(cell);
                text.push_str(behind);
            }
            text.trim_end().to_owned()
        };
        let mut text = styled(HEADING, &line(&mut self.headings.iter().copied()));
        text.push('\n');
        for row in &self.rows {
            text.push_str(&line(&mut row.iter().map(String::as_str)));
            text.push('\n');
        }
        text
    }
}

/// Breaks long lines in their last column, which begins there.
fn below_itself(text: &str, start: usize, width: usize) -> String {
    let mut result = String::with_capacity(text.len());
    for line in text.lines() {
        let mut column = 0;
        for word in line.split_inclusive(' ') {
            let bare = word.trim_end_matches(' ');
            if column > start && !bare.is_empty() && column + seen(bare) > width {
                result.truncate(result.trim_end_matches(' ').len());
                result.push('\n');
                result.push_str(&" ".repeat(start));
                column = start;
            }
            result.push_str(word);
            column += seen(word);
        }
        result.push('\n');
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where there is no room, columns go in the order that is told, and the last one goes on below itself.
    #[test]
    fn a_narrow_terminal_has_fewer_columns() {
        let mut table = Table::new(&["run", "when", "who", "result"]).least(&["who", "when", "result"]);
        table.row(
            ["1", "2026-12-01T01:26:01Z", "ada@host", "one object was changed, and two went"]
                .map(str::to_owned),
        );
        let plain = |width| anstream::adapter::strip_str(&table.render_in(width)).to_string();
        assert_eq!(plain(usize::MAX), anstream::adapter::strip_str(&table.render()).to_string());
        assert_eq!(
            plain(60),
            "run  when                  who       result\n\
             \u{20} 1  2026-12-01T01:26:01Z  ada@host  one object was changed,\n\
             \u{20}                                    and two went\n"
        );
        assert_eq!(
            plain(48),
            "run  when                  result\n\
             \u{20} 1  2026-12-01T01:26:01Z  one object was\n\
             \u{20}                          changed, and two went\n"
        );
        assert_eq!(plain(41), "run  result\n\u{20} 1  one object was changed, and two went\n");
        assert_eq!(
            plain(24),
            "run  result\n\u{20} 1  one object was\n\u{20}    changed, and two\n\u{20}    went\n"
        );
        for width in 24..200 {
            assert!(plain(width).lines().all(|line| line.len() <= width), "{width}: {}", plain(width));
        }
    }

    #[test]
    fn columns_line_up() {
        let mut table = Table::new(&["name", "count", "rest"]);
        table.row(["Überprüfung".to_owned(), "7".to_owned(), "x\ty".to_owned()]);
        table.row(["b".to_owned(), "1200".to_owned()]);
        let text = anstream::adapter::strip_str(&table.render()).to_string();
        assert_eq!(text, "name         count  rest\nÜberprüfung      7  x y\nb             1200\n");
    }
}
