//! How SQL is spelled for PostgreSQL, and how what PostgreSQL says is spelled in a backup.
//!
//! Invariant: text of users comes into SQL only through [`literal`], and names only through [`quoted`].

use std::borrow::Cow;

/// Returns a name as SQL writes it.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Returns the name of a table with its schema.
pub(super) fn qualified(schema: &str, table: &str) -> String {
    format!("{}.{}", quoted(schema), quoted(table))
}

/// Returns the name of a table with its schema, as a literal that a cast to `regclass` understands.
pub(super) fn regclass(schema: &str, table: &str) -> String {
    literal(&qualified(schema, table))
}

/// Returns a text as SQL writes it, whatever the session takes a `\` for.
pub(super) fn literal(text: &str) -> String {
    let text = text.replace('\'', "''");
    match text.contains('\\') {
        true => format!(" E'{}'", text.replace('\\', "\\\\")),
        false => format!("'{text}'"),
    }
}

/// Returns a text, or NULL, as SQL writes it.
pub(super) fn optional(text: Option<&str>) -> String {
    text.map_or_else(|| "NULL".to_owned(), literal)
}

/// Returns texts as SQL writes a list.
pub(super) fn list<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    texts.into_iter().map(literal).collect::<Vec<_>>().join(", ")
}

/// What a column of the database holds, as far as it is spelled in another way there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Text, or a number without a fraction.
    Plain,
    /// Truth.
    Boolean,
    /// A number with a fraction.
    Float,
    /// A moment.
    Moment,
}

impl Kind {
    /// Returns the kind of a type, by the name that `format_type` gives it.
    pub(super) fn of(ty: &str) -> Self {
        match ty {
            "boolean" => Self::Boolean,
            "double precision" | "real" => Self::Float,
            _ if ty.starts_with("timestamp") => Self::Moment,
            _ => Self::Plain,
        }
    }

    /// Returns a value as a backup spells it: Jira writes what Java makes of it.
    pub(super) fn spelled(self, text: &str) -> Cow<'_, str> {
        match self {
            Self::Boolean if text == "t" => Cow::Borrowed("true"),
            Self::Boolean if text == "f" => Cow::Borrowed("false"),
            // `Double.toString` always has a fraction; limits of columns are far from where it has exponents.
            Self::Float if text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-') => {
                Cow::Owned(format!("{text}.0"))
            }
            Self::Moment => Cow::Owned(moment(text)),
            _ => Cow::Borrowed(text),
        }
    }
}

/// Returns `2010-08-25 00:00:00+02` as `java.sql.Timestamp` spells it: without a zone, and always with a fraction.
fn moment(text: &str) -> String {
    /// The date, whose `-` are no zone.
    const DATE: usize = "2010-08-25".len();
    let end = text.get(DATE..).and_then(|time| time.find(['+', '-'])).map_or(text.len(), |at| DATE + at);
    let plain = &text[..end];
    if plain.contains('.') { plain.to_owned() } else { format!("{plain}.0") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_spelled_as_in_a_backup() {
        let spelled = |ty: &str, text: &str| Kind::of(ty).spelled(text).into_owned();
        assert_eq!(spelled("boolean", "t"), "true");
        assert_eq!(spelled("boolean", "f"), "false");
        assert_eq!(spelled("character varying", "t"), "t");
        assert_eq!(spelled("double precision", "3"), "3.0");
        assert_eq!(spelled("double precision", "-1"), "-1.0");
        assert_eq!(spelled("double precision", "2.5"), "2.5");
        assert_eq!(spelled("numeric", "10000"), "10000");
        let moment = |text| spelled("timestamp with time zone", text);
        assert_eq!(moment("2010-08-25 00:00:00+02"), "2010-08-25 00:00:00.0");
        assert_eq!(moment("2010-08-25 00:00:00.25-03:30"), "2010-08-25 00:00:00.25");
        assert_eq!(spelled("timestamp without time zone", "2010-08-25 01:02:03"), "2010-08-25 01:02:03.0");
    }

    #[test]
    fn quotes_cannot_be_left() {
        assert_eq!(literal("a'b"), "'a''b'");
        assert_eq!(literal("a'b\\"), " E'a''b\\\\'");
        assert_eq!(quoted("a\"b"), "\"a\"\"b\"");
        assert_eq!(optional(None), "NULL");
        assert_eq!(list(["a", "b'"]), "'a', 'b'''");
    }
}
