//! The documents that the schema is read from, and the root elements that they have.
//!
//! Invariant: the first root is that of configurations; what the second one describes, issue data, names what they describe.

use std::collections::BTreeSet;

use super::{DeclId, Schema, TypeId};

/// The text of `schema/projectConfig.xsd`.
pub const XSD: &str = include_str!("../../schema/projectConfig.xsd");

/// The text of `schema/projectData.xsd`, which includes [`XSD`].
pub const DATA_XSD: &str = include_str!("../../schema/projectData.xsd");

impl Schema {
    /// Returns the declaration of the root element of configurations.
    pub fn root(&self) -> DeclId {
        self.roots[0]
    }

    /// Returns the declaration of the root element of files with issue data.
    pub fn data(&self) -> DeclId {
        self.roots[self.roots.len() - 1]
    }

    /// Returns the declaration of the root element of that name.
    pub fn root_named(&self, name: &str) -> Option<DeclId> {
        self.roots.iter().copied().find(|&root| self.declaration(root).name == name)
    }

    /// Returns whether a declaration is that of a root element.
    pub fn is_root(&self, id: DeclId) -> bool {
        self.roots.contains(&id)
    }

    /// Returns the types of all that can be in a configuration.
    pub fn of_configurations(&self) -> BTreeSet<TypeId> {
        let (mut waiting, mut types) = (vec![self.root()], BTreeSet::new());
        while let Some(declaration) = waiting.pop() {
            if types.insert(self.declaration(declaration).ty) {
                waiting.extend(self.children(declaration));
            }
        }
        types
    }
}
