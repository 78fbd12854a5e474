//! Tests of jql.
