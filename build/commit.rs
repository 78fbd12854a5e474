//! Says from which commit a release is built, for `pcfg --version`.
//!
//! Invariant: without git, without a repository and without a network the program is the same, but for those words. A commit is told only if
//! it is one of this project: a package that is unpacked in somebody's repository is not part of it.

use std::path::Path;
use std::process::Command;

/// Tells cargo the version, with the commit if it is known.
pub fn tell() {
    println!("cargo::rerun-if-env-changed=PCFG_COMMIT");
    let told_by_cargo = |name: &str| std::env::var(name).ok();
    let version = told_by_cargo("CARGO_PKG_VERSION").unwrap_or_default();
    let folder = told_by_cargo("CARGO_MANIFEST_DIR").unwrap_or_default();
    let folder = Path::new(&folder);
    let given = told_by_cargo("PCFG_COMMIT").filter(|own| !own.trim().is_empty());
    // Who works on the project would build it anew after each commit.
    let is_release = told_by_cargo("PROFILE").is_some_and(|own| own == "release");
    let commit = given.map(|own| own.trim().to_owned()).or_else(|| {
        let commit = if is_release { commit(folder) } else { None };
        if commit.is_some() {
            watched(folder).iter().for_each(|file| println!("cargo::rerun-if-changed={file}"));
        }
        commit
    });
    println!("cargo::rustc-env=PCFG_VERSION={}", named(&version, commit.as_deref()));
}

/// Returns the version with the beginning of the commit.
pub fn named(version: &str, commit: Option<&str>) -> String {
    let short = commit.map(|own| own.chars().filter(char::is_ascii_hexdigit).take(9).collect::<String>());
    match short.filter(|own| own.len() > 3) {
        Some(short) => format!("{version} ({short})"),
        None => version.to_owned(),
    }
}

/// Returns the commit of a folder: what a package says of itself, or what git knows.
pub fn commit(folder: &Path) -> Option<String> {
    if let Ok(packed) = std::fs::read_to_string(folder.join(".cargo_vcs_info.json")) {
        let rest = &packed[packed.find("\"sha1\"")? + 6..];
        return rest.split('"').nth(1).map(str::to_owned);
    }
    git(folder, &["ls-files", "--error-unmatch", "Cargo.toml"])?;
    git(folder, &["rev-parse", "HEAD"])
}

/// Returns the files that change with the commit.
fn watched(folder: &Path) -> Vec<String> {
    let branch = git(folder, &["symbolic-ref", "-q", "HEAD"]);
    let names = ["HEAD".to_owned(), "packed-refs".to_owned()].into_iter().chain(branch);
    let paths = names.filter_map(|name| git(folder, &["rev-parse", "--git-path", &name]));
    paths.filter(|path| folder.join(path).exists()).collect()
}

fn git(folder: &Path, arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").arg("-C").arg(folder).args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}
