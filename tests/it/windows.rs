//! What people on Windows bring: files that PowerShell has written, drive letters, line ends.

use insta::assert_snapshot;

use crate::env::Env;

/// Returns a text as PowerShell 5 writes what it redirects.
fn redirected(text: &str) -> Vec<u8> {
    let lines = text.replace('\n', "\r\n");
    [0xff, 0xfe].into_iter().chain(lines.encode_utf16().flat_map(u16::to_le_bytes)).collect()
}

#[test]
fn a_file_that_powershell_has_written_is_read() {
    let env = Env::new();
    env.run(&["instance", "init", "jira.sqlite", "-q"]);
    env.run(&["export", "DEMO", "-q", "-i", "jira.sqlite", "-o", "demo.xml"]);
    let text = env.read("demo.xml");
    env.write("config/other.xml", redirected(&text));
    assert_eq!(env.run(&["diff", "demo.xml", "config"]), "--- stderr\nno differences\n--- exit 0\n");
    assert!(env.run(&["validate", "config"]).ends_with("--- exit 0\n"));
    assert!(
        env.run(&["import", "config/other.xml", "-n", "--exit-code", "-i", "jira.sqlite"])
            .ends_with("--- exit 0\n")
    );
    // The canonical form is UTF-8 with plain line ends.
    assert!(env.run(&["format", "--check", "config"]).ends_with("--- exit 1\n"));
    assert!(env.run(&["format", "config"]).ends_with("--- exit 0\n"));
    assert_eq!(env.read("config/other.xml"), text);
    env.write(
        "pcfg.toml",
        redirected("default = 'own'\n[instances.own]\npath = 'jira.sqlite'\nmap = 'names.toml'\n"),
    );
    env.write("names.toml", redirected("[status]\nOpen = 'skip'\n"));
    assert!(env.run(&["import", "demo.xml", "-n"]).ends_with("--- exit 0\n"));
    // Half a character is no text.
    let mut cut = redirected(&text);
    cut.pop();
    env.write("cut.xml", cut);
    assert!(env.run(&["validate", "cut.xml"]).contains("error[not-utf8]"));
}

#[test]
fn lines_of_windows_are_the_same_configuration() {
    let env = Env::new();
    env.run(&["instance", "init", "jira.sqlite", "-q"]);
    env.run(&["export", "DEMO", "-q", "-i", "jira.sqlite", "-o", "demo.xml"]);
    env.write("crlf.xml", env.read("demo.xml").replace('\n', "\r\n"));
    assert_eq!(env.run(&["diff", "demo.xml", "crlf.xml"]), "--- stderr\nno differences\n--- exit 0\n");
}

#[test]
fn a_drive_is_no_revision() {
    let env = Env::new();
    for word in ["C:\\jira\\gone.xml", "C:/jira/gone.xml"] {
        let told = env.run(&["diff", word, word]);
        assert!(told.contains(&format!("there is no file `{word}`")) && !told.contains("git"), "{told}");
    }
    assert_snapshot!(env.run(&["instance", "show", "-i", "C:\\jira\\gone.zip"]), @r"
    --- stderr
    error: there is no file `C:\jira\gone.zip`
    --- exit 3
    ");
}
