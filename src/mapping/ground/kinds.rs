//! The kinds of objects and the tables that hold them: the one list, for names, ids, renames and writing.
//!
//! Invariant: a kind that code names is one of the schema, and each kind of the schema is held by one table.

use crate::schema::{KindId, Schema};

/// A kind whose objects are rows of one table.
#[derive(Debug)]
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    pub(crate) table: &'static str,
    /// The column that holds the name of an object, which is the first part of its identity.
    pub(crate) column: &'static str,
}

const fn kind_in(name: &'static str, table: &'static str, column: &'static str) -> Kind {
    Kind { name, table, column }
}

/// The kinds, in the order in which they are written: the parts of an object (versions, levels) come before what refers
/// to them, and what queries name before those; whole objects may refer to each other in any order. The name of a board tells
/// that of its filter, so filters come first in reading, too.
pub(crate) const KINDS: &[Kind] = &[
    kind_in("user", "User", "userName"),
    kind_in("group", "Group", "groupName"),
    kind_in("status", "Status", "name"),
    kind_in("priority", "Priority", "name"),
    kind_in("resolution", "Resolution", "name"),
    kind_in("issueLink", "IssueLinkType", "linkname"),
    kind_in("eventType", "EventType", "name"),
    kind_in("projectCategory", "ProjectCategory", "name"),
    kind_in("projectRole", "ProjectRole", "name"),
    kind_in("permissionScheme", "PermissionScheme", "name"),
    kind_in("notificationScheme", "NotificationScheme", "name"),
    kind_in("issueSecurityScheme", "IssueSecurityScheme", "name"),
    kind_in("project", "Project", "key"),
    kind_in("issueType", "IssueType", "name"),
    kind_in("issueTypeScheme", "FieldConfigScheme", "name"),
    kind_in("priorityScheme", "FieldConfigScheme", "name"),
    kind_in("customField", "CustomField", "name"),
    kind_in("fieldConfiguration", "FieldLayout", "name"),
    kind_in("fieldConfigurationScheme", "FieldLayoutScheme", "name"),
    kind_in("screen", "FieldScreen", "name"),
    kind_in("screenScheme", "FieldScreenScheme", "name"),
    kind_in("issueTypeScreenScheme", "IssueTypeScreenScheme", "name"),
    kind_in("filter", "SearchRequest", "name"),
    kind_in("workflowEntry", "Workflow", "name"),
    kind_in("workflowScheme", "WorkflowScheme", "name"),
    kind_in("dashboard", "PortalPage", "pagename"),
    kind_in("scrumKanbanBoard", "AO_60DB71_RAPIDVIEW", "NAME"),
];

/// A kind of parts that are rows with a name of their own.
#[derive(Debug)]
pub(crate) struct PartKind {
    pub(crate) name: &'static str,
    pub(crate) table: &'static str,
    /// The column with the id of the owner; in references from elsewhere, the attribute with its name.
    pub(crate) owner: &'static str,
    /// The kind of the owner.
    pub(crate) of: &'static str,
}

/// The kinds of parts.
pub(crate) const PARTS: [PartKind; 3] = [
    PartKind { name: "version", table: "Version", owner: "project", of: "project" },
    PartKind { name: "component", table: "Component", owner: "project", of: "project" },
    PartKind {
        name: "issueSecurityLevel",
        table: "SchemeIssueSecurityLevels",
        owner: "scheme",
        of: "issueSecurityScheme",
    },
];

/// Returns how a kind is held, by its name.
pub(crate) fn held(name: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|own| own.name == name)
}

/// Objects that every Jira has under the same id (3.12 to 9.12), whatever they are called: their kind, their mark and the id; an
/// empty one means that the object is nowhere stored.
pub(crate) const BUILT_IN: [(&str, &str, &str); 7] = [
    ("screen", "default", "1"),
    ("screen", "workflow", "2"),
    ("screen", "resolveIssue", "3"),
    ("screenScheme", "default", "1"),
    ("issueTypeScreenScheme", "default", "1"),
    ("permissionScheme", "default", "0"),
    ("workflowEntry", "default", ""),
];

/// Returns the mark of an object that every Jira has under that id.
pub(crate) fn mark(name: &str, id: &str) -> Option<&'static str> {
    BUILT_IN.iter().find(|(kind, _, own)| (*kind, *own) == (name, id)).map(|(_, mark, _)| *mark)
}

/// Returns the kind of that name.
///
/// # Panics
///
/// If the schema has no such kind: that is a mistake in pcfg.
pub(crate) fn kind(name: &str) -> KindId {
    Schema::get().kind_named(name).unwrap_or_else(|| panic!("the schema has no kind {name}"))
}

#[cfg(test)]
mod tests {
    use super::{KINDS, PARTS};
    use crate::entity::EntityId;
    use crate::schema::Schema;

    #[test]
    fn each_kind_is_held_by_one_table_that_has_its_columns() {
        let has = |table: &str, column: &str| EntityId::named(table).entity().attribute(column).is_some();
        let schema = Schema::get();
        for (id, kind) in schema.kinds() {
            let own: Vec<_> = KINDS.iter().filter(|own| own.name == kind.name).collect();
            assert_eq!(own.len(), usize::from(schema.container(id).is_some()), "{}", kind.name);
            assert!(own.iter().all(|own| has(own.table, own.column)), "{}", kind.name);
        }
        for part in PARTS {
            assert!(schema.kind_named(part.name).is_some() && schema.kind_named(part.of).is_some());
            assert!(has(part.table, part.owner) && has(part.table, "name"), "{}", part.name);
        }
    }
}
