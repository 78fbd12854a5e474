//! What the choices for an import name in vain: a slip of the pen there would go unnoticed.

use std::collections::HashSet;

use crate::model::{Config, Element, Identity};
use crate::plan::{Options, Plan};
use crate::ui::Ui;

/// Warns of choices that name nothing in the file, and of statuses that no issue gets.
pub(super) fn warn(ui: &Ui, file: &Config, options: &Options, plan: &Plan) {
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
        for selector in selectors.iter().filter(|own| !objects.iter().any(|object| own.selects(object))) {
            ui.warning(&format!("`{option} {selector}` matches nothing in the configuration file"));
        }
    }
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
