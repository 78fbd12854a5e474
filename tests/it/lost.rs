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
const CASES: [(Damage, &str); 19] = [
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
    (("AO_60DB71_COLUMNSTATUS", ("ID", "2"), Some(("STATUS_ID", Some("77")))), "<part>status</part>"),
    (("SharePermissions", ("id", "10001"), Some(("param1", Some("77")))), "<part>sharedWith</part>"),
    // What stays keeps its place in the order of the target.
    (
        ("ColumnLayoutItem", ("id", "10001"), Some(("fieldidentifier", Some("customfield_77")))),
        "<part>field</part>",
    ),
];

/// The same of the sample that comes with pcfg, whose board has more parts.
const OF_SAMPLE: [(Damage, &str); 4] = [
    (
        ("AO_60DB71_CARDLAYOUT", ("ID", "1"), Some(("FIELD_ID", Some("customfield_77")))),
        "<part>cardLayout</part>",
    ),
    (
        ("AO_60DB71_DETAILVIEWFIELD", ("ID", "3"), Some(("FIELD_ID", Some("customfield_77")))),
        "<part>field</part>",
    ),
    (
        ("AO_60DB71_ESTIMATESTATISTIC", ("ID", "1"), Some(("FIELD_ID", Some("customfield_77")))),
        "<part>estimation</part>",
    ),
    (("AO_60DB71_CARDCOLOR", ("ID", "1"), Some(("STRATEGY", Some("issuetype")))), "<part>cardColor</part>"),
];

/// The parts of which a lost one stays beside the whole ones of a file that repairs it: of a grant or member nothing is known that
/// would tell it from another.
const BESIDE: [&str; 7] =
    ["permission", "priority<", "status<", "sharedWith<", "field<", "cardLayout<", "cardColor<"];

/// Returns an instance with damage in its rows.
fn damaged(target: &Target, (entity, (key, value), change): &Damage) -> Target {
    let mut tables = target.tables.clone();
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
    proved(&demo(), &CASES);
}

#[test]
fn what_leads_nowhere_in_boards_takes_nothing_away() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/demo");
    proved(&Target::new(crate::real_data::read(&path).tables), &OF_SAMPLE);
}

fn proved(target: &Target, cases: &[(Damage, &str)]) {
    for (damage, lost) in cases {
        let source = damaged(target, damage);
        assert!(in_line(&source.file).contains(&format!("<lost>{lost}")), "{lost}: {}", source.file);
        let told = pcfg::check::check(&xml::read(&source.file).root.unwrap());
        assert!(told.iter().any(|own| own.code == "lost"), "{lost}: {told:#?}");
        assert!(told.iter().all(|own| own.severity == Severity::Warning), "{lost}: {told:#?}");
        let own = source.import(&source.file, &Options::default());
        assert!(own.plan.is_empty(), "{lost}: {:#?}", shown(&own.plan));
        assert_eq!(target.planned(&source.file, &Options::default()), [""; 0], "{lost} takes nothing away");
        let repaired = source.after(&target.file, &Options::default());
        let stays = BESIDE.iter().any(|own| lost.starts_with(&format!("<part>{own}")));
        let whole = match stays {
            true => in_line(&repaired.file).replace(&format!("<lost>{lost}</lost>"), ""),
            false => in_line(&repaired.file),
        };
        assert_eq!(whole, in_line(&target.file), "{lost} is repaired");
    }
}

/// A dashboard of nobody is Jira's own: one whose owner is gone is none, and comes into no other instance.
#[test]
fn a_dashboard_that_lost_its_owner_is_refused_for_that() {
    let target = demo();
    let of_dashboard = ("PortalPage", ("id", "10001"), Some(("username", None)));
    let source = damaged(&target, &of_dashboard);
    let dashboards = source.file.split("<dashboards>").nth(1).unwrap().split("</dashboards>").next().unwrap();
    assert!(dashboards.contains("Demo dashboard") && !dashboards.contains("builtIn"), "{dashboards}");
    let own = source.import(&source.file, &Options::default());
    assert!(own.plan.is_empty(), "{:#?}", shown(&own.plan));
    let refused = |target: &Target, file: &str| {
        let plan = target.import(file, &Options::default()).plan;
        let reasons = plan.refused.iter().flat_map(|own| &own.reasons);
        reasons.map(|own| format!("{} {} {}", own.code, own.path, own.message)).collect::<Vec<_>>()
    };
    let told = "it has no owner, and what nobody owns is Jira's own dashboard";
    assert_eq!(
        refused(&target, &source.file),
        [format!("incomplete /dashboard[Demo dashboard]/author {told}")]
    );
    // Nor does it take the place of Jira's own, which has its name.
    let file = source.file.replace("<name>Demo dashboard</name>", "<name>System Dashboard</name>");
    assert_eq!(refused(&target, &file), [format!("incomplete /dashboard[System Dashboard]/author {told}")]);
}
