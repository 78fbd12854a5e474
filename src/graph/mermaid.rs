//! A graph as Mermaid text, which GitHub, GitLab and many wikis draw.

use std::fmt::Write as _;

use super::{Edge, Form, Graph, Mark, Shape};

/// Returns a graph as Mermaid text: a state diagram or a flow chart.
pub fn mermaid(graph: &Graph) -> String {
    match graph.form {
        Form::States => states(graph),
        Form::Uses => uses(graph),
    }
}

/// The classes of what changes: dark text on light ground, readable in both modes.
const CLASSES: [(Mark, &str); 3] = [
    (Mark::Added, "fill:#d7f5dd,stroke:#1a7f37,stroke-width:2px,color:#0b3d1a"),
    (Mark::Removed, "fill:#ffdcd8,stroke:#cf222e,stroke-dasharray:4 3,color:#67060c"),
    (Mark::Changed, "fill:#fff2cc,stroke:#9a6700,stroke-width:2px,color:#4d2d00"),
];

fn states(graph: &Graph) -> String {
    let mut text = String::from("stateDiagram-v2\n");
    for (number, node) in graph.nodes.iter().enumerate().filter(|(_, node)| node.shape != Shape::Start) {
        let note = if node.note.is_empty() { String::new() } else { format!(" ({})", node.note) };
        let label = coded(&format!("{}{}{note}", node.mark.sign(), node.label));
        let _ = writeln!(text, "    state \"{label}\" as s{number}");
    }
    let name = |number: usize| match graph.nodes[number].shape {
        Shape::Start => "[*]".to_owned(),
        _ => format!("s{number}"),
    };
    for edge in &graph.edges {
        let label = coded(&format!("{}{}", edge.mark.sign(), edge.label));
        let colon = if label.is_empty() { "" } else { " : " };
        let _ = writeln!(text, "    {} --> {}{colon}{label}", name(edge.from), name(edge.to));
    }
    classes(graph, "s", &mut text);
    text
}

fn uses(graph: &Graph) -> String {
    let mut text = String::from("flowchart LR\n");
    for (number, node) in graph.nodes.iter().enumerate() {
        let (open, close) = if node.shape == Shape::Project { ("([", "])") } else { ("[", "]") };
        let label = format!("{}{}", node.mark.sign(), coded(&node.label));
        let _ = writeln!(text, "    n{number}{open}\"{label}<br/><i>{}</i>\"{close}", coded(&node.note));
    }
    for Edge { from, to, label, mark } in &graph.edges {
        let arrow = if *mark == Mark::Removed { "-.->" } else { "-->" };
        let label = coded(&format!("{}{label}", mark.sign()));
        let label = if label.is_empty() { String::new() } else { format!("|\"{label}\"|") };
        let _ = writeln!(text, "    n{from} {arrow}{label} n{to}");
    }
    classes(graph, "n", &mut text);
    text
}

fn classes(graph: &Graph, prefix: &str, text: &mut String) {
    for (mark, style) in CLASSES {
        let marked = graph.nodes.iter().enumerate().filter(|(_, node)| node.mark == mark);
        let names: Vec<String> = marked.map(|(number, _)| format!("{prefix}{number}")).collect();
        if !names.is_empty() {
            let class = mark.class();
            let _ = writeln!(text, "    classDef {class} {style}\n    class {} {class}", names.join(","));
        }
    }
}

/// Returns text that Mermaid reads as nothing but text: all that could have a meaning is written as a number.
fn coded(text: &str) -> String {
    let mut coded = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            'a'..='z' | 'A'..='Z' | '0'..='9' | ' ' | ',' | '.' | '_' | '+' | '(' | ')' | '/' | '−' | '~' =>
            {
                coded.push(letter);
            }
            letter if letter.is_alphanumeric() => coded.push(letter),
            letter => drop(write!(coded, "#{};", u32::from(letter))),
        }
    }
    coded
}
