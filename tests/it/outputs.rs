//! What commands write: never in the place of an input, nor of another kind of thing, and whole or not at all.

use std::fs;
use std::process::Stdio;

use crate::env::{Env, testdata};

/// A folder with a backup, an instance of it, a configuration, settings, a mapping file and a saved plan.
fn prepared() -> Env {
    let env = Env::new();
    let demo = testdata("backup/demo");
    for name in ["entities.xml", "activeobjects.xml"] {
        env.write(&format!("backup/{name}"), fs::read(demo.join(name)).unwrap());
    }
    fs::copy(testdata("backup/small.xml"), env.path("small.xml")).unwrap();
    assert!(
        env.run(&["instance", "load", "backup", "--into", "jira.sqlite", "-q"]).ends_with("--- exit 0\n")
    );
    assert_eq!(env.run(&["export", "--all", "-q", "-i", "jira.sqlite", "-o", "all.xml"]), "--- exit 0\n");
    let text = env.read("all.xml");
    env.write("new.xml", text.replace("<description>People who write code<", "<description>Coders<"));
    env.write("names.toml", "[status]\n");
    env
}

/// Returns all files of the folder with what they hold and which files they are, but for those that SQLite and locks need.
fn files(env: &Env) -> Vec<(String, Vec<u8>)> {
    let names = env.names().into_iter().filter(|name| env.path(name).is_file());
    let mut all: Vec<_> = names.map(|name| (name.clone(), fs::read(env.path(&name)).unwrap())).collect();
    for name in ["entities.xml", "activeobjects.xml"] {
        all.push((name.to_owned(), fs::read(env.path("backup").join(name)).unwrap()));
    }
    all.retain(|(name, _)| !["-wal", "-shm", "-lock"].iter().any(|suffix| name.ends_with(suffix)));
    all
}

#[cfg(unix)]
#[test]
fn no_output_takes_the_place_of_an_input() {
    let env = prepared();
    let sim = ["import", "new.xml", "-i", "jira.sqlite", "--simulate", "--map", "names.toml"];
    let commands: [(&[&str], &str, &[&str]); 6] = [
        (&["export", "DEMO", "-i", "jira.sqlite"], "-o", &["jira.sqlite"]),
        (&["export", "DEMO", "-i", "backup"], "-o", &["backup/entities.xml", "backup/activeobjects.xml"]),
        (&["export", "--all", "-i", "small.xml"], "-o", &["small.xml"]),
        (&sim, "--out", &["new.xml", "jira.sqlite", "names.toml"]),
        (&["import", "new.xml", "-i", "backup", "--yes"], "-o", &["new.xml", "backup/entities.xml"]),
        (&["graph", "all.xml", "--format", "dot"], "-o", &["all.xml"]),
    ];
    let before = files(&env);
    for (command, option, inputs) in commands {
        for input in inputs {
            let _old = (fs::remove_file(env.path("soft")), fs::remove_file(env.path("hard")));
            std::os::unix::fs::symlink(input, env.path("soft")).unwrap();
            fs::hard_link(env.path(input), env.path("hard")).unwrap();
            for name in [*input, "soft", "hard", &format!("./backup/../{input}")] {
                let result = env.run(&[command, &[option, name]].concat());
                assert!(result.ends_with("--- exit 4\n"), "{command:?} {option} {name}: {result}");
                assert!(result.contains("is not replaced"), "{result}");
            }
            let _old = (fs::remove_file(env.path("soft")), fs::remove_file(env.path("hard")));
        }
    }
    // The log of an instance need not be there yet.
    let log = env.run(&["export", "DEMO", "-i", "jira.sqlite", "-o", "jira.sqlite-wal"]);
    insta::assert_snapshot!(log, @"
    --- stderr
    error: `jira.sqlite-wal` is not replaced: its name is one that the database `jira.sqlite` uses
    hint: name another file
    --- exit 4
    ");
    assert!(files(&env) == before, "everything is as it was");
    insta::assert_snapshot!(env.run(&["import", "new.xml", "-i", "small.xml", "--only", "group", "--yes", "-q", "-o", "./small.xml"]), @"
    --- stderr
    error: `./small.xml` is not replaced: this command reads it
    hint: name another file
    --- exit 4
    ");
    // These two mean to.
    assert_eq!(env.run(&["merge", "all.xml", "all.xml", "new.xml", "-o", "all.xml"]), "--- exit 0\n");
    assert_eq!(env.read("all.xml"), env.read("new.xml"));
    env.write("all.xml", env.read("all.xml").replace("  <", "   <"));
    assert!(
        env.run(&["format", "all.xml", "-q"]) == "--- exit 0\n" && env.read("all.xml") == env.read("new.xml")
    );
}

#[test]
fn only_a_file_of_its_kind_is_replaced() {
    let env = prepared();
    env.write("notes.txt", "remember the milk\n");
    env.write("pom.xml", "<?xml version='1.0'?>\n<project/>\n");
    env.write("conflict.xml", format!("<<<<<<< HEAD\n{}", env.read("all.xml")));
    env.write("empty.xml", "");
    let export = |name: &str| env.run(&["export", "DEMO", "-q", "-i", "backup", "-o", name]);
    insta::assert_snapshot!(export("notes.txt"), @"
    --- stderr
    error: `notes.txt` is not replaced: it is a text, not a configuration
    hint: name another file, or remove that one first
    --- exit 4
    ");
    insta::assert_snapshot!(export("small.xml"), @"
    --- stderr
    error: `small.xml` is not replaced: it is a backup of Jira, not a configuration
    hint: name another file
    --- exit 4
    ");
    for name in ["jira.sqlite", "pom.xml", "names.toml"] {
        assert!(export(name).ends_with("--- exit 4\n"), "{name}");
    }
    for name in ["conflict.xml", "empty.xml", "all.xml"] {
        assert_eq!(export(name), "--- exit 0\n", "{name}");
    }
    let plan = ["import", "new.xml", "-i", "jira.sqlite", "--simulate", "-q", "--out"];
    let saved = |name: &str| env.run(&[&plan[..], &[name]].concat());
    assert!(saved("plan.json").ends_with("--- exit 0\n"));
    assert!(saved("plan.json").ends_with("--- exit 0\n"), "a plan is replaced by a plan");
    assert!(saved("all.xml").ends_with("--- exit 4\n"));
    assert!(export("plan.json").ends_with("--- exit 4\n"));
    for form in ["svg", "dot", "mermaid"] {
        for _ in 0..2 {
            assert_eq!(env.run(&["graph", "all.xml", "--format", form, "-o", "picture"]), "--- exit 0\n");
        }
    }
    assert!(export("picture").ends_with("--- exit 4\n"));
    #[cfg(unix)]
    {
        let _socket = std::os::unix::net::UnixListener::bind(env.path("socket")).unwrap();
        assert!(export("socket").contains("it is a socket, not a file"));
    }
}

/// Jira writes all its apps into a comment before the root: a backup is known behind 97 kB of it, and no text takes its place.
#[test]
fn a_backup_behind_a_long_comment_is_no_text() {
    let env = prepared();
    let comment = format!("<!--\n{}-->\n", "  An app of some vendor : 1.0\n".repeat(4_000));
    let backup =
        env.read("small.xml").replacen("<entity-engine-xml", &format!("{comment}<entity-engine-xml"), 1);
    assert!(backup.find("<entity-engine-xml").unwrap() > 97_035);
    env.write("long.xml", &backup);
    // One that nobody knows is no text, either.
    let unknown = format!("<?xml version='1.0'?>\n{}<project/>\n", comment.repeat(200));
    env.write("unknown.xml", &unknown);
    env.write("other.xml", env.read("all.xml").replacen("<description>", "<description>Not ", 1));
    let commands: [&[&str]; 5] = [
        &["diff", "all.xml", "other.xml", "-o"],
        &["diff", "all.xml", "other.xml", "--format", "html", "-o"],
        &["export", "DEMO", "-i", "backup", "-o"],
        &["history", "-i", "jira.sqlite", "-o"],
        &["graph", "all.xml", "--format", "svg", "-o"],
    ];
    for command in commands {
        for (name, what) in [("long.xml", "a backup of Jira"), ("unknown.xml", "an XML file of another kind")]
        {
            let said = env.run(&[command, &[name]].concat());
            assert!(said.contains(&format!("is not replaced: it is {what}")), "{command:?}: {said}");
            assert!(said.ends_with("--- exit 4\n"), "{command:?}: {said}");
        }
    }
    assert!(env.read("long.xml") == backup && env.read("unknown.xml") == unknown);
    let said = env.run(&["export", "DEMO", "-i", "backup", "-o", "long.xml"]);
    assert!(!said.contains("remove that one"), "nobody is told to remove a backup: {said}");
}

#[cfg(unix)]
#[test]
fn pipes_and_links_stay_what_they_are() {
    use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
    let env = prepared();
    let wanted = env.read("all.xml");
    let pipe = env.path("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let reader = std::thread::spawn({
        let pipe = pipe.clone();
        move || fs::read_to_string(pipe).unwrap()
    });
    assert_eq!(env.run(&["export", "--all", "-q", "-i", "backup", "-o", "pipe"]), "--- exit 0\n");
    assert_eq!(reader.join().unwrap(), wanted);
    assert!(fs::symlink_metadata(&pipe).unwrap().file_type().is_fifo());
    // A backup is an archive, which is written here and there.
    let reader = std::thread::spawn({
        let pipe = pipe.clone();
        move || fs::read(pipe).unwrap()
    });
    let written = env.run(&["import", "new.xml", "-i", "backup", "--yes", "-q", "-o", "pipe"]);
    assert!(written.ends_with("--- exit 0\n"), "{written}");
    env.write("piped.zip", reader.join().unwrap());
    assert!(env.run(&["export", "--all", "-q", "-i", "piped.zip"]) == env.read("new.xml") + "--- exit 0\n");

    // An open file of the shell is appended to, and keeps its name.
    env.write("log", "before\n");
    let shell = |script: &str| {
        let pcfg = env!("CARGO_BIN_EXE_pcfg");
        let mut command = std::process::Command::new("sh");
        command.args(["-c", &script.replace("PCFG", pcfg)]).current_dir(env.path("")).stdin(Stdio::null());
        command.output().unwrap()
    };
    for (file, path) in [("3>>log", "/dev/fd/3"), (">>log", "/dev/stdout")] {
        let output = shell(&format!("PCFG export --all -q -i backup -o {path} {file}"));
        assert!(output.status.success(), "{output:?}");
    }
    assert_eq!(env.read("log"), format!("before\n{wanted}{wanted}"));

    // One that the shell has opened to be read is not written to, whatever it is.
    for opened in ["3<log", "3</dev/null"] {
        let output = shell(&format!("PCFG export --all -q -i backup -o /dev/fd/3 {opened}"));
        let said = String::from_utf8(output.stderr).unwrap();
        let wanted =
            "error: cannot write `/dev/fd/3`\ncaused by: whoever opened it has opened it for reading only\n";
        assert_eq!((output.status.code(), said.as_str()), (Some(7), wanted), "{opened}");
    }
    assert_eq!(env.read("log"), format!("before\n{wanted}{wanted}"));
    let output = shell("PCFG export --all -q -i backup -o /dev/fd/3 3<>log");
    assert!(output.status.success(), "{output:?}");
    assert_eq!(env.read("log"), format!("before\n{wanted}{wanted}{wanted}"));

    // One that the command reads is not written to.
    env.write("read.xml", &wanted);
    let instance = env.read("small.xml");
    for script in [
        "PCFG export --all -q -i small.xml -o /dev/fd/3 3>>small.xml",
        "PCFG export --all -q -i small.xml -o /dev/stdout >>small.xml",
        "PCFG export --all -q -i small.xml -o /dev/stderr 2>>small.xml",
        "PCFG import - -q -i backup --simulate --out /dev/stdin <>read.xml",
    ] {
        assert_eq!(shell(script).status.code(), Some(4), "{script}");
    }
    assert!(env.read("small.xml").starts_with(&instance) && env.read("read.xml") == wanted);
    // What was said on standard error is in it, as the shell wanted.
    env.write("small.xml", &instance);

    env.write("real/all.xml", &wanted);
    fs::set_permissions(env.path("real/all.xml"), fs::Permissions::from_mode(0o640)).unwrap();
    std::os::unix::fs::symlink("real/all.xml", env.path("link.xml")).unwrap();
    assert_eq!(
        env.run(&["export", "DEMO", "-q", "-i", "small.xml", "-o", "link.xml"]).lines().last(),
        Some("--- exit 3")
    );
    assert_eq!(env.run(&["export", "--all", "-q", "-i", "small.xml", "-o", "link.xml"]), "--- exit 0\n");
    assert!(env.path("link.xml").is_symlink() && env.read("real/all.xml") != wanted);
    assert_eq!(fs::metadata(env.path("real/all.xml")).unwrap().permissions().mode() & 0o777, 0o640);
    assert!(!env.names().iter().any(|name| name.contains("unfinished")));
}

/// Whoever has put links where pcfg makes its files gets nothing written behind them.
#[cfg(unix)]
#[test]
fn no_link_in_the_way_is_followed() {
    let env = prepared();
    env.write("precious", "precious");
    for name in ["jira.sqlite-lock", "new.sqlite-lock"] {
        let _old = fs::remove_file(env.path(name));
        std::os::unix::fs::symlink("precious", env.path(name)).unwrap();
    }
    let import = env.run(&["import", "new.xml", "-i", "jira.sqlite", "--yes", "-q"]);
    assert!(import.ends_with("--- exit 7\n"), "{import}");
    let init = env.run(&["instance", "init", "new.sqlite"]);
    assert!(init.ends_with("--- exit 7\n") && !env.path("new.sqlite").exists(), "{init}");
    fs::remove_file(env.path("jira.sqlite-lock")).unwrap();
    env.write("jira.sqlite-lock", "precious");
    let import = env.run(&["import", "new.xml", "-i", "jira.sqlite", "--yes", "-q"]);
    assert!(import.contains("it is not a lock of pcfg"), "{import}");
    assert_eq!((env.read("precious"), env.read("jira.sqlite-lock")), ("precious".into(), "precious".into()));
}

#[cfg(target_os = "linux")]
#[test]
fn a_file_that_may_not_grow_is_an_error_and_leaves_nothing() {
    let env = prepared();
    fs::copy(env.path("all.xml"), env.path("out.xml")).unwrap();
    let before = (env.names(), files(&env));
    let limited = |arguments: &str| {
        let pcfg = env!("CARGO_BIN_EXE_pcfg");
        let mut command = std::process::Command::new("bash");
        command.args(["-c", &format!("ulimit -f 4; {pcfg} {arguments}")]).current_dir(env.path(""));
        command.stdin(Stdio::null()).output().unwrap()
    };
    for arguments in [
        "export --all -q -i backup -o out.xml",
        "instance load backup --into more.sqlite",
        "import new.xml -i backup --yes -q -o more.zip",
    ] {
        let output = limited(arguments);
        assert_eq!(output.status.code(), Some(7), "{arguments}: {output:?}");
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.ends_with("`\ncaused by: file too large\n"), "{arguments}: {said}");
    }
    assert!((env.names(), files(&env)) == before, "{:?}", env.names());
}

/// Stops a command while it waits for the last part of its input.
#[cfg(unix)]
fn stopped(env: &Env, arguments: &[&str], signal: &str) -> String {
    use std::io::Read as _;
    let mut child = env.command(arguments).stdin(Stdio::piped()).spawn().unwrap();
    // It is ready when it waits in a pipe.
    let pipe = fs::File::options().write(true).open(env.path("pipe")).unwrap();
    std::thread::sleep(std::time::Duration::from_millis(300));
    assert!(
        std::process::Command::new("kill")
            .args([signal, &child.id().to_string()])
            .status()
            .unwrap()
            .success()
    );
    assert_eq!(child.wait().unwrap().code(), Some(130));
    drop(pipe);
    let mut told = String::new();
    child.stderr.take().unwrap().read_to_string(&mut told).unwrap();
    told
}

#[cfg(unix)]
#[test]
fn an_interruption_says_what_was_not_written() {
    let env = prepared();
    assert!(std::process::Command::new("mkfifo").arg(env.path("pipe")).status().unwrap().success());
    let told = stopped(&env, &["graph", "pipe", "-o", "map.svg", "--format", "svg"], "-INT");
    assert_eq!(told, "interrupted: `map.svg` was not written\n");
    let told = stopped(&env, &["merge", "all.xml", "pipe", "all.xml", "-o", "new.xml"], "-TERM");
    assert_eq!(told, "interrupted: `new.xml` was not written, and is as it was\n");
    // Somebody else is writing, and these wait.
    let waiting = |arguments: &[&str], lock: &str| {
        let lock = fs::File::create(env.path(lock)).unwrap();
        lock.lock().unwrap();
        let child = env.command(&[arguments, &["--wait", "60", "-q"]].concat()).spawn().unwrap();
        std::thread::sleep(std::time::Duration::from_millis(700));
        let pid = child.id().to_string();
        assert!(std::process::Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
        String::from_utf8(child.wait_with_output().unwrap().stderr).unwrap()
    };
    let told = waiting(&["import", "new.xml", "-i", "jira.sqlite", "--yes"], "jira.sqlite-lock");
    assert_eq!(told, "interrupted: nothing was changed in `jira.sqlite`\n");
    let told = waiting(&["instance", "load", "backup", "--into", "more.sqlite"], "more.sqlite-lock");
    assert_eq!(told, "interrupted: `more.sqlite` was not written\n");
    // The lock goes with the command that made it, where it is the lock of nothing.
    fs::remove_file(env.path("more.sqlite-lock")).unwrap();
    let rows: String = (0..200_000).map(|at| format!("<Status id=\"{at}\" name=\"A{at}\"/>\n")).collect();
    env.write("large.xml", format!("<entity-engine-xml>\n{rows}</entity-engine-xml>\n"));
    let child =
        env.command(&["instance", "load", "large.xml", "--into", "more.sqlite", "-q"]).spawn().unwrap();
    while !env.path("more.sqlite-lock").exists() {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    let pid = child.id().to_string();
    assert!(std::process::Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    let told = String::from_utf8(child.wait_with_output().unwrap().stderr).unwrap();
    assert_eq!(told, "interrupted: `more.sqlite` was not written\n");
    assert!(!env.path("more.sqlite-lock").exists());
    assert!(!env.names().iter().any(|name| name.contains("unfinished")));
}

/// Returns a configuration in which a description of small.xml is another text, with what XML cannot hold escaped.
fn described(env: &Env, from: &str, to: &str) {
    let text = env.read("small-all.xml");
    assert!(text.contains(from), "{text}");
    env.write("changed.xml", text.replace(from, to));
}

#[test]
fn a_new_backup_has_no_characters_of_its_own_that_xml_forbids() {
    let env = Env::new();
    let small = fs::read_to_string(testdata("backup/small.xml")).unwrap();
    let own = "name=\"High\" description=\"its\u{1}own\"";
    env.write("small.xml", small.replace("name=\"High\"", own));
    assert!(
        env.run(&["export", "--all", "-q", "-i", "small.xml", "-o", "small-all.xml"])
            .ends_with("--- exit 0\n")
    );
    let import = |target: &[&str]| env.run(&[&["import", "changed.xml", "--yes", "-i"], target].concat());
    described(
        &env,
        "<description>Something is wrong</description>",
        "<description escaped=\"true\">Something \\u0002 else</description>",
    );
    insta::assert_snapshot!(import(&["small.xml", "-o", "new.xml"]), @"
    plan for small.xml

    refused
      ! a backup, which is XML, cannot hold the character U+0002
          at /issueType[Bug]/description[Something ␂ else]
          remove it from the text in the file, or leave the object out

    1 refused; 16 unchanged
    --- stderr
    warning: small.xml:29:63: the character U+0001, which XML forbids, is in the text; it is kept as it is
    error: 1 object is refused, and nothing was changed
    hint: each says above what to do about it
    hint: to leave out the causes: `pcfg import changed.xml --yes -i small.xml -o new.xml --skip issueType:Bug`
    hint: to do the rest: `pcfg import changed.xml --yes -i small.xml -o new.xml --partial`
    --- exit 4
    ");
    assert!(!env.path("new.xml").exists());
    // An instance is no XML.
    assert!(
        env.run(&["instance", "load", "small.xml", "--into", "a.sqlite", "-q"]).ends_with("--- exit 0\n")
    );
    assert!(import(&["a.sqlite"]).ends_with("--- exit 0\n"));

    described(&env, "<inward>is blocked by</inward>", "<inward>waits for</inward>");
    let written = import(&["small.xml", "-o", "new.xml"]);
    assert!(
        written.contains("warning: small.xml:") && written.contains("U+0001, which XML forbids"),
        "{written}"
    );
    assert!(written.ends_with("--- exit 0\n"), "{written}");
    assert!(env.read("new.xml").contains(own), "what was there is there, byte for byte");

    // The row itself changes.
    described(&env, "#cc0000", "#cc0001");
    assert!(import(&["small.xml", "-o", "new.xml"]).ends_with("--- exit 0\n"));
    assert!(env.read("new.xml").contains("its\u{1}own"));
}

#[cfg(unix)]
#[test]
fn a_new_backup_is_as_private_as_the_old_one_and_a_zip_by_its_name() {
    use std::os::unix::fs::PermissionsExt as _;
    let env = prepared();
    let mode = |name: &str| fs::metadata(env.path(name)).unwrap().permissions().mode() & 0o777;
    let import = |name: &str| {
        env.run(&["import", "new.xml", "-i", "small.xml", "--only", "group", "--yes", "-q", "-o", name])
    };
    fs::set_permissions(env.path("small.xml"), fs::Permissions::from_mode(0o600)).unwrap();
    for name in ["new.zip", "other.xml", "as-it-is"] {
        for _ in 0..2 {
            let result = import(name);
            assert!(result.ends_with("--- exit 0\n"), "{result}");
            assert_eq!(mode(name), 0o600, "{name}");
            fs::set_permissions(env.path(name), fs::Permissions::from_mode(0o644)).unwrap();
        }
        let bytes = fs::read(env.path(name)).unwrap();
        assert_eq!(bytes.starts_with(b"PK"), name == "new.zip", "{name}");
    }
    let exported = |name: &str| env.run(&["export", "--all", "-q", "-i", name]);
    assert_eq!(exported("new.zip"), exported("other.xml"));
    fs::set_permissions(env.path("small.xml"), fs::Permissions::from_mode(0o644)).unwrap();
    assert!(import("open.zip").ends_with("--- exit 0\n"));
    assert_eq!(mode("open.zip"), 0o644);
    let saved =
        ["import", "new.xml", "-i", "small.xml", "--only", "group", "--simulate", "-q", "--out", "plan.json"];
    assert!(env.run(&saved).ends_with("--- exit 0\n"));
    assert_eq!(mode("plan.json"), 0o600);
}
