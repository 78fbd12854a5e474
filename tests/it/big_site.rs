//! The sample project among many: a backup with as much configuration around it as large sites have, always the same.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

/// How much there is in all.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Size {
    pub(crate) projects: usize,
    pub(crate) custom_fields: usize,
    pub(crate) screens: usize,
    pub(crate) screen_schemes: usize,
    pub(crate) filters: usize,
    pub(crate) boards: usize,
    pub(crate) dashboards: usize,
    pub(crate) field_configurations: usize,
}

/// As much as a large company has.
pub(crate) const BIG: Size = Size {
    projects: 300,
    custom_fields: 2000,
    screens: 600,
    screen_schemes: 300,
    filters: 200,
    boards: 100,
    dashboards: 100,
    field_configurations: 5,
};

/// Enough for several pages of the lists that matter, and few enough for every day.
pub(crate) const SMALL: Size = Size {
    projects: 12,
    custom_fields: 130,
    screens: 110,
    screen_schemes: 30,
    filters: 10,
    boards: 5,
    dashboards: 5,
    field_configurations: 5,
};

/// Where the ids of what is made begin.
const FIRST: usize = 20_000;

/// The rows of an entity, as an XML backup spells them.
#[derive(Default)]
struct Rows(String);

impl Rows {
    fn add(&mut self, entity: &str, values: &[(&str, &str)]) {
        let _ = write!(self.0, "    <{entity}");
        for (name, value) in values {
            let value = value.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;");
            let _ = write!(self.0, " {name}=\"{value}\"");
        }
        self.0.push_str("/>\n");
    }

    /// Adds a scheme of a field: what a context, or a scheme of issue types, is made of.
    fn scheme(&mut self, id: &str, field: &str, name: &str, project: Option<&str>) {
        self.add("FieldConfigScheme", &[("id", id), ("name", name), ("fieldid", field)]);
        self.add("FieldConfiguration", &[("id", id), ("name", name), ("fieldid", field)]);
        let joined = [("id", id), ("fieldconfigscheme", id), ("fieldconfiguration", id)];
        self.add("FieldConfigSchemeIssueType", &joined);
        let mut context = vec![("id", id), ("key", field), ("fieldconfigscheme", id)];
        context.extend(project.map(|project| ("project", project)));
        self.add("ConfigurationContext", &context);
    }
}

/// The ids of what is made of a kind of which there is something already.
fn ids(there: usize, all: usize) -> impl Iterator<Item = (usize, String)> {
    (0..all.saturating_sub(there)).map(|number| (number, (FIRST + number).to_string()))
}

fn entities(size: Size, base: &str) -> Rows {
    let mut rows = Rows::default();
    let there = |entity: &str| base.matches(&format!("<{entity} ")).count();
    let project_of =
        |number: usize| (FIRST + number % size.projects.saturating_sub(there("Project")).max(1)).to_string();
    for (number, id) in ids(there("Project"), size.projects) {
        let (key, name) = (format!("P{number}"), format!("Project {number}"));
        let own = [("id", id.as_str()), ("key", &key), ("originalkey", &key), ("name", &name)];
        let more = [("lead", "JIRAUSER10001"), ("assigneetype", "2"), ("projecttype", "software")];
        rows.add("Project", &[&own[..], &more].concat());
        rows.add("ProjectKey", &[("id", &id), ("projectId", &id), ("projectKey", &key)]);
        let screens = (FIRST + number % (size.screen_schemes / 3)).to_string();
        let workflows = (FIRST + number % 60).to_string();
        let fields = (FIRST + number % 5).to_string();
        for (sink, scheme) in [
            ("PermissionScheme", "0"),
            ("NotificationScheme", "10000"),
            ("IssueTypeScreenScheme", &screens),
            ("WorkflowScheme", &workflows),
            ("FieldLayoutScheme", &fields),
        ] {
            let ends =
                [("sourceNodeId", id.as_str()), ("sourceNodeEntity", "Project"), ("sinkNodeId", scheme)];
            rows.add(
                "NodeAssociation",
                &[&ends[..], &[("sinkNodeEntity", sink)], &[("associationType", "ProjectScheme")]].concat(),
            );
        }
        let actor = [("projectroleid", "10000"), ("roletype", "atlassian-group-role-actor")];
        let own = [("id", id.as_str()), ("pid", &id), ("roletypeparameter", "developers")];
        rows.add("ProjectRoleActor", &[&own[..], &actor].concat());
        rows.add("Version", &[("id", &id), ("project", &id), ("name", "1.0"), ("sequence", "1")]);
    }
    for (number, id) in ids(0, 30) {
        let name = format!("Issue types {number}");
        rows.scheme(&format!("3{id}"), "issuetype", &name, Some(&project_of(number)));
        let own = [("id", id.as_str()), ("fieldid", "issuetype"), ("optionid", "10003"), ("sequence", "0")];
        rows.add("OptionConfiguration", &[&own[..], &[("fieldconfig", &format!("3{id}"))]].concat());
    }
    let ty = |word: &str| format!("com.atlassian.jira.plugin.system.customfieldtypes:{word}");
    for (number, id) in ids(there("CustomField"), size.custom_fields) {
        let (name, field) = (format!("Field {number}"), format!("customfield_{id}"));
        let word = ["select", "textfield", "float", "userpicker"][number % 4];
        let own = [("id", id.as_str()), ("name", &name), ("customfieldtypekey", &ty(word))];
        rows.add("CustomField", &own);
        let project = (number % 2 == 1).then(|| project_of(number));
        rows.scheme(&id, &field, &format!("Context of {name}"), project.as_deref());
        for at in (0..5).filter(|_| word == "select") {
            let (option, at) = (format!("{id}{at}"), at.to_string());
            let own = [("id", option.as_str()), ("customfield", &id), ("customfieldconfig", &id)];
            rows.add(
                "CustomFieldOption",
                &[&own[..], &[("sequence", &at), ("value", &format!("Option {at}"))]].concat(),
            );
        }
    }
    let fields = size.custom_fields.saturating_sub(there("CustomField")).max(1);
    for (number, id) in ids(there("FieldScreen"), size.screens) {
        rows.add("FieldScreen", &[("id", &id), ("name", &format!("Screen {number}"))]);
        for tab in 0..2 {
            let own = format!("{id}{tab}");
            let name = format!("Tab {tab}");
            rows.add(
                "FieldScreenTab",
                &[("id", &own), ("name", &name), ("sequence", &tab.to_string()), ("fieldscreen", &id)],
            );
            for at in 0..8 {
                let field = match at {
                    0 if tab == 0 => "summary".to_owned(),
                    _ => format!("customfield_{}", FIRST + (number * 13 + tab * 8 + at) % fields),
                };
                let item = format!("{own}{at}");
                let own = [("id", item.as_str()), ("fieldidentifier", &field), ("sequence", &at.to_string())];
                rows.add(
                    "FieldScreenLayoutItem",
                    &[&own[..], &[("fieldscreentab", &format!("{id}{tab}"))]].concat(),
                );
            }
        }
    }
    let screens = size.screens.saturating_sub(there("FieldScreen")).max(1);
    for (number, id) in ids(there("FieldScreenScheme"), size.screen_schemes) {
        rows.add("FieldScreenScheme", &[("id", &id), ("name", &format!("Screens {number}"))]);
        for (at, operation) in [None, Some("0")].into_iter().enumerate() {
            let screen = (FIRST + (2 * number + at) % screens).to_string();
            let item = format!("{id}{at}");
            let mut own = vec![("id", item.as_str()), ("fieldscreenscheme", &id), ("fieldscreen", &screen)];
            own.extend(operation.map(|operation| ("operation", operation)));
            rows.add("FieldScreenSchemeItem", &own);
        }
    }
    let schemes = size.screen_schemes.saturating_sub(there("FieldScreenScheme")).max(1);
    for (number, id) in ids(0, size.screen_schemes / 3) {
        rows.add("IssueTypeScreenScheme", &[("id", &id), ("name", &format!("Screens by type {number}"))]);
        for (at, issue_type) in [None, Some("10003")].into_iter().enumerate() {
            let (item, scheme) = (format!("{id}{at}"), (FIRST + (3 * number + at) % schemes).to_string());
            let mut own = vec![("id", item.as_str()), ("scheme", &id), ("fieldscreenscheme", &scheme)];
            own.extend(issue_type.map(|own| ("issuetype", own)));
            rows.add("IssueTypeScreenSchemeEntity", &own);
        }
    }
    for (number, id) in ids(0, 60) {
        rows.add("WorkflowScheme", &[("id", &id), ("name", &format!("Workflows {number}"))]);
        let own = [("id", id.as_str()), ("scheme", &id), ("issuetype", "0"), ("workflow", "Demo: bugs")];
        rows.add("WorkflowSchemeEntity", &own);
    }
    for (number, id) in ids(there("FieldLayout"), size.field_configurations) {
        rows.add("FieldLayout", &[("id", &id), ("name", &format!("Fields {number}"))]);
    }
    for (number, id) in ids(0, 5) {
        rows.add("FieldLayoutScheme", &[("id", &id), ("name", &format!("Fields by type {number}"))]);
        let layout =
            (FIRST + number % size.field_configurations.saturating_sub(there("FieldLayout"))).to_string();
        rows.add("FieldLayoutSchemeEntity", &[("id", &id), ("scheme", &id), ("fieldlayout", &layout)]);
    }
    for (number, id) in ids(there("SearchRequest"), size.filters) {
        let (name, owner) = (format!("Filter {number}"), "JIRAUSER10001");
        let query = format!("project = P{number} AND \"Field {number}\" is not EMPTY");
        let own =
            [("id", id.as_str()), ("name", &name), ("author", owner), ("user", owner), ("request", &query)];
        rows.add("SearchRequest", &[&own[..], &[("nameLower", &name.to_lowercase())]].concat());
        let own =
            [("id", id.as_str()), ("entityId", &id), ("entityType", "SearchRequest"), ("type", "project")];
        rows.add(
            "SharePermissions",
            &[&own[..], &[("param1", &project_of(number)), ("rights", "1")]].concat(),
        );
    }
    for (number, id) in ids(there("PortalPage"), size.dashboards) {
        let own = [("id", id.as_str()), ("username", "JIRAUSER10001"), ("layout", "AA"), ("version", "1")];
        rows.add("PortalPage", &[&own[..], &[("pagename", &format!("Dashboard {number}"))]].concat());
        for at in 0..3 {
            let (own, at) = (format!("{id}{at}"), at.to_string());
            let place = [("id", own.as_str()), ("portalpage", &id), ("columnNumber", "0"), ("position", &at)];
            let key = "com.atlassian.jira.gadgets:introduction-dashboard-item";
            rows.add("PortletConfiguration", &[&place[..], &[("dashboardModuleCompleteKey", key)]].concat());
        }
    }
    rows
}

/// Returns the boards, as rows of the sample's own table of them.
fn boards(size: Size, base: &str) -> String {
    let there = base
        .split("AO_60DB71_RAPIDVIEW\"")
        .nth(1)
        .map_or(0, |table| table.split("</data>").next().unwrap_or_default().matches("<row>").count());
    let mut rows = String::new();
    for (number, id) in ids(there, size.boards) {
        let null = |ty: &str| format!("<{ty} xsi:nil=\"true\"/>");
        let _ = writeln!(
            rows,
            "    <row><string>none</string><integer>{id}</integer>{}<string>Board {number}</string>{}<string>JIRAUSER10001</string>\
             <boolean>false</boolean><integer>{id}</integer><boolean>false</boolean><boolean>true</boolean><boolean>true</boolean>\
             <string>none</string></row>",
            null("boolean"),
            null("string"),
        );
    }
    rows
}

/// Writes the backup into a folder.
pub(crate) fn write(size: Size, folder: &Path) {
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/demo");
    let base = fs::read_to_string(sample.join("entities.xml")).unwrap();
    let more = entities(size, &base).0;
    let base = base.replacen("</entity-engine-xml>", &format!("{more}</entity-engine-xml>"), 1);
    fs::write(folder.join("entities.xml"), base).unwrap();
    let base = fs::read_to_string(sample.join("activeobjects.xml")).unwrap();
    let table = base.find("<data tableName=\"AO_60DB71_RAPIDVIEW\">").unwrap();
    let end = table + base[table..].find("  </data>").unwrap();
    fs::write(
        folder.join("activeobjects.xml"),
        format!("{}{}{}", &base[..end], boards(size, &base), &base[end..]),
    )
    .unwrap();
}

/// Makes an embedded instance of it.
pub(crate) fn load(size: Size) -> (tempfile::TempDir, std::path::PathBuf) {
    let backup = tempfile::tempdir().unwrap();
    write(size, backup.path());
    crate::embedded::loaded(backup.path())
}
