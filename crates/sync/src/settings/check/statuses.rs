//! Whether statuses are there, and whether an issue can get from each to each.
//!
//! Invariant: what is said to be reachable here is what `mapping` finds a path to.

use super::{Check, instead};
use crate::mapping::path;
use crate::settings::Unmapped;

pub(super) fn check(check: &mut Check<'_>) {
    let settings = check.settings;
    let mut names: Vec<_> = settings.workflow.prefer.iter().chain(&settings.workflow.avoid).collect();
    names.dedup();
    for name in names {
        let mut transitions = check.catalogue.types.iter().flat_map(|own| &own.transitions);
        if !transitions.any(|own| own.name == *name) {
            let all = check.catalogue.types.iter().flat_map(|own| &own.transitions);
            let hint = instead(name, all.map(|own| own.name.as_str()));
            check.wrong("workflow", format!("no workflow has a transition \"{name}\""), hint);
        }
    }
    for (alias, rules) in &settings.statuses {
        let table = format!("status.{alias}");
        for rule in rules {
            let kinds = check.kinds(rule.types.as_ref());
            for local in rule.local.iter().chain(&rule.receive) {
                let has = |statuses: &[String]| statuses.iter().any(|own| own == local);
                if !kinds.is_empty() && !kinds.iter().any(|(_, _, kind)| has(&kind.statuses)) {
                    let all = kinds.iter().flat_map(|(_, _, kind)| &kind.statuses);
                    let hint = instead(local, all.map(String::as_str));
                    check.wrong(
                        &table,
                        format!("no workflow of these types has the status \"{local}\""),
                        hint,
                    );
                }
            }
            let Some(receive) = &rule.receive else { continue };
            for (_, direction, kind) in kinds {
                let takes = direction.receives() && settings.workflow.direction.receives();
                if !takes || !kind.statuses.contains(receive) {
                    continue;
                }
                let from: Vec<_> = kind
                    .statuses
                    .iter()
                    .filter(|from| path(kind, from, receive, &settings.workflow).is_none())
                    .map(|from| format!("\"{from}\""))
                    .collect();
                if !from.is_empty() {
                    let from_new = path(kind, &kind.initial, receive, &settings.workflow).is_none();
                    let what = format!(
                        "an issue of type \"{}\" cannot get to \"{receive}\" from {}",
                        kind.name,
                        from.join(", ")
                    );
                    let hint = "add a transition to its workflow, take it out of `avoid`, or choose another `receive`";
                    check.tell(from_new, &table, what, hint);
                }
            }
        }
    }
    if settings.statuses.is_empty() || !settings.workflow.direction.sends() {
        return;
    }
    for (alias, rule) in settings.types.iter().filter(|(_, rule)| rule.direction.sends()) {
        let Some(kind) = check.kind(&rule.local) else { continue };
        let loose: Vec<_> = kind
            .statuses
            .iter()
            .filter(|own| settings.status_alias(own, alias).is_none())
            .map(|own| format!("\"{own}\""))
            .collect();
        if !loose.is_empty() && settings.workflow.unmapped == Unmapped::Error {
            let what = format!("statuses of \"{}\" have no alias: {}", rule.local, loose.join(", "));
            let hint = "an issue in one of them will be in error: add them to the `local` of one, or write `[workflow]` with `unmapped = \"skip\"`";
            check.tell(false, "workflow", what, hint);
        }
    }
}
