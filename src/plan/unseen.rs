//! What nobody sees of a target or a file, where a plan has to do with it.
//!
//! Invariant: nothing that is unseen is compared, changed or removed; what an import would have to know for it is refused.

use indexmap::IndexMap;
use serde::Serialize;

use super::Reason;
use super::guard::said::path;
use crate::model::{Element, Gap, Identity, Unseen};
use crate::schema::Schema;

/// The cause of refusals of what is not seen.
pub(super) const CODE: &str = "unseen";

/// What cannot be shown, for machines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(rename = "Gap"))]
#[serde(rename_all = "camelCase")]
pub struct DescribedGap {
    /// Who cannot show it: `instance` or `file`; of a difference `old` or `new`.
    #[cfg_attr(test, schemars(extend("enum" = ["instance", "file", "old", "new"])))]
    pub side: &'static str,
    /// The kind of object.
    pub kind: String,
    /// The one object, if it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The one property, if it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub property: Option<String>,
    /// Why, where that is known.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub why: String,
    /// Whether another try may show it.
    pub passing: bool,
    /// What it is, in words.
    #[serde(skip)]
    what: String,
}

/// Says what is not shown, a sentence for each side and reason.
pub fn not_shown<'g>(gaps: impl IntoIterator<Item = &'g DescribedGap>) -> Vec<String> {
    let mut by_reason: IndexMap<(&str, &str), Vec<&str>> = IndexMap::new();
    for gap in gaps {
        by_reason.entry((gap.side, &gap.why)).or_default().push(&gap.what);
    }
    let sentence = |((side, why), what): ((&str, &str), Vec<&str>)| {
        let colon = if why.is_empty() { "" } else { ": " };
        format!("the {side} does not show {}{colon}{why}", what.join("; "))
    };
    by_reason.into_iter().map(sentence).collect()
}

/// Describes what one side cannot show.
pub fn described(side: &'static str, unseen: &Unseen) -> Vec<DescribedGap> {
    let schema = Schema::get();
    let gap = |own: &Gap| DescribedGap {
        side,
        kind: schema.kind(own.kind).name.clone(),
        name: own.object.as_ref().map(Identity::to_string),
        property: own.property.map(|property| schema.declaration(property).name.clone()),
        why: own.why.clone(),
        passing: own.is_passing,
        what: own.what(),
    };
    unseen.not_shown().map(gap).collect()
}

/// Says why nothing can be done about an object that the target does not show.
pub(super) fn hidden(identity: &Identity, gap: &Gap) -> Reason {
    let kind = Schema::get().kind(identity.kind);
    // All people who have to be looked for have one cause.
    if kind.name == "user" && gap.object.is_none() && !gap.is_passing {
        return Reason {
            code: CODE,
            path: path(identity),
            message: "the target shows no account of this name, and not all that it has".to_owned(),
            help: "let the account be made in Jira first, which no import over REST does; or say in a mapping file (--map) which account it is, \
                   below `[user]` in a line such as `\"NAME\" = { match = \"ACCOUNT\" }`; or leave the user out"
                .to_owned(),
        };
    }
    let message = match gap.object {
        Some(_) => format!("what {} `{identity}` is like cannot be seen in the target", kind.in_words()),
        None => format!("whether there is a {} `{identity}` cannot be seen in the target", kind.in_words()),
    };
    let message = if gap.why.is_empty() { message } else { format!("{message}: {}", gap.why) };
    let help = match gap.is_passing {
        true => "try again, or leave the object out".to_owned(),
        false => format!(
            "use an account that may see it, leave the object out, or leave out all of its kind: `--skip {}`",
            kind.name
        ),
    };
    Reason { code: CODE, path: path(identity), message, help }
}

/// Says what a new object lacks because it could not be seen where the file comes from.
pub(super) fn made_without(unseen: &Unseen, object: &Element) -> Vec<String> {
    let schema = Schema::get();
    let Some(kind) = schema.declaration(object.declaration).kind else { return Vec::new() };
    let is_lacking = |gap: &&Gap| match gap.property {
        Some(property) => gap.kind == kind && object.child(property).is_none(),
        None => schema.kind(gap.kind).within.contains(&schema.kind(kind).name),
    };
    let lacking = unseen.iter().filter(is_lacking);
    lacking.map(|gap| format!("it is made without what the file does not show: {}", gap.what())).collect()
}
