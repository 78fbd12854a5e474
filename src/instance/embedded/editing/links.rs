//! Links between issues, and sub-tasks.
//!
//! Invariant: a link is there once; both ends tell it in their history where both belong to the project, and rows of other projects stay
//! as they are.

use pcfg_sync::{IssueFault, LinkChange, LinkEnd};

use super::desk::Desk;
use super::history::Item;
use super::rows::Called;
use super::table::Found;
use super::values::refused;

impl Desk<'_> {
    /// Makes a link, or takes it away.
    pub(super) fn link(&self, change: &LinkChange) -> Called<()> {
        let issue = self.issue(&change.key)?;
        let gone = || IssueFault::NoIssue(change.to.clone());
        let other = self.any_issue(&change.to)?.ok_or_else(gone)?;
        let is_here = other.row.id("project") == Some(self.ground().project.id);
        if is_here && !self.rights().sees(self.ground(), &other.row) {
            return Err(gone());
        }
        let types = self.ground().link_types();
        let missing = || IssueFault::Missing { what: format!("link type `{}`", change.kind) };
        let (kind, facts) = types.iter().find(|(_, own)| own.name == change.kind).ok_or_else(missing)?;
        let ids = (issue.row.id("id").unwrap_or(0), other.row.id("id").unwrap_or(0));
        if ids.0 == ids.1 {
            return Err(refused(format!("{} cannot be linked with itself", change.key)));
        }
        let (source, destination) = match change.end {
            LinkEnd::Outward => ids,
            LinkEnd::Inward => (ids.1, ids.0),
        };
        let mut found = self.rows.find("IssueLink", "source", source)?;
        found.retain(|own| {
            own.row.get("linktype") == Some(kind) && own.row.id("destination") == Some(destination)
        });
        if found.is_empty() != change.there {
            return Ok(());
        }
        self.rights().must("LINK_ISSUES", Some(&issue.row), "link issues")?;
        if change.there {
            let mut row = self.rows.new_row("IssueLink")?;
            row.set("linktype", Some(kind));
            row.set("source", Some(&source.to_string()));
            row.set("destination", Some(&destination.to_string()));
            self.rows.insert(&row)?;
        } else {
            for own in &found {
                self.rows.delete("IssueLink", own.at)?;
            }
        }
        let (mine, its) = match change.end {
            LinkEnd::Outward => (&facts.outward, &facts.inward),
            LinkEnd::Inward => (&facts.inward, &facts.outward),
        };
        self.tell_link(&issue, mine, &change.to.0, change.there)?;
        if is_here {
            self.tell_link(&other, its, &change.key.0, change.there)?;
        }
        Ok(())
    }

    fn tell_link(&self, issue: &Found, words: &str, key: &str, there: bool) -> Called<()> {
        let when = self.touch(issue, &[])?;
        let side = (Some(key.to_owned()), Some(format!("This issue {words} {key}")));
        let (old, new) = if there { ((None, None), side) } else { (side, (None, None)) };
        self.tell(issue.row.id("id").unwrap_or(0), &when, &[Item::own("Link", old, new)])
    }

    /// Makes an issue a sub-task of another, the last of them.
    pub(super) fn link_parent(&self, parent: &Found, child: u64) -> Called<()> {
        let missing = || IssueFault::Missing { what: "the link type of sub-tasks".to_owned() };
        let kind = self.ground().subtask_link().ok_or_else(missing)?;
        let parent = parent.row.id("id").unwrap_or(0);
        let links = self.rows.find("IssueLink", "source", parent)?;
        let own = links.iter().filter(|own| own.row.get("linktype") == Some(kind));
        let next = own.filter_map(|own| own.row.id("sequence")).max().map_or(0, |last| last + 1);
        let mut row = self.rows.new_row("IssueLink")?;
        row.set("linktype", Some(kind));
        row.set("source", Some(&parent.to_string()));
        row.set("destination", Some(&child.to_string()));
        row.set("sequence", Some(&next.to_string()));
        self.rows.insert(&row)
    }
}
