//! The same data, stored by other versions of Jira, gives the same bytes, up to what `docs/versions.md` lists.

use std::path::Path;

use pcfg::model::{Content, Element, Index};
use pcfg::schema::Schema;
use pcfg::select::{Options, Projects, select};
use pcfg::xml;

use crate::real_data;

fn tag(element: &Element) -> &'static str {
    &Schema::get().declaration(element.declaration).name
}

/// Returns the text of the first child of that tag.
fn text<'a>(element: &'a Element, child: &str) -> &'a str {
    element.children().iter().find(|own| tag(own) == child).map_or("", |own| own.text())
}

/// Leaves out elements, told by their parent's tag and themselves.
fn without(element: &Element, unwanted: &dyn Fn(&str, &Element) -> bool) -> Element {
    let mut result = element.clone();
    if let Content::Children(children) = &mut result.content {
        children.retain(|child| !unwanted(tag(element), child));
        *children = children.iter().map(|child| without(child, unwanted)).collect();
    }
    result
}

/// Changes the texts of elements, told by their parent's tag and their own.
fn with_texts(element: &Element, change: &dyn Fn(&str, &str, &str) -> Option<String>) -> Element {
    let mut result = element.clone();
    if let Content::Children(children) = &mut result.content {
        for child in children {
            if let Some(other) = change(tag(element), tag(child), child.text()) {
                child.content = Content::Text(other.into());
            }
            *child = with_texts(child, change);
        }
    }
    result
}

/// Exports a project of an instance in which every object has been changed.
fn export(path: &Path, key: &str, change: &dyn Fn(&Element) -> Element) -> String {
    let mut reading = real_data::read(path);
    for object in reading.snapshot.objects.values_mut() {
        object.element = change(&object.element);
    }
    let options = Options { projects: Projects::Keys(vec![key.to_owned()]), ..Options::default() };
    xml::to_string(&select(&mut reading.snapshot, &options).unwrap())
}

fn assert_same(name: &str, older: &str, newer: &str) {
    if older != newer {
        let difference = similar::TextDiff::from_lines(older, newer);
        panic!("{name}: the versions differ:\n{}", difference.unified_diff().context_radius(3));
    }
}

/// What 4.2 and 5.0 could not hold and 7.0 does; each line stands in docs/versions.md.
fn not_in_4_2(parent: &str, element: &Element) -> bool {
    match (parent, tag(element)) {
        ("project", "projectType") | ("status", "category") => true,
        ("project", "workflowScheme") => element.text() == "classic",
        ("workflowEntries", "workflowEntry") => text(element, "name") == "classic default workflow",
        ("workflowSchemes", "workflowScheme") => text(element, "name") == "classic",
        ("permissionScheme", "permissionHolder") => text(element, "permission") == "TRANSITION_ISSUES",
        _ => false,
    }
}

/// Other data: in the published files of 7.0 another role has this permission.
fn is_other_data(parent: &str, element: &Element) -> bool {
    parent == "permissionScheme" && text(element, "permission") == "LINK_ISSUES"
}

/// The searchers by which 5.2 replaced older ones.
fn searcher_of_7_0(parent: &str, tag: &str, searcher: &str) -> Option<String> {
    let (plugin, name) = searcher.split_once(':')?;
    let new = match name {
        "selectsearcher" | "radiosearcher" | "checkboxsearcher" => "multiselectsearcher",
        "userpickersearcher" => "userpickergroupsearcher",
        _ => return None,
    };
    (parent == "customField" && tag == "searcher").then(|| format!("{plugin}:{new}"))
}

fn project_keys(path: &Path) -> Vec<String> {
    let project = Schema::get().kind_named("project").unwrap();
    let all = real_data::export(path, &[]);
    Index::new(all.root()).of_kind(project).map(|identity| identity.name().to_owned()).collect()
}

#[test]
fn backups_of_4_2_and_of_7_0_give_the_same_bytes() {
    let Some(folder) = real_data::folder("backups/jrjc") else { return };
    let mut compared = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let newer = entry.unwrap().path();
        let name = newer.file_name().unwrap().to_str().unwrap().to_owned();
        // The older half of one pair is the file that is malformed as published.
        let Some(older) = name.strip_prefix("cloud-").filter(|name| *name != "export-for-history-tests.xml")
        else {
            continue;
        };
        let older = newer.with_file_name(older);
        for key in project_keys(&older) {
            let from_older = export(&older, &key, &|object| {
                with_texts(&without(object, &is_other_data), &searcher_of_7_0)
            });
            let from_newer = export(&newer, &key, &|object| {
                without(object, &|parent, element| {
                    not_in_4_2(parent, element) || is_other_data(parent, element)
                })
            });
            assert_same(&format!("{name} {key}"), &from_older, &from_newer);
            compared += 1;
        }
    }
    assert_eq!(compared, 23);
}

#[test]
fn backups_of_3_13_to_4_3_give_the_same_bytes() {
    let Some(folder) = real_data::folder("backups/zendesk") else { return };
    let file = |version: &str| folder.join(format!("restoreData-JIRA-{version}.xml"));
    let wanted = export(&file("3.13.2"), "MTP", &Element::clone);
    for version in ["4.0", "4.1.1"] {
        assert_same(version, &wanted, &export(&file(version), "MTP", &Element::clone));
    }
    // Labels came with 4.2.
    let no_labels = |object: &Element| {
        without(object, &|parent, element| parent == "screenTab" && text(element, "field") == "labels")
    };
    for version in ["4.2.2-b589", "4.3.2"] {
        assert_same(version, &wanted, &export(&file(version), "MTP", &no_labels));
    }
}

/// The backup of 3.12.2 is other data in the points that docs/versions.md lists; everything else is the same.
#[test]
fn the_backup_of_3_12_differs_in_its_data_only() {
    let Some(folder) = real_data::folder("backups/zendesk") else { return };
    let same_data = |object: &Element| {
        let object = without(object, &|parent, element| match (parent, tag(element)) {
            ("user", "fullName" | "email") | ("customField", "description") => true,
            ("group", "memberUser") => ["greenpepper", "admin"].contains(&element.text()),
            _ => false,
        });
        with_texts(&object, &|parent, tag, own| match (parent, tag) {
            ("project", "name") => Some("Manual Test Project".to_owned()),
            (_, "name") => Some(own.replace("TicektID", "TicketID")),
            _ => None,
        })
    };
    let older = export(&folder.join("restoreData-JIRA-3.12.2.xml"), "MTP", &same_data);
    let newer = export(&folder.join("restoreData-JIRA-3.13.2.xml"), "MTP", &same_data);
    assert_same("3.12.2", &older, &newer);
}
