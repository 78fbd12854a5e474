//! Objects as requests hold them beside what they send: as a configuration file has them.
//!
//! Invariant: what is spelled is understood again as it was.

use crate::model::{Config, Element};
use crate::schema::{DeclId, Schema};
use crate::xml;

/// Returns an object, or what stands beside objects, as a configuration file has it.
pub(super) fn spelled(container: DeclId, element: &Element) -> String {
    let container = Element::parent(container, vec![element.clone()]);
    xml::to_string(&Config::new(Element::parent(Schema::get().root(), vec![container])))
}

/// Reads an object back, with its container.
pub(super) fn understood(text: &str) -> Option<(DeclId, Element)> {
    let root = xml::read(text).root?;
    let container = root.children().first()?;
    Some((container.declaration, container.children().first()?.clone()))
}
