//! The configuration of a large instance that is the same on every run, as rows; with one object in a hundred changed on
//! request.

use pcfg::entity::{EntityId, Row, Tables};

use super::random::Random;

/// What is shared by all: projects use one of each at most.
const STATUSES: u64 = 50;
const FIRST: u64 = 10_000;
const SELECT: &str = "com.atlassian.jira.plugin.system.customfieldtypes:select";

/// The kinds of objects, each so many times as it stands here in twenty objects.
const KINDS: [Make; 20] = [
    user,
    user,
    user,
    user,
    user,
    user,
    user,
    user,
    group,
    group,
    custom_field,
    custom_field,
    filter,
    filter,
    screen,
    field_configuration,
    permission_scheme,
    project,
    project,
    workflow,
];

type Make = fn(&mut Maker, u64, bool);

struct Maker {
    tables: Tables,
    /// The last id that was given out for a part.
    parts: u64,
}

/// Returns the rows of about so many objects; if `changed`, one in a hundred is not as it is without.
pub(crate) fn tables(objects: u64, changed: bool) -> Tables {
    let mut maker = Maker { tables: Tables::default(), parts: FIRST };
    shared(&mut maker);
    for number in 0..objects {
        let is_changed = changed && Random::new(number).below(100) == 0;
        KINDS[(number % 20) as usize](&mut maker, number, is_changed);
    }
    assert_eq!(maker.tables.sort(), []);
    maker.tables
}

impl Maker {
    fn row(&mut self, entity: &str, values: &[(&str, &str)]) {
        let entity = EntityId::named(entity);
        let mut row = Row::new(entity);
        values.iter().for_each(|(name, value)| row.put(name, Some(value)));
        self.tables.push(entity, row);
    }

    /// Adds a row with the next id, which is returned.
    fn part(&mut self, entity: &str, values: &[(&str, &str)]) -> String {
        self.parts += 1;
        let id = self.parts.to_string();
        let all: Vec<(&str, &str)> =
            [("id", id.as_str())].into_iter().chain(values.iter().copied()).collect();
        self.row(entity, &all);
        id
    }

    fn setting(&mut self, key: &str, value: &str) {
        let entry =
            [("entityName", "jira.properties"), ("entityId", "1"), ("propertyKey", key), ("type", "5")];
        let id = self.part("OSPropertyEntry", &entry);
        self.row("OSPropertyString", &[("id", &id), ("value", value)]);
    }
}

fn id(number: u64) -> String {
    (FIRST + number).to_string()
}

/// Returns the number of an earlier object of a kind that stands in that place of twenty.
fn other(number: u64, place: u64, salt: u64) -> u64 {
    let twenties = number / 20;
    Random::new(number * 31 + salt).below(twenties.max(1)) * 20 + place
}

/// Returns the number of the object of the same twenty that stands in that place.
fn beside(number: u64, place: u64) -> u64 {
    number - number % 20 + place
}

fn text(number: u64, is_changed: bool) -> String {
    format!("{}{}", Random::new(number).text(60, false), if is_changed { " changed" } else { "" })
}

fn shared(maker: &mut Maker) {
    maker.setting("jira.version", "9.12.4");
    maker.setting("jira.version.patched", "9120004");
    maker.row(
        "Directory",
        &[
            ("id", "1"),
            ("directoryName", "Internal"),
            ("active", "1"),
            ("type", "INTERNAL"),
            ("position", "0"),
        ],
    );
    for number in 1..=STATUSES {
        let (id, name) = (number.to_string(), format!("Status {number}"));
        maker.row("Status", &[("id", &id), ("sequence", &id), ("name", &name), ("statuscategory", "2")]);
    }
    for number in 1..=10 {
        let (id, name) = (number.to_string(), format!("Type {number}"));
        maker.row("IssueType", &[("id", &id), ("sequence", &id), ("name", &name)]);
    }
    maker.row("ProjectRole", &[("id", "10001"), ("name", "Developers")]);
}

fn user(maker: &mut Maker, number: u64, is_changed: bool) {
    let (id, name, key) = (id(number), format!("user{number}"), format!("JIRAUSER{}", FIRST + number));
    let (full, email) =
        (format!("User {number}{}", if is_changed { " changed" } else { "" }), format!("{name}@example.com"));
    maker.row(
        "User",
        &[
            ("id", &id),
            ("directoryId", "1"),
            ("userName", &name),
            ("lowerUserName", &name),
            ("active", "1"),
            ("displayName", &full),
            ("emailAddress", &email),
        ],
    );
    maker.row("ApplicationUser", &[("id", &id), ("userKey", &key), ("lowerUserName", &name)]);
}

fn group(maker: &mut Maker, number: u64, is_changed: bool) {
    let (id_, name) = (id(number), format!("group {number}"));
    maker.row(
        "Group",
        &[
            ("id", &id_),
            ("directoryId", "1"),
            ("groupName", &name),
            ("lowerGroupName", &name),
            ("active", "1"),
            ("description", &text(number, false)),
            ("type", "GROUP"),
        ],
    );
    // The users of its twenty, and another one: of a changed group yet another.
    let mut members: Vec<u64> = (0..8).map(|place| beside(number, place)).collect();
    members.push(other(number, 0, if is_changed { 5 } else { 4 }));
    members.dedup();
    for member in members {
        let (child, child_id) = (format!("user{member}"), id(member));
        maker.part(
            "Membership",
            &[
                ("parentId", &id_),
                ("childId", &child_id),
                ("membershipType", "GROUP_USER"),
                ("parentName", &name),
                ("lowerParentName", &name),
                ("childName", &child),
                ("lowerChildName", &child),
                ("directoryId", "1"),
            ],
        );
    }
}

fn custom_field(maker: &mut Maker, number: u64, is_changed: bool) {
    let (id, name) = (id(number), format!("Field {number}"));
    let key = format!("customfield_{id}");
    maker.row(
        "CustomField",
        &[
            ("id", &id),
            ("customfieldtypekey", SELECT),
            ("name", &name),
            ("description", &text(number, false)),
        ],
    );
    for entity in ["FieldConfigScheme", "FieldConfiguration"] {
        maker.row(entity, &[("id", &id), ("name", "Default"), ("fieldid", &key)]);
    }
    maker.row(
        "FieldConfigSchemeIssueType",
        &[("id", &id), ("fieldconfigscheme", &id), ("fieldconfiguration", &id)],
    );
    maker.row("ConfigurationContext", &[("id", &id), ("key", &key), ("fieldconfigscheme", &id)]);
    // A changed one has an option more.
    for option in 0..if is_changed { 6 } else { 5 } {
        let (sequence, value) = (option.to_string(), format!("Option {option}"));
        maker.part(
            "CustomFieldOption",
            &[
                ("customfield", &id),
                ("customfieldconfig", &id),
                ("sequence", &sequence),
                ("value", &value),
                ("disabled", "N"),
            ],
        );
    }
}

fn filter(maker: &mut Maker, number: u64, is_changed: bool) {
    let (id, name) = (id(number), format!("Filter {number}"));
    let owner = format!("JIRAUSER{}", FIRST + other(number, 0, 1));
    let (project, field) = (FIRST + other(number, 17, 2), FIRST + other(number, 10, 3));
    let end = if is_changed { " ORDER BY created" } else { "" };
    let request =
        format!("project = {project} AND cf[{field}] = \"Option 1\" AND status = \"Status 3\"{end}");
    maker.row(
        "SearchRequest",
        &[
            ("id", &id),
            ("name", &name),
            ("nameLower", &name.to_lowercase()),
            ("author", &owner),
            ("user", &owner),
            ("request", &request),
            ("favCount", "0"),
        ],
    );
    let group = format!("group {}", beside(number, 8));
    maker.part(
        "SharePermissions",
        &[
            ("entityId", &id),
            ("entityType", "SearchRequest"),
            ("type", "group"),
            ("param1", &group),
            ("rights", "1"),
        ],
    );
}

fn screen(maker: &mut Maker, number: u64, is_changed: bool) {
    let (id, name) = (id(number), format!("Screen {number}"));
    maker.row("FieldScreen", &[("id", &id), ("name", &name), ("description", &text(number, false))]);
    maker.row("FieldScreenTab", &[("id", &id), ("name", "Tab"), ("sequence", "0"), ("fieldscreen", &id)]);
    let mut fields: Vec<String> = (0..10)
        .map(|field| format!("customfield_{}", FIRST + other(number, 10 + field % 2, field)))
        .collect();
    fields.sort();
    fields.dedup();
    // In a changed one the last field comes first.
    if is_changed {
        fields.rotate_right(1);
    }
    for (place, field) in fields.iter().enumerate() {
        let place = place.to_string();
        maker.part(
            "FieldScreenLayoutItem",
            &[("fieldidentifier", field), ("sequence", &place), ("fieldscreentab", &id)],
        );
    }
}

fn field_configuration(maker: &mut Maker, number: u64, is_changed: bool) {
    let (id, name) = (id(number), format!("Field configuration {number}"));
    maker.row("FieldLayout", &[("id", &id), ("name", &name)]);
    maker.row("FieldLayoutScheme", &[("id", &id), ("name", &name)]);
    maker.row("FieldLayoutSchemeEntity", &[("id", &id), ("scheme", &id), ("fieldlayout", &id)]);
    let mut fields: Vec<String> = (0..10)
        .map(|field| format!("customfield_{}", FIRST + other(number, 10 + field % 2, field)))
        .collect();
    fields.sort();
    fields.dedup();
    for (place, field) in fields.iter().enumerate() {
        let is_required = if is_changed && place == 0 { "true" } else { "false" };
        maker.part(
            "FieldLayoutItem",
            &[
                ("fieldlayout", &id),
                ("fieldidentifier", field),
                ("ishidden", "false"),
                ("isrequired", is_required),
            ],
        );
    }
}

fn permission_scheme(maker: &mut Maker, number: u64, is_changed: bool) {
    let (id, name) = (id(number), format!("Permissions {number}"));
    maker.row("PermissionScheme", &[("id", &id), ("name", &name)]);
    let permissions = ["BROWSE_PROJECTS", "CREATE_ISSUES", "EDIT_ISSUES", "CLOSE_ISSUES", "LINK_ISSUES"];
    for (place, permission) in permissions.into_iter().enumerate() {
        let place = place as u64;
        let group = format!("group {}", beside(number, 8 + place % 2));
        let holder =
            if is_changed && place == 0 { ("projectrole", "10001") } else { ("group", group.as_str()) };
        maker.part(
            "SchemePermissions",
            &[("scheme", &id), ("permissionKey", permission), ("type", holder.0), ("parameter", holder.1)],
        );
    }
}

fn project(maker: &mut Maker, number: u64, is_changed: bool) {
    let (id_, name, key) = (id(number), format!("Project {number}"), format!("P{number}"));
    let lead = format!("JIRAUSER{}", FIRST + other(number, 0, 1));
    maker.row(
        "Project",
        &[
            ("id", &id_),
            ("name", &name),
            ("key", &key),
            ("originalkey", &key),
            ("lead", &lead),
            ("assigneetype", "2"),
            ("description", &text(number, is_changed)),
            ("projecttype", "business"),
        ],
    );
    maker.part("ProjectKey", &[("projectId", &id_), ("projectKey", &key)]);
    for version in 1..=3 {
        let (name, sequence) = (format!("{version}.0"), version.to_string());
        maker.part("Version", &[("project", &id_), ("name", &name), ("sequence", &sequence)]);
    }
    for component in ["Backend", "Frontend"] {
        maker.part("Component", &[("project", &id_), ("name", component), ("assigneetype", "0")]);
    }
    let member = format!("group {}", other(number, 8, 2));
    maker.part(
        "ProjectRoleActor",
        &[
            ("pid", &id_),
            ("projectroleid", "10001"),
            ("roletype", "atlassian-group-role-actor"),
            ("roletypeparameter", &member),
        ],
    );
    let associations = [("PermissionScheme", 16), ("WorkflowScheme", 19), ("FieldLayoutScheme", 15)];
    for (entity, place) in associations {
        maker.row(
            "NodeAssociation",
            &[
                ("sourceNodeId", &id_),
                ("sourceNodeEntity", "Project"),
                ("sinkNodeId", &id(beside(number, place))),
                ("sinkNodeEntity", entity),
                ("associationType", "ProjectScheme"),
            ],
        );
    }
}

fn workflow(maker: &mut Maker, number: u64, is_changed: bool) {
    let mut steps = String::new();
    let screen = id(beside(number, 14));
    for step in 1..=4 {
        let (status, to) = ((number + step) % STATUSES + 1, step % 4 + 1);
        steps += &format!(
            "<step id=\"{step}\" name=\"Status {status}\"><meta name=\"jira.status.id\">{status}</meta><actions>\
             <action id=\"{step}1\" name=\"Go\" view=\"fieldscreen\"><meta name=\"jira.fieldscreen.id\">{screen}</meta><results><unconditional-result old-status=\"x\" status=\"y\" step=\"{to}\"/>\
             </results></action></actions></step>"
        );
    }
    let descriptor = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><workflow><meta name=\"jira.description\">{}</meta><initial-actions>\
         <action id=\"1\" name=\"Create\"><results><unconditional-result old-status=\"null\" status=\"open\" step=\"1\"/>\
         </results></action></initial-actions><steps>{steps}</steps></workflow>",
        if is_changed { "changed" } else { "as made" }
    );
    let name = format!("Workflow {number}");
    let id = id(number);
    maker.row("Workflow", &[("id", &id), ("name", &name), ("descriptor", &descriptor)]);
    maker.row("WorkflowScheme", &[("id", &id), ("name", &name)]);
    let scheme = [("id", id.as_str()), ("scheme", &id), ("workflow", &name), ("issuetype", "0")];
    maker.row("WorkflowSchemeEntity", &scheme);
}
