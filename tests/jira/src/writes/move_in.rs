//! Orders: where a request moves objects to, among others.
//!
//! Invariant: nothing is lost and nothing is there twice; those that are moved stand together, in the order of the request.

use serde_json::{Value, json};

use super::{id, list};
use crate::call::{Call, Refusal};
use crate::rows::Table;

/// Returns all ids with some of them elsewhere: first, last, or after another.
pub(super) fn moved(all: &[String], moving: &[String], body: &Value) -> Result<Vec<String>, Refusal> {
    for id in moving {
        if !all.contains(id) {
            return Err(Refusal::missing("object", id));
        }
    }
    let mut rest: Vec<String> = all.iter().filter(|id| !moving.contains(id)).cloned().collect();
    let first = || moving.first().and_then(|id| all.iter().position(|own| own == id)).unwrap_or(0);
    let place = match (body["position"].as_str(), id(body, "after")) {
        (Some("First"), None) => 0,
        (Some("Last"), None) => rest.len(),
        (Some("Earlier"), None) => first().saturating_sub(1),
        (Some("Later"), None) => (first() + 1).min(rest.len()),
        (None, Some(after)) => {
            // Some endpoints take the address of the other.
            let after = after.rsplit('/').next().unwrap_or_default();
            let place = rest.iter().position(|own| own == after);
            place.ok_or_else(|| Refusal::unknown("object to stand behind", after))? + 1
        }
        _ => return Err(Refusal::new(400, "Either position or after must be provided, and not both.")),
    };
    rest.splice(place..place, moving.iter().cloned());
    Ok(rest)
}

impl Call<'_> {
    /// Moves the objects whose ids the body lists, among all of a table.
    pub(super) fn move_rows(&self, table: &str, member: &str) -> Result<(), Refusal> {
        let all: Vec<String> = {
            let table = self.table(table)?;
            Table::ordered(table.all(), "sequence").into_iter().map(|row| row.id().to_owned()).collect()
        };
        let moving = list(&self.body, member);
        if moving.is_empty() {
            return Err(Refusal::of(member, &format!("The {member} are required.")));
        }
        self.number(table, "sequence", 1, &moved(&all, &moving, &self.body)?)
    }

    /// Numbers rows in an order.
    pub(super) fn number(
        &self,
        table: &str,
        column: &str,
        first: usize,
        ids: &[String],
    ) -> Result<(), Refusal> {
        for (place, id) in ids.iter().enumerate() {
            self.update(table, id, json!({column: place + first}))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(moving: &[&str], body: Value) -> Option<String> {
        let texts = |all: &[&str]| all.iter().map(|&id| id.to_owned()).collect::<Vec<_>>();
        let all = texts(&["1", "2", "3", "4"]);
        moved(&all, &texts(moving), &body).ok().map(|ids| ids.concat())
    }

    #[test]
    fn moving_is_first_last_one_earlier_one_later_or_behind_another() {
        assert_eq!(order(&["3", "1"], json!({"position": "First"})).as_deref(), Some("3124"));
        assert_eq!(order(&["1"], json!({"position": "Last"})).as_deref(), Some("2341"));
        assert_eq!(order(&["3"], json!({"position": "Earlier"})).as_deref(), Some("1324"));
        assert_eq!(order(&["4"], json!({"position": "Later"})).as_deref(), Some("1234"));
        assert_eq!(order(&["1"], json!({"after": "https://x/3"})).as_deref(), Some("2314"));
        assert_eq!(order(&["1"], json!({"after": "1"})), None);
        assert_eq!(order(&["9"], json!({"position": "First"})), None);
        assert_eq!(order(&["1"], json!({"after": "2", "position": "First"})), None);
    }
}
