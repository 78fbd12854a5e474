//! Which icons Jira has, by its version.

use super::areas::{constants, issue_types};

/// Returns whether Jira before 6.0 may have an icon: its own that it lacks are known, and all are in folders that it does not have.
pub fn is_in_old_jira(address: &str) -> bool {
    let folders = ["statuses/", "priorities/", "issuetypes/"];
    let file = address.strip_prefix("/images/icons/").unwrap_or_default();
    !folders.iter().any(|folder| file.starts_with(folder))
        || constants::old_icon(address).is_some()
        || issue_types::read::old_icon(address).is_some()
}

#[cfg(test)]
mod tests {
    #[test]
    fn icons_of_later_versions_are_none_of_an_old_one() {
        for name in
            ["priorities/major.svg", "priorities/highest.png", "statuses/new.png", "issuetypes/story.svg"]
        {
            assert!(!super::is_in_old_jira(&format!("/images/icons/{name}")), "{name}");
        }
        for address in [
            "/images/icons/priorities/major.png",
            "/images/icons/issuetypes/bug.png",
            "/images/icons/ico_epic.png",
            "https://x.example/own.svg",
        ] {
            assert!(super::is_in_old_jira(address), "{address}");
        }
    }
}
