//! What happens when somebody stops the command: Ctrl-C, a closed terminal, a polite kill.
//!
//! Invariant: nothing unfinished stays, and what is said of each file and instance is what became of it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::Kind;
use crate::instance::shell_word;
use crate::output::{self, Outcome, Place};
use crate::ui::{Talk, Ui};

/// How long a change may take that is just being decided: longer than a disk, shorter than anybody's patience.
const PATIENCE: Duration = Duration::from_secs(10);

/// Whether a command ends by itself, at a good moment, when it is asked to.
static IS_GENTLE: AtomicBool = AtomicBool::new(false);
/// Whether it was asked to.
static IS_ASKED: AtomicBool = AtomicBool::new(false);

/// From now on the first interruption only asks the command to end, which looks here whether it was; a second one ends it at once.
#[cfg(feature = "sync")]
pub(super) fn gently() -> &'static AtomicBool {
    IS_GENTLE.store(true, Ordering::Relaxed);
    &IS_ASKED
}

/// Makes an interruption remove unfinished files, and say what was written and what was not, before the command ends. A file
/// that may not grow any more is an error like a full disk.
pub(super) fn prepare() {
    // Where no handler can be set, an interruption ends the command as usual.
    let _set = ctrlc::set_handler(|| {
        crate::ui::clear_bar();
        let ui = Ui::new(Talk::Normal, clap::ColorChoice::Auto);
        if IS_GENTLE.load(Ordering::Relaxed) && !IS_ASKED.swap(true, Ordering::Relaxed) {
            ui.note("stops when what it is doing is done; once more stops it at once");
            return;
        }
        ui.note(&told(&output::stop(PATIENCE)));
        #[allow(
            clippy::exit,
            clippy::disallowed_methods,
            reason = "the thread of main is busy, and must stop"
        )]
        std::process::exit(i32::from(Kind::Interrupted.code()));
    });
    #[cfg(unix)]
    {
        // With any handler, writing fails and the process goes on; programs that it starts are not touched.
        let seen = output::limit();
        let _set = signal_hook::flag::register(signal_hook::consts::SIGXFSZ, std::sync::Arc::clone(seen));
    }
}

/// Says what became of what a command was writing.
fn told(works: &[(Place, Outcome)]) -> String {
    /// More places than these are counted.
    const MOST: usize = 8;
    let mut text = "interrupted".to_owned();
    for (number, (place, outcome)) in works.iter().take(MOST).enumerate() {
        text.push_str(if number == 0 { ": " } else { "; " });
        text.push_str(&one(place, *outcome));
    }
    if works.len() > MOST {
        let done = works[MOST..].iter().filter(|(_, outcome)| *outcome == Outcome::Done).count();
        text.push_str(&format!("; of {} more, {done} are written", works.len() - MOST));
    }
    text
}

fn one(place: &Place, outcome: Outcome) -> String {
    match (place, outcome) {
        (Place::File(path), Outcome::Untouched) => {
            let stays = if path.exists() { ", and is as it was" } else { "" };
            format!("`{}` was not written{stays}", path.display())
        }
        (Place::File(path), Outcome::Partly) => format!("`{}` was written in part", path.display()),
        (Place::File(path), Outcome::Done) => format!("`{}` was written", path.display()),
        (Place::Instance(name), Outcome::Untouched) => format!("nothing was changed in `{name}`"),
        (Place::Instance(name), Outcome::Done) => format!("all changes were made in `{name}`"),
        (place, Outcome::Unknown | Outcome::Partly) => {
            let name = match place {
                Place::File(path) => path.display().to_string(),
                Place::Instance(name) => name.clone(),
            };
            format!("`pcfg history -i {}` shows whether `{name}` was changed", shell_word(&name))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_is_told_by_what_became_of_it() {
        let file = || Place::File("there-is-no-such.xml".into());
        let instance = || Place::Instance("jira.sqlite".to_owned());
        assert_eq!(told(&[]), "interrupted");
        assert_eq!(
            told(&[(file(), Outcome::Done), (instance(), Outcome::Untouched)]),
            "interrupted: `there-is-no-such.xml` was written; nothing was changed in `jira.sqlite`"
        );
        assert_eq!(
            told(&[(file(), Outcome::Untouched)]),
            "interrupted: `there-is-no-such.xml` was not written"
        );
        assert_eq!(
            told(&[(instance(), Outcome::Unknown)]),
            "interrupted: `pcfg history -i jira.sqlite` shows whether `jira.sqlite` was changed"
        );
        let many: Vec<_> = (0..10).map(|_| (file(), Outcome::Done)).collect();
        assert!(told(&many).ends_with("; of 2 more, 2 are written"));
    }
}
