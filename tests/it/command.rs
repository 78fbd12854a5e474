//! Tests of the command line: every command, every option, every way to end.

use std::fs;
use std::io::Read as _;
use std::process::Stdio;

use insta::assert_snapshot;

use crate::env::{Env, testdata};

/// An environment with the small backup in it.
pub(crate) fn with_backup() -> Env {
    let env = Env::new();
    env.write("backup.xml", fs::read(testdata("backup/small.xml")).unwrap());
    env
}

/// An environment with a configuration that is not canonical, and one that is.
pub(crate) fn with_files() -> Env {
    let env = Env::new();
    let canonical = fs::read_to_string(testdata("valid/small.xml")).unwrap();
    env.write("config/draft.xml", canonical.replace("  ", "\t"));
    env.write("config/good.xml", &canonical);
    env.write("config/other.xml", "<entity-engine-xml/>");
    env.write("config/notes.txt", "<projectConfig/>");
    env.write("config/.hidden/bad.xml", "<projectConfig>");
    env
}

/// Returns the lines of a result behind those of standard output.
pub(crate) fn talk(result: &str) -> &str {
    &result[result.find("---").unwrap()..]
}

#[test]
fn export_writes_to_standard_output() {
    let env = with_backup();
    let result = env.run(&["export", "TST", "-i", "backup.xml"]);
    assert!(result.starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<projectConfig "), "{result}");
    assert!(result.contains("<key>TST</key>") && !result.contains("<key>OPS</key>"), "{result}");
    assert!(result.contains("--- stderr\nexported 1 project and "), "{result}");
    assert!(result.ends_with("--- exit 0\n"), "{result}");
    let validated = env.run_with(&["validate", "-q"], result.split("--- ").next().unwrap());
    assert!(validated.ends_with("--- exit 0\n"), "{validated}");
    assert!(validated.contains("warning[incomplete]") && !validated.contains("error"), "{validated}");
}

#[test]
fn export_writes_a_file_whole_or_not_at_all() {
    let env = with_backup();
    assert!(env.run(&["export", "--all", "-i", "backup.xml", "-o", "out.xml", "-q"]) == "--- exit 0\n");
    let first = env.read("out.xml");
    assert!(first.ends_with("</projectConfig>\n") && first.contains("<key>OPS</key>"), "{first}");
    assert_eq!(env.run(&["export", "--all", "-i", "backup.xml", "-q", "-o", "-"]), first + "--- exit 0\n");
    env.write("out.xml", "<projectConfig/>");
    assert_snapshot!(env.run(&["export", "TSX", "-i", "backup.xml", "-o", "out.xml"]), @"
    --- stderr
    error: the instance has no project `TSX`
    hint: did you mean `TST`?
    --- exit 3
    ");
    assert_eq!(env.read("out.xml"), "<projectConfig/>");
    assert_eq!(env.names(), ["backup.xml", "out.xml"]);
}

#[test]
fn export_names_all_unknown_projects_at_once() {
    let env = with_backup();
    assert_snapshot!(env.run(&["export", "TXT", "OPS", "nothing", "-i", "backup.xml"]), @"
    --- stderr
    error: the instance has no project `TXT`
    hint: did you mean `TST`?
    error: the instance has no project `nothing`
    hint: it has `OPS`, `TST`
    --- exit 3
    ");
}

#[test]
fn export_without_a_project_says_how() {
    assert_snapshot!(with_backup().run(&["export", "-i", "backup.xml"]), @"
    --- stderr
    error: no project is named
    hint: name the keys of projects, as in `pcfg export TST`, or use `--all`
    hint: `pcfg instance show -i backup.xml` lists them
    --- exit 2
    ");
    assert!(with_backup().run(&["export", "TST", "--all"]).ends_with("--- exit 2\n"));
}

#[test]
fn export_takes_the_options_of_the_selection() {
    let env = with_backup();
    let export = |option: &[&str]| env.run(&[&["export", "TST", "-q", "-i", "backup.xml"], option].concat());
    let full = export(&[]);
    assert!(full.contains("<users>") && full.contains("customFields=\"usedIgnoringValues\""), "{full}");
    let none = export(&["--users", "none"]);
    assert!(!none.contains("<users>") && none.contains(" users=\"none\""), "{none}");
    assert!(export(&["--users", "ignore-invalid"]).contains(" users=\"ignoreInvalid\""));
    assert!(export(&["--custom-fields", "used"]).contains("customFields=\"used\""));
    assert!(!export(&["--custom-fields", "all"]).contains("customFields="));
    for value in ["none", "global", "projects", "global-or-projects", "shared", "all"] {
        assert!(export(&["--filters", value, "--dashboards", value]).ends_with("--- exit 0\n"), "{value}");
    }
    for value in ["none", "projects", "all"] {
        assert!(export(&["--boards", value]).ends_with("--- exit 0\n"), "{value}");
    }
    assert!(export(&["--boards", "some"]).ends_with("--- exit 2\n"));
}

#[test]
fn export_tells_what_is_odd_grouped_by_cause() {
    let env = Env::new();
    let priorities: String = (1..=8)
        .map(|at| format!("<Priority id=\"{at}\" sequence=\"{at}\" name=\"P{}\"/>", (at + 1) / 2))
        .collect();
    env.write("backup.xml", format!("<entity-engine-xml>{priorities}</entity-engine-xml>"));
    let result = env.run(&["export", "--all", "-i", "backup.xml"]);
    assert_snapshot!(talk(&result), @r#"
    --- stderr
    warning: 4 objects have the same identity as another
      /priority[P1], and 3 more places: several objects have this identity; in the order of their age this one is marked duplicate="2"
    exported 0 projects and 8 other objects; 4 warnings
    --- exit 0
    "#);
    let result = env.run(&["export", "--all", "-i", "backup.xml", "-v"]);
    assert!(!result.contains("(-v shows"), "{result}");
    assert_eq!(result.matches("priority[P").count(), 4, "{result}");
    assert!(!env.run(&["export", "--all", "-i", "backup.xml", "-q"]).contains("--- stderr"));
}

#[test]
fn an_output_that_cannot_be_written_is_told() {
    let env = with_backup();
    assert_snapshot!(env.run(&["export", "--all", "-i", "backup.xml", "-o", "no/such/folder.xml"]), @"
    --- stderr
    error: cannot write `no/such/folder.xml`
    hint: create the folder `no/such` first
    --- exit 7
    ");
    assert_snapshot!(env.run(&["export", "--all", "-i", "backup.xml", "-o", "."]), @"
    --- stderr
    error: cannot write `.`
    hint: name a file in it
    --- exit 7
    ");
}

#[cfg(target_os = "linux")]
#[test]
fn an_output_that_cannot_be_written_is_told_before_the_work() {
    let env = with_backup();
    let export = |file| env.run(&["export", "TST", "-i", "no-backup.xml", "-o", file]);
    assert_snapshot!(export("folder/"), @"
    --- stderr
    error: cannot write `folder/`
    hint: name a file in it
    --- exit 7
    ");
    env.write("locked.xml", "");
    let mut permissions = fs::metadata(env.path("locked.xml")).unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(env.path("locked.xml"), permissions).unwrap();
    assert_snapshot!(export("locked.xml"), @"
    --- stderr
    error: cannot write `locked.xml`
    caused by: the file is write-protected
    --- exit 7
    ");
}

#[test]
fn a_full_disk_is_told() {
    let env = with_backup();
    assert_snapshot!(env.run(&["export", "--all", "-i", "backup.xml", "-o", "/dev/full"]), @"
    --- stderr
    error: cannot write `/dev/full`
    caused by: no space left on device
    --- exit 7
    ");
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let command = env.command(&["export", "--all", "-i", "backup.xml"]).stdout(full).output().unwrap();
    assert_eq!(command.status.code(), Some(7));
    let stderr = String::from_utf8(command.stderr).unwrap();
    assert_eq!(stderr, "error: cannot write to standard output\ncaused by: no space left on device\n");
    for talk in [["help", "export"], ["export", "--help"], ["man", "--quiet"], ["completions", "zsh"]] {
        let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        assert_eq!(env.command(&talk).stdout(full).status().unwrap().code(), Some(7), "{talk:?}");
    }
}

#[test]
fn a_reader_that_goes_away_is_no_fault() {
    let env = Env::new();
    let priorities: String =
        (1..=20_000).map(|at| format!("<Priority id=\"{at}\" sequence=\"{at}\" name=\"P{at}\"/>")).collect();
    env.write("backup.xml", format!("<entity-engine-xml>{priorities}</entity-engine-xml>"));
    let mut child = env.command(&["export", "--all", "-q", "-i", "backup.xml"]).spawn().unwrap();
    let mut beginning = [0; 5];
    child.stdout.take().unwrap().read_exact(&mut beginning).unwrap();
    assert_eq!(&beginning, b"<?xml");
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(output.stderr, b"");
}

#[cfg(target_os = "linux")]
#[test]
fn a_pipe_can_be_written_to() {
    let env = with_backup();
    let all = ["export", "--all", "-q", "-i", "backup.xml"];
    let result = env.run(&[all.as_slice(), &["-o", "/proc/self/fd/1"]].concat());
    assert_eq!(result, env.run(&all));
}

#[cfg(unix)]
#[test]
fn an_interruption_ends_the_command_with_a_code_of_its_own() {
    let env = Env::new();
    env.write("bad.xml", "<bad/>");
    // Standard input stays open: the command complains about the file, and waits.
    let mut child = env.command(&["format", "bad.xml", "-"]).stdin(Stdio::piped()).spawn().unwrap();
    child.stderr.as_mut().unwrap().read_exact(&mut [0]).unwrap();
    // Waiting would close it.
    let _stdin = child.stdin.take();
    let kill = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(kill.success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
}

#[test]
fn colours_come_on_request_only() {
    let env = Env::new();
    env.write("bad.xml", "<projectConfig/>");
    assert!(!env.run(&["validate", "bad.xml"]).contains('\x1b'));
    assert!(env.run(&["validate", "bad.xml", "--color", "always"]).contains('\x1b'));
    assert!(env.run(&["export", "--color=always"]).contains('\x1b'));
    assert!(!env.run(&["export", "--color", "never"]).contains('\x1b'));
}

#[test]
fn completions_and_manual_pages_are_there() {
    let env = Env::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = env.run(&["completions", shell]);
        assert!(script.contains("pcfg") && script.ends_with("--- exit 0\n"), "{shell}");
    }
    let page = env.run(&["man"]);
    assert!(page.contains(".TH pcfg 1") && page.contains(".SH EXAMPLES\n.nf\npcfg init"), "{page}");
    assert!(
        page.contains(".TP\n130\n") && page.contains("PCFG_INSTANCE") && !page.contains("help(1)"),
        "{page}"
    );
    assert_snapshot!(env.run(&["man", "export"]), @"
    --- stderr
    error: `export` is a command, not a folder
    hint: see `pcfg help export`; `./export` is a folder
    --- exit 2
    ");
    assert_snapshot!(env.run(&["man", "pages"]), @r#"
    --- stderr
    74 pages written
    --- exit 0
    "#);
    let mut pages: Vec<_> = fs::read_dir(env.path("pages"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    pages.sort();
    assert_eq!(
        pages,
        [
            "pcfg-apply.1",
            "pcfg-completions.1",
            "pcfg-diff.1",
            "pcfg-drift.1",
            "pcfg-explain.1",
            "pcfg-export.1",
            "pcfg-format.1",
            "pcfg-git-hook.1",
            "pcfg-git-install.1",
            "pcfg-git-uninstall.1",
            "pcfg-git.1",
            "pcfg-graph.1",
            "pcfg-history.1",
            "pcfg-import.1",
            "pcfg-init.1",
            "pcfg-instance-check.1",
            "pcfg-instance-init.1",
            "pcfg-instance-list.1",
            "pcfg-instance-load.1",
            "pcfg-instance-show.1",
            "pcfg-instance.1",
            "pcfg-issue-attach.1",
            "pcfg-issue-comment.1",
            "pcfg-issue-create.1",
            "pcfg-issue-edit.1",
            "pcfg-issue-link.1",
            "pcfg-issue-list.1",
            "pcfg-issue-show.1",
            "pcfg-issue-transition.1",
            "pcfg-issue.1",
            "pcfg-man.1",
            "pcfg-merge.1",
            "pcfg-prune.1",
            "pcfg-resume.1",
            "pcfg-schema.1",
            "pcfg-sync-adopt.1",
            "pcfg-sync-channel.1",
            "pcfg-sync-check.1",
            "pcfg-sync-decide.1",
            "pcfg-sync-delete.1",
            "pcfg-sync-edit.1",
            "pcfg-sync-errors.1",
            "pcfg-sync-handshake-accept.1",
            "pcfg-sync-handshake-export.1",
            "pcfg-sync-handshake-show.1",
            "pcfg-sync-handshake.1",
            "pcfg-sync-init.1",
            "pcfg-sync-key-rotate.1",
            "pcfg-sync-key-show.1",
            "pcfg-sync-key.1",
            "pcfg-sync-licence.1",
            "pcfg-sync-link.1",
            "pcfg-sync-messages.1",
            "pcfg-sync-pair.1",
            "pcfg-sync-plan.1",
            "pcfg-sync-publish.1",
            "pcfg-sync-quarantine-drop.1",
            "pcfg-sync-quarantine-list.1",
            "pcfg-sync-quarantine-release.1",
            "pcfg-sync-quarantine-show.1",
            "pcfg-sync-quarantine.1",
            "pcfg-sync-recover.1",
            "pcfg-sync-resync.1",
            "pcfg-sync-retry.1",
            "pcfg-sync-run.1",
            "pcfg-sync-skip.1",
            "pcfg-sync-start.1",
            "pcfg-sync-status.1",
            "pcfg-sync-stop.1",
            "pcfg-sync-unlink.1",
            "pcfg-sync.1",
            "pcfg-undo.1",
            "pcfg-validate.1",
            "pcfg.1"
        ]
    );
    let page = env.read("pages/pcfg-export.1");
    assert!(page.contains("pcfg export [OPTIONS] <KEY>...\npcfg export [OPTIONS] \\-\\-all\n"), "{page}");
    assert!(page.contains("\npcfg export TST OPS") && page.contains(".SH EXIT STATUS"), "{page}");
    assert!(!env.read("pages/pcfg-instance.1").contains("help(1)"));
}

#[test]
fn help_and_version_are_no_faults() {
    let env = Env::new();
    let usage = "\nUsage: pcfg export [OPTIONS] <KEY>...\n       pcfg export [OPTIONS] --all\n";
    assert!(env.run(&["export", "-h"]).contains(usage));
    assert_eq!(env.run(&["--version"]), format!("pcfg {}\n--- exit 0\n", env!("CARGO_PKG_VERSION")));
    let help = env.run(&["export", "--help"]);
    assert!(help.contains("Examples:\n  pcfg export TST") && help.ends_with("--- exit 0\n"), "{help}");
    assert!(env.run(&[]).ends_with("--- exit 2\n"));
    assert!(env.run(&["exprot"]).contains("export"));
}
