//! How fast a live Jira is changed: whole commands, from start to end of the process, with a Jira for tests on loopback whose replies are
//! late.
//!
//! ```text
//! cargo bench --bench live                                         1,000 changes, 100 ms late
//! PCFG_BENCH_CHANGES=100 PCFG_BENCH_LATENCY=20 cargo bench --bench live
//! ```
//!
//! `docs/performance.md` has numbers.

#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout, reason = "a program to measure with")]
#![allow(clippy::disallowed_methods, reason = "a program to measure with")]

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use jira_for_tests::{Options, Server, serve};

fn main() {
    let changes = number("PCFG_BENCH_CHANGES", 1000);
    let latency = Duration::from_millis(number("PCFG_BENCH_LATENCY", 100) as u64);
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let path = folder.path();
    run(path, None, "instance init site.sqlite -q");
    let server = serve(&path.join("site.sqlite"), Options { latency, ..Options::cloud() }).unwrap();
    println!("{changes} objects of four kinds, replies {} ms late", latency.as_millis());
    for (title, word) in [("created", "Made"), ("changed", "Changed"), ("nothing to do", "Changed")] {
        std::fs::write(path.join("many.xml"), file(changes, word)).unwrap();
        measure(path, &server, title, "import many.xml --yes -q");
    }
    measure(path, &server, "changes taken back", "undo --yes -q");
}

fn number(variable: &str, otherwise: usize) -> usize {
    std::env::var(variable).map_or(otherwise, |text| text.parse().expect("the variable is a number"))
}

/// Objects of kinds that need nothing of each other.
fn file(count: usize, word: &str) -> String {
    let of = |container: &str, object: &str, more: &dyn Fn(usize) -> String| {
        let objects: String = (0..count / 4)
            .map(|number| {
                format!("<{object}><name>{word}: {object} {number}</name>{}</{object}>", more(number))
            })
            .collect();
        format!("<{container}>{}</{container}>", objects.replace(&format!("{word}: "), "One of many: "))
    };
    let description = |number: usize| format!("<description>{word} {number}</description>");
    let category = |number: usize| format!("{}<category>toDo</category>", description(number));
    let ends =
        |number: usize| format!("<outward>{word} {number}</outward><inward>is {word} {number}</inward>");
    format!(
        "<projectConfig formatVersion=\"1\"><projects/>{}{}{}{}</projectConfig>",
        of("projectCategories", "projectCategory", &description),
        of("projectRoles", "projectRole", &description),
        of("statusConfiguration", "status", &category),
        of("issueLinkConfiguration", "issueLink", &ends),
    )
}

/// Runs a command to its end.
fn run(folder: &Path, server: Option<&Server>, line: &str) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pcfg"));
    command.args(line.split(' ')).current_dir(folder).stdin(Stdio::null()).stdout(Stdio::null());
    command.env("XDG_DATA_HOME", folder).env("HOME", folder);
    if let Some(server) = server {
        let (user, token) = server.credentials().unwrap();
        command.args(["-i", &server.url()]).env("PCFG_USER", user).env("PCFG_TOKEN", token);
    }
    let status = command.status().unwrap();
    assert!(status.success(), "pcfg {line}: {status}");
}

/// Runs a command, and says how long it took and what it asked.
fn measure(folder: &Path, server: &Server, title: &str, line: &str) {
    server.forget();
    let start = Instant::now();
    run(folder, Some(server), line);
    let time = start.elapsed().as_secs_f64();
    let all = server.requests();
    let is_write = |method: &str| matches!(method, "POST" | "PUT" | "DELETE");
    let writes = all.iter().filter(|own| is_write(&own.method)).count();
    let (reads, most) = (all.len() - writes, server.most_at_once());
    println!("{title:20} {time:7.2} s  {writes:5} requests that change, {reads:5} that look, {most} at once");
}
