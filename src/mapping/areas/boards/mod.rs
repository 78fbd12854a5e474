//! Boards of Jira Software, with their filters, columns and lanes.

mod columns;
pub(crate) mod read;
#[cfg(test)]
mod tests;
pub(crate) mod write;
#[cfg(test)]
mod write_tests;
