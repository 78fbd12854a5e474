//! Tests of the grammar of JQL, on queries of real data and random ones.

use std::collections::HashMap;

use proptest::prelude::*;

use super::*;
use crate::model::Name;
use crate::schema::Schema;

/// An instance that knows some ids.
#[derive(Default)]
struct Known {
    fields: HashMap<&'static str, (&'static str, Option<Values>)>,
    values: HashMap<(&'static str, &'static str), &'static str>,
}

fn known() -> Known {
    let severity = Values::Options(vec!["10010".to_owned()]);
    Known {
        fields: HashMap::from([
            ("10010", ("Severity", Some(severity))),
            ("10011", ("Größe \"XL\" \\", None)),
            ("10012", ("Priority", None)),
            ("10013", ("Sprint", Some(Values::Data("sprint")))),
        ]),
        values: HashMap::from([
            (("project", "10000"), "TST"),
            (("project", "10001"), "IN"),
            (("version", "10000"), "1"),
            (("version", "7"), "10000"),
            (("status", "3"), "In Progress"),
            (("filter", "10002"), "My \"best\""),
            (("option", "10100"), "High"),
            (("user", "JIRAUSER10000"), "bob"),
        ]),
    }
}

fn of_kind(kind: &str, name: &str) -> Vec<Identity> {
    Schema::get().kind_named(kind).map(|kind| Identity::named(kind, name)).into_iter().collect()
}

impl Known {
    fn key(values: &Values) -> &'static str {
        match values {
            Values::Kind(kind) | Values::Data(kind) => kind,
            Values::Options(_) => "option",
            Values::Users => "user",
        }
    }
}

impl Resolver for Known {
    fn custom_field(&self, id: &str) -> Option<Spelling> {
        let (name, _) = self.fields.get(id)?;
        let text = match is_system_field(name) {
            true => spell_out("cf", &Name::plain(*name).with("type", "t:float")),
            false => quote(name),
        };
        Some(Spelling { text, mentions: of_kind("customField", name) })
    }

    fn fields_named(&self, name: &str) -> Vec<String> {
        let named = self.fields.iter().filter(|(_, (own, _))| own.eq_ignore_ascii_case(name));
        named.map(|(id, _)| (*id).to_owned()).collect()
    }

    fn values(&self, custom_field: &str) -> Option<Values> {
        self.fields.get(custom_field)?.1.clone()
    }

    fn value(&self, values: &Values, id: &str) -> Option<Spelling> {
        let kind = Self::key(values);
        let name = self.values.get(&(kind, id))?;
        let text = if matches!(kind, "project" | "user") { word(name) } else { quote(name) };
        Some(Spelling { text, mentions: of_kind(kind, name) })
    }

    fn named(&self, values: &Values, name: &str) -> Option<Vec<Identity>> {
        let kind = Self::key(values);
        let mut all = self.values.iter();
        let (_, name) = all.find(|((own, _), text)| *own == kind && text.eq_ignore_ascii_case(name))?;
        Some(of_kind(kind, name))
    }
}

fn translated(query: &str) -> String {
    let translation = translate(query, &known());
    assert_eq!(translation.unresolved, Vec::<String>::new(), "{query}");
    translation.text
}

/// Quotes end a text by themselves; a word needs something between it and the next one.
#[test]
fn a_word_in_place_of_a_quoted_id_stays_apart_from_its_neighbours() {
    assert_eq!(translated("project = \"10000\"AND(type = Bug)"), "project = TST AND(type = Bug)");
    assert_eq!(
        translated("assignee WAS\"JIRAUSER10000\"AND\"cf[10012]\" > 1"),
        "assignee WAS bob AND cf[\"Priority\", type=\"t:float\"] > 1"
    );
    assert_eq!(translated("project = \"10001\"AND x = 1"), "project = \"IN\"AND x = 1");
}

fn unresolved(query: &str) -> Vec<String> {
    let translation = translate(query, &known());
    assert_eq!(translation.text, query);
    translation.unresolved
}

#[test]
fn positive_clauses_name_projects() {
    let named = |query| projects_named(query).join("|");
    assert_eq!(named("project = TST"), "TST");
    assert_eq!(named("project in (A, \"B c\", 'D', 10000) AND type = Bug"), "A|B c|D|10000");
    assert_eq!(named("PROJECT=A or \"project\" = B ORDER BY project"), "A|B");
    assert_eq!(named("(status = Open AND (project = A))"), "A");
    assert_eq!(named("project = A AND project = A"), "A");
    assert_eq!(named("cf[\"X\", type=\"y\"] = 1 AND project = A"), "A");
    assert_eq!(named("filter = filter[\"X\", author=\"y\"] AND project = A"), "A");
    assert_eq!(named("issue.property[a.b].c = 1 AND project = A"), "A");
}

#[test]
fn negative_clauses_name_none() {
    let named = |query| projects_named(query).join("|");
    assert_eq!(named("project != TST"), "");
    assert_eq!(named("project not in (A, B)"), "");
    assert_eq!(named("NOT project = A AND project = B"), "B");
    assert_eq!(named("not (project = A or (project = B)) and project = C"), "C");
    assert_eq!(named("! project != A"), "A");
    assert_eq!(named("not (project not in (A))"), "A");
    assert_eq!(named("project is not EMPTY"), "");
    assert_eq!(named("project is EMPTY"), "");
    assert_eq!(named("project in projectsLeadByUser(bob)"), "");
    assert_eq!(named("fixVersion in releasedVersions(TST) and summary ~ \"project = A\""), "");
    assert_eq!(named("text ~ \"project = A"), "");
}

#[test]
fn ids_become_names() {
    assert_eq!(translated("project = 10000"), "project = TST");
    assert_eq!(translated("project  in(10000,10001 )"), "project  in(TST,\"IN\" )");
    assert_eq!(translated("NOT project = \"10000\""), "NOT project = TST");
    assert_eq!(
        translated("status = 3 or status was not in (3)"),
        "status = \"In Progress\" or status was not in (\"In Progress\")"
    );
    assert_eq!(translated("savedFilter = 10002"), r#"savedFilter = "My \"best\"""#);
    assert_eq!(
        translated("fixVersion in unreleasedVersions(10000)"),
        "fixVersion in unreleasedVersions(TST)"
    );
    assert_eq!(
        translated("status changed from 3 to Open by JIRAUSER10000 after -1w"),
        "status changed from \"In Progress\" to Open by bob after -1w"
    );
    assert_eq!(translated("assignee in (JIRAUSER10000, currentUser())"), "assignee in (bob, currentUser())");
}

#[test]
fn fields_become_names_wherever_they_stand() {
    assert_eq!(translated("cf[10010] is EMPTY"), "\"Severity\" is EMPTY");
    assert_eq!(translated("CF [ 10010 ] = 10100"), "\"Severity\" = \"High\"");
    assert_eq!(translated("\"cf[10010]\"=High"), "\"Severity\"=High");
    assert_eq!(
        translated("a = b ORDER BY cf[10010] DESC, project, cf[10011]"),
        r#"a = b ORDER BY "Severity" DESC, project, "Größe \"XL\" \\""#
    );
    assert_eq!(translated("cf[10010] in cascadeOption(10100)"), "\"Severity\" in cascadeOption(\"High\")");
}

#[test]
fn a_name_that_jql_has_taken_is_spelled_out() {
    assert_eq!(
        translated("cf[10012] > 3 AND type = Bug"),
        "cf[\"Priority\", type=\"t:float\"] > 3 AND type = Bug"
    );
}

#[test]
fn numbers_that_are_no_ids_stay() {
    for query in [
        "\"Story Points\" > 10000",
        "votes >= 10000",
        "labels = 10000",
        "summary ~ 10000",
        "created > 10000",
        "project ~ 10000",
        "cf[1",
        "statusCategory = 4",
    ] {
        assert_eq!(translated(query), query);
    }
}

#[test]
fn a_number_is_an_id_first_and_a_quoted_one_a_name_first() {
    assert_eq!(translated("fixVersion = 10000"), "fixVersion = \"1\"");
    assert_eq!(translated("fixVersion = \"10000\""), "fixVersion = \"10000\"");
    assert_eq!(translated("fixVersion = 1"), "fixVersion = 1");
}

#[test]
fn what_has_no_name_stays_and_is_told_once() {
    assert_eq!(unresolved("project = 99 OR project in (99, 98)"), ["project 98", "project 99"]);
    assert_eq!(unresolved("cf[99] = x ORDER BY cf[99]"), ["cf[99]"]);
    assert_eq!(unresolved("Sprint = 5 and issue in (10001)"), ["issue 10001", "sprint 5"]);
    assert_eq!(unresolved("cf[99] = x ORDER BY 'cf[98]'"), ["cf[98]", "cf[99]"]);
    assert_eq!(unresolved("Severity = 10199"), ["option 10199"]);
    assert_eq!(unresolved("assignee = JIRAUSER99"), Vec::<String>::new());
    // Nobody can say what the numbers mean of a query that Jira cannot read.
    assert_eq!(unresolved("cf[10010"), ["number 10010"]);
    assert_eq!(unresolved("(project = AND owner is 10098 or labels = 7"), ["number 10098"]);
}

#[test]
fn queries_in_queries_are_translated() {
    assert_eq!(
        translated(r#"issueFunction in subtasksOf("project = 10000 AND cf[10010] = 10100")"#),
        r#"issueFunction in subtasksOf("project = TST AND \"Severity\" = \"High\"")"#
    );
    assert_eq!(
        translated("issueFunction in subtasksOf('project = TST')"),
        "issueFunction in subtasksOf('project = TST')"
    );
}

#[test]
fn a_query_of_any_size_takes_little_time() {
    let name = "f".repeat(100_000);
    let arguments = "1,".repeat(100_000);
    let brackets = "(".repeat(200_000);
    for query in [
        format!("a in {name}({arguments}"),
        format!("{brackets}project = 10000"),
        "a[".repeat(100_000),
        format!("a in {brackets}"),
        "not ".repeat(100_000),
        "\\".repeat(100_001),
    ] {
        projects_named(&query);
        translate(&query, &known());
    }
}

#[test]
fn names_are_mentioned() {
    let mentions = |query| {
        let translation = translate(query, &known());
        translation.mentions.iter().map(ToString::to_string).collect::<Vec<_>>().join("|")
    };
    assert_eq!(mentions("cf[10010] = x"), "Severity");
    assert_eq!(mentions("severity = x ORDER BY SEVERITY"), "Severity");
    assert_eq!(mentions("filter = 'my \"best\"'"), "My \"best\"");
    assert_eq!(mentions("priority = High and summary ~ Severity"), "");
}

proptest! {
    #[test]
    fn a_query_without_ids_stays(query in r#"([a-zü"'\\=!<>~(),&|]{0,3}[ "'()=~\[\],])([a-z]{1,9} (=|in|not in|was|changed|order by|~|!=) ?[("']?[a-z ,]{0,9}[)"']? ?(and|or|not)? ){0,9}"#) {
        prop_assert_eq!(&translate(&query, &known()).text, &query);
    }

    #[test]
    fn any_text_is_translated_once_and_for_all(query in r#"((cf\[10010\]|project|status|Severity|fixVersion) ?(=|in|!=|changed from|was) ?[("']{0,2}(10000|3|7|10100|x)[)"']{0,2} ?(and|or|order by|\\|,)? ){0,6}"#) {
        let known = known();
        // Version 10000 is called 1, and version 7 is called 10000: a name in quotes is no id any more.
        let once = translate(&query, &known).text;
        prop_assert_eq!(&translate(&once, &known).text, &once);
    }

    #[test]
    fn nothing_panics(query in any::<String>()) {
        projects_named(&query);
        translate(&query, &known());
    }
}
