//! The jobs of `docs/ci/`: the shell of their steps is run as it stands there, in a git repository, with this pcfg.
//!
//! What only their servers have is a stand-in on PATH that writes down how it was called: `gh`, `curl`.

use std::fs;
use std::path::Path;
use std::process::Command;

use yaml_rust2::{Yaml, YamlLoader};

use crate::env::{Env, testdata};

/// A repository with a branch `main` that holds an export, and a branch on which it was changed, which is checked out.
struct Repository {
    env: Env,
    variables: Vec<(String, String)>,
}

impl Repository {
    fn new(with_main: bool) -> Self {
        let env = Env::new();
        let mut own = Self { env, variables: Vec::new() };
        for tool in ["gh", "curl"] {
            let script = "#!/bin/sh\necho \"$(basename \"$0\") $*\" >> calls\ncp comment.md seen.md\n";
            own.env.write(&format!("bin/{tool}"), script);
            let made =
                Command::new("chmod").arg("+x").arg(own.env.path(&format!("bin/{tool}"))).status().unwrap();
            assert!(made.success());
        }
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_pcfg"), own.env.path("bin/pcfg")).unwrap();
        own.env.write(".gitignore", "/bin\n/*.md\n/calls\n");
        own.env.write("config/.keep", "");
        own.set("PATH", &format!("{}:{}", own.env.path("bin").display(), std::env::var("PATH").unwrap()));
        own.set("PCFG_INSTANCE", testdata("backup/demo").to_str().unwrap());
        for (name, value) in [("AUTHOR", "Ada"), ("COMMITTER", "Ada")] {
            own.set(&format!("GIT_{name}_NAME"), value);
            own.set(&format!("GIT_{name}_EMAIL"), "ada@example.com");
        }
        own.set("GIT_CONFIG_GLOBAL", "/dev/null");
        own.sh("git init -q -b main && git add . && git commit -qm empty");
        if with_main {
            own.sh("pcfg export DEMO -q -o config/demo.xml && git add . && git commit -qm export");
        } else {
            own.sh("git rm -q config/.keep && git commit -qm none && mkdir -p config");
        }
        own.sh("git checkout -qb change");
        if !with_main {
            own.sh("pcfg export DEMO -q -o config/demo.xml && git add . && git commit -qm export");
        }
        own
    }

    fn set(&mut self, name: &str, value: &str) {
        self.variables.push((name.to_owned(), value.to_owned()));
    }

    /// Runs a script as the servers do; returns its exit code and what it said.
    fn run(&self, script: &str) -> (i32, String) {
        assert!(!script.contains("${{"), "only the server can resolve {script}");
        let mut command = Command::new("bash");
        command.args(["-eo", "pipefail", "-c", script]).current_dir(self.env.path("."));
        command.env_clear().envs(self.variables.iter().map(|(name, value)| (name, value)));
        let output = command.output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        (output.status.code().unwrap(), String::from_utf8(said).unwrap())
    }

    fn sh(&self, script: &str) {
        let (code, said) = self.run(script);
        assert_eq!(code, 0, "{script}: {said}");
    }

    /// Changes the file on the branch.
    fn change(&self, old: &str, new: &str) {
        let text = self.env.read("config/demo.xml");
        assert!(text.contains(old));
        self.env.write("config/demo.xml", text.replace(old, new));
        self.sh("git commit -qam change");
    }

    /// Returns how the stand-ins were called, and with which comment.
    fn commented(&self) -> (String, String) {
        (self.env.read("calls"), self.env.read("seen.md"))
    }
}

fn yaml(name: &str) -> Yaml {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/ci").join(name);
    YamlLoader::load_from_str(&fs::read_to_string(path).unwrap()).unwrap().remove(0)
}

/// Returns the shell of a step of the GitHub workflow.
fn step(job: &str, name: &str) -> String {
    let workflow = yaml("github.yml");
    let steps = workflow["jobs"][job]["steps"].as_vec().unwrap();
    let step = steps.iter().find(|step| step["name"].as_str() == Some(name));
    step.unwrap_or_else(|| panic!("no step {name}"))["run"].as_str().unwrap().to_owned()
}

/// Returns the shell of a job of GitLab: it runs the lines of a script one after the other.
fn script(job: &str) -> String {
    let jobs = yaml("gitlab.yml");
    let lines = jobs[job]["script"].as_vec().unwrap();
    lines.iter().map(|line| format!("{}\n", line.as_str().unwrap())).collect()
}

fn for_github(with_main: bool) -> Repository {
    let mut repository = Repository::new(with_main);
    let summary = repository.env.path("summary.md");
    let variables = [("CONFIG", "config"), ("BASE", "main"), ("PULL_REQUEST", "7")];
    variables.into_iter().for_each(|(name, value)| repository.set(name, value));
    repository.set("GITHUB_STEP_SUMMARY", summary.to_str().unwrap());
    repository
}

fn for_gitlab(with_main: bool) -> Repository {
    let mut repository = Repository::new(with_main);
    let base = repository.run("git rev-parse main").1.trim().to_owned();
    for (name, value) in [
        ("PCFG_CONFIG", "config"),
        ("CI_MERGE_REQUEST_DIFF_BASE_SHA", &base),
        ("CI_API_V4_URL", "https://gitlab.example.com/api/v4"),
        ("CI_PROJECT_ID", "3"),
        ("CI_MERGE_REQUEST_IID", "7"),
        ("COMMENT_TOKEN", "token"),
    ] {
        repository.set(name, value);
    }
    repository
}

#[test]
fn a_pull_request_is_checked_and_shown() {
    let repository = for_github(true);
    repository.change("It has a second line.", "It has another line.");
    for name in ["Validate", "Canonical form", "What changes"] {
        let (code, said) = repository.run(&step("check", name));
        assert_eq!(code, 0, "{name}: {said}");
    }
    let (calls, comment) = repository.commented();
    assert_eq!(calls, "gh pr comment 7 --edit-last --create-if-none --body-file comment.md\n");
    assert!(comment.contains("1 changed") && comment.contains("It has another line."), "{comment}");
    repository.change("<status>Open</status>", "<status>Opne</status>");
    let (code, said) = repository.run(&step("check", "Validate"));
    assert!(code == 1 && said.contains("no status `Opne`"), "{code}: {said}");
    repository.change("  <projects>", " <projects>");
    let (code, said) = repository.run(&step("check", "Canonical form"));
    assert!(code == 1 && said.contains("config/demo.xml"), "{code}: {said}");
}

#[test]
fn the_first_pull_request_has_nothing_to_compare_with() {
    let repository = for_github(false);
    repository.sh(&step("check", "What changes"));
    assert!(repository.commented().1.contains("the first configuration"));
    let repository = for_gitlab(false);
    repository.sh(&script("what-changes"));
    assert!(repository.commented().1.contains("the first configuration"));
}

#[test]
fn a_merge_request_is_checked_and_shown() {
    let repository = for_gitlab(true);
    repository.change("It has a second line.", "It has another line.");
    repository.sh(&script("check"));
    repository.sh(&script("what-changes"));
    let (calls, comment) = repository.commented();
    let called = "curl --fail --silent --show-error --output /dev/null --header PRIVATE-TOKEN: token \
        --data-urlencode body@comment.md https://gitlab.example.com/api/v4/projects/3/merge_requests/7/notes\n";
    assert_eq!(calls, called);
    assert!(comment.contains("1 changed") && comment.contains("It has another line."), "{comment}");
    repository.change("<status>Open</status>", "<status>Opne</status>");
    let (code, said) = repository.run(&script("check"));
    assert!(code == 1 && said.contains("no status `Opne`"), "{code}: {said}");
}

#[test]
fn drift_fails_the_job_and_is_shown() {
    let github = for_github(true);
    github.sh(&step("drift", "Drift"));
    let gitlab = for_gitlab(true);
    gitlab.sh(&script("drift"));
    for (repository, script) in [(&github, step("drift", "Drift")), (&gitlab, script("drift"))] {
        repository.change("It has a second line.", "It has another line.");
        let (code, said) = repository.run(&script);
        assert_eq!(code, 1, "{said}");
        assert!(repository.env.read("drift.md").contains("It has a second line."));
    }
    assert!(github.env.read("summary.md").contains("It has a second line."));
}

/// The same job against a live Jira: it passes as long as nobody changes anything there, and then says what was changed.
#[cfg(feature = "rest")]
#[test]
fn drift_of_a_live_jira_fails_the_job_and_is_shown() {
    let (_folder, path) = crate::embedded::loaded(&testdata("backup/demo"));
    let server = jira_for_tests::serve(&path, jira_for_tests::Options::cloud()).unwrap();
    let (user, token) = server.credentials().unwrap();
    for (mut repository, script) in
        [(for_github(true), step("drift", "Drift")), (for_gitlab(true), script("drift"))]
    {
        repository.set("PCFG_INSTANCE", &server.url());
        repository.set("PCFG_USER", &user);
        repository.set("PCFG_TOKEN", &token);
        repository.sh("pcfg export DEMO -q -o config/demo.xml && git commit -qam live");
        let (code, said) = repository.run(&script);
        assert_eq!(code, 0, "{said}");
        repository.change("It has a second line.", "It has another line.");
        let (code, said) = repository.run(&script);
        assert_eq!(code, 1, "{said}");
        assert!(repository.env.read("drift.md").contains("It has a second line."), "{said}");
    }
    let asked = server.requests();
    assert!(asked.len() > 100 && asked.iter().all(|seen| seen.method == "GET"), "a job changes nothing");
}
