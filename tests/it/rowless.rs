//! A place that is not made of rows: objects in memory, changed by one call after the other, without transactions, and stopped
//! between any two of them. What a live Jira needs of the seam is so proved without one.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use pcfg::import::{Call, Conflict, Import, Migration, Moving, Place, Preview, Rehearsal, Work, prepare};
use pcfg::instance::{
    Basis, Entry, Finding, Instance, Journaled, Progress, ReadError, Reading, Run, RunId, Scope, Watch, Who,
    Writable, WriteError,
};
use pcfg::model::{Abilities, Config, Element, Facts, Identity, Object, Snapshot};
use pcfg::plan::{Action, Mapping, Options, Step};
use pcfg::schema::{DeclId, Schema};
use pcfg::select::{self, select};
use pcfg::xml;
use serde_json::{Value, json};

use crate::embedded::run;
use crate::real_data;

/// The objects, and what stands beside them, each with its container.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Held {
    pub(crate) objects: Vec<(DeclId, Element)>,
    /// What has no way back.
    pub(crate) lasting: Option<&'static str>,
}

/// Returns an object, or what stands beside objects, as a call has it.
fn spelled(container: DeclId, element: &Element) -> Value {
    let root = Element::parent(Schema::get().root(), vec![Element::parent(container, vec![element.clone()])]);
    xml::to_string(&Config::new(root)).into()
}

/// Returns what one call puts in the place of what; nothing is null.
fn put(from: &Value, to: &Value) -> Value {
    json!({ "from": from, "to": to })
}

fn is_same(one: &Element, other: &Element) -> bool {
    let identity = Identity::of_definition(one);
    one.declaration == other.declaration && identity == Identity::of_definition(other)
}

impl Held {
    fn of(snapshot: &Snapshot) -> Self {
        let object = |(identity, object): (&Identity, &Object)| {
            Some((Schema::get().container(identity.kind)?, object.element.clone()))
        };
        let objects = snapshot.objects.iter().filter_map(object);
        Self { objects: objects.chain(snapshot.settings.iter().cloned()).collect(), lasting: None }
    }

    fn snapshot(&self) -> Snapshot {
        let mut snapshot = Snapshot::default();
        for (container, element) in &self.objects {
            match Identity::of_definition(element) {
                Some(identity) => {
                    let object = Object { element: element.clone(), mentions: Vec::new() };
                    snapshot.objects.insert(identity, object);
                }
                None => snapshot.settings.push((*container, element.clone())),
            }
        }
        snapshot
    }

    fn find(&self, element: &Element) -> Option<&(DeclId, Element)> {
        self.objects.iter().find(|(_, own)| is_same(own, element))
    }

    /// Does what a call says, if what it was made from is there; else says what is there.
    fn call(&mut self, call: &Call) -> Result<(), String> {
        let read = |value: &Value| {
            let root = xml::read(value.as_str()?).root.unwrap();
            let container = &root.children()[0];
            Some((container.declaration, container.children()[0].clone()))
        };
        let (sent, before) = (read(&call.sends["to"]), read(&call.sends["from"]));
        let (_, named) = sent.as_ref().or(before.as_ref()).unwrap();
        if self.find(named) != before.as_ref() {
            return Err(call.about.clone());
        }
        let at = self.objects.iter().position(|(_, own)| is_same(own, named));
        match (at, sent) {
            (Some(at), Some(sent)) => self.objects[at] = sent,
            (Some(at), None) => drop(self.objects.remove(at)),
            (None, sent) => self.objects.extend(sent),
        }
        Ok(())
    }
}

impl Place for Held {
    fn rehearse(&self, steps: &[&Step], _: Migration<'_>, _: &dyn Fn(pcfg::import::Phase)) -> Rehearsal {
        let call = |step: &&Step| {
            let container = match &step.action {
                Action::Setting { container, .. } => *container,
                _ => Schema::get().container(step.identity.kind).unwrap(),
            };
            let from = self.find(&step.object).map(|(container, own)| spelled(*container, own));
            let (from, to) = (from.unwrap_or_default(), spelled(container, &step.object));
            Call {
                about: format!("{} `{}`", step.object.tag(), step.identity),
                sends: put(&from, &to),
                takes_back: (Some(step.object.tag()) != self.lasting).then(|| put(&to, &from)),
            }
        };
        let calls: Vec<Call> = steps.iter().map(call).collect();
        let mut after = self.clone();
        calls.iter().for_each(|call| after.call(call).unwrap());
        Rehearsal {
            work: Work::Calls(calls),
            after: after.snapshot(),
            unwritable: Vec::new(),
            lost: BTreeSet::new(),
            issues: Moving::default(),
            losses: BTreeMap::new(),
        }
    }

    fn preview(&self, now: &Snapshot, work: &Work, projects: &[String]) -> Result<Preview, Conflict> {
        let mut after = self.clone();
        for call in work.calls() {
            after.call(call).map_err(|object| Conflict { objects: vec![object], rows: Vec::new() })?;
        }
        Ok(Preview::between(now, after.snapshot(), projects, work.clone()))
    }
}

/// A run in the journal of the site, with how many of its calls are made.
pub(crate) struct Logged {
    run: Run,
    calls: Vec<Call>,
    made: usize,
}

pub(crate) struct State {
    pub(crate) held: Held,
    journal: Vec<Logged>,
    /// After how many calls the process is stopped.
    pub(crate) stops_after: Option<usize>,
}

/// A site, as one of several processes sees it.
#[derive(Clone)]
pub(crate) struct Site(pub(crate) Arc<Mutex<State>>);

impl Site {
    pub(crate) fn new(held: Held) -> Self {
        Self(Arc::new(Mutex::new(State { held, journal: Vec::new(), stops_after: None })))
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    pub(crate) fn held(&self) -> Held {
        let mut held = self.state().held.clone();
        held.objects.sort_by(|(_, one), (_, other)| one.compare(other));
        held
    }

    /// Makes the calls of a run that are still to be made, each written down before and after.
    fn go_on(&self, id: RunId) -> Result<RunId, WriteError> {
        loop {
            let mut state = self.state();
            let Logged { calls, made, .. } = &state.journal[id as usize - 1];
            let (at, Some(call)) = (*made, calls.get(*made).cloned()) else { return Ok(id) };
            if state.stops_after == Some(at) {
                let message = "the process was killed".to_owned();
                return Err(WriteError::Server { message, source: None, help: None });
            }
            state
                .held
                .call(&call)
                .map_err(|row| WriteError::Changed { row, how: "it is another".to_owned() })?;
            state.journal[id as usize - 1].made += 1;
        }
    }

    fn begin(&self, calls: &[Call], run: &Run) -> Result<RunId, WriteError> {
        let id = {
            let mut state = self.state();
            state.journal.push(Logged { run: run.clone(), calls: calls.to_vec(), made: 0 });
            state.journal.len() as RunId
        };
        self.go_on(id)
    }
}

impl Instance for Site {
    fn read(&mut self, _: Scope, _: Progress<'_>) -> Result<Reading, ReadError> {
        let held = self.state().held.clone();
        let (snapshot, facts) = (held.snapshot(), Some(Facts::default()));
        Ok(Reading { snapshot, facts, place: Some(Arc::new(held)), ..Reading::default() })
    }
}

impl Writable for Site {
    fn abilities(&self) -> Abilities {
        Abilities { journal: true, ..Abilities::default() }
    }

    fn wait(&mut self, _: Duration) {}

    fn plan(&mut self) {}

    fn follow(&mut self, _: Basis) {}

    fn watch(&mut self, _: Watch) {}

    fn carry_out(&mut self, proved: &pcfg::import::Proved, run: &Run) -> Result<RunId, WriteError> {
        self.begin(proved.work().calls(), run)
    }

    fn history(&mut self) -> Result<Vec<Entry>, WriteError> {
        let state = self.state();
        let mut entries: Vec<Entry> = Vec::new();
        // The newest first: what takes a run back counts unless it was taken back itself.
        for (at, own) in state.journal.iter().enumerate().rev() {
            let id = at as RunId + 1;
            let undoes = |other: &&Entry| other.run.undoes == Some(id) && other.undone_by.is_none();
            let undone_by = entries.iter().find(undoes).map(|other| other.id);
            entries.push(Entry { id, run: own.run.clone(), rows: own.made as u64, undone_by });
        }
        Ok(entries)
    }

    fn run(&mut self, id: RunId) -> Result<Journaled, WriteError> {
        let entry =
            self.history()?.into_iter().find(|own| own.id == id).ok_or(WriteError::NoRun { run: id })?;
        let state = self.state();
        let Logged { calls, made, .. } = &state.journal[id as usize - 1];
        // What was never done is not taken back.
        Ok(Journaled { entry, work: Work::Calls(calls[..*made].to_vec()), withheld: Vec::new() })
    }

    fn recover(&mut self, who: &Who) -> Result<Vec<Finding>, WriteError> {
        let unfinished: Vec<(RunId, usize)> = {
            let state = self.state();
            let runs = (1..).zip(&state.journal).filter(|(_, own)| own.made < own.calls.len());
            runs.map(|(id, own)| (id, own.calls.len() - own.made)).collect()
        };
        let mut findings = Vec::new();
        for (run, calls) in unfinished {
            self.go_on(run)?;
            findings.push(Finding::Resumed {
                who: Box::new(who.clone()),
                run,
                calls,
                differs: Vec::new(),
                waited: false,
            });
        }
        Ok(findings)
    }
}

pub(crate) fn demo() -> Held {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/backup/demo");
    Held::of(&real_data::read(&path).snapshot)
}

/// Returns the export of the demo with changes of several kinds: something new, something changed, and something renamed inside.
pub(crate) fn edited() -> Config {
    let options = select::Options { unused: true, ..select::Options::default() };
    let text = xml::to_string(&select(&mut demo().snapshot(), &options).unwrap());
    let mut root = xml::read(&text).root.unwrap();
    for container in root.children_mut().unwrap() {
        let is_wanted =
            ["priorityConfiguration", "projectRoles", "statusConfiguration"].contains(&container.tag());
        let children = container.children_mut().unwrap();
        if let Some(first) = children.iter().position(|own| own.get("name").is_some()).filter(|_| is_wanted) {
            let mut new = children[first].clone();
            let name = new.children_mut().unwrap().iter_mut().find(|own| own.tag() == "name").unwrap();
            name.content = pcfg::model::Content::Text("New of its kind".into());
            children.push(new);
        }
        for own in children.iter_mut().filter_map(Element::children_mut).flatten() {
            if own.tag() == "description" {
                own.content = pcfg::model::Content::Text("Said otherwise".into());
            }
        }
    }
    Config::new(root)
}

pub(crate) fn import(site: &mut Site, file: &Config, options: &Options) -> Import {
    let reading = site.read(Scope::default(), &|_, _| {}).unwrap();
    prepare(reading.place(), &reading.snapshot, &reading.facts(), file, options)
}

/// Takes a run back.
pub(crate) fn undo(site: &mut Site, id: RunId) -> RunId {
    let back = Writable::run(site, id).unwrap().back();
    assert_eq!(back.stays, [""; 0]);
    let reading = site.read(Scope::default(), &|_, _| {}).unwrap();
    let preview = reading.place().preview(&reading.snapshot, &back.work, &[]).unwrap();
    site.undo(id, &preview.proved(Vec::new()), &run("pcfg undo")).unwrap()
}

#[test]
fn an_import_by_calls_is_proved_carried_out_resumed_and_undone() {
    let file = edited();
    let mut site = Site::new(demo());
    let before = site.held();
    let mut first = import(&mut site, &file, &Options::default());
    assert_eq!(first.plan.refused, []);
    let calls = first.work.calls().len();
    assert!(calls > 10 && calls == first.plan.steps.len(), "{calls}");
    let proved = first.proved().unwrap();
    assert_eq!(site.carry_out(&proved, &run("pcfg import")).unwrap(), 1);
    let done = site.held();
    assert_ne!(done, before);
    let second = import(&mut site, &file, &Options::default());
    assert!(second.plan.is_empty() && second.work.is_empty(), "{:?}", second.plan.steps);
    assert_eq!(undo(&mut site, 1), 2);
    assert_eq!(site.held(), before);

    for stop in 0..calls {
        // Killed before any call: what is still to do is done, and can be taken back.
        let mut site = Site::new(demo());
        site.state().stops_after = Some(stop);
        site.carry_out(&proved, &run("pcfg import")).unwrap_err();
        site.state().stops_after = None;
        assert_eq!(site.history().unwrap()[0].rows, stop as u64);
        let mut other = Site(site.0.clone());
        let found = other.recover(&run("pcfg resume").who).unwrap();
        assert!(matches!(found[..], [Finding::Resumed { run: 1, calls: left, .. }] if left == calls - stop));
        assert_eq!(other.held(), done, "killed before call {stop}");
        assert_eq!(other.recover(&run("pcfg resume").who).unwrap(), []);
        undo(&mut other, 1);
        assert_eq!(other.held(), before, "killed before call {stop}");

        // Or nobody goes on, and only what was done is taken back.
        let mut site = Site::new(demo());
        site.state().stops_after = Some(stop);
        site.carry_out(&proved, &run("pcfg import")).unwrap_err();
        site.state().stops_after = None;
        let back = site.run(1).unwrap().back();
        let reading = site.read(Scope::default(), &|_, _| {}).unwrap();
        let preview = reading.place().preview(&reading.snapshot, &back.work, &[]).unwrap();
        assert_eq!(preview.plan.steps.len(), stop, "the way back is shown");
        undo(&mut site, 1);
        assert_eq!(site.held(), before, "killed before call {stop}");
    }
}

#[test]
fn what_somebody_else_has_changed_is_not_overwritten_by_a_call() {
    let mut site = Site::new(demo());
    let proved = import(&mut site, &edited(), &Options::default()).proved().unwrap();
    let Work::Calls(calls) = proved.work() else { panic!("it has no rows") };
    let changed = calls.iter().position(|call| !call.sends["from"].is_null()).unwrap();
    let theirs = {
        let mut state = site.state();
        let about = &calls[changed].about;
        let own = state.held.objects.iter_mut().find(|(_, own)| {
            Identity::of_definition(own)
                .is_some_and(|identity| *about == format!("{} `{identity}`", own.tag()))
        });
        let (_, element) = own.unwrap();
        let description = element.children_mut().unwrap().iter_mut().find(|own| own.tag() == "description");
        description.unwrap().content = pcfg::model::Content::Text("Theirs".into());
        element.clone()
    };
    let error = site.carry_out(&proved, &run("pcfg import")).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("{} has been changed meanwhile: it is another", calls[changed].about)
    );
    assert!(site.held().objects.iter().any(|(_, own)| *own == theirs), "it is still as they made it");
    assert_eq!(site.history().unwrap()[0].rows, changed as u64, "nothing is called after it");
}

#[test]
fn a_place_without_rows_refuses_new_names_for_what_is_there() {
    let mut site = Site::new(demo());
    let mapping = Mapping::parse("[resolution]\n\"New of its kind\" = { rename = \"Done\" }\n").unwrap();
    let text = xml::to_string(&edited()).replace("<name>Done</name>", "<name>New of its kind</name>");
    let file = Config::new(xml::read(&text).root.unwrap());
    let import = import(&mut site, &file, &Options { mapping, ..Options::default() });
    let codes: Vec<_> = import.plan.refused.iter().flat_map(|own| &own.reasons).map(|own| own.code).collect();
    assert!(codes.contains(&"cannot-rename"), "{codes:?}");
}
