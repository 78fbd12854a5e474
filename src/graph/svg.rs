//! A graph as a drawing: SVG that stands alone or in a page, in light and dark, with signs beside the colours.

use std::fmt::Write as _;

use super::layers::Point;
use super::layout::{LETTERS, LINE, Layout, Line, SMALL, cut, layout, width};
use super::{Form, Graph, Mark, Node, Shape};

/// The room around the drawing.
const MARGIN: f64 = 16.0;

/// The height of the line that says what colours mean.
const LEGEND: f64 = 36.0;

/// The width of an entry of it beside its words.
const KEY: f64 = 42.0;

/// How far below the middle of a line its letters stand, in parts of their size.
const BASE: f64 = 0.34;

/// How everything is drawn but for its colours.
const FORMS: &str = "\
.graph{font:12px system-ui,-apple-system,'Segoe UI',Roboto,'Liberation Sans',sans-serif}\
.graph rect,.graph ellipse{stroke-width:1.2}.graph .project{stroke-width:2}\
.graph text{text-anchor:middle}.graph .note,.graph .label{font-size:11px}\
.graph .label{paint-order:stroke;stroke-width:4px;stroke-linejoin:round}\
.graph path{fill:none;stroke-width:1.3}.graph .head,.graph .paper{stroke:none}\
.graph path.added,.graph rect.added,.graph path.changed,.graph rect.changed{stroke-width:2}\
.graph path.removed,.graph rect.removed{stroke-dasharray:5 3}";

/// The colours of what is drawn; each word behind a `$` is a colour of [`LIGHT`] or [`DARK`].
const COLOURS: &str = "\
.graph rect,.graph ellipse{fill:$box;stroke:$edge}.graph .work{fill:$work;stroke:$workedge}.graph .done{fill:$done;stroke:$doneedge}\
.graph .start{fill:$ink}.graph .project{stroke:$ink}.graph text{fill:$ink}.graph .note,.graph .label{fill:$soft}\
.graph .label{stroke:$paper}.graph path{stroke:$line}.graph .head{fill:$line}.graph .paper{fill:$paper}\
.graph rect.added{fill:$addbox;stroke:$add}.graph path.added{stroke:$add}.graph .head.added,.graph .label.added{fill:$add}\
.graph rect.removed{fill:$gonebox;stroke:$gone}.graph path.removed{stroke:$gone}.graph .head.removed,.graph .label.removed{fill:$gone}\
.graph rect.changed{fill:$newbox;stroke:$new}.graph path.changed{stroke:$new}.graph .head.changed,.graph .label.changed{fill:$new}";

/// Names and values of colours; a name that begins with another one stands before it.
type Palette = [(&'static str, &'static str); 16];

const LIGHT: Palette = [
    ("$ink", "#172b4d"),
    ("$soft", "#505f79"),
    ("$line", "#8590a2"),
    ("$paper", "#fff"),
    ("$box", "#f4f5f7"),
    ("$edge", "#b3bac5"),
    ("$workedge", "#7aa7f0"),
    ("$work", "#deebff"),
    ("$doneedge", "#5bbf95"),
    ("$done", "#dcfff1"),
    ("$addbox", "#dafbe1"),
    ("$add", "#1a7f37"),
    ("$gonebox", "#ffebe9"),
    ("$gone", "#cf222e"),
    ("$newbox", "#fff8c5"),
    ("$new", "#7d5300"),
];

const DARK: Palette = [
    ("$ink", "#dfe4ec"),
    ("$soft", "#9fadbc"),
    ("$line", "#738496"),
    ("$paper", "#161a1d"),
    ("$box", "#282e33"),
    ("$edge", "#596773"),
    ("$workedge", "#4d86d6"),
    ("$work", "#12305c"),
    ("$doneedge", "#3f9c76"),
    ("$done", "#11402f"),
    ("$addbox", "#12361f"),
    ("$add", "#4ac26b"),
    ("$gonebox", "#3d1513"),
    ("$gone", "#ff7b72"),
    ("$newbox", "#3a2d0b"),
    ("$new", "#e3b341"),
];

/// Returns the style of all graphs: plain colours, for many programs that show SVG know no variables.
pub fn style() -> String {
    let painted = |palette: Palette| {
        palette.iter().fold(COLOURS.to_owned(), |text, (name, colour)| text.replace(name, colour))
    };
    format!("{FORMS}{}@media(prefers-color-scheme:dark){{{}}}", painted(LIGHT), painted(DARK))
}

/// Returns a graph as an SVG document.
pub fn svg(graph: &Graph) -> String {
    drawing(graph, &format!("<style>{}</style>\n", style()))
}

/// Returns a graph as an element of a page that has the [`style`] already.
pub fn svg_element(graph: &Graph) -> String {
    drawing(graph, "")
}

fn drawing(graph: &Graph, style: &str) -> String {
    let graph = &*graph.printable();
    let layout = layout(graph);
    let legend = legend(graph);
    let beside: f64 = legend.iter().map(|(_, words)| KEY + width(words, SMALL)).sum();
    let below = if legend.is_empty() { 0.0 } else { LEGEND };
    let (width, height) = (layout.width.max(beside) + 2.0 * MARGIN, layout.height + below + 2.0 * MARGIN);
    let [width, height] = [width, height].map(f64::ceil);
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"graph\" role=\"img\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\">\n<title>{}</title>\n<desc>{}</desc>\n{style}\
         <rect class=\"paper\" width=\"{width}\" height=\"{height}\"/>\n<g transform=\"translate({MARGIN} {MARGIN})\">\n",
        escaped(&graph.title),
        escaped(&description(graph))
    );
    for line in &layout.lines {
        path(line, graph.form, &mut text);
    }
    for (node, number) in graph.nodes.iter().zip(0..) {
        shape(node, &layout, number, &mut text);
    }
    for line in &layout.lines {
        labels(line, &mut text);
    }
    keys(&legend, layout.height + LEGEND - 8.0, &mut text);
    text.push_str("</g>\n</svg>\n");
    text
}

/// Returns what colours mean, with their classes, where there is more than one.
fn legend(graph: &Graph) -> Vec<(&'static str, &'static str)> {
    let has_shape = |shape| graph.nodes.iter().any(|node| node.shape == shape);
    let of_edges = graph.edges.iter().map(|edge| edge.mark);
    let marks: Vec<Mark> = graph.nodes.iter().map(|node| node.mark).chain(of_edges).collect();
    let mut legend = Vec::new();
    if has_shape(Shape::InProgress) || has_shape(Shape::Done) {
        let shapes = [
            (Shape::ToDo, "", "to do"),
            (Shape::InProgress, "work", "in progress"),
            (Shape::Done, "done", "done"),
        ];
        legend.extend(
            shapes
                .into_iter()
                .filter(|(shape, ..)| has_shape(*shape))
                .map(|(_, class, words)| (class, words)),
        );
    }
    let known = [(Mark::Added, "+ new"), (Mark::Removed, "− gone"), (Mark::Changed, "~ changed")];
    legend.extend(
        known.into_iter().filter(|(own, _)| marks.contains(own)).map(|(own, words)| (own.class(), words)),
    );
    if legend.len() > 1 { legend } else { Vec::new() }
}

/// Draws what colours mean, below everything else.
fn keys(legend: &[(&str, &str)], y: f64, text: &mut String) {
    let mut x = 0.0;
    for (class, words) in legend {
        let wide = width(words, SMALL);
        let _ = writeln!(
            text,
            "<rect class=\"{class}\" x=\"{}\" y=\"{}\" width=\"18\" height=\"12\" rx=\"3\"/><text class=\"note\" x=\"{}\" y=\"{}\">{words}</text>",
            short(x),
            short(y - 6.0),
            short(x + 24.0 + wide / 2.0),
            short(y + SMALL * BASE)
        );
        x += KEY + wide;
    }
}

/// Tells the graph to those who do not see it.
fn description(graph: &Graph) -> String {
    let name = |number: usize| &graph.nodes[number].label;
    let edges = graph.edges.iter().map(|edge| {
        let label = if edge.label.is_empty() { String::new() } else { format!(" ({})", edge.label) };
        let mark = match edge.mark {
            Mark::Same => "",
            mark => &format!(", {}", mark.class()),
        };
        format!("{} to {}{label}{mark}", name(edge.from), name(edge.to))
    });
    edges.collect::<Vec<_>>().join("; ")
}

fn shape(node: &Node, layout: &Layout, number: usize, text: &mut String) {
    let own = &layout.boxes[number];
    let (x, y) = own.middle;
    let kind = match node.shape {
        Shape::Start => "start",
        Shape::InProgress => "work",
        Shape::Done => "done",
        Shape::Project => "project",
        Shape::All | Shape::ToDo | Shape::Object => "",
    };
    let classes = [kind, node.mark.class()].map(str::to_owned).join(" ");
    let title = match (&node.members[..], node.note.is_empty()) {
        ([], true) => node.label.clone(),
        ([], false) => format!("{} ({})", node.label, node.note),
        (members, _) => format!("{}: {}", node.label, members.join(", ")),
    };
    let _ = writeln!(text, "<g><title>{}</title>", escaped(&title));
    let (half_width, half_height) = (own.width / 2.0, own.height / 2.0);
    let _ = match node.shape {
        Shape::Start => {
            writeln!(
                text,
                "<circle class=\"{classes}\" cx=\"{}\" cy=\"{}\" r=\"9\"/></g>",
                short(x),
                short(y)
            )
        }
        Shape::All => writeln!(
            text,
            "<ellipse class=\"{classes}\" cx=\"{}\" cy=\"{}\" rx=\"{}\" ry=\"{}\"/>",
            short(x),
            short(y),
            short(half_width),
            short(half_height)
        ),
        _ => writeln!(
            text,
            "<rect class=\"{classes}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"{}\"/>",
            short(x - half_width),
            short(y - half_height),
            short(own.width),
            short(own.height),
            if node.shape == Shape::Project { 16 } else { 5 }
        ),
    };
    if node.shape == Shape::Start {
        return;
    }
    let label = escaped(&cut(&format!("{}{}", node.mark.sign(), node.label)));
    let up = if node.note.is_empty() { 0.0 } else { LETTERS * 0.62 };
    let _ =
        writeln!(text, "<text x=\"{}\" y=\"{}\">{label}</text>", short(x), short(y - up + LETTERS * BASE));
    if !node.note.is_empty() {
        let (at, note) = (y + SMALL * (0.8 + BASE), escaped(&cut(&node.note)));
        let _ = writeln!(text, "<text class=\"note\" x=\"{}\" y=\"{}\">{note}</text>", short(x), short(at));
    }
    text.push_str("</g>\n");
}

/// Draws a line that leaves and meets its nodes at a right angle, with the head of an arrow.
fn path(line: &Line, form: Form, text: &mut String) {
    let class = line.mark.class();
    let (end, back) = (line.points[line.points.len() - 1], line.points[line.points.len() - 2]);
    let direction = match (line.is_loop, form) {
        (true, _) => (-1.0, 0.0),
        (false, Form::States) => (0.0, if back.1 < end.1 { 1.0 } else { -1.0 }),
        (false, Form::Uses) => (if back.0 < end.0 { 1.0 } else { -1.0 }, 0.0),
    };
    let (long, wide) = (8.0, 3.6);
    let foot = (end.0 - direction.0 * long, end.1 - direction.1 * long);
    let mut points = line.points.clone();
    let last = points.len() - 1;
    points[last] = foot;
    let mut curve = format!("M{}", pair(points[0]));
    if line.is_loop {
        let _ = write!(curve, "C{} {} {}", pair(points[1]), pair(points[2]), pair(points[3]));
    } else {
        for step in points.windows(2) {
            let [from, to] = [step[0], step[1]];
            let (one, other) = match form {
                Form::States => {
                    let middle = f64::midpoint(from.1, to.1);
                    ((from.0, middle), (to.0, middle))
                }
                Form::Uses => {
                    let middle = f64::midpoint(from.0, to.0);
                    ((middle, from.1), (middle, to.1))
                }
            };
            let _ = write!(curve, "C{} {} {}", pair(one), pair(other), pair(to));
        }
    }
    let side = (direction.1 * wide, direction.0 * wide);
    let corners = [end, (foot.0 + side.0, foot.1 + side.1), (foot.0 - side.0, foot.1 - side.1)];
    let corners = corners.map(pair).join(" ");
    let _ = writeln!(text, "<path class=\"{class}\" d=\"{curve}\"/>");
    let _ = writeln!(text, "<polygon class=\"head {class}\" points=\"{corners}\"/>");
}

fn labels(line: &Line, text: &mut String) {
    let (x, y) = line.label;
    let first = y - (line.labels.len() as f64 - 1.0) / 2.0 * LINE;
    for (number, (label, mark)) in line.labels.iter().enumerate().filter(|(_, (label, _))| !label.is_empty())
    {
        let (shown, at) = (cut(label), first + number as f64 * LINE + SMALL * BASE);
        let title =
            if shown == *label { String::new() } else { format!("<title>{}</title>", escaped(label)) };
        let _ = writeln!(
            text,
            "<text class=\"label {}\" x=\"{}\" y=\"{}\">{title}{}</text>",
            mark.class(),
            short(x),
            short(at),
            escaped(&shown)
        );
    }
}

fn pair((x, y): Point) -> String {
    format!("{},{}", short(x), short(y))
}

/// Returns a number with at most one digit behind the point.
fn short(number: f64) -> String {
    let rounded = (number * 10.0).round() / 10.0;
    // There is no minus nothing.
    format!("{}", rounded + 0.0)
}

/// Returns text that is nothing but text in XML and HTML.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
