//! What is told of a COMMIT that fails, and what of an instance that is only looked at.

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

fn created(folder: &tempfile::TempDir) -> std::path::PathBuf {
    let path = folder.path().join("t.sqlite");
    let who = Who {
        user: "ada".to_owned(),
        host: "h".to_owned(),
        pid: 1,
        command: "pcfg".to_owned(),
        since: "2026-01-01T00:00:00Z".to_owned(),
    };
    Embedded::create(&path, &who, Duration::ZERO).unwrap();
    path
}

/// Law 9 of complete projects: SQLite itself refuses to change what is only looked at.
#[test]
fn what_is_only_looked_at_cannot_be_changed() {
    let folder = tempfile::tempdir().unwrap();
    let path = created(&folder);
    let own = Embedded::look(&path).unwrap();
    for change in ["INSERT INTO pcfg_meta (key, value) VALUES ('mark', '1')", "DROP TABLE pcfg_meta"] {
        let refused = own.connection.execute(change, ()).unwrap_err();
        assert_eq!(refused.sqlite_error_code(), Some(rusqlite::ErrorCode::ReadOnly), "{change}");
    }
    assert!(!has_mark(&mut Embedded::open(&path).unwrap()).unwrap());
}

#[test]
fn a_commit_that_fails_is_looked_up() {
    let folder = tempfile::tempdir().unwrap();
    let path = created(&folder);
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
