//! What nobody could read where it comes from never takes the place of something else.

use std::collections::BTreeSet;

use crate::model::{Element, Path};
use crate::plan::{Action, Reason, Step};
use crate::schema::{PART, Schema};

/// Parts that are marked as unreadable, and that the target does not have just so.
pub(super) fn unreadable_parts(step: &Step, reasons: &mut Vec<Reason>) {
    let there = match &step.action {
        Action::Change { old, .. } => all(old),
        Action::Create { .. } | Action::Setting { .. } => Vec::new(),
    };
    let there: BTreeSet<(Path, &str)> = there.into_iter().map(|(path, part)| (path, part.text())).collect();
    for (path, part) in all(&step.object) {
        let name = part.attribute_named(PART).unwrap_or_default();
        let same = (path, part.text());
        if there.contains(&same) {
            continue;
        }
        let (path, _) = same;
        reasons.push(Reason {
            code: "unreadable",
            path,
            message: format!("its `{name}` could not be read when the file was exported"),
            help: "repair it in the instance that the file comes from and export again, or leave the object out; it would be \
                   left as it is only where the target has the very same"
                .to_owned(),
        });
    }
}

/// Returns the parts of an object that are marked as unreadable, and where.
fn all(object: &Element) -> Vec<(Path, &Element)> {
    fn collect<'e>(element: &'e Element, path: &Path, found: &mut Vec<(Path, &'e Element)>) {
        for child in element.children() {
            if Schema::get().declaration(child.declaration).is_unknown {
                found.push((path.part(child.tag(), child.attribute_named(PART).unwrap_or_default()), child));
            } else if !child.children().is_empty() {
                let mut path = path.clone();
                path.enter(child);
                collect(child, &path, found);
            }
        }
    }
    let mut found = Vec::new();
    collect(object, &super::path_of_object(object), &mut found);
    found
}
