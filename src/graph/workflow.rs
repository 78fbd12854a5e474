//! A workflow as a diagram; and how one becomes another.

use std::collections::{BTreeMap, BTreeSet};

use super::{Edge, Form, Graph, Mark, Node, Shape, line};
use crate::model::{Content, Element};

/// What kind of work each status means, by its name: `toDo`, `inProgress`, `done`.
#[derive(Debug, Clone, Default)]
pub struct Categories(BTreeMap<String, String>);

impl Categories {
    /// Learns from an object, if it is a status.
    pub fn add(&mut self, object: &Element) {
        if object.tag() == "status"
            && let (Some(name), Some(category)) = (object.text_of("name"), object.text_of("category"))
        {
            self.0.insert(name.to_owned(), category.to_owned());
        }
    }

    fn shape(&self, status: Option<&str>) -> Shape {
        match status.and_then(|status| self.0.get(status)).map(String::as_str) {
            Some("inProgress") => Shape::InProgress,
            Some("done") => Shape::Done,
            _ => Shape::ToDo,
        }
    }
}

/// Returns the diagram of a workflow, or of a draft.
pub fn workflow(entry: &Element, categories: &Categories) -> Graph {
    change(None, Some(entry), categories).unmarked()
}

/// Returns one diagram of a workflow as it was and as it will be: what both have, what is new, and what goes.
pub fn change(old: Option<&Element>, new: Option<&Element>, categories: &Categories) -> Graph {
    let mut drawing = Drawing { categories, before: Side::of(old), after: Side::of(new), nodes: Vec::new() };
    let edges = drawing.draw();
    let title = line(new.or(old).and_then(|entry| entry.text_of("name")).unwrap_or("workflow"));
    let mut graph = Graph { title, form: Form::States, nodes: Vec::new(), edges };
    graph.nodes = drawing.nodes.into_iter().map(|(_, node)| node).collect();
    graph
}

impl Graph {
    fn unmarked(mut self) -> Self {
        self.nodes.iter_mut().for_each(|node| node.mark = Mark::Same);
        self.edges.iter_mut().for_each(|edge| edge.mark = Mark::Same);
        self
    }
}

/// What a node stands for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Start,
    All,
    /// A step, by its name and what tells it from another one of that name.
    Step(String, String),
}

/// One way of a transition: its number, and which of several of that number, where it begins, and where it ends.
type Way = (String, Place, Place, usize);

/// A workflow as it was, or as it will be.
struct Side<'a> {
    steps: BTreeMap<Place, &'a Element>,
    ways: BTreeMap<Way, &'a Element>,
}

impl<'a> Side<'a> {
    fn of(entry: Option<&'a Element>) -> Self {
        let mut side = Side { steps: BTreeMap::new(), ways: BTreeMap::new() };
        let Some(entry) = entry else { return side };
        for step in entry.all("step") {
            side.steps.insert(place(step.text_of("name").unwrap_or(""), step), step);
        }
        for transition in entry.all("transition") {
            let mut number = transition.text_of("transitionId").unwrap_or("").to_owned();
            if let Some(duplicate) = transition.attribute_named(crate::schema::DUPLICATE) {
                number = format!("{number} {duplicate}");
            }
            let from: Vec<Place> = match transition.text_of("type") {
                Some("initial") => vec![Place::Start],
                Some("global") => vec![Place::All],
                _ => transition.all("from").map(|step| place(step.text(), step)).collect(),
            };
            let mut results = vec![transition];
            results.extend(transition.all("conditionalResult"));
            for from in from {
                for (at, result) in results.iter().enumerate() {
                    let to = result.get("to").map(|step| place(step.text(), step));
                    // Without a target the issue stays where it is.
                    let to = to.unwrap_or_else(|| from.clone());
                    side.ways.insert((number.clone(), from.clone(), to, at), transition);
                }
            }
        }
        side
    }
}

fn place(name: &str, element: &Element) -> Place {
    let duplicate = element.attribute_named(crate::schema::DUPLICATE).unwrap_or("");
    Place::Step(name.to_owned(), duplicate.to_owned())
}

struct Drawing<'a> {
    categories: &'a Categories,
    before: Side<'a>,
    after: Side<'a>,
    nodes: Vec<(Place, Node)>,
}

impl Drawing<'_> {
    fn draw(&mut self) -> Vec<Edge> {
        let ways: BTreeSet<Way> = self.before.ways.keys().chain(self.after.ways.keys()).cloned().collect();
        let mut places: BTreeSet<Place> =
            ways.iter().flat_map(|(_, from, to, _)| [from.clone(), to.clone()]).collect();
        places.extend(self.before.steps.keys().chain(self.after.steps.keys()).cloned());
        let numbers: BTreeMap<Place, usize> =
            places.iter().cloned().enumerate().map(|(number, place)| (place, number)).collect();
        self.nodes = places.into_iter().map(|place| (place.clone(), self.node(&place))).collect();
        let mut edges: Vec<(u64, Edge)> = Vec::new();
        for way in &ways {
            let (before, after) = (self.before.ways.get(way), self.after.ways.get(way));
            let Some(transition) = after.or(before) else { continue };
            let mut label = line(transition.text_of("name").unwrap_or(""));
            if way.3 > 0 {
                label.push_str(" (if its conditions hold)");
            }
            let number = way.0.split(' ').next().and_then(|number| number.parse().ok()).unwrap_or(u64::MAX);
            let mark = mark(before, after, |old, new| same(old, new, WAYS));
            edges.push((number, Edge { from: numbers[&way.1], to: numbers[&way.2], label, mark }));
        }
        edges.sort_by_key(|(number, edge)| (*number, edge.from, edge.to));
        edges.into_iter().map(|(_, edge)| edge).collect()
    }

    fn node(&self, place: &Place) -> Node {
        let (before, after) = (self.before.steps.get(place), self.after.steps.get(place));
        match place {
            Place::Start => Node {
                label: "Start".to_owned(),
                note: String::new(),
                shape: Shape::Start,
                mark: Mark::Same,
                members: Vec::new(),
            },
            Place::All => Node {
                label: "All".to_owned(),
                note: String::new(),
                shape: Shape::All,
                mark: Mark::Same,
                members: Vec::new(),
            },
            Place::Step(name, duplicate) => {
                let status = after.or(before).and_then(|step| step.text_of("status"));
                let label = match &duplicate[..] {
                    "" => line(name),
                    duplicate => format!("{} ({duplicate})", line(name)),
                };
                let note = status.filter(|status| status != name).map(line).unwrap_or_default();
                let shape = self.categories.shape(status);
                Node {
                    label,
                    note,
                    shape,
                    mark: mark(before, after, |old, new| old == new),
                    members: Vec::new(),
                }
            }
        }
    }
}

/// What of a transition the ways themselves show.
const WAYS: &[&str] = &["from", "to", "position", "transitionId"];

fn mark(
    before: Option<&&Element>,
    after: Option<&&Element>,
    is_same: impl Fn(&Element, &Element) -> bool,
) -> Mark {
    match (before, after) {
        (None, Some(_)) => Mark::Added,
        (Some(_), None) => Mark::Removed,
        (Some(old), Some(new)) if !is_same(old, new) => Mark::Changed,
        _ => Mark::Same,
    }
}

/// Returns whether two elements differ in nothing but children of these tags.
fn same(old: &Element, new: &Element, but: &[&str]) -> bool {
    let rest = |element: &Element| -> Vec<Element> {
        match &element.content {
            Content::Children(children) => {
                children.iter().filter(|child| !but.contains(&child.tag())).cloned().collect()
            }
            Content::Text(_) => Vec::new(),
        }
    };
    rest(old) == rest(new)
}
