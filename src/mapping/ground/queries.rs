//! What ids and names in JQL mean, for every place that holds a query.
//!
//! Invariant: a spelling means one object only; where a name is not enough for that, the whole identity stands there.

use std::collections::HashMap;

use super::context::Context;
use super::kinds::kind;
use super::names::Names;
use crate::jql::{self, Resolver, Spelled, Spelling, Values};
use crate::model::{Element, Identity, Name, Path};
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
    components: HashMap<&'a str, &'a Name>,
    /// Custom fields by name in lower case.
    fields: HashMap<String, Vec<&'a str>>,
    field_types: HashMap<&'a str, &'a str>,
    /// Options: their custom field and text.
    options: HashMap<&'a str, (&'a str, &'a str)>,
    /// How often a text is an option of a custom field.
    option_texts: HashMap<(&'a str, String), usize>,
}

impl<'a> Queries<'a> {
    /// Returns what the names of a place mean in queries, whatever the place is made of.
    pub(crate) fn new(names: &'a Names) -> Self {
        let mut by_name: HashMap<_, Vec<Name>> = HashMap::new();
        for kind in KINDS {
            for (_, name) in names.all(kind) {
                by_name.entry((kind, name.text.to_lowercase())).or_default().push(name.clone());
            }
        }
        let mut components = HashMap::new();
        for (id, name) in names.components() {
            by_name.entry(("component", name.text.to_lowercase())).or_default().push(name.clone());
            components.insert(id, name);
        }
        let mut fields: HashMap<String, Vec<&str>> = HashMap::new();
        let mut field_types = HashMap::new();
        for (id, name) in names.all("customField") {
            fields.entry(name.text.to_lowercase()).or_default().push(id);
            field_types.insert(id, name.get("type").unwrap_or(""));
        }
        // The oldest first, however they came.
        fields.values_mut().for_each(|ids| ids.sort_by_key(|id| (id.len(), *id)));
        let mut options = HashMap::new();
        let mut option_texts: HashMap<_, usize> = HashMap::new();
        for (id, field, text) in names.options_of_fields() {
            options.insert(id, (field, text));
            *option_texts.entry((field, text.to_lowercase())).or_default() += 1;
        }
        Self { names, by_name, components, fields, field_types, options, option_texts }
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
        let problem = (!ids.is_empty()).then(|| format!("the query keeps ids without a name: {ids}"));
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
            "component" => *self.components.get(id)?,
            kind => self.names.get(kind, id)?,
        };
        let text = if *kind == "project" { jql::word(&name.text) } else { self.spell(kind, name) };
        Some(Spelling { text, mentions: mention(kind, name) })
    }

    fn named(&self, values: &Values, name: &str) -> Option<Vec<Identity>> {
        match values {
            Values::Kind("project") => self.names.has_project_named(name).then(Vec::new),
            Values::Kind("group") => Some(vec![identity("group", &self.names.any_group(name)?)]),
            Values::Kind(kind) => {
                let same = self.by_name.get(&(kind, name.to_lowercase()))?;
                Some(same.iter().flat_map(|name| mention(kind, name)).collect())
            }
            Values::Options(fields) => {
                let has =
                    |field: &String| self.option_texts.contains_key(&(field.as_str(), name.to_lowercase()));
                fields.iter().any(has).then(Vec::new)
            }
            Values::Users => Some(vec![identity("user", &self.names.account(name)?)]),
            Values::Data(_) => None,
        }
    }
}

/// What holds a query, and what holds one that is no JQL.
pub(crate) const JQL: [&str; 2] = ["jql", "brokenJql"];

/// The same of a sub-filter.
pub(crate) const SUB_FILTER: [&str; 2] = ["subFilter", "brokenSubFilter"];

/// Returns what holds a query: data of a Jira has some that no Jira can run, and a file says so of them.
pub(crate) fn holder(tags: [&'static str; 2], query: &str) -> &'static str {
    tags[usize::from(jql::broken(query).is_some())]
}

/// Returns the query of an element, whichever holds it.
pub(crate) fn held<'e>(element: &'e Element, tags: [&'static str; 2]) -> Option<&'e str> {
    tags.iter().find_map(|tag| element.text_of(tag))
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

#[cfg(test)]
mod tests {
    use super::super::names::Named;
    use super::*;
    use crate::entity::{EntityId, Row, Tables};
    use crate::model::Snapshot;

    type Columns<'v> = &'v [(&'static str, &'v str)];

    fn tables(rows: &[(&str, Columns<'_>)]) -> Tables {
        let mut tables = Tables::default();
        for (entity, values) in rows {
            let mut row = Row::new(EntityId::named(entity));
            values.iter().for_each(|(name, value)| row.put(name, Some(value)));
            tables.push(row.entity(), row);
        }
        tables
    }

    const SELECT: &str = "com.atlassian.jira.plugin.system.customfieldtypes:select";

    /// A place that is not made of rows names its objects one by one, and queries mean the same there.
    #[test]
    fn queries_mean_the_same_whatever_their_names_are_made_of() {
        let rows = tables(&[
            ("User", &[("id", "1"), ("userName", "Ada")]),
            ("ApplicationUser", &[("id", "1"), ("userKey", "JIRAUSER10000"), ("lowerUserName", "ada")]),
            ("Group", &[("id", "1"), ("groupName", "Devs")]),
            ("Project", &[("id", "10000"), ("key", "DEMO"), ("name", "Demo")]),
            ("Component", &[("id", "10100"), ("name", "Web"), ("project", "10000")]),
            ("Status", &[("id", "3"), ("name", "In Review")]),
            ("Status", &[("id", "4"), ("name", "In Review")]),
            ("CustomField", &[("id", "10000"), ("name", "Severity"), ("customfieldtypekey", SELECT)]),
            ("FieldConfiguration", &[("id", "7"), ("name", "Default")]),
            (
                "CustomFieldOption",
                &[("id", "10001"), ("value", "High"), ("customfield", "10000"), ("customfieldconfig", "7")],
            ),
        ]);
        let from_rows = Names::new(&rows, &mut Snapshot::default());
        let named = |kind, id: &str, name: Name, aside: Option<&str>| Named {
            kind,
            id: id.to_owned(),
            name,
            aside: aside.map(str::to_owned),
        };
        let mut told = Names::default();
        let mut notes = Snapshot::default();
        for own in [
            named("user", "JIRAUSER10000", Name::plain("Ada"), None),
            named("group", "Devs", Name::plain("Devs"), None),
            named("project", "10000", Name::plain("DEMO"), Some("Demo")),
            named("component", "10100", Name::plain("Web").with("project", "DEMO"), None),
            named("status", "3", Name::plain("In Review"), None),
            named("status", "4", Name::plain("In Review"), None),
            named("customField", "10000", Name::plain("Severity").with("type", SELECT), None),
            named("option", "10001", Name::plain("High").with("parentOption", ""), Some("10000")),
        ] {
            told.add(own, &mut notes);
        }
        assert_eq!(notes.notes.len(), 1, "of two statuses of one name the younger one has a number");
        let query = "project = 10000 AND component = 10100 AND cf[10000] = 10001 AND status in (3, 4) AND assignee = \
                     JIRAUSER10000 AND reporter = ADA AND assignee in membersOf(DEVS) AND project = Demo";
        let [of_rows, of_told] = [&from_rows, &told].map(|names| Queries::new(names).translated(query));
        assert_eq!(of_rows, of_told);
        let (text, mentions, kept) = of_rows;
        assert_eq!(kept, None, "{text}");
        assert!(text.contains("\"Severity\" = \"High\"") && text.contains("assignee = Ada"), "{text}");
        assert!(mentions.iter().any(|own| *own == Identity::named(crate::mapping::kind("user"), "Ada")));
        let [of_rows, of_told] = [&from_rows, &told].map(|names| Queries::new(names).with_ids(&text, None));
        assert_eq!(of_rows, of_told);
    }

    /// The directory that Jira asks first decides how a name is spelled, in a query as everywhere.
    #[test]
    fn queries_know_the_accounts_that_people_have() {
        let rows = tables(&[
            ("Directory", &[("id", "1"), ("position", "1"), ("active", "1")]),
            ("Directory", &[("id", "2"), ("position", "0"), ("active", "1")]),
            ("Directory", &[("id", "3"), ("position", "2"), ("active", "0")]),
            ("User", &[("id", "1"), ("userName", "ADA"), ("directoryId", "1")]),
            ("User", &[("id", "2"), ("userName", "Ada"), ("directoryId", "2")]),
            ("User", &[("id", "3"), ("userName", "gone"), ("directoryId", "3")]),
            ("Group", &[("id", "1"), ("groupName", "DEVS"), ("directoryId", "1")]),
            ("Group", &[("id", "2"), ("groupName", "devs"), ("directoryId", "2")]),
        ]);
        let names = Names::new(&rows, &mut Snapshot::default());
        let queries = Queries::new(&names);
        let user = |name| queries.named(&super::Values::Users, name);
        assert_eq!(user("ada"), Some(vec![Identity::named(kind("user"), "Ada")]));
        assert_eq!(user("gone"), None, "nobody looks into a directory that is switched off");
        let devs = queries.named(&super::Values::Kind("group"), "Devs");
        assert_eq!(devs, Some(vec![Identity::named(kind("group"), "devs")]));
    }
}
