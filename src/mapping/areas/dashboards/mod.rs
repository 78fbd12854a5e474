//! Dashboards and their gadgets.

pub(crate) mod read;
#[cfg(test)]
mod tests;
pub(crate) mod write;
