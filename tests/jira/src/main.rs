//! Serves an embedded instance until it is stopped: a Jira to try by hand. What clients write is written into the instance.

use std::io::{self, Write};
use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;
use jira_for_tests::{FieldModel, Options, Rights, serve};

/// Serve an embedded instance of pcfg as a live Jira on loopback.
#[derive(Debug, Parser)]
struct Arguments {
    /// The embedded instance: `pcfg instance init` or `pcfg instance load` makes one.
    instance: PathBuf,
    /// Be Jira Cloud (the default).
    #[arg(long, conflicts_with = "data_center")]
    cloud: bool,
    /// Be Jira Data Center 10.3.
    #[arg(long)]
    data_center: bool,
    /// The port; any that is free by default.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// The token that is taken.
    #[arg(long, default_value = "token")]
    token: String,
    /// The key of the user who calls.
    #[arg(long)]
    user: Option<String>,
    /// The caller is no administrator.
    #[arg(long)]
    member: bool,
    /// Cloud has moved to field schemes.
    #[arg(long)]
    field_schemes: bool,
    /// Add a team-managed project.
    #[arg(long)]
    team_managed: bool,
    /// The language of the caller's profile: en or de.
    #[arg(long, default_value = "en")]
    language: String,
    /// Milliseconds that each reply takes.
    #[arg(long, default_value_t = 0)]
    latency: u64,
    /// How often a task is asked for before it is complete.
    #[arg(long, default_value_t = 0)]
    task_polls: usize,
    /// The path of the application on its host, such as /jira.
    #[arg(long, default_value = "")]
    context: String,
}

fn main() -> io::Result<()> {
    let arguments = Arguments::parse();
    let base = if arguments.data_center { Options::data_center() } else { Options::cloud() };
    let options = Options {
        port: arguments.port,
        token: arguments.token,
        user: arguments.user,
        rights: if arguments.member { Rights::Member } else { Rights::Administrator },
        field_model: if arguments.field_schemes { FieldModel::Schemes } else { FieldModel::Configurations },
        team_managed: arguments.team_managed,
        language: arguments.language,
        latency: Duration::from_millis(arguments.latency),
        task_polls: arguments.task_polls,
        context: arguments.context,
        ..base
    };
    let server = serve(&arguments.instance, options)?;
    let (user, token) = server.credentials()?;
    let mut out = io::stdout();
    writeln!(out, "{}\nuser {user}, token {token}", server.url())?;
    out.flush()?;
    server.wait();
    Ok(())
}
