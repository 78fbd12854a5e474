//! Queries: which boards they choose, and what becomes of ids in them.

use pcfg::instance::Scope;
use pcfg::select::{Options, Projects, select};

use super::postgres_dump::Dump;
use super::real_data;

/// The query of the board's filter, as the dump has it.
const QUERY: &str = "project = TEST ORDER BY Rank ASC";

/// Exports project TEST of a real Jira whose board has another query; returns the file, and what was noted of the
/// filter.
fn with_query(query: &str) -> Option<(String, Vec<String>)> {
    let folder = real_data::folder("postgres")?;
    let text = std::fs::read_to_string(folder.join("baton-9.12.4/data.sql")).unwrap();
    assert_eq!(text.matches(QUERY).count(), 1, "the query stands once");
    let text = text.replace(QUERY, &query.replace('\\', "\\\\"));
    let folder = tempfile::tempdir().unwrap();
    let path = Dump::parse(&text).write_backup(folder.path());
    let mut reading = pcfg::instance::open(&path).unwrap().read(Scope::default(), &|_, _| {}).unwrap();
    let projects = Projects::Keys(vec!["TEST".to_owned()]);
    let options = Options { projects, filters: pcfg::select::Shares::None, ..Options::default() };
    let config = select(&mut reading.snapshot, &options).unwrap();
    let notes = reading.snapshot.notes.iter().filter(|note| note.path.to_string().starts_with("/filter["));
    let notes = notes.map(|note| note.message.clone()).collect();
    Some((pcfg::xml::to_string(&config), notes))
}

#[test]
fn a_board_belongs_to_the_projects_that_its_query_names() {
    for query in [
        QUERY,
        "project = 10000",
        "project in (OTHER, \"test\")",
        "PROJECT = Test OR project = B",
        "NOT (project != TEST)",
    ] {
        let Some((text, _)) = with_query(query) else { return };
        assert!(text.contains("<name>TEST board</name>"), "{query}");
    }
    for query in
        ["project != TEST", "project not in (TEST)", "NOT project = TEST", "summary ~ \"project = TEST\"", ""]
    {
        let Some((text, _)) = with_query(query) else { return };
        assert!(!text.contains("<name>TEST board</name>"), "{query}");
    }
}

/// Returns the query as it is exported.
fn exported(query: &str) -> Option<(String, Vec<String>)> {
    let (text, notes) = with_query(query)?;
    let (_, from) = text.split_once("<jql>").unwrap();
    let jql = from.split_once("</jql>").unwrap().0;
    Some((jql.replace("&lt;", "<").replace("&amp;", "&"), notes))
}

#[test]
fn no_id_of_the_instance_is_left_in_a_query() {
    let query = r#"project = 10000 AND cf[10106] > 5 AND status in (3, 10001) AND issuetype = 10000 AND fixVersion = 10000 AND filter != 10000 AND assignee = JIRAUSER10100 ORDER BY "cf[10100]" ASC"#;
    let Some((jql, notes)) = exported(query) else { return };
    assert_eq!(
        jql,
        r#"project = TEST AND "Story Points" > 5 AND status in ("In Progress", "Selected for Development") AND issuetype = "Epic" AND fixVersion = "1.0" AND filter != "Filter for TEST board" AND assignee = member ORDER BY "Rank" ASC"#
    );
    assert_eq!(notes, Vec::<String>::new());
}

#[test]
fn an_id_of_nothing_stays_and_is_told() {
    let query = "project in (10000, 4711) AND cf[4711] is EMPTY";
    let Some((jql, notes)) = exported(query) else { return };
    assert_eq!(jql, "project in (TEST, 4711) AND cf[4711] is EMPTY");
    assert_eq!(notes, ["the query keeps ids without a name: cf[4711], project 4711"]);
}

#[test]
fn what_a_query_names_is_exported() {
    let has_field = |text: &str| text.contains("<name>Target start</name>");
    let Some((text, _)) = with_query(QUERY) else { return };
    assert!(!has_field(&text), "nothing else uses the field");
    let (text, _) = with_query("project = TEST AND \"target START\" is EMPTY").unwrap();
    assert!(has_field(&text));
}
