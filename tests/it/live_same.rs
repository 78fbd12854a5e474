//! Law 16: what a live Jira tells is what its backup or its database holds, except for what stands here.
//!
//! Each set of data is served as Jira Cloud and as Data Center, and each of its projects is exported on its own from both. Whatever
//! differs has to be in the list, and whatever is in the list has to differ somewhere.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use jira_for_tests::{Options as Served, serve};
use pcfg::entity::{EntityId, Row, Tables};
use pcfg::instance::{Instance, Reading, Scope, Wanted};
use pcfg::model::{Config, Element, Identity, Snapshot, Unseen};
use pcfg::rest::Edition;
use pcfg::schema::Schema;
use pcfg::select::{Options, Projects, select};

use crate::embedded::loaded;
use crate::live::leaves;

/// What an edition tells otherwise, and cannot tell as the data has it: the edition, the way to the value with `-` where the data has it and `+`
/// where the live Jira tells it, and why.
const CANNOT: &[(&str, &str, &str)] = &[
    (
        "Cloud",
        "+ /customField/customFieldConfigScheme/config/name",
        "no reply tells the name and the description of a context's configuration: they are those that Jira gives",
    ),
    (
        "Cloud",
        "- /customField/customFieldConfigScheme/config/name",
        "no reply tells the name and the description of a context's configuration: they are those that Jira gives",
    ),
    (
        "Cloud",
        "+ /customField/customFieldConfigScheme/config/description",
        "no reply tells the name and the description of a context's configuration: they are those that Jira gives",
    ),
    (
        "Cloud",
        "- /customField/customFieldConfigScheme/config/description",
        "no reply tells the name and the description of a context's configuration: they are those that Jira gives",
    ),
    ("Cloud", "+ priorityScheme", "older data lacks what every live Jira has"),
    ("Cloud", "+ /project/priorityScheme", "older data lacks what every live Jira has"),
    ("Cloud", "+ /project/projectType", "older data lacks what every live Jira has"),
    ("Cloud", "+ /status/category", "older data lacks what every live Jira has"),
    (
        "Cloud",
        "+ /scrumKanbanBoard/columns/column/name",
        "boards tell the names that Jira shows in the place of its own keys",
    ),
    (
        "Cloud",
        "- /scrumKanbanBoard/columns/column/name",
        "boards tell the names that Jira shows in the place of its own keys",
    ),
    (
        "Cloud",
        "+ /scrumKanbanBoard/quickFilters/quickFilter/name",
        "boards tell the names that Jira shows in the place of its own keys",
    ),
    (
        "Cloud",
        "- /scrumKanbanBoard/quickFilters/quickFilter/name",
        "boards tell the names that Jira shows in the place of its own keys",
    ),
    (
        "Cloud",
        "+ /scrumKanbanBoard/quickFilters/quickFilter/description",
        "boards tell the names that Jira shows in the place of its own keys",
    ),
    (
        "Cloud",
        "- /scrumKanbanBoard/quickFilters/quickFilter/description",
        "boards tell the names that Jira shows in the place of its own keys",
    ),
    (
        "Cloud",
        "+ /scrumKanbanBoard/swimlanes/swimlane/name",
        "boards tell the names that Jira shows in the place of its own keys",
    ),
    (
        "Cloud",
        "- /scrumKanbanBoard/swimlanes/swimlane/name",
        "boards tell the names that Jira shows in the place of its own keys",
    ),
    ("Cloud", "+ /scrumKanbanBoard/kanbanBacklog", "what was never set is told as off"),
    ("DataCenter", "+ priorityScheme", "older data lacks what every live Jira has"),
    ("DataCenter", "+ /project/priorityScheme", "older data lacks what every live Jira has"),
    ("DataCenter", "+ /project/projectType", "older data lacks what every live Jira has"),
    ("DataCenter", "+ /status/category", "older data lacks what every live Jira has"),
    (
        "DataCenter",
        "+ /scrumKanbanBoard/columns/column/name",
        "boards tell the names that Jira shows in the place of its own keys",
    ),
    (
        "DataCenter",
        "- /scrumKanbanBoard/columns/column/name",
        "boards tell the names that Jira shows in the place of its own keys",
    ),
    (
        "DataCenter",
        "+ /scrumKanbanBoard/quickFilters/quickFilter/name",
        "boards tell the names that Jira shows in the place of its own keys",
    ),
    (
        "DataCenter",
        "- /scrumKanbanBoard/quickFilters/quickFilter/name",
        "boards tell the names that Jira shows in the place of its own keys",
    ),
    (
        "DataCenter",
        "+ /scrumKanbanBoard/quickFilters/quickFilter/description",
        "boards tell the names that Jira shows in the place of its own keys",
    ),
    (
        "DataCenter",
        "- /scrumKanbanBoard/quickFilters/quickFilter/description",
        "boards tell the names that Jira shows in the place of its own keys",
    ),
    (
        "DataCenter",
        "+ /scrumKanbanBoard/swimlanes/swimlane/name",
        "boards tell the names that Jira shows in the place of its own keys",
    ),
    (
        "DataCenter",
        "- /scrumKanbanBoard/swimlanes/swimlane/name",
        "boards tell the names that Jira shows in the place of its own keys",
    ),
    ("DataCenter", "+ /scrumKanbanBoard/kanbanBacklog", "what was never set is told as off"),
    (
        "Cloud",
        "- /fieldConfiguration/individualFieldConfig/fieldName",
        "fields that are on no screen (archived by, archived on) have no line",
    ),
    (
        "Cloud",
        "- /fieldConfiguration/individualFieldConfig/hidden",
        "fields that are on no screen (archived by, archived on) have no line",
    ),
    (
        "Cloud",
        "- /fieldConfiguration/individualFieldConfig/required",
        "fields that are on no screen (archived by, archived on) have no line",
    ),
    (
        "Cloud",
        "- /fieldConfiguration/individualFieldConfig/renderer",
        "fields that are on no screen (archived by, archived on) have no line",
    ),
    ("Cloud", "- /workflowEntry/property/key", "no reply tells the properties of a workflow"),
    ("Cloud", "- /workflowEntry/property/value", "no reply tells the properties of a workflow"),
    (
        "Cloud",
        "+ /workflowEntry/transition/conditions/condition/argument/name",
        "members of several groups or roles are told as one restriction, which is any of Jira's own conditions",
    ),
    (
        "Cloud",
        "+ /workflowEntry/transition/conditions/condition/class",
        "members of several groups or roles are told as one restriction, which is any of Jira's own conditions",
    ),
    (
        "Cloud",
        "- /workflowEntry/transition/conditions/condition/argument/name",
        "members of several groups or roles are told as one restriction, which is any of Jira's own conditions",
    ),
    (
        "Cloud",
        "- /workflowEntry/transition/conditions/condition/class",
        "members of several groups or roles are told as one restriction, which is any of Jira's own conditions",
    ),
    (
        "Cloud",
        "+ /workflowEntry/transition/conditions/type",
        "members of several groups or roles are told as one restriction, which is any of Jira's own conditions",
    ),
    ("Cloud", "- /workflowEntry/transition/conditions/condition/negate", "a restriction has no negation"),
    (
        "Cloud",
        "+ /workflowEntry/transition/postFunction/argument/name",
        "where a value is copied from is always told",
    ),
    (
        "Cloud",
        "+ /workflowEntry/transition/postFunction/argument/value",
        "where a value is copied from is always told",
    ),
    (
        "Cloud",
        "+ /workflowEntry/transition/postFunction/class",
        "the functions that every transition runs are always told",
    ),
    (
        "Cloud",
        "- /workflowEntry/transition/postFunction/argument/field",
        "a function or validator that Jira Cloud has no key for is lost on the way there, and macros with it",
    ),
    (
        "Cloud",
        "- /workflowEntry/transition/postFunction/argument/name",
        "a function or validator that Jira Cloud has no key for is lost on the way there, and macros with it",
    ),
    (
        "Cloud",
        "- /workflowEntry/transition/postFunction/argument/value",
        "a function or validator that Jira Cloud has no key for is lost on the way there, and macros with it",
    ),
    (
        "Cloud",
        "- /workflowEntry/transition/postFunction/class",
        "a function or validator that Jira Cloud has no key for is lost on the way there, and macros with it",
    ),
    (
        "Cloud",
        "- /workflowEntry/transition/validator/argument/field",
        "a function or validator that Jira Cloud has no key for is lost on the way there, and macros with it",
    ),
    (
        "Cloud",
        "- /workflowEntry/transition/validator/argument/name",
        "a function or validator that Jira Cloud has no key for is lost on the way there, and macros with it",
    ),
    (
        "Cloud",
        "- /workflowEntry/transition/validator/argument/value",
        "a function or validator that Jira Cloud has no key for is lost on the way there, and macros with it",
    ),
    (
        "Cloud",
        "- /workflowEntry/transition/validator/class",
        "a function or validator that Jira Cloud has no key for is lost on the way there, and macros with it",
    ),
];

/// Takes out of a field configuration the lines that say nothing: visible, not required, and nothing else. Jira Cloud tells one of
/// each field, and without one a field is just so.
fn without_empty_lines(element: &mut Element) {
    let says_nothing = |line: &Element| {
        line.tag() == "individualFieldConfig"
            && line.children().iter().all(|own| match own.tag() {
                "hidden" | "required" => own.text() == "false",
                "fieldName" | "fieldType" => true,
                _ => false,
            })
    };
    if let Some(children) = element.children_mut() {
        children.retain(|child| !says_nothing(child));
    }
}

/// On Jira Cloud people are called by the ids of their accounts: calls those of the data so, too.
fn by_accounts(tables: &Tables) -> Tables {
    let keys: HashMap<String, String> = tables
        .rows("ApplicationUser")
        .iter()
        .filter_map(|row| Some((row.get("lowerUserName")?.to_owned(), row.get("userKey")?.to_owned())))
        .collect();
    let mut renamed = Tables::default();
    for entity in pcfg::entity::entities() {
        let id = EntityId::named(entity.name);
        for row in tables.rows(entity.name) {
            let mut row: Row = row.clone();
            let names: &[&str] = match entity.name {
                "ApplicationUser" => &["lowerUserName"],
                "User" => &["userName", "lowerUserName"],
                "Membership" => &["childName", "lowerChildName"],
                _ => &[],
            };
            for name in names {
                let key = row.get(name).and_then(|own| keys.get(&own.to_lowercase())).cloned();
                if let Some(key) = key {
                    let key = if name.starts_with("lower") { key.to_lowercase() } else { key };
                    row.put(name, Some(&key));
                }
            }
            renamed.push(id, row);
        }
    }
    renamed.sort();
    renamed
}

/// Returns the objects of an export.
fn objects(config: &Config) -> BTreeMap<Identity, Element> {
    let all = config.root().children().iter().flat_map(Element::children);
    all.filter_map(|object| {
        let mut element = object.clone();
        without_empty_lines(&mut element);
        Some((Identity::of_definition(object)?, element))
    })
    .collect()
}

/// Whether nobody sees an object, as the live Jira says itself; of a kind of which others may be there, whether that is so.
fn is_hidden(unseen: &Unseen, identity: &Identity, is_there: bool) -> bool {
    unseen.object(identity).is_some() || (!is_there && unseen.kind(identity.kind).is_some())
}

/// Says how two exports differ: what is on one side only, and which values.
fn differences(
    direct: &BTreeMap<Identity, Element>,
    live: &BTreeMap<Identity, Element>,
    unseen: &Unseen,
    is_left_out: &dyn Fn(&Identity) -> bool,
) -> BTreeMap<String, BTreeSet<String>> {
    let mut all: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let kind = |identity: &Identity| Schema::get().kind(identity.kind).name.clone();
    for (identity, object) in direct {
        let Some(other) = live.get(identity) else {
            if !is_hidden(unseen, identity, false) && !is_left_out(identity) {
                all.entry(format!("- {}", kind(identity))).or_default().insert(identity.to_string());
            }
            continue;
        };
        if is_hidden(unseen, identity, true) {
            continue;
        }
        // What the live Jira does not tell is not compared; what it tells all the same is.
        let mut object = object.clone();
        if let Some(children) = object.children_mut() {
            children.retain(|child| {
                other.children().iter().any(|own| own.declaration == child.declaration)
                    || !unseen.iter().any(|gap| {
                        gap.property == Some(child.declaration)
                            && gap.object.as_ref().is_none_or(|own| own == identity)
                    })
            });
        }
        let (mut own, mut others) = (BTreeMap::new(), BTreeMap::new());
        leaves(&object, "", &mut own);
        leaves(other, "", &mut others);
        for (sign, some, rest) in [("-", &own, &others), ("+", &others, &own)] {
            for ((way, value), count) in some {
                if rest.get(&(way.clone(), value.clone())).is_none_or(|other| other < count) {
                    all.entry(format!("{sign} {way}")).or_default().insert(format!("{identity}: {value}"));
                }
            }
        }
    }
    for identity in live.keys().filter(|own| !direct.contains_key(*own)) {
        all.entry(format!("+ {}", kind(identity))).or_default().insert(identity.to_string());
    }
    all
}

/// The keys of the projects that there are.
fn keys(snapshot: &Snapshot) -> Vec<String> {
    let kind = Schema::get().kind_named("project").unwrap();
    snapshot.objects.keys().filter(|own| own.kind == kind).map(|own| own.name().to_owned()).collect()
}

/// Serves a backup, exports each of its projects, and says how the exports differ from those of the backup itself. With `each`, each
/// project is read on its own, as the command does it.
fn compared(backup: &Path, edition: Edition, each: bool) -> BTreeMap<String, BTreeSet<String>> {
    let (_folder, path) = loaded(backup);
    let served = match edition {
        Edition::Cloud => Served::cloud(),
        Edition::DataCenter => Served::data_center(),
    };
    let server = serve(&path, served).unwrap();
    let mut jira = crate::live::of(&server, edition);
    let mut read = |wanted: Wanted| -> Reading {
        jira.want(wanted);
        jira.read(Scope::default(), &|_, _| {}).unwrap()
    };
    let mut whole = read(Wanted::All);
    let tables = crate::real_data::read(&path).tables;
    let mut direct = match edition {
        Edition::Cloud => pcfg::mapping::read(&by_accounts(&tables)),
        Edition::DataCenter => pcfg::mapping::read(&tables),
    };
    let mut all: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for key in keys(&direct) {
        let options = Options { projects: Projects::Keys(vec![key.clone()]), ..Options::default() };
        let own = each.then(|| read(Wanted::export(&options)));
        let mut own = own.unwrap_or_default();
        let snapshot = if each { &mut own.snapshot } else { &mut whole.snapshot };
        let live = objects(&select(snapshot, &options).unwrap());
        let unseen = snapshot.unseen.clone();
        let exists: BTreeSet<Identity> = snapshot.objects.keys().cloned().collect();
        let told = objects(&select(&mut direct, &options).unwrap());
        // On Data Center much of what leads from one object to the next is unseen.
        let is_left_out = |identity: &Identity| edition == Edition::DataCenter && exists.contains(identity);
        for (what, values) in differences(&told, &live, &unseen, &is_left_out) {
            all.entry(what).or_default().extend(values.into_iter().map(|value| format!("{key}: {value}")));
        }
        let failed = unseen.iter().filter(|gap| gap.why.starts_with("GET")).map(|gap| gap.why.clone());
        let failed: BTreeSet<String> = failed.collect();
        if !failed.is_empty() {
            all.entry("! unanswered".to_owned()).or_default().extend(failed);
        }
    }
    all
}

/// The sets of data: backups, and databases as backups of them.
fn data(folder: &Path) -> Vec<PathBuf> {
    let mut all = crate::real_data::backups();
    for dump in ["baton-9.12.4/data.sql", "behavepro-7.12.3/db.sql"] {
        if let Some(own) = crate::postgres_dump::Dump::real(dump) {
            let folder = folder.join(dump.split('/').next().unwrap());
            std::fs::create_dir_all(&folder).unwrap();
            all.push(own.write_backup(&folder));
        }
    }
    all
}

/// Compares sets of data in both editions with what is served of them; returns what differs, by edition.
fn all_differences(data: &[PathBuf], each: bool) -> BTreeMap<(String, String), BTreeSet<String>> {
    let mut found: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
    for edition in [Edition::Cloud, Edition::DataCenter] {
        for backup in data {
            let name = backup.display();
            for (what, values) in compared(backup, edition, each) {
                let values = values.into_iter().map(|own| format!("{name}: {own}"));
                found.entry((format!("{edition:?}"), what)).or_default().extend(values);
            }
        }
    }
    found
}

fn is_listed((edition, what): &(String, String)) -> bool {
    CANNOT.iter().any(|(own, way, _)| own == edition && way == what)
}

/// The sample, and of real data a backup of Jira Cloud, one with an app's rules, one of Jira 3, and a database with boards.
#[test]
fn an_export_of_a_live_jira_is_that_of_its_data() {
    let folder = tempfile::tempdir().unwrap();
    let mut some = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/demo")];
    let names = ["jrjc/cloud-jira-dump.xml", "jsu/test1.xml", "zendesk/restoreData-JIRA-3.12.2.xml"];
    some.extend(names.iter().filter_map(|name| crate::real_data::backup(name)));
    some.extend(data(folder.path()).into_iter().filter(|own| own.to_string_lossy().contains("baton")));
    let mut found = all_differences(&some, false);
    found.retain(|what, _| !is_listed(what));
    assert!(found.is_empty(), "{found:#?}");
}

/// All real data, each project read on its own, as the command does it: the list is complete, and nothing in it is for nothing.
#[test]
#[ignore = "takes minutes"]
fn an_export_of_a_live_jira_is_that_of_its_data_in_all_that_there_is() {
    let folder = tempfile::tempdir().unwrap();
    let mut all = data(folder.path());
    if all.is_empty() {
        return;
    }
    all.push(Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/demo"));
    let mut found = all_differences(&all, true);
    let is_found = |(edition, way): (&str, &str)| found.contains_key(&(edition.to_owned(), way.to_owned()));
    let vain: Vec<_> = CANNOT.iter().filter(|(edition, way, _)| !is_found((edition, way))).collect();
    assert!(vain.is_empty(), "these are told after all: {vain:#?}");
    found.retain(|what, _| !is_listed(what));
    assert!(found.is_empty(), "{found:#?}");
}
