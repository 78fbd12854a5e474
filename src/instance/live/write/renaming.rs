//! A live Jira once objects have other names, and for working out what is done while they get them.
//!
//! Pure. Invariant: it shows itself then as it will be read, with all that follows a name there.

use std::collections::HashMap;
use std::sync::Arc;

use super::former::Former;
use super::rows::Rows;
use crate::entity::{Row, RowChange};
use crate::import::Renamed;
use crate::mapping::workflow::{Descriptor, render};
use crate::mapping::{self, Names, jiras_option_set};
use crate::model::{Identity, Snapshot};
use crate::rest::Edition;

impl Rows {
    /// Returns how it shows itself once objects have other names.
    pub(super) fn renamed(&self, names: Vec<(Identity, Identity)>) -> Option<Renamed> {
        let mut changes = mapping::rename(&self.tables, &names);
        if self.edition == Edition::Cloud {
            changes.extend(self.step_names(&names));
            changes.extend(self.option_set_names(&names));
        }
        let mut renamed = Renamed::by(&self.tables, names, changes, &|tables| mapping::read(tables))?;
        let [old, new] = [&self.tables, &renamed.tables].map(|own| Names::new(own, &mut Snapshot::default()));
        renamed.follows = (old.everything())
            .filter_map(|(tag, id, name)| {
                let kind = mapping::kind(tag);
                let (old, new) = (name.identity(kind), new.get(tag, id)?.identity(kind));
                (old != new).then_some((old, new))
            })
            .collect();
        let rows = self.starting_from(&renamed);
        rows.settle(&mut renamed.snapshot);
        Some(renamed)
    }

    /// Returns the same Jira for working out what is done while objects get other names.
    pub(super) fn starting_from(&self, renamed: &Renamed) -> Self {
        let former = Former::new(self.tables.clone(), self.read(&self.tables), renamed);
        Self {
            tables: renamed.tables.clone(),
            unasked: self.unasked.iter().map(|own| renamed.gap(own)).collect(),
            former: Some(Arc::new(former)),
            ..self.clone()
        }
    }

    /// Returns the workflows in which a step is called otherwise because its status is: on Jira Cloud it has the name of that.
    fn step_names(&self, names: &[(Identity, Identity)]) -> Vec<RowChange> {
        let status = mapping::kind("status");
        let names: HashMap<&str, &str> = names
            .iter()
            .filter(|own| own.0.kind == status)
            .map(|(old, new)| (old.name(), new.name()))
            .collect();
        if names.is_empty() {
            return Vec::new();
        }
        let called = |row: &Row| {
            let mut descriptor = Descriptor::parse(row.get("descriptor")?).ok()?;
            let mut steps =
                descriptor.steps.iter_mut().filter_map(|own| Some((names.get(own.name.as_str())?, own)));
            let mut is_other = false;
            for (name, own) in &mut steps {
                own.name = (*name).to_owned();
                is_other = true;
            }
            let mut after = row.clone();
            after.put("descriptor", Some(&render(&descriptor)));
            is_other.then(|| RowChange { before: Some(row.clone()), after: Some(after) })
        };
        self.tables.rows("Workflow").iter().filter_map(called).collect()
    }

    /// Returns the option sets that are called otherwise because their field is: nobody tells their own names.
    fn option_set_names(&self, names: &[(Identity, Identity)]) -> Vec<RowChange> {
        let kind = mapping::kind("customField");
        let new: HashMap<&Identity, &str> =
            names.iter().filter(|own| own.0.kind == kind).map(|(old, new)| (old, new.name())).collect();
        if new.is_empty() {
            return Vec::new();
        }
        let all = Names::new(&self.tables, &mut Snapshot::default());
        let ids: HashMap<String, &str> = all
            .all("customField")
            .filter_map(|(id, name)| Some((format!("customfield_{id}"), *new.get(&name.identity(kind))?)))
            .collect();
        let rows = self.tables.rows("FieldConfiguration").iter();
        let called = |row: &Row| {
            let mut after = row.clone();
            after.put("name", Some(&jiras_option_set(ids.get(row.get("fieldid")?)?).0));
            Some(RowChange { before: Some(row.clone()), after: Some(after) })
        };
        rows.filter_map(called).collect()
    }
}
