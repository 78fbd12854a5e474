//! Which of the two models counts for a field configuration and for a scheme, and which step says what becomes of a field scheme.
//!
//! Invariant: nothing else decides it.

use super::super::{Ground, Side};
use crate::instance::live::associations::PREFIX;
use crate::instance::live::configurations::Model;
use crate::plan::Step;

/// What has a field configuration.
pub(super) enum Owner {
    /// Nothing: it is an object of its own.
    None,
    /// The field scheme of this id.
    Scheme(String),
    /// It would be part of a field scheme, and there is none that has it.
    Lacking,
}

pub(super) fn owner(ground: &Ground<'_>, configuration: &str) -> Owner {
    let entries = ground.after.with("FieldLayoutSchemeEntity", "fieldlayout", configuration);
    let mut schemes = entries.into_iter().filter_map(|row| row.text("scheme"));
    let scheme = schemes.find(|own| is_field_scheme(ground, own));
    match (scheme, ground.known.fields.0) {
        (Some(scheme), _) => Owner::Scheme(scheme.to_owned()),
        (None, Model::Schemes) => Owner::Lacking,
        (None, _) if configuration.starts_with(PREFIX) => Owner::Lacking,
        (None, _) => Owner::None,
    }
}

/// Returns whether what is told as a field configuration scheme is a field scheme.
pub(in crate::instance::live::write) fn is_field_scheme(ground: &Ground<'_>, scheme: &str) -> bool {
    match ground.known.fields.0 {
        Model::Schemes => true,
        Model::Configurations | Model::Unknown => false,
        Model::Both if ground.before.row("FieldLayoutScheme", scheme).is_some() => scheme.starts_with(PREFIX),
        // A project that has moved takes no others.
        Model::Both => {
            let projects = |side: &Side<'_>, own: &str| -> Vec<String> {
                let rows = side.with("NodeAssociation", "sinkNodeId", own).into_iter();
                let own = rows.filter(|row| row.get("sinkNodeEntity") == Some("FieldLayoutScheme"));
                own.filter_map(|row| row.text("sourceNodeId").map(str::to_owned)).collect()
            };
            let has_moved = |project: &String| {
                let rows = ground.before.with("NodeAssociation", "sourceNodeId", project).into_iter();
                let mut own = rows.filter(|row| row.get("sinkNodeEntity") == Some("FieldLayoutScheme"));
                own.any(|row| row.text("sinkNodeId").is_some_and(|own| own.starts_with(PREFIX)))
            };
            projects(&ground.after, scheme).iter().any(has_moved)
        }
    }
}

/// Returns the id of a field scheme as requests have it.
pub(in crate::instance::live::write) fn sent_id(ground: &Ground<'_>, scheme: &str) -> String {
    let sent = ground.sent("fieldConfigurationScheme", scheme);
    sent.strip_prefix(PREFIX).map_or(sent.clone(), str::to_owned)
}

/// Returns the steps that are about a field scheme, in their order.
fn steps_of<'g>(ground: &Ground<'g>, scheme: &str) -> Vec<&'g Step> {
    let is_own = |step: &&Step| {
        let id = ground.after.id(&step.identity);
        match (step.object.tag(), id) {
            ("fieldConfigurationScheme", Some(id)) => id == scheme,
            ("fieldConfiguration", Some(id)) => {
                matches!(owner(ground, &id), Owner::Scheme(own) if own == scheme)
            }
            _ => false,
        }
    };
    ground.steps().iter().copied().filter(is_own).collect()
}

/// Returns the step whose requests say all that becomes of a field scheme: the last one that is about it.
pub(super) fn speaker<'g>(ground: &Ground<'g>, scheme: &str) -> Option<&'g Step> {
    steps_of(ground, scheme).pop()
}

/// Returns the step whose requests say what becomes of the object of another step, if they do.
pub(in crate::instance::live::write) fn spoken_for<'g>(ground: &Ground<'g>, step: &Step) -> Option<&'g Step> {
    let id = ground.after.id(&step.identity)?;
    match (step.object.tag(), owner(ground, &id)) {
        ("fieldConfiguration", Owner::Scheme(scheme)) => speaker(ground, &scheme),
        _ => None,
    }
}

/// Returns whether the requests of another step say what becomes of the object of a step.
pub(in crate::instance::live::write) fn is_said_by_another(ground: &Ground<'_>, step: &Step) -> bool {
    let speaker = match (step.object.tag(), ground.after.id(&step.identity)) {
        ("fieldConfigurationScheme", Some(id)) if is_field_scheme(ground, &id) => speaker(ground, &id),
        _ => spoken_for(ground, step),
    };
    speaker.is_some_and(|own| !std::ptr::eq(own, step))
}
