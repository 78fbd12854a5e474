//! Everything that an instance holds, by identity, before anything is selected.
//!
//! Invariant: objects carry identities, never ids; what could not be expressed stands in the notes.

use std::collections::{BTreeMap, HashMap, HashSet};

use indexmap::IndexMap;

use super::{Element, Identity, Misfit, Node, Path, Unseen, canonicalize, rank};
use crate::schema::{DeclId, KindId, Relation, Schema};

/// The configuration of a whole instance.
#[derive(Debug, Default)]
pub struct Snapshot {
    /// The global objects.
    pub objects: IndexMap<Identity, Object>,
    /// Elements that stand beside the objects in their container, as the default priority does.
    pub settings: Vec<(DeclId, Element)>,
    /// The custom fields that issues of a project have values in, by the key of the project; only filled when the
    /// scope asks for it.
    pub fields_with_values: HashMap<String, HashSet<Identity>>,
    /// What the rows say that the objects do not.
    pub notes: Vec<Note>,
    /// How many notes of each kind there were, kept or not.
    noted: BTreeMap<NoteKind, usize>,
    /// What the instance cannot show: unknown, never absent.
    pub unseen: Unseen,
}

/// As many notes of a kind are kept; the others are counted.
const MOST_NOTES: usize = 100_000;

/// A global object.
#[derive(Debug)]
pub struct Object {
    /// Its definition, in canonical order.
    pub element: Element,
    /// What its texts (JQL) name, over and above its references.
    pub mentions: Vec<Identity>,
}

/// Something that a reader of the rows should know.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct Note {
    /// What kind of thing.
    pub kind: NoteKind,
    /// The object that it is about.
    pub path: Path,
    /// One sentence, lower-case start, no full stop.
    pub message: String,
}

/// A kind of note.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum NoteKind {
    /// An id that could not be turned into a name; it stands in the export as it is.
    Untranslated,
    /// Objects that have the same identity.
    Ambiguous,
    /// Something that could not be read; it stands in the export as unreadable.
    Unreadable,
    /// A value that has no place in the format; it was left out.
    Misfit,
    /// A row that leads to nothing; it was left out.
    Dangling,
}

impl NoteKind {
    /// Returns whether everybody should see it; the others are shown on request.
    pub fn is_warning(self) -> bool {
        self != Self::Dangling
    }
}

impl Snapshot {
    /// Adds an object of a kind.
    pub fn add(&mut self, kind: KindId, node: Node, mentions: Vec<Identity>) {
        let schema = Schema::get();
        let declaration = schema.kind(kind).declaration;
        let Some(element) = self.bind(node, declaration) else { return };
        let Some(identity) = Identity::of_definition(&element) else { return };
        self.objects.entry(identity).or_insert(Object { element, mentions });
    }

    /// Adds an element beside the objects of a container.
    pub fn add_setting(&mut self, container: DeclId, node: Node) {
        let Some(declaration) = Schema::get().child(container, node.tag()) else { return };
        if let Some(element) = self.bind(node, declaration) {
            self.settings.push((container, element));
        }
    }

    /// Adds a note.
    pub fn note(&mut self, kind: NoteKind, path: Path, message: impl Into<String>) {
        let noted = self.noted.entry(kind).or_default();
        *noted += 1;
        if *noted <= MOST_NOTES {
            self.notes.push(Note { kind, path, message: message.into() });
        }
    }

    /// Returns how many notes were not kept, by their kinds.
    pub fn unlisted(&self) -> impl Iterator<Item = (NoteKind, usize)> {
        let more = self.noted.iter().map(|(kind, noted)| (*kind, noted.saturating_sub(MOST_NOTES)));
        more.filter(|(_, more)| *more > 0)
    }

    fn bind(&mut self, node: Node, declaration: DeclId) -> Option<Element> {
        let mut misfits = Vec::new();
        let bound = node.bind(declaration, &Path::default(), &mut misfits);
        let element = bound.map(|mut element| {
            rank(&mut element);
            canonicalize(&mut element);
            drop_equal_items(&mut element);
            element
        });
        let owner = element.as_ref().map(|element| {
            let mut path = Path::default();
            path.enter(element);
            path
        });
        for Misfit { path, value, expected, is_kept } in misfits {
            let path = owner.as_ref().map_or(path.clone(), |owner| owner.join(&path));
            let wrong = format!("`{value}` is not {expected}");
            match is_kept {
                true => self.note(NoteKind::Unreadable, path, format!("{wrong}; it is kept as unreadable")),
                false => self.note(NoteKind::Misfit, path, format!("{wrong}; it was left out")),
            }
        }
        element
    }
}

/// Leaves one of several equal items of a set: Jira's tables repeat grants and members now and then.
fn drop_equal_items(element: &mut Element) {
    let schema = Schema::get();
    let Some(children) = element.children_mut() else { return };
    for child in children.iter_mut() {
        drop_equal_items(child);
    }
    children.dedup_by(|next, kept| {
        let items = &schema.declaration(next.declaration).items;
        items.as_ref().is_some_and(|items| items.relation == Relation::Set) && next == kept
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A place with very many faults does not fill the memory with notes of them.
    #[test]
    fn notes_are_bounded_and_the_others_counted() {
        let mut snapshot = Snapshot::default();
        for _ in 0..MOST_NOTES + 3 {
            snapshot.note(NoteKind::Dangling, Path::default(), "x");
        }
        snapshot.note(NoteKind::Misfit, Path::default(), "y");
        assert_eq!(snapshot.notes.len(), MOST_NOTES + 1);
        assert_eq!(snapshot.unlisted().collect::<Vec<_>>(), [(NoteKind::Dangling, 3)]);
    }
}
