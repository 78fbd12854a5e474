//! Gathers the rows of the issues of some projects, issue by issue.
//!
//! Two passes: the first learns which issues there are and which of them comments, worklogs and entries of the history belong to,
//! since these come before the issues in a backup; the second takes the rows. Invariant: a row of a chosen issue is never left out, and
//! what belongs to no issue is counted.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use roaring::RoaringTreemap;

use super::source::{Chosen, IssueData, Pass};
use super::spill::Spill;
use crate::data::{Issues, Stand};
use crate::entity::{DataRow, DataTable, PROPERTIES, Route};
use crate::instance::{Progress, ReadError};

/// The issues of some projects with all that belongs to them.
pub(super) struct Gathered {
    /// All issues of the place.
    pub(super) issues: Issues,
    /// Those that are gathered, in the order of the projects and of their numbers.
    pub(super) chosen: Vec<Stand>,
    /// Rows that belong to no issue: sprints.
    pub(super) beside: Vec<DataRow>,
    /// How many rows of a table lead to no issue.
    pub(super) dangling: BTreeMap<&'static str, u64>,
    spill: Spill,
}

/// Told of every issue, with its rows.
pub(super) type Each<'a, E> = &'a mut dyn FnMut(&Issues, Stand, &[DataRow]) -> Result<(), E>;

/// Gathers issues; what is too large for memory waits in a file in that folder.
pub(super) fn gather(
    place: &mut dyn IssueData,
    wanted: &Chosen,
    folder: &Path,
    progress: Progress<'_>,
) -> Result<Gathered, ReadError> {
    let mut issues = Issues::default();
    let mut owners: HashMap<&'static str, Owners> = HashMap::new();
    place.rows(Pass::Ids, wanted, (progress, &|_, _| true), &mut |row| {
        match row.table().route {
            Route::Itself => issues.add(row),
            Route::Issue(way) => {
                if let (Some(id), Some(issue)) = (row.id("id"), row.id(way)) {
                    owners.entry(row.table().name).or_default().0.push((id, issue));
                }
            }
            _ => {}
        }
        Ok(())
    })?;
    issues.finish();
    owners.values_mut().for_each(Owners::finish);
    let mut chosen = issues.of(&wanted.projects);
    chosen.retain(|stand| wanted.number.is_none_or(|number| stand.number() == number));
    let mut places: Vec<(u64, usize)> =
        chosen.iter().enumerate().map(|(place, stand)| (stand.id(), place)).collect();
    places.sort_unstable();
    let mut spill = Spill::new(folder, chosen.len())?;
    let (mut beside, mut dangling, mut bytes) = (Vec::new(), BTreeMap::new(), Vec::new());
    // What leads to no issue at all is counted; what leads to another one is not even read.
    let is_other = |issue: u64| places.binary_search_by_key(&issue, |(own, _)| *own).is_err();
    let other_issues: RoaringTreemap = issues.all().map(Stand::id).filter(|id| is_other(*id)).collect();
    let others: HashMap<&str, RoaringTreemap> =
        owners.iter().map(|(table, owners)| (*table, owners.leading_to(&other_issues))).collect();
    let keeps = |table: &DataTable, id: u64| match table.route {
        Route::Through(_, other) => others.get(other).is_none_or(|others| !others.contains(id)),
        _ => !other_issues.contains(id),
    };
    place.rows(Pass::Content, wanted, (progress, &keeps), &mut |row| {
        if !row.counts() {
            return Ok(());
        }
        let table = row.table();
        let ends = match table.route {
            Route::State => return Ok(()),
            Route::Nowhere => {
                beside.push(row.clone());
                return Ok(());
            }
            Route::Itself => [row.id("id"), None],
            Route::Issue(way) => [row.id(way), None],
            Route::Through(way, other) => [owner(&owners, other, row.id(way)), None],
            Route::Property(way) => {
                let kind = row.get("entityName").unwrap_or_default();
                let other = PROPERTIES.iter().find(|(own, _)| *own == kind).map(|(_, table)| *table);
                let id = row.id(way);
                [
                    if other == Some("Issue") { id } else { owner(&owners, other.unwrap_or_default(), id) },
                    None,
                ]
            }
            Route::Ends(one, other) => [row.id(one), row.id(other)],
        };
        // Marks of ranks have numbers that no issue has, by their type.
        let is_mark = table.name == "AO_60DB71_LEXORANK" && row.get("TYPE").map(str::trim) != Some("1");
        let is_known = |id: Option<u64>| id.is_some_and(|id| issues.get(id).is_some());
        let is_whole = is_known(ends[0]) && (ends[1].is_none() || is_known(ends[1]));
        if !is_whole && !is_mark && table.route != Route::Itself {
            *dangling.entry(table.name).or_default() += 1;
        }
        for id in ends.into_iter().flatten() {
            if let Ok(at) = places.binary_search_by_key(&id, |(own, _)| *own) {
                spill.add(places[at].1, row, &mut bytes)?;
            }
            if ends[0] == ends[1] {
                break;
            }
        }
        Ok(())
    })?;
    place.end()?;
    Ok(Gathered { issues, chosen, beside, dangling, spill })
}

impl Gathered {
    /// Calls `each` with every chosen issue and its rows, in their order.
    pub(super) fn each<E: From<ReadError>>(&mut self, each: Each<'_, E>) -> Result<(), E> {
        let (issues, chosen) = (&self.issues, &self.chosen);
        self.spill.each(&mut |place, rows| each(issues, chosen[place], &rows))
    }
}

/// Which issue the rows of a table belong to.
#[derive(Default)]
struct Owners(Vec<(u64, u64)>);

impl Owners {
    fn finish(&mut self) {
        self.0.sort_unstable();
    }

    /// Returns the ids of the rows that lead to some issues and to no others.
    fn leading_to(&self, issues: &RoaringTreemap) -> RoaringTreemap {
        let rows = self.0.chunk_by(|(one, _), (other, _)| one == other);
        let all_lead = |rows: &&[(u64, u64)]| rows.iter().all(|(_, issue)| issues.contains(*issue));
        rows.filter(all_lead).map(|rows| rows[0].0).collect()
    }

    fn get(&self, id: u64) -> Option<u64> {
        let at = self.0.binary_search_by_key(&id, |(own, _)| *own).ok()?;
        Some(self.0[at].1)
    }
}

fn owner(owners: &HashMap<&'static str, Owners>, table: &str, id: Option<u64>) -> Option<u64> {
    owners.get(table)?.get(id?)
}
