//! What is told of a COMMIT that fails.

use std::time::Duration;

use super::{Embedded, ended, failed};
use crate::instance::{Who, WriteError};
use crate::output::{Place, Writing};

fn refused() -> rusqlite::Error {
    rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_IOERR), None)
}

fn has_mark(own: &mut Embedded) -> Result<bool, WriteError> {
    let sql = "SELECT count(*) FROM pcfg_meta WHERE key = 'mark'";
    let count: rusqlite::Result<i64> = own.connection.query_row(sql, (), |row| row.get(0));
    let path = own.path.clone();
    count.map(|count| count == 1).map_err(|error| failed(&path, error))
}

#[test]
fn a_commit_that_fails_is_looked_up() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.sqlite");
    let who = Who {
        user: "ada".to_owned(),
        host: "h".to_owned(),
        pid: 1,
        command: "pcfg".to_owned(),
        since: "2026-01-01T00:00:00Z".to_owned(),
    };
    Embedded::create(&path, &who, Duration::ZERO).unwrap();
    let writing = Writing::begin(Place::File(path.clone()));
    let mark = |then: fn(rusqlite::Transaction<'_>) -> rusqlite::Result<()>| {
        let mut connection = Embedded::open(&path).unwrap().connection;
        let transaction = connection.transaction().unwrap();
        transaction.execute("INSERT INTO pcfg_meta (key, value) VALUES ('mark', '1')", ()).unwrap();
        ended(&path, &writing, || then(transaction), &has_mark)
    };
    let told = mark(|transaction| transaction.rollback().and(Err(refused())));
    assert!(matches!(told, Err(WriteError::Database { .. })), "{told:?}");
    let told = mark(|transaction| transaction.commit().and(Err(refused())));
    assert!(told.is_ok(), "{told:?}");
    let told =
        ended(&path, &writing, || Err(refused()), &|own| Err(WriteError::Exists { path: own.path.clone() }));
    let Err(error @ WriteError::Undecided { .. }) = told else { panic!("{told:?}") };
    assert!(error.help().unwrap().contains("either all of it was written or nothing"));
}
