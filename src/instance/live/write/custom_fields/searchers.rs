//! Which searchers fields of a type may have on Jira Cloud. Data Center has others besides.
//!
//! Source: Atlassian's description of Jira Cloud (April 2026), `CustomFieldDefinitionJsonBean`.

use crate::mapping::OWN_TYPES;

/// Jira's own types, with their searchers: that which is taken in the place of another stands first.
const SEARCHERS: [(&str, &[&str]); 21] = [
    ("cascadingselect", &["cascadingselectsearcher"]),
    ("datepicker", &["daterange"]),
    ("datetime", &["datetimerange"]),
    ("float", &["exactnumber", "numberrange"]),
    ("grouppicker", &["grouppickersearcher"]),
    ("importid", &["exactnumber", "numberrange"]),
    ("labels", &["labelsearcher"]),
    ("multicheckboxes", &["multiselectsearcher"]),
    ("multigrouppicker", &["multiselectsearcher"]),
    ("multiselect", &["multiselectsearcher"]),
    ("multiuserpicker", &["userpickergroupsearcher"]),
    ("multiversion", &["versionsearcher"]),
    ("project", &["projectsearcher"]),
    ("radiobuttons", &["multiselectsearcher"]),
    ("readonlyfield", &["textsearcher"]),
    ("select", &["multiselectsearcher"]),
    ("textarea", &["textsearcher"]),
    ("textfield", &["textsearcher"]),
    ("url", &["exacttextsearcher"]),
    ("userpicker", &["userpickergroupsearcher"]),
    ("version", &["versionsearcher"]),
];

/// Returns the searcher that takes the place of one that a field of this type cannot have.
pub(super) fn instead_of(searcher: &str, ty: &str) -> Option<String> {
    let own = ty.strip_prefix(OWN_TYPES)?;
    let (_, searchers) = SEARCHERS.iter().find(|(ty, _)| *ty == own)?;
    let key = |own: &&str| format!("{OWN_TYPES}{own}");
    if searchers.iter().any(|own| key(own) == searcher) { None } else { searchers.first().map(key) }
}

/// Returns whether Jira has a type by itself, in both editions.
pub(super) fn is_type_of_jira(ty: &str) -> bool {
    ty.strip_prefix(OWN_TYPES).is_some_and(|own| SEARCHERS.iter().any(|(ty, _)| *ty == own))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_searcher_of_another_type_becomes_one_of_its_own() {
        let own = |searcher: &str, ty: &str| {
            let instead = instead_of(&format!("{OWN_TYPES}{searcher}"), &format!("{OWN_TYPES}{ty}"));
            instead.map(|own| own.replacen(OWN_TYPES, "", 1))
        };
        assert_eq!(own("userpickersearcher", "userpicker").as_deref(), Some("userpickergroupsearcher"));
        assert_eq!(own("numberrange", "float"), None);
        assert_eq!(own("exactnumber", "float"), None);
        assert_eq!(instead_of("com.example:searcher", "com.example:type"), None);
    }
}
