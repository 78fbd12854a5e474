//! Whom filters and dashboards are shared with, read from rows.

use std::collections::HashMap;

use crate::entity::{Row, Tables};
use crate::mapping::ground::context::Context;
use crate::model::{Node, Path};

/// The right to edit, a bit of `SharePermissions.rights`: 1 is the right to view (seen in 7.12.3 to 9.12.4), 3 both
/// (known, not seen in the data).
const EDIT: i64 = 2;

/// The shares of an instance.
pub(crate) struct Shares<'a> {
    rows: HashMap<(&'a str, &'a str), Vec<&'a Row>>,
}

impl<'a> Shares<'a> {
    pub(crate) fn new(tables: &'a Tables) -> Self {
        let mut rows: HashMap<_, Vec<_>> = HashMap::new();
        for row in tables.rows("SharePermissions") {
            if let (Some(entity), Some(id)) = (row.get("entityType"), row.get("entityId")) {
                rows.entry((entity, id)).or_default().push(row);
            }
        }
        Self { rows }
    }

    /// Returns whether the instance has the table at all (Jira 3.13 on: the system dashboard is always shared).
    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Returns the shares of an object; those with what does not exist are noted.
    pub(crate) fn of(&self, context: &mut Context<'_>, entity: &str, id: &str, path: &Path) -> Vec<Node> {
        let mut shares = Vec::new();
        for row in self.rows.get(&(entity, id)).into_iter().flatten() {
            match share(context, row) {
                Ok(share) => shares.push(share),
                Err(Unshared { message, is_lost }) => {
                    context.dangling(path.child("sharedWith"), message);
                    shares.extend(is_lost.then(|| Node::lost("sharedWith")));
                }
            }
        }
        shares
    }
}

/// Returns the share of a row.
pub(crate) fn share(context: &Context<'_>, row: &Row) -> Result<Node, Unshared> {
    let edit = row.number("rights").is_some_and(|rights| rights & EDIT != 0);
    Ok(shared_with(context, row)?.text_if("rights", edit.then_some("edit")))
}

/// Why a share is with nobody.
pub(crate) struct Unshared {
    message: String,
    /// Whether nobody can know any more with whom it was: a row names users and groups itself, and all else by an id.
    is_lost: bool,
}

fn shared_with(context: &Context<'_>, row: &Row) -> Result<Node, Unshared> {
    let first = row.get("param1").unwrap_or("");
    let found = |kind: &str, id: &str| {
        context.names.get(kind, id).ok_or_else(|| Unshared {
            message: format!("it is shared with a {kind} of id {id}, which does not exist"),
            is_lost: true,
        })
    };
    let with_nobody = |message: String| Err(Unshared { message, is_lost: false });
    Ok(match row.get("type").unwrap_or("") {
        "global" => share_with("global"),
        // Known, not seen in the data: `loggedin` is stored, `authenticated` is how the REST API calls it.
        "loggedin" | "authenticated" => share_with("loggedIn"),
        "group" => match context.names.group(first) {
            Some(name) => share_with("group").with(name.reference("name")),
            None => return with_nobody("it is shared with a group without name".to_owned()),
        },
        "user" => match context.names.user(first) {
            Some(name) => share_with("user").with(name.reference("name")),
            None => {
                return with_nobody(format!("it is shared with the user of key {first}, who does not exist"));
            }
        },
        "project" => {
            let project = found("project", first)?;
            match row.text("param2") {
                None => share_with("project").with(project.reference("name")),
                Some(role) => {
                    let role = found("projectRole", role)?;
                    share_with("projectRole").with(role.reference("name")).with(project.reference("project"))
                }
            }
        }
        other => {
            let message = format!("it is shared in a way unknown to pcfg: {other}");
            return Err(Unshared { message, is_lost: true });
        }
    })
}

/// Begins a share of a kind.
pub(crate) fn share_with(ty: &'static str) -> Node {
    Node::new("sharedWith").text("type", ty)
}
