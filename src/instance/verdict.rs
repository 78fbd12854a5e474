//! Whether rows are as a change expects them, and how messages tell that they are not: the same for every store.
//!
//! Invariant: a row that is not exactly as it was when the change was planned is never changed.

use std::collections::{BTreeMap, BTreeSet};

use crate::entity::{Entity, EntityId, Lacking, Move, Row, RowChange, entities};

/// What a deleted row had in columns that are not described, by column. Without a value it is a secret, of which nobody knows
/// more than that there was one.
pub(super) type Rest = BTreeMap<String, Option<String>>;

/// A row is not as it was.
#[derive(Debug)]
pub(super) struct Changed {
    /// The row.
    pub(super) row: String,
    /// How it differs.
    pub(super) how: String,
}

/// Says that other issues stand where those that are to move were counted.
pub(super) fn miscounted(moves: &[Move], counts: &[u64]) -> Option<Changed> {
    let (own, count) = moves.iter().zip(counts).find(|(own, count)| own.issues != **count)?;
    Some(Changed {
        row: format!(
            "the issues of type `{}` in status `{}` of project {}",
            own.issue_type_name, own.status_name, own.project_key
        ),
        how: format!("{count} are to move, but there were {}", own.issues),
    })
}

/// Says that nobody can tell which of two rows is meant.
pub(super) fn two_of_one_id(row: &Row) -> Changed {
    Changed { row: title_of(row), how: "there are two rows with this id".to_owned() }
}

/// Returns the attribute by which rows are found, and whether it is unique in Jira's database.
pub(super) fn key(entity: &Entity) -> (&'static str, bool) {
    let first = entity.attributes[0].name;
    match entity.name {
        "NodeAssociation" => ("sourceNodeId", false),
        _ => (first, true),
    }
}

/// Returns whether a column holds what no file but Jira's own may: passwords, their hashes, and what else logs in. The names
/// are those of `cwd_user.credential` (`User` of a backup) and `userbase.password_hash` (`passwordHash`), and what others
/// may be called.
pub(super) fn is_secret(column: &str) -> bool {
    let column = column.to_lowercase();
    SECRETS.iter().any(|part| column.contains(part))
}

/// What the name of a column with secrets has in it.
pub(super) const SECRETS: [&str; 6] = ["credential", "password", "passwd", "secret", "token", "hash"];

/// Returns whether a table is one of an app: Jira's database checks the keys of those, and only of those (seen in the
/// schemas of 7.12.3 and 9.12.4).
pub(super) fn is_app(entity: &Entity) -> bool {
    entity.table.starts_with("AO_")
}

/// Returns the table that a column of an app leads to, where Jira's database checks that.
pub(super) fn parent(entity: &Entity, attribute: &str) -> Option<&'static str> {
    match attribute {
        _ if !is_app(entity) => None,
        "RAPID_VIEW_ID" => Some("AO_60DB71_RAPIDVIEW"),
        "COLUMN_ID" => Some("AO_60DB71_COLUMN"),
        "WORKING_DAYS_ID" => Some("AO_60DB71_WORKINGDAYS"),
        _ => None,
    }
}

/// Says that several rows of a table have one id.
pub(super) fn told_twice(entity: &str) -> String {
    format!("several rows of {entity} have the same id; all are kept")
}

/// Says that rows lead to nothing.
pub(super) fn told_dangling(count: u64, table: &str) -> String {
    format!(
        "{count} rows of {table} refer to rows that do not exist, and are left out: Jira's database would \
         reject them"
    )
}

/// Returns what messages call the row of a change.
pub(super) fn title(change: &RowChange) -> String {
    let row = change.before.as_ref().or(change.after.as_ref());
    row.map_or_else(String::new, title_of)
}

/// Returns what messages call a row.
pub(super) fn title_of(row: &Row) -> String {
    let entity = row.entity().entity();
    if entity.attributes[0].name.eq_ignore_ascii_case("id") {
        return format!("{} {}", entity.name, row.id());
    }
    let values: Vec<String> = entity
        .attributes
        .iter()
        .filter_map(|own| Some(format!("{} {}", own.name, row.get(own.name)?)))
        .collect();
    format!("{} ({})", entity.name, values.join(", "))
}

/// Returns the described attributes for which a store has no columns; `columns` are those of a table, if there is one.
pub(super) fn lacking<'a, C: 'a>(columns: impl Fn(EntityId) -> Option<&'a [Option<C>]>) -> BTreeSet<Lacking> {
    let ids = entities().iter().map(|entity| EntityId::named(entity.name));
    ids.flat_map(|id| {
        let columns = columns(id);
        let has = move |number: usize| columns.is_some_and(|columns| columns[number].is_some());
        (0..id.entity().attributes.len()).filter(move |number| !has(*number)).map(move |number| (id, number))
    })
    .collect()
}

/// Returns which of the rows that have the key of a row is exactly that row.
pub(super) fn find<'a>(
    found: impl IntoIterator<Item = &'a Row, IntoIter: Clone>,
    row: &Row,
) -> Result<usize, Changed> {
    let mut found = found.into_iter();
    if let Some(at) = found.clone().position(|own| own == row) {
        return Ok(at);
    }
    let how = match (found.next(), found.next()) {
        (Some(own), None) if key(row.entity().entity()).1 => difference(row, own),
        _ => "it does not exist".to_owned(),
    };
    Err(Changed { row: title_of(row), how })
}

/// Fails if a row cannot come to those that have its key.
pub(super) fn has_room<'a>(found: impl IntoIterator<Item = &'a Row>, row: &Row) -> Result<(), Changed> {
    let (_, unique) = key(row.entity().entity());
    match found.into_iter().any(|own| unique || own == row) {
        true => Err(Changed { row: title_of(row), how: "it exists already".to_owned() }),
        false => Ok(()),
    }
}

/// Says how a row differs from what was expected.
pub(super) fn difference(expected: &Row, found: &Row) -> String {
    /// Long texts are not told.
    const LONGEST: usize = 60;
    let shown = |value: Option<&str>| match value {
        None => "NULL".to_owned(),
        Some(value) if value.chars().count() > LONGEST => "a longer text".to_owned(),
        Some(value) => format!("`{value}`"),
    };
    let attributes = expected.entity().entity().attributes.iter();
    let differences = attributes.filter_map(|own| {
        let (wanted, is) = (expected.get(own.name), found.get(own.name));
        (wanted != is).then(|| format!("{} is {}, not {}", own.name, shown(is), shown(wanted)))
    });
    differences.collect::<Vec<_>>().join("; ")
}
