//! Tests of sharing.
