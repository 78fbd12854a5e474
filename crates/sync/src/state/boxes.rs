//! Messages that were sent and received.
//!
//! Invariant: the sealed bytes of a message stay as they were first made until the partner has received it; the hash of a received one
//! stays for good.

use rusqlite::{OptionalExtension as _, Row, params};

use super::{State, StateFault};
use crate::Time;
use crate::channel::MessageName;
use crate::message::Hash;

/// Where a sent message stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum OutState {
    /// The partner has not said that it has it.
    Waiting = 0,
    /// The partner has it.
    Received = 1,
    /// The partner has done it.
    Done = 2,
    /// The partner does not do it.
    Refused = 3,
    /// The partner could not do it yet.
    Error = 4,
}

/// Where a received message stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum InState {
    /// Nothing was done.
    New = 0,
    /// It was begun: something may have been done, and is looked for before it is tried again.
    Applying = 1,
    /// It could not be done; the issue waits.
    Error = 2,
    /// It waits for another issue, or for a configuration.
    Waiting = 3,
    /// It was done.
    Done = 4,
    /// It is not done; the partner was told.
    Refused = 5,
    /// People have passed it over.
    Skipped = 6,
}

/// A sent message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutRow {
    /// Its epoch.
    pub epoch: u32,
    /// Its number.
    pub seq: u64,
    /// The issue of this side that it is about.
    pub issue: Option<String>,
    /// Its kind.
    pub kind: String,
    /// The hash of what it says.
    pub hash: Hash,
    /// Where it stands.
    pub state: OutState,
    /// When it was made.
    pub created: Time,
    /// How often it was sent.
    pub tries: u32,
    /// When it is to be sent (again).
    pub due: Option<Time>,
    /// What the partner says about it.
    pub why: Option<String>,
}

/// A received message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InRow {
    /// Its epoch.
    pub epoch: u32,
    /// Its number.
    pub seq: u64,
    /// The hash of what it says.
    pub hash: Hash,
    /// The partner's issue that it is about.
    pub issue: Option<String>,
    /// Its kind.
    pub kind: String,
    /// Where it stands.
    pub state: InState,
    /// When it was received.
    pub received: Time,
    /// How often it was tried.
    pub tries: u32,
    /// When it is tried again.
    pub due: Time,
    /// Why it is not done.
    pub why: Option<String>,
}

const OUT: &str = "epoch, seq, issue, kind, hash, state, created, tries, due, why";
const IN: &str = "epoch, seq, hash, issue, kind, state, received, tries, due, why";

fn out_row(row: &Row<'_>) -> rusqlite::Result<OutRow> {
    let state = match row.get::<_, i64>(5)? {
        0 => OutState::Waiting,
        1 => OutState::Received,
        2 => OutState::Done,
        3 => OutState::Refused,
        _ => OutState::Error,
    };
    Ok(OutRow {
        epoch: row.get(0)?,
        seq: row.get::<_, i64>(1)?.cast_unsigned(),
        issue: row.get(2)?,
        kind: row.get(3)?,
        hash: Hash(row.get(4)?),
        state,
        created: Time(row.get(6)?),
        tries: row.get(7)?,
        due: row.get::<_, Option<i64>>(8)?.map(Time),
        why: row.get(9)?,
    })
}

fn in_row(row: &Row<'_>) -> rusqlite::Result<InRow> {
    let state = match row.get::<_, i64>(5)? {
        0 => InState::New,
        1 => InState::Applying,
        2 => InState::Error,
        3 => InState::Waiting,
        4 => InState::Done,
        5 => InState::Refused,
        _ => InState::Skipped,
    };
    Ok(InRow {
        epoch: row.get(0)?,
        seq: row.get::<_, i64>(1)?.cast_unsigned(),
        hash: Hash(row.get(2)?),
        issue: row.get(3)?,
        kind: row.get(4)?,
        state,
        received: Time(row.get(6)?),
        tries: row.get(7)?,
        due: Time(row.get(8)?),
        why: row.get(9)?,
    })
}

impl State {
    /// Keeps a message until the partner has received it.
    pub fn put_out(&mut self, row: &OutRow, sealed: &[u8]) -> Result<(), StateFault> {
        self.begin()?;
        self.db.prepare_cached("INSERT INTO outbox VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")?.execute(
            params![
                row.epoch,
                row.seq.cast_signed(),
                row.issue,
                row.kind,
                row.hash.0,
                sealed,
                row.state as i64,
                row.created.0,
                row.tries,
                row.due.map(|due| due.0),
                row.why,
                MessageName::of(&self.half.sync_id, self.half.role, sealed).to_string(),
            ],
        )?;
        Ok(())
    }

    /// Whether the message of this name is one that the partner has not received yet; none where it has no number, or is of an
    /// older epoch.
    pub fn is_awaited(&self, name: &str) -> Result<Option<bool>, StateFault> {
        let mut rows = self.db.prepare_cached("SELECT state = 0 FROM outbox WHERE name = ?")?;
        Ok(rows.query_row([name], |row| row.get(0)).optional()?)
    }

    /// A sent message of this epoch.
    pub fn out(&self, seq: u64) -> Result<Option<OutRow>, StateFault> {
        let mut rows =
            self.db.prepare_cached(&format!("SELECT {OUT} FROM outbox WHERE epoch = ? AND seq = ?"))?;
        Ok(rows.query_row(params![self.half.epoch, seq.cast_signed()], out_row).optional()?)
    }

    /// The sealed bytes of a sent message of this epoch, as long as they are kept.
    pub fn sealed(&self, seq: u64) -> Result<Option<Vec<u8>>, StateFault> {
        let mut rows = self.db.prepare_cached("SELECT sealed FROM outbox WHERE epoch = ? AND seq = ?")?;
        let sealed: Option<Option<Vec<u8>>> =
            rows.query_row(params![self.half.epoch, seq.cast_signed()], |row| row.get(0)).optional()?;
        Ok(sealed.flatten())
    }

    /// Messages that are to be sent by now, in order: at most so many.
    pub fn out_due(&self, now: Time, many: u32) -> Result<Vec<OutRow>, StateFault> {
        let mut rows = self.db.prepare_cached(&format!(
            "SELECT {OUT} FROM outbox WHERE due IS NOT NULL AND due <= ? AND epoch = ? ORDER BY seq LIMIT ?"
        ))?;
        Ok(rows.query_map(params![now.0, self.half.epoch, many], out_row)?.collect::<Result<_, _>>()?)
    }

    /// The message was sent, and is to be sent again then.
    pub fn out_sent(&mut self, seq: u64, due: Option<Time>) -> Result<(), StateFault> {
        self.begin()?;
        self.db
            .prepare_cached(
                "UPDATE outbox SET tries = tries + 1, due = ? WHERE epoch = ? AND seq = ? AND state = 0",
            )?
            .execute(params![due.map(|due| due.0), self.half.epoch, seq.cast_signed()])?;
        Ok(())
    }

    /// The message is to be sent again at once.
    pub fn out_again(&mut self, seq: u64) -> Result<(), StateFault> {
        self.begin()?;
        self.db
            .prepare_cached("UPDATE outbox SET due = ? WHERE epoch = ? AND seq = ? AND state = 0")?
            .execute(params![i64::MIN, self.half.epoch, seq.cast_signed()])?;
        Ok(())
    }

    /// The partner has these messages.
    pub fn out_received(&mut self, from: u64, to: u64) -> Result<(), StateFault> {
        self.begin()?;
        self.db
            .prepare_cached(
                "UPDATE outbox SET state = 1, sealed = NULL, due = NULL \
                 WHERE epoch = ? AND seq BETWEEN ? AND ? AND state = 0",
            )?
            .execute(params![self.half.epoch, from.cast_signed(), to.cast_signed()])?;
        Ok(())
    }

    /// What has become of a message at the partner's.
    pub fn out_became(&mut self, seq: u64, state: OutState, why: Option<&str>) -> Result<(), StateFault> {
        self.begin()?;
        self.db
            .prepare_cached("UPDATE outbox SET state = ?, why = ? WHERE epoch = ? AND seq = ? AND state > 0")?
            .execute(params![state as i64, why, self.half.epoch, seq.cast_signed()])?;
        Ok(())
    }

    /// The partner is done with all messages up to this one that it has and does not mention.
    pub fn out_done(&mut self, upto: u64) -> Result<(), StateFault> {
        self.begin()?;
        self.db
            .prepare_cached(
                "UPDATE outbox SET state = 2, why = NULL WHERE epoch = ? AND seq <= ? AND state IN (1, 4)",
            )?
            .execute(params![self.half.epoch, upto.cast_signed()])?;
        Ok(())
    }

    /// Whether the partner has messages of which it is not known what has become.
    pub fn out_unanswered(&self) -> Result<bool, StateFault> {
        let mut rows =
            self.db.prepare_cached("SELECT 1 FROM outbox WHERE state = 1 AND epoch = ? LIMIT 1")?;
        Ok(rows.exists([self.half.epoch])?)
    }

    /// The messages that the partner has not done, oldest first: at most so many.
    pub fn out_open(&self, many: u32) -> Result<Vec<OutRow>, StateFault> {
        let mut rows = self.db.prepare_cached(&format!(
            "SELECT {OUT} FROM outbox WHERE epoch = ? AND state IN (0, 1, 3, 4) ORDER BY seq LIMIT ?"
        ))?;
        Ok(rows.query_map(params![self.half.epoch, many], out_row)?.collect::<Result<_, _>>()?)
    }

    /// The oldest message that the partner has not received, and how many there are.
    pub fn out_waiting(&self) -> Result<(u64, Option<Time>), StateFault> {
        let mut rows = self.db.prepare_cached(
            "SELECT count(*), min(created) FROM outbox WHERE due IS NOT NULL AND epoch = ?",
        )?;
        Ok(rows.query_row([self.half.epoch], |row| {
            Ok((row.get::<_, i64>(0)?.cast_unsigned(), row.get::<_, Option<i64>>(1)?.map(Time)))
        })?)
    }

    /// Keeps a received message.
    pub fn put_in(&mut self, row: &InRow, plain: &[u8]) -> Result<(), StateFault> {
        self.begin()?;
        self.db.prepare_cached("INSERT INTO inbox VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")?.execute(
            params![
                row.epoch,
                row.seq.cast_signed(),
                row.hash.0,
                row.issue,
                row.kind,
                plain,
                row.state as i64,
                row.received.0,
                row.tries,
                row.due.0,
                row.why,
            ],
        )?;
        Ok(())
    }

    /// A received message of this epoch.
    pub fn inbox(&self, seq: u64) -> Result<Option<InRow>, StateFault> {
        let mut rows =
            self.db.prepare_cached(&format!("SELECT {IN} FROM inbox WHERE epoch = ? AND seq = ?"))?;
        Ok(rows.query_row(params![self.half.epoch, seq.cast_signed()], in_row).optional()?)
    }

    /// What a received message says, as long as it is kept.
    pub fn plain(&self, seq: u64) -> Result<Option<Vec<u8>>, StateFault> {
        let mut rows = self.db.prepare_cached("SELECT plain FROM inbox WHERE epoch = ? AND seq = ?")?;
        let plain: Option<Option<Vec<u8>>> =
            rows.query_row(params![self.half.epoch, seq.cast_signed()], |row| row.get(0)).optional()?;
        Ok(plain.flatten())
    }

    /// Received messages that are not finished, in order, after this number: at most so many.
    pub fn in_open(&self, after: u64, many: u32) -> Result<Vec<InRow>, StateFault> {
        let mut rows = self.db.prepare_cached(&format!(
            "SELECT {IN} FROM inbox WHERE epoch = ? AND seq > ? AND state < 4 ORDER BY seq LIMIT ?"
        ))?;
        let rows = rows.query_map(params![self.half.epoch, after.cast_signed(), many], in_row)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Whether a message about this issue of the partner's was begun and has no result.
    pub fn is_applying(&self, partner: &crate::IssueKey) -> Result<bool, StateFault> {
        let mut rows = self
            .db
            .prepare_cached("SELECT 1 FROM inbox WHERE issue = ? AND state = 1 AND epoch = ? LIMIT 1")?;
        Ok(rows.exists(params![partner.0, self.half.epoch])?)
    }

    /// The numbers, with hashes, of received messages above this one.
    pub fn in_above(&self, seq: u64, many: u32) -> Result<Vec<(u64, Hash)>, StateFault> {
        let mut rows = self
            .db
            .prepare_cached("SELECT seq, hash FROM inbox WHERE epoch = ? AND seq > ? ORDER BY seq LIMIT ?")?;
        let rows = rows.query_map(params![self.half.epoch, seq.cast_signed(), many], |row| {
            Ok((row.get::<_, i64>(0)?.cast_unsigned(), Hash(row.get(1)?)))
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// What has become of a received message. What it says is forgotten once it is finished.
    pub fn in_became(&mut self, row: &InRow) -> Result<(), StateFault> {
        self.begin()?;
        let finished = row.state >= InState::Done;
        let change = if finished {
            "UPDATE inbox SET state = ?, tries = ?, due = ?, why = ?, plain = NULL WHERE epoch = ? AND seq = ?"
        } else {
            "UPDATE inbox SET state = ?, tries = ?, due = ?, why = ? WHERE epoch = ? AND seq = ?"
        };
        self.db.prepare_cached(change)?.execute(params![
            row.state as i64,
            row.tries,
            row.due.0,
            row.why,
            row.epoch,
            row.seq.cast_signed(),
        ])?;
        Ok(())
    }

    /// A new epoch begins: what was not sent or done in the old one never will be.
    pub fn forget_epoch(&mut self) -> Result<(), StateFault> {
        self.begin()?;
        self.db.execute_batch("DELETE FROM outbox; DELETE FROM inbox; DELETE FROM chunks;")?;
        Ok(())
    }
}
