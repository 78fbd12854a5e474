//! Custom fields, with their contexts, options and default values.

pub(crate) mod default_values;
mod lone;
pub(crate) mod put_default_values;
pub(crate) mod read;
#[cfg(test)]
mod tests;
pub(crate) mod write;
