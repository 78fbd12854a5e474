//! Changes one line of a settings file and leaves the rest as people wrote it.
//!
//! Invariant: the comments, the order and the spelling of all other lines stay.

use toml::de::{DeTable, DeValue};

use super::propose::quoted;

/// The file with this text for a key of `[sync]`; nothing where there is no such table.
pub fn with_text(file: &str, key: &str, text: &str) -> Option<String> {
    let table = DeTable::parse(file).ok()?;
    let sync = table.get_ref().get("sync")?;
    let DeValue::Table(entries) = sync.get_ref() else { return None };
    let value = quoted(text);
    if let Some(old) = entries.get(key) {
        let span = old.span();
        return Some(format!("{}{value}{}", &file[..span.start], &file[span.end..]));
    }
    // Behind the last line that is there for sure: the header of the table.
    let header = file.find("[sync]")? + "[sync]".len();
    let end = file[header..].find('\n').map_or(file.len(), |place| header + place + 1);
    let line_end = if file[..end].ends_with('\n') { "" } else { "\n" };
    Some(format!("{}{line_end}{key} = {value}\n{}", &file[..end], &file[end..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_changes_and_the_rest_stays() {
        let file = "# ours\n[sync]   # all\nname = \"Old\" # why\nuser = \"sync\"\n";
        assert_eq!(
            with_text(file, "name", "New \"one\"").unwrap(),
            "# ours\n[sync]   # all\nname = 'New \"one\"' # why\nuser = \"sync\"\n"
        );
        assert_eq!(
            with_text(file, "description", "More").unwrap(),
            "# ours\n[sync]   # all\ndescription = \"More\"\nname = \"Old\" # why\nuser = \"sync\"\n"
        );
        assert_eq!(with_text("[other]\n", "name", "x"), None);
    }
}
