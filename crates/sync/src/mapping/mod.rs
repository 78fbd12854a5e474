//! From an issue here to what is told of it, and from what was told to what is to be done here.
//!
//! Invariant: pure but for asking who somebody is; what the settings do not name is never told.

mod filter;
mod path;
mod receive;
mod tell;
mod values;

#[cfg(test)]
mod tests;

use crate::settings::{Direction, PartnerKey, Settings};
use crate::{
    Alias, ConfigVersion, Field, Hurdle, IssueKey, IssueState, Lookup, Mapping, News, Numbers, Part,
    PartRule, Parts, Steps, ToldIssue, Value,
};

pub use path::paths;
pub(crate) use path::{may_lead, path};

/// The settings of a half under one version of the configuration.
#[derive(Clone, Debug)]
pub struct Mapper {
    settings: Settings,
    version: ConfigVersion,
}

impl Mapper {
    /// The mapping of the master's settings of that version without what the slave has declined, or of the slave's as adopted.
    pub fn new(settings: Settings, version: ConfigVersion) -> Self {
        Self { settings, version }
    }

    /// The settings.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }
}

impl Mapping for Mapper {
    fn version(&self) -> &ConfigVersion {
        &self.version
    }

    fn parts(&self) -> Parts {
        Parts {
            comments: self.settings.comments.is_some(),
            worklogs: self.settings.worklogs.is_some(),
            attachments: self.settings.attachments.is_some(),
            links: !self.settings.links.is_empty(),
        }
    }

    fn rule(&self, part: Part<'_>) -> PartRule {
        let settings = &self.settings;
        let (direction, conflict) = match part {
            Part::Status => {
                let direction = Some(settings.workflow.direction).filter(|_| !settings.statuses.is_empty());
                (direction, settings.workflow.conflict.unwrap_or(settings.general.conflict))
            }
            Part::Field(alias) => {
                (settings.fields.get(alias).map(|rule| rule.direction), settings.conflict(alias))
            }
            Part::Link(alias) => {
                (settings.links.get(alias).map(|rule| rule.direction), settings.general.conflict)
            }
        };
        let tells = direction.is_some_and(Direction::sends);
        let takes = direction.is_some_and(Direction::receives);
        PartRule { tells, takes, conflict }
    }

    fn field(&self, alias: &Alias, _: &IssueState) -> Option<Field> {
        self.settings.fields.get(alias).map(|rule| rule.local.clone())
    }

    fn tell(
        &self,
        issue: &IssueState,
        numbers: &mut dyn Numbers,
        jira: &mut dyn Lookup,
    ) -> Result<Option<ToldIssue>, Hurdle> {
        tell::tell(&self.settings, issue, numbers, jira)
    }

    fn receive(&self, news: &News, own: Option<&IssueState>, jira: &mut dyn Lookup) -> Result<Steps, Hurdle> {
        receive::receive(&self.settings, news, own, jira)
    }

    fn correlation(&self, partner: &IssueKey) -> Option<(Field, Value)> {
        match &self.settings.general.partner_key {
            PartnerKey::Property => None,
            PartnerKey::Field(field) => Some((field.clone(), Value::Text(partner.0.clone()))),
        }
    }
}
