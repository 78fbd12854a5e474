//! Custom fields as Jira Cloud will have them where it has no way to be as they are wanted: each has a context for all projects and
//! all issue types, which nobody can remove or narrow (CHANGE-3019), and no context holds for nothing.
//!
//! Pure. Invariant: a field that is as Jira Cloud has it stays as it is.

use super::searchers;
use crate::instance::live::write::units::was;
use crate::mapping::jiras_option_set;
use crate::model::{Element, Identity, canonicalize, rank};
use crate::plan::{Action, Step, options_are_disabled};
use crate::schema::{DUPLICATE, Schema};

const CONTEXT: &str = "customFieldConfigScheme";

/// Returns a field as it will be, with what is lost; nothing if it will be as it is wanted.
pub(in crate::instance::live::write) fn as_cloud_has_it(step: &Step) -> Option<(Element, Vec<String>)> {
    if step.object.tag() != "customField" || step.object.get("locked").is_some() {
        return None;
    }
    let mut own = Settled { new: step.object.clone(), old: was(step), losses: Vec::new() };
    own.find_a_searcher();
    own.leave_defaults_in_order();
    own.leave_out_nowhere();
    own.keep_the_global_one(matches!(step.action, Action::Create { .. }));
    let Settled { mut new, losses, .. } = own;
    rank(&mut new);
    canonicalize(&mut new);
    (new != step.object).then_some((new, losses))
}

struct Settled<'s> {
    new: Element,
    old: Option<&'s Element>,
    losses: Vec<String>,
}

/// Returns that of some parts which has the identity of another.
fn same<'e>(mut among: impl Iterator<Item = &'e Element>, own: &Element) -> Option<&'e Element> {
    let identity = Identity::of_definition(own);
    among.find(|other| Identity::of_definition(other) == identity)
}

fn is_global(context: &Element) -> bool {
    context.all("context").any(|place| place.get("global").is_some())
}

fn name(context: &Element) -> &str {
    context.text_of("name").unwrap_or_default()
}

impl Settled<'_> {
    fn contexts(&mut self) -> impl Iterator<Item = &mut Element> {
        self.new.children_mut().into_iter().flatten().filter(|own| own.tag() == CONTEXT)
    }

    /// A field is searched by a searcher of its type; one that it has already it may keep.
    fn find_a_searcher(&mut self) {
        let Some(wanted) = self.new.text_of("searcher").map(str::to_owned) else { return };
        let is_there = self.old.and_then(|old| old.text_of("searcher")) == Some(&wanted);
        let instead = searchers::instead_of(&wanted, self.new.text_of("type").unwrap_or_default());
        if let Some(instead) = instead.filter(|_| !is_there) {
            self.losses.push(format!(
                "it is searched by `{instead}`: Jira Cloud has no `{wanted}` for fields of its type"
            ));
            self.new.set_text("searcher", &instead);
        }
    }

    /// Of several default values none is the first: those that are there in another order stay.
    fn leave_defaults_in_order(&mut self) {
        let Some(old) = self.old else { return };
        // What comes first stands above the other in a cascading field.
        if self.new.text_of("type").is_some_and(|ty| ty.ends_with(":cascadingselect")) {
            return;
        }
        for context in self.contexts() {
            let Some(there) = same(old.all(CONTEXT), context) else { continue };
            let configs = context.children_mut().into_iter().flatten().filter(|own| own.tag() == "config");
            for config in configs {
                let Some(stays) = same(there.all("config"), config).and_then(|own| own.get("defaultValue"))
                else {
                    continue;
                };
                let parts = config.children_mut().into_iter().flatten();
                for value in parts.filter(|own| own.tag() == "defaultValue") {
                    let is_there = |own: &Element| stays.children().contains(own);
                    let is_same = value.children().len() == stays.children().len();
                    if is_same && value.children().iter().all(is_there) {
                        *value = stays.clone();
                    }
                }
            }
        }
    }

    /// A context that holds for no project would hold for all.
    fn leave_out_nowhere(&mut self) {
        let narrow = self.old.into_iter().flat_map(|old| old.all(CONTEXT)).filter(|own| !is_global(own));
        let known: Vec<Option<Identity>> = narrow.map(Identity::of_definition).collect();
        let mut losses = Vec::new();
        let children = self.new.children_mut().into_iter();
        children.for_each(|all| {
            all.retain(|own| {
                let goes = own.tag() == CONTEXT
                    && own.get("context").is_none()
                    && !known.contains(&Identity::of_definition(own));
                if goes {
                    losses.push(format!(
                        "its context `{}` holds for no project that is here; Jira Cloud has no such contexts, and it is left out",
                        name(own)
                    ));
                }
                !goes
            });
        });
        self.losses.extend(losses);
    }

    fn keep_the_global_one(&mut self, is_new: bool) {
        let there = self.old.and_then(|old| old.all(CONTEXT).find(|own| is_global(own)));
        let wanted = self.new.all(CONTEXT).find(|own| is_global(own)).map(|own| name(own).to_owned());
        let is_taken = |new: &Element, called: &str| new.all(CONTEXT).any(|own| name(own) == called);
        match (there, wanted) {
            (Some(there), Some(wanted)) => {
                if name(there) != wanted && !is_taken(&self.new, name(there)) {
                    self.call(&wanted, there);
                    self.losses
                        .push(format!("its context for all projects keeps its name `{}`", name(there)));
                }
                self.keep_types(name(there), &types(there), "the issue types that it held for");
            }
            (Some(there), None) => {
                let called = name(there);
                let mut stays = format!(
                    "its context `{called}` stays: Jira Cloud neither takes away nor narrows the context for all projects"
                );
                if let Some(own) = self.contexts().find(|own| name(own) == called) {
                    let other = format!("{called} (some projects)");
                    own.set_text("name", &other);
                    stays.push_str(&format!(", and that of the file is called `{other}`"));
                }
                self.push(there.clone());
                self.losses.push(stays);
            }
            (None, None) if is_new => self.push_jiras_own(),
            (None, Some(wanted)) if is_new => {
                let all = Schema::get().child(self.new.declaration, CONTEXT).and_then(any_type);
                self.keep_types(&wanted, &all.into_iter().collect::<Vec<_>>(), "all issue types");
            }
            // What cannot be is refused.
            _ => {}
        }
    }

    fn push(&mut self, context: Element) {
        self.new.children_mut().into_iter().for_each(|all| all.push(context.clone()));
    }

    /// Gives the context for all projects the name that it has.
    fn call(&mut self, wanted: &str, there: &Element) {
        let config = there.get("config");
        let schema = Schema::get();
        if let Some(own) = self.contexts().find(|own| name(own) == wanted) {
            own.set_text("name", name(there));
            own.attributes.retain(|(id, _)| {
                schema.attribute(schema.declaration(own.declaration).ty, DUPLICATE) != Some(*id)
            });
            let parts = own.children_mut().into_iter().flatten();
            for part in parts.filter(|part| part.tag() == "config") {
                let Some(config) = config else { continue };
                part.set_text("name", name(config));
                if let Some(description) = config.text_of("description") {
                    part.set_text("description", description);
                }
            }
        }
        if let Some(old) = self.old {
            options_are_disabled(&mut self.new, old);
        }
    }

    /// Lets a context hold for these issue types.
    fn keep_types(&mut self, called: &str, types: &[Element], which: &str) {
        let is_as = |own: &Element| {
            let own: Vec<&Element> = own.all("applicableIssueType").collect();
            own.len() == types.len() && own.iter().all(|own| types.contains(own))
        };
        let Some(own) = self.contexts().find(|own| name(own) == called && !is_as(own)) else { return };
        if let Some(children) = own.children_mut() {
            children.retain(|child| child.tag() != "applicableIssueType");
            children.extend(types.iter().cloned());
        }
        self.losses.push(format!(
            "its context `{called}` holds for {which}: Jira Cloud does not change that of the context for all projects"
        ));
    }

    /// Adds the context that Jira makes with each field.
    fn push_jiras_own(&mut self) {
        let field = name(&self.new).to_owned();
        let says_none = self.new.get(CONTEXT).is_none();
        let generated = format!("Default Configuration Scheme for {field}");
        let called = match self.new.all(CONTEXT).any(|own| name(own) == generated) {
            true => format!("{generated} (all projects)"),
            false => generated,
        };
        let Some(context) = jiras_own(&self.new, &field, &called) else { return };
        self.push(context);
        if !says_none {
            self.losses.push(format!(
                "Jira Cloud gives each custom field a context for all projects, which nobody can take away: it is called `{called}`"
            ));
        }
    }
}

fn types(context: &Element) -> Vec<Element> {
    context.all("applicableIssueType").cloned().collect()
}

/// Returns what says that a context holds for all issue types.
fn any_type(context: crate::schema::DeclId) -> Option<Element> {
    let schema = Schema::get();
    let own = schema.child(context, "applicableIssueType")?;
    Some(Element::parent(own, vec![Element::parent(schema.child(own, "allIssueTypes")?, Vec::new())]))
}

/// Returns the context that Jira makes with a field.
fn jiras_own(field: &Element, called_field: &str, called: &str) -> Option<Element> {
    let schema = Schema::get();
    let context = schema.child(field.declaration, CONTEXT)?;
    let place = schema.child(context, "context")?;
    let everywhere = Element::parent(schema.child(place, "global")?, Vec::new());
    let config = schema.child(context, "config")?;
    let (option_set, description) = jiras_option_set(called_field);
    let leaf = |owner, tag: &str, text: &str| Some(Element::leaf(schema.child(owner, tag)?, text));
    Some(Element::parent(
        context,
        vec![
            leaf(context, "name", called)?,
            leaf(context, "description", "Default configuration scheme generated by Jira")?,
            Element::parent(place, vec![everywhere]),
            any_type(context)?,
            Element::parent(
                config,
                vec![leaf(config, "name", &option_set)?, leaf(config, "description", description)?],
            ),
        ],
    ))
}
