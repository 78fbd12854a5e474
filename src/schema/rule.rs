//! What the children of an element must have to do with each other: the rules of a type, from `pcfg:rule`.
//!
//! Invariant: a rule names children that the type has.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::{DeclId, Declaration, LoadError};

/// A rule of a type.
#[derive(Debug, Serialize, Deserialize)]
pub struct Rule {
    /// When it holds; `None` for always.
    pub when: Option<Said>,
    /// What must be then.
    pub demand: Demand,
}

/// What a rule demands.
#[derive(Debug, Serialize, Deserialize)]
pub enum Demand {
    /// Only one of these children is there, however often; whether there may be none of them.
    One {
        /// The children.
        of: Vec<DeclId>,
        /// Whether there may be none.
        or_none: bool,
    },
    /// This is said.
    Needs(Said),
    /// This is not said.
    Forbids(Said),
}

/// A statement about the children of an element, spelled `tag|tag`, `tag=value|value` or `2*tag|tag`.
#[derive(Debug, Serialize, Deserialize)]
pub struct Said {
    /// The children that count.
    pub of: Vec<DeclId>,
    /// Of these, the values that count, in any case of letters; empty for all.
    pub values: Vec<String>,
    /// How many there must be.
    pub least: usize,
}

impl Rule {
    /// Returns the rule that nothing of the rest may be there where something stands alone.
    pub(super) fn alone(alone: DeclId, rest: Vec<DeclId>) -> Self {
        let said = |of| Said { of, values: Vec::new(), least: 1 };
        Self { when: Some(said(vec![alone])), demand: Demand::Forbids(said(rest)) }
    }

    /// Reads a rule of a type that has these children.
    pub(super) fn parse(
        attributes: &HashMap<String, String>,
        children: &[DeclId],
        declarations: &[Declaration],
    ) -> Result<Self, LoadError> {
        let reader = Reader { children, declarations };
        let mut rule = Self { when: None, demand: Demand::One { of: Vec::new(), or_none: true } };
        let mut demands = 0;
        for (name, spelling) in attributes {
            let demand = match name.as_str() {
                "when" => {
                    rule.when = Some(reader.said(spelling)?);
                    continue;
                }
                "oneOf" | "oneAtMost" => {
                    Demand::One { of: reader.all(spelling.split(' '))?, or_none: name == "oneAtMost" }
                }
                "needs" => Demand::Needs(reader.said(spelling)?),
                "forbids" => Demand::Forbids(reader.said(spelling)?),
                other => return Err(LoadError(format!("a rule has the attribute `{other}`"))),
            };
            rule.demand = demand;
            demands += 1;
        }
        match demands {
            1 => Ok(rule),
            _ => Err(LoadError(format!("a rule demands {demands} things"))),
        }
    }
}

struct Reader<'r> {
    children: &'r [DeclId],
    declarations: &'r [Declaration],
}

impl Reader<'_> {
    fn said(&self, spelling: &str) -> Result<Said, LoadError> {
        let (least, rest) = match spelling.split_once('*') {
            Some((least, rest)) => (least.parse().unwrap_or(0), rest),
            None => (1, spelling),
        };
        if least == 0 {
            return Err(LoadError(format!("the rule `{spelling}` counts nothing")));
        }
        let (tags, values) = rest.split_once('=').unwrap_or((rest, ""));
        let values = values.split('|').filter(|value| !value.is_empty()).map(str::to_owned).collect();
        Ok(Said { of: self.all(tags.split('|'))?, values, least })
    }

    fn all<'s>(&self, tags: impl Iterator<Item = &'s str>) -> Result<Vec<DeclId>, LoadError> {
        let child = |tag: &str| {
            let named = |id: &&DeclId| self.declarations[usize::from(id.0)].name == tag;
            let found = self.children.iter().find(named).copied();
            found.ok_or_else(|| LoadError(format!("a rule: there is no element `{tag}`")))
        };
        tags.map(child).collect()
    }
}
