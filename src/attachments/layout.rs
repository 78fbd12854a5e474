//! How the files lie in a folder of attachments.
//!
//! | layout | file | seen |
//! |---|---|---|
//! | named | `PROJ/PROJ-7/<id>_<name>` | folders of Jira 4.x and 5.0, with their rows |
//! | flat | `PROJ/PROJ-7/<id>` | from 5.x on, beside the former in one folder |
//! | bucketed | `PROJ/10000/PROJ-7/<id>` | 6.x and 7.x on, from public code and listings |
//!
//! Thumbnails are `<id>_thumb_<name>` beside the file, or later `thumbs/_thumb_<id>.png`; so a named file whose own name begins
//! with `thumb_` cannot be told from one, and is not found. Invariant: a path is made of a
//! checked key and of numbers, and never of the name of an attachment.

use std::path::PathBuf;

use super::{Error, Place};

/// How many issues share a folder.
const BUCKET: u64 = 10_000;

/// How the files lie in a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Layout {
    /// By project and issue, with the name of the attachment.
    Named,
    /// By project and issue.
    Flat,
    /// By project, ten thousands of issues, and issue.
    Bucketed,
}

impl Layout {
    /// What a Jira of today makes.
    pub const NEWEST: Self = Self::Bucketed;

    /// Returns the folder of an issue, below that of all attachments.
    pub(super) fn folder(self, place: &Place) -> Result<PathBuf, Error> {
        let Place { original_key: key, number, .. } = place;
        if !is_key(key) {
            return Err(Error::Key { key: key.clone() });
        }
        let mut path = PathBuf::from(key);
        if self == Self::Bucketed {
            path.push(bucket(*number).to_string());
        }
        path.push(format!("{key}-{number}"));
        Ok(path)
    }

    /// Returns the layout that a folder of an issue belongs to by its parts, below that of all attachments, and by the name of a
    /// file in it.
    pub(super) fn of(parts: &[&str], file: &str) -> Option<Self> {
        let (key, bucket, issue) = match parts {
            [key, issue] => (key, None, issue),
            [key, bucket, issue] => (key, Some(bucket), issue),
            _ => return None,
        };
        let number: u64 = issue.strip_prefix(key)?.strip_prefix('-')?.parse().ok()?;
        let id = id(file)?;
        match bucket {
            Some(bucket) => (**bucket == self::bucket(number).to_string()).then_some(Self::Bucketed),
            None => Some(if id.len() == file.len() { Self::Flat } else { Self::Named }),
        }
    }
}

/// Returns the name of the folder in which an issue is: 10000 for 1 to 10000, 20000 for 10001 to 20000.
fn bucket(number: u64) -> u64 {
    number.max(1).div_ceil(BUCKET).saturating_mul(BUCKET)
}

/// Returns the id at the beginning of the name of a file, unless it is that of a thumbnail.
pub(super) fn id(file: &str) -> Option<&str> {
    let (id, name) = file.split_once('_').unwrap_or((file, ""));
    let is_id = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit()) && !id.starts_with('0');
    (is_id && !name.starts_with("thumb_")).then_some(id)
}

/// Returns whether a key can be the name of a folder: Jira allows capital letters, digits and `_`, and its setting others.
pub(super) fn is_key(key: &str) -> bool {
    !key.is_empty() && key.len() <= 200 && key.chars().all(|own| own.is_alphanumeric() || own == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(key: &str, number: u64) -> Place {
        Place { original_key: key.to_owned(), number, id: 1 }
    }

    #[test]
    fn issues_lie_in_ten_thousands() {
        let path =
            |number| Layout::Bucketed.folder(&place("AB", number)).unwrap().to_str().unwrap().to_owned();
        assert_eq!(path(1), "AB/10000/AB-1");
        assert_eq!(path(10_000), "AB/10000/AB-10000");
        assert_eq!(path(10_001), "AB/20000/AB-10001");
        assert_eq!(Layout::Flat.folder(&place("AB", 7)).unwrap().to_str(), Some("AB/AB-7"));
        for number in [1, 9_999, 10_000, 10_001, 123_456, u64::MAX] {
            let parts = path(number);
            let parts: Vec<&str> = parts.split('/').collect();
            assert_eq!(Layout::of(&parts, "10001"), Some(Layout::Bucketed));
        }
    }

    #[test]
    fn a_key_that_leads_elsewhere_is_none() {
        let long = "A".repeat(300);
        for key in ["", ".", "..", "../x", "/etc", "A/B", "A\\B", "A\0", "A B", "C:", &long] {
            assert!(matches!(Layout::Flat.folder(&place(key, 1)), Err(Error::Key { .. })), "{key:?}");
        }
    }

    #[test]
    fn a_file_belongs_to_the_id_before_the_first_line() {
        let cases = [
            ("10001", Some("10001")),
            ("10001_random_garbage.txt", Some("10001")),
            ("10001_", Some("10001")),
            ("10001_thumb_x.png", None),
            ("_thumb_10001.png", None),
            ("10001.png", None),
            (".10001.abcdefghijkl.unfinished", None),
            ("x_10001", None),
            ("010001", None),
            ("", None),
        ];
        for (file, wanted) in cases {
            assert_eq!(id(file), wanted, "{file}");
        }
    }

    #[test]
    fn a_folder_tells_its_layout_by_its_files() {
        let of = |path: &str| {
            let mut parts: Vec<&str> = path.split('/').collect();
            let file = parts.pop().unwrap();
            Layout::of(&parts, file)
        };
        assert_eq!(of("AB/AB-7/10001_x.txt"), Some(Layout::Named));
        assert_eq!(of("AB/AB-7/10001"), Some(Layout::Flat));
        assert_eq!(of("AB/10000/AB-7/10001"), Some(Layout::Bucketed));
        for other in ["AB/20000/AB-7/10001", "AB/CD-7/10001", "AB/AB-x/1", "AB/AB-7/thumbs/1", "1", "AB/1"] {
            assert_eq!(of(other), None, "{other}");
        }
    }
}
