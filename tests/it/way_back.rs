//! Directly after an import the way back is open, whatever was dangling before it, and leads to the same bytes.

use pcfg::entity::{EntityId, RowChange, Tables, entities};
use pcfg::import::{prepare, preview};
use pcfg::mapping;
use pcfg::plan::Options;
use pcfg::select::{CustomFields, Projects};

use crate::env::{Env, testdata};
use crate::importing::{config, export, places, project_files};
use crate::thorough;

/// Numbers that look random and are always the same (xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }
}

/// Returns tables of which some rows are gone, so that others lead to nothing.
fn damaged(tables: &Tables, random: &mut Random) -> Tables {
    /// One row of so many goes.
    const ONE_OF: u64 = 25;
    let mut gone = Vec::new();
    // Without its settings an instance is of no version.
    let is_spared = |name: &str| name == "SequenceValueItem" || name.starts_with("OSProperty");
    for entity in entities().iter().filter(|own| !is_spared(own.name)) {
        let rows = tables.rows(entity.name).iter().filter(|_| random.below(ONE_OF) == 0);
        gone.extend(rows.map(|row| RowChange { before: Some(row.clone()), after: None }));
    }
    let mut tables = tables.clone();
    tables.apply(&gone).unwrap();
    tables
}

/// Returns the changes that take others back, as the journal does.
fn reversed(changes: Vec<RowChange>) -> Vec<RowChange> {
    let is_counted = |change: &RowChange| change.entity() != EntityId::named("SequenceValueItem");
    changes.into_iter().rev().filter(is_counted).map(RowChange::reverse).collect()
}

/// Law 7 for damaged data: rows of every real instance are deleted at random, a project of another instance is imported.
#[test]
fn an_import_is_taken_back_whatever_was_dangling() {
    let mut places = places();
    let mut files: Vec<String> = Vec::new();
    for place in &mut places {
        files.extend(project_files(place, CustomFields::default()).into_iter().map(|(_, text)| text).next());
    }
    let (mut taken_back, mut mended) = (0, 0);
    for (number, place) in places.iter().enumerate() {
        let seeds =
            [1, 2_u64].into_iter().filter(|seed| thorough::is_on_request() || number as u64 % 2 == *seed % 2);
        for seed in seeds {
            let mut random = Random(seed * 7_919 + number as u64);
            let tables = damaged(&place.reading.tables, &mut random);
            let mut before = mapping::read(&tables);
            let facts = mapping::facts(&tables, &before);
            let file = config(&files[(number + seed as usize) % files.len()]);
            let options = Options { update_users: seed == 2, ..Options::default() };
            let import = prepare(&tables, &before, &facts, &file, &options);
            let name = format!("{} {seed}", place.name);
            if !import.leftover.is_empty() {
                // Such an import is never applied.
                continue;
            }
            let mut changed = tables.clone();
            changed.apply(import.work.rows()).unwrap();
            let now = mapping::read(&changed);
            mended += usize::from(!import.mended.is_empty());
            let mut back = preview(&changed, &now, &reversed(import.work.rows().to_vec()), &[]).unwrap();
            let broken: Vec<_> = back.broken.iter().filter(|note| !import.mended.holds(note)).collect();
            assert!(broken.is_empty(), "{name}: {broken:#?}");
            let of = |snapshot: &mut _| export(snapshot, Projects::All, CustomFields::All);
            assert_eq!(of(&mut back.after), of(&mut before), "{name}");
            taken_back += 1;
        }
    }
    eprintln!(
        "{taken_back} imports into damaged data were taken back; {mended} of them had mended something"
    );
    assert!(taken_back > 0);
    assert!(places.len() == 1 || mended > 0, "nothing that was dangling was mended");
}

/// The lead has left, and the default priority is one that is gone: an import gives both, and the undo takes them again.
#[test]
fn a_lead_who_left_comes_back_with_the_undo_and_goes_again() {
    let mut env = Env::new();
    env.set("PCFG_INSTANCE", "jira.sqlite");
    for name in ["entities.xml", "activeobjects.xml"] {
        let text = std::fs::read_to_string(testdata("backup/demo").join(name)).unwrap();
        let damaged = text.replace("<Component id=\"10000\" project=\"10000\" name=\"Backend\" description=\"Everything behind the API\" lead=\"JIRAUSER10001\"", "<Component id=\"10000\" project=\"10000\" name=\"Backend\" description=\"Everything behind the API\" lead=\"JIRAUSER77\"");
        let damaged = damaged.replace(
            "<ColumnLayoutItem id=\"10001\" columnlayout=\"10000\" fieldidentifier=\"summary\"",
            "<ColumnLayoutItem id=\"10001\" columnlayout=\"10000\" fieldidentifier=\"customfield_10098\"",
        );
        env.write(&format!("damaged/{name}"), damaged);
    }
    env.run(&["instance", "load", "damaged", "--into", "jira.sqlite", "-q"]);
    let backup = testdata("backup/demo");
    env.run(&["export", "DEMO", "-i", backup.to_str().unwrap(), "-q", "-o", "whole.xml"]);
    let before = env.run(&["export", "--all", "-q"]);
    let imported = env.run(&["import", "whole.xml", "--yes"]);
    assert!(imported.contains("componentLead") && imported.ends_with("--- exit 0\n"), "{imported}");
    assert_ne!(env.run(&["export", "--all", "-q"]), before);
    let history = env.command(&["history", "--format", "json"]).output().unwrap();
    let history: serde_json::Value = serde_json::from_slice(&history.stdout).unwrap();
    let mended = history["runs"][0]["plan"]["mended"].as_array().unwrap();
    assert!(!mended.is_empty(), "the journal knows what led to nothing");
    let undone = env.run(&["undo", "--yes"]);
    assert!(undone.ends_with("--- exit 0\n"), "{undone}");
    assert_eq!(env.run(&["export", "--all", "-q"]), before);
    // The undo can be undone, and that again.
    for run in ["2", "3"] {
        let undone = env.run(&["undo", run, "--yes", "-q"]);
        assert!(undone.ends_with("--- exit 0\n"), "{undone}");
    }
    assert_eq!(env.run(&["export", "--all", "-q"]), before);
}

/// What came later and needs what a run made is not what was dangling before it.
#[test]
fn what_others_need_now_stays() {
    let mut env = Env::new();
    env.set("PCFG_INSTANCE", "jira.sqlite");
    let backup = testdata("backup/demo");
    env.run(&["instance", "load", backup.to_str().unwrap(), "--into", "jira.sqlite", "-q"]);
    env.run(&["export", "--all", "-q", "-o", "all.xml"]);
    let category =
        "    <projectCategory>\n      <name>Later</name>\n    </projectCategory>\n  </projectCategories>";
    let one = env.read("all.xml").replace("  </projectCategories>", category);
    env.write("one.xml", &one);
    assert!(env.run(&["import", "one.xml", "--yes", "-q"]).ends_with("--- exit 0\n"));
    let used = "<projectCategory>Products</projectCategory>";
    assert!(one.contains(used));
    env.write("two.xml", one.replacen(used, "<projectCategory>Later</projectCategory>", 1));
    assert!(env.run(&["import", "two.xml", "--yes", "-q"]).ends_with("--- exit 0\n"));
    let refused = env.run(&["undo", "1", "--yes"]);
    assert!(refused.contains("other objects need what would go"), "{refused}");
    assert!(refused.contains("/project[DEMO]") && refused.ends_with("--- exit 4\n"), "{refused}");
}

/// Somebody has taken a board out of the file and left what belongs to it: an import of something else goes there and back all the same.
#[test]
fn what_somebody_has_left_without_its_board_hinders_nobody() {
    let mut env = Env::new();
    env.set("PCFG_INSTANCE", "jira.sqlite");
    env.run(&["instance", "init", "jira.sqlite", "-q"]);
    let instance = rusqlite::Connection::open(env.path("jira.sqlite")).unwrap();
    instance.execute_batch("PRAGMA foreign_keys = OFF; DELETE FROM \"AO_60DB71_RAPIDVIEW\"").unwrap();
    drop(instance);
    let before = env.run(&["export", "DEMO", "-q"]);
    env.run(&["export", "DEMO", "-q", "-o", "demo.xml"]);
    env.write("demo.xml", env.read("demo.xml").replace("<name>Demo shop<", "<name>Shop<"));
    let imported = env.run(&["import", "demo.xml", "--yes"]);
    assert!(imported.ends_with("--- exit 0\n"), "{imported}");
    assert_ne!(env.run(&["export", "DEMO", "-q"]), before);
    let undone = env.run(&["undo", "--yes"]);
    assert!(undone.ends_with("--- exit 0\n"), "{undone}");
    assert_eq!(env.run(&["export", "DEMO", "-q"]), before);
}
