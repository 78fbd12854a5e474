//! What the root of a file says to other programs: where an editor or validator finds the schema.
//!
//! Invariant: it is no part of a configuration. It is read and kept where a file is written again, and nothing compares it.

/// The name space of the attributes that tell where a schema is (XML Schema 1.0, section 2.6).
const INSTANCE: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// The attributes of the root that are for other programs, by name, in the order of writing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Beside(Vec<(String, String)>);

impl Beside {
    /// Takes an attribute of the root if it is one for other programs; returns whether it is.
    pub(super) fn takes(&mut self, name: &str, value: &str) -> bool {
        let declares = name.starts_with("xmlns:") && value == INSTANCE;
        let locates = name.split_once(':').is_some_and(|(prefix, local)| {
            local == "noNamespaceSchemaLocation" && !prefix.is_empty() && prefix != "xmlns"
        });
        if declares || locates {
            self.0.push((name.to_owned(), value.to_owned()));
            // The declaration of a prefix stands before its use.
            self.0.sort_by_key(|(name, _)| !name.starts_with("xmlns:"));
        }
        declares || locates
    }

    /// Returns a prefix that is used without being declared.
    pub(super) fn undeclared(&self) -> Option<&str> {
        let prefixes = self.0.iter().filter_map(|(name, _)| name.split_once(':')).map(|(prefix, _)| prefix);
        let declared =
            |prefix: &&str| self.0.iter().any(|(name, _)| name.strip_prefix("xmlns:") == Some(prefix));
        prefixes.filter(|prefix| *prefix != "xmlns").find(|prefix| !declared(prefix))
    }

    /// Returns what stands beside the merge of two files: what one side changed, and else, or where both did, what is ours.
    #[must_use]
    pub fn merged(base: &Self, ours: Self, theirs: Self) -> Self {
        if ours == *base { theirs } else { ours }
    }

    /// Returns the attributes.
    pub(super) fn attributes(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}
