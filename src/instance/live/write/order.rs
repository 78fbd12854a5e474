//! Orders: which objects are to be moved, and behind which, so that all stand as they are to.
//!
//! Pure. Invariant: the moves, made one after the other, lead from one order to the other, and taken back in reverse they lead back;
//! as many objects as possible stay where they are.

use serde_json::{Value, json};

use super::{Deed, Sent};
use crate::model::longest_rising;

/// Objects that stand together, and are moved together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Move {
    pub(super) ids: Vec<String>,
    /// What they are to stand behind; nothing if they come first.
    pub(super) behind: Option<String>,
    /// What they stood behind.
    pub(super) was: Option<String>,
}

/// Returns the moves that lead from one order to another, each of `most` objects at most. What is not in the other stays in front of
/// what it stands in front of.
pub(super) fn moves(now: &[String], wanted: &[String], most: usize) -> Vec<Move> {
    let place = |id: &String| now.iter().position(|own| own == id);
    let wanted: Vec<&String> = wanted.iter().filter(|id| place(id).is_some()).collect();
    let stays = longest_rising(&wanted.iter().map(|id| place(id)).collect::<Vec<_>>());
    let mut order: Vec<&String> = now.iter().collect();
    let mut moves = Vec::new();
    let mut at = 0;
    while at < wanted.len() {
        if stays[at] {
            at += 1;
            continue;
        }
        let from = order.iter().position(|own| *own == wanted[at]).expect("nothing is lost");
        let is_next = |next: &usize| {
            at + next < wanted.len()
                && !stays[at + next]
                && order.get(from + next) == Some(&wanted[at + next])
        };
        let count = (1..most.max(1)).take_while(is_next).count() + 1;
        let was = from.checked_sub(1).map(|before| order[before].clone());
        let block: Vec<&String> = order.drain(from..from + count).collect();
        let behind = at.checked_sub(1).map(|before| wanted[before].clone());
        let to = behind.as_ref().and_then(|behind| order.iter().position(|own| *own == behind));
        let to = to.map_or(0, |to| to + 1);
        order.splice(to..to, block.iter().copied());
        if was != behind {
            moves.push(Move { ids: block.into_iter().cloned().collect(), behind, was });
        }
        at += count;
    }
    moves
}

impl Move {
    /// Returns the request of the many endpoints that are told a list and what it is to stand behind.
    pub(super) fn deed(&self, path: &str, member: &str, sent: &dyn Fn(&str) -> String) -> Deed {
        let body = |behind| placed(member, &self.ids, behind, sent);
        Deed::new(Sent::put(path, body(&self.behind)), Sent::put(path, body(&self.was)))
    }
}

/// Returns the body that says where objects are to stand.
pub(super) fn placed(
    member: &str,
    ids: &[String],
    behind: &Option<String>,
    sent: &dyn Fn(&str) -> String,
) -> Value {
    let ids: Vec<String> = ids.iter().map(|id| sent(id)).collect();
    match behind {
        Some(behind) => json!({ member: ids, "after": sent(behind) }),
        None => json!({ member: ids, "position": "First" }),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn made(mut order: Vec<String>, ids: &[String], behind: &Option<String>) -> Vec<String> {
        order.retain(|own| !ids.contains(own));
        let to = behind.as_ref().map_or(0, |behind| order.iter().position(|own| own == behind).unwrap() + 1);
        order.splice(to..to, ids.iter().cloned());
        order
    }

    fn texts(text: &str) -> Vec<String> {
        text.chars().map(String::from).collect()
    }

    fn spelled(now: &str, wanted: &str, most: usize) -> String {
        let all = moves(&texts(now), &texts(wanted), most);
        let one = |own: &Move| format!("{}>{}", own.ids.concat(), own.behind.as_deref().unwrap_or_default());
        all.iter().map(one).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn as_few_as_possible_are_moved_and_neighbours_go_together() {
        assert_eq!(spelled("abcd", "abcd", 9), "");
        assert_eq!(spelled("abcd", "bcda", 9), "a>d");
        assert_eq!(spelled("abcde", "deabc", 9), "de>");
        assert_eq!(spelled("abcde", "deabc", 1), "d> e>d");
        assert_eq!(spelled("abcd", "dcba", 9), "d> c>d b>c");
        assert_eq!(spelled("axbc", "cab", 9), "c>", "what is not wanted anywhere stays");
    }

    proptest! {
        #[test]
        fn moves_lead_there_and_back(
            now in Just(texts("abcdefg")).prop_shuffle(),
            wanted in Just(texts("abcdefg")).prop_shuffle(),
            most in 1usize..4,
        ) {
            let all = moves(&now, &wanted, most);
            let mut order = now.clone();
            for own in &all {
                prop_assert!(own.ids.len() <= most);
                order = made(order, &own.ids, &own.behind);
            }
            prop_assert_eq!(&order, &wanted);
            for own in all.iter().rev() {
                order = made(order, &own.ids, &own.was);
            }
            prop_assert_eq!(order, now);
        }
    }
}
