//! `pcfg sync` with live Jiras, by the binary: an embedded instance and a Jira Cloud, and a Data Center and a Cloud of which both halves run
//! on one machine.

use std::path::Path;
use std::time::Duration;

use jira_for_tests::{Edition, Fault, Options as Served, Server, serve};
use pcfg::instance::{Embedded, LiveIssues, Who};
use pcfg_sync::contract::marker;
use pcfg_sync::{
    CommentChange, Cursor, Field, FileFacts, IssueKey, IssueState, Issues, NewIssue, Parts, Value,
};
use tempfile::TempDir;

use crate::env::Env;
use crate::live_issues::signed_in;
use crate::sync::{bodies, fine, summary};

/// A Jira that runs: what the halves do is done by one of its users, and another one works there.
struct Jira {
    _folder: TempDir,
    name: &'static str,
    sync: Server,
    people: Server,
}

fn served(path: &Path, edition: Edition, user: &str) -> Server {
    let options = match edition {
        Edition::Cloud => Served::cloud(),
        Edition::DataCenter => Served::data_center(),
    };
    serve(
        path,
        Served {
            user: Some(user.to_owned()),
            token: format!("secret of {user}").replace(' ', "-"),
            ..options
        },
    )
    .unwrap()
}

impl Jira {
    fn new(edition: Edition) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("jira.sqlite");
        Embedded::create(&path, &Who::default(), Duration::ZERO).unwrap();
        let (sync, people) = (served(&path, edition, "alan"), served(&path, edition, "grace"));
        let name = if edition == Edition::Cloud { "cloud" } else { "house" };
        let jira = Self { _folder: folder, name, sync, people };
        // Of the tasks of the sample none stands where tasks begin.
        jira.make("Already here");
        // An old issue of the sample lacks what its type needs today.
        let key = IssueKey("DEMO-6".to_owned());
        let mut issues = jira.issues();
        let version = issues.read(&key, Parts::default()).unwrap().unwrap().version;
        let known = (Field::System("description".to_owned()), Some(Value::Text("Known.".to_owned())));
        issues.update(&key, &pcfg_sync::Edit { fields: vec![known] }, &version).unwrap();
        jira
    }

    /// The entry of pcfg.toml, with the secret in the environment.
    fn entry(&self, env: &mut Env) -> String {
        let (user, token) = self.sync.credentials().unwrap();
        let variable = format!("{}_TOKEN", self.name.to_uppercase());
        env.set(&variable, &token);
        let user = if self.name == "cloud" { format!("user = \"{user}\"\n") } else { String::new() };
        format!(
            "[instances.{}]\nurl = \"{}\"\n{user}token-env = \"{variable}\"\n\n",
            self.name,
            self.sync.url()
        )
    }

    /// The issues, as somebody sees them who works there.
    fn issues(&self) -> LiveIssues {
        signed_in(&self.people)
    }

    fn make(&self, name: &str) -> IssueKey {
        let text = |field: &str, text: &str| (Field::System(field.to_owned()), Value::Text(text.to_owned()));
        let fields = vec![text("summary", name), text("description", "Every time.")];
        let new = NewIssue { kind: "Task".to_owned(), parent: None, fields };
        // Who works there marks nothing; a marker of another synchronization is none of this one.
        self.issues().create(&new, &marker(1, 0)).unwrap()
    }

    fn all(&self) -> Vec<IssueState> {
        let mut issues = self.issues();
        let (keys, _) = issues.changed(&Cursor::default()).unwrap();
        keys.iter().filter_map(|key| issues.read(key, Parts::ALL).unwrap()).collect()
    }

    fn found(&self, wanted: &str) -> IssueState {
        let mut all: Vec<_> = self.all().into_iter().filter(|own| summary(own) == wanted).collect();
        assert_eq!(all.len(), 1, "{wanted} in {}", self.name);
        all.remove(0)
    }

    /// Comments, attaches a file, and takes the first step that leads on.
    fn work_on(&self, key: &IssueKey, word: &str) -> String {
        let mut issues = self.issues();
        let comment = CommentChange::Add { body: format!("comment {word}"), restriction: None };
        issues.comment(key, &comment, &marker(2, 1)).unwrap();
        let (name, bytes) = (format!("{word}.txt"), format!("bytes {word}"));
        let file = FileFacts { name, mime: "text/plain".to_owned(), size: bytes.len() as u64, sha256: None };
        issues.attach(key, &file, &mut bytes.as_bytes(), &marker(3, 1)).unwrap();
        let own = issues.read(key, Parts::ALL).unwrap().unwrap();
        let catalogue = issues.catalogue().unwrap();
        let kind = catalogue.types.iter().find(|kind| kind.name == own.kind).unwrap();
        let step =
            kind.transitions.iter().find(|step| step.from == own.status && step.to != own.status).unwrap();
        issues.transition(key, step).unwrap();
        step.to.clone()
    }

    fn files(&self, issue: &IssueState) -> Vec<(String, String)> {
        let mut issues = self.issues();
        let mut all: Vec<_> = issue
            .attachments
            .iter()
            .map(|own| {
                let mut bytes = Vec::new();
                issues.fetch(&issue.key, &own.handle, &mut bytes).unwrap();
                (own.name.clone(), String::from_utf8(bytes).unwrap())
            })
            .collect();
        all.sort();
        all
    }
}

/// The commands from nothing to two halves that run: A of the master's place, B of the slave's.
fn started(env: &Env, master: (&str, &str), slave: (&str, &str)) {
    let ((a, a_user), (b, b_user)) = (master, slave);
    for line in [
        format!(
            "sync init --master -i {a} --project DEMO --user {a_user} --types Task --name Trial --home A -o trial.handshake"
        ),
        format!(
            "sync init --slave -i {b} --project DEMO --user {b_user} --handshake trial.handshake --home B"
        ),
        "sync link --home A --partner B".to_owned(),
        "sync run --settle --home A --home B".to_owned(),
        "sync publish -m first --start --home A".to_owned(),
        "sync adopt --propose --start --home B".to_owned(),
        "sync run --settle --home A --home B".to_owned(),
    ] {
        fine(env, &line);
    }
    assert!(fine(env, "sync status --home A").starts_with("trial (master): RUNNING\n"));
    assert!(fine(env, "sync status --home B").starts_with("trial (slave): RUNNING\n"));
}

fn settled(env: &Env) {
    fine(env, "sync run --settle --home A --home B");
    for home in ["A", "B"] {
        let quiet = fine(env, &format!("sync run --once --home {home}"));
        assert!(quiet.contains(" 0 told, 0 sent"), "nothing echoes: {quiet}");
    }
}

/// A Data Center and a Cloud, which pcfg alone reaches: nothing is installed at either.
#[test]
fn two_live_jiras_are_kept_in_step_by_one_machine() {
    let mut env = Env::new();
    let (house, cloud) = (Jira::new(Edition::DataCenter), Jira::new(Edition::Cloud));
    let entries = format!("{}{}", house.entry(&mut env), cloud.entry(&mut env));
    env.write("pcfg.toml", entries);
    started(&env, ("house", "alan"), ("cloud", "alan@example.com"));
    let said = fine(&env, "sync check --home A");
    assert!(said.contains("no issue of type \"Task\" is in "), "Data Center tells nobody: {said}");

    // There and back: a comment, a file, a step.
    let key = house.make("It breaks");
    let status = house.work_on(&key, "here");
    settled(&env);
    let copy = cloud.found("It breaks");
    assert_eq!((bodies(&copy), &copy.status), (vec!["comment here".to_owned()], &status));
    assert_eq!(cloud.files(&copy), [("here.txt".to_owned(), "bytes here".to_owned())]);
    assert_eq!(copy.comments[0].author.as_deref(), Some(cloud.sync.caller().unwrap().as_str()));
    let status = cloud.work_on(&copy.key, "there");
    settled(&env);
    let own = house.found("It breaks");
    assert_eq!(
        (bodies(&own), &own.status),
        (vec!["comment here".to_owned(), "comment there".to_owned()], &status)
    );
    assert_eq!((house.files(&own).len(), cloud.files(&cloud.found("It breaks")).len()), (2, 2));

    // The answer to everything that is made is lost once: the next runs find what is there.
    let key = house.make("Lost on the way");
    house.work_on(&key, "lost");
    let lost = ["", "/{key}/comment", "/{key}/attachments", "/{key}/transitions"];
    let lost = lost.iter().map(|path| Fault::answer_lost("POST", &format!("/rest/api/2/issue{path}")));
    cloud.sync.set_faults(lost.collect());
    for _ in 0..8 {
        env.run(&["sync", "run", "--settle", "--home", "A", "--home", "B"]);
        env.run(&["sync", "retry", "--home", "B"]);
    }
    settled(&env);
    let copy = cloud.found("Lost on the way");
    assert_eq!((bodies(&copy).len(), cloud.files(&copy).len()), (1, 1));
    assert_eq!(copy.status, house.found("Lost on the way").status);

    // No secret is where it does not belong, and neither Jira has seen that of the other.
    for (file, bytes) in crate::sync::tree(&env.path("")) {
        let text = String::from_utf8_lossy(&bytes);
        assert!(!text.contains("secret-of-alan"), "{}", file.display());
    }
}

/// The other half is an embedded instance.
#[test]
fn an_embedded_instance_and_a_cloud_are_kept_in_step() {
    let mut env = Env::new();
    let cloud = Jira::new(Edition::Cloud);
    let entry = cloud.entry(&mut env);
    env.write("pcfg.toml", entry);
    fine(&env, "instance init a.sqlite");
    fine(&env, "issue edit DEMO-6 description=Known. -i a.sqlite --as ada");
    started(&env, ("a.sqlite", "alan"), ("cloud", "alan@example.com"));
    let mut a = crate::sync::issues(&env, "a.sqlite", "ada");
    let key = cloud.make("It breaks");
    let status = cloud.work_on(&key, "there");
    settled(&env);
    let copy = crate::sync::found(&mut a, "It breaks");
    assert_eq!((bodies(&copy), &copy.status), (vec!["comment there".to_owned()], &status));
    let status = crate::sync::work_on(&mut a, &copy.key, "here");
    settled(&env);
    let own = cloud.found("It breaks");
    assert_eq!(
        (bodies(&own), &own.status),
        (vec!["comment there".to_owned(), "comment here".to_owned()], &status)
    );
    assert_eq!(cloud.files(&own).len(), 2);
}

/// Who signs in is who changes things, and a token goes where it is meant to go.
#[test]
fn a_live_place_says_what_it_needs() {
    let mut env = Env::new();
    let cloud = Jira::new(Edition::Cloud);
    let url = cloud.sync.url();
    let init =
        format!("sync init --master -i {url} --project DEMO --user grace --types Task --name Trial --home A");
    let words: Vec<&str> = init.split(' ').collect();
    let said = env.run(&words);
    assert!(said.contains("there is no token for") && said.ends_with("--- exit 3\n"), "{said}");
    let (user, token) = cloud.sync.credentials().unwrap();
    env.set("PCFG_USER", &user);
    env.set("PCFG_TOKEN", &token);
    let said = env.run(&words);
    assert!(said.contains("`grace` is not the account that signs in, which is `"), "{said}");
    assert!(said.contains("name it with `--user`") && said.ends_with("--- exit 4\n"), "{said}");
    let init = init.replace("--user grace", "--user alan@example.com");
    fine(&env, &init);
    let settings = env.read("A/trial/sync.toml");
    let account = cloud.sync.caller().unwrap();
    assert!(settings.contains(&format!("user = \"{account}\"")), "{settings}");
    assert!(settings.contains(&format!("instance = \"{url}\"")), "{settings}");
    // The token of the environment is for the Jira that `-i` names; a half may be about another one.
    let said = env.run(&["sync", "check", "--home", "A"]);
    assert!(said.contains(&format!("set PCFG_INSTANCE to {url}")), "{said}");
    env.set("PCFG_INSTANCE", &url);
    let said = fine(&env, "sync check --home A");
    assert!(!said.contains("the ways out of there are not known"), "Cloud tells administrators: {said}");
    // What the account may not do is named, with what to do about it.
    let path = cloud._folder.path().join("jira.sqlite");
    let connection = rusqlite::Connection::open(path).unwrap();
    let sql = "DELETE FROM schemepermissions WHERE permission_key = 'CREATE_ATTACHMENTS'";
    assert!(connection.execute(sql, ()).unwrap() > 0);
    let said = env.run(&["sync", "check", "--home", "A"]);
    assert!(said.contains("may not do what the settings need: Create Attachments"), "{said}");
    assert!(said.ends_with("--- exit 1\n"), "{said}");
}
