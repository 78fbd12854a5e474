//! What the ids of an instance mean: kind and id to the name that references write.
//!
//! Invariant: within a kind (and, for parts, within their owner) no two ids have the same [`Name`]; where the data has
//! two objects of one identity, the younger ones carry a `duplicate` number and a note says so.

use std::collections::{HashMap, HashSet};

use super::accounts;
use crate::entity::{Row, Tables};
use crate::model::{Name, NoteKind, Path, Snapshot};
use crate::schema::DUPLICATE;

/// The prefix of a custom field's id wherever a field is meant.
const CUSTOM_FIELD: &str = "customfield_";

/// What ids mean.
#[derive(Debug, Default)]
pub(crate) struct Names {
    by_id: HashMap<&'static str, HashMap<String, Name>>,
    /// User names by user key, and by user name in lower case.
    users: HashMap<String, String>,
    /// User names as they are spelled, by user name in lower case.
    accounts: HashMap<String, String>,
    /// Group names as they are spelled, by the name in lower case where Jira ignores case.
    groups: HashMap<String, String>,
    /// The keys of projects.
    projects: HashSet<String>,
}

impl Names {
    /// Gives every object of the instance its name.
    pub(crate) fn new(tables: &Tables, snapshot: &mut Snapshot) -> Self {
        let mut names = Self::default();
        names.users(tables);
        names.groups = accounts::groups(tables);
        let simple = [
            ("projectCategory", "ProjectCategory"),
            ("projectRole", "ProjectRole"),
            ("priority", "Priority"),
            ("resolution", "Resolution"),
            ("status", "Status"),
            ("eventType", "EventType"),
            ("fieldConfiguration", "FieldLayout"),
            ("fieldConfigurationScheme", "FieldLayoutScheme"),
            ("screen", "FieldScreen"),
            ("screenScheme", "FieldScreenScheme"),
            ("issueTypeScreenScheme", "IssueTypeScreenScheme"),
            ("workflowEntry", "Workflow"),
            ("workflowScheme", "WorkflowScheme"),
            ("permissionScheme", "PermissionScheme"),
            ("notificationScheme", "NotificationScheme"),
            ("issueSecurityScheme", "IssueSecurityScheme"),
        ];
        for (kind, entity) in simple {
            let entries = tables.rows(entity).iter().filter_map(|row| plain(row, "name"));
            names.register(kind, entries, snapshot);
        }
        let rows = |entity| tables.rows(entity).iter();
        names.register("project", rows("Project").filter_map(|row| plain(row, "key")), snapshot);
        names.projects = rows("Project").filter_map(|row| row.text("key")).map(str::to_owned).collect();
        names.register(
            "issueType",
            rows("IssueType").filter_map(|row| {
                let subtask = if row.get("style") == Some("jira_subtask") { "true" } else { "" };
                plain(row, "name").map(|(id, name)| (id, name.with("subtask", subtask)))
            }),
            snapshot,
        );
        names.register(
            "issueLink",
            rows("IssueLinkType").filter_map(|row| {
                let style = row.get("style").unwrap_or("");
                plain(row, "linkname").map(|(id, name)| (id, name.with("style", style)))
            }),
            snapshot,
        );
        names.register(
            "customField",
            rows("CustomField").filter_map(|row| {
                let ty = row.text("customfieldtypekey")?;
                plain(row, "name").map(|(id, name)| (id, name.with("type", ty)))
            }),
            snapshot,
        );
        for (kind, field) in [("issueTypeScheme", "issuetype"), ("priorityScheme", "priority")] {
            let schemes = rows("FieldConfigScheme").filter(|row| row.get("fieldid") == Some(field));
            names.register(kind, schemes.filter_map(|row| plain(row, "name")), snapshot);
        }
        let filters: Vec<_> = rows("SearchRequest")
            .filter_map(|row| {
                let author = names.user(row.get("author").unwrap_or("")).unwrap_or_default();
                plain(row, "name").map(|(id, name)| (id, name.with("author", &author.text)))
            })
            .collect();
        names.register("filter", filters.into_iter(), snapshot);
        let dashboards: Vec<_> = rows("PortalPage")
            .filter_map(|row| {
                let author = names.user(row.get("username").unwrap_or("")).unwrap_or_default();
                plain(row, "pagename").map(|(id, name)| (id, name.with("author", &author.text)))
            })
            .collect();
        names.register("dashboard", dashboards.into_iter(), snapshot);
        let boards: Vec<_> = rows("AO_60DB71_RAPIDVIEW")
            .filter_map(|row| {
                let ty = if row.truth("SPRINTS_ENABLED") { "scrum" } else { "kanban" };
                // A board without its filter is left out, and nothing can name it.
                let filter = names.get("filter", row.get("SAVED_FILTER_ID")?)?;
                let author = filter.get("author").unwrap_or("").to_owned();
                let name = plain(row, "NAME")?;
                Some((
                    name.0,
                    name.1.with("type", ty).with("mainFilter", &filter.text).with("author", &author),
                ))
            })
            .collect();
        names.register("scrumKanbanBoard", boards.into_iter(), snapshot);
        names.parts("version", tables, "Version", "project", "project", snapshot);
        names.parts("component", tables, "Component", "project", "project", snapshot);
        names.parts(
            "issueSecurityLevel",
            tables,
            "SchemeIssueSecurityLevels",
            "scheme",
            "issueSecurityScheme",
            snapshot,
        );
        names.options(tables, snapshot);
        names
    }

    /// Returns the name of an object.
    pub(crate) fn get(&self, kind: &str, id: &str) -> Option<&Name> {
        self.by_id.get(kind)?.get(id.trim())
    }

    /// Returns the name of a field: a system field is its own name.
    pub(crate) fn field(&self, identifier: &str) -> Option<Name> {
        match identifier.strip_prefix(CUSTOM_FIELD) {
            Some(id) => self.get("customField", id).cloned(),
            None if identifier.is_empty() => None,
            None => Some(Name::plain(identifier)),
        }
    }

    /// Returns the user name that a user key means. A key that no table knows was a user name before Jira 6.0, and is
    /// returned as such; a key that Jira made up (`JIRAUSER10000`, before 8.4 `ID10000`) then means nobody.
    pub(crate) fn user(&self, key: &str) -> Option<Name> {
        if let Some(name) = self.users.get(key).or_else(|| self.users.get(&key.to_lowercase())) {
            return Some(Name::plain(name.clone()));
        }
        (!key.is_empty() && !is_made_up(key)).then(|| Name::plain(key))
    }

    /// Returns the user of that name, in any case, as the name is spelled; `None` if there is no such account. A name
    /// may be the key of another user: users can be renamed from Jira 6.0 on.
    pub(crate) fn account(&self, name: &str) -> Option<Name> {
        self.accounts.get(&name.to_lowercase()).map(Name::plain)
    }

    /// Returns the name of a group, by which every row refers to it, as the group spells it.
    pub(crate) fn group(&self, name: &str) -> Option<Name> {
        self.known_group(name).or_else(|| (!name.is_empty()).then(|| Name::plain(name)))
    }

    /// Returns the name of a group that exists, as it spells it.
    pub(crate) fn known_group(&self, name: &str) -> Option<Name> {
        self.groups.get(name).or_else(|| self.groups.get(&name.to_lowercase())).map(Name::plain)
    }

    /// Returns the name of the project that has a key; of several the oldest.
    pub(crate) fn project(&self, key: &str) -> Option<Name> {
        self.projects.get(key).map(Name::plain)
    }

    /// Returns the ids of a kind, with their names, in no particular order.
    pub(crate) fn all(&self, kind: &str) -> impl Iterator<Item = (&str, &Name)> {
        self.by_id.get(kind).into_iter().flatten().map(|(id, name)| (id.as_str(), name))
    }

    /// Returns the names of a kind without those of younger objects of the same name, in no particular order: where Jira stores
    /// a name, the oldest is meant.
    pub(crate) fn oldest(&self, kind: &str) -> impl Iterator<Item = &Name> {
        self.all(kind).map(|(_, name)| name).filter(|name| name.get(DUPLICATE).is_none())
    }

    fn users(&mut self, tables: &Tables) {
        self.accounts = accounts::accounts(tables);
        // User keys are a table of their own from Jira 6.0 on.
        let rows = tables.rows("ApplicationUser");
        for row in rows {
            if let (Some(key), Some(lower)) = (row.text("userKey"), row.text("lowerUserName")) {
                let name = self.accounts.get(lower).cloned().unwrap_or_else(|| lower.to_owned());
                self.users.insert(key.to_owned(), name);
            }
        }
        if rows.is_empty() {
            self.users = self.accounts.clone();
        }
    }

    fn register(
        &mut self,
        kind: &'static str,
        entries: impl Iterator<Item = (String, Name)>,
        snapshot: &mut Snapshot,
    ) {
        let mut seen: HashMap<Name, usize> = HashMap::new();
        for (id, name) in entries {
            let name = tell_apart(kind, name, &mut seen, &Path::default(), snapshot);
            self.by_id.entry(kind).or_default().insert(id, name);
        }
    }

    /// Registers the parts of global objects; references from elsewhere name the owner in an attribute of the same
    /// name as the column.
    fn parts(
        &mut self,
        kind: &'static str,
        tables: &Tables,
        entity: &str,
        column: &'static str,
        owner_kind: &'static str,
        snapshot: &mut Snapshot,
    ) {
        let mut seen: HashMap<Name, HashMap<Name, usize>> = HashMap::new();
        for row in tables.rows(entity) {
            let Some(owner) = row.get(column).and_then(|id| self.get(owner_kind, id)).cloned() else {
                continue;
            };
            // Jira 9 keeps deleted components, marked, for the issues that had them (a column of 9.12.4, seen without rows).
            if entity == "Component" && row.truth("deleted") {
                continue;
            }
            let Some((id, name)) = plain(row, "name") else { continue };
            let path = Path::object(owner_kind, &owner.text);
            let name = tell_apart(kind, name, seen.entry(owner.clone()).or_default(), &path, snapshot);
            self.by_id.entry(kind).or_default().insert(id, name.with(column, &owner.text));
        }
    }

    /// Registers options; the owner is their configuration, so references from elsewhere cannot name it.
    fn options(&mut self, tables: &Tables, snapshot: &mut Snapshot) {
        let options = tables.rows("CustomFieldOption").iter();
        let texts: HashMap<(&str, &str), &str> = options
            .filter_map(|row| Some(((row.id(), row.get("customfieldconfig")?), row.text("value")?)))
            .collect();
        let mut seen: HashMap<&str, HashMap<Name, usize>> = HashMap::new();
        let known: HashSet<&str> = tables.rows("FieldConfiguration").iter().map(Row::id).collect();
        for row in tables.rows("CustomFieldOption") {
            let Some(config) = row.get("customfieldconfig").filter(|id| known.contains(id)) else { continue };
            let parent = match row.text("parentoptionid").map(|id| texts.get(&(id, config))) {
                None => "",
                Some(Some(parent)) => parent,
                // An option whose parent was deleted, or is one of another configuration, has nowhere to stand; it must
                // not turn into a parent itself.
                Some(None) => continue,
            };
            let Some((id, name)) = plain(row, "value") else { continue };
            let field = row.get("customfield").and_then(|id| self.get("customField", id));
            let path = Path::object("customField", field.map_or("", |field| &field.text));
            let name = name.with("parentOption", parent);
            let name = tell_apart("option", name, seen.entry(config).or_default(), &path, snapshot);
            self.by_id.entry("option").or_default().insert(id, name);
        }
    }
}

/// Returns whether a user key is one that Jira made up because the user name could not be the key.
fn is_made_up(key: &str) -> bool {
    ["JIRAUSER", "ID"]
        .iter()
        .filter_map(|prefix| key.strip_prefix(prefix))
        .any(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}

fn plain(row: &Row, attribute: &str) -> Option<(String, Name)> {
    Some((row.id().to_owned(), Name::plain(row.text(attribute)?)))
}

/// Adds the `duplicate` number if the name has been seen before.
pub(crate) fn tell_apart(
    kind: &'static str,
    name: Name,
    seen: &mut HashMap<Name, usize>,
    owner: &Path,
    snapshot: &mut Snapshot,
) -> Name {
    let count = seen.entry(name.clone()).or_default();
    *count += 1;
    if *count == 1 {
        return name;
    }
    let path = owner.part(kind, &name.text);
    let message =
        format!("there are several of this identity; number {count} by age carries {DUPLICATE}=\"{count}\"");
    snapshot.note(NoteKind::Ambiguous, path, message);
    name.with(DUPLICATE, &count.to_string())
}
