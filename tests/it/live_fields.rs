//! The two ways in which a Jira Cloud says which fields issues have, and a site that is in the middle of its move.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use jira_for_tests::{FieldModel, Options, serve};
use pcfg::model::{Element, Identity, Snapshot};
use pcfg::rest::Edition;
use pcfg::schema::Schema;

use crate::embedded::loaded;
use crate::env::{Env, testdata};
use crate::live::read;

/// Of a field, for issues of a type in a project: whether it is required, and its description; nothing where it is hidden.
type Behaviour = Option<(bool, String)>;

fn child<'e>(element: &'e Element, tag: &str) -> Option<&'e Element> {
    element.child(Schema::get().child(element.declaration, tag)?)
}

fn text(element: &Element, tag: &str) -> String {
    child(element, tag).map(|own| own.text().to_owned()).unwrap_or_default()
}

fn all<'e>(element: &'e Element, tag: &'e str) -> impl Iterator<Item = &'e Element> {
    element.children().iter().filter(move |own| own.tag() == tag)
}

fn objects<'s>(snapshot: &'s Snapshot, kind: &str) -> Vec<(&'s Identity, &'s Element)> {
    let kind = Schema::get().kind_named(kind).unwrap();
    let objects = snapshot.objects.iter().filter(|(own, _)| own.kind == kind);
    objects.map(|(own, object)| (own, &object.element)).collect()
}

/// Says how each field behaves that is not as Jira itself has it, by project, issue type and field.
fn behaviours(snapshot: &Snapshot) -> BTreeMap<(String, String, String), Behaviour> {
    let configurations: BTreeMap<String, &Element> = objects(snapshot, "fieldConfiguration")
        .into_iter()
        .map(|(own, e)| (own.name().to_owned(), e))
        .collect();
    let schemes: BTreeMap<String, &Element> = objects(snapshot, "fieldConfigurationScheme")
        .into_iter()
        .map(|(own, element)| (own.name().to_owned(), element))
        .collect();
    let default = configurations
        .iter()
        .find(|(_, own)| text(own, "builtIn") == "default")
        .map(|(name, _)| name.clone());
    let mut found = BTreeMap::new();
    for (project, element) in objects(snapshot, "project") {
        let scheme = schemes.get(&text(element, "fieldConfigurationScheme"));
        for (issue_type, _) in objects(snapshot, "issueType") {
            let mappings: Vec<&Element> =
                scheme.into_iter().flat_map(|own| all(own, "mappingFieldConfigIssueTypes")).collect();
            let mapped = |name: &str| mappings.iter().find(|own| text(own, "issueType") == name);
            let name =
                mapped(issue_type.name()).or_else(|| mapped("")).map(|own| text(own, "fieldConfiguration"));
            let Some(configuration) =
                name.or_else(|| default.clone()).and_then(|name| configurations.get(&name))
            else {
                continue;
            };
            for line in all(configuration, "individualFieldConfig") {
                let own = match text(line, "hidden") == "true" {
                    true => None,
                    false => Some((text(line, "required") == "true", text(line, "description"))),
                };
                if own != Some((false, String::new())) {
                    let key =
                        (project.name().to_owned(), issue_type.name().to_owned(), text(line, "fieldName"));
                    found.insert(key, own);
                }
            }
        }
    }
    found
}

fn cloud(field_model: FieldModel) -> Options {
    Options { field_model, ..Options::cloud() }
}

/// Whichever way a site says it, the fields of all issues behave the same.
#[test]
fn both_models_say_the_same_of_the_fields_of_issues() {
    let mut compared = 0;
    let (_folder, sample) = crate::live::sample();
    let backup: (tempfile::TempDir, PathBuf) = loaded(&testdata("backup/demo"));
    for path in [&sample, &backup.1] {
        let told = |model| read(&serve(path, cloud(model)).unwrap(), Edition::Cloud);
        let old = told(FieldModel::Configurations);
        let expected = behaviours(&old.snapshot);
        compared += expected.len();
        for model in [FieldModel::Schemes, FieldModel::Moving] {
            let new = told(model);
            let found = behaviours(&new.snapshot);
            assert_eq!(found, expected, "{model:?}");
            let gaps: BTreeSet<String> = new
                .snapshot
                .unseen
                .iter()
                .map(ToString::to_string)
                .filter(|own| own.contains("GET"))
                .collect();
            assert_eq!(gaps, BTreeSet::new(), "{model:?}");
        }
    }
    assert!(compared > 10, "{compared}");
}

/// An export says which model the site has; and only what counts is asked.
#[test]
fn an_export_says_which_model_it_met() {
    let mut env = Env::new();
    assert!(env.run(&["instance", "init", "jira.sqlite", "-q"]).ends_with("--- exit 0\n"));
    for (model, told, asks_old) in [
        (FieldModel::Configurations, "\nfields are told by field configurations\n", true),
        (FieldModel::Schemes, "\nfields are told by field schemes", false),
        (FieldModel::Moving, "\nfields are told by field configurations of some projects, and", true),
    ] {
        let server = serve(&env.path("jira.sqlite"), cloud(model)).unwrap();
        let (user, token) = server.credentials().unwrap();
        env.set("PCFG_USER", &user);
        env.set("PCFG_TOKEN", &token);
        let said = env.run(&["export", "--all", "-i", &server.url(), "-o", "live.xml"]);
        assert!(said.contains(told) && said.ends_with("--- exit 0\n"), "{model:?}: {said}");
        assert_eq!(said.contains("`fieldconfiguration` is deprecated"), asks_old, "{model:?}: {said}");
        let asked = server.requests().iter().any(|seen| seen.path.contains("/fieldconfiguration"));
        assert_eq!(asked, asks_old, "{model:?}");
        let said = env.run(&["import", "live.xml", "--simulate", "--exit-code", "-i", &server.url()]);
        assert!(said.contains(told) && said.ends_with("--- exit 0\n"), "{model:?}: {said}");
        let checked = env.run(&["instance", "check", "-i", &server.url()]);
        let words =
            if model == FieldModel::Configurations { "field configurations" } else { "field schemes" };
        assert!(checked.contains(words), "{checked}");
    }
}

/// Configurations have no names there: they are called by their scheme and issue type.
#[test]
fn a_field_scheme_becomes_a_configuration_and_one_more_for_each_type_that_differs() {
    let (_folder, sample) = crate::live::sample();
    let reading = read(&serve(&sample, cloud(FieldModel::Schemes)).unwrap(), Edition::Cloud);
    let mut shown = String::new();
    for (own, element) in objects(&reading.snapshot, "fieldConfiguration") {
        shown.push_str(&format!("{own} {}\n", text(element, "builtIn")));
        for line in all(element, "individualFieldConfig") {
            assert_eq!(text(line, "renderer"), "", "{own}");
            let (hidden, required) = (text(line, "hidden") == "true", text(line, "required") == "true");
            let words = [(hidden, "hidden"), (required, "required")];
            let words: Vec<&str> = words.iter().filter(|(is, _)| *is).map(|(_, word)| *word).collect();
            let description = text(line, "description");
            if !words.is_empty() || !description.is_empty() {
                shown.push_str(&format!(
                    "  {}: {} {description}\n",
                    text(line, "fieldName"),
                    words.join(", ")
                ));
            }
        }
    }
    for (own, element) in objects(&reading.snapshot, "fieldConfigurationScheme") {
        shown.push_str(&format!("{own}\n"));
        for mapping in all(element, "mappingFieldConfigIssueTypes") {
            shown.push_str(&format!(
                "  {} -> {}\n",
                text(mapping, "issueType"),
                text(mapping, "fieldConfiguration")
            ));
        }
    }
    for (own, element) in objects(&reading.snapshot, "project") {
        shown.push_str(&format!("{own}: {}\n", text(element, "fieldConfigurationScheme")));
    }
    insta::assert_snapshot!(shown);
}
