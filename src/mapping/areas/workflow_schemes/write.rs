//! Workflow schemes and their drafts, written into rows.
//!
//! Rows that reading leaves out, because their issue type or workflow does not exist or because an earlier row maps the
//! same issue type, are not touched as long as they would stay without effect.

use std::collections::HashSet;

use crate::entity::Row;
use crate::mapping::ground::kinds::kind;
use crate::mapping::ground::managed::Type;
use crate::mapping::ground::writer::{Writer, text};
use crate::mapping::workflow;
use crate::model::{Element, Identity, Path};

pub(crate) fn workflow_schemes(writer: &mut Writer<'_>, objects: &[&Element]) {
    for object in objects {
        let mut path = Path::default();
        path.enter(object);
        let id = writer.own_id(object);
        let values = vec![("name", text(object, "name")), ("description", text(object, "description"))];
        writer.put("WorkflowScheme", &[("id", &id)], values);
        writer.put_managed(Type::WorkflowScheme, &id, object);
        write_mappings(writer, &path, "WorkflowSchemeEntity", &id, object);
        let drafts: Vec<String> = writer
            .owned("DraftWorkflowScheme", &[("workflowSchemeId", Some(&id))])
            .iter()
            .map(|row| row.id().to_owned())
            .collect();
        match object.get("draft") {
            Some(draft) => {
                // The last one counts. Jira gives a draft neither name nor description (5.2 and later).
                let own = match drafts.last() {
                    Some(id) => id.clone(),
                    None => writer.put("DraftWorkflowScheme", &[("workflowSchemeId", &id)], Vec::new()),
                };
                write_mappings(writer, &path.child("draft"), "DraftWorkflowSchemeEntity", &own, draft);
            }
            None => {
                for draft in drafts {
                    let owner = [("scheme", Some(draft.as_str()))];
                    writer.remove_all("DraftWorkflowSchemeEntity", &owner);
                    writer.remove("DraftWorkflowScheme", &draft);
                }
            }
        }
    }
}

/// A mapping: the id of the issue type (`0` for all others) and the workflow.
struct Mapping {
    issue_type: String,
    workflow: String,
}

fn write_mappings(
    writer: &mut Writer<'_>,
    path: &Path,
    entity: &'static str,
    scheme: &str,
    element: &Element,
) {
    let mut wanted = Vec::new();
    for mapping in element.all("mappingIssueTypes") {
        let mut path = path.clone();
        path.enter(mapping);
        let workflow = mapping.text_of("workflow").unwrap_or_default();
        if !exists(writer, workflow) {
            writer.unwritable(path, format!("there is no workflow {workflow}"));
            return;
        }
        let issue_type = match mapping.get("issueType") {
            None => DEFAULT.to_owned(),
            Some(reference) => match writer.id_of(reference, &[]) {
                Some(id) => id,
                None => return,
            },
        };
        wanted.push(Mapping { issue_type, workflow: workflow.to_owned() });
    }
    let rows = writer.owned(entity, &[("scheme", Some(scheme))]);
    for mapping in &wanted {
        let mut same = rows.iter().filter(|row| issue_type(row) == mapping.issue_type);
        let first = same.clone().next();
        // The first row with effect; without one, a row without effect takes it over.
        let row = same.find(|row| exists(writer, row.get("workflow").unwrap_or_default())).or(first);
        match row {
            Some(row) => {
                writer.put(entity, &[("id", row.id())], vec![("workflow", Some(mapping.workflow.clone()))])
            }
            // No row has the key of a new one.
            None => {
                let key = [
                    ("scheme", scheme),
                    ("issuetype", mapping.issue_type.as_str()),
                    ("workflow", mapping.workflow.as_str()),
                ];
                writer.put(entity, &key, Vec::new())
            }
        };
    }
    let kept: HashSet<&str> = wanted.iter().map(|mapping| mapping.issue_type.as_str()).collect();
    let has_effect = |writer: &Writer<'_>, row: &Row| {
        let own = issue_type(row);
        let is_known = own == DEFAULT || writer.ids.knows("issueType", own);
        is_known && exists(writer, row.get("workflow").unwrap_or_default())
    };
    let effective = rows.iter().filter(|row| has_effect(writer, row)).map(issue_type);
    // What is without effect behind a mapping that goes would be uncovered.
    let going: HashSet<&str> = effective.filter(|own| !kept.contains(own)).collect();
    for row in rows.iter().filter(|row| going.contains(issue_type(row))) {
        writer.remove(entity, row.id());
    }
}

/// The issue type of the mapping of all others.
const DEFAULT: &str = "0";

fn issue_type(row: &Row) -> &str {
    row.text("issuetype").unwrap_or(DEFAULT)
}

/// Returns whether there is a workflow of that name, or will be.
fn exists(writer: &Writer<'_>, name: &str) -> bool {
    let identity = Identity::named(kind("workflowEntry"), name);
    name == workflow::BUILT_IN || writer.ids.get(&identity).is_some()
}

#[cfg(test)]
mod tests {
    use crate::entity::{RowChange, Tables};
    use crate::mapping::ground::kinds::kind;
    use crate::mapping::ground::writer::Writer;
    use crate::mapping::{read, tables};
    use crate::model::{Element, Identity, Name, Node, Path, settle};
    use crate::schema::Schema;

    /// A scheme with rows that reading leaves out: a missing issue type, a missing workflow, a second mapping.
    fn rows() -> Tables {
        let mapping = |id, issue_type, workflow| {
            (
                "WorkflowSchemeEntity",
                [("id", id), ("scheme", "5"), ("issuetype", issue_type), ("workflow", workflow)],
            )
        };
        let mappings = [
            mapping("10", "0", "A"),
            mapping("11", "1", "gone"),
            mapping("12", "1", "A"),
            mapping("13", "1", "B"),
            mapping("14", "99", "A"),
            mapping("15", "2", "gone"),
        ];
        let mut all: Vec<(&str, &[(&str, &str)])> = vec![
            ("IssueType", &[("id", "1"), ("name", "Bug")]),
            ("IssueType", &[("id", "2"), ("name", "Task")]),
            ("Workflow", &[("id", "1"), ("name", "A"), ("descriptor", "<workflow/>")]),
            ("Workflow", &[("id", "2"), ("name", "B"), ("descriptor", "<workflow/>")]),
            ("WorkflowScheme", &[("id", "5"), ("name", "S")]),
        ];
        all.extend(mappings.iter().map(|(entity, values)| (*entity, &values[..])));
        tables(&all)
    }

    fn scheme(mappings: &[(&str, &str)]) -> Element {
        let mut node = Name::plain("S").definition("workflowScheme");
        for (issue_type, workflow) in mappings {
            let issue_type = Some(Name::plain(*issue_type)).filter(|name| !name.text.is_empty());
            let mapping = Node::new("mappingIssueTypes").name_if("issueType", issue_type.as_ref());
            node = node.with(mapping.with(Name::plain(*workflow).reference("workflow")));
        }
        let declaration = Schema::get().kind(kind("workflowScheme")).declaration;
        let mut element = node.bind(declaration, &Path::default(), &mut Vec::new()).unwrap();
        crate::model::canonicalize(&mut element);
        element
    }

    /// Writes the mappings, checks that they read back, and returns which rows changed: the id, the workflow before and after.
    fn written(mappings: &[(&str, &str)]) -> Vec<String> {
        let mut rows = rows();
        let mut wanted = scheme(mappings);
        let before = read(&rows).objects[&Identity::named(kind("workflowScheme"), "S")].element.clone();
        let mut writer = Writer::new(&rows);
        writer.write(&[&wanted]);
        let (changes, unwritable) = writer.finish();
        assert_eq!(unwritable, []);
        rows.apply(&changes).unwrap();
        let again = read(&rows);
        let own = again.objects.iter().find(|(identity, _)| identity.kind == kind("workflowScheme"));
        settle(&mut wanted, Some(&before));
        assert_eq!(own.unwrap().1.element, wanted);
        let of = |row: &Option<crate::entity::Row>| {
            row.as_ref()
                .map_or("-".to_owned(), |row| format!("{} {}", row.id(), row.get("workflow").unwrap_or("")))
        };
        let mappings =
            changes.iter().filter(|change| change.entity().entity().name == "WorkflowSchemeEntity");
        mappings.map(|RowChange { before, after }| format!("{} -> {}", of(before), of(after))).collect()
    }

    #[test]
    fn rows_without_effect_stay() {
        assert_eq!(written(&[("", "A"), ("Bug", "A")]), [""; 0]);
        assert_eq!(written(&[("", "A"), ("Bug", "B")]), ["12 A -> 12 B"]);
        assert_eq!(written(&[("", "jira"), ("Bug", "A")]), ["10 A -> 10 jira"]);
    }

    #[test]
    fn a_removed_mapping_uncovers_no_other() {
        assert_eq!(written(&[("", "A")]), ["11 gone -> -", "12 A -> -", "13 B -> -"]);
    }

    #[test]
    fn a_row_without_effect_is_taken_over() {
        assert_eq!(written(&[("", "A"), ("Bug", "A"), ("Task", "B")]), ["15 gone -> 15 B"]);
    }
}
