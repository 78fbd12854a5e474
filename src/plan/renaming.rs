//! Steps that give objects of the target another name.

use super::{Action, Plan, Renaming, Step, impact};
use crate::model::{Element, Identity};
use crate::usage::Uses;

impl Plan {
    /// Tells that an object of the target gets another name, whatever else changes in it.
    pub(crate) fn rename(
        &mut self,
        (old, before): (&Identity, &Element),
        new: &Identity,
        followers: Vec<String>,
        warnings: Vec<String>,
        target: &Uses<'_>,
    ) {
        let renaming = Renaming { old: old.clone(), followers };
        self.unchanged.retain(|own| own != new);
        self.held_back.retain(|own| own.identity != *new);
        // Whoever uses it feels it, under the name that it has now.
        let touched = impact::affected(target, old, &self.projects);
        match self.steps.iter_mut().find(|step| step.identity == *new) {
            Some(step) => {
                step.renaming = Some(renaming);
                step.impact = touched;
                step.warnings.extend(warnings);
            }
            None => {
                let mut object = before.clone();
                crate::model::set_identity(&mut object, new);
                let action = Action::Change { old: object.clone(), changes: Vec::new() };
                let (identity, renaming) = (new.clone(), Some(renaming));
                let step = Step { identity, object, action, impact: touched, warnings, renaming };
                self.steps.insert(0, step);
            }
        }
    }
}
