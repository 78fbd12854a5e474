//! Options of a context: made, changed and put into order.
//!
//! Invariant: an option keeps its id, which the values of issues name; one that the same run has made is taken back only if no issue
//! has it.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::context::{Choice, Context, sent_choice, sent_context};
use super::field::Field;
use crate::instance::live::write::order::moves;
use crate::instance::live::write::{Deed, Look, Sent, Unsaid, part};

/// So many options are made, changed or moved by one request.
const MOST: usize = 1_000;

/// The options of a context.
pub(super) struct Choices<'c, 'g> {
    field: &'c Field<'c, 'g>,
    context: &'c Context,
    path: String,
}

impl<'c, 'g> Choices<'c, 'g> {
    pub(super) fn new(field: &'c Field<'c, 'g>, context: &'c Context) -> Self {
        Self::at(field, &sent_context(field.ground, &context.id), context)
    }

    /// Means those of a context that has another id.
    pub(super) fn at(field: &'c Field<'c, 'g>, id: &str, context: &'c Context) -> Self {
        Self { field, context, path: format!("{}/option", field.context(id)) }
    }

    /// Returns the requests that lead from some options to others.
    pub(super) fn lead(&self, before: &[Choice], after: &[Choice]) -> Result<Vec<Deed>, Vec<Unsaid>> {
        let sent = |own: &Choice| Choice {
            id: sent_choice(self.field.ground, &own.id),
            parent: own.parent.as_ref().map(|id| sent_choice(self.field.ground, id)),
            ..own.clone()
        };
        let mut now: Vec<Choice> = before.to_vec();
        let wanted: Vec<Choice> = after.iter().map(sent).collect();
        let is_new = |own: &&Choice| !before.iter().any(|other| other.id == own.id);
        let new: Vec<&Choice> = wanted.iter().filter(is_new).collect();
        self.refuse(&new, &wanted)?;
        let mut deeds = self.made(&mut now, &new, &|id| id.to_owned());
        deeds.extend(self.changed(&mut now, &wanted));
        deeds.extend(self.in_order(&now, &wanted));
        Ok(deeds)
    }

    fn refuse(&self, new: &[&Choice], wanted: &[Choice]) -> Result<(), Vec<Unsaid>> {
        let path = || self.field.here().part("customFieldConfigScheme", &self.context.name).child("config");
        let same = |own: &Choice, other: &Choice| {
            own.parent == other.parent && own.value.to_lowercase() == other.value.to_lowercase()
        };
        let is_twice = |own: &&&Choice| wanted.iter().filter(|other| same(own, other)).count() > 1;
        if let Some(own) = new.iter().find(is_twice) {
            let why = "Jira Cloud takes no two options of one text, in whatever letters, beside each other";
            return Err(vec![(path().part("option", &own.value), why.to_owned())]);
        }
        match new.first() {
            Some(own) if !self.field.may_have_options() => {
                let why = format!("a field of type {} has no options on Jira Cloud", self.field.ty);
                Err(vec![(path().part("option", &own.value), why)])
            }
            _ => Ok(()),
        }
    }

    /// Makes options, parents before what stands below them; they are known by these ids from then on.
    fn made(&self, now: &mut Vec<Choice>, new: &[&Choice], id: &dyn Fn(&str) -> String) -> Vec<Deed> {
        let (parents, children): (Vec<&Choice>, Vec<&Choice>) =
            new.iter().partition(|own| own.parent.is_none());
        let chunks = parents.chunks(MOST).chain(children.chunks(MOST));
        chunks.map(|chunk| self.made_at_once(now, chunk, id)).collect()
    }

    fn made_at_once(&self, now: &mut Vec<Choice>, chunk: &[&Choice], id: &dyn Fn(&str) -> String) -> Deed {
        let made: Vec<Choice> = chunk
            .iter()
            .map(|own| Choice { id: id(&own.id), parent: own.parent.as_deref().map(id), ..(*own).clone() })
            .collect();
        let asked: Vec<Value> = made.iter().map(|own| without_id(shown(own))).collect();
        let from = list(now);
        let mut to = from.clone();
        if let Some(all) = to.as_array_mut() {
            all.extend(asked.iter().cloned());
        }
        let look = self.look(from, to);
        let mut sent = Sent::post(&self.path, json!({ "options": asked })).seen_by(look);
        for own in &made {
            let mut by = json!({ "value": own.value });
            by["optionId"] = json!(own.parent);
            // An answer has the options in a member, a list of them has none around.
            sent = sent.binding_item(&own.id, &[("/options ", by)]);
        }
        let mut backs = made.iter().rev().map(|own| self.taken_back(own));
        let deed = match backs.next() {
            Some(back) if self.field.is_searchable => self.field.deed(sent, back),
            // Nobody can ask which issues have got it since.
            _ if !self.field.is_new => Deed::lasting(sent),
            _ => Deed::along(sent),
        };
        let more: Vec<Sent> = backs.collect();
        now.extend(made.iter().cloned());
        let is_whole = self.field.is_new || !self.field.is_searchable;
        if is_whole { deed } else { deed.then(more) }
    }

    /// Takes back an option that was made.
    fn taken_back(&self, own: &Choice) -> Sent {
        let look = Look::at(&self.path, json!({ "id": own.id }), Value::Null);
        let look = look.among("/values", &[("id", json!(own.id))]).paged();
        let number = &self.field.number;
        let query = match (self.field.ty.ends_with(":cascadingselect"), &own.parent) {
            (false, _) => format!("cf[{number}] = {}", own.id),
            (true, None) => format!("cf[{number}] in cascadeOption({})", own.id),
            (true, Some(parent)) => format!("cf[{number}] in cascadeOption({parent}, {})", own.id),
        };
        let sent = Sent::delete(format!("{}/{}", self.path, part(&own.id)));
        sent.seen_by(look).only_if(self.field.none_has(&query))
    }

    /// Changes the options that stay.
    fn changed(&self, now: &mut [Choice], wanted: &[Choice]) -> Vec<Deed> {
        let differs = |own: &&Choice| {
            let there = now.iter().find(|other| other.id == own.id);
            there.is_some_and(|there| (there.is_disabled, &there.value) != (own.is_disabled, &own.value))
        };
        let all: Vec<&Choice> = wanted.iter().filter(differs).collect();
        let mut deeds = Vec::new();
        for chunk in all.chunks(MOST) {
            let from = list(now);
            let said =
                |own: &Choice| json!({ "id": own.id, "value": own.value, "disabled": own.is_disabled });
            let (mut was, mut is) = (Vec::new(), Vec::new());
            for own in chunk {
                let Some(there) = now.iter_mut().find(|other| other.id == own.id) else { continue };
                was.push(said(there));
                is.push(said(own));
                (there.is_disabled, there.value) = (own.is_disabled, own.value.clone());
            }
            let look = self.look(from, list(now));
            let put = |options: Vec<Value>| Sent::put(&self.path, json!({ "options": options }));
            deeds.push(self.field.deed(put(is).seen_by(look), put(was)));
        }
        deeds
    }

    /// Puts the options of each parent into order.
    fn in_order(&self, now: &[Choice], wanted: &[Choice]) -> Vec<Deed> {
        let by_parent = |all: &[Choice]| -> BTreeMap<Option<String>, Vec<String>> {
            let mut groups: BTreeMap<Option<String>, Vec<String>> = BTreeMap::new();
            all.iter().for_each(|own| groups.entry(own.parent.clone()).or_default().push(own.id.clone()));
            groups
        };
        let (now, path) = (by_parent(now), format!("{}/move", self.path));
        let groups = by_parent(wanted).into_iter();
        let moves = groups
            .flat_map(|(parent, ids)| moves(now.get(&parent).map_or(&[][..], Vec::as_slice), &ids, MOST));
        let deeds = moves.map(|own| own.deed(&path, "customFieldOptionIds", &str::to_owned));
        match self.field.is_new {
            true => deeds.map(|own| Deed::along(own.sent)).collect(),
            false => deeds.collect(),
        }
    }

    /// Returns what makes options anew, under these ids, after the context that had them was made anew: it is only done on the way
    /// back, the last first.
    pub(super) fn made_again(&self, gone: &[Choice], again: &dyn Fn(&str) -> String) -> Vec<Deed> {
        let all: Vec<&Choice> = gone.iter().collect();
        let mut made = self.made(&mut Vec::new(), &all, again);
        made.reverse();
        made.into_iter().map(|own| Deed::only_back(own.sent)).collect()
    }

    fn look(&self, from: Value, to: Value) -> Look {
        Look::at(&self.path, from, to).all("/values").in_any_order()
    }
}

fn list(all: &[Choice]) -> Value {
    all.iter().map(shown).collect()
}

/// Returns an option as Jira tells it.
fn shown(own: &Choice) -> Value {
    let mut told = json!({ "id": own.id, "value": own.value, "disabled": own.is_disabled });
    if let Some(parent) = &own.parent {
        told["optionId"] = json!(parent);
    }
    told
}

fn without_id(mut told: Value) -> Value {
    told.as_object_mut().map(|own| own.remove("id"));
    told
}
