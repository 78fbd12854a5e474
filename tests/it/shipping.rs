//! How pcfg gets to people: the action, the component of GitLab, the hooks, and the scripts that make packages, run as they stand.
//!
//! What only a server has is a stand-in: an API on loopback. What needs a public release or another target is read as YAML or text, and not run.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Mutex;

use yaml_rust2::{Yaml, YamlLoader};

use crate::documents::project;
use crate::env::{Env, testdata};
use crate::listener::{Asked, Listener, answer, json};
use crate::skip::{Need, skipped};

fn yaml(name: &str) -> Vec<Yaml> {
    YamlLoader::load_from_str(&fs::read_to_string(project(name)).unwrap()).unwrap()
}

/// Returns whether the programs are there that scripts need.
fn has(programs: &[(&'static str, &'static str)]) -> bool {
    let is_there = |(program, package): &(&'static str, &'static str)| {
        let found = Command::new(program).arg("--version").output().is_ok();
        if !found {
            skipped(Need::Tool(program, package), "scripts of packages and of the action");
        }
        found
    };
    programs.iter().all(is_there)
}

const TOOLS: [(&str, &str); 3] = [("bash", "bash"), ("curl", "curl"), ("jq", "jq")];

/// A repository on a branch that changes what `main` has, with pcfg on PATH.
struct Repository {
    env: Env,
    variables: Vec<(String, String)>,
}

impl Repository {
    fn new() -> Self {
        let env = Env::new();
        let own = ["PATH", "GIT_CONFIG_GLOBAL", "HOME", "PCFG_INSTANCE", "RUNNER_TEMP"];
        let path = format!("{}:{}", env.path("bin").display(), std::env::var("PATH").unwrap());
        let values = [
            path,
            "/dev/null".into(),
            env.path("home").display().to_string(),
            testdata("backup/demo").display().to_string(),
            env.path("temp").display().to_string(),
        ];
        let mut variables: Vec<(String, String)> = own.map(str::to_owned).into_iter().zip(values).collect();
        for who in ["AUTHOR", "COMMITTER"] {
            variables.push((format!("GIT_{who}_NAME"), "Ada".to_owned()));
            variables.push((format!("GIT_{who}_EMAIL"), "ada@example.com".to_owned()));
        }
        for folder in ["bin", "home", "temp"] {
            fs::create_dir(env.path(folder)).unwrap();
        }
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_pcfg"), env.path("bin/pcfg")).unwrap();
        env.write(".gitignore", "*\n!/config/\n!/config/*.xml\n!/pcfg.toml\n");
        let repository = Self { env, variables };
        repository.sh("mkdir config && git init -q -b main && pcfg export DEMO -q -o config/demo.xml && git add . && git commit -qm export && git checkout -qb change");
        repository
    }

    fn set(&mut self, name: &str, value: &str) {
        self.variables.push((name.to_owned(), value.to_owned()));
    }

    fn run(&self, script: &str) -> (i32, String) {
        assert!(!script.contains("${{") && !script.contains("$[["), "only the server can resolve {script}");
        let mut command = Command::new("bash");
        command.args(["-eo", "pipefail", "-c", script]).current_dir(self.env.path("."));
        command.env_clear().envs(self.variables.iter().map(|(name, value)| (name, value)));
        let output = command.output().unwrap();
        (output.status.code().unwrap(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
    }

    fn sh(&self, script: &str) {
        let (code, said) = self.run(script);
        assert_eq!(code, 0, "{script}: {said}");
    }

    fn change(&self, old: &str, new: &str) {
        let text = self.env.read("config/demo.xml");
        assert!(text.contains(old));
        self.env.write("config/demo.xml", text.replace(old, new));
        self.sh("git commit -qam change");
    }
}

/// An API that keeps comments: whatever is posted, and whatever is changed.
fn api(comments: &'static str) -> (Listener, &'static Mutex<Vec<String>>) {
    let kept: &'static Mutex<Vec<String>> = Box::leak(Box::default());
    let rule = move |asked: &Asked| {
        let mut kept = kept.lock().unwrap();
        let is_form =
            !asked.headers.contains("Content-Type: application/json") && !asked.body.starts_with('{');
        let body = match serde_json::from_str::<serde_json::Value>(&asked.body) {
            Ok(own) => own["body"].as_str().unwrap().to_owned(),
            Err(_) if is_form => unescaped(asked.body.strip_prefix("body=").unwrap_or_default()),
            Err(error) => panic!("{error}: {}", asked.body),
        };
        let method = asked.line.split(' ').next().unwrap();
        match method {
            "GET" => {
                let all: Vec<_> = kept
                    .iter()
                    .enumerate()
                    .map(|(id, body)| serde_json::json!({ "id": id, "body": body }))
                    .collect();
                return json(200, &serde_json::Value::from(all).to_string());
            }
            "POST" => kept.push(body),
            "PATCH" | "PUT" => {
                let id: usize = asked.line.rsplit('/').next().unwrap().parse().unwrap();
                kept[id] = body;
            }
            other => panic!("{other}"),
        }
        assert!(asked.line.contains(comments), "{}", asked.line);
        json(201, "{}")
    };
    kept.lock().unwrap().push("somebody else's <!-- pcfg: what changes -->".to_owned());
    (Listener::start(rule), kept)
}

fn unescaped(form: &str) -> String {
    percent_encoding::percent_decode_str(&form.replace('+', " ")).decode_utf8().unwrap().into_owned()
}

/// Returns the shell of a step of the action.
fn step(name: &str) -> String {
    let action = yaml("action.yml").remove(0);
    let steps = action["runs"]["steps"].as_vec().unwrap();
    let own = steps.iter().find(|step| step["name"].as_str() == Some(name));
    own.unwrap_or_else(|| panic!("no step {name}"))["run"].as_str().unwrap().to_owned()
}

#[test]
fn the_action_checks_a_pull_request_and_keeps_one_comment() {
    if !has(&TOOLS) {
        return;
    }
    let (server, comments) = api("/repos/acme/jira/issues/");
    let mut repository = Repository::new();
    let summary = repository.env.path("summary.md");
    for (name, value) in [
        ("ACTION", env!("CARGO_MANIFEST_DIR")),
        ("BASE", "main"),
        ("COMMENT", "true"),
        ("CONFIG", "config"),
        ("GITHUB_API_URL", &server.url()),
        ("GITHUB_REPOSITORY", "acme/jira"),
        ("GITHUB_STEP_SUMMARY", summary.to_str().unwrap()),
        ("GITHUB_TOKEN", "not-a-secret"),
        ("LABELS", "docs|big change"),
        ("POLICY", ""),
        ("PULL_REQUEST", "7"),
    ] {
        repository.set(name, value);
    }
    repository.change("It has a second line.", "It has another line.");
    for name in ["Validate", "Canonical form", "What changes"] {
        let (code, said) = repository.run(&step(name));
        assert_eq!(code, 0, "{name}: {said}");
    }
    let told = comments.lock().unwrap().clone();
    assert_eq!(told.len(), 2);
    assert!(told[1].starts_with("<!-- pcfg: what changes -->\n") && told[1].contains("It has another line."));
    repository.change("It has another line.", "It has a third line.");
    // A rule wants another label.
    let rule = "[[policy]]\nname = \"asked\"\neach = \"plan\"\nrequire = '\"approved\" in labels'\nmessage = \"ask\"\n";
    repository.env.write("rules.toml", rule);
    repository.set("POLICY", "rules.toml\n");
    let (code, said) = repository.run(&step("What changes"));
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("::error title=policy/asked::asked: ask"), "{said}");
    let told = comments.lock().unwrap().clone();
    assert_eq!(told.len(), 2, "the comment is changed");
    assert!(told[1].contains("It has a third line.") && told[1].contains("asked: ask"), "{}", told[1]);
    repository.set("LABELS", "docs|approved");
    repository.sh(&step("What changes"));
    let asked = server.asked();
    assert!(asked.iter().all(|own| own.headers.contains("Authorization: Bearer not-a-secret")));
    repository.change("<status>Open</status>", "<status>Opne</status>");
    let (code, said) = repository.run(&step("Validate"));
    assert!(code == 1 && said.contains("::error file=config/demo.xml,line="), "{code}: {said}");
}

#[test]
fn the_component_checks_a_merge_request_and_keeps_one_comment() {
    if !has(&TOOLS) {
        return;
    }
    let documents = yaml("templates/pcfg.yml");
    let [spec, jobs] = &documents[..] else { panic!("a component has two documents") };
    let inputs = spec["spec"]["inputs"].as_hash().unwrap();
    for name in ["config", "policy", "image", "stage"] {
        assert!(inputs.contains_key(&Yaml::String(name.to_owned())), "{name}");
    }
    let script = |job: &str| -> String {
        jobs[job]["script"]
            .as_vec()
            .unwrap()
            .iter()
            .map(|line| format!("{}\n", line.as_str().unwrap()))
            .collect()
    };
    let (server, comments) = api("/api/v4/projects/3/merge_requests/7/notes");
    let mut repository = Repository::new();
    let base = repository.run("git rev-parse main").1.trim().to_owned();
    for (name, value) in [
        ("CONFIG", "config"),
        ("POLICY", ""),
        ("CI_MERGE_REQUEST_DIFF_BASE_SHA", &base),
        ("CI_API_V4_URL", &format!("{}/api/v4", server.url())),
        ("CI_PROJECT_ID", "3"),
        ("CI_MERGE_REQUEST_IID", "7"),
        ("COMMENT_TOKEN", "not-a-secret"),
    ] {
        repository.set(name, value);
    }
    repository.change("It has a second line.", "It has another line & 100%.".replace("& ", "").as_str());
    repository.sh(&script("pcfg-check"));
    repository.sh(&script("pcfg-what-changes"));
    repository.sh(&script("pcfg-what-changes"));
    let told = comments.lock().unwrap().clone();
    assert_eq!(told.len(), 2, "one comment, made and changed");
    assert!(told[1].contains("It has another line 100%."), "{}", told[1]);
    assert!(
        server.asked().iter().all(|own| own.headers.to_lowercase().contains("private-token: not-a-secret")
            || own.headers.to_lowercase().contains("private-token:not-a-secret"))
    );
}

/// Packs this very pcfg as a release does; returns where.
fn packed(env: &Env, target: &str) {
    let run = |script: &str, arguments: &[&str]| {
        let output = Command::new("sh")
            .arg(project(script))
            .args(arguments)
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .output()
            .unwrap();
        assert!(output.status.success(), "{script}: {}", String::from_utf8_lossy(&output.stderr));
    };
    let (dist, out) = (env.path("dist"), env.path("out"));
    let (dist, out) = (dist.to_str().unwrap(), out.to_str().unwrap());
    // Without what only a debugger reads, this is quick.
    let pcfg = env.path("pcfg");
    let stripped = Command::new("strip").arg("-o").arg(&pcfg).arg(env!("CARGO_BIN_EXE_pcfg")).status();
    if !stripped.is_ok_and(|status| status.success()) {
        fs::copy(env!("CARGO_BIN_EXE_pcfg"), &pcfg).unwrap();
    }
    let pcfg = pcfg.to_str().unwrap();
    run("packaging/documents.sh", &[pcfg, dist]);
    run("packaging/archive.sh", &[pcfg, target, dist, out]);
    let archive = format!("{out}/pcfg-{target}.tar.gz");
    run("packaging/try.sh", &[&archive]);
}

#[test]
fn a_release_is_packed_tried_and_installed() {
    if !has(&TOOLS) || !cfg!(target_os = "linux") {
        return;
    }
    let env = Env::new();
    let target = format!("{}-unknown-linux-musl", std::env::consts::ARCH);
    packed(&env, &target);
    let out = env.path("out");
    let serve = |break_it: bool| {
        let out = out.clone();
        Listener::start(move |asked: &Asked| {
            let path = asked.line.split(' ').nth(1).unwrap();
            let Some(name) = path.strip_prefix("/releases/download/v9.9.9/") else {
                return answer(404, "", "");
            };
            let mut bytes = fs::read(out.join(name)).unwrap();
            if break_it && name.ends_with(".gz") {
                bytes[100] ^= 1;
            }
            [format!("HTTP/1.1 200 X\r\nContent-Length: {}\r\n\r\n", bytes.len()).into_bytes(), bytes]
                .concat()
        })
    };
    let install = |server: &Listener, version: &str| {
        let output = Command::new("sh")
            .arg(project("packaging/install.sh"))
            .args([version, "bin"])
            .current_dir(env.path("."))
            .env("PCFG_RELEASES", format!("{}/releases", server.url()))
            .output()
            .unwrap();
        (output.status.success(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
    };
    let (done, said) = install(&serve(true), "v9.9.9");
    assert!(!done && said.contains("has another checksum"), "{said}");
    let (done, said) = install(&serve(false), "v8.0.0");
    assert!(!done && said.contains("cannot download"), "{said}");
    assert!(!env.path("bin").exists(), "nothing is installed that is not right");
    let (done, said) = install(&serve(false), "v9.9.9");
    assert!(done && said.starts_with("pcfg "), "{said}");
    assert!(env.path("bin/pcfg").is_file());
    // The formula names what is there.
    for target in [
        "aarch64-apple-darwin",
        "x86_64-apple-darwin",
        "aarch64-unknown-linux-musl",
        "x86_64-unknown-linux-musl",
    ] {
        let name = format!("out/pcfg-{target}.tar.gz.sha256");
        if !env.path(&name).exists() {
            env.write(&name, format!("{}  pcfg-{target}.tar.gz\n", "0".repeat(64)));
        }
    }
    let formula = Command::new("sh")
        .arg(project("packaging/formula.sh"))
        .args(["9.9.9", "https://example.com/acme/pcfg/releases"])
        .arg(env.path("out"))
        .output()
        .unwrap();
    let formula = String::from_utf8(formula.stdout).unwrap();
    let sum = env.read(&format!("out/pcfg-{target}.tar.gz.sha256"));
    assert!(formula.contains(&format!("sha256 \"{}\"", sum.split(' ').next().unwrap())), "{formula}");
    assert_eq!(formula.matches("https://example.com/acme/pcfg/releases/download/v9.9.9/pcfg-").count(), 4);
}

#[test]
fn workflows_hooks_and_metadata_name_what_is_there() {
    let release = yaml(".github/workflows/release.yml").remove(0);
    let mut texts = Vec::new();
    for (_, job) in release["jobs"].as_hash().unwrap() {
        for step in job["steps"].as_vec().unwrap() {
            assert!(step["uses"].is_badvalue() != step["run"].is_badvalue(), "{step:?}");
            texts.extend(step["run"].as_str().map(str::to_owned));
        }
    }
    texts.extend(["Install pcfg", "What changes"].map(step));
    let scripts: Vec<&str> = texts
        .iter()
        .flat_map(|text| text.split(['"', ' ', '\n', '/']))
        .filter(|word| word.ends_with(".sh"))
        .collect();
    assert!(scripts.len() > 8);
    for script in scripts {
        assert!(project("packaging").join(script).is_file(), "{script}");
    }
    for (number, text) in texts.iter().enumerate() {
        // A runner puts in what stands between the brackets; the shell sees none of it.
        assert!(
            !text.contains("${{"),
            "step {number}: what comes from outside goes through the environment: {text}"
        );
        let checked = Command::new("bash").args(["-n", "-c", text]).output().unwrap();
        assert!(checked.status.success(), "{text}: {}", String::from_utf8_lossy(&checked.stderr));
    }
    for entry in fs::read_dir(project("packaging")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|own| own == "sh") {
            assert!(
                Command::new("sh").arg("-n").arg(&path).status().unwrap().success(),
                "{}",
                path.display()
            );
        }
    }
    let hooks = yaml(".pre-commit-hooks.yaml").remove(0);
    for hook in hooks.as_vec().unwrap() {
        let words: Vec<&str> = hook["entry"].as_str().unwrap().split(' ').collect();
        let help = Command::new(env!("CARGO_BIN_EXE_pcfg")).args(&words[1..]).arg("--help").output().unwrap();
        assert!(words[0] == "pcfg" && help.status.success(), "{words:?}");
    }
    // What the Debian package takes from the repository is there.
    let manifest: toml::Table = toml::from_str(&fs::read_to_string(project("Cargo.toml")).unwrap()).unwrap();
    let metadata = &manifest["package"]["metadata"];
    for asset in metadata["deb"]["assets"].as_array().unwrap() {
        let from = asset[0].as_str().unwrap();
        let folder = Path::new(from).parent().unwrap();
        assert!(from.starts_with("target/") || project(folder.to_str().unwrap()).is_dir(), "{from}");
    }
    // A release says of each version what is new.
    let version = manifest["package"]["version"].as_str().unwrap();
    assert!(metadata["binstall"]["pkg-url"].as_str().unwrap().contains("/v{ version }/"));
    assert!(
        fs::read_to_string(project("SECURITY.md")).unwrap().contains(&version[..version.rfind('.').unwrap()])
    );
    let notes = |version: &str| {
        Command::new("sh")
            .arg(project("packaging/notes.sh"))
            .arg(version)
            .current_dir(project(""))
            .output()
            .unwrap()
    };
    assert!(!notes("99.0.0").status.success());
}
