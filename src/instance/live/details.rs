//! The details of objects, which are dear: which kinds have some, what is unknown without them, and how many requests they take.
//!
//! Invariant: a kind with details stands once, in one table, so that what is read of it, what is told of it, and what is unknown
//! where nobody asked, are the same.

use std::collections::{BTreeMap, BTreeSet};

use super::endpoint::{Endpoint, cloud};
use super::projects::Project;
use super::reader::Reader;
use super::which::Which;
use super::{boards, configurations, fields, projects, screens, shared, workflow_schemes};
use crate::mapping::{self, Names};
use crate::model::{Asked, Gap, Identity};
use crate::rest::{Edition, Failure, Share};
use crate::schema::Schema;

/// Objects of a kind: ids and names.
pub(super) type Objects = Vec<(String, String)>;

/// The details of a kind.
pub(super) struct Details {
    pub(super) kind: &'static str,
    /// What tells them.
    endpoints: fn(Edition) -> Vec<&'static Endpoint>,
    /// Makes the rows of some objects.
    read: fn(&mut Reader<'_>, &[Project], &Objects) -> Result<(), Failure>,
    /// How many requests that takes at least; what only the answers say is left out.
    least: fn(&mut Reader<'_>, &Objects) -> usize,
}

fn one_each(_: &mut Reader<'_>, objects: &Objects) -> usize {
    objects.len()
}

/// Returns the endpoints that only Jira Cloud has.
fn of_cloud(edition: Edition, endpoints: &[&'static Endpoint]) -> Vec<&'static Endpoint> {
    if edition == Edition::Cloud { endpoints.to_vec() } else { Vec::new() }
}

/// All of them, in the order in which they are read.
pub(super) const ALL: [Details; 9] = [
    Details {
        kind: "project",
        endpoints: |edition| projects::details(edition).chain([&cloud::ROLE_ACTORS]).collect(),
        read: |reader, all, objects| {
            projects::read_details(reader, all, objects)?;
            if reader.edition == Edition::DataCenter {
                let own = all.iter().filter(|own| objects.iter().any(|(id, _)| id == own.id.as_str()));
                let own = own.filter(|own| !own.is_team_managed());
                own.for_each(|project| workflow_schemes::read_of_project(reader, project));
            }
            Ok(())
        },
        least: |reader, objects| {
            let roles = reader.tables.rows("ProjectRole").len();
            objects.len() * (projects::details(reader.edition).count() + roles)
        },
    },
    Details {
        kind: "screen",
        endpoints: |_| vec![&cloud::TABS, &cloud::TAB_FIELDS],
        read: |reader, _, objects| screens::read_tabs(reader, objects),
        // Each has a tab.
        least: |_, objects| 2 * objects.len(),
    },
    Details {
        kind: "fieldConfiguration",
        endpoints: |edition| {
            of_cloud(edition, &[&cloud::FIELD_CONFIGURATION_ITEMS, &cloud::FIELD_SCHEME_FIELDS])
        },
        read: |reader, _, objects| configurations::read_items(reader, objects),
        least: |reader, objects| {
            // Each has a line for each field.
            let pages =
                reader.tables.rows("CustomField").len().div_ceil(cloud::FIELD_CONFIGURATION_ITEMS.size);
            objects.len() * pages.max(1)
        },
    },
    Details {
        kind: "customField",
        endpoints: |edition| {
            of_cloud(
                edition,
                &[&cloud::CONTEXTS, &cloud::DEFAULTS, &cloud::CONTEXT_PROJECTS, &cloud::OPTIONS],
            )
        },
        read: |reader, _, objects| fields::read_contexts(reader, objects),
        least: |reader, objects| fields::least(reader, objects),
    },
    Details {
        kind: "filter",
        endpoints: |_| vec![&cloud::FILTER_COLUMNS],
        read: |reader, _, objects| shared::read_columns(reader, objects),
        least: one_each,
    },
    Details {
        kind: "dashboard",
        endpoints: |edition| of_cloud(edition, &[&cloud::GADGETS]),
        read: |reader, _, objects| shared::read_gadgets(reader, objects),
        least: one_each,
    },
    Details {
        kind: "workflowScheme",
        endpoints: |edition| of_cloud(edition, &[&cloud::WORKFLOW_SCHEME_DRAFT]),
        read: |reader, _, objects| workflow_schemes::read_drafts(reader, objects),
        least: one_each,
    },
    Details {
        kind: "group",
        endpoints: |_| vec![&cloud::GROUP_MEMBERS],
        read: |reader, _, objects| reader.read_members(objects),
        least: one_each,
    },
    Details {
        kind: "user",
        // Nobody is known before somebody names him, and so nobody is told as unknown.
        endpoints: |_| Vec::new(),
        read: |reader, _, objects| reader.read_accounts(objects),
        least: |_, objects| usize::from(!objects.is_empty()),
    },
];

/// Why nothing is known of what nobody was going to look at.
pub(super) const UNASKED: &str = "it was not asked for";

/// What is to be read next.
#[derive(Debug, Clone, Default)]
pub(super) struct Found {
    /// Objects, by kind.
    pub(super) objects: BTreeMap<&'static str, Objects>,
    /// Boards.
    pub(super) boards: Vec<Which>,
}

impl Found {
    pub(super) fn is_empty(&self) -> bool {
        self.objects.is_empty() && self.boards.is_empty()
    }

    /// Reads it.
    pub(super) fn read(&self, reader: &mut Reader<'_>, projects: &[Project]) -> Result<(), Failure> {
        for details in &ALL {
            if let Some(objects) = self.objects.get(details.kind) {
                (details.read)(reader, projects, objects)?;
            }
        }
        boards::read(reader, &self.boards)
    }

    /// Returns how many requests it takes and leads to, by kind, as far as the lists tell.
    pub(super) fn least(&mut self, reader: &mut Reader<'_>, is_all: bool) -> Vec<Share> {
        let schema = Schema::get();
        let mut all = Vec::new();
        if is_all && reader.edition == Edition::Cloud {
            self.objects.insert("customField", fields::on_screens(reader));
        }
        for details in &ALL {
            if let Some(objects) = self.objects.get(details.kind)
                && !(details.endpoints)(reader.edition).is_empty()
            {
                let what = schema.kind(mapping::kind(details.kind)).in_words();
                let requests = (details.least)(reader, objects);
                all.push(Share { what, objects: objects.len(), requests });
            }
        }
        let (boards, requests) = boards::least(reader, &self.boards);
        if boards > 0 {
            let what = schema.kind(mapping::kind("scrumKanbanBoard")).in_words();
            all.push(Share { what, objects: boards, requests });
        }
        all
    }
}

/// What was read of each kind.
#[derive(Debug, Default)]
pub(super) struct Known {
    pub(super) objects: BTreeMap<&'static str, BTreeSet<String>>,
    pub(super) boards: BTreeSet<Which>,
}

impl Known {
    pub(super) fn has(&self, kind: &str, id: &str) -> bool {
        self.objects.get(kind).is_some_and(|ids| ids.contains(id))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.objects.is_empty() && self.boards.is_empty()
    }

    pub(super) fn count(&self) -> u64 {
        self.objects.values().map(BTreeSet::len).sum::<usize>() as u64
    }

    pub(super) fn add(&mut self, found: Found) {
        for (kind, objects) in found.objects {
            self.objects.entry(kind).or_default().extend(objects.into_iter().map(|(id, _)| id));
        }
        self.boards.extend(found.boards);
    }

    /// Returns what is unknown of the objects whose details nobody asked for.
    pub(super) fn unasked(&self, reader: &Reader<'_>, names: &Names) -> Vec<Gap> {
        let schema = Schema::get();
        let mut gaps = Vec::new();
        for details in &ALL {
            let kind = mapping::kind(details.kind);
            let tells: BTreeSet<&str> = (details.endpoints)(reader.edition)
                .iter()
                .flat_map(|own| own.tells.iter().copied())
                .collect();
            let properties: Vec<_> = tells
                .iter()
                .filter_map(|part| schema.child(schema.kind(kind).declaration, part.split_once('/')?.1))
                .collect();
            let unread = names.all(details.kind).filter(|(id, _)| !self.has(details.kind, id));
            let objects: Vec<Identity> = match details.kind {
                "group" => {
                    let rows = reader.tables.rows("Group").iter();
                    let rows = rows.filter_map(|row| row.get("groupName"));
                    rows.filter(|own| !self.has("group", own)).map(|own| Identity::named(kind, own)).collect()
                }
                _ => unread.map(|(_, name)| name.identity(kind)).collect(),
            };
            let asked = match details.kind {
                "screen" if reader.edition == Edition::Cloud => {
                    Asked::ForUsesOf(mapping::kind("customField"))
                }
                _ => Asked::No,
            };
            for object in objects {
                let gap = |property| Gap::of_object(object.clone(), UNASKED).property(property).asked(asked);
                gaps.extend(properties.iter().map(|&property| gap(property)));
            }
        }
        if !self.boards.contains(&Which::All) {
            let asked = match self.boards.is_empty() {
                true => Asked::No,
                false => Asked::ForUsesOf(mapping::kind("filter")),
            };
            gaps.push(Gap::of_kind(mapping::kind("scrumKanbanBoard"), UNASKED).asked(asked));
        }
        gaps
    }
}
