//! What somebody does by hand: a step, or the part of one, that no request says; in a run it stands among the requests.
//!
//! Pure. Invariant: it is done if what was read shows it, and whatever needs it waits for it.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::super::pages::{Page, page};
use super::ground::token_of;
use super::sent::{Changed, Sent};
use super::spelled::{spelled, understood};
use crate::diff::{Change, diff};
use crate::entity::Tables;
use crate::import::{Call, Work};
use crate::mapping::{self, Names};
use crate::model::{Abilities, Config, Element, Facts, Identity, Name, Object as Known, Snapshot, Verbs};
use crate::plan::{
    Action, DescribedStep, Difference, ObjectAction, Options, Step, each_reference, setting_identity,
};
use crate::schema::{DeclId, Schema};

/// Something that is done by hand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::instance) struct ByHand {
    /// What becomes of an object.
    by_hand: Changed,
}

/// What a call of a live Jira is.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::instance) enum Act {
    /// A request.
    Request(Box<Sent>),
    /// Something that somebody does.
    ByHand(ByHand),
}

impl TryFrom<&Value> for Act {
    type Error = String;

    fn try_from(value: &Value) -> Result<Self, String> {
        if value.get("byHand").is_none() {
            return Sent::try_from(value).map(|sent| Self::Request(Box::new(sent)));
        }
        let own = serde_json::from_value(value.clone());
        own.map(Self::ByHand).map_err(|error| format!("a call is none of pcfg's: {error}"))
    }
}

impl Act {
    /// Returns what it changes, if it says it: of the requests of a unit the first one does.
    pub(super) fn objects(&self) -> Vec<&Changed> {
        match self {
            Self::Request(sent) => sent.object.iter().chain(&sent.also).collect(),
            Self::ByHand(own) => vec![&own.by_hand],
        }
    }
}

/// A step in two parts.
pub(super) struct Split<'s> {
    /// What requests say, if they say anything.
    pub(super) rest: Option<Cow<'s, Step>>,
    /// What is done by hand, if anything is: from what the requests make.
    pub(super) by_hand: Option<(Option<Element>, Element)>,
}

/// Parts a step by what a live Jira takes.
pub(super) fn split<'s>(step: &'s Step, takes: &Abilities) -> Split<'s> {
    let kind = step.identity.kind;
    let can = |verbs: &Verbs| match step.action {
        Action::Create { .. } => verbs.create.is_ok(),
        Action::Change { .. } | Action::Setting { .. } => verbs.change.is_ok(),
    };
    let is_taken =
        |property: DeclId| can(&takes.of_property(kind, property).unwrap_or_else(|| takes.of(kind)));
    let whole = |is_taken: bool, from: Option<&Element>| match is_taken {
        true => Split { rest: Some(Cow::Borrowed(step)), by_hand: None },
        false => Split { rest: None, by_hand: Some((from.cloned(), step.object.clone())) },
    };
    let parted = |old: Option<&Element>| {
        let mine = step.object.children().iter().filter(|own| is_taken(own.declaration));
        let as_before = old.into_iter().flat_map(Element::children).filter(|own| !is_taken(own.declaration));
        let mut between = Element::parent(step.object.declaration, mine.chain(as_before).cloned().collect());
        between.attributes.clone_from(&step.object.attributes);
        crate::model::canonicalize(&mut between);
        between
    };
    match &step.action {
        Action::Setting { old, .. } => whole(can(&takes.of(kind)), old.as_ref()),
        Action::Create { .. } if !can(&takes.of(kind)) => whole(false, None),
        Action::Create { .. } => {
            let between = parted(None);
            if between == step.object {
                return whole(true, None);
            }
            let rest = Step { object: between.clone(), ..step.clone() };
            Split { rest: Some(Cow::Owned(rest)), by_hand: Some((Some(between), step.object.clone())) }
        }
        Action::Change { old, changes } => {
            let taken = changes.iter().filter(|change| match property(change) {
                Some(property) => is_taken(property),
                None => can(&takes.of(kind)),
            });
            match taken.count() {
                0 if !changes.is_empty() => whole(false, Some(old)),
                count if count == changes.len() => whole(true, Some(old)),
                _ => {
                    let between = parted(Some(old));
                    let action = Action::Change { old: old.clone(), changes: diff(old, &between) };
                    let rest = Step { object: between.clone(), action, ..step.clone() };
                    Split {
                        rest: Some(Cow::Owned(rest)),
                        by_hand: Some((Some(between), step.object.clone())),
                    }
                }
            }
        }
    }
}

/// Returns the property of an object in which a change is.
fn property(change: &Change) -> Option<DeclId> {
    use crate::diff::Action::{Add, Move, Remove, Set};
    let own = match &change.action {
        Set { old, new } => old.as_ref().or(new.as_ref()),
        Add { item, .. } | Remove { item, .. } | Move { item, .. } => Some(item),
    };
    change.way.first().map(|step| step.declaration).or(own.map(|own| own.declaration))
}

/// Returns as a call what is done by hand with an object.
pub(super) fn call(about: &str, container: DeclId, from: Option<&Element>, to: Option<&Element>) -> Call {
    let text = |own: Option<&Element>| own.map(|own| spelled(container, own));
    let (from, to) = (text(from), text(to));
    let value = |from, to| {
        let by_hand = Changed { from, to, requests: 0, is_partial: false };
        serde_json::to_value(ByHand { by_hand }).expect("it has text keys only")
    };
    let takes_back = Some(value(to.clone(), from.clone()));
    Call { about: about.to_owned(), sends: value(from, to), takes_back }
}

/// What an act says of an object, understood.
struct Object {
    container: DeclId,
    from: Option<Element>,
    to: Option<Element>,
    identity: Identity,
    /// Whether it stands beside objects, and is none itself.
    is_setting: bool,
}

impl Object {
    fn of(changed: &Changed) -> Option<Self> {
        let read = |text: &Option<String>| text.as_deref().map(understood);
        let (from, to) = (read(&changed.from).flatten(), read(&changed.to).flatten());
        let (container, named) = to.as_ref().or(from.as_ref())?;
        let own = Identity::of_definition(named);
        let is_setting = own.is_none();
        let identity = own.unwrap_or_else(|| setting_identity(*container, named));
        let container = *container;
        Some(Self {
            container,
            identity,
            is_setting,
            from: from.map(|(_, own)| own),
            to: to.map(|(_, own)| own),
        })
    }

    /// Returns it as it is now.
    fn now<'s>(&self, now: &'s Snapshot) -> Option<&'s Element> {
        if !self.is_setting {
            return now.objects.get(&self.identity).map(|own| &own.element);
        }
        let named = self.to.as_ref().or(self.from.as_ref())?;
        let mut settings = now.settings.iter();
        let own = settings.find(|(own, is)| *own == self.container && is.declaration == named.declaration);
        own.map(|(_, own)| own)
    }

    /// Returns the properties that it changes; nothing if it is about all of the object.
    fn properties(&self) -> Option<BTreeSet<DeclId>> {
        let (from, to) = (self.from.as_ref()?, self.to.as_ref()?);
        (!self.is_setting).then(|| diff(from, to).iter().filter_map(property).collect())
    }

    /// Returns whether it is as it is to be, as far as it changes anything.
    fn is_done(&self, now: &Snapshot) -> bool {
        match (self.now(now), &self.to, self.properties()) {
            (None, None, _) => true,
            (Some(is), Some(to), _) if is == to => true,
            (Some(_), Some(_), None) if self.is_setting => false,
            (Some(is), Some(to), Some(own)) => {
                let left = diff(is, to);
                !left.iter().filter_map(property).any(|left| own.contains(&left))
            }
            (Some(_), Some(_), None) => still_to_do(now, &[self]).is_empty(),
            _ => false,
        }
    }
}

/// Plans again: returns in words what of these objects is not as it is to be.
fn still_to_do(now: &Snapshot, objects: &[&Object]) -> Vec<String> {
    let mut containers: BTreeMap<DeclId, Vec<Element>> = BTreeMap::new();
    for (container, to) in objects.iter().filter_map(|own| Some((own.container, own.to.clone()?))) {
        containers.entry(container).or_default().push(to);
    }
    let containers = containers.into_iter().map(|(container, own)| Element::parent(container, own));
    let file = Config::new(Element::parent(Schema::get().root(), containers.collect()));
    let options = Options { update_users: true, ..Options::default() };
    let mut left = crate::import::paths(&crate::plan::plan(now, &Facts::default(), &file, &options));
    let gone = objects.iter().filter(|own| own.to.is_none() && own.now(now).is_some());
    left.extend(gone.map(|own| format!("{} `{}`", in_words(&own.identity), own.identity)));
    left
}

fn in_words(identity: &Identity) -> String {
    Schema::get().kind(identity.kind).in_words()
}

/// Returns in words what is not as the acts of a run were to make it.
pub(in crate::instance) fn unlike<'a>(acts: impl Iterator<Item = &'a Act>, now: &Snapshot) -> Vec<String> {
    let mut objects: Vec<Object> = Vec::new();
    for object in acts.flat_map(Act::objects).filter_map(Object::of) {
        objects.retain(|own| own.identity != object.identity || own.container != object.container);
        objects.push(object);
    }
    still_to_do(now, &objects.iter().collect::<Vec<_>>())
}

impl ByHand {
    /// Returns whether it is done.
    pub(in crate::instance) fn is_done(&self, now: &Snapshot) -> bool {
        Object::of(&self.by_hand).is_some_and(|own| own.is_done(now))
    }

    /// Returns the part of it that is done; nothing if nothing is.
    pub(in crate::instance) fn begun(&self, now: &Snapshot) -> Option<Call> {
        let own = Object::of(&self.by_hand)?;
        let is = own.now(now);
        let is_begun = match (is, &own.from) {
            (is, from) if is == from.as_ref() => false,
            (Some(is), Some(from)) => {
                let changed: BTreeSet<DeclId> = diff(from, is).iter().filter_map(property).collect();
                own.properties().is_none_or(|own| !own.is_disjoint(&changed))
            }
            _ => true,
        };
        let about = format!("{} `{}`", in_words(&own.identity), own.identity.name());
        is_begun.then(|| call(&about, own.container, own.from.as_ref(), is))
    }

    /// Returns the id of what somebody has made, by what stands for it.
    pub(in crate::instance) fn ids(&self, tables: &Tables) -> BTreeMap<String, String> {
        let Some(own) = Object::of(&self.by_hand).filter(|own| own.from.is_none()) else {
            return BTreeMap::new();
        };
        let names = Names::new(tables, &mut Snapshot::default());
        let is_own = |kind: &str, name: &Name| {
            let kind = mapping::kind(kind);
            kind == own.identity.kind && name.identity(kind) == own.identity
        };
        let found = names.everything().filter(|(kind, _, name)| is_own(kind, name));
        found.map(|(kind, id, name)| (token_of(kind, name), id.to_owned())).collect()
    }

    /// Returns it in words, from what is there by now.
    fn task(&self, now: Option<&Snapshot>, is_ready: bool) -> Option<Task> {
        let own = Object::of(&self.by_hand)?;
        let is = match now {
            Some(now) => own.now(now).cloned(),
            None => own.from.clone(),
        };
        let properties = own.properties();
        let mut change = described(&own, is);
        if let Some(properties) = &properties {
            let tags: Vec<&str> =
                properties.iter().map(|own| Schema::get().declaration(*own).name.as_str()).collect();
            change.changes.retain(|line| {
                let path = line.path.to_string();
                let first = path.trim_start_matches('/').split(['/', '[']).next().unwrap_or_default();
                tags.contains(&first)
            });
        }
        let tags = properties.iter().flatten().map(|own| Schema::get().declaration(*own).name.as_str());
        let kind = Schema::get().kind(own.identity.kind).name.clone();
        let Page { menu, path } = page(&kind, &tags.collect::<Vec<_>>());
        let key =
            own.to.as_ref().or(own.from.as_ref()).and_then(|own| own.text_of("key")).unwrap_or_default();
        Some(Task { menu, path: path.replace("{key}", key), change, is_ready })
    }
}

/// Says what becomes of an object that is like that.
fn described(own: &Object, is: Option<Element>) -> DescribedStep {
    let (mut now, mut then) = (Snapshot::default(), Snapshot::default());
    for (snapshot, element) in [(&mut now, is), (&mut then, own.to.clone())] {
        match element {
            Some(element) if own.is_setting => snapshot.settings.push((own.container, element)),
            Some(element) => {
                let object = Known { element, mentions: Vec::new() };
                snapshot.objects.insert(own.identity.clone(), object);
            }
            None => {}
        }
    }
    let mut steps = Difference::new(&now, &then, BTreeSet::new()).describe().steps;
    steps.pop().unwrap_or_else(|| {
        let kind = &Schema::get().kind(own.identity.kind).name;
        DescribedStep::about(ObjectAction::Change, kind, own.identity.to_string())
    })
}

/// An item of a checklist: something that somebody is to do by hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    /// How the page is reached by Jira's menus.
    pub menu: &'static str,
    /// The address of the page, below that of Jira.
    pub path: String,
    /// What is to become of what is there.
    pub change: DescribedStep,
    /// Whether it can be done now; if not, a request comes first that waits for others of these.
    pub is_ready: bool,
}

/// How a call of a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::instance) enum Stand {
    /// Nothing is to be waited for.
    Free,
    /// A request that waits for what is done by hand.
    Waits,
    /// Somebody is to do it; with whether he can do it now.
    ByHand(bool),
}

/// Says how each call of a run stands, of which it is known whether it is done.
pub(in crate::instance) fn stands(acts: &[(Act, bool)]) -> Vec<Stand> {
    // The requests of a unit stand for the same objects.
    let mut by_unit: BTreeMap<usize, Vec<&Changed>> = BTreeMap::new();
    for (act, _) in acts {
        if let Act::Request(sent) = act {
            by_unit.entry(sent.step).or_default().extend(act.objects());
        }
    }
    let (mut all, mut of_requests) = (Waiting::default(), Waiting::default());
    let mut stands = Vec::with_capacity(acts.len());
    let has_hands = acts.iter().any(|(act, is_done)| matches!(act, Act::ByHand(_)) && !is_done);
    for (act, is_done) in acts {
        if *is_done || !has_hands {
            stands.push(Stand::Free);
            continue;
        }
        let changed = match act {
            Act::Request(sent) => by_unit.get(&sent.step).cloned().unwrap_or_default(),
            Act::ByHand(_) => act.objects(),
        };
        let objects: Vec<Object> = changed.into_iter().filter_map(Object::of).collect();
        let stand = match act {
            Act::ByHand(_) => Stand::ByHand(!objects.iter().any(|own| of_requests.stop(own))),
            Act::Request(_) if objects.iter().any(|own| all.stop(own)) => Stand::Waits,
            Act::Request(_) => Stand::Free,
        };
        for own in objects.iter().filter(|_| stand != Stand::Free) {
            if stand != Stand::ByHand(true) {
                of_requests.add(own);
            }
            all.add(own);
        }
        stands.push(stand);
    }
    stands
}

/// What is not done yet.
#[derive(Default)]
struct Waiting {
    own: HashSet<Identity>,
    named: HashSet<Identity>,
}

impl Waiting {
    fn add(&mut self, object: &Object) {
        self.own.insert(object.identity.clone());
        self.named.extend(names(object));
    }

    /// Returns whether something later has to wait for it: it is about the same, names it, or would take away what it names.
    fn stop(&self, object: &Object) -> bool {
        self.own.contains(&object.identity)
            || names(object).iter().any(|own| self.own.contains(own))
            || (object.to.is_none() && self.named.contains(&object.identity))
    }
}

fn names(object: &Object) -> HashSet<Identity> {
    let mut all = HashSet::new();
    for element in object.from.iter().chain(&object.to) {
        each_reference(element, &mut |own| all.extend([own]));
    }
    all
}

/// Returns whether somebody does by hand a part of some work.
pub fn has_hands(work: &Work) -> bool {
    work.calls().iter().any(|call| call.sends.get("byHand").is_some())
}

/// Returns what somebody would do by hand of some work.
pub fn by_hand(work: &Work) -> Vec<Task> {
    if !has_hands(work) {
        return Vec::new();
    }
    let acts = work.calls().iter().filter_map(|call| Act::try_from(&call.sends).ok());
    tasks(&acts.map(|act| (act, false)).collect::<Vec<_>>(), None)
}

/// Returns what somebody is to do by hand of these calls, in their order; `now` is what is there, if it was looked at.
pub(in crate::instance) fn tasks(acts: &[(Act, bool)], now: Option<&Snapshot>) -> Vec<Task> {
    let stands = stands(acts);
    let own = acts.iter().zip(stands).filter_map(|((act, _), stand)| match (act, stand) {
        (Act::ByHand(own), Stand::ByHand(is_ready)) => own.task(now, is_ready),
        _ => None,
    });
    own.collect()
}
