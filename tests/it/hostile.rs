//! Files that were made to do harm: each gives a clear error, in bounded time, and never a panic.

use std::fs;
use std::time::{Duration, Instant};

use crate::env::Env;

/// Runs `validate` and `format` on a file and returns what `validate` said, in which this code must stand.
#[track_caller]
fn refused(name: &str, content: impl AsRef<[u8]>, code: &str) -> String {
    let env = Env::new();
    env.write(name, &content);
    let start = Instant::now();
    let found = env.run(&["validate", name]);
    let formatted = env.run(&["format", name]);
    assert!(start.elapsed() < Duration::from_secs(60), "{:?}", start.elapsed());
    let shown: String = found.chars().take(2_000).collect();
    assert!(found.contains(&format!("error[{code}]")), "{shown}");
    assert!(found.ends_with("--- exit 1\n"), "{shown}");
    assert!(found.len() < 100_000, "the file is not shown again: {}", found.len());
    assert!(formatted.ends_with("--- exit 3\n"), "{}", &formatted[formatted.len().saturating_sub(500)..]);
    assert!(fs::read(env.path(name)).unwrap() == content.as_ref(), "the file is as it was");
    assert_eq!(env.names(), [name]);
    found
}

fn project(inside: &str) -> String {
    format!(
        "<projectConfig formatVersion=\"1\"><projects><project><key>A</key><name>{inside}</name></project></projects></projectConfig>"
    )
}

#[test]
fn entity_bomb() {
    let mut bomb = String::from("<!DOCTYPE projectConfig [<!ENTITY a0 \"ha\">");
    for level in 1..40 {
        bomb.push_str(&format!("<!ENTITY a{level} \"&a{};&a{};\">", level - 1, level - 1));
    }
    bomb.push_str("]>");
    bomb.push_str(&project("&a39;"));
    let found = refused("a.xml", &bomb, "doctype");
    assert!(found.contains("error[entity]: there is no entity `&a39;`"), "{found}");
}

#[test]
fn external_entity() {
    let env = Env::new();
    env.write("secret.txt", "the secret");
    let secret = env.path("secret.txt");
    let text = format!(
        "<!DOCTYPE projectConfig [<!ENTITY x SYSTEM \"file://{}\">]>{}",
        secret.display(),
        project("&x;")
    );
    let found = refused("a.xml", text, "doctype");
    assert!(!found.contains("the secret"), "{found}");
}

#[test]
fn elements_nested_very_deep() {
    let deep = format!("{}{}", "<a>".repeat(100_000), "</a>".repeat(100_000));
    refused("a.xml", project(&deep), "unknown-element");
    let open = "<projectConfig>".repeat(100_000);
    refused("a.xml", open, "misplaced");
}

#[test]
fn conditions_nested_very_deep() {
    let transition = "<transition><transitionId>1</transitionId><name>T</name><type>common</type>";
    let text = format!(
        "<projectConfig formatVersion=\"1\"><projects/><workflowEntries><workflowEntry><name>W</name>{transition}{}{}\
         </transition></workflowEntry></workflowEntries></projectConfig>",
        "<conditions>".repeat(100_000),
        "</conditions>".repeat(100_000)
    );
    refused("a.xml", text, "too-deep");
}

#[test]
fn a_very_large_attribute_and_text() {
    let large = "x".repeat(40_000_000);
    let found = refused("a.xml", format!("<projectConfig formatVersion=\"{large}\"/>"), "wrong-value");
    assert!(found.len() < 10_000, "{}", found.len());
    let found = refused("a.xml", format!("<projectConfig {large}=\"1\"/>"), "unknown-attribute");
    assert!(found.len() < 10_000, "{}", found.len());
}

#[test]
fn a_very_long_line_with_many_problems() {
    let text = project(&"</name><nmae/><name>".repeat(100_000));
    refused("a.xml", text, "unknown-element");
    let many: String = (0..50_000)
        .map(|at| format!("<component><name>c{at}</name><componentLead>u{at}</componentLead></component>"))
        .collect();
    let text = format!(
        "<projectConfig formatVersion=\"1\"><projects><project><key>A</key><name>A</name><components>{many}</components></project></projects></projectConfig>"
    );
    let env = Env::new();
    env.write("a.xml", text);
    let start = Instant::now();
    let found = env.run(&["validate", "--format", "json", "a.xml"]);
    // The first thousand are listed, and all are counted.
    assert!(found.contains("49001 more problems are not listed"));
    assert!(found.ends_with("50000 errors in 1 file; 1 warning\n--- exit 1\n"));
    assert!(start.elapsed() < Duration::from_secs(60), "{:?}", start.elapsed());
}

#[test]
fn bytes_that_are_no_text() {
    let text = project("name").into_bytes();
    let broken: Vec<u8> = text.iter().map(|&byte| if byte == b'A' { 0xff } else { byte }).collect();
    refused("a.xml", broken, "not-utf8");
    refused("a.xml", project("a\0b"), "forbidden-character");
    // With a byte order mark it is what PowerShell writes, and is read.
    let wide: Vec<u8> = project("x").encode_utf16().flat_map(u16::to_le_bytes).collect();
    refused("a.xml", wide, "forbidden-character");
    refused("a.xml", [0; 100_000], "forbidden-character");
}

#[test]
fn declarations_of_something_else() {
    for wrong in ["version=\"1.1\"", "version=1.0", "version=\"1.0\" encoding=UTF-8", "encoding=\"UTF-8\""] {
        refused("a.xml", format!("<?xml {wrong}?>\n{}", project("name")), "declaration");
    }
}

#[test]
fn files_that_end_too_early() {
    refused("a.xml", "", "no-root");
    refused("a.xml", "\u{feff}", "no-root");
    let whole = project("name");
    for end in 1..whole.len() {
        let found = {
            let env = Env::new();
            env.write("a.xml", &whole[..end]);
            // Most of this is about the reader, which is quick; a few lengths show that the command copes too.
            if end % 40 != 0 {
                continue;
            }
            env.run(&["validate", "a.xml"])
        };
        assert!(found.ends_with("--- exit 1\n"), "{end}: {found}");
    }
    refused("a.xml", "<projectConfig formatVersion=\"1\"><projects>", "truncated");
}

#[test]
fn a_file_that_is_too_large_is_not_read() {
    let env = Env::new();
    let file = fs::File::create(env.path("a.xml")).unwrap();
    file.set_len(pcfg::xml::MAX_BYTES + 1).unwrap();
    let start = Instant::now();
    insta::assert_snapshot!(env.run(&["validate", "a.xml"]), @"
    --- stderr
    error: `a.xml` is larger than 512 MiB, the most that pcfg reads
    --- exit 3
    ");
    assert!(env.run(&["format", "a.xml"]).ends_with("--- exit 3\n"));
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
}

/// What is made of a small text can be large, so that files of settings and the like have bounds of their own.
#[test]
fn settings_and_mapping_files_have_bounds_of_their_own() {
    let env = Env::new();
    let file = fs::File::create(env.path("map.toml")).unwrap();
    file.set_len((64 << 20) + 1).unwrap();
    env.write("a.xml", fs::read(crate::env::testdata("valid/small.xml")).unwrap());
    let backup = crate::env::testdata("backup/demo");
    let backup = backup.to_str().unwrap();
    let said = env.run(&["import", "a.xml", "-i", backup, "--map", "map.toml", "--simulate"]);
    assert!(
        said.contains("`map.toml` is larger than 64 MiB, the most that pcfg reads of a mapping file"),
        "{said}"
    );
    let settings = fs::File::create(env.path("pcfg.toml")).unwrap();
    settings.set_len((1 << 20) + 1).unwrap();
    let said = env.run(&["instance", "list"]);
    assert!(said.contains("is larger than 1 MiB, the most that pcfg reads of settings"), "{said}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_file_without_end_is_not_read_to_its_end() {
    let env = Env::new();
    let found = env.run(&["validate", "/dev/zero"]);
    assert!(found.contains("is larger than 512 MiB") && found.ends_with("--- exit 3\n"), "{found}");
}

#[cfg(unix)]
#[test]
fn a_loop_of_links() {
    let env = Env::new();
    env.write("config/a.xml", fs::read(crate::env::testdata("valid/small.xml")).unwrap());
    std::os::unix::fs::symlink("..", env.path("config/loop")).unwrap();
    std::os::unix::fs::symlink("self.xml", env.path("config/self.xml")).unwrap();
    assert_eq!(env.run(&["validate", "config"]), "--- stderr\nno errors in 1 file\n--- exit 0\n");
    let found = env.run(&["format", "config/self.xml"]);
    assert!(found.contains("cannot read `config/self.xml`") && found.ends_with("--- exit 3\n"), "{found}");
}

#[cfg(unix)]
#[test]
fn a_file_that_may_not_be_read() {
    use std::os::unix::fs::PermissionsExt as _;
    let env = Env::new();
    env.write("config/a.xml", "<projectConfig/>");
    let path = env.path("config/a.xml");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o0)).unwrap();
    if fs::read(&path).is_ok() {
        crate::skip::skipped(crate::skip::Need::OrdinaryUser, "root may read every file");
        return;
    }
    insta::assert_snapshot!(env.run(&["validate", "config"]), @"
    --- stderr
    error: cannot read `config/a.xml`
    caused by: permission denied
    --- exit 3
    ");
}
