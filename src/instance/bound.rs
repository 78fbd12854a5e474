//! How much of an instance is kept in memory at most, and what is told beyond it.
//!
//! Invariant: what a place holds never decides how much memory is taken; reading ends with an error there, and is never cut
//! short in silence.

use crate::entity::Tables;

/// How much memory the rows of a configuration may take with everything that is made of them, as [`Tables::weight`] counts it: eight
/// million memberships of groups fit, or three million statuses.
pub(super) const MOST_BYTES: u64 = 4 << 30;

/// More tables than this are in no backup: Jira 9.12 has about 200, and apps some hundreds.
pub(super) const MOST_TABLES: usize = 5_000;

/// A table with more columns than this is none of Jira's, whose largest one has about fifty.
pub(super) const MOST_COLUMNS: usize = 1_000;

/// As many of several things of one kind are told one by one; the others are counted.
const MOST_TOLD: usize = 100;

/// The rows of a configuration take too much memory.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "its configuration is too large: with all that is made of them, its rows could need more than {} MiB of memory, the \
     most that pcfg allows ({rows} rows so far, {largest} of them from {table})",
    most >> 20
)]
pub struct TooMuch {
    most: u64,
    rows: usize,
    table: &'static str,
    largest: usize,
}

/// Fails if rows take more memory than they may.
pub(super) fn check(tables: &Tables, most: u64) -> Result<(), TooMuch> {
    if tables.weight() <= most {
        return Ok(());
    }
    let (table, largest) = tables.largest();
    Err(TooMuch { most, rows: tables.len(), table, largest })
}

/// Returns the first ones of what is to be told, and how many the others are.
pub(super) fn told(
    all: impl ExactSizeIterator<Item = String>,
    others: impl FnOnce(usize) -> String,
) -> Vec<String> {
    let more = all.len().saturating_sub(MOST_TOLD);
    let mut told: Vec<String> = all.take(MOST_TOLD).collect();
    told.extend((more > 0).then(|| others(more)));
    told
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entity::{Attribute, AttributeType, EntityId, Row};

    fn tables(entity: &'static str, values: &[(&str, &str)], count: usize) -> Tables {
        let id = EntityId::named(entity);
        let mut row = Row::new(id);
        values.iter().for_each(|(name, value)| row.put(name, Some(value)));
        let mut tables = Tables::default();
        (0..count).for_each(|_| tables.push(id, row.clone()));
        tables
    }

    #[test]
    fn too_many_rows_are_told_with_their_number_and_table() {
        let mut tables = tables("Status", &[("id", "1"), ("name", "Open")], 1_000);
        let row = tables.weight() / 1_000;
        assert_eq!(check(&tables, 1_000 * row), Ok(()));
        tables.push(EntityId::named("Status"), Row::new(EntityId::named("Status")));
        let message = check(&tables, 1_000 * row).unwrap_err().to_string();
        assert!(message.contains("1001 rows so far, 1001 of them from Status"), "{message}");
    }

    /// A Jira of 200,000 users with 20 groups each keeps within the bound.
    #[test]
    fn a_very_large_jira_fits() {
        let key = "somebody.with.a.long.name";
        let bytes = |entity: &'static str| {
            let attributes = &EntityId::named(entity).entity().attributes;
            let value = |own: &Attribute| match own.ty {
                AttributeType::Integer => (own.name, "12345678"),
                _ => (own.name, key),
            };
            let values: Vec<_> = attributes.iter().map(value).collect();
            tables(entity, &values, 1).weight()
        };
        let all = 200_000 * (bytes("User") + bytes("ApplicationUser") + 20 * bytes("Membership"));
        assert!(all < MOST_BYTES * 9 / 10, "{all}");
    }

    #[test]
    fn of_many_warnings_the_first_are_told_and_the_others_counted() {
        let all = (0..MOST_TOLD + 7).map(|number| number.to_string()).collect::<Vec<_>>();
        let told = told(all.into_iter(), |more| format!("and {more} more"));
        assert_eq!((told.len(), told.last().map(String::as_str)), (MOST_TOLD + 1, Some("and 7 more")));
    }
}
