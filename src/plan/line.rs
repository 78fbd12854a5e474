//! One change of an object in words: where, from what, to what.
//!
//! Invariant: the way for machines and the way for people lead to the same.

use serde::Serialize;

use super::action::LineAction;
use super::value::Value;
use crate::model::{Content, Element, Identity, Path};
use crate::schema::Schema;

/// One change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(rename = "Change"))]
#[serde(rename_all = "camelCase")]
pub struct Line {
    /// What becomes of it.
    pub action: LineAction,
    /// Where, from the object.
    pub path: Path,
    /// The same for people: with the names of what is told apart by numbers.
    #[serde(skip)]
    pub titled: Path,
    /// As it was; left out where there was nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old: Option<Value>,
    /// As it is to be; left out where nothing will be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new: Option<Value>,
}

impl Line {
    /// Returns the change of what has a name of its own on the way to it.
    pub fn new(action: LineAction, path: Path, old: Option<Value>, new: Option<Value>) -> Self {
        Self { action, titled: path.clone(), path, old, new }
    }

    /// Returns whether it is about a member of a list that only its value tells from the others, such as a member of a group.
    pub fn is_member(&self) -> bool {
        let path = self.path.to_string();
        let tag = path.rsplit('/').next().unwrap_or_default();
        let schema = Schema::get();
        let types = schema.of_configurations();
        let mut declarations = types.iter().flat_map(|ty| schema.ty(*ty).children());
        self.action != LineAction::Change
            && declarations.any(|&own| {
                let own = Schema::get().declaration(own);
                own.name == tag && own.items.is_some()
            })
    }
}

/// The way to what changes, for machines and for people.
#[derive(Default)]
pub(super) struct Way {
    path: Path,
    titled: Path,
}

impl Way {
    pub(super) fn enter(&mut self, element: &Element) {
        self.path.enter(element);
        self.titled.enter_titled(element);
    }

    /// Goes on to what is shown beside: a property is named by its tag alone, unless it is an object.
    pub(super) fn enter_property(&mut self, element: &Element) {
        match element.content {
            Content::Text(_) if Identity::of_definition(element).is_none() => {
                self.path.enter_open(element.declaration, &[]);
                self.titled.enter_open(element.declaration, &[]);
            }
            _ => self.enter(element),
        }
    }

    pub(super) fn line(self, action: LineAction, old: Option<Value>, new: Option<Value>) -> Line {
        Line { action, path: self.path, titled: self.titled, old, new }
    }
}
