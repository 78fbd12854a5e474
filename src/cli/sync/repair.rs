//! `pcfg sync decide`, `retry`, `skip`, `pair`, `unlink`, `resync`, `recover`: what people do where a run cannot go on by itself.
//!
//! Invariant: each is one logged act; the next run carries it out, and begins at once.

use std::path::PathBuf;

use pcfg_sync::engine::Decision;
use pcfg_sync::{Catalogue, IssueFault, IssueKey, Issues, Lookup, UserFacts};

use super::half::{Open, Which, act_fault};
use crate::cli::Status;
use crate::fault::{Fault, Faults};
use crate::ui::{Ui, plural};

/// Asks a Jira what a mapping wants to know.
pub(super) struct Asking<'i> {
    issues: &'i mut dyn Issues,
    catalogue: Option<Catalogue>,
}

/// What a mapping may ask.
pub(super) fn asking(issues: &mut dyn Issues) -> Asking<'_> {
    Asking { issues, catalogue: None }
}

impl Lookup for Asking<'_> {
    fn catalogue(&mut self) -> Result<&Catalogue, IssueFault> {
        if self.catalogue.is_none() {
            self.catalogue = Some(self.issues.catalogue()?);
        }
        Ok(self.catalogue.as_ref().expect("it was just asked for"))
    }

    fn users(&mut self, names: &[String]) -> Result<Vec<UserFacts>, IssueFault> {
        self.issues.users(names)
    }

    fn user_by_email(&mut self, email: &str) -> Result<Option<UserFacts>, IssueFault> {
        self.issues.user_by_email(email)
    }
}

/// Decide a conflict that waits: whose value stands
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  pcfg sync errors --home A                   Says what waits for a decision
  pcfg sync decide DEMO-7 \"field title\" --mine --home A
  pcfg sync decide DEMO-7 status --theirs --home A

Exit code: 0 if it is decided, 4 if nothing waits there.")]
pub(super) struct DecideArguments {
    /// Key of the issue
    #[arg(value_name = "ISSUE")]
    issue: String,
    /// `status`, or `field ALIAS`
    #[arg(value_name = "PART")]
    part: String,
    #[command(flatten)]
    which: Which,
    /// The value of this side stands
    #[arg(long, required_unless_present = "theirs", conflicts_with = "theirs")]
    mine: bool,
    /// The partner's value stands
    #[arg(long)]
    theirs: bool,
}

pub(super) fn decide(ui: &Ui, arguments: &DecideArguments) -> Result<Status, Faults> {
    let decision = if arguments.mine { Decision::Mine } else { Decision::Theirs };
    let issue = IssueKey(arguments.issue.clone());
    act(ui, &arguments.which, |open, which| {
        open.engine()?.decide(&issue, &arguments.part, decision).map_err(|fault| act_fault(&fault, which))
    })
}

/// Does something with a half, and runs it.
fn act(
    ui: &Ui,
    which: &Which,
    deed: impl FnOnce(&mut Open, &Which) -> Result<(), Fault>,
) -> Result<Status, Faults> {
    let mut open = Open::new(which)?;
    deed(&mut open, which)?;
    let report = open.run(ui, which)?;
    Ok(if report.errors.is_empty() { Status::Fine } else { Status::Found })
}

/// Try what is kept back again, now
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  pcfg sync retry --home A

Exit code: 0 if nothing is kept back any more, 1 if something still is.")]
pub(super) struct RetryArguments {
    #[command(flatten)]
    which: Which,
}

pub(super) fn retry(ui: &Ui, arguments: &RetryArguments) -> Result<Status, Faults> {
    act(ui, &arguments.which, |open, which| open.engine()?.retry().map_err(|fault| act_fault(&fault, which)))
}

/// Pass over a message of the partner's for good; the issue is told anew
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  pcfg sync errors --home A                   Has the numbers
  pcfg sync skip --seq 6 --reason \"made by hand\" --home A

Exit code: 0 if it is passed over, 4 if there is no such message.")]
pub(super) struct SkipArguments {
    /// The number of the message
    #[arg(long, value_name = "NUMBER")]
    seq: u64,
    /// Why, for the log and for the partner
    #[arg(long, value_name = "TEXT")]
    reason: String,
    #[command(flatten)]
    which: Which,
}

pub(super) fn skip(ui: &Ui, arguments: &SkipArguments) -> Result<Status, Faults> {
    act(ui, &arguments.which, |open, which| {
        open.engine()?.skip(arguments.seq, &arguments.reason).map_err(|fault| act_fault(&fault, which))
    })
}

/// Keep issues in step that are there on both sides already
///
/// Two keys make one pair; a CSV file has one pair a line, the key here and the key there.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  pcfg sync pair DEMO-7 SUP-12 --home A
  pcfg sync pair --csv pairs.csv --dry-run --home A
  pcfg sync pair --csv pairs.csv --home A

Exit code: 0 if they are paired, 3 if the list cannot be used: no pair of it is made then.")]
pub(super) struct PairArguments {
    /// Key of the issue here
    #[arg(value_name = "ISSUE", requires = "partner", required_unless_present = "csv")]
    issue: Option<String>,
    /// Key of the issue at the partner's
    #[arg(value_name = "PARTNER")]
    partner: Option<String>,
    /// File with pairs: the key here, a comma or semicolon, the key there
    #[arg(long, value_name = "FILE", conflicts_with = "issue")]
    csv: Option<PathBuf>,
    /// Say what would be paired and what is ambiguous
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    which: Which,
}

pub(super) fn pair(ui: &Ui, arguments: &PairArguments) -> Result<Status, Faults> {
    let which = &arguments.which;
    let pairs = match (&arguments.csv, &arguments.issue, &arguments.partner) {
        (Some(file), ..) => listed(file)?,
        (None, Some(own), Some(partner)) => vec![(IssueKey(own.clone()), IssueKey(partner.clone()))],
        _ => {
            return Err(Fault::usage("a pair has two keys")
                .hint("name both, or a list: `--csv FILE`")
                .into());
        }
    };
    let mut open = Open::new(which)?;
    let mut faults = Vec::new();
    for (own, partner) in &pairs {
        let (mine, theirs) = (open.state.pair(own), open.state.pair_of(partner));
        let (mine, theirs) =
            mine.and_then(|mine| Ok((mine, theirs?))).map_err(|fault| super::half::state_fault(&fault))?;
        let is_there = open
            .issues
            .read(own, pcfg_sync::Parts::default())
            .map_err(|fault| super::half::issue_fault(&fault))?
            .is_some();
        if !is_there {
            faults.push(Fault::input(format!("issue {own} is not there")));
        } else if mine.as_ref().is_some_and(|pair| pair.partner.as_ref() != Some(partner)) {
            faults.push(
                Fault::input(format!("{own} is kept in step with another issue"))
                    .hint(which.spelled(&format!("unlink {own}"))),
            );
        } else if theirs.is_some_and(|pair| pair.own != *own) {
            faults.push(Fault::input(format!("the partner's {partner} is kept in step with another issue")));
        }
    }
    if !faults.is_empty() {
        return Err(Faults(faults));
    }
    if arguments.dry_run {
        for (own, partner) in &pairs {
            ui.note(&format!("{own} would be paired with {partner}"));
        }
        return Ok(Status::Fine);
    }
    for (own, partner) in &pairs {
        open.engine()?.pair(own, partner).map_err(|fault| act_fault(&fault, which))?;
    }
    open.run(ui, which)?;
    ui.note(&format!("{} made", plural(pairs.len(), "pair")));
    Ok(Status::Fine)
}

/// Reads a list of pairs; every key may be there once.
fn listed(file: &std::path::Path) -> Result<Vec<(IssueKey, IssueKey)>, Faults> {
    let text = std::fs::read_to_string(file)
        .map_err(|error| Fault::input(format!("`{}` cannot be read", file.display())).because(&error))?;
    let (mut pairs, mut faults) = (Vec::new(), Vec::new());
    let (mut here, mut there) = (std::collections::BTreeSet::new(), std::collections::BTreeSet::new());
    for (number, line) in text.lines().enumerate() {
        let line = line.trim_start_matches('\u{feff}').trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let place = format!("{}:{}", file.display(), number + 1);
        let keys: Vec<_> =
            line.split([',', ';']).map(|key| key.trim().trim_matches('"').to_owned()).collect();
        match &keys[..] {
            [own, partner] if is_key(own) && is_key(partner) => {
                if !here.insert(own.clone()) {
                    faults.push(Fault::input(format!("{place}: {own} is there twice")));
                }
                if !there.insert(partner.clone()) {
                    faults.push(Fault::input(format!("{place}: the partner's {partner} is there twice")));
                }
                pairs.push((IssueKey(own.clone()), IssueKey(partner.clone())));
            }
            // A first line may name the columns.
            [_, _] if number == 0 => {}
            _ => faults.push(
                Fault::input(format!("{place}: this is not a pair of keys"))
                    .hint("write the key here, a comma, and the key there: `DEMO-7,SUP-12`"),
            ),
        }
    }
    if faults.is_empty() { Ok(pairs) } else { Err(Faults(faults)) }
}

fn is_key(text: &str) -> bool {
    text.rsplit_once('-').is_some_and(|(project, number)| {
        !project.is_empty() && !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
    })
}

/// Keep an issue in step no longer; it stays as it is, on both sides
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  pcfg sync unlink DEMO-7 --home A

Exit code: 0 if it is not kept in step any more, 4 if it was not.")]
pub(super) struct UnlinkArguments {
    /// Key of the issue
    #[arg(value_name = "ISSUE")]
    issue: String,
    #[command(flatten)]
    which: Which,
}

pub(super) fn unlink(ui: &Ui, arguments: &UnlinkArguments) -> Result<Status, Faults> {
    let issue = IssueKey(arguments.issue.clone());
    act(ui, &arguments.which, |open, which| {
        open.engine()?.unlink(&issue).map_err(|fault| act_fault(&fault, which))
    })
}

/// Tell issues whole, and ask the partner for its side of them
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  pcfg sync resync --home A                   All that are kept in step
  pcfg sync resync --issues DEMO-7,DEMO-8 --home A

Exit code: 0 if they are told, 1 if an issue is kept back.")]
pub(super) struct ResyncArguments {
    /// Keys of issues; without it, all
    #[arg(long, value_name = "ISSUE", value_delimiter = ',')]
    issues: Vec<String>,
    #[command(flatten)]
    which: Which,
}

pub(super) fn resync(ui: &Ui, arguments: &ResyncArguments) -> Result<Status, Faults> {
    let issues: Vec<_> = arguments.issues.iter().cloned().map(IssueKey).collect();
    act(ui, &arguments.which, |open, which| {
        open.engine()?.resync(&issues).map_err(|fault| act_fault(&fault, which))
    })
}

/// Begin a new epoch after one side was restored from a backup: pairs are compared, differences are told anew
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  pcfg sync recover --home A
  pcfg sync run --once --home A               Goes on with it, on both sides

Exit code: 0 if it has begun, 4 if the two halves have not met yet.")]
pub(super) struct RecoverArguments {
    #[command(flatten)]
    which: Which,
}

pub(super) fn recover(ui: &Ui, arguments: &RecoverArguments) -> Result<Status, Faults> {
    let which = &arguments.which;
    let mut open = Open::new(which)?;
    open.engine()?.recover().map_err(|fault| act_fault(&fault, which))?;
    open.run(ui, which)?;
    ui.note("a recovery has begun: run both sides until they are RUNNING again");
    Ok(Status::Fine)
}
