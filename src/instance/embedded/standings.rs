//! Where the issues of an instance stand, and moving them.
//!
//! Invariant: memory holds the ids of the issues that move, and never their rows but for one at a time.

use std::collections::{BTreeMap, HashMap};

use rusqlite::{Connection, Statement};

use super::load::stored;
use super::row::{Refusal, row_of, text_of};
use super::schema::{Layout, quoted};
use crate::entity::{
    AttributeType, EntityId, Mover, NUMBERED, Row, RowChange, Stand, Standing, Standings, StoredTwice,
};
use crate::instance::Run;
use crate::instance::verdict::{miscounted, two_of_one_id};

/// Returns the query of where issues stand: `selected` of them, the values of [`Standing::of`], and how many steps they have.
/// Nothing where there are no issues.
fn query(layout: &Layout, selected: &dyn Fn(&str) -> String) -> Option<String> {
    let (issues, own) = layout.columns("Issue", &["id", "project", "type", "status"])?;
    let link = layout.columns("Issue", &["workflowId"]).map(|(_, own)| own[0].clone());
    let entries =
        link.and_then(|link| Some((link, layout.columns("OSWorkflowEntry", &["id", "name", "state"])?)));
    let steps = layout.columns("OSCurrentStep", &["entryId", "stepId"]);
    let own: Vec<String> = own.iter().map(|column| format!("issue.{column}")).collect();
    let mut values = vec![selected(&own[0]), own[1].clone(), own[2].clone(), own[3].clone()];
    let mut from = format!("{issues} AS issue");
    match entries {
        Some((link, (table, entry))) => {
            values.extend([format!("entry.{}", entry[1]), format!("entry.{}", entry[2])]);
            from.push_str(&format!(" LEFT JOIN {table} AS entry ON entry.{} = issue.{link}", entry[0]));
            match steps {
                Some((table, step)) => {
                    values.extend(["step.step".to_owned(), "coalesce(step.count, 0)".to_owned()]);
                    from.push_str(&format!(
                        " LEFT JOIN (SELECT {0} AS entry, min({1}) AS step, count(*) AS count FROM {table} GROUP BY 1) AS step \
                         ON step.entry = issue.{link}",
                        step[0], step[1]
                    ));
                }
                None => values.extend(["NULL".to_owned(), "0".to_owned()]),
            }
        }
        None => values.extend(["NULL", "NULL", "NULL", "0"].map(str::to_owned)),
    }
    Some(format!("SELECT {} FROM {from}", values.join(", ")))
}

/// Reads where issues stand from the row of a query; the first column is whatever was selected.
fn standing(row: &rusqlite::Row<'_>) -> rusqlite::Result<Option<Standing>> {
    let mut values: [Option<String>; 6] = Default::default();
    for (number, value) in values.iter_mut().enumerate() {
        *value = text_of(row.get_ref(number + 1)?);
    }
    let steps: i64 = row.get(7)?;
    Ok(Standing::of(values.each_ref().map(Option::as_deref), steps as u64))
}

/// Returns where issues stand.
pub(super) fn standings(connection: &Connection, layout: &Layout) -> rusqlite::Result<Standings> {
    let mut standings = Standings::new();
    let Some(sql) = query(layout, &|_| "count(*)".to_owned()) else { return Ok(standings) };
    let mut statement = connection.prepare(&format!("{sql} GROUP BY 2, 3, 4, 5, 6, 7, 8"))?;
    let mut rows = statement.query(())?;
    while let Some(row) = rows.next()? {
        if let Some(standing) = standing(row)? {
            *standings.entry(standing).or_default() += row.get::<_, i64>(0)? as u64;
        }
    }
    Ok(standings)
}

/// Returns where issues stand of which the data has two rows with one id.
pub(super) fn stored_twice(connection: &Connection, layout: &Layout) -> rusqlite::Result<StoredTwice> {
    let mut found = StoredTwice::new();
    let Some((issues, own)) = layout.columns("Issue", &["id"]) else { return Ok(found) };
    let repeated = |table: &str, id: &str| format!("SELECT {id} FROM {table} GROUP BY 1 HAVING count(*) > 1");
    let issue = &own[0];
    let mut wheres = Vec::new();
    if let Some((_, link)) = layout.columns("Issue", &["workflowId"]) {
        let link = format!("issue.{}", link[0]);
        if let Some((table, step)) = layout.columns("OSCurrentStep", &["id", "entryId"]) {
            let (id, entry) = (&step[0], &step[1]);
            let entries = format!("SELECT {entry} FROM {table} WHERE {id} IN ({})", repeated(&table, id));
            let first = format!(
                "(SELECT min({id}) FROM {table} WHERE {entry} = {link} AND {id} IN ({}))",
                repeated(&table, id)
            );
            wheres.push(("OSCurrentStep", first, format!("{link} IN ({entries})")));
        }
        if let Some((table, id)) = layout.columns("OSWorkflowEntry", &["id"]) {
            wheres.push((
                "OSWorkflowEntry",
                link.clone(),
                format!("{link} IN ({})", repeated(&table, &id[0])),
            ));
        }
    }
    let own = format!("issue.{issue}");
    wheres.push(("Issue", own.clone(), format!("{own} IN ({})", repeated(&issues, issue))));
    for (entity, id, is_twice) in wheres {
        let Some(sql) = query(layout, &|_| id.clone()) else { continue };
        let mut statement = connection.prepare(&format!("{sql} WHERE {is_twice}"))?;
        let mut rows = statement.query(())?;
        while let Some(row) = rows.next()? {
            found.extend(standing(row)?.zip(text_of(row.get_ref(0)?).map(|id| (entity, id))));
        }
    }
    Ok(found)
}

/// Is given changes, and how many issues are done.
type Change<'a> = &'a mut dyn FnMut(&[RowChange], u64) -> Result<(), Refusal>;

/// Moves the issues of a run; `change` is given the changes of each issue in turn, and how many issues are done.
pub(super) fn move_all(
    connection: &Connection,
    layout: &Layout,
    run: &Run,
    change: Change<'_>,
) -> Result<(), Refusal> {
    if run.moves.is_empty() {
        return Ok(());
    }
    let by_standing: HashMap<&Standing, usize> =
        run.moves.iter().enumerate().map(|(at, own)| (&own.from, at)).collect();
    let mut moved: Vec<(String, usize)> = Vec::new();
    let mut counts = vec![0; run.moves.len()];
    if let Some(sql) = query(layout, &str::to_owned) {
        let mut statement = connection.prepare(&sql)?;
        let mut rows = statement.query(())?;
        while let Some(row) = rows.next()? {
            let Some(at) = standing(row)?.and_then(|standing| by_standing.get(&standing).copied()) else {
                continue;
            };
            counts[at] += 1;
            moved.extend(text_of(row.get_ref(0)?).map(|id| (id, at)));
        }
    }
    if let Some(changed) = miscounted(&run.moves, &counts) {
        return Err(changed.into());
    }
    make_indexes(connection, layout)?;
    let mut mover = mover(connection, layout, &run.who.since)?;
    let (mut issues, mut entries, mut steps) = (
        Rows::new(connection, layout, "Issue", "id")?,
        Rows::new(connection, layout, "OSWorkflowEntry", "id")?,
        Rows::new(connection, layout, "OSCurrentStep", "entryId")?,
    );
    for (done, (id, at)) in moved.into_iter().enumerate() {
        let mut own = issues.of(&id)?;
        let Some(issue) = own.pop().filter(|_| own.is_empty()) else {
            let Some(row) = own.pop() else { continue };
            return Err(two_of_one_id(&row).into());
        };
        let entry = match issue.get("workflowId") {
            Some(id) => {
                let mut own = entries.of(id)?;
                if own.len() > 1 {
                    return Err(two_of_one_id(&own[0]).into());
                }
                own.pop()
            }
            None => None,
        };
        let steps = match &entry {
            Some(entry) => {
                let mut own = steps.of(entry.id())?;
                own.sort_by_key(|step| step.number("id"));
                own
            }
            None => Vec::new(),
        };
        let changes = mover.changes(&run.moves[at], &Stand { issue, entry, steps });
        change(&changes, done as u64 + 1)?;
    }
    change(&mover.finish(), counts.iter().sum())
}

/// Makes the indexes by which rows are found: nobody needs them before issues move, and they cost time when an instance is loaded.
fn make_indexes(connection: &Connection, layout: &Layout) -> rusqlite::Result<()> {
    for (entity, attribute) in [
        ("ChangeGroup", "id"),
        ("ChangeItem", "id"),
        ("OSCurrentStep", "entryId"),
        ("OSCurrentStep", "id"),
        ("OSHistoryStep", "id"),
        ("OSWorkflowEntry", "id"),
    ] {
        if let Some((table, columns)) = layout.columns(entity, &[attribute]) {
            let name = quoted(&format!("{}_by_{}", entity.to_lowercase(), attribute.to_lowercase()));
            connection
                .execute_batch(&format!("CREATE INDEX IF NOT EXISTS {name} ON {table} ({})", columns[0]))?;
        }
    }
    Ok(())
}

fn mover(connection: &Connection, layout: &Layout, since: &str) -> rusqlite::Result<Mover> {
    let mut highest: BTreeMap<&str, u64> = BTreeMap::new();
    for table in NUMBERED.iter().flat_map(|(_, tables)| *tables) {
        let Some((name, id)) = layout.columns(table, &["id"]) else { continue };
        let sql = format!("SELECT max(CAST({} AS INTEGER)) FROM {name}", id[0]);
        let id: Option<i64> = connection.query_row(&sql, (), |row| row.get(0))?;
        highest.insert(table, id.unwrap_or(0).max(0) as u64);
    }
    let mut shared = HashMap::new();
    if let Some((issues, link)) = layout.columns("Issue", &["workflowId"]) {
        let link = &link[0];
        let sql = format!(
            "SELECT {link}, count(*) FROM {issues} WHERE {link} IS NOT NULL GROUP BY 1 HAVING count(*) > 1"
        );
        let mut statement = connection.prepare(&sql)?;
        let mut rows = statement.query(())?;
        while let Some(row) = rows.next()? {
            shared.extend(text_of(row.get_ref(0)?).zip(Some(row.get::<_, i64>(1)? as u64)));
        }
    }
    let id = EntityId::named("SequenceValueItem");
    let mut sequences = Vec::new();
    if let Some(place) = layout.place(id) {
        let sql = format!("SELECT {} FROM {}", place.selected(), quoted(&place.table));
        let mut statement = connection.prepare(&sql)?;
        let mut rows = statement.query(())?;
        while let Some(row) = rows.next()? {
            sequences.push(row_of(id, row)?);
        }
    }
    Ok(Mover::new(since, shared, &highest, sequences))
}

/// Finds rows of a table by the value of an attribute.
struct Rows<'c> {
    entity: EntityId,
    statement: Option<Statement<'c>>,
}

impl<'c> Rows<'c> {
    fn new(
        connection: &'c Connection,
        layout: &Layout,
        entity: &str,
        attribute: &str,
    ) -> Result<Self, rusqlite::Error> {
        let id = EntityId::named(entity);
        let found = layout.place(id).zip(layout.columns(entity, &[attribute]));
        let statement = found.map(|(place, (table, columns))| {
            connection.prepare(&format!("SELECT {} FROM {table} WHERE {} = ?", place.selected(), columns[0]))
        });
        Ok(Self { entity: id, statement: statement.transpose()? })
    }

    fn of(&mut self, id: &str) -> Result<Vec<Row>, rusqlite::Error> {
        let (entity, value) = (self.entity, stored(AttributeType::Integer, id));
        match &mut self.statement {
            Some(statement) => statement.query_map([value], |row| row_of(entity, row))?.collect(),
            None => Ok(Vec::new()),
        }
    }
}
