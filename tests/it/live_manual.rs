//! What REST does not take is done by hand: the checklist, the calls that wait for it, and the way back.

use jira_for_tests::{Options, Server};

use crate::env::Env;
use crate::live_doors::{move_on, served, sql, timeless};

/// A Jira with two doors, and its configuration.
struct Site {
    env: Env,
    server: Server,
    before: String,
}

impl Site {
    fn new() -> Self {
        let (mut env, server) = served(Options::data_center());
        env.set("XDG_DATA_HOME", env.path("data").to_str().unwrap());
        move_on(&env.path("jira.sqlite"));
        let mut site = Self { env, server, before: String::new() };
        site.before = site.export();
        site
    }

    fn run(&self, command: &str) -> String {
        let words: Vec<&str> = command.split(' ').chain(["-i", "production"]).collect();
        let said = self.env.run(&words).replace(self.server.url().trim_start_matches("http://"), "HOST");
        let is_counted = |line: &&str| line.starts_with("asked `");
        timeless(&said.lines().filter(|line| !is_counted(line)).fold(String::new(), |text, line| {
            // A moment at the end of a line, or within it.
            let at = line.find("Z)").or(line.ends_with('Z').then(|| line.len() - 1)).filter(|at| *at >= 19);
            let line = at.map_or_else(
                || line.to_owned(),
                |at| format!("{}MOMENT{}", &line[..at - 19], &line[at + 1..]),
            );
            text + &line + "\n"
        }))
    }

    fn export(&self) -> String {
        let said = self.run("export --all --unused -q -o now.xml");
        assert!(said.ends_with("--- exit 0\n"), "{said}");
        self.env.read("now.xml")
    }

    /// Changes the rows of the Jira: the administrator has done so on its pages.
    fn sql(&self, text: &str) {
        sql(&self.env.path("jira.sqlite"), text);
    }

    /// Returns the requests that changed something since the last time.
    fn writes(&self) -> Vec<String> {
        let seen = self.server.requests().into_iter().filter(|seen| seen.method != "GET");
        let told = seen.map(|seen| format!("{} {} {}", seen.method, seen.path, seen.status)).collect();
        self.server.forget();
        told
    }
}

/// Writes a file in which texts are replaced.
fn edited(site: &Site, name: &str, pairs: &[(&str, &str)]) -> String {
    let mut text = site.before.clone();
    for (from, to) in pairs {
        assert!(text.contains(from), "{from}");
        text = text.replacen(from, to, 1);
    }
    site.env.write(name, &text);
    text
}

const STATUS: (&str, &str) = ("The issue is open and ready for", "The issue waits for");
const CATEGORY: (&str, &str) = ("<description>What we sell</description>", "<description>Sold</description>");

#[test]
fn what_rest_does_not_take_is_a_checklist_and_the_run_ends_when_it_is_done() {
    let site = Site::new();
    let file = edited(&site, "new.xml", &[STATUS, CATEGORY]);
    site.server.forget();
    let mut told = String::new();
    for command in
        ["import new.xml --manual --simulate", "import new.xml --manual --yes", "history", "resume"]
    {
        told.push_str(&format!("$ {command}\n{}\n", site.run(command)));
    }
    assert_eq!(site.writes(), ["PUT /rest/api/2/projectCategory/10000 200"], "what waits for nobody is done");
    let other = site.run("import new.xml --manual --yes");
    assert!(other.contains("run 1") && other.contains("neither done nor taken back"), "{other}");
    site.sql("UPDATE issuestatus SET description = replace(description, 'The issue is open and ready for', 'The issue waits for')");
    for command in ["resume", "resume", "drift new.xml"] {
        told.push_str(&format!("$ {command}\n{}\n", site.run(command)));
    }
    insta::assert_snapshot!(told);
    assert!(site.export() == file);
    assert!(site.writes().is_empty());
}

/// A priority is made by hand, and a scheme that offers it over REST.
const PRIORITY: (&str, &str) = (
    "    <defaultPriority>",
    "    <priority>
      <sequence>6</sequence>
      <name>Urgent</name>
      <description>At once.</description>
      <iconUrl>/images/icons/priorities/critical.svg</iconUrl>
      <statusColor>#ff0000</statusColor>
    </priority>
    <defaultPriority>",
);
const SCHEME: (&str, &str) = (
    "  </prioritySchemes>",
    "    <priorityScheme>
      <name>For support</name>
      <description>For those in need</description>
      <defaultPriority>Urgent</defaultPriority>
      <priority position=\"1\">High</priority>
      <priority position=\"2\">Urgent</priority>
    </priorityScheme>
  </prioritySchemes>",
);

#[test]
fn what_needs_something_made_by_hand_waits_for_it() {
    let site = Site::new();
    let file = edited(&site, "new.xml", &[PRIORITY, SCHEME, CATEGORY]);
    site.server.forget();
    let mut told = format!("{}\n", site.run("import new.xml --manual --yes --checklist todo.md"));
    told.push_str(&site.env.read("todo.md").replace(site.server.url().trim_start_matches("http://"), "HOST"));
    assert_eq!(site.writes(), ["PUT /rest/api/2/projectCategory/10000 200"]);
    // Journals know seconds, and the newest run is listed first.
    std::thread::sleep(std::time::Duration::from_millis(1100));
    let only = ["import", "new.xml", "--only", "priority:Urgent", "--yes", "-q", "-i", "jira.sqlite"];
    let said = site.env.run(&only);
    assert!(said.ends_with("--- exit 0\n"), "{said}");
    told.push_str(&site.run("resume"));
    assert_eq!(site.writes().len(), 1, "{told}");
    told.push_str(&site.run("history"));
    assert!(site.run("history --format json").contains("\"door\": \"database\""));
    insta::assert_snapshot!(told);
    let now = site.export();
    let differing: Vec<_> = now.lines().filter(|line| !file.lines().any(|own| own == *line)).collect();
    assert!(now == file, "{differing:?}");
    // And back: the scheme first, then by hand what it offered.
    let mut told = site.run("undo 1 --yes");
    assert_eq!(site.writes().len(), 2, "{told}");
    let said = site.env.run(&["undo", "--yes", "-q", "-i", "jira.sqlite"]);
    assert!(said.ends_with("--- exit 0\n"), "{said}");
    told.push_str(&site.run("resume"));
    insta::assert_snapshot!(told);
    assert!(site.export() == site.before);
}

#[test]
fn what_was_begun_by_hand_is_taken_back_by_hand() {
    let site = Site::new();
    edited(&site, "new.xml", &[STATUS, CATEGORY]);
    assert!(site.run("import new.xml --manual --yes -q").ends_with("--- exit 0\n"));
    site.sql("UPDATE issuestatus SET description = 'Half' WHERE pname = 'Open'");
    let told = site.run("undo --yes");
    assert!(
        told.contains("`description`: `Half` → `The issue is open") && told.ends_with("--- exit 0\n"),
        "{told}"
    );
    site.sql("UPDATE issuestatus SET description = 'The issue is open and ready for the assignee to start work on it.' WHERE pname = 'Open'");
    let told = site.run("resume");
    assert!(told.ends_with("--- exit 0\n"), "{told}");
    assert!(site.export() == site.before);
    // A run of which nothing was done is given up.
    edited(&site, "new.xml", &[STATUS]);
    assert!(site.run("import new.xml --manual --yes -q").ends_with("--- exit 0\n"));
    let told = site.run("undo --yes");
    assert!(told.ends_with("--- exit 0\n"), "{told}");
    assert!(site.run("resume").contains("there is nothing to resume"));
}

#[test]
fn a_saved_plan_has_its_checklist_and_whoever_spoils_what_was_done_is_told() {
    let site = Site::new();
    edited(&site, "new.xml", &[STATUS, CATEGORY]);
    let said = site.run("import new.xml --manual --simulate --out plan.json");
    assert!(said.contains("By hand in Jira: 1 step") && said.ends_with("--- exit 0\n"), "{said}");
    let said = site.env.run(&["apply", "plan.json", "--yes"]);
    assert!(said.contains("By hand in Jira: 1 step") && said.ends_with("--- exit 0\n"), "{said}");
    site.sql(
        "UPDATE issuestatus SET description = replace(description, 'The issue is open and ready for', 'The issue waits for');
         UPDATE projectcategory SET description = 'Spoiled' WHERE id = 10000",
    );
    let said = site.run("resume");
    assert!(said.contains("project category `Products`") && said.ends_with("--- exit 6\n"), "{said}");
    let said = site.env.run(&["import", "new.xml", "--manual", "-i", "jira.sqlite"]);
    assert!(said.contains("`--manual` works only with") && said.ends_with("--- exit 2\n"), "{said}");
}
