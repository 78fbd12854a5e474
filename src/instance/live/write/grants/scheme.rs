//! What the three kinds of schemes have in common: somebody whom a row means, and a scheme that changes.
//!
//! Invariant: whoever is named is named as requests do it, also where his id is not known yet.

use serde_json::{Value, json};

use super::super::{Ground, Side, Subject, Unsaid, members};
use crate::entity::Row;
use crate::instance::live::grants::{holder_type, no_holder, no_receiver, receiver_type};
use crate::model::Path;

/// Somebody, as a row means him: a type and, where the type needs one, a parameter.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Who {
    pub(super) ty: String,
    pub(super) parameter: String,
}

impl Who {
    pub(super) fn of(row: &Row) -> Self {
        let text = |name| row.get(name).unwrap_or_default().to_owned();
        Self { ty: text("type"), parameter: text("parameter") }
    }

    /// Returns what Jira calls the parameter: ids of what is new are not known yet.
    fn handle(&self, ground: &Ground<'_>) -> String {
        match self.ty.as_str() {
            "projectrole" | "Project_Role" => ground.sent("projectRole", &self.parameter),
            "userCF" | "groupCF" | "User_Custom_Field_Value" | "Group_Custom_Field_Value" => {
                ground.field(&self.parameter)
            }
            _ => self.parameter.clone(),
        }
    }

    /// Returns what tells him from others in what stands for an id.
    pub(super) fn label(&self, ground: &Ground<'_>) -> String {
        format!("{} {}", self.ty, self.handle(ground))
    }

    /// Returns him as the holder of something, in replies and, but for the id of a group, in requests.
    pub(super) fn holder(&self, ground: &Ground<'_>) -> Value {
        let mut told = json!({ "type": holder_type(&self.ty, &self.parameter) });
        if !self.parameter.is_empty() {
            told["parameter"] = json!(self.handle(ground));
        }
        told
    }

    /// Returns him as the holder of a permission, in requests.
    pub(super) fn grantee(&self, ground: &Ground<'_>) -> Value {
        let mut told = self.holder(ground);
        if ground.is_cloud() && !self.parameter.is_empty() {
            // The name of a group is not its id; of one that nobody has told the name must do.
            let value = match self.ty.as_str() {
                "group" => ground.group_id(&self.parameter),
                _ => Some(self.handle(ground)),
            };
            if let Some(value) = value {
                told["value"] = json!(value);
            }
        }
        told
    }

    /// Says why Jira would not take him as the holder of something, if it would not.
    pub(super) fn no_holder(&self) -> Option<String> {
        no_holder(holder_type(&self.ty, &self.parameter), &self.parameter)
    }

    /// Says why Jira would not take him as the receiver of a mail, if it would not.
    pub(super) fn no_receiver(&self) -> Option<String> {
        no_receiver(receiver_type(&self.ty), &self.parameter)
    }

    /// Returns him as the receiver of a mail.
    pub(super) fn receiver(&self, ground: &Ground<'_>) -> Value {
        let mut told = json!({ "notificationType": receiver_type(&self.ty) });
        if !self.parameter.is_empty() {
            told["parameter"] = json!(self.handle(ground));
        }
        told
    }
}

/// A scheme that changes.
pub(super) struct Scheme<'s> {
    kind: &'static str,
    entity: &'static str,
    /// Its id as requests have it.
    pub(super) id: String,
    pub(super) before: Option<&'s str>,
    pub(super) after: &'s str,
}

impl<'s> Scheme<'s> {
    pub(super) fn of(
        ground: &Ground<'_>,
        subject: &'s Subject<'_>,
        (kind, entity): (&'static str, &'static str),
    ) -> Option<Self> {
        let after = subject.after.as_deref()?;
        Some(Self { kind, entity, id: ground.sent(kind, after), before: subject.before.as_deref(), after })
    }

    /// Returns the rows of a table that belong to it, before and afterwards.
    pub(super) fn rows<'g>(&self, ground: &Ground<'g>, entity: &'static str) -> (Vec<&'g Row>, Vec<&'g Row>) {
        let before = self.before.map(|id| ground.before.with(entity, "scheme", id)).unwrap_or_default();
        (before, ground.after.with(entity, "scheme", self.after))
    }

    /// Returns its name and description, before and afterwards.
    pub(super) fn texts(&self, ground: &Ground<'_>) -> (Option<Value>, Value) {
        let texts = |side: &Side<'_>, id: &str| {
            Some(members(side.row(self.entity, id)?, &[("name", "name"), ("description", "description")]))
        };
        let before = self.before.and_then(|id| texts(&ground.before, id));
        (before, texts(&ground.after, self.after).unwrap_or_default())
    }

    fn name(&self, ground: &Ground<'_>) -> String {
        let row = ground.after.row(self.entity, self.after);
        row.and_then(|row| row.get("name")).unwrap_or_default().to_owned()
    }

    /// Says that no request can say a part of it.
    pub(super) fn unsaid(&self, ground: &Ground<'_>, property: &str, why: impl Into<String>) -> Vec<Unsaid> {
        vec![(Path::object(self.kind, &self.name(ground)).child(property), why.into())]
    }
}

/// Means somebody without a parameter only where none is said.
pub(super) fn exactly(mut who: Value) -> Value {
    if who.get("parameter").is_none() {
        who["parameter"] = Value::Null;
    }
    who
}
