//! XML backups of Jira: a bare `.xml`, or a `.zip` with `entities.xml` and `activeobjects.xml`.

use std::path::{Path, PathBuf};

use quick_xml::Reader;
use quick_xml::events::Event;

use super::{Instance, Progress, ReadError, Reading, Scope};
use crate::entity::{EntityId, Row, Tables};

/// A backup.
#[derive(Debug)]
pub struct Backup {
    path: PathBuf,
}

impl Backup {
    /// Opens a backup.
    pub fn open(path: &Path) -> Result<Self, ReadError> {
        Ok(Self { path: path.to_owned() })
    }
}

impl Instance for Backup {
    fn read(&mut self, _scope: Scope, _progress: Progress<'_>) -> Result<Reading, ReadError> {
        let text = std::fs::read_to_string(&self.path)
            .map_err(|source| ReadError::Io { path: self.path.clone(), source })?;
        let mut reader = Reader::from_str(&text);
        let mut tables = Tables::default();
        let mut depth = 0;
        let mut current: Option<(EntityId, Row)> = None;
        let mut field: Option<(usize, String)> = None;
        loop {
            let event = reader.read_event().map_err(|error| ReadError::Malformed {
                file: self.path.display().to_string(),
                line: 0,
                column: 0,
                message: error.to_string(),
            })?;
            match event {
                Event::Start(ref start) | Event::Empty(ref start) => {
                    if depth == 1 {
                        current = EntityId::find(start.name().as_ref()).map(|id| (id, Row::new(id)));
                        if let Some((id, row)) = &mut current {
                            for attribute in start.attributes().flatten() {
                                if let Some(number) = id.entity().attribute(attribute.key.as_ref()) {
                                    row.set(number, attribute.unescape_value().unwrap_or_default());
                                }
                            }
                        }
                    } else if let (2, Some((id, _))) = (depth, &current) {
                        field = id
                            .entity()
                            .attribute(start.name().as_ref())
                            .map(|number| (number, String::new()));
                    }
                    if let Event::Start(_) = event {
                        depth += 1;
                    } else if depth == 1
                        && let Some((id, row)) = current.take()
                    {
                        tables.push(id, row);
                    }
                }
                Event::CData(text) => {
                    if let Some((_, value)) = &mut field {
                        value.push_str(&text);
                    }
                }
                Event::End(_) => {
                    depth -= 1;
                    if let (2, Some((number, value)), Some((_, row))) = (depth, field.take(), &mut current) {
                        row.set(number, value);
                    }
                    if depth == 1
                        && let Some((id, row)) = current.take()
                    {
                        tables.push(id, row);
                    }
                }
                Event::Eof => break,
                _ => {}
            }
        }
        tables.sort();
        let snapshot = crate::mapping::read(&tables);
        Ok(Reading { snapshot, ..Reading::default() })
    }
}
