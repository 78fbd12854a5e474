//! A graph in the language of Graphviz.

use std::fmt::Write as _;

use super::{Form, Graph, Mark, Shape};

/// Returns a graph for `dot`.
pub fn dot(graph: &Graph) -> String {
    let graph = &*graph.printable();
    let direction = if graph.form == Form::States { "TB" } else { "LR" };
    let mut text = format!("digraph {} {{\n  rankdir={direction}\n", quoted(&graph.title));
    text.push_str("  node [shape=box, style=\"rounded,filled\", fillcolor=\"#f4f5f7\", fontname=\"sans-serif\", fontsize=11]\n");
    text.push_str("  edge [fontname=\"sans-serif\", fontsize=10]\n");
    for (number, node) in graph.nodes.iter().enumerate() {
        let form = match node.shape {
            Shape::Start => ", shape=circle, width=0.2, label=\"\", fillcolor=black".to_owned(),
            Shape::All => ", shape=ellipse, fillcolor=\"#dfe1e6\"".to_owned(),
            Shape::InProgress => ", fillcolor=\"#deebff\"".to_owned(),
            Shape::Done => ", fillcolor=\"#e3fcef\"".to_owned(),
            Shape::Project => ", penwidth=2".to_owned(),
            Shape::ToDo | Shape::Object => String::new(),
        };
        let note = if node.note.is_empty() { String::new() } else { format!("\n{}", node.note) };
        let label = quoted(&format!("{}{}{note}", node.mark.sign(), node.label));
        let _ = writeln!(text, "  n{number} [label={label}{form}{}]", style(node.mark));
    }
    for edge in &graph.edges {
        let label = quoted(&format!("{}{}", edge.mark.sign(), edge.label));
        let _ = writeln!(text, "  n{} -> n{} [label={label}{}]", edge.from, edge.to, style(edge.mark));
    }
    text.push_str("}\n");
    text
}

fn style(mark: Mark) -> &'static str {
    match mark {
        Mark::Same => "",
        Mark::Added => ", color=\"#1a7f37\", fontcolor=\"#1a7f37\", penwidth=2",
        Mark::Removed => ", color=\"#cf222e\", fontcolor=\"#cf222e\", style=dashed",
        Mark::Changed => ", color=\"#9a6700\", fontcolor=\"#9a6700\", penwidth=2",
    }
}

/// Returns text between quotation marks. A backslash has a meaning in labels, so it is doubled.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}
