//! A project as a template: the configuration of one project, to be imported as that of another key.
//!
//! Pure. Invariant: what is made gets a name of its own: the project, what is named by its key, what names the project, and what
//! names any of these. All other objects are shared with the original, which stays as it is ([`super::Options::keeps_existing`]).

use std::collections::HashMap;

use super::named::each_reference;
use super::{Options, Target};
use crate::jql;
use crate::mapping::{each_query, kind, rewrite_queries};
use crate::model::{Config, Element, Identity};
use crate::schema::{Belongs, KindId, Schema};
use serde::{Deserialize, Serialize};

/// What a template becomes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct NewProject {
    /// The key.
    pub key: String,
    /// The name; nothing for that of the template with the key in it.
    pub name: Option<String>,
}

/// Why a file cannot be a template.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum NoTemplate {
    /// It has no project.
    #[error("the file describes no project")]
    None,
    /// It has several.
    #[error("the file describes several projects: {0}")]
    Several(String),
    /// It has that key already.
    #[error("the project of the file has the key {0} already")]
    Same(String),
    /// No project can have that key.
    #[error(
        "`{0}` cannot be the key of a project: it is of capital letters, digits and `_`, and begins with a letter"
    )]
    Key(String),
}

/// Returns the file as it is imported for a new project, and says in the options what becomes of its objects. What the user says of an
/// object in a mapping file counts.
pub fn instantiate(file: &Config, new: &NewProject, options: &mut Options) -> Result<Config, NoTemplate> {
    let is_key = new.key.starts_with(|own: char| own.is_ascii_uppercase())
        && new.key.len() > 1
        && new.key.chars().all(|own| own.is_ascii_uppercase() || own.is_ascii_digit() || own == '_');
    if !is_key {
        return Err(NoTemplate::Key(new.key.clone()));
    }
    let objects: Vec<(Identity, &Element)> = objects(file.root()).collect();
    let projects: Vec<&(Identity, &Element)> =
        objects.iter().filter(|(own, _)| own.kind == kind("project")).collect();
    let (old, project) = match projects[..] {
        [] => return Err(NoTemplate::None),
        [(identity, element)] => (identity.name().to_owned(), *element),
        ref several => {
            let keys: Vec<&str> = several.iter().map(|(own, _)| own.name()).collect();
            return Err(NoTemplate::Several(keys.join(", ")));
        }
    };
    if old == new.key {
        return Err(NoTemplate::Same(old));
    }
    let names = Names::new(&objects, (&old, project), new);
    for (identity, name) in &names.new {
        options.mapping.add(identity, Target::Create(name.clone()));
    }
    options.keeps_existing = true;
    options.smart_contexts = true;
    let mut root = file.root().clone();
    for container in root.children_mut().into_iter().flatten() {
        for object in container.children_mut().into_iter().flatten() {
            rewrite_queries(object, &|query| jql::renamed(query, &|kind, name| names.in_query(kind, name)));
            if object.tag() == "project" {
                object.set_text("name", &names.project);
            }
        }
    }
    Ok(Config::new(root))
}

fn objects(root: &Element) -> impl Iterator<Item = (Identity, &Element)> {
    let all = root.children().iter().flat_map(Element::children);
    all.filter_map(|own| Some((Identity::of_definition(own)?, own)))
}

/// What gets which name.
struct Names {
    new: HashMap<Identity, String>,
    /// The name of the new project.
    project: String,
    /// The new names by kind and old name in lower case, as queries have them.
    in_queries: HashMap<(String, String), String>,
}

impl Names {
    fn new(objects: &[(Identity, &Element)], (old, project): (&str, &Element), new: &NewProject) -> Self {
        let old_name = project.text_of("name").unwrap_or(old);
        let with_key = with_key(old_name, old, &new.key);
        let name = new.name.clone().or(with_key).unwrap_or_else(|| format!("{old_name} ({})", new.key));
        let mut names = Self { new: HashMap::new(), project: name, in_queries: HashMap::new() };
        for (identity, _) in objects {
            if identity.kind == kind("project") {
                names.add(identity, new.key.clone());
                names.in_queries.insert(("project".to_owned(), old_name.to_lowercase()), new.key.clone());
            } else if identity.kind != kind("user")
                && let Some(own) = self::with_key(identity.name(), old, &new.key)
            {
                names.add(identity, own);
            }
        }
        // What names something that is new would be changed by it, so it is new, too; until nothing more is.
        loop {
            let before = names.new.len();
            for (identity, element) in objects {
                if is_copied(identity.kind)
                    && !names.new.contains_key(identity)
                    && names.are_named_by(element)
                {
                    let own = match identity.name().contains(old_name) {
                        true => identity.name().replace(old_name, &names.project),
                        false => format!("{} ({})", identity.name(), new.key),
                    };
                    names.add(identity, own);
                }
            }
            if names.new.len() == before {
                return names;
            }
        }
    }

    fn add(&mut self, identity: &Identity, name: String) {
        let kind = Schema::get().kind(identity.kind).name.clone();
        self.in_queries.insert((kind, identity.name().to_lowercase()), name.clone());
        self.new.insert(identity.clone(), name);
    }

    fn in_query(&self, kind: &str, name: &str) -> Option<String> {
        self.in_queries.get(&(kind.to_owned(), name.to_lowercase())).cloned()
    }

    /// Returns whether an object names something that is new.
    fn are_named_by(&self, object: &Element) -> bool {
        let mut is_named = false;
        each_reference(object, &mut |target| is_named |= self.new.contains_key(&target));
        crate::model::references(object, &mut |found| {
            is_named |= found.owner().is_some_and(|owner| self.new.contains_key(&owner));
        });
        each_query(object, &mut |query, _, _| {
            is_named |= jql::renamed(query, &|kind, name| self.in_query(kind, name)) != query;
        });
        is_named
    }
}

/// Returns whether objects of a kind are made anew where they name something new: what belongs to projects, and what people share.
/// Fields are not: their contexts are what is new.
fn is_copied(id: KindId) -> bool {
    let own = Schema::get().kind(id);
    let is_shared = ["filters", "dashboards", "boards"].map(Some).contains(&own.chosen.as_deref());
    is_shared || (own.belongs == Belongs::Project && own.chosen.is_none() && own.within.is_empty())
}

/// Returns a name with another key in the place of the one that stands in it as a word; nothing if there is none.
fn with_key(name: &str, old: &str, new: &str) -> Option<String> {
    let is_of_word = |own: Option<char>| own.is_some_and(|own| own.is_alphanumeric() || own == '_');
    let mut result = String::new();
    let mut rest = name;
    let mut is_found = false;
    let mut before = None;
    while let Some(at) = rest.find(old) {
        let behind = &rest[at + old.len()..];
        let last = rest[..at].chars().next_back().or(before);
        let is_word = !is_of_word(last) && !is_of_word(behind.chars().next());
        result.push_str(&rest[..at]);
        result.push_str(if is_word { new } else { old });
        is_found |= is_word;
        before = old.chars().next_back();
        rest = behind;
    }
    result.push_str(rest);
    is_found.then_some(result)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_replaced_where_it_is_a_word() {
        let new = |name| with_key(name, "TST", "NEW");
        assert_eq!(new("TST: Screens").as_deref(), Some("NEW: Screens"));
        assert_eq!(new("Board of TST (TST)").as_deref(), Some("Board of NEW (NEW)"));
        assert_eq!(new("TST-developers").as_deref(), Some("NEW-developers"));
        assert_eq!(new("TSTX and TST").as_deref(), Some("TSTX and NEW"));
        assert_eq!(new("TSTTST"), None);
        assert_eq!(new("ATST, TST1, tst"), None);
    }
}
