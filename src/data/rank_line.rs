//! The line of all ranks of a place, and its end.
//!
//! Jira keeps one order over all projects: texts in base 36 behind the number of a bucket, between two marks (`0|000000:` and `0|zzzzzz:`
//! in databases of 7.12.3 and 9.12.4); the first issue gets `0|hzzzzz:`, and each new one the next in steps of 8. Invariant: a rank that
//! is given is behind all others.

use crate::entity::{DataRow, DataTable};

/// How far ranks are from each other.
const STEP: u64 = 8;

/// How many digits a rank has before the colon.
const DIGITS: usize = 6;

/// The type of a row for an issue; 0 and 2 are marks.
const ISSUE: &str = "1";

/// The numbers of issues that the marks have: the least and the greatest of 64 bits.
const MARKS: [(&str, &str, &str); 2] =
    [("0", "-9223372036854775808", "000000:"), ("2", "9223372036854775807", "zzzzzz:")];

/// The end of the line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RankLine {
    field: Option<String>,
    buckets: std::collections::BTreeSet<String>,
    last: Option<u64>,
}

/// Why no more ranks can be given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoRank {
    /// Jira is giving all issues new ranks.
    Rebalancing,
    /// There is no room behind the last one.
    Full,
}

impl RankLine {
    /// Looks at a row of the place.
    pub fn add(&mut self, row: &DataRow) {
        if row.get("TYPE").map(str::trim) != Some(ISSUE) {
            self.field = self.field.take().or_else(|| row.text("FIELD_ID").map(str::to_owned));
            return;
        }
        let Some((bucket, rank)) = row.get("RANK").and_then(|own| own.split_once('|')) else { return };
        self.field = row.text("FIELD_ID").map(str::to_owned).or(self.field.take());
        self.buckets.insert(bucket.to_owned());
        let number = rank.get(..DIGITS).and_then(|digits| u64::from_str_radix(digits, 36).ok());
        self.last = self.last.max(number);
    }

    /// Returns the rows of the marks, for a place that has the field and no ranks yet.
    pub fn begin(&mut self, field: &str) -> Vec<DataRow> {
        if self.field.is_some() {
            return Vec::new();
        }
        self.field = Some(field.to_owned());
        let mark = |(ty, issue, rank): (&str, &str, &str)| {
            let mut row = self.row(issue, rank);
            row.set("TYPE", Some(ty));
            row
        };
        MARKS.map(mark).into()
    }

    /// Returns the row of an issue that comes last; nothing if the place has no ranks.
    pub fn next(&mut self, issue: &str) -> Result<Option<DataRow>, NoRank> {
        if self.field.is_none() {
            return Ok(None);
        }
        if self.buckets.len() > 1 {
            return Err(NoRank::Rebalancing);
        }
        let first = u64::from_str_radix("hzzzzz", 36).unwrap_or(0);
        let number = self.last.map_or(first, |last| last + STEP);
        let most = 36_u64.pow(DIGITS as u32) - STEP;
        if number >= most {
            return Err(NoRank::Full);
        }
        self.last = Some(number);
        Ok(Some(self.row(issue, &format!("{}:", base_36(number)))))
    }

    fn row(&self, issue: &str, rank: &str) -> DataRow {
        let bucket = self.buckets.first().map_or("0", String::as_str);
        let mut row = DataRow::new(DataTable::named("AO_60DB71_LEXORANK"));
        row.set("BUCKET", Some(bucket));
        row.set("FIELD_ID", self.field.as_deref());
        row.set("ISSUE_ID", Some(issue));
        row.set("RANK", Some(&format!("{bucket}|{rank}")));
        row.set("TYPE", Some(ISSUE));
        row
    }
}

fn base_36(mut number: u64) -> String {
    let mut digits = vec!['0'; DIGITS];
    for digit in digits.iter_mut().rev() {
        *digit = char::from_digit((number % 36) as u32, 36).unwrap_or('0');
        number /= 36;
    }
    digits.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(rank: &str, ty: &str) -> DataRow {
        let mut row = DataRow::new(DataTable::named("AO_60DB71_LEXORANK"));
        row.set("RANK", Some(rank));
        row.set("TYPE", Some(ty));
        row.set("FIELD_ID", Some("10005"));
        row
    }

    fn ranks(line: &mut RankLine, count: usize) -> Vec<String> {
        let next = |line: &mut RankLine| line.next("1").unwrap().unwrap().get("RANK").unwrap().to_owned();
        (0..count).map(|_| next(line)).collect()
    }

    /// The ranks of a real database: the first, and the two behind it.
    #[test]
    fn ranks_go_on_as_jira_gives_them() {
        let mut line = RankLine::default();
        assert_eq!(line.next("1"), Ok(None));
        assert_eq!(line.begin("10005").len(), 2);
        assert_eq!(ranks(&mut line, 3), ["0|hzzzzz:", "0|i00007:", "0|i0000f:"]);
        let mut line = RankLine::default();
        for (rank, ty) in [("0|000000:", "0"), ("0|zzzzzz:", "2"), ("0|i0000f:x", "1"), ("0|i00007:", "1")] {
            line.add(&row(rank, ty));
        }
        assert_eq!(line.begin("10005"), []);
        assert_eq!(ranks(&mut line, 1), ["0|i0000n:"]);
        line.add(&row("1|i00000:", "1"));
        assert_eq!(line.next("1"), Err(NoRank::Rebalancing));
        let mut full = RankLine::default();
        full.add(&row("0|zzzzzy:", "1"));
        assert_eq!(full.next("1"), Err(NoRank::Full));
    }
}
