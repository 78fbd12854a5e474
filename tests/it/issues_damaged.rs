//! Issues of damaged data: stored twice, or without a status. None of them moves by chance, and none is left behind in silence.

use rusqlite::Connection;

use crate::env::Env;
use crate::issues::{exported, rows};

/// A file that has bugs run by Jira's own workflow, and the mapping that it needs.
fn with_another_workflow(more: &str) -> Env {
    let env = exported();
    let bug = |workflow| format!("<issueType>Bug</issueType>\n        <workflow>{workflow}</workflow>");
    env.write("after.xml", env.read("before.xml").replacen(&bug("Demo workflow"), &bug("jira"), 1));
    env.write("names.toml", format!("[statusMigration.\"jira\".Bug]\n\"In Review\" = \"Open\"\n{more}"));
    env
}

const IMPORT: [&str; 4] = ["import", "after.xml", "--map", "names.toml"];

/// A database cannot hold them, an edited backup can. Which of the rows counts nobody can say, and it is said before anything is done.
#[test]
fn issues_that_are_stored_twice_do_not_move() {
    let rows_of = [
        ("<Issue id=\"10001\"", "Issue with the id 10001"),
        ("<OSWorkflowEntry id=\"10001\"", "OSWorkflowEntry with the id 10001"),
        ("<OSCurrentStep id=\"10001\"", "OSCurrentStep with the id 10001"),
    ];
    for (begin, told) in rows_of {
        let env = with_another_workflow("");
        let text = env.read("backup/entities.xml");
        let from = text.find(begin).unwrap();
        let row = &text[from..from + text[from..].find("/>").unwrap() + 2];
        env.write("backup/entities.xml", text.replacen(row, &format!("{row}\n    {row}"), 1));
        let load = env.run(&["instance", "load", "backup", "--into", "jira.sqlite", "--replace", "-q"]);
        assert!(load.ends_with("--- exit 0\n"), "{load}");
        let before = rows(&env.path("jira.sqlite"));
        for instance in ["jira.sqlite", "backup"] {
            for how in ["--simulate", "--yes"] {
                let is_backup_written = instance == "backup" && how == "--yes";
                let mut more = vec!["-i", instance, how];
                more.extend(if is_backup_written { &["-o", "new.zip"][..] } else { &[] });
                let said = env.run(&[&IMPORT[..], &more].concat());
                assert!(
                    said.contains(&format!("the data has two rows of {told}")),
                    "{instance} {how}: {said}"
                );
                assert!(said.ends_with("--- exit 4\n"), "{instance} {how}: {said}");
            }
        }
        assert_eq!(rows(&env.path("jira.sqlite")), before);
        // What does not move may be as it is.
        let same = env.run(&["import", "before.xml", "--yes", "-q"]);
        assert!(same.ends_with("--- exit 0\n"), "{same}");
    }
}

/// Jira finds no step for them, so somebody has to say which status they get.
#[test]
fn issues_without_a_status_do_not_stay_behind_in_silence() {
    for stored in ["NULL", "''"] {
        let env = with_another_workflow("");
        let path = env.path("jira.sqlite");
        let sql = format!("UPDATE jiraissue SET issuestatus = {stored} WHERE id = 10001");
        Connection::open(&path).unwrap().execute_batch(&sql).unwrap();
        let before = rows(&path);
        let said = env.run(&[&IMPORT[..], &["--yes"]].concat());
        assert!(
            said.contains("would not have: 1 of type `Bug` without a status in project DEMO\n"),
            "{said}"
        );
        let help = "give those issues a status first, or say in the mapping file (--map) which status they get: \
                    statusMigration.\"jira\".\"Bug\".\"\" = \"Open\"";
        assert!(said.contains(help) && said.ends_with("--- exit 4\n"), "{said}");
        env.write("names.toml", env.read("names.toml") + "\"\" = \"Open\"\n");
        let said = env.run(&[&IMPORT[..], &["--yes"]].concat());
        assert!(said.contains("1 without a status, to `Open`"), "{said}");
        assert!(rows(&path).contains("10001 | 10000 | 1 | 10005 | [NOW]"), "{said}");
        let undone = env.run(&["undo", "--yes", "-q"]);
        assert!(undone.ends_with("--- exit 0\n"), "{undone}");
        assert_eq!(rows(&path), before);
    }
}
