//! A law of all that pcfg shows: whatever the names and texts of a configuration are, they are nothing but text there.

use std::path::Path;
use std::sync::OnceLock;

use pcfg::compare::configs;
use pcfg::graph::{Categories, dot, map, mermaid, svg, workflow};
use pcfg::import::prepare;
use pcfg::instance::Reading;
use pcfg::model::{Config, Content, Element, Facts, is_command};
use pcfg::plan::{Description, Options};
use pcfg::select::{self, select};
use pcfg::ui::{
    Part, Report, Table, draw, explanation_text, html_report, outline, plan_markdown, plan_stat, plan_text,
    title,
};
use pcfg::usage::Uses;
use pcfg::{check, xml};
use proptest::prelude::*;
use pulldown_cmark::{Event, Options as Markdown, Parser, Tag};

use crate::real_data;

/// What a name may hold that means something somewhere.
const PIECES: [&str; 56] = [
    "a",
    "Z",
    " ",
    "  ",
    "`",
    "``",
    "```",
    "~~~",
    "|",
    "\n",
    "\r\n",
    "\t",
    "\0",
    "\x07",
    "\x1b[31m",
    "\x1b[2J",
    "\x1b]0;title\x07",
    "\u{7f}",
    "\u{9b}1m",
    "\u{85}",
    "\u{2028}",
    "\u{202e}",
    "\u{2066}",
    "\u{200f}",
    "\u{61c}",
    "\u{fffe}",
    "<script>alert(1)</script>",
    "</details>",
    "</summary>",
    "</code>",
    "<!--",
    "-->",
    "<b>",
    "&lt;",
    "&#64;all",
    "@everyone",
    "a@b.de",
    "https://evil.example",
    "www.evil.example",
    "[x](https://evil.example)",
    "![x](//evil)",
    "[^1]",
    "*x*",
    "__x__",
    "~~x~~",
    "$x$",
    "#1",
    "!2",
    "- ",
    "1. ",
    "# ",
    "> ",
    "\\",
    "\"",
    "'",
    "]]>",
];

/// The instance that comes with the source, and the export of all of it.
fn demo() -> &'static (Reading, Config) {
    static DEMO: OnceLock<(Reading, Config)> = OnceLock::new();
    DEMO.get_or_init(|| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/backup/demo");
        let mut reading = real_data::read(&path);
        let config = select(&mut reading.snapshot, &select::Options::default()).unwrap();
        (reading, config)
    })
}

/// What the names are replaced in, by their number: objects, parts, a text, and somebody who is not there.
const NAMES: [&str; 8] = [
    "Demo workflow",
    "In Review",
    "Demo screen",
    "Products",
    "Critical in Demo",
    "People who write code",
    "jira-administrators",
    "Critical",
];

fn renamed(element: &mut Element, names: &[String]) {
    if let Content::Text(text) = &mut element.content
        && let Some(number) = NAMES.iter().position(|name| **name == **text)
    {
        *text = names[number].as_str().into();
    }
    let is_holder = element.tag() == "user" || element.tag() == "group";
    for child in element.children_mut().into_iter().flatten() {
        // The group itself keeps its name, so that nobody finds who is meant elsewhere.
        if !(is_holder && child.text() == NAMES[6]) {
            renamed(child, names);
        }
    }
}

fn shows(text: &str, what: &str) {
    let plain = anstream::adapter::strip_str(text).to_string();
    let odd = plain.chars().find(|own| *own != '\n' && is_command(*own));
    assert_eq!(odd, None, "{what}: {plain}");
}

/// Markdown in which nothing but what pcfg has put there means something.
fn is_plain_markdown(text: &str) {
    shows(text, "Markdown");
    let (mut details, mut strong, mut code) = (0, 0, 0);
    let mut heading: Option<String> = None;
    let mut outside = String::new();
    for event in Parser::new_ext(text, Markdown::all() - Markdown::ENABLE_SMART_PUNCTUATION) {
        match event {
            Event::Start(
                tag @ (Tag::Link { .. }
                | Tag::Image { .. }
                | Tag::Strikethrough
                | Tag::BlockQuote(_)
                | Tag::FootnoteDefinition(_)
                | Tag::Subscript
                | Tag::Superscript
                | Tag::DefinitionList
                | Tag::MetadataBlock(_)),
            ) => panic!("{tag:?} in {text}"),
            event @ (Event::InlineHtml(_)
            | Event::FootnoteReference(_)
            | Event::InlineMath(_)
            | Event::DisplayMath(_)
            | Event::Rule
            | Event::HardBreak
            | Event::TaskListMarker(_)) => panic!("{event:?} in {text}"),
            Event::Html(html) => {
                details += html.matches("<details>").count();
                details -= html.matches("</details>").count();
                let tags =
                    ["details", "summary", "code"].map(|tag| [format!("<{tag}>"), format!("</{tag}>")]);
                let rest = tags.iter().flatten().fold(html.to_string(), |html, tag| html.replace(tag, ""));
                assert!(!rest.contains('<'), "{rest} in {text}");
            }
            Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
            Event::End(pulldown_cmark::TagEnd::Heading(_)) => {
                let own = heading.take().unwrap();
                assert!(
                    own.chars().all(|letter| letter.is_ascii_alphabetic() || letter == ' '),
                    "{own} in {text}"
                );
            }
            Event::Start(Tag::Strong) => strong += 1,
            Event::Start(Tag::CodeBlock(_)) => code += 1,
            Event::End(pulldown_cmark::TagEnd::CodeBlock) => code -= 1,
            Event::Text(own) if code == 0 => match &mut heading {
                Some(heading) => heading.push_str(&own),
                None => outside.push_str(&own),
            },
            _ => {}
        }
    }
    assert_eq!((details, strong), (0, 1), "{text}");
    let mut letters = outside.chars().peekable();
    while let Some(letter) = letters.next() {
        let next = letters.peek().copied().unwrap_or(' ');
        assert!(!(letter == '@' && next.is_alphanumeric()), "a mention: {outside}");
        assert!(!(letter == '#' && next.is_ascii_digit()), "an issue: {outside}");
    }
    assert!(!outside.contains("://") && !outside.contains("www."), "a link: {outside}");
}

fn is_shown_plainly(description: &Description) {
    shows(&plan_text(description, None), "text");
    shows(&plan_stat(description), "stat");
    is_plain_markdown(&plan_markdown(description));
    let categories = Categories::default();
    let part = Part { name: Some("a"), description, categories: &categories };
    let report =
        Report { title: String::new(), facts: Vec::new(), parts: vec![part], issues: None, is_brief: false };
    let page = html_report(&report);
    shows(&page, "page");
    for (tag, count) in [("<script", 1), ("</script", 1), ("<style", 1), ("<img", 0), ("<!--", 0)] {
        assert_eq!(page.matches(tag).count(), count, "{tag}");
    }
    for tag in ["details", "summary", "code", "b"] {
        let opened = page.matches(&format!("<{tag}>")).count() + page.matches(&format!("<{tag} ")).count();
        assert_eq!(opened, page.matches(&format!("</{tag}>")).count(), "{tag}");
    }
}

fn is_drawn_plainly(own: &pcfg::graph::Graph, harmless: &pcfg::graph::Graph) {
    let drawing = svg(own);
    shows(&drawing, "SVG");
    let mut reader = quick_xml::Reader::from_str(&drawing);
    let mut elements = 0;
    loop {
        match reader.read_event().unwrap_or_else(|error| panic!("{error}: {drawing}")) {
            quick_xml::events::Event::Eof => break,
            quick_xml::events::Event::Start(_) => elements += 1,
            _ => {}
        }
    }
    assert!(elements > 0);
    let drawing = dot(own);
    shows(&drawing, "dot");
    assert_eq!(drawing.lines().count(), dot(harmless).lines().count(), "{drawing}");
    for line in drawing.lines() {
        let bare = line.replace("\\\\", "").replace("\\\"", "");
        assert!(bare.matches('"').count().is_multiple_of(2), "{line}");
    }
    let drawing = mermaid(own);
    shows(&drawing, "Mermaid");
    assert_eq!(drawing.lines().count(), mermaid(harmless).lines().count(), "{drawing}");
    assert!(!drawing.contains('`') && !drawing.contains("<script"), "{drawing}");
}

fn workflow_of(config: &Config) -> &Element {
    let objects = config.root().children().iter().flat_map(Element::children);
    let mut workflows = objects.filter(|own| own.tag() == "workflowEntry" && own.get("builtIn").is_none());
    workflows.next().unwrap()
}

/// The law for these names.
fn check_names(names: &[String]) {
    let (reading, before) = demo();
    let mut root = before.root().clone();
    renamed(&mut root, names);
    let after = Config::new(root);
    is_shown_plainly(&configs(before, &after));
    is_shown_plainly(&configs(&after, before));
    let import = prepare(&reading.tables, &reading.snapshot, &Facts::default(), &after, &Options::default());
    assert!(!import.plan.refused.is_empty(), "somebody is not there");
    is_shown_plainly(&import.plan.describe());

    let categories = Categories::default();
    let [own, harmless] = [&after, before].map(|config| workflow(workflow_of(config), &categories));
    is_drawn_plainly(&own, &harmless);
    let [own, harmless] = [&after, before].map(|config| map(&[config.root().clone()], &|_| true));
    is_drawn_plainly(&own, &harmless);

    shows(&outline(after.root()), "outline");
    let roots = [after.root().clone()];
    let usage = Uses::of_roots(&roots);
    let objects = after.root().children().iter().flat_map(Element::children);
    for identity in objects.filter_map(pcfg::model::Identity::of_definition) {
        if let Some(id) = usage.global(&identity) {
            shows(&explanation_text(&usage.explain(id, None, Some(3))), "explanation");
        }
    }
    let text = xml::to_string(&after);
    let problems: Vec<_> = check::check(after.root()).into_iter().map(|own| own.at(0..9)).collect();
    shows(&draw(false, &names[0], &text, &problems), "problems");
    let mut table = Table::new(&["name", "other"]);
    table.row(names[..2].to_vec());
    assert_eq!(table.render().lines().count(), 2);
    shows(&table.render(), "table");
    for is_markdown in [false, true] {
        shows(&title(&names[0], is_markdown), "title");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn names_are_nothing_but_text(
        names in prop::collection::vec(
            prop::collection::vec(prop::sample::select(&PIECES[..]), 1..7).prop_map(|pieces| pieces.concat()),
            NAMES.len(),
        )
    ) {
        // Two of one name would be told apart by a number.
        let names: Vec<String> = names.into_iter().zip('a'..).map(|(name, own)| format!("{name}{own}")).collect();
        check_names(&names);
    }
}

/// A name that ends the code around it and goes on outside.
#[test]
fn nothing_breaks_out_of_code() {
    let broken = |inside: &str| ["`", "```"].map(|marks| format!("x{marks} {inside} {marks}y"));
    let names: Vec<String> = PIECES.into_iter().flat_map(broken).collect();
    for (number, names) in names.chunks(NAMES.len()).enumerate() {
        // No two of one name.
        check_names(&names.iter().map(|name| format!("{number}{name}")).collect::<Vec<_>>());
    }
}

/// Each piece alone, at the beginning, in the middle and at the end of names.
#[test]
fn each_hostile_piece_is_nothing_but_text() {
    for pieces in PIECES.chunks(NAMES.len() / 2) {
        let names: Vec<String> = (0..NAMES.len())
            .map(|number| {
                let piece = pieces[number % pieces.len()];
                if number % 2 == 0 {
                    format!("{piece}x{number}{piece}")
                } else {
                    format!("y{number}{piece}z")
                }
            })
            .collect();
        check_names(&names);
    }
}
