//! Texts with places for what is told of a comment, a worklog or a value.
//!
//! Invariant: a template names only what its kind of text knows, so filling it in cannot fail.

use std::fmt;

use crate::Time;

/// A text with places, such as `{author} wrote on {created}: {body}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    pieces: Vec<Piece>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Place(&'static str),
}

/// Why a text cannot be a template.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum InvalidTemplate {
    #[error("`{{{name}}}` is not known here: there are {known}")]
    Unknown { name: String, known: String },
    #[error("a `{{` that no `}}` ends; write `{{{{` for the sign itself")]
    Open,
    #[error("it does not say `{{{0}}}`, without which nothing of it is told")]
    Lacks(&'static str),
}

impl Template {
    /// What a template of comments knows.
    pub(super) const COMMENT: &'static [&'static str] = &["body", "author", "created", "key"];
    /// What a template of worklogs knows.
    pub(super) const WORKLOG: &'static [&'static str] = &["comment", "author", "started", "key"];
    /// What a template of values knows.
    pub(super) const VALUE: &'static [&'static str] = &["value"];

    /// Reads a template that knows these places, of which the first must be in it.
    pub(super) fn parse(text: &str, known: &'static [&'static str]) -> Result<Self, InvalidTemplate> {
        let mut pieces = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some(place) = rest.find(['{', '}']) {
            plain.push_str(&rest[..place]);
            let sign = &rest[place..=place];
            let after = &rest[place + 1..];
            if let Some(behind) = after.strip_prefix(sign) {
                plain.push_str(sign);
                rest = behind;
                continue;
            }
            if sign == "}" {
                plain.push('}');
                rest = after;
                continue;
            }
            let end = after.find('}').ok_or(InvalidTemplate::Open)?;
            let name = &after[..end];
            let Some(place) = known.iter().find(|known| **known == name) else {
                let known: Vec<_> = known.iter().map(|known| format!("`{{{known}}}`")).collect();
                return Err(InvalidTemplate::Unknown { name: name.to_owned(), known: known.join(", ") });
            };
            if !plain.is_empty() {
                pieces.push(Piece::Text(std::mem::take(&mut plain)));
            }
            pieces.push(Piece::Place(place));
            rest = &after[end + 1..];
        }
        plain.push_str(rest);
        if !plain.is_empty() {
            pieces.push(Piece::Text(plain));
        }
        match known.first() {
            Some(first) if !pieces.contains(&Piece::Place(first)) => Err(InvalidTemplate::Lacks(first)),
            _ => Ok(Self { pieces }),
        }
    }

    /// The template that is the value alone.
    pub(super) fn value() -> Self {
        Self { pieces: vec![Piece::Place("value")] }
    }

    /// The text with these in its places; a place of which nothing is known stays empty.
    pub fn fill(&self, known: &[(&str, &str)]) -> String {
        let mut text = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Text(own) => text.push_str(own),
                Piece::Place(name) => {
                    text.push_str(known.iter().find(|(own, _)| own == name).map_or("", |(_, value)| value));
                }
            }
        }
        text
    }
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.pieces.iter().try_for_each(|piece| match piece {
            Piece::Text(text) => f.write_str(&text.replace('{', "{{").replace('}', "}}")),
            Piece::Place(name) => write!(f, "{{{name}}}"),
        })
    }
}

/// A moment for people, such as `2026-03-01 09:30 UTC`.
pub fn in_utc(time: Time) -> String {
    let minutes = time.0.div_euclid(60_000);
    let (days, minute) = (minutes.div_euclid(1440), minutes.rem_euclid(1440));
    // The calendar in eras of 400 years that begin in March (Howard Hinnant, "chrono-compatible low-level date algorithms").
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02} {:02}:{:02} UTC", minute / 60, minute % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_is_filled_in_and_written_as_it_was() {
        let text = "{author} wrote on {created}:\n{body} {{so}}";
        let template = Template::parse(text, Template::COMMENT).unwrap();
        assert_eq!(template.to_string(), text);
        let filled = template.fill(&[("author", "Ada"), ("created", "today"), ("body", "{author}")]);
        assert_eq!(filled, "Ada wrote on today:\n{author} {so}");
    }

    #[test]
    fn what_cannot_be_filled_in_is_told() {
        let told = |text| Template::parse(text, Template::COMMENT).unwrap_err().to_string();
        assert_eq!(
            told("{who}: {body}"),
            "`{who}` is not known here: there are `{body}`, `{author}`, `{created}`, `{key}`"
        );
        assert_eq!(told("{body"), "a `{` that no `}` ends; write `{{` for the sign itself");
        assert_eq!(told("hello"), "it does not say `{body}`, without which nothing of it is told");
    }

    #[test]
    fn a_moment_is_shown_in_utc() {
        assert_eq!(in_utc(Time(0)), "1970-01-01 00:00 UTC");
        assert_eq!(in_utc(Time(951_827_696_000)), "2000-02-29 12:34 UTC");
        assert_eq!(in_utc(Time(-1)), "1969-12-31 23:59 UTC");
        assert_eq!(in_utc(Time(1_798_761_599_999)), "2026-12-31 23:59 UTC");
    }
}
