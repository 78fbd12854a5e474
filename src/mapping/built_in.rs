//! The objects that every Jira has: by which marks they are known, and under which ids an instance stores them.
//!
//! Invariant: an id that is found nowhere is empty, and never one that an instance might give to something else.

use std::collections::HashMap;

use super::areas::constants;
use super::areas::dashboards::read as dashboards;
use super::areas::field_configurations::read as field_configurations;
use super::areas::issue_types::read as issue_types;
use super::ground::ids::BuiltIn;
use super::ground::kinds::{BUILT_IN, kind};
use super::ground::names::Names;
use crate::entity::{Row, Tables};

/// Returns what an instance has of them.
pub(crate) fn built_in(tables: &Tables, names: &Names) -> BuiltIn {
    let marked = marks(tables, names);
    // The default field configuration that is nowhere stored has no id, and needs none.
    let default = &marked[&("fieldConfiguration", "default")];
    let unstored = names.get("fieldConfiguration", default).is_none().then(|| {
        let name = field_configurations::free_name(names);
        (name.identity(kind("fieldConfiguration")), default.clone())
    });
    BuiltIn { unstored: unstored.into_iter().collect(), marked }
}

/// Returns the ids of objects that every Jira has, by kind and mark. The default field configuration is stored only when
/// there is something to store.
fn marks(tables: &Tables, names: &Names) -> HashMap<(&'static str, &'static str), String> {
    let fixed = BUILT_IN.map(|(kind_name, mark, id)| ((kind_name, mark), id.to_owned()));
    let events = constants::built_in_events().map(|(id, mark)| (("eventType", mark), id.to_string()));
    let schemes = issue_types::KINDS.iter().filter_map(|own| {
        let id = issue_types::built_in(tables, own.field)?;
        names.get(own.scheme, id)?;
        Some(((own.scheme, "default"), id.to_owned()))
    });
    let configuration = field_configurations::default_row(tables).map_or("", Row::id).to_owned();
    let dashboard = dashboards::system(tables);
    let own = [(("fieldConfiguration", "default"), configuration), (("dashboard", "default"), dashboard)];
    fixed.into_iter().chain(events).chain(schemes).chain(own).collect()
}
