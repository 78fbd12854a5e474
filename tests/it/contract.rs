//! The contract of every instance that can be written, whatever it is made of: one suite over rows and over calls.

use pcfg::import::{Import, Proved, prepare};
use pcfg::instance::{Reading, Run, RunId, Scope, Writable, WriteError};
use pcfg::model::Config;
use pcfg::plan::Options;
use pcfg::select::{self, select};
use pcfg::xml;

use crate::embedded::run;
use crate::rowless::{Site, demo, edited};
use crate::writable::{Place, places};

/// Instances of the demo: all that are made of rows, and one that is changed by calls.
fn subjects() -> Vec<Place> {
    let (instance, rows) = (Box::new(Site::new(demo())), Box::new(Default::default));
    let mut subjects = places();
    subjects.push(Place { name: "rowless", instance, rows });
    subjects
}

fn reading(instance: &mut dyn Writable) -> Reading {
    instance.read(Scope { usage: true, ..Scope::default() }, &|_, _| {}).unwrap()
}

fn exported(instance: &mut dyn Writable) -> String {
    let options = select::Options { unused: true, ..select::Options::default() };
    xml::to_string(&select(&mut reading(instance).snapshot, &options).unwrap())
}

fn prepared(instance: &mut dyn Writable, file: &Config) -> Import {
    let reading = reading(instance);
    prepare(reading.place(), &reading.snapshot, &reading.facts(), file, &Options::default())
}

fn proved(instance: &mut dyn Writable, file: &Config) -> Proved {
    let mut import = prepared(instance, file);
    assert_eq!(import.plan.refused, []);
    import.proved().unwrap()
}

fn back(instance: &mut dyn Writable, run: RunId) -> Proved {
    let back = instance.run(run).unwrap().back();
    let reading = reading(instance);
    reading.place().preview(&reading.snapshot, &back.work, &[]).unwrap().proved(Vec::new())
}

/// The demo, where somebody else has said something else of a status.
fn theirs(instance: &mut dyn Writable) -> Config {
    let text = exported(instance);
    let changed = text.replace("The issue is open and ready for the assignee to start work on it.", "Theirs");
    assert_ne!(text, changed);
    Config::new(xml::read(&changed).root.unwrap())
}

#[test]
fn what_was_proved_is_done_written_down_and_taken_back() {
    for Place { name, mut instance, rows: _folder } in subjects() {
        let instance = instance.as_mut();
        let before = exported(instance);
        let proved = proved(instance, &edited());
        let id = instance.carry_out(&proved, &run("pcfg import")).unwrap();
        let after = exported(instance);
        assert_ne!(after, before, "{name}");
        let again = prepared(instance, &edited());
        assert!(again.plan.is_empty() && again.work.is_empty(), "{name}: {:?}", again.plan.steps);

        let journaled = instance.run(id).unwrap();
        assert_eq!(journaled.work, *proved.work(), "{name}: the journal has what was done");
        assert_eq!(journaled.entry.run, run("pcfg import"), "{name}");
        assert_eq!((journaled.entry.rows, journaled.entry.undone_by), (proved.work().len() as u64, None));

        // Only its own way back takes a run back, once, and can be taken back itself.
        let wrong = instance.undo(id, &proved, &run("pcfg undo"));
        assert!(matches!(wrong, Err(WriteError::NoWayBack { run: 1 })), "{name}: {wrong:?}");
        let way = back(instance, id);
        let undo = instance.undo(id, &way, &run("pcfg undo")).unwrap();
        assert_eq!(exported(instance), before, "{name}");
        let twice = instance.undo(id, &way, &run("pcfg undo"));
        assert!(matches!(twice, Err(WriteError::AlreadyUndone { run: 1, by: 2 })), "{name}: {twice:?}");
        let way = back(instance, undo);
        let redo = instance.undo(undo, &way, &run("pcfg undo")).unwrap();
        assert_eq!(exported(instance), after, "{name}");
        let states: Vec<_> =
            instance.history().unwrap().into_iter().map(|own| (own.id, own.run.undoes)).collect();
        assert_eq!(states, [(redo, Some(undo)), (undo, Some(id)), (id, None)], "{name}");
        assert!(matches!(instance.run(99), Err(WriteError::NoRun { run: 99 })), "{name}");
    }
}

#[test]
fn what_somebody_else_has_changed_is_named_and_stays() {
    for Place { name, mut instance, rows: _folder } in subjects() {
        let instance = instance.as_mut();
        let ours = proved(instance, &edited());
        let file = theirs(instance);
        let theirs = proved(instance, &file);
        instance.carry_out(&theirs, &Run { file: None, ..run("another program") }).unwrap();
        let before = exported(instance);
        let late = instance.carry_out(&ours, &run("pcfg import"));
        assert!(matches!(late, Err(WriteError::Changed { .. })), "{name}: {late:?}");
        assert!(exported(instance).contains("Theirs"), "{name}");
        let newest = instance.history().unwrap().remove(0);
        if instance.abilities().atomic {
            assert_eq!((newest.id, exported(instance)), (1, before), "{name}: nothing at all was done");
        } else {
            // The journal knows how far it came, and that much is taken back.
            assert!(newest.id == 2 && newest.rows < ours.work().len() as u64, "{name}");
            let way = back(instance, 2);
            assert_eq!(way.work().len() as u64, newest.rows, "{name}");
            instance.undo(2, &way, &run("pcfg undo")).unwrap();
            assert_eq!(exported(instance), before, "{name}");
        }
    }
}
