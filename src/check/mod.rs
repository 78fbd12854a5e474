//! What a well-formed file may still get wrong: two objects of one identity, references to nothing, what contradicts itself,
//! texts that mean nothing, workflows that Jira cannot run, and what nobody can read.
//!
//! Pure: it looks at the tree only, and finds everything in one walk, but for references, which need an index and are looked at beside
//! it. Invariant: an error is what no export writes; what a Jira may hold, also one whose data was edited by hand, is a warning. The only
//! exception are two transitions of one number, which nobody but a hand makes, and which no Jira can tell apart.

mod duplicates;
mod lacks;
mod references;
mod rules;
mod texts;
mod unknown;
mod workflows;

use crate::model::{Element, Path, Problem, Problems, Severity, Unseen};

pub use references::missing;
pub(crate) use rules::is_sound;

/// Returns what is wrong with a tree, in the order of the file; of very many problems the first ones that were found.
pub fn check(root: &Element) -> Vec<Problem> {
    let mut problems = Problems::default();
    let others = std::thread::scope(|scope| {
        let others = scope.spawn(|| in_one_walk(root));
        references::dangling(root, &mut problems);
        others.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    });
    problems.absorb(others);
    problems.finish()
}

/// Finds all that shows where it is.
fn in_one_walk(root: &Element) -> Problems {
    let mut problems = Problems::default();
    let unseen = Unseen::of_file(root);
    walk(root, &mut Vec::new(), &mut |way, element| {
        duplicates::find(way, element, &mut problems);
        lacks::find(way, element, &mut problems);
        texts::find(way, element, &mut problems);
        unknown::find(way, element, &mut problems);
        // Whether an object makes sense shows only if all of it is seen.
        if unseen.is_empty() || !way.iter().any(|own| unseen.is_in(own)) {
            rules::find(way, element, &mut problems);
            workflows::find(way, element, &mut problems);
        }
    });
    problems
}

/// Returns whether a problem keeps a file from being imported at all. Of what an export may hold, the plan decides: it leaves alone what
/// the target has just so, and refuses the rest.
pub fn stops_an_import(problem: &Problem) -> bool {
    problem.severity == Severity::Error && problem.code != workflows::NUMBER_TWICE
}

/// Calls `each` with every element, and with the elements around it and itself.
fn walk<'a>(
    element: &'a Element,
    way: &mut Vec<&'a Element>,
    each: &mut dyn FnMut(&[&'a Element], &'a Element),
) {
    way.push(element);
    each(way, element);
    for child in element.children() {
        walk(child, way, each);
    }
    way.pop();
}

/// Says where a problem is: at an element, the last of the way, or at a child of it.
fn on(problem: Problem, way: &[&Element], child: Option<&Element>) -> Problem {
    let mut path = Path::through(way.iter().copied());
    if let Some(child) = child {
        path.enter(child);
    }
    let at = child.or(way.last().copied());
    problem.at(at.map_or(0..0, start_span)).on(path)
}

/// Returns the place of an element; whoever shows it finds the text behind the start tag.
fn start_span(element: &Element) -> std::ops::Range<usize> {
    let start = element.start as usize;
    start..start
}
