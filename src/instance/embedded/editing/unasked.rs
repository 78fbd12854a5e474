//! What Jira gives issues that nobody asked it for: a place in the line of ranks, watchers, and the default values of custom fields.
//!
//! Invariant: a place that has no ranks gets none; a default value that is not offered any more is no value.

use std::collections::BTreeSet;

use pcfg_sync::{FieldKind, Time, Value};

use super::desk::Desk;
use super::fields::{Choice, Own, Type};
use super::rows::Called;
use super::values::{self, Single};
use crate::data::RankLine;
use crate::entity::{DataRow, DataTable};
use crate::mapping::{Kept, Properties};

/// The type of the field of ranks.
const RANKS: &str = "com.pyxis.greenhopper.jira:gh-lexo-rank";

const LINE: &str = "AO_60DB71_LEXORANK";

/// What users, and the instance for all of them, switch off who do not want to watch what they make or comment on.
const UNWATCHED: &str = "user.autowatch.disabled";

impl Desk<'_> {
    /// Puts a new issue behind all others. While Jira gives all issues new ranks, and where there is no room, it is left to Jira.
    pub(super) fn rank(&self, issue: u64) -> Called<()> {
        let fields = self.ground().tables.rows("CustomField").iter();
        let Some(field) =
            fields.filter(|row| row.get("customfieldtypekey") == Some(RANKS)).map(|row| row.id()).next()
        else {
            return Ok(());
        };
        let end = |is_issue: &str, order: &str| {
            self.rows.select(LINE, &["TYPE", "RANK"], |columns| {
                let condition = format!(
                    "CAST({} AS INTEGER) {is_issue} 1 ORDER BY {} {order} LIMIT 1",
                    columns[0], columns[1]
                );
                (condition, Vec::new())
            })
        };
        let mut line = RankLine::default();
        for (is_issue, order) in [("=", "ASC"), ("=", "DESC"), ("<>", "ASC")] {
            end(is_issue, order)?.iter().for_each(|own| line.add(&own.row));
        }
        let highest = self.rows.select(LINE, &["ID"], |columns| {
            let id = format!("CAST({} AS INTEGER)", columns[0]);
            (format!("{id} IS NOT NULL ORDER BY {id} DESC LIMIT 1"), Vec::new())
        })?;
        let mut next = highest.first().and_then(|own| own.row.id("ID")).unwrap_or(0);
        let mut rows = line.begin(field);
        if let Ok(Some(row)) = line.next(&issue.to_string()) {
            rows.push(row);
            for mut row in rows {
                next += 1;
                row.set("ID", Some(&next.to_string()));
                self.rows.insert(&row)?;
            }
        }
        Ok(())
    }

    /// Lets the user watch an issue, unless the user wants to watch nothing or watches it already; returns how many watch it then.
    pub(super) fn watch(&self, issue: u64, when: &str) -> Called<Option<String>> {
        let properties = Properties::new(&self.ground().tables);
        let users = self.ground().tables.rows("ApplicationUser").iter();
        let own = users.filter(|row| row.get("userKey") == Some(self.me())).map(|row| row.id()).next();
        let said = own.and_then(|id| properties.get("ApplicationUser", id, UNWATCHED));
        if said.or_else(|| properties.setting(UNWATCHED)).is_some_and(|own| own == "1" || own == "true") {
            return Ok(None);
        }
        let mut watchers = self.rows.find("UserAssociation", "sinkNodeId", issue)?;
        watchers.retain(|own| {
            own.row.get("sinkNodeEntity") == Some("Issue")
                && own.row.get("associationType") == Some("WatchIssue")
        });
        if watchers.iter().any(|own| own.row.get("sourceName") == Some(self.me())) {
            return Ok(None);
        }
        let mut row = DataRow::new(DataTable::named("UserAssociation"));
        row.set("sourceName", Some(self.me()));
        row.set("sinkNodeId", Some(&issue.to_string()));
        row.set("sinkNodeEntity", Some("Issue"));
        row.set("associationType", Some("WatchIssue"));
        row.set("created", Some(when));
        self.rows.insert(&row)?;
        Ok(Some((watchers.len() + 1).to_string()))
    }

    /// Returns the default values of the fields that a screen offers and for which nobody has said anything.
    pub(super) fn defaults<'t>(
        &self,
        ty: &'t Type,
        said: &[(&Own, Vec<Single>)],
        now: Time,
    ) -> Vec<(&'t Own, Vec<Single>)> {
        let is_free =
            |own: &&Own| own.is_shown && !said.iter().any(|(other, _)| other.shape.field == own.shape.field);
        let value = |own: &Own| {
            let value = self.default_value(own, own.default.as_ref()?, now)?;
            values::resolve(self.ground(), own, &value).ok().filter(|singles| !singles.is_empty())
        };
        ty.fields.iter().filter(is_free).filter_map(|own| Some((own, value(own)?))).collect()
    }

    fn default_value(&self, own: &Own, kept: &Kept, now: Time) -> Option<Value> {
        let texts = match kept {
            Kept::Now => {
                return match own.shape.kind {
                    FieldKind::Moment => Some(Value::Moment(now)),
                    FieldKind::Date => Some(Value::Date(self.rows.stored_time(now).get(..10)?.to_owned())),
                    _ => None,
                };
            }
            Kept::Texts(texts) => texts,
        };
        let first = texts.first()?;
        let by_id = |id: &str| -> Option<&Choice> {
            // Numbers of versions have a fraction.
            let id = id.strip_suffix(".0").unwrap_or(id);
            own.choices.iter().find(|own| own.id == id)
        };
        let one = |text: &String| -> Option<Value> {
            Some(match own.shape.kind {
                FieldKind::Text => Value::Text(text.clone()),
                FieldKind::Number => Value::Number(text.strip_suffix(".0").unwrap_or(text).to_owned()),
                FieldKind::Date => Value::Date(text.get(..10)?.to_owned()),
                FieldKind::Moment => Value::Moment(self.rows.time(text)?),
                FieldKind::Choice => Value::Choice(by_id(text)?.name.clone()),
                FieldKind::Version => Value::Version(by_id(text)?.name.clone()),
                FieldKind::User => Value::User(self.ground().user_name(text)?),
                FieldKind::Group => Value::Group(text.clone()),
                FieldKind::Label => Value::Label(text.clone()),
                FieldKind::Cascade | FieldKind::Duration | FieldKind::Component => return None,
            })
        };
        match own.shape.kind {
            FieldKind::Cascade => {
                let below = texts.get(1).and_then(|id| by_id(id)).map(|own| own.name.clone());
                Some(Value::Cascade(by_id(first)?.name.clone(), below))
            }
            FieldKind::Label => {
                let words = texts.iter().flat_map(|text| text.split_whitespace());
                Some(Value::Many(words.map(|word| Value::Label(word.to_owned())).collect()))
            }
            _ if own.shape.many => {
                Some(Value::Many(texts.iter().filter_map(one).collect::<BTreeSet<Value>>()))
            }
            _ => one(first),
        }
    }
}
