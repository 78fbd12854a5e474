//! What reading an area works with.
//!
//! Invariant: what cannot be translated is noted, with its path; nothing is left out in silence.

use std::collections::HashMap;

use super::kinds::kind;
use super::names::{self, Names};
use super::properties::Properties;
use crate::entity::Tables;
use crate::model::{Identity, Name, Node, NoteKind, Path, Snapshot};
use crate::schema::Schema;

/// What an area works with.
pub(crate) struct Context<'a> {
    /// The rows.
    pub(crate) tables: &'a Tables,
    /// What ids mean.
    pub(crate) names: &'a Names,
    /// Settings of the instance, of projects and of users.
    pub(crate) properties: &'a Properties,
    pub(crate) snapshot: &'a mut Snapshot,
}

impl Context<'_> {
    /// Adds an object; the node's tag is the name of its kind.
    pub(crate) fn add(&mut self, node: Node) {
        self.add_mentioning(node, Vec::new());
    }

    /// Adds an object whose texts (JQL) name other objects.
    pub(crate) fn add_mentioning(&mut self, node: Node, mentions: Vec<Identity>) {
        self.snapshot.add(kind(node.tag()), node, mentions);
    }

    /// Adds an element beside the objects of a kind, such as the default priority.
    pub(crate) fn add_setting(&mut self, beside: &str, node: Node) {
        let container = Schema::get().container(kind(beside)).expect("settings stand beside global objects");
        self.snapshot.add_setting(container, node);
    }

    /// Gives a part the number that tells it from older parts of the same name, of which `seen` keeps count.
    pub(crate) fn tell_apart(
        &mut self,
        kind: &'static str,
        name: Name,
        seen: &mut HashMap<Name, usize>,
        owner: &Path,
    ) -> Name {
        names::tell_apart(kind, name, seen, owner, self.snapshot)
    }

    /// Notes a dangling row that was left out.
    pub(crate) fn dangling(&mut self, path: Path, message: impl Into<String>) {
        self.snapshot.note(NoteKind::Dangling, path, message);
    }

    /// Notes a value that has no place in the format and was left out.
    pub(crate) fn misfit(&mut self, path: Path, message: impl Into<String>) {
        self.snapshot.note(NoteKind::Misfit, path, message);
    }

    /// Notes what could not be read and stands as unreadable.
    pub(crate) fn unreadable(&mut self, path: Path, message: impl Into<String>) {
        self.snapshot.note(NoteKind::Unreadable, path, message);
    }

    /// Notes an id that could not be turned into a name and stands as it is.
    pub(crate) fn untranslated(&mut self, path: Path, message: impl Into<String>) {
        self.snapshot.note(NoteKind::Untranslated, path, message);
    }

    /// Notes rows whose owner, an object of a kind, does not exist (any more); one note for each owner. NULL names no
    /// owner.
    pub(crate) fn note_orphans(&mut self, entity: &str, column: &str, owner: &str) {
        for (id, rows) in self.tables.by(entity, column) {
            if !id.is_empty() && self.names.get(owner, id).is_none() {
                let message =
                    format!("{} rows of {entity} belong to a {owner} that does not exist", rows.len());
                self.dangling(Path::object(owner, &format!("id {id}")), message);
            }
        }
    }
}
