//! pcfg
pub mod check;
pub mod cli;
pub mod entity;
pub mod fault;
pub mod instance;
pub mod jql;
pub mod mapping;
pub mod model;
pub mod schema;
pub mod select;
pub mod ui;
pub mod xml;
