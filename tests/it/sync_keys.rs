//! Keys of halves that are changed while both run, by the binary.

use crate::env::Env;
use crate::sync::{SESSION, both_ways, fine};

/// What `key show` says of a half: the own key, the next one, and that of the partner.
fn keys(env: &Env, home: &str) -> [Option<String>; 3] {
    let said = fine(env, &format!("sync key show --format json --home {home}"));
    let shown: serde_json::Value = serde_json::from_str(said.split("--- ").next().unwrap()).unwrap();
    let text = |value: &serde_json::Value| value.as_str().map(str::to_owned);
    [text(&shown["own"]["fingerprint"]), text(&shown["next"]), text(&shown["partner"]["fingerprint"])]
}

#[test]
fn a_key_is_changed_while_both_halves_run() {
    let env = Env::new();
    for line in SESSION {
        fine(&env, line);
    }
    fine(&env, "sync run --settle --home A --home B");
    let ([first, next, _], [_, _, known]) = (keys(&env, "A"), keys(&env, "B"));
    assert_eq!((first.as_ref(), next), (known.as_ref(), None));

    let told = fine(&env, "sync key rotate --home A");
    assert!(told.contains("the partner is told of the new key"), "{told}");
    // Until the partner has confirmed it, the present key is used.
    let [own, next, _] = keys(&env, "A");
    assert!(own == first && next.is_some(), "{own:?} {next:?}");
    fine(&env, "sync run --settle --home A --home B");
    let ([second, next, _], [_, _, known]) = (keys(&env, "A"), keys(&env, "B"));
    assert_ne!(second, first);
    assert_eq!((second.as_ref(), next), (known.as_ref(), None), "the partner took it by itself");

    // Both at once, and what is in between goes over with whatever key was right when it was written.
    fine(&env, "issue edit DEMO-6 description=Between. -i a.sqlite --as ada");
    fine(&env, "sync key rotate --home A");
    fine(&env, "sync key rotate --home B");
    fine(&env, "sync run --settle --home A --home B");
    let ([third, None, partner], [other, None, known]) = (keys(&env, "A"), keys(&env, "B")) else {
        panic!("{:?} {:?}", keys(&env, "A"), keys(&env, "B"))
    };
    assert_eq!((&third, &partner), (&known, &other));
    assert_ne!(third, second);
    // What stood in `a` before has a copy of another number.
    let numbers = 1..20;
    let shown: String =
        numbers.map(|own| env.run(&["issue", "show", &format!("DEMO-{own}"), "-i", "b.sqlite"])).collect();
    assert!(shown.contains("Between."), "{shown}");
    both_ways(&env);
}

/// A half that does not know its partner yet has nobody to tell of a key.
#[test]
fn a_half_without_a_partner_keeps_its_key() {
    let env = Env::new();
    for line in [SESSION[0], SESSION[4]] {
        fine(&env, line);
    }
    let before = keys(&env, "A");
    let said = env.run(&["sync", "key", "rotate", "--home", "A"]);
    assert!(said.contains("--- exit 4"), "{said}");
    assert_eq!(keys(&env, "A"), before);
}
