//! Everything that people see: the only place that prints.
//!
//! Data goes to standard output, talk to standard error. Invariant: nothing that comes from a file or an instance
//! reaches a terminal with control characters in it.

mod checklist;
mod conflicts;
mod data_plan;
mod diagnostics;
mod explain;
mod gone;
mod html;
mod issue_page;
mod issues;
mod manual;
mod markdown;
mod marked;
mod outline;
mod output;
mod pager;
mod plan;
mod plan_stat;
mod progress;
mod readiness;
mod remarks;
mod table;
mod tree;
mod violations;
mod wrap;

pub use checklist::checklist_markdown;
pub use conflicts::{conflicts_text, in_short};
pub use data_plan::{data_counts, data_plan_markdown, data_plan_text};
pub use diagnostics::{Lines, Place, draw};
pub use explain::explanation_text;
pub use html::{Part, Report, html_report};
pub use issue_page::issue_page;
pub use manual::{manual, section};
pub use markdown::plan_markdown;
pub use outline::outline;
pub use output::{Talk, Ui, bold, hide, plural};
pub use pager::Pager;
pub use plan::{plan_text, skip_options, title};
pub use plan_stat::plan_stat;
pub use progress::{Bar, Phases, Requests, clear_bar};
pub use remarks::{Remark, github, sarif};
pub use table::Table;
