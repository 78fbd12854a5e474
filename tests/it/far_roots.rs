//! Configurations in folders whose root comes late: behind a long comment, or behind the marks of a merge. Nobody passes over one in
//! silence.

use crate::env::{Env, testdata};

/// A valid configuration.
fn valid() -> String {
    std::fs::read_to_string(testdata("valid/small.xml")).unwrap()
}

/// Returns a text with something between its first line and the rest.
fn with(between: &str) -> String {
    let text = valid();
    let (first, rest) = text.split_once('\n').unwrap();
    format!("{first}\n{between}{rest}")
}

/// A comment of so many bytes.
fn comment(bytes: usize) -> String {
    format!("<!-- {} -->\n", "é ".repeat(bytes / 3))
}

#[test]
fn a_configuration_behind_a_long_comment_is_found_in_a_folder() {
    let env = Env::new();
    for bytes in [60_000, 65_500, 70_000, 300_000, 5_000_000] {
        env.write(&format!("config/{bytes}.xml"), with(&comment(bytes)));
    }
    let utf16: Vec<u8> = with(&comment(200_000)).encode_utf16().flat_map(u16::to_le_bytes).collect();
    env.write("config/powershell.xml", [&[0xff, 0xfe][..], &utf16].concat());
    // None of these is one.
    env.write(
        "config/backup.xml",
        format!("<?xml version=\"1.0\"?>\n{}<entity-engine-xml/>", comment(100_000)),
    );
    env.write("config/comment.xml", comment(100_000));
    env.write("config/text.xml", "projectConfig ".repeat(10_000));
    let told = env.run(&["validate", "config"]);
    assert!(told.ends_with("no errors in 6 files; 6 warnings\n--- exit 0\n"), "{told}");
}

#[test]
fn a_configuration_that_git_could_not_merge_is_found_in_a_folder() {
    let env = Env::new();
    env.write("config/whole.xml", valid());
    let text = valid();
    let (first, rest) = text.split_once('\n').unwrap();
    let (root, rest) = rest.split_once('\n').unwrap();
    for (name, conflict) in [
        ("root.xml", format!("{first}\n<<<<<<< HEAD\n{root}\n=======\n{root} \n>>>>>>> b\n{rest}")),
        ("all.xml", format!("<<<<<<< HEAD\n{text}=======\n{text}>>>>>>> b\n")),
        (
            "base.xml",
            format!(
                "{first}\n<<<<<<< HEAD\n{root}\n||||||| base\n{root}  \n=======\n{root} \n>>>>>>> b\n{rest}"
            ),
        ),
    ] {
        env.write(&format!("config/{name}"), conflict);
        let alone = env.run(&["validate", &format!("config/{name}")]);
        assert!(alone.contains("error[conflict]"), "{alone}");
    }
    let told = env.run(&["validate", "config"]);
    assert_eq!(told.matches("error[conflict]").count(), 3, "{told}");
    assert!(told.ends_with("3 errors in 3 of 4 files\n--- exit 1\n"), "{told}");
}
