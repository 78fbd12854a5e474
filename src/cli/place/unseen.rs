//! What an instance cannot show: told to whoever reads it.
//!
//! Invariant: what another try may show stops whatever would hold or compare all of it; what will never be shown is told.

use std::collections::{BTreeMap, BTreeSet};

use crate::fault::{Fault, Kind};
use crate::model::{Asked, Unseen};
use crate::plan::{describe_unseen, not_shown};
use crate::schema::{DeclId, KindId, Schema};
use crate::ui::{Ui, plural};

/// Tells what cannot be seen, once for each reason.
pub(in crate::cli) fn tell(ui: &Ui, unseen: &Unseen) {
    not_shown(&describe_unseen("instance", unseen)).iter().for_each(|told| ui.warning(told));
}

/// Tells where nobody has looked for what else uses objects of some kinds.
pub(in crate::cli) fn tell_unasked(ui: &Ui, unseen: &Unseen, kinds: impl IntoIterator<Item = KindId>) {
    let schema = Schema::get();
    let kinds: BTreeSet<KindId> = kinds.into_iter().collect();
    let mut places: BTreeMap<(KindId, Option<DeclId>), usize> = BTreeMap::new();
    for gap in unseen.unasked() {
        let element = gap.property.unwrap_or(schema.kind(gap.kind).declaration);
        let may_use = |kind: &KindId| gap.asked != Asked::ForUsesOf(*kind) && schema.may_name(element, *kind);
        if kinds.iter().any(may_use) {
            *places.entry((gap.kind, gap.property)).or_default() += 1;
        }
    }
    if places.is_empty() {
        return;
    }
    let place = |((kind, property), count): (&(KindId, Option<DeclId>), &usize)| {
        let words = schema.kind(*kind).in_words();
        match property {
            Some(own) => format!("{} (`{}`)", plural(*count, &words), schema.declaration(*own).name),
            None => format!("other {words}s"),
        }
    };
    let places: Vec<String> = places.iter().map(place).collect();
    ui.note(&format!("not read, though it may be used there, too: {}", places.join(", ")));
}

/// Tells what cannot be seen; a fault if another try may show some of it.
pub(in crate::cli) fn check(ui: &Ui, unseen: &Unseen) -> Result<(), Fault> {
    let passing: Vec<String> =
        unseen.iter().filter(|gap| gap.is_passing).map(|gap| gap.to_string()).collect();
    if passing.is_empty() {
        tell(ui, unseen);
        return Ok(());
    }
    let message = format!("the instance does not show {} at the moment", plural(passing.len(), "part"));
    let mut fault = Fault::new(Kind::Unseen, message).hint("try again later");
    fault.causes = passing;
    Err(fault)
}
