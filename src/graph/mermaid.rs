//! A graph as Mermaid text, which GitHub, GitLab and many wikis draw.

use std::fmt::Write as _;

use super::{Edge, Form, Graph, Mark, Shape};

/// Returns a graph as Mermaid text: a state diagram or a flow chart.
pub fn mermaid(graph: &Graph) -> String {
    let graph = &*graph.printable();
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
        let label = edge_label(edge);
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
        let label = coded(&format!("{}{}", node.mark.sign(), node.label));
        let _ = writeln!(text, "    n{number}{open}\"{label}<br/><i>{}</i>\"{close}", coded(&node.note));
    }
    for edge in &graph.edges {
        let arrow = if edge.mark == Mark::Removed { "-.->" } else { "-->" };
        let label = edge_label(edge);
        let label = if label.is_empty() { label } else { format!("|\"{label}\"|") };
        let _ = writeln!(text, "    n{} {arrow}{label} n{}", edge.from, edge.to);
    }
    classes(graph, "n", &mut text);
    text
}

/// Returns the words on an edge; nothing where there is nothing to read.
fn edge_label(edge: &Edge) -> String {
    let label = format!("{}{}", edge.mark.sign(), edge.label);
    if label.trim().is_empty() { String::new() } else { coded(&label) }
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

/// A character without width that ends what Markdown would take for a word: no list, heading or quotation begins behind it.
const NOTHING: &str = "#8203;";

/// A character without width that counts as a blank: no emphasis, link, formula or picture begins before it.
const BLANK: &str = "#65279;";

/// Returns text that Mermaid reads as nothing but text.
///
/// Found out with Mermaid 10.9, 11.4 and 12.3 in a browser: all that could have a meaning is written as a number, but several
/// versions read these numbers first and Markdown after that (`1. Open` and even `+ Open` became "Unsupported markdown:
/// list", `_x_` lost its lines, `$$x$$` became a formula), and the words of a direction end a line wherever they stand.
fn coded(text: &str) -> String {
    let mut coded = String::with_capacity(text.len());
    // An empty label is an error for a state.
    if !text.starts_with(char::is_alphabetic) {
        coded.push_str(NOTHING);
    }
    let mut before = ' ';
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        let next = letters.peek().copied().unwrap_or(' ');
        match letter {
            // Looks the same, and begins no code.
            '`' => coded.push('ˋ'),
            ' ' | ',' | '.' | '+' | '(' | ')' | '/' | '−' | '~' => coded.push(letter),
            '_' if before.is_alphanumeric() => coded.push('_'),
            letter if letter.is_alphanumeric() => coded.push(letter),
            letter => drop(write!(coded, "#{};", u32::from(letter))),
        }
        let begins = match (letter, next) {
            ('\\', _) => true,
            (_, ' ') => false,
            ('*' | '~' | '@' | ':', _) | ('$', '$') | (']', '(') => true,
            ('_', _) => !before.is_alphanumeric(),
            ('.', _) => before.eq_ignore_ascii_case(&'w'),
            _ => false,
        };
        if begins {
            coded.push_str(BLANK);
        }
        before = letter;
    }
    coded.replace("direction", "#100;irection")
}

/// Returns why the places that draw Mermaid do not draw a text, if they do not: their limits are those that Mermaid has unless
/// it is told otherwise.
pub fn too_much(text: &str) -> Option<String> {
    let lines = text.lines().filter(|line| line.contains(" -->") || line.contains(" -.->")).count();
    if text.chars().count() > MOST_TEXT {
        return Some(format!("Mermaid draws no more than {MOST_TEXT} characters"));
    }
    (lines > MOST_LINES && text.starts_with("flowchart"))
        .then(|| format!("it has {lines} lines; Mermaid draws no more than {MOST_LINES}"))
}

/// What `maxTextSize` and `maxEdges` are in Mermaid 10 to 12.
const MOST_TEXT: usize = 50_000;
const MOST_LINES: usize = 500;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_mean_nothing() {
        for (name, expected) in [
            ("Open", "Open"),
            ("In Review (2.1), a/b", "In Review (2.1), a/b"),
            ("Größe 漢", "Größe 漢"),
            ("a_b", "a_b"),
            ("end", "end"),
            // A label without anything to see is an error.
            ("", "#8203;"),
            ("  ", "#8203;  "),
            // Lists, headings, quotations.
            ("1. x", "#8203;1. x"),
            ("+ x", "#8203;+ x"),
            ("- x", "#8203;#45; x"),
            ("# x", "#8203;#35; x"),
            ("> x", "#8203;#62; x"),
            // Emphasis, links, code, formulas, pictures, a new line.
            ("_x_", "#8203;#95;#65279;x_"),
            ("a *x*", "a #42;#65279;x#42;"),
            ("~~x~~", "#8203;~#65279;~#65279;x~#65279;~"),
            ("[x](y)", "#8203;#91;x#93;#65279;(y)"),
            ("http://x", "http#58;#65279;//x"),
            ("www.x.de", "www.#65279;x.de"),
            ("a@b.de", "a#64;#65279;b.de"),
            ("`x`", "#8203;ˋxˋ"),
            ("$$x$$", "#8203;#36;#65279;#36;x#36;#65279;#36;"),
            ("fa:fa-car", "fa#58;#65279;fa#45;car"),
            ("a\\nb", "a#92;#65279;nb"),
            ("A: b", "A#58; b"),
            // What Mermaid itself knows.
            ("direction LR", "#100;irection LR"),
            ("a;b \"c\" %% <b>", "a#59;b #34;c#34; #37;#37; #60;b#62;"),
            ("#quot;", "#8203;#35;quot#59;"),
        ] {
            assert_eq!(coded(name), expected, "{name}");
        }
    }

    #[test]
    fn what_is_too_much_is_known() {
        let text = |head: &str, lines: usize| format!("{head}\n{}", "    n1 --> n2\n".repeat(lines));
        assert_eq!(too_much(&text("flowchart LR", 500)), None);
        assert_eq!(
            too_much(&text("flowchart LR", 501)).as_deref(),
            Some("it has 501 lines; Mermaid draws no more than 500")
        );
        assert_eq!(too_much(&text("stateDiagram-v2", 501)), None);
        assert_eq!(
            too_much(&text("stateDiagram-v2", 5_000)).as_deref(),
            Some("Mermaid draws no more than 50000 characters")
        );
    }
}
