//! The laws of an import, between any two of the instances that there are: what was imported is exported again as the file
//! has it, and a second import does nothing.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::{Path, PathBuf};

use pcfg::compare::{Left, Side, compare};
use pcfg::entity::{RowChange, Tables, Usage};
use pcfg::import::{File, Import, SavedPlan, Target, prepare};
use pcfg::instance::{Reading, Scope};
use pcfg::model::{Config, Element, Identity, Snapshot, canonicalize, rank, references};
use pcfg::plan::{Facts, Limit, Options, Selector};
use pcfg::schema::Schema;
use pcfg::select::{self, CustomFields, Projects, select};
use pcfg::xml;

use crate::postgres_dump::Dump;
use crate::real_data;

fn backups() -> Vec<PathBuf> {
    let mut all = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/backup/demo")];
    all.extend(real_data::backups());
    all
}

/// An instance, and what its issues hold on to.
pub(crate) struct Place {
    pub(crate) name: String,
    pub(crate) path: PathBuf,
    pub(crate) reading: Reading,
    facts: Facts,
    /// Where the backup of a dump stands as long as the tests use it.
    _folder: Option<tempfile::TempDir>,
}

impl Place {
    fn new(path: PathBuf, folder: Option<tempfile::TempDir>) -> Self {
        let scope = Scope { field_values: true, usage: true };
        let reading = pcfg::instance::open(&path).unwrap().read(scope, &|_, _| {}).unwrap();
        let facts = pcfg::mapping::facts(&reading.tables, &reading.snapshot);
        Self { name: path.display().to_string(), path, reading, facts, _folder: folder }
    }

    pub(crate) fn of_backup(path: PathBuf) -> Self {
        Self::new(path, None)
    }

    pub(crate) fn import(&self, file: &Config, options: &Options) -> Import {
        prepare(&self.reading.tables, &self.reading.snapshot, &self.facts, file, options)
    }
}

/// Returns all instances that there are: the small one, real backups, and the databases of real Jiras.
pub(crate) fn places() -> Vec<Place> {
    let mut places: Vec<Place> = backups().into_iter().map(|path| Place::new(path, None)).collect();
    for dump in ["baton-9.12.4/data.sql", "behavepro-7.12.3/db.sql"] {
        let Some(read) = Dump::real(dump) else { continue };
        let folder = tempfile::tempdir().unwrap();
        let place = Place::new(read.write_backup(folder.path()), Some(folder));
        places.push(Place { name: dump.to_owned(), ..place });
    }
    places
}

/// Exports each project of an instance on its own, with all custom fields or with those that its configuration uses.
pub(crate) fn project_files(place: &mut Place, custom_fields: CustomFields) -> Vec<(String, String)> {
    let keys = projects(&place.reading.snapshot);
    let export = |key: String| {
        let text = export(&mut place.reading.snapshot, Projects::Keys(vec![key.clone()]), custom_fields);
        (key, text)
    };
    keys.into_iter().map(export).collect()
}

pub(crate) fn export(snapshot: &mut Snapshot, projects: Projects, custom_fields: CustomFields) -> String {
    let options = select::Options { projects, custom_fields, ..Default::default() };
    xml::to_string(&select(snapshot, &options).unwrap())
}

pub(crate) fn config(text: &str) -> Config {
    let document = xml::read(text);
    assert_eq!(document.problems, []);
    Config::new(document.root.unwrap())
}

fn import(target: &Reading, file: &Config, options: &Options) -> Import {
    prepare(&target.tables, &target.snapshot, &Facts::default(), file, options)
}

/// Importing its own export changes no row of an instance.
#[test]
fn an_own_export_changes_nothing() {
    for path in backups() {
        let mut reading = real_data::read(&path);
        for custom_fields in [CustomFields::All, CustomFields::UsedIgnoringValues] {
            let file = config(&export(&mut reading.snapshot, Projects::All, custom_fields));
            let import = import(&reading, &file, &Options::default());
            assert!(import.plan.is_empty(), "{}: {:?}", path.display(), import.plan.describe());
            assert_eq!(import.work.rows(), [], "{}", path.display());
            assert!(import.leftover.is_empty());
        }
    }
}

/// Projects of all instances are imported into other ones.
#[test]
fn what_was_imported_is_exported_as_it_was() {
    import_pairs(CustomFields::default(), 17);
    import_pairs(CustomFields::All, 37);
}

/// Every project of every instance is imported into every other one.
#[test]
#[ignore = "takes minutes"]
fn whatever_was_imported_is_exported_as_it_was() {
    import_pairs(CustomFields::default(), 1);
}

/// The same with files that describe all custom fields.
#[test]
#[ignore = "takes minutes"]
fn whatever_was_imported_with_all_fields_is_exported_as_it_was() {
    import_pairs(CustomFields::All, 1);
}

/// Imports projects into other instances: each pair, or only every so many of them.
fn import_pairs(custom_fields: CustomFields, every: usize) {
    let mut places = places();
    let (mut imported, mut refused, mut same, mut pairs, mut moved) = (0, 0, 0, 0, 0);
    let mut problems = Vec::new();
    let mut causes: BTreeMap<&str, usize> = BTreeMap::new();
    for source in 0..places.len() {
        for (key, text) in project_files(&mut places[source], custom_fields) {
            let file = config(&text);
            for target in 0..places.len() {
                if target == source {
                    continue;
                }
                pairs += 1;
                if pairs % every != 0 {
                    continue;
                }
                let place = format!("{key} of {} into {}", places[source].name, places[target].name);
                // Every other import changes existing users and members of existing groups, too.
                let options = Options { update_users: pairs % (2 * every) == 0, ..Options::default() };
                let pair =
                    || import_pair(&places[target], &key, (&text, &file), custom_fields, &options, &place);
                match std::panic::catch_unwind(std::panic::AssertUnwindSafe(pair)) {
                    Ok(Ended::Same { issues }) => {
                        (same, imported, moved) = (same + 1, imported + 1, moved + issues);
                    }
                    Ok(Ended::Allowed { issues }) => (imported, moved) = (imported + 1, moved + issues),
                    Ok(Ended::Refused(codes)) => {
                        refused += 1;
                        codes.into_iter().for_each(|code| *causes.entry(code).or_default() += 1);
                    }
                    Err(_) => problems.push(place),
                }
            }
        }
    }
    eprintln!(
        "{imported} imports, of which {same} gave the bytes of the file; {refused} refused: {causes:?}; {moved} issues moved"
    );
    assert!(problems.is_empty(), "{} of {pairs} pairs: {problems:#?}", problems.len());
    assert!(imported == 0 || imported > 2 * refused, "{imported} imports, {refused} refused");
}

/// How an import between two instances ended.
enum Ended {
    /// The later export has the bytes of the file; so many issues moved.
    Same { issues: u64 },
    /// It differs from the file by what `docs/importing.md` lists.
    Allowed { issues: u64 },
    /// It must not be, or cannot, for these reasons.
    Refused(BTreeSet<&'static str>),
}

fn import_pair(
    target: &Place,
    key: &str,
    (text, file): (&str, &Config),
    custom_fields: CustomFields,
    options: &Options,
    place: &str,
) -> Ended {
    let first = target.import(file, options);
    what_stays_is_told(&first, file, &target.reading.snapshot, options, place);
    if !first.plan.refused.is_empty() {
        are_sensible(&first, place);
        let reasons = first.plan.refused.iter().flat_map(|refused| &refused.reasons);
        return Ended::Refused(reasons.map(|reason| reason.code).collect());
    }
    assert!(first.leftover.is_empty(), "{place}: {:?}", first.leftover.describe());
    let mut after = Reading { tables: target.reading.tables.clone(), ..Reading::default() };
    after.tables.apply(first.work.rows()).unwrap();
    after.snapshot = pcfg::mapping::read(&after.tables);
    only_what_was_planned_changes(&first, &target.reading.snapshot, &after.snapshot, place);
    is_true_when_saved(&first, &target.reading, place);
    taken_back(&first, &after.tables, &target.reading.tables, place);
    crate::issues::move_with_their_workflow(&first, target, &mut after, place);
    let facts = pcfg::mapping::facts(&after.tables, &after.snapshot);
    let second = prepare(&after.tables, &after.snapshot, &facts, file, options);
    assert!(second.plan.is_empty() && second.work.is_empty(), "{place}: {:?}", second.work);
    assert_eq!(second.plan.moves, [], "{place}");
    let issues = first.plan.moves.iter().map(|own| own.issues).sum();
    let again = export(&mut after.snapshot, Projects::Keys(vec![key.to_owned()]), custom_fields);
    if again == *text {
        return Ended::Same { issues };
    }
    let again = config(&again);
    no_drift_afterwards(file, &again, place);
    settings_are_as_they_should(file, &again, &target.reading.snapshot, place);
    let limits = &target.facts.limits;
    let target = &target.reading.snapshot;
    let is_update = options.update_users;
    Comparison { file: objects(file), target, limits, is_update, place }.check(&again);
    Ended::Allowed { issues }
}

/// Returns the members of a group.
fn members(group: &Element) -> Vec<&Element> {
    group.children().iter().filter(|own| ["memberUser", "memberGroup"].contains(&own.tag())).collect()
}

/// Every member of an existing group that the file has otherwise is named, whether it would come or go.
fn what_stays_is_told(import: &Import, file: &Config, target: &Snapshot, options: &Options, place: &str) {
    let refused: BTreeSet<&Identity> = import.plan.refused.iter().map(|own| &own.identity).collect();
    for (identity, wanted) in objects(file).iter().filter(|(identity, _)| !refused.contains(identity)) {
        let Some(before) = target.objects.get(identity).map(|own| &own.element) else { continue };
        if wanted.tag() != "group" || wanted.children().len() == 1 {
            continue;
        }
        let held = import.plan.held_back.iter().find(|own| own.identity == *identity);
        let changes = held.map(|own| own.changes.len()).unwrap_or_default();
        let (wanted, before) = (members(wanted), members(before));
        let only = |of: &[&Element], other: &[&Element]| of.iter().filter(|own| !other.contains(own)).count();
        let differing = only(&wanted, &before) + only(&before, &wanted);
        let expected = if options.update_users { 0 } else { differing };
        assert_eq!(changes, expected, "{place}: {identity}");
    }
}

/// What an import leaves otherwise than its file is no later change, and nothing else is forgotten.
fn no_drift_afterwards(file: &Config, again: &Config, place: &str) {
    let left = Left::between(file, again, &HashSet::new());
    assert!(left.is_of(file), "{place}");
    let written = serde_json::to_string(&left).unwrap();
    let left: Left = serde_json::from_str(&written).unwrap();
    let expected = left.applied(file).unwrap();
    let drift = compare(&Side::of(&expected), &Side::of(again));
    assert!(drift.is_empty(), "{place}: {:?}", drift.describe());
}

/// Law 4, of objects: those that the plan does not name are as they were.
fn only_what_was_planned_changes(import: &Import, before: &Snapshot, after: &Snapshot, place: &str) {
    let steps: BTreeSet<&Identity> = import.plan.steps.iter().map(|step| &step.identity).collect();
    for (identity, object) in before.objects.iter().filter(|(identity, _)| !steps.contains(identity)) {
        let now = after.objects.get(identity).map(|object| &object.element);
        assert_eq!(now, Some(&object.element), "{place}: the plan does not name {identity}");
    }
    for identity in after.objects.keys() {
        assert!(
            before.objects.contains_key(identity) || steps.contains(identity),
            "{place}: {identity} is new, and the plan does not say so"
        );
    }
}

/// Every plan can be saved, and does what it then tells: its rows come to its steps, and its steps to its rows.
fn is_true_when_saved(import: &Import, target: &Reading, place: &str) {
    let file = File { name: place.to_owned(), sha256: String::new() };
    let text = SavedPlan::new(import, file, Target::default(), &target.tables, &target.snapshot).text();
    let saved = SavedPlan::parse(&text).unwrap();
    let proved = saved.prove(&saved.work().unwrap(), &target.tables, &target.snapshot);
    let proved = proved.unwrap_or_else(|why| panic!("{place}: {why:?}"));
    assert_eq!(proved.work().rows(), import.work.rows(), "{place}");
}

/// Law 7, of rows: the reverse of the changes leads back; only Jira's sequences stay risen.
fn taken_back(import: &Import, after: &Tables, before: &Tables, place: &str) {
    let is_counted = |change: &&RowChange| change.entity().entity().name != "SequenceValueItem";
    let back: Vec<RowChange> =
        import.work.rows().iter().rev().filter(is_counted).cloned().map(RowChange::reverse).collect();
    let mut undone = after.clone();
    undone.apply(&back).unwrap();
    for entity in pcfg::entity::entities().iter().filter(|own| own.name != "SequenceValueItem") {
        assert_eq!(undone.rows(entity.name), before.rows(entity.name), "{place}: {}", entity.name);
    }
}

pub(crate) fn projects(snapshot: &Snapshot) -> Vec<String> {
    let all = snapshot.objects.iter().filter(|(_, object)| object.element.tag() == "project");
    all.map(|(identity, _)| identity.name().to_owned()).collect()
}

/// Checks that a refusal is one of those that can be between real instances, and says what to do.
fn are_sensible(import: &Import, place: &str) {
    assert!(import.leftover.is_empty(), "{place}: {:?}", import.leftover.describe());
    for refused in &import.plan.refused {
        for reason in &refused.reasons {
            let (code, message) = (reason.code, &reason.message);
            assert!(EXPECTED.contains(&code), "{place}: {}: {code}: {message}", refused.identity);
            if code == "cannot-hold" {
                let known = LIMITS.iter().any(|limit| message.starts_with(limit));
                assert!(known, "{place}: {}: {message}", reason.path);
            }
            assert!(!message.is_empty() && !reason.help.is_empty(), "{place}: {code} is not explained");
        }
    }
    let is_consequence = |code: &str| code == "needs-refused";
    let mut codes = import.plan.refused.iter().flat_map(|refused| refused.reasons.iter().map(|own| own.code));
    let is_cause = codes.any(|code| !is_consequence(code));
    assert!(is_cause || import.plan.refused.is_empty(), "{place}: something is the cause");
}

/// What is refused between real instances: fields and functions of apps that the target lacks, and what issues hold on to.
const EXPECTED: [&str; 13] = [
    "cannot-hold",
    "locked-field",
    "needs-refused",
    "app-missing",
    "near-identical",
    "missing-user",
    "missing-project",
    "status-in-use",
    "issue-type-in-use",
    "context-in-use",
    "version-in-use",
    "component-in-use",
    "security-level-in-use",
];

/// What an older version cannot hold and must not be left out: an account would stay active, and which of several shares
/// counts is not for pcfg to say.
const LIMITS: [&str; 2] = [
    "accounts cannot be deactivated before Jira 4.3",
    "before Jira 3.13, a filter can only be shared with one group or with everyone",
];

type Objects = BTreeMap<Identity, Element>;

fn objects(config: &Config) -> Objects {
    let all = config.root().children().iter().flat_map(Element::children);
    all.filter_map(|object| Some((Identity::of_definition(object)?, object.clone()))).collect()
}

/// Returns the elements that stand beside the objects of a file, such as the default priority.
fn settings(config: &Config) -> Vec<&Element> {
    let all = config.root().children().iter().flat_map(Element::children);
    all.filter(|element| Identity::of_definition(element).is_none()).collect()
}

/// A later export has the settings of the file; another one is as the target had it before.
fn settings_are_as_they_should(file: &Config, again: &Config, target: &Snapshot, place: &str) {
    let (wanted, has) = (settings(file), settings(again));
    assert!(wanted.iter().all(|own| has.contains(own)), "{place}: {has:?} beside the objects");
    for extra in has.iter().filter(|own| !wanted.contains(own)) {
        let before = target.settings.iter().map(|(_, own)| own);
        assert!(before.clone().any(|own| own == *extra), "{place}: {extra:?} is new beside the objects");
        let same = wanted.iter().find(|own| own.declaration == extra.declaration);
        assert_eq!(same, None, "{place}: the file has another");
    }
}

/// The objects of a file, and what the target had before.
struct Comparison<'a> {
    file: Objects,
    target: &'a Snapshot,
    limits: &'a BTreeSet<Limit>,
    /// Whether existing users and the members of existing groups were to be changed.
    is_update: bool,
    place: &'a str,
}

impl Comparison<'_> {
    /// Checks that a later export has what the file has; what may be different is what the rules of minimum change keep.
    fn check(&self, again: &Config) {
        let after = objects(again);
        let is_left_out =
            |own: &Element| own.tag() == "priorityScheme" && self.limits.contains(&Limit::PrioritySchemes);
        // What only left out parts use is not used, and so not exported.
        let mut used = BTreeSet::new();
        for wanted in after.keys().filter_map(|identity| self.file.get(identity)) {
            references(&self.as_imported(wanted), &mut |found| {
                used.insert(found.target);
            });
        }
        let is_needed = |identity: &Identity, wanted: &Element| {
            // A user or group may be in the file only as the member of a group that keeps its own members.
            let is_account = ["user", "group"].contains(&wanted.tag());
            let is_always = self.limits.is_empty() && (self.is_update || !is_account);
            // What only Jira's own workflow uses need not be in that of the target.
            let is_free = wanted.tag() == "status";
            (is_always && !is_free) || wanted.tag() == "project" || used.contains(identity)
        };
        for (identity, wanted) in self.file.iter().filter(|(_, wanted)| !is_left_out(wanted)) {
            let Some(found) = after.get(identity) else {
                assert!(!is_needed(identity, wanted), "{}: {identity} is not exported again", self.place);
                continue;
            };
            let (wanted, found) = (self.as_imported(wanted), self.without_kept(identity, wanted, found));
            assert_eq!(found, wanted, "{}: {} {identity}", self.place, wanted.tag());
        }
        for (identity, found) in after.iter().filter(|(identity, _)| !self.file.contains_key(identity)) {
            // Extra objects: all kinds that are always exported, and what these and fields that stay on screens use.
            let before = self.target.objects.get(identity).map(|object| without_rank(&object.element));
            assert_eq!(Some(without_rank(found)), before, "{}: {identity} was not touched", self.place);
        }
        for kind in ["priority", "resolution"] {
            assert_eq!(self.order(&after, kind), self.order(&self.file, kind), "{}", self.place);
        }
    }

    /// Returns an object of the file without the projects that the target does not have: they are not created.
    fn as_imported(&self, wanted: &Element) -> Element {
        let project = Schema::get().kind_named("project").unwrap();
        let is_unknown = |key: Option<&str>| {
            key.is_some_and(|key| {
                let identity = Identity::named(project, key);
                !self.file.contains_key(&identity) && !self.target.objects.contains_key(&identity)
            })
        };
        let mut wanted = without_rank(wanted);
        let goes = |part: &Element| match part.tag() {
            "sharedWith" if part.text_of("type") == Some("project") => is_unknown(part.text_of("name")),
            "sharedWith" => is_unknown(part.text_of("project")),
            "context" => is_unknown(part.text_of("projectContext")),
            _ => false,
        };
        retain(&mut wanted, &|part| !goes(part));
        let object = wanted.tag();
        let is_left_out = |part: &Element| {
            self.limits.iter().any(|limit| match limit {
                Limit::PrioritySchemes => part.tag() == "priorityScheme",
                Limit::ProjectTypes => object == "project" && part.tag() == "projectType",
                Limit::StatusCategories => object == "status" && part.tag() == "category",
                Limit::Managed => part.tag() == "managed",
                Limit::NamedPermissions => {
                    part.text_of("permission").is_some_and(|own| !pcfg::mapping::has_permission_number(own))
                }
                Limit::GroupDescriptions => object == "group" && part.tag() == "description",
                Limit::DashboardShares => object == "dashboard" && part.tag() == "sharedWith",
            })
        };
        retain(&mut wanted, &|part| !is_left_out(part));
        self.keep_members(&mut wanted);
        finished(wanted)
    }

    /// A group that the target has keeps its members unless they are to be changed.
    fn keep_members(&self, wanted: &mut Element) {
        let identity = Identity::of_definition(wanted).filter(|_| wanted.tag() == "group" && !self.is_update);
        let Some(before) = identity.and_then(|identity| self.target.objects.get(&identity)) else { return };
        let kept = members(&before.element).into_iter().cloned().collect::<Vec<_>>();
        let empty = Schema::get().child(wanted.declaration, "empty").unwrap();
        let Some(children) = wanted.children_mut().filter(|own| own.len() > 1) else { return };
        children.retain(|own| !["memberUser", "memberGroup", "empty"].contains(&own.tag()));
        children.extend(kept);
        if children.len() == 1 {
            children.push(Element::leaf(empty, "true"));
        }
    }

    /// Returns an object of the later export without what stayed although the file does not have it.
    fn without_kept(&self, identity: &Identity, wanted: &Element, found: &Element) -> Element {
        let before = self.target.objects.get(identity).map(|object| &object.element);
        let given = found;
        let mut found = without_always(&without_rank(given), wanted);
        match wanted.tag() {
            // Existing users are not changed unless asked for.
            "user" if !self.is_update && before.is_some_and(|before| *before == without_rank(given)) => {
                return self.as_imported(wanted);
            }
            // A file that does not describe all fields says nothing of the others.
            "screen" | "fieldConfiguration" => {
                let is_described = |part: &Element| {
                    let field = part.get("field").or_else(|| part.get("fieldName"));
                    let field = field.and_then(|field| Identity::of_reference(field, &[]));
                    field.is_none_or(|field| self.file.contains_key(&field))
                };
                retain(&mut found, &|part| {
                    !["fieldScreenLayoutItem", "individualFieldConfig"].contains(&part.tag())
                        || is_described(part)
                });
            }
            // Options are disabled, never removed.
            "customField" => {
                let kept = options(wanted);
                retain(&mut found, &|part| {
                    part.tag() != "option"
                        || part.text_of("disabled") != Some("true")
                        || kept.contains(&option(part))
                });
            }
            _ => {}
        }
        // What Jira always has, and the file does not say; a new project has a priority scheme from Jira 7.6 on.
        let is_always = |part: &Element| Schema::get().declaration(part.declaration).always.is_some();
        let is_said =
            |part: &Element| wanted.children().iter().any(|own| own.declaration == part.declaration);
        let is_kept = |part: &Element| {
            let before = before.and_then(|own| own.child(part.declaration));
            before == Some(part) || (before.is_none() && part.tag() == "priorityScheme")
        };
        if let Some(children) = found.children_mut() {
            children.retain(|part| !is_always(part) || is_said(part) || !is_kept(part));
        }
        finished(found)
    }

    /// Returns the names of the objects of a kind that the file has, in the order of their ranks.
    fn order<'o>(&self, objects: &'o Objects, tag: &str) -> Vec<&'o str> {
        let own = objects
            .iter()
            .filter(|(identity, object)| object.tag() == tag && self.file.contains_key(identity));
        let mut own: Vec<(i64, &str)> = own
            .map(|(identity, object)| (object.text_of("sequence").unwrap().parse().unwrap(), identity.name()))
            .collect();
        own.sort_unstable();
        own.into_iter().map(|(_, name)| name).collect()
    }
}

/// Priorities and resolutions are counted among all that there are, so that those of the target count, too.
fn without_rank(object: &Element) -> Element {
    let mut object = object.clone();
    if ["priority", "resolution"].contains(&object.tag()) {
        object.children_mut().unwrap().retain(|child| child.tag() != "sequence");
    }
    object
}

/// Returns an element without what Jira always has and another one does not say.
pub(crate) fn without_always(found: &Element, wanted: &Element) -> Element {
    let mut found = found.clone();
    let Some(children) = found.children_mut() else { return found };
    let schema = Schema::get();
    children.retain(|child| {
        schema.declaration(child.declaration).always.is_none() || wanted.child(child.declaration).is_some()
    });
    for child in children {
        let same = wanted.children().iter().filter(|own| own.declaration == child.declaration);
        let mut same = same.map(|own| (without_always(child, own), own));
        if let Some((less, _)) = same.find(|(less, own)| less == *own) {
            *child = less;
        }
    }
    found
}

fn option(option: &Element) -> (Option<String>, Option<String>) {
    let text = |tag| option.text_of(tag).map(str::to_owned);
    (text("parentOption"), text("value"))
}

fn options(element: &Element) -> BTreeSet<(Option<String>, Option<String>)> {
    let mut all: BTreeSet<_> = element.children().iter().flat_map(options).collect();
    all.extend((element.tag() == "option").then(|| option(element)));
    all
}

/// Removes parts at any depth.
fn retain(element: &mut Element, keep: &dyn Fn(&Element) -> bool) {
    for child in element.children_mut().into_iter().flatten() {
        retain(child, keep);
    }
    if let Some(children) = element.children_mut() {
        children.retain(keep);
    }
}

fn finished(mut element: Element) -> Element {
    rank(&mut element);
    canonicalize(&mut element);
    element
}

/// What is refused can be left out, and the rest is imported.
#[test]
fn without_what_is_refused_the_rest_is_imported() {
    let mut places = places();
    let file = export(&mut places[0].reading.snapshot, Projects::All, CustomFields::default());
    let skip = Options { skip: vec![Selector::parse("customField:Sprint").unwrap()], ..Options::default() };
    for place in &places[1..] {
        // What issues hold on to is not looked at.
        let facts = Facts { limits: place.facts.limits.clone(), ..Facts::default() };
        let Reading { tables, snapshot, .. } = &place.reading;
        let mut tables = tables.clone();
        tables.usage = Usage::default();
        let first = prepare(&tables, snapshot, &facts, &config(&file), &skip);
        are_sensible(&first, &place.name);
        let is_limit = |code| ["cannot-hold", "needs-refused"].contains(&code);
        let mut reasons = first.plan.refused.iter().flat_map(|own| &own.reasons);
        assert!(reasons.all(|own| is_limit(own.code)), "{}: {:?}", place.name, first.plan.refused);
        assert!(first.leftover.is_empty(), "{}: {:?}", place.name, first.leftover.describe());
        assert!(!first.work.is_empty(), "{}", place.name);
    }
}
