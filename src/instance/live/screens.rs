//! Screens with their tabs, screen schemes and issue type screen schemes.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::endpoint::{Endpoint, cloud, data_center};
use super::fields::PREFIX;
use super::projects::{Project, Uses, by_projects, join_all};
use super::reader::{Ask, Reader};
use super::shape::{Id, Named, WithId, is_of_project};
use crate::rest::{Edition, Failure};

/// A tab of a screen.
#[derive(Debug, Deserialize)]
struct Tab {
    id: Id,
    name: String,
}

/// A screen that has a field, with the tab.
#[derive(Debug, Deserialize)]
struct Having {
    id: Id,
    tab: Option<Tab>,
}

/// A screen scheme.
#[derive(Debug, Deserialize)]
struct ScreenScheme {
    id: Id,
    name: String,
    description: Option<String>,
    screens: Screens,
}

/// The screens of a scheme by what they are for.
#[derive(Debug, Deserialize)]
struct Screens {
    default: Option<Id>,
    create: Option<Id>,
    edit: Option<Id>,
    view: Option<Id>,
}

/// A line of an issue type screen scheme; `default` stands for all issue types without a line.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Line {
    issue_type_screen_scheme_id: Id,
    issue_type_id: Id,
    screen_scheme_id: Id,
}

/// The projects of an issue type screen scheme.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Joined {
    issue_type_screen_scheme: WithId,
    project_ids: Vec<Id>,
}

/// Returns the lists that are read whatever is wanted.
pub(super) fn lists(edition: Edition) -> &'static [&'static Endpoint] {
    match edition {
        Edition::Cloud => &[
            &cloud::SCREENS,
            &cloud::SCREEN_SCHEMES,
            &cloud::SCREEN_TYPE_SCHEMES,
            &cloud::SCREEN_TYPE_SCHEME_ITEMS,
        ],
        Edition::DataCenter => &[&data_center::SCREENS],
    }
}

/// Asks for what the lists alone do not tell.
pub(super) fn asks(reader: &Reader<'_>, projects: &[Project]) -> Vec<Ask> {
    match reader.edition {
        Edition::Cloud => by_projects(reader, &cloud::SCREEN_TYPE_SCHEME_PROJECTS, projects),
        Edition::DataCenter => Vec::new(),
    }
}

/// Makes the rows of all but the tabs.
pub(super) fn read(reader: &mut Reader<'_>, projects: &[Project]) {
    for screen in screens(reader) {
        reader.add(
            "FieldScreen",
            &[
                ("id", Some(screen.id.as_str())),
                ("name", Some(&screen.name)),
                ("description", screen.description.as_deref()),
            ],
        );
    }
    if reader.edition == Edition::DataCenter {
        return;
    }
    let ask = reader.of(&cloud::SCREEN_SCHEMES);
    for scheme in reader.list::<ScreenScheme>(&ask).unwrap_or_default() {
        let id = Some(scheme.id.as_str());
        reader.add(
            "FieldScreenScheme",
            &[("id", id), ("name", Some(&scheme.name)), ("description", scheme.description.as_deref())],
        );
        let Screens { default, create, edit, view } = scheme.screens;
        for (operation, screen) in
            [(None, default), (Some("0"), create), (Some("1"), edit), (Some("2"), view)]
        {
            if let Some(screen) = screen {
                reader.add(
                    "FieldScreenSchemeItem",
                    &[
                        ("fieldscreenscheme", id),
                        ("fieldscreen", Some(screen.as_str())),
                        ("operation", operation),
                    ],
                );
            }
        }
    }
    let ask = reader.of(&cloud::SCREEN_TYPE_SCHEMES);
    for scheme in reader.list::<Named>(&ask).unwrap_or_default() {
        reader.add(
            "IssueTypeScreenScheme",
            &[
                ("id", Some(scheme.id.as_str())),
                ("name", Some(&scheme.name)),
                ("description", scheme.description.as_deref()),
            ],
        );
    }
    let ask = reader.of(&cloud::SCREEN_TYPE_SCHEME_ITEMS);
    for line in reader.list::<Line>(&ask).unwrap_or_default() {
        let issue_type = Some(line.issue_type_id.as_str()).filter(|id| *id != "default");
        reader.add(
            "IssueTypeScreenSchemeEntity",
            &[
                ("scheme", Some(line.issue_type_screen_scheme_id.as_str())),
                ("fieldscreenscheme", Some(line.screen_scheme_id.as_str())),
                ("issuetype", issue_type),
            ],
        );
    }
    let mut uses = Vec::new();
    for ask in by_projects(reader, &cloud::SCREEN_TYPE_SCHEME_PROJECTS, projects) {
        let joined = reader.list::<Joined>(&ask).unwrap_or_default().into_iter();
        uses.extend(
            joined
                .map(|own| Uses { scheme: Some(own.issue_type_screen_scheme.id), projects: own.project_ids }),
        );
    }
    join_all(reader, "IssueTypeScreenScheme", uses);
}

fn screens(reader: &mut Reader<'_>) -> Vec<Named> {
    let ask = reader.of(reader.by_edition(&cloud::SCREENS, &data_center::SCREENS));
    let mut screens = reader.list::<Named>(&ask).unwrap_or_default();
    screens.retain(|screen| !is_of_project(screen.scope.as_ref()));
    screens
}

/// Makes the rows of the tabs of screens, by id and name.
pub(super) fn read_tabs(reader: &mut Reader<'_>, screens: &[(String, String)]) -> Result<(), Failure> {
    let tabs = |reader: &Reader<'_>, (id, name): &(String, String)| reader.about(&cloud::TABS, &[id], name);
    let asks: Vec<_> = screens.iter().map(|screen| tabs(reader, screen)).collect();
    reader.fetch(asks)?;
    let mut all = Vec::new();
    for screen in screens {
        let ask = tabs(reader, screen);
        for (at, tab) in reader.list::<Tab>(&ask).unwrap_or_default().into_iter().enumerate() {
            all.push((screen, at, tab));
        }
    }
    let fields = |reader: &Reader<'_>, (id, name): &(String, String), tab: &Tab| {
        reader.about(&cloud::TAB_FIELDS, &[id, tab.id.as_str()], name)
    };
    let asks: Vec<_> = all.iter().map(|(screen, _, tab)| fields(reader, screen, tab)).collect();
    reader.fetch(asks)?;
    for (screen, at, tab) in &all {
        let id = Some(tab.id.as_str());
        reader.add(
            "FieldScreenTab",
            &[
                ("id", id),
                ("fieldscreen", Some(&screen.0)),
                ("name", Some(&tab.name)),
                ("sequence", Some(&at.to_string())),
            ],
        );
        let ask = fields(reader, screen, tab);
        for (at, field) in reader.list::<WithId>(&ask).unwrap_or_default().iter().enumerate() {
            reader.add(
                "FieldScreenLayoutItem",
                &[
                    ("fieldscreentab", id),
                    ("fieldidentifier", Some(field.id.as_str())),
                    ("sequence", Some(&at.to_string())),
                ],
            );
        }
    }
    Ok(())
}

/// Makes the rows of the tabs that have some fields, by id and name, of screens of which nothing else was read.
pub(super) fn read_of_fields(
    reader: &mut Reader<'_>,
    wanted: &[(String, String)],
    is_read: &dyn Fn(&str) -> bool,
) -> Result<(), Failure> {
    let about = |reader: &Reader<'_>, (id, name): &(String, String)| {
        reader.about(&cloud::FIELD_SCREENS, &[&format!("{PREFIX}{id}")], name)
    };
    let asks: Vec<_> = wanted.iter().map(|field| about(reader, field)).collect();
    reader.fetch(asks)?;
    let mut tabs: BTreeMap<(String, String), (String, Vec<String>)> = BTreeMap::new();
    for field in wanted {
        let ask = about(reader, field);
        let Some(having) = reader.list::<Having>(&ask) else {
            let name = &field.1;
            reader.warnings.push(format!("which screens have the custom field `{name}` was not answered"));
            continue;
        };
        for Having { id, tab } in having {
            let Some(tab) = tab.filter(|_| !is_read(id.as_str())) else { continue };
            let place = (id.as_str().to_owned(), tab.id.as_str().to_owned());
            tabs.entry(place).or_insert((tab.name, Vec::new())).1.push(format!("{PREFIX}{}", field.0));
        }
    }
    for ((screen, tab), (name, fields)) in &tabs {
        let id = Some(tab.as_str());
        reader.add("FieldScreenTab", &[("id", id), ("fieldscreen", Some(screen)), ("name", Some(name))]);
        for field in fields {
            reader.add("FieldScreenLayoutItem", &[("fieldscreentab", id), ("fieldidentifier", Some(field))]);
        }
    }
    Ok(())
}
