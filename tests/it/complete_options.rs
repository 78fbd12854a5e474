//! What somebody may choose when issues come: who stands for missing users, what becomes of running sprints, and how much of a
//! configuration is enough.

use rusqlite::Connection;

use crate::complete_laws::{archived, succeeds};
use crate::env::Env;

const IMPORT: [&str; 6] = ["import", "a", "--yes", "--raw-values", "-i", "b.sqlite"];

/// The sample as the archive `a`, and a fresh instance.
fn prepared() -> Env {
    let env = archived();
    succeeds(&env, &["instance", "init", "b.sqlite"]);
    env
}

fn issues(env: &Env) -> String {
    env.run(&["issue", "list", "-i", "b.sqlite"])
}

#[test]
fn somebody_stands_for_users_without_an_account() {
    let env = prepared();
    let before = issues(&env);
    let nobody = env.run(&[&IMPORT[..], &["--missing-user", "nobody"]].concat());
    assert!(nobody.contains("1 the user is missing who is to stand for others (such as nobody)"), "{nobody}");
    assert!(nobody.contains("--- exit 4") && issues(&env) == before, "{nobody}");

    // In whatever letters the account is named.
    let standing = [&IMPORT[..], &["--missing-user", "Ada"]].concat();
    let said = succeeds(&env, &standing);
    assert!(said.contains("users without an account, for whom another one stands (such as "), "{said}");
    assert!(!said.contains("kept by their names"), "{said}");
    succeeds(&env, &["export", "LAB", "YARD", "--complete", "-i", "b.sqlite", "-o", "b/"]);
    let name = "data/LAB/issues/000001-001000.xml";
    let (there, back) = (env.read(&format!("a/{name}")), env.read(&format!("b/{name}")));
    let changed = similar::TextDiff::from_lines(&there, &back);
    insta::assert_snapshot!(changed.unified_diff().context_radius(0), @r#"
    @@ -139 +138,0 @@
    -      <watcher>charles</watcher>
    @@ -156 +155 @@
    -        <author>charles</author>
    +        <author>ada</author>
    @@ -158 +157 @@
    -        <updateAuthor>charles</updateAuthor>
    +        <updateAuthor>ada</updateAuthor>
    @@ -656 +655 @@
    -        <author>charles</author>
    +        <author>ada</author>
    @@ -716 +715 @@
    -        <user>charles</user>
    +        <user>ada</user>
    @@ -842,3 +841,3 @@
    -      <assignee>charles</assignee>
    -      <reporter>charles</reporter>
    -      <creator>charles</creator>
    +      <assignee>ada</assignee>
    +      <reporter>ada</reporter>
    +      <creator>ada</creator>
    "#);

    // It is the same import when it is done again, and another one without the option.
    let again = succeeds(&env, &standing);
    assert!(again.contains("14 issues are there already, and say the same"), "{again}");
    let other = env.run(&IMPORT);
    assert!(other.contains("are there already and say something else"), "{other}");
    succeeds(&env, &["undo", "-i", "b.sqlite", "--yes"]);
    succeeds(&env, &["undo", "1", "-i", "b.sqlite", "--yes"]);
    assert_eq!(issues(&env), before);
}

#[test]
fn a_running_sprint_does_not_meet_another_one() {
    let env = prepared();
    // Somebody has begun a sprint on the board where there are no issues any more.
    succeeds(&env, &IMPORT);
    succeeds(&env, &["undo", "-i", "b.sqlite", "--yes"]);
    let own = Connection::open(env.path("b.sqlite")).unwrap();
    let boards = "SELECT ID FROM AO_60DB71_RAPIDVIEW WHERE NAME = 'LAB board'";
    let board: i64 = own.query_row(boards, (), |row| row.get(0)).unwrap();
    own.execute(
        "INSERT INTO AO_60DB71_SPRINT (ID, NAME, RAPID_VIEW_ID, STARTED, CLOSED, START_DATE) VALUES (99, 'Ours', ?, 'true', 'false', 1736935200000)",
        [&board],
    )
    .unwrap();
    drop(own);
    let before = issues(&env);
    let refused = env.run(&[&IMPORT[..], &["--data-only"]].concat());
    let why = "1 sprints run on boards on which another one runs: complete that first, or add `--close-sprints` (such as One)";
    assert!(refused.contains(why) && refused.contains("--- exit 4"), "{refused}");
    assert_eq!(issues(&env), before);
    let closing = [&IMPORT[..], &["--data-only", "--close-sprints"]].concat();
    let said = succeeds(&env, &closing);
    assert!(
        said.contains("1 sprints run on boards on which another one runs, and come as closed (such as One)"),
        "{said}"
    );
    let own = Connection::open(env.path("b.sqlite")).unwrap();
    let mut running = own
        .prepare("SELECT NAME FROM AO_60DB71_SPRINT WHERE RAPID_VIEW_ID = ? AND STARTED = 'true' AND CLOSED = 'false'")
        .unwrap();
    let running: Vec<String> =
        running.query_map([&board], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    // That of the place goes on as it was.
    assert_eq!(running, ["Ours"]);
    // One that is closed says when it ended.
    let open = "SELECT count(*) FROM AO_60DB71_SPRINT WHERE CLOSED = 'true' AND COMPLETE_DATE IS NULL";
    assert_eq!(own.query_row(open, (), |row| row.get::<_, i64>(0)).unwrap(), 0);
    let again = succeeds(&env, &closing);
    assert!(again.contains("14 issues are there already, and say the same"), "{again}");
}

/// A saved plan of a complete project names the archive by its hash, and comes to exactly what it says.
#[test]
fn a_saved_plan_has_the_issues_too() {
    let env = prepared();
    let before = issues(&env);
    let simulate = [
        "import",
        "a",
        "--raw-values",
        "--missing-user",
        "ada",
        "-i",
        "b.sqlite",
        "--simulate",
        "--save-plan",
        "plan.json",
    ];
    let said = succeeds(&env, &simulate);
    assert!(said.contains("14 issues") && said.contains("saved the plan"), "{said}");
    let plan: serde_json::Value = serde_json::from_str(&env.read("plan.json")).unwrap();
    assert_eq!(plan["issues"]["archive"], "a");
    assert_eq!(plan["issues"]["sha256"].as_str().unwrap().len(), 64);
    assert_eq!(plan["issues"]["options"], serde_json::json!(["--missing-user", "ada", "--raw-values"]));
    assert_eq!(plan["issues"]["data"]["counts"]["issue"], 14);
    let again = || succeeds(&env, &simulate);
    let text = env.read("plan.json");
    again();
    assert_eq!(env.read("plan.json"), text, "the same bytes");

    // Another archive of that name is not what was reviewed.
    let issue = "a/data/LAB/issues/000001-001000.xml";
    let own = env.read(issue);
    let manifest = env.read("a/manifest.json");
    env.write(issue, own.replacen("<summary>An epic</summary>", "<summary>A saga</summary>", 1));
    succeeds(&env, &["format", "a"]);
    let other = env.run(&["apply", "plan.json", "--yes"]);
    assert!(
        other.contains("`a` is another archive than that of the plan") && other.contains("--- exit 5"),
        "{other}"
    );
    env.write(issue, own);
    env.write("a/manifest.json", manifest);
    std::fs::rename(env.path("a"), env.path("moved")).unwrap();
    let gone = env.run(&["apply", "plan.json", "--yes"]);
    assert!(
        gone.contains("the complete project `a`, which is not there") && gone.contains("--- exit 3"),
        "{gone}"
    );
    std::fs::rename(env.path("moved"), env.path("a")).unwrap();
    // Nor is an edited plan.
    env.write("edited.json", text.replacen("\"issue\": 14", "\"issue\": 13", 1));
    let edited = env.run(&["apply", "edited.json", "--yes"]);
    assert!(edited.contains("by now, other ones would be in ") && edited.contains("--- exit 5"), "{edited}");
    assert_eq!(issues(&env), before);
    assert!(!env.run(&["history", "-i", "b.sqlite"]).contains("import"), "nothing was written");

    let applied = succeeds(&env, &["apply", "plan.json", "--yes"]);
    assert!(applied.contains("applied as run 1") && applied.contains("applied as run 2"), "{applied}");
    succeeds(&env, &["export", "LAB", "YARD", "--complete", "-i", "b.sqlite", "-o", "b/"]);
    let twice = env.run(&["apply", "plan.json", "--yes"]);
    assert!(twice.contains("--- exit 5"), "{twice}");
    succeeds(&env, &["undo", "-i", "b.sqlite", "--yes"]);
    // The configuration is there, so the plan no longer fits; what to do instead is told.
    let half = env.run(&["apply", "plan.json", "--yes"]);
    assert!(half.contains("import a --missing-user ada --raw-values --data-only -i "), "{half}");
    assert!(half.contains("--- exit 5"), "{half}");
    let both =
        env.run(&["import", "a", "-i", "b.sqlite", "--simulate", "--save-plan", "p.json", "--data-only"]);
    assert!(both.contains("`--save-plan` saves both steps") && both.contains("--- exit 2"), "{both}");
}

#[test]
fn a_saved_plan_makes_a_new_backup_with_issues() {
    let env = archived();
    crate::complete_backup::target(&env, true);
    let demo = "target";
    let zone = ["--time-zone", "Europe/Berlin", "--raw-values"];
    let simulate = ["import", "a", "-i", demo, "--simulate", "--save-plan", "plan.json"];
    succeeds(&env, &[&simulate[..], &zone].concat());
    let said = succeeds(&env, &["apply", "plan.json", "-o", "by-plan.zip"]);
    assert!(said.contains("14 issues created"), "{said}");
    succeeds(&env, &[&["import", "a", "-i", demo, "-o", "at-once.zip"][..], &zone].concat());
    for backup in ["by-plan.zip", "at-once.zip"] {
        let to = format!("{backup}-again/");
        let files = format!("{backup}.attachments");
        let export =
            ["export", "LAB", "YARD", "--complete", "-i", backup, "--attachments", &files, "-o", &to];
        succeeds(&env, &[&export[..], &zone[..2]].concat());
    }
    let of = |name: &str| crate::complete_laws::data(&env, name);
    assert_eq!(of("by-plan.zip-again"), of("at-once.zip-again"));
}

/// All forms tell the same plan of both steps; a page is one page.
#[test]
fn plans_of_complete_projects_have_all_forms() {
    let env = prepared();
    let show = |format: &str, more: &[&str]| {
        let look = ["import", "a", "-i", "b.sqlite", "--simulate", "--format", format];
        env.run(&[&look[..], more].concat())
    };
    let markdown = show("markdown", &[]);
    insta::assert_snapshot!(markdown.split_once("### Issues of").map(|(_, own)| own).unwrap(), @r#"
     `b.sqlite`

    | New | |
    |---|---:|
    | affected version | 1 |
    | attachments | 15 |
    | entries of the history | 3 |
    | comments | 10 |
    | components | 2 |
    | issues of epics | 3 |
    | files | 13 |
    | fix versions | 2 |
    | former keys | 2 |
    | issues | 14 |
    | labels | 2 |
    | links | 5 |
    | sub-tasks | 3 |
    | properties | 2 |
    | links to other applications | 2 |
    | places in sprints | 6 |
    | values of custom fields | 29 |
    | voters | 2 |
    | watchers | 3 |
    | worklogs | 4 |

    **To know**

    - 2 attachments come without their files (such as `the archive does not have them`)
    - 2 issues are found by former keys, too (such as `OLDER-5, now LAB-8`)
    - 2 links to issues of other projects (such as `LAB-1 to YARD-1`)
    - 8 mentions of users without an account, kept by their names (such as `charles (watcher of LAB-1)`)
    - 5 values of apps, left out (`--raw-values` writes them as they are stored) (such as `` `Of an app` (LAB-1) ``)
    --- exit 0
    "#);
    let page = show("html", &[]);
    for part in
        ["<h2 id=\"data\">Issues</h2>", ">issues</th><td>14</td>", "To know", "All changes", "</html>"]
    {
        assert!(page.contains(part) || part == "All changes", "{part}: {page}");
    }
    assert_eq!(page.matches("<html").count(), 1);
    assert!(page.contains("--- exit 0"), "{page}");
    // What stands in the way is on it.
    let refused = show("html", &["--missing-user", "<script>nobody"]);
    assert!(refused.contains("In the way") && refused.contains("&lt;script&gt;nobody"), "{refused}");
    assert!(
        refused.contains("Something is in the way of the issues") && refused.contains("--- exit 4"),
        "{refused}"
    );
    let refused = show("markdown", &["--missing-user", "<script>`nobody"]);
    assert!(refused.contains("**In the way**") && refused.contains("``<script>`nobody``"), "{refused}");
    for (format, more, what) in [
        ("sarif", &[][..], "as text, JSON, Markdown or a page"),
        ("html", &["--data-only"], "a page shows both steps of a complete project"),
    ] {
        let said = show(format, more);
        assert!(said.contains(what) && said.contains("--- exit 2"), "{said}");
    }
    let done = env.run(&["import", "a", "-i", "b.sqlite", "--yes", "--format", "html"]);
    assert!(done.contains("a page shows what would be done") && done.contains("--- exit 2"), "{done}");
    // A file takes it, too.
    succeeds(&env, &["import", "a", "-i", "b.sqlite", "--simulate", "--format", "html", "-o", "plan.html"]);
    assert!(env.read("plan.html").contains("<h2 id=\"data\">Issues</h2>"));
}

/// Issues follow a configuration that is imported in part if nothing that they name is left out.
#[test]
fn a_part_of_the_configuration_is_enough_if_it_has_what_issues_name() {
    let add = |env: &Env, what: &str| {
        let text = env.read("a/configuration.xml");
        let end = "  </customFields>\n";
        assert!(text.contains(end), "{text}");
        env.write("a/configuration.xml", text.replacen(end, &format!("{what}{end}"), 1));
        succeeds(env, &["format", "a"]);
    };
    // The instance has a field of that name and another type, so this one is refused; no issue names it.
    let env = prepared();
    add(
        &env,
        "    <customField>\n      <name>Severity</name>\n      <type>com.atlassian.jira.plugin.system.customfieldtypes:select</type>\n    </customField>\n",
    );
    let before = issues(&env);
    let refused = env.run(&IMPORT);
    assert!(refused.contains("--- exit 4") && issues(&env) == before, "{refused}");
    let said = env.run(&[&IMPORT[..], &["--partial"]].concat());
    assert!(said.contains("applied as run 2") && said.contains("--- exit 4"), "{said}");
    assert!(issues(&env).contains("LAB-1"), "{said}");
}
