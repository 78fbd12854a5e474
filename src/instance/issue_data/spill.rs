//! Rows that wait in a file until all of an issue are together.
//!
//! Issues are parted into ranges. The rows of a range are put together in memory and go to the file piece by piece; what comes back is
//! read range by range, by a thread that puts the next issues together while somebody works with one, and a range that is too large for
//! memory is parted again. Invariants: no more than the rows of a range, of a few issues or of the largest one are in memory; the file
//! can be read by its owner alone and has no name as long as it is used, so that nothing of it stays, whatever happens to the process.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::mpsc::sync_channel;

use crate::entity::{DataRow, DataTable, data_tables};
use crate::instance::ReadError;

/// Into how many ranges issues are parted.
const RANGES: usize = 256;

/// How much is in memory.
#[derive(Debug, Clone, Copy)]
struct Sizes {
    /// How much of a range goes to the file at once.
    piece: usize,
    /// How much of a range is read at once, if it is of several issues.
    most: u64,
}

const SIZES: Sizes = Sizes { piece: 1 << 16, most: 16 << 20 };

/// How many issues may wait for whoever works with them.
const WAITING: usize = 8;

/// Rows by the place of their issue among those that are gathered.
pub(super) struct Spill {
    folder: PathBuf,
    file: File,
    /// Where the next piece goes.
    end: u64,
    /// The first place, and how many there are.
    places: (usize, usize),
    ranges: Vec<Range>,
    sizes: Sizes,
}

/// The rows of the issues of some places.
#[derive(Default)]
struct Range {
    /// What is in the file: where, and how much.
    pieces: Vec<(u64, usize)>,
    /// What is yet to go there.
    last: Vec<u8>,
    bytes: u64,
}

/// A row as it waits.
struct Waiting<'b> {
    place: usize,
    kind: usize,
    id: Option<i64>,
    values: &'b [u8],
}

/// Why no more issues are put together.
enum Stop {
    /// Nobody wants them.
    Unwanted,
    Failed(io::Error),
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::Failed(error)
    }
}

impl Spill {
    /// Waits in that folder for the rows of so many issues.
    pub(super) fn new(folder: &Path, issues: usize) -> Result<Self, ReadError> {
        Self::of(folder, (0, issues), SIZES)
            .map_err(|source| ReadError::Io { path: folder.to_owned(), source })
    }

    fn of(folder: &Path, places: (usize, usize), sizes: Sizes) -> io::Result<Self> {
        let ranges = (0..RANGES.min(places.1)).map(|_| Range::default()).collect();
        let (folder, file) = (folder.to_owned(), tempfile::tempfile_in(folder)?);
        Ok(Self { folder, file, end: 0, places, ranges, sizes })
    }

    /// Keeps a row.
    pub(super) fn add(&mut self, issue: usize, row: &DataRow, bytes: &mut Vec<u8>) -> Result<(), ReadError> {
        bytes.clear();
        encode(row, bytes);
        let id = row.table().attributes.iter().position(|own| own.name.eq_ignore_ascii_case("id"));
        let id = id.and_then(|at| row.values().nth(at)?.and_then(|id| id.trim().parse::<i64>().ok()));
        let row = Waiting { place: issue, kind: number_of(row.table()), id, values: bytes };
        self.keep(&row).map_err(|source| ReadError::Io { path: self.folder.clone(), source })
    }

    fn keep(&mut self, row: &Waiting<'_>) -> io::Result<()> {
        let (first, count) = self.places;
        let range = (row.place - first) * self.ranges.len() / count;
        let range = &mut self.ranges[range];
        row.write(&mut range.last);
        if range.last.len() >= self.sizes.piece {
            self.file.seek(SeekFrom::Start(self.end))?;
            self.file.write_all(&range.last)?;
            range.pieces.push((self.end, range.last.len()));
            range.bytes += range.last.len() as u64;
            self.end += range.last.len() as u64;
            range.last.clear();
        }
        Ok(())
    }

    /// Calls `each` with the rows of each issue, the issues in their order; those without rows are left out.
    pub(super) fn each<E: From<ReadError>>(
        &mut self,
        each: &mut dyn FnMut(usize, Vec<DataRow>) -> Result<(), E>,
    ) -> Result<(), E> {
        let (send, receive) = sync_channel(WAITING);
        let own = &*self;
        std::thread::scope(|scope| {
            let put_together = scope.spawn(move || {
                own.put_together(&mut |place, rows| send.send((place, rows)).map_err(|_| Stop::Unwanted))
            });
            // Whoever gives up lets nobody wait.
            let result = receive.into_iter().try_for_each(|(place, rows)| each(place, rows));
            match put_together.join() {
                Ok(Ok(()) | Err(Stop::Unwanted)) => result,
                Ok(Err(Stop::Failed(source))) => {
                    result.and(Err(ReadError::Io { path: own.folder.clone(), source }.into()))
                }
                Err(panic) => std::panic::resume_unwind(panic),
            }
        })
    }

    fn put_together(
        &self,
        tell: &mut dyn FnMut(usize, Vec<DataRow>) -> Result<(), Stop>,
    ) -> Result<(), Stop> {
        let (first, count) = self.places;
        let begins = |range: usize| (range * count).div_ceil(self.ranges.len());
        for (number, range) in self.ranges.iter().enumerate() {
            let places = (first + begins(number), begins(number + 1) - begins(number));
            if range.bytes > self.sizes.most && places.1 > 1 {
                self.part(range, places)?.put_together(tell)?;
            } else {
                self.load(range, tell)?;
            }
        }
        Ok(())
    }

    /// Parts a range again.
    fn part(&self, range: &Range, places: (usize, usize)) -> io::Result<Self> {
        let mut parted = Self::of(&self.folder, places, self.sizes)?;
        let mut bytes = Vec::new();
        for piece in &range.pieces {
            bytes.clear();
            self.read(*piece, &mut bytes)?;
            rows(&bytes).try_for_each(|row| parted.keep(&row))?;
        }
        rows(&range.last).try_for_each(|row| parted.keep(&row))?;
        Ok(parted)
    }

    /// Tells the issues of a range.
    fn load(
        &self,
        range: &Range,
        tell: &mut dyn FnMut(usize, Vec<DataRow>) -> Result<(), Stop>,
    ) -> Result<(), Stop> {
        let mut bytes = Vec::with_capacity(range.bytes as usize + range.last.len());
        range.pieces.iter().try_for_each(|piece| self.read(*piece, &mut bytes))?;
        bytes.extend_from_slice(&range.last);
        let mut rows: Vec<Waiting<'_>> = rows(&bytes).collect();
        rows.sort_unstable_by_key(|own| (own.place, own.kind, own.id, own.values));
        for issue in rows.chunk_by(|one, other| one.place == other.place) {
            let rows = issue.iter().map(|own| decode(&data_tables()[own.kind], own.values)).collect();
            tell(issue[0].place, rows)?;
        }
        Ok(())
    }

    fn read(&self, (at, length): (u64, usize), bytes: &mut Vec<u8>) -> io::Result<()> {
        let mut file = &self.file;
        file.seek(SeekFrom::Start(at))?;
        let read = file.take(length as u64).read_to_end(bytes)?;
        if read == length { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
    }
}

/// How many bytes stand before the values of a row: place, kind, whether it has an id, that, and how long the values are.
const HEAD: usize = 18;

impl Waiting<'_> {
    fn write(&self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(&(self.place as u32).to_le_bytes());
        bytes.extend_from_slice(&[self.kind as u8, u8::from(self.id.is_some())]);
        bytes.extend_from_slice(&self.id.unwrap_or_default().to_le_bytes());
        bytes.extend_from_slice(&(self.values.len() as u32).to_le_bytes());
        bytes.extend_from_slice(self.values);
    }
}

/// Returns the rows of a piece, which holds whole ones.
fn rows(mut bytes: &[u8]) -> impl Iterator<Item = Waiting<'_>> {
    std::iter::from_fn(move || {
        let (head, rest) = bytes.split_first_chunk::<HEAD>()?;
        let [p0, p1, p2, p3, kind, has_id, id @ .., l0, l1, l2, l3] = *head;
        let length = u32::from_le_bytes([l0, l1, l2, l3]) as usize;
        let (values, rest) = rest.split_at_checked(length)?;
        bytes = rest;
        let place = u32::from_le_bytes([p0, p1, p2, p3]) as usize;
        let id = (has_id == 1).then_some(i64::from_le_bytes(id));
        Some(Waiting { place, kind: kind.into(), id, values })
    })
}

fn number_of(table: &'static DataTable) -> usize {
    data_tables().iter().position(|own| std::ptr::eq(own, table)).expect("each table is one of these")
}

/// A length that does not fit into a byte follows this one.
const LONG: u8 = u8::MAX;

/// Writes the values of a row: the length and one more before each, 0 for NULL.
fn encode(row: &DataRow, bytes: &mut Vec<u8>) {
    for value in row.values() {
        let length = value.map_or(0, |value| value.len() as u64 + 1);
        match u8::try_from(length) {
            Ok(short) if short != LONG => bytes.push(short),
            _ => {
                bytes.push(LONG);
                bytes.extend_from_slice(&length.to_le_bytes());
            }
        }
        bytes.extend_from_slice(value.unwrap_or("").as_bytes());
    }
}

fn decode(table: &'static DataTable, mut bytes: &[u8]) -> DataRow {
    let mut row = DataRow::new(table);
    for number in 0..table.attributes.len() {
        let Some((&short, rest)) = bytes.split_first() else { break };
        bytes = rest;
        let mut length = u64::from(short);
        if short == LONG {
            let Some((long, rest)) = bytes.split_first_chunk::<8>() else { break };
            (length, bytes) = (u64::from_le_bytes(*long), rest);
        }
        if let Some(length) = length.checked_sub(1) {
            let (value, rest) = bytes.split_at(bytes.len().min(length as usize));
            row.set_at(number, std::str::from_utf8(value).ok());
            bytes = rest;
        }
    }
    row
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn row(id: Option<&str>, body: Option<&str>) -> DataRow {
        let mut row = DataRow::new(DataTable::named("Action"));
        row.set("id", id);
        row.set("body", body);
        row
    }

    type Issues = Vec<(usize, Vec<(Option<u64>, Option<String>)>)>;

    fn come_back(spill: &mut Spill) -> Issues {
        let mut found = Vec::new();
        spill
            .each(&mut |issue, rows| {
                let rows = rows.iter().map(|row| (row.id("id"), row.get("body").map(str::to_owned)));
                found.push((issue, rows.collect::<Vec<_>>()));
                Ok::<_, ReadError>(())
            })
            .unwrap();
        found
    }

    #[test]
    fn rows_come_back_as_they_went_issue_by_issue() {
        let folder = tempfile::tempdir().unwrap();
        let mut spill = Spill::new(folder.path(), 2).unwrap();
        let mut bytes = Vec::new();
        for (issue, id, body) in [(1, "9", Some("")), (0, "7", None), (1, "8", Some("é\n"))] {
            spill.add(issue, &row(Some(id), body), &mut bytes).unwrap();
        }
        let text = |text: &str| Some(text.to_owned());
        let wanted = [(0, vec![(Some(7), None)]), (1, vec![(Some(8), text("é\n")), (Some(9), text(""))])];
        assert_eq!(come_back(&mut spill), wanted);
        assert_eq!(come_back(&mut spill), wanted, "as often as anybody asks");
        if cfg!(unix) {
            assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
        }
    }

    #[test]
    fn who_gives_up_gets_no_more() {
        let folder = tempfile::tempdir().unwrap();
        let mut spill = Spill::new(folder.path(), 1000).unwrap();
        (0..1000).for_each(|issue| spill.add(issue, &row(None, None), &mut Vec::new()).unwrap());
        let mut told = 0;
        let result = spill.each(&mut |_, _| {
            told += 1;
            Err(ReadError::Io { path: PathBuf::new(), source: io::ErrorKind::Other.into() })
        });
        assert!(result.is_err() && told == 1);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// Whatever is put to the file, and however often a range is parted.
        #[test]
        fn all_rows_come_back_in_their_order(
            issues in 1..2000_usize,
            kept in prop::collection::vec((any::<prop::sample::Index>(), 0..9_u64, 0..600_usize), 0..60),
            (piece, most) in (1..2000_usize, 1..9000_u64),
        ) {
            let folder = tempfile::tempdir().unwrap();
            let mut spill = Spill::of(folder.path(), (0, issues), Sizes { piece, most }).unwrap();
            let mut wanted: std::collections::BTreeMap<usize, Vec<_>> = std::collections::BTreeMap::new();
            for (issue, id, length) in &kept {
                let (issue, body) = (issue.index(issues), "b".repeat(*length));
                let id = id.checked_sub(1);
                spill.add(issue, &row(id.map(|own| own.to_string()).as_deref(), Some(&body)), &mut Vec::new()).unwrap();
                wanted.entry(issue).or_default().push((id, Some(body)));
            }
            wanted.values_mut().for_each(|own| own.sort());
            let mut found = come_back(&mut spill);
            for (_, rows) in &mut found {
                prop_assert!(rows.is_sorted_by_key(|own| own.0));
                rows.sort();
            }
            prop_assert_eq!(found, wanted.into_iter().collect::<Vec<_>>());
        }
    }
}
