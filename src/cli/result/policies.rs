//! The rules of a team, for the commands that ask them: from `pcfg.toml`, and from the files that are named.
//!
//! Invariant: a rule that cannot be asked stops the command before it does anything. Rules run nothing and send nothing, so those of
//! a `pcfg.toml` are asked whoever wrote it: the worst that they can do is to refuse.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::super::input::files;
use super::super::place::settings;
use crate::fault::{Fault, Faults, Kind};
use crate::model::{Config, Element, Identity, NOWHERE, Problem, Severity};
use crate::plan::{DescribedRefusal, Description, InFile, Named, Violation};
use crate::policy::{Broken, Policies};
use crate::schema::Schema;
use crate::ui::{Lines, Place, Remark, plural};
use crate::xml;

/// Which rules are asked.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Policies")]
pub(in crate::cli) struct Choice {
    /// Ask the rules of this file, too; can be repeated
    #[arg(long = "policy", value_name = "FILE")]
    files: Vec<PathBuf>,
    /// A label of the change, such as of its pull request, for rules that want one; can be repeated
    #[arg(long = "label", value_name = "LABEL")]
    labels: Vec<String>,
}

impl Choice {
    /// Returns the rules of the settings that count here, and of the files.
    pub(in crate::cli) fn with_settings(&self) -> Result<Policies, Faults> {
        let found = settings::nearest()?;
        // Whoever has no rules is not told what else is wrong with the settings.
        let settings = found.filter(|path| {
            files::read_as(path, files::Kind::Settings, &|_| Ok(()))
                .is_ok_and(|bytes| String::from_utf8_lossy(&bytes).contains("policy"))
        });
        self.read(settings)
    }

    /// Returns the rules of the files alone.
    pub(in crate::cli) fn of_files(&self) -> Result<Policies, Faults> {
        self.read(None)
    }

    fn read(&self, settings: Option<PathBuf>) -> Result<Policies, Faults> {
        let mut policies = Policies::default();
        let mut faults = Vec::new();
        let named = self.files.iter().filter(|file| {
            let is_same = |own: &PathBuf| own.canonicalize().ok() == file.canonicalize().ok();
            !settings.as_ref().is_some_and(is_same)
        });
        for file in settings.iter().chain(named) {
            if let Err(own) = add(&mut policies, file) {
                faults.extend(own.0);
            }
        }
        if faults.is_empty() { Ok(policies.labelled(self.labels.clone())) } else { Err(Faults(faults)) }
    }
}

fn add(policies: &mut Policies, file: &Path) -> Result<(), Faults> {
    let bytes = files::read_as(file, files::Kind::Settings, &|_| Ok(()))?;
    let name = shown(file);
    let text = String::from_utf8(bytes).map_err(|_| Fault::input(format!("`{name}` is not UTF-8")))?;
    let are_settings = file.file_name().is_some_and(|own| own == settings::FILE_NAME);
    policies.add(&name, &text, are_settings).map_err(|broken| Faults(broken.into_iter().map(fault).collect()))
}

/// Returns the name of a file: as seen from here, if it is below.
fn shown(file: &Path) -> String {
    #[allow(clippy::disallowed_methods, reason = "this is the command line")]
    let here = std::env::current_dir().unwrap_or_default();
    file.strip_prefix(here).unwrap_or(file).display().to_string()
}

fn fault(Broken { place, rule, message }: Broken) -> Fault {
    let what = match rule {
        Some(rule) => format!("the policy `{rule}` cannot be asked"),
        None => "the policies cannot be asked".to_owned(),
    };
    Fault::input(format!("{place}: {what}: {message}"))
        .hint("`docs/policies.md` describes them, and `samples/policies` has ten")
}

/// Returns what is wrong with a configuration by the rules, as other problems are told.
pub(in crate::cli) fn problems(policies: &Policies, root: &Element) -> Vec<Problem> {
    if policies.is_empty() {
        return Vec::new();
    }
    // Rules see what an import sees: the canonical order.
    let config = Config::new(root.clone());
    let findings = policies.of_configuration(config.root()).into_iter();
    let problem = |own: crate::policy::Finding| {
        let start = own.start.map_or(0, |start| start as usize);
        let problem = Problem::error("policy", own.violation.in_words()).at(start..start).on(own.path);
        let problem =
            problem.help(format!("the rule stands in {}", own.violation.at)).by(&own.violation.rule);
        if own.violation.stops() { problem } else { problem.warning() }
    };
    findings.map(problem).collect()
}

/// The rules, what they say of the file, and where its objects stand.
#[derive(Debug, Default)]
pub(in crate::cli) struct Judge {
    policies: Policies,
    of_file: Vec<Violation>,
    places: HashMap<Named, InFile>,
}

impl Judge {
    /// Returns one for plans that no file is the reason of.
    pub(in crate::cli) fn of_plans(policies: Policies) -> Self {
        Self { policies, ..Self::default() }
    }

    /// Judges a file.
    pub(in crate::cli) fn new(policies: Policies, file: &str, text: &str, config: &Config) -> Self {
        let lines = Lines::new(text);
        let at = |start: u32| {
            let Place { line, column } = lines.place(xml::spot(text, start as usize).start);
            InFile { file: file.to_owned(), line, column }
        };
        let of_file = policies.of_configuration(config.root()).into_iter();
        let of_file = of_file.map(|own| Violation { place: own.start.map(at), ..own.violation }).collect();
        Self { of_file, places: places(config.root().children(), &at), policies }
    }

    /// Judges a plan that nobody has a file of.
    pub(in crate::cli) fn without_file(policies: Policies) -> Self {
        Self { policies, ..Self::default() }
    }

    /// Returns the plan with what it and its file violate.
    pub(in crate::cli) fn judged(&self, plan: Description) -> Description {
        let of_plan = self.policies.of_plan(&plan).into_iter().map(|own| {
            let place = own.object.as_ref().and_then(|object| self.places.get(object)).cloned();
            Violation { place, ..own }
        });
        Description { violations: self.of_file.iter().cloned().chain(of_plan).collect(), ..plan }
    }

    /// Returns what there is to say about lines of the file.
    pub(in crate::cli) fn remarks(&self, plan: &Description) -> Vec<Remark> {
        let refused = plan.refused.iter().filter(|own| own.follows.is_none());
        let refused = refused.flat_map(|own| own.reasons.iter().map(|reason| self.refusal(own, reason)));
        remarks(plan).into_iter().chain(refused).collect()
    }

    fn refusal(&self, own: &DescribedRefusal, reason: &crate::plan::Reason) -> Remark {
        let place = self.places.get(&Named { kind: own.kind.clone(), name: own.name.clone() });
        Remark {
            file: place.map(|own| own.file.clone()),
            span: place.map(spot),
            rule: reason.code.to_owned(),
            severity: Severity::Error,
            message: format!("{} `{}`: {}", own.in_words(), own.name, reason.message),
            help: Some(reason.help.clone()),
            path: reason.path.to_string(),
        }
    }
}

/// Returns what there is to say about lines because of rules.
pub(in crate::cli) fn remarks(plan: &Description) -> Vec<Remark> {
    let remark = |own: &Violation| Remark {
        file: own.place.as_ref().map(|own| own.file.clone()),
        span: own.place.as_ref().map(spot),
        rule: format!("policy/{}", own.rule),
        severity: own.severity,
        message: own.in_words(),
        help: Some(format!("the rule stands in {}", own.at)),
        path: own.path.clone(),
    };
    plan.violations.iter().map(remark).collect()
}

fn spot(place: &InFile) -> (Place, Place) {
    let place = Place { line: place.line, column: place.column };
    (place, place)
}

/// Returns where the objects of a file stand.
pub(in crate::cli) fn places(containers: &[Element], at: &dyn Fn(u32) -> InFile) -> HashMap<Named, InFile> {
    let objects = containers.iter().flat_map(Element::children).filter(|own| own.start != NOWHERE);
    let named = objects.filter_map(|own| {
        let identity = Identity::of_definition(own)?;
        let kind = Schema::get().kind(identity.kind).name.clone();
        Some((Named { kind, name: identity.to_string() }, at(own.start)))
    });
    named.collect()
}

/// Refuses what violates rules.
pub(in crate::cli) fn refuse(plan: &Description, undone: &str) -> Result<(), Fault> {
    let mut rules: Vec<&str> =
        plan.violations.iter().filter(|own| own.stops()).map(|own| own.rule.as_str()).collect();
    let count = rules.len();
    rules.dedup();
    if count == 0 {
        return Ok(());
    }
    let verb = if count == 1 { "is" } else { "are" };
    let message = format!("there {verb} {} of policies, and {undone}", plural(count, "violation"));
    Err(Fault::new(Kind::Refused, message)
        .hint(format!("each stands above with its place: {}", rules.join(", ")))
        .hint("change the file, or the rule if it asks too much"))
}
