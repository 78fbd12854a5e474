//! New names for objects: in their definitions and in everything that refers to them.
//!
//! Invariant: only names change. What a reference means is the same before and after, as long as its target is renamed too.

use super::{Content, Element, Identity};
use crate::schema::{Content as Allowed, DUPLICATE, KeyPart, Schema};

/// Returns the new identity of an object that has one.
pub type NewName<'a> = dyn Fn(&Identity) -> Option<Identity> + 'a;

/// Makes the references in an element follow the objects that have new names. Returns the old identities of those that were
/// followed, in the order of the references, with repetitions.
pub fn follow(element: &mut Element, new_name: &NewName<'_>) -> Vec<Identity> {
    let mut followed = Vec::new();
    walk(element, new_name, &mut followed);
    followed
}

fn walk(element: &mut Element, new_name: &NewName<'_>, followed: &mut Vec<Identity>) {
    let parent = element.tag();
    let Content::Children(children) = &mut element.content else { return };
    for at in 0..children.len() {
        if let Content::Children(_) = children[at].content {
            walk(&mut children[at], new_name, followed);
            continue;
        }
        let Some(target) = named_by(parent, &children[at], children) else { continue };
        if let Some(identity) = new_name(&target) {
            refer(&mut children[at], &identity);
            followed.push(target);
        } else if let Some((old, new)) = renamed_container(&children[at], &target, new_name) {
            let number = container_attribute(&children[at]).expect("the reference names a container");
            children[at].set_attribute(number, new.name());
            followed.push(old);
        }
    }
}

/// Returns what a child names; a share names its project in a way of its own.
fn named_by(parent: &str, child: &Element, siblings: &[Element]) -> Option<Identity> {
    let is_project = parent == "sharedWith"
        && child.tag() == "name"
        && siblings.iter().any(|own| own.tag() == "type" && own.text() == "project");
    if is_project {
        return Some(Identity::named(Schema::get().kind_named("project")?, child.text()));
    }
    Identity::of_reference(child, siblings)
}

/// Returns the old and the new identity of the object that the target of a reference is a part of, if it has a new name.
fn renamed_container(
    reference: &Element,
    target: &Identity,
    new_name: &NewName<'_>,
) -> Option<(Identity, Identity)> {
    let schema = Schema::get();
    let name = reference.attribute(container_attribute(reference)?)?;
    let kinds = schema.kind(target.kind).within.iter().filter_map(|tag| schema.kind_named(tag));
    kinds.map(|kind| Identity::named(kind, name)).find_map(|old| new_name(&old).map(|new| (old, new)))
}

fn container_attribute(reference: &Element) -> Option<u8> {
    match &Schema::get().type_of(reference.declaration).content {
        Allowed::Reference(reference) => reference.container_attribute,
        _ => None,
    }
}

/// Makes a reference name another object of its kind.
fn refer(reference: &mut Element, identity: &Identity) {
    let schema = Schema::get();
    let ty = schema.type_of(reference.declaration);
    assert!(matches!(ty.content, Allowed::Reference(_)));
    reference.content = Content::Text(identity.name().into());
    let names = schema.kind(identity.kind).attributes.iter().map(String::as_str).chain([DUPLICATE]);
    for (name, value) in names.zip(&identity.fields[1..]) {
        let Some(number) = ty.attributes.iter().position(|attribute| attribute.name == name) else {
            continue;
        };
        reference.attributes.retain(|(own, _)| usize::from(*own) != number);
        if !value.is_empty() {
            reference.set_attribute(number as u8, value.clone());
        }
    }
}

/// Gives an object another identity of its kind.
pub fn set_identity(object: &mut Element, identity: &Identity) {
    let schema = Schema::get();
    let declaration = schema.declaration(object.declaration);
    let keys = declaration.items.iter().flat_map(|items| &items.identity);
    for (key, field) in keys.zip(&identity.fields) {
        if object.value(key).unwrap_or_default() == &**field {
            continue;
        }
        match (key.part, &key.path[..]) {
            // An attribute of a child: the author of the main filter of a board.
            (KeyPart::Attribute(number), [step]) => {
                let children = object.children_mut().into_iter().flatten();
                if let Some(child) = children.into_iter().find(|child| child.declaration == *step) {
                    child.attributes.retain(|(own, _)| *own != number);
                    if !field.is_empty() {
                        child.set_attribute(number, field.clone());
                    }
                }
            }
            (KeyPart::Value, _) => object.set_value(key, field),
            _ => {}
        }
    }
    let last = identity.fields.last().map(|field| &**field).unwrap_or_default();
    if let Some(number) = schema.attribute(declaration.ty, DUPLICATE)
        && object.attribute(number).unwrap_or_default() != last
    {
        object.attributes.retain(|(own, _)| *own != number);
        if !last.is_empty() {
            object.set_attribute(number, last);
        }
    }
}
