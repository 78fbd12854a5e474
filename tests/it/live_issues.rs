//! Single issues of a live Jira, as a synchronization sees and changes them: the contract of `pcfg_sync::Issues`, by requests that are as
//! Atlassian describes them, and what becomes of an answer that is lost.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jira_for_tests::{Descriptions, Edition, Fault, Options as Served, Outcome, Rights, Server, serve};
use pcfg::data::Zone;
use pcfg::instance::{Embedded, EmbeddedIssues, LiveIssues, Opening, Remote, Who};
use pcfg::rest::{Manner, SignIn, Site};
use pcfg::secret::Secret;
use pcfg_sync::contract::{self, made, marker};
use pcfg_sync::{
    CommentChange, Cursor, Field, IssueFault, IssueKey, Issues, Made, NewIssue, Parts, Restriction, Time,
    Value, WorklogChange,
};
use tempfile::TempDir;

use crate::live_writing::Quick;
use crate::thorough;

/// 2026-03-01 12:00 UTC.
const NOON: i64 = 1_772_366_400_000;

/// The sample, in which an issue of each type stands where issues begin.
pub(crate) fn demo() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("demo.sqlite");
    Embedded::create(&path, &Who::default(), Duration::ZERO).unwrap();
    let mut issues = embedded(&path, "ada");
    for ty in issues.catalogue().unwrap().types.into_iter().filter(|own| !own.subtask) {
        let summary = (Field::System("summary".to_owned()), Value::Text("The first".to_owned()));
        let needed = ty.fields.iter().filter(|own| own.required && own.field != summary.0);
        let needed = needed.filter_map(|own| Some((own.field.clone(), contract::sample(own, "ada", 0)?)));
        let fields = std::iter::once(summary.clone()).chain(needed).collect();
        issues.create_plainly(&NewIssue { kind: ty.name, parent: None, fields }).unwrap();
    }
    (folder, path)
}

fn embedded(path: &Path, user: &str) -> EmbeddedIssues {
    let opening = Opening {
        project: "DEMO".to_owned(),
        user: user.to_owned(),
        who: Who::default(),
        wait: Duration::from_secs(5),
        zone: Zone::named("UTC").unwrap(),
        clock: Box::new(|| Time(NOON)),
    };
    Embedded::open(path).unwrap().into_issues(opening).unwrap()
}

fn of(edition: Edition) -> Served {
    match edition {
        Edition::Cloud => Served::cloud(),
        Edition::DataCenter => Served::data_center(),
    }
}

/// Returns how to sign in at a server.
fn remote(server: &Server) -> Remote {
    let (user, token) = server.credentials().unwrap();
    let mut remote = Remote::new(Site::parse(&server.url()).unwrap());
    remote.sign_in = Some(SignIn::new(Some(&user), &Secret::new(token)));
    remote
}

/// Opens the issues of a server as the account that signs in.
fn opened(server: &Server, project: &str, user: &str) -> Result<LiveIssues, IssueFault> {
    let manner = Manner { clock: Arc::new(Quick::default()), ..Manner::default() };
    LiveIssues::new(remote(server).open(&manner).unwrap(), project, user)
}

/// Returns the issues that somebody sees who signs in at a server.
pub(crate) fn signed_in(server: &Server) -> LiveIssues {
    issues(server)
}

fn issues(server: &Server) -> LiveIssues {
    opened(server, "DEMO", &server.caller().unwrap()).unwrap()
}

/// One instance, served to two of its users.
struct Live {
    _folder: TempDir,
    mine: LiveIssues,
    others: LiveIssues,
    servers: [Server; 2],
    descriptions: Option<Arc<Descriptions>>,
}

impl Live {
    fn new(options: &Served, descriptions: Option<Arc<Descriptions>>) -> Self {
        let (folder, path) = demo();
        let serve_to =
            |user: &str| serve(&path, Served { user: Some(user.to_owned()), ..options.clone() }).unwrap();
        let servers = [serve_to("ada"), serve_to("grace")];
        let (mine, others) = (issues(&servers[0]), issues(&servers[1]));
        Self { _folder: folder, mine, others, servers, descriptions }
    }
}

impl contract::Place for Live {
    fn mine(&mut self) -> &mut dyn Issues {
        &mut self.mine
    }

    fn others(&mut self) -> &mut dyn Issues {
        &mut self.others
    }
}

/// What requests have that the descriptions do not, with another source.
const TAKEN: [(&str, &str); 1] =
    [("/application-properties ?permissionLevel", "it is described as needed, and Jira answers without it")];

impl Drop for Live {
    /// Looks whether each request was as Atlassian describes it.
    fn drop(&mut self) {
        let Some(descriptions) = &self.descriptions else { return };
        let seen = self.servers.iter().flat_map(|own| own.requests());
        let wrong: BTreeSet<String> = seen.flat_map(|own| descriptions.check(&own)).collect();
        let wrong: Vec<&String> =
            wrong.iter().filter(|own| !TAKEN.iter().any(|(part, _)| own.contains(part))).collect();
        assert!(std::thread::panicking() || wrong.is_empty(), "{wrong:#?}");
    }
}

fn descriptions(edition: Edition) -> Option<Arc<Descriptions>> {
    let folder = crate::real_data::folder("openapi")?;
    Some(Arc::new(Descriptions::read(&folder, edition).unwrap()))
}

#[test]
fn a_live_jira_cloud_keeps_the_contract() {
    let descriptions = descriptions(Edition::Cloud);
    let nth = thorough::every(2);
    contract::every(&mut || Box::new(Live::new(&Served::cloud(), descriptions.clone())), 0, nth);
}

#[test]
fn a_live_data_center_keeps_the_contract() {
    let descriptions = descriptions(Edition::DataCenter);
    // The laws that Jira Cloud is not asked for in each run, and all on request.
    let nth = thorough::every(2);
    contract::every(&mut || Box::new(Live::new(&Served::data_center(), descriptions.clone())), nth - 1, nth);
}

/// Lists come in pages of two, and comments do not tell their properties by themselves.
#[test]
fn small_pages_and_short_answers_change_nothing() {
    for edition in [Edition::Cloud, Edition::DataCenter] {
        let options = Served { most_per_page: Some(2), tells_properties: false, ..of(edition) };
        let mut live = Live::new(&options, None);
        let key = made(&mut live.mine, 1);
        for n in 0..5 {
            let change = CommentChange::Add { body: format!("Comment {n}"), restriction: None };
            live.mine.comment(&key, &change, &marker(2, n + 1)).unwrap();
        }
        let internal = Some(Restriction::Internal);
        let change = CommentChange::Add { body: "Between us".to_owned(), restriction: internal.clone() };
        live.mine.comment(&key, &change, &marker(3, 1)).unwrap();
        let read = live.mine.read(&key, Parts::ALL).unwrap().unwrap();
        let marks: Vec<_> = read.comments.iter().map(|own| own.marker.clone().unwrap().n).collect();
        assert_eq!(marks, [1, 2, 3, 4, 5, 1]);
        assert_eq!(read.comments[5].restriction, internal);
        assert_eq!(read.comments[0].restriction, None);
        let (all, _) = live.mine.changed(&Cursor::default()).unwrap();
        assert!(all.len() > 8 && all.contains(&key), "{all:?}");
    }
}

/// Each kind of thing is made once, whatever becomes of the answer.
#[test]
fn what_was_made_is_found_when_its_answer_was_lost() {
    for edition in [Edition::Cloud, Edition::DataCenter] {
        let mut live = Live::new(&of(edition), None);
        let key = made(&mut live.mine, 1);
        let lost =
            |method: &str, path: &str| live.servers[0].set_faults(vec![Fault::answer_lost(method, path)]);
        let unknown = |fault: IssueFault| assert!(matches!(fault, IssueFault::Unavailable { .. }), "{fault}");

        lost("POST", "/rest/api/2/issue");
        let catalogue = live.mine.catalogue().unwrap();
        let ty = contract::plain_type(&catalogue);
        let summary = (Field::System("summary".to_owned()), Value::Text("Lost".to_owned()));
        let needed = ty.fields.iter().filter(|own| own.required && own.field != summary.0);
        let sample = |own| contract::sample(own, &catalogue.user.name, 0);
        let needed = needed.filter_map(|own| Some((own.field.clone(), sample(own)?)));
        let fields = std::iter::once(summary.clone()).chain(needed).collect();
        let new = NewIssue { kind: ty.name.clone(), parent: None, fields };
        unknown(live.mine.create(&new, &marker(2, 0)).unwrap_err());
        // The next process knows nothing of it, and neither does the index.
        let mut next = issues(&live.servers[0]);
        let old = Outcome::Body {
            status: 200,
            content_type: "application/json".to_owned(),
            bytes: format!(
                r#"{{"startAt":0,"maxResults":50,"total":1,"issues":[{{"id":"1","key":"{key}","fields":{{}}}}],"isLast":true}}"#
            )
            .into_bytes(),
        };
        let search = if edition == Edition::Cloud { "/rest/api/3/search/jql" } else { "/rest/api/2/search" };
        for is_late in [true, false] {
            let late = || Fault::always(search, old.clone());
            live.servers[0].set_faults(if is_late { vec![late()] } else { Vec::new() });
            let found = next.find(&marker(2, 0)).unwrap();
            assert!(matches!(found, Some(Made::Issue(ref own)) if *own != key), "{is_late}: {found:?}");
            assert_eq!(next.find(&marker(3, 0)).unwrap(), None);
            next = issues(&live.servers[0]);
        }

        lost("POST", "/rest/api/2/issue/{key}/comment");
        let say = CommentChange::Add { body: "Lost".to_owned(), restriction: None };
        unknown(live.mine.comment(&key, &say, &marker(4, 1)).unwrap_err());
        lost("POST", "/rest/api/2/issue/{key}/worklog");
        let log = |comment: &str| WorklogChange::Add {
            started: Time(NOON),
            seconds: 60,
            comment: comment.to_owned(),
            restriction: None,
        };
        unknown(live.mine.worklog(&key, &log("Lost"), &marker(4, 2)).unwrap_err());
        lost("POST", "/rest/api/2/issue/{key}/attachments");
        let file = |name: &str| pcfg_sync::FileFacts {
            name: name.to_owned(),
            mime: "text/plain".to_owned(),
            size: 4,
            sha256: None,
        };
        unknown(live.mine.attach(&key, &file("a.txt"), &mut &b"lost"[..], &marker(4, 3)).unwrap_err());
        live.servers[0].set_faults(Vec::new());
        let read = next.read(&key, Parts::ALL).unwrap().unwrap();
        assert_eq!(read.comments[0].marker, Some(marker(4, 1)));
        assert_eq!(read.worklogs[0].marker, Some(marker(4, 2)));
        assert_eq!(read.attachments[0].marker, Some(marker(4, 3)));

        // What looks the same is told apart by what was there before; what never came about is not taken for something else.
        next.worklog(&key, &log("Again"), &marker(5, 2)).unwrap();
        next.attach(&key, &file("a.txt"), &mut &b"more"[..], &marker(5, 3)).unwrap();
        live.servers[0].set_faults(vec![Fault {
            method: "POST".to_owned(),
            ..Fault::times("/rest/api/2/issue/{key}/attachments", 1, Outcome::NoReply)
        }]);
        unknown(next.attach(&key, &file("a.txt"), &mut &b"gone"[..], &marker(6, 3)).unwrap_err());
        live.others.attach(&key, &file("a.txt"), &mut &b"hers"[..], &marker(7, 3)).unwrap();
        let read = next.read(&key, Parts::ALL).unwrap().unwrap();
        let marks: Vec<_> = read.worklogs.iter().map(|own| own.marker.clone()).collect();
        assert_eq!(marks, [Some(marker(4, 2)), Some(marker(5, 2))]);
        let marks: Vec<_> = read.attachments.iter().map(|own| own.marker.clone()).collect();
        assert_eq!(marks, [Some(marker(4, 3)), Some(marker(5, 3)), Some(marker(7, 3))]);
        let handle = next.attach(&key, &file("b.txt"), &mut &b"next"[..], &marker(8, 3)).unwrap().handle;
        assert_eq!(next.find(&marker(8, 3)).unwrap(), Some(Made::Attachment(key.clone(), handle)));
        assert_eq!(next.find(&marker(6, 3)).unwrap(), None);
    }
}

/// A Jira that is busy is asked again, and one that fails is no Jira in which nothing is.
#[test]
fn a_failure_is_never_taken_for_an_answer() {
    let mut live = Live::new(&Served::cloud(), None);
    let key = made(&mut live.mine, 1);
    let limited = Outcome::Limited { retry_after: Some(3) };
    live.servers[0].set_faults(vec![Fault::times("**", 2, limited)]);
    assert!(live.mine.read(&key, Parts::ALL).unwrap().is_some(), "429 is waited for");
    for outcome in [Outcome::Status(500), Outcome::Html(200), Outcome::Cut, Outcome::EmptyObject] {
        live.servers[0].set_faults(vec![Fault::always("**", outcome.clone())]);
        let unknown = |fault: IssueFault| assert!(matches!(fault, IssueFault::Unavailable { .. }), "{fault}");
        let mut next = live.servers.first().map(|_| &mut live.mine).unwrap();
        unknown(next.read(&key, Parts::ALL).unwrap_err());
        unknown(next.changed(&Cursor::default()).unwrap_err());
        unknown(next.find(&marker(9, 0)).unwrap_err());
        next = &mut live.mine;
        unknown(next.users(&["ada".to_owned()]).unwrap_err());
    }
    live.servers[0].set_faults(vec![Fault::always("/rest/api/2/issue/{key}", Outcome::Status(403))]);
    let fault = live.mine.read(&key, Parts::ALL).unwrap_err();
    assert!(matches!(fault, IssueFault::Forbidden { .. }), "{fault}");
}

/// One request of many that fails makes no smaller catalogue.
#[test]
fn a_catalogue_is_whole_or_an_error() {
    let (_folder, path) = demo();
    let options = |rights| Served { user: Some("ada".to_owned()), rights, ..Served::cloud() };
    let tells_workflows = serve(&path, options(Rights::Administrator)).unwrap();
    let tells_none = serve(&path, options(Rights::Member)).unwrap();
    for (server, path) in [
        (&tells_workflows, "/rest/api/3/mypermissions"),
        (&tells_workflows, "/rest/api/3/field"),
        (&tells_workflows, "/rest/api/3/resolution"),
        (&tells_workflows, "/rest/api/3/issue/createmeta/{project}/issuetypes"),
        (&tells_workflows, "/rest/api/3/issue/createmeta/{project}/issuetypes/{type}"),
        (&tells_workflows, "/rest/api/3/project/{project}"),
        (&tells_workflows, "/rest/api/3/project/{project}/statuses"),
        (&tells_workflows, "/rest/api/3/workflows"),
        (&tells_workflows, "/rest/api/3/search/jql"),
        (&tells_workflows, "/rest/api/2/issue/{key}"),
        (&tells_workflows, "/rest/api/3/issueLinkType"),
        (&tells_none, "/rest/api/2/issue/{key}/transitions"),
    ] {
        let mut issues = issues(server);
        server.set_faults(vec![Fault::always(path, Outcome::Status(502))]);
        let fault = issues.catalogue().unwrap_err();
        assert!(matches!(fault, IssueFault::Unavailable { .. }), "{path}: {fault}");
        server.set_faults(Vec::new());
        issues.catalogue().unwrap();
    }
}

#[test]
fn only_the_account_that_signs_in_can_be_meant() {
    let (_folder, path) = demo();
    for edition in [Edition::Cloud, Edition::DataCenter] {
        let server = serve(&path, Served { user: Some("ada".to_owned()), ..of(edition) }).unwrap();
        let fault = opened(&server, "DEMO", "grace").unwrap_err();
        let name = server.caller().unwrap();
        let said = format!("`grace` is not the account that signs in, which is `{name}` (Ada Lovelace)");
        assert_eq!(fault.to_string(), said);
        opened(&server, "DEMO", "ADA@example.com").unwrap();
        let fault = opened(&server, "NOPE", &name).unwrap().catalogue().unwrap_err();
        assert!(matches!(fault, IssueFault::Missing { .. }), "{fault}");
    }
}

/// What the account may not do is named, and what it does not see is not there.
#[test]
fn rights_that_are_missing_are_named() {
    let (_folder, path) = demo();
    let connection = rusqlite::Connection::open(&path).unwrap();
    let sql = "DELETE FROM schemepermissions WHERE permission_key = 'LINK_ISSUES'";
    assert!(connection.execute(sql, ()).unwrap() > 0);
    drop(connection);
    for edition in [Edition::Cloud, Edition::DataCenter] {
        let options = Served { user: Some("ada".to_owned()), rights: Rights::Member, ..of(edition) };
        let server = serve(&path, options).unwrap();
        let catalogue = issues(&server).catalogue().unwrap();
        assert_eq!(catalogue.missing, BTreeSet::from([pcfg_sync::Right::LinkIssues]));
        // Who is no administrator learns the ways of a workflow from issues, and knows where there is none.
        let ty = catalogue.types.iter().find(|own| own.name == "Task").unwrap();
        assert!(ty.transitions.iter().any(|way| way.from == ty.initial), "{ty:?}");
        assert!(!ty.unlearned.is_empty() && !ty.unlearned.contains(&ty.initial), "{ty:?}");
        let of_administrator = serve(&path, Served { user: Some("ada".to_owned()), ..of(edition) }).unwrap();
        let told = issues(&of_administrator).catalogue().unwrap();
        let is_whole = told.types.iter().all(|own| own.unlearned.is_empty());
        assert_eq!(is_whole, edition == Edition::Cloud, "Data Center tells nobody");
        for way in &ty.transitions {
            let of_type = told.types.iter().find(|own| own.name == "Task").unwrap();
            assert!(of_type.transitions.contains(way), "{way:?}");
        }
        let key = IssueKey("DEMO-1".to_owned());
        assert!(issues(&server).read(&key, Parts::ALL).unwrap().is_some());
    }
}

/// What is for some people stays for them, whatever is changed of it.
#[test]
fn a_restriction_stays_with_every_change() {
    for edition in [Edition::Cloud, Edition::DataCenter] {
        let mut live = Live::new(&of(edition), None);
        let key = made(&mut live.mine, 1);
        let group = Some(Restriction::Group("developers".to_owned()));
        let add = CommentChange::Add { body: "For some".to_owned(), restriction: group.clone() };
        let handle = live.mine.comment(&key, &add, &marker(2, 1)).unwrap();
        let edit = CommentChange::Edit { handle, body: "Still for some".to_owned() };
        live.mine.comment(&key, &edit, &marker(3, 1)).unwrap();
        let log = |started| WorklogChange::Add {
            started: Time(started),
            seconds: 60,
            comment: String::new(),
            restriction: group.clone(),
        };
        let handle = live.mine.worklog(&key, &log(NOON), &marker(4, 1)).unwrap();
        let edit =
            WorklogChange::Edit { handle, started: Time(NOON), seconds: 120, comment: "More".to_owned() };
        live.mine.worklog(&key, &edit, &marker(5, 1)).unwrap();
        let read = live.mine.read(&key, Parts::ALL).unwrap().unwrap();
        assert_eq!((&read.comments[0].restriction, &read.worklogs[0].restriction), (&group, &group));
        assert_eq!(read.comments[0].body, "Still for some");
    }
}
