//! XML backups of Jira: a bare `.xml`, or a `.zip` with `entities.xml` and `activeobjects.xml`.
//!
//! Invariant: everything is streamed. Memory is bounded by the configuration, however large the backup is, and the
//! whole file is proved well-formed, though nearly nothing of it is decoded.

mod active_objects;
mod container;
mod edit;
mod entities;
mod fault;
mod feed;
mod field_values;
mod inventory;
mod issue_data;
mod issue_moves;
mod issue_rows;
mod markup;
mod position;
mod prove;
mod proved;
mod raw;
mod rewrite;
mod rewrite_active_objects;
mod rewrite_entities;
mod scan;
mod standings;

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use self::container::{Container, Part};
pub use self::edit::RewriteError;
use self::entities::Entities;
use self::fault::Fault;
use self::feed::{Block, Blocks, Controls, Feed, ReadBlocks, Text};
use self::field_values::FieldValues;
use self::markup::Markup;
use self::prove::Rows;
use self::proved::{Prove, Prover};
pub use self::rewrite::Form;
use super::{Instance, KnownZone, Progress, ReadError, Reading, Scope, bound};
use crate::data::Zone;
use crate::entity::Tables;
use crate::model::Characters;

pub use self::raw::RawRow;
use self::raw::Wanted;

/// A backup.
#[derive(Debug)]
pub struct Backup {
    container: Container,
    /// The time zone of its times, if somebody knows it who asks for the backup.
    zone: Option<Zone>,
}

impl Backup {
    /// Opens a backup.
    pub fn open(path: &Path) -> Result<Self, ReadError> {
        Ok(Self { container: Container::open(path)?, zone: None })
    }

    /// Says in which time zone its times are told, whatever it says itself.
    #[must_use]
    pub fn told_in(self, zone: Option<Zone>) -> Self {
        Self { zone, ..self }
    }

    /// Returns the time zone of its times, if somebody said it.
    #[cfg(feature = "postgres")]
    pub(super) fn zone(&self) -> Option<&Zone> {
        self.zone.as_ref()
    }

    /// Returns the file or folder.
    pub fn path(&self) -> &Path {
        self.container.path()
    }

    /// Returns the file with Jira's own tables, or the archive that it is in.
    pub fn file(&self) -> &Path {
        &self.container.entities.path
    }
}

/// What a backup says about itself.
#[derive(Debug, Default)]
pub struct Told {
    /// The version of the Jira that wrote it, as its first comment says; the properties may know better.
    pub version: Option<String>,
    /// The build, likewise.
    pub build: Option<String>,
    /// How many rows each table holds.
    pub rows: BTreeMap<String, u64>,
    /// What is odd about it, one sentence each.
    pub warnings: Vec<String>,
    /// The time zone of its times, where it says that.
    pub zone: Option<String>,
    /// When it was written, in the words and the time zone of its server.
    pub exported: Option<String>,
}

impl Backup {
    /// Calls `each` with every row of every table, with all attributes; memory stays bounded by one row.
    pub fn rows<E: From<ReadError>>(
        &self,
        progress: Progress<'_>,
        each: &mut dyn FnMut(&RawRow<'_>) -> Result<(), E>,
    ) -> Result<Told, E> {
        self.rows_of(progress, Wanted::ALL, each)
    }

    /// Calls `each` with every row that is wanted.
    fn rows_of<E: From<ReadError>>(
        &self,
        progress: Progress<'_>,
        wanted: Wanted<'_>,
        each: &mut dyn FnMut(&RawRow<'_>) -> Result<(), E>,
    ) -> Result<Told, E> {
        let (result, stopped) = raw(wanted, each, |sink| self.gather(progress, sink));
        stopped.map_or(result.map_err(E::from), Err)
    }

    fn gather<'p>(&self, progress: Progress<'_>, sink: &mut dyn Sink<'p>) -> Result<Told, ReadError> {
        let parts = [Some(&self.container.entities), self.container.active_objects.as_ref()];
        let total = parts.iter().flatten().map(|part| part.size).sum();
        let mut told = Told { warnings: self.container.warnings.clone(), ..Told::default() };
        let mut done = 0;
        for (part, what) in parts.into_iter().zip([What::Entities, What::ActiveObjects]) {
            let Some(part) = part else { continue };
            read_part(part, sink.prove(what).as_deref(), &mut |feed| {
                let counting = Counting { blocks: feed, done, total, progress };
                told.read(sink, what, counting, &part.title(), &|at| locate(part, at))
            })?;
            done += part.size;
        }
        progress(total, total);
        told.zone = self.zone.as_ref().map(|zone| zone.name().to_owned()).or(told.zone);
        Ok(told)
    }
}

impl Instance for Backup {
    fn read(&mut self, scope: Scope, progress: Progress<'_>) -> Result<Reading, ReadError> {
        let mut typed = Typed::new(scope);
        let told = self.gather(progress, &mut typed)?;
        Ok(typed.finish(told))
    }
}

/// Reads both files of a backup from memory, in chunks of that many bytes: for tests that try everything.
#[doc(hidden)]
pub fn read_bytes(
    entities: &[u8],
    active_objects: Option<&[u8]>,
    scope: Scope,
    chunk: usize,
) -> Result<Reading, String> {
    typed_bytes(entities, active_objects, scope, (chunk, false))
}

/// The same, and all is proved beforehand that can be proved.
#[doc(hidden)]
pub fn read_proved_bytes(
    entities: &[u8],
    active_objects: Option<&[u8]>,
    scope: Scope,
    chunk: usize,
) -> Result<Reading, String> {
    typed_bytes(entities, active_objects, scope, (chunk, true))
}

fn typed_bytes(
    entities: &[u8],
    active_objects: Option<&[u8]>,
    scope: Scope,
    manner: (usize, bool),
) -> Result<Reading, String> {
    let mut typed = Typed::new(scope);
    let told = gather_bytes(entities, active_objects, manner, &mut typed);
    Ok(typed.finish(told.map_err(|fault| format!("{fault:?}"))?))
}

/// Calls `each` with every row of a backup in memory that comes with pcfg.
///
/// # Panics
///
/// If it is no backup.
pub(super) fn rows_of_bytes<E>(
    entities: &[u8],
    active_objects: &[u8],
    each: &mut dyn FnMut(&RawRow<'_>) -> Result<(), E>,
) -> Result<Told, E> {
    let (told, stopped) =
        raw(Wanted::ALL, each, |sink| gather_bytes(entities, Some(active_objects), (1 << 16, false), sink));
    match stopped {
        Some(error) => Err(error),
        None => {
            Ok(told.unwrap_or_else(|fault| panic!("the backup that comes with pcfg is broken: {fault:?}")))
        }
    }
}

/// Blocks of which all is proved that can be proved.
struct Proving<'a, B> {
    blocks: B,
    prove: Option<Prove<'a>>,
}

impl<B: Blocks> Blocks for Proving<'_, B> {
    fn next(&mut self, used: Vec<u8>) -> io::Result<Option<Block>> {
        let block = self.blocks.next(used)?;
        Ok(block.map(|block| match self.prove {
            Some(prove) => block.proved(prove),
            None => block,
        }))
    }
}

fn gather_bytes<'p>(
    entities: &[u8],
    active_objects: Option<&[u8]>,
    (chunk, is_proved): (usize, bool),
    sink: &mut dyn Sink<'p>,
) -> Result<Told, Fault> {
    let mut told = Told::default();
    for (bytes, what) in [(Some(entities), What::Entities), (active_objects, What::ActiveObjects)] {
        let Some(bytes) = bytes else { continue };
        let prove = sink.prove(what).filter(|_| is_proved);
        let blocks = ReadBlocks { reader: bytes, size: chunk.max(1), error: None };
        let blocks = Proving { blocks, prove: prove.as_deref() };
        told.read(sink, what, blocks, "memory", &|at| position::position(bytes, at))?;
    }
    Ok(told)
}

/// Gathers all rows; returns also the error of `each` that stopped the reading, of which the parser knows nothing.
fn raw<'p, T, E>(
    wanted: Wanted<'p>,
    each: &mut dyn FnMut(&RawRow<'_>) -> Result<(), E>,
    gather: impl FnOnce(&mut dyn Sink<'p>) -> T,
) -> (T, Option<E>) {
    let mut stopped = None;
    let result = gather(&mut Raw {
        wanted,
        each: &mut |row| {
            each(row).map_err(|error| {
                stopped = Some(error);
                Fault::Io(io::Error::other("stopped"))
            })
        },
    });
    (result, stopped)
}

/// Which of the two files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    Entities,
    ActiveObjects,
}

/// Runs `read` beside a thread that unpacks the file, and that proves rows that nobody wants.
fn read_part(
    part: &Part,
    prove: Option<Prove<'_>>,
    read: &mut dyn FnMut(Feed) -> Result<(), Fault>,
) -> Result<(), ReadError> {
    let (pump, feed) = feed::channel();
    let (opened, outcome) = std::thread::scope(|scope| {
        let thread = scope.spawn(|| part.open(|reader| pump.run(reader, prove)));
        let outcome = read(feed);
        (thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)), outcome)
    });
    let faults = opened.map_err(Fault::Io).and(outcome);
    faults.map_err(|fault| fault.error(part, |at| locate(part, at)))
}

/// Finds the line and column of a byte by reading the file once more.
fn locate(part: &Part, at: u64) -> (u64, u64) {
    part.open(|reader| position::position(reader, at)).unwrap_or((1, 1))
}

/// Tells how far reading has come.
struct Counting<'a> {
    blocks: Feed,
    done: u64,
    total: u64,
    progress: Progress<'a>,
}

impl Blocks for Counting<'_> {
    fn next(&mut self, used: Vec<u8>) -> io::Result<Option<Block>> {
        let block = self.blocks.next(used)?;
        self.done += block.as_ref().map_or(0, Block::length);
        (self.progress)(self.done.min(self.total), self.total);
        Ok(block)
    }
}

/// What becomes of the rows.
trait Sink<'p> {
    /// Proves rows of a file that are only counted; nothing if it takes all.
    fn prove(&self, _: What) -> Option<Prover<'p>> {
        None
    }

    fn entities(&mut self, markup: &mut Markup<'_>) -> Result<Entities, Fault>;
    fn active_objects(&mut self, markup: &mut Markup<'_>) -> Result<BTreeMap<String, u64>, Fault>;
}

/// Rows that are configuration are kept.
struct Typed {
    scope: Scope,
    /// How much memory they may take.
    most: u64,
    tables: Tables,
    field_values: FieldValues,
}

impl<'p> Sink<'p> for Typed {
    fn prove(&self, what: What) -> Option<Prover<'p>> {
        let scope = self.scope;
        let of_entities = move |block: &[u8], begin: usize| {
            prove::prove(block, begin, &|table| match entities::is_unwanted(table, scope) {
                true => Rows::None,
                false => Rows::All,
            })
        };
        (what == What::Entities).then(|| Box::new(of_entities) as _)
    }

    fn entities(&mut self, markup: &mut Markup<'_>) -> Result<Entities, Fault> {
        entities::read(markup, (self.scope, self.most), &mut self.tables, &mut self.field_values)
    }

    fn active_objects(&mut self, markup: &mut Markup<'_>) -> Result<BTreeMap<String, u64>, Fault> {
        active_objects::read(markup, self.most, &mut self.tables)
    }
}

impl Typed {
    fn new(scope: Scope) -> Self {
        let field_values = FieldValues::default();
        Self { scope, most: bound::MOST_BYTES, tables: Tables::default(), field_values }
    }

    fn finish(self, told: Told) -> Reading {
        let mut tables = self.tables;
        tables.fields_with_values = self.field_values.pairs();
        tables.usage.options = self.field_values.options();
        tables.characters = Characters::Xml;
        let Told { version, build, rows, mut warnings, zone, exported } = told;
        let reading = Reading::of(tables, rows, version, build);
        warnings.extend(reading.warnings);
        let zone = zone.map_or_else(|| reading.zone.clone(), KnownZone::Named);
        Reading { warnings, zone, exported, ..reading }
    }
}

/// Every row is told of.
struct Raw<'p, 'e> {
    wanted: Wanted<'p>,
    each: raw::Each<'e>,
}

impl<'p> Sink<'p> for Raw<'p, '_> {
    fn prove(&self, what: What) -> Option<Prover<'p>> {
        let wanted = self.wanted.rows;
        let of_entities = move |block: &[u8], begin: usize| {
            prove::prove(block, begin, &|table| wanted(&String::from_utf8_lossy(table)))
        };
        (what == What::Entities).then(|| Box::new(of_entities) as _)
    }

    fn entities(&mut self, markup: &mut Markup<'_>) -> Result<Entities, Fault> {
        raw::entities(markup, self.wanted, self.each)
    }

    fn active_objects(&mut self, markup: &mut Markup<'_>) -> Result<BTreeMap<String, u64>, Fault> {
        let wanted = self.wanted.rows;
        active_objects::scan(markup, &|table| !matches!(wanted(table), Rows::None), self.each)
    }
}

impl Told {
    fn read(
        &mut self,
        sink: &mut dyn Sink<'_>,
        what: What,
        blocks: impl Blocks,
        file: &str,
        locate: &dyn Fn(u64) -> (u64, u64),
    ) -> Result<(), Fault> {
        let mut text = Text::new(blocks);
        let mut markup = Markup::new(&mut text);
        match what {
            What::Entities => {
                let read = sink.entities(&mut markup)?;
                match (&read.inventory, &read.head) {
                    (Some(inventory), _) => self.warnings.extend(inventory.compare(&read.rows)),
                    (None, Some(_)) => self.warnings.push(
                        "the end of the file does not give the row counts that Jira writes; was it edited?"
                            .to_owned(),
                    ),
                    (None, None) => {}
                }
                self.rows.extend(read.rows);
                let head = read.head.unwrap_or_default();
                (self.version, self.build) = (head.version, head.build);
                (self.zone, self.exported) = (head.zone, head.exported);
            }
            What::ActiveObjects => self.rows.extend(sink.active_objects(&mut markup)?),
        }
        let mut controls = markup.controls();
        controls.add_all(text.controls);
        self.controls(controls, file, locate);
        Ok(())
    }

    /// Warns of characters that XML forbids.
    fn controls(&mut self, controls: Controls, file: &str, locate: &dyn Fn(u64) -> (u64, u64)) {
        let Some((at, character)) = controls.first else { return };
        let (line, column) = locate(at);
        let code = u32::from(character);
        let others = match controls.count - 1 {
            0 => String::new(),
            others => format!(", and {others} more such characters follow"),
        };
        self.warnings.push(format!(
            "{file}:{line}:{column}: the character U+{code:04X}, which XML forbids, is in the text{others}; \
             it is kept as it is"
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(entities: &str, active_objects: Option<&str>, most: u64) -> Result<usize, String> {
        let mut typed = Typed { most, ..Typed::new(Scope::default()) };
        let told =
            gather_bytes(entities.as_bytes(), active_objects.map(str::as_bytes), (1 << 10, true), &mut typed);
        told.map(|_| typed.tables.len()).map_err(|fault| format!("{fault:?}"))
    }

    /// Rows are kept up to a bound, of both files together; rows that are no configuration do not count.
    #[test]
    fn rows_are_bounded() {
        let rows =
            |row: &str, count: usize| format!("<entity-engine-xml>{}</entity-engine-xml>", row.repeat(count));
        let statuses = rows(r#"<Status id="1" name="x"/>"#, 1_000);
        let of_one = read(&statuses, None, u64::MAX).map(|rows| rows as u64);
        assert_eq!(of_one, Ok(1_000));
        let error = read(&statuses, None, 100_000).unwrap_err();
        assert!(error.contains("TooMuch") && error.contains("Status"), "{error}");
        assert_eq!(read(&rows(r#"<ChangeItem id="1" field="x"/>"#, 10_000), None, 100_000), Ok(0));
        let boards = r#"<backup><data tableName="AO_60DB71_RAPIDVIEW"><column name="ID"/>"#.to_owned()
            + &"<row><integer>1</integer></row>".repeat(1_000)
            + "</data></backup>";
        let error = read(&rows("", 1), Some(&boards), 100_000).unwrap_err();
        assert!(error.contains("TooMuch") && error.contains("RAPIDVIEW"), "{error}");
    }

    /// Names of tables and columns are kept as well.
    #[test]
    fn tables_and_columns_are_bounded() {
        let tables: String = (0..bound::MOST_TABLES + 2).map(|number| format!("<T{number}/>")).collect();
        let error = read(&format!("<entity-engine-xml>{tables}</entity-engine-xml>"), None, u64::MAX);
        assert!(error.unwrap_err().contains("more than 5000 tables"));
        let columns = r#"<column name="A"/>"#.repeat(bound::MOST_COLUMNS + 1);
        let data = format!(r#"<backup><data tableName="AO_X">{columns}</data></backup>"#);
        let error = read("<entity-engine-xml/>", Some(&data), u64::MAX).unwrap_err();
        assert!(error.contains("more than 1000 columns"), "{error}");
    }
}
