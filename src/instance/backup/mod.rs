//! XML backups of Jira: a bare `.xml`, or a `.zip` with `entities.xml` and `activeobjects.xml`.
//!
//! Invariant: everything is streamed. Memory is bounded by the configuration, however large the backup is, and the
//! whole file is proved well-formed, though nearly nothing of it is decoded.

mod active_objects;
mod container;
mod entities;
mod fault;
mod feed;
mod field_values;
mod inventory;
mod markup;
mod position;
mod scan;

use std::io;
use std::path::Path;

use self::container::{Container, Part};
use self::fault::Fault;
use self::feed::{Blocks, Controls, Feed, ReadBlocks, Text};
use self::field_values::FieldValues;
use self::markup::Markup;
use super::{Instance, Progress, ReadError, Reading, Scope};
use crate::entity::Tables;
use crate::mapping::Properties;

/// A backup.
#[derive(Debug)]
pub struct Backup {
    container: Container,
}

impl Backup {
    /// Opens a backup.
    pub fn open(path: &Path) -> Result<Self, ReadError> {
        Ok(Self { container: Container::open(path)? })
    }

    /// Returns the file.
    pub fn path(&self) -> &Path {
        self.container.path()
    }
}

impl Instance for Backup {
    fn read(&mut self, scope: Scope, progress: Progress<'_>) -> Result<Reading, ReadError> {
        let parts = [Some(&self.container.entities), self.container.active_objects.as_ref()];
        let total = parts.iter().flatten().map(|part| part.size).sum();
        let mut gathered = Gathered::new(scope);
        let mut done = 0;
        for (part, what) in parts.into_iter().zip([What::Entities, What::ActiveObjects]) {
            let Some(part) = part else { continue };
            read_part(part, &mut |feed| {
                let counting = Counting { blocks: feed, done, total, progress };
                gathered.read(what, counting, &part.title(), &|at| locate(part, at))
            })?;
            done += part.size;
        }
        progress(total, total);
        let mut reading = gathered.finish();
        reading.warnings.splice(..0, self.container.warnings.iter().cloned());
        Ok(reading)
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
    let mut gathered = Gathered::new(scope);
    for (bytes, what) in [(Some(entities), What::Entities), (active_objects, What::ActiveObjects)] {
        let Some(bytes) = bytes else { continue };
        let blocks = ReadBlocks { reader: bytes, size: chunk.max(1), error: None };
        let locate = |at| position::position(bytes, at);
        gathered.read(what, blocks, "memory", &locate).map_err(|fault| format!("{fault:?}"))?;
    }
    Ok(gathered.finish())
}

/// Which of the two files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    Entities,
    ActiveObjects,
}

/// Runs `read` beside a thread that unpacks the file.
fn read_part(part: &Part, read: &mut dyn FnMut(Feed) -> Result<(), Fault>) -> Result<(), ReadError> {
    let (pump, feed) = feed::channel();
    let (opened, outcome) = std::thread::scope(|scope| {
        let thread = scope.spawn(|| part.open(|reader| pump.run(reader)));
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
    fn next(&mut self, used: Vec<u8>) -> io::Result<Option<Vec<u8>>> {
        let block = self.blocks.next(used)?;
        self.done += block.as_ref().map_or(0, |block| feed::length(block));
        (self.progress)(self.done.min(self.total), self.total);
        Ok(block)
    }
}

/// What has been read so far.
struct Gathered {
    scope: Scope,
    tables: Tables,
    field_values: FieldValues,
    head: inventory::Head,
    reading: Reading,
}

impl Gathered {
    fn new(scope: Scope) -> Self {
        Self {
            scope,
            tables: Tables::default(),
            field_values: FieldValues::default(),
            head: inventory::Head::default(),
            reading: Reading::default(),
        }
    }

    fn read(
        &mut self,
        what: What,
        blocks: impl Blocks,
        file: &str,
        locate: &dyn Fn(u64) -> (u64, u64),
    ) -> Result<(), Fault> {
        let mut text = Text::new(blocks);
        let mut markup = Markup::new(&mut text);
        match what {
            What::Entities => {
                let read = entities::read(&mut markup, self.scope, &mut self.tables, &mut self.field_values)?;
                match (&read.inventory, &read.head) {
                    (Some(inventory), _) => self.reading.warnings.extend(inventory.compare(&read.rows)),
                    (None, Some(_)) => self.reading.warnings.push(
                        "the file does not say at its end how many rows it holds, as Jira does; was it edited?"
                            .to_owned(),
                    ),
                    (None, None) => {}
                }
                self.reading.rows.extend(read.rows);
                self.head = read.head.unwrap_or_default();
            }
            What::ActiveObjects => {
                self.reading.rows.extend(active_objects::read(&mut markup, &mut self.tables)?);
            }
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
        self.reading.warnings.push(format!(
            "{file}:{line}:{column}: the character U+{code:04X}, which XML forbids, stands in the text{others}; \
             what XML forbids is kept as it is"
        ));
    }

    fn finish(mut self) -> Reading {
        for row in self.tables.sort() {
            let (entity, id) = (row.entity().entity().name, row.id());
            self.reading
                .warnings
                .push(format!("there is a second {entity} row with the id {id}; it was left out"));
        }
        self.tables.fields_with_values = self.field_values.pairs();
        let mut reading = self.reading;
        let properties = Properties::new(&self.tables);
        let setting = |key| properties.setting(key).map(str::to_owned);
        let version = setting("jira.version").or(self.head.version);
        let build = setting("jira.version.patched").or(self.head.build);
        reading.version = match (version, build) {
            (Some(version), Some(build)) => Some(format!("{version} ({build})")),
            (Some(version), None) => Some(version),
            (None, Some(build)) => Some(format!("build {build}")),
            (None, None) => None,
        };
        reading.snapshot = crate::mapping::read(&self.tables);
        reading.tables = self.tables;
        reading
    }
}
