//! Which of Jira's tables and columns a database has, and which of them this role may read.
//!
//! Invariant: only columns that exist are named in a statement, so that one code reads Jira 7 to 10; and what may not be read is
//! told before anything is read, all of it at once.

use std::collections::{BTreeMap, BTreeSet};

use tokio_postgres::SimpleQueryRow;

use super::spelling::qualified;
use super::spelling::{Kind, list, literal, quoted};
use crate::entity::{Entity, EntityId, Lacking, entities};
use crate::instance::address::SCHEMA;
use crate::instance::verdict::{is_secret, lacking};
use crate::instance::{Address, ReadError, Scope};

/// Tables that every Jira has: a database without most of them is none of Jira's, and one that lacks a single one has lost it.
const TELLING: [&str; 4] = ["project", "fieldscreen", "nodeassociation", "propertyentry"];

/// Where nodes of a cluster say that they are alive; not configuration.
pub(super) const HEARTBEATS: &str = "clusternodeheartbeat";

/// Columns that nobody needs a right to read.
const SECRET: [&str; 2] = ["credential", "password_hash"];

/// Returns the statements that make a role which can read the configuration and nothing else, or that have it look at issues,
/// too: for the documentation.
pub(super) fn reading_role(issues: bool) -> String {
    const ROLE: &str = "pcfg";
    if issues {
        let scope = Scope { field_values: true, usage: true };
        let read =
            entities().iter().filter(|own| own.of_issues && is_wanted(EntityId::named(own.name), scope));
        return read.map(|own| format!("{};\n", grant_of_issues(SCHEMA, own.table, ROLE))).collect();
    }
    let tables: Vec<&str> =
        entities().iter().filter(|entity| !entity.of_issues).map(|entity| entity.table).collect();
    format!(
        "CREATE ROLE {ROLE} LOGIN PASSWORD 'choose one';\n{};\n{};\n",
        grant_of_schema(SCHEMA, ROLE),
        grants(SCHEMA, ROLE, &tables)
    )
}

/// Returns the statement that lets a role use a schema.
fn grant_of_schema(schema: &str, role: &str) -> String {
    format!("GRANT USAGE ON SCHEMA {} TO {role}", plain(schema))
}

fn is_of_issues(table: &str) -> bool {
    entities().iter().any(|entity| entity.table == table && entity.of_issues)
}

/// Returns the statement that lets a role read what is read of a table of issues.
fn grant_of_issues(schema: &str, table: &str, role: &str) -> String {
    let entity = entities().iter().find(|entity| entity.table == table);
    let columns = entity.into_iter().flat_map(|entity| &entity.attributes);
    grant(schema, table, &columns.map(|attribute| attribute.column).collect::<Vec<_>>(), role)
}

/// Returns the statement that lets a role read some columns of a table.
pub(super) fn grant(schema: &str, table: &str, columns: &[&str], role: &str) -> String {
    format!("GRANT SELECT ({}) ON {}.{table} TO {role}", columns.join(", "), plain(schema))
}

/// Returns the statement that lets a role read tables, but no passwords in them.
fn grants(schema: &str, role: &str, tables: &[&str]) -> String {
    let mut lines = vec![String::from("               ")];
    for table in tables {
        if lines.last().is_some_and(|line| line.len() + table.len() > 110) {
            lines.push(String::from("               "));
        }
        if let Some(line) = lines.last_mut() {
            line.push_str(&format!(" {},", literal(table)));
        }
    }
    let tables = lines.join("\n");
    format!(
        "DO $$
DECLARE
    own record;
BEGIN
    FOR own IN
        SELECT format('GRANT SELECT (%s) ON %I.%I TO {}',
            string_agg(quote_ident(column_name), ', '), table_schema, table_name) AS statement
        FROM information_schema.columns
        WHERE table_schema = {} AND column_name NOT IN ({})
            AND table_name IN (
{})
        GROUP BY table_schema, table_name
    LOOP
        EXECUTE own.statement;
    END LOOP;
END $$",
        role.replace('\'', "''").replace('%', "%%"),
        literal(schema),
        list(SECRET),
        tables.trim_end_matches(',')
    )
}

/// Returns statements as a message shows them, which is one line: to be pasted as they stand.
pub(super) fn to_be_pasted(statements: impl IntoIterator<Item = String>) -> String {
    let in_a_line = |own: String| own.split_whitespace().collect::<Vec<_>>().join(" ");
    let statements: Vec<String> = statements.into_iter().map(in_a_line).collect();
    format!("`{};`", statements.join("; "))
}

/// Returns a name as SQL takes it: quoted only where it must be.
pub(super) fn plain(name: &str) -> String {
    let is_plain = name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'))
        && name.starts_with(|first: char| first.is_ascii_lowercase() || first == '_');
    if is_plain { name.to_owned() } else { quoted(name) }
}

/// Returns whom a grant is for, as SQL takes it: whoever is connected, if nobody is named.
pub(super) fn role(address: &Address) -> String {
    address.login().user.as_deref().map_or_else(|| "CURRENT_USER".to_owned(), plain)
}

/// Where Jira's tables are in a database.
pub(super) fn schema(address: &Address) -> &str {
    address.schema.as_deref().unwrap_or(SCHEMA)
}

/// Where the described tables and attributes are.
#[derive(Debug, Default)]
pub(super) struct Layout {
    schema: String,
    tables: BTreeMap<EntityId, Place>,
    /// Whether nodes say that they are alive; a role that may not see it may not write.
    pub(super) heartbeats: bool,
    /// Whether pcfg has its own tables here.
    pub(super) has_journal: bool,
    /// Whether this role may read what they say of a backup that was loaded.
    pub(super) meta: bool,
    exists: bool,
    usable: bool,
    /// Who is connected, as SQL takes it.
    role: String,
    /// The schemas that have a table of Jira's.
    others: Vec<String>,
}

/// A table.
#[derive(Debug)]
pub(super) struct Place {
    /// Its name.
    name: &'static str,
    /// Its name, with the schema.
    pub(super) table: String,
    /// All columns but those that nobody needs a right to read, in their order.
    all: Vec<String>,
    /// The columns of the described attributes, by number.
    pub(super) columns: Vec<Option<Column>>,
    /// The other columns.
    pub(super) rest: Vec<String>,
    /// Those that hold what nobody may see; they are never read.
    pub(super) secrets: Vec<String>,
    /// How many rows it has, as far as the server knows: of a table that was never analyzed it knows nothing.
    pub(super) rows: Option<u64>,
    /// How large it is, in bytes, as far as the server knows.
    pub(super) size: u64,
}

/// A column of a described attribute.
#[derive(Debug)]
pub(super) struct Column {
    /// Its name.
    pub(super) name: String,
    /// What it holds.
    pub(super) kind: Kind,
    readable: bool,
}

/// How many statements [`Layout::statements`] has.
pub(super) const STATEMENTS: usize = 3;

impl Layout {
    /// Returns an empty layout, to be filled with the rows of the statements.
    pub(super) fn new(address: &Address) -> Self {
        Self { schema: schema(address).to_owned(), ..Self::default() }
    }

    /// Returns the statements that tell where everything is.
    pub(super) fn statements(&self) -> String {
        let names = entities().iter().map(|entity| entity.table).chain([HEARTBEATS]);
        let names: Vec<&str> = names.collect();
        let schema = literal(&self.schema);
        format!(
            "SELECT (SELECT pg_catalog.has_schema_privilege(oid, 'USAGE') FROM pg_catalog.pg_namespace \
                    WHERE nspname = {schema}), \
                (SELECT pg_catalog.has_schema_privilege(n.oid, 'USAGE') \
                    AND pg_catalog.has_table_privilege(c.oid, 'SELECT') FROM pg_catalog.pg_class AS c \
                    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace \
                    WHERE n.nspname = 'pcfg' AND c.relname = 'meta'), current_user;
             SELECT nspname FROM pg_catalog.pg_namespace AS n WHERE EXISTS (SELECT FROM pg_catalog.pg_class \
                WHERE relnamespace = n.oid AND relname = 'fieldscreen') ORDER BY 1;
             SELECT c.relname, a.attname, pg_catalog.format_type(a.atttypid, NULL), \
                pg_catalog.has_column_privilege(c.oid, a.attnum, 'SELECT'), CASE WHEN c.reltuples > 0 \
                THEN c.reltuples::pg_catalog.int8 WHEN pg_catalog.pg_relation_size(c.oid) = 0 THEN 0 END, \
                c.relpages::pg_catalog.int8 * 8192 \
                FROM pg_catalog.pg_class AS c \
                JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace \
                JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid \
                WHERE n.nspname = {schema} AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND a.attnum > 0 \
                AND NOT a.attisdropped AND c.relname IN ({}) ORDER BY c.relname, a.attnum;",
            list(names)
        )
    }

    /// Takes a row of one of the statements.
    pub(super) fn take(&mut self, statement: usize, row: &SimpleQueryRow) {
        let get = |number| row.get(number).unwrap_or_default();
        match statement {
            0 => {
                self.exists = row.get(0).is_some();
                self.usable = get(0) == "t";
                (self.has_journal, self.meta) = (row.get(1).is_some(), get(1) == "t");
                self.role = plain(get(2));
            }
            1 => self.others.push(get(0).to_owned()),
            _ => self.column(get(0), get(1), get(2), get(3) == "t", (get(4), get(5))),
        }
    }

    fn column(&mut self, table: &str, column: &str, ty: &str, readable: bool, (rows, size): (&str, &str)) {
        if table == HEARTBEATS {
            self.heartbeats |= column == "database_time";
            return;
        }
        let Some(at) = entities().iter().position(|entity| entity.table == table) else { return };
        let entity = &entities()[at];
        let place = self.tables.entry(EntityId::named(entity.name)).or_insert_with(|| Place {
            name: entity.table,
            table: qualified(&self.schema, table),
            all: Vec::new(),
            columns: entity.attributes.iter().map(|_| None).collect(),
            rest: Vec::new(),
            secrets: Vec::new(),
            rows: rows.parse().ok(),
            size: size.parse().unwrap_or(0),
        });
        if !SECRET.contains(&column) {
            place.all.push(column.to_owned());
        }
        match entity.attributes.iter().position(|attribute| attribute.column == column) {
            Some(number) => {
                place.columns[number] =
                    Some(Column { name: column.to_owned(), kind: Kind::of(ty), readable });
            }
            None if is_secret(column) => place.secrets.push(column.to_owned()),
            None => place.rest.push(column.to_owned()),
        }
    }

    /// Fails unless it is a database of Jira, and all that is wanted may be read.
    pub(super) fn check(&self, address: &Address, scope: Scope) -> Result<(), ReadError> {
        let wrong = |message: String, help: String| {
            Err(ReadError::Server { message, source: None, help: Some(help) })
        };
        let schema = &self.schema;
        let user = &self.role;
        let is_there = |table: &&&str| self.tables.values().any(|own| own.table == qualified(schema, table));
        let telling = TELLING.iter().filter(is_there).count() > TELLING.len() / 2;
        if self.exists && !self.usable {
            return wrong(
                format!("the role may not use the schema `{schema}` of `{address}`"),
                format!(
                    "run `{}` as its owner; docs/postgres.md has all that is needed",
                    grant_of_schema(schema, user)
                ),
            );
        }
        if !self.exists || !telling {
            let help = match self.others.iter().find(|other| *other != schema) {
                Some(other) => {
                    format!("Jira's tables are in the schema `{other}`: add `?schema={other}` to the address")
                }
                None => "the name of Jira's database is in Jira's dbconfig.xml".to_owned(),
            };
            return wrong(
                format!("`{address}` is not a database of Jira: its tables are not in the schema `{schema}`"),
                help,
            );
        }
        let missing = self.missing(scope, None);
        if !missing.is_empty() {
            return Err(lacks_tables(address, &missing));
        }
        let denied: Vec<&Place> = self
            .tables
            .iter()
            .filter(|(entity, _)| is_wanted(**entity, scope))
            .map(|(_, place)| place)
            .filter(|place| place.columns.iter().flatten().any(|column| !column.readable))
            .collect();
        let Some((first, more)) = denied.split_first() else { return Ok(()) };
        let others = if more.is_empty() { String::new() } else { format!(" and {} more", more.len()) };
        wrong(
            format!("permission denied for {}{others} in `{address}`", first.table.replace('"', "")),
            format!(
                "run as its owner: {}; docs/postgres.md has all that is needed",
                to_be_pasted(self.grants(&denied, user))
            ),
        )
    }

    /// Returns the statements that let a role read tables, as the documentation has them.
    fn grants(&self, denied: &[&Place], role: &str) -> Vec<String> {
        /// More tables than this are told to the server as a list.
        const SHOWN: usize = 3;
        let schema = &self.schema;
        let (of_issues, others): (Vec<&Place>, Vec<&Place>) =
            denied.iter().partition(|place| is_of_issues(place.name));
        let issues = of_issues.iter().map(|place| grant_of_issues(schema, place.name, role));
        let one = |place: &&Place| {
            let columns: Vec<String> = place.all.iter().map(|column| plain(column)).collect();
            let name = format!("{}.{}", plain(schema), plain(place.name));
            format!("GRANT SELECT ({}) ON {name} TO {role}", columns.join(", "))
        };
        let names: Vec<&str> = others.iter().map(|place| place.name).collect();
        match names.len() {
            0..=SHOWN => others.iter().map(one).chain(issues).collect(),
            _ => std::iter::once(grants(schema, role, &names)).chain(issues).collect(),
        }
    }

    /// Returns the tables that should be here and are not. Those of an app are none of them if nothing of the app is here, and
    /// those of later versions are only if the build is known.
    pub(super) fn missing(&self, scope: Scope, build: Option<u64>) -> Vec<&'static str> {
        let apps: BTreeSet<&str> = self.tables.keys().filter_map(|entity| entity.entity().app).collect();
        let is_due = |entity: &Entity| match (entity.app, build) {
            (Some(app), _) => apps.contains(app),
            (None, Some(build)) => entity.since <= build,
            (None, None) => entity.since == 0,
        };
        let all = entities().iter().filter(|entity| is_due(entity));
        let missing = all.filter(|entity| {
            let id = EntityId::named(entity.name);
            is_wanted(id, scope) && self.place(id).is_none()
        });
        missing.map(|entity| entity.table).collect()
    }

    /// Returns whether the schema is there.
    pub(super) fn exists(&self) -> bool {
        self.exists
    }

    /// Returns the schema.
    pub(super) fn schema(&self) -> &str {
        &self.schema
    }

    /// Returns who is connected, as SQL takes it.
    pub(super) fn role(&self) -> &str {
        &self.role
    }

    /// Returns where a table is, if the database has it.
    pub(super) fn place(&self, entity: EntityId) -> Option<&Place> {
        self.tables.get(&entity)
    }

    /// Returns all tables.
    pub(super) fn places(&self) -> impl Iterator<Item = (EntityId, &Place)> {
        self.tables.iter().map(|(entity, place)| (*entity, place))
    }

    /// Returns the described attributes that have no columns.
    pub(super) fn lacking(&self) -> BTreeSet<Lacking> {
        lacking(|entity| self.place(entity).map(|place| &place.columns[..]))
    }

    /// Returns the name of a table of the schema.
    pub(super) fn qualified(&self, table: &str) -> String {
        qualified(&self.schema, table)
    }
}

/// Says that a database is not whole: what is not there must not be taken for empty.
pub(super) fn lacks_tables(address: &Address, missing: &[&str]) -> ReadError {
    /// More names than this nobody reads.
    const SHOWN: usize = 5;
    let shown: Vec<String> = missing.iter().take(SHOWN).map(|table| format!("`{table}`")).collect();
    let more = missing.len() - shown.len();
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let tables = if missing.len() == 1 { "a table" } else { "tables" };
    ReadError::Server {
        message: format!("`{address}` is not whole, it lacks {tables}: {}{more}", shown.join(", ")),
        source: None,
        help: Some("restore the whole database: missing data would be taken for deleted".to_owned()),
    }
}

/// Returns whether a table is read at all: those of issues only if somebody asks.
pub(super) fn is_wanted(entity: EntityId, scope: Scope) -> bool {
    match entity.entity().name {
        "CustomFieldValue" | "Issue" => scope.field_values || scope.usage,
        "OSCurrentStep" | "OSWorkflowEntry" => scope.usage,
        // Only written, where issues move.
        _ => !entity.entity().of_issues,
    }
}

impl Place {
    /// Returns the column of an attribute, as SQL writes it.
    pub(super) fn column(&self, entity: EntityId, attribute: &str) -> Option<String> {
        let number = entity.entity().attribute(attribute)?;
        Some(quoted(&self.columns[number].as_ref()?.name))
    }

    /// Returns whether this role may read the column of an attribute.
    pub(super) fn is_readable(&self, entity: EntityId, attribute: &str) -> bool {
        let number = entity.entity().attribute(attribute);
        number.and_then(|number| self.columns[number].as_ref()).is_some_and(|column| column.readable)
    }

    /// Returns what a query selects to get the described attributes.
    pub(super) fn selected(&self) -> Vec<String> {
        let columns = self.columns.iter();
        columns.map(|own| own.as_ref().map_or_else(|| "NULL".to_owned(), |own| quoted(&own.name))).collect()
    }

    /// Makes a row of what [`Place::selected`] selects.
    pub(super) fn row(&self, entity: EntityId, columns: &SimpleQueryRow) -> crate::entity::Row {
        let values = self.columns.iter().enumerate().map(|(number, column)| {
            let column = column.as_ref()?;
            columns.get(number).map(|value| column.kind.spelled(value))
        });
        crate::entity::Row::of(entity, values)
    }
}
