//! The history of an issue: what changes are told as, and who changed a field last.
//!
//! Invariant: an entry is told as Jira tells it (seen in backups of 4.2 to 8.6 and a database of 9.12), by the user who made the change.

use std::collections::{BTreeMap, HashMap};

use pcfg_sync::{Field, FieldKind, Touched};

use super::desk::Desk;
use super::fields::{Shape, Spot};
use super::rows::Called;
use super::values::Single;
use crate::data::Holds;
use crate::entity::DataRow;

/// What a field held: what stands for it, and what is shown.
pub(super) type Side = (Option<String>, Option<String>);

/// A field in an entry of the history.
#[derive(Debug, Clone)]
pub(super) struct Item {
    field: String,
    is_custom: bool,
    old: Side,
    new: Side,
}

impl Item {
    /// An entry about one of Jira's own fields.
    pub(super) fn own(field: &str, old: Side, new: Side) -> Self {
        Self { field: field.to_owned(), is_custom: false, old, new }
    }
}

/// What Jira calls the entries about fields that hold parts of the project.
const PARTS: [(&str, &str); 3] =
    [("components", "Component"), ("versions", "Version"), ("fixVersions", "Fix Version")];

/// Returns the name by which the history knows a field.
fn name_in_history(field: &Field) -> &str {
    let name = match field {
        Field::System(name) | Field::Custom { name, .. } => name,
    };
    match field {
        Field::System(_) => PARTS.iter().find(|(own, _)| own == name).map_or(name, |(_, told)| told),
        Field::Custom { .. } => name,
    }
}

/// Returns what the history tells of a change of a field.
pub(super) fn items(shape: &Shape, old: &[Single], new: &[Single]) -> Vec<Item> {
    let field = name_in_history(&shape.field).to_owned();
    let is_custom = matches!(shape.field, Field::Custom { .. });
    if let Spot::Parts(..) = shape.spot {
        // One for each that goes and each that comes.
        let side = |own: &Single| (Some(own.raw.clone()), Some(own.shown.clone()));
        let missing = |own: &&Single, others: &[Single]| !others.iter().any(|other| own.is_as(other));
        let gone = old.iter().filter(|own| missing(own, new)).map(|own| (side(own), (None, None)));
        let come = new.iter().filter(|own| missing(own, old)).map(|own| ((None, None), side(own)));
        let item = |(old, new)| Item { field: field.clone(), is_custom, old, new };
        return gone.chain(come).map(item).collect();
    }
    vec![Item { field, is_custom, old: side(shape, old), new: side(shape, new) }]
}

fn side(shape: &Shape, singles: &[Single]) -> Side {
    let join = |texts: Vec<&str>, with: &str| texts.join(with);
    let shown = || singles.iter().map(|own| own.shown.as_str()).collect::<Vec<_>>();
    let raw = || singles.iter().map(|own| own.raw.as_str()).collect::<Vec<_>>();
    if let Spot::Labels(_) = shape.spot {
        return (Some(String::new()), Some(join(shown(), " ")));
    }
    let Some(first) = singles.first() else { return (None, None) };
    match &shape.spot {
        Spot::Text(_) => (None, Some(first.shown.clone())),
        Spot::Day(_) => (Some(first.raw.clone()), Some(format!("{} 00:00:00.0", first.raw))),
        Spot::Values(_, Holds::Option) if shape.kind == FieldKind::Cascade => {
            let below = singles.get(1).map(|own| format!("Level 1 values: {}({})", own.shown, own.raw));
            let told = format!("Parent values: {}({}){}", first.shown, first.raw, below.unwrap_or_default());
            (Some(told.clone()), Some(told))
        }
        Spot::Values(_, Holds::Option | Holds::Version) if shape.many => {
            (Some(format!("[{}]", join(raw(), ", "))), Some(join(shown(), ",")))
        }
        Spot::Values(_, Holds::User | Holds::Group) if shape.many => {
            let told = format!("[{}]", join(shown(), ", "));
            (Some(told.clone()), Some(told))
        }
        Spot::Values(_, Holds::Group) => (Some(first.raw.clone()), Some(first.shown.clone())),
        Spot::Values(_, Holds::Text(_) | Holds::Number | Holds::Day | Holds::Moment) => {
            (None, Some(first.shown.clone()))
        }
        _ => (Some(first.raw.clone()), Some(first.shown.clone())),
    }
}

impl Desk<'_> {
    /// Writes an entry of the history of an issue, if there is anything to tell.
    pub(super) fn tell(&self, issue: u64, when: &str, items: &[Item]) -> Called<()> {
        if items.is_empty() {
            return Ok(());
        }
        let mut group = self.rows.new_row("ChangeGroup")?;
        group.set("issue", Some(&issue.to_string()));
        group.set("author", Some(self.me()));
        group.set("created", Some(when));
        self.rows.insert(&group)?;
        for item in items {
            let mut row = self.rows.new_row("ChangeItem")?;
            row.set("group", group.get("id"));
            row.set("fieldtype", Some(if item.is_custom { "custom" } else { "jira" }));
            row.set("field", Some(&item.field));
            for (column, value) in [
                ("oldvalue", &item.old.0),
                ("oldstring", &item.old.1),
                ("newvalue", &item.new.0),
                ("newstring", &item.new.1),
            ] {
                row.set(column, value.as_deref());
            }
            self.rows.insert(&row)?;
        }
        Ok(())
    }

    /// Returns who changed which of these fields last, and who the status.
    pub(super) fn touched(
        &self,
        issue: &DataRow,
        shapes: &[Shape],
    ) -> Called<(BTreeMap<Field, Touched>, Option<Touched>)> {
        let mut by_name: HashMap<(&str, bool), Vec<&Field>> = HashMap::new();
        for shape in shapes {
            let is_custom = matches!(shape.field, Field::Custom { .. });
            by_name.entry((name_in_history(&shape.field), is_custom)).or_default().push(&shape.field);
        }
        let mut groups = self.rows.find("ChangeGroup", "issue", issue.id("id").unwrap_or(0))?;
        groups.sort_by_key(|own| own.row.id("id"));
        let (mut touched, mut status) = (BTreeMap::new(), None);
        for group in groups {
            let by = group.row.text("author").and_then(|key| self.ground().user_name(key));
            let own = Touched { at: self.rows.time_of(&group.row, "created"), by };
            for item in self.rows.find("ChangeItem", "group", group.row.id("id").unwrap_or(0))? {
                let field = item.row.get("field").unwrap_or_default();
                let is_custom = item.row.get("fieldtype") == Some("custom");
                if field == "status" && !is_custom {
                    status = Some(own.clone());
                }
                for field in by_name.get(&(field, is_custom)).into_iter().flatten() {
                    touched.insert((*field).clone(), own.clone());
                }
            }
        }
        Ok((touched, status))
    }
}
