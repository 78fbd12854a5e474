//! Field schemes: the model to which Atlassian moves the sites of Jira Cloud since 2026, project by project. What it says is said here by field
//! configurations: one for each scheme, and one more for each issue type of which the scheme says something else.
//!
//! Invariants: a field that a scheme does not have is hidden, never left out; renderers, which the model does not know, are left out, which
//! means that they are as they were. Configurations, which have no names there, are called by their scheme and issue type.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::associations::{Associated, Lines, PREFIX, name_of, parted};
use super::endpoint::cloud;
use super::projects::{Project, Uses, by_projects, join_all};
use super::reader::{Ask, Reader};
use super::shape::{Id, Named};
use crate::rest::Failure;

/// A project that has moved.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Moved {
    project_id: Id,
    scheme_id: Id,
}

/// A scheme; one is the default.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Scheme {
    #[serde(flatten)]
    named: Named,
    #[serde(default)]
    is_default: bool,
}

/// A field of issues.
#[derive(Debug, Deserialize)]
struct Field {
    id: String,
    custom: bool,
    /// Whether it can be on a screen.
    orderable: bool,
}

/// Asks which projects have moved.
pub(super) fn fetch(reader: &mut Reader<'_>, projects: &[Project]) -> Result<(), Failure> {
    let asks = by_projects(reader, &cloud::FIELD_SCHEME_PROJECTS, projects);
    reader.fetch(asks)
}

/// Returns the ids of the projects that have moved; nothing if nobody says that.
pub(super) fn all_moved(reader: &mut Reader<'_>, projects: &[Project]) -> Option<BTreeSet<Id>> {
    Some(moved(reader, projects)?.into_iter().map(|own| own.project_id).collect())
}

/// Returns the projects that have moved; nothing if that was not answered.
fn moved(reader: &mut Reader<'_>, projects: &[Project]) -> Option<Vec<Moved>> {
    let mut all = Vec::new();
    for ask in by_projects(reader, &cloud::FIELD_SCHEME_PROJECTS, projects) {
        all.extend(reader.list::<Moved>(&ask)?);
    }
    Some(all)
}

/// Makes the rows of schemes and of their configurations; `is_all` if there is no other model.
pub(super) fn read(reader: &mut Reader<'_>, projects: &[Project], is_all: bool) {
    let ask = reader.of(&cloud::FIELD_SCHEMES);
    for Scheme { named, is_default } in reader.list::<Scheme>(&ask).unwrap_or_default() {
        let id = format!("{PREFIX}{}", named.id.as_str());
        if is_default {
            reader.field_schemes.default = Some(named.id.as_str().to_owned());
        }
        let common = [("name", Some(named.name.as_str())), ("description", named.description.as_deref())];
        let own = [("id", Some(id.as_str())), common[0], common[1]];
        reader.add("FieldLayoutScheme", &own);
        reader.add(
            "FieldLayout",
            &[own[0], own[1], own[2], ("type", (is_default && is_all).then_some("default"))],
        );
        reader.add("FieldLayoutSchemeEntity", &[("scheme", Some(&id)), ("fieldlayout", Some(&id))]);
    }
    let uses = moved(reader, projects).unwrap_or_default().into_iter().map(|own| Uses {
        scheme: Some(Id(format!("{PREFIX}{}", own.scheme_id.as_str()))),
        projects: vec![own.project_id],
    });
    let uses = uses.collect();
    join_all(reader, "FieldLayoutScheme", uses);
}

/// Returns whether a configuration is made of a scheme.
pub(super) fn is_made(configuration: &str) -> bool {
    configuration.starts_with(PREFIX)
}

/// Makes the rows of what schemes say of fields, and of the configurations of single issue types: of those that are wanted, by the
/// ids of their configurations, and names.
pub(super) fn read_fields(reader: &mut Reader<'_>, wanted: &[&(String, String)]) -> Result<(), Failure> {
    let schemes: Vec<(&str, &str)> = wanted
        .iter()
        .filter_map(|(id, name)| Some((id.strip_prefix(PREFIX)?, name.as_str())))
        // Those of single issue types are made with the others.
        .filter(|(id, _)| !id.contains('-'))
        .collect();
    if schemes.is_empty() {
        return Ok(());
    }
    // Without it nobody knows which configurations there are.
    let about =
        |reader: &Reader<'_>, id: &str| Ask::about(&cloud::FIELD_SCHEME_FIELDS, reader.edition, &[id], None);
    let fields = reader.of(&cloud::FIELDS_OF_ISSUES);
    let asks: Vec<_> = schemes.iter().map(|(id, _)| about(reader, id)).chain([fields.clone()]).collect();
    reader.fetch(asks)?;
    let all = reader.list::<Field>(&fields).unwrap_or_default();
    let custom = reader.tables.rows("CustomField").iter().map(|row| format!("customfield_{}", row.id()));
    let mut known: BTreeSet<String> = custom.collect();
    known.extend(all.into_iter().filter(|own| own.orderable && !own.custom).map(|own| own.id));
    for (scheme, name) in schemes {
        let ask = about(reader, scheme);
        if let Some(associated) = reader.list::<Associated>(&ask) {
            let associated = associated.into_iter().map(|own| (own.field_id.clone(), own)).collect();
            add(reader, (scheme, name), &known, &associated);
            reader.field_schemes.associated.insert(scheme.to_owned(), associated);
        }
    }
    Ok(())
}

fn add(
    reader: &mut Reader<'_>,
    (scheme, name): (&str, &str),
    known: &BTreeSet<String>,
    associated: &BTreeMap<String, Associated>,
) {
    let base = format!("{PREFIX}{scheme}");
    let rows = reader.tables.rows("IssueType").iter();
    let (types, titles): (Vec<Id>, Vec<String>) =
        rows.filter_map(|row| Some((Id(row.id().to_owned()), row.get("name")?.to_owned()))).unzip();
    let (common, others) = parted(known, associated, &types);
    for (id, own) in others {
        let of = types.iter().position(|own| own == id).and_then(|at| titles.get(at));
        let (layout, title) =
            (format!("{base}-{}", id.as_str()), name_of(name, of.map_or("", String::as_str)));
        reader.add("FieldLayout", &[("id", Some(&layout)), ("name", Some(&title))]);
        reader.add(
            "FieldLayoutSchemeEntity",
            &[("scheme", Some(&base)), ("issuetype", Some(id.as_str())), ("fieldlayout", Some(&layout))],
        );
        add_lines(reader, &layout, &own);
    }
    add_lines(reader, &base, &common);
}

fn add_lines(reader: &mut Reader<'_>, layout: &str, lines: &Lines) {
    for (field, line) in lines {
        let flag = |is_set: bool| Some(if is_set { "true" } else { "false" });
        let parameters = line.as_ref();
        reader.add(
            "FieldLayoutItem",
            &[
                ("fieldlayout", Some(layout)),
                ("fieldidentifier", Some(field)),
                ("description", parameters.and_then(|own| own.description.as_deref())),
                ("ishidden", flag(line.is_none())),
                ("isrequired", flag(parameters.is_some_and(|own| own.is_required))),
            ],
        );
    }
}
