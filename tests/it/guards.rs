//! The guards: one test for each, with the hint that it gives. What they find, they find before anything is written.

use std::path::Path;

use pcfg::entity::{RowChange, Standing};
use pcfg::model::{Facts, Severity};
use pcfg::plan::{Options, Selector};
use pcfg::rest::Edition;

use crate::choices::{Target, demo, edited};

const SELECT: &str = "com.atlassian.jira.plugin.system.customfieldtypes:select";

/// Returns what is refused as `code: message; hint`, without what goes along; nothing may be changed by it.
fn refused(target: &Target, file: &str) -> Vec<String> {
    let import = target.import(file, &Options::default());
    let reasons =
        import.plan.refused.iter().flat_map(|own| &own.reasons).filter(|own| own.code != "needs-refused");
    let mut shown: Vec<String> =
        reasons.map(|own| format!("{}: {}; {}", own.code, own.message, own.help)).collect();
    shown.dedup();
    let named: Vec<_> = import.plan.refused.iter().map(|own| &own.identity).collect();
    assert!(import.plan.steps.iter().all(|step| !named.contains(&&step.identity)));
    shown
}

/// Returns a file without one part of it: from a text to the first end of it.
fn without(file: &str, begin: &str, end: &str) -> String {
    let from = file.find(begin).unwrap_or_else(|| panic!("the file holds {begin}"));
    let to = from + file[from..].find(end).unwrap() + end.len();
    format!("{}{}", &file[..from], &file[to..])
}

/// Returns the demo with another text in one place of its rows.
fn damaged(entity: &str, id: &str, attribute: &'static str, text: &str) -> Target {
    let Target { mut tables, .. } = demo();
    let before = tables.rows(entity).iter().find(|row| row.id() == id).unwrap().clone();
    let mut after = before.clone();
    after.put(attribute, Some(text));
    tables.apply(&[RowChange { before: Some(before), after: Some(after) }]).unwrap();
    Target::new(tables)
}

const BROKEN: [(&str, &str, &str, &str, &str); 6] = [
    ("Workflow", "10000", "descriptor", "", "descriptor"),
    ("Workflow", "10000", "descriptor", "<workflow><steps><step id=\"1\"", "descriptor"),
    ("Workflow", "10000", "descriptor", "<workflow><meta name=\"a\">Q & A</meta></workflow>", "descriptor"),
    ("Status", "1", "statuscategory", "4th", "category"),
    ("Project", "10000", "assigneetype", "7", "defaultAssignee"),
    ("CustomFieldOption", "10000", "sequence", "1st", "option/sequence"),
];

/// What nobody could read is exported as such, changes nothing where the target has the same, and never takes the place of
/// something that is whole, whichever way.
#[test]
fn what_nobody_can_read_never_takes_the_place_of_something_else() {
    for (entity, id, attribute, text, part) in BROKEN {
        let source = damaged(entity, id, attribute, text);
        let marker = format!("<unreadable part=\"{part}\"");
        assert!(source.file.contains(&marker), "{}", source.file);
        let root = pcfg::xml::read(&source.file).root.unwrap();
        let told = pcfg::check::check(&root);
        let told: Vec<_> = told.iter().map(|own| (own.code, own.severity)).collect();
        assert_eq!(told, [("unreadable", Severity::Warning)], "validate tells it");
        assert!(
            source.import(&source.file, &Options::default()).plan.is_empty(),
            "the very same is unchanged"
        );
        let reasons = refused(&demo(), &source.file);
        let expected = format!(
            "unreadable: its `{part}` could not be read when the file was exported; repair it in the \
             instance that the file comes from and export again, or leave the object out; it would be left as it is only where \
             the target has the very same"
        );
        assert_eq!(reasons, [expected]);
        let other = damaged(entity, id, attribute, &format!("{text}<"));
        assert_eq!(refused(&other, &source.file).len(), 1, "other damage is another thing");
        // What is whole repairs what is not.
        assert_eq!(source.after(&demo().file, &Options::default()).file, demo().file);
    }
}

/// Beside what nobody can read, the rest can change: what is not whole stays as it is stored.
#[test]
fn what_nobody_can_read_stays_beside_a_change() {
    let broken = "<workflow><steps>";
    let target = damaged("DraftWorkflow", "10000", "descriptor", broken);
    let wanted = edited(&target.file, "<name>Start review</name>", "<name>Begin review</name>");
    let after = target.after(&wanted, &Options::default());
    assert_eq!(after.tables.rows("DraftWorkflow")[0].get("descriptor"), Some(broken));
    // So does a value that means nothing beside one that changes.
    let target = damaged("Status", "1", "statuscategory", "4th");
    let from = target.file.find("<status>\n      <name>Open</name>").unwrap();
    let (before, status) = target.file.split_at(from);
    let status = status.replacen("<description>", "<description>Once ", 1);
    let after = target.after(&format!("{before}{status}"), &Options::default());
    let rows = after.tables.rows("Status");
    let open = rows.iter().find(|row| row.get("id") == Some("1")).unwrap();
    assert!(open.get("description").unwrap().starts_with("Once "));
    assert_eq!(open.get("statuscategory"), Some("4th"));
}

/// A default value that is cut off is no text; one of a form that nobody knows is a whole one.
#[test]
fn a_default_value_that_is_cut_off_is_unknown() {
    let value = |xml| [("id", "1"), ("datakey", "10003"), ("datatype", "DefaultValue"), ("xmlvalue", xml)];
    let cut = value("<list>\n  <string>10");
    let source = demo().with(&[("GenericConfiguration", &cut)]);
    assert!(
        source.file.contains("<unreadable part=\"defaultValue\">&lt;list>\n  &lt;string>10</unreadable>"),
        "{}",
        source.file
    );
    assert!(source.import(&source.file, &Options::default()).plan.is_empty());
    let good = value("<string>10001</string>");
    let target = demo().with(&[("GenericConfiguration", &good)]);
    let reasons = refused(&target, &source.file);
    assert!(reasons[0].starts_with("unreadable: its `defaultValue` could not be read"), "{reasons:?}");
    let wanted = edited(
        &source.file,
        "<description>How bad is it?</description>",
        "<description>Worse?</description>",
    );
    let after = source.after(&wanted, &Options::default());
    assert_eq!(after.tables.rows("GenericConfiguration"), source.tables.rows("GenericConfiguration"));
}

/// Where a transition leads to a step that is not there, nobody can tell where it is to lead: a good one stays.
#[test]
fn a_transition_that_leads_nowhere_takes_the_place_of_no_other() {
    let target = demo();
    let row = target.tables.rows("Workflow").iter().find(|row| row.id() == "10000").unwrap();
    let descriptor = row.get("descriptor").unwrap();
    let result = descriptor.split_once("<unconditional-result ").unwrap().1.split_once('>').unwrap().0;
    let (_, step) = result.split_once("step=\"").unwrap();
    let step = format!("step=\"{}\"", step.split_once('"').unwrap().0);
    let source = |to: &str| damaged("Workflow", "10000", "descriptor", &descriptor.replacen(&step, to, 1));
    let source = [source("step=\"99\""), source("step=\"x\"")];
    for source in &source {
        let root = pcfg::xml::read(&source.file).root.unwrap();
        let told = pcfg::check::check(&root);
        let told: Vec<_> = told.iter().map(|own| (own.code, own.severity)).collect();
        assert!(told.contains(&("damaged", Severity::Warning)), "{told:?}");
        assert!(told.iter().all(|(_, severity)| *severity == Severity::Warning), "{told:?}");
        assert!(
            source.import(&source.file, &Options::default()).plan.is_empty(),
            "the very same is unchanged"
        );
        assert_eq!(
            refused(&target, &source.file),
            [
                "damaged: a `<transition>` of it leads to a step that does not exist; repair it in the instance that the \
              file comes from and export again, or leave the object out; it would be left as it is only where the \
              target has the very same"
            ]
        );
        assert_eq!(
            source.after(&target.file, &Options::default()).file,
            target.file,
            "what is whole repairs it"
        );
    }
}

/// Whom a condition lets pass that names no group is unknown: it takes the place of no other.
#[test]
fn a_condition_that_names_nobody_takes_the_place_of_no_other() {
    let target = demo();
    let row = target.tables.rows("Workflow").iter().find(|row| row.id() == "10000").unwrap();
    let empty = edited(row.get("descriptor").unwrap(), ">jira-administrators</arg>", "></arg>");
    let source = damaged("Workflow", "10000", "descriptor", &empty);
    assert!(source.file.contains("<nobody>true</nobody>"), "{}", source.file);
    let told = pcfg::check::check(&pcfg::xml::read(&source.file).root.unwrap());
    let told: Vec<_> = told.iter().map(|own| (own.code, own.severity)).collect();
    assert_eq!(told, [("damaged", Severity::Warning)]);
    assert!(source.import(&source.file, &Options::default()).plan.is_empty(), "the very same is unchanged");
    let reasons = refused(&target, &source.file);
    assert!(
        reasons[0]
            .starts_with("damaged: a `<argument>` of it names nobody, so that whom it lets pass is unknown"),
        "{reasons:?}"
    );
    assert_eq!(source.after(&target.file, &Options::default()).file, target.file, "what is whole repairs it");
}

/// Every guard has a test here, and every test of a guard says its code.
#[test]
fn every_guard_has_a_test() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/plan");
    let tests =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/guards.rs")).unwrap();
    let guide =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/importing.md")).unwrap();
    let mut codes = Vec::new();
    for name in [
        "order.rs",
        "guard/mod.rs",
        "guard/doubt.rs",
        "guard/twins.rs",
        "guard/foreign.rs",
        "guard/identity.rs",
        "guard/homeless.rs",
        "guard/in_use.rs",
        "guard/unknown.rs",
        "../import/mod.rs",
    ] {
        let text = std::fs::read_to_string(folder.join(name)).unwrap();
        let words: Vec<&str> = text.split('"').skip(1).step_by(2).collect();
        let is_code = |word: &&&str| {
            let shape = word.chars().all(|own| own.is_ascii_lowercase() || own == '-');
            shape
                && (text.contains(&format!("code: \"{word}\""))
                    || word.contains("-in-use")
                    || word.starts_with("missing-"))
        };
        codes.extend(words.iter().filter(is_code).map(|word| (*word).to_owned()));
    }
    codes.sort();
    codes.dedup();
    assert!(codes.len() >= 19, "{codes:?}");
    for code in codes {
        assert!(tests.contains(&format!("\"{code}: ")), "there is no test of {code}");
        assert!(guide.contains(&format!("`{code}`")), "docs/importing.md does not explain {code}");
    }
}

/// Two of a name in the target stop what changes or newly means one of them, and nothing else.
/// What Jira has no default for, and cannot do without: nothing is made of halves.
#[test]
fn what_is_new_and_incomplete() {
    let target = demo();
    let with = |end: &str, more: &str| refused(&target, &edited(&target.file, end, &format!("{more}{end}")));
    const HELP: &str = "write it into the file, or leave the object out";
    assert_eq!(
        with("  </projects>", "<project><key>NEW</key><name>New</name></project>"),
        [format!("incomplete: `<project>` lacks `<lead>`, which Jira requires; {HELP}")]
    );
    let edit = "<mappingOperationsScreens><operation>edit</operation><screen>Demo screen</screen></mappingOperationsScreens>";
    assert_eq!(
        with("  </screenSchemes>", &format!("<screenScheme><name>New</name>{edit}</screenScheme>")),
        [format!(
            "incomplete: `<screenScheme>` lacks a `<mappingOperationsScreens>` without `<operation>`, which Jira requires; \
             {HELP}"
        )]
    );
    let context =
        "<customFieldConfigScheme><name>New</name><context><global/></context></customFieldConfigScheme>";
    let at = target.file.find("      <customFieldConfigScheme>").unwrap();
    let file = format!("{}{context}{}", &target.file[..at], &target.file[at..]);
    assert_eq!(
        refused(&target, &file),
        [format!(
            "incomplete: `<customFieldConfigScheme>` lacks `<applicableIssueType>` and `<config>`, which Jira requires; {HELP}"
        )]
    );
}

/// A database cannot hold them, an edited backup can: which of them counts is not for pcfg to say.
#[test]
fn a_row_that_the_data_has_twice() {
    let mut tables = demo().tables;
    let mut second = tables.rows("Status").iter().find(|own| own.id() == "1").unwrap().clone();
    second.put("description", Some("The second"));
    tables.push(second.entity(), second);
    assert_eq!(tables.sort().len(), 1);
    let target = Target::new(tables);
    assert_eq!(refused(&target, &target.file), [""; 0], "what is not touched may be as it is");
    let other = target.file.replacen(
        "<name>Open</name>\n      <description>",
        "<name>Open</name>\n      <description>Now: ",
        1,
    );
    assert_ne!(other, target.file);
    assert_eq!(
        refused(&target, &other),
        [
            "stored-twice: the data has two rows of Status with the id 1; delete all of them but one in the data, or leave the object \
             out"
        ]
    );
}

#[test]
fn an_object_that_the_target_has_twice() {
    let field = [("id", "9"), ("name", "Severity"), ("customfieldtypekey", SELECT)];
    let target = demo().with(&[("CustomField", &field)]);
    assert_eq!(
        refused(&target, &demo().file),
        [format!(
            "ambiguous: the target has 2 objects that are custom field `Severity (type {SELECT})`: `Severity` which nothing uses; \
             `Severity (duplicate 2)` used by dashboard `Demo dashboard (author ada)`, field configuration `Default Field \
             Configuration`, field configuration `Demo fields`, and 2 more; rename all but one of them in Jira, or say which is meant \
             in a mapping file (--map), under [customField]: \"Severity\" = {{ match = \"Severity\" }} or {{ match = \"Severity \
             (duplicate 2)\" }}"
        )]
    );
    let own = target.import(&target.file, &Options::default());
    assert!(own.plan.is_empty(), "what is as the file has it is not in doubt: {:?}", own.plan.refused);
    let options = |mapping: &str| Options {
        mapping: pcfg::plan::Mapping::parse(mapping).unwrap(),
        ..Options::default()
    };
    let meant = options("[customField]\nSeverity = { match = \"Severity (duplicate 2)\" }\n");
    assert!(target.import(&demo().file, &meant).plan.is_empty());
}

/// Two of a name in the file are said as that, and pcfg makes no second one.
#[test]
fn an_object_that_the_file_has_twice() {
    let told = "second-of-its-name: the file has 2 objects that are status `Open`, and the target has 1: `Open` used by board \
                `DEMO board (type scrum, mainFilter Filter for DEMO board, author ada)`, workflow `Demo workflow`; `Open (duplicate \
                2)` used by board `DEMO board (type scrum, mainFilter Filter for DEMO board, author ada)`, workflow \
                `Demo workflow`; pcfg never creates a second object of the same name: rename one in the instance that the file comes from, or give it another name in a mapping file (--map), under [status]: \"Open (duplicate 2)\" = { create = \"NEW NAME\" }";
    let source = damaged("Status", "10000", "name", "Open");
    assert_eq!(refused(&demo(), &source.file), [told]);
    let partial = demo().import(&source.file, &Options::default());
    let steps: Vec<_> = partial.plan.steps.iter().map(|own| own.identity.to_string()).collect();
    assert_eq!(steps, [""; 0], "what needs the second one goes along");
    assert!(source.import(&source.file, &Options::default()).plan.is_empty());
    let mapping = "[status]\n\"Open (duplicate 2)\" = { create = \"Open again\" }\n";
    let options = Options { mapping: pcfg::plan::Mapping::parse(mapping).unwrap(), ..Options::default() };
    let after = demo().after(&source.file, &options);
    assert!(after.file.contains("<status>Open again</status>"));
    assert!(after.import(&source.file, &options).plan.is_empty());
}

/// Jira knows accounts by their names in lower case, and so does an import.
#[test]
fn accounts_that_are_spelled_otherwise() {
    let file = demo()
        .file
        .replace("ada<", "Ada<")
        .replace("\"ada\"", "\"Ada\"")
        .replace(">developers<", ">Developers<");
    assert!(file.contains("<author>Ada</author>") && file.contains("<memberGroup>Developers</memberGroup>"));
    let import = demo().import(&file, &Options::default());
    assert!(import.plan.is_empty() && import.leftover.is_empty(), "{:?}", import.plan.describe());
    // The same where the file names accounts without describing them.
    let begin = file.find("  <users>").unwrap();
    let end = file.find("  </groups>\n").unwrap() + "  </groups>\n".len();
    let bare = format!("{}{}", &file[..begin], &file[end..])
        .replace("<projectConfig", "<projectConfig users=\"none\"");
    let import = demo().import(&bare, &Options::default());
    assert!(import.plan.is_empty(), "{:?}", import.plan.describe());
}

/// A filter without its owner says what it lacks, and the way out.
#[test]
fn what_cannot_be_without_what_is_left_out() {
    let file = demo().file;
    let filter = "    <filter>\n      <name>Critical in Demo</name>\n      <author>ada</author>";
    let ghost = "    <user>\n      <username>ghost</username>\n    </user>\n    <user>\n      <username>grace</username>";
    let file = edited(&file, filter, &filter.replace("ada", "ghost"));
    let file = edited(&file, "<filter author=\"ada\">Critical", "<filter author=\"ghost\">Critical");
    let file = edited(&file, "    <user>\n      <username>grace</username>", ghost);
    let options = |skip: &str| Options { skip: vec![Selector::parse(skip).unwrap()], ..Options::default() };
    let import = demo().import(&file, &options("user:ghost"));
    let reasons: Vec<String> = import
        .plan
        .refused
        .iter()
        .flat_map(|own| &own.reasons)
        .map(|own| format!("{}: {}; {}", own.code, own.message, own.help))
        .collect();
    assert_eq!(
        reasons,
        [
            "needs-left-out: it requires user `ghost`, which is left out and which the target does not have; map that to another \
             in a mapping file (--map), under [user]: \"ghost\" = { match = \"NAME\" }; or leave this out, too",
            "needs-refused: it needs filter `Critical in Demo (author ghost)`, which is refused; fix that object first"
        ]
    );
    // Where it is owned by nobody already, nothing is to do.
    let own = damaged("SearchRequest", "10000", "author", "ghost");
    assert!(own.file.contains("<username>ghost</username>"));
    for options in [Options::default(), options("user:ghost")] {
        assert!(own.import(&own.file, &options).plan.is_empty());
    }
}

/// What is left out leaves no hole: a condition without its group lets everybody pass, a step without its status is none.
#[test]
fn what_means_something_else_without_what_is_left_out() {
    let file = demo().file;
    let group = "    <group>\n      <name>ghosts</name>\n      <memberUser>ada</memberUser>\n    </group>\n  </groups>";
    let status = "    <status>\n      <name>Peer Review</name>\n      <category>inProgress</category>\n    </status>\n  </statusConfiguration>";
    let file = edited(&edited(&file, "  </groups>", group), "  </statusConfiguration>", status);
    let refused_of = |from: &str, to: &str, skip: &str| {
        let from = from.replace('~', "\n");
        let changed =
            edited(&file, &from, &from.replace(to.split_once('=').unwrap().0, to.split_once('=').unwrap().1));
        let options = Options { skip: vec![Selector::parse(skip).unwrap()], ..Options::default() };
        let import = demo().import(&changed, &options);
        let reasons = import
            .plan
            .refused
            .iter()
            .flat_map(|own| &own.reasons)
            .filter(|own| own.code == "needs-left-out");
        let mut shown: Vec<String> = reasons.map(|own| own.path.to_string()).collect();
        shown.sort();
        let steps = import
            .plan
            .steps
            .iter()
            .filter(|own| ["workflowEntry", "scrumKanbanBoard"].contains(&own.object.tag()));
        assert_eq!(steps.count(), 0, "nothing of it is done");
        shown
    };
    let condition = "<name>group</name>~                <group>jira-administrators</group>";
    let paths = refused_of(condition, "jira-administrators=ghosts", "group:ghosts");
    assert!(
        paths[0].starts_with("/workflowEntry[Demo workflow]/transition[21]/conditions")
            && paths[0].ends_with("/group[ghosts]"),
        "{paths:?}"
    );
    let paths = refused_of("<status>In Review</status>", "In Review=Peer Review", "status:Peer Review");
    assert!(paths[0].starts_with("/workflowEntry[Demo workflow]"), "{paths:?}");
    assert!(paths.iter().all(|path| path.ends_with("/status[Peer Review]")), "{paths:?}");
    let paths = refused_of(
        "<status position=\"1\">In Review</status>",
        "In Review=Peer Review",
        "status:Peer Review",
    );
    assert_eq!(
        paths,
        [
            "/scrumKanbanBoard[DEMO board, scrum, Filter for DEMO board, ada]/columns/column[Review]/status[Peer Review]"
        ]
    );
}

/// A function that names a project which nobody has would move issues elsewhere, or nowhere.
#[test]
fn a_function_that_names_a_project_which_nobody_has() {
    let condition = "<name>group</name>\n                <group>jira-administrators</group>";
    let project = "<name>project</name>\n                <project>GONE</project>";
    let file = edited(&demo().file, condition, project);
    let shown = refused(&demo(), &file);
    assert_eq!(
        shown,
        [
            "missing-project: it requires project `GONE`, which neither the file nor the target has; create the project in the \
             target, or map it to another in a mapping file (--map), under [project]: \"GONE\" = { match = \"KEY\" }; or leave this out"
        ]
    );
}

/// What takes the place of something else and is left out leaves that as it is.
#[test]
fn what_is_left_out_leaves_its_place_as_it_is() {
    let file = demo().file;
    let scheme = "    <notificationScheme>\n      <name>Loud</name>\n    </notificationScheme>\n  </notificationSchemes>";
    let file = edited(&file, "  </notificationSchemes>", scheme);
    let from = file.find("<notificationScheme>").unwrap();
    let to = from + file[from..].find("</notificationScheme>").unwrap();
    let changed = format!("{}<notificationScheme>Loud{}", &file[..from], &file[to..]);
    let options =
        Options { skip: vec![Selector::parse("notificationScheme:Loud").unwrap()], ..Options::default() };
    assert!(demo().import(&changed, &options).plan.is_empty(), "{:?}", demo().planned(&changed, &options));
}

/// A field whose name differs in case from another's makes queries longer, and changes nothing in them.
#[test]
fn queries_that_are_spelled_otherwise() {
    let field = [("id", "10009"), ("name", "severity"), ("customfieldtypekey", SELECT)];
    let longer = demo().with(&[("CustomField", &field)]);
    let spelled = format!("cf[\"Severity\", type=\"{SELECT}\"] = Critical");
    assert!(longer.file.contains(&spelled) && demo().file.contains("\"Severity\" = Critical"));
    assert!(demo().import(&longer.file, &Options::default()).plan.steps.is_empty());
    let only = Options { only: vec![Selector::parse("filter").unwrap()], ..Options::default() };
    assert!(longer.import(&demo().file, &only).plan.is_empty());
}

#[test]
fn a_name_that_differs_in_case_or_blanks_only() {
    let file = edited(&demo().file, ">In Review<", ">In  review<");
    assert_eq!(
        refused(&demo(), &file),
        [
            "near-identical: the target has no status `In  review`, but `In Review`: the names differ only in case or spaces; \
          pcfg does not guess: rename one of them, or match them in a mapping file (--map)"
        ]
    );
}

#[test]
fn what_the_mapping_file_says_wrongly() {
    let wrong = "cannot-rename: the mapping file renames status `Open` to `Closed`, and the target has both; match one of them instead, or remove the line";
    let file = demo().file;
    let refused = |mapping: &str| {
        let mapping = pcfg::plan::Mapping::parse(mapping).unwrap();
        let options = Options { mapping, ..Options::default() };
        let plan = demo().import(&file, &options).plan;
        let reasons = plan.refused.iter().flat_map(|own| &own.reasons);
        reasons.map(|own| format!("{}: {}; {}", own.code, own.message, own.help)).collect::<Vec<_>>()
    };
    assert!(refused("[status]\nClosed = { rename = \"Open\" }\n").contains(&wrong.to_owned()));
    let exists = "exists: status `Open` is to be created, and the target has another one of that name; match it instead, or choose another name";
    assert!(refused("[status]\nClosed = { create = \"Open\" }\n").contains(&exists.to_owned()));
    let none = "no-match: the mapping file matches status `Shut`, which the target does not have; name an object of the target, or create one";
    assert!(refused("[status]\nClosed = { match = \"Shut\" }\n").contains(&none.to_owned()));
    assert_eq!(
        refused("[status]\nClosed = { match = \"Open\" }\n")[0],
        "described-twice: `Closed` and `Open` of the file would all be status `Open` of the target; leave out all but one of them \
         (`skip` in the mapping file), or match them with different objects"
    );
}

#[test]
fn a_reference_to_what_is_nowhere() {
    let options = Options { skip: vec![Selector::parse("user").unwrap()], ..Options::default() };
    let file = edited(&demo().file, "<workflow>Demo workflow</workflow>", "<workflow>Nowhere</workflow>");
    // A file that names what it does not describe is not read by the command; one that is made by hand may leave kinds out.
    let document = pcfg::xml::read(&file);
    let config = pcfg::model::Config::new(document.root.unwrap());
    let plan = pcfg::plan::plan(&demo().snapshot, &pcfg::plan::Facts::default(), &config, &options);
    let reason = &plan.refused[0].reasons[0];
    assert_eq!(
        format!("{}: {}; {}", reason.code, reason.message, reason.help),
        "missing: there is no workflow `Nowhere`, neither in the file nor in the target; create it in the target, describe it in \
         the file, or map it to another (--map)"
    );
}

#[test]
fn users_and_groups_that_nobody_knows() {
    let file = demo().file;
    let user = "    <user>\n      <username>ada</username>";
    let ghost = "    <user>\n      <username>ghost</username>\n    </user>\n";
    assert_eq!(
        refused(&demo(), &edited(&file, user, &format!("{ghost}{user}"))),
        [
            "missing-user: there is no user `ghost` in the target, and the file has only its name; create the user in the target, or map it to \
             another in a mapping file (--map), under [user]: \"ghost\" = { match = \"NAME\" }"
        ]
    );
    let group = "    <group>\n      <name>jira-administrators</name>";
    let ghosts = "    <group>\n      <name>ghosts</name>\n    </group>\n";
    assert_eq!(
        refused(&demo(), &edited(&file, group, &format!("{ghosts}{group}"))),
        [
            "missing-group: there is no group `ghosts` in the target, and the file has only its name; create the group in the target, or map it to \
             another in a mapping file (--map), under [group]: \"ghosts\" = { match = \"NAME\" }; for an empty group, write `<empty>true</empty>`"
        ]
    );
}

#[test]
fn an_address_that_is_none() {
    let user = "    <user>\n      <username>ada</username>";
    let eve = "    <user>\n      <username>eve</username>\n      <email>nowhere</email>\n    </user>\n";
    assert_eq!(
        refused(&demo(), &edited(&demo().file, user, &format!("{eve}{user}"))),
        [
            "invalid-email: `nowhere` is not an e-mail address; write one of the form name@host, or leave the user out"
        ]
    );
}

#[test]
fn a_field_that_only_its_app_can_make() {
    let file = demo().file;
    let sprint = "    <customField>\n      <name>Sprint</name>";
    let flagged = sprint.replace("Sprint", "Rank");
    let at = file.find(sprint).unwrap();
    let field = &file[at..at + file[at..].find("</customField>\n").unwrap() + "</customField>\n".len()];
    let file = edited(&file, field, &format!("{}{field}", field.replace(sprint, &flagged)));
    assert_eq!(
        refused(&demo(), &file),
        [
            "locked-field: the target lacks the field `Rank`, which only its app can create; install that app in the target, or leave the \
          field out"
        ]
    );
}

/// A field type names its app; a workflow function does where Jira wrote down its module.
#[test]
fn an_app_that_the_target_does_not_have() {
    let app = |key| [("id", "1"), ("key", key)];
    let target = demo().with(&[("PluginVersion", &app("com.example.other"))]);
    let file = demo().file;
    let field =
        "<name>Severity</name>\n      <type>com.atlassian.jira.plugin.system.customfieldtypes:select</type>";
    let other = edited(&file, field, "<name>Mood</name>\n      <type>com.example.moods:mood</type>");
    let other =
        edited(&other, &format!("type=\"{SELECT}\">Severity"), "type=\"com.example.moods:mood\">Mood");
    assert_eq!(
        refused(&target, &other),
        [
            "app-missing: the target does not have the app `com.example.moods`; install the app, or leave the object out"
        ]
    );
    let with = demo().with(&[("PluginVersion", &app("com.example.moods"))]);
    assert_eq!(refused(&with, &other), [""; 0]);
    let module = |key: &str| {
        let class = "<class>com.example.app.NotifyWarehouse</class>";
        let new = format!(
            "<class>com.example.new.NotifyShop</class>\n          <argument>\n            <name>full.module.key</name>\n            \
             <value>{key}notify-function</value>\n          </argument>"
        );
        edited(&file, class, &new)
    };
    assert_eq!(
        refused(&target, &module("com.example.new")),
        [
            "app-missing: the target does not have the app of the workflow function `com.example.new.NotifyShop`; install the app, or \
          leave the object out"
        ]
    );
    assert_eq!(refused(&target, &module("com.example.other")), [""; 0]);
    // What nobody can know is worth a look only.
    let unknown = edited(&file, "com.example.app.NotifyWarehouse", "com.example.new.NotifyShop");
    let import = target.import(&unknown, &Options::default());
    assert_eq!(import.plan.refused, []);
    let warnings: Vec<_> = import.plan.steps.iter().flat_map(|step| &step.warnings).collect();
    assert_eq!(
        warnings,
        [
            "nothing in the target uses the workflow function `com.example.new.NotifyShop` yet: check that its app is installed"
        ]
    );
}

/// One cause is told once, with what goes along.
#[test]
fn a_cause_is_told_once() {
    let target = demo().with(&[("PluginVersion", &[("id", "1"), ("key", "com.example.other")])]);
    let field = format!("<name>Severity</name>\n      <type>{SELECT}</type>");
    let file =
        edited(&demo().file, &field, "<name>My mood</name>\n      <type>com.example.moods:mood</type>");
    let file =
        edited(&file, &format!("type=\"{SELECT}\">Severity"), "type=\"com.example.moods:mood\">My mood");
    let plan = target.import(&file, &Options::default()).plan.describe();
    let text = anstream::adapter::strip_str(&pcfg::ui::plan_text(&plan, None)).to_string();
    assert!(
        text.contains(
            "  ! the target does not have the app `com.example.moods`\n      at /customField[My mood, com.example.moods:mood]\n      \
             install the app, or leave the object out\n      with it: "
        ),
        "{text}"
    );
    assert_eq!(text.matches("  ! ").count(), 1, "{text}");
}

/// What the file says must be what Jira's data says afterwards; the rest can be done without it.
#[test]
fn what_the_data_cannot_hold() {
    let file = demo().file;
    let event = "<name>eventTypeId</name>";
    let named = edited(&file, event, "<name>eventTypeNumber</name>");
    let told = refused(&demo(), &named);
    assert!(
        told.iter().all(|own| own
            .starts_with("cannot-hold: argument `eventTypeNumber`: it does not refer to the eventType `")),
        "{told:?}"
    );
    assert!(!told.is_empty());
    let color = "<cardColors><cardColor><strategy>custom</strategy><color>#cc0000</color><jql></jql></cardColor></cardColors>";
    let empty = edited(&file, "</scrumKanbanBoard>", &format!("{color}</scrumKanbanBoard>"));
    assert_eq!(
        refused(&demo(), &empty),
        [
            "without-meaning: stored in Jira, this would not mean what it means in the file: the file has ``, but Jira would have \
          nothing; change the file to what Jira would have, or leave the object out"
        ]
    );
    let both = edited(&empty, "People who write code", "People who test");
    let import = demo().import(&both, &Options::default());
    assert!(import.leftover.is_empty() && !import.work.rows().is_empty());
    assert_eq!(import.plan.steps.iter().map(|own| own.identity.name()).collect::<Vec<_>>(), ["developers"]);
}

/// What an older version has no place for is left out, and told.
#[test]
fn what_an_older_version_has_no_place_for() {
    let mut tables = demo().tables;
    let build = tables.rows("OSPropertyString").iter().find(|row| row.id() == "10001").unwrap().clone();
    let mut older = build.clone();
    older.put("value", Some("70107"));
    tables.apply(&[pcfg::entity::RowChange { before: Some(build), after: Some(older) }]).unwrap();
    let file = demo().file;
    let scheme = "  <prioritySchemes>\n";
    let new = format!("{scheme}    <priorityScheme>\n      <name>New</name>\n    </priorityScheme>\n");
    let import = Target::new(tables).import(&edited(&file, scheme, &new), &Options::default());
    assert!(import.plan.is_empty() && import.leftover.is_empty(), "{:?}", import.plan);
    let [warning] = &import.plan.warnings[..] else { panic!("{:?}", import.plan.warnings) };
    assert!(warning.starts_with("priority schemes are left out, which Jira has from 7.6 on: "), "{warning}");
    assert!(warning.contains("`New`"), "{warning}");
}

#[test]
fn an_account_that_another_system_keeps() {
    let mut tables = demo().tables;
    let directory = tables.rows("Directory")[0].clone();
    let mut ldap = directory.clone();
    ldap.put("type", Some("CONNECTOR"));
    tables.apply(&[pcfg::entity::RowChange { before: Some(directory), after: Some(ldap) }]).unwrap();
    let file = edited(&demo().file, "People who write code", "People who test");
    assert_eq!(
        refused(&Target::new(tables), &file),
        [
            "external-account: the group `developers` is managed by another system (LDAP), which Jira only reads; change it there, or leave it \
          out"
        ]
    );
}

#[test]
fn an_object_of_jira_itself_that_is_another_one() {
    let file = edited(&demo().file, "<name>Demo screen</name>", "<name>Default Screen</name>");
    let file = edited(
        &file,
        "<name>Default Screen</name>\n      <builtIn>default</builtIn>",
        "<name>Standard</name>\n      <builtIn>default</builtIn>",
    );
    let file = file.replace("<screen>Demo screen</screen>", "<screen>Default Screen</screen>");
    let shown = refused(&demo(), &file);
    assert!(
        shown.iter().any(|own| own.starts_with("described-twice: ") || own.starts_with("system-object: ")),
        "{shown:?}"
    );
    // The same name without the mark.
    let file = edited(
        &demo().file,
        "<name>Default Permission Scheme</name>\n      <builtIn>default</builtIn>",
        "<name>Default Permission Scheme</name>",
    );
    assert_eq!(
        refused(&demo(), &file),
        [
            "system-object: `Default Permission Scheme` is built into Jira in the target, but not in the file; two different objects have the same \
          name: rename one, or map it to another (--map)"
        ]
    );
}

/// Bugs in a status, in a step of their workflow.
fn bugs(status: &str, step: &str) -> Standing {
    Standing {
        project: "10000".to_owned(),
        issue_type: "10000".to_owned(),
        status: status.to_owned(),
        workflow: Some("Demo workflow".to_owned()),
        active: true,
        step: Some(step.to_owned()),
    }
}

#[test]
fn a_status_that_issues_are_in() {
    let mut target = demo();
    target.tables.usage.standings.insert(bugs("10000", "2"), 3);
    let file = edited(&demo().file, "<status>In Review</status>", "<status>Open</status>");
    assert_eq!(
        refused(&target, &file),
        [
            "status-in-use: issues are in statuses that their workflow `Demo workflow` would not have: 3 of type `Bug` in `In Review` in \
          project DEMO; keep the status in the workflow, or move those issues first, or say in the mapping file (--map) which status they \
          get: statusMigration.\"Demo workflow\".\"Bug\".\"In Review\" = \"Open\""
        ]
    );
}

#[test]
fn an_issue_type_that_issues_have() {
    let mut target = demo();
    target.tables.usage.standings.insert(bugs("1", "1"), 2);
    let file = edited(&demo().file, "<issueType position=\"2\">Bug</issueType>", "");
    assert_eq!(
        refused(&target, &file),
        [
            "issue-type-in-use: project DEMO has 2 issues of type `Bug`, which it would lose; keep the issue type in the scheme, or move those \
          issues first, or say in the mapping file (--map) which issue type they get: typeMigration.\"DEMO\".\"Bug\" = \"Story\""
        ]
    );
}

const HELP: &str = "issues refer to options by id, and each context has its own: keep the context and its projects as they are, or change those issues first";

/// A context that goes, one that a project leaves, and one that another one stands before.
#[test]
fn a_context_whose_options_issues_have() {
    let mut target = demo();
    target.tables.usage.options.insert(("10000".to_owned(), "10003".to_owned()));
    let file = demo().file;
    let gone = without(
        &file,
        "      <customFieldConfigScheme>\n        <name>Regions of two projects</name>",
        "</customFieldConfigScheme>\n",
    );
    let lost = format!(
        "context-in-use: the context `Regions of two projects` would no longer apply to project DEMO, whose issues use its options \
         `Europe`; {HELP}"
    );
    assert_eq!(refused(&target, &gone), std::slice::from_ref(&lost));
    let left = without(&file, "        <context>\n          <projectContext>DEMO", "</context>\n");
    assert_eq!(refused(&target, &left), [lost]);
    let left = without(&file, "        <context>\n          <projectContext>OPS", "</context>\n");
    assert_eq!(refused(&target, &left), [""; 0], "no issue of OPS has one");
    target.tables.usage.options.insert(("10000".to_owned(), "10000".to_owned()));
    let own = "      <customFieldConfigScheme>\n        <name>Severity of DEMO</name>\n        <context>\n          \
               <projectContext>DEMO</projectContext>\n        </context>\n        \
               <applicableIssueType>\n          <allIssueTypes/>\n        </applicableIssueType>\n        \
               <config>\n          <name>Of DEMO</name>\n        </config>\n      </customFieldConfigScheme>\n";
    let severity =
        "      <customFieldConfigScheme>\n        <name>Default Configuration Scheme for Severity</name>";
    let shown = refused(&target, &edited(&file, severity, &format!("{own}{severity}")));
    assert_eq!(
        shown,
        [format!(
            "context-in-use: the context `Default Configuration Scheme for Severity` would no longer apply to project DEMO, whose issues use its options `Critical`; {HELP}"
        )]
    );
}

#[test]
fn versions_and_components_that_issues_have() {
    let mut target = demo();
    let id = |entity: &str, name: &str| {
        let tables = demo().tables;
        tables.rows(entity).iter().find(|row| row.get("name") == Some(name)).unwrap().id().to_owned()
    };
    let file = demo().file;
    let version = without(&file, "        <version>\n          <sequence>1</sequence>", "</version>\n");
    let component = without(&file, "        <component>\n          <name>Web</name>", "</component>\n");
    assert_eq!(refused(&target, &version), [""; 0]);
    assert_eq!(refused(&target, &component), [""; 0]);
    let first = target.tables.rows("Version").iter().min_by_key(|row| row.number("sequence")).unwrap();
    let (first, name) = (first.id().to_owned(), first.get("name").unwrap().to_owned());
    target.tables.usage.versions.insert(first);
    target.tables.usage.components.insert(id("Component", "Web"));
    let help = "keep it in the file, archive it, or change those issues first";
    assert_eq!(
        refused(&target, &version),
        [format!("version-in-use: issues have the version `{name}`, which project DEMO would lose; {help}")]
    );
    assert_eq!(
        refused(&target, &component),
        [format!("component-in-use: issues have the component `Web`, which project DEMO would lose; {help}")]
    );
}

#[test]
fn a_security_level_that_issues_have() {
    let mut target = demo();
    let level = target.tables.rows("SchemeIssueSecurityLevels")[0].id().to_owned();
    target.tables.usage.security_levels.insert(("10000".to_owned(), level));
    let file = edited(&demo().file, "      <issueSecurityScheme>Demo security</issueSecurityScheme>\n", "");
    assert_eq!(
        refused(&target, &file),
        [
            "security-level-in-use: issues of project DEMO have the security level `Internal` of `Demo security`, which they would lose; keep \
          the level and the scheme in the file, or change those issues first"
        ]
    );
}

/// What needs something that is refused goes along, and says why.
#[test]
fn what_needs_what_is_refused() {
    let file = edited(&demo().file, ">In Review<", ">In  review<");
    let file = edited(&file, "<name>Demo workflow</name>", "<name>New workflow</name>");
    let file = edited(&file, ">Demo workflow<", ">New workflow<");
    let plan = demo().import(&file, &Options::default()).plan;
    let reason =
        plan.refused.iter().flat_map(|own| &own.reasons).find(|own| own.code == "needs-refused").unwrap();
    assert_eq!(
        format!("{}: {}; {}", reason.code, reason.message, reason.help),
        "needs-refused: it needs status `In  review`, which is refused; fix that object first"
    );
}

/// What an edition of Jira does not take is refused with its reason, object by object and property by property.
#[test]
fn what_a_place_does_not_take_is_refused_before_anything_is_done() {
    let target = demo();
    let told = |text: &str, edition| {
        let facts = pcfg::mapping::facts(&target.tables, &target.snapshot);
        let facts = Facts { abilities: pcfg::instance::abilities(edition), ..facts };
        let import = pcfg::import::prepare(
            &target.tables,
            &target.snapshot,
            &facts,
            &crate::choices::config(text),
            &Options::default(),
        );
        let refused =
            import.plan.refused.iter().flat_map(|own| own.reasons.iter().map(move |why| (own, why)));
        let refused = refused.filter(|(_, why)| why.code == "cannot-write");
        let mut words: Vec<String> =
            refused.map(|(_, why)| format!("{}: {}: {}", why.code, why.path, why.message)).collect();
        words.extend(import.plan.steps.iter().map(|own| format!("{} is written", own.identity)));
        words
    };
    let priority = edited(&target.file, "<statusColor>#EA4444<", "<statusColor>#FF0000<");
    let tab = target.file.replacen("<name>Field Tab<", "<name>Fields<", 1);
    let screen = edited(&target.file, "Allows to update all system fields.", "Otherwise");
    for (text, edition, expected) in [
        (
            &priority,
            Edition::DataCenter,
            "cannot-write: /priority[High]: this instance does not take it: only Jira's own pages can do this",
        ),
        (&priority, Edition::Cloud, "High is written"),
        (
            &screen,
            Edition::DataCenter,
            "cannot-write: /screen[Default Screen]: this instance does not take it: only Jira's own pages can do this",
        ),
        (&tab, Edition::DataCenter, "Default Screen is written"),
    ] {
        assert_eq!(told(text, edition), [expected]);
    }
}
