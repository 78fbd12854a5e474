//! What leads nowhere where it comes from is unknown, never empty: a file says so, an import takes nothing away because of it, and
//! what is whole repairs it.

use pcfg::entity::RowChange;
use pcfg::model::Severity;
use pcfg::plan::Options;
use pcfg::xml;

use crate::choices::{Target, demo, shown};

/// Which row is how: an entity, an id or the value of another attribute, and what of it is otherwise; nothing if it is not there.
type Damage = (&'static str, (&'static str, &'static str), Option<(&'static str, Option<&'static str>)>);

/// Rows that make a part of the demo lead nowhere, and what is exported in its place.
const CASES: [(Damage, &str); 16] = [
    (
        ("WorkflowSchemeEntity", ("id", "10001"), Some(("workflow", Some("Gone")))),
        "<part>mappingIssueTypes</part><issueType>Bug</issueType>",
    ),
    (
        ("WorkflowSchemeEntity", ("id", "10000"), Some(("workflow", Some("Gone")))),
        "<part>mappingIssueTypes</part>",
    ),
    (
        ("IssueTypeScreenSchemeEntity", ("id", "10002"), Some(("fieldscreenscheme", Some("77")))),
        "<part>mappingScreenSchemesIssueTypes</part><issueType subtask=\"true\">Sub-task</issueType>",
    ),
    (
        ("IssueTypeScreenSchemeEntity", ("id", "10001"), Some(("fieldscreenscheme", Some("77")))),
        "<part>defaultScheme</part>",
    ),
    (
        ("FieldScreenSchemeItem", ("id", "10002"), Some(("fieldscreen", Some("77")))),
        "<part>mappingOperationsScreens</part><operation>create</operation>",
    ),
    (
        ("FieldLayoutSchemeEntity", ("id", "10001"), Some(("fieldlayout", Some("77")))),
        "<part>mappingFieldConfigIssueTypes</part><issueType subtask=\"true\">Sub-task</issueType>",
    ),
    (("SchemePermissions", ("id", "10003"), Some(("permissionKey", None))), "<part>permissionHolder</part>"),
    (
        ("SchemePermissions", ("id", "10000"), Some(("parameter", Some("77")))),
        "<part>permissionHolder</part><permission>ADMINISTER_PROJECTS</permission>",
    ),
    (
        ("SchemePermissions", ("id", "10000"), Some(("type", None))),
        "<part>permissionHolder</part><permission>ADMINISTER_PROJECTS</permission>",
    ),
    (
        ("SchemeIssueSecurities", ("id", "10000"), Some(("parameter", Some("77")))),
        "<part>permission</part><level>Internal</level>",
    ),
    (
        ("IssueSecurityScheme", ("id", "10000"), Some(("defaultlevel", Some("77")))),
        "<part>defaultLevel</part>",
    ),
    (("OptionConfiguration", ("id", "10008"), Some(("optionid", Some("77")))), "<part>priority</part>"),
    (
        ("GenericConfiguration", ("id", "10001"), Some(("xmlvalue", Some("<string>77</string>")))),
        "<part>defaultValue</part>",
    ),
    (
        ("GenericConfiguration", ("id", "10000"), Some(("xmlvalue", Some("<string>77</string>")))),
        "<part>defaultType</part>",
    ),
    (("FieldConfigSchemeIssueType", ("id", "10000"), None), "<part>defaultType</part>"),
    (
        ("NodeAssociation", ("sinkNodeEntity", "NotificationScheme"), Some(("sinkNodeId", Some("77")))),
        "<part>notificationScheme</part>",
    ),
];

/// Returns the demo with damage in its rows.
fn damaged((entity, (key, value), change): &Damage) -> Target {
    let Target { mut tables, .. } = demo();
    let before = tables.rows(entity).iter().find(|row| row.get(key) == Some(*value)).unwrap().clone();
    let after = change.map(|(attribute, text)| {
        let mut after = before.clone();
        after.put(attribute, text);
        after
    });
    tables.apply(&[RowChange { before: Some(before), after }]).unwrap();
    Target::new(tables)
}

/// Returns a file in one line.
fn in_line(file: &str) -> String {
    file.lines().map(str::trim).collect()
}

#[test]
fn what_leads_nowhere_is_told_takes_nothing_away_and_is_repaired() {
    let target = demo();
    for (damage, lost) in &CASES {
        let source = damaged(damage);
        assert!(in_line(&source.file).contains(&format!("<lost>{lost}")), "{lost}: {}", source.file);
        let told = pcfg::check::check(&xml::read(&source.file).root.unwrap());
        assert!(told.iter().any(|own| own.code == "lost"), "{lost}: {told:#?}");
        assert!(told.iter().all(|own| own.severity == Severity::Warning), "{lost}: {told:#?}");
        let own = source.import(&source.file, &Options::default());
        assert!(own.plan.is_empty(), "{lost}: {:#?}", shown(&own.plan));
        assert_eq!(target.planned(&source.file, &Options::default()), [""; 0], "{lost} takes nothing away");
        let repaired = source.after(&target.file, &Options::default());
        // A grant or member of which nothing is known stays beside the whole ones.
        let stays = ["<part>permission", "<part>priority<"].iter().any(|own| lost.starts_with(own));
        let whole = match stays {
            true => in_line(&repaired.file).replace(&format!("<lost>{lost}</lost>"), ""),
            false => in_line(&repaired.file),
        };
        assert_eq!(whole, in_line(&target.file), "{lost} is repaired");
    }
}
