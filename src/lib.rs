//! pcfg
pub mod check;
pub mod entity;
pub mod instance;
pub mod jql;
pub mod mapping;
pub mod model;
pub mod schema;
pub mod select;
pub mod xml;
