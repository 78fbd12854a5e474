//! Long lines are broken for a terminal, so that what belongs together stands together.
//!
//! Invariant: nothing but blanks is lost or added, and a line that fits is as it was.

use unicode_width::UnicodeWidthStr as _;

/// Returns a text in which no line is wider than the terminal, as far as its words allow. What goes on in a new line stands
/// below the words of the first, behind its sign.
pub(super) fn wrapped(text: &str, width: usize) -> String {
    let mut result = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let own = line.strip_suffix('\n').unwrap_or(line);
        if seen(own) <= width || is_drawn(own) {
            result.push_str(line);
            continue;
        }
        broken(own, width, &mut result);
        result.push_str(&line[own.len()..]);
    }
    result
}

/// Returns whether a line is a part of a drawing, such as the place of a mistake.
fn is_drawn(line: &str) -> bool {
    line.contains(['│', '·', '╭', '╰', '─'])
}

/// Returns how wide a text is that may have colours in it.
pub(super) fn seen(text: &str) -> usize {
    anstream::adapter::strip_str(text).to_string().width()
}

fn broken(line: &str, width: usize, result: &mut String) {
    let indent = hanging(line, width);
    let mut column = 0;
    let mut is_first = true;
    for word in line.split_inclusive(' ') {
        let bare = word.trim_end_matches(' ');
        // Blanks before the first word are what the line begins with.
        if !is_first && !bare.is_empty() && column + seen(bare) > width {
            result.truncate(result.trim_end_matches(' ').len());
            result.push('\n');
            result.push_str(&" ".repeat(indent));
            column = indent;
        }
        is_first &= bare.is_empty();
        result.push_str(word);
        column += seen(word);
    }
    result.truncate(result.trim_end_matches(' ').len());
}

/// Returns in which column a line goes on: behind its blanks and its sign, but not too far to the right.
fn hanging(line: &str, width: usize) -> usize {
    let plain = anstream::adapter::strip_str(line).to_string();
    let blanks = plain.len() - plain.trim_start_matches(' ').len();
    let sign = plain[blanks..].split_once(' ').map_or(0, |(sign, _)| match sign {
        "+" | "~" | "-" | "!" | "=" | "?" | "*" => 2,
        number if number.strip_suffix('.').is_some_and(|own| own.parse::<u8>().is_ok()) => number.len() + 1,
        _ => 0,
    });
    let column = blanks + sign;
    if column > width / 2 { width / 4 } else { column }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_line_goes_on_behind_its_sign() {
        let text = "  + one two three four\nshort\n  \x1b[32m-\x1b[0m eins zwei drei\n";
        assert_eq!(
            wrapped(text, 12),
            "  + one two\n    three\n    four\nshort\n  \x1b[32m-\x1b[0m eins\n    zwei\n    drei\n"
        );
        assert_eq!(wrapped("a_word_that_is_wider", 8), "a_word_that_is_wider");
        assert_eq!(wrapped(" 7 │ one two three", 8), " 7 │ one two three");
    }

    proptest! {
        #[test]
        fn no_word_is_lost(text in "[ab +\n]{0,80}", width in 1usize..30) {
            let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
            let broken = wrapped(&text, width);
            prop_assert_eq!(words(&broken), words(&text));
            prop_assert_eq!(wrapped(&broken, 200), broken);
        }
    }
}
