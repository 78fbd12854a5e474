//! Reads the schema from its documents, so that no run of pcfg has to, and says from which commit a release is built.
//!
//! Invariant: it is read by the code that pcfg itself reads schemas with, and what a schema must keep is checked here already.

#![allow(clippy::disallowed_methods, reason = "cargo tells it by the environment where to write")]

use std::path::Path;
use std::{env, fs};

#[allow(unreachable_pub, reason = "a test uses it, too")]
#[path = "build/commit.rs"]
mod commit;
#[allow(dead_code, unreachable_pub, unused_imports, reason = "only a part of it is needed here")]
#[path = "src/schema/mod.rs"]
mod schema;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    for source in ["build.rs", "build", "schema", "src/schema"] {
        println!("cargo::rerun-if-changed={source}");
    }
    commit::tell();
    let packed = schema::Schema::packed()?;
    let folder = env::var_os("OUT_DIR").ok_or("cargo says no folder")?;
    fs::write(Path::new(&folder).join("schema.packed"), packed)?;
    println!("cargo::rustc-cfg=packed_schema");
    Ok(())
}
