//! The order of elements in a descriptor, as the format wants it.
//!
//! OSWorkflow reads a descriptor with a validating parser, which refuses one whose elements stand in another order (the content
//! models of OSWorkflow's DTD 2.8; its loader throws what the parser finds). Of elements that it does not know the DTD says
//! nothing: they stand last. Invariant: elements of one tag keep their order.

use super::tree::{Tree, TreeNode};

/// What may stand in an element, in order.
const MODELS: [(&str, &[&str]); 10] = [
    (
        "workflow",
        &[
            "meta",
            "registers",
            "trigger-functions",
            "global-conditions",
            "initial-actions",
            "global-actions",
            "common-actions",
            "steps",
            "splits",
            "joins",
        ],
    ),
    ("action", &["meta", "restrict-to", "validators", "pre-functions", "results", "post-functions"]),
    ("actions", &["common-action", "action"]),
    ("conditions", &["conditions", "condition"]),
    ("join", &["conditions", "unconditional-result"]),
    ("result", &["conditions", "validators", "pre-functions", "post-functions"]),
    ("results", &["result", "unconditional-result"]),
    ("step", &["meta", "pre-functions", "external-permissions", "actions", "post-functions"]),
    ("unconditional-result", &["conditions", "validators", "pre-functions", "post-functions"]),
    ("permission", &["restrict-to"]),
];

/// Elements that only hold others.
const LISTS: [&str; 10] = [
    "actions",
    "common-actions",
    "global-actions",
    "initial-actions",
    "post-functions",
    "pre-functions",
    "restrict-to",
    "results",
    "steps",
    "validators",
];

/// Returns whether an element only holds others: OSWorkflow reads the first of its parent.
pub(super) fn is_list(tag: &str) -> bool {
    LISTS.contains(&tag)
}

/// Returns the place of a child among those of its parent.
pub(super) fn place(parent: &str, child: &str) -> usize {
    let model = MODELS.iter().find(|(tag, _)| *tag == parent).map_or(&[][..], |(_, model)| *model);
    model.iter().position(|tag| *tag == child).unwrap_or(model.len())
}

/// Puts the children of an element into order.
pub(super) fn in_order(mut tree: Tree) -> Tree {
    let Tree { name, nodes, .. } = &mut tree;
    nodes.sort_by_key(|node| match node {
        TreeNode::Element(child) => place(name, &child.name),
        TreeNode::Text(_) => place(name, ""),
    });
    tree
}
