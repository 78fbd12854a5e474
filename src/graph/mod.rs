//! Pictures of a configuration: workflows as diagrams, and the map of a project.
//!
//! Pure: elements in, text out. A picture is a [`Graph`] first, whatever it shows; [`mermaid()`], [`dot()`] and [`svg()`] spell it.
//! Invariant: the same configuration gives the same bytes, and no name, however hostile, can break the form.

mod dot;
mod layers;
mod layout;
mod map;
mod mermaid;
mod svg;
mod workflow;

use std::borrow::Cow;

use crate::model::{is_command, printable};

pub use dot::dot;
pub use map::map;
pub use mermaid::{mermaid, too_much};
pub use svg::{style, svg, svg_element};
pub use workflow::{Categories, change, workflow};

/// Nodes and the edges between them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Graph {
    /// What it shows.
    pub title: String,
    /// How it is to be drawn.
    pub form: Form,
    /// The nodes, in an order that has a meaning: what comes first is drawn first.
    pub nodes: Vec<Node>,
    /// The edges; two of them may join the same nodes.
    pub edges: Vec<Edge>,
}

impl Graph {
    /// Returns the graph with texts that show in one line and do nothing: no form of pictures may hold more.
    fn printable(&self) -> Cow<'_, Self> {
        let is_odd = |text: &String| text.contains(is_command);
        let is_fine = !is_odd(&self.title)
            && !self
                .nodes
                .iter()
                .any(|node| is_odd(&node.label) || is_odd(&node.note) || node.members.iter().any(is_odd))
            && !self.edges.iter().any(|edge| is_odd(&edge.label));
        if is_fine {
            return Cow::Borrowed(self);
        }
        let mut graph = self.clone();
        let texts = graph
            .nodes
            .iter_mut()
            .flat_map(|node| [&mut node.label, &mut node.note].into_iter().chain(&mut node.members));
        let texts = texts.chain(graph.edges.iter_mut().map(|edge| &mut edge.label));
        texts.chain([&mut graph.title]).for_each(|text| *text = printable(text).into_owned());
        Cow::Owned(graph)
    }
}

/// How a graph is to be drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// States and what leads from one to another, from top to bottom.
    States,
    /// What uses what, from left to right.
    Uses,
}

/// A node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// What it is called.
    pub label: String,
    /// What is said beside: a status of another name, the kind of an object. May be empty.
    pub note: String,
    /// What it is.
    pub shape: Shape,
    /// How it changes.
    pub mark: Mark,
    /// The names of the objects for which it stands, if there are several.
    pub members: Vec<String>,
}

/// What a node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Where issues come from.
    Start,
    /// Any step.
    All,
    /// A step whose status means that work has not begun, or of which nothing is known.
    ToDo,
    /// A step whose status means work.
    InProgress,
    /// A step whose status means that work is done.
    Done,
    /// A project.
    Project,
    /// Another object.
    Object,
}

/// An edge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edge {
    /// The number of the node where it begins.
    pub from: usize,
    /// The number of the node where it ends.
    pub to: usize,
    /// What it is called; may be empty.
    pub label: String,
    /// How it changes.
    pub mark: Mark,
}

/// How a node or an edge changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mark {
    /// Not at all.
    Same,
    /// It is new.
    Added,
    /// It goes.
    Removed,
    /// Something in it changes.
    Changed,
}

impl Mark {
    /// Returns the sign before a label: colours alone tell nothing to some readers.
    fn sign(self) -> &'static str {
        match self {
            Self::Same => "",
            Self::Added => "+ ",
            Self::Removed => "− ",
            Self::Changed => "~ ",
        }
    }

    /// Returns the name of the class that the mark is drawn in.
    fn class(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Changed => "changed",
        }
    }
}

impl Graph {
    /// Returns whether anything in it changes.
    pub fn has_marks(&self) -> bool {
        let marks = self.nodes.iter().map(|node| node.mark).chain(self.edges.iter().map(|edge| edge.mark));
        marks.into_iter().any(|mark| mark != Mark::Same)
    }
}

/// Returns text in one line, without characters that cannot be drawn.
fn line(text: &str) -> String {
    let words = text.split(|letter: char| letter.is_whitespace() || letter.is_control());
    words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Element, Name, Node as Entry, Path};
    use crate::schema::Schema;

    /// Makes a workflow of steps, and of transitions: number, name, where from (nothing is everywhere), where to.
    fn entry(steps: &[&str], transitions: &[(&str, &str, &str, &str)]) -> Element {
        let mut entry = Name::plain("Work").definition("workflowEntry");
        for step in steps {
            entry = entry.with(Name::plain(*step).definition("step"));
        }
        for (number, name, from, to) in transitions {
            let ty = match *from {
                "" => "global",
                "start" => "initial",
                _ => "step",
            };
            let transition = Entry::new("transition").text("transitionId", *number).text("name", *name);
            let mut transition = transition.text("type", ty);
            if ty == "step" {
                transition = transition.with(Entry::leaf("from", *from));
            }
            entry = entry.with(transition.with(Entry::leaf("to", *to)));
        }
        let declaration = Schema::get().kind(crate::mapping::kind("workflowEntry")).declaration;
        let mut misfits = Vec::new();
        let element = entry.bind(declaration, &Path::default(), &mut misfits).unwrap();
        assert_eq!(misfits, []);
        element
    }

    #[test]
    fn a_change_marks_what_comes_goes_and_differs() {
        let old = entry(
            &["Open", "Done", "Old"],
            &[
                ("1", "Create", "start", "Open"),
                ("2", "Finish", "Open", "Done"),
                ("3", "Drop", "Open", "Old"),
            ],
        );
        let new = entry(
            &["Open", "Done", "Review"],
            &[
                ("1", "Create", "start", "Open"),
                ("2", "Finish it", "Open", "Done"),
                ("4", "Look", "", "Review"),
            ],
        );
        let graph = change(Some(&old), Some(&new), &Categories::default());
        insta::assert_snapshot!(mermaid(&graph), @r##"
        stateDiagram-v2
            state "All" as s1
            state "Done" as s2
            state "#8203;− Old" as s3
            state "Open" as s4
            state "#8203;+ Review" as s5
            [*] --> s4 : Create
            s4 --> s2 : #8203;~ Finish it
            s4 --> s3 : #8203;− Drop
            s1 --> s5 : #8203;+ Look
            classDef added fill:#d7f5dd,stroke:#1a7f37,stroke-width:2px,color:#0b3d1a
            class s5 added
            classDef removed fill:#ffdcd8,stroke:#cf222e,stroke-dasharray:4 3,color:#67060c
            class s3 removed
        "##);
        assert!(graph.has_marks());
        assert!(!workflow(&new, &Categories::default()).has_marks());
        assert_eq!(
            change(Some(&new), Some(&new), &Categories::default()),
            workflow(&new, &Categories::default())
        );
    }

    #[test]
    fn no_name_breaks_the_form() {
        let hostile = "a\"];x--&gt;y</title><script>\n%%{init}%% `#35; \\ : ; |é漢";
        let graph = workflow(
            &entry(
                &[hostile, "Other"],
                &[("1", hostile, "start", hostile), ("2", hostile, hostile, hostile)],
            ),
            &Categories::default(),
        );
        for (form, text) in [
            (Form::States, mermaid(&graph)),
            (Form::Uses, mermaid(&Graph { form: Form::Uses, ..graph.clone() })),
        ] {
            // Quotation marks stand only around labels, and nothing of Mermaid's own is left in them.
            assert!(
                !text.contains("script>") && !text.contains("%%") && !text.contains('`'),
                "{form:?} {text}"
            );
            assert_eq!(text.matches('"').count() % 2, 0, "{text}");
        }
        let text = dot(&graph);
        assert_eq!(text.replace("\\\\", "").replace("\\\"", "").matches('"').count() % 2, 0, "{text}");
        let text = svg(&graph);
        let mut reader = quick_xml::Reader::from_str(&text);
        loop {
            match reader.read_event().expect("SVG is XML") {
                quick_xml::events::Event::Eof => break,
                quick_xml::events::Event::Start(start) => assert_ne!(start.name().as_ref(), "script"),
                _ => {}
            }
        }
    }

    #[test]
    fn a_graph_of_nothing_is_a_graph() {
        let graph = workflow(&entry(&[], &[]), &Categories::default());
        assert!(svg(&graph).contains("<title>Work</title>"));
        assert_eq!(mermaid(&graph), "stateDiagram-v2\n");
    }
}
