//! The laws of an import between instances, where the target is a live Jira: what was exported from one backup is imported into another
//! that is served, as far as its edition takes it; a second import does nothing, and the way back leads to the former state.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use jira_for_tests::Options as Served;
use pcfg::import::Import;
use pcfg::instance::{Scope, WriteError};
use pcfg::model::Config;
use pcfg::plan::{Options, Selector};
use pcfg::select::{CustomFields, Projects};
use pcfg::xml;

use crate::embedded::{loaded, run};
use crate::importing::{config, export};
use crate::live_there_and_back::in_short;
use crate::live_writing::{Target, assert_same, changes_something, options};
use crate::real_data;

/// Why objects of another instance may be refused by a live Jira: what its edition does not take or show, what it lacks, what
/// nothing holds, and issues in the way. All else would be a fault.
const CAUSES: &[&str] = &[
    "ambiguous",
    "app-missing",
    "cannot-hold",
    "cannot-write",
    "described-twice",
    "issue-type-in-use",
    "locked-field",
    "missing",
    "needs-left-out",
    "needs-refused",
    "status-in-use",
    "system-object",
    "unreadable",
    "unseen",
    "without-meaning",
];

fn samples() -> Vec<PathBuf> {
    let own = |path| Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    vec![own("samples/demo"), own("testdata/backup/demo")]
}

/// Exports an instance, whole.
fn exported(backup: &Path) -> Config {
    let mut reading = pcfg::instance::open(backup).unwrap().read(Scope::default(), &|_, _| {}).unwrap();
    config(&export(&mut reading.snapshot, Projects::All, CustomFields::Used))
}

/// Default field configurations of two backups differ in renderers that Jira Cloud names only once they were chosen, so that the way
/// back names them, too; they are proved where field configurations are.
fn pair_options() -> Options {
    let skip = vec![Selector::parse("fieldConfiguration").unwrap()];
    Options { skip, ..options() }
}

/// What came of an import, in words, and whether something of it stays.
type Outcome = (String, bool);

/// Says what a plan does.
fn done(import: &Import) -> String {
    let told = in_short(import);
    told.lines().filter(|line| !line.starts_with("refused ")).map(|line| format!("{line}\n")).collect()
}

fn imported(target: &Target, file: &Config, pair: &str) -> Outcome {
    let before = xml::to_string(&target.export());
    let mut import = target.plan_with(file, &pair_options());
    let mut causes: BTreeMap<&'static str, usize> = BTreeMap::new();
    let refused: BTreeSet<_> = import.plan.refused.iter().map(|own| own.identity.clone()).collect();
    for code in import.plan.refused.iter().flat_map(|own| &own.reasons).map(|own| own.code) {
        assert!(CAUSES.contains(&code), "{pair}: {code}: {:?}", import.plan.refused);
        *causes.entry(code).or_default() += 1;
    }
    let told = done(&import);
    let proved = import.proved().unwrap_or_else(|| panic!("{pair}: {told}"));
    target.server.forget();
    let carried = target.site().carry_out(&proved, &run("pcfg import"));
    // What issues would lose only shows when they are looked for.
    if let Err(WriteError::Halted { run: id, why, is_changed: true, .. }) = &carried
        && why.contains("would lose it")
    {
        target.undo(*id);
        assert_same(&xml::to_string(&target.export()), &before, pair);
        return (format!("taken back: {why}"), false);
    }
    let id = carried.unwrap_or_else(|error| panic!("{pair}: {error}\n{told}"));
    let requests = target.writes().iter().filter(|own| changes_something(own)).count();
    let again = target.plan_with(file, &pair_options());
    assert!(again.plan.steps.is_empty() && again.work.is_empty(), "{pair}: again: {}", done(&again));
    let still: BTreeSet<_> = again.plan.refused.iter().map(|own| own.identity.clone()).collect();
    assert!(still.is_subset(&refused), "{pair}: {still:?}");
    target.server.forget();
    target
        .site()
        .carry_out(&target.plan_with(file, &pair_options()).proved().unwrap(), &run("pcfg import"))
        .unwrap();
    assert_eq!(target.writes().iter().filter(|own| changes_something(own)).count(), 0, "{pair}");
    let stays = !target.site().run(id).unwrap().back().stays.is_empty();
    if !stays {
        target.undo(id);
        assert_same(&xml::to_string(&target.export()), &before, pair);
    }
    (format!("{requests} requests; refused: {causes:?}"), stays)
}

/// Imports each of these into each other; says what came of it, a line each.
fn pairs(backups: &[PathBuf]) -> String {
    let name = |path: &Path| path.file_name().unwrap().to_string_lossy().into_owned();
    let mut told = String::new();
    let mut wrong = Vec::new();
    for (number, into) in backups.iter().enumerate() {
        for (edition, served) in [("Cloud", Served::cloud()), ("Data Center", Served::data_center())] {
            let fresh = || Target::of(loaded(into), served.clone());
            let mut target = fresh();
            for (other, from) in backups.iter().enumerate().filter(|(other, _)| *other != number) {
                let pair = format!("{} ({other}) into {} ({number}) as {edition}", name(from), name(into));
                let file = exported(from);
                let import = || imported(&target, &file, &pair);
                match std::panic::catch_unwind(std::panic::AssertUnwindSafe(import)) {
                    Ok((outcome, stays)) => {
                        told.push_str(&format!("{pair}: {outcome}\n"));
                        if stays {
                            target = fresh();
                        }
                    }
                    Err(why) => {
                        wrong.push(why.downcast_ref::<String>().cloned().unwrap_or_default());
                        target = fresh();
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}: {}", wrong.len(), wrong.join("\n\n"));
    told
}

#[test]
fn what_is_imported_into_a_live_jira_is_there_once_and_taken_back() {
    let told = pairs(&samples());
    // Each import has done something.
    assert!(!told.contains(": 0 requests"), "{told}");
}

#[test]
#[ignore = "takes minutes"]
fn whatever_is_imported_into_a_live_jira_is_there_once_and_taken_back() {
    let mut all = samples();
    all.extend(real_data::backups());
    eprintln!("{}", pairs(&all));
}
