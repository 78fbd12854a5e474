//! Law of few requests: a live Jira is asked for its lists, and for the details of nothing but what is wanted.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use jira_for_tests::{Edition, Options as Served, Server, page_limits, serve};
use pcfg::entity::Tables;
use pcfg::instance::{Instance, LookedAt, Reading, Scope, Wanted};
use pcfg::model::Config;
use pcfg::schema::Schema;
use pcfg::select::{Boards, Options, Projects, select};
use pcfg::xml;

use crate::big_site::{self, BIG, SMALL, Size};
use crate::env::Env;

/// A command's own folder, and a Jira that it may ask.
struct Site {
    env: Env,
    server: Server,
    url: String,
    path: PathBuf,
    _folder: tempfile::TempDir,
}

impl Site {
    fn new(size: Size, latency: Duration) -> Self {
        let (folder, path) = big_site::load(size);
        let server = serve(&path, Served { latency, ..Served::cloud() }).unwrap();
        let (user, token) = server.credentials().unwrap();
        let mut env = Env::new();
        env.set("PCFG_USER", &user);
        env.set("PCFG_TOKEN", &token);
        let url = server.url();
        Self { env, server, url, path, _folder: folder }
    }

    /// Returns the rows that are served.
    fn rows(&self) -> Tables {
        crate::real_data::read(&self.path).tables
    }

    /// Runs a command; returns what it said, and how often each endpoint was asked.
    fn run(&self, arguments: &[&str]) -> (String, BTreeMap<&'static str, usize>) {
        self.server.forget();
        let said = self.env.run(&[arguments, &["-i", &self.url]].concat());
        let mut asked = BTreeMap::new();
        for seen in self.server.requests() {
            // Who asks does not know yet which edition it is.
            let endpoint = seen.endpoint.unwrap_or("before");
            *asked.entry(endpoint).or_default() += 1;
        }
        (said, asked)
    }
}

/// Returns how many pages a list of so many items has.
fn pages(endpoint: &str, count: usize) -> usize {
    let limits = page_limits(Edition::Cloud);
    let limit = limits.iter().find(|own| own.endpoint == endpoint);
    count.div_ceil(limit.unwrap_or_else(|| panic!("{endpoint} is not paged")).most).max(1)
}

/// What is asked once, whatever there is.
const ONCE: [&str; 15] = [
    "config/fieldschemes",
    "avatar/{type}/system",
    "events",
    "issueLinkType",
    "issuesecurityschemes",
    "issuetype",
    "mypermissions",
    "myself",
    "permissionscheme",
    "priority/search",
    "priorityscheme",
    "projectCategory",
    "role",
    "serverInfo",
    "status",
];

/// Computes how often each endpoint has to be asked for all lists, from the rows of the site.
fn lists(site: &Tables) -> BTreeMap<String, usize> {
    let of = |field: &'static str| move |row: &&pcfg::entity::Row| row.get("fieldid") == Some(field);
    let all = |entity| site.rows(entity).len();
    let issue_type_schemes = site.rows("FieldConfigScheme").iter().filter(of("issuetype")).count();
    let issue_types_of_schemes = site.rows("OptionConfiguration").iter().filter(of("issuetype")).count();
    let used = |sink: &str| {
        let joined = site.rows("NodeAssociation").iter();
        joined.filter(|row| row.get("sinkNodeEntity") == Some(sink)).count()
    };
    let mut asked: BTreeMap<String, usize> = BTreeMap::new();
    for (endpoint, count) in [
        ("project/search", all("Project")),
        ("field/search", all("CustomField")),
        ("fieldconfiguration", all("FieldLayout")),
        ("fieldconfigurationscheme", all("FieldLayoutScheme")),
        ("fieldconfigurationscheme/mapping", all("FieldLayoutSchemeEntity")),
        ("screens", all("FieldScreen")),
        ("screenscheme", all("FieldScreenScheme")),
        ("issuetypescreenscheme", all("IssueTypeScreenScheme")),
        ("issuetypescreenscheme/mapping", all("IssueTypeScreenSchemeEntity")),
        ("issuetypescheme", issue_type_schemes),
        ("issuetypescheme/mapping", issue_types_of_schemes),
        ("resolution/search", all("Resolution")),
        ("statuses/search", all("Status")),
        // Jira's own is one of them.
        ("workflows/search", all("Workflow") + 1),
        ("workflowscheme", all("WorkflowScheme") + 1),
        ("notificationscheme", all("NotificationScheme")),
        ("notificationscheme/project", used("NotificationScheme")),
        ("issuesecurityschemes/level", all("SchemeIssueSecurityLevels")),
        ("issuesecurityschemes/level/member", all("SchemeIssueSecurities")),
        ("issuesecurityschemes/project", used("IssueSecurityScheme")),
        ("filter/search", all("SearchRequest")),
        ("dashboard/search", all("PortalPage")),
        ("group/bulk", all("Group")),
    ] {
        let endpoint = format!("/rest/api/3/{endpoint}");
        let pages = pages(&endpoint, count);
        asked.insert(endpoint, pages);
    }
    asked.extend(ONCE.map(|own| (format!("/rest/api/3/{own}"), 1)));
    asked.insert("before".to_owned(), 1);
    asked
}

/// Computes how often the endpoints of details have to be asked for what an export has.
fn details(site: &Tables, file: &str) -> BTreeMap<String, usize> {
    // Objects are two levels deep.
    let count = |tag: &str| file.lines().filter(|line| *line == format!("    <{tag}>")).count();
    let parts_of = |tag: &str| file.matches(&format!("<{tag}>")).count();
    let fields = site.rows("CustomField").len() + SYSTEM_FIELDS;
    let of_configuration = pages("/rest/api/3/fieldconfiguration/{id}/fields", fields);
    // Fields that Jira manages have contexts that are its own.
    let own_fields = count("customField") - LOCKED;
    let sets = parts_of("customFieldConfigScheme");
    assert!(sets >= own_fields, "{sets} contexts of {own_fields} fields");
    let parts = [
        ("project/{projectIdOrKey}", 1),
        ("project/{projectIdOrKey}/components", 1),
        ("project/{projectIdOrKey}/versions", 1),
        ("project/{projectKeyOrId}/permissionscheme", 1),
        ("project/{projectIdOrKey}/role/{id}", site.rows("ProjectRole").len()),
        ("screens/{screenId}/tabs", count("screen")),
        ("screens/{screenId}/tabs/{tabId}/fields", parts_of("screenTab")),
        ("fieldconfiguration/{id}/fields", count("fieldConfiguration") * of_configuration),
        ("field/{fieldId}/context", own_fields),
        ("field/{fieldId}/context/defaultValue", own_fields),
        ("filter/{id}/columns", count("filter")),
        ("dashboard/{dashboardId}/gadget", count("dashboard")),
        ("dashboard/{dashboardId}/items/{itemId}/properties", parts_of("gadget")),
        ("workflowscheme/{id}/draft", count("workflowScheme")),
        ("group/member", count("group")),
    ];
    parts.into_iter().map(|(endpoint, count)| (format!("/rest/api/3/{endpoint}"), count)).collect()
}

/// How many system fields a field configuration has a line for.
const SYSTEM_FIELDS: usize = 20;
/// How many custom fields of the sample Jira manages itself.
const LOCKED: usize = 3;

/// What an export of the sample's project asks: pages of all lists, and details of its own objects, of which only the number of some is
/// bounded here: contexts by project and issue type, options, properties of gadgets, accounts.
fn check_export(site: &Site, rows: &Tables) -> (String, usize) {
    let (said, asked) = site.run(&["export", "DEMO", "-q", "-o", "demo.xml"]);
    assert!(said.ends_with("--- exit 0\n"), "{said}");
    let file = site.env.read("demo.xml");
    let (mut lists, details) = (lists(rows), details(rows, &file));
    // Those who use a scheme are asked for by a hundred projects at a time, with as many pages as there are schemes among them.
    let by_projects =
        ["issuetypescheme", "issuetypescreenscheme", "fieldconfigurationscheme", "workflowscheme"];
    for scheme in by_projects {
        let chunks = rows.rows("Project").len().div_ceil(100);
        let count = asked.get(format!("/rest/api/3/{scheme}/project").as_str()).copied().unwrap_or(0);
        assert!((chunks..=2 * chunks).contains(&count), "{scheme}: {count} for {chunks}");
        lists.insert(format!("/rest/api/3/{scheme}/project"), count);
    }
    let boards = file.matches("<scrumKanbanBoard>").count();
    lists.insert("/rest/agile/1.0/board".to_owned(), 1);
    lists.insert("/rest/greenhopper/1.0/rapidviewconfig/editmodel".to_owned(), boards);
    lists.insert("/rest/greenhopper/1.0/cardcolors/{board}/strategy/{strategy}".to_owned(), boards);
    let fields = details["/rest/api/3/field/{fieldId}/context"];
    let contexts = file.matches("<customFieldConfigScheme>").count();
    let mut wrong = BTreeMap::new();
    for (endpoint, count) in &asked {
        let most = match endpoint.trim_start_matches("/rest/api/3/") {
            "field/{fieldId}/context/projectmapping" | "field/{fieldId}/context/issuetypemapping" => fields,
            "field/{fieldId}/context/{contextId}/option" => contexts,
            "dashboard/{dashboardId}/items/{itemId}/properties/{propertyKey}" => {
                2 * details["/rest/api/3/dashboard/{dashboardId}/items/{itemId}/properties"]
            }
            "user/bulk" => 2,
            _ => {
                let expected = lists.get(*endpoint).or(details.get(*endpoint)).copied();
                if expected != Some(*count) {
                    wrong.insert(*endpoint, (*count, expected));
                }
                continue;
            }
        };
        assert!(*count <= most, "{endpoint}: {count} of {most}");
    }
    assert!(wrong.is_empty(), "asked and computed: {wrong:#?}");
    let unasked: Vec<_> =
        lists.keys().chain(details.keys()).filter(|own| !asked.contains_key(own.as_str())).collect();
    assert!(unasked.is_empty(), "{unasked:?}");
    (file, asked.values().sum())
}

/// Imports a file with one change; returns how many requests the plan took.
fn check_plan(site: &Site, file: &str) -> usize {
    let changed =
        file.replacen("<description>What the shop team works on", "<description>What they work on", 1);
    assert_ne!(changed, file);
    site.env.write("changed.xml", changed);
    let (said, asked) = site.run(&["import", "changed.xml", "--simulate"]);
    assert!(said.contains("1 object to change; "), "{said}");
    assert!(said.contains("not read, though it may be used there, too"), "{said}");
    asked.values().sum()
}

#[test]
fn an_export_asks_for_the_lists_and_for_its_own_details() {
    let site = Site::new(SMALL, Duration::ZERO);
    let (file, export) = check_export(&site, &site.rows());
    let plan = check_plan(&site, &file);
    // Whoever uses what the file describes is asked for, too.
    let asked_for = file.matches("<customField>").count() + file.matches("<filter>").count();
    assert!(plan <= export + asked_for, "{plan} for the plan, {export} for the export");
    let (said, asked) = site.run(&["explain", "Severity"]);
    assert!(said.contains("screen Demo: bugs"), "its screens are known from who has the field: {said}");
    assert!(
        asked.values().sum::<usize>() < export && !asked.contains_key("/rest/api/3/screens/{screenId}/tabs")
    );
}

/// What a large site takes; latency is that of a far one.
#[test]
#[ignore = "takes minutes"]
fn a_project_of_a_large_site_takes_seconds() {
    let site = Site::new(BIG, Duration::from_millis(100));
    let rows = site.rows();
    for count in [
        ("Project", 300),
        ("CustomField", 2000),
        ("FieldScreen", 600),
        ("FieldScreenScheme", 300),
        ("SearchRequest", 200),
        ("AO_60DB71_RAPIDVIEW", 100),
        ("PortalPage", 100),
        ("FieldLayout", 5),
    ] {
        assert_eq!((count.0, rows.rows(count.0).len()), count);
    }
    let begun = Instant::now();
    let (file, export) = check_export(&site, &rows);
    let exported = begun.elapsed();
    let begun = Instant::now();
    let plan = check_plan(&site, &file);
    let planned = begun.elapsed();
    eprintln!("export: {export} requests, {exported:?}; plan: {plan} requests, {planned:?}");
    assert!(export <= 330 && plan <= 345, "{export}, {plan}");
    assert!(exported.as_secs() < 15 && planned.as_secs() < 15, "{exported:?}, {planned:?}");
}

/// How many requests are to come is told when the lists are read.
#[test]
fn how_many_requests_there_will_be_is_told_before() {
    let site = Site::new(SMALL, Duration::ZERO);
    let number = |said: &str, after: &str| -> usize {
        let rest = said.split(after).nth(1).unwrap_or_else(|| panic!("{said}"));
        rest.split_whitespace().next().unwrap().parse().unwrap()
    };
    let (said, asked) = site.run(&["export", "--all", "-v", "-o", "all.xml"]);
    let (told, took) = (number(&said, "the details take about "), asked.values().sum::<usize>());
    assert_eq!(number(&said, &format!("asked `{}`: ", site.url)), took);
    let lists = lists(&site.rows()).values().sum::<usize>();
    assert!(
        (told + lists).abs_diff(took) * 5 < took,
        "{told} and {lists} of lists were told, and it took {took}"
    );
    assert!(said.contains("12 projects: about 96 requests"), "{said}");
    let before = said.find("the details take about").unwrap();
    assert!(before < said.find("/context").unwrap(), "it is told before they are asked for");
    let (said, _) = site.run(&["export", "DEMO", "-o", "demo.xml"]);
    assert!(!said.contains("the details take"), "nobody waits long for one project: {said}");
}

/// Reads what is wanted of a Jira.
fn read(server: &Server, wanted: Wanted) -> Reading {
    let mut live = crate::live::of(server, pcfg::rest::Edition::Cloud);
    live.want(wanted);
    live.read(Scope::default(), &|_, _| {}).unwrap()
}

/// What nobody asked for is unknown: it is neither absent nor empty to a plan, an export, or a comparison.
#[test]
fn what_was_not_asked_for_is_unknown() {
    let (_folder, path) = crate::embedded::loaded(&crate::env::testdata("backup/demo"));
    let server = serve(&path, Served::cloud()).unwrap();
    let mut whole = read(&server, Wanted::All);
    let all = select(&mut whole.snapshot, &Options::default()).unwrap();
    let mut names = read(&server, Wanted::looks(|_| LookedAt::Objects(Vec::new())));
    for kind in ["screen", "customField", "project", "fieldConfiguration", "filter", "group"] {
        let unasked = names.snapshot.unseen.unasked().any(|gap| Schema::get().kind(gap.kind).name == kind);
        assert!(unasked, "{kind} has details");
    }
    // Whatever the file says of it, nothing is planned where nothing is known.
    let facts = pcfg::mapping::facts(&names.tables, &names.snapshot);
    let plan = pcfg::plan::plan(&names.snapshot, &facts, &all, &pcfg::plan::Options::default());
    let steps: Vec<String> = plan.steps.iter().map(|step| step.identity.to_string()).collect();
    assert!(steps.is_empty(), "{steps:?}");
    // An export of it says so.
    let shown = xml::to_string(&select(&mut names.snapshot, &Options::default()).unwrap());
    let root = shown.lines().nth(1).unwrap().to_owned();
    for part in ["screen/screenTab", "customField/customFieldConfigScheme", "project/versions"] {
        assert!(root.contains(part), "{part} in {root}");
    }
}

/// What is wanted of a Jira is read whole: each project's export is that of a reading of everything.
#[test]
fn what_is_wanted_is_read_whole() {
    for served in [Served::cloud(), Served::data_center()] {
        let edition = match served.edition {
            Edition::Cloud => pcfg::rest::Edition::Cloud,
            Edition::DataCenter => pcfg::rest::Edition::DataCenter,
        };
        let (_folder, path) =
            crate::embedded::loaded(&Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/demo"));
        let server = serve(&path, served).unwrap();
        let mut live = crate::live::of(&server, edition);
        let mut read = |wanted| {
            live.want(wanted);
            live.read(Scope::default(), &|_, _| {}).unwrap()
        };
        let mut whole = read(Wanted::All);
        for key in ["DEMO", "OPS"] {
            for boards in [Boards::Projects, Boards::None] {
                let options =
                    Options { projects: Projects::Keys(vec![key.to_owned()]), boards, ..Options::default() };
                let mut own = read(Wanted::export(&options));
                let [own, all] = [&mut own, &mut whole]
                    .map(|reading| xml::to_string(&select(&mut reading.snapshot, &options).unwrap()));
                let differs: Vec<_> =
                    own.lines().zip(all.lines()).filter(|(own, all)| own != all).take(3).collect();
                assert!(own == all, "{edition:?} {key} {boards:?}: {differs:?}");
            }
        }
        // And a plan for a changed file is the one that everything would give.
        let options = Options::default();
        let text = xml::to_string(&select(&mut whole.snapshot, &options).unwrap());
        let changed = text.replacen("<name>Demo shop</name>", "<name>Demo shops</name>", 1);
        let (file, _) = (xml::read(&changed).root.map(Config::new).unwrap(), ());
        let (known, chosen) = (file.clone(), pcfg::plan::Options::default());
        let own = read(Wanted::looks(move |target| {
            LookedAt::Objects(pcfg::plan::looked_at(target, &known, &chosen))
        }));
        let [own, all] = [&own, &whole].map(|reading| {
            let facts = pcfg::mapping::facts(&reading.tables, &reading.snapshot);
            let plan = pcfg::plan::plan(&reading.snapshot, &facts, &file, &pcfg::plan::Options::default());
            plan.steps.iter().map(|step| step.identity.to_string()).collect::<Vec<_>>()
        });
        assert_eq!((own.len(), &own), (1, &all));
    }
}

#[test]
fn how_many_items_a_page_has_is_listed() {
    let mut table = String::new();
    for edition in [Edition::Cloud, Edition::DataCenter] {
        for limit in page_limits(edition) {
            table.push_str(&format!("{:4} {:4} {}\n", limit.usual, limit.most, limit.endpoint));
        }
    }
    insta::assert_snapshot!(table);
}
