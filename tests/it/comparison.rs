//! Comparing whole configurations: the laws on random and real ones, and renames.

use std::collections::BTreeSet;

use pcfg::compare::{Comparison, Side, compare};
use pcfg::model::{Config, Content, Element, Identity, canonicalize, follow, rank, references, set_identity};
use pcfg::schema::Schema;
use pcfg::xml;
use proptest::prelude::*;

use crate::laws::{Choices, choices};
use crate::real_data;

/// Puts a configuration into the form that a comparison gives back: ranks counted, no empty containers.
fn prepared(config: &Config) -> Config {
    let mut root = config.root().clone();
    rank(&mut root);
    canonicalize(&mut root);
    let required = |own: &Element| Schema::get().declaration(own.declaration).required;
    if let Content::Children(containers) = &mut root.content {
        containers.retain(|own| !own.children().is_empty() || required(own));
    }
    Config::new(root)
}

fn both(old: &Config, new: &Config) -> Comparison {
    compare(&Side::of(old), &Side::of(new))
}

/// Checks all laws on a pair; returns the comparison.
fn check(old: &Config, new: &Config) -> Comparison {
    assert!(both(old, old).is_empty());
    let comparison = both(old, new);
    assert_eq!(comparison.apply(old), prepared(new), "{:#?}", comparison.renames());
    assert_eq!(comparison.is_empty(), prepared(old) == prepared(new));
    // The same from the texts of files, which are not read into trees.
    let (old_text, new_text) = (xml::to_string(old), xml::to_string(new));
    let ((old_side, problems), (new_side, others)) = (Side::read(&old_text), Side::read(&new_text));
    assert_eq!((problems, others), (vec![], vec![]));
    assert_eq!(compare(&old_side, &new_side).describe(), comparison.describe());
    comparison
}

/// Changes a configuration here and there.
pub(crate) struct Editor<'a, 'b> {
    pub(crate) choices: &'a mut Choices<'b>,
}

impl Editor<'_, '_> {
    /// Makes some edits of the kinds that administrators make.
    pub(crate) fn edit(&mut self, config: &Config) -> Config {
        let mut root = config.root().clone();
        for _ in 0..=self.choices.below(6) {
            match self.choices.below(5) {
                0 => self.rename(&mut root),
                1 => self.remove(&mut root),
                2 => self.copy(&mut root),
                _ => self.change(&mut root),
            }
        }
        rank(&mut root);
        Config::new(root)
    }

    fn object(&mut self, root: &Element) -> Option<(usize, usize)> {
        let all: Vec<(usize, usize)> = root
            .children()
            .iter()
            .enumerate()
            .flat_map(|(at, container)| (0..container.children().len()).map(move |own| (at, own)))
            .collect();
        (!all.is_empty()).then(|| {
            let number = self.choices.below(256) * 256 + self.choices.below(256);
            all[number % all.len()]
        })
    }

    /// Renames an object, and lets all references follow.
    pub(crate) fn rename(&mut self, root: &mut Element) {
        let Some((container, at)) = self.object(root) else { return };
        let object = &root.children()[container].children()[at];
        let Some(old) = Identity::of_definition(object) else { return };
        let taken: BTreeSet<Identity> =
            root.children()[container].children().iter().filter_map(Identity::of_definition).collect();
        let mut new = old.clone();
        new.fields[0] = format!("{} {}", old.name(), ["2", "neu", "(alt)"][self.choices.below(3)]).into();
        if taken.contains(&new) {
            return;
        }
        follow(root, &|target| (*target == old).then(|| new.clone()));
        let containers = root.children_mut().unwrap();
        set_identity(&mut containers[container].children_mut().unwrap()[at], &new);
    }

    fn remove(&mut self, root: &mut Element) {
        let Some((container, at)) = self.object(root) else { return };
        root.children_mut().unwrap()[container].children_mut().unwrap().remove(at);
    }

    /// Adds a new object that is much like another.
    fn copy(&mut self, root: &mut Element) {
        let Some((container, at)) = self.object(root) else { return };
        let mut object = root.children()[container].children()[at].clone();
        let Some(mut identity) = Identity::of_definition(&object) else { return };
        identity.fields[0] = format!("{} copy", identity.name()).into();
        let known = |own: &Element| Identity::of_definition(own).as_ref() == Some(&identity);
        if root.children()[container].children().iter().any(known) {
            return;
        }
        set_identity(&mut object, &identity);
        self.leaf(&mut object);
        root.children_mut().unwrap()[container].children_mut().unwrap().push(object);
    }

    fn change(&mut self, root: &mut Element) {
        let Some((container, at)) = self.object(root) else { return };
        self.leaf(&mut root.children_mut().unwrap()[container].children_mut().unwrap()[at]);
    }

    /// Changes a text or drops a part somewhere in an object, apart from what it is known by.
    fn leaf(&mut self, object: &mut Element) {
        let schema = Schema::get();
        let items = &schema.declaration(object.declaration).items;
        let keys: Vec<_> =
            items.iter().flat_map(|items| &items.identity).flat_map(|key| key.path.clone()).collect();
        let is_choice =
            matches!(schema.type_of(object.declaration).content, pcfg::schema::Content::Choice(_));
        let Content::Children(children) = &mut object.content else { return };
        let free: Vec<usize> =
            (0..children.len()).filter(|&at| !keys.contains(&children[at].declaration)).collect();
        let Some(&at) = free.get(self.choices.below(free.len().max(1))) else { return };
        let child = &mut children[at];
        let declaration = schema.declaration(child.declaration);
        match &mut child.content {
            Content::Children(_) if self.choices.below(3) > 0 => self.leaf(child),
            Content::Text(text)
                if matches!(&schema.type_of(child.declaration).content,
                pcfg::schema::Content::Leaf(simple) if simple.values == pcfg::schema::Values::Any) =>
            {
                *text = format!("{text} changed\nand more").into();
            }
            _ if !declaration.required && !is_choice => drop(children.remove(at)),
            _ => {}
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn comparing_leads_from_one_to_the_other(a in choices(), b in choices(), edits in choices()) {
        let random = |bytes: &[u8]| Config::new(Choices::new(bytes).element(Schema::get().root(), 6));
        let old = prepared(&random(&a));
        let mut choices = Choices::new(&edits);
        let edited = Editor { choices: &mut choices }.edit(&old);
        check(&old, &edited);
        check(&old, &random(&b));
    }
}

fn demo() -> String {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/backup/demo");
    xml::to_string(&real_data::export(&path, &[]))
}

/// Compares two files as users see it: action, name and former name of each object that differs.
fn told(old: &str, new: &str, exists: [&[Identity]; 2]) -> Vec<String> {
    let ((old, problems), (new, others)) = (Side::read(old), Side::read(new));
    assert_eq!((problems, others), (vec![], vec![]));
    let [was, is] = exists.map(<[Identity]>::to_vec);
    let told = compare(&old.knowing(was), &new.knowing(is)).describe();
    let former = |own: Option<String>| own.map(|own| format!(", was {own}")).unwrap_or_default();
    told.steps
        .into_iter()
        .map(|own| format!("{} {}{}", own.action, own.name, former(own.former_name)))
        .collect()
}

/// Jira's own objects are known by what they are: another name is that of another language, and nothing takes their place.
#[test]
fn an_object_of_jira_itself_is_never_renamed() {
    let old = demo();
    let translated = old.replace(">Default Screen<", ">Standardbildschirm<");
    assert_ne!(old, translated);
    assert_eq!(told(&old, &translated, [&[], &[]]), [""; 0]);
    let screen = translated.find("<name>Standardbildschirm</name>").unwrap();
    let (before, screen) = translated.split_at(screen);
    let changed = format!("{before}{}", screen.replacen("<description>", "<description>Neu: ", 1));
    assert_eq!(told(&old, &changed, [&[], &[]]), ["change Standardbildschirm"]);
    let marked = "<name>Default Permission Scheme</name>\n      <builtIn>default</builtIn>";
    let own = "<name>Our permissions</name>";
    assert!(old.contains(marked));
    let other = old.replace(marked, own).replace(">Default Permission Scheme<", ">Our permissions<");
    let told = told(&old, &other, [&[], &[]]);
    assert!(told.contains(&"create Our permissions".to_owned()), "{told:?}");
    assert!(told.contains(&"remove Default Permission Scheme".to_owned()), "{told:?}");
}

/// Two projects of which nobody has chosen anything are alike, and still two.
#[test]
fn a_project_has_another_key_only_under_the_same_name() {
    let old = demo();
    let begin = old.find("    <project>").unwrap();
    let end = begin + old[begin..].find("    </project>\n").unwrap() + "    </project>\n".len();
    let plain = |key: &str, name: &str| {
        let project = format!(
            "    <project>\n      <key>{key}</key>\n      <name>{name}</name>\n      <defaultAssignee>unassigned</defaultAssignee>\n      \
             <projectType>business</projectType>\n      <permissionScheme>Default Permission Scheme</permissionScheme>\n    </project>\n"
        );
        format!("{}{project}{}", &old[..begin], &old[end..])
    };
    let renamed = told(&plain("ONE", "First"), &plain("TWO", "First"), [&[], &[]]);
    assert!(renamed.contains(&"rename TWO, was ONE".to_owned()), "{renamed:?}");
    let other = told(&plain("ONE", "First"), &plain("TWO", "Second"), [&[], &[]]);
    assert!(
        other.contains(&"create TWO".to_owned()) && other.contains(&"remove ONE".to_owned()),
        "{other:?}"
    );
}

/// What a configuration does not use any more has no other name as long as it exists.
#[test]
fn what_exists_on_the_other_side_is_not_renamed() {
    let old = demo();
    let new = old.replace(">Demo screen<", ">Other screen<");
    assert_ne!(old, new);
    let renamed = told(&old, &new, [&[], &[]]);
    assert_eq!(renamed, ["rename Other screen, was Demo screen"]);
    let screen = |name: &str| [Identity::named(Schema::get().kind_named("screen").unwrap(), name)];
    let (was, is) = (screen("Other screen"), screen("Demo screen"));
    for exists in [[&was[..], &[]], [&[], &is[..]]] {
        let told = told(&old, &new, exists);
        assert!(told.contains(&"create Other screen".to_owned()), "{told:?}");
        assert!(told.contains(&"remove Demo screen".to_owned()), "{told:?}");
    }
}

/// What other objects go on to refer to is another object, even if they are the same in both files. Only a definition gets
/// another name here, of each object to which something refers.
#[test]
fn what_the_other_file_refers_to_is_not_renamed() {
    let old = demo();
    let root = xml::read(&old).root.unwrap();
    let objects: Vec<&Element> = root.children().iter().flat_map(Element::children).collect();
    let mut named: BTreeSet<Identity> = BTreeSet::new();
    for object in &objects {
        references(object, &mut |found| named.extend([found.target]));
    }
    let mut tried: BTreeSet<&str> = BTreeSet::new();
    for object in objects {
        let Some(identity) = Identity::of_definition(object).filter(|own| named.contains(own)) else {
            continue;
        };
        let (tag, name) = (object.tag(), identity.name());
        let definition = |name: &str| format!("    <{tag}>\n      <name>{name}</name>\n");
        if old.matches(&definition(name)).count() != 1 || object.text_of("builtIn").is_some() {
            continue;
        }
        tried.insert(tag);
        let new = old.replace(&definition(name), &definition(&format!("{name} (new)")));
        for (old, new) in [(&old, &new), (&new, &old)] {
            let told = told(old, new, [&[], &[]]);
            assert!(!told.iter().any(|own| own.starts_with("rename")), "{tag} {name}: {told:?}");
        }
    }
    let wanted = ["screen", "screenScheme", "workflowEntry", "workflowScheme", "status"];
    assert!(wanted.iter().all(|own| tried.contains(own)), "{tried:?}");
}

/// Numbers that look random and are always the same.
pub(crate) struct Numbers(u64);

impl Numbers {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    pub(crate) fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| (self.next() >> 24) as u8).collect()
    }
}

/// A thousand pairs of exports of real Jiras with random edits, some of them of different backups.
#[test]
fn real_exports_with_edits_lead_to_one_another() {
    let exports: Vec<Config> =
        real_data::backups().iter().map(|path| prepared(&real_data::export(path, &[]))).collect();
    let mut renames = 0;
    for seed in 0..if exports.is_empty() { 0 } else { 1_000_u64 } {
        let mut numbers = Numbers::new(seed + 1);
        let old = &exports[seed as usize % exports.len()];
        let other = match seed % 10 {
            0 => &exports[numbers.next() as usize % exports.len()],
            _ => old,
        };
        let bytes = numbers.bytes(100);
        let new = Editor { choices: &mut Choices::new(&bytes) }.edit(other);
        let comparison = both(old, &new);
        assert_eq!(comparison.apply(old), prepared(&new), "seed {seed}: {:#?}", comparison.renames());
        renames += comparison.renames().len();
    }
    assert!(exports.is_empty() || renames > 100, "{renames}");
}

/// Returns how many lines `git diff --no-index` and the text of a comparison have.
fn lines(old: &str, new: &str) -> (usize, usize) {
    let folder = tempfile::tempdir().unwrap();
    let paths = ["old.xml", "new.xml"].map(|name| folder.path().join(name));
    for (path, text) in paths.iter().zip([old, new]) {
        std::fs::write(path, text).unwrap();
    }
    let mut git = std::process::Command::new("git");
    git.args(["diff", "--no-index", "--no-ext-diff", "--no-color"]).args(&paths);
    let of_git = String::from_utf8(git.output().unwrap().stdout).unwrap().lines().count();
    let ((old, _), (new, _)) = (Side::read(old), Side::read(new));
    let description = compare(&old, &new).describe();
    let shown = match description.steps.is_empty() {
        true => String::new(),
        false => pcfg::ui::plan_text(&description, None),
    };
    (of_git, shown.lines().count())
}

/// What is only called otherwise or stands elsewhere takes fewer lines than the lines of the file do; the sums stand in
/// docs/performance.md.
#[test]
fn renames_and_other_orders_are_shorter_than_of_git() {
    let mut sums = [("order of sets", 0, 0), ("one rename", 0, 0), ("a scheme of several projects", 0, 0)];
    for (seed, path) in real_data::backups().iter().enumerate() {
        let old = prepared(&real_data::export(path, &[]));
        let text = xml::to_string(&old);
        let mut numbers = Numbers::new(seed as u64 + 1);
        let add = |sum: &mut (&str, usize, usize), new: &str| {
            let (of_git, own) = lines(&text, new);
            assert!(
                own < of_git || (own, of_git) == (0, 0),
                "{}, {}: {own} of {of_git}",
                path.display(),
                sum.0
            );
            (sum.1, sum.2) = (sum.1 + of_git, sum.2 + own);
        };
        add(&mut sums[0], &reordered(&text));
        for _ in 0..10 {
            let mut root = old.root().clone();
            let bytes = numbers.bytes(20);
            Editor { choices: &mut Choices::new(&bytes) }.rename(&mut root);
            let new = xml::to_string(&Config::new(root));
            if new != text {
                add(&mut sums[1], &new);
            }
        }
        // The permission scheme that most projects share has another name.
        let mut root = old.root().clone();
        let kind = Schema::get().kind_named("permissionScheme").unwrap();
        let shared = Identity::named(kind, "Default Permission Scheme");
        let mut renamed = shared.clone();
        renamed.fields[0] = "Permissions of all".into();
        let containers = root.children_mut().unwrap();
        let all = containers.iter_mut().flat_map(|own| own.children_mut().into_iter().flatten());
        for object in all.filter(|own| Identity::of_definition(own).as_ref() == Some(&shared)) {
            set_identity(object, &renamed);
        }
        follow(&mut root, &|target| (*target == shared).then(|| renamed.clone()));
        let new = xml::to_string(&Config::new(root));
        if new != text {
            add(&mut sums[2], &new);
        }
    }
    for (what, of_git, own) in sums {
        eprintln!("{what}: {of_git} lines of git, {own} of pcfg");
    }
}

/// Returns the text with the first object of each container behind all others.
fn reordered(text: &str) -> String {
    let mut result = String::new();
    let mut first: Vec<&str> = Vec::new();
    let mut is_first = false;
    for line in text.split_inclusive('\n') {
        let depth = line.len() - line.trim_start().len();
        match (depth, line.trim_start().starts_with("</")) {
            (2, false) => is_first = true,
            (2, true) => first.drain(..).for_each(|line| result.push_str(line)),
            _ => {}
        }
        if depth >= 4 && is_first {
            first.push(line);
            // The object ends with its end tag, or is one line.
            let ends = line.trim_start().starts_with("</") || line.contains("</") || line.ends_with("/>\n");
            is_first = !(depth == 4 && ends);
        } else {
            result.push_str(line);
        }
    }
    result
}
