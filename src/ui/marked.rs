//! Text among Markdown that is nothing but text, whatever is in it.
//!
//! What comes from a file may hold backticks, tags, links, pipes and names with an `@`. Invariants: code ends where pcfg ends
//! it; outside of code nothing is a tag, a link, a picture, emphasis or a formula, no table has another cell, and nobody is
//! mentioned (GitHub and GitLab look for names in what is rendered, where only code is spared). A law of the tests proves it.

use std::fmt::Write as _;

use super::output::printable;

/// A character without width that ends what could become a mention or a link.
const END: char = '\u{200b}';

/// Returns text as code: between more backticks than there are in it.
pub(super) fn code(text: &str) -> String {
    let text = printable(text);
    let mut longest = 0;
    let mut run = 0;
    for letter in text.chars() {
        run = if letter == '`' { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    let marks = "`".repeat(longest + 1);
    // One blank on each side is taken away again; code cannot be empty.
    let needs_room = text.trim().is_empty() || text.starts_with(['`', ' ']) || text.ends_with(['`', ' ']);
    let room = if needs_room { " " } else { "" };
    format!("{marks}{room}{text}{room}{marks}")
}

/// Returns a sentence of pcfg with names between backticks, which become code. A name with backticks of its own may stand
/// outside of it then, and is nothing but text there.
pub(super) fn sentence(text: &str) -> String {
    let pieces: Vec<&str> = text.split('`').collect();
    let mut marked = String::with_capacity(text.len() + 16);
    if begins_something(text) {
        marked.push(END);
    }
    if pieces.len().is_multiple_of(2) {
        marked.push_str(&plain(text));
        return marked;
    }
    for (number, piece) in pieces.iter().enumerate() {
        match number % 2 == 1 && !piece.is_empty() {
            true => marked.push_str(&code(piece)),
            false => marked.push_str(&plain(piece)),
        }
    }
    marked
}

/// Returns whether a text at the beginning of a line begins a list or a block of code, or is the line under a heading.
fn begins_something(text: &str) -> bool {
    let behind_digits = text.trim_start_matches(|own: char| own.is_ascii_digit());
    let is_numbered = behind_digits.len() < text.len() && behind_digits.starts_with(['.', ')']);
    is_numbered || text.starts_with(['-', '+', '=', ' ', '\t'])
}

/// Returns text that has no meaning within a line.
fn plain(text: &str) -> String {
    let mut marked = String::with_capacity(text.len() + 16);
    let mut before = ' ';
    let mut letters = printable(text).chars().collect::<Vec<_>>().into_iter().peekable();
    while let Some(letter) = letters.next() {
        let next = letters.peek().copied().unwrap_or(' ');
        // Behind the point it would be a part of the address.
        if letter == '.' && before.eq_ignore_ascii_case(&'w') {
            marked.push(END);
        }
        match letter {
            '<' => marked.push_str("&lt;"),
            '>' => marked.push_str("&gt;"),
            '&' => marked.push_str("&amp;"),
            '\\' | '`' | '*' | '[' | ']' | '|' | '$' | '~' | '#' | '!' | '^' => {
                let _ = write!(marked, "\\{letter}");
            }
            // Within a word it is a letter.
            '_' if !(before.is_alphanumeric() && next.is_alphanumeric()) => marked.push_str("\\_"),
            letter => marked.push(letter),
        }
        // `@name`, `#1`, `!1`, `$1`, `~label`, `%milestone`; `https://`, `www.`
        let begins = match letter {
            '@' | '#' | '!' | '$' | '~' | '%' | '&' => !next.is_whitespace(),
            ':' => next == '/',
            _ => false,
        };
        if begins {
            marked.push(END);
        }
        before = letter;
    }
    marked
}

/// Returns text that is nothing but text in HTML among Markdown: no tag, and nobody is mentioned.
pub(super) fn tagless(text: &str) -> String {
    let text = printable(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    format!("<code>{}</code>", text.replace('`', "&#96;"))
}

/// Returns text that stays in its line, and cannot end the block of code that it stands in.
pub(super) fn fenced(text: &str) -> String {
    printable(text).replace("```", "'''")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_holds_backticks() {
        assert_eq!(code("a"), "`a`");
        assert_eq!(code("a`b"), "``a`b``");
        assert_eq!(code("`` a"), "``` `` a ```");
        assert_eq!(code(" "), "`   `");
    }

    #[test]
    fn names_in_sentences_are_code_and_the_rest_is_text() {
        assert_eq!(sentence("there is no status `In *QA*`"), "there is no status `In *QA*`");
        assert_eq!(sentence("no `a` @all <b> `c`"), "no `a` @\u{200b}all &lt;b&gt; `c`");
        assert_eq!(sentence("odd ` [x](https://y)"), "odd \\` \\[x\\](https:\u{200b}//y)");
        assert_eq!(sentence("- x"), "\u{200b}- x");
        assert_eq!(sentence("a_b, _c_, 50 % of x.y"), "a_b, \\_c\\_, 50 % of x.y");
    }
}
