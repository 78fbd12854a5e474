//! What is wrong with a configuration, and where.
//!
//! Invariant: a problem says what is wrong (`message`), where (`span` or `path`) and, where there is something to do,
//! what (`help`). Its `code` never changes, so that machines can rely on it.

use std::ops::Range;

use super::Path;

/// How bad a problem is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(inline))]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The file cannot be used.
    #[default]
    Error,
    /// The file can be used, but something in it is probably not meant.
    Warning,
}

/// Something wrong with a configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The cause, for machines and for grouping.
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong: one sentence, lower-case start, no full stop.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
    /// Where in the file, in bytes.
    pub span: Option<Range<usize>>,
    /// Where in the configuration.
    pub path: Path,
    /// The name of the policy that is violated, where it is one.
    pub rule: Option<Box<str>>,
    /// The problems that it stands for because they are not listed.
    unlisted: Option<Count>,
}

/// How many problems there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Count {
    /// Errors.
    pub errors: usize,
    /// Warnings.
    pub warnings: usize,
}

impl Count {
    /// Counts problems, those that are not listed included.
    pub fn of<'a>(problems: impl IntoIterator<Item = &'a Problem>) -> Self {
        let mut count = Self::default();
        for problem in problems {
            match problem.unlisted {
                Some(own) => {
                    count.errors += own.errors;
                    count.warnings += own.warnings;
                }
                None => count.add(problem.severity),
            }
        }
        count
    }

    fn add(&mut self, severity: Severity) {
        match severity {
            Severity::Error => self.errors += 1,
            Severity::Warning => self.warnings += 1,
        }
    }
}

impl Problem {
    /// Returns an error.
    pub fn error(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: Severity::Error,
            message: message.into(),
            help: None,
            span: None,
            path: Path::default(),
            rule: None,
            unlisted: None,
        }
    }

    /// Returns the same as a warning.
    #[must_use]
    pub fn warning(mut self) -> Self {
        self.severity = Severity::Warning;
        self
    }

    /// Adds what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds what to do, if there is something.
    #[must_use]
    pub fn help_if(mut self, help: Option<String>) -> Self {
        self.help = help;
        self
    }

    /// Adds where in the file.
    #[must_use]
    pub fn at(mut self, span: Range<usize>) -> Self {
        self.span = Some(span);
        self
    }

    /// Adds the policy that is violated.
    #[must_use]
    pub fn by(mut self, rule: &str) -> Self {
        self.rule = Some(rule.into());
        self
    }

    /// Adds where in the configuration.
    #[must_use]
    pub fn on(mut self, path: Path) -> Self {
        self.path = path;
        self
    }
}

/// What is wrong with something: the first ones are kept, the others counted, for nobody reads them.
///
/// Invariant: an error that is not kept makes an error of what says how many there were.
#[derive(Debug, Default)]
pub struct Problems {
    kept: Vec<Problem>,
    unlisted: Count,
}

impl Problems {
    /// At most this many problems are kept.
    pub const MOST: usize = 1_000;

    /// Returns whether no more problems are kept: finding out what was meant takes time.
    pub fn is_full(&self) -> bool {
        self.kept.len() >= Self::MOST
    }

    /// Returns whether there is nothing to say.
    pub fn is_empty(&self) -> bool {
        self.kept.is_empty() && self.unlisted.errors + self.unlisted.warnings == 0
    }

    /// Adds a problem.
    pub fn push(&mut self, problem: Problem) {
        match self.is_full() {
            true => self.count(problem.severity),
            false => self.kept.push(problem),
        }
    }

    /// Adds a problem that is kept whatever others there are.
    pub fn keep(&mut self, problem: Problem) {
        self.kept.push(problem);
    }

    /// Counts a problem that is not kept.
    pub fn count(&mut self, severity: Severity) {
        self.unlisted.add(severity);
    }

    /// Adds what was found beside these.
    pub fn absorb(&mut self, others: Self) {
        self.extend(others.kept);
        self.unlisted.errors += others.unlisted.errors;
        self.unlisted.warnings += others.unlisted.warnings;
    }

    /// Returns those that were kept in the order of their places, and how many more there are at the last of them.
    pub fn finish(self) -> Vec<Problem> {
        let mut kept = self.kept;
        let start = |problem: &Problem| problem.span.as_ref().map_or(0, |span| span.start);
        kept.sort_by_key(start);
        let all = self.unlisted.errors + self.unlisted.warnings;
        if all > 0 {
            let last = kept.last().and_then(|last| last.span.clone()).unwrap_or_default();
            let noun = if all == 1 { "problem is" } else { "problems are" };
            let mut more = Problem::error("too-many", format!("{all} more {noun} not listed"));
            more.unlisted = Some(self.unlisted);
            let more = if self.unlisted.errors > 0 { more } else { more.warning() };
            kept.push(more.at(last).help("fix the first ones and check again"));
        }
        kept
    }
}

impl Extend<Problem> for Problems {
    fn extend<T: IntoIterator<Item = Problem>>(&mut self, problems: T) {
        problems.into_iter().for_each(|problem| self.push(problem));
    }
}

/// Returns "did you mean …?" with the names nearest to a wrong one, if any is near.
pub fn near<'a>(wrong: &str, names: impl IntoIterator<Item = &'a str>) -> Option<String> {
    /// Names compared at most, and of at most this many characters: a hint must not cost quadratic time.
    const MOST: usize = 2_000;
    const LONGEST: usize = 200;
    if wrong.len() > LONGEST {
        return None;
    }
    let lower = wrong.to_lowercase();
    let mut scored: Vec<(f32, &str)> = names
        .into_iter()
        .take(MOST)
        .filter(|name| name.len() <= LONGEST && *name != wrong)
        .map(|name| (similar::TextDiff::from_chars(&lower, name.to_lowercase()).ratio(), name))
        .filter(|(ratio, _)| *ratio >= 0.6)
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(b.1)));
    scored.dedup_by(|a, b| a.1 == b.1);
    let best: Vec<_> = scored.iter().take(3).map(|(_, name)| format!("`{name}`")).collect();
    (!best.is_empty()).then(|| format!("did you mean {}?", best.join(" or ")))
}

/// Returns whether a name is another one with one slip: one character too many, too few, wrong or out of order, or other cases.
pub fn is_slip(wrong: &str, right: &str) -> bool {
    let folded = |text: &str| -> Vec<char> { text.chars().flat_map(char::to_lowercase).collect() };
    let (wrong, right) = (folded(wrong), folded(right));
    let before = wrong.iter().zip(&right).take_while(|(a, b)| a == b).count();
    let rest = wrong.len().min(right.len()) - before;
    let behind = wrong.iter().rev().zip(right.iter().rev()).take(rest).take_while(|(a, b)| a == b).count();
    match (&wrong[before..wrong.len() - behind], &right[before..right.len() - behind]) {
        ([], [] | [_]) | ([_], [] | [_]) => true,
        ([a, b], [c, d]) => a == d && b == c,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::{Count, Problem, Problems, Severity, is_slip};

    #[test]
    fn problems_are_bounded_and_the_others_counted() {
        let some = |errors: usize| {
            let mut problems = Problems::default();
            let one = |at: usize| Problem::error("x", "y").at(at..at + 1);
            problems.extend((0..Problems::MOST + 2).map(|at| one(at).warning()));
            problems.extend((0..errors).map(one));
            problems.finish()
        };
        let last = some(0).pop().unwrap();
        assert_eq!(
            (last.severity, last.message.as_str()),
            (Severity::Warning, "2 more problems are not listed")
        );
        let problems = some(1);
        assert_eq!(problems.len(), Problems::MOST + 1);
        assert_eq!(problems.last().unwrap().severity, Severity::Error, "an error is never lost");
        let count = Count { errors: 1, warnings: Problems::MOST + 2 };
        assert_eq!(Count::of(&problems), count, "what is not listed is counted as what it is");
    }

    #[test]
    fn one_slip_is_one_character() {
        for wrong in ["browse", "BROWS", "BROWSEE", "BORWSE", "BROWSA", "BBROWSE", "ROWSE"] {
            assert!(is_slip(wrong, "BROWSE"), "{wrong}");
        }
        for wrong in ["BROW", "BRAWSA", "BRSWOE", "", "BROWSERS"] {
            assert!(!is_slip(wrong, "BROWSE"), "{wrong}");
        }
    }
}
