//! What nobody could read or follow: parts that an export marks as unreadable or damaged, and parts kept as they are that are
//! not whole.
//!
//! Pure. Invariant: what an export has written is a warning here, for real data is like that; what no export writes is an error.

use crate::model::{Element, Path, Problem, Problems, malformed, named_lost};
use crate::schema::{PART, Schema};

/// Finds what nobody could read, or can.
pub(super) fn find(way: &[&Element], parent: &Element, problems: &mut Problems) {
    let schema = Schema::get();
    for child in parent.children() {
        let declaration = schema.declaration(child.declaration);
        let tag = child.tag();
        let found = if declaration.is_unknown {
            let part = child.attribute_named(PART).unwrap_or_default();
            let message =
                format!("the `{part}` of this `<{}>` could not be read when it was exported", parent.tag());
            let help = "repair it in the instance that it comes from, and export again: an import is refused \
            unless the target has exactly the same";
            Some(Problem::error("unreadable", message).warning().help(help))
        } else if declaration.is_lost {
            let message = format!(
                "{} of this `<{}>` led nowhere when it was exported",
                named_lost(child),
                parent.tag()
            );
            let help = "repair it in the instance that it comes from, and export again, or write what it has to be in its place: \
            an import leaves what the target has there as it is";
            Some(Problem::error("lost", message).warning().help(help))
        } else if let Some(what) = &declaration.damaged {
            let message = format!("this `<{}>` {what}", parent.tag());
            let help = "repair it in the instance that it comes from, and export again: an import is refused \
            unless the target has exactly the same";
            Some(Problem::error("damaged", message).warning().help(help))
        } else if declaration.is_xml {
            malformed(child.text()).map(|why| {
                Problem::error(
                    "malformed",
                    format!("the XML that `<{tag}>` keeps as it is cannot be read: {why}"),
                )
                .help("write it as Jira stores it: one complete XML element; a broken part is never imported")
            })
        } else {
            None
        };
        if let Some(problem) = found {
            let path = Path::through(way.iter().copied()).child(tag);
            problems.push(problem.at(super::start_span(child)).on(path));
        }
    }
}
