//! Documents for a terminal: what is written in Markdown, without its marks.
//!
//! Invariant: all words of the document are shown, and examples as they are.

use super::output::{HEADING, styled};
use super::wrap::wrapped;

/// What stands before the lines of an example.
const EXAMPLE: &str = "    ";

/// Returns a document for a terminal of that width; `topic` says how the document is read that a link leads to.
pub fn manual(markdown: &str, width: usize, topic: &dyn Fn(&str) -> Option<String>) -> String {
    let mut page = Page { text: String::new(), width, topic };
    let mut paragraph = String::new();
    let mut table: Vec<Vec<String>> = Vec::new();
    let mut is_example = false;
    for line in markdown.lines() {
        let bare = line.trim_start();
        if is_example && !bare.starts_with("```") {
            page.text.push_str(format!("{EXAMPLE}{line}").trim_end());
            page.text.push('\n');
            continue;
        }
        let is_new = bare.starts_with(['#', '|']) || bare.starts_with("```") || bare.starts_with("<!--");
        if is_new || bare.is_empty() || begins_item(bare) {
            page.paragraph(&std::mem::take(&mut paragraph));
        }
        if !bare.starts_with('|') {
            page.table(&std::mem::take(&mut table));
        }
        if bare.starts_with("```") {
            is_example = !is_example;
            page.gap(is_example);
        } else if let Some(heading) = line.strip_prefix('#') {
            page.gap(true);
            let heading = page.inline(heading.trim_start_matches('#').trim());
            page.text.push_str(&format!("{}\n\n", styled(HEADING, &heading)));
        } else if bare.starts_with('|') {
            table.push(cells(bare));
        } else if bare.is_empty() {
            page.gap(true);
        } else if !bare.starts_with("<!--") {
            // What goes on in the next line is one line here.
            let indent = &line[..line.len() - bare.len()];
            paragraph.push_str(if paragraph.is_empty() { indent } else { " " });
            paragraph.push_str(bare);
        }
    }
    page.paragraph(&paragraph);
    page.table(&table);
    format!("{}\n", page.text.trim_end())
}

/// Returns the part of a document under a heading, with the headings below it.
pub fn section<'a>(markdown: &'a str, heading: &str) -> Option<&'a str> {
    let from = markdown.find(&format!("\n{heading}\n"))? + 1;
    let level = heading.bytes().take_while(|byte| *byte == b'#').count();
    let mut at = from + heading.len() + 1;
    let mut is_example = false;
    for line in markdown[at..].split_inclusive('\n') {
        is_example ^= line.starts_with("```");
        let own = line.bytes().take_while(|byte| *byte == b'#').count();
        if !is_example && (1..=level).contains(&own) {
            break;
        }
        at += line.len();
    }
    Some(&markdown[from..at])
}

fn begins_item(line: &str) -> bool {
    let number = line.bytes().take_while(u8::is_ascii_digit).count();
    line.starts_with("- ") || (number > 0 && line[number..].starts_with(". "))
}

/// Returns the cells of a row, in which `\|` is no border.
fn cells(row: &str) -> Vec<String> {
    let inner = row.trim().trim_start_matches('|').trim_end_matches('|').replace("\\|", "\0");
    inner.split('|').map(|cell| cell.trim().replace('\0', "|")).collect()
}

struct Page<'a> {
    text: String,
    width: usize,
    topic: &'a dyn Fn(&str) -> Option<String>,
}

impl Page<'_> {
    /// Leaves a line free, but never two.
    fn gap(&mut self, is_wanted: bool) {
        if is_wanted && !self.text.is_empty() && !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
    }

    fn paragraph(&mut self, text: &str) {
        if !text.is_empty() {
            let text = self.inline(text);
            self.text.push_str(&wrapped(&text, self.width));
            self.text.push('\n');
        }
    }

    /// Each row is a paragraph, because a table with sentences in it is wider than any terminal.
    fn table(&mut self, rows: &[Vec<String>]) {
        let [heading, _, rows @ ..] = rows else { return };
        for row in rows {
            let Some((first, others)) = row.split_first() else { continue };
            let first = self.inline(first);
            self.text.push_str(&wrapped(&format!("  {}", styled(HEADING, &first)), self.width));
            self.text.push('\n');
            for (name, cell) in heading.iter().skip(1).zip(others).filter(|(_, cell)| !cell.is_empty()) {
                let name = if others.len() > 1 { format!("{name}: ") } else { String::new() };
                let cell = self.inline(&format!("{name}{cell}"));
                self.text.push_str(&wrapped(&format!("      {cell}"), self.width));
                self.text.push('\n');
            }
        }
        self.text.push('\n');
    }

    /// Returns a text without the marks of links and of what stands out. What is between backticks is as it is.
    fn inline(&self, text: &str) -> String {
        let mut result = String::new();
        for (number, part) in self.links(text).split('`').enumerate() {
            if number % 2 == 1 {
                result.push_str(&format!("`{part}`"));
                continue;
            }
            for (number, part) in part.split("**").enumerate() {
                result.push_str(&if number % 2 == 1 { styled(HEADING, part) } else { part.to_owned() });
            }
        }
        result
    }

    fn links(&self, text: &str) -> String {
        let mut result = String::new();
        let mut rest = text;
        while let Some(Link { before, label, target, after }) = link(rest) {
            result.push_str(before);
            let is_code = result.matches('`').count() % 2 == 1;
            let file = target.split('#').next().unwrap_or_default().rsplit('/').next().unwrap_or_default();
            match (self.topic)(file) {
                _ if is_code => result.push_str(&format!("[{label}]({target})")),
                _ if target.contains("://") => result.push_str(&format!("{label} ({target})")),
                Some(topic) => result.push_str(&format!("{label} (`{topic}`)")),
                None => result.push_str(label),
            }
            rest = after;
        }
        result.push_str(rest);
        result
    }
}

/// A link, and what stands around it.
struct Link<'a> {
    before: &'a str,
    label: &'a str,
    target: &'a str,
    after: &'a str,
}

/// Returns the first link of a text.
fn link(text: &str) -> Option<Link<'_>> {
    let middle = text.find("](")?;
    let from = text[..middle].rfind('[')?;
    let end = middle + text[middle..].find(')')?;
    let (label, target) = (&text[from + 1..middle], &text[middle + 2..end]);
    Some(Link { before: &text[..from], label, target, after: &text[end + 1..] })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_has_no_marks() {
        let markdown = "# Title\n\nSome **bold** words, a [link](b.md#x)\nand `a | [b](c)`.\n\n| code | meaning |\n|---|---|\n\
            | 0 | fine, `a \\| b` |\n\n- one\n  more\n- two\n\n```console\n$ pcfg   help\n```\n";
        let topic = |file: &str| (file == "b.md").then(|| "pcfg help b".to_owned());
        let text = anstream::adapter::strip_str(&manual(markdown, 40, &topic)).to_string();
        assert_eq!(
            text,
            "Title\n\nSome bold words, a link (`pcfg help b`)\nand `a | [b](c)`.\n\n  0\n      fine, `a | b`\n\n- one more\n- two\n\n    $ \
             pcfg   help\n"
        );
    }

    #[test]
    fn a_section_ends_where_the_next_begins() {
        let markdown = "# A\n\n## B\nb\n### C\n```\n# no heading\n```\n## D\nd\n";
        assert_eq!(section(markdown, "## B"), Some("## B\nb\n### C\n```\n# no heading\n```\n"));
        assert_eq!(section(markdown, "## D"), Some("## D\nd\n"));
        assert_eq!(section(markdown, "## E"), None);
    }
}
