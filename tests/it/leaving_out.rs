//! What becomes of what names something that is left out, and that the target does not have: it is refused, or nothing that it
//! said is lost but the name.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use pcfg::entity::{RowChange, Tables};
use pcfg::model::{Element, Identity, references};
use pcfg::plan::{Options, Selector};
use pcfg::schema::Schema;

use crate::choices::{Target, config, demo, edited};

/// Returns where an element stands, by tags.
fn place(ancestors: &[&Element], element: &Element) -> String {
    ancestors.iter().chain([&element]).map(|own| own.tag()).collect::<Vec<_>>().join("/")
}

/// Returns how often an object names something, by place.
fn named(object: &Element, wanted: &Identity) -> BTreeMap<String, usize> {
    let mut found = BTreeMap::new();
    references(object, &mut |own| {
        if own.target == *wanted {
            *found.entry(place(own.ancestors, own.element)).or_default() += 1;
        }
    });
    found
}

/// Each object of the demo is left out in turn, of an import into an instance that has nothing.
#[test]
fn nothing_new_means_something_else_without_what_is_left_out() {
    let target = Target::new(Tables::default());
    let file = demo().file;
    let root = config(&file);
    let objects: Vec<(Identity, &Element)> = (root.root().children().iter().flat_map(Element::children))
        .filter_map(|own| Some((Identity::of_definition(own)?, own)))
        .collect();
    let plan = target.import(&file, &Options::default()).plan;
    let refused: HashSet<Identity> = plan.refused.iter().map(|own| own.identity.clone()).collect();
    let mut outcomes: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for (left_out, _) in &objects {
        let kind = &Schema::get().kind(left_out.kind).name;
        let skip = Selector::parse(&format!("{kind}:{}", left_out.numbered_name())).unwrap();
        let options = Options { skip: vec![skip], ..Options::default() };
        let plan = target.import(&file, &options).plan;
        for (identity, object) in objects.iter().filter(|(own, _)| own != left_out && !refused.contains(own))
        {
            for place in named(object, left_out).into_keys() {
                let step = plan.steps.iter().find(|own| own.identity == *identity);
                let outcome = match step {
                    None => "refused",
                    Some(step) if named(&step.object, left_out).is_empty() => "left out",
                    Some(_) => "the target has it",
                };
                outcomes.entry(place).or_default().insert(outcome);
            }
        }
    }
    let table: Vec<String> = outcomes
        .into_iter()
        .map(|(place, own)| format!("{place}: {}", own.into_iter().collect::<Vec<_>>().join(", ")))
        .collect();
    insta::assert_snapshot!(table.join("\n"), @"
    customField/customFieldConfigScheme/config/defaultValue/singularValue/user: left out
    fieldConfiguration/individualFieldConfig/fieldName: left out
    fieldConfigurationScheme/mappingFieldConfigIssueTypes/fieldConfiguration: refused, the target has it
    fieldConfigurationScheme/mappingFieldConfigIssueTypes/issueType: refused
    group/memberUser: left out
    issueSecurityScheme/permission/permittedTo/projectRole: left out
    issueTypeScheme/defaultType: left out
    issueTypeScheme/issueType: left out
    issueTypeScreenScheme/defaultScheme: refused
    notificationScheme/notificationReceiver/event: left out
    notificationScheme/notificationReceiver/receiver/projectRole: left out
    notificationScheme/notificationReceiver/receiver/userField: left out
    permissionScheme/permissionHolder/holder/projectRole: left out
    permissionScheme/permissionHolder/holder/userField: left out
    priorityScheme/priority: left out
    project/issueTypeScheme: left out
    project/issueTypeScreenScheme: refused
    project/lead: refused
    project/permissionScheme: refused
    project/priorityScheme: left out
    projectRole/defaultGroup: left out
    screenScheme/mappingOperationsScreens/screen: refused
    ");
}

fn skipping(what: &str) -> Options {
    Options { skip: vec![Selector::parse(what).unwrap()], ..Options::default() }
}

/// Returns why objects are refused, as `code: path`.
fn refused(target: &Target, file: &str, options: &Options) -> Vec<String> {
    let plan = target.import(file, options).plan;
    let mut all: Vec<String> = plan
        .refused
        .iter()
        .flat_map(|own| &own.reasons)
        .map(|own| format!("{}: {}", own.code, own.path))
        .collect();
    all.sort();
    all
}

/// A grant, a mail or a share goes as a whole where its holder is left out: it never becomes one for everybody.
#[test]
fn grants_and_shares_are_left_out_as_a_whole() {
    const GROUP: &str = "    <group>\n      <name>ghosts</name>\n      <memberUser>ada</memberUser>\n    </group>\n  </groups>";
    let bare = edited(&demo().file, "  </groups>", GROUP);
    let share =
        "      <sharedWith>\n        <type>group</type>\n        <name>ghosts</name>\n      </sharedWith>";
    let mut file = bare.clone();
    for (end, more) in [
        (
            "    </permissionScheme>",
            "<permissionHolder><permission>BROWSE_PROJECTS</permission><holder><group>ghosts</group></holder></permissionHolder>",
        ),
        (
            "    </notificationScheme>",
            "<notificationReceiver><event>Issue Created</event><receiver><group>ghosts</group></receiver></notificationReceiver>",
        ),
        (
            "    </issueSecurityScheme>",
            "<permission><level>Internal</level><permittedTo><group>ghosts</group></permittedTo></permission>",
        ),
        ("      <columns>\n        <field>issuekey</field>", share),
        ("      <gadget>", share),
    ] {
        assert!(file.contains(end), "{end}");
        file = file.replacen(end, &format!("{more}\n{end}"), 1);
    }
    // With the group all of it comes.
    let all = demo().after(&file, &Options::default()).file;
    assert_eq!(all.matches(">ghosts<").count(), 6, "{all}");
    let plan = demo().import(&file, &skipping("group:ghosts")).plan;
    assert!(plan.is_empty(), "{:?}", plan.describe());
    assert_eq!(demo().after(&file, &skipping("group")).file, demo().file);
    // New ones as well: what is left says nothing more than it did.
    let empty = Target::new(Tables::default());
    let plan = empty.import(&file, &skipping("group")).plan;
    for step in &plan.steps {
        let mut given = 0;
        references(&step.object, &mut |own| given += usize::from(own.target.name() == "ghosts"));
        assert_eq!(given, 0, "{}", step.identity);
    }
    let of = |tag: &str| plan.steps.iter().find(|own| own.object.tag() == tag).map(|own| &own.object);
    let count = |object: Option<&Element>, tag: &str| object.map(|own| own.all(tag).count());
    assert_eq!(count(of("permissionScheme"), "permissionHolder"), Some(4));
    assert_eq!(count(of("notificationScheme"), "notificationReceiver"), Some(4));
    assert_eq!(count(of("issueSecurityScheme"), "permission"), Some(2));
}

/// The schemes of a project that is there stay; one that is new never gets Jira's own in the place of what is left out.
#[test]
fn a_new_project_without_its_schemes_is_refused() {
    const SECRET: &str =
        "    <permissionScheme>\n      <name>Secret</name>\n    </permissionScheme>\n  </permissionSchemes>";
    const LOUD: &str = "    <notificationScheme>\n      <name>Loud</name>\n    </notificationScheme>\n  </notificationSchemes>";
    let project = |schemes: &str| {
        format!(
            "    <project>\n      <key>NEW</key>\n      <name>New</name>\n      <lead>ada</lead>\n{schemes}    </project>\n  </projects>"
        )
    };
    let file =
        edited(&edited(&demo().file, "  </permissionSchemes>", SECRET), "  </notificationSchemes>", LOUD);
    let new = |schemes: &str| edited(&file, "  </projects>", &project(schemes));
    let secret = new("      <permissionScheme>Secret</permissionScheme>\n");
    let told = ["needs-left-out: /project[NEW]/permissionScheme[Secret]"];
    for what in ["permissionScheme:Secret", "permissionScheme"] {
        assert_eq!(refused(&demo(), &secret, &skipping(what)), told, "{what}");
    }
    let loud = new("      <notificationScheme>Loud</notificationScheme>\n");
    let told = ["needs-left-out: /project[NEW]/notificationScheme[Loud]"];
    assert_eq!(refused(&demo(), &loud, &skipping("notificationScheme:Loud")), told);
    // One that is there keeps what it has.
    let of_demo = "<permissionScheme>Default Permission Scheme</permissionScheme>";
    let changed = file.replacen(of_demo, "<permissionScheme>Secret</permissionScheme>", 1);
    let plan = demo().import(&changed, &skipping("permissionScheme:Secret")).plan;
    assert!(plan.steps.iter().all(|own| own.object.tag() != "project"), "{:?}", plan.describe());
    // What is needed comes along with `--only`, and what needs it is refused with it.
    let only = Options { only: vec![Selector::parse("project:NEW").unwrap()], ..Options::default() };
    let plan = demo().import(&secret, &only).plan;
    let steps: Vec<&str> = plan.steps.iter().map(|own| own.identity.name()).collect();
    assert_eq!((steps, plan.refused.len()), (vec!["Secret", "NEW"], 0));
    let ghost = "    <group>\n      <name>ghosts</name>\n    </group>\n  </groups>";
    let grant = "      <name>Secret</name>\n      <permissionHolder><permission>BROWSE_PROJECTS</permission><holder><group>ghosts</group></holder></permissionHolder>";
    let partial = edited(&edited(&secret, "      <name>Secret</name>", grant), "  </groups>", ghost);
    let plan = demo().import(&partial, &Options::default()).plan;
    let steps: Vec<&str> = plan.steps.iter().map(|own| own.identity.name()).collect();
    assert_eq!(steps, ["Loud"], "what is done with `--partial`");
    let codes: Vec<String> = refused(&demo(), &partial, &Options::default());
    assert_eq!(
        codes,
        [
            "missing-group: /group[ghosts]",
            "needs-refused: /permissionScheme[Secret]",
            "needs-refused: /project[NEW]"
        ]
    );
    // Jira's own default means the same, whatever the instance calls it.
    let own = new("      <permissionScheme>Default Permission Scheme</permissionScheme>\n");
    let mut tables = demo().tables;
    let before = tables.rows("PermissionScheme").iter().find(|own| own.id() == "0").unwrap().clone();
    let mut after = before.clone();
    after.put("name", Some("Standardberechtigungsschema"));
    tables.apply(&[RowChange { before: Some(before), after: Some(after) }]).unwrap();
    let german = Target::new(tables);
    let after = german.after(&own, &skipping("permissionScheme"));
    let from = after.file.find("<key>NEW</key>").unwrap();
    assert!(after.file[from..].contains("<permissionScheme>Standardberechtigungsschema</permissionScheme>"));
}
