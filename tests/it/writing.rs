//! Writing reverses reading: the laws of the mapping, on real rows and on the backup that comes with the source.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use pcfg::entity::{EntityId, Row, RowChange, Tables};
use pcfg::instance::Reading;
use pcfg::mapping::Writer;
use pcfg::model::{Element, Snapshot, settle};
use pcfg::schema::Schema;

use crate::imported_again::without_always;
use crate::postgres_dump::Dump;
use crate::real_data;
use crate::thorough;

/// The kinds that can be written, with the tables that hold nothing but them and their parts.
const AREAS: &[(&[&str], &[&str])] = &[
    (&["status"], &["Status"]),
    (&["priority"], &["Priority"]),
    (&["resolution"], &["Resolution"]),
    (&["issueLink"], &["IssueLinkType"]),
    (&["eventType"], &["EventType"]),
    (&["projectCategory"], &["ProjectCategory"]),
    (
        &["user", "group"],
        &["User", "ApplicationUser", "OSUser", "Group", "OSGroup", "Membership", "OSMembership"],
    ),
    (&["projectRole"], &["ProjectRole"]),
    (&["project"], &["Project", "ProjectKey", "Version", "Component"]),
    (&["permissionScheme"], &["PermissionScheme"]),
    (&["notificationScheme"], &["NotificationScheme", "Notification"]),
    (
        &["issueSecurityScheme"],
        &["IssueSecurityScheme", "SchemeIssueSecurityLevels", "SchemeIssueSecurities"],
    ),
    (&["issueType"], &["IssueType"]),
    (
        &["issueTypeScheme", "priorityScheme", "customField"],
        &[
            "FieldConfigScheme",
            "FieldConfigSchemeIssueType",
            "FieldConfiguration",
            "ConfigurationContext",
            "GenericConfiguration",
            "OptionConfiguration",
            "CustomField",
            "CustomFieldOption",
        ],
    ),
    (
        &["fieldConfiguration", "fieldConfigurationScheme"],
        &["FieldLayout", "FieldLayoutItem", "FieldLayoutScheme", "FieldLayoutSchemeEntity"],
    ),
    (&["screen"], &["FieldScreen", "FieldScreenTab", "FieldScreenLayoutItem"]),
    (&["screenScheme"], &["FieldScreenScheme", "FieldScreenSchemeItem"]),
    (&["issueTypeScreenScheme"], &["IssueTypeScreenScheme", "IssueTypeScreenSchemeEntity"]),
    (&["workflowEntry"], &["Workflow", "DraftWorkflow"]),
    (
        &["workflowScheme"],
        &["WorkflowScheme", "WorkflowSchemeEntity", "DraftWorkflowScheme", "DraftWorkflowSchemeEntity"],
    ),
    (&["filter", "dashboard", "scrumKanbanBoard"], SHARING),
];

/// The tables of filters, dashboards and boards.
const SHARING: &[&str] = &[
    "SearchRequest",
    "SharePermissions",
    "ColumnLayout",
    "ColumnLayoutItem",
    "PortalPage",
    "PortletConfiguration",
    "GadgetUserPreference",
    "AO_60DB71_BOARDADMINS",
    "AO_60DB71_CARDCOLOR",
    "AO_60DB71_CARDLAYOUT",
    "AO_60DB71_COLUMN",
    "AO_60DB71_COLUMNSTATUS",
    "AO_60DB71_DETAILVIEWFIELD",
    "AO_60DB71_ESTIMATESTATISTIC",
    "AO_60DB71_NONWORKINGDAY",
    "AO_60DB71_QUICKFILTER",
    "AO_60DB71_RAPIDVIEW",
    "AO_60DB71_STATSFIELD",
    "AO_60DB71_SUBQUERY",
    "AO_60DB71_SWIMLANE",
    "AO_60DB71_TRACKINGSTATISTIC",
    "AO_60DB71_WORKINGDAYS",
];

/// A kind, a table that it shares with others, and which of the rows are its own.
type Shared = (&'static str, &'static str, fn(&Row) -> bool);

/// The tables that several kinds share; properties go with their values.
const SHARED: &[Shared] = &[
    ("user", "OSPropertyEntry", |row| {
        ["OSUser", "ExternalEntity", "ApplicationUser"].map(Some).contains(&row.get("entityName"))
    }),
    ("projectRole", "ProjectRoleActor", |row| row.get("pid").is_none()),
    ("project", "ProjectRoleActor", |row| row.get("pid").is_some()),
    ("project", "NodeAssociation", |row| row.get("sourceNodeEntity") == Some("Project")),
    ("project", "ConfigurationContext", |row| {
        ["issuetype", "priority"].map(Some).contains(&row.get("key")) && row.get("project").is_some()
    }),
    ("project", "OSPropertyEntry", |row| row.get("entityName") == Some("Project")),
    ("permissionScheme", "SchemePermissions", |row| row.get("scheme").is_some()),
];

/// Returns the rows that hold nothing but objects of these kinds, and the tables that they are in.
fn rows_of<'a>(
    tables: &'a Tables,
    kinds: &[&str],
    entities: &[&'static str],
) -> (Vec<&'a Row>, Vec<&'static str>) {
    let mut rows: Vec<&Row> = entities.iter().flat_map(|entity| tables.rows(entity)).collect();
    let mut all = entities.to_vec();
    for (_, entity, own) in SHARED.iter().filter(|(kind, ..)| kinds.contains(kind)) {
        let mine: Vec<&Row> = tables.rows(entity).iter().filter(|row| own(row)).collect();
        if *entity == "OSPropertyEntry" {
            for values in ["OSPropertyNumber", "OSPropertyString", "OSPropertyText"] {
                let of_mine = |row: &&Row| mine.iter().any(|entry| entry.id() == row.id());
                rows.extend(tables.rows(values).iter().filter(of_mine));
                all.push(values);
            }
        }
        rows.extend(mine);
        all.push(entity);
    }
    (rows, all)
}

fn backups() -> Vec<PathBuf> {
    let mut all = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/backup/demo")];
    all.extend(real_data::backups());
    all.extend(DUMPS.iter().cloned());
    all
}

/// Backups made of the dumps of databases.
static DUMPS: LazyLock<Vec<PathBuf>> = LazyLock::new(|| {
    let names = ["baton-9.12.4/data.sql", "behavepro-7.12.3/db.sql"];
    let dumps = names.into_iter().enumerate().filter_map(|(number, name)| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("writing-{number}"));
        std::fs::create_dir_all(&folder).unwrap();
        Some(Dump::real(name)?.write_backup(&folder))
    });
    dumps.collect()
});

fn objects<'a>(snapshot: &'a Snapshot, kinds: &[&str]) -> Vec<&'a Element> {
    let schema = Schema::get();
    let wanted = |(identity, _): &(&pcfg::model::Identity, _)| {
        kinds.contains(&schema.kind(identity.kind).name.as_str())
    };
    let objects = snapshot.objects.iter().filter(wanted).map(|(_, object)| &object.element);
    // A locked field is only named.
    objects.filter(|object| object.get("locked").is_none()).collect()
}

fn shown(changes: &[RowChange]) -> String {
    changes.iter().map(|change| format!("{change:?}\n")).collect()
}

fn write(tables: &Tables, objects: &[&Element]) -> (Vec<RowChange>, Vec<String>) {
    let mut writer = Writer::new(tables);
    writer.write(objects);
    let (changes, unwritable) = writer.finish();
    (changes, unwritable.into_iter().map(|own| format!("{}: {}", own.path, own.message)).collect())
}

/// Writing what is there changes no row at all.
#[test]
fn writing_what_is_there_changes_nothing() {
    for path in backups() {
        let Reading { snapshot, tables, .. } = real_data::read(&path);
        for (kinds, _) in AREAS {
            let (changes, unwritable) = write(&tables, &objects(&snapshot, kinds));
            assert_eq!(unwritable, Vec::<String>::new(), "{} {kinds:?}", path.display());
            assert!(changes.is_empty(), "{} {kinds:?}:\n{}", path.display(), shown(&changes));
        }
    }
}

/// Written into an instance that has lost all rows of an area, the objects read back as they were.
#[test]
fn what_was_written_reads_back() {
    let mut rows_lost = vec![0; AREAS.len()];
    for path in backups().into_iter().step_by(thorough::every(3)) {
        let Reading { snapshot, tables, .. } = real_data::read(&path);
        for (area, (kinds, entities)) in AREAS.iter().enumerate() {
            let mut emptied = tables.clone();
            let (lost, entities) = rows_of(&tables, kinds, entities);
            let lost: Vec<RowChange> =
                lost.into_iter().map(|row| RowChange { before: Some(row.clone()), after: None }).collect();
            rows_lost[area] += lost.len();
            emptied.apply(&lost).unwrap();
            let wanted = objects(&snapshot, kinds);
            let (changes, unwritable) = write(&emptied, &wanted);
            assert_eq!(unwritable, Vec::<String>::new(), "{} {kinds:?}", path.display());
            let touched = changes
                .iter()
                .map(RowChange::entity)
                // What is made anew has another id, by which its names in other languages are kept.
                .filter(|own| !own.entity().name.starts_with("OSProperty"))
                .filter(|own| *own != EntityId::named("SequenceValueItem"));
            for entity in touched {
                assert!(entities.contains(&entity.entity().name), "{kinds:?} write {}", entity.entity().name);
            }
            emptied.apply(&changes).unwrap();
            let again = pcfg::mapping::read(&emptied);
            let found = objects(&again, kinds);
            assert_eq!(found.len(), wanted.len(), "{} {kinds:?}", path.display());
            for object in wanted {
                // What was lost is nothing that could be written.
                let mut object = object.clone();
                settle(&mut object, None);
                let object = &object;
                let same = found.iter().any(|own| *own == object || without_always(own, object) == *object);
                assert!(same, "{} {}: not as it was: {object:?}", path.display(), object.tag());
            }
        }
    }
    assert!(rows_lost.iter().all(|lost| *lost > 0), "every area has rows: {rows_lost:?}");
}

/// The kinds of which every part can be taken away.
const REMOVABLE: &[&str] = &[
    "issueType",
    "issueTypeScheme",
    "priorityScheme",
    "customField",
    "fieldConfiguration",
    "fieldConfigurationScheme",
    "screen",
    "screenScheme",
    "issueTypeScreenScheme",
];

/// Returns the element without one of the parts in it, each in turn, with a word on what went.
fn without_one(element: &Element) -> Vec<(String, Element)> {
    let mut all = Vec::new();
    for (number, child) in element.children().iter().enumerate() {
        let declaration = Schema::get().declaration(child.declaration);
        // What a part is known by stays, and what the schema asks for; no option is ever removed.
        let is_kept = ["name", "type", "builtIn", "subtask", "position", "fieldName", "option", "config"];
        let is_kept = is_kept.contains(&&*declaration.name);
        if !is_kept {
            let mut copy = element.clone();
            copy.children_mut().unwrap().remove(number);
            all.push((format!("{child:?}"), copy));
        }
        if ["customFieldConfigScheme", "config", "screenTab", "individualFieldConfig"].contains(&child.tag())
        {
            for (what, inner) in without_one(child) {
                let mut copy = element.clone();
                copy.children_mut().unwrap()[number] = inner;
                all.push((what, copy));
            }
        }
    }
    all
}

/// Each part of each object is taken away: what was written reads back as it was wanted.
#[test]
fn a_part_less_reads_back() {
    let mut count = 0;
    for path in backups().into_iter().take(1).chain(DUMPS.iter().cloned()) {
        let Reading { snapshot, tables, .. } = real_data::read(&path);
        for object in objects(&snapshot, REMOVABLE) {
            for (what, mut wanted) in without_one(object).into_iter().step_by(thorough::every(3)) {
                // A scheme cannot offer first what it does not have.
                let members: Vec<&str> = ["issueType", "priority"]
                    .iter()
                    .flat_map(|tag| wanted.all(tag))
                    .map(Element::text)
                    .collect();
                let default = wanted.text_of("defaultType").or(wanted.text_of("defaultPriority"));
                if default.is_some_and(|default| !members.is_empty() && !members.contains(&default)) {
                    continue;
                }
                settle(&mut wanted, Some(object));
                pcfg::model::rank(&mut wanted);
                let (changes, unwritable) = write(&tables, &[&wanted]);
                if let [only] = &unwritable[..] {
                    assert!(only.ends_with("Jira does not keep unused ones"), "{only}");
                    continue;
                }
                assert_eq!(unwritable, Vec::<String>::new(), "{} without {what}", object.tag());
                let mut after = tables.clone();
                after.apply(&changes).unwrap();
                let again = pcfg::mapping::read(&after);
                let found = objects(&again, &[object.tag()]).contains(&&wanted);
                assert!(found, "{} without {what}:\n{}", object.tag(), shown(&changes));
                count += 1;
            }
        }
    }
    assert!(count * thorough::every(3) > 50, "{count} parts were taken away");
}
