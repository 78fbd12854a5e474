//! What a file does not say although Jira always has it.
//!
//! Pure. Invariant: only a warning, for an import leaves what is there as it is; and damaged data may lack anything.

use crate::model::{Element, Path, Problem, Problems, Unseen, lacking, named_lacks};
use crate::schema::{DeclId, Missing};

/// Finds elements that lack what Jira always has, where that is worth a look.
pub(super) fn find(way: &[&Element], element: &Element, problems: &mut Problems) {
    let mut lack: Vec<DeclId> = lacking(element, Missing::Told).collect();
    if !lack.is_empty() {
        let unseen = Unseen::of_file(way[0]);
        lack.retain(|own| !unseen.has_property(element, *own));
    }
    if !lack.is_empty() {
        let message = format!("`<{}>` lacks {}, which Jira requires", element.tag(), named_lacks(&lack));
        let help = "an import keeps what the target has: add what you mean, or leave it";
        let (span, path) = (super::start_span(element), Path::through(way.iter().copied()));
        problems.push(Problem::error("incomplete", message).warning().at(span).on(path).help(help));
    }
}
