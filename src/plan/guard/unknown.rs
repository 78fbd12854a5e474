//! What nobody could read where it comes from, or what is damaged there, never takes the place of something else.

use std::collections::BTreeSet;

use crate::model::{Element, Path};
use crate::plan::{Action, Reason, Step};
use crate::schema::{PART, Schema};

/// Parts that are marked as unreadable or damaged, and that the target does not have just so.
pub(super) fn unreadable_parts(step: &Step, reasons: &mut Vec<Reason>) {
    let there = match &step.action {
        Action::Change { old, .. } => all(old),
        Action::Create { .. } | Action::Setting { .. } => Vec::new(),
    };
    let there: BTreeSet<(Path, &str)> = there.into_iter().map(|part| (part.path, part.text)).collect();
    for Part { path, text, wrong } in all(&step.object) {
        let same = (path, text);
        if there.contains(&same) {
            continue;
        }
        let (path, _) = same;
        let help = "repair it in the instance that the file comes from and export again, or leave the object out; it would be \
                    left as it is only where the target has the very same"
            .to_owned();
        reasons.push(match wrong {
            Wrong::Unreadable(part) => {
                let message = format!("its `{part}` could not be read when the file was exported");
                Reason { code: "unreadable", path, message, help }
            }
            Wrong::Damaged { parent, what } => {
                Reason { code: "damaged", path, message: format!("a `<{parent}>` of it {what}"), help }
            }
        });
    }
}

/// A part that cannot be taken for what it stands for.
struct Part<'e> {
    path: Path,
    text: &'e str,
    wrong: Wrong<'e>,
}

enum Wrong<'e> {
    Unreadable(&'e str),
    Damaged { parent: &'e str, what: &'e str },
}

/// Returns the parts of an object that are marked as unreadable or damaged, and where.
fn all(object: &Element) -> Vec<Part<'_>> {
    fn collect<'e>(element: &'e Element, path: &Path, found: &mut Vec<Part<'e>>) {
        for child in element.children() {
            let declaration = Schema::get().declaration(child.declaration);
            let text = child.text();
            if declaration.is_unknown {
                let part = child.attribute_named(PART).unwrap_or_default();
                found.push(Part { path: path.part(child.tag(), part), text, wrong: Wrong::Unreadable(part) });
            } else if let Some(what) = &declaration.damaged {
                let wrong = Wrong::Damaged { parent: element.tag(), what };
                found.push(Part { path: path.child(child.tag()), text, wrong });
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
