//! Workflows there and back: what is the same, what is refused, and what is told as lost.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

mod made;
mod meanings;
mod places;
mod random;
mod requests;
mod rules;
