//! What the choices for an import name in vain: a slip of the pen there would go unnoticed.
//!
//! Invariant: what alone is to be imported is there, or nothing is.

use std::collections::HashSet;

use crate::fault::{Fault, Faults};
use crate::model::{Config, Element, Identity, near};
use crate::plan::{Options, Plan, Selector};
use crate::ui::Ui;

/// Warns of choices that name nothing in the file, and of statuses that no issue gets.
pub(in crate::cli) fn warn(ui: &Ui, file: &Config, options: &Options, plan: &Plan) {
    let (described, mentioned) = identities(file);
    for (kind, name) in options.mapping.unused(mentioned.iter()) {
        ui.warning(&format!("the mapping file names {kind} `{name}`, which the configuration file lacks"));
    }
    // What is refused may need one.
    let unneeded = options.mapping.unused_statuses(plan.moves.iter()).filter(|_| plan.refused.is_empty());
    for (workflow, issue_type, status) in unneeded {
        ui.warning(&format!(
            "the mapping file says what becomes of status `{status}` of `{issue_type}` in workflow \
             `{workflow}`, but no issue needs that"
        ));
    }
    let is_retyped = |project: Option<&str>, issue_type: &str| {
        let own = |own: &crate::import::Move| {
            own.new_type.is_some()
                && own.issue_type_name == issue_type
                && project.is_none_or(|project| own.project_key == project)
        };
        plan.moves.iter().any(own) || !plan.refused.is_empty()
    };
    for (project, issue_type) in options.mapping.unused_types(is_retyped) {
        let of = project.as_ref().map(|project| format!(" of project {project}")).unwrap_or_default();
        ui.warning(&format!(
            "the mapping file says what becomes of issue type `{issue_type}`{of}, but no issue needs that"
        ));
    }
    let choices = [("--skip", &options.skip, &mentioned), ("--only", &options.only, &described)];
    for (option, selectors, objects) in choices {
        for selector in in_vain(selectors, objects) {
            let near = nearest(selector, objects).map(|near| format!("; {near}")).unwrap_or_default();
            ui.warning(&format!("`{option} {selector}` matches nothing in the configuration file{near}"));
        }
    }
}

/// Refuses to import nothing but what a file does not describe: whoever names one object alone wants that one. A kind of which it has
/// none is a choice that fits many files.
pub(in crate::cli) fn refuse(file: &Config, options: &Options) -> Result<(), Faults> {
    let named: Vec<Selector> = options.only.iter().filter(|own| own.name().is_some()).cloned().collect();
    if named.is_empty() {
        return Ok(());
    }
    let (described, _) = identities(file);
    let fault = |own: &Selector| {
        Fault::input(format!("`--only {own}` matches nothing in the configuration file"))
            .hint_if(nearest(own, &described))
    };
    let faults: Vec<Fault> = in_vain(&named, &described).map(fault).collect();
    if faults.is_empty() { Ok(()) } else { Err(Faults(faults)) }
}

fn in_vain<'s>(
    selectors: &'s [Selector],
    objects: &'s HashSet<Identity>,
) -> impl Iterator<Item = &'s Selector> {
    selectors.iter().filter(|own| !objects.iter().any(|object| own.selects(object)))
}

/// Says what of its kind has nearly the name that a selector has.
fn nearest(selector: &Selector, objects: &HashSet<Identity>) -> Option<String> {
    let of_kind = objects.iter().filter(|own| selector.is_of_kind(own));
    let mut names: Vec<String> = of_kind.map(|own| own.numbered_name().into_owned()).collect();
    names.sort();
    near(selector.name()?, names.iter().map(String::as_str))
}

/// Returns what a file describes, and with it what it only mentions.
fn identities(file: &Config) -> (HashSet<Identity>, HashSet<Identity>) {
    let objects = file.root().children().iter().flat_map(Element::children);
    let (mut described, mut mentioned) = (HashSet::new(), HashSet::new());
    for object in objects {
        described.extend(Identity::of_definition(object));
        crate::plan::each_reference(object, &mut |own| {
            mentioned.insert(own);
        });
    }
    mentioned.extend(described.iter().cloned());
    (described, mentioned)
}
