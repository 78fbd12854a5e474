//! Reading of backups: what they hold, what is odd in them, and what makes them unreadable.

use std::collections::BTreeMap;
use std::io::{Cursor, Write as _};
use std::path::Path;

use pcfg::instance::{ReadError, Reading, Scope, read_bytes, read_proved_bytes};
use zip::write::SimpleFileOptions;

use crate::real_data;

/// Writes a file and reads it as a backup.
pub(crate) fn read_file(name: &str, bytes: &[u8]) -> Result<Reading, ReadError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    read_path(&path, Scope::default())
}

pub(crate) fn read_path(path: &Path, scope: Scope) -> Result<Reading, ReadError> {
    pcfg::instance::open(path)?.read(scope, &|_, _| {})
}

/// Reads from memory, in chunks so small that everything is cut somewhere.
fn read_text(text: &str) -> Result<Reading, String> {
    read_bytes(text.as_bytes(), None, Scope::default(), 64)
}

/// Wraps rows in what stands around them.
pub(crate) fn entities(rows: &str) -> String {
    format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<entity-engine-xml>\n{rows}\n</entity-engine-xml>\n")
}

pub(crate) fn pack(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// Returns the whole configuration as text.
fn export(mut reading: Reading) -> String {
    let options = pcfg::select::Options::default();
    let config = pcfg::select::select(&mut reading.snapshot, &options).unwrap();
    pcfg::xml::to_string(&config)
}

/// Counts rows by their lines: in real backups a line of its own begins every row, and names of tables, but not of
/// fields, begin with a capital.
fn count_rows(text: &str) -> BTreeMap<String, u64> {
    let mut rows = BTreeMap::new();
    for line in text.lines() {
        let is_row = |tag: &&str| tag.starts_with(|c: char| c.is_ascii_uppercase());
        if let Some(tag) = line.trim_start().strip_prefix('<').filter(is_row) {
            let end = tag.find([' ', '>', '/']).unwrap();
            *rows.entry(tag[..end].to_owned()).or_default() += 1;
        }
    }
    rows
}

#[test]
fn every_real_backup_is_read_and_holds_what_it_says() {
    for path in real_data::backups() {
        let reading = real_data::read(&path);
        assert_eq!(reading.warnings, Vec::<String>::new(), "{}", path.display());
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(reading.rows, count_rows(&text), "{}", path.display());
        assert!(reading.snapshot.objects.len() > 5, "{} holds objects", path.display());
    }
}

#[test]
fn the_version_comes_from_the_properties_or_the_comment() {
    let expected = [
        ("jrjc/cloud-jira-dump.xml", "7.0.0 (70107)"),
        ("jrjc/jira-dump.xml", "4.2 (586)"),
        ("jsu/test1.xml", "6.3.11 (6341)"),
        ("zendesk/restoreData-JIRA-3.12.2.xml", "build 300"),
        ("zendesk/restoreData-JIRA-3.13.2.xml", "3.13.2 (335)"),
        ("zendesk/restoreData-JIRA-4.3.2.xml", "4.3.2 (616)"),
    ];
    for (name, version) in expected {
        let Some(path) = real_data::backup(name) else { return };
        assert_eq!(real_data::read(&path).version.as_deref(), Some(version), "{name}");
    }
}

#[test]
fn the_malformed_real_backup_gives_the_place() {
    let Some(path) = real_data::backup("jrjc/export-for-history-tests.xml") else { return };
    let error = read_path(&path, Scope::default()).expect_err("is malformed");
    let ReadError::Malformed { line, column, message, .. } = error else { panic!("{error}") };
    assert_eq!((line, column), (1333, 1021));
    assert_eq!(message, "`&` does not begin a reference; as a character, write it as `&amp;`");
}

#[test]
fn a_zip_gives_the_same_as_its_file() {
    let Some(path) = real_data::backup("jsu/test1.xml") else { return };
    let bytes = std::fs::read(&path).unwrap();
    let bare = export(real_data::read(&path));
    let old = read_file("old.zip", &pack(&[("JIRA-backup.XML", &bytes)])).unwrap();
    assert_eq!(old.warnings, Vec::<String>::new());
    assert_eq!(export(old), bare);
    let new = read_file("new.zip", &pack(&[("entities.xml", &bytes), ("data/logo.png", b"")])).unwrap();
    assert_eq!(new.warnings.len(), 1, "activeobjects.xml is missing");
    assert_eq!(export(new), bare);
}

#[test]
fn chunks_may_end_anywhere() {
    let Some(path) = real_data::backup("zendesk/restoreData-JIRA-3.12.2.xml") else { return };
    let bytes = std::fs::read(path).unwrap();
    let whole = export(read_bytes(&bytes, None, Scope::default(), 1 << 20).unwrap());
    for chunk in [1, 2, 7, 100, 4_099] {
        assert_eq!(export(read_bytes(&bytes, None, Scope::default(), chunk).unwrap()), whole, "{chunk}");
        assert_eq!(
            export(read_proved_bytes(&bytes, None, Scope::default(), chunk).unwrap()),
            whole,
            "{chunk}"
        );
    }
}

#[test]
fn fields_with_values_are_joined_by_issue() {
    let text = entities(
        r#"
    <CustomField id="1" customfieldtypekey="text" name="One"/>
    <CustomField id="2" customfieldtypekey="text" name="Two"/>
    <CustomField id="3" customfieldtypekey="text" name="Three"/>
    <CustomFieldValue id="7" issue="100" customfield="1" stringvalue="x"/>
    <CustomFieldValue id="8" issue="101" customfield="2" stringvalue="x"/>
    <CustomFieldValue id="9" issue="100" customfield="2" stringvalue="x"/>
    <CustomFieldValue id="10" issue="100" customfield="99" stringvalue="deleted field"/>
    <CustomFieldValue id="11" issue="999" customfield="3" stringvalue="deleted issue"/>
    <Issue id="100" project="20"/>
    <Issue id="101" project="21"><description><![CDATA[a
b]]></description></Issue>
    <Project id="20" name="A" key="A"/>
    <Project id="21" name="B" key="B"/>"#,
    );
    let with = |field_values| {
        let reading =
            read_bytes(text.as_bytes(), None, Scope { field_values, ..Scope::default() }, 64).unwrap();
        let mut found: Vec<(String, String)> = reading
            .snapshot
            .fields_with_values
            .iter()
            .flat_map(|(key, fields)| fields.iter().map(|field| (key.clone(), field.to_string())))
            .collect();
        found.sort();
        found
    };
    let pair = |key: &str, field: &str| (key.to_owned(), field.to_owned());
    assert_eq!(
        with(true),
        [pair("A", "One (type text)"), pair("A", "Two (type text)"), pair("B", "Two (type text)")]
    );
    assert_eq!(with(false), []);
}

#[test]
fn a_field_is_an_attribute_or_an_element() {
    let text = entities(
        r#"
    <Priority id="1" name='It&apos;s "open"' sequence="1"/>
    <Priority id="2" sequence="2">
        <name><![CDATA[Closed]]></name>
        <description><![CDATA[two
lines, ]]]]><![CDATA[> and <b>&amp;]]></description>
    </Priority>
    <Priority id="3" name="Third&#x21;" description="" sequence="3"><unknown><![CDATA[x]]></unknown></Priority>"#,
    );
    let export = export(read_text(&text).unwrap());
    let priorities = export.split_once("<priorityConfiguration>").unwrap().1;
    let priorities = priorities.split_once("  </priorityConfiguration>").unwrap().0;
    assert_eq!(
        priorities,
        r#"
    <priority>
      <sequence>1</sequence>
      <name>It's "open"</name>
    </priority>
    <priority>
      <sequence>2</sequence>
      <name>Closed</name>
      <description>two
lines, ]]&gt; and &lt;b>&amp;amp;</description>
    </priority>
    <priority>
      <sequence>3</sequence>
      <name>Third!</name>
    </priority>
"#
    );
}

#[test]
fn control_characters_are_kept_with_a_warning() {
    let text = entities("    <Priority id=\"1\" name=\"a\u{1}b&#x1f;\" sequence=\"1\"/>");
    let reading = read_text(&text).unwrap();
    assert_eq!(
        reading.warnings,
        ["memory:3:29: the character U+0001, which XML forbids, is in the text, and 1 more such characters \
          follow; it is kept as it is"]
    );
    assert!(export(reading).contains("<name escaped=\"true\">a\\u0001b\\u001F</name>"));
}

#[test]
fn a_long_comment_and_one_without_an_end() {
    let comment = format!("<!-- {} -->", "x - y".repeat(60_000));
    let text = entities("").replace("<entity", &format!("{comment}\n<entity"));
    let reading = read_text(&text).unwrap();
    assert_eq!(reading.warnings.len(), 1, "with a head there should be an inventory: {:?}", reading.warnings);
    let text = text.replace(" -->", "");
    assert!(read_text(&text).unwrap_err().contains("the file ends inside of markup"));
}

#[test]
fn rows_are_compared_with_the_inventory() {
    let inventory = "<!--\n___ Entit\u{e9}s ___\n  Somme : 3\n\n  Issue : 2\n  Status : 1\n-->";
    let rows = "    <Issue id=\"1\"/>\n    <Issue id=\"2\"/>\n    <Status id=\"1\"/>\n";
    let reading = read_text(&entities(&format!("{rows}{inventory}"))).unwrap();
    assert_eq!(reading.warnings, Vec::<String>::new());
    assert_eq!(reading.rows, [("Issue".to_owned(), 2), ("Status".to_owned(), 1)].into());
    let rows = rows.replace("    <Issue id=\"2\"/>\n", "");
    let reading = read_text(&entities(&format!("{rows}{inventory}"))).unwrap();
    assert_eq!(reading.warnings, ["the file contains 1 rows of Issue, but its end says 2"]);
}

#[test]
fn progress_ends_at_the_total() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("backup.zip");
    let text = entities(&"    <Issue id=\"1\"/>\n".repeat(50_000));
    let active = "<backup xmlns=\"http://www.atlassian.com/ao\"/>";
    std::fs::write(
        &path,
        pack(&[("entities.xml", text.as_bytes()), ("activeobjects.xml", active.as_bytes())]),
    )
    .unwrap();
    let seen = std::sync::Mutex::new(Vec::new());
    let reading = pcfg::instance::open(&path)
        .unwrap()
        .read(Scope::default(), &|done, total| seen.lock().unwrap().push((done, total)))
        .unwrap();
    assert_eq!((reading.rows["Issue"], reading.warnings.len()), (50_000, 0));
    let seen = seen.into_inner().unwrap();
    let total = (text.len() + active.len()) as u64;
    assert!(seen.is_sorted() && seen.len() > 3, "{seen:?}");
    assert!(seen.iter().all(|(_, of)| *of == total));
    assert_eq!(seen.last(), Some(&(total, total)));
}

#[test]
fn of_two_rows_with_one_id_the_first_stays() {
    let text = "<entity-engine-xml><Status id=\"1\" name=\"Open\"/><Status id=\"1\" name=\"Shut\"/></entity-engine-xml>";
    let reading = read_text(text).unwrap();
    assert_eq!(reading.warnings, ["there is a second Status row with the id 1; it was left out"]);
    let names: Vec<&str> = reading.snapshot.objects.keys().map(pcfg::model::Identity::name).collect();
    assert!(names.contains(&"Open") && !names.contains(&"Shut"), "{names:?}");
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config { cases: 400, failure_persistence: None, ..Default::default() })]

    /// Whoever reads rows that nobody wants, the same is read: also where a text looks like rows, where the file is broken, and where
    /// chunks end anywhere.
    #[test]
    fn proving_rows_beforehand_changes_nothing(
        rows in proptest::collection::vec(0..ROWS.len(), 0..40),
        chunk in 1..600_usize,
        odd in proptest::option::of((0..8_000_usize, proptest::prelude::any::<u8>())),
        length in 0..12_000_usize,
    ) {
        let text = entities(&rows.iter().map(|row| ROWS[*row]).collect::<Vec<_>>().join("\n"));
        let mut bytes = text.into_bytes();
        if let Some((at, byte)) = odd && at < bytes.len() {
            bytes[at] = byte;
        }
        // Half of them are whole.
        if let Some(length) = length.checked_sub(6_000) {
            bytes.truncate(length);
        }
        let told = |read: Result<Reading, String>| {
            read.map(|read| (read.rows.clone(), read.warnings.clone(), read.tables.len()))
        };
        let plain = told(read_bytes(&bytes, None, Scope::default(), chunk));
        let proved = told(read_proved_bytes(&bytes, None, Scope::default(), chunk));
        proptest::prop_assert_eq!(plain, proved);
    }
}

/// Rows that are wanted, rows that nobody wants, and what looks like either.
const ROWS: [&str; 9] = [
    "    <Issue id=\"10000\" project=\"1\"/>",
    "    <ChangeItem id=\"1\" field=\"a&amp;b\"/>",
    "    <Action id=\"7\"><body><![CDATA[\n    <Issue id=\"9\"/>\n    <Status id=\"5\"/>\n]]></body></Action>",
    "    <Status id=\"1\" name=\"\u{fc}\"/>",
    "    <Action id=\"8\" body=\"&#1;\"/>",
    "    <!--\n    <Issue id=\"3\"/>\n-->",
    "    <Worklog id=\"9\">\n    <comment>x\u{20ac}</comment></Worklog>",
    "    <ChangeGroup id=\"1\"/><ChangeGroup id=\"2\"/>",
    "    <Action id=\"9\" body='\u{1}'/>",
];
