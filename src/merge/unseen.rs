//! What one version could not see.
//!
//! Invariant: nobody removes what they do not see. A version has it as the base has it, so whatever the other one did with it
//! stays; and the result says of a part that it was not seen as the versions agree on that.

use std::borrow::Cow;
use std::collections::HashSet;

use crate::model::{Config, Element, Identity, Sides, Sight, Unseen};
use crate::schema::{Schema, UNSEEN};

/// Returns three versions, each with what it could not see as the base has it, and all with what the result says of that.
pub(super) fn as_far_as_seen<'c>(
    base: Option<&'c Config>,
    ours: &'c Config,
    theirs: &'c Config,
) -> (Option<Cow<'c, Config>>, Cow<'c, Config>, Cow<'c, Config>) {
    let of = |config: Option<&Config>| config.map(Config::unseen).unwrap_or_default();
    let unseen = Sides { base: of(base), ours: of(Some(ours)), theirs: of(Some(theirs)) };
    if unseen.base.is_empty() && unseen.ours.is_empty() && unseen.theirs.is_empty() {
        return (base.map(Cow::Borrowed), Cow::Borrowed(ours), Cow::Borrowed(theirs));
    }
    let words = agreed(&unseen).spelled();
    let version = |config: &Config, unseen: &Unseen| {
        let mut root = config.root().clone();
        if let Some(base) = base {
            let objects = config.root().children().iter().flat_map(Element::children);
            let has: HashSet<Identity> = objects.filter_map(Identity::of_definition).collect();
            let lacks = |identity: &Identity| !has.contains(identity);
            Sight::new(unseen, None).fill(&mut root, base.root(), &lacks);
        }
        let schema = Schema::get();
        if let Some(number) = schema.attribute(schema.declaration(schema.root()).ty, UNSEEN) {
            root.attributes.retain(|(own, _)| *own != number);
            words.iter().for_each(|words| root.set_attribute(number, words.as_str()));
        }
        Cow::Owned(Config::new(root))
    };
    (
        base.map(|base| version(base, &Unseen::default())),
        version(ours, &unseen.ours),
        version(theirs, &unseen.theirs),
    )
}

/// Returns what the result says that it does not show, part by part: what both say, or else what one of them has changed.
fn agreed(unseen: &Sides<Unseen>) -> Unseen {
    let all = unseen.ours.iter().chain(unseen.theirs.iter());
    let mut agreed = Unseen::default();
    agreed.extend(
        all.filter(|gap| {
            let Sides { base, ours, theirs } = unseen;
            if ours.contains(gap) == theirs.contains(gap) { ours.contains(gap) } else { !base.contains(gap) }
        })
        .cloned(),
    );
    agreed
}
