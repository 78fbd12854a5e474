//! With whom filters and dashboards are shared.

pub(crate) mod read;
pub(crate) mod write;
