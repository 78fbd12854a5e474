//! What an export has to say about the data: grouped by cause, and no more of it than anybody reads.

use indexmap::IndexMap;

use crate::instance::Reading;
use crate::model::{Config, Note, NoteKind, Path};
use crate::schema::Schema;
use crate::ui::{Talk, Ui, plural};

/// How many causes of one kind are told, unless everything is asked for.
const SHOWN: usize = 5;

/// Tells what is odd, and what was exported.
pub(in crate::cli) fn tell(ui: &Ui, config: &Config, reading: &Reading) {
    let most = if ui.talk() == Talk::Verbose { usize::MAX } else { SHOWN };
    reading.notes.iter().for_each(|note| ui.note(note));
    for warning in reading.warnings.iter().take(most) {
        ui.warning(warning);
    }
    if let Some(more) = more(reading.warnings.len(), most) {
        ui.note(&more);
    }
    let kinds = [
        NoteKind::Unreadable,
        NoteKind::Ambiguous,
        NoteKind::Untranslated,
        NoteKind::Misfit,
        NoteKind::Dangling,
    ];
    let mut warnings = reading.warnings.len();
    let mut hidden = 0;
    for kind in kinds {
        let notes: Vec<_> = reading.snapshot.notes.iter().filter(|note| note.kind == kind).collect();
        if kind.is_warning() {
            warnings += notes.len();
        } else if ui.talk() < Talk::Verbose {
            hidden += notes.len();
            continue;
        }
        group(ui, kind, &notes, most);
    }
    ui.note(&summary(config, warnings, hidden));
}

/// Tells the notes of one kind: a heading, then each cause with its places.
fn group(ui: &Ui, kind: NoteKind, notes: &[&Note], most: usize) {
    if notes.is_empty() {
        return;
    }
    let heading = heading(kind, notes.len());
    match kind.is_warning() {
        true => ui.warning(&heading),
        false => ui.note(&format!("note: {heading}")),
    }
    let mut causes: IndexMap<&str, Vec<&Path>> = IndexMap::new();
    for note in notes {
        causes.entry(&note.message).or_default().push(&note.path);
    }
    let verbose = most == usize::MAX;
    for (message, paths) in causes.iter().take(most) {
        match paths[..] {
            [path] => ui.note(&format!("  {path}: {message}")),
            _ if verbose => paths.iter().for_each(|path| ui.note(&format!("  {path}: {message}"))),
            [first, ref rest @ ..] => {
                ui.note(&format!("  {first}, and {}: {message}", plural(rest.len(), "more place")));
            }
            [] => {}
        }
    }
    if let Some(more) = more(causes.len(), most) {
        ui.note(&more);
    }
}

fn heading(kind: NoteKind, count: usize) -> String {
    let (noun, one, many) = match kind {
        NoteKind::Ambiguous => {
            ("object", "has the same identity as another", "have the same identity as another")
        }
        NoteKind::Untranslated => {
            ("id", "has no name and is kept as it is", "have no name and are kept as they are")
        }
        NoteKind::Unreadable => (
            "part",
            "cannot be read and is marked as unreadable",
            "cannot be read and are marked as unreadable",
        ),
        NoteKind::Misfit => ("value", "does not fit and is left out", "do not fit and are left out"),
        NoteKind::Dangling => ("dangling reference", "is left out", "are left out"),
    };
    format!("{} {}", plural(count, noun), if count == 1 { one } else { many })
}

fn more(all: usize, most: usize) -> Option<String> {
    (all > most).then(|| format!("  and {} more (-v shows all)", all - most))
}

fn summary(config: &Config, warnings: usize, hidden: usize) -> String {
    let schema = Schema::get();
    let mut projects = 0;
    let mut others = 0;
    for container in config.root().children() {
        for object in container.children() {
            match schema.declaration(object.declaration).kind {
                Some(kind) if schema.kind(kind).name == "project" => projects += 1,
                Some(_) => others += 1,
                None => {}
            }
        }
    }
    let mut text = format!("exported {} and {}", plural(projects, "project"), plural(others, "other object"));
    if warnings > 0 {
        text.push_str(&format!("; {}", plural(warnings, "warning")));
    }
    if hidden > 0 {
        text.push_str(&format!("; {} (-v shows)", plural(hidden, "note")));
    }
    text
}
