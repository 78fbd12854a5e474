//! Which instance a saved plan is for, and whether that is where it goes.
//!
//! Invariant: a plan changes the instance that it was made for, or another one only if the user names that as another one.

use super::super::place;
use super::called::{Called, again, again_on};
use crate::fault::{Fault, Kind};
use crate::import::Target;
use crate::instance::{Address, Location, Reading, Remote, Way, shell_word, without_password};
use crate::rest::Site;
use crate::ui::Ui;

/// Says for which instance a plan is made.
pub(in crate::cli) fn target(location: &Location, reading: &Reading) -> Target {
    Target {
        kind: location.kind().name().to_owned(),
        location: location.resolved(),
        server: reading.server.clone(),
        id: reading.id.clone(),
        jira: reading.version.clone(),
        sha256: String::new(),
    }
}

/// Where a plan is to go.
pub(in crate::cli) struct Goal {
    /// The place.
    pub(in crate::cli) location: Location,
    /// What the user calls it.
    name: String,
    /// Whether the user has named it as another instance than that of the plan.
    is_other: bool,
}

/// Finds where a plan is to go: where it was made for, unless the user says otherwise; `other` names another instance.
pub(in crate::cli) fn goal(plan: &Target, named: Option<&str>, other: Option<&str>) -> Result<Goal, Fault> {
    let goal = |name: &str, is_other| {
        Ok(Goal { location: place::existing(Some(name))?, name: without_password(name), is_other })
    };
    match (named, other) {
        (Some(named), Some(other)) => {
            let (named, goal) = (goal(named, false)?, goal(other, true)?);
            match named.location.is_same(&goal.location) {
                true => Ok(goal),
                false => Err(Fault::usage("`-i` and `--to` name two instances").hint("leave `-i` out")),
            }
        }
        (None, Some(other)) => goal(other, true),
        (Some(named), None) => goal(named, false),
        (None, None) => {
            let location = place::written_down(&plan.location).map_err(|fault| {
                fault.hint(format!(
                    "the plan was made for that one; for another instance: {}",
                    again(None, "--to INSTANCE")
                ))
            })?;
            Ok(Goal { location, name: plan.location.clone(), is_other: false })
        }
    }
}

impl Goal {
    /// Returns the same place, changed that way.
    pub(in crate::cli) fn by(self, way: Way) -> Self {
        Self { location: self.location.by(way), ..self }
    }

    /// Returns what it is called.
    pub(in crate::cli) fn called(&self) -> Called {
        Called::new(Some(&self.name), &self.location)
    }

    /// Refuses to go on if this is not the instance of the plan, unless the user has named it as another one, or does so when
    /// asked; `anew` is the command that makes a plan for this one.
    pub(in crate::cli) fn agreed(
        &self,
        ui: &Ui,
        plan: &Target,
        reading: &Reading,
        (yes, anew): (bool, &str),
    ) -> Result<(), Fault> {
        let differences = self.differences(plan, reading);
        if differences.is_empty() || self.is_other {
            return Ok(());
        }
        let elsewhere = (self.name != plan.location).then(|| {
            format!("to apply it to the instance that it was made for: {}", again_on(&plan.location))
        });
        let name = &self.name;
        let message = "the plan was made for another instance, and nothing was changed";
        let mut fault = Fault::new(Kind::Refused, message)
            .hint_if(elsewhere)
            .hint(format!(
                "to apply it to this one anyway: {}",
                again(None, &format!("--to {}", shell_word(name)))
            ))
            .hint(format!("or make a plan for this instance: {anew}"));
        if !yes {
            differences.iter().for_each(|difference| ui.warning(difference));
            match ui.ask_text(&format!("Type `{name}` to apply the plan to that instance anyway:")) {
                Some(answer) if answer == *name => return Ok(()),
                Some(_) => return Err(Fault::new(Kind::Interrupted, "nothing was changed")),
                None => {}
            }
        }
        fault.causes = differences;
        Err(fault)
    }

    /// Says how this is another instance than that of the plan.
    fn differences(&self, plan: &Target, reading: &Reading) -> Vec<String> {
        let mut differences = Vec::new();
        let planned = match (Address::parse(&plan.location), Site::parse(&plan.location)) {
            (Ok(address), _) => Location::from(address),
            (_, Ok(site)) => Location::from(Remote::new(site)),
            _ => Location::Path(plan.location.clone().into()),
        };
        if !planned.is_same(&self.location) {
            differences.push(format!(
                "it was made for `{}`, and this is `{}`",
                plan.location,
                self.location.resolved()
            ));
        }
        let own = target(&self.location, reading);
        if own.kind != plan.kind {
            differences.push(format!(
                "it was made for {}, and this is {}",
                what(&plan.kind),
                what(&own.kind)
            ));
        }
        let shown = |id: &Option<String>| id.as_ref().map_or("none".to_owned(), |id| format!("`{id}`"));
        for (name, planned, is) in
            [("server id of its Jira", &plan.server, &own.server), ("id of its file", &plan.id, &own.id)]
        {
            if planned != is {
                differences.push(format!("the {name} was {}, and here it is {}", shown(planned), shown(is)));
            }
        }
        differences
    }
}

fn what(kind: &str) -> &'static str {
    match kind {
        "backup" => "a backup",
        "embedded" => "an embedded instance",
        "database" => "a database",
        _ => "something unknown",
    }
}
