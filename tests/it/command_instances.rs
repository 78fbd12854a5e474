//! Which instance and which settings a command means, and what is said where they cannot be used.

use std::fs;

use insta::assert_snapshot;

use crate::command::with_backup;
use crate::env::Env;

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
