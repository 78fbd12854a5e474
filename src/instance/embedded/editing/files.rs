//! Attachments: rows, and files in a folder beside the instance, in Jira's layout.
//!
//! Invariant: a file is on the disk before its row is there, and goes after its row has gone; memory is the same for every size.

use std::io::{Read, Write};

use pcfg_sync::{Attachment, FileFacts, Handle, IssueFault, IssueKey, Marker};

use super::desk::Desk;
use super::history::Item;
use super::rows::{Called, Moved};
use super::table::Found;
use super::values::refused;
use crate::attachments::{Error, Place};

/// As long as the name of a file can be (`varchar(255)` in a database of 9.12).
const MOST_NAME: usize = 255;

/// As long as a type can be (`varchar(60)` there).
const MOST_MIME: usize = 60;

impl Desk<'_> {
    fn place(&self, issue: &Found, id: u64) -> Place {
        let original_key = self.ground().project.original_key.clone();
        Place { original_key, number: issue.row.id("number").unwrap_or(0), id }
    }

    /// Attaches a file.
    pub(super) fn attach(
        &self,
        key: &IssueKey,
        file: &FileFacts,
        bytes: &mut dyn Read,
        marker: Option<&Marker>,
    ) -> Called<Attachment> {
        let issue = self.issue(key)?;
        self.rights().must("CREATE_ATTACHMENTS", Some(&issue.row), "attach a file")?;
        check_name(&file.name)?;
        let issue_id = issue.row.id("id").unwrap_or(0);
        make_folder(&self.rows.folder_path())?;
        let folder = self.rows.folder()?;
        // A file that a killed process left is not this one's.
        let (mut row, place, look) = loop {
            let row = self.rows.new_row("FileAttachment")?;
            let place = self.place(&issue, row.id("id").unwrap_or(0));
            let look = folder.look(&place).map_err(unplaced)?;
            if look.file.is_none() {
                break (row, place, look);
            }
        };
        let mut bytes = bytes.take(file.size.saturating_add(1));
        let placed = folder.put_any(&place, &mut bytes, file.sha256.as_deref()).map_err(unplaced)?;
        self.rows.placed(Moved {
            place: place.clone(),
            sha256: placed.content.sha256.clone(),
            absent: look.absent,
        });
        if placed.content.size != file.size {
            return Err(refused(format!(
                "{} was said to have {} bytes, and has {}",
                file.name,
                file.size,
                if placed.content.size > file.size {
                    "more".to_owned()
                } else {
                    placed.content.size.to_string()
                }
            )));
        }
        let is_short = (1..=MOST_MIME).contains(&file.mime.chars().count());
        let mime = if is_short { file.mime.as_str() } else { "application/octet-stream" };
        row.set("issue", Some(&issue_id.to_string()));
        row.set("mimetype", Some(mime));
        row.set("filename", Some(&file.name));
        row.set("filesize", Some(&file.size.to_string()));
        row.set("author", Some(self.me()));
        row.set("zip", Some("0"));
        row.set("thumbnailable", Some("0"));
        let when = self.touch(&issue, &[])?;
        row.set("created", Some(&when));
        self.rows.insert(&row)?;
        let new = (row.get("id").map(str::to_owned), Some(file.name.clone()));
        self.tell(issue_id, &when, &[Item::own("Attachment", (None, None), new)])?;
        if let Some(marker) = marker {
            self.mark_attachment(issue_id, place.id, marker)?;
        }
        Ok(self.attachment(&row, marker))
    }

    fn attached(&self, issue: &Found, handle: &Handle) -> Called<Found> {
        let missing = || IssueFault::Missing { what: format!("attachment {}", handle.0) };
        let id = handle.0.parse().map_err(|_| missing())?;
        let found = self.rows.find("FileAttachment", "id", id)?.pop().ok_or_else(missing)?;
        if found.row.id("issue") == issue.row.id("id") { Ok(found) } else { Err(missing()) }
    }

    /// Writes the bytes of an attachment.
    pub(super) fn fetch(&self, key: &IssueKey, handle: &Handle, to: &mut dyn Write) -> Called<()> {
        let issue = self.issue(key)?;
        let found = self.attached(&issue, handle)?;
        let place = self.place(&issue, found.row.id("id").unwrap_or(0));
        let size = found.row.id("filesize").unwrap_or(0);
        let file = self.rows.folder()?.file(&place, size).map_err(unplaced)?;
        let mut file = file.open().map_err(unplaced)?;
        std::io::copy(&mut file, to)?;
        Ok(())
    }

    /// Takes an attachment away.
    pub(super) fn detach(&self, key: &IssueKey, handle: &Handle) -> Called<()> {
        let issue = self.issue(key)?;
        let found = self.attached(&issue, handle)?;
        let is_mine = found.row.get("author") == Some(self.me());
        let right = if is_mine { "DELETE_OWN_ATTACHMENTS" } else { "DELETE_ALL_ATTACHMENTS" };
        self.rights().must(right, Some(&issue.row), "delete an attachment")?;
        self.rows.delete("FileAttachment", found.at)?;
        let (issue_id, id) = (issue.row.id("id").unwrap_or(0), found.row.id("id").unwrap_or(0));
        self.unmark_attachment(issue_id, id)?;
        let when = self.touch(&issue, &[])?;
        let old = (Some(id.to_string()), found.row.get("filename").map(str::to_owned));
        self.tell(issue_id, &when, &[Item::own("Attachment", old, (None, None))])?;
        self.rows.leaves(self.place(&issue, id));
        Ok(())
    }
}

/// Fails if a file cannot be called so.
fn check_name(name: &str) -> Called<()> {
    let is_odd = |own: char| own.is_control() || own == '/' || own == '\\';
    let is_fine = !name.trim().is_empty() && name.chars().count() <= MOST_NAME && !name.contains(is_odd);
    match is_fine && ![".", ".."].contains(&name) {
        true => Ok(()),
        false => Err(refused(format!("`{}` is no name of an attachment", name.escape_debug()))),
    }
}

/// Makes the folder of attachments, which only its owner reads: an instance is not for others, either.
fn make_folder(path: &std::path::Path) -> Called<()> {
    if path.is_dir() {
        return Ok(());
    }
    let mut builder = std::fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    match builder.create(path) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(IssueFault::Unavailable {
            why: format!("cannot make the folder {}: {error}", path.display()),
        }),
        _ => Ok(()),
    }
}

/// Returns what an error of a folder of attachments means to a caller.
fn unplaced(error: Error) -> IssueFault {
    match error {
        Error::Source { source, .. } => IssueFault::Io(source),
        Error::Changed { .. } => refused("the bytes are others than were announced".to_owned()),
        error => {
            let cause = std::error::Error::source(&error).map(|own| format!(": {own}"));
            IssueFault::Unavailable { why: format!("{error}{}", cause.unwrap_or_default()) }
        }
    }
}
