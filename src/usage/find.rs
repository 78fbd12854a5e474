//! Which object a word means.
//!
//! Invariant: a word means one object or none. What an object is called in a list of choices means exactly that object.

use super::{NodeId, Uses};
use crate::model::{Identity, near};
use crate::schema::Schema;

/// Says whether a name is the one that is looked for.
type Equals<'a> = dyn Fn(&str) -> bool + 'a;

/// Why a word means no object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotFound {
    /// Several have the name. What they are called in full.
    Several(Vec<String>),
    /// None has it. The nearest names, as a question.
    None {
        /// "did you mean …?"
        hint: Option<String>,
    },
    /// There is no such kind of object. The nearest kinds, as a question.
    NoKind {
        /// What stands for the kind.
        kind: String,
        /// "did you mean …?"
        hint: Option<String>,
    },
}

impl Uses<'_> {
    /// Finds the object that a word means: `KIND:NAME` or a name. The beginning of a kind is enough. A bare name means a part only
    /// where no object has it; upper and lower case count only where they tell objects apart.
    pub fn find(&self, word: &str) -> Result<NodeId, NotFound> {
        let ids = || 0..self.nodes.len();
        if let Some(id) = ids().find(|id| self.may_be(*id, word) && self.spelled(*id) == word) {
            return Ok(id);
        }
        let split = word.split_once(':').map(|(kind, name)| (Schema::get().kinds_called(kind), name));
        let (kinds, name) = match split {
            Some((kinds, name)) if !kinds.is_empty() => (Some(kinds), name),
            // A name may have a colon in it: `TST: Bugs`.
            _ => (None, word),
        };
        let is_of_kind =
            |identity: &Identity| kinds.as_ref().is_none_or(|kinds| kinds.contains(&identity.kind));
        let with = |equals: &Equals<'_>, parts: bool| -> Vec<NodeId> {
            let is_it = |id: &NodeId| {
                let own = self.nodes[*id].identity.as_ref();
                own.is_some_and(|own| {
                    (parts || is_global(own))
                        && is_of_kind(own)
                        && (equals(own.name()) || equals(&own.to_string()))
                })
            };
            ids().filter(is_it).collect()
        };
        let lower = name.to_lowercase();
        let (same, alike) = (|own: &str| own == name, |own: &str| own.to_lowercase() == lower);
        let attempts: [(&Equals<'_>, bool); 4] =
            [(&same, false), (&alike, false), (&same, true), (&alike, true)];
        for (equals, parts) in attempts {
            match with(equals, parts)[..] {
                [] => {}
                [id] => return Ok(id),
                ref several => {
                    let mut several = several.to_vec();
                    several.sort_by_cached_key(|id| self.order(*id));
                    return Err(NotFound::Several(several.iter().map(|id| self.spelled(*id)).collect()));
                }
            }
        }
        let names = self.nodes.iter().filter_map(|node| node.identity.as_ref());
        let names: Vec<&str> = names.filter(|own| is_of_kind(own)).map(Identity::name).collect();
        let hint = near(name, names);
        match word.split_once(':') {
            Some((kind, _)) if kinds.is_none() && hint.is_none() && is_word(kind) => {
                let all = Schema::get().kinds().map(|(_, kind)| kind.name.as_str());
                Err(NotFound::NoKind { kind: kind.to_owned(), hint: near(kind, all) })
            }
            _ => Err(NotFound::None { hint }),
        }
    }

    /// Returns what an object is called in full: `status:Open`, `customField:Severity (type …)/option:High`.
    pub fn spelled(&self, id: NodeId) -> String {
        let mut way: Vec<NodeId> = std::iter::successors(Some(id), |at| self.nodes[*at].within).collect();
        way.reverse();
        let names = way.iter().map(|at| match &self.nodes[*at].identity {
            Some(own) => {
                let section =
                    self.nodes[*at].section.map(|section| format!("{section}/")).unwrap_or_default();
                format!("{section}{}:{own}", Schema::get().kind(own.kind).name)
            }
            None => self.nodes[*at]
                .element
                .map_or_else(String::new, |setting| format!("setting:{}", setting.tag())),
        });
        names.collect::<Vec<_>>().join("/")
    }

    /// Returns whether it is worth a look whether a word is what an object is called in full.
    fn may_be(&self, id: NodeId, word: &str) -> bool {
        match &self.nodes[id].identity {
            Some(own) => word.contains(own.name()) && word.contains(':'),
            None => word.starts_with("setting:"),
        }
    }
}

fn is_global(identity: &Identity) -> bool {
    Schema::get().kind(identity.kind).within.is_empty()
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'-' || byte == b'_')
}
