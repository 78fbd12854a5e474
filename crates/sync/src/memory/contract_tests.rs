//! The Jira in memory keeps the contract of every place of issues.

use super::Memory;
use crate::{Issues, Time, contract};

/// One Jira, as two of its users see it.
struct Tried(Memory);

impl Tried {
    fn of(&mut self, user: &str) -> &mut dyn Issues {
        self.0.set_user(user);
        &mut self.0
    }
}

impl contract::Place for Tried {
    fn mine(&mut self) -> &mut dyn Issues {
        self.of("sync")
    }

    fn others(&mut self) -> &mut dyn Issues {
        self.of("ann")
    }
}

#[test]
fn a_jira_in_memory_keeps_the_contract() {
    contract::all(&mut || {
        let mut memory = Memory::new("MEM");
        memory.set_now(Time(1_772_323_200_000));
        Box::new(Tried(memory))
    });
}
