//! A large backup that is the same on every run: mostly issues and what hangs on them, as in real life, around a
//! configuration with projects, fields, screens, workflows and people.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::io::{self, Write};

use super::random::Random;

/// Projects, custom fields and workflows of the configuration, and users.
const PROJECTS: u64 = 40;
const FIELDS: u64 = 120;
const WORKFLOWS: u64 = 12;
const USERS: u64 = 2_000;

/// Writes `entities.xml` of about that many bytes.
pub(crate) fn write_entities(out: &mut dyn Write, size: u64) -> io::Result<()> {
    // The size of a thousand issues tells how many are needed.
    let measure = |issues| -> io::Result<u64> {
        let mut counter = Counter(0);
        write_all(&mut counter, issues)?;
        Ok(counter.0)
    };
    let (none, thousand) = (measure(0)?, measure(1_000)?);
    let issues = size.saturating_sub(none) * 1_000 / (thousand - none);
    write_all(out, issues)
}

/// Writes `activeobjects.xml` with a board for each project.
pub(crate) fn write_active_objects(out: &mut dyn Write) -> io::Result<()> {
    let out = &mut *out;
    writeln!(out, "<?xml version='1.0' encoding='UTF-8'?>")?;
    writeln!(
        out,
        "<backup xmlns=\"http://www.atlassian.com/ao\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">"
    )?;
    writeln!(out, "  <data tableName=\"AO_60DB71_RAPIDVIEW\">")?;
    for column in ["ID", "NAME", "SAVED_FILTER_ID", "SPRINTS_ENABLED", "OWNER_USER_NAME"] {
        writeln!(out, "    <column name=\"{column}\"/>")?;
    }
    for project in 0..PROJECTS {
        writeln!(
            out,
            "    <row><integer>{}</integer><string>Board {project}</string><integer>{}</integer>\
             <boolean>{}</boolean><string>JIRAUSER{}</string></row>",
            project + 1,
            10_000 + project,
            project % 2 == 0,
            10_000 + project
        )?;
    }
    writeln!(out, "  </data>\n</backup>")
}

struct Counter(u64);

impl Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Writer<'a> {
    out: &'a mut dyn Write,
    line: Vec<u8>,
    rows: BTreeMap<&'static str, u64>,
    random: Random,
}

fn write_all(out: &mut dyn Write, issues: u64) -> io::Result<()> {
    let mut writer = Writer { out, line: Vec::new(), rows: BTreeMap::new(), random: Random::new(7) };
    writer.head()?;
    writer.rows(issues)?;
    writer.tail()
}

impl Writer<'_> {
    fn head(&mut self) -> io::Result<()> {
        writeln!(self.out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!--\n\n___ Environment ___\n")?;
        writeln!(self.out, "     JIRA Build : 8.6.1#806001-sha1:0\n     Version : 8.6.1\n")?;
        for app in 0..400 {
            writeln!(self.out, "     App {app} : com.example.app{app}\n          Version : 1.{app}")?;
        }
        writeln!(self.out, "-->\n<entity-engine-xml date=\"1700000000000\">")
    }

    fn tail(&mut self) -> io::Result<()> {
        let total: u64 = self.rows.values().sum();
        writeln!(
            self.out,
            "<!--\n\n___ Entities ________________________________\n\n     Total : {total}\n"
        )?;
        for (name, count) in &self.rows {
            writeln!(self.out, "     {name:46}: {count}")?;
        }
        writeln!(self.out, "\n -->\n</entity-engine-xml>")
    }

    /// Writes a row as Jira does: values with line breaks as elements, the others as attributes.
    fn row(&mut self, name: &'static str, fields: &[(&str, &dyn Display)]) -> io::Result<()> {
        *self.rows.entry(name).or_default() += 1;
        self.line.clear();
        write!(self.line, "    <{name}")?;
        let mut children = Vec::new();
        for (field, value) in fields {
            let value = value.to_string();
            if value.contains('\n') {
                children.push((field, value));
            } else {
                write!(self.line, " {field}=\"")?;
                for byte in value.bytes() {
                    match byte {
                        b'&' => self.line.extend_from_slice(b"&amp;"),
                        b'<' => self.line.extend_from_slice(b"&lt;"),
                        b'>' => self.line.extend_from_slice(b"&gt;"),
                        b'"' => self.line.extend_from_slice(b"&quot;"),
                        b'\'' => self.line.extend_from_slice(b"&apos;"),
                        byte => self.line.push(byte),
                    }
                }
                self.line.push(b'"');
            }
        }
        if children.is_empty() {
            writeln!(self.line, "/>")?;
        } else {
            writeln!(self.line, ">")?;
            for (field, value) in children {
                let value = value.replace("]]>", "]]]]><![CDATA[>");
                writeln!(self.line, "        <{field}><![CDATA[{value}]]></{field}>")?;
            }
            writeln!(self.line, "    </{name}>")?;
        }
        self.out.write_all(&self.line)
    }

    fn text(&mut self, length: u64, lines: bool) -> String {
        self.random.text(length, lines)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.random.below(end)
    }

    fn user(&mut self) -> String {
        format!("JIRAUSER{}", 10_000 + self.below(USERS))
    }

    /// Writes all tables in the order of their names.
    fn rows(&mut self, issues: u64) -> io::Result<()> {
        const DATE: &str = "2023-11-14 22:13:20.123";
        let first = 10_000;
        for id in 0..issues * 3 {
            let lines = self.below(2) == 0;
            let (author, body) = (self.user(), self.text(300, lines));
            self.row(
                "Action",
                &[
                    ("id", &(first + id)),
                    ("issue", &(first + id / 3)),
                    ("author", &author),
                    ("type", &"comment"),
                    ("body", &body),
                    ("created", &DATE),
                    ("updateauthor", &author),
                    ("updated", &DATE),
                ],
            )?;
        }
        for id in 0..USERS {
            let key = format!("JIRAUSER{}", first + id);
            let name = format!("user{id}");
            self.row(
                "ApplicationUser",
                &[("id", &(first + id)), ("userKey", &key), ("lowerUserName", &name)],
            )?;
        }
        for id in 0..issues * 8 {
            let author = self.user();
            self.row(
                "ChangeGroup",
                &[
                    ("id", &(first + id)),
                    ("issue", &(first + id / 8)),
                    ("author", &author),
                    ("created", &DATE),
                ],
            )?;
        }
        for id in 0..issues * 12 {
            let long = self.below(12) == 0;
            let (old, new) = match long {
                true => (self.text(300, true), self.text(300, true)),
                false => (self.text(12, false), self.text(12, false)),
            };
            self.row(
                "ChangeItem",
                &[
                    ("id", &(first + id)),
                    ("group", &(first + id * 2 / 3)),
                    ("fieldtype", &"jira"),
                    ("field", &"status"),
                    ("oldvalue", &(id % 7)),
                    ("oldstring", &old),
                    ("newvalue", &(id % 5)),
                    ("newstring", &new),
                ],
            )?;
        }
        self.field_contexts()?;
        for id in 0..issues * 8 {
            let field = 10_000 + self.below(FIELDS - 1);
            let value = self.text(12, false);
            self.row(
                "CustomFieldValue",
                &[
                    ("id", &(first + id)),
                    ("issue", &(first + id / 8)),
                    ("customfield", &field),
                    ("updated", &1_700_000_000_000_u64),
                    ("stringvalue", &value),
                ],
            )?;
        }
        self.fields()?;
        for id in 0..issues {
            let (reporter, assignee) = (self.user(), self.user());
            let (summary, description) = (self.text(70, false), self.text(500, true));
            let project = id % PROJECTS;
            self.row(
                "Issue",
                &[
                    ("id", &(first + id)),
                    ("key", &""),
                    ("number", &(id / PROJECTS + 1)),
                    ("project", &(first + project)),
                    ("reporter", &reporter),
                    ("assignee", &assignee),
                    ("creator", &reporter),
                    ("type", &(1 + id % 5)),
                    ("summary", &summary),
                    ("description", &description),
                    ("priority", &(1 + id % 5)),
                    ("status", &(1 + id % 6)),
                    ("created", &DATE),
                    ("updated", &DATE),
                    ("votes", &0),
                    ("watches", &1),
                    ("workflowId", &(first + id)),
                ],
            )?;
        }
        self.schemes()?;
        for id in 0..issues * 2 {
            self.row(
                "NodeAssociation",
                &[
                    ("sourceNodeId", &(first + id / 2)),
                    ("sourceNodeEntity", &"Issue"),
                    ("sinkNodeId", &(first + id % 50)),
                    ("sinkNodeEntity", &if id % 2 == 0 { "Version" } else { "Component" }),
                    ("associationType", &if id % 2 == 0 { "IssueFixVersion" } else { "IssueComponent" }),
                ],
            )?;
        }
        for id in 0..issues {
            self.row(
                "OSCurrentStep",
                &[
                    ("id", &(first + id)),
                    ("entryId", &(first + id)),
                    ("stepId", &(1 + id % 6)),
                    ("actionId", &0),
                    ("owner", &""),
                    ("startDate", &DATE),
                    ("status", &"Open"),
                ],
            )?;
        }
        for id in 0..issues * 2 {
            let caller = self.user();
            self.row(
                "OSHistoryStep",
                &[
                    ("id", &(first + id)),
                    ("entryId", &(first + id / 2)),
                    ("stepId", &1),
                    ("actionId", &5),
                    ("startDate", &DATE),
                    ("finishDate", &DATE),
                    ("status", &"Finished"),
                    ("caller", &caller),
                ],
            )?;
        }
        self.properties(issues)?;
        self.projects()?;
        for id in 0..issues {
            let (author, body) = (self.user(), self.text(60, false));
            self.row(
                "Worklog",
                &[
                    ("id", &(first + id)),
                    ("issue", &(first + id)),
                    ("author", &author),
                    ("body", &body),
                    ("created", &DATE),
                    ("startdate", &DATE),
                    ("timeworked", &3600),
                ],
            )?;
        }
        Ok(())
    }

    fn field_contexts(&mut self) -> io::Result<()> {
        let first = 10_000;
        self.row("ConfigurationContext", &[("id", &1), ("key", &"issuetype"), ("fieldconfigscheme", &1)])?;
        for id in 0..FIELDS {
            let key = format!("customfield_{}", first + id);
            self.row(
                "ConfigurationContext",
                &[("id", &(first + id)), ("key", &key), ("fieldconfigscheme", &(first + id))],
            )?;
        }
        for id in 0..FIELDS {
            let (name, description) = (format!("Field {id}"), self.text(60, false));
            let ty = "com.atlassian.jira.plugin.system.customfieldtypes:select";
            self.row(
                "CustomField",
                &[
                    ("id", &(first + id)),
                    ("customfieldtypekey", &ty),
                    ("name", &name),
                    ("description", &description),
                ],
            )?;
        }
        for id in 0..FIELDS * 20 {
            let name = format!("Option {}", id % 20);
            self.row(
                "CustomFieldOption",
                &[
                    ("id", &(first + id)),
                    ("customfield", &(first + id / 20)),
                    ("customfieldconfig", &(first + id / 20)),
                    ("sequence", &(id % 20)),
                    ("value", &name),
                    ("disabled", &"N"),
                ],
            )?;
        }
        Ok(())
    }

    fn fields(&mut self) -> io::Result<()> {
        let first = 10_000;
        for id in 1..20 {
            let name = format!("Event {id}");
            let ty = "jira.system.event.type";
            self.row("EventType", &[("id", &id), ("name", &name), ("type", &ty)])?;
        }
        for table in ["FieldConfigScheme", "FieldConfiguration"] {
            for id in 0..FIELDS {
                let key = format!("customfield_{}", first + id);
                self.row(table, &[("id", &(first + id)), ("name", &"Default"), ("fieldid", &key)])?;
            }
        }
        for id in 0..10 {
            let name = format!("Field configuration {id}");
            self.row("FieldLayout", &[("id", &(first + id)), ("name", &name)])?;
        }
        for id in 0..10 * FIELDS {
            let key = format!("customfield_{}", first + id % FIELDS);
            self.row(
                "FieldLayoutItem",
                &[
                    ("id", &(first + id)),
                    ("fieldlayout", &(first + id / FIELDS)),
                    ("fieldidentifier", &key),
                    ("ishidden", &"false"),
                    ("isrequired", &"false"),
                ],
            )?;
        }
        for id in 0..60 {
            let name = format!("Screen {id}");
            self.row("FieldScreen", &[("id", &(first + id)), ("name", &name)])?;
        }
        for id in 0..60 * 40 {
            let key = format!("customfield_{}", first + id % FIELDS);
            self.row(
                "FieldScreenLayoutItem",
                &[
                    ("id", &(first + id)),
                    ("fieldidentifier", &key),
                    ("sequence", &(id % 40)),
                    ("fieldscreentab", &(first + id / 40)),
                ],
            )?;
        }
        for id in 0..60 {
            self.row(
                "FieldScreenTab",
                &[("id", &(first + id)), ("name", &"Tab"), ("sequence", &0), ("fieldscreen", &(first + id))],
            )?;
        }
        Ok(())
    }

    fn schemes(&mut self) -> io::Result<()> {
        let first = 10_000;
        for id in 1..6 {
            let name = format!("Type {id}");
            self.row("IssueType", &[("id", &id), ("name", &name)])?;
        }
        for id in 0..PROJECTS {
            for (entity, sink) in
                [("PermissionScheme", first + id % 5), ("WorkflowScheme", first + id % WORKFLOWS)]
            {
                self.row(
                    "NodeAssociation",
                    &[
                        ("sourceNodeId", &(first + id)),
                        ("sourceNodeEntity", &"Project"),
                        ("sinkNodeId", &sink),
                        ("sinkNodeEntity", &entity),
                        ("associationType", &"ProjectScheme"),
                    ],
                )?;
            }
        }
        Ok(())
    }

    fn properties(&mut self, issues: u64) -> io::Result<()> {
        let first = 10_000;
        let apps = 500 + issues / 20;
        for id in 0..apps {
            let key = format!("app.state.{id}");
            self.row(
                "OSPropertyEntry",
                &[
                    ("id", &(first + id)),
                    ("entityName", &"com.example.app"),
                    ("entityId", &1),
                    ("propertyKey", &key),
                    ("type", &6),
                ],
            )?;
        }
        let version = [("jira.version", "8.6.1"), ("jira.version.patched", "806001")];
        for (id, (key, _)) in (1..).zip(version) {
            self.row(
                "OSPropertyEntry",
                &[
                    ("id", &id),
                    ("entityName", &"jira.properties"),
                    ("entityId", &1),
                    ("propertyKey", &key),
                    ("type", &5),
                ],
            )?;
        }
        for (id, (_, value)) in (1..).zip(version) {
            self.row("OSPropertyString", &[("id", &id), ("value", &value)])?;
        }
        for id in 0..apps {
            let value = self.text(1_000, true);
            self.row("OSPropertyText", &[("id", &(first + id)), ("value", &value)])?;
        }
        Ok(())
    }

    fn projects(&mut self) -> io::Result<()> {
        let first = 10_000;
        for id in 0..5 {
            let name = format!("Permissions {id}");
            self.row("PermissionScheme", &[("id", &(first + id)), ("name", &name)])?;
        }
        for id in 0..PROJECTS {
            let (name, key, lead) = (format!("Project {id}"), project_key(id), self.user());
            self.row(
                "Project",
                &[
                    ("id", &(first + id)),
                    ("name", &name),
                    ("key", &key),
                    ("lead", &lead),
                    ("assigneetype", &2),
                ],
            )?;
        }
        for id in 0..500 {
            let parameter = format!("group-{}", id % 30);
            self.row(
                "SchemePermissions",
                &[
                    ("id", &(first + id)),
                    ("scheme", &(first + id / 100)),
                    ("permission", &(10 + id % 30)),
                    ("type", &"group"),
                    ("parameter", &parameter),
                ],
            )?;
        }
        for id in 1..7 {
            let name = format!("Status {id}");
            self.row("Status", &[("id", &id), ("sequence", &id), ("name", &name), ("statuscategory", &2)])?;
        }
        for id in 0..USERS {
            let (name, email) = (format!("user{id}"), format!("user{id}@example.com"));
            self.row(
                "User",
                &[
                    ("id", &(first + id)),
                    ("directoryId", &1),
                    ("userName", &name),
                    ("lowerUserName", &name),
                    ("active", &1),
                    ("displayName", &name),
                    ("emailAddress", &email),
                ],
            )?;
        }
        for id in 0..WORKFLOWS {
            let (name, descriptor) = (format!("Workflow {id}"), workflow(id));
            self.row("Workflow", &[("id", &(first + id)), ("name", &name), ("descriptor", &descriptor)])?;
        }
        for id in 0..WORKFLOWS {
            let name = format!("Workflow scheme {id}");
            self.row("WorkflowScheme", &[("id", &(first + id)), ("name", &name)])?;
        }
        for id in 0..WORKFLOWS {
            let name = format!("Workflow {id}");
            self.row(
                "WorkflowSchemeEntity",
                &[("id", &(first + id)), ("scheme", &(first + id)), ("workflow", &name), ("issuetype", &0)],
            )?;
        }
        Ok(())
    }
}

/// Returns the key of a project: `PAA`, `PAB` …
pub(crate) fn project_key(number: u64) -> String {
    let letter = |digit: u64| char::from(b'A' + (digit % 26) as u8);
    format!("P{}{}", letter(number / 26), letter(number))
}

fn workflow(number: u64) -> String {
    let mut text = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE workflow PUBLIC \"-//OpenSymphony Group//DTD OSWorkflow 2.8//EN\" \
         \"http://www.opensymphony.com/osworkflow/workflow_2_8.dtd\">\n<workflow>\n<initial-actions>\n<action id=\"1\" \
         name=\"Create\">\n<results>\n<unconditional-result old-status=\"Finished\" status=\"Open\" step=\"1\"/>\n\
         </results>\n</action>\n</initial-actions>\n<steps>\n",
    );
    for step in 1..=6 {
        text += &format!(
            "<step id=\"{step}\" name=\"Step {step} of {number}\">\n<meta name=\"jira.status.id\">{step}</meta>\n<actions>\n"
        );
        for action in 1..=3 {
            let (id, target) = (step * 10 + action, (step + action) % 6 + 1);
            text += &format!(
                "<action id=\"{id}\" name=\"Move {action}\">\n<results>\n<unconditional-result old-status=\"Finished\" \
                 status=\"Open\" step=\"{target}\"/>\n</results>\n</action>\n"
            );
        }
        text += "</actions>\n</step>\n";
    }
    text += "</steps>\n</workflow>\n";
    text
}
