//! What a configuration keeps of a descriptor as it is, taken apart for the new one.
//!
//! Invariant: what is kept comes to stand where it stood; only the numbers of steps and the ids of objects in it are those of now.

use super::super::descriptor::Rest;
use super::super::old::Kept;
use super::super::step_name::StepName;
use super::super::tree::{self, Tree};
use super::super::{kept_ids, kept_steps, spelling};
use super::Builder;
use crate::model::{Element, Path};

impl Builder<'_, '_, '_, '_, '_> {
    /// Takes apart what is kept as it is: the rest of the element, and that of the result of a transition.
    pub(super) fn rest(&mut self, path: &Path, element: &Element, own: &[&str]) -> (Rest, Rest) {
        let mut rests = [Rest::default(), Rest::default()];
        let mut at = 0;
        for text in element.all("verbatim") {
            match tree::parse(text.text()) {
                Ok(tree) if tree.nodes.is_empty() && own.contains(&tree.name.as_str()) => {
                    at = usize::from(own.len() == 2 && tree.name == own[1]);
                    rests[at].attributes = tree.attributes;
                }
                // Of a transition only the result has conditions without a list around them.
                Ok(tree) if own.len() == 2 && tree.name == "conditions" => {
                    rests[1].elements.extend(self.with_steps(path, &tree));
                }
                Ok(tree) => rests[at].elements.extend(self.with_steps(path, &tree)),
                Err(why) => self.problem(path, format!("what is kept as it is cannot be read: {why}")),
            }
        }
        let [own, of_result] = rests;
        (own, of_result)
    }

    /// Returns a part that is kept as it is with the numbers of the steps and the ids of the objects that it names.
    fn with_steps(&mut self, path: &Path, tree: &Tree) -> Option<Tree> {
        let number = |name: &StepName| self.numbers.get(name).map(str::to_owned);
        let tree = kept_steps::to_numbers(tree, &number).map_err(|why| self.problem(path, why)).ok()?;
        let stored = spelling::Stored { queries: self.queries, raw: None };
        let writer = &mut *self.writer;
        let tree = kept_ids::to_ids(&tree, &mut |class, known, argument| {
            spelling::argument(writer, &stored, class, known, argument)
        });
        tree.map_err(|why| self.problem(path, why)).ok()
    }

    pub(super) fn verbatim(&mut self, path: &Path, element: &Element) -> Kept {
        let mut kept = Kept::default();
        for text in element.all("verbatim") {
            match tree::parse(text.text()) {
                Ok(tree) if tree.name == "workflow" && tree.nodes.is_empty() => {
                    kept.rest.attributes = tree.attributes;
                }
                Ok(tree) if matches!(tree.name.as_str(), "action" | "step") => {
                    kept.strays.push(text.text().to_owned());
                }
                Ok(tree) => kept.rest.elements.extend(self.with_steps(path, &tree)),
                Err(why) => self.problem(path, format!("what is kept as it is cannot be read: {why}")),
            }
        }
        kept
    }
}
