//! Explains the conflicts that a merge left in a file: which object, and what each side wants.

use std::ops::Range;

use crate::check;
use crate::model::{Content, Element, Identity, Path, Problem, Side, Sides};
use crate::ui::in_short;
use crate::xml::{self, Region};

/// Returns what is wrong with a text that has conflicts in it: these, and what is wrong whichever side gets its way.
pub(in crate::cli) fn examine(text: &str, regions: &[Region]) -> Vec<Problem> {
    let read = |side| {
        let view = xml::view(text, regions, side);
        let document = xml::read(&view);
        let mut problems = document.problems;
        problems.extend(document.root.iter().flat_map(check::check));
        (document.root, problems)
    };
    let (ours, our_problems) = read(Side::Ours);
    let (theirs, their_problems) = read(Side::Theirs);
    let roots = Sides { base: None, ours, theirs };
    let missing = roots.map(|root| root.as_ref().map(missing).unwrap_or_default());
    let mut problems: Vec<Problem> = regions.iter().map(|region| explain(region, &roots, &missing)).collect();
    let inside = |problem: &Problem| {
        let at = problem.span.as_ref().map_or(0, |span| span.start);
        regions.iter().any(|region| region.whole.contains(&at))
    };
    let everywhere = our_problems.into_iter().filter(|own| {
        let same = |other: &Problem| other.code == own.code && other.span == own.span;
        !inside(own) && their_problems.iter().any(same)
    });
    problems.extend(everywhere);
    problems
}

/// Objects that are missed, and what refers to them.
type Missing = Vec<(Identity, Path)>;

/// Returns what is missed in a tree.
fn missing(root: &Element) -> Missing {
    let mut missing = Vec::new();
    check::missing(root, &mut |found| {
        let mut path = Path::through(found.ancestors.iter().copied());
        path.enter(found.element);
        missing.push((found.target.clone(), path));
    });
    missing
}

/// Says what a conflict is about, in a file that misses these objects if one side or the other gets its way.
fn explain(region: &Region, roots: &Sides<Option<Element>>, missing: &Sides<Missing>) -> Problem {
    let find = |root: &Option<Element>, lines: &Range<usize>| {
        let mut found = Found { around: Path::default(), elements: Vec::new() };
        if let Some(root) = root {
            look(root, region, lines, &mut vec![root], &mut found);
        }
        found
    };
    let ours = find(&roots.ours, &region.sides.ours);
    let theirs = find(&roots.theirs, &region.sides.theirs);
    let name = |name: &str, otherwise: &str| match name {
        "" => otherwise.to_owned(),
        name => name.to_owned(),
    };
    let names = [name(&region.names.ours, "ours"), name(&region.names.theirs, "theirs")];
    let problem = |message: String| Problem::error("conflict", message).at(region.mark.clone());
    let Some((path, _)) = ours.elements.first().or(theirs.elements.first()) else {
        let path = if ours.around == Path::default() { theirs.around } else { ours.around };
        let message = format!("{path}: a merge left two versions of the text here");
        let help = "keep what is right, and delete the lines with <<<<<<<, ======= and >>>>>>>";
        return problem(message).on(path).help(help);
    };
    let path = path.clone();
    let wants = |found: Found| {
        let elements: Vec<Element> = found.elements.into_iter().map(|(_, element)| element).collect();
        in_short(&elements)
    };
    let users = match (&ours.elements[..], &theirs.elements[..]) {
        ([], elements) => Some(users(elements, &missing.ours)),
        (elements, []) => Some(users(elements, &missing.theirs)),
        _ => None,
    };
    let message = format!("{path}: {} has {}, {} has {}", names[0], wants(ours), names[1], wants(theirs));
    let then = "delete the lines with <<<<<<<, ======= and >>>>>>>";
    problem(message).on(path).help(match users {
        None => format!("keep what is right, and {then}"),
        Some(users) if users.is_empty() => format!("keep it or delete it, and {then}"),
        Some(users) => {
            format!("keep it, or delete it and what refers to it ({}); and {then}", users.join(", "))
        }
    })
}

/// Returns what refers to objects, of a file in which they are missed.
fn users(elements: &[(Path, Element)], missing: &Missing) -> Vec<String> {
    /// More are not listed.
    const MOST: usize = 3;
    let mut users = Vec::new();
    for identity in elements.iter().filter_map(|(_, element)| Identity::of_definition(element)) {
        users.extend(
            missing.iter().filter(|(target, _)| *target == identity).map(|(_, path)| path.to_string()),
        );
    }
    if users.len() > MOST {
        let further = users.len() - MOST;
        users.truncate(MOST);
        users.push(format!("and {further} more"));
    }
    users
}

/// What stands in a conflict on one side.
struct Found {
    /// The innermost element around it.
    around: Path,
    /// The outermost elements in it.
    elements: Vec<(Path, Element)>,
}

fn look<'a>(
    element: &'a Element,
    region: &Region,
    lines: &Range<usize>,
    way: &mut Vec<&'a Element>,
    found: &mut Found,
) {
    let children = element.children();
    // Elements stand in the order of the text; the one that may hold the conflict is the last that begins before it.
    let before = children.partition_point(|child| (child.start as usize) < region.whole.start);
    if let Some(last) = before.checked_sub(1).map(|last| &children[last]) {
        way.push(last);
        found.around = Path::through(way[..way.len() - 1].iter().copied());
        enter(&mut found.around, last);
        look(last, region, lines, way, found);
        way.pop();
    }
    for child in children[before..].iter().take_while(|child| lines.contains(&(child.start as usize))) {
        let mut path = Path::through(way.iter().copied());
        enter(&mut path, child);
        found.elements.push((path, child.clone()));
    }
}

/// Goes on to an element; one with text is named by its tag alone.
fn enter(path: &mut Path, element: &Element) {
    match element.content {
        Content::Text(_) => path.enter_open(element.declaration, &[]),
        Content::Children(_) => path.enter(element),
    }
}
