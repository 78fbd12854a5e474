//! The state of a half as a file.

use super::*;
use crate::{Role, SyncId};

fn half() -> Half {
    Half::new(SyncId::of([1; 16]), Role::Master, "sync")
}

#[test]
fn a_state_has_one_user_and_is_private() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("state.sqlite");
    let mut state = State::create(&path, half()).expect("a new state");
    state.half_mut().next_seq = 7;
    state.commit().expect("written");
    let told = State::open(&path).err().expect("in use").to_string();
    assert!(told.contains(&format!("in use by process {}", std::process::id())), "{told}");
    drop(state);
    let state = State::open(&path).expect("free again");
    assert_eq!(state.half().next_seq, 7);
    assert!(State::create(&path, half()).is_err(), "a state is never made anew");
    #[cfg(unix)]
    for name in ["state.sqlite", "state.sqlite.lock"] {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = folder.path().join(name).metadata().expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}

#[test]
fn what_was_not_committed_is_as_before() {
    let mut state = State::in_memory(half()).expect("a state");
    state.half_mut().next_seq = 2;
    state.put_todo_all().expect("done");
    state.log(crate::Time(1), "something").expect("done");
    state.roll_back().expect("undone");
    assert_eq!((state.half().next_seq, state.logged(9).expect("read").len()), (1, 0));
    state.put_chunk(5, 1, 2, b"cd").expect("kept");
    assert!(state.put_chunk(5, 0, 2, b"ab").expect("kept"), "both are there");
    state.commit().expect("done");
    let mut bytes = String::new();
    state.chunks(5).read_to_string(&mut bytes).expect("read");
    assert_eq!(bytes, "abcd");
}
