//! Tables for people to read.

use unicode_width::UnicodeWidthStr as _;

use super::output::{HEADING, printable, styled};

/// A table: a heading for each column, then rows.
#[derive(Debug)]
pub struct Table {
    headings: Vec<&'static str>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// Returns a table without rows.
    pub fn new(headings: &[&'static str]) -> Self {
        Self { headings: headings.to_vec(), rows: Vec::new() }
    }

    /// Adds a row.
    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        let mut cells: Vec<_> = cells.into_iter().map(|cell| printable(&cell).into_owned()).collect();
        cells.resize(self.headings.len(), String::new());
        self.rows.push(cells);
    }

    /// Returns the text. A column in which all cells are numbers stands to the right; no line ends in a blank.
    pub fn render(&self) -> String {
        // Chinese and Japanese letters are two columns wide.
        let length = |text: &str| text.width();
        let columns = 0..self.headings.len();
        let widths: Vec<usize> = columns
            .clone()
            .map(|column| {
                let cells = self.rows.iter().map(|row| length(&row[column]));
                cells.chain([length(self.headings[column])]).max().unwrap_or(0)
            })
            .collect();
        let numeric: Vec<bool> = columns
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up() {
        let mut table = Table::new(&["name", "count", "rest"]);
        table.row(["Überprüfung".to_owned(), "7".to_owned(), "x\ty".to_owned()]);
        table.row(["b".to_owned(), "1200".to_owned()]);
        let text = anstream::adapter::strip_str(&table.render()).to_string();
        assert_eq!(text, "name         count  rest\nÜberprüfung      7  x y\nb             1200\n");
    }
}
