//! Files of the git repository as they were in a revision, or are in the index: `REV:path`, asked of the `git` command.
//!
//! Invariant: nothing is checked out and nothing in the repository changes.

use std::process::Output;

use super::super::git::call;
use crate::fault::{Fault, Faults};
use crate::xml::MAX_BYTES;

/// A file of a revision.
#[derive(Debug)]
pub(in crate::cli) struct Stored {
    /// Its name, as `HEAD~1:config/TST.xml`.
    pub(in crate::cli) name: String,
    pub(in crate::cli) bytes: Vec<u8>,
}

/// Returns the file that `REV:path` names, or the .xml files in the folder that it names.
pub(in crate::cli) fn files(spec: &str) -> Result<Vec<Stored>, Faults> {
    match object(spec)? {
        Some((kind, bytes)) if kind == "blob" => Ok(vec![Stored { name: spec.to_owned(), bytes }]),
        Some((kind, _)) if kind == "tree" => folder(spec),
        Some((kind, _)) => Err(Fault::input(format!("`{spec}` is a {kind}, not a file")).into()),
        None => Err(missing(spec).into()),
    }
}

/// Returns a file as the index has it: what the next commit would hold.
pub(in crate::cli) fn of_index(path: &str) -> Result<Vec<Stored>, Faults> {
    let spec = format!(":./{path}");
    if let Some((_, bytes)) = object(&spec)? {
        return Ok(vec![Stored { name: format!(":{path}"), bytes }]);
    }
    let listed = git(&["ls-files", "-z", "--", path], b"")?;
    let names = paths(&listed.stdout);
    if names.is_empty() {
        return Err(Fault::input(format!("git does not know `{path}`")).hint("`git add` it first").into());
    }
    stored(names.into_iter().map(|name| (format!(":./{name}"), format!(":{name}"))))
}

/// Returns the path, from the current folder, of the file that `REV:path` names, in the work tree.
pub(in crate::cli) fn in_work_tree(spec: &str) -> Result<std::path::PathBuf, Fault> {
    let path = spec.split_once(':').map_or(spec, |(_, path)| path);
    if let Some(relative) = path.strip_prefix("./") {
        return Ok(relative.into());
    }
    let top = git(&["rev-parse", "--show-toplevel"], b"")?;
    let top = String::from_utf8_lossy(&top.stdout).trim_end_matches('\n').to_owned();
    Ok(std::path::Path::new(&top).join(path))
}

/// Returns the .xml files in a folder of a revision, in the order of their names.
fn folder(spec: &str) -> Result<Vec<Stored>, Faults> {
    let listed = git(&["ls-tree", "-r", "-z", "--name-only", "--full-tree", spec], b"")?;
    let between = if spec.ends_with([':', '/']) { "" } else { "/" };
    let names = paths(&listed.stdout).into_iter().map(|name| format!("{spec}{between}{name}"));
    let names: Vec<String> = names.collect();
    if names.is_empty() {
        return Err(Fault::input(format!("there is no configuration file in `{spec}`")).into());
    }
    stored(names.into_iter().map(|name| (name.clone(), name)))
}

/// Returns the .xml files among paths that git lists, hidden ones excepted.
fn paths(listed: &[u8]) -> Vec<String> {
    let names = listed.split(|byte| *byte == 0).map(|name| String::from_utf8_lossy(name).into_owned());
    let is_wanted = |name: &String| {
        name.to_ascii_lowercase().ends_with(".xml") && !name.split('/').any(|part| part.starts_with('.'))
    };
    names.filter(is_wanted).collect()
}

/// Reads several objects: what to ask git for, and what to call it.
fn stored(names: impl Iterator<Item = (String, String)>) -> Result<Vec<Stored>, Faults> {
    let mut files = Vec::new();
    let mut faults = Vec::new();
    for (spec, name) in names {
        match object(&spec)? {
            Some((_, bytes)) => files.push(Stored { name, bytes }),
            None => faults.push(missing(&spec)),
        }
    }
    if faults.is_empty() { Ok(files) } else { Err(Faults(faults)) }
}

/// Returns the type and the content of an object; `None` if there is none of that name.
fn object(spec: &str) -> Result<Option<(String, Vec<u8>)>, Fault> {
    if spec.contains('\n') {
        return Ok(None);
    }
    // One process, and nothing of the user's settings (filters, textconv) in the way.
    let output = git(&["cat-file", "--batch"], format!("{spec}\n").as_bytes())?.stdout;
    let Some(end) = output.iter().position(|byte| *byte == b'\n') else { return Ok(None) };
    let head = String::from_utf8_lossy(&output[..end]).into_owned();
    let words: Vec<&str> = head.rsplitn(3, ' ').collect();
    let [size, kind, _] = words[..] else { return Ok(None) };
    let Ok(size) = size.parse::<usize>() else { return Ok(None) };
    if size as u64 > MAX_BYTES {
        return Err(Fault::input(format!(
            "`{spec}` is larger than {} MiB, the most that pcfg reads",
            MAX_BYTES >> 20
        )));
    }
    let bytes = output.get(end + 1..end + 1 + size);
    Ok(bytes.map(|bytes| (kind.to_owned(), bytes.to_vec())))
}

/// Says why there is no object of that name: the revision, or the path in it.
/// Returns which commit a revision is, and of when: `4f2a9c1 of 2026-03-01 14:05 +0100`. Nothing of what is staged.
pub(in crate::cli) fn commit(spec: &str) -> Option<String> {
    let (revision, _) = spec.split_once(':').filter(|(revision, _)| !revision.is_empty())?;
    let format = [
        "log",
        "-1",
        "--format=%h of %cd",
        "--date=format:%Y-%m-%d %H:%M %z",
        "--end-of-options",
        revision,
        "--",
    ];
    let output = git(&format, b"").ok().filter(|output| output.status.success())?;
    let text = String::from_utf8(output.stdout).ok()?;
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

fn missing(spec: &str) -> Fault {
    let (revision, path) = spec.split_once(':').unwrap_or((spec, ""));
    if revision.is_empty() {
        return Fault::input(format!("git's index has no `{path}`"))
            .hint("paths start at the top of the repository; `:./PATH` starts here");
    }
    let known = git(&["rev-parse", "--verify", "--quiet", &format!("{revision}^{{tree}}")], b"");
    match known {
        Ok(output) if output.status.success() => {
            Fault::input(format!("there is no `{path}` in the revision `{revision}`"))
                .hint(format!("paths start at the top of the repository; `{revision}:./PATH` starts here"))
        }
        _ => Fault::input(format!("the git repository has no revision `{revision}`"))
            .hint("`git log --oneline` and `git branch --all` list them"),
    }
}

/// Runs git; what it does not find is no fault, but a folder outside of any repository is.
fn git(arguments: &[&str], input: &[u8]) -> Result<Output, Fault> {
    let output = call::git(arguments, input)?;
    let said = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() && said.contains("not a git repository") {
        return Err(Fault::input("this folder is not in a git repository")
            .hint("`REV:PATH` needs a repository: change into it, or name files"));
    }
    let fatal = said.lines().find_map(|line| line.strip_prefix("fatal: "));
    match fatal {
        Some(message) if !output.status.success() && !arguments.contains(&"rev-parse") => {
            Err(Fault::input(format!("git failed: {message}")))
        }
        _ => Ok(output),
    }
}
