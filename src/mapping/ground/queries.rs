//! What ids and names in JQL mean, for every place that holds a query.
//!
//! Invariant: a spelling means one object only; where a name is not enough for that, the whole identity stands there.

use std::collections::{HashMap, HashSet};

use super::context::Context;
use super::kinds::kind;
use super::names::Names;
use crate::entity::Tables;
use crate::jql::{self, Resolver, Spelled, Spelling, Values};
use crate::model::{Identity, Name, Path};
use crate::schema::{DUPLICATE, Schema};

/// Types of Jira's own custom fields whose values can be ids, by the end of the type's key.
const VALUE_TYPES: [(&str, Type); 14] = [
    (":select", Type::Options),
    (":radiobuttons", Type::Options),
    (":multiselect", Type::Options),
    (":multicheckboxes", Type::Options),
    (":cascadingselect", Type::Options),
    (":version", Type::Kind("version")),
    (":multiversion", Type::Kind("version")),
    (":project", Type::Kind("project")),
    (":userpicker", Type::Users),
    (":multiuserpicker", Type::Users),
    (":grouppicker", Type::Kind("group")),
    (":multigrouppicker", Type::Kind("group")),
    (":gh-sprint", Type::Data("sprint")),
    (":gh-epic-link", Type::Data("issue")),
];

#[derive(Debug, Clone, Copy)]
enum Type {
    Options,
    Kind(&'static str),
    Users,
    Data(&'static str),
}

/// Kinds whose objects JQL names by a name that several of them can have.
const KINDS: [&str; 9] = [
    "issueType",
    "status",
    "priority",
    "resolution",
    "projectCategory",
    "version",
    "issueSecurityLevel",
    "filter",
    "customField",
];

/// The objects of an instance as JQL names them.
pub(crate) struct Queries<'a> {
    names: &'a Names,
    /// Objects of a kind by name in lower case.
    by_name: HashMap<(&'static str, String), Vec<Name>>,
    /// Projects by name in lower case.
    projects: HashSet<String>,
    components: HashMap<&'a str, Name>,
    /// Custom fields by name in lower case.
    fields: HashMap<String, Vec<&'a str>>,
    field_types: HashMap<&'a str, &'a str>,
    /// Options: their custom field and text.
    options: HashMap<&'a str, (&'a str, &'a str)>,
    /// How often a text is an option of a custom field.
    option_texts: HashMap<(&'a str, String), usize>,
    /// User names as they are spelled, by user name in lower case.
    users: HashMap<String, &'a str>,
    /// Group names as they are spelled, by group name in lower case.
    groups: HashMap<String, &'a str>,
}

impl<'a> Queries<'a> {
    pub(crate) fn new(tables: &'a Tables, names: &'a Names) -> Self {
        let mut by_name: HashMap<_, Vec<Name>> = HashMap::new();
        for kind in KINDS {
            for (_, name) in names.all(kind) {
                by_name.entry((kind, name.text.to_lowercase())).or_default().push(name.clone());
            }
        }
        let mut components = HashMap::new();
        for row in tables.rows("Component") {
            let project = row.get("project").and_then(|id| names.get("project", id));
            let (Some(text), Some(project)) = (row.text("name"), project) else { continue };
            let name = Name::plain(text).with("project", &project.text);
            by_name.entry(("component", text.to_lowercase())).or_default().push(name.clone());
            components.insert(row.id(), name);
        }
        let mut fields: HashMap<String, Vec<&str>> = HashMap::new();
        let mut field_types = HashMap::new();
        for row in tables.rows("CustomField") {
            if let Some(name) = row.text("name") {
                fields.entry(name.to_lowercase()).or_default().push(row.id());
            }
            field_types.insert(row.id(), row.get("customfieldtypekey").unwrap_or(""));
        }
        let mut options = HashMap::new();
        let mut option_texts: HashMap<_, usize> = HashMap::new();
        for row in tables.rows("CustomFieldOption") {
            let (Some(field), Some(text)) = (row.get("customfield"), row.text("value")) else { continue };
            if names.get("option", row.id()).is_some() {
                options.insert(row.id(), (field, text));
                *option_texts.entry((field, text.to_lowercase())).or_default() += 1;
            }
        }
        let texts = |entity, attribute: &'static str| {
            tables.rows(entity).iter().filter_map(move |row| row.text(attribute))
        };
        let projects = texts("Project", "name").map(str::to_lowercase).collect();
        // Several directories may spell a name in several ways; the oldest row counts, as everywhere.
        let mut users = HashMap::new();
        for name in texts("User", "userName").chain(texts("OSUser", "name")) {
            users.entry(name.to_lowercase()).or_insert(name);
        }
        let mut groups = HashMap::new();
        for name in texts("Group", "groupName").chain(texts("OSGroup", "name")) {
            groups.entry(name.to_lowercase()).or_insert(name);
        }
        Self {
            names,
            by_name,
            projects,
            components,
            fields,
            field_types,
            options,
            option_texts,
            users,
            groups,
        }
    }

    /// Returns a query without ids and what it names; what stays is noted.
    pub(crate) fn translate(
        &self,
        context: &mut Context<'_>,
        path: &Path,
        query: &str,
    ) -> (String, Vec<Identity>) {
        let (text, mentions, problem) = self.translated(query);
        if let Some(problem) = problem {
            context.untranslated(path.clone(), problem);
        }
        (text, mentions)
    }

    /// Returns a query without ids, what it names, and what stays.
    pub(crate) fn translated(&self, query: &str) -> (String, Vec<Identity>, Option<String>) {
        let translation = jql::translate(query, self);
        let ids = translation.unresolved.join(", ");
        let problem = (!ids.is_empty()).then(|| format!("the query keeps what has no name here: {ids}"));
        (translation.text, translation.mentions, problem)
    }

    /// Returns the query that reads as the wanted one: the stored one if it does, else one with ids where the wanted one
    /// has brackets. The errors are the spellings that name nothing.
    pub(crate) fn with_ids(&self, wanted: &str, stored: Option<&str>) -> Result<String, Vec<String>> {
        let read = |query: &str| jql::translate(query, self).text;
        let reading = stored.map(read);
        if let (Some(stored), Some(true)) = (stored, reading.as_ref().map(|text| text == wanted)) {
            return Ok(stored.to_owned());
        }
        let query = jql::with_ids(wanted, &|spelled| self.id_of(spelled))?;
        // What needs brackets in one instance needs none in another.
        match stored {
            Some(stored) if reading.as_deref() == Some(&read(&query)) => Ok(stored.to_owned()),
            _ => Ok(query),
        }
    }

    /// Returns the id of what is spelled in brackets.
    fn id_of(&self, spelled: &Spelled) -> Option<Result<String, String>> {
        let id = if spelled.kind == "component" {
            self.components.iter().find(|(_, name)| spelled.is(name)).map(|(id, _)| (*id).to_owned())
        } else {
            let kind = if spelled.kind == "cf" { "customField" } else { spelled.kind.as_str() };
            let kind = KINDS.iter().find(|own| **own == kind)?;
            self.names.all(kind).find(|(_, name)| spelled.is(name)).map(|(id, _)| id.to_owned())
        };
        Some(id.ok_or_else(|| format!("{}[\"{}\"]", spelled.kind, spelled.text)))
    }

    /// Writes the name of an object: as a text, or with its whole identity if another object has the name.
    fn spell(&self, kind: &'static str, name: &Name) -> String {
        let same = self.by_name.get(&(kind, name.text.to_lowercase())).map_or(0, Vec::len);
        // `resolution = "Unresolved"` means none at all (by the reference of JQL), whatever resolutions there are.
        let taken = kind == "resolution" && name.text.eq_ignore_ascii_case("unresolved");
        if same > 1 || taken { jql::spell_out(kind, name) } else { jql::quote(&name.text) }
    }
}

impl Resolver for Queries<'_> {
    fn custom_field(&self, id: &str) -> Option<Spelling> {
        let name = self.names.get("customField", id)?;
        let same = self.fields.get(&name.text.to_lowercase()).map_or(0, Vec::len);
        let lower = name.text.to_lowercase();
        let text = if same > 1 || jql::is_system_field(&name.text) || lower.starts_with("cf[") {
            jql::spell_out("cf", name)
        } else {
            jql::quote(&name.text)
        };
        Some(Spelling { text, mentions: vec![identity("customField", name)] })
    }

    fn fields_named(&self, name: &str) -> Vec<String> {
        let ids = self.fields.get(&name.to_lowercase());
        ids.into_iter().flatten().map(|id| (*id).to_owned()).collect()
    }

    fn values(&self, custom_field: &str) -> Option<Values> {
        values_of(self.field_types.get(custom_field)?, custom_field)
    }

    fn value(&self, values: &Values, id: &str) -> Option<Spelling> {
        let kind = match values {
            Values::Kind(kind) => kind,
            Values::Options(fields) => {
                let (field, text) =
                    self.options.get(id).filter(|(own, _)| fields.iter().any(|id| id == own))?;
                let same = self.option_texts.get(&(field, text.to_lowercase()))?;
                // The same text in two contexts: a name would mean both of them.
                return (*same == 1).then(|| Spelling { text: jql::quote(text), mentions: Vec::new() });
            }
            Values::Users => {
                let name = self.names.user(id).filter(|name| name.text != id)?;
                return Some(Spelling {
                    text: jql::word(&name.text),
                    mentions: vec![identity("user", &name)],
                });
            }
            Values::Data(_) => return None,
        };
        let name = match *kind {
            "component" => self.components.get(id)?,
            kind => self.names.get(kind, id)?,
        };
        let text = if *kind == "project" { jql::word(&name.text) } else { self.spell(kind, name) };
        Some(Spelling { text, mentions: mention(kind, name) })
    }

    fn named(&self, values: &Values, name: &str) -> Option<Vec<Identity>> {
        match values {
            Values::Kind("project") => self.projects.contains(&name.to_lowercase()).then(Vec::new),
            Values::Kind("group") => account("group", &self.groups, name),
            Values::Kind(kind) => {
                let same = self.by_name.get(&(kind, name.to_lowercase()))?;
                Some(same.iter().flat_map(|name| mention(kind, name)).collect())
            }
            Values::Options(fields) => {
                let has =
                    |field: &String| self.option_texts.contains_key(&(field.as_str(), name.to_lowercase()));
                fields.iter().any(has).then(Vec::new)
            }
            Values::Users => account("user", &self.users, name),
            Values::Data(_) => None,
        }
    }
}

/// Returns whether a key of a setting or the name of an argument is that of a query: `jql`, `jqlQuery`, `FIELD_JQL_QUERY`.
pub(crate) fn is_query_key(key: &str) -> bool {
    key.to_lowercase().contains("jql")
}

/// Returns what the values of a custom field of a type are, if they can be ids.
pub(crate) fn values_of(field_type: &str, custom_field: &str) -> Option<Values> {
    let (_, ty) = VALUE_TYPES.iter().find(|(end, _)| field_type.ends_with(end))?;
    Some(match ty {
        Type::Options => Values::Options(vec![custom_field.to_owned()]),
        Type::Kind(kind) => Values::Kind(kind),
        Type::Users => Values::Users,
        Type::Data(kind) => Values::Data(kind),
    })
}

/// Returns the user or group of a name, spelled as it is: JQL does not tell the cases apart.
fn account(kind: &str, accounts: &HashMap<String, &str>, name: &str) -> Option<Vec<Identity>> {
    let name = accounts.get(&name.to_lowercase())?;
    Some(vec![identity(kind, &Name::plain(*name))])
}

/// Returns what a name in a query brings along. A project that a query names need not be exported.
fn mention(kind: &str, name: &Name) -> Vec<Identity> {
    match kind {
        "issueSecurityLevel" => {
            let scheme = name.get("scheme").map(Name::plain);
            scheme.iter().map(|scheme| identity("issueSecurityScheme", scheme)).collect()
        }
        "component" | "version" | "project" => Vec::new(),
        _ => vec![identity(kind, name)],
    }
}

/// Returns the identity of the global object of that name.
fn identity(of: &str, name: &Name) -> Identity {
    let kind = kind(of);
    let attributes = Schema::get().kind(kind).attributes.iter().map(String::as_str);
    let rest = attributes.chain([DUPLICATE]).map(|attribute| name.get(attribute).unwrap_or("").into());
    Identity { kind, fields: [name.text.as_str().into()].into_iter().chain(rest).collect() }
}
