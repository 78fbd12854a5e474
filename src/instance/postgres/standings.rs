//! Where the issues of a database stand.
//!
//! Invariant: an issue without a workflow entry, or with an entry without a step, stands somewhere, too.

use tokio_postgres::SimpleQueryRow;

use super::layout::Layout;
use crate::entity::{EntityId, Standing};

/// Returns a table and some of its columns, as SQL writes them; nothing if one of them is missing.
pub(super) fn columns(layout: &Layout, entity: &str, attributes: &[&str]) -> Option<(String, Vec<String>)> {
    let id = EntityId::named(entity);
    let place = layout.place(id)?;
    let columns: Option<Vec<String>> = attributes.iter().map(|own| place.column(id, own)).collect();
    Some((place.table.clone(), columns?))
}

/// Returns the query of where issues stand: what is selected of them, the values of [`Standing::of`], and how many steps they have.
pub(super) fn query(layout: &Layout, selected: &dyn Fn(&str) -> String) -> Option<String> {
    let (issues, own) = columns(layout, "Issue", &["id", "project", "type", "status"])?;
    let link = columns(layout, "Issue", &["workflowId"]).map(|(_, own)| own[0].clone());
    let entries =
        link.and_then(|link| Some((link, columns(layout, "OSWorkflowEntry", &["id", "name", "state"])?)));
    let steps = columns(layout, "OSCurrentStep", &["entryId", "stepId"]);
    let own: Vec<String> = own.iter().map(|column| format!("issue.{column}")).collect();
    let mut values = vec![selected(&own[0]), own[1].clone(), own[2].clone(), own[3].clone()];
    let mut from = format!("{issues} AS issue");
    match entries.zip(steps) {
        Some(((link, (entries, entry)), (steps, step))) => {
            values.extend([format!("entry.{}", entry[1]), format!("entry.{}", entry[2])]);
            values.extend(["step.step".to_owned(), "coalesce(step.count, 0)".to_owned()]);
            from.push_str(&format!(
                " LEFT JOIN {entries} AS entry ON entry.{} = issue.{link} \
                 LEFT JOIN (SELECT {} AS entry, min({}) AS step, count(*) AS count FROM {steps} GROUP BY 1) AS step \
                 ON step.entry = issue.{link}",
                entry[0], step[0], step[1]
            ));
        }
        None => values.extend(["NULL", "NULL", "NULL", "0"].map(str::to_owned)),
    }
    Some(format!("SELECT {} FROM {from}", values.join(", ")))
}

/// Returns the statement whose rows are where issues stand: how many, and what [`standing`] reads.
pub(super) fn standings(layout: &Layout) -> Option<String> {
    Some(format!("{} GROUP BY 2, 3, 4, 5, 6, 7, 8", query(layout, &|_| "count(*)".to_owned())?))
}

/// Reads where issues stand from a row of a query.
pub(super) fn standing(row: &SimpleQueryRow) -> Option<Standing> {
    let values = [1, 2, 3, 4, 5, 6].map(|at| row.get(at));
    Standing::of(values, row.get(7).and_then(|count| count.parse().ok()).unwrap_or(0))
}
