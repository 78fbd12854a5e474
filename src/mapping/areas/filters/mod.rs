//! Filters, with their queries, shares, subscriptions and columns.

pub(crate) mod old_queries;
pub(crate) mod read;
#[cfg(test)]
mod tests;
pub(crate) mod write;
