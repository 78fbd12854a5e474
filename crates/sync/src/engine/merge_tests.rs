//! Two replicas of one value, edited at once: they come to the same, whatever is delivered when.

use proptest::prelude::*;

use super::merge::{Outcome, Untold, after, merge};
use crate::message::{Known, KnownChange};
use crate::state::Register;
use crate::{Conflict, Role, Time};

struct Side {
    role: Role,
    register: Option<Register<u8>>,
    value: u8,
    touched: Time,
    parked: Option<Known<u8>>,
    sent: Vec<KnownChange<u8>>,
    heard: usize,
}

impl Side {
    fn new(role: Role) -> Self {
        let known = Known { value: 0, at: Time(0), by: Role::Master };
        let register = Some(Register { known, own: None });
        Self { role, register, value: 0, touched: Time(0), parked: None, sent: Vec::new(), heard: 0 }
    }

    fn known(&self) -> &Known<u8> {
        &self.register.as_ref().expect("known").known
    }

    fn tell(&mut self) {
        if self.value != self.known().value {
            let now = Known { value: self.value, at: after(self.touched, Some(self.known())), by: self.role };
            let before = Some(self.known().hash());
            self.sent.push(KnownChange { now: now.clone(), before });
            self.register = Some(Register { known: now, own: None });
        }
    }

    fn hear(&mut self, other: &Self, conflict: Conflict) {
        let Some(change) = other.sent.get(self.heard) else { return };
        self.heard += 1;
        let untold = Untold { value: self.value, at: self.touched };
        let untold = (self.value != self.known().value).then_some(untold);
        let known = Some(Register { known: change.now.clone(), own: None });
        match merge(self.register.as_ref(), untold.as_ref(), change, conflict, self.role) {
            Outcome::Take => {
                self.register = known;
                self.value = change.now.value;
            }
            Outcome::Same | Outcome::Below => self.register = known,
            Outcome::Keep => (),
            Outcome::Park => self.parked = Some(change.now.clone()),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn both_sides_come_to_the_same(
        acts in proptest::collection::vec((0..6_u8, 0..4_u8, 0..20_i64), 0..40),
        conflict in prop_oneof![Just(Conflict::Newer), Just(Conflict::Master), Just(Conflict::Slave)],
    ) {
        let (mut master, mut slave) = (Side::new(Role::Master), Side::new(Role::Slave));
        for (act, value, at) in acts {
            match act {
                0 => (master.value, master.touched) = (value, Time(at)),
                1 => (slave.value, slave.touched) = (value, Time(at)),
                2 => master.tell(),
                3 => slave.tell(),
                4 => master.hear(&slave, conflict),
                _ => slave.hear(&master, conflict),
            }
        }
        for _ in 0..100 {
            master.tell();
            slave.tell();
            master.hear(&slave, conflict);
            slave.hear(&master, conflict);
        }
        prop_assert_eq!(master.known(), slave.known());
        prop_assert_eq!((master.value, slave.value), (master.known().value, master.known().value));
        prop_assert_eq!((master.heard, slave.heard), (slave.sent.len(), master.sent.len()));
    }
}

#[test]
fn a_conflict_is_parked_on_both_sides_until_it_is_decided() {
    let (mut master, mut slave) = (Side::new(Role::Master), Side::new(Role::Slave));
    (master.value, slave.value) = (1, 2);
    for _ in 0..3 {
        master.tell();
        slave.tell();
        master.hear(&slave, Conflict::Ask);
        slave.hear(&master, Conflict::Ask);
    }
    assert_eq!((master.value, slave.value), (1, 2));
    assert_eq!(master.parked.as_ref(), Some(slave.known()));
    // The slave's people decide for the master's value.
    let theirs = slave.parked.clone().expect("parked");
    let now = Known { value: theirs.value, at: after(Time(0), Some(&theirs)), by: Role::Slave };
    slave.sent.push(KnownChange { now: now.clone(), before: Some(theirs.hash()) });
    (slave.value, slave.register) = (now.value, Some(Register { known: now, own: None }));
    master.hear(&slave, Conflict::Ask);
    assert_eq!((master.value, slave.value, master.known()), (1, 1, slave.known()));
}
