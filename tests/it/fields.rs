//! Tests of fields.
