//! Comparing whole configurations: the laws on random and real ones, and renames.

use std::collections::BTreeSet;

use pcfg::compare::{Comparison, Side, compare};
use pcfg::model::{Config, Content, Element, Identity, canonicalize, follow, rank, set_identity};
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
