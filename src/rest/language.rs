//! In which language a Jira answers.
//!
//! Jira Cloud answers in the language that a request forces. Data Center answers in that of the caller's profile: what it brings along (statuses,
//! priorities, roles and the like) then has other names than in its database. Invariant: unless Jira says that the caller's language is its own,
//! it is another one.

use serde::Deserialize;

use super::{Edition, Failure, FailureKind, Jira, Request};

/// In which language a caller is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Language {
    /// In that of the Jira: names are as they are.
    OfJira,
    /// In another one: names may be translated.
    Other {
        /// That of the caller, as `de_DE`.
        own: String,
        /// That of the Jira, where it is known.
        of_jira: Option<String>,
    },
}

/// A setting of a Jira.
#[derive(Debug, Deserialize)]
struct Setting {
    value: Option<String>,
}

/// The language of those who have not chosen one.
const DEFAULT: &str = "jira.i18n.default.locale";

/// The language that somebody has chosen; nothing for those who have not.
const CHOSEN: &str = "jira.user.locale";

impl Jira {
    /// Asks in which language the caller is answered.
    pub fn language(&self) -> Result<Language, Failure> {
        if self.edition == Edition::Cloud {
            return Ok(Language::OfJira);
        }
        let own = self.caller.locale.clone().unwrap_or_default();
        let api = self.edition.api();
        let setting = Request::get(format!("{api}/application-properties"));
        // Administrators alone are told.
        let of_jira = match self.client.ask::<Setting>(&setting.with("key", DEFAULT)) {
            Ok(setting) => setting.value.filter(|value| !value.is_empty()),
            Err(failure) if failure.is_lasting() => None,
            Err(failure) => return Err(failure),
        };
        if let Some(of_jira) = of_jira {
            return Ok(match is_same(&own, &of_jira) {
                true => Language::OfJira,
                false => Language::Other { own, of_jira: Some(of_jira) },
            });
        }
        let chosen = Request::get(format!("{api}/mypreferences")).with("key", CHOSEN);
        match self.client.ask::<String>(&chosen) {
            Err(failure) if failure.kind == FailureKind::NotFound => Ok(Language::OfJira),
            // The value may come as it is, which is no JSON.
            Ok(_) => Ok(Language::Other { own, of_jira: None }),
            Err(failure) if failure.kind == FailureKind::Malformed || failure.is_lasting() => {
                Ok(Language::Other { own, of_jira: None })
            }
            Err(failure) => Err(failure),
        }
    }
}

/// Returns whether two names of languages mean one; what Jira brings along is called the same in all kinds of English.
fn is_same(one: &str, other: &str) -> bool {
    let plain = |name: &str| name.replace('-', "_").to_lowercase();
    let is_english = |name: &str| name == "en" || name.starts_with("en_");
    let (one, other) = (plain(one), plain(other));
    one == other || (is_english(&one) && is_english(&other))
}

#[cfg(test)]
mod tests {
    use super::is_same;

    #[test]
    fn languages_are_the_same_or_are_not() {
        for (one, other, expected) in [
            ("en_US", "en_UK", true),
            ("en_US", "en-us", true),
            ("de_DE", "de_DE", true),
            ("de_DE", "en_US", false),
            ("pt_BR", "pt_PT", false),
            ("", "en_US", false),
        ] {
            assert_eq!(is_same(one, other), expected, "{one} {other}");
        }
    }
}
