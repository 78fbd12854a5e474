//! Workflows and their drafts.
//!
//! Jira links both by name. Of several workflows of one name only the oldest has a draft, and of several drafts the last
//! one counts, as in reading; the others are not touched.

use super::Writer;
use crate::entity::Row;
use crate::mapping::managed::Type;
use crate::mapping::queries::Queries;
use crate::mapping::workflow::write::{Descriptors, Meaning};
use crate::model::{Element, Path};
use crate::schema::DUPLICATE;

pub(super) fn workflows(writer: &mut Writer<'_>, objects: &[&Element]) {
    writer.as_read(|writer, read| write(writer, read.queries, objects));
}

fn write(writer: &mut Writer<'_>, now: &Queries<'_>, objects: &[&Element]) {
    let meaning = Meaning::new(writer.tables);
    let queries = meaning.queries();
    let descriptors = Descriptors::new(&meaning, &queries);
    // Jira's own workflow is stored nowhere.
    for object in objects.iter().filter(|object| object.get("builtIn").is_none()) {
        let mut path = Path::default();
        path.enter(object);
        let id = writer.own_id(object);
        let stored = writer.row("Workflow", &id);
        let old = stored.as_ref().and_then(|row| row.get("descriptor"));
        let Some(text) = descriptors.text(writer, now, &path, object, old, None) else { continue };
        let name = object.text_of("name").unwrap_or_default();
        let values = vec![("name", Some(name.to_owned())), ("descriptor", Some(text.clone()))];
        writer.put("Workflow", &[("id", &id)], values);
        if object.attribute_named(DUPLICATE).is_some() {
            continue;
        }
        writer.put_managed(Type::Workflow, name, object);
        let own = writer.owned("DraftWorkflow", &[("parentname", Some(name))]);
        match object.get("draft") {
            Some(draft) => {
                write_draft(writer, (&descriptors, now), &path.child("draft"), name, draft, &own, &text);
            }
            None => writer.remove_all("DraftWorkflow", &[("parentname", Some(name))]),
        }
    }
}

fn write_draft(
    writer: &mut Writer<'_>,
    (descriptors, now): (&Descriptors<'_>, &Queries<'_>),
    path: &Path,
    parent: &str,
    draft: &Element,
    own: &[Row],
    text: &str,
) {
    let last = own.last();
    // A new draft begins as a copy of its workflow, so that its steps have the same numbers.
    let old = last.and_then(|row| row.get("descriptor"));
    let Some(text) = descriptors.text(writer, now, path, draft, old, Some(text)) else { return };
    let values = vec![("descriptor", Some(text))];
    match last {
        Some(row) => writer.put("DraftWorkflow", &[("id", row.id())], values),
        None => writer.put("DraftWorkflow", &[("parentname", parent)], values),
    };
}
