//! Moves of one item each, with how all stand before and afterwards: what looks compare.
//!
//! Pure. Invariant: made one after the other, the moves lead from the one order to the other; what already stands as it is to is not
//! moved.

use super::order;

/// An item that is moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::instance::live) struct Moved {
    pub(in crate::instance::live) id: String,
    /// What it is to follow; nothing if it is to be the first.
    pub(in crate::instance::live) after: Option<String>,
    /// What it follows before.
    pub(in crate::instance::live) was_after: Option<String>,
    /// How all stand before it, and afterwards.
    pub(in crate::instance::live) from: Vec<String>,
    pub(in crate::instance::live) to: Vec<String>,
}

impl Moved {
    /// Returns the way back.
    pub(in crate::instance::live) fn back(&self) -> Self {
        let Self { id, after, was_after, from, to } = self.clone();
        Self { id, after: was_after, was_after: after, from: to, to: from }
    }
}

/// Returns the moves that lead from one order to another of the same items.
pub(in crate::instance::live) fn moves(from: &[String], to: &[String]) -> Vec<Moved> {
    let mut order = from.to_vec();
    let each = order::moves(from, to, 1).into_iter();
    each.filter_map(|own| moved(&mut order, &own.ids.concat(), own.behind)).collect()
}

/// Moves an item behind another; nothing if it stands there.
pub(in crate::instance::live) fn moved(
    order: &mut Vec<String>,
    id: &str,
    after: Option<String>,
) -> Option<Moved> {
    let at = order.iter().position(|own| own == id)?;
    let was_after = at.checked_sub(1).map(|before| order[before].clone());
    if was_after == after {
        return None;
    }
    let from = order.clone();
    order.remove(at);
    let place = match &after {
        Some(after) => order.iter().position(|own| own == after)? + 1,
        None => 0,
    };
    order.insert(place, id.to_owned());
    Some(Moved { id: id.to_owned(), after, was_after, from, to: order.clone() })
}

#[cfg(test)]
mod tests {
    use super::moves;

    #[test]
    fn moves_lead_from_any_order_to_any_other() {
        let texts = |all: &str| all.chars().map(String::from).collect::<Vec<_>>();
        for (from, to, least) in [
            ("abcd", "abcd", 0),
            ("abcd", "bcda", 1),
            ("abcd", "dabc", 1),
            ("abcd", "dcba", 3),
            ("abcdef", "badcfe", 3),
            ("ab", "ba", 1),
        ] {
            let made = moves(&texts(from), &texts(to));
            assert_eq!(made.len(), least, "{from} to {to}");
            let mut order = texts(from);
            for one in &made {
                assert_eq!(one.from, order);
                order.clone_from(&one.to);
            }
            assert_eq!(order, texts(to));
        }
    }
}
