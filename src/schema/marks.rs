//! The attributes and elements that code knows by name, because they mean the same wherever they stand.
//!
//! Invariant: what means something in one place only is said by an annotation, and has no name here.

/// The attribute that tells objects of one identity apart, in definitions and references.
pub const DUPLICATE: &str = "duplicate";

/// The attribute of the root that says what could not be seen where the file comes from.
pub const UNSEEN: &str = "unseen";

/// The element that marks Jira's own object of a kind, whatever its name.
pub const BUILT_IN: &str = "builtIn";

/// The attribute of text that holds characters which XML cannot; the reader and the writer handle it, the model
/// never holds it.
pub const ESCAPED: &str = "escaped";

/// The attribute of what could not be read that says what it would be.
pub const PART: &str = "part";
