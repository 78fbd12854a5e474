//! The icons of priorities that come with Jira Cloud: it tells each as SVG, and takes the address of the same picture as PNG alone.
//!
//! Pure. Sources: Atlassian's description of Jira Cloud (April 2026), and replies of live sites.

const FOLDER: &str = "/images/icons/priorities/";

/// Those that Jira tells as SVG.
const NEWER: [&str; 5] = ["highest", "high", "medium", "low", "lowest"];

/// Those of older versions; and each of all that, with `_new`, is drawn anew.
const OLDER: [&str; 5] = ["blocker", "critical", "major", "minor", "trivial"];

/// Returns the name of an icon that comes with Jira Cloud.
fn name(address: &str) -> Option<&str> {
    let file = address.strip_prefix(FOLDER)?;
    let name = file.strip_suffix(".svg").or_else(|| file.strip_suffix(".png"))?;
    let plain = name.strip_suffix("_new").unwrap_or(name);
    (NEWER.contains(&plain) || OLDER.contains(&plain)).then_some(name)
}

/// Returns an address in the form in which Jira Cloud tells it.
fn shown(address: &str) -> String {
    match name(address) {
        Some(name) if NEWER.contains(&name) => format!("{FOLDER}{name}.svg"),
        Some(name) => format!("{FOLDER}{name}.png"),
        None => address.to_owned(),
    }
}

/// Returns the address of an icon of Jira Cloud that may be meant.
pub(super) fn nearest(address: &str) -> String {
    name(address).map_or_else(|| format!("{FOLDER}medium.svg"), |_| shown(address))
}

/// Returns an address as Jira Cloud takes it: that of one of its own icons in the form in which it is read, or one of the web.
pub(super) fn taken(address: &str) -> Option<String> {
    match name(address) {
        Some(name) => (shown(address) == address).then(|| format!("{FOLDER}{name}.png")),
        None => {
            (address.starts_with("https://") || address.starts_with("http://")).then(|| address.to_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_icon_is_told_in_one_form_and_taken_in_another() {
        let of = |file: &str| format!("{FOLDER}{file}");
        for (told, read) in [("high.svg", "high.svg"), ("high.png", "high.svg"), ("major.svg", "major.png")] {
            assert_eq!(shown(&of(told)), of(read));
        }
        assert_eq!(taken(&of("high.svg")), Some(of("high.png")));
        assert_eq!(taken(&of("major.png")), Some(of("major.png")));
        assert_eq!(taken(&of("high_new.png")), Some(of("high_new.png")));
        assert_eq!(taken(&of("high.png")), None, "it would be read otherwise");
        assert_eq!(taken(&of("own.png")), None);
        assert_eq!(shown(&of("own.png")), of("own.png"));
        assert_eq!(taken("https://x.example/a.png").as_deref(), Some("https://x.example/a.png"));
    }
}
