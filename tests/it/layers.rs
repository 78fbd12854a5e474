//! The code is built as `docs/architecture.md` draws it: rooms in layers, and no circles of files within a room.
//!
//! `PCFG_UPDATE_DOCS=1 cargo test layers` writes anew which rooms each room uses.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use crate::documents::project;

/// What leads in circles today; taken out, none is left. None may be added.
const CIRCLES: &[(&str, &str)] = &[("instance/live/person", "instance/live/reader")];

/// The folders whose files may not form circles, and in which it is told what points upwards: a file that uses what the file above
/// it defines itself.
const LOOKED_AT: [&str; 4] = ["instance", "mapping", "plan", "schema"];

/// What points upwards today, and from where. None may be added; what is no more is taken out.
const UPWARDS: &[(&str, &[&str])] = &[
    ("instance", &["instance/checked"]),
    (
        "instance/backup",
        &[
            "instance/backup/fault",
            "instance/backup/issue_data",
            "instance/backup/issue_moves",
            "instance/backup/issue_rows",
            "instance/backup/rewrite",
        ],
    ),
    (
        "instance/embedded",
        &[
            "instance/embedded/create",
            "instance/embedded/issue_data",
            "instance/embedded/issue_rows",
            "instance/embedded/recover",
        ],
    ),
    ("instance/live", &["instance/live/endpoint"]),
    (
        "instance/postgres",
        &["instance/postgres/issue_data", "instance/postgres/issue_rows", "instance/postgres/load"],
    ),
    ("mapping/workflow/build", &["mapping/workflow/build/kept"]),
    (
        "plan",
        &[
            "plan/describe",
            "plan/difference",
            "plan/guard",
            "plan/guard/characters",
            "plan/guard/doubt",
            "plan/guard/doubted",
            "plan/guard/foreign",
            "plan/guard/homeless",
            "plan/guard/identity",
            "plan/guard/ids",
            "plan/guard/in_use",
            "plan/guard/twins",
            "plan/guard/unknown",
            "plan/impact",
            "plan/matching",
            "plan/order",
            "plan/readiness",
            "plan/renaming",
            "plan/rules",
            "plan/unseen",
        ],
    ),
    (
        "plan/guard",
        &[
            "plan/guard/characters",
            "plan/guard/foreign",
            "plan/guard/homeless",
            "plan/guard/in_use",
            "plan/guard/unknown",
        ],
    ),
    (
        "schema",
        &[
            "schema/audit",
            "schema/built",
            "schema/document",
            "schema/load",
            "schema/meaning",
            "schema/roots",
            "schema/rule",
            "schema/simple",
        ],
    ),
];

/// The way of a file to its module, such as `["mapping", "ground", "ids"]`.
type Module = Vec<String>;

/// The code without tests and comments, file by file.
struct Code {
    files: BTreeMap<Module, String>,
    /// What a file says again, by the name under which it does: where that comes from.
    again: BTreeMap<Module, BTreeMap<String, Module>>,
}

impl Code {
    fn read() -> Self {
        let source = project("src");
        let mut files = BTreeMap::new();
        for entry in walkdir::WalkDir::new(&source).sort_by_file_name() {
            let path = entry.unwrap().into_path();
            let name = path.file_name().unwrap().to_str().unwrap();
            let is_code = name.ends_with(".rs") && !name.ends_with("tests.rs") && name != "testing.rs";
            if !is_code || ["lib.rs", "main.rs"].contains(&name) {
                continue;
            }
            let relative = path.strip_prefix(&source).unwrap().with_extension("");
            let mut module: Module = relative.iter().map(|part| part.to_str().unwrap().to_owned()).collect();
            if module.last().is_some_and(|last| last == "mod") {
                module.pop();
            }
            files.insert(module, code(&path));
        }
        let mut code = Self { files, again: BTreeMap::new() };
        let again = code.files.iter().map(|(module, text)| {
            let uses = uses(text).into_iter().filter(|(is_public, _)| *is_public);
            let named = uses.filter_map(|(_, path)| {
                let (path, name) = match path.split_once(" as ") {
                    Some((path, name)) => (path.to_owned(), name.to_owned()),
                    None => (path.clone(), path.rsplit("::").next()?.to_owned()),
                };
                Some((name, code.absolute(module, &path)?))
            });
            (module.clone(), named.collect())
        });
        code.again = again.collect();
        code
    }

    /// Returns the way that a path means in a module; `None` if it leads out of the crate.
    fn absolute(&self, module: &Module, path: &str) -> Option<Module> {
        let mut steps: Vec<String> = path.split("::").map(|step| step.trim().to_owned()).collect();
        let mut from = match steps[0].as_str() {
            "crate" => Vec::new(),
            "self" => module.clone(),
            "super" => {
                let above = steps.iter().take_while(|step| *step == "super").count();
                steps.drain(1..above);
                module[..module.len().checked_sub(above)?].to_vec()
            }
            own => {
                let child: Module = module.iter().cloned().chain([own.to_owned()]).collect();
                self.files.contains_key(&child).then_some(())?;
                steps.insert(0, String::new());
                module.clone()
            }
        };
        from.extend(steps.into_iter().skip(1).filter(|step| step != "self"));
        Some(from)
    }

    /// Returns the file that defines what stands at the end of a way, and whether it is something in there or the file itself.
    fn defines(&self, way: &Module) -> Option<(Module, bool)> {
        let length = (1..=way.len()).rev().find(|&length| self.files.contains_key(&way[..length]))?;
        let (file, rest) = (way[..length].to_vec(), &way[length..]);
        let Some(item) = rest.first() else { return Some((file, false)) };
        match self.again.get(&file).and_then(|again| again.get(item)) {
            Some(origin) if *origin != *way => {
                self.defines(&origin.iter().chain(&rest[1..]).cloned().collect())
            }
            _ => Some((file, true)),
        }
    }

    /// Returns which files each file uses, with what of them; a file that stands above another one in the same folder is
    /// marked.
    fn arrows(&self) -> Vec<(Module, Module, bool)> {
        let mut arrows = BTreeSet::new();
        for (module, text) in &self.files {
            let used = uses(text).into_iter().map(|(_, path)| path).chain(inline(text));
            for path in used {
                let path = path.split(" as ").next().unwrap();
                let Some(way) = self.absolute(module, path) else { continue };
                let Some((file, is_item)) = self.defines(&way) else { continue };
                let is_above = module.starts_with(&file);
                if file != *module && (is_item || !is_above) {
                    arrows.insert((module.clone(), file, is_above));
                }
            }
        }
        arrows.into_iter().collect()
    }
}

/// Returns the code of a file without tests and comments.
pub(crate) fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    let text = text.split("\nmod tests {").next().unwrap();
    let lines = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    lines.map(|line| line.split(" // ").next().unwrap()).collect::<Vec<_>>().join("\n")
}

/// Returns the paths that a file says by `use`, each by itself, and whether it says them to others, too.
fn uses(text: &str) -> Vec<(bool, String)> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices("use ") {
        let line = &text[text[..at].rfind('\n').map_or(0, |at| at + 1)..at];
        let is_public = line.trim_start().starts_with("pub");
        if !(line.trim().is_empty() || is_public) {
            continue;
        }
        let tree = text[at + 4..].split(';').next().unwrap().replace('\n', " ");
        expand(tree.split_whitespace().collect::<Vec<_>>().join(" ").trim(), "", &mut |path| {
            found.push((is_public, path));
        });
    }
    found
}

/// Takes a tree of paths apart.
fn expand(tree: &str, before: &str, each: &mut dyn FnMut(String)) {
    let Some((start, rest)) = tree.split_once('{') else { return each(format!("{before}{tree}")) };
    let before = format!("{before}{start}");
    let (mut depth, mut from) = (0, 0);
    // A `use` in a text is none.
    let Some(inside) = rest.strip_suffix('}') else { return };
    for (at, letter) in inside.char_indices().chain([(inside.len(), ',')]) {
        match letter {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                let branch = inside[from..at].trim();
                if !branch.is_empty() {
                    expand(branch, &before, each);
                }
                from = at + 1;
            }
            _ => {}
        }
    }
}

/// Returns the paths in a file that lead somewhere else in the crate without a `use`.
fn inline(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for start in ["crate::", "super::"] {
        for (at, _) in text.match_indices(start) {
            let before = text[..at].chars().next_back();
            if before.is_some_and(|letter| letter.is_alphanumeric() || letter == '_' || letter == ':') {
                continue;
            }
            let path =
                text[at..].chars().take_while(|letter| letter.is_alphanumeric() || "_:".contains(*letter));
            let path: String = path.collect();
            // A tree is told by its `use`.
            if !path.ends_with(':') {
                found.push(path);
            }
        }
    }
    found
}

fn room(module: &Module) -> &str {
    &module[0]
}

/// The table of the layers is true: each room uses what it says, and only what stands above it.
#[test]
fn dependencies_point_one_way() {
    let mut used: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let code = Code::read();
    let arrows = code.arrows();
    for module in code.files.keys() {
        used.entry(room(module)).or_default();
    }
    for (from, to, _) in arrows.iter().filter(|(from, to, _)| room(from) != room(to)) {
        used.entry(room(from)).or_default().insert(room(to));
    }
    let path = project("docs/architecture.md");
    let text = fs::read_to_string(&path).unwrap();
    let (before, table) = text.split_once("<!-- begin layers -->\n").unwrap();
    let (table, after) = table.split_once("<!-- end layers -->").unwrap();
    let mut above: Vec<&str> = Vec::new();
    let mut drawn = String::new();
    for (number, line) in table.lines().enumerate() {
        if number < 2 {
            drawn.push_str(&format!("{line}\n"));
            continue;
        }
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let room = cells[0].trim_matches('`');
        let uses = used.remove(room).unwrap_or_else(|| panic!("there is no src/{room}"));
        let upwards: Vec<&&str> = uses.iter().filter(|other| !above.contains(other)).collect();
        assert!(upwards.is_empty(), "{room} uses {upwards:?}, which stand below it in the table");
        let uses: Vec<String> = uses.iter().map(|other| format!("`{other}`")).collect();
        drawn.push_str(&format!("| `{room}` | {} | {} | {} |\n", uses.join(", "), cells[2], cells[3]));
        above.push(room);
    }
    assert!(used.is_empty(), "the table lacks {:?}", used.keys());
    if drawn != table && std::env::var_os("PCFG_UPDATE_DOCS").is_some() {
        return fs::write(&path, format!("{before}<!-- begin layers -->\n{drawn}<!-- end layers -->{after}"))
            .unwrap();
    }
    assert_eq!(
        drawn, table,
        "docs/architecture.md says what each room uses: `PCFG_UPDATE_DOCS=1 cargo test --test it layers` writes it anew"
    );
}

/// The rooms above `output` in the table do no I/O, read no clock and do not print.
#[test]
fn the_core_is_pure() {
    let text = fs::read_to_string(project("docs/architecture.md")).unwrap();
    let rows = text.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    let core: BTreeSet<&str> = rows.take_while(|room| *room != "output").collect();
    assert!(core.contains("schema") && core.contains("import"));
    for (module, text) in Code::read().files.iter().filter(|(module, _)| core.contains(room(module))) {
        for forbidden in
            ["std::fs", "std::env", "println!", "eprintln!", "std::net", "SystemTime", "Instant::now"]
        {
            assert!(!text.contains(forbidden), "{} uses {forbidden}", module.join("/"));
        }
    }
}

/// Commands say which functions to call; what a place is made of is its own.
#[test]
fn the_command_line_names_no_row_column_or_table() {
    let code = Code::read();
    let of_cli = |module: &&Module| room(module) == "cli" && !module.join("/").ends_with("_tests");
    let files: Vec<_> = code.files.iter().filter(|(module, _)| of_cli(module)).collect();
    assert!(files.len() > 30);
    for (module, text) in files {
        for forbidden in ["RowChange", "EntityId", "reading.tables", "crate::entity", "crate::mapping"] {
            assert!(!text.contains(forbidden), "{} uses {forbidden}", module.join("/"));
        }
    }
}

#[test]
fn no_files_form_a_circle() {
    let mut uses: BTreeMap<Module, BTreeSet<Module>> = BTreeMap::new();
    // What a file says of its own is below it all the same: a file above gathers what stands in its folder.
    for (from, to, _) in Code::read().arrows().into_iter().filter(|(.., is_above)| !is_above) {
        if LOOKED_AT.contains(&room(&from)) && LOOKED_AT.contains(&room(&to)) {
            uses.entry(from).or_default().insert(to);
        }
    }
    assert!(uses.len() > 100);
    for (from, to) in CIRCLES {
        let way = |of: &str| -> Module { of.split('/').map(str::to_owned).collect() };
        let is_there = uses.get_mut(&way(from)).is_some_and(|used| used.remove(&way(to)));
        assert!(is_there, "{from} does not use {to} any more: take it out of the list");
    }
    // What uses nothing that is left, and what nothing uses, is taken away; what stays leads in a circle.
    loop {
        let before = uses.len();
        let left: BTreeSet<Module> = uses.keys().cloned().collect();
        uses.values_mut().for_each(|used| used.retain(|to| left.contains(to)));
        let used: BTreeSet<Module> = uses.values().flatten().cloned().collect();
        uses.retain(|from, to| !to.is_empty() && used.contains(from));
        if uses.len() == before {
            break;
        }
    }
    let shown = |way: &Module| way.join("/");
    let circles: Vec<String> = uses
        .iter()
        .map(|(from, to)| {
            format!("{} -> {}", shown(from), to.iter().map(shown).collect::<Vec<_>>().join(", "))
        })
        .collect();
    assert!(circles.is_empty(), "these files lead in circles:\n{}", circles.join("\n"));
}

#[test]
fn nothing_new_points_upwards() {
    let upwards: BTreeSet<(String, String)> = Code::read()
        .arrows()
        .into_iter()
        .filter(|(from, _, is_above)| *is_above && LOOKED_AT.contains(&room(from)))
        .map(|(from, to, _)| (to.join("/"), from.join("/")))
        .collect();
    let known: BTreeSet<(String, String)> = UPWARDS
        .iter()
        .flat_map(|(to, from)| from.iter().map(|from| ((*to).to_owned(), (*from).to_owned())))
        .collect();
    let new: Vec<_> = upwards.difference(&known).collect();
    assert!(
        new.is_empty(),
        "these use what the file above defines itself; move that into a file of its own: {new:?}"
    );
    let gone: Vec<_> = known.difference(&upwards).collect();
    assert!(gone.is_empty(), "these are no more: take them out of the list: {gone:?}");
}
