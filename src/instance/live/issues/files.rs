//! Attachments.
//!
//! Invariant: a file goes through a file of this machine, looked at before it is sent and before it is given out, so that memory is the
//! same for every size and what is not whole is nowhere.

use std::fs::File;
use std::io::{Read, Write};

use pcfg_sync::{Attachment, FileFacts, Handle, IssueFault, IssueKey, Marker};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use tempfile::NamedTempFile;

use super::desk::LiveIssues;
use super::ledger::{Kind, Ledger};
use super::line::{Called, fault_of, is_undone, of_issue, refused};
use super::state::{attachment, file, files_told};
use super::told::text;
use crate::rest::{Failure, Request, Transfer, segment};

/// As long as the name of a file can be.
const MOST_NAME: usize = 255;

impl LiveIssues {
    pub(super) fn put_file(
        &mut self,
        key: &IssueKey,
        facts: &FileFacts,
        bytes: &mut dyn Read,
        marker: &Marker,
    ) -> Called<Attachment> {
        let shapes = self.shapes()?;
        let told = self.look(&shapes).must(key)?;
        check_name(&facts.name)?;
        let spooled = spooled(facts, bytes)?;
        let things: Vec<_> = files_told(&told).into_iter().map(|own| file(own, &self.me.name)).collect();
        let mut ledger = Ledger::of(Kind::File, &told.properties);
        let like = format!("{} {}", facts.size, facts.name);
        let open = ledger.begin(&self.line, key, &things, (marker, like))?;
        let is_type =
            |own: &str| own.contains('/') && own.chars().all(|own| own.is_ascii_graphic() || own == ' ');
        let mime = if is_type(&facts.mime) { facts.mime.as_str() } else { "application/octet-stream" };
        let upload = Transfer::Upload {
            from: spooled.path().to_owned(),
            name: facts.name.clone(),
            mime: mime.to_owned(),
        };
        let made: Result<Vec<Value>, Failure> =
            self.line.make(&Request::upload(of_issue(key, "/attachments"), upload));
        match made {
            Ok(made) => {
                let Some(told) = made.first() else {
                    return Err(IssueFault::Unavailable {
                        why: format!("Jira does not say how {} is attached", facts.name),
                    });
                };
                let own = attachment(told, Some(marker.clone()));
                open.complete(&self.line, key, &own.handle.0);
                Ok(own)
            }
            Err(failure) => {
                if is_undone(&failure) {
                    open.take_back(&self.line, key);
                }
                Err(fault_of(failure, || IssueFault::NoIssue(key.clone())))
            }
        }
    }

    /// Returns an attachment of an issue as Jira tells it, and what the issue remembers of attachments.
    fn attached(&mut self, key: &IssueKey, handle: &Handle) -> Called<(Value, Ledger)> {
        let shapes = self.shapes()?;
        let told = self.look(&shapes).must(key)?;
        let own = files_told(&told).into_iter().find(|own| own["id"] == handle.0.as_str()).cloned();
        let own = own.ok_or_else(|| IssueFault::Missing { what: format!("attachment {}", handle.0) })?;
        Ok((own, Ledger::of(Kind::File, &told.properties)))
    }

    pub(super) fn get_file(&mut self, key: &IssueKey, handle: &Handle, to: &mut dyn Write) -> Called<()> {
        let (told, _) = self.attached(key, handle)?;
        let name = text(&told, "filename").unwrap_or_default();
        // Cloud would lead elsewhere; Data Center has no other address for the bytes of a file.
        let question = match self.line.is_cloud() {
            true => Request::get(self.line.api(&format!("attachment/content/{}", segment(&handle.0))))
                .with("redirect", "false"),
            false => Request::get(format!("/secure/attachment/{}/{}", segment(&handle.0), segment(&name))),
        };
        let place = NamedTempFile::new()?;
        let missing = || IssueFault::Missing { what: format!("attachment {}", handle.0) };
        let question = question.into_file(place.path().to_owned());
        self.line.client.download(&question).map_err(|failure| fault_of(failure, missing))?;
        let mut file = File::open(place.path())?;
        let size = file.metadata()?.len();
        // A page of a sign-in may come instead.
        if told["size"].as_u64().is_some_and(|told| told != size) {
            return Err(IssueFault::Unavailable {
                why: format!("Jira says that {name} has {} bytes, and sent {size}", told["size"]),
            });
        }
        std::io::copy(&mut file, to)?;
        Ok(())
    }

    pub(super) fn drop_file(&mut self, key: &IssueKey, handle: &Handle) -> Called<()> {
        let (_, ledger) = self.attached(key, handle)?;
        let missing = || IssueFault::Missing { what: format!("attachment {}", handle.0) };
        let request = Request::delete(self.line.api(&format!("attachment/{}", segment(&handle.0))));
        self.line.change(&request).map_err(|failure| fault_of(failure, missing))?;
        ledger.forget(&self.line, key, &handle.0)
    }
}

/// Writes bytes into a file of this machine, if they are what was announced.
fn spooled(facts: &FileFacts, bytes: &mut dyn Read) -> Called<NamedTempFile> {
    let mut place = NamedTempFile::new()?;
    let mut bytes = bytes.take(facts.size.saturating_add(1));
    let (mut hash, mut size, mut buffer) = (Sha256::new(), 0_u64, vec![0; 64 * 1024]);
    loop {
        let count = bytes.read(&mut buffer)?;
        if count == 0 {
            break;
        }
        hash.update(&buffer[..count]);
        size += count as u64;
        place.write_all(&buffer[..count])?;
    }
    place.flush()?;
    if size != facts.size {
        let has = if size > facts.size { "more".to_owned() } else { size.to_string() };
        return Err(refused(format!("{} was said to have {} bytes, and has {has}", facts.name, facts.size)));
    }
    let hash: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    match facts.sha256.as_ref().is_none_or(|told| *told == hash) {
        true => Ok(place),
        false => Err(refused("the bytes are others than were announced")),
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
