//! Which arguments and properties hold ids, of what, and how they spell a list: the one table, for both directions.
//!
//! Invariant: an id in an argument of the table becomes a name or is told as untranslated; what is not an id (a
//! placeholder such as `%%CURRENT_USER%%` or `${pkey}`, an option's text, `-1`) stays as it is. In a list either every
//! item becomes a name or the value stays whole. A query is translated as those of filters are.
//!
//! Sources: workflows of Jira 3.13 to 9.12.4, and of JSU in `jsu/test1.xml` (JIRA 6.3); arguments of newer JSU versions from its
//! migration guide; parameters of Jira Cloud from its description; those of ScriptRunner as other tools that store workflows know them.

use std::collections::{BTreeMap, HashMap};

use crate::entity::Tables;
use crate::mapping::ground::names::Names;
use crate::mapping::ground::queries::{Queries, is_query_key};
use crate::model::{Identity, Name, Node};

use super::suspects::{self, is_made_up_key};
use super::{nobody, permissions, script_runner};

/// What a value holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Holds {
    /// The id of an object: its element and its kind.
    Id(&'static str, &'static str),
    /// A field: the id of a system field, or `customfield_N`.
    Field,
    /// The name of a group.
    Group,
    /// The key of a user.
    User,
    /// A user by name or by key, which only a key that Jira made up tells apart.
    UserOrName,
    /// The name of a project role.
    RoleName,
    /// A value of the field that another argument names.
    ValueOf(&'static str),
    /// A query, which ScriptRunner keeps in base64.
    Query,
}

/// How a value spells several.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Spelling {
    /// It is one.
    One,
    /// `6,10000`
    Commas,
    /// `a@@b@@`
    Ats,
    /// `a|||b`
    Bars,
}

impl Spelling {
    /// Returns what stands between two.
    pub(super) fn separator(self) -> Option<&'static str> {
        match self {
            Self::One => None,
            Self::Commas => Some(","),
            Self::Ats => Some("@@"),
            Self::Bars => Some("|||"),
        }
    }
}

/// A line of the table.
struct Entry {
    /// A part of the class name; empty for every class.
    class: &'static str,
    /// The arguments; `#` at the end stands for a number.
    arguments: &'static [&'static str],
    holds: Holds,
    spelling: Spelling,
}

const fn entry(
    class: &'static str,
    holds: Holds,
    spelling: Spelling,
    arguments: &'static [&'static str],
) -> Entry {
    Entry { class, arguments, holds, spelling }
}

pub(super) const CUSTOM_FIELD: &str = "customfield_";

use Holds::{Field, Group, Id, Query, RoleName, User, UserOrName, ValueOf};
use Spelling::{Ats, Bars, Commas, One};

const STATUS: Holds = Id("status", "status");
const ROLE: Holds = Id("projectRole", "projectRole");
const RESOLUTION: Holds = Id("resolution", "resolution");
const PRIORITY: Holds = Id("priority", "priority");
const EVENT: Holds = Id("eventType", "eventType");
const ISSUE_TYPE: Holds = Id("issueType", "issueType");
const LEVEL: Holds = Id("securityLevel", "issueSecurityLevel");
const VERSION: Holds = Id("version", "version");
const PROJECT: Holds = Id("project", "project");
const BOARD: Holds = Id("scrumKanbanBoard", "scrumKanbanBoard");
const SCREEN: Holds = Id("screen", "screen");

/// Jira's own classes; Jira Cloud took some of JSU over, with its arguments.
const JIRA: &str = "com.atlassian.jira.workflow.";
/// `com.googlecode.jsu.…` and, for what came later, `ch.beecom.jira.jsu.…`.
const JSU: &str = ".jsu.";
/// The rules of Jira Cloud that stand under their own keys.
const CLOUD: &str = "system:";
const SCRIPT_RUNNER: &str = "com.onresolve.";

/// The arguments of conditions, validators and functions; the first line that fits counts.
const ARGUMENTS: &[Entry] = &[
    entry("", EVENT, One, &["eventTypeId"]),
    entry("", ROLE, One, &["jira.projectrole.id"]),
    entry(JIRA, ROLE, Ats, &["projectRoleIds"]),
    entry("UserInAnyGroupCondition", Group, Ats, &["group"]),
    entry("UserInGroupCondition", Group, One, &["group"]),
    entry("InGroupCFCondition", Field, One, &["groupcf"]),
    entry("SubTaskBlockingCondition", STATUS, Commas, &["statuses"]),
    entry(JIRA, Field, One, FIELD),
    entry(JIRA, Field, Ats, &["hidFieldsList"]),
    entry(JIRA, ValueOf("field.name"), One, &["field.value"]),
    entry(JIRA, ValueOf("fieldsList"), One, &["fieldValue"]),
    entry(CLOUD, STATUS, Commas, &["statusIds", "previousStatusIds", "fromStatusId", "toStatusId"]),
    entry(CLOUD, ROLE, Commas, &["roleIds", "roleId"]),
    entry(CLOUD, Group, Commas, &["groupIds", "groupsExemptFromValidation"]),
    entry(CLOUD, LEVEL, One, &["issueSecurityLevelId"]),
    entry(CLOUD, Field, Commas, CLOUD_FIELDS),
    entry(CLOUD, ValueOf("field"), One, &["value"]),
    entry(JSU, Field, One, FIELD),
    entry(JSU, Field, Ats, &["hidFieldsList"]),
    entry(JSU, Group, Ats, &["hidGroupsList"]),
    entry(JSU, RoleName, Ats, &["hidRolesList"]),
    entry(JSU, ValueOf("field.name"), One, &["field.value"]),
    entry(JSU, ValueOf("fieldsList"), One, &["fieldValue"]),
    entry(JSU, ISSUE_TYPE, One, &["issueTypeId"]),
    entry(JSU, PROJECT, One, &["projectId"]),
    entry(JSU, STATUS, One, &["status"]),
    entry(
        JSU,
        UserOrName,
        One,
        &["runAsUser-user", "createIssueAsUser-user", "performTransitionAsUser-user"],
    ),
    entry(
        SCRIPT_RUNNER,
        Field,
        One,
        &["FIELD_TARGET_FIELD_ID", "FIELD_SOURCE_FIELD_ID", "FIELD_TEXT_FIELD", "FIELD_FORM_FIELD"],
    ),
    entry(
        SCRIPT_RUNNER,
        Field,
        Bars,
        &["FIELD_SELECTED_FIELDS", "FIELD_FIELD_IDS", "FIELD_REQUIRED_FIELDS", "FIELD_USER_IN_FIELDS"],
    ),
    entry(SCRIPT_RUNNER, RESOLUTION, One, &["FIELD_RESOLUTION_ID", "RESOLUTION_FIELD_NAME"]),
    entry(SCRIPT_RUNNER, RESOLUTION, Bars, &["FIELD_LINKED_ISSUE_RESOLUTION"]),
    entry(SCRIPT_RUNNER, STATUS, One, &["FIELD_STATUS_ID"]),
    entry(SCRIPT_RUNNER, STATUS, Bars, &["FIELD_LINKED_ISSUE_STATUS"]),
    entry(SCRIPT_RUNNER, ROLE, Bars, &["FIELD_PROJECT_ROLE_IDS"]),
    entry(SCRIPT_RUNNER, Group, Bars, &["FIELD_GROUP_NAMES"]),
    entry(SCRIPT_RUNNER, UserOrName, Bars, &["FIELD_USER_IDS"]),
    entry(SCRIPT_RUNNER, EVENT, One, &["FIELD_EVENT_ID"]),
    entry(SCRIPT_RUNNER, ISSUE_TYPE, One, &["FIELD_TARGET_ISSUE_TYPE"]),
    entry(SCRIPT_RUNNER, LEVEL, One, &["FIELD_SECURITY_LEVEL_ID"]),
    entry(SCRIPT_RUNNER, BOARD, One, &["FIELD_BOARD_ID"]),
];

/// The arguments of Jira and JSU that name one field.
const FIELD: &[&str] = &[
    "field",
    "field.name",
    "fieldSelected",
    "fieldsList",
    "sourceField",
    "destinationField",
    "dateFieldSelected",
    "date1Selected",
    "date2Selected",
    "field.copyFieldSource#",
    "field.copyFieldDestination#",
    "field.enablingCustomFieldId",
    "field.attachmentEnablingCustomFieldId",
    "field.existingAttachmentEnablingCustomFieldId",
    "targetProjectSelectedCustomField",
    "targetIssueTypeDefinedByCfSelection",
];

/// The parameters of Jira Cloud that name fields.
const CLOUD_FIELDS: &[&str] = &[
    "field",
    "fieldId",
    "fieldKey",
    "sourceFieldKey",
    "targetFieldKey",
    "date1FieldKey",
    "date2FieldKey",
    "fieldsRequired",
    "groupCustomFields",
    "allowUserCustomFields",
    "denyUserCustomFields",
];

/// The properties of steps and transitions.
const PROPERTIES: &[Entry] = &[
    entry("", STATUS, One, &["jira.status.id"]),
    entry("", SCREEN, One, &["jira.fieldscreen.id"]),
    entry("", RESOLUTION, Commas, &["jira.field.resolution.include", "jira.field.resolution.exclude"]),
    entry("", Field, One, &["approval.field.id", "approval.pre-populated.field.id"]),
];

/// The grants in properties `jira.permission.[subtasks.]<permission>.<grant>[.<anything>]`.
const GRANTS: &[(&str, Holds)] =
    &[("group", Group), ("user", User), ("projectrole", ROLE), ("userCF", Field), ("groupCF", Field)];

/// The system fields whose values are ids.
const FIELD_VALUES: &[(&str, Holds)] = &[
    ("resolution", RESOLUTION),
    ("priority", PRIORITY),
    ("issuetype", ISSUE_TYPE),
    ("security", LEVEL),
    ("versions", VERSION),
    ("fixVersions", VERSION),
    ("assignee", User),
    ("reporter", User),
];

/// A value as a configuration writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    /// Text.
    Text(String),
    /// The names of objects, each with the element that refers to it.
    Names(Vec<(&'static str, Name)>),
    /// Nobody, where somebody has to be named.
    Nobody,
}

impl Value {
    /// Adds the value to an argument or property.
    pub(super) fn add_to(self, node: Node) -> Node {
        match self {
            Self::Text(text) => node.text("value", text),
            Self::Nobody => node.mark("nobody", true),
            Self::Names(names) => node.with_all(names.into_iter().map(|(tag, name)| name.reference(tag))),
        }
    }
}

/// An item of a value.
enum Item {
    Name(&'static str, Name),
    /// It names nothing, nor is it meant to.
    Plain,
    /// It is an id that names nothing.
    Unknown(String),
}

/// Values as a configuration writes them.
#[derive(Debug, Default)]
pub(super) struct Translated {
    /// The values by the names of the arguments.
    pub(super) values: BTreeMap<String, Value>,
    /// What could not be translated, as sentences.
    pub(super) problems: Vec<String>,
    /// What queries name.
    pub(super) mentions: Vec<Identity>,
}

/// Turns ids in arguments and properties into names.
pub(super) struct Translator<'a> {
    names: &'a Names,
    queries: &'a Queries<'a>,
    field_of_option: HashMap<&'a str, &'a str>,
    roles: HashMap<&'a str, &'a Name>,
}

impl<'a> Translator<'a> {
    pub(super) fn new(tables: &'a Tables, names: &'a Names, queries: &'a Queries<'a>) -> Self {
        let options = tables.rows("CustomFieldOption").iter();
        Self {
            names,
            queries,
            field_of_option: options.filter_map(|row| Some((row.id(), row.get("customfield")?))).collect(),
            roles: names.oldest("projectRole").map(|name| (name.text.as_str(), name)).collect(),
        }
    }

    /// Translates the arguments of a function.
    pub(super) fn arguments(&self, class: &str, arguments: &BTreeMap<String, String>) -> Translated {
        let mut result = Translated::default();
        for (name, raw) in arguments {
            let (value, problem) = match held_by_argument(class, name) {
                _ if nobody::is_named(class, name, raw) => {
                    (Value::Nobody, Some("it names nobody, so whom it lets pass is unknown".to_owned()))
                }
                Some((ValueOf(other), _)) => self.value_of_field(arguments, other, raw),
                Some((Query, _)) => self.query(raw, &mut result.mentions),
                Some((holds, spelling)) => self.list(holds, spelling, raw),
                None => self.unlisted(name, raw),
            };
            result.values.insert(name.clone(), value);
            result.problems.extend(problem.map(|problem| format!("argument `{name}`: {problem}")));
        }
        if permissions::CLASSES.contains(&class) {
            one_spelling(&mut result.values);
        }
        result
    }

    /// Translates a property of a step or transition, and adds what a query in it names.
    pub(super) fn property(
        &self,
        key: &str,
        raw: &str,
        mentions: &mut Vec<Identity>,
    ) -> (Value, Option<String>) {
        let (value, problem) = match held_by_property(key) {
            Some((Query, _)) => self.query(raw, mentions),
            Some((holds, spelling)) => self.list(holds, spelling, raw),
            None => self.unlisted(key, raw),
        };
        (value, problem.map(|problem| format!("property `{key}`: {problem}")))
    }

    fn query(&self, raw: &str, mentions: &mut Vec<Identity>) -> (Value, Option<String>) {
        let decoded = script_runner::decoded(raw);
        let (mark, query) = script_runner::split(decoded.as_deref().unwrap_or(raw));
        // A script and its place, as JSON, is no query.
        if query.trim_start().starts_with('{') {
            return (Value::Text(raw.to_owned()), suspects::in_value("", raw));
        }
        let (text, named, problem) = self.queries.translated(query);
        mentions.extend(named);
        (Value::Text(format!("{mark}{text}")), problem)
    }

    fn list(&self, holds: Holds, spelling: Spelling, raw: &str) -> (Value, Option<String>) {
        let parts: Vec<&str> = match spelling.separator() {
            Some(separator) => raw.split(separator).collect(),
            None => vec![raw],
        };
        let mut names = Vec::new();
        let mut plain = false;
        for part in parts.into_iter().map(str::trim).filter(|part| !part.is_empty()) {
            match self.item(holds, part) {
                Item::Name(tag, name) => names.push((tag, name)),
                Item::Plain => plain = true,
                Item::Unknown(problem) => return (Value::Text(raw.to_owned()), Some(problem)),
            }
        }
        match names.is_empty() {
            true => (Value::Text(raw.to_owned()), None),
            false if plain => {
                let problem = format!("`{raw}` is only in part a list of ids");
                (Value::Text(raw.to_owned()), Some(problem))
            }
            false => (Value::Names(names), None),
        }
    }

    fn item(&self, holds: Holds, text: &str) -> Item {
        if text.contains("%%") || text.contains("${") {
            return Item::Plain;
        }
        match holds {
            Id(tag, kind) => match self.names.get(kind, text) {
                Some(name) => Item::Name(tag, name.clone()),
                None if is_id(text) => Item::Unknown(format!("no {kind} has the id {text}")),
                None => Item::Plain,
            },
            Field if is_custom_field(text) => match self.names.field(text) {
                Some(name) => Item::Name("field", name),
                None => Item::Unknown(format!("there is no field `{text}`")),
            },
            Field if is_system_field(text) => Item::Name("field", Name::plain(text)),
            Field => Item::Plain,
            Group => self.names.group(text).map_or(Item::Plain, |name| Item::Name("group", name)),
            User => match self.names.user(text) {
                _ if text == "-1" => Item::Plain,
                Some(name) => Item::Name("user", name),
                None => Item::Unknown(format!("no user has the key `{text}`")),
            },
            UserOrName if is_made_up_key(text) => self.item(User, text),
            UserOrName => Item::Plain,
            RoleName => match self.roles.get(text) {
                Some(name) => Item::Name("projectRole", (*name).clone()),
                None => Item::Unknown(format!("there is no project role `{text}`")),
            },
            ValueOf(_) | Query => Item::Plain,
        }
    }

    /// Translates the value of a field that another argument names: what it is depends on the field.
    fn value_of_field(
        &self,
        arguments: &BTreeMap<String, String>,
        other: &str,
        raw: &str,
    ) -> (Value, Option<String>) {
        let text = || (Value::Text(raw.to_owned()), None);
        let field = arguments.get(other).map_or("", |field| field.trim());
        if let Some(holds) = held_by_value(field) {
            return self.list(holds, One, raw);
        }
        let value = raw.trim();
        let Some(field) = field.strip_prefix(CUSTOM_FIELD) else { return text() };
        if is_made_up_key(value) {
            return self.list(User, One, raw);
        }
        // JSU compares text, numbers, dates or, as type 5, options by their ids.
        let comparison = arguments.get("comparisonType").map(String::as_str);
        if !matches!(comparison, None | Some("5")) {
            return text();
        }
        let is_option = self.field_of_option.get(value) == Some(&field);
        match self.names.get("option", value).filter(|_| is_option) {
            Some(name) => (Value::Names(vec![("fieldOption", name.clone())]), None),
            None if comparison.is_some() && is_id(value) => {
                (Value::Text(raw.to_owned()), Some(format!("the field has no option with the id {value}")))
            }
            None => text(),
        }
    }

    /// Translates what the table does not list: `customfield_N` and `JIRAUSERN` alone can be nothing else; inside a text they stay.
    fn unlisted(&self, name: &str, raw: &str) -> (Value, Option<String>) {
        if is_custom_field(raw.trim()) {
            return self.list(Field, One, raw);
        }
        if is_made_up_key(raw.trim()) {
            return self.list(User, One, raw);
        }
        (Value::Text(raw.to_owned()), suspects::in_value(name, raw))
    }
}

/// Returns what an argument holds, and how it spells several; `None` if the table does not list it.
pub(super) fn held_by_argument(class: &str, name: &str) -> Option<(Holds, Spelling)> {
    let listed = find(ARGUMENTS, class, name).map(|entry| (entry.holds, entry.spelling));
    // Whatever app it is of: `jql`, `jqlQuery`, `FIELD_JQL_QUERY`.
    listed.or_else(|| is_query_key(name).then_some((Query, One)))
}

/// Returns what the values of a system field are, if they are ids.
pub(super) fn held_by_value(field: &str) -> Option<Holds> {
    FIELD_VALUES.iter().find(|(name, _)| *name == field).map(|(_, holds)| *holds)
}

/// Returns what a property of a step or transition holds, and how it spells several.
pub(super) fn held_by_property(key: &str) -> Option<(Holds, Spelling)> {
    let grant = key.strip_prefix("jira.permission.").and_then(|rest| {
        let rest = rest.strip_prefix("subtasks.").unwrap_or(rest);
        let grant = rest.split('.').nth(1)?;
        GRANTS.iter().find(|(own, _)| *own == grant)
    });
    let listed = || find(PROPERTIES, "", key).map(|entry| (entry.holds, entry.spelling));
    let query = || is_query_key(key).then_some((Query, One));
    grant.map(|(_, holds)| (*holds, One)).or_else(listed).or_else(query)
}

fn find(table: &'static [Entry], class: &str, argument: &str) -> Option<&'static Entry> {
    let fits = |pattern: &&str| match pattern.strip_suffix('#') {
        Some(prefix) => argument.strip_prefix(prefix).is_some_and(is_id),
        None => *pattern == argument,
    };
    table.iter().find(|entry| class.contains(entry.class) && entry.arguments.iter().any(&fits))
}

/// Writes a permission as its key, under the argument of new versions.
fn one_spelling(values: &mut BTreeMap<String, Value>) {
    if values.contains_key(permissions::NEW) {
        values.remove(permissions::OLD);
    } else if let Some(Value::Text(old)) = values.get(permissions::OLD)
        && let Some(key) = permissions::key(old)
    {
        values.remove(permissions::OLD);
        values.insert(permissions::NEW.to_owned(), Value::Text(key.to_owned()));
    }
}

fn is_id(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_custom_field(text: &str) -> bool {
    text.strip_prefix(CUSTOM_FIELD).is_some_and(is_id)
}

/// System fields are spelled `duedate`, `fixVersions`; scripts in base64 begin with an upper-case letter (`YCF…`).
fn is_system_field(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_lowercase())
        && text.bytes().all(|byte| byte.is_ascii_alphabetic())
}
