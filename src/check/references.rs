//! References to objects that the file does not describe.
//!
//! Invariant: a reference that need not resolve (a project that was not selected, users of a file without users, what could not
//! be seen) is never told.

use super::start_span;
use crate::model::{Element, Found, Identity, Index, Path, Problem, Problems, Unseen, near, references};
use crate::schema::{KindId, Schema};

/// How many references to nothing get a hint of their own: looking for near names takes time, and a file with more
/// mistakes has one cause for them.
const HINTED: usize = 20;

/// Calls `each` with every reference to an object that the file does not describe but has to.
pub fn missing<'a>(root: &'a Element, each: &mut dyn FnMut(&Found<'a, '_>)) {
    missing_in(root, &Index::new(root), each);
}

fn missing_in<'a>(root: &'a Element, index: &Index<'a>, each: &mut dyn FnMut(&Found<'a, '_>)) {
    // What issue data names is described in another file.
    if root.declaration == Schema::get().data() {
        return;
    }
    let unlisted = unlisted_kinds(root);
    references(root, &mut |found| {
        let is_there = || index.resolve(&found.target, found.container, found.ancestors).is_some();
        if !found.weak && !unlisted.contains(&found.target.kind) && !is_there() {
            each(&found);
        }
    });
}

/// Finds references to objects that the file does not describe.
pub(super) fn dangling(root: &Element, problems: &mut Problems) {
    let schema = Schema::get();
    let index = Index::new(root);
    let mut hinted = 0;
    missing_in(root, &index, &mut |found| {
        let kind = schema.kind(found.target.kind);
        let mut path = Path::through(found.ancestors.iter().copied());
        path.enter(found.element);
        hinted += 1;
        let help = if hinted <= HINTED { hint(found, &index) } else { None };
        let help = help.unwrap_or_else(|| match schema.container(found.target.kind) {
            Some(container) => {
                format!("describe it in `<{}>`, or refer to another one", schema.declaration(container).name)
            }
            None => "describe it where it belongs, or refer to another one".to_owned(),
        });
        problems.push(
            Problem::error("dangling", format!("no {} `{}`", kind.in_words(), found.target))
                .at(start_span(found.element))
                .on(path)
                .help(help),
        );
    });
}

/// Says what a reference to nothing may have meant.
fn hint(found: &Found<'_, '_>, index: &Index<'_>) -> Option<String> {
    if let Some(container) = found.container {
        return Some(format!("it must be in `{container}`"));
    }
    same_name(&found.target, index)
        .or_else(|| near(found.target.name(), index.candidates(found).iter().copied()))
}

/// Says which objects have the name but another identity.
fn same_name(target: &Identity, index: &Index<'_>) -> Option<String> {
    let mut same: Vec<_> = index
        .of_kind(target.kind)
        .filter(|identity| identity.name() == target.name())
        .map(|identity| format!("`{identity}`"))
        .collect();
    same.sort();
    same.truncate(3);
    (!same.is_empty()).then(|| format!("did you mean {}?", same.join(" or ")))
}

/// Returns the kinds that the file says it does not describe, or could not see.
fn unlisted_kinds(root: &Element) -> Vec<KindId> {
    let schema = Schema::get();
    let unseen = Unseen::of_file(root);
    let mut kinds: Vec<KindId> = unseen.kinds().into_iter().collect();
    if root.attribute_named("users") == Some("none") {
        kinds.extend(["user", "group"].into_iter().filter_map(|name| schema.kind_named(name)));
    }
    kinds
}
