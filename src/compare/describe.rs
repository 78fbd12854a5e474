//! A comparison in words: a step for each object that is new, gone, changed or renamed, by kind and name.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::{Comparison, Rename};
use crate::diff::{Action, Change};
use crate::model::{Element, Identity, Path};
use crate::plan::{
    self, Counts, DescribedStep, Description, Line, LineAction, ObjectAction, Step, Subject, setting_identity,
};
use crate::schema::{DeclId, KindId, Schema};

/// What is called the kind of the root, which is no object.
const ROOT: &str = "projectConfig";

/// Where a step stands: the place of its container, settings behind objects, its name, and its number.
type Place = (u16, bool, Option<Identity>, usize);

impl Comparison {
    /// Returns the difference in words, as a plan that leads from the old configuration to the new one. The element `before`
    /// of a step has the names of now.
    pub fn describe(&self) -> Description {
        let mut steps: BTreeMap<Place, DescribedStep> = BTreeMap::new();
        let place = |container: DeclId| Schema::get().declaration(container).place;
        let new: HashMap<Identity, &Element> = objects(&self.new);
        let mut of_object: BTreeMap<(DeclId, DeclId, usize), Vec<Change>> = BTreeMap::new();
        for (at, change) in self.changes.iter().enumerate() {
            let [container, rest @ ..] = &change.way[..] else { continue };
            let container = container.declaration;
            let mut add = |step: DescribedStep, identity: Option<Identity>| {
                steps.insert((place(container), identity.is_none(), identity, at), step);
            };
            match (rest, &change.action) {
                ([_], Action::Add { item, .. }) => {
                    let identity =
                        Identity::of_definition(item).expect("a list in a container is of objects");
                    let action = plan::Action::Create { later: Vec::new() };
                    add(step(identity.clone(), item, action), Some(identity));
                }
                ([_], Action::Remove { item, .. }) => {
                    let identity =
                        Identity::of_definition(item).expect("a list in a container is of objects");
                    add(removal(&identity, item), Some(identity));
                }
                ([object], Action::Move { number, .. }) => {
                    of_object
                        .entry((container, object.declaration, *number))
                        .or_default()
                        .push(change.clone());
                }
                ([object, ..], _) => {
                    let own = of_object.entry((container, object.declaration, object.number)).or_default();
                    own.push(change.clone());
                }
                ([], _) => add(self.setting(container, change), None),
            }
        }
        let renames: HashMap<&Identity, &Rename> = self.renames.iter().map(|own| (&own.new, own)).collect();
        let mut shown: HashSet<&Identity> = HashSet::new();
        let old = Numbered::new(&self.old);
        for ((container, declaration, number), changes) in &of_object {
            let Some(element) = old.get(*container, *declaration, *number) else { continue };
            let Some(identity) = Identity::of_definition(element) else {
                let changes = changes.iter().map(|change| within(change, 2)).collect();
                let action = plan::Action::Change { old: element.clone(), changes };
                let described = step(setting_identity(*container, element), element, action);
                steps.insert((place(*container), true, None, *number), described);
                continue;
            };
            let after = new.get(&identity).copied().unwrap_or(element);
            let mut described = changed(&identity, element, after, changes);
            if let Some(rename) = renames.get(&identity).filter(|own| !own.is_built_in) {
                name(&mut described, rename);
                shown.insert(&rename.new);
            }
            steps.insert((place(*container), false, Some(identity), *number), described);
        }
        for rename in
            self.renames.iter().filter(|own| !own.is_carried && !own.is_built_in && !shown.contains(&own.new))
        {
            let Some(element) = new.get(&rename.new) else { continue };
            let mut described = changed(&rename.new, element, element, &[]);
            name(&mut described, rename);
            let container = Schema::get().container(rename.new.kind).unwrap_or(self.new.declaration);
            steps.insert((place(container), false, Some(rename.new.clone()), 0), described);
        }
        let steps: Vec<DescribedStep> = self.root().into_iter().chain(steps.into_values()).collect();
        let counts = self.counts(&steps);
        Description {
            instance: None,
            projects: self.projects.clone(),
            steps,
            refused: Vec::new(),
            held_back: Vec::new(),
            issues: Vec::new(),
            warnings: self.names.rough.iter().map(|(kind, counts)| rough(*kind, *counts)).collect(),
            irrevocable: Vec::new(),
            violations: Vec::new(),
            moving: None,
            unseen: [
                plan::describe_unseen("old", &self.unseen[0]),
                plan::describe_unseen("new", &self.unseen[1]),
            ]
            .concat(),
            counts,
            subject: Subject::Difference,
        }
    }

    fn counts(&self, steps: &[DescribedStep]) -> Counts {
        let count = |action| steps.iter().filter(|step| step.action == action).count();
        let removals =
            steps.iter().flat_map(|step| &step.changes).filter(|line| line.action == LineAction::Remove);
        let matched = |step: &&DescribedStep| {
            let is_object = Schema::get().kind_named(&step.kind).is_some() && step.before.is_some();
            is_object && step.after.is_some()
        };
        Counts {
            create: count(ObjectAction::Create),
            change: count(ObjectAction::Change),
            rename: count(ObjectAction::Rename),
            remove: removals.count(),
            delete: count(ObjectAction::Remove),
            unchanged: self.matched.saturating_sub(steps.iter().filter(matched).count()),
            ..Counts::default()
        }
    }

    /// Describes what changes in the root itself: how the configuration was selected.
    fn root(&self) -> Option<DescribedStep> {
        let [old, new] = &self.attributes;
        // What is not there at all says nothing of how it was selected.
        if old.is_empty() || new.is_empty() {
            return None;
        }
        let ty = Schema::get().type_of(Schema::get().root());
        let value = |list: &[(u8, Box<str>)], number: usize| {
            list.iter().find(|(own, _)| usize::from(*own) == number).map(|(_, value)| value.to_string())
        };
        let lines = ty.attributes.iter().enumerate().filter_map(|(number, attribute)| {
            let (old, new) = (value(old, number), value(new, number));
            if old == new {
                return None;
            }
            let action = LineAction::between(old.as_ref(), new.as_ref());
            let path = Path::default().child(&attribute.name);
            Some(Line::new(action, path, old.map(Into::into), new.map(Into::into)))
        });
        let changes: Vec<Line> = lines.collect();
        (!changes.is_empty()).then(|| DescribedStep {
            changes,
            ..DescribedStep::about(ObjectAction::Change, ROOT, "root".to_owned())
        })
    }

    /// Describes a change of an element that stands beside the objects of a container.
    fn setting(&self, container: DeclId, change: &Change) -> DescribedStep {
        let around = self.old.child(container).expect("all containers are there");
        let (Action::Set { old, new }, rest) = (&change.action, within(change, 1)) else {
            unreachable!("a single element is set");
        };
        let shown = new.as_ref().or(old.as_ref()).unwrap_or(around);
        let identity = setting_identity(container, shown);
        let changes = vec![rest];
        let mut described = step(identity, around, plan::Action::Change { old: around.clone(), changes });
        (described.before, described.after) = (old.clone(), None);
        described
    }
}

/// Says that of very many objects of a kind renames were looked for by the cheaper rule.
fn rough(kind: KindId, [gone, come]: [usize; 2]) -> String {
    let kind = Schema::get().kind(kind).in_words();
    format!(
        "{gone} {kind} objects were removed and {come} added: each was compared only with the few most \
         similar ones, so a rename may be shown as a removal and an addition"
    )
}

/// Gives a step the name that its object had.
fn name(described: &mut DescribedStep, rename: &Rename) {
    described.former_name = Some(rename.old.to_string());
    if !rename.is_carried {
        described.action = ObjectAction::Rename;
        let title = |own: &Identity| format!("{} {own}", Schema::get().kind(own.kind).in_words());
        described.followers = rename.followers.iter().map(title).collect();
    }
}

fn step(identity: Identity, object: &Element, action: plan::Action) -> DescribedStep {
    Step {
        identity,
        object: object.clone(),
        action,
        impact: Vec::new(),
        warnings: Vec::new(),
        renaming: None,
    }
    .describe()
}

/// Describes an object that changes; its own place among others comes first.
fn changed(identity: &Identity, old: &Element, new: &Element, changes: &[Change]) -> DescribedStep {
    let (moves, inside): (Vec<&Change>, Vec<&Change>) = changes
        .iter()
        .partition(|change| change.way.len() == 2 && matches!(change.action, Action::Move { .. }));
    let changes = inside.into_iter().map(|change| within(change, 2)).collect();
    let mut described = step(identity.clone(), new, plan::Action::Change { old: old.clone(), changes });
    let places = moves.into_iter().filter_map(|change| match &change.action {
        Action::Move { number, place, .. } => {
            let [old, new] = [number, place].map(|own| Some(format!("place {}", own + 1).into()));
            Some(Line::new(LineAction::Move, Path::default().child("sequence"), old, new))
        }
        _ => None,
    });
    described.changes.splice(0..0, places.collect::<Vec<_>>());
    described
}

fn removal(identity: &Identity, object: &Element) -> DescribedStep {
    let mut described = step(identity.clone(), object, plan::Action::Create { later: Vec::new() });
    described.action = ObjectAction::Remove;
    described.changes.clear();
    (described.before, described.after) = (described.after, None);
    described
}

/// Returns a change as seen from an element that is so many steps on the way to it.
fn within(change: &Change, steps: usize) -> Change {
    Change { way: change.way[steps..].to_vec(), action: change.action.clone() }
}

/// Returns the objects of a tree by identity; of several the first.
fn objects(root: &Element) -> HashMap<Identity, &Element> {
    let mut objects = HashMap::new();
    for object in root.children().iter().flat_map(Element::children) {
        if let Some(identity) = Identity::of_definition(object) {
            objects.entry(identity).or_insert(object);
        }
    }
    objects
}

/// The objects of a tree by their numbers.
struct Numbered<'a>(HashMap<(DeclId, DeclId), Vec<&'a Element>>);

impl<'a> Numbered<'a> {
    fn new(root: &'a Element) -> Self {
        let mut all: HashMap<_, Vec<&Element>> = HashMap::new();
        for container in root.children() {
            for child in container.children() {
                all.entry((container.declaration, child.declaration)).or_default().push(child);
            }
        }
        Self(all)
    }

    fn get(&self, container: DeclId, declaration: DeclId, number: usize) -> Option<&'a Element> {
        self.0.get(&(container, declaration))?.get(number).copied()
    }
}
