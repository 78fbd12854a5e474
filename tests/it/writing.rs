//! Writing reverses reading: the laws of the mapping, on real rows and on the backup that comes with the source.

use std::path::{Path, PathBuf};

use pcfg::entity::{EntityId, RowChange, Tables};
use pcfg::instance::Reading;
use pcfg::mapping::write::Writer;
use pcfg::model::{Element, Snapshot};
use pcfg::schema::Schema;

use crate::postgres_dump::Dump;
use crate::real_data;

/// The kinds that can be written, with the tables that hold nothing but them and their parts.
const AREAS: &[(&[&str], &[&str])] = &[
    (&["status"], &["Status"]),
    (&["priority"], &["Priority"]),
    (&["resolution"], &["Resolution"]),
    (&["issueLink"], &["IssueLinkType"]),
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

/// Returns the backup that comes with the source, all real ones, and real databases as backups in a folder.
fn backups(folder: &Path) -> Vec<PathBuf> {
    let mut all = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/backup/demo")];
    all.extend(real_data::backups());
    for (number, name) in ["baton-9.12.4/data.sql", "behavepro-7.12.3/db.sql"].into_iter().enumerate() {
        let Some(dump) = Dump::real(name) else { continue };
        let folder = folder.join(number.to_string());
        std::fs::create_dir(&folder).unwrap();
        all.push(dump.write_backup(&folder));
    }
    all
}

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
    let folder = tempfile::tempdir().unwrap();
    for path in backups(folder.path()) {
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
    let folder = tempfile::tempdir().unwrap();
    for path in backups(folder.path()) {
        let Reading { snapshot, tables, .. } = real_data::read(&path);
        for (kinds, entities) in AREAS {
            let mut emptied = tables.clone();
            let lost: Vec<RowChange> = entities
                .iter()
                .flat_map(|entity| tables.rows(entity))
                .map(|row| RowChange { before: Some(row.clone()), after: None })
                .collect();
            emptied.apply(&lost).unwrap();
            let wanted = objects(&snapshot, kinds);
            let (changes, unwritable) = write(&emptied, &wanted);
            assert_eq!(unwritable, Vec::<String>::new(), "{} {kinds:?}", path.display());
            let touched = changes
                .iter()
                .map(RowChange::entity)
                .filter(|own| *own != EntityId::named("SequenceValueItem"));
            for entity in touched {
                assert!(entities.contains(&entity.entity().name), "{kinds:?} write {}", entity.entity().name);
            }
            emptied.apply(&changes).unwrap();
            let again = pcfg::mapping::read(&emptied);
            let found = objects(&again, kinds);
            assert_eq!(found.len(), wanted.len(), "{} {kinds:?}", path.display());
            for object in wanted {
                let same = found.iter().any(|own| *own == object);
                assert!(same, "{} {}: not as it was: {object:?}", path.display(), object.tag());
            }
        }
    }
}
