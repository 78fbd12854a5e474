//! Random histories, by seed.

use super::rig::{Backup, Rig};
use super::{Dice, edits, laws};
use crate::channel::ChannelKind;
use crate::memory::Plain;
use crate::{Conflict, IssueState};

/// What may happen in a history.
#[derive(Clone, Copy, Debug, Default)]
struct Luck {
    /// Messages are lost, doubled, swapped, late, cut and changed.
    faults: bool,
    /// Halves are killed.
    kills: bool,
    /// Issues are deleted.
    deletes: bool,
    /// Clocks are wrong.
    skew: bool,
}

const ALL: Luck = Luck { faults: true, kills: true, deletes: true, skew: true };

fn secrets(rig: &mut Rig) -> [Vec<IssueState>; 2] {
    [0, 1].map(|which| {
        let jira = &mut rig.sides[which].jira;
        let key = edits::secret(jira);
        vec![jira.issue(&key).cloned().expect("the secret")]
    })
}

/// A history until both have said everything.
fn history(seed: u64, luck: Luck) -> Result<Rig, String> {
    let mut dice = Dice::new(seed);
    let conflict = [Conflict::Newer, Conflict::Newer, Conflict::Master, Conflict::Slave][dice.below(4)];
    let plain = Plain::new(1).with_conflict(conflict);
    let mut rig = Rig::new(&plain, dice.percent(50));
    let secrets = secrets(&mut rig);
    for side in &mut rig.sides {
        side.everything = luck.deletes;
        if luck.skew {
            side.skew = dice.below(100_000) as i64 - 50_000;
        }
    }
    for _ in 0..10 + dice.below(50) {
        happen(&mut rig, &mut dice, luck)?;
    }
    rig.heal()?;
    laws::agree(&rig)?;
    laws::once(&rig, false)?;
    laws::no_gaps(&rig)?;
    laws::untouched(&rig, &secrets)?;
    Ok(rig)
}

fn happen(rig: &mut Rig, dice: &mut Dice, luck: Luck) -> Result<(), String> {
    rig.now += dice.below(300) as i64;
    let which = dice.below(2);
    match dice.below(10) {
        0..=4 => edits::edit(rig, which, dice, luck.deletes),
        5..=7 => {
            let killed = (luck.kills && dice.percent(30)).then(|| dice.below(120) as u32);
            match rig.run(which, killed) {
                None | Some(Ok(_)) => (),
                Some(Err(why)) => return Err(format!("a run failed: {why}")),
            }
        }
        _ if luck.faults => rig.wires[which].borrow_mut().mishap(dice),
        _ => rig.now += dice.below(3000) as i64,
    }
    Ok(())
}

/// Runs histories on two threads, and tells the first seed of one that broke a law.
fn histories(from: u64, many: u64, one: impl Fn(u64) -> Result<(), String> + Sync) {
    let broken = std::thread::scope(|scope| {
        let halves = [0, 1].map(|thread| {
            let one = &one;
            scope.spawn(move || {
                (from..from + many).filter(|seed| seed % 2 == thread).find_map(|seed| {
                    // What panics has a seed, too.
                    let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| one(seed)));
                    let result = result.unwrap_or_else(|_| Err("it panicked".to_owned()));
                    result.err().map(|why| (seed, why))
                })
            })
        });
        halves.map(|half| half.join().expect("what panics is caught"))
    });
    let broken = broken.into_iter().flatten().min();
    assert!(
        broken.is_none(),
        "history {}: {}",
        broken.as_ref().expect("one").0,
        broken.as_ref().expect("one").1
    );
}

#[test]
fn law_1_both_sides_agree_over_a_channel_that_works() {
    histories(0, 100, |seed| history(seed, Luck::default()).map(|_| ()));
}

#[test]
#[allow(clippy::disallowed_methods, reason = "a run says how thorough it is")]
fn law_1_2_7_14_hold_whatever_happens_on_the_way() {
    // All of them take a minute and a half of both cores.
    let all = std::env::var("PCFG_TEST_ALL").is_ok_and(|value| value == "1");
    histories(1000, if all { 2000 } else { 600 }, |seed| history(seed, ALL).map(|_| ()));
}

#[test]
fn law_13_a_restored_side_is_seen_and_both_agree_after_recover() {
    histories(0, 200, restored);
}

/// A history in which one side goes back to a backup: its Jira, its state, or both.
fn restored(seed: u64) -> Result<(), String> {
    let luck = Luck { skew: true, ..Luck::default() };
    let mut dice = Dice::new(seed);
    let mut rig = Rig::new(&Plain::new(1), true);
    for _ in 0..10 + dice.below(20) {
        happen(&mut rig, &mut dice, luck)?;
    }
    rig.heal()?;
    let which = dice.below(2);
    let backup = Backup::of(&rig.sides[which]);
    for _ in 0..15 + dice.below(20) {
        happen(&mut rig, &mut dice, luck)?;
    }
    // Something was said since, or nothing has been lost.
    edits::create(&mut rig, which);
    rig.heal()?;
    let (jira, state) = [(true, false), (false, true), (true, true)][dice.below(3)];
    backup.put_back(&mut rig.sides[which], jira, state);
    for _ in 0..dice.below(8) {
        edits::edit(&mut rig, dice.below(2), &mut dice, false);
    }
    // A half that went back whole, and has nothing to say, is as one that has been asleep.
    edits::create(&mut rig, which);
    let sent = rig.wires[which].borrow().sent.len();
    let first = rig.run(which, None).expect("not killed");
    if jira != state {
        let why = first.err().ok_or("a restore was not seen")?;
        if !why.contains("restored") || rig.wires[which].borrow().sent.len() != sent {
            return Err(format!("something was sent before the restore was seen: {why}"));
        }
    }
    // Where both went back together, only the partner can know.
    for _ in 0..6 {
        rig.now += 1_000_000;
        for side in [0, 1] {
            drop(rig.run(side, None));
        }
    }
    let start = dice.below(2);
    for side in [start, 1 - start] {
        if rig.sides[side].state.half().alarm.is_some() {
            rig.engine(side, |engine| engine.recover()).map_err(|fault| fault.to_string())?;
            rig.now += 1;
            drop(rig.run(1 - side, None));
        }
    }
    rig.heal()?;
    laws::agree_after_restore(&rig)?;
    laws::once(&rig, true)
}

#[test]
#[ignore = "100,000 histories: PCFG_HISTORIES=100000 cargo test --release -p pcfg-sync -- --ignored long"]
fn long_form_of_the_histories() {
    let many = option_env!("PCFG_HISTORIES").and_then(|many| many.parse().ok()).unwrap_or(100_000);
    histories(1_000_000, many, |seed| history(seed, ALL).map(|_| ()));
    histories(1_000_000, many / 20, restored);
}

/// Law 8: the laws over a switch of the channel in the middle, whatever happens on both of them and to both sides.
#[test]
fn law_8_a_channel_is_switched_in_the_middle() {
    histories(0, 300, |seed| switched(seed, ALL));
    histories(5000, 50, |seed| switched(seed, Luck::default()));
}

fn switched(seed: u64, luck: Luck) -> Result<(), String> {
    let mut dice = Dice::new(seed);
    let mut rig = Rig::new(&Plain::new(1), dice.percent(50));
    let secrets = secrets(&mut rig);
    for side in &mut rig.sides {
        side.everything = luck.deletes;
    }
    let first = dice.below(2);
    for which in [first, 1 - first] {
        for _ in 0..5 + dice.below(15) {
            happen(&mut rig, &mut dice, luck)?;
        }
        let told = rig.engine(which, |engine| engine.switch_channel(ChannelKind::Email, "a@example.com"));
        told.map_err(|fault| fault.to_string())?;
    }
    for _ in 0..5 + dice.below(25) {
        happen(&mut rig, &mut dice, luck)?;
        if luck.faults && dice.percent(20) {
            rig.mails[dice.below(2)].borrow_mut().mishap(&mut dice);
        }
    }
    // A new channel on which little arrives: nothing depends on it, and both go on over the old one.
    let slow = luck.faults && dice.percent(30);
    for _ in 0..if slow { 6 } else { 0 } {
        rig.rounds(1);
        rig.mails.iter().for_each(|wire| wire.borrow_mut().lose_all());
        let which = dice.below(2);
        edits::create(&mut rig, which);
    }
    rig.heal()?;
    laws::agree(&rig)?;
    laws::once(&rig, false)?;
    laws::no_gaps(&rig)?;
    laws::untouched(&rig, &secrets)?;
    for (which, side) in rig.sides.iter().enumerate() {
        let channels = side.state.half().channels(ChannelKind::File);
        if channels != [ChannelKind::Email] {
            return Err(format!("{} uses {channels:?}", side.role));
        }
        // The former channel is not needed any more: it may go.
        rig.wires[which].borrow_mut().lose_all();
    }
    let sent = rig.wires.iter().map(|wire| wire.borrow().sent.len()).sum::<usize>();
    edits::create(&mut rig, first);
    edits::create(&mut rig, 1 - first);
    rig.heal()?;
    laws::agree(&rig)?;
    laws::once(&rig, false)?;
    let now = rig.wires.iter().map(|wire| wire.borrow().sent.len()).sum::<usize>();
    if now == sent { Ok(()) } else { Err("the former channel is still used".to_owned()) }
}
