//! The difference of issue data: which issues and sprints are new, gone or changed, and how the order of ranks differs.
//!
//! Pure and driven by the schema, as for configurations; but what an issue is known by never changes, so nothing is renamed.
//! Law: data and itself do not differ, and the steps of the other direction are the same objects.

use crate::diff;
use crate::model::Element;
use crate::plan::{Counts, DescribedStep, Description, LineAction, ObjectAction, changes_between};
use crate::schema::{Items, Relation, Schema};

/// The difference of a piece of issue data, of a project or of the sprints of all.
#[derive(Debug, Default)]
pub struct DataDifference {
    /// What differs, a step for each object, in the order of the schema.
    pub steps: Vec<DescribedStep>,
    /// How many objects are equal.
    pub unchanged: usize,
}

impl DataDifference {
    /// Compares two pieces of issue data about the same; of one that is not there, all is new or gone.
    pub fn of(old: Option<&Element>, new: Option<&Element>) -> Self {
        let mut all = Self::default();
        let Some(any) = new.or(old) else { return all };
        let schema = Schema::get();
        let project = any.attribute_named("project");
        for &container in schema.children(any.declaration) {
            let [old, new] = [old, new].map(|root| root.and_then(|root| root.child(container)));
            for &declaration in schema.children(container) {
                let Some(items) = &schema.declaration(declaration).items else { continue };
                if items.relation == Relation::Ordered {
                    all.order(project, [old, new]);
                    continue;
                }
                let of = |root: Option<&Element>| -> Vec<Element> {
                    root.map(Element::children).unwrap_or_default().to_vec()
                };
                all.objects(project, items, &of(old), &of(new));
            }
        }
        all
    }

    /// Adds what differs to the difference of the configurations around.
    pub fn add_to(self, description: &mut Description) {
        let count = |action| self.steps.iter().filter(|step| step.action == action).count();
        let counts = &mut description.counts;
        *counts = Counts {
            create: counts.create + count(ObjectAction::Create),
            change: counts.change + count(ObjectAction::Change),
            delete: counts.delete + count(ObjectAction::Remove),
            remove: counts.remove
                + self
                    .steps
                    .iter()
                    .flat_map(|step| &step.changes)
                    .filter(|line| line.action == LineAction::Remove)
                    .count(),
            unchanged: counts.unchanged + self.unchanged,
            ..*counts
        };
        description.steps.extend(self.steps);
    }

    fn objects(&mut self, project: Option<&str>, items: &Items, old: &[Element], new: &[Element]) {
        let pairs = diff::pairs(items, old, new);
        let mut partner = vec![None; old.len()];
        let mut is_new = vec![true; new.len()];
        for &(at, other) in &pairs {
            partner[at] = Some(other);
            is_new[other] = false;
        }
        let mut found = Vec::new();
        for (at, object) in old.iter().enumerate() {
            match partner[at].map(|other| &new[other]) {
                Some(other) if other == object => self.unchanged += 1,
                other => found.push((sorting(items, object), step(project, items, Some(object), other))),
            }
        }
        let come = new.iter().zip(&is_new).filter(|(_, is_new)| **is_new);
        found.extend(
            come.map(|(object, _)| (sorting(items, object), step(project, items, None, Some(object)))),
        );
        found.sort_by(|(one, _), (other, _)| one.cmp(other));
        self.steps.extend(found.into_iter().map(|(_, step)| step));
    }

    /// Compares a list that is one thing: the order of the issues of a project.
    fn order(&mut self, project: Option<&str>, sides: [Option<&Element>; 2]) {
        let Some(any) = sides[1].or(sides[0]) else { return };
        if sides[0].map(Element::children) == sides[1].map(Element::children) {
            return;
        }
        let empty = Element::parent(any.declaration, Vec::new());
        let [old, new] = sides.map(|own| own.unwrap_or(&empty));
        self.steps.push(DescribedStep {
            changes: changes_between(old, new),
            ..DescribedStep::about(ObjectAction::Change, any.tag(), project.unwrap_or_default().to_owned())
        });
    }
}

/// What an object stands by among the others: numbers by their value.
fn sorting(items: &Items, object: &Element) -> Vec<(usize, String)> {
    diff::identity(items, object).into_iter().map(|own| (own.len(), own)).collect()
}

fn step(project: Option<&str>, items: &Items, old: Option<&Element>, new: Option<&Element>) -> DescribedStep {
    let any = new.or(old).expect("one of both is there");
    let (action, changes) = match (old, new) {
        (Some(old), Some(new)) => (ObjectAction::Change, changes_between(old, new)),
        (None, Some(new)) => (
            ObjectAction::Create,
            changes_between(&Element::parent(new.declaration, own_name(items, new)), new),
        ),
        (_, None) => (ObjectAction::Remove, Vec::new()),
    };
    let name = match any.text_of("number") {
        Some(number) => format!("{}-{number}", project.unwrap_or_default()),
        None => {
            let parts: Vec<String> =
                diff::identity(items, any).into_iter().filter(|own| !own.is_empty()).collect();
            match &parts[..] {
                [name, rest @ ..] if !rest.is_empty() => format!("{name} ({})", rest.join(", ")),
                all => all.concat(),
            }
        }
    };
    DescribedStep {
        changes,
        before: old.cloned(),
        after: new.cloned(),
        ..DescribedStep::about(action, any.tag(), name)
    }
}

/// Returns what an object is known by, which its name says already.
fn own_name(items: &Items, object: &Element) -> Vec<Element> {
    let is_key =
        |child: &&Element| items.identity.iter().any(|key| key.path.first() == Some(&child.declaration));
    object.children().iter().filter(is_key).cloned().collect()
}
