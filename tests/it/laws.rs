//! The laws of `docs/architecture.md`, on random configurations that the schema allows and on real data.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use pcfg::check::check;
use pcfg::model::{Config, Content, Element};
use pcfg::schema::{self, DeclId, ESCAPED, Relation, Schema, Simple, Values};
use pcfg::xml;
use proptest::prelude::*;

use crate::real_data;

/// Random choices: a list of bytes that proptest can shorten; beyond its end every choice is 0.
pub(crate) struct Choices<'a> {
    bytes: std::slice::Iter<'a, u8>,
}

impl<'a> Choices<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes: bytes.iter() }
    }

    pub(crate) fn below(&mut self, limit: usize) -> usize {
        self.bytes.next().map_or(0, |byte| usize::from(*byte) % limit)
    }

    fn text(&mut self) -> String {
        const PIECES: [&str; 24] = [
            "a", "B", "ä", "汉", "𝒳", " ", "  ", "\n", " \n", "\t\n", "\r", "\r\n", "<", ">", "&", "\"", "'",
            "]]>", "&lt;", "\\", "\\u0001", "\u{1}", "\u{b}", "\u{fffe}",
        ];
        (0..self.below(4)).map(|_| PIECES[self.below(PIECES.len())]).collect()
    }

    fn value(&mut self, simple: &Simple) -> String {
        match &simple.values {
            Values::Any => self.text(),
            Values::Number => (self.below(40) as i64 - 3).to_string(),
            Values::Date => format!("20{:02}-0{}-1{}", self.below(100), self.below(9) + 1, self.below(10)),
            Values::Moment => {
                format!("20{:02}-01-1{}T00:00:0{}.000Z", self.below(100), self.below(9), self.below(10))
            }
            Values::OneOf(values) => values[self.below(values.len())].clone(),
            // What tells objects apart is always seen, so it hides nothing from those who compare.
            Values::Parts => {
                ["status/name", "project/key", "screen/name project/key"][self.below(3)].to_owned()
            }
        }
    }

    /// Makes an element that the schema allows, at most so many levels deep.
    pub(crate) fn element(&mut self, declaration: DeclId, depth: usize) -> Element {
        let schema = Schema::get();
        let ty = schema.type_of(declaration);
        let mut element = match &ty.content {
            schema::Content::Empty => Element::leaf(declaration, ""),
            schema::Content::Leaf(simple) => Element::leaf(declaration, self.value(simple)),
            schema::Content::Reference(_) => Element::leaf(declaration, format!("n{}", self.text())),
            schema::Content::Choice(children) => {
                let child = children[self.below(children.len())];
                Element::parent(declaration, vec![self.element(child, depth)])
            }
            schema::Content::Children(allowed) => {
                let mut children = Vec::new();
                for &child in allowed {
                    let own = schema.declaration(child);
                    let most = if depth == 0 {
                        1
                    } else if own.items.is_some() {
                        4
                    } else {
                        2
                    };
                    let count = if own.required { 1 } else { self.below(most) };
                    children.extend((0..count).map(|_| self.element(child, depth.saturating_sub(1))));
                }
                Element::parent(declaration, children)
            }
        };
        for (number, attribute) in ty.attributes.iter().enumerate() {
            if attribute.name != ESCAPED && (attribute.required || self.below(3) == 1) {
                element.set_attribute(number as u8, self.value(&attribute.value));
            }
        }
        element
    }

    /// Shuffles the children of an element, as far as their order has no meaning.
    fn shuffle(&mut self, element: &mut Element) {
        let schema = Schema::get();
        let Content::Children(children) = &mut element.content else { return };
        let before = std::mem::take(children);
        for child in before {
            let kept = schema
                .declaration(child.declaration)
                .items
                .as_ref()
                .is_some_and(|items| items.relation == Relation::Ordered);
            let first = match kept {
                true => children
                    .iter()
                    .rposition(|own| own.declaration == child.declaration)
                    .map_or(0, |at| at + 1),
                false => 0,
            };
            let at = first + self.below(children.len() - first + 1);
            children.insert(at, child);
        }
        for child in children {
            self.shuffle(child);
        }
    }
}

pub(crate) fn choices() -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(any::<u8>(), 0..3_000)
}

fn random(bytes: &[u8]) -> Config {
    Config::new(Choices::new(bytes).element(Schema::get().root(), 9))
}

fn parse(text: &str) -> Config {
    let document = xml::read(text);
    assert_eq!(document.problems, [], "what pcfg writes, it reads:\n{text}");
    Config::new(document.root.unwrap())
}

proptest! {
    /// Law 1: parse(write(x)) = x, and write(parse(f)) = f.
    #[test]
    fn reading_reverses_writing(bytes in choices()) {
        let config = random(&bytes);
        let text = xml::to_string(&config);
        let again = parse(&text);
        prop_assert_eq!(&again, &config);
        prop_assert_eq!(xml::to_string(&again), text);
    }

    /// Law 1: any shuffle of sets gives the same bytes.
    #[test]
    fn shuffled_sets_give_the_same_bytes(bytes in choices(), order in choices()) {
        let config = random(&bytes);
        let mut shuffled = config.root().clone();
        Choices::new(&order).shuffle(&mut shuffled);
        prop_assert_eq!(xml::to_string(&Config::new(shuffled)), xml::to_string(&config));
    }

    /// No line of a file ends in a blank, and every element stands on a line of its own.
    #[test]
    fn no_line_ends_in_a_blank(bytes in choices()) {
        let text = xml::to_string(&random(&bytes));
        prop_assert!(text.ends_with(">\n"));
        prop_assert!(!text.lines().any(|line| line.ends_with(' ') || line.ends_with('\t')));
    }

    /// The reader and the checks take any text, and any damage to a file, without a panic.
    #[test]
    fn damaged_files_give_problems_not_panics(bytes in choices(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut damaged = xml::to_string(&random(&bytes)).into_bytes();
        let at = at.index(damaged.len());
        damaged[at] = byte;
        let (text, mut problems) = xml::decode(&damaged);
        let document = xml::read(&text);
        problems.extend(document.problems);
        if let Some(root) = &document.root {
            problems.extend(check(root));
        }
        let again = xml::decode(&damaged).0.into_owned();
        prop_assert_eq!(again, text);
    }
}

/// The words that the generator of random configurations can make must reach every element of the schema.
#[test]
fn random_configurations_reach_the_whole_schema() {
    fn collect(element: &Element, seen: &mut BTreeSet<DeclId>) {
        seen.insert(element.declaration);
        for child in element.children() {
            collect(child, seen);
        }
    }
    let mut seen = BTreeSet::new();
    let mut state = 1_u64;
    for _ in 0..60 {
        let bytes: Vec<u8> = std::iter::repeat_with(|| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 56) as u8
        })
        .take(60_000)
        .collect();
        collect(random(&bytes).root(), &mut seen);
    }
    let schema = Schema::get();
    let (mut waiting, mut reached) = (vec![schema.root()], BTreeSet::new());
    while let Some(parent) = waiting.pop() {
        for child in schema.children(parent) {
            let (own, of) = (&schema.declaration(*child).name, &schema.declaration(parent).name);
            assert!(seen.contains(child), "{own} in {of} is never made");
            waiting.extend(reached.insert(*child).then_some(*child));
        }
    }
}

/// Every project of every real backup: canonical, whole, and valid; and all projects in one file.
#[test]
fn every_project_of_every_real_backup_exports() {
    let xmllint = Command::new("xmllint").arg("--version").output().is_ok();
    if !xmllint {
        crate::skip::skipped(crate::skip::Need::Tool("xmllint", "libxml2-utils"), "another validator");
    }
    let schema_file = concat!(env!("CARGO_MANIFEST_DIR"), "/schema/projectConfig.xsd");
    let folder = tempfile::tempdir().unwrap();
    for path in real_data::backups() {
        let all = real_data::export(&path, &[]);
        let project = Schema::get().kind_named("project").unwrap();
        let index = pcfg::model::Index::new(all.root());
        let keys: Vec<String> = index.of_kind(project).map(|identity| identity.name().to_owned()).collect();
        assert!(!keys.is_empty(), "{} has projects", path.display());
        for key in keys.iter().map(|key| vec![key.as_str()]).chain([Vec::new()]) {
            let config = real_data::export(&path, &key);
            let text = xml::to_string(&config);
            let name = format!("{} {key:?}", path.display());
            assert_eq!(parse(&text), config, "{name}");
            assert_eq!(xml::to_string(&parse(&text)), text, "{name} is canonical");
            let problems: Vec<_> = check(config.root())
                .into_iter()
                .map(|problem| format!("{}: {}", problem.path, problem.message))
                .collect();
            assert_eq!(problems, Vec::<String>::new(), "{name}");
            if xmllint {
                let file = folder.path().join("export.xml");
                fs::write(&file, &text).unwrap();
                let output = Command::new("xmllint")
                    .args(["--noout", "--schema", schema_file])
                    .arg(&file)
                    .output()
                    .unwrap();
                assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
            }
        }
    }
}

/// Law 5: the same input gives the same bytes.
#[test]
fn the_same_backup_gives_the_same_bytes() {
    for path in real_data::backups().into_iter().take(3) {
        let first = xml::to_string(&real_data::export(&path, &[]));
        assert_eq!(xml::to_string(&real_data::export(&path, &[])), first);
    }
}

/// Law 8: an instance that differs in its ids alone gives the same bytes. Every id of the real backup is shifted,
/// wherever it stands: in columns, in workflow descriptors, in JQL, behind `customfield_`.
#[test]
fn ids_leave_no_trace_in_an_export() {
    let folder = tempfile::tempdir().unwrap();
    for path in real_data::backups() {
        let text = fs::read_to_string(&path).unwrap();
        let shifted = folder.path().join("shifted.xml");
        fs::write(&shifted, shift_ids(&text)).unwrap();
        let before = xml::to_string(&real_data::export(&path, &[]));
        let after = xml::to_string(&real_data::export(&shifted, &[]));
        if before != after {
            let difference = similar::TextDiff::from_lines(&before, &after);
            panic!(
                "ids of {} show in its export:\n{}",
                path.display(),
                difference.unified_diff().context_radius(3)
            );
        }
    }
}

/// Adds 700,000 to every number that is the id of a row, if it is one that Jira gave out itself (10000 and above).
pub(crate) fn shift_ids(text: &str) -> String {
    let ids: BTreeSet<&str> = text
        .split(" id=\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .filter(|id| id.len() == 5 && id.bytes().all(|byte| byte.is_ascii_digit()))
        .collect();
    let mut result = String::with_capacity(text.len() * 2);
    let mut rest = text;
    while let Some(start) = rest.find(|character: char| character.is_ascii_digit()) {
        let length =
            rest[start..].find(|character: char| !character.is_ascii_digit()).unwrap_or(rest.len() - start);
        let number = &rest[start..start + length];
        result.push_str(&rest[..start]);
        match number.parse::<u64>() {
            Ok(id) if ids.contains(number) => result.push_str(&(id + 700_000).to_string()),
            _ => result.push_str(number),
        }
        rest = &rest[start + length..];
    }
    result.push_str(rest);
    result
}
