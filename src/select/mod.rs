//! What an export contains: the chosen projects and everything that they use, directly or indirectly.
//!
//! Pure. The closure follows what objects use ([`usage`](crate::usage)), so a new kind of object needs no line here; only
//! the choices that people make (which custom fields, users, filters, dashboards, boards) have code of their own.

mod fields;
mod shares;
mod unused;
mod without;

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::model::{Config, Element, Identity, Node, NoteKind, Object, Path, Snapshot, near, rank};
use crate::schema::{Belongs, DeclId, KindId, Schema, UNSEEN};
use crate::usage::{Defaults, How, each_use};

pub use shares::{Boards, Shares};
pub use unused::{can_be_unused, unused};
pub(crate) use without::{
    Lacking, essential_if_new, left_of as pruned, or_whole as prune_or_whole, references as prune,
};

/// What to export.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Which projects.
    pub projects: Projects,
    /// Which custom fields.
    pub custom_fields: CustomFields,
    /// Which users and groups.
    pub users: Users,
    /// Which filters, in addition to those that boards and dashboards use.
    pub filters: Shares,
    /// Which dashboards.
    pub dashboards: Shares,
    /// Which boards.
    pub boards: Boards,
    /// Whether schemes, screens, workflows and the like are exported that nothing uses.
    pub unused: bool,
    /// Whether nothing is exported but some objects with what they use: not what every export has.
    pub alone: bool,
}

/// Which projects are exported.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Projects {
    /// Every project of the instance.
    #[default]
    All,
    /// Those with these keys.
    Keys(Vec<String>),
}

/// Which custom fields are exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CustomFields {
    /// Every field of the instance.
    All,
    /// Those that schemes and workflows of the projects name, that are visible on a screen, or that an issue has a
    /// value in.
    Used,
    /// The same, without looking at issues: then the export depends on the configuration alone.
    #[default]
    UsedIgnoringValues,
}

/// Which users and groups are exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Users {
    /// All that are referred to; one that does not exist is described by its name alone.
    #[default]
    Full,
    /// Only those that exist, users with an e-mail address; references to others are left out. Whoever owns a filter or
    /// dashboard stays: the owner is a part of its identity.
    IgnoreInvalid,
    /// None; references to them stay.
    None,
}

/// How the root of a file spells each choice.
const CUSTOM_FIELDS: [(&str, CustomFields); 3] = [
    ("all", CustomFields::All),
    ("used", CustomFields::Used),
    ("usedIgnoringValues", CustomFields::UsedIgnoringValues),
];
const USERS: [(&str, Users); 3] =
    [("full", Users::Full), ("ignoreInvalid", Users::IgnoreInvalid), ("none", Users::None)];
const SHARES: [(&str, Shares); 6] = [
    ("none", Shares::None),
    ("global", Shares::Global),
    ("projects", Shares::Projects),
    ("globalOrProjects", Shares::GlobalOrProjects),
    ("shared", Shares::Shared),
    ("all", Shares::All),
];
const BOARDS: [(&str, Boards); 3] =
    [("none", Boards::None), ("projects", Boards::Projects), ("all", Boards::All)];

/// Returns how a choice is spelled, unless it is the one that absence means.
fn spelled<T: PartialEq + Copy>(list: &[(&'static str, T)], choice: T, absent: T) -> Option<&'static str> {
    list.iter().find(|(_, own)| *own == choice && choice != absent).map(|(word, _)| *word)
}

impl Options {
    /// Chooses nothing but what every export has.
    pub fn nothing() -> Self {
        Self {
            projects: Projects::Keys(Vec::new()),
            filters: Shares::None,
            dashboards: Shares::None,
            boards: Boards::None,
            ..Self::default()
        }
    }

    /// Returns what a file was made with, of which `attribute` returns the attributes of the root; its projects are not among
    /// them.
    pub fn recorded<'a>(attribute: &dyn Fn(&str) -> Option<&'a str>) -> Self {
        fn of<T: Copy>(list: &[(&str, T)], word: Option<&str>, absent: T) -> T {
            list.iter().find(|(own, _)| Some(*own) == word).map_or(absent, |(_, choice)| *choice)
        }
        Self {
            projects: Projects::All,
            custom_fields: of(&CUSTOM_FIELDS, attribute("customFields"), CustomFields::All),
            users: of(&USERS, attribute("users"), Users::default()),
            filters: of(&SHARES, attribute("filters"), Shares::default()),
            dashboards: of(&SHARES, attribute("dashboards"), Shares::default()),
            boards: of(&BOARDS, attribute("boards"), Boards::default()),
            unused: attribute("unused") == Some("true"),
            alone: false,
        }
    }
}

/// A project key that the instance does not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownProject {
    /// The key.
    pub key: String,
    /// "did you mean …?", or the keys that there are.
    pub hint: String,
}

/// Chooses from an instance; what had to be left out goes to the notes of the snapshot.
pub fn select(snapshot: &mut Snapshot, options: &Options) -> Result<Config, Vec<UnknownProject>> {
    select_with(snapshot, options, &[])
}

/// Chooses from an instance what the options say and some objects with all that they use.
pub fn select_with(
    snapshot: &mut Snapshot,
    options: &Options,
    objects: &[Identity],
) -> Result<Config, Vec<UnknownProject>> {
    let projects = chosen_projects(snapshot, &options.projects)?;
    let Closure { selected, missing, .. } = closed(snapshot, options, &projects, objects);
    let mut notes = Vec::new();
    let root = assemble(snapshot, options, &selected, &missing, &mut notes);
    for (path, message) in notes {
        snapshot.note(NoteKind::Dangling, path, message);
    }
    snapshot.notes.sort();
    snapshot.notes.dedup();
    Ok(Config::new(root))
}

/// Returns what an export would hold, and some objects with everything that they refer to; accounts that the instance does not
/// have are among them. Projects that it does not have are not.
pub fn reached(snapshot: &Snapshot, options: &Options, objects: &[Identity]) -> HashSet<Identity> {
    let is_there = |key: &&String| snapshot.objects.contains_key(&Identity::named(kind("project"), key));
    let projects = match &options.projects {
        Projects::All => Projects::All,
        Projects::Keys(keys) => Projects::Keys(keys.iter().filter(is_there).cloned().collect()),
    };
    let projects = chosen_projects(snapshot, &projects).unwrap_or_default();
    let Closure { mut selected, missing, .. } = closed(snapshot, options, &projects, objects);
    selected.extend(missing);
    selected
}

/// Returns the filters, dashboards and boards that an export of projects holds, used or not.
pub(crate) fn shared_with(snapshot: &Snapshot, keys: &HashSet<&str>) -> Vec<Identity> {
    shares::all(snapshot, &Options::default(), keys)
}

/// Follows the references of all that is chosen.
fn closed<'s>(
    snapshot: &'s Snapshot,
    options: &Options,
    projects: &[Identity],
    objects: &[Identity],
) -> Closure<'s> {
    let mut closure = Closure::new(snapshot, options);
    closure.add_all(projects.iter().chain(objects).cloned());
    if options.alone {
        closure.run();
        // A new screen would have none of its fields.
        let lists = closure.selected.iter().filter(|own| is_field_list(own));
        let lists = lists.filter_map(|own| snapshot.objects.get(own));
        let mut fields = Vec::new();
        lists.for_each(|own| crate::model::references(&own.element, &mut |found| fields.push(found.target)));
        fields.retain(|own| own.kind == kind("customField"));
        closure.add_all(fields);
        closure.run();
        return closure;
    }
    let schema = Schema::get();
    for (id, own) in
        schema.kinds().filter(|(id, own)| own.within.is_empty() && schema.container(*id).is_some())
    {
        // What there is an option for is chosen there, used or not.
        if own.belongs == Belongs::EveryProject || (options.unused && own.chosen.is_none()) {
            closure.add_kind(id);
        }
    }
    let keys: HashSet<&str> = projects.iter().map(Identity::name).collect();
    closure.add_all(shares::all(snapshot, options, &keys));
    closure.run();
    let fields = fields::chosen(snapshot, options.custom_fields, projects, &closure.defaults);
    closure.add_all(fields);
    closure.run();
    closure
}

fn kind(name: &str) -> KindId {
    Schema::get().kind_named(name).expect("the schema has the kinds that the product's documentation fixes")
}

fn chosen_projects(snapshot: &Snapshot, projects: &Projects) -> Result<Vec<Identity>, Vec<UnknownProject>> {
    let kind = kind("project");
    let all = || snapshot.objects.keys().filter(|identity| identity.kind == kind);
    let Projects::Keys(keys) = projects else { return Ok(all().cloned().collect()) };
    let mut unknown = Vec::new();
    let mut chosen = Vec::new();
    for key in keys {
        // Damaged data may have two of one key.
        let of_key: Vec<&Identity> = all().filter(|identity| identity.name() == key).collect();
        let Some(first) = of_key.first() else {
            let names: Vec<&str> = all().map(Identity::name).collect();
            let hint = near(key, names.iter().copied()).unwrap_or_else(|| some_of(&names));
            let unseen = snapshot.unseen.hides(&Identity::named(kind, key));
            let hint = unseen.map_or(hint, |gap| format!("it may exist: the instance does not show {gap}"));
            unknown.push(UnknownProject { key: key.clone(), hint });
            continue;
        };
        if !chosen.contains(*first) {
            chosen.extend(of_key.into_iter().cloned());
        }
    }
    if unknown.is_empty() { Ok(chosen) } else { Err(unknown) }
}

fn some_of(keys: &[&str]) -> String {
    const SHOWN: usize = 10;
    let sorted: BTreeSet<&str> = keys.iter().copied().collect();
    let shown: Vec<_> = sorted.iter().take(SHOWN).map(|key| format!("`{key}`")).collect();
    match sorted.len() {
        0 => "the instance has no projects".to_owned(),
        SHOWN.. => format!("it has {} projects: {} ...", sorted.len(), shown.join(", ")),
        _ => format!("it has {}", shown.join(", ")),
    }
}

/// The objects that are selected so far, and those whose references are still to be followed.
struct Closure<'a> {
    snapshot: &'a Snapshot,
    defaults: Defaults,
    users: Users,
    selected: HashSet<Identity>,
    waiting: Vec<Identity>,
    /// Users and groups that something refers to and the instance does not have.
    missing: BTreeSet<Identity>,
}

impl<'a> Closure<'a> {
    fn new(snapshot: &'a Snapshot, options: &Options) -> Self {
        Self {
            snapshot,
            defaults: Defaults::of(snapshot.objects.values().map(|object| &object.element)),
            users: options.users,
            selected: HashSet::new(),
            waiting: Vec::new(),
            missing: BTreeSet::new(),
        }
    }

    fn add(&mut self, identity: Identity) {
        self.add_part(identity, false);
    }

    /// Adds an object that may be a part of what tells another from the rest.
    fn add_part(&mut self, identity: Identity, of_identity: bool) {
        if is_account(&identity) {
            match self.users {
                Users::None => return,
                Users::Full => {}
                Users::IgnoreInvalid if of_identity || is_valid(self.snapshot, &identity) => {}
                Users::IgnoreInvalid => return,
            }
            if !self.snapshot.objects.contains_key(&identity) {
                // What nobody sees may be there all the same.
                if self.snapshot.unseen.hides(&identity).is_none() {
                    self.missing.insert(identity);
                }
                return;
            }
        }
        if self.snapshot.objects.contains_key(&identity) && self.selected.insert(identity.clone()) {
            self.waiting.push(identity);
        }
    }

    fn add_all(&mut self, identities: impl IntoIterator<Item = Identity>) {
        for identity in identities {
            self.add(identity);
        }
    }

    fn add_kind(&mut self, kind: KindId) {
        self.add_all(self.snapshot.objects.keys().filter(|identity| identity.kind == kind).cloned());
    }

    fn run(&mut self) {
        while let Some(identity) = self.waiting.pop() {
            for (target, how) in targets(self.snapshot, &self.defaults, &identity) {
                self.add_part(target, how == How::Identity);
            }
        }
    }
}

/// Returns the global objects that an object uses. The fields of screens and field configurations are not among them: whether
/// they count is for [`fields`] to say.
fn targets(snapshot: &Snapshot, defaults: &Defaults, identity: &Identity) -> Vec<(Identity, How)> {
    let Some(Object { element, mentions }) = snapshot.objects.get(identity) else { return Vec::new() };
    let schema = Schema::get();
    let lists_fields = is_field_list(identity);
    let custom_field = kind("customField");
    let mut targets: Vec<_> = mentions.iter().map(|own| (own.clone(), How::Query)).collect();
    each_use(element, defaults, &mut |used| {
        if used.how == How::Weak || (lists_fields && used.target.kind == custom_field) {
            return;
        }
        let part_of = &schema.kind(used.target.kind).within;
        match used.container {
            _ if part_of.is_empty() => targets.push((used.target, used.how)),
            Some(container) => {
                let owners = part_of.iter().filter_map(|tag| schema.kind_named(tag));
                targets.extend(owners.map(|owner| (Identity::named(owner, container), used.how)));
            }
            None => {}
        }
    });
    targets
}

/// Returns whether an object lists fields that it does not need: a screen or a field configuration.
fn is_field_list(identity: &Identity) -> bool {
    identity.kind == kind("screen") || identity.kind == kind("fieldConfiguration")
}

fn is_account(identity: &Identity) -> bool {
    identity.kind == kind("user") || identity.kind == kind("group")
}

/// Returns whether a user or group exists, and a user has an e-mail address of the form X@Y.
fn is_valid(snapshot: &Snapshot, identity: &Identity) -> bool {
    let Some(object) = snapshot.objects.get(identity) else {
        return snapshot.unseen.hides(identity).is_some();
    };
    let email = Schema::get().child(object.element.declaration, "email");
    identity.kind == kind("group")
        || email.and_then(|email| object.element.child(email)).is_some_and(|email| {
            email.text().split_once('@').is_some_and(|(name, host)| !name.is_empty() && !host.is_empty())
        })
}

/// Returns whether an object is an account that an export of valid ones leaves out.
pub(crate) fn is_invalid_account(snapshot: &Snapshot, identity: &Identity) -> bool {
    is_account(identity) && !is_valid(snapshot, identity)
}

fn assemble(
    snapshot: &Snapshot,
    options: &Options,
    selected: &HashSet<Identity>,
    missing: &BTreeSet<Identity>,
    notes: &mut Vec<(Path, String)>,
) -> Element {
    let schema = Schema::get();
    let mut containers: HashMap<DeclId, Vec<Element>> = HashMap::new();
    let custom_field = kind("customField");
    for (identity, object) in &snapshot.objects {
        // Of what is there and cannot be read, a file says nothing: it would say that it is empty.
        if !selected.contains(identity) || snapshot.unseen.object(identity).is_some() {
            continue;
        }
        let Some(container) = schema.container(identity.kind) else { continue };
        let mut element = object.element.clone();
        if is_field_list(identity) {
            prune(&mut element, &|target| {
                target.kind == custom_field
                    && !selected.contains(target)
                    && snapshot.unseen.hides(target).is_none()
            });
        }
        if options.users == Users::IgnoreInvalid {
            let invalid = |target: &Identity| {
                is_account(target)
                    && !selected.contains(target)
                    && !missing.contains(target)
                    && snapshot.unseen.hides(target).is_none()
            };
            for target in prune(&mut element, &invalid) {
                let mut path = Path::default();
                path.enter(&element);
                let word = &schema.kind(target.kind).name;
                notes.push((path, format!("the {word} `{target}` is not valid; the reference was left out")));
            }
        }
        // Of what nobody sees of it, nobody knows that it does not exist.
        if !snapshot.unseen.concerns(identity) {
            say_that_it_is_empty(&mut element);
        }
        containers.entry(container).or_default().push(element);
    }
    for identity in missing {
        let word = &schema.kind(identity.kind).name;
        let Some(container) = schema.container(identity.kind) else { continue };
        notes.push((
            Path::object(word, identity.name()),
            format!("there is no {word} `{identity}`, but something refers to it; only its name is exported"),
        ));
        containers.entry(container).or_default().extend(stub(identity));
    }
    for (container, setting) in snapshot.settings.iter().filter(|_| !options.alone) {
        containers.entry(*container).or_default().push(setting.clone());
    }
    // What the format requires is there even where it is empty: the projects of an instance without any.
    for &container in schema.children(schema.root()).iter().filter(|&&own| schema.declaration(own).required) {
        containers.entry(container).or_default();
    }
    let children =
        containers.into_iter().map(|(container, items)| Element::parent(container, items)).collect();
    let mut root = Element::parent(schema.root(), children);
    // Only now is known what there is to count: what was left out leaves no gap, neither in an object nor among objects.
    rank(&mut root);
    let ty = schema.declaration(schema.root()).ty;
    let mut set = |name: &str, value: Option<&str>| {
        if let (Some(number), Some(value)) = (schema.attribute(ty, name), value) {
            root.set_attribute(number, value);
        }
    };
    set("formatVersion", Some("1"));
    // What is chosen by default is not written.
    set("customFields", spelled(&CUSTOM_FIELDS, options.custom_fields, CustomFields::All));
    set("users", spelled(&USERS, options.users, Users::default()));
    set("filters", spelled(&SHARES, options.filters, Shares::default()));
    set("dashboards", spelled(&SHARES, options.dashboards, Shares::default()));
    set("unused", options.unused.then_some("true"));
    set("boards", spelled(&BOARDS, options.boards, Boards::default()));
    // What is not shown of an object that the file leaves out is nothing to those in the file.
    let unseen = snapshot.unseen.about(&|own| selected.contains(own));
    set(UNSEEN, unseen.spelled().as_deref());
    root
}

/// Marks a group of which there is nothing to say, to tell it from one that is described by its name alone.
fn say_that_it_is_empty(element: &mut Element) {
    if element.tag() == "group"
        && let Some(children) = element.children_mut().filter(|children| children.len() == 1)
    {
        let empty = Schema::get().child(Schema::get().kind(kind("group")).declaration, "empty");
        children.extend(empty.map(|empty| Element::leaf(empty, "true")));
    }
}

/// Describes a user or group by its name alone.
fn stub(identity: &Identity) -> Option<Element> {
    let (tag, field) = if identity.kind == kind("user") { ("user", "username") } else { ("group", "name") };
    let declaration = Schema::get().kind(identity.kind).declaration;
    Node::new(tag).text(field, identity.name()).bind(declaration, &Path::default(), &mut Vec::new())
}
