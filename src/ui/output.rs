//! Standard output and standard error.

use std::borrow::Cow;
use std::io::{self, IsTerminal as _, Write};
use std::sync::{Mutex, OnceLock, PoisonError};

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};

use super::wrap::wrapped;
use crate::fault::{Fault, Faults};
use crate::instance::{masked, without_password};
use crate::model::{command_at, escaped_json};
pub(super) use crate::model::{picture, printable};

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
    /// Where results go that are to be in a file; otherwise standard output.
    kept: Option<&'static Mutex<Vec<u8>>>,
}

impl Ui {
    /// Returns a place to talk; the choice of colour counts for both streams.
    pub fn new(talk: Talk, color: clap::ColorChoice) -> Self {
        let color = match color {
            clap::ColorChoice::Auto => ColorChoice::Auto,
            clap::ColorChoice::Always => ColorChoice::Always,
            clap::ColorChoice::Never => ColorChoice::Never,
        };
        Self { talk, color, kept: None }
    }

    /// Returns the same, but results are kept for a file instead of being shown.
    pub fn keeping(self) -> Self {
        // A command does it once, and ends soon.
        Self { kept: Some(Box::leak(Box::default())), ..self }
    }

    /// Returns what was kept.
    pub fn kept(&self) -> Vec<u8> {
        let lock = |kept: &Mutex<Vec<u8>>| kept.lock().unwrap_or_else(PoisonError::into_inner).clone();
        self.kept.map(lock).unwrap_or_default()
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
        if let Some(kept) = self.kept {
            kept.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
            return Ok(());
        }
        written(io::stdout().lock().write_all(bytes).and_then(|()| io::stdout().lock().flush()))
    }

    /// Returns whether standard output took what somebody else wrote.
    pub fn printed(result: io::Result<()>) -> Result<(), Fault> {
        written(result.and_then(|()| io::stdout().lock().flush()))
    }

    /// Writes a result for machines: one document.
    pub fn json(&self, document: &impl serde::Serialize) -> Result<(), Fault> {
        let text = serde_json::to_string_pretty(document).expect("documents have text keys only");
        let mut text = escaped_json(text);
        text.push('\n');
        self.data(text.as_bytes())
    }

    /// Writes a result that people read, with colours where they can be seen.
    pub fn text(&self, text: &str) -> Result<(), Fault> {
        if self.kept.is_some() {
            let text = tamed(text);
            return match self.color {
                ColorChoice::Always | ColorChoice::AlwaysAnsi => self.data(text.as_bytes()),
                _ => self.data(anstream::adapter::strip_str(&text).to_string().as_bytes()),
            };
        }
        let mut out = AutoStream::new(io::stdout().lock(), self.color);
        written(out.write_all(self.fitted(&tamed(text)).as_bytes()).and_then(|()| out.flush()))
    }

    /// Returns a text with its long lines broken, where a terminal shows it.
    pub(super) fn fitted<'a>(&self, text: &'a str) -> Cow<'a, str> {
        match self.terminal() {
            Some((width, _)) => Cow::Owned(wrapped(text, width)),
            None => Cow::Borrowed(text),
        }
    }

    /// Returns whether a text has more lines than the terminal that shows it.
    pub fn is_taller(&self, text: &str) -> bool {
        self.terminal().is_some_and(|(width, height)| wrapped(text, width).lines().count() >= height)
    }

    /// Returns how many columns and lines the terminal has that standard output is, if it says so; less columns than that would be no
    /// text.
    fn terminal(&self) -> Option<(usize, usize)> {
        const LEAST: usize = 40;
        let size = if self.is_terminal() { terminal_size::terminal_size() } else { None };
        size.map(|(width, height)| (usize::from(width.0).max(LEAST), usize::from(height.0)))
    }

    /// Returns how many columns a table has; any number, where no terminal shows it.
    pub fn table_width(&self) -> usize {
        self.terminal().map_or(usize::MAX, |(width, _)| width)
    }

    /// Returns whether somebody sees standard output at once.
    pub fn is_terminal(&self) -> bool {
        self.kept.is_none() && io::stdout().is_terminal()
    }

    /// Returns how many columns a text has that people read; less than that would be no text.
    pub fn columns(&self) -> usize {
        const MOST: usize = 100;
        self.terminal().map_or(MOST, |(width, _)| width.min(MOST))
    }

    /// Returns whether [`Self::text`] shows colours.
    pub fn colors_text(&self) -> bool {
        if self.kept.is_some() {
            return matches!(self.color, ColorChoice::Always | ColorChoice::AlwaysAnsi);
        }
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
                self.line(&format!("caused by: {}", told(cause)));
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
            self.line(&told(message));
        }
    }

    /// Asks a question that is answered by yes or no; nothing is no. `None` where no terminal is there to ask.
    pub fn ask(&self, question: &str) -> Option<bool> {
        let answer = self.ask_text(&format!("{question} [y/N]"))?;
        Some(matches!(answer.to_lowercase().as_str(), "y" | "yes"))
    }

    /// Asks for a text; nothing if there is no answer. `None` where no terminal is there to ask.
    pub fn ask_text(&self, question: &str) -> Option<String> {
        if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
            return None;
        }
        self.stderr(&format!("{} ", told(question)));
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
        self.stderr(&without_words(text));
    }

    fn labelled(&self, style: Style, label: &str, message: &str) {
        self.line(&format!("{}: {}", styled(style, label), told(message)));
    }

    fn line(&self, line: &str) {
        self.stderr(&format!("{line}\n"));
    }

    fn stderr(&self, text: &str) {
        let mut err = AutoStream::new(io::stderr().lock(), self.color);
        // If standard error is gone, there is nobody left to tell.
        let _written = err.write_all(tamed(text).as_bytes()).and_then(|()| err.flush());
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

/// The words of the command line that hold a password, and how they are shown.
static HIDDEN: OnceLock<Vec<(String, String)>> = OnceLock::new();

/// Has the passwords in these words never be shown by anything that is told, whatever characters stand in them.
pub fn hide(words: impl IntoIterator<Item = String>) {
    // A message may name the value of an option, or the folder of a file.
    let whole = words.into_iter().flat_map(|word| {
        let value = word.split_once('=').map(|(_, value)| value.to_owned());
        let folder = word.rsplit_once('/').map(|(folder, _)| folder.to_owned());
        [Some(word), value, folder].into_iter().flatten()
    });
    let mut hidden: Vec<(String, String)> = whole
        .map(|word| (without_password(&word), word))
        .filter(|(shown, word)| shown != word)
        .map(|(shown, word)| (word, shown))
        .collect();
    // What is a part of another word is looked for behind it.
    hidden.sort_by_key(|(word, _)| std::cmp::Reverse(word.len()));
    // Whoever comes second has the same command line.
    let _known = HIDDEN.set(hidden);
}

/// Returns a text without the passwords of the command line.
fn without_words(text: &str) -> String {
    let hidden = HIDDEN.get().into_iter().flatten();
    hidden.fold(text.to_owned(), |text, (word, shown)| text.replace(word.as_str(), shown))
}

/// Returns what is told: in one line, and without the passwords of addresses that it names.
fn told(text: &str) -> String {
    masked(&printable(&without_words(text)))
}

/// Returns text that is ready to be printed, in which nothing but line ends, tabs and colours does anything: whatever was
/// forgotten on the way here.
pub(super) fn tamed(text: &str) -> Cow<'_, str> {
    const PLAIN: [char; 2] = ['\n', '\t'];
    if command_at(text, &PLAIN).is_none() {
        return Cow::Borrowed(text);
    }
    let mut tame = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = command_at(rest, &PLAIN) {
        let (before, from) = rest.split_at(at);
        tame.push_str(before);
        let style = style_at(from);
        tame.push_str(&from[..style]);
        rest = &from[style..];
        if style == 0 {
            tame.extend(rest.chars().next().map(picture));
            rest = &rest[rest.chars().next().map_or(0, char::len_utf8)..];
        }
    }
    tame.push_str(rest);
    Cow::Owned(tame)
}

/// Returns how long the style is, such as `ESC [ 1 m`, with which a text begins; 0 if it begins with none.
fn style_at(text: &str) -> usize {
    let Some(inside) = text.strip_prefix("\x1b[") else { return 0 };
    let end = inside.find(|own: char| !own.is_ascii_digit() && own != ';');
    end.filter(|end| inside[*end..].starts_with('m')).map_or(0, |end| end + 3)
}

/// Returns a number with its noun, in the plural where there is not exactly one.
pub fn plural(number: usize, noun: &str) -> String {
    match (number, noun.strip_suffix('y')) {
        (1, _) => format!("1 {noun}"),
        (_, Some(stem)) => format!("{number} {stem}ies"),
        _ => format!("{number} {noun}s"),
    }
}

/// Returns a tag as people say it: `remainingEstimate` is `remaining estimate`.
pub(super) fn words(tag: &str) -> String {
    let mut words = String::new();
    for character in tag.chars() {
        if character.is_ascii_uppercase() {
            words.push(' ');
        }
        words.push(character.to_ascii_lowercase());
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_but_colours_reaches_the_terminal() {
        let style = bold("a\x1b[31mb");
        assert_eq!(style, "\x1b[1ma␛[31mb\x1b[0m");
        assert_eq!(tamed(&style), style);
        assert_eq!(tamed("a\x1b[2Jb\tc\n\x1b]0;x\x07\u{202e}\x1b[1"), "a␛[2Jb\tc\n␛]0;x␇\u{fffd}␛[1");
    }

    #[test]
    fn numbers_agree_with_their_nouns() {
        assert_eq!(plural(1, "error"), "1 error");
        assert_eq!(plural(0, "file"), "0 files");
        assert_eq!(plural(2, "property"), "2 properties");
    }
}
