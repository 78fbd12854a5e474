//! The laws of a live Jira that concern reading, each by its number, and where each is proved.

use std::collections::BTreeSet;
use std::fs;
use std::sync::Arc;

use jira_for_tests::{Fault, Options, Outcome, Rights, Server, serve};
use pcfg::instance::{Instance, Live, Reading, Scope};
use pcfg::model::{Config, Snapshot};
use pcfg::rest::{Client, Edition, Exchange, Failure, Reply, Request};
use pcfg::xml;
use serde_json::{Value, json};

use crate::env::Env;
use crate::live::{Http, differences, loaded_sample, read, sample, told, without_unseen};

/// What proves each law: files of tests, with names in them.
const PROOFS: &[(u8, &str, &str)] = &[
    (1, "tests/it/live.rs", "nothing_is_planned_because_an_answer_failed"),
    (1, "tests/it/live.rs", "nothing_is_planned_because_a_field_scheme_was_not_told"),
    (1, "tests/it/live_laws.rs", "law_1_what_failed_is_unknown_to_commands_too"),
    (2, "src/rest/list_tests.rs", "there_are_as_many_requests_as_pages"),
    (2, "src/rest/list_tests.rs", "a_list_that_changes_while_it_is_read_loses_nothing"),
    (2, "src/rest/list_tests.rs", "a_list_that_does_not_end_is_given_up"),
    (3, "tests/it/live_check.rs", "what_is_no_jira_is_one_clear_error"),
    (3, "tests/it/live_check.rs", "a_token_goes_to_no_other_instance"),
    (3, "tests/it/live_laws.rs", "law_3_links_in_replies_are_not_followed"),
    (4, "tests/it/live_laws.rs", "law_4_what_reads_sends_nothing_that_writes"),
    (4, "src/rest/request.rs", "only_some_posts_read"),
    (9, "src/rest/gate_tests.rs", "a_wait_is_never_shorter_than_the_server_wants"),
    (9, "src/rest/gate_tests.rs", "patience_has_an_end"),
    (9, "src/rest/gate_tests.rs", "everything_that_waits_is_told"),
    (11, "tests/it/live_laws.rs", "law_11_what_is_of_one_project_is_never_taken_for_what_is_of_all"),
    (12, "tests/it/live_laws.rs", "law_12_no_id_goes_from_one_jira_to_another"),
    (15, "tests/it/live_laws.rs", "law_15_what_nobody_knows_does_no_harm"),
    (15, "tests/it/live_laws.rs", "law_15_values_that_nobody_knows_are_shown_as_they_are"),
    (16, "tests/it/live.rs", "what_is_read_live_is_what_is_read_directly"),
    (16, "tests/it/live.rs", "what_is_read_live_of_real_data_is_what_is_read_directly"),
    (17, "tests/it/live_laws.rs", "law_17_who_asks_and_how_changes_nothing"),
    (17, "tests/it/live_laws.rs", "law_17_no_name_is_exported_in_another_language"),
    (18, "tests/it/live_laws.rs", "law_18_less_rights_show_less_and_never_something_else"),
    (19, "tests/it/live_laws.rs", "law_19_what_is_not_promised_may_be_missing"),
    (20, "tests/it/live_laws.rs", "law_20_an_export_says_how_it_was_read"),
];

#[test]
fn each_law_about_reading_has_its_proofs() {
    let laws: BTreeSet<u8> = PROOFS.iter().map(|(law, ..)| *law).collect();
    assert_eq!(laws, BTreeSet::from([1, 2, 3, 4, 9, 11, 12, 15, 16, 17, 18, 19, 20]));
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    for (law, file, test) in PROOFS {
        let text = fs::read_to_string(folder.join(file)).unwrap();
        assert!(text.contains(&format!("fn {test}(")), "law {law}: there is no {test} in {file}");
    }
}

/// A command line in a folder with a served sample, whose caller is signed in.
fn served(options: Options) -> (Env, Server) {
    let mut env = Env::new();
    let made = env.run(&["instance", "init", "jira.sqlite", "-q"]);
    assert!(made.ends_with("--- exit 0\n"), "{made}");
    let server = serve(&env.path("jira.sqlite"), options).unwrap();
    sign_in(&mut env, &server);
    (env, server)
}

fn sign_in(env: &mut Env, server: &Server) {
    let (user, token) = server.credentials().unwrap();
    env.set("PCFG_USER", &user);
    env.set("PCFG_TOKEN", &token);
    env.set("PCFG_INSTANCE", &server.url());
}

/// What was read, as files say it.
fn shown(snapshot: &Snapshot) -> Vec<String> {
    let text = |element: &pcfg::model::Element| xml::to_string(&Config::new(element.clone()));
    snapshot.objects.iter().map(|(own, object)| format!("{own}\n{}", text(&object.element))).collect()
}

fn assert_same(one: &Snapshot, other: &Snapshot, what: &str) {
    let (one_shown, other_shown) = (shown(one), shown(other));
    let differing = one_shown.iter().zip(&other_shown).find(|(one, other)| one != other);
    assert!(differing.is_none() && one_shown.len() == other_shown.len(), "{what}: {differing:#?}");
    assert_eq!(one.unseen, other.unseen, "{what}");
}

/// Answers as a server does, and changes what it says.
struct Changed<F> {
    http: Http,
    change: F,
}

impl<F: Fn(&Request, &mut Value) + Send + Sync> Exchange for Changed<F> {
    fn exchange(&self, request: &Request) -> Result<Reply, Failure> {
        let Reply { status, body, location } = self.http.exchange(request)?;
        let mut value = serde_json::from_slice(&body).unwrap_or(Value::Null);
        (self.change)(request, &mut value);
        Ok(Reply { status, body: value.to_string().into_bytes(), location })
    }
}

/// Reads what a server says, changed.
fn read_changed(
    server: &Server,
    edition: Edition,
    change: impl Fn(&Request, &mut Value) + Send + Sync + 'static,
) -> Reading {
    let client = Client::new(Arc::new(Changed { http: Http::new(server), change }));
    let said = client.ask(&Request::get(format!("{}/serverInfo", edition.api()))).unwrap();
    let rights = pcfg::instance::Rights { administers: true };
    Live::new(client, said, rights).read(Scope::default(), &|_, _| {}).unwrap()
}

/// Does something to each object in a value.
fn each_object(value: &mut Value, change: &mut dyn FnMut(&str, &mut serde_json::Map<String, Value>)) {
    fn walk(
        name: &str,
        value: &mut Value,
        change: &mut dyn FnMut(&str, &mut serde_json::Map<String, Value>),
    ) {
        match value {
            Value::Array(values) => values.iter_mut().for_each(|value| walk(name, value, change)),
            Value::Object(members) => {
                members.iter_mut().for_each(|(name, value)| walk(name, value, change));
                change(name, members);
            }
            _ => {}
        }
    }
    walk("", value, change);
}

fn both() -> [(Edition, Options); 2] {
    [(Edition::Cloud, Options::cloud()), (Edition::DataCenter, Options::data_center())]
}

/// A failed read is unknown, never empty: not to plans, and not to what compares.
#[test]
fn law_1_what_failed_is_unknown_to_commands_too() {
    let (env, server) = served(Options::cloud());
    let said = env.run(&["export", "DEMO", "-q", "-o", "DEMO.xml"]);
    assert!(said.ends_with("--- exit 0\n"), "{said}");
    let root = "/rest/api/3";
    for (path, outcome, is_passing) in [
        (format!("{root}/permissionscheme"), Outcome::Status(403), false),
        (format!("{root}/screens"), Outcome::Status(404), false),
        (format!("{root}/workflows/search"), Outcome::EmptyObject, true),
        (format!("{root}/field/search"), Outcome::Html(200), true),
        ("/rest/agile/1.0/board".to_owned(), Outcome::EmptyObject, true),
    ] {
        let what = format!("{outcome:?} {path}");
        server.set_faults(vec![Fault::always(&path, outcome)]);
        let said = env.run(&["import", "DEMO.xml", "--simulate", "--exit-code"]);
        // What an import has to know and cannot is refused; nothing else is to be done.
        let planned = |sign: &str| said.lines().any(|line| line.trim_start().starts_with(sign));
        assert!(!["+ ", "~ ", "- "].into_iter().any(planned), "{what}: {said}");
        assert!(!said.ends_with("--- exit 1\n") && said.contains("does not show"), "{what}: {said}");
        let said = env.run(&["drift", "DEMO.xml"]);
        let code = if is_passing { "--- exit 8\n" } else { "--- exit 0\n" };
        assert!(said.ends_with(code), "{what}: {said}");
    }
}

/// Since 2026 links in replies name another host.
#[test]
fn law_3_links_in_replies_are_not_followed() {
    let canary = crate::listener::Listener::start(|_| crate::listener::json(200, "{}"));
    let (_folder, path) = sample();
    for (edition, options) in both() {
        let server = serve(&path, Options { most_per_page: Some(7), ..options }).unwrap();
        let (base, other) = (server.url(), canary.url());
        let elsewhere = read_changed(&server, edition, move |_, value| {
            each_object(value, &mut |_, members| {
                for link in ["self", "nextPage", "_links", "restUrl"] {
                    if let Some(value) = members.get_mut(link) {
                        *value = json!(value.to_string().replace(&base, &other));
                    }
                }
            });
        });
        assert_same(&read(&server, edition).snapshot, &elsewhere.snapshot, edition.name());
    }
    assert_eq!(canary.asked().len(), 0);
}

/// What reads although its method is POST (the guide of the interface, law 4).
const READING_POSTS: [&str; 4] = ["/workflows", "/workflowscheme/read", "/jql/parse", "/permissions/check"];

#[test]
fn law_4_what_reads_sends_nothing_that_writes() {
    for (_, options) in both() {
        let (env, server) = served(options);
        let url = server.url();
        let live = format!("DEMO@{url}");
        for command in [
            vec!["export", "DEMO", "-o", "DEMO.xml"],
            vec!["instance", "check"],
            vec!["instance", "show"],
            vec!["diff", &live, "DEMO.xml"],
            vec!["drift", "DEMO.xml"],
            vec!["import", "DEMO.xml", "--simulate"],
            vec!["explain", "screen:Default Screen"],
            vec!["graph", &live],
        ] {
            server.forget();
            let said = env.run(&command);
            assert!(said.ends_with("--- exit 0\n"), "{command:?}: {said}");
            let asked = server.requests();
            assert!(!asked.is_empty(), "{command:?}");
            for seen in asked {
                let reads = seen.method == "GET"
                    || (seen.method == "POST" && READING_POSTS.iter().any(|own| seen.path.ends_with(own)));
                assert!(reads, "{command:?}: {} {}", seen.method, seen.path);
            }
        }
        // What would write says so, and sends nothing.
        server.forget();
        let said = env.run(&["import", "DEMO.xml", "--yes"]);
        assert!(said.ends_with("--- exit 3\n") && server.requests().is_empty(), "{said}");
    }
}

#[test]
fn law_11_what_is_of_one_project_is_never_taken_for_what_is_of_all() {
    let (_folder, path) = sample();
    let plain = read(&serve(&path, Options::cloud()).unwrap(), Edition::Cloud);
    let server = serve(&path, Options { team_managed: true, ..Options::cloud() }).unwrap();
    let mut beside = read(&server, Edition::Cloud);
    let kind = pcfg::schema::Schema::get().kind_named("project").unwrap();
    let known: BTreeSet<_> = plain.snapshot.objects.keys().cloned().collect();
    let new: Vec<_> = beside.snapshot.objects.keys().filter(|own| !known.contains(*own)).cloned().collect();
    assert_eq!(new.len(), 1, "{new:?}");
    assert_eq!(new[0].kind, kind);
    assert!(beside.snapshot.unseen.iter().any(|gap| gap.object.as_ref() == Some(&new[0])));
    beside.snapshot.objects.shift_remove(&new[0]);
    assert_eq!(shown(&beside.snapshot), shown(&plain.snapshot));
    // Two of one name are two, and both are told.
    let connection = rusqlite::Connection::open(&path).unwrap();
    let twin = "INSERT INTO customfield (id, cfname, customfieldtypekey) \
        SELECT 19999, cfname, customfieldtypekey FROM customfield WHERE cfname = 'Severity'";
    connection.execute(twin, ()).unwrap();
    let twice = read(&serve(&path, Options::cloud()).unwrap(), Edition::Cloud);
    let named = |reading: &Reading| {
        reading
            .snapshot
            .objects
            .keys()
            .filter(|own| own.name() == "Severity")
            .map(ToString::to_string)
            .collect::<Vec<_>>()
    };
    assert_eq!((named(&plain).len(), named(&twice).len()), (1, 2), "{:?}", named(&twice));
    assert!(twice.snapshot.notes.iter().any(|note| note.kind == pcfg::model::NoteKind::Ambiguous));
}

/// Returns all texts in a value that look like ids.
fn ids(value: &Value, all: &mut BTreeSet<String>) {
    match value {
        Value::Array(values) => values.iter().for_each(|value| ids(value, all)),
        Value::Object(members) => {
            for (name, value) in members {
                // An account is the same on all sites: its id is no id of a place.
                if name == "id" || (name.ends_with("Id") && !name.ends_with("ccountId")) {
                    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                    all.insert(text.trim_start_matches("customfield_").to_owned());
                }
                ids(value, all);
            }
        }
        _ => {}
    }
}

#[test]
fn law_12_no_id_goes_from_one_jira_to_another() {
    let (mut env, source) = served(Options::cloud());
    let of = |server: &Server| {
        let found: Arc<std::sync::Mutex<BTreeSet<String>>> = Arc::default();
        let all = Arc::clone(&found);
        read_changed(server, Edition::Cloud, move |_, value| ids(value, &mut all.lock().unwrap()));
        let found = found.lock().unwrap();
        found.clone()
    };
    let foreign = of(&source);
    let said = env.run(&["export", "DEMO", "-q", "-o", "DEMO.xml"]);
    assert!(said.ends_with("--- exit 0\n"), "{said}");
    let (_folder, path) = loaded_sample();
    let target = serve(&path, Options::cloud()).unwrap();
    let foreign: BTreeSet<String> = foreign
        .difference(&of(&target))
        .filter(|id| {
            id.len() > 3 && id.contains(|own: char| own.is_ascii_digit()) && !id.starts_with("JIRAUSER")
        })
        .cloned()
        .collect();
    assert!(foreign.len() > 30, "{foreign:?}");
    sign_in(&mut env, &target);
    target.forget();
    let said = env.run(&["import", "DEMO.xml", "--simulate"]);
    assert!(said.contains("DEMO"), "{said}");
    let asked = target.requests();
    assert!(asked.len() > 50);
    for seen in asked {
        let parts = seen.path.split('/').chain(seen.query.iter().map(|(_, value)| value.as_str()));
        for part in parts.flat_map(|part| part.split(',')) {
            let part = part.trim_start_matches("customfield_");
            assert!(!foreign.contains(part), "{part} in {} {:?}", seen.path, seen.query);
        }
    }
}

/// Members in which each name is data.
const MAPS: [&str; 7] = [
    "issueTypeMappings",
    "originalIssueTypeMappings",
    "properties",
    "parameters",
    "permissions",
    "weekDays",
    // Of the property of a gadget.
    "value",
];

#[test]
fn law_15_what_nobody_knows_does_no_harm() {
    let (_folder, path) = sample();
    for (edition, options) in both() {
        let server = serve(&path, options).unwrap();
        let more = read_changed(&server, edition, |_, value| {
            each_object(value, &mut |name, members| {
                if !MAPS.contains(&name) {
                    members.insert(
                        "aNewMember".to_owned(),
                        json!({"of": ["next", "year"], "id": 7, "name": "x"}),
                    );
                }
            });
        });
        assert_same(&read(&server, edition).snapshot, &more.snapshot, edition.name());
    }
}

#[test]
fn law_15_values_that_nobody_knows_are_shown_as_they_are() {
    let (_folder, path) = sample();
    let server = serve(&path, Options::cloud()).unwrap();
    let mut wrong = Vec::new();
    // Each in its first place: the end of the address, what has the member, the member.
    for (end, holder, member, value) in [
        ("/permissionscheme", "holder", "type", "futureHolder"),
        ("/notificationscheme", "notifications", "notificationType", "FutureReceiver"),
        ("/issuesecurityschemes/level/member", "holder", "type", "futureMember"),
        ("/workflows/search", "validators", "ruleKey", "system:future-validator"),
        ("/workflows/search", "actions", "ruleKey", "system:future-function"),
        ("/workflows/search", "conditions", "ruleKey", "system:future-condition"),
        ("/filter/search", "sharePermissions", "type", "futureShare"),
        ("/field/search", "schema", "custom", "com.example.future:type"),
        ("/project/search", "values", "projectTypeKey", "future_desk"),
    ] {
        let reading = read_changed(&server, Edition::Cloud, move |request, reply| {
            if request.path.ends_with(end) {
                let mut is_done = false;
                each_object(reply, &mut |name, members| {
                    if name == holder && members.contains_key(member) && !is_done {
                        members.insert(member.to_owned(), json!(value));
                        is_done = true;
                    }
                });
            }
        });
        let text = shown(&reading.snapshot).concat();
        let notes: String = reading.snapshot.notes.iter().map(|note| format!("{}\n", note.message)).collect();
        let gaps: String = reading.snapshot.unseen.iter().map(|gap| format!("{gap}\n")).collect();
        if !text.contains(value) && !notes.contains(value) && !gaps.contains(value) {
            wrong.push(value);
        }
    }
    assert!(wrong.is_empty(), "neither shown nor told: {wrong:?}");
}

#[test]
fn law_17_who_asks_and_how_changes_nothing() {
    let (_folder, path) = sample();
    for (edition, options) in both() {
        let whole = read(&serve(&path, options.clone()).unwrap(), edition);
        let mut others: Vec<(String, Options)> = [1, 3, 50]
            .map(|size| {
                (format!("pages of {size}"), Options { most_per_page: Some(size), ..options.clone() })
            })
            .into();
        if edition == Edition::Cloud {
            others.push(("German".to_owned(), Options { language: "de".to_owned(), ..options.clone() }));
        }
        for (what, options) in others {
            let reading = read(&serve(&path, options).unwrap(), edition);
            assert_same(&whole.snapshot, &reading.snapshot, &format!("{} {what}", edition.name()));
        }
        let server = serve(&path, options).unwrap();
        let elsewhere = read_changed(&server, edition, |_, value| {
            each_object(value, &mut |_, members| {
                for (name, other) in [
                    ("timeZone", json!("Pacific/Kiritimati")),
                    ("userReleaseDate", json!("31/Dez/99")),
                    ("userStartDate", json!("31/Dez/98")),
                ] {
                    if members.contains_key(name)
                        || name.starts_with("user") && members.contains_key("released")
                    {
                        members.insert(name.to_owned(), other);
                    }
                }
            });
        });
        assert_same(
            &whole.snapshot,
            &elsewhere.snapshot,
            &format!("{} in another time zone", edition.name()),
        );
    }
}

/// On Data Center nobody can ask for another language: who is answered in one gets an error, and nothing is written.
#[test]
fn law_17_no_name_is_exported_in_another_language() {
    for rights in [Rights::Administrator, Rights::Member] {
        let german = Options { language: "de".to_owned(), rights, ..Options::data_center() };
        let (env, server) = served(german);
        let said = env.run(&["export", "DEMO", "-q", "-i", "jira.sqlite", "-o", "DEMO.xml"]);
        assert!(said.ends_with("--- exit 0\n"), "{said}");
        let live = format!("DEMO@{}", server.url());
        for command in [
            vec!["export", "DEMO", "-o", "out.xml"],
            vec!["drift", "DEMO.xml"],
            vec!["diff", "DEMO.xml", &live],
            vec!["import", "DEMO.xml", "--simulate"],
            vec!["instance", "show"],
            vec!["explain", "status:Done"],
        ] {
            let said = env.run(&command);
            assert!(said.ends_with("--- exit 3\n"), "{command:?}: {said}");
            assert!(said.contains("Jira answers you in the language `de_DE`"), "{command:?}: {said}");
            assert!(said.contains("/secure/ViewProfile.jspa") && !said.contains("Zu erledigen"), "{said}");
        }
        assert!(!env.path("out.xml").exists());
        let checked = env.run(&["instance", "check"]);
        assert!(
            checked.contains("missing: Jira answers you in the language")
                && checked.ends_with("--- exit 1\n"),
            "{checked}"
        );
        // That is the language of the Jira itself.
        let sql = "INSERT INTO propertyentry (id, entity_name, entity_id, property_key, propertytype) \
                VALUES (99002, 'jira.properties', 1, 'jira.i18n.default.locale', 5);
            INSERT INTO propertystring (id, propertyvalue) VALUES (99002, 'de_DE')";
        rusqlite::Connection::open(env.path("jira.sqlite")).unwrap().execute_batch(sql).unwrap();
        let said = env.run(&["export", "DEMO", "-q", "-o", "out.xml"]);
        let expected = if rights == Rights::Administrator { "--- exit 0\n" } else { "--- exit 3\n" };
        assert!(said.ends_with(expected), "others are not told the language of the Jira: {said}");
    }
}

#[test]
fn law_18_less_rights_show_less_and_never_something_else() {
    let (_folder, path) = sample();
    for (edition, options) in both() {
        let whole = read(&serve(&path, options.clone()).unwrap(), edition);
        let member = Options { rights: Rights::Member, user: Some("ada".to_owned()), ..options };
        let server = serve(&path, member).unwrap();
        let client = Client::new(Arc::new(Http::new(&server)));
        let said = client.ask(&Request::get(format!("{}/serverInfo", edition.api()))).unwrap();
        let rights = pcfg::instance::Rights { administers: false };
        let less = Live::new(client, said, rights).read(Scope::default(), &|_, _| {}).unwrap();
        let mut direct = whole.snapshot;
        without_unseen(&mut direct, &less);
        let differences = differences(&direct, &less);
        assert!(differences.is_empty(), "{}: {}", edition.name(), told(&differences));
        assert!(!less.snapshot.objects.is_empty(), "something is seen");
        // Wherever something is unknown to an administrator, it is to him.
        let unknown = |reading: &Snapshot| -> BTreeSet<_> {
            let part = |gap: &pcfg::model::Gap| (gap.kind, gap.property);
            reading.unseen.iter().filter(|gap| gap.object.is_none()).map(part).collect()
        };
        let kinds: BTreeSet<_> =
            unknown(&less.snapshot).into_iter().filter(|own| own.1.is_none()).map(|own| own.0).collect();
        let missing: Vec<_> = unknown(&direct)
            .difference(&unknown(&less.snapshot))
            .filter(|(kind, _)| !kinds.contains(kind))
            .cloned()
            .collect();
        assert!(missing.is_empty(), "{missing:?}");
    }
}

/// Experimental and internal endpoints, with a kind that nobody knows without them.
const UNPROMISED: [(&str, &str); 6] = [
    ("/rest/greenhopper/1.0/rapidviewconfig/editmodel", "scrumKanbanBoard"),
    ("/rest/greenhopper/1.0/cardcolors/{board}/strategy/{strategy}", "scrumKanbanBoard/cardColors"),
    ("/rest/api/3/events", "eventType"),
    ("/rest/api/3/statuses/search", "status"),
    ("/rest/api/3/priorityscheme", "priorityScheme"),
    ("/rest/api/3/avatar/issuetype/system", "issueType/iconUrl"),
];

#[test]
fn law_19_what_is_not_promised_may_be_missing() {
    let (env, server) = served(Options::cloud());
    let all = env.run(&["export", "--all", "-q", "-o", "all.xml"]);
    assert!(all.ends_with("--- exit 0\n"), "{all}");
    for (endpoint, part) in UNPROMISED {
        let asked = server
            .requests()
            .into_iter()
            .any(|seen| endpoint.split('{').next().is_some_and(|start| seen.path.starts_with(start)));
        // The sample has no colours of cards of their own.
        assert!(asked || part.ends_with("cardColors"), "{endpoint} is asked");
        let status = if part == "eventType" { 410 } else { 404 };
        server.set_faults(vec![Fault::always(endpoint, Outcome::Status(status))]);
        let said = env.run(&["export", "--all", "-q", "-o", "less.xml"]);
        assert!(said.ends_with("--- exit 0\n"), "{endpoint}: {said}");
        let text = env.read("less.xml");
        let root = text.lines().nth(1).unwrap();
        let parts: Vec<&str> = root.split(['"', ' ']).collect();
        assert!(!asked || parts.contains(&part), "{endpoint}: {root}");
    }
}

#[test]
fn law_20_an_export_says_how_it_was_read() {
    let (env, server) = served(Options::cloud());
    server.set_faults(vec![Fault::always("/rest/api/3/projectCategory", Outcome::Status(403))]);
    let said = env.run(&["export", "DEMO", "-v", "-o", "DEMO.xml"]);
    assert!(said.ends_with("--- exit 0\n"), "{said}");
    assert!(said.contains("\nfields are told by field configurations\n"), "{said}");
    // What the description calls deprecated and was asked.
    let deprecated: BTreeSet<&str> = server
        .requests()
        .iter()
        .filter_map(|seen| {
            let path = seen.path.strip_prefix("/rest/api/3/")?;
            ["priority/search", "fieldconfiguration", "fieldconfigurationscheme"]
                .into_iter()
                .find(|own| *own == path)
        })
        .collect();
    assert_eq!(deprecated.len(), 3, "{deprecated:?}");
    for path in deprecated {
        assert!(said.contains(&format!("warning: `{path}` is deprecated since")), "{path}: {said}");
    }
    assert!(
        said.contains("does not show project category") && said.contains("project, `projectCategory`"),
        "{said}"
    );
    assert!(env.read("DEMO.xml").lines().nth(1).unwrap().contains("projectCategory"));
}
