//! Field configurations and their schemes, in the model of old: a configuration for each issue type. Which of a site's projects have
//! moved to the model of new (`field_schemes`) is found out first.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::endpoint::{Endpoint, cloud};
use super::field_schemes;
use super::projects::{Project, Uses, by_projects, join_all};
use super::reader::Reader;
use super::shape::{Id, Named, WithId};
use crate::rest::{Edition, Failure};

/// A field configuration; `is_default` is there on one alone.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Configuration {
    id: Id,
    name: String,
    description: Option<String>,
    #[serde(default)]
    is_default: bool,
}

/// What a field configuration says of a field.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Item {
    id: String,
    description: Option<String>,
    is_hidden: Option<bool>,
    is_required: Option<bool>,
    renderer: Option<String>,
}

/// A line of a scheme; `default` stands for all issue types without a line.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Line {
    field_configuration_scheme_id: Id,
    issue_type_id: Id,
    field_configuration_id: Id,
}

/// The projects of a scheme; those without a scheme use the default configuration.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Joined {
    field_configuration_scheme: Option<WithId>,
    project_ids: Vec<Id>,
}

/// Returns the lists that are read whatever is wanted.
pub(super) fn lists(edition: Edition) -> &'static [&'static Endpoint] {
    match edition {
        Edition::Cloud => &[&cloud::FIELD_SCHEMES],
        Edition::DataCenter => &[],
    }
}

/// In which of its two ways a Jira Cloud says which fields issues have.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Model {
    /// By field configurations.
    Configurations,
    /// By field schemes.
    Schemes,
    /// Some projects by the one, and some by the other.
    Both,
    /// Nobody knows, or the edition tells neither.
    #[default]
    Unknown,
}

impl Model {
    fn has_configurations(self) -> bool {
        matches!(self, Self::Configurations | Self::Both)
    }

    fn has_schemes(self) -> bool {
        matches!(self, Self::Schemes | Self::Both)
    }

    /// Returns what is told of it.
    fn told(self) -> Option<&'static str> {
        match self {
            Self::Configurations => Some("fields are told by field configurations"),
            Self::Schemes => Some(
                "fields are told by field schemes, which know no renderers and no names of field configurations",
            ),
            Self::Both => Some(
                "fields are told by field configurations of some projects, and by field schemes of others, which have moved",
            ),
            Self::Unknown => None,
        }
    }
}

/// Asks for what the lists alone do not tell; returns which model counts.
pub(super) fn fetch(reader: &mut Reader<'_>, projects: &[Project]) -> Result<Model, Failure> {
    if reader.edition == Edition::DataCenter {
        return Ok(Model::Unknown);
    }
    let ask = reader.of(&cloud::FIELD_SCHEMES);
    let model = if reader.is_absent(&ask) {
        Model::Configurations
    } else if reader.list::<IgnoredAny>(&ask).is_none() {
        Model::Unknown
    } else {
        field_schemes::fetch(reader, projects)?;
        let moved = field_schemes::all_moved(reader, projects);
        let all = || projects.iter().filter(|own| !own.is_team_managed());
        match moved {
            None => Model::Unknown,
            Some(moved) if all().all(|own| moved.contains(&own.id)) => Model::Schemes,
            Some(_) => Model::Both,
        }
    };
    reader.notes.extend(model.told().map(str::to_owned));
    if model.has_configurations() {
        let lists = [
            &cloud::FIELD_CONFIGURATIONS,
            &cloud::FIELD_CONFIGURATION_SCHEMES,
            &cloud::FIELD_CONFIGURATION_SCHEME_ITEMS,
        ];
        let mut asks = by_projects(reader, &cloud::FIELD_CONFIGURATION_SCHEME_PROJECTS, projects);
        asks.extend(lists.map(|endpoint| reader.of(endpoint)));
        reader.fetch(asks)?;
    }
    Ok(model)
}

/// Makes the rows of all but what configurations say of fields.
pub(super) fn read(reader: &mut Reader<'_>, projects: &[Project], model: Model) {
    if model.has_schemes() {
        field_schemes::read(reader, projects, model == Model::Schemes);
    }
    if !model.has_configurations() {
        return;
    }
    let ask = reader.of(&cloud::FIELD_CONFIGURATIONS);
    for own in reader.list::<Configuration>(&ask).unwrap_or_default() {
        reader.add(
            "FieldLayout",
            &[
                ("id", Some(own.id.as_str())),
                ("name", Some(&own.name)),
                ("description", own.description.as_deref()),
                ("type", own.is_default.then_some("default")),
            ],
        );
    }
    let ask = reader.of(&cloud::FIELD_CONFIGURATION_SCHEMES);
    for scheme in reader.list::<Named>(&ask).unwrap_or_default() {
        reader.add(
            "FieldLayoutScheme",
            &[
                ("id", Some(scheme.id.as_str())),
                ("name", Some(&scheme.name)),
                ("description", scheme.description.as_deref()),
            ],
        );
    }
    let ask = reader.of(&cloud::FIELD_CONFIGURATION_SCHEME_ITEMS);
    for line in reader.list::<Line>(&ask).unwrap_or_default() {
        let issue_type = Some(line.issue_type_id.as_str()).filter(|id| *id != "default");
        reader.add(
            "FieldLayoutSchemeEntity",
            &[
                ("scheme", Some(line.field_configuration_scheme_id.as_str())),
                ("issuetype", issue_type),
                ("fieldlayout", Some(line.field_configuration_id.as_str())),
            ],
        );
    }
    let moved = match model.has_schemes() {
        true => field_schemes::all_moved(reader, projects).unwrap_or_default(),
        false => BTreeSet::new(),
    };
    let mut uses = Vec::new();
    for ask in by_projects(reader, &cloud::FIELD_CONFIGURATION_SCHEME_PROJECTS, projects) {
        let joined = reader.list::<Joined>(&ask).unwrap_or_default().into_iter();
        uses.extend(joined.map(|own| Uses {
            scheme: own.field_configuration_scheme.map(|scheme| scheme.id),
            // What the older model says of those is no more.
            projects: own.project_ids.into_iter().filter(|id| !moved.contains(id)).collect(),
        }));
    }
    join_all(reader, "FieldLayoutScheme", uses);
}

/// Renderers, as they are told and as rows have them; others are the same in both.
const RENDERERS: [(&str, &str); 2] =
    [("text-renderer", "jira-text-renderer"), ("wiki-renderer", "atlassian-wiki-renderer")];

fn stored(told: &str) -> &str {
    RENDERERS.iter().find(|(own, _)| *own == told).map_or(told, |(_, stored)| stored)
}

/// Makes the rows of what configurations, by id and name, say of fields.
pub(super) fn read_items(
    reader: &mut Reader<'_>,
    configurations: &[(String, String)],
) -> Result<(), Failure> {
    let about = |reader: &Reader<'_>, (id, name): &(String, String)| {
        reader.about(&cloud::FIELD_CONFIGURATION_ITEMS, &[id], name)
    };
    if reader.edition == Edition::DataCenter {
        return Ok(());
    }
    let (made, own): (Vec<_>, Vec<_>) = configurations.iter().partition(|(id, _)| field_schemes::is_made(id));
    field_schemes::read_fields(reader, &made)?;
    let asks: Vec<_> = own.iter().map(|own| about(reader, own)).collect();
    reader.fetch(asks)?;
    for configuration in own {
        let ask = about(reader, configuration);
        for item in reader.list::<Item>(&ask).unwrap_or_default() {
            let flag = |value: Option<bool>| value.map(|value| if value { "true" } else { "false" });
            reader.add(
                "FieldLayoutItem",
                &[
                    ("fieldlayout", Some(&configuration.0)),
                    ("fieldidentifier", Some(&item.id)),
                    ("description", item.description.as_deref()),
                    ("ishidden", flag(item.is_hidden)),
                    ("isrequired", flag(item.is_required)),
                    ("renderertype", item.renderer.as_deref().map(stored)),
                ],
            );
        }
    }
    Ok(())
}
