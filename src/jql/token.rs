//! JQL in pieces.
//!
//! Invariant: the texts of the pieces, one after the other, are the query; every text has pieces.

use std::borrow::Cow;

/// Characters that end a word. The others that Jira reserves (`.;?` ...) are no trouble inside one.
const SYMBOLS: [char; 18] =
    ['=', '!', '<', '>', '(', ')', '~', ',', '[', ']', '|', '&', '{', '}', '*', '/', '%', '+'];

/// Operators of two characters.
const PAIRS: [&str; 6] = ["!=", "!~", "<=", ">=", "&&", "||"];

/// A piece of a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token<'a> {
    pub(super) kind: Kind,
    pub(super) text: &'a str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Blanks and line breaks.
    Space,
    /// A keyword, a name or a number.
    Word,
    /// A text in single or double quotes; at the end of the query the closing one may be missing.
    Quoted,
    /// An operator, a bracket or a comma.
    Symbol,
}

impl Token<'_> {
    /// Returns whether this is the symbol.
    pub(super) fn is(&self, symbol: &str) -> bool {
        self.kind == Kind::Symbol && self.text == symbol
    }

    /// Returns whether this is the keyword; quotes make it a plain text.
    pub(super) fn is_word(&self, keyword: &str) -> bool {
        self.kind == Kind::Word && self.text.eq_ignore_ascii_case(keyword)
    }

    /// Returns whether this is a name or value.
    pub(super) fn is_text(&self) -> bool {
        matches!(self.kind, Kind::Word | Kind::Quoted)
    }

    /// Returns whether a text in quotes has its closing one.
    pub(super) fn is_closed(&self) -> bool {
        self.text.chars().next().is_some_and(|quote| ends_quote(&self.text[1..], quote))
    }

    /// Returns the text that is meant: without quotes and escapes.
    pub(super) fn value(&self) -> Cow<'_, str> {
        let inner = match self.kind {
            Kind::Quoted => {
                let quote = self.text.chars().next().unwrap_or('"');
                let inner = &self.text[1..];
                if ends_quote(inner, quote) { &inner[..inner.len() - 1] } else { inner }
            }
            _ => self.text,
        };
        if !inner.contains('\\') {
            return Cow::Borrowed(inner);
        }
        let mut value = String::with_capacity(inner.len());
        let mut rest = inner.chars();
        while let Some(char) = rest.next() {
            if char != '\\' {
                value.push(char);
                continue;
            }
            match rest.next() {
                Some('t') => value.push('\t'),
                Some('n') => value.push('\n'),
                Some('r') => value.push('\r'),
                Some('u') => {
                    let digits: String = rest.clone().take(4).collect();
                    let code = (digits.len() == 4).then(|| u32::from_str_radix(&digits, 16).ok()).flatten();
                    if let Some(char) = code.and_then(char::from_u32) {
                        value.push(char);
                        rest.nth(3);
                    } else {
                        value.push('u');
                    }
                }
                Some(other) => value.push(other),
                None => value.push('\\'),
            }
        }
        Cow::Owned(value)
    }
}

/// Takes a query to pieces.
pub(super) fn tokens(query: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut rest = query;
    while let Some(first) = rest.chars().next() {
        let (kind, length) = match first {
            '"' | '\'' => (Kind::Quoted, quoted_length(rest, first)),
            _ if first.is_whitespace() => (Kind::Space, length_while(rest, char::is_whitespace)),
            _ if SYMBOLS.contains(&first) => {
                let pair = PAIRS.iter().any(|pair| rest.starts_with(pair));
                (Kind::Symbol, if pair { 2 } else { 1 })
            }
            _ => (Kind::Word, word_length(rest)),
        };
        let (text, after) = rest.split_at(length);
        tokens.push(Token { kind, text });
        rest = after;
    }
    tokens
}

fn length_while(text: &str, belongs: impl Fn(char) -> bool) -> usize {
    text.find(|char| !belongs(char)).unwrap_or(text.len())
}

/// Returns the length of a word: a backslash takes the next character with it.
fn word_length(text: &str) -> usize {
    let mut escaped = false;
    for (index, char) in text.char_indices() {
        if escaped {
            escaped = false;
        } else if char == '\\' {
            escaped = true;
        } else if char.is_whitespace() || matches!(char, '"' | '\'') || SYMBOLS.contains(&char) {
            return index;
        }
    }
    text.len()
}

fn quoted_length(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (index, char) in text.char_indices().skip(1) {
        if escaped {
            escaped = false;
        } else if char == '\\' {
            escaped = true;
        } else if char == quote {
            return index + 1;
        }
    }
    text.len()
}

/// Returns whether the text behind an opening quote ends with the closing one.
fn ends_quote(inner: &str, quote: char) -> bool {
    let Some(before) = inner.strip_suffix(quote) else { return false };
    let backslashes = before.len() - before.trim_end_matches('\\').len();
    backslashes % 2 == 0
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn values(query: &str) -> Vec<String> {
        let tokens = tokens(query);
        tokens
            .iter()
            .filter(|token| token.kind != Kind::Space)
            .map(|token| token.value().into_owned())
            .collect()
    }

    #[test]
    fn quotes_and_escapes_are_understood() {
        assert_eq!(values(r#"a="b \"c\" \\" "#), ["a", "=", r#"b "c" \"#]);
        assert_eq!(values(r"a='it\'s' AND b"), ["a", "=", "it's", "AND", "b"]);
        assert_eq!(values(r#""tab\tand\u00FCx""#), ["tab\tandüx"]);
        assert_eq!(values(r"two\ words~x"), ["two words", "~", "x"]);
    }

    #[test]
    fn broken_queries_have_pieces_too() {
        assert_eq!(values("a = \"b"), ["a", "=", "b"]);
        assert_eq!(values(r#"a = "b\""#), ["a", "=", "b\""]);
        assert_eq!(values("\""), [""]);
        assert_eq!(values("\\"), ["\\"]);
        assert_eq!(values(r#""\uZZ""#), ["uZZ"]);
    }

    #[test]
    fn operators_are_as_long_as_possible() {
        assert_eq!(values("a!=b!~c<=d||e"), ["a", "!=", "b", "!~", "c", "<=", "d", "||", "e"]);
        assert_eq!(values("a>-1d"), ["a", ">", "-1d"]);
    }

    proptest! {
        #[test]
        fn the_pieces_make_the_query(query in any::<String>()) {
            let tokens = tokens(&query);
            let joined: String = tokens.iter().map(|token| token.text).collect();
            prop_assert_eq!(&joined, &query);
            for token in tokens {
                prop_assert!(!token.text.is_empty());
                token.value();
            }
        }

        #[test]
        fn the_pieces_of_likely_queries_make_the_query(query in r#"([a-z0-9]{0,3}[ "'\\=!<>~()\[\],&|]){0,20}"#) {
            let tokens = tokens(&query);
            let joined: String = tokens.iter().map(|token| token.text).collect();
            prop_assert_eq!(&joined, &query);
            for token in tokens {
                token.value();
            }
        }
    }
}
