//! Workflow schemes and their drafts, read from rows.
//!
//! A mapping names its workflow, never by id, and its issue type by id, or by `0` for all that have no mapping of their
//! own (59 % of the rows, 4.0 to 9.12.4): zero is a value here.

use std::collections::HashSet;

use crate::entity::Row;
use crate::mapping::ground::context::Context;
use crate::mapping::ground::managed::{Managed, Type};
use crate::mapping::workflow;
use crate::model::{Name, Node, Path};

pub(crate) fn read(context: &mut Context<'_>) {
    let tables = context.tables;
    let stored = tables.rows("Workflow").iter().filter_map(|row| row.text("name"));
    let workflows: HashSet<&str> = stored.chain([workflow::BUILT_IN]).collect();
    let mappings = tables.by("WorkflowSchemeEntity", "scheme");
    let draft_mappings = tables.by("DraftWorkflowSchemeEntity", "scheme");
    let drafts = tables.by("DraftWorkflowScheme", "workflowSchemeId");
    let managed = Managed::new(tables);
    for row in tables.rows("WorkflowScheme") {
        let Some(name) = context.names.get("workflowScheme", row.id()) else { continue };
        let path = Path::object("workflowScheme", &name.text);
        let node = name.definition("workflowScheme").text_if("description", row.get("description"));
        let node = node.with_if(managed.node(context, &path, Type::WorkflowScheme, row.id()));
        let own = mappings.get(row.id()).map_or(&[][..], |rows| rows);
        let mut node = node.with_all(read_mappings(context, &path, own, &workflows));
        if let Some(draft) = drafts.get(row.id()).and_then(|rows| rows.last()) {
            let own = draft_mappings.get(draft.id()).map_or(&[][..], |rows| rows);
            let own = read_mappings(context, &path.child("draft"), own, &workflows);
            node = node.with(Node::new("draft").with_all(own));
        }
        context.add(node);
    }
    orphans(context, "WorkflowScheme", "WorkflowSchemeEntity", "scheme", "a mapping");
    orphans(context, "WorkflowScheme", "DraftWorkflowScheme", "workflowSchemeId", "a draft");
    orphans(context, "DraftWorkflowScheme", "DraftWorkflowSchemeEntity", "scheme", "a mapping of a draft");
}

fn read_mappings(
    context: &mut Context<'_>,
    path: &Path,
    rows: &[&Row],
    workflows: &HashSet<&str>,
) -> Vec<Node> {
    let mut nodes = Vec::new();
    let mut seen = HashSet::new();
    let mut lost = Vec::new();
    for row in rows {
        let workflow = row.get("workflow").unwrap_or("");
        let issue_type = match row.get("issuetype") {
            None | Some("" | "0") => None,
            Some(id) => match context.names.get("issueType", id) {
                Some(name) => Some(name.clone()),
                None => {
                    context.dangling(
                        path.clone(),
                        format!("a mapping of issue type {id}, which does not exist"),
                    );
                    continue;
                }
            },
        };
        if !workflows.contains(workflow) {
            let message = format!("a mapping to workflow `{workflow}`, which does not exist");
            context.dangling(path.clone(), message);
            lost.push(issue_type);
            continue;
        }
        if !seen.insert(issue_type.clone()) {
            let of = issue_type.map_or("all others".to_owned(), |name| format!("`{}`", name.text));
            let message = format!("a second mapping of {of}, to workflow `{workflow}`");
            context.dangling(path.clone(), message);
            continue;
        }
        nodes.push(
            Node::new("mappingIssueTypes")
                .name_if("issueType", issue_type.as_ref())
                .with(Name::plain(workflow).reference("workflow")),
        );
    }
    lost.retain(|issue_type| !seen.contains(issue_type));
    let lost = lost.iter();
    nodes.extend(lost.map(|own| Node::lost("mappingIssueTypes").name_if("issueType", own.as_ref())));
    nodes
}

/// Notes rows whose owner does not exist.
fn orphans(context: &mut Context<'_>, owner: &str, entity: &str, attribute: &str, what: &str) {
    let tables = context.tables;
    let owners: HashSet<&str> = tables.rows(owner).iter().map(Row::id).collect();
    for row in tables.rows(entity) {
        let id = row.get(attribute).unwrap_or("");
        if !owners.contains(id) {
            let message = format!("{what} (row {}) of {owner} {id}, which does not exist", row.id());
            context.dangling(Path::object("workflowScheme", ""), message);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::mapping::ground::kinds::kind;
    use crate::mapping::{read, tables};
    use crate::model::{Config, Identity};

    #[test]
    fn zero_is_the_default_mapping_and_rows_that_lead_nowhere_are_noted() {
        let rows = tables(&[
            ("IssueType", &[("id", "1"), ("name", "Bug")]),
            ("Workflow", &[("id", "1"), ("name", "W"), ("descriptor", "<workflow/>")]),
            ("WorkflowScheme", &[("id", "10"), ("name", "S"), ("description", "")]),
            (
                "WorkflowSchemeEntity",
                &[("id", "1"), ("scheme", "10"), ("workflow", "jira"), ("issuetype", "0")],
            ),
            ("WorkflowSchemeEntity", &[("id", "2"), ("scheme", "10"), ("workflow", "W"), ("issuetype", "1")]),
            (
                "WorkflowSchemeEntity",
                &[("id", "3"), ("scheme", "10"), ("workflow", "gone"), ("issuetype", "1")],
            ),
            ("WorkflowSchemeEntity", &[("id", "4"), ("scheme", "10"), ("workflow", "W"), ("issuetype", "9")]),
            ("WorkflowSchemeEntity", &[("id", "5"), ("scheme", "10"), ("workflow", "W"), ("issuetype", "0")]),
            ("WorkflowSchemeEntity", &[("id", "6"), ("scheme", "99"), ("workflow", "W"), ("issuetype", "0")]),
            ("DraftWorkflowScheme", &[("id", "20"), ("name", "x"), ("workflowSchemeId", "10")]),
            (
                "DraftWorkflowSchemeEntity",
                &[("id", "7"), ("scheme", "20"), ("workflow", "W"), ("issuetype", "0")],
            ),
            (
                "DraftWorkflowSchemeEntity",
                &[("id", "8"), ("scheme", "21"), ("workflow", "W"), ("issuetype", "0")],
            ),
        ]);
        let snapshot = read(&rows);
        let scheme = &snapshot.objects[&Identity::named(kind("workflowScheme"), "S")];
        insta::assert_snapshot!(crate::xml::to_string(&Config::new(scheme.element.clone())), @r#"
        <?xml version="1.0" encoding="UTF-8"?>
        <workflowScheme>
          <name>S</name>
          <mappingIssueTypes>
            <issueType>Bug</issueType>
            <workflow>W</workflow>
          </mappingIssueTypes>
          <mappingIssueTypes>
            <workflow>jira</workflow>
          </mappingIssueTypes>
          <draft>
            <mappingIssueTypes>
              <workflow>W</workflow>
            </mappingIssueTypes>
          </draft>
        </workflowScheme>
        "#);
        let notes: Vec<_> = snapshot.notes.iter().map(|note| note.message.as_str()).collect();
        let expected = [
            "a mapping of issue type 9, which does not exist",
            "a mapping to workflow `gone`, which does not exist",
            "a second mapping of all others, to workflow `W`",
            "a mapping (row 6) of WorkflowScheme 99, which does not exist",
            "a mapping of a draft (row 8) of DraftWorkflowScheme 21, which does not exist",
        ];
        assert_eq!(notes, expected);
    }
}
