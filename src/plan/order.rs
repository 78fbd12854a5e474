//! The order of steps: what is referred to comes first; and what cannot be done takes with it what needs it.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::guard::doubt::{Doubts, newly_named};
use super::rings::rings;
use super::{Action, Reason, Refused, Step};
use crate::model::{Element, Identity, Path, references};
use crate::schema::Schema;

/// Takes out the steps that are refused, and all that cannot be done without them; each says why. What was refused before
/// stays refused. Nothing can newly name what is `doubted`.
pub(super) fn without_refused(
    steps: Vec<Step>,
    refusals: HashMap<Identity, Vec<Reason>>,
    before: Vec<Refused>,
    doubted: &Doubts,
) -> (Vec<Step>, Vec<Refused>) {
    let mut refused: BTreeMap<Identity, Vec<Reason>> = refusals.into_iter().collect();
    let mut follows: BTreeMap<Identity, Identity> = BTreeMap::new();
    for own in before {
        follows.extend(own.follows.map(|cause| (own.identity.clone(), cause)));
        refused.entry(own.identity).or_default().extend(own.reasons);
    }
    // Only new objects and those in doubt can be missed: one that changes is there, refused or not.
    let created: HashSet<Identity> =
        steps.iter().filter(|step| is_new(step)).map(|step| step.identity.clone()).collect();
    // What may be missing is needed here, too: the file wants it there, and leaving it out silently would be another change.
    let can_miss = |target: &Identity| created.contains(target) || doubted.contains_key(target);
    let needs: Vec<(Identity, BTreeSet<Identity>)> = steps
        .iter()
        .map(|step| (step.identity.clone(), newly_named(step, &can_miss).into_iter().collect()))
        .collect();
    let mut users: HashMap<&Identity, Vec<usize>> = HashMap::new();
    for (user, (_, needed)) in needs.iter().enumerate() {
        needed.iter().for_each(|needed| users.entry(needed).or_default().push(user));
    }
    // Each round refuses what needs something that the round before has refused.
    let mut last: Vec<Identity> = refused.keys().cloned().collect();
    while !last.is_empty() {
        let hit: BTreeSet<usize> = last.iter().filter_map(|own| users.get(own)).flatten().copied().collect();
        let mut more = Vec::new();
        for (identity, needed) in hit.into_iter().map(|user| &needs[user]) {
            #[cfg(test)]
            crate::model::work::count();
            if refused.contains_key(identity) {
                continue;
            }
            if let Some(missing) = needed.iter().find(|needed| refused.contains_key(needed)) {
                let cause = follows.get(missing).unwrap_or(missing).clone();
                more.push((identity.clone(), cause, needs_refused(identity, missing)));
            }
        }
        last = more.iter().map(|(identity, ..)| identity.clone()).collect();
        for (identity, cause, reason) in more {
            follows.insert(identity.clone(), cause);
            refused.entry(identity).or_default().push(reason);
        }
    }
    let steps = steps.into_iter().filter(|step| !refused.contains_key(&step.identity)).collect();
    let refused = refused
        .into_iter()
        .map(|(identity, mut reasons)| {
            reasons.sort();
            reasons.dedup();
            let follows = follows.remove(&identity);
            Refused { identity, reasons, follows }
        })
        .collect();
    (steps, refused)
}

/// Says that an object needs another, which is refused.
pub(crate) fn needs_refused(identity: &Identity, missing: &Identity) -> Reason {
    let kind = Schema::get().kind(missing.kind).in_words();
    Reason {
        code: "needs-refused",
        path: Path::object(&Schema::get().kind(identity.kind).name, identity.name()),
        message: format!("it needs {kind} `{missing}`, which is refused"),
        help: "fix that object first".to_owned(),
    }
}

fn is_new(step: &Step) -> bool {
    matches!(step.action, Action::Create { .. })
}

/// Which steps come before which.
struct Needs {
    /// The objects that a step needs, by what they are: new ones that it refers to, those that get a part that it refers to,
    /// and those that refer to a part that it takes away.
    of: BTreeMap<Identity, BTreeSet<Identity>>,
}

impl Needs {
    fn new(steps: &[Step]) -> Self {
        let created: HashSet<&Identity> =
            steps.iter().filter(|step| is_new(step)).map(|step| &step.identity).collect();
        let mut of: BTreeMap<Identity, BTreeSet<Identity>> =
            steps.iter().map(|step| (step.identity.clone(), BTreeSet::new())).collect();
        let parts: HashMap<&Identity, PartsOf> = steps
            .iter()
            .map(|step| (&step.identity, PartsOf::new(step)))
            .filter(|(_, parts)| !parts.is_empty())
            .collect();
        let mut need = |user: &Identity, needed: &Identity| {
            if user != needed
                && let Some(needs) = of.get_mut(user)
            {
                needs.insert(needed.clone());
            }
        };
        for step in steps {
            references(&step.object, &mut |found| {
                let owner = found.owner();
                let comes = |owner| parts.get(owner).is_some_and(|parts| parts.come.contains(&found.target));
                match owner {
                    Some(owner) if comes(&owner) => need(&step.identity, &owner),
                    None if !found.weak && created.contains(&found.target) => {
                        need(&step.identity, &found.target);
                    }
                    _ => {}
                }
            });
            let Action::Change { old, .. } = &step.action else { continue };
            references(old, &mut |found| {
                if let Some(owner) = found.owner()
                    && parts.get(&owner).is_some_and(|parts| parts.go.contains(&found.target))
                {
                    need(&owner, &step.identity);
                }
            });
        }
        Self { of }
    }

    /// Returns the rings among some steps, each in the order of its members and after all that it needs.
    fn rings<'s>(&'s self, among: &[&'s Identity]) -> Vec<Vec<&'s Identity>> {
        let places: HashMap<&Identity, usize> =
            among.iter().enumerate().map(|(at, own)| (*own, at)).collect();
        let needs = |own: &&Identity| -> Vec<usize> {
            #[cfg(test)]
            crate::model::work::count();
            self.of[*own].iter().filter_map(|needed| places.get(needed).copied()).collect()
        };
        let needs: Vec<Vec<usize>> = among.iter().map(needs).collect();
        let rings = rings(&needs).into_iter().map(|mut ring| {
            ring.sort_unstable();
            ring.into_iter().map(|at| among[at]).collect()
        });
        rings.collect()
    }
}

/// The rings that have to be opened, the next one last.
struct Rings<'n> {
    needs: &'n Needs,
    next: Option<Vec<Vec<&'n Identity>>>,
}

impl<'n> Rings<'n> {
    /// Returns the least member of a ring that needs nothing outside of itself: where nothing is ready, there is one.
    fn open(&mut self, waiting: &BTreeMap<Identity, Step>) -> Option<Identity> {
        let needs = self.needs;
        let found = |among: &[&'n Identity]| needs.rings(among).into_iter().rev();
        let next = self.next.get_or_insert_with(|| {
            let all: Vec<&Identity> = needs.of.keys().filter(|own| waiting.contains_key(*own)).collect();
            found(&all).collect()
        });
        while let Some(ring) = next.pop() {
            let rest: Vec<&Identity> =
                ring.iter().copied().filter(|own| waiting.contains_key(*own)).collect();
            match rest.first() {
                None => {}
                Some(least) if rest.len() == ring.len() => {
                    let least = (*least).clone();
                    next.push(rest);
                    return Some(least);
                }
                // It was opened: what is left of it may be rings again.
                Some(_) => next.extend(found(&rest)),
            }
        }
        None
    }
}

/// The parts that come into an object and go from it.
#[derive(Default)]
struct PartsOf {
    come: BTreeSet<Identity>,
    go: BTreeSet<Identity>,
}

impl PartsOf {
    fn new(step: &Step) -> Self {
        fn collect(element: &Element, parts: &mut BTreeSet<Identity>) {
            for child in element.children() {
                parts.extend(Identity::of_definition(child));
                collect(child, parts);
            }
        }
        let (mut old, mut new) = (BTreeSet::new(), BTreeSet::new());
        collect(&step.object, &mut new);
        if let Action::Change { old: element, .. } = &step.action {
            collect(element, &mut old);
        }
        Self { come: new.difference(&old).cloned().collect(), go: old.difference(&new).cloned().collect() }
    }

    fn is_empty(&self) -> bool {
        self.come.is_empty() && self.go.is_empty()
    }
}

/// Puts steps into an order in which everything is created before it is used, and nothing goes before its last use. Ties are
/// broken by kind and identity, so the order is always the same; a ring is opened at its least member, which then says what
/// follows later.
pub(super) fn in_order(steps: Vec<Step>) -> Vec<Step> {
    let needs = Needs::new(&steps);
    let created: HashSet<Identity> =
        steps.iter().filter(|step| is_new(step)).map(|step| step.identity.clone()).collect();
    let mut open: HashMap<&Identity, usize> = HashMap::new();
    let mut users: HashMap<&Identity, Vec<&Identity>> = HashMap::new();
    for (user, needed) in &needs.of {
        open.insert(user, needed.len());
        needed.iter().for_each(|needed| users.entry(needed).or_default().push(user));
    }
    let mut waiting: BTreeMap<Identity, Step> =
        steps.into_iter().map(|step| (step.identity.clone(), step)).collect();
    let mut ready: BTreeSet<Identity> = needs
        .of
        .iter()
        .filter(|(_, needed)| needed.is_empty())
        .map(|(identity, _)| identity.clone())
        .collect();
    let mut ordered = Vec::with_capacity(waiting.len());
    let mut rings = Rings { needs: &needs, next: None };
    while let Some(next) = ready.pop_first().or_else(|| rings.open(&waiting)) {
        let Some(mut step) = waiting.remove(&next) else { continue };
        if let Action::Create { later } = &mut step.action {
            let missing = needs.of[&next].iter().filter(|needed| waiting.contains_key(*needed));
            *later = missing.filter(|needed| created.contains(*needed)).cloned().collect();
        }
        for user in users.remove(&next).unwrap_or_default() {
            if let Some(count) = open.get_mut(user) {
                *count = count.saturating_sub(1);
                if *count == 0 && waiting.contains_key(user) {
                    ready.insert(user.clone());
                }
            }
        }
        ordered.push(step);
    }
    ordered
}

/// Puts objects that go into an order in which nothing goes before its last use.
pub(super) fn in_order_of_removal(gone: Vec<Step>) -> Vec<Step> {
    let mut gone = in_order(gone);
    gone.reverse();
    gone
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mapping::kind;
    use crate::model::{Name, Node};

    fn step(node: Node, old: Option<Node>) -> Step {
        let bind = |node: Node| {
            let declaration = Schema::get().kind(kind(node.tag())).declaration;
            node.bind(declaration, &Path::default(), &mut Vec::new()).unwrap()
        };
        let object = bind(node);
        let action = match old {
            None => Action::Create { later: Vec::new() },
            Some(old) => Action::Change { old: bind(old), changes: Vec::new() },
        };
        let identity = Identity::of_definition(&object).unwrap();
        Step { identity, object, action, impact: Vec::new(), warnings: Vec::new(), renaming: None }
    }

    fn group(name: &str, members: &[&str]) -> Node {
        let members = members.iter().map(|member| Node::leaf("memberGroup", *member));
        Name::plain(name).definition("group").with_all(members)
    }

    fn project(versions: &[&str], member: &str) -> Node {
        let versions = versions.iter().map(|name| Node::new("version").text("name", *name));
        let members = Node::new("projectRoleMembership").text("name", "Users").text("memberGroup", member);
        Node::new("project")
            .text("key", "TST")
            .text("name", "Test")
            .with(Node::new("versions").with_all(versions))
            .with(Node::new("projectRoleMembers").with(members))
    }

    /// A field whose default value is a version of the project.
    fn field(version: Option<&str>) -> Node {
        let value = version.map(|name| {
            let version = Node::leaf("version", name).attribute("project", "TST");
            Node::new("defaultValue").with(Node::new("singularValue").with(version))
        });
        let config = Name::plain("Config").definition("config").with_if(value);
        let context = Name::plain("Context").definition("customFieldConfigScheme").with(config);
        Name::plain("Version").with("type", "t:version").definition("customField").with(context)
    }

    fn names(steps: &[Step]) -> Vec<String> {
        let one = |step: &Step| match &step.action {
            Action::Create { later } if !later.is_empty() => {
                format!(
                    "{}, later {}",
                    step.identity.name(),
                    later.iter().map(Identity::name).collect::<Vec<_>>().join(" ")
                )
            }
            _ => step.identity.name().to_owned(),
        };
        steps.iter().map(one).collect()
    }

    /// A ring is opened at its least member, and what only needs a ring waits for all of it.
    #[test]
    fn a_ring_is_opened_and_closed_later() {
        let steps = vec![
            step(project(&[], "c"), None),
            step(group("c", &["b"]), None),
            step(group("b", &["a", "z"]), None),
            step(group("a", &["b"]), None),
            step(group("z", &["y"]), None),
            step(group("y", &["z"]), None),
        ];
        let ordered = in_order(steps);
        assert_eq!(names(&ordered), ["y, later z", "z", "a, later b", "b", "c", "TST"]);
        assert_eq!(
            ordered[0].describe().warnings,
            ["it refers to the group `z`, which is created later: the reference is written last"]
        );
    }

    /// A part is there before it is used, and goes after its last use.
    #[test]
    fn parts_come_before_they_are_used_and_go_after() {
        let new = vec![
            step(field(Some("2")), Some(field(None))),
            step(project(&["1", "2"], "g"), Some(project(&["1"], "g"))),
        ];
        assert_eq!(names(&in_order(new)), ["TST", "Version"]);
        let gone = vec![
            step(project(&["1"], "g"), Some(project(&["1", "2"], "g"))),
            step(field(None), Some(field(Some("2")))),
        ];
        assert_eq!(names(&in_order(gone)), ["Version", "TST"]);
    }

    /// Twice as many steps are twice the work: in a chain of which the first is refused, and in rings that need each other.
    #[test]
    fn long_chains_and_many_rings_take_no_look_at_each_pair() {
        let name = |number: usize| format!("g{number:05}");
        let chain = |count: usize| -> Vec<Step> {
            (0..count).map(|at| step(group(&name(at), &[&name(at + 1)]), None)).collect()
        };
        let rings = |count: usize| -> Vec<Step> {
            let two = |at: usize| {
                let (a, b) = (name(2 * at), name(2 * at + 1));
                [step(group(&a, &[&b, &name(2 * at + 2)]), None), step(group(&b, &[&a]), None)]
            };
            (0..count).flat_map(two).collect()
        };
        let refused = |count: usize| {
            let first = Identity::named(kind("group"), &name(count - 1));
            let reason = needs_refused(&first, &first);
            let (work, (left, refused)) = crate::model::work::of(|| {
                let refusals = HashMap::from([(first.clone(), vec![reason])]);
                without_refused(chain(count), refusals, Vec::new(), &Doubts::new())
            });
            assert_eq!((left.len(), refused.len()), (0, count));
            assert!(refused.iter().all(|own| own.follows.as_ref().is_none_or(|cause| *cause == first)));
            work
        };
        let opened = |count: usize| {
            let steps = rings(count);
            let (work, ordered) = crate::model::work::of(|| in_order(steps));
            assert_eq!(ordered.len(), 2 * count);
            work
        };
        for (what, few, many) in
            [("refused", refused(200), refused(400)), ("rings", opened(200), opened(400))]
        {
            assert!(few > 0 && many * 10 <= few * 21, "{what}: {few}, {many} for twice as many");
        }
    }

    /// Objects go after their last use.
    #[test]
    fn what_is_used_goes_last() {
        let gone =
            vec![step(group("a", &[]), None), step(group("b", &["a"]), None), step(project(&[], "b"), None)];
        assert_eq!(names(&in_order_of_removal(gone)), ["TST", "b", "a"]);
    }
}
