//! How fast issues come into a database, beside a bare `COPY` of the same rows into the same tables.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use futures_util::{SinkExt as _, StreamExt as _};
use tokio_postgres::NoTls;

use super::postgres_server::{Database, server};

/// The tables with issues, and how their rows are found.
const TABLES: [(&str, &str); 18] = [
    ("AO_60DB71_LEXORANK", "\"ID\""),
    ("AO_60DB71_SPRINT", "\"ID\""),
    ("changegroup", "id"),
    ("changeitem", "id"),
    ("customfieldvalue", "id"),
    ("entity_property", "id"),
    ("fileattachment", "id"),
    ("issuelink", "id"),
    ("jiraaction", "id"),
    ("jiraissue", "id"),
    ("label", "id"),
    ("moved_issue_key", "id"),
    ("nodeassociation", "source_node_entity = 'Issue', source_node_id"),
    ("os_currentstep", "id"),
    ("os_wfentry", "id"),
    ("remotelink", "id"),
    ("userassociation", "sink_node_entity = 'Issue', sink_node_id"),
    ("worklog", "id"),
];

/// Imports an archive, and copies the same rows once more; shows the shortest time of each.
pub(super) fn measure(archive: &Path) {
    const RUNS: usize = 3;
    let Some(server) = server() else { return };
    let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/backup/demo");
    let database = server.database();
    let backup = pcfg::instance::Backup::open(&demo).unwrap();
    database.open().load(&backup, &pcfg::instance::Who::default(), &|_, _| {}).unwrap();
    database.sql(include_str!("issue_indexes.sql"));
    import(&database, archive, "--configuration-only");
    let (mut whole, mut bare, mut rows) = (Duration::MAX, Duration::MAX, 0);
    for _ in 0..RUNS {
        let before: Vec<String> = TABLES.iter().map(|(table, id)| highest(&database, table, id)).collect();
        let start = Instant::now();
        import(&database, archive, "--data-only");
        whole = whole.min(start.elapsed());
        let written: Vec<(&str, Vec<u8>)> = TABLES
            .iter()
            .zip(&before)
            .map(|((table, id), before)| {
                (*table, copied_out(&database, &format!("SELECT * {}", condition(table, id, before))))
            })
            .collect();
        pcfg(&["undo", "-i", &database.url(), "--yes", "--offline", "--quiet"]);
        database.sql("VACUUM");
        let start = Instant::now();
        rows = copy_in(&database, &written);
        bare = bare.min(start.elapsed());
        for ((table, id), before) in TABLES.iter().zip(&before) {
            database.sql(&format!("DELETE {}", condition(table, id, before)));
        }
        database.sql("VACUUM");
    }
    let each = |time: Duration| rows as f64 / time.as_secs_f64();
    println!("{rows} rows");
    println!("bare COPY                 {:6.2} s, {:7.0} rows a second", bare.as_secs_f64(), each(bare));
    println!("pcfg import --data-only   {:6.2} s, {:7.0} rows a second", whole.as_secs_f64(), each(whole));
}

fn pcfg(arguments: &[&str]) {
    let ended = Command::new(env!("CARGO_BIN_EXE_pcfg")).args(arguments).status().unwrap();
    assert!(ended.success(), "{arguments:?}");
}

fn import(database: &Database, archive: &Path, what: &str) {
    let url = database.url();
    let archive = archive.to_str().unwrap();
    pcfg(&["import", archive, what, "-i", &url, "--yes", "--offline", "--no-attachments", "--quiet"]);
}

/// Returns the condition, if there is one beside the id, and the id.
fn parts(id: &str) -> (String, &str) {
    id.split_once(", ").map_or((String::new(), id), |(kind, id)| (format!("{kind} AND "), id))
}

fn highest(database: &Database, table: &str, id: &str) -> String {
    let (kind, id) = parts(id);
    let all = format!("{kind}true");
    database.value(&format!("SELECT coalesce(max({id}), 0) FROM \"{table}\" WHERE {all}"))
}

fn condition(table: &str, id: &str, before: &str) -> String {
    let (kind, id) = parts(id);
    format!("FROM \"{table}\" WHERE {kind}{id} > {before}")
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

fn copied_out(database: &Database, query: &str) -> Vec<u8> {
    runtime().block_on(async {
        let (client, connection) = tokio_postgres::connect(&database.url(), NoTls).await.unwrap();
        let task = tokio::spawn(connection);
        let mut bytes = Vec::new();
        {
            let rows = client.copy_out(&format!("COPY ({query} ORDER BY 1) TO STDOUT")).await.unwrap();
            futures_util::pin_mut!(rows);
            while let Some(chunk) = rows.next().await {
                bytes.extend_from_slice(&chunk.unwrap());
            }
        }
        drop(client);
        task.await.unwrap().unwrap();
        bytes
    })
}

fn copy_in(database: &Database, written: &[(&str, Vec<u8>)]) -> u64 {
    runtime().block_on(async {
        let (client, connection) = tokio_postgres::connect(&database.url(), NoTls).await.unwrap();
        let task = tokio::spawn(connection);
        client.batch_execute("BEGIN").await.unwrap();
        let mut rows = 0;
        for (table, bytes) in written {
            let sink = client.copy_in(&format!("COPY \"{table}\" FROM STDIN")).await.unwrap();
            futures_util::pin_mut!(sink);
            for chunk in bytes.chunks(1 << 20) {
                sink.send(std::io::Cursor::new(chunk.to_vec())).await.unwrap();
            }
            rows += sink.finish().await.unwrap();
        }
        client.batch_execute("COMMIT").await.unwrap();
        drop(client);
        task.await.unwrap().unwrap();
        rows
    })
}
