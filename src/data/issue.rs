//! An issue with its fields, comments, worklogs, history, links and attachments: an element, made of its rows.
//!
//! Invariant: what comes out does not depend on ids but in their order, where times agree; and not on the order of the rows.

use std::collections::HashMap;

use indexmap::IndexMap;

use super::issue_rows::IssueRows;
use super::{History, Issues, Meanings, Notes, Ranks, Sprints, Stand, history, values};
use crate::entity::DataRow;
use crate::model::{Name, Node};

/// Makes elements of issues.
pub struct IssueReader<'a> {
    /// What ids mean.
    pub meanings: &'a Meanings,
    /// All issues of the place.
    pub issues: &'a Issues,
    /// Says whether an issue goes with the others, so that a link to it is told by one of both only.
    pub is_chosen: &'a dyn Fn(u64) -> bool,
    /// How much of the history is told.
    pub history: History,
}

/// What is gathered of an issue.
#[derive(Default)]
pub(super) struct Parts {
    pub(super) sprints: Vec<Node>,
    values: IndexMap<Name, Vec<Node>>,
}

impl Parts {
    /// Adds a value of a field.
    pub(super) fn value(&mut self, field: &Name, value: Node) {
        self.values.entry(field.clone()).or_default().push(value);
    }
}

/// What stands for a security level that no longer exists.
const GONE: &str = "a level that no longer exists";

/// The style of the type of links that make sub-tasks.
pub(crate) const SUBTASK: &str = "jira_subtask";

/// The style of the type of links that make parts of an epic.
pub(crate) const EPIC: &str = "jira_gh_epic_story";

impl IssueReader<'_> {
    /// Returns the element of an issue, and the ids of its attachments in their order; nothing if its row is not there.
    pub fn read(
        &self,
        stand: Stand,
        rows: &[DataRow],
        (sprints, ranks): (&mut Sprints, &mut Ranks),
        notes: &mut Notes,
    ) -> Option<(Node, Vec<u64>)> {
        let project = self.meanings.project(self.issues.project(stand))?;
        let key = format!("{project}-{}", stand.number());
        let rows = IssueRows::of(rows);
        let all = |table: &'static str| rows.all(table);
        let issue = all("Issue").next()?;
        let mut parts = Parts::default();
        for row in all("CustomFieldValue") {
            values::add(row, self.meanings, (project, &key), sprints, (&mut parts, notes));
        }
        for row in all("AO_60DB71_LEXORANK") {
            ranks.add(project, &key, row);
        }
        let mut labels = Vec::new();
        for row in all("Label") {
            let Some(label) = row.text("label") else { continue };
            match row.text("fieldid") {
                None => labels.push(Node::leaf("label", label)),
                Some(field) => {
                    let field = field.trim().trim_start_matches("customfield_");
                    match self.meanings.name("customField", field) {
                        Some(name) => parts.value(name, Node::leaf("text", label)),
                        None => notes.add("labels of fields that no longer exist", || key.clone()),
                    }
                }
            }
        }
        let of = Of { reader: self, key: &key, project };
        let links = of.links(stand, all("IssueLink"), notes);
        let moment = |attribute: &str, notes: &mut Notes| of.moment(issue, attribute, notes);
        let number = |attribute: &str| issue.id(attribute).map(|own| own.to_string());
        let archived = issue.get("archived").is_some_and(|own| own.eq_ignore_ascii_case("y"));
        let node = Node::new("issue")
            .text("number", stand.number().to_string())
            .with_all(
                all("MovedIssueKey")
                    .filter_map(|row| Some(Node::leaf("formerKey", row.text("oldIssueKey")?))),
            )
            .with_if(of.object(issue, "type", ("type", "issueType"), notes))
            .with_if(of.object(issue, "status", ("status", "status"), notes))
            .with_if(of.object(issue, "priority", ("priority", "priority"), notes))
            .with_if(of.object(issue, "resolution", ("resolution", "resolution"), notes))
            .text_if("summary", issue.get("summary"))
            .text_if("description", issue.get("description"))
            .text_if("environment", issue.get("environment"))
            .with_if(of.user(issue, "assignee", "assignee", notes))
            .with_if(of.user(issue, "reporter", "reporter", notes))
            .with_if(of.user(issue, "creator", "creator", notes))
            .text_if("created", moment("created", notes).as_deref())
            .text_if("updated", moment("updated", notes).as_deref())
            .text_if("resolved", moment("resolutiondate", notes).as_deref())
            .text_if("dueDate", issue.text("duedate").and_then(|own| self.meanings.zone.day(own)).as_deref())
            .text_if("originalEstimate", number("timeoriginalestimate").as_deref())
            .text_if("remainingEstimate", number("timeestimate").as_deref())
            .text_if("timeSpent", number("timespent").as_deref())
            .with_if(of.security(issue, notes));
        let node = if archived {
            let since = ["archiveddate", "updated", "created"];
            let since = since.iter().find_map(|attribute| moment(attribute, notes));
            node.text_if("archived", since.as_deref()).with_if(of.user(
                issue,
                "archivedby",
                "archivedBy",
                notes,
            ))
        } else {
            node
        };
        let fields = std::mem::take(&mut parts.values).into_iter().map(|(name, values)| {
            let values = unique(values, || format!("{key}: {}", name.text), notes);
            Node::new("value").with(name.reference("field")).with_all(values)
        });
        let fields: Vec<Node> = fields.collect();
        let mut node = node
            .with_all(links.others)
            .with_all(of.associations(all("NodeAssociation"), notes))
            .with_all(unique(labels, || key.clone(), notes))
            .with_all(unique(parts.sprints, || key.clone(), notes))
            .with_all(fields)
            .with_all(all("RemoteIssueLink").map(remote_link))
            .with_all(of.followers(all("UserAssociation"), notes))
            .with_all(of.properties(&rows, "IssueProperty", issue.id("id"), notes));
        if let Some(parent) = links.parent {
            node = node.with(parent);
        }
        if let Some(epic) = links.epic {
            node = node.with(epic);
        }
        for row in of.in_order(all("Action"), "created") {
            node = node.with_if(of.comment(row, &rows, notes));
        }
        for row in of.in_order(all("Worklog"), "created") {
            node = node.with_if(of.worklog(row, &rows, notes));
        }
        if self.history != History::None {
            let mut items: HashMap<Option<u64>, Vec<&DataRow>> = HashMap::new();
            for item in all("ChangeItem") {
                items.entry(item.id("group")).or_default().push(item);
            }
            for row in of.in_order(all("ChangeGroup"), "created") {
                node = node.with(of.change(row, items.get(&row.id("id")), notes));
            }
        }
        let attachments = of.in_order(all("FileAttachment"), "created");
        for row in &attachments {
            node = node.with(of.attachment(row, notes));
        }
        Some((node, attachments.iter().map(|row| row.id("id").unwrap_or(0)).collect()))
    }
}

/// The links of an issue.
#[derive(Default)]
struct Links {
    parent: Option<Node>,
    epic: Option<Node>,
    others: Vec<Node>,
}

/// What reads the parts of one issue.
struct Of<'a> {
    reader: &'a IssueReader<'a>,
    key: &'a str,
    project: &'a str,
}

impl Of<'_> {
    fn moment(&self, row: &DataRow, attribute: &str, notes: &mut Notes) -> Option<String> {
        let stored = row.text(attribute)?;
        let moment = self.reader.meanings.zone.moment(stored);
        if moment.is_none() {
            notes.add("times that cannot be read", || format!("{}: {stored}", self.key));
        }
        moment
    }

    /// Returns the rows by a time, and by their age where that agrees.
    fn in_order<'r>(&self, rows: impl Iterator<Item = &'r DataRow>, attribute: &str) -> Vec<&'r DataRow> {
        let mut rows: Vec<&DataRow> = rows.collect();
        let zone = &self.reader.meanings.zone;
        rows.sort_by_cached_key(|row| (row.get(attribute).and_then(|own| zone.moment(own)), row.id("id")));
        rows
    }

    fn object(
        &self,
        row: &DataRow,
        attribute: &str,
        (tag, kind): (&'static str, &str),
        notes: &mut Notes,
    ) -> Option<Node> {
        // -1 is how Jira stores that something is not set.
        let id = row.text(attribute).filter(|id| *id != "-1")?;
        let name = self.reader.meanings.name(kind, id);
        if name.is_none() {
            notes.add("types, statuses, priorities and resolutions that no longer exist", || {
                format!("{}: {tag} {id}", self.key)
            });
        }
        Some(name?.reference(tag))
    }

    /// Returns the security level. Where it no longer exists nobody may see the issue, so that is said in place of a name: a level is
    /// always one of a scheme, and so none can be meant by it.
    fn security(&self, row: &DataRow, notes: &mut Notes) -> Option<Node> {
        let id = row.text("security").filter(|id| *id != "-1")?;
        if let Some(name) = self.reader.meanings.name("issueSecurityLevel", id) {
            return Some(name.reference("securityLevel"));
        }
        notes.add("issues with a security level that no longer exists, which nobody may see", || {
            self.key.to_owned()
        });
        Some(Node::leaf("securityLevel", GONE).attribute("scheme", ""))
    }

    fn user(&self, row: &DataRow, attribute: &str, tag: &'static str, notes: &mut Notes) -> Option<Node> {
        let key = row.text(attribute)?;
        let name = self.reader.meanings.user(key);
        if name.is_none() {
            notes.add("users whose names nobody knows any more", || format!("{}: {key}", self.key));
        }
        Some(name?.reference(tag))
    }

    fn links<'r>(&self, stand: Stand, rows: impl Iterator<Item = &'r DataRow>, notes: &mut Notes) -> Links {
        let (mut links, meanings) = (Links::default(), self.reader.meanings);
        for row in rows {
            let (source, destination) = (row.id("source"), row.id("destination"));
            let is_source = source == Some(stand.id());
            let other = if is_source { destination } else { source };
            let name = row.get("linktype").and_then(|id| meanings.name("issueLink", id));
            let other_key = other.and_then(|id| meanings.key_of(self.reader.issues, id));
            let (Some(other), Some(other_key)) = (other, other_key) else {
                // Those whose other end is no issue were counted when the rows were gathered.
                if other.is_some_and(|id| self.reader.issues.get(id).is_some()) {
                    notes.add("links to issues of projects that no longer exist", || self.key.to_owned());
                }
                continue;
            };
            let Some(name) = name else {
                // A link is told by one of both ends.
                if is_source || !(self.reader.is_chosen)(other) {
                    notes.add("links of types that no longer exist", || self.key.to_owned());
                }
                continue;
            };
            let sequence = row.id("sequence");
            match name.get("style") {
                Some(SUBTASK) if !is_source => {
                    let parent = Node::leaf("parent", other_key);
                    links.parent = Some(match sequence {
                        Some(own) => parent.attribute("position", (own + 1).to_string()),
                        None => parent,
                    });
                }
                Some(EPIC) if !is_source => links.epic = Some(Node::leaf("epic", other_key)),
                // The child says it.
                Some(SUBTASK | EPIC) if (self.reader.is_chosen)(other) => {}
                // Of an issue that is looked at alone they are not chosen either.
                Some(SUBTASK) if project_of(&other_key) == project_of(self.key) => {}
                Some(SUBTASK) => notes.add("sub-tasks in other projects", || self.key.to_owned()),
                _ if !is_source && (self.reader.is_chosen)(other) => {}
                _ => {
                    let position = sequence.map(|own| own.to_string());
                    links.others.push(
                        Node::new("link")
                            .with(name.reference("type"))
                            .text("direction", if is_source { "outward" } else { "inward" })
                            .text("issue", other_key)
                            .text_if("position", position.as_deref()),
                    );
                }
            }
        }
        links.others = unique(std::mem::take(&mut links.others), || self.key.to_owned(), notes);
        links
    }

    fn associations<'r>(&self, rows: impl Iterator<Item = &'r DataRow>, notes: &mut Notes) -> Vec<Node> {
        let mut nodes = Vec::new();
        for row in rows {
            let (tag, kind) = match row.get("associationType") {
                Some("IssueVersion") => ("affectsVersion", "version"),
                Some("IssueFixVersion") => ("fixVersion", "version"),
                Some("IssueComponent") => ("component", "component"),
                _ => continue,
            };
            let name = row.get("sinkNodeId").and_then(|id| self.reader.meanings.name(kind, id));
            match name.filter(|name| name.get("project") == Some(self.project)) {
                Some(name) => nodes.push(name.without("project").reference(tag)),
                None => notes.add("versions and components that no longer exist", || self.key.to_owned()),
            }
        }
        unique(nodes, || self.key.to_owned(), notes)
    }

    fn followers<'r>(&self, rows: impl Iterator<Item = &'r DataRow>, notes: &mut Notes) -> Vec<Node> {
        let mut found: IndexMap<(&'static str, Name), Option<String>> = IndexMap::new();
        for row in rows {
            let tag = match row.get("associationType") {
                Some("WatchIssue") => "watcher",
                Some("VoteIssue") => "voter",
                _ => continue,
            };
            let Some(name) = row.text("sourceName").and_then(|key| self.reader.meanings.user(key)) else {
                notes.add("users whose names nobody knows any more", || self.key.to_owned());
                continue;
            };
            let since = self.moment(row, "created", notes);
            let own = found.entry((tag, name)).or_insert_with(|| since.clone());
            // Of two rows the first one says since when.
            if since.is_some() && (own.is_none() || since < *own) {
                *own = since;
            }
        }
        let node = |((tag, name), since): ((&'static str, Name), Option<String>)| {
            let node = name.reference(tag);
            match since {
                Some(since) => node.attribute("since", since),
                None => node,
            }
        };
        found.into_iter().map(node).collect()
    }

    fn properties(&self, rows: &IssueRows<'_>, of: &str, id: Option<u64>, notes: &mut Notes) -> Vec<Node> {
        let mut found: IndexMap<String, Node> = IndexMap::new();
        for row in rows.properties(of, id) {
            let Some(key) = row.text("propertyKey") else { continue };
            let node = Node::new("property")
                .text("key", key)
                .with_if(row.get("value").map(|value| Node::leaf("content", value)))
                .text_if("created", self.moment(row, "created", notes).as_deref())
                .text_if("updated", self.moment(row, "updated", notes).as_deref());
            // Jira shows the oldest of two.
            found.entry(key.to_owned()).or_insert(node);
        }
        found.into_values().collect()
    }

    /// Adds who may see a comment or worklog. Nothing if that is a role that no longer exists: nobody sees it, and a role
    /// that would be given to it elsewhere could be seen by somebody. A group is told by its name, whether it is there or not.
    fn visible(&self, node: Node, row: &DataRow, group: &str, notes: &mut Notes) -> Option<Node> {
        let group = row.text(group).and_then(|name| self.reader.meanings.group(name));
        let node = node.name_if("group", group.as_ref());
        let Some(id) = row.text("rolelevel") else { return Some(node) };
        let role = self.reader.meanings.name("projectRole", id);
        if role.is_none() {
            notes.add(
                "comments and worklogs for a role that no longer exists, which nobody may see, left out",
                || format!("{}: role {id}", self.key),
            );
        }
        Some(node.with(role?.reference("role")))
    }

    fn comment(&self, row: &DataRow, rows: &IssueRows<'_>, notes: &mut Notes) -> Option<Node> {
        let node = Node::new("comment")
            .with_if(self.user(row, "author", "author", notes))
            .text_if("created", self.moment(row, "created", notes).as_deref())
            .with_if(self.user(row, "updateauthor", "updateAuthor", notes))
            .text_if("updated", self.moment(row, "updated", notes).as_deref());
        let node = self.visible(node, row, "level", notes)?;
        Some(node.with_if(row.get("body").map(|body| Node::leaf("body", body))).with_all(self.properties(
            rows,
            "CommentProperty",
            row.id("id"),
            notes,
        )))
    }

    fn worklog(&self, row: &DataRow, rows: &IssueRows<'_>, notes: &mut Notes) -> Option<Node> {
        let node = Node::new("worklog")
            .with_if(self.user(row, "author", "author", notes))
            .text_if("started", self.moment(row, "startdate", notes).as_deref())
            .text_if("timeSpent", row.id("timeworked").map(|own| own.to_string()).as_deref())
            .text_if("created", self.moment(row, "created", notes).as_deref())
            .with_if(self.user(row, "updateauthor", "updateAuthor", notes))
            .text_if("updated", self.moment(row, "updated", notes).as_deref());
        let node = self.visible(node, row, "grouplevel", notes)?;
        Some(node.with_if(row.get("body").map(|body| Node::leaf("body", body))).with_all(self.properties(
            rows,
            "WorklogProperty",
            row.id("id"),
            notes,
        )))
    }

    fn change(&self, row: &DataRow, items: Option<&Vec<&DataRow>>, notes: &mut Notes) -> Node {
        let reader = self.reader;
        let items: Vec<Node> = items
            .into_iter()
            .flatten()
            .map(|item| history::item(item, (reader.meanings, reader.issues), reader.history, notes))
            .collect();
        Node::new("change")
            .with_if(self.user(row, "author", "author", notes))
            .text_if("created", self.moment(row, "created", notes).as_deref())
            .with_all(items)
    }

    fn attachment(&self, row: &DataRow, notes: &mut Notes) -> Node {
        Node::new("attachment")
            .with_if(row.get("filename").map(|name| Node::leaf("name", name)))
            .text_if("size", row.id("filesize").map(|own| own.to_string()).as_deref())
            .text_if("mimeType", row.get("mimetype"))
            .with_if(self.user(row, "author", "author", notes))
            .text_if("created", self.moment(row, "created", notes).as_deref())
    }
}

/// The columns of a link to another application, in the order of its element.
pub(super) const REMOTE: [(&str, &str); 17] = [
    ("globalId", "globalid"),
    ("url", "url"),
    ("title", "title"),
    ("summary", "summary"),
    ("relationship", "relationship"),
    ("iconUrl", "iconurl"),
    ("iconTitle", "icontitle"),
    ("resolved", "resolved"),
    ("statusName", "statusname"),
    ("statusDescription", "statusdescription"),
    ("statusIconUrl", "statusiconurl"),
    ("statusIconTitle", "statusicontitle"),
    ("statusIconLink", "statusiconlink"),
    ("statusCategoryKey", "statuscategorykey"),
    ("statusCategoryColorName", "statuscategorycolorname"),
    ("applicationType", "applicationtype"),
    ("applicationName", "applicationname"),
];

fn remote_link(row: &DataRow) -> Node {
    let mut node = Node::new("remoteLink");
    for (tag, column) in REMOTE {
        let value = row.get(column).map(|value| match (tag, value) {
            ("resolved", "Y" | "y" | "1" | "true") => "true",
            ("resolved", _) => "false",
            _ => value,
        });
        node = node.text_if(tag, value);
    }
    node
}

/// Returns the elements without those that stand twice, which mean no more than one.
fn unique(nodes: Vec<Node>, example: impl Fn() -> String, notes: &mut Notes) -> Vec<Node> {
    let mut seen: indexmap::IndexSet<Node> = indexmap::IndexSet::new();
    for node in nodes {
        if !seen.insert(node) {
            notes.add("values that are stored twice", &example);
        }
    }
    seen.into_iter().collect()
}

/// The key of the project in the key of an issue.
fn project_of(key: &str) -> &str {
    key.rsplit_once('-').map_or(key, |(project, _)| project)
}
