//! The laws of an import, between any two of the instances that there are: what was imported is exported again as the file
//! has it, and a second import does nothing.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::{Path, PathBuf};

use pcfg::compare::{Left, Side, compare};
use pcfg::entity::{RowChange, Tables, Usage};
use pcfg::import::{Import, Origin, SavedPlan, Target, prepare};
use pcfg::instance::{Reading, Scope};
use pcfg::model::{Config, Element, Identity, Snapshot};
use pcfg::plan::{Facts, Options, Selector};
use pcfg::select::{self, CustomFields, Projects, select};
use pcfg::xml;

use crate::imported_again::{Comparison, members, objects, settings_are_as_they_should};
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
    import_pairs(CustomFields::default(), 61);
    import_pairs(CustomFields::All, 127);
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
    is_true_when_saved(&first, (file, options), &target.reading, place);
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
fn is_true_when_saved(import: &Import, (file, options): (&Config, &Options), target: &Reading, place: &str) {
    let bytes = xml::to_string(file).into_bytes();
    let origin = Origin { name: place, bytes: &bytes, options, new: None };
    let text = SavedPlan::new(import, &origin, Target::default(), &target.tables, &target.snapshot).text();
    let saved = SavedPlan::parse(&text).unwrap();
    let facts = pcfg::mapping::facts(&target.tables, &target.snapshot);
    let proved = saved.prove(&saved.work().unwrap(), &target.tables, (&target.snapshot, &facts));
    let (proved, _) = proved.unwrap_or_else(|why| panic!("{place}: {why:?}"));
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
