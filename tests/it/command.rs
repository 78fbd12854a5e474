//! Tests of the command line: every command, every option, every way to end.

use std::fs;
use std::io::Read as _;
use std::process::Stdio;

use insta::assert_snapshot;

use crate::env::{Env, testdata};

/// An environment with the small backup in it.
fn with_backup() -> Env {
    let env = Env::new();
    env.write("backup.xml", fs::read(testdata("backup/small.xml")).unwrap());
    env
}

/// An environment with a configuration that is not canonical, and one that is.
fn with_files() -> Env {
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
fn talk(result: &str) -> &str {
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
fn the_instance_is_a_path_an_address_or_a_name() {
    let env = with_backup();
    let file = format!("file://{}", env.path("backup.xml").display());
    env.write(
        "pcfg.toml",
        "default = 'test'\n[instances.test]\npath = 'backup.xml'\n[instances.gone]\npath = 'old/gone.zip'\n",
    );
    env.write("sub/folder/empty", "");
    let show = |env: &Env, instance: &[&str]| {
        let mut command = env.command(&[&["instance", "show", "--format", "json"], instance].concat());
        let output = command.current_dir(env.path("sub/folder")).output().unwrap();
        assert!(output.status.success(), "{instance:?} {output:?}");
        let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(document["version"], 1);
        assert_eq!(document["objects"]["priority"], 2);
        assert_eq!(document["projects"][1]["key"], "TST");
    };
    show(&env, &["-i", "../../backup.xml"]);
    show(&env, &["-i", &file]);
    show(&env, &["-i", "test"]);
    show(&env, &[]);
    let mut env = env;
    env.set("PCFG_INSTANCE", "test");
    show(&env, &[]);
    env.set("PCFG_INSTANCE", "gone");
    show(&env, &["-i", "test"]);
    assert!(env.run(&["instance", "show"]).contains("gone.zip"));
}

#[test]
fn an_instance_that_cannot_be_found_is_told() {
    let env = with_backup();
    assert_snapshot!(env.run(&["instance", "show"]), @r#"
    --- stderr
    error: no instance is named, and no settings say which to use
    hint: name one: `-i backup.zip`
    hint: or set the environment variable PCFG_INSTANCE to it
    hint: or write it into pcfg.toml: `default = "production"`, `[instances.production]`, `path = "backup.zip"`
    --- exit 2
    "#);
    assert_snapshot!(env.run(&["instance", "show", "-i", "production"]), @"
    --- stderr
    error: there is no instance and no file `production`
    hint: there is no pcfg.toml here to look it up in; give the path of a backup
    --- exit 3
    ");
    assert_snapshot!(env.run(&["instance", "show", "-i", "gone.zip"]), @"
    --- stderr
    error: there is no file `gone.zip`
    --- exit 3
    ");
    assert_snapshot!(env.run(&["instance", "show", "-i", "https://jira.example.com"]), @r#"
    --- stderr
    error: there is no token for `https://jira.example.com`
    hint: set PCFG_TOKEN to a personal access token, created in your Jira profile; a password needs PCFG_USER, too
    hint: or write `[instances.NAME]`, `url = "https://jira.example.com"` and `token-env = "JIRA_TOKEN"` into pcfg.toml; `token-command` and `token-file` are possible, too
    --- exit 3
    "#);
    env.write("pcfg.toml", "[instances.production]\npath = 'backup.xml'\n");
    assert_snapshot!(env.run(&["instance", "show", "-i", "prodction"]), @"
    --- stderr
    error: there is no instance and no file `prodction`
    hint: did you mean `production`?
    --- exit 3
    ");
    assert_snapshot!(env.run(&["instance", "show"]), @r#"
    --- stderr
    error: no instance is named, and the settings have no default
    hint: name one: `-i NAME`; `[DIR]/pcfg.toml` names `production`
    hint: or set the environment variable PCFG_INSTANCE to it
    hint: or write `default = "NAME"` into `[DIR]/pcfg.toml`
    --- exit 2
    "#);
    env.write("pcfg.toml", "default = 'prod'\n[instances.production]\npath = 'backup.xml'\n");
    assert_snapshot!(env.run(&["instance", "show"]), @"
    --- stderr
    error: the default of `[DIR]/pcfg.toml` is `prod`, which it does not describe
    hint: it names `production`
    --- exit 3
    ");
}

#[test]
fn an_instance_that_is_no_backup_is_told_with_what_to_do() {
    let env = with_backup();
    env.write("empty.xml", "");
    assert_snapshot!(env.run(&["instance", "show", "-i", "empty.xml"]), @"
    --- stderr
    error: empty.xml is not a Jira backup: it is empty
    hint: the export, or copying it, failed; repeat it
    --- exit 3
    ");
    assert_snapshot!(env.run(&["instance", "show", "-i", ""]), @"
    --- stderr
    error: the name of the instance is empty
    hint: name a backup, or leave `-i` out to use the default of pcfg.toml
    --- exit 2
    ");
    assert_snapshot!(env.run(&["instance", "show", "-i", "-"]), @"
    --- stderr
    error: a backup cannot be read from standard input
    hint: name its file, as in `-i backup.zip`
    --- exit 2
    ");
    env.write(
        "pcfg.toml",
        "[instances.a]\npath = 'gone.zip'\n['instances'.'backup.xml']\npath = 'empty.xml'\n",
    );
    assert_snapshot!(env.run(&["instance", "show", "-i", "a"]), @"
    --- stderr
    error: the instance `a` is missing: no file `[DIR]/gone.zip`
    hint: put the backup there, or correct `path` in `[DIR]/pcfg.toml`
    --- exit 3
    ");
    assert!(
        env.run(&["instance", "show", "-i", "backup.xml"]).contains("empty"),
        "a name goes before a file"
    );
    assert!(
        env.run(&["instance", "show", "-i", "./backup.xml"]).ends_with("--- exit 0\n"),
        "this is the file"
    );
    env.write("pcfg.toml", "mistake");
    assert!(
        env.run(&["instance", "show", "-i", "./backup.xml"]).ends_with("--- exit 0\n"),
        "no name is needed"
    );
    fs::remove_file(env.path("pcfg.toml")).unwrap();
    let mut env = env;
    env.set("PCFG_INSTANCE", "nothing");
    assert_snapshot!(env.run(&["instance", "show"]), @"
    --- stderr
    error: there is no instance and no file `nothing`
    hint: there is no pcfg.toml here to look it up in; give the path of a backup
    hint: the environment variable PCFG_INSTANCE names it
    --- exit 3
    ");
    env.set("PCFG_INSTANCE", "");
    assert!(env.run(&["instance", "show"]).contains("the environment variable PCFG_INSTANCE is empty"));
}

#[test]
fn settings_that_cannot_be_read_are_told_with_their_place() {
    let env = Env::new();
    env.write("pcfg.toml", "[instances.prod.eu]\npath = 'backup.xml'\n");
    assert_snapshot!(env.run(&["instance", "list"]), @r#"
    --- stderr
    error: [DIR]/pcfg.toml:1:17: unknown field `eu`, expected one of `path`, `url`, `database`, `schema`, `password-command`, `user`, `token-env`, `token-command`, `token-file`, `ca-file`, `max-wait`, `update-users`, `map`
    hint: a settings file has `default = "NAME"` and `[instances.NAME]` with `path = "…"` or `url = "…"`
    hint: a name with dots needs quotes: `[instances."prod.eu"]`
    --- exit 3
    "#);
    env.write("pcfg.toml", "[instances.a]\npath = ''\n");
    assert_snapshot!(env.run(&["instance", "list"]), @"
    --- stderr
    error: [DIR]/pcfg.toml: the instance `a` has an empty path
    hint: write the path of a backup, relative to that file
    --- exit 3
    ");
    env.write("pcfg.toml", "[instances.production]\npth = 'backup.xml'\n");
    assert_snapshot!(env.run(&["instance", "list"]), @r#"
    --- stderr
    error: [DIR]/pcfg.toml:2:1: unknown field `pth`, expected one of `path`, `url`, `database`, `schema`, `password-command`, `user`, `token-env`, `token-command`, `token-file`, `ca-file`, `max-wait`, `update-users`, `map`
    hint: a settings file has `default = "NAME"` and `[instances.NAME]` with `path = "…"` or `url = "…"`
    --- exit 3
    "#);
}

#[cfg(unix)]
#[test]
fn settings_of_others_are_not_obeyed() {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
    let mut env = with_backup();
    env.write("pcfg.toml", "default = 'test'\n[instances.test]\npath = 'backup.xml'\n");
    let file = env.path("pcfg.toml");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o666)).unwrap();
    assert_snapshot!(env.run(&["instance", "show"]), @"
    --- stderr
    error: `[DIR]/pcfg.toml` is not used: everybody on this machine can write it
    hint: settings can run programs, and send passwords to servers: read them first
    hint: keep others from writing it: `chmod o-w '[DIR]/pcfg.toml'`
    hint: or, if you trust whoever can write the file: `export PCFG_TRUST='[DIR]/pcfg.toml'`
    hint: or name the instance by a path that begins with `./` or `/`, or by its address, without these settings
    --- exit 4
    ");
    for command in [&["instance", "list"][..], &["export", "TST"], &["history", "-i", "test"]] {
        assert!(env.run(command).ends_with("--- exit 4\n"), "{command:?}");
    }
    let named = env.run(&["export", "TST", "-i", "./backup.xml", "-q"]);
    assert!(named.ends_with("--- exit 0\n"), "{named}");
    // For root there is more to say, for others the file would have to be given away.
    if fs::metadata(&file).unwrap().uid() == 0 {
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
        chown(&file, Some(4711), None).unwrap();
        assert_snapshot!(env.run(&["instance", "show"]).lines().nth(1).unwrap(), @"error: `[DIR]/pcfg.toml` is not used: it belongs to the user 4711, who has no repository around it, and you are the user 0");
        env.write(".git/HEAD", "");
        assert!(
            env.run(&["instance", "show"]).ends_with("--- exit 4\n"),
            "the repository is of somebody else"
        );
        chown(env.path(".git"), Some(4711), None).unwrap();
        assert!(env.run(&["instance", "show"]).ends_with("--- exit 0\n"));
        fs::set_permissions(&file, fs::Permissions::from_mode(0o646)).unwrap();
    }
    env.set("PCFG_TRUST", &format!("/elsewhere/pcfg.toml:{}", file.display()));
    assert!(env.run(&["instance", "show"]).ends_with("--- exit 0\n"));
}

#[test]
fn instance_list_says_which_are_there() {
    let env = with_backup();
    assert_snapshot!(env.run(&["instance", "list"]), @"
    --- stderr
    there is no pcfg.toml in this folder or above it; see `pcfg instance --help` for an example
    --- exit 0
    ");
    env.write(
        "pcfg.toml",
        "default = 'test'\n[instances.test]\npath = 'backup.xml'\n[instances.gone]\npath = 'old/gone.zip'\n",
    );
    assert_snapshot!(env.run(&["instance", "list"]), @"
    instance  state           path
    gone      missing         [DIR]/old/gone.zip
    test      there, default  [DIR]/backup.xml
    --- exit 0
    ");
    assert_snapshot!(env.run(&["instance", "list", "--format", "json"]), @r#"
    {
      "version": 1,
      "settings": "[DIR]/pcfg.toml",
      "instances": [
        {
          "name": "gone",
          "path": "[DIR]/old/gone.zip",
          "exists": false,
          "default": false
        },
        {
          "name": "test",
          "path": "[DIR]/backup.xml",
          "exists": true,
          "default": true
        }
      ]
    }
    --- exit 0
    "#);
}

#[test]
fn instance_show_is_a_table() {
    let result = with_backup().run(&["instance", "show", "-i", "backup.xml"]);
    let lines: Vec<_> = result.lines().take(5).collect();
    assert_snapshot!(lines.join("\n"), @"
    Jira 9.12.4 (912004), 2 issues

    project  name        lead
    OPS      Operations  bob
    TST      Test        alice
    ");
    assert!(result.contains("\npriority") && result.contains("\nissue type"), "{result}");
}

#[test]
fn format_rewrites_what_is_not_canonical() {
    let env = with_files();
    let good = fs::metadata(env.path("config/good.xml")).unwrap().modified().unwrap();
    assert_snapshot!(env.run(&["format", "--check", "config"]), @"
    config/draft.xml
    --- stderr
    1 of 2 files not canonical
    --- exit 1
    ");
    assert_snapshot!(env.run(&["format", "config"]), @"
    --- stderr
    1 file rewritten
    --- exit 0
    ");
    assert_eq!(env.read("config/draft.xml"), env.read("config/good.xml"));
    assert_eq!(fs::metadata(env.path("config/good.xml")).unwrap().modified().unwrap(), good);
    assert_snapshot!(env.run(&["format", "--check", "config"]), @"
    --- stderr
    2 files canonical
    --- exit 0
    ");
    assert_eq!(env.read("config/other.xml"), "<entity-engine-xml/>");
}

#[test]
fn format_leaves_a_file_with_errors_as_it_is() {
    let env = with_files();
    env.write("config/bad.xml", "<projectConfig formatVersion='1'>\n<projcts/></projectConfig>");
    let before = env.read("config/bad.xml");
    assert_snapshot!(env.run(&["format", "config", "config/other.xml"]), @"
    --- stderr
    error[missing]: `<projectConfig>` lacks its `<projects>`
       ╭─[config/bad.xml:1:1]
     1 │ <projectConfig formatVersion='1'>
       · ─────────────────────────────────
       ╰────
    hint: `<projects>`: The projects themselves.

    error[unknown-element]: there is no element `<projcts>` in `<projectConfig>`
       ╭─[config/bad.xml:2:2]
     2 │ <projcts/></projectConfig>
       ·  ───────
       ╰────
    hint: did you mean `projects` or `projectRoles`?

    error[wrong-root]: the file begins with `<entity-engine-xml>`, not `<projectConfig>`
       ╭─[config/other.xml:1:2]
     1 │ <entity-engine-xml/>
       ·  ─────────────────
       ╰────
    hint: this is not a configuration file of pcfg

    1 file rewritten
    error: cannot format `config/bad.xml`: it has 2 errors
    error: cannot format `config/other.xml`: it has 1 error
    --- exit 3
    ");
    assert_eq!(env.read("config/bad.xml"), before);
    assert_eq!(env.read("config/draft.xml"), env.read("config/good.xml"), "the others are formatted");
}

#[test]
fn format_says_nothing_of_nothing() {
    let env = Env::new();
    assert_snapshot!(env.run(&["format", "gone.xml"]), @"
    --- stderr
    error: cannot read `gone.xml`
    caused by: no such file or directory
    --- exit 3
    ");
    assert_snapshot!(env.run(&["format", "--check", "gone.xml"]), @"
    --- stderr
    error: cannot read `gone.xml`
    caused by: no such file or directory
    --- exit 3
    ");
}

#[test]
fn format_is_a_filter_too() {
    let env = with_files();
    let (draft, good) = (env.read("config/draft.xml"), env.read("config/good.xml"));
    assert_eq!(env.run_with(&["format"], &draft), format!("{good}--- exit 0\n"));
    assert_eq!(env.run_with(&["format", "-"], &good), format!("{good}--- exit 0\n"));
    assert_snapshot!(env.run_with(&["format", "--check", "-"], &draft), @"
    <stdin>
    --- stderr
    1 of 1 file not canonical
    --- exit 1
    ");
    assert!(env.run_with(&["format", "-", "-"], &draft).ends_with("--- exit 2\n"));
}

#[test]
fn format_warns_of_what_it_drops() {
    let env = Env::new();
    let good = fs::read_to_string(testdata("valid/small.xml")).unwrap();
    env.write("a.xml", good.replacen("  <projects>", "<!-- mine --><?php ?>\n  <projects>", 1));
    assert_snapshot!(env.run(&["format", "a.xml"]), @"
    --- stderr
    warning[comment]: comments are not part of a configuration; `pcfg format` drops them
       ╭─[a.xml:3:1]
     3 │ <!-- mine --><?php ?>
       · ─────────────
       ╰────

    warning[processing-instruction]: processing instructions are not part of a configuration
       ╭─[a.xml:3:14]
     3 │ <!-- mine --><?php ?>
       ·              ────────
       ╰────

    1 file rewritten
    --- exit 0
    ");
    assert_eq!(env.read("a.xml"), good);
}

#[test]
fn folders_without_a_configuration_and_missing_files_are_told() {
    let env = Env::new();
    env.write("empty/notes.txt", "");
    assert_snapshot!(env.run(&["validate", "empty", "missing.xml"]), @"
    --- stderr
    error: there is no configuration file in `empty`
    hint: a configuration file is an .xml file that begins with <projectConfig>
    error: cannot read `missing.xml`
    caused by: no such file or directory
    --- exit 3
    ");
}

#[cfg(unix)]
#[test]
fn format_keeps_links_and_permissions() {
    use std::os::unix::fs::PermissionsExt as _;
    let env = with_files();
    fs::set_permissions(env.path("config/draft.xml"), fs::Permissions::from_mode(0o600)).unwrap();
    std::os::unix::fs::symlink("config/draft.xml", env.path("link.xml")).unwrap();
    assert!(env.run(&["format", "link.xml"]).ends_with("--- exit 0\n"));
    assert!(env.path("link.xml").is_symlink());
    assert_eq!(env.read("config/draft.xml"), env.read("config/good.xml"));
    let mode = fs::metadata(env.path("config/draft.xml")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    fs::set_permissions(env.path("config/good.xml"), fs::Permissions::from_mode(0o444)).unwrap();
    env.write("config/new.xml", env.read("config/good.xml").replace("  ", ""));
    fs::set_permissions(env.path("config/new.xml"), fs::Permissions::from_mode(0o444)).unwrap();
    assert_snapshot!(env.run(&["format", "config"]), @"
    --- stderr
    error: cannot write `config/new.xml`
    caused by: the file is write-protected
    --- exit 7
    ");
}

#[test]
fn valid_files_are_canonical_and_have_no_problems() {
    let files = testdata("valid");
    let files = files.to_str().unwrap();
    let env = Env::new();
    let validated = env.run(&["validate", "-q", files]);
    assert!(validated.ends_with("--- exit 0\n"), "{validated}");
    // Two of them say as little as may be.
    assert_eq!(validated.matches("[incomplete]").count(), validated.matches("warning[").count());
    for whole in ["small.xml", "everything.xml"] {
        let path = testdata("valid").join(whole);
        assert_eq!(env.run(&["validate", "-q", path.to_str().unwrap()]), "--- exit 0\n");
    }
    assert_eq!(env.run(&["format", "-q", "--check", files]), "--- exit 0\n");
}

/// What `pcfg validate` says about each file of `testdata/invalid` stands beside it.
#[test]
fn invalid_files_have_the_problems_that_are_written_down() {
    let mut files: Vec<_> =
        fs::read_dir(testdata("invalid")).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "xml"));
    assert!(files.len() >= 4);
    for path in files {
        let env = Env::new();
        let name = path.file_name().unwrap().to_str().unwrap();
        env.write(name, fs::read(&path).unwrap());
        let found = env.run(&["validate", name]);
        let expected = path.with_extension("txt");
        if std::env::var_os("PCFG_UPDATE").is_some() {
            fs::write(&expected, &found).unwrap();
        }
        let expected = fs::read_to_string(&expected).unwrap();
        assert_eq!(found, expected, "{name}");
    }
}

#[test]
fn every_configuration_of_testdata_is_judged_alike_by_xmllint() {
    let schema = concat!(env!("CARGO_MANIFEST_DIR"), "/schema/projectConfig.xsd");
    for entry in fs::read_dir(testdata("valid")).unwrap() {
        let path = entry.unwrap().path();
        let mut command = std::process::Command::new("xmllint");
        let Ok(output) = command.args(["--noout", "--schema", schema]).arg(&path).output() else {
            crate::skip::skipped(crate::skip::Need::Tool("xmllint", "libxml2-utils"), "another validator");
            return;
        };
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn validate_finds_nothing_to_complain_about_in_order() {
    let env = with_files();
    assert_snapshot!(env.run(&["validate", "config"]), @"
    --- stderr
    no errors in 2 files
    --- exit 0
    ");
}

#[test]
fn folders_are_searched_whatever_the_case_of_an_extension() {
    let env = Env::new();
    env.write("config/A.XML", fs::read(testdata("valid/small.xml")).unwrap());
    assert_snapshot!(env.run(&["validate", "config", "-vv"]), @"
    --- stderr
    no errors in 1 file
    --- exit 0
    ");
}

#[test]
fn validate_lists_problems_for_machines() {
    let env = Env::new();
    let good = fs::read_to_string(testdata("valid/small.xml")).unwrap();
    env.write("bad.xml", good.replace("<lead>alice", "<lead>alcie"));
    env.write("good.xml", &good);
    assert_snapshot!(env.run(&["validate", "--format", "json", "bad.xml", "good.xml"]), @r#"
    {
      "version": 1,
      "files": 2,
      "problems": [
        {
          "file": "bad.xml",
          "line": 9,
          "column": 13,
          "end": {
            "line": 9,
            "column": 18
          },
          "code": "dangling",
          "severity": "error",
          "message": "no user `alcie`",
          "help": "did you mean `alice`?",
          "path": "/projects/project[TST]/lead[alcie]"
        }
      ]
    }
    --- stderr
    1 error in 1 of 2 files
    --- exit 1
    "#);
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
    72 pages written
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
