//! Standard output and standard error.

use std::borrow::Cow;
use std::io::{self, IsTerminal as _, Write};

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};

use crate::fault::{Fault, Faults};

/// How much to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Talk {
    /// Only what went wrong.
    Quiet,
    /// What most people want to know.
    #[default]
    Normal,
    /// Everything.
    Verbose,
}

/// Where a command talks.
#[derive(Debug, Clone, Copy)]
pub struct Ui {
    talk: Talk,
    color: ColorChoice,
}

impl Ui {
    /// Returns a place to talk; the choice of colour counts for both streams.
    pub fn new(talk: Talk, color: clap::ColorChoice) -> Self {
        let color = match color {
            clap::ColorChoice::Auto => ColorChoice::Auto,
            clap::ColorChoice::Always => ColorChoice::Always,
            clap::ColorChoice::Never => ColorChoice::Never,
        };
        Self { talk, color }
    }

    /// Returns how much to say.
    pub fn talk(&self) -> Talk {
        self.talk
    }

    /// Returns whether a progress bar can be shown.
    pub(super) fn shows_progress(&self) -> bool {
        self.talk > Talk::Quiet && io::stderr().is_terminal()
    }

    /// Writes the result of a command. A reader that went away is no fault: it has seen enough.
    pub fn data(&self, bytes: &[u8]) -> Result<(), Fault> {
        written(io::stdout().lock().write_all(bytes).and_then(|()| io::stdout().lock().flush()))
    }

    /// Returns whether standard output took what somebody else wrote.
    pub fn printed(result: io::Result<()>) -> Result<(), Fault> {
        written(result.and_then(|()| io::stdout().lock().flush()))
    }

    /// Writes a result for machines: one document.
    pub fn json(&self, document: &impl serde::Serialize) -> Result<(), Fault> {
        let mut text = serde_json::to_string_pretty(document).expect("documents have text keys only");
        text.push('\n');
        self.data(text.as_bytes())
    }

    /// Writes a result that people read, with colours where they can be seen.
    pub fn text(&self, text: &str) -> Result<(), Fault> {
        let mut out = AutoStream::new(io::stdout().lock(), self.color);
        written(out.write_all(text.as_bytes()).and_then(|()| out.flush()))
    }

    /// Returns whether somebody sees standard output at once.
    pub fn is_terminal(&self) -> bool {
        io::stdout().is_terminal()
    }

    /// Returns whether [`Self::text`] shows colours.
    pub fn colors_text(&self) -> bool {
        AutoStream::new(io::stdout(), self.color).current_choice() != ColorChoice::Never
    }

    /// Returns whether talk shows colours.
    pub fn colors_talk(&self) -> bool {
        AutoStream::new(io::stderr(), self.color).current_choice() != ColorChoice::Never
    }

    /// Tells what stopped a command.
    pub fn faults(&self, faults: &Faults) {
        for Fault { message, causes, hints, .. } in &faults.0 {
            self.labelled(ERROR, "error", message);
            for cause in causes {
                self.line(&format!("caused by: {}", printable(cause)));
            }
            for hint in hints {
                self.labelled(HINT, "hint", hint);
            }
        }
    }

    /// Tells something that is odd but stops nothing.
    pub fn warning(&self, message: &str) {
        if self.talk > Talk::Quiet {
            self.labelled(WARNING, "warning", message);
        }
    }

    /// Tells something worth knowing.
    pub fn note(&self, message: &str) {
        if self.talk > Talk::Quiet {
            self.line(&printable(message));
        }
    }

    /// Asks a question that is answered by yes or no; nothing is no. `None` where there is nobody to ask.
    pub fn ask(&self, question: &str) -> Option<bool> {
        let answer = self.ask_text(&format!("{question} [y/N]"))?;
        Some(matches!(answer.to_lowercase().as_str(), "y" | "yes"))
    }

    /// Asks for a text; nothing if there is no answer. `None` where there is nobody to ask.
    pub fn ask_text(&self, question: &str) -> Option<String> {
        if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
            return None;
        }
        self.stderr(&format!("{} ", printable(question)));
        let mut answer = String::new();
        let read = io::stdin().read_line(&mut answer);
        // The end of the input leaves the cursor behind the question.
        if read.as_ref().is_ok_and(|bytes| *bytes == 0) {
            self.stderr("\n");
        }
        Some(if read.is_ok() { answer.trim().to_owned() } else { String::new() })
    }

    /// Shows text that is ready to be printed, on standard error.
    pub fn shown(&self, text: &str) {
        self.stderr(text);
    }

    fn labelled(&self, style: Style, label: &str, message: &str) {
        self.line(&format!("{}: {}", styled(style, label), printable(message)));
    }

    fn line(&self, line: &str) {
        self.stderr(&format!("{line}\n"));
    }

    fn stderr(&self, text: &str) {
        let mut err = AutoStream::new(io::stderr().lock(), self.color);
        // If standard error is gone, there is nobody left to tell.
        let _written = err.write_all(text.as_bytes()).and_then(|()| err.flush());
    }
}

fn written(result: io::Result<()>) -> Result<(), Fault> {
    match result {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Fault::output("cannot write to standard output").because(&error))
        }
        _ => Ok(()),
    }
}

pub(super) const ERROR: Style = AnsiColor::Red.on_default().bold();
pub(super) const WARNING: Style = AnsiColor::Yellow.on_default().bold();
pub(super) const HINT: Style = AnsiColor::Cyan.on_default().bold();
pub(super) const HEADING: Style = Style::new().bold();

/// Returns text in a style; the stream removes it where colours cannot be seen.
pub(super) fn styled(style: Style, text: &str) -> String {
    format!("{style}{text}{style:#}")
}

/// Returns text that stands out, with no control characters in it.
pub fn bold(text: &str) -> String {
    styled(HEADING, &printable(text))
}

/// Returns text that shows in one line and cannot command a terminal.
pub(super) fn printable(text: &str) -> Cow<'_, str> {
    if !text.contains(is_command) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().map(picture).collect())
}

/// Returns whether a character does something to a terminal, or turns the direction of the text around it.
fn is_command(character: char) -> bool {
    character.is_control() || matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Returns a character that shows where another stands.
pub(super) fn picture(character: char) -> char {
    match character {
        '\n' => '⏎',
        '\t' => ' ',
        // Unicode has pictures of the control characters of ASCII, in their order.
        '\0'..='\x1f' => char::from_u32(0x2400 + u32::from(character)).unwrap_or('\u{fffd}'),
        other if is_command(other) => '\u{fffd}',
        plain => plain,
    }
}

/// Returns a number with its noun, in the plural where there is not exactly one.
pub fn plural(number: usize, noun: &str) -> String {
    match (number, noun.strip_suffix('y')) {
        (1, _) => format!("1 {noun}"),
        (_, Some(stem)) => format!("{number} {stem}ies"),
        _ => format!("{number} {noun}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_command_the_terminal() {
        assert_eq!(printable("a\x1b[31mb\nc\u{202e}d\u{9b}"), "a␛[31mb⏎c\u{fffd}d\u{fffd}");
        assert!(matches!(printable("Überprüfung"), Cow::Borrowed(_)));
    }

    #[test]
    fn numbers_agree_with_their_nouns() {
        assert_eq!(plural(1, "error"), "1 error");
        assert_eq!(plural(0, "file"), "0 files");
        assert_eq!(plural(2, "property"), "2 properties");
    }
}
