//! An issue as its user sees it, from its rows.
//!
//! Invariant: a field whose rows are not understood is unseen, never empty; what is for others only is not there.

use std::collections::{BTreeMap, BTreeSet};

use pcfg_sync::{
    Attachment, Comment, Handle, IssueKey, IssueState, Link, LinkEnd, Marker, Parts, Restriction, Touched,
    Worklog,
};

use super::desk::Desk;
use super::fields::{Shape, custom_shape, system_shapes};
use super::marks::INTERNAL;
use super::rows::Called;
use super::values::{self, Sources};
use crate::entity::DataRow;

/// Where a kind of rows with an author tells who may see them, and whose properties theirs are.
struct Said {
    group: &'static str,
    owner: &'static str,
}

const COMMENT: Said = Said { group: "level", owner: "CommentProperty" };
const WORKLOG: Said = Said { group: "grouplevel", owner: "WorklogProperty" };

impl Desk<'_> {
    /// Returns an issue by its row.
    pub(super) fn state(&self, key: &IssueKey, issue: DataRow, parts: Parts) -> Called<IssueState> {
        let ground = self.ground();
        let id = issue.id("id").unwrap_or(0);
        let sources = Sources::of(self.rows, issue)?;
        let shapes = self.shapes(&sources);
        let (mut fields, mut unseen) = (BTreeMap::new(), BTreeSet::new());
        for shape in &shapes {
            match values::read(self.rows, ground, shape, &sources) {
                Some(singles) => {
                    fields.extend(values::value(shape, &singles).map(|own| (shape.field.clone(), own)));
                }
                None => {
                    unseen.insert(shape.field.clone());
                }
            }
        }
        for id in custom_ids(&sources) {
            if custom_shape(ground, &id).is_none() {
                unseen.extend(values::unseen_field(ground, &id));
            }
        }
        let issue = &sources.issue;
        let (touched, status_touched) = self.touched(issue, &shapes)?;
        let name = |kind: &str, column: &str| {
            let id = issue.text(column).unwrap_or_default();
            ground.name(kind, id).unwrap_or(id).to_owned()
        };
        let creator = issue.text("creator").or_else(|| issue.text("reporter"));
        let created = Touched {
            at: self.rows.time_of(issue, "created"),
            by: creator.and_then(|key| ground.user_name(key)),
        };
        Ok(IssueState {
            key: key.clone(),
            version: self.version(issue)?,
            marker: self.marker_of("IssueProperty", id)?,
            kind: name("issueType", "type"),
            status: name("status", "status"),
            status_touched: status_touched.unwrap_or_else(|| created.clone()),
            parent: self.parent(id)?,
            fields,
            unseen,
            touched,
            comments: if parts.comments { self.comments(id)? } else { Vec::new() },
            worklogs: if parts.worklogs { self.worklogs(id)? } else { Vec::new() },
            attachments: if parts.attachments { self.attachments(id)? } else { Vec::new() },
            links: if parts.links { self.links(id)? } else { BTreeSet::new() },
            created,
        })
    }

    /// Returns the fields of which an issue may have values: Jira's own, and the custom ones that it has rows of.
    fn shapes(&self, sources: &Sources) -> Vec<Shape> {
        let mut shapes = system_shapes();
        let mut ids = custom_ids(sources);
        ids.extend(sources.labels.iter().filter_map(|own| {
            own.row.text("fieldid").map(|id| id.trim_start_matches("customfield_").to_owned())
        }));
        shapes.extend(ids.iter().filter_map(|id| custom_shape(self.ground(), id)));
        // The history knows fields that are empty now, too.
        for own in self.facts.types.iter().flat_map(|ty| &ty.fields) {
            if !shapes.iter().any(|shape| shape.field == own.shape.field) {
                shapes.push(own.shape.clone());
            }
        }
        shapes
    }

    fn parent(&self, id: u64) -> Called<Option<IssueKey>> {
        let Some(kind) = self.ground().subtask_link() else { return Ok(None) };
        for own in self.rows.find("IssueLink", "destination", id)? {
            if own.row.get("linktype") == Some(kind)
                && let Some(source) = own.row.id("source")
            {
                return self.key_of_id(source);
            }
        }
        Ok(None)
    }

    fn restriction(&self, row: &DataRow, said: &Said) -> Called<Option<Restriction>> {
        if let Some(group) = row.text(said.group) {
            let spelled = self.ground().names.group(group);
            return Ok(Some(Restriction::Group(spelled.map_or_else(|| group.to_owned(), |own| own.text))));
        }
        if let Some(role) = row.text("rolelevel") {
            let name = self.ground().name("projectRole", role);
            return Ok(Some(Restriction::Role(name.unwrap_or(role).to_owned())));
        }
        if said.owner != COMMENT.owner {
            return Ok(None);
        }
        let public = self.property_of(said.owner, row.id("id").unwrap_or(0), INTERNAL)?;
        let is_internal = public.is_some_and(|own| {
            let parsed: Result<serde_json::Value, _> = serde_json::from_str(&own);
            parsed.is_ok_and(|own| own.get("internal").is_some_and(|own| *own == true || *own == "true"))
        });
        Ok(is_internal.then_some(Restriction::Internal))
    }

    fn person(&self, row: &DataRow, column: &str) -> Option<String> {
        self.ground().user_name(row.text(column)?)
    }

    fn updated(&self, row: &DataRow) -> Touched {
        let by = self.person(row, "updateauthor").or_else(|| self.person(row, "author"));
        let column = if row.text("updated").is_some() { "updated" } else { "created" };
        Touched { at: self.rows.time_of(row, column), by }
    }

    fn comments(&self, issue: u64) -> Called<Vec<Comment>> {
        let mut comments = Vec::new();
        for row in self.in_order("Action", issue)?.into_iter().filter(DataRow::counts) {
            if !self.rights().may_read(&row, COMMENT.group) {
                continue;
            }
            let id = row.id("id").unwrap_or(0);
            comments.push(Comment {
                handle: Handle(id.to_string()),
                author: self.person(&row, "author"),
                author_shown: row.text("author").and_then(|key| self.ground().shown(key)),
                created: self.rows.time_of(&row, "created"),
                updated: self.updated(&row),
                body: values::lines(row.get("body").unwrap_or_default()),
                restriction: self.restriction(&row, &COMMENT)?,
                marker: self.marker_of(COMMENT.owner, id)?,
            });
        }
        Ok(comments)
    }

    fn worklogs(&self, issue: u64) -> Called<Vec<Worklog>> {
        let mut worklogs = Vec::new();
        for row in self.in_order("Worklog", issue)? {
            if !self.rights().may_read(&row, WORKLOG.group) {
                continue;
            }
            let id = row.id("id").unwrap_or(0);
            worklogs.push(Worklog {
                handle: Handle(id.to_string()),
                author: self.person(&row, "author"),
                author_shown: row.text("author").and_then(|key| self.ground().shown(key)),
                started: self.rows.time_of(&row, "startdate"),
                seconds: row.get("timeworked").and_then(|own| own.trim().parse().ok()).unwrap_or(0),
                comment: values::lines(row.get("body").unwrap_or_default()),
                updated: self.updated(&row),
                restriction: self.restriction(&row, &WORKLOG)?,
                marker: self.marker_of(WORKLOG.owner, id)?,
            });
        }
        Ok(worklogs)
    }

    fn attachments(&self, issue: u64) -> Called<Vec<Attachment>> {
        let markers = self.attachment_markers(issue)?;
        let rows = self.in_order("FileAttachment", issue)?;
        Ok(rows.iter().map(|row| self.attachment(row, markers.get(&row.id("id").unwrap_or(0)))).collect())
    }

    /// Returns an attachment by its row.
    pub(super) fn attachment(&self, row: &DataRow, marker: Option<&Marker>) -> Attachment {
        Attachment {
            handle: Handle(row.id("id").unwrap_or(0).to_string()),
            author: self.person(row, "author"),
            name: row.get("filename").unwrap_or_default().to_owned(),
            mime: row.text("mimetype").unwrap_or("application/octet-stream").to_owned(),
            size: row.id("filesize").unwrap_or(0),
            created: self.rows.time_of(row, "created"),
            marker: marker.cloned(),
        }
    }

    fn links(&self, issue: u64) -> Called<BTreeSet<Link>> {
        let types = self.ground().link_types();
        let mut links = BTreeSet::new();
        for (end, own, other) in
            [(LinkEnd::Outward, "source", "destination"), (LinkEnd::Inward, "destination", "source")]
        {
            for found in self.rows.find("IssueLink", own, issue)? {
                let kind = types.iter().find(|(id, _)| found.row.get("linktype") == Some(id));
                let to = match found.row.id(other) {
                    Some(id) => self.key_of_id(id)?,
                    None => None,
                };
                // The type may be gone, and so may the other issue.
                if let (Some((_, kind)), Some(to)) = (kind, to) {
                    links.insert(Link { kind: kind.name.clone(), end, to });
                }
            }
        }
        Ok(links)
    }

    /// Returns the rows of an issue by their time, and by their age where that agrees.
    fn in_order(&self, table: &'static str, issue: u64) -> Called<Vec<DataRow>> {
        let mut rows: Vec<DataRow> =
            self.rows.find(table, "issue", issue)?.into_iter().map(|own| own.row).collect();
        rows.sort_by_cached_key(|row| (self.rows.time_of(row, "created"), row.id("id")));
        Ok(rows)
    }
}

/// Returns the ids of the custom fields that an issue has rows of, if these hold anything.
fn custom_ids(sources: &Sources) -> BTreeSet<String> {
    let held = sources.values.iter().filter(|own| {
        ["stringvalue", "numbervalue", "textvalue", "datevalue"]
            .iter()
            .any(|column| own.row.get(column).is_some())
    });
    held.filter_map(|own| own.row.text("customfield").map(str::to_owned)).collect()
}
