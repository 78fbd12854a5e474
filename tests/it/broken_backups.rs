//! Files that are no backups, or damaged ones: each gives one clear error, and never a panic.

use pcfg::instance::{ReadError, Scope, read_bytes};

use crate::backups::{entities, pack, read_file, read_path};

/// Returns the message and the help of the error, without the folder.
fn refused(name: &str, bytes: &[u8]) -> String {
    describe(&read_file(name, bytes).expect_err("must be refused"))
}

fn describe(error: &ReadError) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text += &format!(": {error}");
        cause = error.source();
    }
    if let Some(help) = error.help() {
        text += &format!("\n  help: {help}");
    }
    let folder = std::env::temp_dir();
    text.split(' ')
        .map(|word| match word.starts_with(&*folder.to_string_lossy()) {
            true => word.rsplit('/').next().unwrap(),
            false => word,
        })
        .collect::<Vec<_>>()
        .join(" ")
}

/// What a file of that text is refused with.
fn refused_text(text: &str) -> String {
    refused("entities.xml", text.as_bytes())
}

#[test]
fn files_of_other_kinds() {
    let folder = tempfile::tempdir().unwrap();
    let missing = read_path(&folder.path().join("missing.zip"), Scope::default()).unwrap_err();
    assert_eq!(describe(&missing), "cannot read missing.zip: No such file or directory (os error 2)");
    let directory = read_path(folder.path(), Scope::default()).unwrap_err();
    assert!(describe(&directory).ends_with(
        "is not a Jira backup: the folder contains no entities.xml\n  help: name the .zip or .xml file that Jira wrote, or \
         the folder that it was unpacked into"
    ));
    let folder_only: &[(&str, &[u8])] = &[("backup/entities.xml", b"<a/>"), ("backup/other.xml", b"<a/>")];
    let cases: [(&str, &[u8], &str); 11] = [
        ("empty.xml", b"", "it is empty"),
        ("empty.zip", b"", "it is empty"),
        ("text.zip", b"hello", "it is neither XML nor a zip archive"),
        ("backup.xml.gz", b"\x1f\x8b\x08\x00", "it is packed with gzip"),
        ("page.xml", b"<html/>", "the root element is `<html>`, not `<entity-engine-xml>`"),
        (
            "config.xml",
            b"<projectConfig/>",
            "the root element is `<projectConfig>`, not `<entity-engine-xml>`",
        ),
        ("ao.xml", b"<backup/>", "the root element is `<backup>`, not `<entity-engine-xml>`"),
        ("none.zip", &pack(&[]), "the zip archive contains no entities.xml"),
        ("photos.zip", &pack(&[("a.png", b"x")]), "the zip archive contains no entities.xml"),
        (
            "folder.zip",
            &pack(folder_only),
            "the zip archive contains no entities.xml at its root, but backup/entities.xml, backup/other.xml",
        ),
        ("one.zip", &pack(&[("page.xml", b"<html/>")]), "in page.xml, the root element is `<html>`, not"),
    ];
    for (name, bytes, why) in cases {
        let message = refused(name, bytes);
        assert!(message.starts_with(&format!("{name} is not a Jira backup: {why}")), "{message}");
        assert!(message.contains("\n  help: "), "{message}");
    }
}

#[test]
fn damaged_archives() {
    let rows: String =
        (0..20_000).map(|id| format!("    <Issue id=\"{id}\" key=\"{}\"/>\n", id * 7919)).collect();
    let text = entities(&rows);
    let whole = pack(&[("entities.xml", text.as_bytes())]);
    assert!(read_file("whole.zip", &whole).is_ok());
    for length in [3, 30, whole.len() / 2, whole.len() - 1] {
        let message = refused("cut.zip", &whole[..length]);
        assert!(message.starts_with("cut.zip is not a Jira backup: "), "{length}: {message}");
    }
    let mut broken = whole.clone();
    let middle = broken.len() / 2;
    broken[middle..middle + 40].fill(0x55);
    let message = refused("broken.zip", &broken);
    assert!(
        message.starts_with("cannot unpack broken.zip:entities.xml: ")
            || message.starts_with("broken.zip:entities.xml:"),
        "{message}"
    );
    let mut encrypted = whole;
    let directory = encrypted.windows(4).rposition(|bytes| bytes == b"PK\x01\x02").unwrap();
    encrypted[6] |= 1;
    encrypted[directory + 8] |= 1;
    let message = refused("encrypted.zip", &encrypted);
    assert!(
        message.starts_with("encrypted.zip is not a Jira backup: the zip archive is encrypted\n  help: "),
        "{message}"
    );
}

#[test]
fn an_error_in_an_archive_names_its_file() {
    let text = entities("    <Issue id=\"1\" summary=\"a & b\"/>");
    let message = refused("backup.zip", &pack(&[("entities.xml", text.as_bytes())]));
    assert!(message.starts_with("backup.zip:entities.xml:3:30: `&` does not begin a reference"), "{message}");
    let active = b"<backup><data tableName=\"AO_X\"><column name=\"A\"/><row><string>a</string><string/></row></data></backup>";
    let zip = pack(&[("entities.xml", entities("").as_bytes()), ("activeobjects.xml", active)]);
    let message = refused("backup.zip", &zip);
    assert!(
        message.starts_with(
            "backup.zip:activeobjects.xml:1:88: a row of AO_X has 2 values, but the table has 1 columns"
        ),
        "{message}"
    );
}

/// Everything here stands in rows that nobody reads.
#[test]
fn malformed_text_is_found_in_skipped_rows() {
    let cases = [
        (r#"<Issue id="1" a="x & y"/>"#, 20, "`&` does not begin a reference"),
        (r#"<Issue id="1" a="x &amp"/>"#, 20, "`&` does not begin a reference"),
        (r#"<Issue id="1" a="&nbsp;"/>"#, 18, "`&nbsp;` is not defined"),
        (r#"<Issue id="1" a="&#xd800;"/>"#, 18, "`&#xd800;` is not defined"),
        (r#"<Issue id="1" a="&#0;"/>"#, 18, "`&#0;` is not defined"),
        (r#"<Issue id="1" a="<"/>"#, 18, "`<` in an attribute"),
        (r#"<Issue id="1"a="x"/>"#, 14, "a space is missing"),
        (r#"<Issue id=1/>"#, 11, "the value of an attribute is not in quotes"),
        (r#"<Issue id/>"#, 10, "`=` is missing"),
        (r#"<Issue 1="1"/>"#, 8, "this is not an attribute"),
        (r#"<Issue / >"#, 8, "`/` is not followed by `>`"),
        (r#"< Issue/>"#, 1, "`<` does not begin a tag"),
        (r#"<Issue></Action>"#, 8, "`</Action>` where `</Issue>` is expected"),
        (r#"<Issue></Issue x>"#, 16, "an end tag contains only its name"),
        (r#"<Issue><a>x ]]> y</a></Issue>"#, 13, "`]]>` in text"),
        (r#"<Issue><a>x & y</a></Issue>"#, 13, "`&` does not begin a reference"),
        (r#"<!-- a -- b -->"#, 8, "`--` in a comment"),
        (r#"<![cdata[x]]>"#, 1, "`<!` does not begin a comment or CDATA"),
        (r#"<?xml version="1.0"?>"#, 1, "an XML declaration that is not at the beginning"),
        (r#"<Issue><a><b><c/></b></a></Issue>"#, 14, "elements are nested more than 4 deep"),
    ];
    for (row, column, why) in cases {
        let message = refused_text(&entities(row));
        assert!(message.starts_with(&format!("entities.xml:3:{column}: {why}")), "{row}\n{message}");
    }
}

#[test]
fn text_around_the_root() {
    let cases = [
        ("<entity-engine-xml/><entity-engine-xml/>", "1:21: there is a second root element"),
        ("<entity-engine-xml/>x", "1:21: there is text outside the root element"),
        ("<entity-engine-xml/></a>", "1:21: there is an end tag, but no element is open"),
        // Found by fuzzing.
        ("<?><a?><entity-engine-xml/>", "1:1: `<?` does not begin a processing instruction"),
        ("<!-- only a comment -->\n", "2:1: the file contains no element"),
        (
            "<!DOCTYPE a [<!ENTITY b \"bomb\">]><entity-engine-xml/>",
            "1:1: there is a DOCTYPE, which Jira backups never have",
        ),
        (
            "<?xml version='1.0' encoding='ISO-8859-1'?><entity-engine-xml/>",
            "1:1: the file says that it is ISO-8859-1, not UTF-8",
        ),
    ];
    for (text, why) in cases {
        let message = refused_text(text);
        assert!(message.starts_with(&format!("entities.xml:{why}")), "{text}\n{message}");
    }
    let reading =
        read_file("bom.xml", b"\xef\xbb\xbf<?xml version=\"1.0\"?>\r\n<entity-engine-xml/>").unwrap();
    assert!(reading.rows.is_empty());
}

#[test]
fn bytes_that_are_no_text() {
    let file = |bytes: &[u8]| {
        let text = entities("    <Issue id=\"@\"/>");
        let at = text.find('@').unwrap();
        [&text.as_bytes()[..at], bytes, &text.as_bytes()[at + 1..]].concat()
    };
    let cases: [(&[u8], &str); 4] = [
        (b"\xff", "3:16: the bytes ff are not UTF-8"),
        (b"a\xc3", "3:17: the bytes c3 are not UTF-8"),
        (b"\xed\xa0\x80", "3:16: the bytes ed are not UTF-8"),
        (b"\0", "3:16: there is a zero byte (U+0000) in the text"),
    ];
    for (bytes, why) in cases {
        for chunk in [1, 2, 3, 1 << 20] {
            let error = read_bytes(&file(bytes), None, Scope::default(), chunk).unwrap_err();
            let message = why.split_once(": ").unwrap().1;
            assert!(error.contains(message), "{chunk}: {error}");
        }
        let message = refused("entities.xml", &file(bytes));
        assert!(message.starts_with(&format!("entities.xml:{why}")), "{message}");
    }
    let utf16: Vec<u8> = "\u{feff}<entity-engine-xml/>".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert!(refused("entities.xml", &utf16).starts_with("entities.xml:1:1: the file is UTF-16, not UTF-8"));
}

/// Found by fuzzing: in small chunks, the tag was only looked at when the byte behind it had been read.
#[test]
fn the_first_of_two_faults_is_told() {
    let text = "<entity-engine-xml><Issue id=\"<\"/>      \0";
    for chunk in [1, 7, 1 << 20] {
        let error = read_bytes(text.as_bytes(), None, Scope::default(), chunk).unwrap_err();
        assert!(error.contains("`<` in an attribute"), "{chunk}: {error}");
    }
}

#[test]
fn a_file_that_is_cut_off_anywhere() {
    let text = entities("    <Status id=\"1\" name=\"\u{fc}&amp;\"><a><![CDATA[x]]></a></Status><!-- x -->");
    let end = text.trim_end().len();
    for length in 0..end {
        let result = read_bytes(&text.as_bytes()[..length], None, Scope::default(), 16);
        assert!(result.is_err(), "{length} of {end} bytes are refused");
    }
    assert!(read_bytes(&text.as_bytes()[..end], None, Scope::default(), 16).is_ok());
    let cut = refused_text(&text[..end - 5]);
    assert_eq!(
        cut,
        "entities.xml:4:16: the file ends inside `<entity-engine-xml>`\n  help: it is cut off: compare its size with \
         that of the original and copy it again"
    );
}

#[test]
fn a_row_without_an_end_needs_no_end_of_memory() {
    let long = "x".repeat(66 << 20);
    let cases = [
        ("tag", format!("<entity-engine-xml><Issue a=\"{long}")),
        ("text", format!("<entity-engine-xml><Issue><a><![CDATA[{long}")),
    ];
    for (what, text) in cases {
        let error = read_bytes(text.as_bytes(), None, Scope::default(), 1 << 20).unwrap_err();
        assert!(error.contains("this is longer than 64 MiB"), "{what}: {error}");
    }
    let piece = format!("<![CDATA[{}]]>", "x".repeat(1 << 20));
    let text = format!("<entity-engine-xml><Status><name>{}</name></Status>", piece.repeat(65));
    let error = read_bytes(text.as_bytes(), None, Scope::default(), 1 << 20).unwrap_err();
    assert!(error.contains("a row has more than 64 MiB of text"), "{error}");
}

/// Packed anew by another program: whole, but not to be unpacked here.
#[test]
fn another_method_of_compression_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let packed = pack(&[("entities.xml", b"<entity-engine-xml/>"), ("activeobjects.xml", b"<backup/>")]);
    for (method, name) in
        [(9_u8, "Deflate64"), (12, "BZip2"), (14, "LZMA"), (93, "Zstandard"), (77, "does not know")]
    {
        let mut bytes = packed.clone();
        // The number stands in the header of each file, and in the list at the end.
        for (mark, at) in [(b"PK\x03\x04", 8), (b"PK\x01\x02", 10)] {
            let places: Vec<usize> = memchr::memmem::find_iter(&bytes, mark).collect();
            places.into_iter().for_each(|place| bytes[place + at] = method);
        }
        let path = folder.path().join("backup.zip");
        std::fs::write(&path, bytes).unwrap();
        let shown = describe(&read_path(&path, Scope::default()).unwrap_err());
        assert!(
            shown.contains(name) && shown.contains("with Deflate") && !shown.contains("damaged"),
            "{shown}"
        );
    }
}

#[test]
fn versions_that_nobody_tried_are_read_with_a_warning() {
    let small = std::fs::read_to_string(crate::env::testdata("backup/small.xml")).unwrap();
    let env = crate::env::Env::new();
    for (version, told) in
        [("10.3.1", "this is Jira 10.3.1"), ("1001.0.0-SNAPSHOT", "this is Jira Cloud (1001.0.0")]
    {
        env.write("backup.xml", small.replace("value=\"9.12.4\"", &format!("value=\"{version}\"")));
        let exported = env.run(&["export", "TST", "-i", "backup.xml"]);
        let all = env.run(&["export", "--all", "-q", "-i", "backup.xml", "-o", "all.xml"]);
        assert_eq!(all, "--- exit 0\n");
        let imported = env.run(&["import", "all.xml", "-i", "backup.xml", "--simulate"]);
        let shown = env.run(&["instance", "show", "-i", "backup.xml"]);
        for result in [exported, imported, shown] {
            assert!(result.contains(&format!("warning: {told}")), "{result}");
            assert!(result.ends_with("--- exit 0\n"), "{result}");
        }
    }
    env.write("backup.xml", small);
    assert!(!env.run(&["instance", "show", "-i", "backup.xml"]).contains("nobody has tried"));
}
