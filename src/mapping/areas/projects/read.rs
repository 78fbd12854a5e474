//! Projects with their versions, components and role members; project categories and project roles, read from rows.
//!
//! Invariant: what a project refers to exists; a scheme that it does not name is Jira's default for it.

use std::collections::{HashMap, HashSet};

use super::sender;
use crate::entity::Row;
use crate::mapping::ground::context::Context;
use crate::mapping::ground::enumeration::said;
use crate::mapping::ground::lens::{DESCRIPTION, Lens};
use crate::mapping::ground::properties::Properties;
use crate::model::{Name, Node, Path};
use crate::schema::DUPLICATE;

/// The schemes that a `NodeAssociation` joins to a project: the entity at its end, and the kind. Issue type schemes
/// and priority schemes are not among them: they are contexts of a field.
pub(crate) const SCHEMES: [(&str, &str); 6] = [
    ("FieldLayoutScheme", "fieldConfigurationScheme"),
    ("IssueSecurityScheme", "issueSecurityScheme"),
    ("IssueTypeScreenScheme", "issueTypeScreenScheme"),
    ("NotificationScheme", "notificationScheme"),
    ("PermissionScheme", "permissionScheme"),
    ("WorkflowScheme", "workflowScheme"),
];

/// The schemes that are contexts of a field: the field, and the kind.
pub(crate) const FIELD_SCHEMES: [(&str, &str); 2] =
    [("issuetype", "issueTypeScheme"), ("priority", "priorityScheme")];

/// What a `ProjectRoleActor` is, if it is a user.
pub(crate) const USER_ACTOR: &str = "atlassian-user-role-actor";

/// What a `ProjectRoleActor` is, if it is a group.
pub(crate) const GROUP_ACTOR: &str = "atlassian-group-role-actor";

pub(crate) const CATEGORY: Lens = Lens { kind: "projectCategory", fields: &[DESCRIPTION] };

pub(crate) fn read(context: &mut Context<'_>) {
    CATEGORY.read(context);
    let actors = Actors::new(context);
    for row in context.tables.rows("ProjectRole") {
        let Some(name) = context.names.get("projectRole", row.id()) else { continue };
        let node = name.definition("projectRole").text_if("description", row.get("description"));
        // A role actor without a project is a default member, who joins every new project.
        let members = actors.members("", row.id(), "defaultUser", "defaultGroup");
        context.add(node.with_all(members));
    }
    context.note_orphans("ProjectRoleActor", "pid", "project");
    context.note_orphans("Version", "project", "project");
    context.note_orphans("Component", "project", "project");
    let versions = context.tables.by("Version", "project");
    let components = context.tables.by("Component", "project");
    let schemes = schemes(context);
    for row in context.tables.rows("Project") {
        let Some(key) = context.names.get("project", row.id()) else { continue };
        let node = project(context, row, key)
            .with_all(schemes.get(row.id()).into_iter().flatten().cloned())
            .with_if(read_versions(context, rows_of(&versions, row.id())).unless_empty())
            .with_if(read_components(context, key, rows_of(&components, row.id())).unless_empty())
            .with_if(role_members(context, &actors, row.id()).unless_empty());
        context.add(node);
    }
}

fn rows_of<'a, 'b>(parts: &'b HashMap<&str, Vec<&'a Row>>, project: &str) -> &'b [&'a Row] {
    parts.get(project).map_or(&[], Vec::as_slice)
}

fn project(context: &mut Context<'_>, row: &Row, key: &Name) -> Node {
    let path = Path::object("project", &key.text);
    let lead = user(context, row.get("lead"), path.child("lead"));
    let mut node = Node::new("project");
    if let Some(number) = key.get(DUPLICATE) {
        node = node.attribute(DUPLICATE, number);
    }
    node.text("key", key.text.clone())
        .text("name", row.get("name").unwrap_or(""))
        .text_if("description", row.get("description"))
        .text_if("url", row.get("url"))
        .name_if("lead", lead.as_ref())
        .text_if("defaultAssignee", Some(default_assignee(context.properties, row)))
        .text_if("projectType", row.get("projecttype"))
        .with_if(sender::read(context, row.id(), path))
}

/// Returns who gets the issues of a project. NULL (projects made before Jira knew the setting) means what the instance
/// allows: nobody if it allows issues without assignee, else the lead.
pub(crate) fn default_assignee<'a>(properties: &Properties, row: &'a Row) -> &'a str {
    match row.text("assigneetype") {
        Some("2") => "projectLead",
        Some("3") => "unassigned",
        Some(unknown) => unknown,
        None if properties.setting("jira.option.allowunassigned") == Some("1") => "unassigned",
        None => "projectLead",
    }
}

/// Returns the references to schemes and to the category, by the id of the project.
fn schemes<'a>(context: &mut Context<'a>) -> HashMap<&'a str, Vec<Node>> {
    let tables = context.tables;
    let names = context.names;
    let mut by_project: HashMap<&'a str, Vec<Node>> = HashMap::new();
    let mut lost: Vec<(&'a str, &'static str)> = Vec::new();
    for row in tables.rows("NodeAssociation") {
        if row.get("sourceNodeEntity") != Some("Project") {
            continue;
        }
        let kind = match (row.get("associationType"), row.get("sinkNodeEntity")) {
            (Some("ProjectCategory"), Some("ProjectCategory")) => "projectCategory",
            (Some("ProjectScheme"), Some(sink)) => match SCHEMES.iter().find(|(entity, _)| *entity == sink) {
                Some((_, kind)) => kind,
                None => continue,
            },
            _ => continue,
        };
        let project = row.get("sourceNodeId").unwrap_or("");
        let scheme = row.get("sinkNodeId").unwrap_or("");
        let Some(key) = names.get("project", project) else {
            context.dangling(
                Path::object("project", &format!("id {project}")),
                format!("a {kind} is assigned to a project that does not exist"),
            );
            continue;
        };
        let path = Path::object("project", &key.text).child(kind);
        let known = by_project.entry(project).or_default();
        match names.get(kind, scheme) {
            Some(_) if known.iter().any(|other| other.tag() == kind) => {
                context.misfit(path, "there are several; all but one were left out");
            }
            Some(name) => known.push(name.reference(kind)),
            None => {
                context.dangling(path, format!("there is no {kind} with id {scheme}; it was left out"));
                lost.push((project, kind));
            }
        }
    }
    for (field, kind) in FIELD_SCHEMES {
        let rows = tables.rows("ConfigurationContext").iter().filter(|row| row.get("key") == Some(field));
        let mut by_owner: HashMap<Option<&str>, &Name> = HashMap::new();
        let mut gone: HashSet<Option<&str>> = HashSet::new();
        for row in rows.filter(|row| row.text("projectcategory").is_none()) {
            let scheme = row.get("fieldconfigscheme").unwrap_or("");
            match names.get(kind, scheme) {
                Some(name) => {
                    by_owner.entry(row.text("project")).or_insert(name);
                }
                None => {
                    gone.insert(row.text("project"));
                    context.dangling(
                        Path::object(kind, &format!("id {scheme}")),
                        "a project, or the default, uses a scheme that does not exist",
                    );
                }
            }
        }
        for project in tables.rows("Project") {
            if !by_owner.contains_key(&Some(project.id())) && gone.contains(&Some(project.id())) {
                lost.push((project.id(), kind));
                continue;
            }
            let scheme = by_owner.get(&Some(project.id())).or_else(|| by_owner.get(&None));
            by_project.entry(project.id()).or_default().extend(scheme.map(|name| name.reference(kind)));
        }
    }
    for (project, kind) in lost {
        let known = by_project.entry(project).or_default();
        if known.iter().all(|own| own.tag() != kind) {
            known.push(Node::lost(kind));
        }
    }
    by_project
}

fn read_versions(context: &Context<'_>, rows: &[&Row]) -> Node {
    let versions = rows.iter().filter_map(|row| {
        let name = context.names.get("version", row.id())?.without("project");
        let node = name
            .definition("version")
            .text_if("sequence", row.get("sequence"))
            .text_if("description", row.get("description"))
            .text_if("startDate", row.get("startdate").map(day))
            .text_if("releaseDate", row.get("releasedate").map(day))
            .flag("released", row.truth("released"))
            .flag("archived", row.truth("archived"));
        Some(node)
    });
    Node::new("versions").with_all(versions)
}

/// Cuts a moment down to the day: that is all that Jira lets people enter.
pub(crate) fn day(moment: &str) -> &str {
    moment.split([' ', 'T']).next().unwrap_or(moment)
}

fn read_components(context: &mut Context<'_>, project: &Name, rows: &[&Row]) -> Node {
    let mut node = Node::new("components");
    for row in rows {
        let Some(name) = context.names.get("component", row.id()) else { continue };
        let path = Path::object("project", &project.text).part("component", &name.text);
        let lead = user(context, row.get("lead"), path.child("componentLead"));
        node = node.with(
            name.without("project")
                .definition("component")
                .text_if("description", row.get("description"))
                .name_if("componentLead", lead.as_ref())
                .text("defaultAssignee", component_assignee(row))
                .mark("archived", row.truth("archived")),
        );
    }
    node
}

/// Who can get the issues of a component, by number; NULL is the first.
pub(crate) const COMPONENT_ASSIGNEES: [(&str, &str); 4] =
    [("0", "projectDefault"), ("1", "componentLead"), ("2", "projectLead"), ("3", "unassigned")];

/// Returns who gets the issues of a component.
pub(crate) fn component_assignee(row: &Row) -> &str {
    let number = row.text("assigneetype").unwrap_or(COMPONENT_ASSIGNEES[0].0);
    said(&COMPONENT_ASSIGNEES, number).unwrap_or(number)
}

fn role_members(context: &Context<'_>, actors: &Actors, project: &str) -> Node {
    let memberships = context.tables.rows("ProjectRole").iter().filter_map(|row| {
        let name = context.names.get("projectRole", row.id())?;
        let members = actors.members(project, row.id(), "memberUser", "memberGroup");
        let node = Node::new("projectRoleMembership").with(name.reference("name")).with_all(members);
        actors.has(project, row.id()).then_some(node)
    });
    Node::new("projectRoleMembers").with_all(memberships)
}

/// Returns the user that a key means; a key that means nobody is noted.
fn user(context: &mut Context<'_>, key: Option<&str>, path: Path) -> Option<Name> {
    let key = key.filter(|key| !key.is_empty())?;
    let user = context.names.user(key);
    if user.is_none() {
        context.dangling(path, format!("there is no user with key {key}; it was left out"));
    }
    user
}

/// Who has which role: users and groups by the ids of project and role; the project is empty for default members.
struct Actors {
    by_role: HashMap<(String, String), Vec<(Who, Name)>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Who {
    User,
    Group,
}

impl Actors {
    fn new(context: &mut Context<'_>) -> Self {
        let mut by_role: HashMap<_, Vec<_>> = HashMap::new();
        for row in context.tables.rows("ProjectRoleActor") {
            let (project, role) = (row.get("pid").unwrap_or(""), row.get("projectroleid").unwrap_or(""));
            let parameter = row.get("roletypeparameter").unwrap_or("");
            let Some(name) = context.names.get("projectRole", role) else {
                let path = Path::object("projectRole", &format!("id {role}"));
                context.dangling(path, "there are members of a role that does not exist");
                continue;
            };
            let path = Path::object("projectRole", &name.text);
            let (who, actor) = match row.get("roletype").unwrap_or("") {
                USER_ACTOR => (Who::User, context.names.user(parameter)),
                GROUP_ACTOR => (Who::Group, context.names.group(parameter)),
                unknown => {
                    let message =
                        format!("members of type `{unknown}` are not supported; they were left out");
                    context.misfit(path, message);
                    continue;
                }
            };
            match actor {
                Some(actor) => {
                    by_role.entry((project.to_owned(), role.to_owned())).or_default().push((who, actor));
                }
                None => context
                    .dangling(path, format!("the member `{parameter}` does not exist; it was left out")),
            }
        }
        Self { by_role }
    }

    fn get(&self, project: &str, role: &str) -> &[(Who, Name)] {
        self.by_role.get(&(project.to_owned(), role.to_owned())).map_or(&[], Vec::as_slice)
    }

    fn has(&self, project: &str, role: &str) -> bool {
        !self.get(project, role).is_empty()
    }

    fn members(
        &self,
        project: &str,
        role: &str,
        user: &'static str,
        group: &'static str,
    ) -> impl Iterator<Item = Node> {
        self.get(project, role).iter().map(move |(who, name)| match who {
            Who::User => name.reference(user),
            Who::Group => name.reference(group),
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::mapping::described;

    type Row<'a> = (&'a str, &'a [(&'a str, &'a str)]);

    const PROJECT: Row<'_> =
        ("Project", &[("id", "1"), ("key", "ONE"), ("name", "One"), ("assigneetype", "2")]);

    #[test]
    fn the_context_of_the_project_wins_over_the_default() {
        let scheme = |id: &'static str, name: &'static str, field: &'static str| {
            [("id", id), ("name", name), ("fieldid", field)]
        };
        let rows: &[Row<'_>] = &[
            PROJECT,
            ("Project", &[("id", "2"), ("key", "TWO"), ("name", "Two"), ("assigneetype", "3")]),
            ("FieldConfigScheme", &scheme("10", "Default types", "issuetype")),
            ("FieldConfigScheme", &scheme("11", "Types of One", "issuetype")),
            ("ConfigurationContext", &[("id", "1"), ("key", "issuetype"), ("fieldconfigscheme", "10")]),
            (
                "ConfigurationContext",
                &[("id", "2"), ("key", "issuetype"), ("project", "1"), ("fieldconfigscheme", "11")],
            ),
        ];
        insta::assert_snapshot!(described(rows, "project", "ONE").0, @r"
        <project>
          <key>ONE</key>
          <name>One</name>
          <defaultAssignee>projectLead</defaultAssignee>
          <issueTypeScheme>Types of One</issueTypeScheme>
        </project>
        ");
        // No priority scheme: the instance is older than they are.
        insta::assert_snapshot!(described(rows, "project", "TWO").0, @r"
        <project>
          <key>TWO</key>
          <name>Two</name>
          <defaultAssignee>unassigned</defaultAssignee>
          <issueTypeScheme>Default types</issueTypeScheme>
        </project>
        ");
    }

    #[test]
    fn what_is_gone_is_left_out() {
        let sink = |entity: &'static str, id: &'static str| {
            [
                ("sourceNodeEntity", "Project"),
                ("sourceNodeId", "1"),
                ("sinkNodeEntity", entity),
                ("sinkNodeId", id),
                ("associationType", "ProjectScheme"),
            ]
        };
        let rows: &[Row<'_>] = &[
            ("Project", &[("id", "1"), ("key", "ONE"), ("name", "One"), ("lead", "JIRAUSER10100")]),
            ("PermissionScheme", &[("id", "0"), ("name", "Default")]),
            ("NodeAssociation", &sink("PermissionScheme", "0")),
            ("NodeAssociation", &sink("NotificationScheme", "5")),
            ("Version", &[("id", "1"), ("project", "9"), ("name", "1.0")]),
            ("ProjectRole", &[("id", "40"), ("name", "Users")]),
            ("ProjectRoleActor", &[("id", "50"), ("pid", "1"), ("projectroleid", "40"), ("roletype", "odd")]),
        ];
        let (project, notes) = described(rows, "project", "ONE");
        insta::assert_snapshot!(project, @"
        <project>
          <key>ONE</key>
          <name>One</name>
          <defaultAssignee>projectLead</defaultAssignee>
          <permissionScheme>Default</permissionScheme>
          <lost>
            <part>notificationScheme</part>
          </lost>
        </project>
        ");
        insta::assert_snapshot!(notes.join("\n"), @r"
        Misfit /projectRole[Users]: members of type `odd` are not supported; they were left out
        Dangling /project[ONE]/lead: there is no user with key JIRAUSER10100; it was left out
        Dangling /project[ONE]/notificationScheme: there is no notificationScheme with id 5; it was left out
        Dangling /project[id 9]: 1 rows of Version belong to a project that does not exist
        ");
    }

    #[test]
    fn parts_carry_no_owner_and_all_flags() {
        let rows: &[Row<'_>] = &[
            PROJECT,
            ("OSUser", &[("id", "1"), ("name", "Ann")]),
            ("Version", &[("id", "2"), ("project", "1"), ("name", "2.0"), ("sequence", "3")]),
            (
                "Version",
                &[
                    ("id", "3"),
                    ("project", "1"),
                    ("name", "1.0"),
                    ("sequence", "1"),
                    ("releasedate", "2010-08-25 00:00:00.0"),
                    ("released", "true"),
                ],
            ),
            (
                "Component",
                &[("id", "4"), ("project", "1"), ("name", "Core"), ("lead", "ann"), ("assigneetype", "1")],
            ),
            ("Component", &[("id", "5"), ("project", "1"), ("name", "Core"), ("assigneetype", "7")]),
        ];
        let (project, notes) = described(rows, "project", "ONE");
        insta::assert_snapshot!(project, @r#"
        <project>
          <key>ONE</key>
          <name>One</name>
          <defaultAssignee>projectLead</defaultAssignee>
          <versions>
            <version>
              <sequence>1</sequence>
              <name>1.0</name>
              <releaseDate>2010-08-25</releaseDate>
              <released>true</released>
              <archived>false</archived>
            </version>
            <version>
              <sequence>2</sequence>
              <name>2.0</name>
              <released>false</released>
              <archived>false</archived>
            </version>
          </versions>
          <components>
            <component>
              <name>Core</name>
              <componentLead>Ann</componentLead>
              <defaultAssignee>componentLead</defaultAssignee>
            </component>
            <component duplicate="2">
              <name>Core</name>
            </component>
          </components>
          <unreadable part="components/component/defaultAssignee">7</unreadable>
        </project>
        "#);
        assert_eq!(notes.len(), 2, "the second component of the name, and its assignee: {notes:#?}");
    }

    #[test]
    fn a_deleted_component_is_no_configuration() {
        let component = |deleted: &'static [(&'static str, &'static str)]| ("Component", deleted);
        let rows: &[Row<'_>] = &[
            PROJECT,
            component(&[("id", "4"), ("project", "1"), ("name", "Kept"), ("deleted", "N")]),
            component(&[("id", "5"), ("project", "1"), ("name", "Gone"), ("deleted", "Y")]),
        ];
        let (project, _) = described(rows, "project", "ONE");
        assert!(project.contains("Kept") && !project.contains("Gone"), "{project}");
    }

    #[test]
    fn a_project_older_than_the_setting_follows_the_instance() {
        let allowed: &[Row<'_>] = &[
            ("Project", &[("id", "1"), ("key", "ONE"), ("name", "One")]),
            (
                "OSPropertyEntry",
                &[
                    ("id", "9"),
                    ("entityName", "jira.properties"),
                    ("entityId", "1"),
                    ("propertyKey", "jira.option.allowunassigned"),
                    ("type", "1"),
                ],
            ),
            ("OSPropertyNumber", &[("id", "9"), ("value", "1")]),
        ];
        let assignee = |rows| described(rows, "project", "ONE").0.contains("unassigned");
        assert!(assignee(allowed));
        assert!(!assignee(&allowed[..1]));
    }
}
