//! The places of a file at which changes are made by hand, and what they are called.
//!
//! Invariant: a place is told by its declaration alone, so that what is known of it is known of every file.

use pcfg::model::{Config, Element};
use pcfg::schema::Schema;

use super::edits::{Edit, Names, Spot};

/// Returns every place in a file below its containers, and what there is to refer to.
pub(crate) fn spots(file: &Config) -> (Vec<Spot<'_>>, Names) {
    let mut names = Names::default();
    let mut spots = Vec::new();
    let mut waiting = vec![Spot { line: vec![file.root()], way: Vec::new() }];
    while let Some(spot) = waiting.pop() {
        let element = spot.child();
        for (at, child) in element.children().iter().enumerate() {
            names.note(child, element.children());
            let line = spot.line.iter().copied().chain([child]).collect();
            let way = spot.way.iter().copied().chain([at]).collect();
            waiting.push(Spot { line, way });
        }
        if spot.way.len() > 1 {
            spots.push(spot);
        }
    }
    (spots, names)
}

/// Names a declaration: the type around it, and its tag.
pub(crate) fn title(around: &Element, child: &Element) -> String {
    format!("{}/{}", Schema::get().type_of(around.declaration).name, child.tag())
}

/// Names the declaration that an edit is about.
pub(crate) fn title_of(spot: &Spot<'_>, edit: &Edit) -> String {
    match edit {
        Edit::Given(part) => title(spot.child(), part),
        _ => title(spot.around(), spot.child()),
    }
}
