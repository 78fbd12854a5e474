//! Custom fields with their contexts, configurations, options and default values, read from rows.
//!
//! A context is a `FieldConfigScheme`. Where it applies stands in `ConfigurationContext`, one row for each project or
//! category; the issue types, and the configuration that holds for each, stand in `FieldConfigSchemeIssueType`.
//! Invariant: a context without rows applies nowhere, and stays apart from one that applies everywhere.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::entity::{Row, Tables};
use crate::mapping::ground::context::Context;
use crate::mapping::ground::managed::{Managed, Type};
use crate::mapping::ground::translations;
use crate::model::{Name, Node, Path};
use crate::schema::DUPLICATE;

use super::default_values::{self, Options};
use super::lone::Lone;

/// The rows of the tables around custom fields, by what they belong to.
struct Rows<'a> {
    /// The contexts by field.
    contexts: HashMap<&'a str, Vec<&'a Row>>,
    places: HashMap<&'a str, Vec<&'a Row>>,
    issue_types: HashMap<&'a str, Vec<&'a Row>>,
    configurations: HashMap<&'a str, &'a Row>,
    options: HashMap<&'a str, Vec<&'a Row>>,
    defaults: HashMap<&'a str, Vec<&'a Row>>,
    managed: Managed<'a>,
    lone: Lone<'a>,
}

impl<'a> Rows<'a> {
    fn new(tables: &'a Tables) -> Self {
        Self {
            contexts: tables.by("FieldConfigScheme", "fieldid"),
            places: tables.by("ConfigurationContext", "fieldconfigscheme"),
            issue_types: tables.by("FieldConfigSchemeIssueType", "fieldconfigscheme"),
            configurations: tables.rows("FieldConfiguration").iter().map(|row| (row.id(), row)).collect(),
            options: tables.by("CustomFieldOption", "customfieldconfig"),
            defaults: tables.by("GenericConfiguration", "datakey"),
            managed: Managed::new(tables),
            lone: Lone::new(tables),
        }
    }
}

pub(crate) fn read(context: &mut Context<'_>) {
    let rows = Rows::new(context.tables);
    let mut known = HashSet::new();
    for row in context.tables.rows("CustomField") {
        let field_id = format!("customfield_{}", row.id());
        let Some(name) = context.names.get("customField", row.id()) else {
            let message = format!("{field_id} has no name or no type; it was left out");
            context.dangling(Path::default().child("customFields"), message);
            known.insert(field_id);
            continue;
        };
        let node = name.definition("customField");
        if rows.managed.is_locked(Type::CustomField, &field_id) {
            context.add(node.text("locked", "true"));
        } else {
            let path = Path::object("customField", &name.text);
            let field_type = name.get("type").unwrap_or("");
            let managed = rows.managed.node(context, &path, Type::CustomField, &field_id);
            let contexts = contexts_of(context, &rows, &path, field_type, &field_id);
            let node = node
                .text_if("description", row.get("description"))
                .text_if("searcher", row.get("customfieldsearcherkey"))
                .with_if(managed)
                .with_all(contexts);
            context.add(translations::CUSTOM_FIELD.add(context.properties, row.id(), node));
        }
        known.insert(field_id);
    }
    left_over(context, &rows);
    joined_to_nothing(context, &rows);
    let mut lost: Vec<_> = rows.contexts.keys().filter(|id| id.starts_with("customfield_")).collect();
    lost.retain(|id| !known.contains(**id));
    for id in lost {
        let message = format!("there is no field {id}, but contexts of it are left");
        context.dangling(Path::default().child("customFields"), message);
    }
}

/// Notes the options of configurations that were deleted; Jira leaves them behind.
fn left_over(context: &mut Context<'_>, rows: &Rows<'_>) {
    let mut counts: BTreeMap<Path, usize> = BTreeMap::new();
    for row in context.tables.rows("CustomFieldOption") {
        let configuration = row.get("customfieldconfig").unwrap_or("");
        if !rows.configurations.contains_key(configuration) {
            let field = row.get("customfield").and_then(|id| context.names.get("customField", id));
            let container = || Path::default().child("customFields");
            let path = field.map_or_else(container, |field| Path::object("customField", &field.text));
            *counts.entry(path).or_default() += 1;
        }
    }
    for (path, count) in counts {
        let message = format!("{count} options belong to configurations that no longer exist");
        context.dangling(path, message);
    }
}

/// Notes the configurations that no context has any more, and whose they were cannot be told.
fn joined_to_nothing(context: &mut Context<'_>, rows: &Rows<'_>) {
    let links = context.tables.rows("FieldConfigSchemeIssueType").iter();
    let joined: HashSet<&str> = links.filter_map(|link| link.text("fieldconfiguration")).collect();
    for row in context.tables.rows("FieldConfiguration") {
        let field = row.get("fieldid").filter(|id| !rows.managed.is_locked(Type::CustomField, id));
        let field = field.and_then(|id| id.strip_prefix("customfield_"));
        let Some(field) = field.and_then(|id| context.names.get("customField", id)) else { continue };
        if joined.contains(row.id()) || rows.lone.holds(row.id()) {
            continue;
        }
        let options = match rows.options.get(row.id()).map_or(0, Vec::len) {
            0 => "no options".to_owned(),
            1 => "1 option".to_owned(),
            many => format!("{many} options"),
        };
        let path = Path::object("customField", &field.text).part("config", row.get("name").unwrap_or(""));
        let message =
            format!("the configuration (id {}, {options}) belongs to no context; it was left out", row.id());
        context.dangling(path, message);
    }
}

fn contexts_of(
    context: &mut Context<'_>,
    rows: &Rows<'_>,
    path: &Path,
    field_type: &str,
    field_id: &str,
) -> Vec<Node> {
    let mut seen = HashMap::new();
    let mut nodes = Vec::new();
    for row in rows.contexts.get(field_id).into_iter().flatten() {
        let name = Name::plain(row.get("name").unwrap_or(""));
        let name = context.tell_apart("customFieldConfigScheme", name, &mut seen, path);
        let path = path.part("customFieldConfigScheme", &name.text);
        let places = places_of(context, rows, &path, row.id());
        let (issue_types, configurations, lost) =
            configurations_of(context, rows, &path, field_type, row.id());
        if issue_types.is_empty() {
            let has = if configurations.is_empty() {
                "neither issue types nor a configuration"
            } else {
                "no issue types"
            };
            context.dangling(path, format!("the context has {has}: Jira never shows the field there"));
        }
        nodes.push(
            name.definition("customFieldConfigScheme")
                .text_if("description", row.get("description"))
                .with_all(places)
                .with_all(issue_types)
                .with_all(configurations)
                .with_all(lost),
        );
    }
    nodes
}

fn places_of(context: &mut Context<'_>, rows: &Rows<'_>, path: &Path, scheme: &str) -> Vec<Node> {
    let names = context.names;
    let mut places = Vec::new();
    for row in rows.places.get(scheme).into_iter().flatten() {
        let place = |tag, kind, id| match names.get(kind, id) {
            Some(name) => Ok(name.reference(tag)),
            None => Err(format!("there is no {kind} {id}")),
        };
        let place = match (row.text("project"), row.text("projectcategory")) {
            (Some(project), _) => place("projectContext", "project", project),
            (None, Some(category)) => place("projectCategoryContext", "projectCategory", category),
            (None, None) => Ok(Node::new("global")),
        };
        match place {
            Ok(place) => places.push(Node::new("context").with(place)),
            Err(message) => context.dangling(path.child("context"), message),
        }
    }
    places
}

/// Returns the issue types of a context, its configurations, and what of both leads nowhere.
fn configurations_of(
    context: &mut Context<'_>,
    rows: &Rows<'_>,
    path: &Path,
    field_type: &str,
    scheme: &str,
) -> (Vec<Node>, Vec<Node>, Vec<Node>) {
    let names = context.names;
    let links = rows.issue_types.get(scheme).map_or(&[][..], |links| links);
    let mut ids: Vec<&str> = links.iter().filter_map(|link| link.text("fieldconfiguration")).collect();
    ids.sort_by_key(|id| id.parse().unwrap_or(i64::MAX));
    ids.dedup();
    ids.extend(rows.lone.of(scheme));
    let mut seen = HashMap::new();
    let mut configurations: HashMap<&str, Name> = HashMap::new();
    let (mut nodes, mut lost) = (Vec::new(), Vec::new());
    for id in ids {
        let Some(row) = rows.configurations.get(id) else {
            context.dangling(path.child("config"), format!("there is no configuration {id}"));
            lost.push(Node::lost("config"));
            continue;
        };
        let name = Name::plain(row.get("name").unwrap_or(""));
        let name = context.tell_apart("config", name, &mut seen, path);
        nodes.push(configuration(context, rows, path, field_type, row, &name));
        configurations.insert(id, name);
    }
    let mut issue_types = Vec::new();
    for link in links {
        let configuration = link.text("fieldconfiguration").and_then(|id| configurations.get(id));
        let issue_type = match link.text("issuetype") {
            None => Node::new("allIssueTypes"),
            Some(id) => match names.get("issueType", id) {
                Some(name) => name.reference("issueType"),
                None => {
                    context
                        .dangling(path.child("applicableIssueType"), format!("there is no issue type {id}"));
                    continue;
                }
            },
        };
        let Some(configuration) = configuration else {
            context.dangling(path.child("applicableIssueType"), "an issue type has no configuration");
            let known = Some(issue_type).filter(|own| own.tag() == "issueType");
            lost.push(Node::lost("applicableIssueType").with_if(known));
            continue;
        };
        let configuration = (configurations.len() > 1).then(|| configuration.reference("config"));
        issue_types.push(Node::new("applicableIssueType").with(issue_type).with_if(configuration));
    }
    (issue_types, nodes, lost)
}

fn configuration(
    context: &mut Context<'_>,
    rows: &Rows<'_>,
    path: &Path,
    field_type: &str,
    row: &Row,
    name: &Name,
) -> Node {
    let path = path.part("config", &name.text);
    let mut options = Options::new();
    let mut nodes = Vec::new();
    for option in rows.options.get(row.id()).into_iter().flatten() {
        let names = context.names;
        let parent = option.text("parentoptionid").map(|id| names.get("option", id));
        match (names.get("option", option.id()), parent) {
            (Some(name), None | Some(Some(_))) => {
                options.insert(option.id(), name);
                nodes.push(option_node(option, name, parent.flatten()));
            }
            _ => {
                let message = format!("option {} has no text or no parent; it was left out", option.id());
                context.dangling(path.child("option"), message);
            }
        }
    }
    let default = rows.defaults.get(row.id()).and_then(|defaults| {
        let row = defaults.iter().find(|row| row.get("datatype") == Some("DefaultValue"))?;
        Some(default_values::read(context, &path, field_type, &options, row.text("xmlvalue")?))
    });
    let default = default.into_iter().flatten();
    name.definition("config").text_if("description", row.get("description")).with_all(default).with_all(nodes)
}

fn option_node(row: &Row, name: &Name, parent: Option<&Name>) -> Node {
    let node = Node::new("option")
        .name_if("parentOption", parent)
        .text_if("sequence", row.get("sequence"))
        .text("value", name.text.clone())
        // The column is empty up to 4.2, where no option can be disabled.
        .flag("disabled", row.truth("disabled"));
    match name.get(DUPLICATE) {
        Some(number) => node.attribute(DUPLICATE, number),
        None => node,
    }
}
