//! Pairs, links, what is to be looked at, configurations, what waits for a decision, and bytes that are coming.
//!
//! Invariant: keys are those of this side.

use std::io::Read;

use rusqlite::{OptionalExtension as _, params};

use super::{Pair, PairState, State, StateFault, json, parse};
use crate::message::Known;
use crate::{Alias, ConfigVersion, IssueKey, Time};

/// A link that both know, or knew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkRow {
    /// Its type.
    pub kind: Alias,
    /// The issue from which it leads.
    pub source: IssueKey,
    /// The issue to which it leads.
    pub target: IssueKey,
    /// Whether it is there.
    pub there: Known<bool>,
}

/// An issue that is to be looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Todo {
    /// Which.
    pub own: IssueKey,
    /// Whether all of it is told, and not only what differs.
    pub whole: bool,
    /// What kept it back the last time.
    pub why: Option<String>,
    /// How often it was kept back.
    pub tries: u32,
    /// When it is looked at (again).
    pub due: Time,
}

/// A configuration that was published or received.
#[derive(Clone, Debug, PartialEq)]
pub struct ConfigRow {
    /// Which.
    pub version: ConfigVersion,
    /// What the master said about it.
    pub message: String,
    /// What was published.
    pub published: Option<serde_json::Value>,
}

/// A conflict that waits for a decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parked {
    /// The issue.
    pub own: IssueKey,
    /// `status`, or `field ALIAS`.
    pub part: String,
    /// What the partner has, in JSON.
    pub theirs: String,
}

impl State {
    /// The pair of an issue of this side.
    pub fn pair(&self, own: &IssueKey) -> Result<Option<Pair>, StateFault> {
        let mut rows = self.db.prepare_cached("SELECT body FROM pairs WHERE own = ?")?;
        rows.query_row([&own.0], |row| row.get::<_, String>(0))
            .optional()?
            .map(|body| parse(&body))
            .transpose()
    }

    /// The pair of an issue of the partner's.
    pub fn pair_of(&self, partner: &IssueKey) -> Result<Option<Pair>, StateFault> {
        let mut rows = self.db.prepare_cached("SELECT body FROM pairs WHERE partner = ?")?;
        let body = rows.query_row([&partner.0], |row| row.get::<_, String>(0)).optional()?;
        body.map(|body| parse(&body)).transpose()
    }

    /// Whether an issue of this side has a pair in which both are there.
    pub fn is_paired(&self, own: &IssueKey) -> Result<bool, StateFault> {
        let mut rows = self.db.prepare_cached("SELECT state FROM pairs WHERE own = ?")?;
        let state: Option<String> = rows.query_row([&own.0], |row| row.get(0)).optional()?;
        Ok(state.is_some_and(|state| state == "live"))
    }

    /// Keeps a pair.
    pub fn put_pair(&mut self, pair: &Pair) -> Result<(), StateFault> {
        self.begin()?;
        let state = match pair.state {
            PairState::Live => "live",
            PairState::OwnGone => "own-gone",
            PairState::PartnerGone => "partner-gone",
            PairState::Left => "left",
        };
        self.db
            .prepare_cached(
                "INSERT INTO pairs VALUES (?1, ?2, ?3, ?4) ON CONFLICT (own) DO UPDATE SET partner = ?2, state = ?3, body = ?4",
            )?
            .execute(params![pair.own.0, pair.partner.as_ref().map(|key| &key.0), state, json(pair)])?;
        Ok(())
    }

    /// Forgets a pair, with what is known of its links.
    pub fn drop_pair(&mut self, own: &IssueKey) -> Result<(), StateFault> {
        self.begin()?;
        for sql in [
            "DELETE FROM pairs WHERE own = ?",
            "DELETE FROM links WHERE source = ?",
            "DELETE FROM links WHERE target = ?",
            "DELETE FROM todo WHERE own = ?",
            "DELETE FROM parked WHERE own = ?",
        ] {
            self.db.prepare_cached(sql)?.execute([&own.0])?;
        }
        Ok(())
    }

    /// Pairs in the order of their keys, after this one: at most so many.
    pub fn pairs_after(&self, own: &str, many: u32) -> Result<Vec<Pair>, StateFault> {
        let mut rows = self.db.prepare_cached("SELECT body FROM pairs WHERE own > ? ORDER BY own LIMIT ?")?;
        let bodies = rows.query_map(params![own, many], |row| row.get::<_, String>(0))?;
        bodies.map(|body| parse(&body?)).collect()
    }

    /// How many pairs there are in each state.
    pub fn pair_counts(&self) -> Result<Vec<(String, u64)>, StateFault> {
        let mut rows =
            self.db.prepare_cached("SELECT state, count(*) FROM pairs GROUP BY state ORDER BY state")?;
        let rows = rows.query_map([], |row| Ok((row.get(0)?, row.get::<_, i64>(1)?.cast_unsigned())))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The links of an issue that both know.
    pub fn links(&self, own: &IssueKey) -> Result<Vec<LinkRow>, StateFault> {
        let mut rows = self.db.prepare_cached(
            "SELECT kind, source, target, body FROM links WHERE source = ?1 OR target = ?1 ORDER BY 1, 2, 3",
        )?;
        let rows = rows.query_map([&own.0], |row| {
            Ok((row.get::<_, String>(0)?, row.get(1)?, row.get(2)?, row.get::<_, String>(3)?))
        })?;
        let mut links = Vec::new();
        for row in rows {
            let (kind, source, target, body) = row?;
            let kind =
                kind.parse().map_err(|error: crate::InvalidAlias| StateFault::Damaged(error.to_string()))?;
            links.push(LinkRow {
                kind,
                source: IssueKey(source),
                target: IssueKey(target),
                there: parse(&body)?,
            });
        }
        Ok(links)
    }

    /// Keeps a link.
    pub fn put_link(&mut self, link: &LinkRow) -> Result<(), StateFault> {
        self.begin()?;
        self.db.prepare_cached("INSERT OR REPLACE INTO links VALUES (?, ?, ?, ?)")?.execute(params![
            link.kind.as_str(),
            link.source.0,
            link.target.0,
            json(&link.there)
        ])?;
        Ok(())
    }

    /// Issues that are to be looked at by now.
    pub fn todo(&self, now: Time) -> Result<Vec<Todo>, StateFault> {
        let mut rows = self
            .db
            .prepare_cached("SELECT own, whole, why, tries, due FROM todo WHERE due <= ? ORDER BY own")?;
        let rows = rows.query_map([now.0], |row| {
            Ok(Todo {
                own: IssueKey(row.get(0)?),
                whole: row.get(1)?,
                why: row.get(2)?,
                tries: row.get(3)?,
                due: Time(row.get(4)?),
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// An issue is to be looked at; whoever asked for all of it still gets all.
    pub fn put_todo(&mut self, todo: &Todo) -> Result<(), StateFault> {
        self.begin()?;
        self.db
            .prepare_cached(
                "INSERT INTO todo VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (own) DO UPDATE \
                 SET whole = max(whole, ?2), why = ?3, tries = ?4, due = ?5",
            )?
            .execute(params![todo.own.0, todo.whole, todo.why, todo.tries, todo.due.0])?;
        Ok(())
    }

    /// All pairs are to be looked at, and told whole.
    pub fn put_todo_all(&mut self) -> Result<(), StateFault> {
        self.begin()?;
        self.db.execute_batch(
            "INSERT OR REPLACE INTO todo SELECT own, 1, NULL, 0, -9223372036854775808 FROM pairs WHERE state IN ('live', 'left')",
        )?;
        Ok(())
    }

    /// An issue was looked at.
    pub fn drop_todo(&mut self, own: &IssueKey) -> Result<(), StateFault> {
        self.begin()?;
        self.db.prepare_cached("DELETE FROM todo WHERE own = ?")?.execute([&own.0])?;
        Ok(())
    }

    /// Issues that are kept back on this side, with the reason.
    pub fn kept_back(&self) -> Result<Vec<(IssueKey, String)>, StateFault> {
        let mut rows =
            self.db.prepare_cached("SELECT own, why FROM todo WHERE why IS NOT NULL ORDER BY own")?;
        let rows = rows.query_map([], |row| Ok((IssueKey(row.get(0)?), row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Everything that is kept back is tried again by the next run.
    pub fn retry_all(&mut self) -> Result<(), StateFault> {
        self.begin()?;
        self.db.execute_batch(
            "UPDATE todo SET due = -9223372036854775808; UPDATE inbox SET due = -9223372036854775808 WHERE state < 4;",
        )?;
        Ok(())
    }

    /// Keeps a configuration.
    pub fn put_config(&mut self, row: &ConfigRow) -> Result<(), StateFault> {
        self.begin()?;
        self.db.prepare_cached("INSERT OR REPLACE INTO configs VALUES (?, ?, ?, ?)")?.execute(params![
            row.version.number,
            row.version.hash,
            row.message,
            row.published.as_ref().map(json)
        ])?;
        Ok(())
    }

    /// A configuration that was published or received.
    pub fn config(&self, number: u32) -> Result<Option<ConfigRow>, StateFault> {
        let mut rows =
            self.db.prepare_cached("SELECT hash, message, published FROM configs WHERE number = ?")?;
        let row = rows
            .query_row([number], |row| {
                Ok((row.get::<_, String>(0)?, row.get(1)?, row.get::<_, Option<String>>(2)?))
            })
            .optional()?;
        let Some((hash, message, published)) = row else { return Ok(None) };
        let published = published.map(|text| parse(&text)).transpose()?;
        Ok(Some(ConfigRow { version: ConfigVersion { number, hash }, message, published }))
    }

    /// Keeps a conflict until somebody decides.
    pub fn put_parked(&mut self, parked: &Parked) -> Result<(), StateFault> {
        self.begin()?;
        self.db.prepare_cached("INSERT OR REPLACE INTO parked VALUES (?, ?, ?)")?.execute(params![
            parked.own.0,
            parked.part,
            parked.theirs
        ])?;
        Ok(())
    }

    /// A conflict is no more.
    pub fn drop_parked(&mut self, own: &IssueKey, part: &str) -> Result<(), StateFault> {
        self.begin()?;
        self.db
            .prepare_cached("DELETE FROM parked WHERE own = ? AND part = ?")?
            .execute(params![own.0, part])?;
        Ok(())
    }

    /// The conflicts that wait for a decision.
    pub fn parked(&self) -> Result<Vec<Parked>, StateFault> {
        let mut rows = self.db.prepare_cached("SELECT own, part, theirs FROM parked ORDER BY own, part")?;
        let rows = rows.query_map([], |row| {
            Ok(Parked { own: IssueKey(row.get(0)?), part: row.get(1)?, theirs: row.get(2)? })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Keeps a part of an attachment; whether all are there now.
    pub fn put_chunk(&mut self, number: u64, part: u32, of: u32, bytes: &[u8]) -> Result<bool, StateFault> {
        self.begin()?;
        self.db.prepare_cached("INSERT OR REPLACE INTO chunks VALUES (?, ?, ?, ?)")?.execute(params![
            number.cast_signed(),
            part,
            of,
            bytes
        ])?;
        let mut rows = self.db.prepare_cached("SELECT count(*) FROM chunks WHERE number = ? AND of = ?")?;
        let there: u32 = rows.query_row(params![number.cast_signed(), of], |row| row.get(0))?;
        Ok(there == of)
    }

    /// Forgets the bytes of an attachment.
    pub fn drop_chunks(&mut self, number: u64) -> Result<(), StateFault> {
        self.begin()?;
        self.db.prepare_cached("DELETE FROM chunks WHERE number = ?")?.execute([number.cast_signed()])?;
        Ok(())
    }

    /// Reads the bytes of an attachment, one part at a time.
    pub fn chunks(&self, number: u64) -> impl Read + '_ {
        Chunks { state: self, number, next: 0, bytes: Vec::new(), at: 0 }
    }
}

struct Chunks<'a> {
    state: &'a State,
    number: u64,
    next: u32,
    bytes: Vec<u8>,
    at: usize,
}

impl Read for Chunks<'_> {
    fn read(&mut self, to: &mut [u8]) -> std::io::Result<usize> {
        while self.at == self.bytes.len() {
            let next = self
                .state
                .db
                .prepare_cached("SELECT bytes FROM chunks WHERE number = ? AND part = ?")
                .and_then(|mut rows| {
                    rows.query_row(params![self.number.cast_signed(), self.next], |row| row.get(0)).optional()
                });
            match next.map_err(std::io::Error::other)? {
                Some(bytes) => self.bytes = bytes,
                None => return Ok(0),
            }
            self.next += 1;
            self.at = 0;
        }
        let many = to.len().min(self.bytes.len() - self.at);
        to[..many].copy_from_slice(&self.bytes[self.at..self.at + many]);
        self.at += many;
        Ok(many)
    }
}
