//! Complete projects into a new backup: rows are added to those that are there, and nothing else is another.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Read as _;

use crate::complete_laws::{archived, assert_same, data, files, succeeds};
use crate::env::{Env, testdata};

/// The zone in which the server of the target tells times.
const ZONE: &str = "America/New_York";

/// Writes the demo as the backup `target`, with the tables that each Jira Software has; or without that of ranks.
pub(crate) fn target(env: &Env, with_ranks: bool) {
    let read = |name| fs::read_to_string(testdata("backup/demo").join(name)).unwrap();
    let own = read("activeobjects.xml");
    let of_boards = pcfg::entity::entities().iter().map(|own| (own.name, own.attributes.as_slice()));
    let of_issues = pcfg::entity::data_tables().iter().map(|own| (own.name, own.attributes.as_slice()));
    let mut more = String::new();
    for (name, attributes) in of_boards.chain(of_issues).filter(|(name, _)| name.starts_with("AO_")) {
        let is_wanted = with_ranks || !name.ends_with("_LEXORANK");
        if is_wanted && !own.contains(&format!("tableName=\"{name}\"")) {
            let columns = attributes.iter().map(|own| format!("    <column name=\"{}\"/>\n", own.name));
            let columns: String = columns.collect();
            more.push_str(&format!("  <data tableName=\"{name}\">\n{columns}  </data>\n"));
        }
    }
    env.write("target/entities.xml", read("entities.xml"));
    env.write("target/activeobjects.xml", own.replace("</backup>", &format!("{more}</backup>")));
}

const IMPORT: [&str; 5] = ["import", "a", "--raw-values", "--time-zone", ZONE];

fn exported(env: &Env, from: &str, to: &str) -> std::collections::BTreeMap<String, Vec<u8>> {
    let whole = ["export", "LAB", "YARD", "--complete", "-i", from, "-o", to, "--time-zone", ZONE];
    succeeds(env, &[&whole[..], &["--attachments", "new.zip.attachments"]].concat());
    data(env, to)
}

/// The lines of Jira's own tables in a backup.
fn lines(text: &str) -> BTreeSet<String> {
    // How many rows there are, what comes next, and the number of the last issue rise.
    let rises = |line: &str| {
        line.contains(" : ") || line.contains("<SequenceValueItem") || line.contains("<Project ")
    };
    text.lines().filter(|line| !rises(line)).map(str::to_owned).collect()
}

#[test]
fn issues_come_into_a_new_backup_as_they_were() {
    let env = archived();
    target(&env, true);
    let before = files(&env.path("target"));

    // A look writes nothing, and a backup is never changed itself.
    let look = succeeds(&env, &[&IMPORT[..], &["-i", "target", "--simulate"]].concat());
    assert!(look.contains("14 issues"), "{look}");
    let never = env.run(&[&IMPORT[..], &["-i", "target", "--yes"]].concat());
    assert!(never.contains("`target` is a backup, which is never changed"), "{never}");
    assert!(never.contains("-o changed.zip") && never.ends_with("--- exit 2\n"), "{never}");
    assert!(!env.path("new.zip").exists() && !env.path("new.zip.attachments").exists());

    let said = succeeds(&env, &[&IMPORT[..], &["-i", "target", "-o", "new.zip"]].concat());
    assert!(said.contains("wrote `new.zip`: ") && said.contains(", 14 issues created"), "{said}");
    assert!(files(&env.path("target")) == before);
    assert_same(&data(&env, "a"), &exported(&env, "new.zip", "b/"), "a new backup");

    // All that was there is there, and Jira's own count of the rows agrees.
    let mut text = String::new();
    let mut archive = zip::ZipArchive::new(File::open(env.path("new.zip")).unwrap()).unwrap();
    archive.by_name("entities.xml").unwrap().read_to_string(&mut text).unwrap();
    let (old, new) = (lines(&env.read("target/entities.xml")), lines(&text));
    let gone: Vec<&String> = old.difference(&new).filter(|line| !line.contains("configuration")).collect();
    assert!(gone.len() < 10, "{gone:?}");
    let shown = succeeds(&env, &["instance", "show", "-i", "new.zip"]);
    assert!(!shown.contains("row counts") && !shown.contains("warning"), "{shown}");

    // The second time there is nothing to do.
    let again = succeeds(&env, &[&IMPORT[..], &["-i", "new.zip", "-o", "newer.zip"]].concat());
    assert!(again.contains("14 issues are there already, and say the same"), "{again}");
    assert!(again.contains("no new backup was written"), "{again}");
    assert!(!env.path("newer.zip").exists());

    // Jira takes it: loaded, it says the same.
    succeeds(&env, &["instance", "load", "new.zip", "--into", "e.sqlite"]);
    assert_same(&data(&env, "a"), &exported(&env, "e.sqlite", "e/"), "loaded");
}

/// In two goes, and not where something has no place.
#[test]
fn a_new_backup_has_all_or_is_not_written() {
    let env = archived();
    target(&env, true);
    let into =
        |from: &str, to: &str, more: &[&str]| env.run(&[&IMPORT[..], &["-i", from, "-o", to], more].concat());
    let alone = into("target", "x.zip", &["--data-only"]);
    assert!(alone.contains("does not have the configuration of the archive"), "{alone}");
    assert!(into("target", "step.zip", &["--configuration-only"]).ends_with("--- exit 0\n"));
    let data_only = into("step.zip", "new.zip", &["--data-only"]);
    assert!(data_only.contains("wrote `new.zip`: 14 issues created"), "{data_only}");
    assert_same(&data(&env, "a"), &exported(&env, "new.zip", "b/"), "in two goes");

    target(&env, false);
    let refused = into("target", "x.zip", &[]);
    assert!(refused.contains("rows have no table in this version of Jira"), "{refused}");
    assert!(refused.ends_with("--- exit 4\n"), "{refused}");
    assert!(!env.path("x.zip").exists() && !env.path("x.zip.attachments").exists());
}
