//! The names of entries, and their order.
//!
//! Invariants: a name is a path that every system can have, below the root of the archive and in one of its parts; no other
//! text becomes one. The order is that in which an archive is read: the configuration, the data, the attachments; in the data
//! what is in a folder before what stands beside it, and numbers by their size.

use std::cmp::Ordering;
use std::fmt;

use super::content::is_sha256;

/// The configuration.
pub(super) const CONFIGURATION: &str = "configuration.xml";

/// The folder of the data.
pub(super) const DATA: &str = "data";

/// The folder of the attachments.
pub(super) const ATTACHMENTS: &str = "attachments";

/// The longest name, in bytes: less than any system allows for a path, and than a zip does.
const LONGEST: usize = 240;

/// Why a text is no name of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Ill {
    /// Too long.
    #[error("the name is longer than {LONGEST} bytes")]
    Long,
    /// With `..`, from the root of the disk, or with nothing between two slashes.
    #[error("the name leads out of the archive")]
    Out,
    /// With something that not every system can have in a name.
    #[error("the name holds characters that pcfg never writes")]
    Characters,
    /// In no part of an archive.
    #[error("a complete project has no such entry")]
    Foreign,
    /// Not by its hash.
    #[error("an attachment is named by its SHA-256, as `attachments/ab/ab…`")]
    Hash,
}

/// The name of an entry.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Name(Box<str>);

impl Name {
    /// Returns the name of an entry, if this is one.
    pub fn new(text: &str) -> Result<Self, Ill> {
        if text.len() > LONGEST {
            return Err(Ill::Long);
        }
        let parts: Vec<&str> = text.split('/').collect();
        if parts.iter().any(|part| matches!(*part, "" | "." | "..")) {
            return Err(Ill::Out);
        }
        let is_plain = |own: char| own.is_alphanumeric() || matches!(own, '-' | '_' | '.');
        if parts.iter().any(|part| part.starts_with('.') || !part.chars().all(is_plain)) {
            return Err(Ill::Characters);
        }
        match parts[..] {
            [CONFIGURATION] => {}
            [DATA, .., last] if last.ends_with(".xml") => {}
            [ATTACHMENTS, begin, hash] if is_sha256(hash) && hash.starts_with(begin) && begin.len() == 2 => {}
            [ATTACHMENTS, ..] => return Err(Ill::Hash),
            _ => return Err(Ill::Foreign),
        }
        Ok(Self(text.into()))
    }

    /// Returns the name of the attachment of a hash.
    pub fn attachment(sha256: &str) -> Result<Self, Ill> {
        Self::new(&format!("{ATTACHMENTS}/{}/{sha256}", sha256.get(..2).unwrap_or_default()))
    }

    /// Returns the text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the hash of an attachment.
    pub fn sha256(&self) -> Option<&str> {
        self.0.strip_prefix(ATTACHMENTS)?.rsplit('/').next()
    }

    /// Returns what no two names of an archive may share, for there are systems that do not tell small letters from large.
    pub(super) fn folded(&self) -> String {
        self.0.to_lowercase()
    }

    fn part(&self) -> u8 {
        match self.0.split('/').next() {
            Some(CONFIGURATION) => 0,
            Some(DATA) => 1,
            _ => 2,
        }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl Ord for Name {
    fn cmp(&self, other: &Self) -> Ordering {
        let parts = self.part().cmp(&other.part());
        // Hashes hold digits that are no numbers.
        if parts != Ordering::Equal || self.part() != 1 {
            return parts.then_with(|| self.0.cmp(&other.0));
        }
        let (mut own, mut others) = (self.0.split('/').peekable(), other.0.split('/').peekable());
        while let (Some(one), Some(two)) = (own.next(), others.next()) {
            let is_file = own.peek().is_none().cmp(&others.peek().is_none());
            let order = is_file.then_with(|| tokens(one).cmp(tokens(two))).then_with(|| one.cmp(two));
            if order != Ordering::Equal {
                return order;
            }
        }
        Ordering::Equal
    }
}

impl PartialOrd for Name {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Cuts a text into numbers, without the zeros before them, and what is between.
fn tokens(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let is_number = rest.chars().next()?.is_ascii_digit();
        let end = rest.find(|own: char| own.is_ascii_digit() != is_number).unwrap_or(rest.len());
        let (token, after) = rest.split_at(end);
        rest = after;
        let number = token.trim_start_matches('0');
        // A number comes before a text, and a longer one after a shorter one.
        Some(if is_number { (number.len(), number) } else { (usize::MAX, token) })
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_stand_in_the_order_of_reading() {
        let hash = |digit: &str| format!("attachments/{}/{}", digit.repeat(2), digit.repeat(64));
        let ordered = [
            "configuration.xml",
            "data/AB/issues/000001-001000.xml",
            "data/AB/issues/999001-1000000.xml",
            "data/AB/issues/1000001-1001000.xml",
            "data/AB/ranks.xml",
            "data/B/ranks.xml",
            "data/sprints.xml",
            &hash("1"),
            &hash("a"),
        ];
        let names = ordered.map(|name| Name::new(name).unwrap());
        let mut shuffled = names.clone();
        shuffled.reverse();
        shuffled.sort();
        assert_eq!(shuffled, names);
    }

    #[test]
    fn no_other_text_is_a_name() {
        let long = format!("data/{}.xml", "x".repeat(300));
        let other = format!("attachments/ab/{}", "c".repeat(64));
        let cases = [
            ("", Ill::Out),
            ("../x", Ill::Out),
            ("data/../../x.xml", Ill::Out),
            ("/etc/passwd", Ill::Out),
            ("data//x.xml", Ill::Out),
            ("data/./x.xml", Ill::Out),
            ("data/x.xml/", Ill::Out),
            ("data\\x.xml", Ill::Characters),
            ("C:/x", Ill::Characters),
            ("data/x\0.xml", Ill::Characters),
            ("data/.hidden.xml", Ill::Characters),
            ("data/a b.xml", Ill::Characters),
            (&long, Ill::Long),
            ("x", Ill::Foreign),
            ("manifest.json", Ill::Foreign),
            ("data", Ill::Foreign),
            ("data/x.json", Ill::Foreign),
            ("configuration.xml/x", Ill::Foreign),
            ("attachments/x", Ill::Hash),
            (&other, Ill::Hash),
        ];
        for (text, ill) in cases {
            assert_eq!(Name::new(text), Err(ill), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn the_order_is_one(names in prop::collection::vec("(data/){1,3}[a-b0-2]{1,4}\\.xml|configuration\\.xml", 3)) {
            let [one, two, three] = [0, 1, 2].map(|at: usize| Name::new(&names[at]).unwrap());
            prop_assert_eq!(one.cmp(&two), two.cmp(&one).reverse());
            prop_assert_eq!(one.cmp(&two) == Ordering::Equal, one == two);
            if one <= two && two <= three {
                prop_assert!(one <= three);
            }
        }
    }
}
