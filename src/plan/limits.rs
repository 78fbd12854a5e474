//! What the target's version of Jira has no place for (`pcfg:since` in the schema): it is left out, and told once.
//!
//! Invariant: leaving it out gives nobody more than the file does. What would (an account that would stay active) is refused.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::{Facts, Options, Selector};
use crate::mapping::{has_permission_number, is_in_old_jira};
use crate::model::{Abilities, Element, Identity, Limit};
use crate::schema::{DeclId, Schema, Since};

/// What holds the address of an icon.
const ICON: &str = "iconUrl";

/// How many names a warning shows.
const SHOWN: usize = 5;

/// What is left out of an import.
pub(super) struct Limits<'f> {
    facts: &'f Facts,
    left_out: BTreeMap<Limit, (&'static Since, BTreeSet<String>)>,
}

impl<'f> Limits<'f> {
    pub(super) fn new(facts: &'f Facts) -> Self {
        Self { facts, left_out: BTreeMap::new() }
    }

    /// Returns what can be done in the target.
    pub(super) fn abilities(&self) -> &'f Abilities {
        &self.facts.abilities
    }

    /// Returns what stops an element from being in the target, if something does.
    fn of(&self, declaration: DeclId) -> Option<(Limit, &'static Since)> {
        let since = Schema::get().declaration(declaration).since.as_ref()?;
        let limit = Limit::named(&since.limit).filter(|own| self.facts.limits.contains(own))?;
        Some((limit, since))
    }

    /// Returns the options with the kinds of objects that are left out.
    pub(super) fn options<'o>(&self, options: &'o Options) -> Cow<'o, Options> {
        let missing = Schema::get().kinds().filter(|(_, kind)| self.of(kind.declaration).is_some());
        let missing: Vec<Selector> =
            missing.filter_map(|(_, kind)| Selector::parse(&kind.name).ok()).collect();
        if missing.is_empty() {
            return Cow::Borrowed(options);
        }
        let mut options = options.clone();
        options.skip.extend(missing);
        Cow::Owned(options)
    }

    /// Notes the objects that are left out.
    pub(super) fn note(&mut self, skipped: &[Identity]) {
        for object in skipped {
            if let Some((limit, since)) = self.of(Schema::get().kind(object.kind).declaration) {
                self.tell(limit, since, object.name().to_owned());
            }
        }
    }

    fn tell(&mut self, limit: Limit, since: &'static Since, name: String) {
        self.left_out.entry(limit).or_insert((since, BTreeSet::new())).1.insert(name);
    }

    /// Leaves parts out of an object.
    pub(super) fn apply(&mut self, object: &mut Element) {
        let name = Identity::of_definition(object).map(|own| own.name().to_owned()).unwrap_or_default();
        let lacking = |part: &Element| {
            // Only permissions that have no number are younger than others, and of icons some.
            let is_older = match part.text_of("permission") {
                Some(permission) => has_permission_number(permission),
                None => part.tag() == ICON && is_in_old_jira(part.text()),
            };
            self.of(part.declaration).filter(|_| !is_older)
        };
        let goes: Vec<_> = object.children().iter().map(lacking).collect();
        if goes.iter().all(Option::is_none) {
            return;
        }
        for (part, goes) in object.children().iter().zip(&goes) {
            let Some((limit, since)) = *goes else { continue };
            let title = match (limit, part.text_of("permission")) {
                (Limit::PrioritySchemes, _) => part.text().to_owned(),
                (_, Some(permission)) => format!("{permission} in {name}"),
                (_, None) => name.clone(),
            };
            self.tell(limit, since, title);
        }
        let mut goes = goes.iter();
        if let Some(children) = object.children_mut() {
            children.retain(|_| goes.next().is_none_or(Option::is_none));
        }
    }

    /// Says what is left out.
    pub(super) fn warnings(self) -> Vec<String> {
        let told = |(since, names): (&Since, BTreeSet<String>)| {
            let shown: Vec<String> = names.iter().take(SHOWN).map(|name| format!("`{name}`")).collect();
            let more = names.len() - shown.len();
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            let (what, version) = (&since.what, &since.version);
            format!("{what} are left out, which Jira has from {version} on: {}{more}", shown.join(", "))
        };
        self.left_out.into_values().map(told).collect()
    }
}
