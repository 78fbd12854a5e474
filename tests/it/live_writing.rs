//! A live Jira is changed: imports by REST into what an embedded instance serves, resumed and taken back.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jira_for_tests::{ANY_WRITE, Fault, Options as Served, Outcome, Seen, Server, serve};
use pcfg::import::{Import, prepare};
use pcfg::instance::{Finding, Location, Reading, Remote, RunId, Scope, Writable, open_writable_as};
use pcfg::model::{Config, Content, Element, Snapshot};
use pcfg::plan::Options;
use pcfg::rest::{Clock, Event, Manner, SignIn, Site, Watch};
use pcfg::secret::Secret;
use pcfg::select::{self, select};
use pcfg::xml;

use crate::embedded::run;
use crate::live::loaded_sample;
use crate::thorough;

/// A clock on which waiting takes no time: it only moves while somebody waits.
#[derive(Default)]
pub(crate) struct Quick(AtomicU64);

impl Clock for Quick {
    fn now(&self) -> Duration {
        Duration::from_millis(self.0.load(Ordering::SeqCst))
    }

    fn sleep(&self, time: Duration) {
        self.0.fetch_add(time.as_millis() as u64 + 1, Ordering::SeqCst);
    }

    fn chance(&self) -> f64 {
        0.0
    }
}

/// The way into a site.
pub(crate) struct Door {
    url: String,
    user: String,
    token: String,
    journals: PathBuf,
    /// How many requests are on their way at once, at most.
    at_once: usize,
}

impl Door {
    pub(crate) fn open(&self, watch: Option<Watch>) -> Box<dyn Writable> {
        let mut remote = Remote::new(Site::parse(&self.url).unwrap());
        remote.sign_in = Some(SignIn::new(Some(&self.user), &Secret::new(self.token.clone())));
        let at_once = self.at_once;
        let manner = Manner { clock: Arc::new(Quick::default()), watch, at_once, ..Manner::default() };
        open_writable_as(Location::from(remote), &manner, Some(&self.journals)).unwrap()
    }
}

/// A live Jira, and the folder of its journal.
pub(crate) struct Target {
    _folder: tempfile::TempDir,
    pub(crate) journals: tempfile::TempDir,
    pub(crate) path: PathBuf,
    pub(crate) server: Server,
    /// What was exported last, and after how many changes.
    exported: Mutex<Option<(u64, Config)>>,
}

impl Target {
    pub(crate) fn of((folder, path): (tempfile::TempDir, PathBuf), options: Served) -> Self {
        let server = serve(&path, options).unwrap();
        let exported = Mutex::default();
        Self { _folder: folder, journals: tempfile::tempdir().unwrap(), path, server, exported }
    }

    /// The sample that comes with pcfg.
    pub(crate) fn demo(options: Served) -> Self {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/demo");
        Self::of(crate::embedded::loaded(&folder), options)
    }

    /// The sample with everything that a file can describe.
    pub(crate) fn everything(options: Served) -> Self {
        let (folder, path) = loaded_sample();
        let file = std::fs::read_to_string(crate::env::testdata("valid/everything.xml")).unwrap();
        let file = Config::new(xml::read(&file).root.unwrap());
        let mut site = open_writable_as(Location::Path(path.clone()), &Manner::default(), None).unwrap();
        let reading = site.read(Scope::default(), &|_, _| {}).unwrap();
        let mut import =
            prepare(reading.place(), &reading.snapshot, &reading.facts(), &file, &self::options());
        assert_eq!(import.plan.refused, []);
        site.carry_out(&import.proved().unwrap(), &run("pcfg import")).unwrap();
        drop(site);
        Self::of((folder, path), options)
    }

    pub(crate) fn sample(options: Served) -> Self {
        Self::of(loaded_sample(), options)
    }

    /// Returns the site as a process of its own would see it.
    pub(crate) fn site(&self) -> Box<dyn Writable> {
        self.site_watched(None)
    }

    /// Returns the site as a process would see it that is told of each of its requests.
    pub(crate) fn site_watched(&self, watch: Option<Watch>) -> Box<dyn Writable> {
        self.door(self.journals.path()).open(watch)
    }

    /// Returns the way into the site for whoever keeps his journal in a folder.
    pub(crate) fn door(&self, journals: &std::path::Path) -> Door {
        let (user, token) = self.server.credentials().unwrap();
        Door { url: self.server.url(), user, token, journals: journals.to_owned(), at_once: usize::MAX }
    }

    /// Returns the site as a process would see it that sends one request after the other, always in the same order.
    pub(crate) fn site_in_order(&self) -> Box<dyn Writable> {
        Door { at_once: 1, ..self.door(self.journals.path()) }.open(None)
    }

    pub(crate) fn snapshot(&self) -> Snapshot {
        self.site().read(Scope::default(), &|_, _| {}).unwrap().snapshot
    }

    /// Exports everything; what no request has changed since is not read again, which most of the time of these tests would go into.
    pub(crate) fn export(&self) -> Config {
        let changes = self.server.changes();
        let mut last = self.exported.lock().unwrap_or_else(PoisonError::into_inner);
        match &*last {
            Some((at, file)) if *at == changes => file.clone(),
            _ => {
                let file = exported(&mut self.snapshot());
                *last = Some((changes, file.clone()));
                file
            }
        }
    }

    /// Prepares an import.
    pub(crate) fn plan(&self, file: &Config) -> Import {
        self.plan_with(file, &options())
    }

    pub(crate) fn plan_with(&self, file: &Config, options: &Options) -> Import {
        let reading = self.site().read(Scope::default(), &|_, _| {}).unwrap();
        prepare(reading.place(), &reading.snapshot, &reading.facts(), file, options)
    }

    /// Imports a file; returns the requests that changed something.
    pub(crate) fn import(&self, file: &Config) -> Vec<Seen> {
        let mut import = self.plan(file);
        assert_eq!(import.plan.refused, [], "nothing is refused");
        let proved = import.proved().expect("the plan is proved");
        self.server.forget();
        self.site_in_order().carry_out(&proved, &run("pcfg import")).unwrap();
        self.writes()
    }

    pub(crate) fn writes(&self) -> Vec<Seen> {
        let is_write = |own: &Seen| matches!(own.method.as_str(), "PUT" | "DELETE") || own.method == "POST";
        self.server.requests().into_iter().filter(is_write).collect()
    }

    /// Returns what is there, with other words in the places of some.
    pub(crate) fn edited(&self, edits: &[(&str, &str)]) -> Config {
        let mut text = xml::to_string(&self.export());
        for (old, new) in edits {
            assert!(text.contains(old), "{old}\n{text}");
            text = text.replace(old, new);
        }
        Config::new(xml::read(&text).root.expect("the words are right"))
    }

    /// Returns the last run.
    pub(crate) fn last(&self) -> RunId {
        self.site().history().unwrap()[0].id
    }

    /// Takes a run back.
    pub(crate) fn undo(&self, id: RunId) -> RunId {
        let reading = self.site().read(Scope::default(), &|_, _| {}).unwrap();
        self.undo_of(id, &reading)
    }

    /// Takes a run back in what was read after it.
    pub(crate) fn undo_of(&self, id: RunId, reading: &Reading) -> RunId {
        self.undo_leaving(id, reading, &[])
    }

    /// Takes a run back of which nothing stays but what its plan has told.
    pub(crate) fn undo_leaving(&self, id: RunId, reading: &Reading, told: &[String]) -> RunId {
        let mut site = self.site();
        let back = site.run(id).unwrap().back();
        assert!(back.stays.iter().all(|own| told.contains(own)), "{:?}", back.stays);
        let preview = reading.place().preview(&reading.snapshot, &back.work, &[]).unwrap();
        site.undo(id, &preview.proved(Vec::new()), &run("pcfg undo")).unwrap()
    }
}

/// Fails with what differs, where two texts do.
#[track_caller]
pub(crate) fn assert_same(is: &str, was: &str, place: &str) {
    let difference = || similar::TextDiff::from_lines(was, is).unified_diff().to_string();
    assert!(is == was, "{place}: {}", difference());
}

/// Kills an import before and after each of its requests that changes something: resuming it gives the finished state, and taking it
/// back the former one.
pub(crate) fn killed_anywhere(target: &Target, file: &Config) {
    killed(target, file, thorough::every(17));
}

/// The same at every so many of these places.
pub(crate) fn killed(target: &Target, file: &Config, every: usize) {
    killed_with(target, (file, &options()), every, &|_| ());
}

/// The same of an import with options; `looks` is given the site in its former state, and whenever it should be in that again.
pub(crate) fn killed_with(
    target: &Target,
    (file, options): (&Config, &Options),
    every: usize,
    looks: &dyn Fn(&Target),
) {
    looks(target);
    let before = xml::to_string(&target.export());
    let mut import = target.plan_with(file, options);
    assert_eq!(import.plan.refused, []);
    let proved = import.proved().unwrap();
    target.server.forget();
    target.site().carry_out(&proved, &run("pcfg import")).unwrap();
    let writes = target.writes().iter().filter(|own| changes_something(own)).count();
    let after = xml::to_string(&target.export());
    assert_ne!(before, after);
    let undo = |id| {
        let reading = target.site().read(Scope::default(), &|_, _| {}).unwrap();
        target.undo_leaving(id, &reading, &import.plan.irrevocable)
    };
    let mut last = undo(target.last());
    assert_same(&xml::to_string(&target.export()), &before, "taken back");
    for place in (0..2 * writes).step_by(every) {
        let (number, is_done) = (place / 2, place % 2 == 1);
        let place = format!("request {number} of {writes}, done: {is_done}");
        let outcome = if is_done { Outcome::After(Box::new(Outcome::NoReply)) } else { Outcome::NoReply };
        // The process ends before it has read the answer to this request, whose answer nobody gets.
        let sent = AtomicUsize::new(0);
        let dies = move |event: &Event<'_>| {
            if let Event::Sent { request, .. } = event
                && !request.is_reading()
            {
                assert!(sent.fetch_add(1, Ordering::SeqCst) != number, "killed");
            }
        };
        // What was taken back may have other ids and versions than before.
        let proved = target.plan_with(file, options).proved().unwrap();
        let mut site = target.site_watched(Some(Arc::new(dies)));
        target.server.set_faults(vec![nth_write(number, outcome)]);
        let killed = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            site.carry_out(&proved, &run("pcfg import"))
        }));
        assert!(killed.is_err(), "{place}: {killed:?}");
        drop(site);
        target.server.set_faults(Vec::new());
        last += 1;
        if (number + usize::from(is_done)) % 2 == 0 {
            let found = target.site().recover(&run("pcfg resume").who).unwrap();
            let is_whole =
                matches!(found[..], [Finding::Resumed { run, calls, .. }] if run == last && calls > 0);
            assert!(is_whole, "{place}: {found:?}");
            assert_same(&xml::to_string(&target.export()), &after, &place);
        }
        last = undo(last);
        assert_same(&xml::to_string(&target.export()), &before, &place);
        looks(target);
    }
}

/// Returns whether a request changes something: some questions are asked by `POST`.
pub(crate) fn changes_something(seen: &Seen) -> bool {
    let Some(path) = seen.path.strip_prefix("/rest/api/3/").or(seen.path.strip_prefix("/rest/api/2/")) else {
        return true;
    };
    !(path.ends_with("/validation") || path == "workflowscheme/read")
}

/// Something that goes wrong with the nth request that changes something, from 0.
fn nth_write(number: usize, outcome: Outcome) -> Fault {
    Fault { path: "**".to_owned(), method: ANY_WRITE.to_owned(), after: number, times: Some(1), outcome }
}

pub(crate) fn options() -> Options {
    Options { update_users: true, ..Options::default() }
}

pub(crate) fn exported(snapshot: &mut Snapshot) -> Config {
    let options = select::Options {
        unused: true,
        custom_fields: select::CustomFields::All,
        ..select::Options::default()
    };
    select(snapshot, &options).unwrap()
}

/// Spells requests without what Jira gives: methods and paths.
pub(crate) fn told(seen: &[Seen]) -> String {
    seen.iter().map(|own| format!("{} {} {}\n", own.method, own.path, own.status)).collect()
}

/// Returns a file with other descriptions, and something new of each of these kinds.
fn edited(file: &Config, containers: &[&str]) -> Config {
    let mut root = file.root().clone();
    for container in root.children_mut().unwrap().iter_mut().filter(|own| containers.contains(&own.tag())) {
        let children = container.children_mut().unwrap();
        let first = children.iter().position(|own| own.get("name").is_some()).unwrap();
        let mut new = children[first].clone();
        set(&mut new, "name", "New of its kind");
        let last = children.iter().filter(|own| own.get("sequence").is_some()).count();
        set(&mut new, "sequence", &(last + 1).to_string());
        children.push(new);
        for own in children.iter_mut().filter(|own| own.get("builtIn").is_none()) {
            set(own, "description", "Said otherwise");
            set(own, "inward", "is otherwise");
        }
    }
    Config::new(root)
}

fn set(element: &mut Element, tag: &str, text: &str) {
    let own = element.children_mut().into_iter().flatten().find(|own| own.tag() == tag);
    if let Some(own) = own {
        own.content = Content::Text(text.into());
    }
}

const CONSTANTS: [&str; 5] = [
    "statusConfiguration",
    "resolutionConfiguration",
    "issueLinkConfiguration",
    "projectCategories",
    "projectRoles",
];

#[test]
fn an_import_by_rest_is_done_once_and_taken_back() {
    let target = Target::sample(Served::cloud());
    let before = xml::to_string(&target.export());
    let file = edited(&target.export(), &CONSTANTS);
    let writes = target.import(&file);
    insta::assert_snapshot!(told(&writes), @"
    POST /rest/api/3/projectCategory 201
    PUT /rest/api/3/projectCategory/10000 200
    PUT /rest/api/3/role/10001 200
    PUT /rest/api/3/role/10000 200
    POST /rest/api/3/role 200
    POST /rest/api/3/role/10002/actors 200
    PUT /rest/api/3/resolution/10000 204
    POST /rest/api/3/resolution 201
    POST /rest/api/3/statuses 200
    PUT /rest/api/3/statuses 204
    PUT /rest/api/3/issueLinkType/10000 200
    POST /rest/api/3/issueLinkType 201
    ");
    let second = target.plan(&file);
    assert!(second.plan.is_empty() && second.work.is_empty(), "{:#?}", second.plan.describe());
    assert_eq!(target.undo(1), 2);
    assert_eq!(xml::to_string(&target.export()), before);
}

#[test]
fn an_import_by_rest_that_is_killed_is_resumed_or_taken_back() {
    let target = Target::sample(Served::cloud());
    killed_anywhere(&target, &edited(&target.export(), &CONSTANTS));
}
