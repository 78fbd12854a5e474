//! The engine that all areas share: rows, names, ids, queries, and the writer.
//!
//! Invariant: it knows no area; what an area knows is handed in.

pub(crate) mod accounts;
pub(crate) mod as_read;
pub(crate) mod context;
pub(crate) mod enumeration;
pub(crate) mod ids;
pub(crate) mod kinds;
pub(crate) mod lens;
pub(crate) mod limits;
pub(crate) mod managed;
pub(crate) mod names;
pub(crate) mod order;
pub(crate) mod properties;
pub(crate) mod put;
pub(crate) mod put_properties;
pub(crate) mod put_translations;
pub(crate) mod queries;
pub(crate) mod rows;
pub(crate) mod table;
pub(crate) mod translations;
pub(crate) mod writer;
pub(crate) mod xstream;
