//! Imports by REST of custom fields: with contexts, options and default values, in use by screens, and of a project that is made with
//! them.

use std::collections::BTreeMap;

use jira_for_tests::Options as Served;

use pcfg::instance::Scope;
use pcfg::model::{Config, Element, Identity};
use pcfg::xml;

use crate::embedded::run;
use crate::live_writing::{Target, exported, killed_anywhere};
use crate::thorough;

const OWN: &str = "com.atlassian.jira.plugin.system.customfieldtypes";

/// Spells a field of a type with a searcher of it.
fn field(name: &str, ty: &str, searcher: &str, contexts: &[String]) -> String {
    let contexts = contexts.concat();
    format!(
        "<customField><name>{name}</name><type>{OWN}:{ty}</type><description>About {name}</description>\
         <searcher>{OWN}:{searcher}</searcher>{contexts}</customField>"
    )
}

/// Spells a context of some projects and issue types, of all if there are none; `set` is what its option set has.
fn context(name: &str, projects: &[&str], types: &[&str], set: &str) -> String {
    let project = |key: &&str| format!("<context><projectContext>{key}</projectContext></context>");
    let ty =
        |name: &&str| format!("<applicableIssueType><issueType>{name}</issueType></applicableIssueType>");
    let projects: String = match projects {
        [] => "<context><global/></context>".to_owned(),
        keys => keys.iter().map(project).collect(),
    };
    let types: String = match types {
        [] => "<applicableIssueType><allIssueTypes/></applicableIssueType>".to_owned(),
        names => names.iter().map(ty).collect(),
    };
    format!(
        "<customFieldConfigScheme><name>{name}</name>{projects}{types}<config><name>What a file calls it</name>{set}\
         </config></customFieldConfigScheme>"
    )
}

/// Spells options in their order: `parent/child` stands below another, `-` in front disables.
fn options(values: &[&str]) -> String {
    let mut ranks: BTreeMap<String, usize> = BTreeMap::new();
    let one = |text: &&str| {
        let (text, is_disabled) = text.strip_prefix('-').map_or((*text, false), |own| (own, true));
        let (parent, value) = text.split_once('/').unwrap_or(("", text));
        let rank = ranks.entry(parent.to_owned()).or_default();
        *rank += 1;
        let above = format!("<parentOption>{parent}</parentOption>");
        let above = if parent.is_empty() { "" } else { &above };
        format!(
            "<option>{above}<sequence>{rank}</sequence><value>{value}</value><disabled>{is_disabled}</disabled></option>"
        )
    };
    values.iter().map(one).collect()
}

/// Spells a default value of an option, and of one below it.
fn default(options: &[&str]) -> String {
    let first = options.first().map(|own| format!("<singularValue><option>{own}</option></singularValue>"));
    let below = |own: &&str| {
        format!("<singularValue><option parentOption='{}'>{own}</option></singularValue>", options[0])
    };
    let below: String = options.iter().skip(1).map(below).collect();
    format!("<defaultValue>{}{below}</defaultValue>", first.unwrap_or_default())
}

fn weight(global: &str, demo: &[String]) -> String {
    let all = context("For all", &[], &[], global);
    field("Weight", "select", "multiselectsearcher", &[&[all], demo].concat())
}

#[test]
fn a_field_is_made_with_its_contexts_options_and_default_values() {
    let target = Target::demo(Served::cloud());
    let global = format!("{}{}", default(&["High"]), options(&["Low", "High", "-Former"]));
    let demo = context("Of DEMO", &["DEMO"], &["Bug"], &options(&["One", "Two"]));
    let place = context(
        "Everywhere",
        &[],
        &[],
        &format!(
            "{}{}",
            default(&["House", "Attic"]),
            options(&["House", "Garden", "House/Cellar", "House/Attic", "Garden/Shed"])
        ),
    );
    let some = "<singularValue><option>Iron</option></singularValue><singularValue><option>Tin</option></singularValue>";
    let several = format!("<defaultValue>{some}</defaultValue>{}", options(&["Iron", "Lead", "Tin"]));
    let several = context("For all", &[], &[], &several);
    let file = target.with(&[
        &weight(&global, &[demo]),
        &field("Spot", "cascadingselect", "cascadingselectsearcher", &[place]),
        &field("Stuff", "multicheckboxes", "multiselectsearcher", &[several]),
    ]);
    insta::assert_snapshot!(target.there_and_back(&file), @"
    POST /rest/api/3/field 201
    PUT /rest/api/3/field/customfield_10011/context/10017 204
    POST /rest/api/3/field/customfield_10011/context/10017/option 200
    POST /rest/api/3/field/customfield_10011/context/10017/option 200
    PUT /rest/api/3/field/customfield_10011/context/defaultValue 204
    POST /rest/api/3/field 201
    PUT /rest/api/3/field/customfield_10012/context/10018 204
    POST /rest/api/3/field/customfield_10012/context/10018/option 200
    PUT /rest/api/3/field/customfield_10012/context/defaultValue 204
    POST /rest/api/3/field 201
    PUT /rest/api/3/field/customfield_10013/context/10019 204
    POST /rest/api/3/field/customfield_10013/context/10019/option 200
    PUT /rest/api/3/field/customfield_10013/context/defaultValue 204
    POST /rest/api/3/field/customfield_10013/context 201
    POST /rest/api/3/field/customfield_10013/context/10020/option 200
    ");
    // None of several default values is the first.
    target.import(&file);
    let turned = "<singularValue><option>Tin</option></singularValue><singularValue><option>Iron</option></singularValue>";
    let turned = format!("<defaultValue>{turned}</defaultValue>{}", options(&["Iron", "Lead", "Tin"]));
    let turned = context("For all", &[], &[], &turned);
    let turned = target.with(&[&field("Stuff", "multicheckboxes", "multiselectsearcher", &[turned])]);
    assert!(target.plan(&turned).plan.is_empty());
}

#[test]
fn contexts_and_options_of_a_field_change() {
    let target = Target::demo(Served::cloud());
    let global = format!("{}{}", default(&["High"]), options(&["Low", "High", "Highest"]));
    let some = |projects: &[&str], types: &[&str], set: &str| context("Of some", projects, types, set);
    let gone = context("Goes", &["OPS"], &[], &format!("{}{}", default(&["A"]), options(&["A", "-B"])));
    target.import(&target.with(&[&weight(&global, &[some(&["DEMO"], &["Bug"], ""), gone])]));
    let global =
        format!("{}{}", default(&["Lowest"]), options(&["Lowest", "Highest", "-Low", "High", "Other"]));
    let more = context("More", &["DEMO"], &["Bug", "Story"], &options(&["X"]));
    let changed = weight(&global, &[some(&["OPS"], &["Story"], &options(&["Y"])), more]);
    let file = target.with(&[&changed.replacen("About", "All about", 1)]);
    insta::assert_snapshot!(target.there_and_back(&file), @"
        PUT /rest/api/3/field/customfield_10011 204
        DELETE /rest/api/3/field/customfield_10011/context/10018 204
        PUT /rest/api/3/field/customfield_10011/context/10019/project 204
        POST /rest/api/3/field/customfield_10011/context/10019/project/remove 204
        PUT /rest/api/3/field/customfield_10011/context/10019/issuetype 204
        POST /rest/api/3/field/customfield_10011/context/10019/issuetype/remove 204
        POST /rest/api/3/field/customfield_10011/context/10017/option 200
        PUT /rest/api/3/field/customfield_10011/context/10017/option 200
        PUT /rest/api/3/field/customfield_10011/context/10017/option/move 204
        PUT /rest/api/3/field/customfield_10011/context/10017/option/move 204
        PUT /rest/api/3/field/customfield_10011/context/defaultValue 204
        POST /rest/api/3/field/customfield_10011/context/10019/option 200
        POST /rest/api/3/field/customfield_10011/context 201
        POST /rest/api/3/field/customfield_10011/context/10020/option 200
        ");
    killed_anywhere(&target, &file);
}

/// A type of fields with a searcher, and two default values of it.
type Case = (&'static str, &'static str, String, String);

/// All default values that Jira Cloud knows, but for those of options: they are set, changed and taken away.
#[test]
fn default_values_of_all_types_are_said() {
    let target = Target::demo(Served::cloud());
    let user = |name: &str| format!("<user>{name}</user>");
    let text = |text: &str| format!("<value>{text}</value>");
    let both = |one: &str, other: &str| format!("{one}</singularValue><singularValue>{other}");
    let rows: [Case; 15] = [
        ("readonlyfield", "textsearcher", text("a"), text("b")),
        ("labels", "labelsearcher", both(&text("a"), &text("b")), text("c")),
        (
            "multiuserpicker",
            "userpickergroupsearcher",
            both(&user("JIRAUSER10001"), &user("JIRAUSER10004")),
            user("JIRAUSER10004"),
        ),
        (
            "multigrouppicker",
            "multiselectsearcher",
            both("<group>developers</group>", "<group>support</group>"),
            "<group>support</group>".into(),
        ),
        ("multiversion", "versionsearcher", "<version project='DEMO'>1.0</version>".into(), String::new()),
        ("textfield", "textsearcher", text("a &amp; b"), text("c")),
        ("textarea", "textsearcher", text("long"), text("longer")),
        ("url", "exacttextsearcher", text("https://example.com"), text("https://example.org")),
        ("float", "exactnumber", text("42"), text("0.5")),
        ("datepicker", "daterange", text("2025-01-31"), text("2025-02-01")),
        ("datetime", "datetimerange", text("2025-01-31 12:30:00"), text("2025-02-01 08:00:00")),
        ("userpicker", "userpickergroupsearcher", user("JIRAUSER10001"), user("JIRAUSER10004")),
        (
            "grouppicker",
            "grouppickersearcher",
            "<group>developers</group>".into(),
            "<group>support</group>".into(),
        ),
        ("project", "projectsearcher", "<project>DEMO</project>".into(), "<project>OPS</project>".into()),
        ("version", "versionsearcher", "<version project='DEMO'>1.0</version>".into(), String::new()),
    ];
    let made = |which: &dyn Fn(&Case) -> String| -> Vec<String> {
        let one = |row: &Case| {
            let value = which(row);
            let set = match value.as_str() {
                "" => String::new(),
                "now" => "<defaultValue><currentDateTime/></defaultValue>".to_owned(),
                value => format!("<defaultValue><singularValue>{value}</singularValue></defaultValue>"),
            };
            field(&format!("Own {}", row.0), row.0, row.1, &[context("For all", &[], &[], &set)])
        };
        rows.iter().map(one).collect()
    };
    let file = |fields: Vec<String>| target.with(&fields.iter().map(String::as_str).collect::<Vec<_>>());
    let defaults = |seen: String| seen.lines().filter(|own| own.contains("defaultValue")).count();
    assert_eq!(defaults(target.there_and_back(&file(made(&|row| row.2.clone())))), rows.len());
    target.import(&file(made(&|row| row.2.clone())));
    assert_eq!(defaults(target.there_and_back(&file(made(&|row| row.3.clone())))), rows.len());
    let now = |row: &Case| if row.0.starts_with("date") { "now" } else { "" }.to_owned();
    assert_eq!(defaults(target.there_and_back(&file(made(&now)))), rows.len());
}

/// A project that is made by the same import gets a context of its own, and screens get the new field.
#[test]
fn what_is_new_names_what_is_new() {
    let target = Target::demo(Served::cloud());
    let own = context("Of NEW", &["NEW"], &["Bug"], &format!("{}{}", default(&["A"]), options(&["A", "B"])));
    let all = context("For all", &[], &[], &options(&["One"]));
    let new = field("Weight", "select", "multiselectsearcher", &[all, own]);
    let screen = format!(
        "<screen><name>New</name><screenTab><position>1</position><name>One</name><fieldScreenLayoutItem><position>1</position>\
         <field type='{OWN}:select'>Weight</field></fieldScreenLayoutItem></screenTab></screen>"
    );
    // The project needs the screen, which needs the field, of which a context holds for the project.
    let scheme = "<screenScheme><name>New</name><mappingOperationsScreens><screen>New</screen></mappingOperationsScreens></screenScheme>";
    let schemes =
        "<issueTypeScreenScheme><name>New</name><defaultScheme>New</defaultScheme></issueTypeScreenScheme>";
    let project = "<project><key>NEW</key><name>New</name><lead>JIRAUSER10001</lead><defaultAssignee>unassigned</defaultAssignee>\
         <projectType>software</projectType><issueTypeScheme>Demo: issue types</issueTypeScheme>\
         <issueTypeScreenScheme>New</issueTypeScreenScheme>\
         <workflowScheme>Demo: workflows</workflowScheme><permissionScheme>Demo: permissions</permissionScheme>\
         <notificationScheme>Demo: notifications</notificationScheme></project>";
    let file = target.with(&[&new, &screen, scheme, schemes, project]);
    insta::assert_snapshot!(target.there_and_back(&file), @"
    POST /rest/api/3/field 201
    PUT /rest/api/3/field/customfield_10011/context/10017 204
    POST /rest/api/3/field/customfield_10011/context/10017/option 200
    POST /rest/api/3/screens 201
    PUT /rest/api/3/screens/10005/tabs/10010 200
    POST /rest/api/3/screens/10005/tabs/10010/fields 200
    POST /rest/api/3/screenscheme 201
    POST /rest/api/3/issuetypescreenscheme 201
    POST /rest/api/3/project 201
    POST /rest/api/3/field/customfield_10011/context 201
    POST /rest/api/3/field/customfield_10011/context/10018/option 200
    PUT /rest/api/3/field/customfield_10011/context/defaultValue 204
    PUT /rest/api/3/project/NEW/role/10000 200
    PUT /rest/api/3/project/NEW/role/10001 200
    ");
    killed_anywhere(&Target::demo(Served::cloud()), &file);
}

/// What Jira Cloud has no way to say is told as lost; nothing is left to do afterwards.
#[test]
fn contexts_of_other_jiras_become_those_of_jira_cloud() {
    let target = Target::demo(Served::cloud());
    let named = "Default Configuration Scheme for Weight";
    let narrow = field(
        "Weight",
        "select",
        "multiselectsearcher",
        &[
            context(named, &["DEMO"], &[], &options(&["A"])),
            context("Nowhere", &[], &[], "").replace("<context><global/></context>", ""),
        ],
    );
    let typed = field("Spot", "textfield", "freetextsearcher", &[context("For all", &[], &["Bug"], "")]);
    let file = target.with(&[&narrow, &typed]);
    let warnings = |file| -> String {
        let steps = target.plan(file).plan.steps.into_iter();
        steps.flat_map(|own| own.warnings).map(|own| format!("{own}\n")).collect()
    };
    insta::assert_snapshot!(warnings(&file), @"
    it is made without what the file does not show: custom field, `managed`
    it is made without what the file does not show: custom field, `translation`
    it is searched by `com.atlassian.jira.plugin.system.customfieldtypes:textsearcher`: Jira Cloud has no `com.atlassian.jira.plugin.system.customfieldtypes:freetextsearcher` for fields of its type
    its context `For all` holds for all issue types: Jira Cloud does not change that of the context for all projects
    it is made without what the file does not show: custom field, `managed`
    it is made without what the file does not show: custom field, `translation`
    its context `Nowhere` holds for no project that is here; Jira Cloud has no such contexts, and it is left out
    Jira Cloud gives each custom field a context for all projects, which nobody can take away: it is called `Default Configuration Scheme for Weight (all projects)`
    ");
    insta::assert_snapshot!(target.there_and_back(&file), @"
    POST /rest/api/3/field 201
    PUT /rest/api/3/field/customfield_10011/context/10017 204
    POST /rest/api/3/field 201
    PUT /rest/api/3/field/customfield_10012/context/10018 204
    POST /rest/api/3/field/customfield_10012/context 201
    POST /rest/api/3/field/customfield_10012/context/10019/option 200
    ");
    target.import(&file);
    // The file calls the context for all projects otherwise, has none, or has one of its name for some projects.
    let other = field("Spot", "textfield", "freetextsearcher", &[context("Anything", &[], &[], "")]);
    let none = field(
        "Weight",
        "select",
        "multiselectsearcher",
        &[context("Of DEMO", &["DEMO"], &[], &options(&["A"]))],
    );
    let all = context("For all", &[], &[], "");
    target.import(&target.with(&[&field("Kind", "select", "multiselectsearcher", &[all])]));
    let some = field(
        "Kind",
        "select",
        "multiselectsearcher",
        &[context("For all", &["OPS"], &[], &options(&["A"]))],
    );
    let file = target.with(&[&other, &none, &some]);
    insta::assert_snapshot!(warnings(&file), @"
    its context `For all` stays: Jira Cloud neither takes away nor narrows the context for all projects, and that of the file is called `For all (some projects)`
    its context `Default Configuration Scheme for Weight (all projects)` stays: Jira Cloud neither takes away nor narrows the context for all projects
    ");
    insta::assert_snapshot!(target.there_and_back(&file), @"
    POST /rest/api/3/field/customfield_10015/context 201
    POST /rest/api/3/field/customfield_10015/context/10024/option 200
    DELETE /rest/api/3/field/customfield_10014/context/10022 204
    POST /rest/api/3/field/customfield_10014/context 201
    POST /rest/api/3/field/customfield_10014/context/10025/option 200
    ");
}

#[test]
fn what_no_request_says_of_a_field_is_refused() {
    let target = Target::demo(Served::cloud());
    let all = context("For all", &[], &[], "");
    target.import(&target.with(&[&field(
        "Spot",
        "select",
        "multiselectsearcher",
        &[all.clone(), context("Own", &["DEMO"], &[], "")],
    )]));
    let place = |contexts: &[String]| field("Spot", "select", "multiselectsearcher", contexts);
    let refused = |object: &str| target.refusals(&target.with(&[object]));
    let mut all_refused = String::new();
    for object in [
        // Two for all projects, and two for one.
        place(&[all.clone(), context("Own", &["DEMO"], &[], ""), context("All", &[], &[], "")]),
        place(&[all.clone(), context("Own", &["DEMO"], &[], ""), context("Twin", &["OPS", "DEMO"], &[], "")]),
        // One is to hold for nothing.
        place(&[
            all.clone(),
            context("Own", &["DEMO"], &[], "").replace(
                "<projectContext>DEMO</projectContext>",
                "<projectCategoryContext>Products</projectCategoryContext>",
            ),
        ]),
        // Two options of one text.
        place(&[context("For all", &[], &[], &options(&["Red", "red"])), context("Own", &["DEMO"], &[], "")]),
        // Options of a field that has none, and a day that is none.
        field("Text", "textfield", "textsearcher", &[context("For all", &[], &[], &options(&["Red"]))]),
        field(
            "Day",
            "datepicker",
            "daterange",
            &[context(
                "For all",
                &[],
                &[],
                "<defaultValue><singularValue><value>2025-01-30 22:00:00</value></singularValue></defaultValue>",
            )],
        ),
        field(
            "Since",
            "version",
            "versionsearcher",
            &[context(
                "For all",
                &[],
                &[],
                "<defaultValue><singularValue><version project='DEMO'>1.0</version></singularValue>\
                 <singularValue><version project='DEMO'>1.1</version></singularValue></defaultValue>",
            )],
        ),
        // A type that Jira Cloud does not have.
        field("Run", "hiddenjobswitch", "textsearcher", &[context("For all", &[], &[], "")]),
    ] {
        all_refused.push_str(&refused(&object));
    }
    // Two fields that nobody could tell apart.
    let twin = field("Twin", "textfield", "textsearcher", &[all]);
    let other = twin.replacen("<customField>", "<customField duplicate='2'>", 1);
    all_refused.push_str(&target.refusals(&target.with(&[&twin, &other])));
    insta::assert_snapshot!(all_refused, @"
    /customField[Spot]/customFieldConfigScheme[All]/context: a field of Jira Cloud has one context for all projects
    /customField[Spot]/customFieldConfigScheme[Twin]/context: a project has one context of a field in Jira Cloud
    /customField[Spot]/customFieldConfigScheme[Own]: Jira Cloud has no contexts for the projects of a category: name the projects
    /customField[Spot]/customFieldConfigScheme[For all]/config/option[Red]: Jira Cloud takes no two options of one text, in whatever letters, beside each other
    /customField[Text]/customFieldConfigScheme[For all]/config/option[Red]: a field of type com.atlassian.jira.plugin.system.customfieldtypes:textfield has no options on Jira Cloud
    /customField[Day]/customFieldConfigScheme[For all]/config/defaultValue: Jira Cloud takes a day like 2025-01-31, and not `2025-01-30 22:00:00`
    /customField[Since]/customFieldConfigScheme[For all]/config/defaultValue: Jira Cloud takes one value for a field of type com.atlassian.jira.plugin.system.customfieldtypes:version, and the file has more
    /customField[Run]/type: neither Jira nor a field that is there has the type com.atlassian.jira.plugin.system.customfieldtypes:hiddenjobswitch, and no reply tells what types apps bring: make a first field of it in Jira itself
    /customField[Twin (duplicate 2)]: the file has 2 objects that are custom field `Twin (type com.atlassian.jira.plugin.system.customfieldtypes:textfield)`, and the target has 0: `Twin` which nothing uses; `Twin (duplicate 2)` which nothing uses
    ");
}

/// An option that issues have got since stays with them.
#[test]
fn options_that_issues_have_are_not_taken_back() {
    let target = Target::demo(Served::cloud());
    let all = |values: &[&str]| weight(&options(values), &[]);
    target.import(&target.with(&[&all(&["A"])]));
    let before = xml::to_string(&target.export());
    target.import(&target.with(&[&all(&["A", "B", "C"])]));
    let sql = |text: &str| rusqlite::Connection::open(&target.path).unwrap().execute_batch(text).unwrap();
    sql("INSERT INTO customfieldvalue (id, issue, customfield, stringvalue) \
         SELECT 99999, 10000, customfield, id FROM customfieldoption WHERE customvalue = 'B'");
    let last = target.site().history().unwrap()[0].id;
    let reading = target.site().read(Scope::default(), &|_, _| {}).unwrap();
    let back = target.site().run(last).unwrap().back();
    let preview = reading.place().preview(&reading.snapshot, &back.work, &[]).unwrap();
    let stopped = target.site().undo(last, &preview.proved(Vec::new()), &run("pcfg undo")).unwrap_err();
    let stopped = stopped.to_string();
    assert!(stopped.contains("DEMO-1 has it, and would lose it"), "{stopped}");
    sql("DELETE FROM customfieldvalue WHERE id = 99999");
    target.site().recover(&run("pcfg resume").who).unwrap();
    assert_eq!(xml::to_string(&target.export()), before);
    // A project that gets a context of its own would take it from them, too.
    sql("INSERT INTO customfieldvalue (id, issue, customfield, stringvalue) \
         SELECT 99999, 10000, customfield, id FROM customfieldoption WHERE customvalue = 'A' ORDER BY id DESC LIMIT 1");
    let own = context("Of DEMO", &["DEMO"], &[], &options(&["A"]));
    let proved = target.plan(&target.with(&[&weight(&options(&["A"]), &[own])])).proved().unwrap();
    let stopped = target.site().carry_out(&proved, &run("pcfg import")).unwrap_err().to_string();
    assert!(stopped.contains("DEMO-1 has it, and would lose it"), "{stopped}");
    assert_eq!(xml::to_string(&target.export()), before);
}

#[test]
fn data_center_makes_a_field_alone() {
    let target = Target::demo(Served::data_center());
    let file = target.with(&[&field("Weight", "select", "multiselectsearcher", &[])]);
    insta::assert_snapshot!(target.there_and_back(&file), @"POST /rest/api/2/field 201");
    killed_anywhere(&target, &file);
    let with_context = field("Weight", "select", "multiselectsearcher", &[context("For all", &[], &[], "")]);
    insta::assert_snapshot!(target.refusals(&target.with(&[&with_context])), @"/customField[Weight, com.atlassian.jira.plugin.system.customfieldtypes:select]/customFieldConfigScheme: this instance does not take it: contexts and options are returned only by internal endpoints");
    target.import(&file);
    let other = field("Weight", "select", "multiselectsearcher", &[]).replacen("About", "All about", 1);
    insta::assert_snapshot!(target.refusals(&target.with(&[&other])), @"/customField[Weight, com.atlassian.jira.plugin.system.customfieldtypes:select]: this instance does not take it: only Jira's own pages can do this");
}

/// The custom fields of real Jiras go to Jira Cloud, all but those of apps that it does not have: a second import plans nothing, and
/// the way back leads back.
#[test]
fn fields_of_real_jiras_are_written() {
    let target = Target::demo(Served::cloud());
    for backup in crate::real_data::backups().into_iter().step_by(thorough::every(13)) {
        let file = exported(&mut crate::real_data::read(&backup).snapshot);
        let mut root = file.root().clone();
        let all = root.children_mut().unwrap();
        all.retain(|own| ["projects", "customFields"].contains(&own.tag()));
        all[0].children_mut().unwrap().clear();
        let is_of_app =
            |own: &Element| !own.text_of("type").unwrap().starts_with("com.atlassian.jira.plugin.system");
        let refused = target.plan(&Config::new(root.clone())).plan.refused;
        let fields = root.children_mut().unwrap()[1].children_mut().unwrap();
        fields.retain(|own| {
            let identity = Identity::of_definition(own).unwrap();
            let is_refused = refused.iter().any(|own| own.identity == identity);
            assert!(!is_refused || is_of_app(own), "{}: {refused:#?}", backup.display());
            !is_refused
        });
        let count = fields.iter().filter(|own| own.get("locked").is_none()).count();
        let requests = target.there_and_back(&Config::new(root));
        let made = requests.lines().filter(|own| own.ends_with("/field 201")).count();
        assert!(made > 0 || count == 0, "{}: {requests}", backup.display());
    }
}
