//! `entities.xml`: one element for each row of Jira's own tables.
//!
//! A field of a row is an attribute, or a child element with CDATA if its value has a line break; Jira decides by the
//! value, so every field can be either. A field that is NULL is absent. Rows come in runs of one table, sorted by its
//! name. Invariant: rows of tables that nobody wants are checked and counted, but never decoded.

use std::collections::{BTreeMap, HashSet};

use super::fault::Fault;
use super::field_values::FieldValues;
use super::inventory::{self, Inventory};
use super::markup::{LONGEST, Markup, Token};
use super::scan::{self, Form};
use super::standings::Stands;
use crate::entity::{EntityId, Row, Tables};
use crate::instance::Scope;
use crate::instance::bound::{self, MOST_TABLES};
use crate::instance::kept::{Kept, OF_PROJECTS, PROPERTY_OWNER, is_property_kept};

const ROOT: &[u8] = b"entity-engine-xml";

/// What `entities.xml` says.
#[derive(Debug, Default)]
pub(super) struct Entities {
    /// How many rows each table has.
    pub(super) rows: BTreeMap<String, u64>,
    /// The comment at the beginning.
    pub(super) head: Option<inventory::Head>,
    /// The comment at the end.
    pub(super) inventory: Option<Inventory>,
}

/// What becomes of the rows of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Use {
    /// They are configuration.
    Keep(EntityId),
    /// They join anything to anything; what they say of projects is configuration, but most are about issues.
    Association(EntityId),
    /// They say whose properties are which.
    PropertyEntry(EntityId),
    /// They are values of properties, of which only some count.
    PropertyValue(EntityId),
    /// They say in which issues a custom field has a value.
    FieldValue(EntityId),
    /// They say which project an issue belongs to.
    Issue(EntityId),
    /// They say in which step the issue of an entry is.
    Step(EntityId),
    /// They say by which workflow an issue runs.
    Entry(EntityId),
    /// They are data.
    Skip,
}

impl Use {
    fn of(table: &str, scope: Scope) -> Self {
        let Some(entity) = EntityId::find(table) else { return Self::Skip };
        match table {
            "CustomFieldValue" if scope.field_values || scope.usage => Self::FieldValue(entity),
            "Issue" if scope.field_values || scope.usage => Self::Issue(entity),
            "OSCurrentStep" if scope.usage => Self::Step(entity),
            "OSWorkflowEntry" if scope.usage => Self::Entry(entity),
            _ => match Kept::of(entity.entity()) {
                Kept::All => Self::Keep(entity),
                Kept::OfProjects => Self::Association(entity),
                Kept::Properties => Self::PropertyEntry(entity),
                Kept::Values => Self::PropertyValue(entity),
                Kept::None => Self::Skip,
            },
        }
    }

    /// Returns how many attributes of a row are looked at: the last ones of issues and their values count only for usage.
    fn attributes(self, scope: Scope) -> usize {
        match self {
            Self::FieldValue(_) if !scope.usage => 3,
            Self::Issue(_) if !scope.usage => 2,
            _ => self.entity().map_or(0, |entity| entity.entity().attributes.len()),
        }
    }

    fn entity(self) -> Option<EntityId> {
        match self {
            Self::Keep(entity)
            | Self::Association(entity)
            | Self::PropertyEntry(entity)
            | Self::PropertyValue(entity)
            | Self::FieldValue(entity)
            | Self::Issue(entity)
            | Self::Step(entity)
            | Self::Entry(entity) => Some(entity),
            Self::Skip => None,
        }
    }
}

/// Rows of one table, one behind the other.
struct Run {
    table: Vec<u8>,
    rows: u64,
    usage: Use,
    /// How many attributes of its rows are looked at.
    attributes: usize,
}

/// The row that is being read.
#[derive(Default)]
struct Current {
    /// Its values; the texts are used again for the next row.
    values: Vec<(bool, String)>,
    /// The field whose element is open.
    field: Option<usize>,
    bytes: usize,
}

struct Reader<'a> {
    scope: Scope,
    /// How much memory rows may take.
    most: u64,
    tables: &'a mut Tables,
    field_values: &'a mut FieldValues,
    run: Run,
    current: Current,
    result: Entities,
    /// The properties that count, by their ids; nothing as long as no entry has been read.
    properties: Option<HashSet<Box<str>>>,
    /// The ids of options; nothing as long as no value has been read.
    options: Option<HashSet<u64>>,
    stands: Stands,
}

/// Returns whether rows of a table are only counted.
pub(super) fn is_unwanted(table: &[u8], scope: Scope) -> bool {
    Use::of(&String::from_utf8_lossy(table), scope) == Use::Skip
}

/// Reads all rows.
pub(super) fn read(
    markup: &mut Markup<'_>,
    (scope, most): (Scope, u64),
    tables: &mut Tables,
    field_values: &mut FieldValues,
) -> Result<Entities, Fault> {
    let mut reader = Reader {
        scope,
        most,
        tables,
        field_values,
        run: Run { table: Vec::new(), rows: 0, usage: Use::Skip, attributes: 0 },
        current: Current::default(),
        result: Entities::default(),
        properties: None,
        options: None,
        stands: Stands::default(),
    };
    reader.read(markup)?;
    (reader.tables.usage.standings, reader.tables.usage.stored_twice) = reader.stands.standings();
    Ok(reader.result)
}

impl Reader<'_> {
    fn read(&mut self, markup: &mut Markup<'_>) -> Result<(), Fault> {
        loop {
            let depth = markup.depth();
            match markup.next()? {
                Token::Start { name, attributes } => match depth {
                    0 => check_root(name)?,
                    1 => self.row(name, attributes),
                    _ => {
                        self.field(depth, name);
                    }
                },
                Token::End if depth == 2 && self.run.usage != Use::Skip => {
                    self.finish();
                    bound::check(self.tables, self.most)?;
                }
                Token::End if depth == 3 => self.current.field = None,
                Token::End => {}
                Token::Text(text) => self.text(text, Form::Text),
                Token::CData(text) => self.text(text, Form::CData),
                Token::Comment(text) if depth == 0 && self.result.head.is_none() => {
                    self.result.head = Some(inventory::Head::read(text));
                }
                Token::Comment(text) if depth == 1 => {
                    if let Some(inventory) = Inventory::read(text) {
                        self.result.inventory = Some(inventory);
                    }
                }
                Token::Comment(_) => {}
                Token::Rows(rows) => rows.iter().for_each(|(name, count)| {
                    self.begin_rows(name);
                    self.run.rows += count;
                }),
                Token::Eof => break,
            }
            if self.current.bytes > LONGEST {
                return Err(markup.fault(format!("a row has more than {} MiB of text", LONGEST >> 20)));
            }
            if self.result.rows.len() > MOST_TABLES {
                return Err(markup.fault(format!("there are rows of more than {MOST_TABLES} tables")));
            }
        }
        self.end_run();
        Ok(())
    }

    /// Notes to which table the next rows belong.
    fn begin_rows(&mut self, name: &[u8]) {
        if self.run.table != name {
            self.end_run();
            let table = String::from_utf8_lossy(name);
            let usage = Use::of(&table, self.scope);
            let attributes = usage.attributes(self.scope);
            self.run = Run { table: name.to_vec(), rows: 0, usage, attributes };
            let fields = usage.entity().map_or(0, |entity| entity.entity().attributes.len());
            self.current.values.resize_with(fields, Default::default);
        }
    }

    fn row(&mut self, name: &[u8], attributes: &[u8]) {
        self.begin_rows(name);
        self.run.rows += 1;
        let Some(entity) = self.run.usage.entity() else { return };
        for (is_set, _) in &mut self.current.values {
            *is_set = false;
        }
        self.current.bytes = 0;
        for (name, value) in scan::attributes(attributes) {
            if let Some(number) = field_number(entity, name, self.run.attributes) {
                let (is_set, text) = &mut self.current.values[number];
                *is_set = true;
                text.clear();
                text.push_str(&scan::decode(value, Form::Attribute));
            }
        }
    }

    fn field(&mut self, depth: usize, name: &[u8]) {
        let Some(entity) = self.run.usage.entity() else { return };
        self.current.field = if depth == 2 { field_number(entity, name, self.run.attributes) } else { None };
        if let Some(number) = self.current.field {
            let (is_set, text) = &mut self.current.values[number];
            *is_set = true;
            text.clear();
        }
    }

    fn text(&mut self, raw: &[u8], form: Form) {
        let Some(number) = self.current.field else { return };
        let text = scan::decode(raw, form);
        self.current.bytes += text.len();
        self.current.values[number].1.push_str(&text);
    }

    fn finish(&mut self) {
        match self.run.usage {
            Use::Skip => {}
            Use::Keep(entity) => self.keep(entity),
            Use::Association(entity) => {
                if self.value(entity, OF_PROJECTS.0) == Some(OF_PROJECTS.1) {
                    self.keep(entity);
                } else if self.scope.usage {
                    self.association_of_issue(entity);
                }
            }
            Use::PropertyEntry(entity) => {
                let wanted = is_property_kept(self.value(entity, PROPERTY_OWNER));
                let id = wanted.then(|| self.value(entity, "id").unwrap_or("").into());
                self.properties.get_or_insert_default().extend(id);
                match wanted {
                    true => self.keep(entity),
                    false => {
                        let id = self.value(entity, "id").unwrap_or("").to_owned();
                        self.tables.pass_over(entity, &id);
                    }
                }
            }
            Use::PropertyValue(entity) => {
                let id = self.value(entity, "id").unwrap_or("");
                if self.properties.as_ref().is_none_or(|wanted| wanted.contains(id)) {
                    self.keep(entity);
                }
            }
            Use::FieldValue(entity) => {
                if let Some((issue, field)) = self.pair(entity, "issue", "customfield") {
                    if self.scope.field_values {
                        self.field_values.value(issue, field);
                    }
                    if self.scope.usage {
                        self.option(entity, issue);
                    }
                }
            }
            Use::Issue(entity) => {
                if let Some((issue, project)) = self.pair(entity, "id", "project") {
                    self.field_values.issue(issue, project);
                }
                if self.scope.usage {
                    self.issue(entity);
                }
            }
            Use::Step(entity) => {
                let step = self.value(entity, "stepId").unwrap_or("").to_owned();
                let id = self.number(entity, "id").unwrap_or(0);
                if let Some(entry) = self.number(entity, "entryId") {
                    self.stands.step(id, entry, step);
                }
            }
            Use::Entry(entity) => {
                let value = |field| self.value(entity, field).map(str::to_owned);
                let values = (value("name"), value("state"));
                if let Some(id) = self.number(entity, "id") {
                    self.stands.entry(id, values);
                }
            }
        }
    }

    /// Notes the version or component that an issue has.
    fn association_of_issue(&mut self, entity: EntityId) {
        let Some(sink) = self.value(entity, "sinkNodeId").map(str::to_owned) else { return };
        let used = match self.value(entity, "associationType") {
            Some("IssueVersion" | "IssueFixVersion") => &mut self.tables.usage.versions,
            Some("IssueComponent") => &mut self.tables.usage.components,
            _ => return,
        };
        used.insert(sink);
    }

    /// Notes the option that an issue has. Options come before values; a number that is no option's id is a text that
    /// happens to be one.
    fn option(&mut self, entity: EntityId, issue: u64) {
        let Some(option) = self.value(entity, "stringvalue").and_then(|text| text.parse().ok()) else {
            return;
        };
        let options = self.options.get_or_insert_with(|| {
            let ids = self.tables.rows("CustomFieldOption").iter().filter_map(|row| row.id().parse().ok());
            ids.collect::<HashSet<u64>>()
        });
        // A file in another order than Jira's has no options yet, and none may be missed.
        if options.is_empty() || options.contains(&option) {
            self.field_values.option(issue, option);
        }
    }

    /// Notes the status and the security level of an issue.
    fn issue(&mut self, entity: EntityId) {
        let value = |field| self.value(entity, field).filter(|value| !value.is_empty());
        let Some(project) = value("project") else { return };
        let status = value("status").unwrap_or("");
        let status = value("type").map(|ty| [project, ty, status].map(str::to_owned));
        let level = value("security").map(|level| (project.to_owned(), level.to_owned()));
        let (id, entry) = (self.number(entity, "id").unwrap_or(0), self.number(entity, "workflowId"));
        self.tables.usage.security_levels.extend(level);
        if let Some(status) = status {
            self.stands.issue(id, entry, status);
        }
    }

    fn number(&self, entity: EntityId, field: &str) -> Option<u64> {
        self.value(entity, field)?.trim().parse().ok()
    }

    fn keep(&mut self, entity: EntityId) {
        let values = self.current.values.iter().map(|(is_set, text)| is_set.then_some(text));
        let row = Row::of(entity, values);
        self.tables.push(entity, row);
    }

    fn value(&self, entity: EntityId, field: &str) -> Option<&str> {
        let (is_set, text) = &self.current.values[entity.entity().attribute(field)?];
        is_set.then_some(text)
    }

    fn pair(&self, entity: EntityId, first: &str, second: &str) -> Option<(u64, u64)> {
        let number = |field| self.value(entity, field)?.parse().ok();
        Some((number(first)?, number(second)?))
    }

    fn end_run(&mut self) {
        if self.run.rows > 0 {
            let table = String::from_utf8_lossy(&self.run.table).into_owned();
            *self.result.rows.entry(table).or_default() += self.run.rows;
        }
    }
}

/// Returns the number of an attribute, if it is one of the first `count`.
pub(super) fn field_number(entity: EntityId, name: &[u8], count: usize) -> Option<usize> {
    entity.entity().attributes.iter().take(count).position(|attribute| attribute.name.as_bytes() == name)
}

pub(super) fn check_root(name: &[u8]) -> Result<(), Fault> {
    if name == ROOT {
        return Ok(());
    }
    let help = match name {
        b"backup" => "this is activeobjects.xml; give the zip file, or entities.xml".to_owned(),
        b"projectConfig" => {
            "this is a configuration, which `pcfg validate` and `pcfg format` read".to_owned()
        }
        _ => {
            "name the .zip or .xml file that Jira wrote (Administration > System > Backup system)".to_owned()
        }
    };
    Err(Fault::NotABackup {
        why: format!(
            "the root element is `<{}>`, not `<{}>`",
            String::from_utf8_lossy(name),
            String::from_utf8_lossy(ROOT)
        ),
        help: Some(help),
    })
}
