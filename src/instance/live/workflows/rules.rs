//! The rules of transitions: what Jira Cloud calls by a key has a class in Jira's tables, and arguments of other names.
//!
//! Invariant: a rule that has no class of the same meaning stays as it is, with its key in the place of the class, so that nobody
//! takes it for another one; a class that has no rule of the same meaning is refused, or what is lost is told.

use std::collections::BTreeMap;

use super::forms::{self, Miss};
use super::keys::{APPS, AS_THEY_ARE, NONE, OF_APPS};
use super::known::Known;
use super::shape::Rule;
use super::table::{Member, Place, RESTRICT, ROWS, Row, Way};
use crate::mapping::workflow::{Function, permission_key};

/// Parameters that hold ids of groups.
const GROUPS: [&str; 2] = ["groupIds", "groupsExemptFromValidation"];

/// Parameters of rules of apps that are others in every place, and say nothing about the rule.
const IDS: [&str; 2] = ["id", "tag"];

/// Arguments that say nothing about the rule: the app's name, which the class has, too.
const NOISE: [&str; 1] = ["full.module.key"];

/// What a class is on Jira Cloud.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Meant {
    pub(super) rule: Rule,
    /// What is lost.
    pub(super) loss: Option<&'static str>,
}

/// Why a class is nothing on Jira Cloud, and what can be done.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Cannot {
    pub(super) why: String,
    pub(super) next: String,
}

/// Returns the functions that a rule means; of a condition any of several is enough.
pub(super) fn read(place: Place, rule: &Rule, known: &Known) -> Vec<Function> {
    parts(rule).into_iter().map(|part| read_one(place, &part, known)).collect()
}

fn read_one(place: Place, rule: &Rule, known: &Known) -> Function {
    let rows = ROWS.iter().filter(|row| row.place == place && row.way == Way::Both);
    let found = rows.filter(|row| row.key == rule.rule_key).find_map(|row| row.read(rule, known));
    found.unwrap_or_else(|| as_it_is(rule, known))
}

/// Returns the rules that a restriction is made of, in the order of the table.
fn parts(rule: &Rule) -> Vec<Rule> {
    if rule.rule_key != RESTRICT {
        return vec![rule.clone()];
    }
    let mut left = rule.parameters.clone();
    left.retain(|name, value| !value.is_empty() && !IDS.contains(&name.as_str()));
    let mut all = Vec::new();
    for row in ROWS.iter().filter(|row| row.key == RESTRICT) {
        for member in row.members {
            let (Member::Pair(name, ..) | Member::Parameter(name, _)) = member else { continue };
            let list = left.remove(*name).unwrap_or_default();
            let items = list.split(',').map(str::trim).filter(|item| !item.is_empty());
            all.extend(items.map(|item| Rule::new(RESTRICT, [((*name).to_owned(), item.to_owned())].into())));
        }
    }
    // One that restricts to nobody is no restriction that anybody described.
    if !left.is_empty() || all.is_empty() {
        all.push(Rule::new(RESTRICT, left));
    }
    all
}

/// Returns a rule under its own key.
fn as_it_is(rule: &Rule, known: &Known) -> Function {
    let told =
        rule.parameters.iter().filter(|(name, value)| !value.is_empty() && !IDS.contains(&name.as_str()));
    let arguments = told.map(|(name, value)| {
        let of_group = |id: &str| known.group(id.trim()).unwrap_or(id).to_owned();
        let value = match GROUPS.contains(&name.as_str()) {
            true => value.split(',').map(of_group).collect::<Vec<_>>().join(","),
            false => value.clone(),
        };
        (name.clone(), value)
    });
    function(rule.rule_key.clone(), arguments.collect())
}

fn function(class: String, arguments: BTreeMap<String, String>) -> Function {
    Function { class: Some(class), arguments, ..Function::default() }
}

/// Returns what a function is on Jira Cloud.
pub(super) fn write(place: Place, own: &Function, known: &Known) -> Result<Meant, Cannot> {
    let cannot = |why: &str, next: &str| Err(Cannot { why: why.to_owned(), next: next.to_owned() });
    let Some(class) = own.class.as_deref().filter(|_| own.kind.is_none()) else {
        return cannot("it is not called by a class", &next(place));
    };
    if own.negate {
        return cannot("Jira Cloud cannot negate a rule", "replace it by a rule that means the opposite");
    }
    if !own.rest.is_empty() || own.name.is_some() {
        return cannot("it has parts whose meaning is unknown", &next(place));
    }
    if OF_APPS.iter().any(|prefix| class.starts_with(prefix)) {
        return cannot(
            "it belongs to an app, and its settings are valid only in the Jira where they were made",
            "install the app in the other Jira, add the rule in its workflow editor, and remove it from the file",
        );
    }
    if class.starts_with("system:") {
        return plain(place, class, own, known);
    }
    let mut why = None;
    for row in ROWS.iter().filter(|row| row.place == place && row.is_of(class)) {
        match row.write(own, known) {
            Ok(rule) => {
                let loss = if let Way::Loses(loss) = row.way { Some(loss) } else { None };
                return Ok(Meant { rule, loss });
            }
            Err(Miss::Cannot(miss)) => why = why.or(Some(miss)),
            Err(Miss::Elsewhere) => {}
        }
    }
    Err(Cannot { why: why.unwrap_or_else(|| unknown(place, class)), next: next(place) })
}

/// Returns why a class has no rule.
fn unknown(place: Place, class: &str) -> String {
    if let Some((_, why)) = NONE.iter().find(|(own, _)| *own == class) {
        return (*why).to_owned();
    }
    if ROWS.iter().any(|row| row.place == place && row.is_of(class)) {
        return "Jira Cloud has no rule with these arguments".to_owned();
    }
    let app = APPS.iter().find(|(prefix, _)| class.starts_with(prefix));
    let app = app.map_or_else(|| "an app".to_owned(), |(_, app)| (*app).to_owned());
    format!("it is a {} of {app}, and no rule of Jira Cloud is known to do the same", place.word())
}

fn next(place: Place) -> String {
    format!("remove the {} from the file, or replace it by one that Jira Cloud has", place.word())
}

/// Returns a rule that stands under its own key.
fn plain(place: Place, key: &str, own: &Function, known: &Known) -> Result<Meant, Cannot> {
    let refused = |why: String| Cannot { why, next: next(place) };
    if is_broken(&Rule::new(key, own.arguments.clone())) {
        return Err(Cannot {
            why: "it allows nobody, and Jira Cloud refuses every update of a workflow with such a rule"
                .to_owned(),
            next: "name in the file who may use the transition, or remove the condition".to_owned(),
        });
    }
    if !AS_THEY_ARE.contains(&(place, key)) {
        return Err(refused(format!("no {} with this key is known", place.word())));
    }
    let mut parameters = BTreeMap::new();
    for (name, value) in own.arguments.iter().filter(|(_, value)| !value.is_empty()) {
        let is_groups = GROUPS.contains(&name.as_str());
        let ids = is_groups.then(|| value.split(',').map(|name| forms::group(name.trim(), known)));
        let value = match ids.map(Iterator::collect::<Result<Vec<_>, _>>) {
            None => value.clone(),
            Some(Ok(ids)) => ids.join(","),
            Some(Err(Miss::Cannot(why))) => return Err(refused(why)),
            Some(Err(Miss::Elsewhere)) => return Err(refused(unknown(place, key))),
        };
        parameters.insert(name.clone(), value);
    }
    Ok(Meant { rule: Rule::new(key, parameters), loss: None })
}

/// Two spellings of a permission, which configurations write alike.
const OLD: &str = "permission";
const NEW: &str = "permissionKey";

/// Returns whether Jira refuses a workflow with a rule, though it has told it.
pub(super) fn is_broken(rule: &Rule) -> bool {
    rule.rule_key == RESTRICT && rule.parameters.values().all(String::is_empty)
}

/// Returns whether two functions say the same in a configuration.
pub(super) fn is_same(one: &Function, other: &Function) -> bool {
    let told = |own: &Function| {
        let mut own = own.clone();
        own.arguments.retain(|name, _| !NOISE.contains(&name.as_str()));
        let key = own.arguments.get(OLD).and_then(|label| permission_key(label));
        if let (Some(key), false) = (key, own.arguments.contains_key(NEW)) {
            own.arguments.remove(OLD);
            own.arguments.insert(NEW.to_owned(), key.to_owned());
        }
        own
    };
    told(one) == told(other)
}

impl Row {
    /// Returns the function that a rule is, if the line fits and says all of it.
    fn read(&self, rule: &Rule, known: &Known) -> Option<Function> {
        let mut left: Vec<&str> = rule.parameters.keys().map(String::as_str).collect();
        left.retain(|name| rule.parameter(name).is_some() && !IDS.contains(name));
        let mut arguments = BTreeMap::new();
        for member in self.members {
            let (Member::Pair(name, ..)
            | Member::Parameter(name, _)
            | Member::Usually(name, _)
            | Member::Argument(name, _)) = member;
            let told = rule.parameter(name);
            match member {
                Member::Pair(_, argument, form) => {
                    let value = form.argument(told.unwrap_or_default(), known)?;
                    arguments.insert((*argument).to_owned(), value);
                }
                Member::Parameter(_, value) if told != Some(value) => return None,
                Member::Usually(_, value) if told.is_some_and(|own| own != *value) => return None,
                Member::Parameter(..) | Member::Usually(..) => {}
                Member::Argument(argument, value) => {
                    arguments.insert((*argument).to_owned(), (*value).to_owned());
                    continue;
                }
            }
            left.retain(|own| own != name);
        }
        left.is_empty().then(|| function(self.class(), arguments))
    }

    /// Returns the rule that a function is, if the line fits and says all of it.
    fn write(&self, own: &Function, known: &Known) -> Result<Rule, Miss> {
        let mut left = own.arguments.clone();
        left.retain(|name, value| !value.is_empty() && !NOISE.contains(&name.as_str()));
        let mut parameters = BTreeMap::new();
        for member in self.members {
            let (name, value) = match member {
                Member::Pair(parameter, argument, form) => {
                    let value = left.remove(*argument).unwrap_or_default();
                    (*parameter, form.parameter(argument, &value, known)?)
                }
                Member::Parameter(name, value) | Member::Usually(name, value) => (*name, (*value).to_owned()),
                Member::Argument(name, value) => match left.remove(*name) {
                    Some(own) if own == *value => continue,
                    _ => return Err(Miss::Elsewhere),
                },
            };
            if !value.is_empty() {
                parameters.insert(name.to_owned(), value);
            }
        }
        match left.pop_first() {
            Some((name, _)) => {
                Err(Miss::Cannot(format!("Jira Cloud has nothing like its argument `{name}`")))
            }
            None => Ok(Rule::new(self.key, parameters)),
        }
    }
}
