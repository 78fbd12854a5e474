//! The issues of an embedded instance, read with all that belongs to them: comments, worklogs, history, links, attachments.
//!
//! Invariant: what is read is one state of the file: a change by another process in between is an error, and reading can be tried again.

use rusqlite::{Connection, OptionalExtension as _};

use super::Embedded;
use super::row::text_of;
use super::schema::quoted;
use crate::entity::{DataRow, DataTable, Route, data_tables};
use crate::instance::{Chosen, Instance as _, IssueData, Keeps, Pass, Progress, ReadError, Reading, Scope};

impl IssueData for Embedded {
    fn begin(&mut self, scope: Scope, progress: Progress<'_>) -> Result<Reading, ReadError> {
        self.state = Some(self.version()?);
        self.read(scope, progress)
    }

    fn rows(
        &mut self,
        pass: Pass,
        chosen: &Chosen,
        (progress, _): (Progress<'_>, Keeps<'_>),
        each: &mut dyn FnMut(&DataRow) -> Result<(), ReadError>,
    ) -> Result<(), ReadError> {
        let tables: Vec<&DataTable> = data_tables().iter().filter(|table| pass.reads(table)).collect();
        let mut stopped = None;
        let path = self.path.clone();
        let read = self.snapshot(|connection| {
            for (done, table) in tables.iter().enumerate() {
                progress(done as u64, tables.len() as u64);
                let Some(sql) = query(connection, pass, table, chosen)? else { continue };
                let mut statement = connection.prepare(&sql)?;
                let mut rows = statement.query(())?;
                let mut row = DataRow::new(DataTable::named(table.name));
                while let Some(columns) = rows.next()? {
                    for number in 0..table.attributes.len() {
                        row.set_at(number, text_of(columns.get_ref(number)?).as_deref());
                    }
                    if let Err(error) = each(&row) {
                        stopped = Some(error);
                        return Ok(());
                    }
                }
            }
            Ok(())
        });
        progress(1, 1);
        read.map_err(|source| ReadError::Database { path, source })?;
        stopped.map_or(Ok(()), Err)
    }

    fn end(&mut self) -> Result<(), ReadError> {
        let (before, now) = (self.state.take(), self.version()?);
        match before {
            Some(before) if before != now => Err(ReadError::NotAnInstance {
                path: self.path.clone(),
                why: "somebody changed it while it was read".to_owned(),
                help: Some("try again".to_owned()),
            }),
            _ => Ok(()),
        }
    }
}

impl Embedded {
    /// Returns a number that changes whenever another process commits.
    fn version(&self) -> Result<i64, ReadError> {
        let version = self.connection.pragma_query_value(None, "data_version", |row| row.get(0));
        version.map_err(|source| ReadError::Database { path: self.path.clone(), source })
    }
}

/// A table as the file has it.
pub(super) struct Stored {
    name: String,
    columns: Vec<Option<String>>,
}

/// Looks where a table is; nothing if the file does not have it.
pub(super) fn stored(connection: &Connection, table: &DataTable) -> rusqlite::Result<Option<Stored>> {
    let sql = "SELECT name FROM pcfg_table WHERE entity = ?";
    let Some(name) = connection.query_row(sql, [table.name], |row| row.get(0)).optional()? else {
        return Ok(None);
    };
    let mut columns = vec![None; table.attributes.len()];
    let mut statement = connection.prepare("SELECT attribute, name FROM pcfg_column WHERE entity = ?")?;
    let mut rows = statement.query([table.name])?;
    while let Some(row) = rows.next()? {
        let (attribute, name): (String, String) = (row.get(0)?, row.get(1)?);
        if let Some(number) = table.attribute(&attribute) {
            columns[number] = Some(name);
        }
    }
    Ok(Some(Stored { name, columns }))
}

impl Stored {
    /// Returns its name.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Returns its columns for all attributes, as SQL lists them.
    pub(super) fn selected(&self) -> String {
        let columns = self.columns.iter();
        let columns = columns.map(|own| own.as_deref().map_or_else(|| "NULL".to_owned(), quoted));
        columns.collect::<Vec<_>>().join(", ")
    }

    pub(super) fn column(&self, table: &DataTable, attribute: &str) -> Option<String> {
        Some(quoted(self.columns[table.attribute(attribute)?].as_deref()?))
    }
}

/// Returns the statement for the rows of a pass; nothing if the file has no such table.
fn query(
    connection: &Connection,
    pass: Pass,
    table: &DataTable,
    chosen: &Chosen,
) -> rusqlite::Result<Option<String>> {
    let Some(own) = stored(connection, table)? else { return Ok(None) };
    let selected = table.attributes.iter().zip(&own.columns).map(|(attribute, column)| match column {
        Some(column) if pass.needs(table, attribute.name) => quoted(column),
        _ => "NULL".to_owned(),
    });
    let selected: Vec<String> = selected.collect();
    let mut sql = format!("SELECT {} FROM {}", selected.join(", "), quoted(&own.name));
    let issues = DataTable::named("Issue");
    let Some(of) = stored(connection, issues)? else { return Ok(Some(sql)) };
    let (Some(id), Some(project)) = (of.column(issues, "id"), of.column(issues, "project")) else {
        return Ok(Some(sql));
    };
    let projects = chosen.projects.iter().map(|id| format!("'{}'", id.replace('\'', "''")));
    let number = of.column(issues, "number").zip(chosen.number);
    // Up to Jira 6.0 the number is part of the key.
    let number = number
        .map(|(column, number)| format!(" AND ({column} IS NULL OR CAST({column} AS TEXT) = '{number}')"));
    let chosen = format!(
        "(SELECT CAST({id} AS TEXT) FROM {} WHERE CAST({project} AS TEXT) IN ({}){})",
        quoted(&of.name),
        projects.collect::<Vec<_>>().join(", "),
        number.unwrap_or_default()
    );
    // Numbers of tables that `tables.txt` did not describe when the file was made are texts.
    let among = |column: &str| format!("CAST({column} AS TEXT) IN {chosen}");
    let condition = match table.route {
        Route::Issue(way) => own.column(table, way).map(|way| among(&way)),
        Route::Ends(one, other) => own
            .column(table, one)
            .zip(own.column(table, other))
            .map(|(one, other)| format!("{} OR {}", among(&one), among(&other))),
        Route::Itself if pass == Pass::Content => Some(among(&id)),
        // What comments and entries of the history hold is looked up in memory; the file has no index that would help.
        Route::Itself | Route::Through(..) | Route::Property(_) | Route::Nowhere | Route::State => None,
    };
    if let Some(condition) = condition {
        sql.push_str(" WHERE ");
        sql.push_str(&condition);
    }
    Ok(Some(sql))
}
