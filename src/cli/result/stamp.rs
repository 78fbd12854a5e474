//! When a page was made and by whom, for those who keep pages: only where somebody asks, since the same input gives the same page.

use super::super::place::who::who;
use crate::fault::Fault;

/// Whether a page says it.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(in crate::cli) struct Stamp {
    /// Say in a page of HTML when it was made, and by whom
    #[arg(long)]
    stamp: bool,
}

impl Stamp {
    /// Returns what a page says, if it is to; an error where there is no page.
    pub(in crate::cli) fn fact(self, is_page: bool) -> Result<Option<(&'static str, String)>, Fault> {
        match (self.stamp, is_page) {
            (false, _) => Ok(None),
            (true, true) => {
                let who = who();
                Ok(Some(("Made", format!("{} by {} on {}", who.since, who.user, who.host))))
            }
            (true, false) => Err(Fault::usage("only a page of HTML says when it was made, and by whom")
                .hint("make a page: add `--format html`")),
        }
    }
}
