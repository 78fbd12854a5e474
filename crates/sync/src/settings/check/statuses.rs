//! Whether statuses are there, and whether an issue can get from each to each.
//!
//! Invariant: what is said to be reachable here is what `mapping` finds a path to, and where the ways are not known nothing is said.

use super::{Check, instead};
use crate::mapping::may_lead;
use crate::settings::Unmapped;

pub(super) fn check(check: &mut Check<'_>) {
    let settings = check.settings;
    let mut names: Vec<_> = settings.workflow.prefer.iter().chain(&settings.workflow.avoid).collect();
    names.dedup();
    for name in names {
        let mut transitions = check.catalogue.types.iter().flat_map(|own| &own.transitions);
        let all_known = check.catalogue.types.iter().all(|own| own.unlearned.is_empty());
        if all_known && !transitions.any(|own| own.name == *name) {
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
                    .filter(|from| !may_lead(kind, from, receive, &settings.workflow))
                    .map(|from| format!("\"{from}\""))
                    .collect();
                if !from.is_empty() {
                    let from_new = !may_lead(kind, &kind.initial, receive, &settings.workflow);
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
    if !settings.statuses.is_empty() && settings.workflow.direction.receives() {
        unlearned(check);
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

/// Says of which statuses the ways out are not known, so that nobody can say whether an issue gets everywhere.
fn unlearned(check: &mut Check<'_>) {
    let settings = check.settings;
    for (alias, rule) in settings.types.iter().filter(|(_, rule)| rule.direction.receives()) {
        let Some(kind) = check.kind(&rule.local).filter(|own| !own.unlearned.is_empty()) else { continue };
        let (name, from) = (kind.name.clone(), kind.unlearned.join("\", \""));
        let what =
            format!("no issue of type \"{name}\" is in \"{from}\": the ways out of there are not known");
        let hint = "they are known as soon as an issue is there; one that has to go through such a status waits for that";
        check.tell(false, &format!("types.{alias}"), what, hint);
    }
}
