//! One change by hand over REST: it takes the requests that are listed and no other, reads back as the file says, and is taken back; or
//! it is refused before the first request.
//!
//! The changes are those of `one_change`, made in what a site tells that has everything. What comes of each is listed for each
//! edition in `live_one_change/*.txt`: a change that no list has is a failure, so that a new declaration must be covered.
//! `PCFG_ONLY=Gadget/,Screen/` makes the changes alone that begin so.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

use jira_for_tests::{Options as Served, Seen};
use pcfg::check;
use pcfg::import::{Import, prepare};
use pcfg::instance::{Reading, Scope};
use pcfg::model::{Config, Severity, canonicalize};
use pcfg::xml;

use crate::embedded::run;
use crate::live_there_and_back::in_short;
use crate::live_writing::{Target, exported, options};
use crate::one_change::edits::Edit;
use crate::one_change::walk::{spots, title_of};

/// How many changes of a kind are tried at a declaration until one is not refused.
const TRIES: usize = 6;

/// What names the changes that are made, by how they begin.
const ONLY: &str = "PCFG_ONLY";

/// What came of the changes of each kind at each declaration.
type Table = BTreeMap<String, String>;

/// A site, and what was read of it last.
struct Ground {
    target: Target,
    reading: Reading,
}

/// What came of a change.
enum Outcome {
    /// It is none: what a file does not mention stays.
    Nothing,
    Refused(String),
    /// The requests; and whether something of it stays for good, as the plan says.
    Done(String, bool),
}

impl Ground {
    fn new(served: &Served) -> Self {
        let target = Target::everything(served.clone());
        let reading = read(&target);
        Self { target, reading }
    }

    fn export(&mut self) -> Config {
        exported(&mut self.reading.snapshot)
    }

    /// Imports a file with one change, and takes that back.
    fn change(&mut self, file: &Config, before: &str) -> Outcome {
        let mut import = planned(&self.reading, file);
        if let Some(refused) = import.plan.refused.first() {
            let why = &refused.reasons[0];
            return Outcome::Refused(format!("{}: {}", why.code, why.message));
        }
        if import.plan.is_empty() {
            return Outcome::Nothing;
        }
        let planned_here = in_short(&import);
        let left = format!("{planned_here}leaves {:#?}", import.leftover.describe());
        let proved = import.proved().expect(&left);
        self.target.server.forget();
        let done = self.target.site_in_order().carry_out(&proved, &run("pcfg import"));
        let writes = requests(&self.target.writes());
        let id = done.unwrap_or_else(|error| panic!("{planned_here}{writes}: {error}"));
        let after = read(&self.target);
        let again = planned(&after, file);
        assert!(
            again.plan.is_empty() && again.work.is_empty(),
            "{planned_here}{writes}\nagain: {}",
            in_short(&again)
        );
        if !self.target.site().run(id).unwrap().back().stays.is_empty() {
            return Outcome::Done(writes, true);
        }
        self.target.undo_of(id, &after);
        self.reading = read(&self.target);
        let now = xml::to_string(&self.export());
        let difference = || similar::TextDiff::from_lines(before, &now).unified_diff().to_string();
        assert!(now == before, "{planned_here}taken back: {}", difference());
        Outcome::Done(writes, false)
    }
}

fn read(target: &Target) -> Reading {
    target.site().read(Scope::default(), &|_, _| {}).unwrap()
}

fn planned(reading: &Reading, file: &Config) -> Import {
    prepare(reading.place(), &reading.snapshot, &reading.facts(), file, &options())
}

/// Spells requests without what they are about: methods and templates of paths, each once with how often it was sent.
fn requests(seen: &[Seen]) -> String {
    let mut all: Vec<(String, usize)> = Vec::new();
    for own in seen {
        let template = own.endpoint.unwrap_or(&own.path);
        let parts = template.split('/').map(|part| if part.starts_with('{') { "{}" } else { part });
        let spelled = format!("{} {}", own.method, parts.collect::<Vec<_>>().join("/"));
        match all.last_mut() {
            Some((last, count)) if *last == spelled => *count += 1,
            _ => all.push((spelled, 1)),
        }
    }
    let one = |(spelled, count): &(String, usize)| match count {
        1 => spelled.clone(),
        many => format!("{many} × {spelled}"),
    };
    all.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// Returns all changes of a file by hand, by what they are: where each is made, and what it is.
pub(crate) fn changes(file: &Config) -> BTreeMap<String, Vec<(Vec<usize>, Edit)>> {
    let (spots, names) = spots(file);
    let mut all: BTreeMap<String, Vec<(Vec<usize>, Edit)>> = BTreeMap::new();
    for spot in &spots {
        for (edit, _) in spot.edits(&names) {
            let key = format!("{} {}", title_of(spot, &edit), edit.in_words());
            all.entry(key).or_default().push((spot.way.clone(), edit));
        }
    }
    // What no draft of something has comes before what only its draft has.
    all.values_mut().for_each(|edits| edits.sort_by_key(|(way, _)| way.len()));
    all
}

/// Makes every nth change in the order of the declarations; returns what came of them, and what went wrong.
fn every(nth: usize, served: &Served) -> (Table, Vec<String>) {
    let mut ground = Ground::new(served);
    let file = ground.export();
    let before = xml::to_string(&file);
    let all = changes(&file);
    let (mut table, mut wrong) = (Table::new(), Vec::new());
    let only = std::env::var(ONLY).unwrap_or_default();
    let is_wanted = |key: &str| only.split(',').any(|own| key.starts_with(own.trim()));
    for (key, edits) in all.into_iter().step_by(nth).filter(|(key, _)| is_wanted(key)) {
        let mut tried = 0;
        for (way, edit) in edits {
            let mut root = file.root().clone();
            edit.make(&mut root, &way);
            canonicalize(&mut root);
            // A change by hand that makes the file wrong is for `pcfg validate` to tell.
            if check::check(&root).iter().any(|own| own.severity == Severity::Error) {
                continue;
            }
            let change = Config::new(root);
            match catch_unwind(AssertUnwindSafe(|| ground.change(&change, &before))) {
                Ok(Outcome::Nothing) => {
                    table.entry(key.clone()).or_insert_with(|| "nothing".to_owned());
                }
                Ok(Outcome::Refused(why)) => drop(table.insert(key.clone(), format!("refused: {why}"))),
                Ok(Outcome::Done(writes, stays)) => {
                    let stays = if stays { "; some of it stays" } else { "" };
                    table.insert(key.clone(), format!("{writes}{stays}"));
                    if !stays.is_empty() {
                        ground = Ground::new(served);
                    }
                    break;
                }
                Err(why) => {
                    let why = why.downcast_ref::<String>().cloned().unwrap_or_default();
                    wrong.push(format!("{key}\n{why}"));
                    ground = Ground::new(served);
                    break;
                }
            }
            tried += 1;
            if tried == TRIES {
                break;
            }
        }
    }
    (table, wrong)
}

fn list(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/it/live_one_change").join(name)
}

fn assert_listed(nth: usize) {
    let is_part = nth > 1 || std::env::var_os(ONLY).is_some();
    let editions = [("cloud.txt", Served::cloud()), ("data_center.txt", Served::data_center())];
    std::thread::scope(|scope| {
        let started = editions.map(|(name, served)| scope.spawn(move || (name, every(nth, &served))));
        let mut all = Vec::new();
        for (name, (table, wrong)) in started.map(|own| own.join().unwrap()) {
            let listed = std::fs::read_to_string(list(name)).unwrap_or_default();
            let mut listed: Table =
                listed.lines().filter_map(|line| line.split_once(": ")).map(own_of).collect();
            if std::env::var_os("PCFG_UPDATE").is_some() {
                // What a part leaves out stays as the whole has found it.
                listed.retain(|_, _| is_part);
                listed.extend(table.clone());
                std::fs::write(list(name), lines(&listed)).unwrap();
            }
            all.extend(wrong.iter().map(|own| format!("{name}: {own}\n")));
            listed.retain(|key, _| !is_part || table.contains_key(key));
            let (listed, found) = (lines(&listed), lines(&table));
            if listed != found {
                let difference = similar::TextDiff::from_lines(&listed, &found).unified_diff().to_string();
                all.push(format!("{name}: look at it, then run this test with PCFG_UPDATE=1\n{difference}"));
            }
        }
        assert!(all.is_empty(), "{} of both editions:\n{}", all.len(), all.join("\n"));
    });
}

fn lines(table: &Table) -> String {
    table.iter().map(|(key, told)| format!("{key}: {told}\n")).collect()
}

fn own_of((key, told): (&str, &str)) -> (String, String) {
    (key.to_owned(), told.to_owned())
}

/// Every nth of all changes, in the order of the declarations: of each kind of object there are some.
#[test]
fn one_change_by_hand_takes_the_requests_that_are_listed() {
    assert_listed(97);
}

#[test]
#[ignore = "takes minutes"]
fn each_change_by_hand_takes_the_requests_that_are_listed() {
    assert_listed(1);
}
