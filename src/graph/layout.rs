//! A graph as boxes, lines and labels on a plane: how large texts are, and where everything stands.

use std::collections::BTreeMap;

use super::layers::{self, Point, Size};
use super::{Form, Graph, Mark, Shape};

/// The size of letters, in pixels.
pub(super) const LETTERS: f64 = 12.0;
/// The size of the letters of labels and notes.
pub(super) const SMALL: f64 = 11.0;
/// The height of a line of a label.
pub(super) const LINE: f64 = 15.0;
/// Longer texts are cut; the whole stands in the title.
const LONGEST: usize = 40;
/// The edges between two nodes of which the labels are drawn; the others are counted.
const MOST_LABELS: usize = 8;
/// How far the line of an edge that ends where it begins leads away.
const LOOP: f64 = 26.0;

/// A graph with places.
#[derive(Debug)]
pub(super) struct Layout {
    pub(super) width: f64,
    pub(super) height: f64,
    pub(super) boxes: Vec<Box>,
    pub(super) lines: Vec<Line>,
}

/// A node.
#[derive(Debug)]
pub(super) struct Box {
    pub(super) middle: Point,
    pub(super) width: f64,
    pub(super) height: f64,
}

/// All edges from one node to another.
#[derive(Debug)]
pub(super) struct Line {
    /// How it changes, if all of its edges do that.
    pub(super) mark: Mark,
    pub(super) points: Vec<Point>,
    /// Whether the points are those of a curve that leads back to its node.
    pub(super) is_loop: bool,
    /// The middle of the labels.
    pub(super) label: Point,
    pub(super) labels: Vec<(String, Mark)>,
}

/// Lays out a graph.
pub(super) fn layout(graph: &Graph) -> Layout {
    let is_down = graph.form == Form::States;
    let groups = groups(graph);
    let sizes: Vec<(f64, f64)> = graph.nodes.iter().map(size).collect();
    // A loop takes room beside its node.
    let mut beside = vec![0.0; graph.nodes.len()];
    for ((from, to), labels) in &groups {
        if from == to {
            beside[*from] = LOOP + 8.0 + widest(labels);
        }
    }
    let turned = |(width, height): (f64, f64)| match is_down {
        true => Size { along: width, across: height },
        false => Size { along: height, across: width },
    };
    let nodes: Vec<Size> = sizes
        .iter()
        .zip(&beside)
        .map(|((width, height), beside)| turned((width + beside, *height)))
        .collect();
    let joining: Vec<_> = groups.iter().filter(|((from, to), _)| from != to).collect();
    let edges: Vec<layers::Edge> = joining
        .iter()
        .map(|((from, to), labels)| {
            let size = (widest(labels) + 6.0, labels.len().min(MOST_LABELS) as f64 * LINE);
            let label = if labels.is_empty() { Size::default() } else { turned(size) };
            layers::Edge { from: *from, to: *to, label }
        })
        .collect();
    let places = layers::place(&nodes, &edges);
    let point = |(along, across): Point| if is_down { (along, across) } else { (across, along) };
    let boxes: Vec<Box> = places
        .nodes
        .iter()
        .zip(&sizes)
        .zip(&beside)
        .map(|((place, (width, height)), beside)| {
            let (x, y) = point(*place);
            Box { middle: (x - beside / 2.0, y), width: *width, height: *height }
        })
        .collect();
    let mut lines = Vec::with_capacity(groups.len());
    for (((from, to), labels), route) in joining.iter().zip(&places.edges) {
        let mut points: Vec<Point> = route.points.iter().copied().map(point).collect();
        // The room for a loop is beside the box, so what touches the room must be brought to the box.
        for (end, node) in [(0, *from), (points.len() - 1, *to)] {
            if beside[node] > 0.0 && is_down {
                let own = &boxes[node];
                let reach = own.width / 2.0 - 8.0;
                points[end].0 = points[end].0.clamp(own.middle.0 - reach, own.middle.0 + reach);
            }
            // A box that is thinner than its layer.
            let own = &boxes[node];
            if is_down {
                let above = points[end].1 < own.middle.1;
                points[end].1 = own.middle.1 + if above { -own.height } else { own.height } / 2.0;
            } else {
                let before = points[end].0 < own.middle.0;
                points[end].0 = own.middle.0 + if before { -own.width } else { own.width } / 2.0;
            }
        }
        lines.push(Line {
            mark: common(labels),
            points,
            is_loop: false,
            label: point(route.label),
            labels: shown(labels),
        });
    }
    for ((from, _), labels) in groups.iter().filter(|((from, to), _)| from == to) {
        let own = &boxes[*from];
        let right = own.middle.0 + own.width / 2.0;
        let (above, below) = (own.middle.1 - 8.0, own.middle.1 + 8.0);
        lines.push(Line {
            mark: common(labels),
            points: vec![(right, above), (right + LOOP, above), (right + LOOP, below), (right, below)],
            is_loop: true,
            label: (right + LOOP + widest(labels) / 2.0, own.middle.1),
            labels: shown(labels),
        });
    }
    let (width, height) = point((places.size.along, places.size.across));
    Layout { width, height, boxes, lines }
}

type Labels<'a> = Vec<(&'a str, Mark)>;

/// Returns the edges by their ends; those that have no label have none here.
fn groups(graph: &Graph) -> BTreeMap<(usize, usize), Labels<'_>> {
    let mut groups: BTreeMap<(usize, usize), Labels<'_>> = BTreeMap::new();
    for edge in &graph.edges {
        groups.entry((edge.from, edge.to)).or_default().push((&edge.label, edge.mark));
    }
    for labels in groups.values_mut() {
        if labels.iter().all(|(label, mark)| label.is_empty() && *mark == Mark::Same) {
            labels.clear();
        }
    }
    groups
}

fn common(labels: &[(&str, Mark)]) -> Mark {
    match labels {
        [(_, first), rest @ ..] if rest.iter().all(|(_, mark)| mark == first) => *first,
        _ => Mark::Same,
    }
}

/// Returns the labels that are drawn: what changes first, if there are too many.
fn shown(labels: &[(&str, Mark)]) -> Vec<(String, Mark)> {
    let told = |(label, mark): &(&str, Mark)| (format!("{}{label}", mark.sign()), *mark);
    if labels.len() <= MOST_LABELS {
        return labels.iter().map(told).collect();
    }
    let mut sorted: Vec<&(&str, Mark)> = labels.iter().collect();
    sorted.sort_by_key(|(_, mark)| *mark == Mark::Same);
    let (first, rest) = sorted.split_at(MOST_LABELS - 1);
    let more = (format!("+{} more", rest.len()), common(&rest.iter().map(|own| **own).collect::<Vec<_>>()));
    first.iter().map(|own| told(own)).chain([more]).collect()
}

fn widest(labels: &[(&str, Mark)]) -> f64 {
    shown(labels).iter().map(|(label, _)| width(&cut(label), SMALL)).fold(0.0, f64::max)
}

/// Returns the width and height of a node.
fn size(node: &super::Node) -> (f64, f64) {
    if node.shape == Shape::Start {
        return (18.0, 18.0);
    }
    let label = width(&cut(&format!("{}{}", node.mark.sign(), node.label)), LETTERS + 0.5);
    let note = width(&cut(&node.note), SMALL);
    let height = if node.note.is_empty() { 32.0 } else { 44.0 };
    ((label.max(note) + 26.0).max(56.0), height)
}

/// Cuts a text that is too long to be drawn.
pub(super) fn cut(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", text[..end].trim_end()),
    }
}

/// Estimates how wide a text is in a usual font without serifs, rather too wide than too narrow.
pub(super) fn width(text: &str, size: f64) -> f64 {
    let one = |letter: char| match letter {
        'i' | 'j' | 'l' | '.' | ',' | ':' | ';' | '\'' | '|' | '!' | '(' | ')' | 'I' | 'f' | 't' | 'r'
        | ' ' => 0.36,
        'm' | 'w' | 'M' | 'W' | '@' | '%' => 0.92,
        'A'..='Z' | '+' | '−' | '~' | '…' => 0.70,
        '\0'..='\u{10ff}' => 0.58,
        _ => 1.05,
    };
    text.chars().map(one).sum::<f64>() * size
}
