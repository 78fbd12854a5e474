//! Explains the conflicts that a merge left in a file: which object, and what each side wants.

use std::ops::Range;

use crate::check;
use crate::model::{Content, Element, Path, Problem, Side, Sides};
use crate::ui::in_short;
use crate::xml::{self, Region};

/// Returns what is wrong with a text that has conflicts in it: these, and what is wrong whichever side gets its way.
pub(super) fn examine(text: &str, regions: &[Region]) -> Vec<Problem> {
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
    let mut problems: Vec<Problem> = regions.iter().map(|region| explain(region, &roots)).collect();
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

/// Says what a conflict is about.
fn explain(region: &Region, roots: &Sides<Option<Element>>) -> Problem {
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
        return problem("two versions stand here, as a merge left them".to_owned())
            .on(path)
            .help("keep what is right, and delete the lines with <<<<<<<, ======= and >>>>>>>");
    };
    let path = path.clone();
    let wants = |found: Found| {
        let elements: Vec<Element> = found.elements.into_iter().map(|(_, element)| element).collect();
        in_short(&elements)
    };
    let is_gone = ours.elements.is_empty() || theirs.elements.is_empty();
    let message = format!("{path}: {} has {}, {} has {}", names[0], wants(ours), names[1], wants(theirs));
    problem(message).on(path).help(match is_gone {
        true => "keep it or delete it, with whatever refers to it; then delete the lines with <<<<<<<, ======= and >>>>>>>",
        false => "keep what is right, and delete the lines with <<<<<<<, ======= and >>>>>>>",
    })
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
        if found.around == Path::default() || way.len() > 1 {
            found.around = Path::through(way.iter().copied());
        }
        look(last, region, lines, way, found);
        way.pop();
    }
    for child in children[before..].iter().take_while(|child| lines.contains(&(child.start as usize))) {
        let mut path = Path::through(way.iter().copied());
        match child.content {
            Content::Text(_) => path.enter_open(child.declaration, &[]),
            Content::Children(_) => path.enter(child),
        }
        found.elements.push((path, child.clone()));
    }
}
