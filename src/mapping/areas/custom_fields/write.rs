//! Custom fields with their contexts, configurations, options and default values, written into rows.
//!
//! Invariants: a field that an app has locked is never touched, and no option is ever deleted.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::lone::Lone;
use super::put_default_values::Configuration;
use crate::entity::Row;
use crate::mapping::ground::managed::{Managed, Type};
use crate::mapping::ground::put::{Key, Manner, Numbered, Parts, named, or_empty, or_null};
use crate::mapping::ground::translations;
use crate::mapping::ground::writer::{Writer, text};
use crate::model::{Element, Name, Path};
use crate::schema::DUPLICATE;

/// A field that is written.
struct Field<'f> {
    /// Its row.
    id: &'f str,
    /// How rows name it.
    key: &'f str,
    /// Its type.
    ty: &'f str,
    /// The configurations of contexts that lost their issue types.
    lone: &'f Lone<'f>,
}

pub(crate) fn custom_fields(writer: &mut Writer<'_>, objects: &[&Element]) {
    let managed = Managed::new(writer.tables);
    let lone = Lone::new(writer.tables);
    for object in objects {
        let mut path = Path::default();
        path.enter(object);
        let identity = crate::model::Identity::of_definition(object).expect("only objects are written");
        let id = writer.ids.get(&identity).map(str::to_owned);
        writer.begin(identity);
        let Some(id) = id else {
            writer.unwritable(path, "only the app that locks this field can create it");
            continue;
        };
        let key = format!("customfield_{id}");
        let is_locked = managed.is_locked(Type::CustomField, &key);
        if object.get("locked").is_some() || is_locked {
            if is_locked && object.get("locked").is_none() {
                writer.unwritable(path, "an app has locked this field");
            }
            continue;
        }
        let values = vec![
            ("name", text(object, "name")),
            ("customfieldtypekey", text(object, "type")),
            ("description", text(object, "description")),
            ("customfieldsearcherkey", text(object, "searcher")),
        ];
        writer.put("CustomField", &[("id", &id)], values);
        writer.put_translations(translations::CUSTOM_FIELD, &id, object);
        let field = Field { id: &id, key: &key, ty: object.text_of("type").unwrap_or(""), lone: &lone };
        contexts(writer, &field, &path, object);
        writer.put_managed(Type::CustomField, &key, object);
    }
}

fn key_of(part: &Element) -> Key {
    named(part.text_of("name"), part.attribute_named(DUPLICATE))
}

/// Returns the parts of a tag; the oldest of one name is the first: new ones are made in that order.
fn parts<'e>(owner: &'e Element, tag: &str) -> Vec<&'e Element> {
    let mut parts: Vec<&Element> = owner.all(tag).collect();
    parts.sort_by_cached_key(|part| key_of(part));
    parts
}

fn contexts(writer: &mut Writer<'_>, field: &Field<'_>, path: &Path, object: &Element) {
    let contexts = parts(object, "customFieldConfigScheme");
    let owner = [("fieldid", Some(field.key))];
    let mut numbered = Numbered::default();
    let there = writer
        .there("FieldConfigScheme", &owner, |_, row| Some(numbered.next(row.get("name").unwrap_or(""))));
    let wanted = contexts.iter().map(|context| key_of(context)).collect();
    let parts = Parts::new("FieldConfigScheme", &owner, Manner::Keys, there, wanted);
    let written = writer.put_parts(parts, &mut |_, number, _| {
        let context = contexts[number];
        Some(vec![("name", text(context, "name")), ("description", text(context, "description"))])
    });
    written.gone.iter().for_each(|gone| delete_context(writer, gone));
    let ids = written.written();
    for (context, id) in contexts.into_iter().zip(ids) {
        let path = path.part("customFieldConfigScheme", context.text_of("name").unwrap_or(""));
        places(writer, field, context, &id);
        configurations(writer, field, &path, context, &id);
    }
}

/// Deletes what belongs to a context. The options stay, as Jira itself leaves them.
pub(crate) fn delete_context(writer: &mut Writer<'_>, id: &str) {
    for row in writer.owned("ConfigurationContext", &[("fieldconfigscheme", Some(id))]) {
        writer.remove("ConfigurationContext", row.id());
    }
    let links = writer.owned("FieldConfigSchemeIssueType", &[("fieldconfigscheme", Some(id))]);
    for link in &links {
        writer.remove("FieldConfigSchemeIssueType", link.id());
    }
    for link in &links {
        if let Some(configuration) = link.text("fieldconfiguration") {
            delete_configuration(writer, configuration);
        }
    }
}

/// Deletes a configuration that no context uses any more.
fn delete_configuration(writer: &mut Writer<'_>, id: &str) {
    if writer.owned("FieldConfigSchemeIssueType", &[("fieldconfiguration", Some(id))]).is_empty() {
        writer.remove("FieldConfiguration", id);
        writer.put_stored(id, None);
    }
}

/// Writes where a context applies.
fn places(writer: &mut Writer<'_>, field: &Field<'_>, context: &Element, id: &str) {
    /// Where a context applies: an attribute and an id; neither says everywhere.
    type Place = Option<(&'static str, String)>;
    let mut wanted: Vec<Place> = Vec::new();
    for place in context.all("context") {
        let project = place.get("projectContext");
        let attribute = if project.is_some() { "project" } else { "projectcategory" };
        match project.or(place.get("projectCategoryContext")) {
            None if place.get("global").is_none() => {}
            None => wanted.push(None),
            Some(named) => wanted.extend(writer.id_of(named, &[]).map(|id| Some((attribute, id)))),
        }
    }
    let owner = [("fieldconfigscheme", Some(id))];
    let there = writer.there("ConfigurationContext", &owner, |ids, row| {
        let (attribute, kind) = match (row.text("project"), row.text("projectcategory")) {
            (Some(_), _) => ("project", "project"),
            (None, Some(_)) => ("projectcategory", "projectCategory"),
            (None, None) => return Some(None),
        };
        let id = row.get(attribute).unwrap_or("").trim();
        ids.knows(kind, id).then(|| Some((attribute, id.to_owned())))
    });
    let parts = Parts::new("ConfigurationContext", &owner, Manner::Keys, there, wanted.clone());
    writer.put_parts(parts, &mut |_, number, at| {
        let place = wanted[number].clone().map(|(attribute, id)| (attribute, Some(id)));
        let key = at.is_none().then(|| ("key", Some(field.key.to_owned())));
        Some(place.into_iter().chain(key).collect())
    });
}

/// Writes the configurations of a context and the issue types that each holds for.
fn configurations(writer: &mut Writer<'_>, field: &Field<'_>, path: &Path, context: &Element, scheme: &str) {
    let lone = field.lone.of(scheme);
    let there = configurations_there(writer, (scheme, lone));
    let mut ids: BTreeMap<Key, String> = BTreeMap::new();
    let elements = parts(context, "config");
    for element in &elements {
        let key = key_of(element);
        let mut values = vec![("name", text(element, "name")), ("description", text(element, "description"))];
        let id = match there.get(&key) {
            Some(id) => writer.put("FieldConfiguration", &[("id", id)], values),
            None => {
                values.push(("fieldid", Some(field.key.to_owned())));
                writer.insert("FieldConfiguration", values)
            }
        };
        ids.insert(key, id);
    }
    let known: HashSet<&String> = there.values().chain(ids.values()).collect();
    issue_types(writer, path, context, scheme, (&ids, &known));
    for (_, gone) in there.iter().filter(|(key, _)| !ids.contains_key(*key)) {
        let links = [("fieldconfigscheme", Some(scheme)), ("fieldconfiguration", Some(gone.as_str()))];
        writer.remove_all("FieldConfigSchemeIssueType", &links);
        delete_configuration(writer, gone);
    }
    let links = writer.owned("FieldConfigSchemeIssueType", &[("fieldconfigscheme", Some(scheme))]);
    let linked: HashSet<&str> = links.iter().filter_map(|link| link.get("fieldconfiguration")).collect();
    for element in elements {
        let id = &ids[&key_of(element)];
        let path = path.part("config", element.text_of("name").unwrap_or(""));
        // What lost its issue types before the import may lack them after it.
        if !linked.contains(id.as_str()) && lone != Some(id.as_str()) {
            writer.unwritable(
                path.clone(),
                "no `<applicableIssueType>` of the context uses this configuration, and Jira does not keep \
                 unused ones",
            );
        }
        options(writer, field, &path, element, id);
        let names = names_of_options(writer, id);
        let ids = names.iter().map(|(id, name)| (name, id.as_str())).collect();
        let configuration =
            Configuration { id, field_type: field.ty, options: &names, ids: &ids, path: &path };
        writer.put_default_value(&configuration, element);
    }
}

/// Returns the configurations that a context has by now, by their keys.
fn configurations_there(
    writer: &mut Writer<'_>,
    (scheme, lone): (&str, Option<&str>),
) -> BTreeMap<Key, String> {
    let links = writer.owned("FieldConfigSchemeIssueType", &[("fieldconfigscheme", Some(scheme))]);
    let mut ids: Vec<&str> = links.iter().filter_map(|link| link.text("fieldconfiguration")).collect();
    ids.sort_by_key(|id| id.parse().unwrap_or(i64::MAX));
    ids.dedup();
    let rows: Vec<Row> =
        ids.into_iter().chain(lone).filter_map(|id| writer.row("FieldConfiguration", id)).collect();
    let mut numbered = Numbered::default();
    rows.iter().map(|row| (numbered.next(row.get("name").unwrap_or("")), row.id().to_owned())).collect()
}

fn issue_types(
    writer: &mut Writer<'_>,
    path: &Path,
    context: &Element,
    scheme: &str,
    (configurations, known): (&BTreeMap<Key, String>, &HashSet<&String>),
) {
    let mut wanted: Vec<(String, String)> = Vec::new();
    for own in context.all("applicableIssueType") {
        let configuration = match own.get("config") {
            Some(config) => {
                configurations.get(&named(Some(config.text()), config.attribute_named(DUPLICATE)))
            }
            None => configurations.values().next().filter(|_| configurations.len() == 1),
        };
        let Some(configuration) = configuration else {
            let path = path.child("applicableIssueType");
            let message = match own.get("config") {
                Some(config) => format!("the context has no configuration `{}`", config.text()),
                None => "the context has several configurations, and `<config>` does not say which one \
                applies to this issue type"
                    .to_owned(),
            };
            writer.unwritable(path, message);
            continue;
        };
        let issue_type = match own.get("issueType") {
            None => Some(String::new()),
            Some(issue_type) => writer.id_of(issue_type, &[]),
        };
        let Some(issue_type) = issue_type else { continue };
        wanted.push((configuration.clone(), issue_type));
    }
    let owner = [("fieldconfigscheme", Some(scheme))];
    let there = writer.there("FieldConfigSchemeIssueType", &owner, |ids, row| {
        let configuration = row.text("fieldconfiguration")?.to_owned();
        let issue_type = or_empty(row, "issuetype");
        let is_read = issue_type.is_empty() || ids.knows("issueType", issue_type);
        (is_read && known.contains(&configuration)).then(|| (configuration, issue_type.trim().to_owned()))
    });
    let parts = Parts::new("FieldConfigSchemeIssueType", &owner, Manner::Keys, there, wanted.clone());
    writer.put_parts(parts, &mut |_, number, _| {
        let (configuration, issue_type) = wanted[number].clone();
        Some(vec![("issuetype", or_null(&issue_type)), ("fieldconfiguration", Some(configuration))])
    });
}

/// Returns the names of the options of a configuration by id, as reading gives them.
fn names_of_options(writer: &mut Writer<'_>, configuration: &str) -> HashMap<String, Name> {
    let rows = writer.owned("CustomFieldOption", &[("customfieldconfig", Some(configuration))]);
    let mut seen: HashMap<Name, usize> = HashMap::new();
    let mut names = HashMap::new();
    for row in &rows {
        let parent = match row.text("parentoptionid") {
            None => String::new(),
            Some(id) => match writer.row("CustomFieldOption", id) {
                Some(parent) => parent.get("value").unwrap_or("").to_owned(),
                None => continue,
            },
        };
        let Some(value) = row.text("value") else { continue };
        let name = Name::plain(value).with("parentOption", &parent);
        let count = seen.entry(name.clone()).or_default();
        *count += 1;
        let number = if *count > 1 { count.to_string() } else { String::new() };
        names.insert(row.id().to_owned(), name.with(DUPLICATE, &number));
    }
    names
}

fn name_of_option(option: &Element) -> Name {
    Name::plain(option.text_of("value").unwrap_or(""))
        .with("parentOption", option.text_of("parentOption").unwrap_or(""))
        .with(DUPLICATE, option.attribute_named(DUPLICATE).unwrap_or(""))
}

fn options(writer: &mut Writer<'_>, field: &Field<'_>, path: &Path, element: &Element, configuration: &str) {
    let mut ids: HashMap<Name, String> =
        names_of_options(writer, configuration).into_iter().map(|(id, name)| (name, id)).collect();
    let mut wanted: Vec<&Element> = element.all("option").collect();
    // Parents before their children, and the oldest of one name first.
    wanted.sort_by_cached_key(|option| {
        let duplicate = option.attribute_named(DUPLICATE).and_then(|number| number.parse::<u32>().ok());
        (option.get("parentOption").is_some(), duplicate)
    });
    // Up to 4.2 options have no such column.
    let can_be_disabled = writer.stores("CustomFieldOption", "disabled");
    for option in &wanted {
        let name = name_of_option(option);
        let is_disabled = option.text_of("disabled") == Some("true");
        let letter = Some(if is_disabled { "Y" } else { "N" }.to_owned());
        if let Some(id) = ids.get(&name) {
            let is_right =
                writer.row("CustomFieldOption", id).map(|row| row.truth("disabled")) == Some(is_disabled);
            let values = if is_right { Vec::new() } else { vec![("disabled", letter)] };
            writer.put("CustomFieldOption", &[("id", id)], values);
            continue;
        }
        let parent = match name.get("parentOption") {
            None => None,
            Some(parent) => match ids.get(&Name::plain(parent)) {
                Some(id) => Some(id.clone()),
                None => {
                    let path = path.part("option", &name.text);
                    writer.unwritable(path, format!("there is no parent option {parent}"));
                    continue;
                }
            },
        };
        let values = vec![
            ("customfield", Some(field.id.to_owned())),
            ("customfieldconfig", Some(configuration.to_owned())),
            ("parentoptionid", parent),
            ("value", Some(name.text.clone())),
            ("disabled", letter.filter(|_| can_be_disabled || is_disabled)),
        ];
        let id = writer.insert("CustomFieldOption", values);
        ids.insert(name, id);
    }
    order(writer, &wanted, &ids);
}

/// Puts options into order: those of each parent have one of their own.
fn order(writer: &mut Writer<'_>, options: &[&Element], ids: &HashMap<Name, String>) {
    let mut groups: BTreeMap<&str, Vec<(i64, String)>> = BTreeMap::new();
    for option in options {
        let rank = option.text_of("sequence").and_then(|rank| rank.parse().ok()).unwrap_or(i64::MAX);
        if let Some(id) = ids.get(&name_of_option(option)) {
            groups.entry(option.text_of("parentOption").unwrap_or("")).or_default().push((rank, id.clone()));
        }
    }
    for mut group in groups.into_values() {
        group.sort_by_key(|(rank, _)| *rank);
        let ids: Vec<String> = group.into_iter().map(|(_, id)| id).collect();
        writer.put_order_from("CustomFieldOption", "sequence", &ids, 0);
    }
}
