//! `pcfg sync licence`: the remote licence, and the endpoints that are in use.
//!
//! Invariant: an endpoint is taken before a half is started, and given back after it has stopped.

use std::path::PathBuf;

use pcfg_sync::Role;
use pcfg_sync::home::Folder;
use pcfg_sync::licence::{self, Endpoints, Licence, LicenceMode, Partner};
use pcfg_sync::settings::LicenceRule;
use serde::Serialize;

use super::half::{Open, Which, home_fault, now, refused};
use super::words::moment;
use crate::cli::{Format, Status};
use crate::fault::{Fault, Faults};
use crate::ui::{Table, Ui};

/// Show the remote licence: whose it is, until when, and which Jiras use its endpoints
///
/// Without a licence file nothing is limited: pcfg itself is free. With one, a partner's Jira that has no licence of its own takes one
/// endpoint at the start, a second synchronization with the same Jira none; it is free again when all with that Jira have stopped. In a
/// Data Center the file belongs into the shared home. The signature of the file cannot be checked: its format is not public.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  pcfg sync licence
  pcfg sync licence --jira-home /var/jira --format json

Exit code: 0 if it is shown, 1 if it is expired or all endpoints are in use, 3 if the file cannot be used.")]
pub(super) struct LicenceArguments {
    /// Folder of your synchronizations; without it, the one in your data directory
    #[arg(long, value_name = "FOLDER", env = "PCFG_SYNC_HOME")]
    home: Option<PathBuf>,
    #[command(flatten)]
    place: LicencePlace,
    /// How to show it
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(Debug, clap::Args)]
struct LicencePlace {
    /// Home of the Jira, whose folder `data/backbone-issue-sync` has the licence file; without it, the folder of synchronizations is
    #[arg(long, value_name = "FOLDER", env = "JIRA_HOME")]
    jira_home: Option<PathBuf>,
    /// Shared home of a Data Center
    #[arg(long, value_name = "FOLDER")]
    shared_home: Option<PathBuf>,
}

/// The JSON document of `licence`.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(in crate::cli) struct ShownLicence {
    /// The version of the form of the document.
    version: u32,
    /// The licence file; `null` where there is none.
    file: Option<String>,
    /// Whose licence it is.
    holder: Option<String>,
    /// Who made it.
    creator: Option<String>,
    /// Which product it is of.
    product: Option<String>,
    /// Until when it holds.
    expires: Option<String>,
    /// For how many partners without a licence of their own.
    endpoints: Option<u32>,
    /// Which partners use it.
    used: Vec<Used>,
}

/// A partner that uses a licence.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Used {
    /// The id of its Jira.
    jira: String,
    /// The synchronization.
    synchronization: String,
    /// Since when.
    since: String,
}

fn unusable(fault: &(dyn std::error::Error + 'static)) -> Fault {
    Fault::input("the remote licence cannot be used").because(fault)
}

/// The licence of a Jira's home, or of the folder of synchronizations.
fn found(home: &std::path::Path, place: Option<&LicencePlace>) -> Result<Option<(PathBuf, Licence)>, Fault> {
    let (local, shared) = match place {
        Some(LicencePlace { jira_home: Some(local), shared_home }) => (local.clone(), shared_home.clone()),
        Some(LicencePlace { jira_home: None, shared_home: Some(shared) }) => {
            (home.to_owned(), Some(shared.clone()))
        }
        _ => {
            #[allow(clippy::disallowed_methods, reason = "this is the command line")]
            let jira = std::env::var_os("JIRA_HOME").map(PathBuf::from);
            (jira.unwrap_or_else(|| home.to_owned()), None)
        }
    };
    let file = licence::find(&local, shared.as_deref()).map_err(|fault| unusable(&fault))?;
    let Some(file) = file else { return Ok(None) };
    let licence = Licence::load(&file).map_err(|fault| unusable(&fault))?;
    Ok(Some((file, licence)))
}

pub(super) fn licence(ui: &Ui, arguments: &LicenceArguments) -> Result<Status, Faults> {
    let which = Which::of(arguments.home.clone(), None);
    let home = which.home()?;
    let found = found(home.path(), Some(&arguments.place))?;
    let names = home.all().map_err(|fault| home_fault(fault, &which))?;
    let held = match home.path().is_dir() {
        true => Endpoints::of(home.path()).held().map_err(|fault| unusable(&fault))?,
        false => Default::default(),
    };
    let used: Vec<Used> = held
        .iter()
        .map(|(sync, held)| Used {
            jira: held.jira.clone(),
            synchronization: names
                .iter()
                .find(|own| own.facts.sync_id == *sync)
                .map_or_else(|| sync.to_string(), |own| own.name().to_owned()),
            since: moment(held.since),
        })
        .collect();
    let jiras = used.iter().map(|own| own.jira.as_str()).collect::<std::collections::BTreeSet<_>>().len();
    let is_full =
        found.as_ref().is_some_and(|(_, own)| own.is_expired(now()) || jiras >= own.endpoints as usize);
    if let Some(warning) = found.as_ref().and_then(|(_, own)| own.warning(now())) {
        ui.warning(&warning);
    }
    let own = found.as_ref().map(|(_, own)| own);
    let shown = ShownLicence {
        version: 1,
        file: found.as_ref().map(|(file, _)| file.display().to_string()),
        holder: own.map(|own| own.holder.clone()),
        creator: own.map(|own| own.creator.clone()),
        product: own.map(|own| own.product.clone()),
        expires: own.map(|own| own.expires.to_string()),
        endpoints: own.map(|own| own.endpoints),
        used,
    };
    match arguments.format {
        Format::Json => ui.json(&shown)?,
        Format::Text => ui.text(&licence_page(&shown, jiras))?,
    }
    Ok(if is_full { Status::Found } else { Status::Fine })
}

fn licence_page(shown: &ShownLicence, jiras: usize) -> String {
    let mut text = String::new();
    let lines = [
        ("file", &shown.file),
        ("holder", &shown.holder),
        ("creator", &shown.creator),
        ("product", &shown.product),
        ("expires", &shown.expires),
    ];
    if shown.file.is_none() {
        text.push_str("there is no licence file, so nothing is limited\n");
    }
    for (name, value) in lines {
        if let Some(value) = value {
            text.push_str(&format!("{name:<11}{value}\n"));
        }
    }
    if let Some(all) = shown.endpoints {
        text.push_str(&format!("endpoints  {jiras} of {all} in use\n"));
        text.push_str("signature  not checked: its format is not public\n");
    }
    if !shown.used.is_empty() {
        let mut table = Table::new(&["jira", "synchronization", "since"]);
        for Used { jira, synchronization, since } in &shown.used {
            table.row([jira.clone(), synchronization.clone(), since.clone()]);
        }
        text.push('\n');
        text.push_str(&table.render());
    }
    text
}

/// Takes an endpoint for a half that is started, if the partner's Jira needs one.
pub(super) fn take_endpoint(ui: &Ui, open: &Open, which: &Which) -> Result<(), Faults> {
    let settings = open.folder.settings().map_err(|fault| home_fault(fault, which))?;
    let half = open.state.half();
    let told = open.folder.facts.partner.as_ref();
    let (jira, licensed) = match half.role {
        Role::Master => (half.partner_jira.clone(), half.partner_licensed),
        Role::Slave => (told.and_then(|own| own.jira.clone()), told.and_then(|own| own.licensed)),
    };
    let Some(jira) = jira else { return Ok(()) };
    let home = which.home()?;
    let found = found(home.path(), None)?;
    let mode = match settings.general.licence {
        LicenceRule::Enforce => LicenceMode::Enforce,
        LicenceRule::Report => LicenceMode::Report,
        LicenceRule::Strict => LicenceMode::Strict,
    };
    let partner = Partner { sync: half.sync_id, jira: &jira, licensed };
    let started = Endpoints::of(home.path())
        .start(found.as_ref().map(|(_, own)| own), mode, partner, now())
        .map_err(|fault| {
            refused("the synchronization is not started")
                .because(&fault)
                .hint("see who uses the endpoints: `pcfg sync licence`")
        })?;
    started.warnings.iter().for_each(|warning| ui.warning(warning));
    Ok(())
}

/// Gives the endpoint of a half back.
pub(super) fn release_endpoint(half: &Folder, which: &Which) -> Result<(), Fault> {
    let home = which.home()?;
    Endpoints::of(home.path()).stop(&half.facts.sync_id).map_err(|fault| unusable(&fault))
}
