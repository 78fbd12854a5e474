//! The configuration that is imported: a file, standard input, or the one in an archive.
//!
//! Invariant: what has an error is not imported at all.

use std::path::Path;

use super::super::input::sources::{Source, Text};
use super::super::result::policies::Judge;
use super::issues::Archive;
use crate::fault::{Fault, Faults};
use crate::import::{File, sha256};
use crate::model::{Config, Count, Problem};
use crate::policy::Policies;
use crate::ui::{Ui, draw, plural};
use crate::{check, xml};

/// What is imported.
pub(in crate::cli) struct Configuration {
    pub(in crate::cli) stamp: File,
    /// The bytes of the file.
    pub(in crate::cli) bytes: Vec<u8>,
    pub(in crate::cli) file: Config,
    pub(in crate::cli) judge: Judge,
}

/// Reads a file that must be whole, and judges it by rules.
pub(in crate::cli) fn configuration(
    ui: &Ui,
    path: &Path,
    archive: Option<&mut Archive>,
    policies: Policies,
) -> Result<Configuration, Faults> {
    let (name, bytes) = match archive {
        Some(archive) => (archive.title(), archive.configuration()?),
        None => {
            let is_stdin = path.as_os_str() == "-";
            let source = if is_stdin { Source::Stdin } else { Source::File(path.to_owned()) };
            (source.name().into_owned(), source.read()?)
        }
    };
    let stamp = File { name: name.clone(), sha256: sha256(&bytes) };
    let Text { text, root, mut problems, .. } = Text::new(&bytes);
    for problem in root.iter().flat_map(check::check) {
        let span = problem.span.as_ref().map_or(0..0, |span| xml::spot(&text, span.start));
        problems.push(problem.at(span));
    }
    let errors: Vec<Problem> = problems.into_iter().filter(check::stops_an_import).collect();
    match root {
        Some(root) if errors.is_empty() => {
            let config = Config::new(root);
            let judge = Judge::new(policies, &name, &text, &config);
            drop(text);
            Ok(Configuration { stamp, bytes, file: config, judge })
        }
        _ => {
            ui.shown(&draw(ui.colors_talk(), &name, &text, &errors));
            let message =
                format!("cannot import `{name}`: it has {}", plural(Count::of(&errors).errors, "error"));
            Err(Fault::input(message).into())
        }
    }
}
