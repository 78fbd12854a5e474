//! The report of an import as a page: what is in it, and how it behaves in a real browser.

use serde_json::json;

use crate::browser::Browser;
use crate::env::{Env, testdata};

/// A name that does harm wherever it is taken for anything but a name.
const HOSTILE: &str = "Tested &lt;script&gt;alert(1)&lt;/script&gt;&lt;/details&gt;\"'`|";

const STATUS: &str = "\
    </status>
    <status>
      <name>HOSTILE</name>
      <description>Somebody has looked
at it, in
three lines</description>
      <category>inProgress</category>
    </status>
";

const STEP: &str = "\
      <step>
        <name>In Review</name>
        <status>In Review</status>
      </step>
      <step>
        <name>HOSTILE</name>
        <status>HOSTILE</status>
      </step>
      <step>
        <name>Open</name>
";

const TRANSITION: &str = "\
      <transition>
        <transitionId>31</transitionId>
        <name>HOSTILE</name>
        <type>step</type>
        <from position=\"2\">In Review</from>
        <to>HOSTILE</to>
      </transition>
      <transition>
        <transitionId>11</transitionId>
";

/// An embedded instance, and the export of one of its two projects with a workflow that changes in every way, a scheme that
/// both projects use, and a new status.
fn with_changes() -> Env {
    let mut env = Env::new();
    env.set("USER", "ada");
    env.set("PCFG_INSTANCE", "jira.sqlite");
    let backup = testdata("backup/demo");
    let loaded = env.run(&["instance", "load", backup.to_str().unwrap(), "--into", "jira.sqlite", "-q"]);
    assert_eq!(loaded, "--- exit 0\n");
    assert_eq!(env.run(&["export", "DEMO", "-q", "-o", "demo.xml"]), "--- exit 0\n");
    let mut text = env.read("demo.xml");
    let step = STEP.find("      <step>\n        <name>HOSTILE").unwrap();
    let edits = [
        ("    </status>\n".to_owned(), STATUS.to_owned()),
        (format!("{}      <step>\n        <name>Open</name>\n", &STEP[..step]), STEP.to_owned()),
        ("      <transition>\n        <transitionId>11</transitionId>\n".to_owned(), TRANSITION.to_owned()),
        (
            "        <from position=\"1\">Open</from>\n        <to>Closed".to_owned(),
            "        <to>Closed".to_owned(),
        ),
        ("<from position=\"2\">Open".to_owned(), "<from position=\"1\">Open".to_owned()),
        ("<value>closed &amp; billed".to_owned(), "<value>closed &amp; paid".to_owned()),
        ("Any new projects that are created".to_owned(), "All new projects".to_owned()),
    ];
    for (from, to) in edits {
        assert!(text.contains(&from), "the export holds {from}");
        text = text.replacen(&from, &to.replace("HOSTILE", HOSTILE), 1);
    }
    env.write("demo.xml", text);
    assert_eq!(env.run(&["format", "-q", "demo.xml"]), "--- exit 0\n");
    env
}

/// Writes the report and returns it.
fn report(env: &Env) -> String {
    let shown = env.run(&["import", "demo.xml", "--simulate", "--format", "html"]);
    let text = shown.strip_suffix("--- exit 0\n").unwrap_or_else(|| panic!("{shown}")).to_owned();
    env.write("report.html", &text);
    text
}

#[test]
fn a_report_is_one_page_that_names_cannot_break() {
    let env = with_changes();
    let text = report(&env);
    assert_eq!(text, report(&env), "the same plan gives the same page");
    assert!(text.starts_with("<!DOCTYPE html><html lang=\"en\">"));
    let policy = "http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-";
    assert!(text.contains(policy));
    assert_eq!(text.matches("<script").count(), 1, "the page's own");
    for outside in [" src=", "@import", "url(", " style=", " onclick=", "<link", "<iframe"] {
        assert!(!text.contains(outside), "{outside}");
    }
    let opened = text.matches("<details").count();
    assert_eq!(opened, text.matches("</details>").count());
    for told in
        ["1 object to create, 2 objects to change", "OPS", "Demo workflow", "Default Permission Scheme"]
    {
        assert!(text.contains(told), "{told}");
    }
    // What changes in the workflow, as it was, and as it will be.
    assert_eq!(text.matches("<svg").count(), 3);
}

#[test]
fn what_is_refused_is_told_first() {
    let env = with_changes();
    // A name that is nearly that of another status.
    let near = "    </status>\n    <status>\n      <name>open</name>\n      <category>toDo</category>\n    </status>\n";
    env.write("demo.xml", env.read("demo.xml").replacen("    </status>\n", near, 1));
    assert_eq!(env.run(&["format", "-q", "demo.xml"]), "--- exit 0\n");
    let shown = env.run(&["import", "demo.xml", "--simulate", "--format", "html"]);
    let page = shown.strip_suffix("--- exit 4\n").unwrap_or_else(|| panic!("{shown}"));
    let at = |text: &str| page.find(text).unwrap_or_else(|| panic!("the page holds {text}"));
    assert!(at("Something is refused") < at("id=\"part-0-refused\""));
    assert!(at("id=\"part-0-refused\"") < at("id=\"part-0-changed\""));
    assert!(page.contains("What to do: "));
}

#[test]
fn differences_have_pages_too_and_each_of_several_files_its_part() {
    let env = with_changes();
    std::fs::create_dir(env.path("config")).unwrap();
    assert_eq!(env.run(&["export", "DEMO", "-q", "-o", "config/DEMO.xml"]), "--- exit 0\n");
    assert_eq!(env.run(&["export", "OPS", "-q", "-o", "config/OPS.xml"]), "--- exit 0\n");
    let difference = env.run(&["diff", "config/DEMO.xml", "demo.xml", "--format", "html"]);
    assert!(difference.contains("<h1>config/DEMO.xml → demo.xml</h1>"), "{difference}");
    assert!(difference.contains("This is how they differ."));
    // Statuses are coloured by their categories although most of them do not differ.
    assert!(difference.contains("<rect class=\"done same\""));
    let same = env.run(&["diff", "config/DEMO.xml", "config/DEMO.xml", "--format", "html"]);
    assert!(same.contains("No differences.") && !same.contains("id=\"tools\""));
    for file in ["config/DEMO.xml", "config/OPS.xml"] {
        env.write(file, env.read(file).replace("Any new projects that are created", "All new projects"));
    }
    let drift = env.run(&["drift", "config", "--format", "html"]);
    assert!(drift.contains("<h1>2 files → "), "{drift}");
    let [demo, ops] =
        ["DEMO", "OPS"].map(|key| drift.find(&format!("<bdi>config/{key}.xml</bdi></h2>")).unwrap());
    assert!(demo < ops);
}

/// The same input gives the same page; only who asks gets one that says when it was made, and by whom.
#[test]
fn a_page_says_when_it_was_made_only_where_that_is_asked() {
    let env = with_changes();
    let page = |stamp: &[&str], name: &str| {
        let import = ["import", "demo.xml", "--simulate", "-q", "-o", name];
        assert_eq!(env.run(&[&import, stamp].concat()), "--- exit 0\n");
        env.read(name)
    };
    let (plain, stamped) = (page(&[], "plain.html"), page(&["--stamp"], "stamped.html"));
    assert!(stamped.contains("<dt>Made</dt>") && stamped.contains("Z by ada on "), "{stamped}");
    assert!(!plain.contains("<dt>Made</dt>"));
    assert_eq!(plain, page(&[], "again.html"));
    let difference = env.run(&["diff", "demo.xml", "-i", "jira.sqlite", "--stamp", "--format", "html"]);
    assert!(difference.contains("Z by ada on "), "{difference}");
    insta::assert_snapshot!(env.run(&["diff", "demo.xml", "-i", "jira.sqlite", "--stamp"]), @"
    --- stderr
    error: only a page of HTML says when it was made, and by whom
    hint: make a page: add `--format html`
    --- exit 2
    ");
}

/// Returns what is wrong with the structure of the page, for keyboards and screen readers.
const STRUCTURE: &str = r#"
const wrong = [];
const all = selector => [...document.querySelectorAll(selector)];
for (const [selector, count] of [["main", 1], ["h1", 1], ["body > header", 1], ["body > footer", 1], ["nav[aria-labelledby]", 1], ["[role=search][aria-label]", 1]])
  if (all(selector).length !== count) wrong.push(`${selector}: ${all(selector).length}`);
let last = 0;
for (const heading of all("h1, h2, h3, h4, h5, h6")) {
  const level = Number(heading.tagName[1]);
  // The tree stands before the first heading of the main part.
  if (level > last + 1) wrong.push(`h${level} behind h${last}: ${heading.textContent}`);
  last = level;
}
const ids = all("[id]").map(element => element.id);
for (const id of ids) if (ids.indexOf(id) !== ids.lastIndexOf(id)) wrong.push(`two of ${id}`);
for (const link of all("a")) if (!document.getElementById(link.hash.slice(1))) wrong.push(`${link.hash} leads nowhere`);
for (const field of all("input, select")) if (!field.labels.length) wrong.push(`${field.id || field.name} has no label`);
for (const own of all("[aria-labelledby]")) if (!document.getElementById(own.getAttribute("aria-labelledby"))) wrong.push("no label");
for (const button of all("button, summary, a")) if (!button.textContent.trim()) wrong.push(`${button.outerHTML} says nothing`);
for (const svg of all("svg")) if (!svg.querySelector("title").textContent || svg.getAttribute("role") !== "img") wrong.push("an unnamed drawing");
if (!document.title) wrong.push("no title");
return wrong;
"#;

/// Returns the texts with less contrast than WCAG 2 demands of level AA.
const CONTRAST: &str = r#"
const parse = color => color.match(/[\d.]+/g).map(Number);
const light = ([r, g, b]) => {
  const [x, y, z] = [r, g, b].map(c => (c /= 255) <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4);
  return .2126 * x + .7152 * y + .0722 * z;
};
const ground = element => {
  for (; element; element = element.parentElement) {
    const [r, g, b, a = 1] = parse(getComputedStyle(element).backgroundColor);
    if (a === 1) return [r, g, b];
    if (a > 0) throw new Error("half transparent");
  }
  return [255, 255, 255];
};
const weak = new Set();
const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (texts.nextNode()) {
  const element = texts.currentNode.parentElement;
  if (!texts.currentNode.data.trim() || element.closest("script, svg, .spoken") || !element.checkVisibility()) continue;
  const [a, b] = [light(parse(getComputedStyle(element).color)), light(ground(element))].sort((a, b) => b - a);
  const ratio = (a + .05) / (b + .05);
  if (ratio < 4.5) weak.add(`${element.tagName}.${element.className} ${ratio.toFixed(2)}: ${texts.currentNode.data.trim().slice(0, 30)}`);
}
return [...weak];
"#;

const SHOWN: &str =
    "[...document.querySelectorAll('details.object')].filter(own => own.checkVisibility()).length";

#[test]
fn a_report_in_a_browser() {
    let Some(browser) = Browser::start() else { return };
    let env = with_changes();
    report(&env);
    let path = env.path("report.html");
    let _start_page = browser.requests();
    browser.open(&path);
    browser.wait("!document.getElementById('tools').hidden");
    assert_eq!(browser.run(STRUCTURE), json!([]));
    assert_eq!(browser.text(SHOWN), "3");

    filters_and_search(&browser);
    keyboard(&browser);
    pictures(&browser);

    for scheme in ["light", "dark"] {
        let feature = json!({ "name": "prefers-color-scheme", "value": scheme });
        browser.command("Emulation.setEmulatedMedia", &json!({ "features": [feature] }));
        browser.click("#open");
        let ground = browser.text("getComputedStyle(document.body).backgroundColor");
        let first: u32 = ground.trim_start_matches("rgb(").split(',').next().unwrap().parse().unwrap();
        assert_eq!(first < 64, scheme == "dark", "{scheme}: {ground}");
        assert_eq!(browser.run(CONTRAST), json!([]), "{scheme}");
    }

    // The width of a small telephone, and of a page that is enlarged four times.
    let narrow = json!({ "width": 320, "height": 640, "deviceScaleFactor": 1, "mobile": false });
    browser.command("Emulation.setDeviceMetricsOverride", &narrow);
    let [wide, room] =
        ["scrollWidth", "clientWidth"].map(|own| browser.text(&format!("document.documentElement.{own}")));
    assert_eq!(wide, room, "nothing stands out to the side");
    browser.command("Emulation.clearDeviceMetricsOverride", &json!({}));

    // On paper all is open, and there is nothing to press.
    browser.click("#close");
    browser.command("Emulation.setEmulatedMedia", &json!({ "media": "print" }));
    let closed = "[...document.querySelectorAll('details.object .body')].filter(own => !own.checkVisibility({ contentVisibilityAuto: true }))";
    // The medium changes with the next frame.
    browser.wait(&format!("{closed}.length === 0"));
    assert_eq!(browser.text("document.querySelector('.side').checkVisibility()"), "false");
    assert_eq!(
        browser.text("[...document.querySelectorAll('figure')].every(own => own.checkVisibility())"),
        "true"
    );
    browser.command("Emulation.setEmulatedMedia", &json!({ "media": "" }));

    assert_eq!(browser.console(), Vec::<String>::new());
    let own = format!("file://{}", path.display());
    // What a browser draws by itself, it takes from an address that is its own content: nobody is asked for it.
    let requests: Vec<_> = browser.requests().into_iter().filter(|url| !url.starts_with("data:")).collect();
    assert!(
        !requests.is_empty() && requests.iter().all(|url| *url == own),
        "only the page itself: {requests:?}"
    );

    without_scripts(&browser);
}

fn filters_and_search(browser: &Browser) {
    let told = "document.getElementById('told').textContent";
    browser.click("input[value=added]");
    assert_eq!(
        (browser.text(SHOWN), browser.text(told)),
        ("2".to_owned(), "2 of 3 objects shown".to_owned())
    );
    browser.click("#touching");
    assert_eq!(
        (browser.text(SHOWN), browser.text(told)),
        ("1".to_owned(), "1 of 3 objects shown".to_owned())
    );
    assert_eq!(
        browser.text("[...document.querySelectorAll('nav a')].filter(own => own.checkVisibility()).length"),
        "1"
    );
    browser.click("#reset");
    assert_eq!((browser.text(SHOWN), browser.text(told)), ("3".to_owned(), "3 objects shown".to_owned()));
    // A value of an object that is closed: it is found, and it is opened.
    assert_eq!(browser.text("document.querySelector('[data-fate=added]').open"), "false");
    browser.write("#query", "THREE  lines");
    browser.wait(&format!("{told} === '1 of 3 objects shown'"));
    assert_eq!(browser.text("document.querySelector('[data-fate=added]').open"), "true");
    assert_eq!(browser.text("CSS.highlights.get('found').size"), "2");
    browser.write("#query", " nowhere");
    browser.wait("document.getElementById('nothing').checkVisibility()");
    assert_eq!(browser.text(SHOWN), "0");
    browser.click("#reset");
    assert_eq!(browser.text(SHOWN), "3");
    assert_eq!(browser.text("document.querySelector('[data-fate=added]').open"), "false", "as it was before");
    // A link leads to a closed object and opens it.
    browser.click("nav li:last-child a[href='#object-3']");
    browser.wait("document.querySelector('[data-fate=added]').open");
}

fn keyboard(browser: &Browser) {
    const TAB: char = '\u{e004}';
    const ENTER: char = '\u{e007}';
    browser.reload();
    browser.wait("!document.getElementById('tools').hidden");
    browser.run(
        "history.replaceState(null, '', location.pathname); scrollTo(0, 0); document.activeElement.blur();",
    );
    browser.reload();
    browser.press(TAB);
    assert_eq!(browser.text("document.activeElement.className"), "skip");
    assert_eq!(browser.text("document.activeElement.getBoundingClientRect().top >= 0"), "true");
    let mut reached = Vec::new();
    for _ in 0..60 {
        browser.press(TAB);
        let seen = browser.run(
            "const own = document.activeElement; if (own === document.body) return null; \
             const style = getComputedStyle(own); \
             return [own.id || own.className || own.tagName, own.tagName, own.checkVisibility(), style.outlineStyle, parseFloat(style.outlineWidth) >= 2];",
        );
        if seen.is_null() {
            break;
        }
        assert_eq!([&seen[2], &seen[4]], [&json!(true), &json!(true)], "focus is seen: {seen}");
        assert_ne!(seen[3], json!("none"), "focus is seen: {seen}");
        reached.push(seen[0].as_str().unwrap().to_owned());
    }
    for control in ["query", "touching", "kind", "open", "close", "reset", "SUMMARY", "both", "drawing"] {
        assert!(reached.iter().any(|own| own == control), "{control} is reached: {reached:?}");
    }
    // The first link leads past all controls.
    browser.run("document.querySelector('.skip').focus();");
    browser.press(ENTER);
    assert_eq!(browser.text("document.activeElement.id"), "changes");
    browser.run("document.querySelector('details.object > summary').focus();");
    let is_open = "document.querySelector('details.object').open";
    assert_eq!(browser.text(is_open), "true");
    browser.press(' ');
    assert_eq!(browser.text(is_open), "false");
    browser.press(ENTER);
    assert_eq!(browser.text(is_open), "true");
}

fn pictures(browser: &Browser) {
    const RIGHT: char = '\u{e014}';
    let seen = "[...document.querySelectorAll('figure')].filter(own => own.checkVisibility()).map(own => own.className).join()";
    assert_eq!(browser.text(seen), "both");
    browser.run("document.querySelector('input.both').focus();");
    browser.press(RIGHT);
    assert_eq!(browser.text(seen), "before");
    browser.press(RIGHT);
    assert_eq!(browser.text(seen), "after");
    browser.press(RIGHT);
    assert_eq!(browser.text(seen), "both");
    let marks =
        "['added', 'removed', 'changed'].every(mark => document.querySelector(`figure.both path.${mark}`))";
    assert_eq!(browser.text(marks), "true");
    assert_eq!(browser.text("document.querySelector('figure.before path.added')"), "null");
}

fn without_scripts(browser: &Browser) {
    browser.command("Emulation.setScriptExecutionDisabled", &json!({ "value": true }));
    browser.reload();
    assert_eq!(
        browser.text("document.getElementById('tools').checkVisibility()"),
        "false",
        "what cannot work is not shown"
    );
    assert_eq!(browser.text(SHOWN), "3");
    assert_eq!(browser.text("document.querySelector('figure.before').checkVisibility()"), "false");
    assert_eq!(browser.text("document.querySelector('[data-fate=added]').open"), "false");
    browser.click("[data-fate=added] > summary");
    assert_eq!(browser.text("document.querySelector('[data-fate=added]').open"), "true");
    browser.click("input.before");
    assert_eq!(browser.text("document.querySelector('figure.before').checkVisibility()"), "true");
}
