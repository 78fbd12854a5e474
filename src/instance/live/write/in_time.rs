//! Requests in an order in which each id is known before it is named: a context of a field holds for a project that is made later.
//!
//! Pure. Invariant: requests of one step stay in their order, and a request that waits for nothing stays where it is.

use std::collections::BTreeSet;

use super::Deed;

/// Puts off each request that names what a later one makes, and what follows it in its step, until that was made.
pub(super) fn in_time(deeds: Vec<(String, Deed)>) -> Vec<(String, Deed)> {
    let bound =
        |deed: &Deed| -> Vec<String> { deed.sent.binds.iter().map(|own| own.token.clone()).collect() };
    let mut later: BTreeSet<String> = deeds.iter().flat_map(|(_, deed)| bound(deed)).collect();
    let (mut ordered, mut waiting) = (Vec::with_capacity(deeds.len()), Vec::new());
    for own in deeds {
        let needs = own.1.sent.needs();
        waiting.push((own, needs));
        // What was just made may be all that some wait for, in the order in which they were put off.
        while let Some(next) = first_ready(&waiting, &later) {
            let (own, _): Named = waiting.remove(next);
            bound(&own.1).iter().for_each(|token| {
                later.remove(token);
            });
            ordered.push(own);
        }
    }
    // Those that wait for each other are told as they stand; none of them is sent without its ids.
    ordered.extend(waiting.into_iter().map(|(own, _)| own));
    ordered
}

/// A request, with what stands for the ids that it names.
type Named = ((String, Deed), BTreeSet<String>);

/// Returns the first that waits for nothing, and behind none of its own step.
fn first_ready(waiting: &[Named], later: &BTreeSet<String>) -> Option<usize> {
    let mut held: BTreeSet<usize> = BTreeSet::new();
    waiting.iter().position(|((_, deed), needs)| {
        let step = deed.sent.step;
        let own = |token: &String| deed.sent.binds.iter().any(|own| own.token == *token);
        let is_ready =
            !held.contains(&step) && !needs.iter().any(|token| later.contains(token) && !own(token));
        if !is_ready {
            held.insert(step);
        }
        is_ready
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::instance::live::write::Sent;

    /// A request of a step: what it is called, what it makes, and what it names.
    fn deed(step: usize, name: &str, makes: &str, needs: &str) -> (String, Deed) {
        let body = if needs.is_empty() { json!({}) } else { json!({ "id": format!("«{needs}»") }) };
        let mut sent = Sent::post("/", body);
        if !makes.is_empty() {
            sent = sent.binding(&format!("«{makes}»"), "/id");
        }
        sent.step = step;
        (name.to_owned(), Deed::along(sent))
    }

    fn order(deeds: Vec<(String, Deed)>) -> String {
        in_time(deeds).into_iter().map(|(name, _)| name).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn what_names_something_waits_until_it_is_made() {
        let deeds = vec![
            deed(0, "field", "field", ""),
            deed(0, "context", "context", "project"),
            deed(0, "description", "", ""),
            deed(1, "screen", "screen", "field"),
            deed(1, "tab", "", "screen"),
            deed(2, "project", "project", "screen"),
            deed(2, "version", "", "project"),
            deed(3, "rule", "", "context"),
        ];
        assert_eq!(order(deeds), "field screen tab project context description version rule");
    }

    #[test]
    fn a_ring_and_what_nobody_makes_stay_as_they_are() {
        let deeds = vec![deed(0, "a", "a", "b"), deed(1, "b", "b", "a"), deed(2, "c", "", "nothing")];
        assert_eq!(order(deeds), "c a b");
    }
}
