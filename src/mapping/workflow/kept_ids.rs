//! Ids in the arguments of parts that are kept as they are, where the table of [`arguments`](super::arguments) says of what they are.
//!
//! Invariant: in a configuration such an argument holds elements, `<arg name="eventTypeId"><eventType>Issue Created</eventType></arg>`,
//! as the arguments of described functions do, and nothing else in the part changes. OSWorkflow allows nothing but text there (its
//! DTD), so this cannot be mistaken for anything else. What the table does not know stays, and is told where it looks like an id.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use super::arguments::{Translated, Translator, Value};
use super::spelling;
use super::tree::{Tree, TreeNode};
use crate::model::{Element, Identity, Node, Path};
use crate::schema::{DeclId, Schema};

/// The argument that names the class.
const CLASS: &str = "class.name";

/// Writes the names of objects for their ids; says what names nothing, and what is named.
pub(super) fn to_names(
    tree: &Tree,
    translator: &Translator<'_>,
    problems: &mut Vec<String>,
    mentions: &mut Vec<Identity>,
) -> Tree {
    let mut arguments = texts(tree);
    let class = arguments.remove(CLASS).unwrap_or_default();
    let Translated { mut values, problems: own, .. } = translator.arguments(&class, &arguments);
    problems.extend(own);
    let mut result = Tree { nodes: Vec::new(), ..tree.clone() };
    for node in &tree.nodes {
        let child = match node {
            TreeNode::Text(_) => {
                result.nodes.push(node.clone());
                continue;
            }
            TreeNode::Element(child) => child,
        };
        let value = is_argument(child).then(|| values.remove(child.get("name")?)).flatten();
        let named = match value {
            Some(value @ Value::Names(_)) => bound(value.add_to(Node::new("argument").text("name", "-"))),
            _ => None,
        };
        result.nodes.push(TreeNode::Element(match named {
            Some(named) => {
                let references = named.children().iter().filter(|own| own.tag() != "name");
                mentions.extend(references.clone().filter_map(|own| Identity::of_reference(own, &[])));
                Tree {
                    nodes: references.map(|own| TreeNode::Element(as_tree(own))).collect(),
                    ..child.clone()
                }
            }
            None => to_names(child, translator, problems, mentions),
        }));
    }
    result
}

/// Returns the value of an argument as it is stored, given the class, the other arguments as far as they are known, and what the
/// argument names; or what there is not.
pub(super) type Spell<'s> =
    dyn FnMut(&str, &BTreeMap<String, String>, &Element) -> Result<String, String> + 's;

/// Writes the ids of objects for their names; the error says which object there is not.
pub(super) fn to_ids(tree: &Tree, spell: &mut Spell<'_>) -> Result<Tree, String> {
    let mut known = texts(tree);
    let class = known.remove(CLASS).unwrap_or_default();
    // What an argument means may hang on another one.
    for dependent in [false, true] {
        for argument in elements(tree).filter(|own| is_argument(own) && elements(own).next().is_some()) {
            let name = argument.get("name").unwrap_or_default();
            if spelling::depends_on(&class, name).is_some() == dependent {
                let named = as_argument(name, argument);
                let named = named.ok_or_else(|| format!("argument `{name}` holds what it cannot name"))?;
                let value =
                    spell(&class, &known, &named).map_err(|why| format!("argument `{name}`: {why}"))?;
                known.insert(name.to_owned(), value);
            }
        }
    }
    let mut result = Tree { nodes: Vec::new(), ..tree.clone() };
    for node in &tree.nodes {
        result.nodes.push(match node {
            TreeNode::Element(child) if is_argument(child) && elements(child).next().is_some() => {
                let value = child.get("name").and_then(|name| known.get(name)).map_or("", String::as_str);
                TreeNode::Element(Tree { nodes: Vec::new(), ..child.clone() }.text(value))
            }
            TreeNode::Element(child) => TreeNode::Element(to_ids(child, spell)?),
            TreeNode::Text(_) => node.clone(),
        });
    }
    Ok(result)
}

fn is_argument(tree: &Tree) -> bool {
    tree.name == "arg" && tree.get("name").is_some()
}

fn elements(tree: &Tree) -> impl Iterator<Item = &Tree> {
    tree.nodes.iter().filter_map(|node| match node {
        TreeNode::Element(child) => Some(child),
        TreeNode::Text(_) => None,
    })
}

/// Returns the arguments of a function that hold text alone.
fn texts(tree: &Tree) -> BTreeMap<String, String> {
    let arguments = elements(tree).filter(|own| is_argument(own) && elements(own).next().is_none());
    arguments.filter_map(|own| Some((own.get("name")?.to_owned(), own.own_text()))).collect()
}

/// The declaration of an argument of a function, which says what it can name.
fn declaration() -> DeclId {
    static FOUND: OnceLock<DeclId> = OnceLock::new();
    *FOUND.get_or_init(|| {
        let schema = Schema::get();
        let mut all = schema.types().flat_map(|(_, ty)| ty.children());
        *all.find(|own| schema.declaration(**own).name == "argument").expect("functions have arguments")
    })
}

fn bound(node: Node) -> Option<Element> {
    let mut misfits = Vec::new();
    node.bind(declaration(), &Path::default(), &mut misfits).filter(|_| misfits.is_empty())
}

/// Returns a reference as it stands in a kept part.
fn as_tree(reference: &Element) -> Tree {
    let ty = Schema::get().type_of(reference.declaration);
    let attributes = reference.attributes.iter();
    let tree = attributes.fold(Tree::new(reference.tag()), |tree, (number, value)| {
        tree.attribute(&ty.attributes[usize::from(*number)].name, value)
    });
    tree.text(reference.text())
}

/// Returns what an argument of a kept part names, as an argument of a described function.
fn as_argument(name: &str, argument: &Tree) -> Option<Element> {
    let schema = Schema::get();
    let mut node = Node::new("argument").text("name", name);
    for reference in elements(argument) {
        let child = schema.child(declaration(), &reference.name)?;
        let ty = schema.type_of(child);
        let mut own = Node::leaf(schema.declaration(child).name.as_str(), reference.own_text());
        for (attribute, value) in &reference.attributes {
            let attribute = ty.attributes.iter().find(|own| own.name == *attribute)?;
            own = own.attribute(attribute.name.as_str(), value.clone());
        }
        node = node.with(own);
    }
    bound(node)
}
