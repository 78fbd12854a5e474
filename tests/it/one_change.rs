//! Minimality, generated from the schema: a file with one change made by hand plans just that change, and writes just that object.
//!
//! At every element of a file that holds all there is (`testdata/valid/everything.xml`) each kind of edit is made that the schema
//! allows there. What an edit has to come to follows from the schema; what does not come to it is listed with the reason, so
//! a new declaration must be covered or explained.

pub(crate) mod edits;
mod judge;
pub(crate) mod walk;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use edits::{Edit, Expected, Names, Spot};
use judge::{differing, impossible, planned, rows};
use pcfg::check;
use pcfg::entity::{RowChange, Tables};
use pcfg::import::{Import, prepare};
use pcfg::mapping;
use pcfg::model::{Config, Element, Severity, Snapshot, canonicalize, counts};
use pcfg::plan::{Facts, Options};
use pcfg::schema::{Content, DeclId, Declaration, Schema};
use pcfg::select::{self, select};
use pcfg::xml;

use crate::real_data;
use crate::thorough;

/// An instance, and a file that describes it.
struct Instance {
    tables: Tables,
    snapshot: Snapshot,
    file: Config,
}

impl Instance {
    /// An instance and all of its configuration.
    fn exported(folder: &str) -> Self {
        let tables = real_data::read(&path(folder)).tables;
        let mut snapshot = mapping::read(&tables);
        let options =
            select::Options { custom_fields: select::CustomFields::All, ..select::Options::default() };
        let file = select(&mut snapshot, &options).unwrap();
        Self { snapshot: mapping::read(&tables), tables, file }
    }

    /// An instance after the import of a file.
    fn imported(folder: &str, file: &str) -> Self {
        let mut tables = real_data::read(&path(folder)).tables;
        let document = xml::read(&std::fs::read_to_string(path(file)).unwrap());
        assert_eq!(document.problems, []);
        let file = Config::new(document.root.unwrap());
        let import = prepare(&tables, &mapping::read(&tables), &Facts::default(), &file, &options());
        assert_eq!(import.plan.refused, []);
        assert!(import.leftover.is_empty(), "{:#?}", import.leftover.describe());
        tables.apply(import.work.rows()).unwrap();
        Self { snapshot: mapping::read(&tables), tables, file }
    }

    fn import(&self, file: &Config) -> Import {
        prepare(&self.tables, &self.snapshot, &Facts::default(), file, &options())
    }

    /// Returns the instance after changes.
    fn after(&self, changes: &[RowChange]) -> Self {
        let mut tables = self.tables.clone();
        tables.apply(changes).unwrap();
        Self { snapshot: mapping::read(&tables), tables, file: self.file.clone() }
    }
}

fn path(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn options() -> Options {
    Options { update_users: true, ..Options::default() }
}

/// What came of the edits of each kind at each declaration: nothing but the wanted, or what came last.
type Outcomes = BTreeMap<&'static str, BTreeMap<String, Result<(), String>>>;

/// Of so many declarations one is tried in each run.
const EVERY: usize = 13;

struct Run<'a> {
    instance: &'a Instance,
    outcomes: &'a mut Outcomes,
    /// The declarations that came or went with what holds them.
    held: &'a mut BTreeSet<String>,
    /// The declarations that another instance has shown already.
    known: BTreeSet<String>,
    tries: BTreeMap<(&'static str, String), usize>,
}

impl Run<'_> {
    /// Makes all edits at a place, as long as none of the kind has come to what it has to there.
    fn edits(&mut self, spot: &Spot<'_>, names: &Names) {
        /// How often a kind of edit is tried at a declaration.
        const TRIES: usize = 8;
        for (edit, expected) in spot.edits(names) {
            let title = walk::title_of(spot, &edit);
            let words = edit.in_words();
            if self.known.contains(&title) || !thorough::is_tried(&title, EVERY) {
                continue;
            }
            let tried = self.tries.entry((words, title.clone())).or_default();
            let outcome = self.outcomes.entry(words).or_default().get(&title);
            let mut holds = BTreeSet::new();
            match &edit {
                Edit::LeaveOut => hold(spot.child(), &mut holds),
                Edit::Further(item) => hold(item, &mut holds),
                _ => {}
            }
            if *tried >= TRIES || (outcome.is_some_and(Result::is_ok) && holds.is_subset(self.held)) {
                continue;
            }
            let mut root = self.instance.file.root().clone();
            edit.make(&mut root, &spot.way);
            canonicalize(&mut root);
            // A change by hand that makes the file wrong is for `pcfg validate` to tell.
            if check::check(&root).iter().any(|own| own.severity == Severity::Error) {
                continue;
            }
            let outcome = self.outcome(spot, &edit, expected, &Config::new(root));
            if outcome.is_ok() {
                self.held.append(&mut holds);
                if let Edit::Swap(Some(rank)) = &edit
                    && let Some(number) = spot.child().at(rank)
                {
                    self.held.insert(walk::title(spot.child(), number));
                }
            } else {
                *self.tries.entry((words, title.clone())).or_default() += 1;
            }
            let all = self.outcomes.entry(words).or_default();
            if outcome.is_ok() || !all.contains_key(&title) {
                all.insert(title.clone(), outcome);
            }
        }
    }

    fn outcome(&self, spot: &Spot<'_>, edit: &Edit, expected: Expected, file: &Config) -> Result<(), String> {
        let import = self.instance.import(file);
        if expected == Expected::Refused && !import.plan.refused.is_empty() {
            return Ok(());
        }
        impossible(&import)?;
        planned(&import.plan, spot, edit, expected)?;
        let after = self.instance.after(import.work.rows());
        rows(self.instance, &import, &after)?;
        if let (Edit::LeaveOut, Expected::Remove | Expected::Set) = (edit, expected) {
            // What was left out is put back, with one change again, and all is as it was.
            let back = after.import(&self.instance.file);
            impossible(&back).map_err(|why| format!("put back: {why}"))?;
            let expected = if expected == Expected::Set { expected } else { Expected::Add };
            planned(&back.plan, spot, edit, expected).map_err(|why| format!("put back: {why}"))?;
            let again = after.after(back.work.rows());
            rows(&after, &back, &again).map_err(|why| format!("put back: {why}"))?;
            if differing(&self.instance.snapshot, &again.snapshot) != (BTreeSet::new(), false) {
                return Err("put back, it is another".to_owned());
            }
        }
        Ok(())
    }
}

/// Notes what has to be there inside of an element that came or went, and what alone says what it is.
fn hold(element: &Element, held: &mut BTreeSet<String>) {
    let schema = Schema::get();
    let ty = schema.type_of(element.declaration);
    for child in element.children() {
        // What is marked by it alone, and what holds nothing else, comes and goes with it.
        let is_mark = matches!(schema.type_of(child.declaration).content, Content::Empty)
            || element.children().len() == 1;
        if schema.declaration(child.declaration).required
            || matches!(ty.content, Content::Choice(_))
            || is_mark
        {
            held.insert(walk::title(element, child));
            hold(child, held);
        }
    }
}

fn run(instance: &Instance, outcomes: &mut Outcomes, held: &mut BTreeSet<String>) {
    let (spots, names) = walk::spots(&instance.file);
    let right = outcomes.values().flatten().filter(|(_, outcome)| outcome.is_ok()).map(|(title, _)| title);
    let known: BTreeSet<String> = right.chain(held.iter()).cloned().collect();
    let names = &names;
    // Workflows take as long as all the rest.
    let is_workflow = |spot: &&Spot<'_>| spot.line[1].tag() == "workflowEntries";
    let halves: [Vec<&Spot<'_>>; 2] = [
        spots.iter().filter(is_workflow).collect(),
        spots.iter().filter(|spot| !is_workflow(spot)).collect(),
    ];
    let found = std::thread::scope(|scope| {
        let half = |spots: Vec<&'_ Spot<'_>>, known: BTreeSet<String>| {
            let (mut outcomes, mut held) = (Outcomes::new(), BTreeSet::new());
            let mut run =
                Run { instance, outcomes: &mut outcomes, held: &mut held, known, tries: BTreeMap::new() };
            spots.into_iter().for_each(|spot| run.edits(spot, names));
            (outcomes, held)
        };
        let started = halves.map(|spots| {
            let known = known.clone();
            scope.spawn(move || half(spots, known))
        });
        started.map(|thread| thread.join().unwrap())
    });
    for (more, mut with) in found {
        held.append(&mut with);
        for (words, all) in more {
            let known = outcomes.entry(words).or_default();
            for (title, outcome) in all {
                match known.get(&title) {
                    Some(before) if *before <= outcome => {}
                    _ => drop(known.insert(title, outcome)),
                }
            }
        }
    }
}

/// What Jira has of every object need not stand in a file: what is new gets Jira's default, and what is there stays as it is.
#[test]
fn a_file_may_say_only_what_it_has_to() {
    let sparse = Instance::imported("testdata/backup/demo", "testdata/valid/sparse.xml");
    let again = sparse.import(&sparse.file);
    assert!(again.plan.is_empty(), "{:#?}", again.plan.describe());
    let full = Instance::imported("testdata/backup/demo", "testdata/valid/everything.xml");
    let mut root = full.file.root().clone();
    let left_out = without_what_is_always_there(&mut root);
    assert!(left_out > 20, "{left_out}");
    let import = full.import(&Config::new(root));
    assert!(import.plan.is_empty(), "{:#?}", import.plan.describe());
}

fn without_what_is_always_there(element: &mut Element) -> usize {
    let Some(children) = element.children_mut() else { return 0 };
    let before = children.len();
    let is_always = |child: &Element| {
        Schema::get().declaration(child.declaration).always.as_ref().is_some_and(|own| counts(own, child))
    };
    children.retain(|child| !is_always(child));
    before - children.len() + children.iter_mut().map(without_what_is_always_there).sum::<usize>()
}

/// Says why no edit of a declaration leads to one change.
fn reason(title: &str) -> &'static str {
    match title {
        "Filter/searchRequest" => "queries from before Jira 4.0 are read, and never written",
        "Dashboard/builtIn" => "the system dashboard is in no sample",
        "CustomFieldConfigScheme/config" => {
            "a configuration is there for the issue types that use it, and comes and goes with them"
        }
        "Transition/position" => "two transitions have to change places",
        _ if title.starts_with("WorkflowProperty/") || title.starts_with("WorkflowArgument/") => {
            "no argument or property of a workflow holds it"
        }
        _ if title.starts_with("GadgetPreference/") => "no setting of a gadget holds it",
        _ if title.starts_with("CardColor/") => "no strategy of card colours holds it",
        _ => panic!("no edit of {title} leads to one change: cover it in everything.xml, or say why not"),
    }
}

/// What came of some of the declarations is what comes of all of them: the list of those that are not as they have to be is complete.
fn assert_some(outcomes: &Outcomes) {
    let all = include_str!("snapshots/it__one_change__one_change_by_hand_is_one_change_of_the_plan.snap");
    let (mut right, mut others, mut kind) = (0, BTreeSet::new(), "");
    for line in all.lines() {
        match line.strip_prefix("- ").and_then(|line| line.rsplit_once(": ")) {
            Some((why, titles)) => others.extend(titles.split(' ').map(|title| (kind, why, title))),
            None => kind = line.split(": ").next().unwrap(),
        }
    }
    for (words, title, outcome) in
        outcomes.iter().flat_map(|(words, all)| all.iter().map(move |(title, own)| (*words, &**title, own)))
    {
        match outcome {
            Ok(()) => right += 1,
            // Whether the edit can be made at another object, or comes with one, is seen where all are tried.
            Err(why) if why.starts_with("refused: ") => {}
            Err(why) => assert!(others.contains(&(words, &**why, title)), "{words} {title}: {why}"),
        }
    }
    assert!(right * EVERY > 300, "{right}");
}

/// What does not come to what it has to, and why:
/// - what a new board has although the file does not say it is not given to it later, but changes inside.
/// - `cannot-hold`, `without-meaning`: what no Jira has (a function takes one object only, a default value is of the type of its
///   field), refused before anything is written. Most edits without a meaning are for `pcfg validate` to tell, and not made here.
///
/// Nothing stops: no import of a valid file ends with exit code 70.
#[test]
fn one_change_by_hand_is_one_change_of_the_plan() {
    let (mut outcomes, mut held) = (Outcomes::new(), BTreeSet::new());
    let everything = Instance::imported("testdata/backup/demo", "testdata/valid/everything.xml");
    assert!(everything.import(&everything.file).plan.is_empty());
    for instance in [everything, Instance::exported("testdata/backup/demo")] {
        run(&instance, &mut outcomes, &mut held);
    }
    if !thorough::is_on_request() {
        return assert_some(&outcomes);
    }
    let mut lines = Vec::new();
    let mut proved = BTreeSet::new();
    for (words, all) in &outcomes {
        let right: Vec<&String> =
            all.iter().filter(|(_, outcome)| outcome.is_ok()).map(|(title, _)| title).collect();
        lines.push(format!("{words}: as it has to be at {} declarations", right.len()));
        proved.extend(right);
        let mut others: BTreeMap<&String, Vec<&str>> = BTreeMap::new();
        for (title, outcome) in all {
            if let Err(why) = outcome {
                others.entry(why).or_default().push(title);
            }
        }
        lines.extend(others.iter().map(|(why, titles)| format!("- {why}: {}", titles.join(" "))));
    }
    let schema = Schema::get();
    let mut count = 0;
    let mut unproved: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for ty in schema.of_configurations() {
        let ty = schema.ty(ty);
        // The containers of the root hold objects, and nothing else; what nobody can read has a guard of its own.
        let is_whole = |own: &Declaration| !own.is_unknown && !own.is_lost && own.damaged.is_none();
        let edited = |child: &&DeclId| {
            !["ProjectConfig", "Lost"].contains(&&*ty.name) && is_whole(schema.declaration(**child))
        };
        for child in ty.children().iter().filter(edited) {
            let title = format!("{}/{}", ty.name, schema.declaration(*child).name);
            count += 1;
            if !proved.contains(&title) && !held.contains(&title) {
                unproved.entry(reason(&title)).or_default().push(title);
            }
        }
    }
    let left: usize = unproved.values().map(Vec::len).sum();
    lines.push(format!("{} of {count} declarations; the others:", count - left));
    lines.extend(unproved.iter().map(|(why, titles)| format!("- {why}: {}", titles.join(" "))));
    insta::assert_snapshot!(lines.join("\n"));
}
