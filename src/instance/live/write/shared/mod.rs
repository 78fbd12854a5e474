//! What people share with each other: filters and dashboards of Jira Cloud.
//!
//! Invariant: what belongs to somebody else in the end is given away last, for only its owner changes some of it.
//!
//! Sources: Atlassian's description of Jira Cloud (April 2026); what else is known of gadgets, from live sites.

mod dashboards;
mod filters;
mod gadgets;
mod preferences;
mod shares;

pub(super) use dashboards::dashboard;
pub(super) use filters::filter;
