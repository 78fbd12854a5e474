//! An account in the place of users who have none where issues come.
//!
//! Invariant: only who did or has something is replaced. The history keeps what it tells of others by their names, and nobody watches
//! or votes for somebody else.

use super::Target;
use crate::model::{Content, Element, Identity, canonicalize};
use crate::schema::Schema;

/// An account that stands for users who have none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StandIn(String);

impl StandIn {
    /// Returns the account of a name, if there is one.
    pub fn new(name: &str, target: &Target<'_>) -> Option<Self> {
        target.account(name).map(Self)
    }

    /// Returns an issue in which it stands for all who have no account in that place; `each` is told of them, and what they are there.
    pub fn stand(&self, issue: &Element, target: &Target<'_>, each: &mut dyn FnMut(&str, &str)) -> Element {
        let mut issue = issue.clone();
        self.within(&mut issue, target, each);
        canonicalize(&mut issue);
        issue
    }

    fn within(&self, element: &mut Element, target: &Target<'_>, each: &mut dyn FnMut(&str, &str)) {
        let user = Schema::get().kind_named("user");
        let is_missing: Vec<bool> = element
            .children()
            .iter()
            .map(|child| {
                let named = Identity::of_reference(child, element.children());
                named.is_some_and(|own| Some(own.kind) == user) && target.account(child.text()).is_none()
            })
            .collect();
        let Some(children) = element.children_mut() else { return };
        for (child, is_missing) in children.iter_mut().zip(&is_missing) {
            if *is_missing {
                each(child.text(), child.tag());
                child.content = Content::Text(self.0.as_str().into());
            }
            self.within(child, target, each);
        }
        let mut is_missing = is_missing.into_iter();
        let mut several = Vec::new();
        children.retain(|child| {
            let is_missing = is_missing.next().unwrap_or_default();
            let is_again = child.tag() == "user" && several.contains(child);
            if child.tag() == "user" {
                several.push(child.clone());
            }
            // A field of several users names nobody twice.
            let only_followed = is_missing && ["watcher", "voter"].contains(&child.tag());
            !is_again && !only_followed
        });
    }
}
