//! What is counted of issues while a plan is made: those that an import moves, and which projects have some.
//!
//! Invariant: what nobody could count is a failure, and whatever may take something from those issues is refused.

use std::collections::{BTreeMap, BTreeSet};

use super::rows::Rows;
use super::{Ground, Issues, moved, retyped};
use crate::entity::{Move, Standing, Tables};
use crate::import::Migration;
use crate::mapping::{self, Moving, NoType, Unwritable};
use crate::model::Path;
use crate::plan::Step;
use crate::rest::{Edition, Failure};

impl Rows {
    /// Returns what becomes of issues, with the ids of those that get another type; or why nobody could count them.
    pub(super) fn issues(
        &self,
        changed: &Tables,
        migration: Migration<'_>,
    ) -> Result<(Moving, Issues), Failure> {
        let never = retyped::never(self.edition);
        let counts = self.counts.as_ref();
        // Whoever lists no issues moves none.
        let is_kept = never.is_some() || counts.is_none();
        let kept = Migration { issue_type: &|_, _| None, ..migration };
        let (mut tables, mut issues) = (self.now().clone(), Issues::new());
        if let Some(counts) = counts {
            let mut asked = mapping::in_question(&self.tables, changed);
            if asked.is_empty() {
                return Ok((Moving::default(), issues));
            }
            let wanted = if is_kept { Vec::new() } else { retyped::wanted(changed, &asked, migration) };
            let is_listed = |own: &Standing| {
                wanted.iter().any(|(project, ty)| *project == own.project && *ty == own.issue_type)
            };
            asked.retain(|own| !is_listed(own));
            issues = retyped::found(&tables, &wanted, counts)?;
            tables.usage.standings = counts.of(asked)?;
            let listed = issues.iter().map(|(standing, ids)| (standing.clone(), ids.len() as u64));
            tables.usage.standings.extend(listed);
        }
        let mut moving = mapping::moves(&tables, changed, if is_kept { kept } else { migration });
        if is_kept {
            for own in &mut moving.typeless {
                let wanted = (migration.issue_type)(&own.project, &own.issue_type.0);
                let why = NoType::NotHere(never.unwrap_or("nobody lists them here"));
                (own.offered, own.wanted) = (None, wanted.map(|wanted| (wanted, why)));
            }
        }
        retyped::refuse((self.now(), changed), &mut moving);
        Ok((moving, issues))
    }

    /// Returns the keys of issues whose former status may not come back, in words: somebody has to give it back to them by hand.
    pub(super) fn keys(&self, moves: &[Move]) -> Result<BTreeMap<Standing, String>, Failure> {
        let mut keys = BTreeMap::new();
        let Some(counts) = self.counts.as_ref().filter(|_| self.edition == Edition::Cloud) else {
            return Ok(keys);
        };
        for own in moves.iter().filter(|own| own.status != own.from.status) {
            let scheme = mapping::has_own_scheme(self.now(), &own.from.project);
            let workflow = own.from.workflow.as_deref().unwrap_or_default();
            if scheme && !mapping::has_status(self.now(), workflow, &own.status) {
                continue;
            }
            let (all, is_more) = counts.keys(&own.from)?;
            let more = if is_more { " and more" } else { "" };
            keys.insert(own.from.clone(), format!("{}{more}", all.join(", ")));
        }
        Ok(keys)
    }

    /// Returns the ids of the projects with issues that leave the scheme of all projects without one, or get it.
    pub(super) fn busy(&self, changed: &Tables) -> Result<BTreeSet<String>, Failure> {
        let Some(counts) = self.counts.as_ref().filter(|_| self.edition == Edition::Cloud) else {
            return Ok(BTreeSet::new());
        };
        let ground = Ground::new(self.edition, &self.known, &self.tables, changed);
        let mut busy = BTreeSet::new();
        for project in self.tables.rows("Project").iter().map(|row| row.id()) {
            let schemes = [&ground.before, &ground.after].map(|side| moved::scheme(side, project));
            let is_asked = schemes[0] != schemes[1] && schemes.contains(&None);
            if is_asked && counts.has_issues(project)? {
                busy.insert(project.to_owned());
            }
        }
        Ok(busy)
    }
}

/// Says of all that may take statuses and types from issues that nobody could count these.
pub(super) fn uncounted(steps: &[&Step], failure: &Failure) -> Vec<Unwritable> {
    const DECIDE: [&str; 4] = ["project", "issueTypeScheme", "workflowScheme", "workflowEntry"];
    let own = steps.iter().filter(|step| DECIDE.contains(&step.object.tag()));
    own.map(|step| Unwritable {
        object: Some(step.identity.clone()),
        path: Path::object(step.object.tag(), step.identity.name()),
        message: format!(
            "it may take the status or the type from issues, which could not be counted: {failure}"
        ),
        is_stored_twice: false,
    })
    .collect()
}
