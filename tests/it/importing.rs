//! The laws of an import, between any two of the instances that there are: what was imported is exported again as the file
//! has it, and a second import does nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use pcfg::import::{Import, prepare};
use pcfg::instance::Reading;
use pcfg::model::{Config, Element, Identity, Snapshot, canonicalize, rank};
use pcfg::plan::{Facts, Options, Selector};
use pcfg::schema::Schema;
use pcfg::select::{self, CustomFields, Projects, select};
use pcfg::xml;

use crate::real_data;

fn backups() -> Vec<PathBuf> {
    let mut all = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/backup/demo")];
    all.extend(real_data::backups());
    all
}

fn export(snapshot: &mut Snapshot, projects: Projects, custom_fields: CustomFields) -> String {
    let options = select::Options { projects, custom_fields, ..Default::default() };
    xml::to_string(&select(snapshot, &options).unwrap())
}

fn config(text: &str) -> Config {
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
            assert_eq!(import.changes, [], "{}", path.display());
            assert_eq!(import.unwritable, [], "{}", path.display());
            assert!(import.leftover.is_empty());
        }
    }
}

/// Projects of all instances are imported into other ones.
#[test]
fn what_was_imported_is_exported_as_it_was() {
    import_pairs(11);
}

/// Every project of every instance is imported into every other one.
#[test]
#[ignore = "takes a minute and a half"]
fn whatever_was_imported_is_exported_as_it_was() {
    import_pairs(1);
}

/// Imports projects into other instances: each pair, or only every so many of them.
fn import_pairs(every: usize) {
    let paths = backups();
    let mut readings: Vec<Reading> = paths.iter().map(|path| real_data::read(path)).collect();
    let (mut imported, mut refused, mut pairs) = (0, 0, 0);
    for source in 0..readings.len() {
        for key in projects(&readings[source].snapshot) {
            let keys = || Projects::Keys(vec![key.clone()]);
            let text = export(&mut readings[source].snapshot, keys(), CustomFields::default());
            let file = config(&text);
            for (number, target) in readings.iter().enumerate().filter(|(number, _)| *number != source) {
                pairs += 1;
                if pairs % every != 0 {
                    continue;
                }
                let place =
                    format!("{} of {} into {}", key, paths[source].display(), paths[number].display());
                let first = import(target, &file, &Options::default());
                if !first.plan.refused.is_empty() {
                    are_sensible(&first, &place);
                    refused += 1;
                    continue;
                }
                if !first.unwritable.is_empty() {
                    cannot_be_held(&first, target, &place);
                    refused += 1;
                    continue;
                }
                assert!(first.leftover.is_empty(), "{place}: {:?}", first.leftover.describe());
                let mut after = Reading { tables: target.tables.clone(), ..Reading::default() };
                after.tables.apply(&first.changes).unwrap();
                after.snapshot = pcfg::mapping::read(&after.tables);
                let second = import(&after, &file, &Options::default());
                assert!(second.plan.is_empty() && second.changes.is_empty(), "{place}: {:?}", second.changes);
                let again = export(&mut after.snapshot, keys(), CustomFields::default());
                if again != text {
                    Comparison { file: objects(&file), target: &target.snapshot, place: &place }
                        .check(&config(&again));
                }
                imported += 1;
            }
        }
    }
    eprintln!("{imported} imports, {refused} refused");
    assert!(imported == 0 || imported > 5 * refused, "{imported} imports, {refused} refused");
}

/// With all options that say more than what to leave out, an import leads to what is wanted, too, and a second one does
/// nothing.
#[test]
fn options_lead_to_what_is_wanted() {
    import_with_options(53);
}

/// The same, of every project into every other instance.
#[test]
#[ignore = "takes some minutes"]
fn options_lead_to_what_is_wanted_everywhere() {
    import_with_options(1);
}

fn import_with_options(every: usize) {
    let paths = backups();
    let mut readings: Vec<Reading> = paths.iter().map(|path| real_data::read(path)).collect();
    let options = Options {
        update_users: true,
        create_extra_projects: true,
        smart_contexts: true,
        publish_drafts: true,
        ..Options::default()
    };
    let (mut imported, mut extra, mut pairs) = (0, 0, 0);
    for source in 0..readings.len() {
        for key in projects(&readings[source].snapshot) {
            let keys = || Projects::Keys(vec![key.clone()]);
            let file = config(&export(&mut readings[source].snapshot, keys(), CustomFields::All));
            for (number, target) in readings.iter().enumerate() {
                pairs += 1;
                if pairs % every != 0 {
                    continue;
                }
                let place =
                    format!("{} of {} into {}", key, paths[source].display(), paths[number].display());
                let first = import(target, &file, &options);
                if !first.plan.refused.is_empty() || !first.unwritable.is_empty() {
                    continue;
                }
                assert!(first.leftover.is_empty(), "{place}: {:?}", first.leftover.describe());
                let is_extra =
                    |step: &&pcfg::plan::Step| step.object.tag() == "project" && step.identity.name() != key;
                extra += first.plan.steps.iter().filter(is_extra).count();
                let mut after = Reading { tables: target.tables.clone(), ..Reading::default() };
                after.tables.apply(&first.changes).unwrap();
                after.snapshot = pcfg::mapping::read(&after.tables);
                let second = import(&after, &file, &options);
                assert!(second.plan.is_empty() && second.changes.is_empty(), "{place}: {:?}", second.changes);
                other_projects_keep_their_contexts(target, &after, &key, &place);
                imported += 1;
            }
        }
    }
    eprintln!("{imported} imports, {extra} extra projects");
    assert!(imported * 2 > pairs / every || imported == 0, "{imported} of {pairs}");
}

/// Smart contexts: no project that is not imported gets another context of a field.
fn other_projects_keep_their_contexts(before: &Reading, after: &Reading, imported: &str, place: &str) {
    for (identity, object) in &before.snapshot.objects {
        if object.element.tag() != "customField" {
            continue;
        }
        let of_others = |field: &Element| -> Vec<Element> {
            let mut contexts: Vec<Element> = field.all("customFieldConfigScheme").cloned().collect();
            for context in &mut contexts {
                context.children_mut().unwrap().retain(|own| own.text_of("projectContext") != Some(imported));
            }
            contexts.retain(|context| context.get("context").is_some());
            contexts
        };
        let now = of_others(&after.snapshot.objects[identity].element);
        for context in of_others(&object.element) {
            assert!(now.contains(&context), "{place}: {identity}: {context:?}");
        }
    }
}

fn projects(snapshot: &Snapshot) -> Vec<String> {
    let all = snapshot.objects.iter().filter(|(_, object)| object.element.tag() == "project");
    all.map(|(identity, _)| identity.name().to_owned()).collect()
}

/// Only fields of apps that the target lacks are refused, with what shows them; without these fields nothing is.
fn are_sensible(first: &Import, place: &str) {
    let reasons = first.plan.refused.iter().flat_map(|refused| &refused.reasons);
    let codes: BTreeSet<&str> = reasons.map(|reason| reason.code).collect();
    assert_eq!(codes, BTreeSet::from(["locked-field", "needs-refused"]), "{place}");
}

/// Tells what an instance of an older version cannot hold.
fn cannot_be_held(first: &Import, target: &Reading, place: &str) {
    let build = target.version.as_deref().unwrap_or("");
    for unwritable in &first.unwritable {
        let known = LIMITS.iter().any(|limit| unwritable.message.starts_with(limit));
        assert!(known, "{place} ({build}): {}: {}", unwritable.path, unwritable.message);
    }
    assert!(!first.leftover.is_empty(), "{place}: what cannot be written remains to be done");
}

/// What versions before others cannot hold.
const LIMITS: [&str; 5] = [
    "grants name permissions by numbers before Jira 6.3",
    "accounts cannot be deactivated before Jira 4.3",
    "groups have no description before Jira 4.3",
    "dashboards can be shared from Jira 3.13 on",
    "a filter of a Jira before 3.13 is shared with one group or with everyone",
];

type Objects = BTreeMap<Identity, Element>;

fn objects(config: &Config) -> Objects {
    let all = config.root().children().iter().flat_map(Element::children);
    all.filter_map(|object| Some((Identity::of_definition(object)?, object.clone()))).collect()
}

/// The objects of a file, and what the target had before.
struct Comparison<'a> {
    file: Objects,
    target: &'a Snapshot,
    place: &'a str,
}

impl Comparison<'_> {
    /// Checks that a later export has what the file has; what may be different is what the rules of minimum change keep.
    fn check(&self, again: &Config) {
        let after = objects(again);
        for (identity, wanted) in &self.file {
            let found = after.get(identity);
            let found = found.unwrap_or_else(|| panic!("{}: {identity} is not exported again", self.place));
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
        finished(wanted)
    }

    /// Returns an object of the later export without what stayed although the file does not have it.
    fn without_kept(&self, identity: &Identity, wanted: &Element, found: &Element) -> Element {
        let before = self.target.objects.get(identity).map(|object| &object.element);
        let mut found = without_rank(found);
        match wanted.tag() {
            // Existing users are not changed unless asked for.
            "user" if before.is_some_and(|before| *before == found) => return self.as_imported(wanted),
            // Every project has a priority scheme from Jira 7.6 on, and none before.
            "project" if wanted.get("priorityScheme").is_none() => {
                retain(&mut found, &|part| part.tag() != "priorityScheme");
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
    let paths = backups();
    let mut demo = real_data::read(&paths[0]);
    let file = config(&export(&mut demo.snapshot, Projects::All, CustomFields::default()));
    let skip = Options { skip: vec![Selector::parse("customField:Sprint").unwrap()], ..Options::default() };
    for path in &paths[1..] {
        let target = real_data::read(path);
        let first = import(&target, &file, &skip);
        assert_eq!(first.plan.refused, [], "{}", path.display());
        match first.unwritable.is_empty() {
            true => assert!(first.leftover.is_empty(), "{}: {:?}", path.display(), first.leftover.describe()),
            false => cannot_be_held(&first, &target, &path.display().to_string()),
        }
    }
}
