//! Custom fields with their contexts, options and default values.
//!
//! A context of a live Jira has one configuration, of which no reply says anything: it gets the name and description that Jira
//! gives to each ([`jiras_option_set`]).

use std::collections::HashSet;

use serde::Deserialize;

use super::defaults::Default;
use super::endpoint::{Endpoint, cloud, data_center};
use super::reader::{Ask, Reader};
use super::shape::Id;
use crate::mapping::jiras_option_set;
use crate::rest::{Edition, Failure};

/// A custom field.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Field {
    id: String,
    name: String,
    description: Option<String>,
    schema: Schema,
    searcher_key: Option<String>,
    #[serde(default)]
    is_locked: bool,
    contexts_count: Option<usize>,
    screens_count: Option<usize>,
}

/// A custom field of Data Center.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct PlainField {
    id: String,
    name: String,
    description: Option<String>,
    #[serde(rename = "type")]
    ty: String,
    searcher_key: Option<String>,
    #[serde(default)]
    is_locked: bool,
}

impl From<PlainField> for Field {
    fn from(plain: PlainField) -> Self {
        let PlainField { id, name, description, ty, searcher_key, is_locked } = plain;
        let schema = Schema { ty: String::new(), items: None, custom: Some(ty) };
        Self {
            id,
            name,
            description,
            schema,
            searcher_key,
            is_locked,
            contexts_count: None,
            screens_count: None,
        }
    }
}

/// What a field holds.
#[derive(Debug, Clone, Deserialize)]
struct Schema {
    #[serde(rename = "type")]
    ty: String,
    items: Option<String>,
    custom: Option<String>,
}

/// What the types of Jira's own fields, and of other products of Atlassian, begin with.
const ATLASSIAN: [&str; 2] = ["com.atlassian.", "com.pyxis.greenhopper."];

impl Schema {
    /// Returns whether options may be asked for. What a field of an app has, its type does not say.
    fn may_have_options(&self) -> bool {
        let own =
            self.custom.as_deref().is_some_and(|ty| ATLASSIAN.iter().any(|prefix| ty.starts_with(prefix)));
        self.has_options() || !own
    }

    fn has_options(&self) -> bool {
        let ty = if self.ty == "array" { self.items.as_deref().unwrap_or_default() } else { &self.ty };
        matches!(ty, "option" | "option-with-child")
    }
}

/// A context.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Context {
    id: Id,
    name: String,
    description: Option<String>,
    is_global_context: bool,
    is_any_issue_type: bool,
}

/// A project of a context.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ContextProject {
    context_id: Id,
    project_id: Option<Id>,
}

/// An issue type of a context.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ContextType {
    context_id: Id,
    issue_type_id: Option<Id>,
}

/// An option; `option_id` is its parent.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct CustomOption {
    id: Id,
    value: String,
    option_id: Option<Id>,
    #[serde(default)]
    disabled: bool,
}

/// The default value of a context.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ContextDefault {
    context_id: Id,
    #[serde(flatten)]
    value: serde_json::Map<String, serde_json::Value>,
}

/// Returns the lists that are read whatever is wanted.
pub(super) fn lists(edition: Edition) -> &'static [&'static Endpoint] {
    match edition {
        Edition::Cloud => &[&cloud::FIELDS],
        Edition::DataCenter => &[&data_center::FIELDS],
    }
}

/// What the rows of fields begin with everywhere else.
pub(super) const PREFIX: &str = "customfield_";

/// Makes the rows of fields, without their contexts.
pub(super) fn read(reader: &mut Reader<'_>) {
    for field in fields(reader) {
        let Some(id) = field.id.strip_prefix(PREFIX) else { continue };
        reader.add(
            "CustomField",
            &[
                ("id", Some(id)),
                ("name", Some(&field.name)),
                ("description", field.description.as_deref()),
                ("customfieldtypekey", field.schema.custom.as_deref()),
                ("customfieldsearcherkey", field.searcher_key.as_deref()),
            ],
        );
        if field.is_locked {
            reader.add(
                "ManagedConfigurationItem",
                &[
                    ("itemId", Some(&field.id)),
                    ("itemType", Some("CUSTOM_FIELD")),
                    ("managed", Some("true")),
                    ("accessLevel", Some("LOCKED")),
                ],
            );
        }
    }
}

fn fields(reader: &mut Reader<'_>) -> Vec<Field> {
    if reader.edition == Edition::DataCenter {
        let ask = reader.of(&data_center::FIELDS);
        let fields = reader.list::<PlainField>(&ask).unwrap_or_default();
        return fields.into_iter().map(Field::from).collect();
    }
    let ask = reader.of(&cloud::FIELDS);
    let fields = reader.list::<Field>(&ask).unwrap_or_default();
    // One without a type of its own is none that somebody made.
    fields.into_iter().filter(|field| field.schema.custom.is_some()).collect()
}

/// Returns the fields that are on screens, by id and name: most exports have no others.
pub(super) fn on_screens(reader: &mut Reader<'_>) -> Vec<(String, String)> {
    let fields = fields(reader).into_iter().filter(|field| field.screens_count != Some(0));
    fields.filter_map(|field| Some((field.id.strip_prefix(PREFIX)?.to_owned(), field.name))).collect()
}

/// Returns how many requests the contexts of fields take, as far as the lists tell.
pub(super) fn least(reader: &mut Reader<'_>, wanted: &[(String, String)]) -> usize {
    let wanted: HashSet<&str> = wanted.iter().map(|(id, _)| id.as_str()).collect();
    let is_wanted = |field: &Field| field.id.strip_prefix(PREFIX).is_some_and(|id| wanted.contains(id));
    let fields = fields(reader).into_iter().filter(|field| is_wanted(field) && !field.is_locked);
    let options = |field: &Field| match field.schema.may_have_options() {
        true => field.contexts_count.unwrap_or(1),
        false => 0,
    };
    fields.map(|field| 2 + options(&field)).sum()
}

fn about(reader: &Reader<'_>, endpoint: &'static Endpoint, field: &Field) -> Ask {
    reader.about(endpoint, &[&field.id], &field.name)
}

fn options(reader: &Reader<'_>, field: &Field, context: &Context) -> Ask {
    let endpoint = if field.schema.has_options() { &cloud::OPTIONS } else { &cloud::OPTIONS_OF_APPS };
    reader.about(endpoint, &[&field.id, context.id.as_str()], &field.name)
}

/// Makes the rows of the contexts of fields, by the ids of the fields.
pub(super) fn read_contexts(reader: &mut Reader<'_>, wanted: &[(String, String)]) -> Result<(), Failure> {
    if reader.edition == Edition::DataCenter {
        return Ok(());
    }
    let wanted: HashSet<&str> = wanted.iter().map(|(id, _)| id.as_str()).collect();
    let is_wanted = |field: &Field| field.id.strip_prefix(PREFIX).is_some_and(|id| wanted.contains(id));
    let fields: Vec<Field> =
        fields(reader).into_iter().filter(|field| is_wanted(field) && !field.is_locked).collect();
    let asks: Vec<Ask> = fields
        .iter()
        .flat_map(|field| [about(reader, &cloud::CONTEXTS, field), about(reader, &cloud::DEFAULTS, field)])
        .collect();
    reader.fetch(asks)?;
    let mut all: Vec<(Field, Vec<Context>)> = Vec::new();
    for field in fields {
        let ask = about(reader, &cloud::CONTEXTS, &field);
        let Some(contexts) = reader.list::<Context>(&ask) else { continue };
        if field.contexts_count.is_some_and(|count| count != contexts.len()) {
            let why = format!(
                "{} contexts were counted, and {} are listed",
                field.contexts_count.unwrap_or_default(),
                contexts.len()
            );
            reader.unknown(cloud::CONTEXTS.tells, Some(&field.name), &why, false);
        }
        all.push((field, contexts));
    }
    let mut asks: Vec<Ask> = Vec::new();
    for (field, contexts) in &all {
        // What all contexts say of themselves is known already.
        if contexts.iter().any(|context| !context.is_global_context) {
            asks.push(about(reader, &cloud::CONTEXT_PROJECTS, field));
        }
        if contexts.iter().any(|context| !context.is_any_issue_type) {
            asks.push(about(reader, &cloud::CONTEXT_TYPES, field));
        }
        if field.schema.may_have_options() {
            asks.extend(contexts.iter().map(|context| options(reader, field, context)));
        }
    }
    reader.fetch(asks)?;
    for (field, contexts) in &all {
        read_field(reader, field, contexts);
    }
    Ok(())
}

fn read_field(reader: &mut Reader<'_>, field: &Field, contexts: &[Context]) {
    let mut projects = Vec::new();
    if contexts.iter().any(|context| !context.is_global_context) {
        let ask = about(reader, &cloud::CONTEXT_PROJECTS, field);
        projects = reader.list::<ContextProject>(&ask).unwrap_or_default();
    }
    let mut types = Vec::new();
    if contexts.iter().any(|context| !context.is_any_issue_type) {
        let ask = about(reader, &cloud::CONTEXT_TYPES, field);
        types = reader.list::<ContextType>(&ask).unwrap_or_default();
    }
    let ask = about(reader, &cloud::DEFAULTS, field);
    let defaults = reader.list::<ContextDefault>(&ask).unwrap_or_default();
    for context in contexts {
        let scheme = Some(context.id.as_str());
        reader.add(
            "FieldConfigScheme",
            &[
                ("id", scheme),
                ("fieldid", Some(&field.id)),
                ("name", Some(&context.name)),
                ("description", context.description.as_deref()),
            ],
        );
        let (name, description) = jiras_option_set(&field.name);
        let configuration = reader.add(
            "FieldConfiguration",
            &[("fieldid", Some(&field.id)), ("name", Some(&name)), ("description", Some(description))],
        );
        let place =
            |project| [("key", Some(field.id.as_str())), ("fieldconfigscheme", scheme), ("project", project)];
        if context.is_global_context {
            reader.add("ConfigurationContext", &place(None));
        }
        for own in projects.iter().filter(|own| own.context_id == context.id) {
            if let Some(project) = &own.project_id {
                reader.add("ConfigurationContext", &place(Some(project.as_str())));
            }
        }
        let holds = |issue_type| {
            [
                ("fieldconfigscheme", scheme),
                ("fieldconfiguration", Some(configuration.as_str())),
                ("issuetype", issue_type),
            ]
        };
        if context.is_any_issue_type {
            reader.add("FieldConfigSchemeIssueType", &holds(None));
        }
        for own in types.iter().filter(|own| own.context_id == context.id) {
            if let Some(issue_type) = &own.issue_type_id {
                reader.add("FieldConfigSchemeIssueType", &holds(Some(issue_type.as_str())));
            }
        }
        if field.schema.may_have_options() {
            read_options(reader, field, context, &configuration);
        }
        for own in defaults.iter().filter(|own| own.context_id == context.id) {
            if let Some(filter) = own.value.get("userFilter") {
                reader.user_filters.insert(context.id.as_str().to_owned(), filter.clone());
            }
            if let Some(xml) = Default::of(&own.value).stored(reader) {
                reader.add(
                    "GenericConfiguration",
                    &[
                        ("datatype", Some("DefaultValue")),
                        ("datakey", Some(&configuration)),
                        ("xmlvalue", Some(&xml)),
                    ],
                );
            }
        }
    }
}

fn read_options(reader: &mut Reader<'_>, field: &Field, context: &Context, configuration: &str) {
    let ask = options(reader, field, context);
    for (at, option) in reader.list::<CustomOption>(&ask).unwrap_or_default().iter().enumerate() {
        reader.add(
            "CustomFieldOption",
            &[
                ("id", Some(option.id.as_str())),
                ("customfield", field.id.strip_prefix(PREFIX)),
                ("customfieldconfig", Some(configuration)),
                ("value", Some(&option.value)),
                ("parentoptionid", option.option_id.as_ref().map(Id::as_str)),
                ("sequence", Some(&at.to_string())),
                ("disabled", Some(if option.disabled { "Y" } else { "N" })),
            ],
        );
    }
}
