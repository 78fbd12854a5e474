//! The settings page of a board: where it reads, and where it writes.
//!
//! Invariant: a setting of a board that is there is looked at before it is sent.

use serde_json::{Value, json};

use crate::entity::Row;
use crate::instance::live::write::sent::ITEM;
use crate::instance::live::write::{Deed, Look, Sent, part};

pub(super) const BOARD: &str = "AO_60DB71_RAPIDVIEW";

/// What the settings page reads.
const MODEL: &str = "/rest/greenhopper/1.0/rapidviewconfig/editmodel";

/// Names that begin so are Jira's own: it shows them in the language of whoever looks.
pub(super) const OWN_NAMES: &str = "gh.";

/// The settings page of a board.
pub(super) struct Page<'p> {
    /// The id of the board, as requests have it.
    pub(super) id: &'p str,
    pub(super) is_new: bool,
}

impl Page<'_> {
    pub(super) fn path(&self, what: &str) -> String {
        format!("/rest/greenhopper/1.0/{what}")
    }

    /// Returns where something of this board is.
    pub(super) fn own(&self, what: &str) -> String {
        self.path(&format!("{what}/{}", part(self.id)))
    }

    pub(super) fn look(&self, from: Value, to: Value) -> Look {
        Look::at(MODEL, from, to).with("rapidViewId", self.id)
    }

    /// Says how a setting is to be, where it is otherwise; a new board is not looked at.
    pub(super) fn set(
        &self,
        path: String,
        (from, to): (Option<Value>, Value),
        [was, is]: [Value; 2],
    ) -> Option<Deed> {
        if from.as_ref() == Some(&to) {
            return None;
        }
        match from {
            Some(from) => {
                let sent = Sent::put(&path, to).seen_by(self.look(was, is));
                Some(Deed::new(sent, Sent::put(&path, from)))
            }
            None => Some(Deed::along(Sent::put(&path, to))),
        }
    }

    /// Deletes all that a list of a new board has.
    pub(super) fn swept(&self, list: &str, by: &[(&str, Value)], path: &str) -> Deed {
        let look = self.look(Value::Null, Value::Null).among(list, by);
        Deed::along(Sent::delete(format!("{path}/{ITEM}")).until_none(look))
    }
}

/// Returns a name as the settings page shows it, if that is known.
pub(super) fn shown(name: &str) -> Value {
    if name.starts_with(OWN_NAMES) { json!({}) } else { json!({ "name": name }) }
}

/// Returns the query of a row; `QUERY` is where it stood when it had to be short.
pub(super) fn query(row: &Row) -> Option<&str> {
    row.text("LONG_QUERY").or_else(|| row.text("QUERY"))
}
