//! The order of shared transitions: each status shows its own in an order, and Jira Cloud has one list for all.
//!
//! Invariant: where one list fits all statuses, it is found; otherwise the result is the nearest to the order that is there.

/// Returns the items in an order that fits all lists, as far as there is one; what no list orders stays in its place.
pub(super) fn merged<'a>(items: &[&'a str], lists: &[Vec<&'a str>]) -> Vec<&'a str> {
    let mut left = items.to_vec();
    let mut merged = Vec::new();
    while !left.is_empty() {
        // The first of those that wait for none of the rest.
        let waits = |item: &str| {
            lists
                .iter()
                .filter(|list| list.contains(&item))
                .any(|list| list.iter().take_while(|own| **own != item).any(|own| left.contains(own)))
        };
        let at = left.iter().position(|item| !waits(item)).unwrap_or(0);
        merged.push(left.remove(at));
    }
    merged
}
