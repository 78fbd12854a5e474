//! A backup with changes is the same backup but for them.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};

use pcfg::entity::{AttributeType, Row, RowChange, Tables, entities};
use pcfg::instance::{Backup, RewriteError};

use crate::postgres_dump::Dump;
use crate::real_data;

/// Returns the demo, all real backups, and real databases as backups in a folder.
fn backups(folder: &Path) -> Vec<PathBuf> {
    let mut all = vec![demo()];
    all.extend(real_data::backups());
    for (number, name) in ["baton-9.12.4/data.sql", "behavepro-7.12.3/db.sql"].into_iter().enumerate() {
        let Some(dump) = Dump::real(name) else { continue };
        let folder = folder.join(number.to_string());
        std::fs::create_dir(&folder).unwrap();
        all.push(dump.write_backup(&folder));
    }
    all
}

fn demo() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/backup/demo")
}

fn rewrite(from: &Path, changes: &[RowChange], to: &Path) -> Result<(), RewriteError> {
    let backup = Backup::open(from).unwrap();
    let form = backup.form_for(to).unwrap();
    backup.rewrite(changes, form, &mut std::fs::File::create(to).unwrap())
}

/// Returns the files of a backup.
fn files(path: &Path) -> BTreeMap<String, Vec<u8>> {
    if path.is_dir() {
        let files = std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap());
        return files
            .map(|file| (file.file_name().into_string().unwrap(), std::fs::read(file.path()).unwrap()))
            .collect();
    }
    let bytes = std::fs::read(path).unwrap();
    if !bytes.starts_with(b"PK") {
        return BTreeMap::from([(String::new(), bytes)]);
    }
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
    let mut files = BTreeMap::new();
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).unwrap();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).unwrap();
        files.insert(entry.name().unwrap().into_owned(), bytes);
    }
    files
}

/// Changes of every table that is read wholly: a row goes, one changes in all its texts, and one is new.
fn some_changes(tables: &Tables) -> Vec<RowChange> {
    let mut changes = Vec::new();
    for entity in entities() {
        // Of these only what counts is read: what counts would change with them.
        if entity.name.starts_with("OSProperty") || entity.name == "NodeAssociation" {
            continue;
        }
        let rows = tables.rows(entity.name);
        let Some(first) = rows.first() else { continue };
        changes.push(RowChange { before: Some(first.clone()), after: None });
        let changed = |row: &Row, text: &str| {
            let mut after = row.clone();
            for (number, attribute) in entity.attributes.iter().enumerate() {
                if attribute.ty == AttributeType::Text
                    && attribute.name != "id"
                    && row.value(number).is_some()
                {
                    after.set(number, text);
                }
            }
            after
        };
        for (number, row) in rows.iter().skip(1).enumerate() {
            // Every form becomes every other one.
            let after = match number % 7 {
                0 => changed(row, "it's \"<a>\" & b"),
                1 => changed(row, "two\nlines ]]> \t<![CDATA[ &amp;"),
                2 => changed(row, "carriage\r\nreturn"),
                3 => changed(row, ""),
                4 => Row::new(row.entity()),
                _ => continue,
            };
            let mut after = after;
            if let Some(id) = row.value(0) {
                after.set(0, id);
            }
            changes.push(RowChange { before: Some(row.clone()), after: Some(after) });
        }
        let mut new = changed(first, "new\n& \u{fc}");
        new.put(entity.attributes[0].name, Some("987654321"));
        changes.push(RowChange { before: None, after: Some(new) });
    }
    changes.retain(|change| change.before != change.after);
    changes
}

fn assert_same(found: &Tables, wanted: &Tables, of: &Path) {
    for entity in entities() {
        let (found, wanted) = (found.rows(entity.name), wanted.rows(entity.name));
        for (found, wanted) in found.iter().zip(wanted) {
            assert_eq!(found, wanted, "{} {}", of.display(), entity.name);
        }
        assert_eq!(found.len(), wanted.len(), "{} {}", of.display(), entity.name);
    }
}

#[test]
fn without_changes_every_byte_is_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("out");
    for path in backups(folder.path()) {
        rewrite(&path, &[], &to).unwrap();
        assert!(files(&to) == files(&path), "{}", path.display());
    }
}

#[test]
fn changes_are_read_back_and_can_be_taken_back() {
    let folder = tempfile::tempdir().unwrap();
    let (to, back) = (folder.path().join("out"), folder.path().join("back"));
    for path in backups(folder.path()) {
        let reading = real_data::read(&path);
        let changes = some_changes(&reading.tables);
        assert!(changes.len() > 50, "{}", path.display());
        let mut wanted = reading.tables.clone();
        wanted.apply(&changes).unwrap();
        rewrite(&path, &changes, &to).unwrap();
        let again = real_data::read(&to);
        assert_same(&again.tables, &wanted, &path);
        let of_counts = |warnings: &[String]| -> Vec<String> {
            warnings.iter().filter(|warning| warning.contains("rows")).cloned().collect()
        };
        assert_eq!(
            of_counts(&again.warnings),
            of_counts(&reading.warnings),
            "the file counts its rows rightly"
        );
        let undo: Vec<RowChange> = changes.into_iter().map(RowChange::reverse).collect();
        rewrite(&to, &undo, &back).unwrap();
        assert_same(&real_data::read(&back).tables, &reading.tables, &path);
    }
}

#[test]
fn only_the_row_and_the_count_differ() {
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("out.zip");
    let tables = real_data::read(&demo()).tables;
    let filter = tables.rows("SearchRequest")[0].clone();
    let mut changed = filter.clone();
    changed.put("description", Some("Seen\ntwice"));
    changed.put("favCount", None);
    let mut new = Row::new(filter.entity());
    new.put("id", Some("10007"));
    new.put("name", Some("A & \"B\""));
    let board = tables.rows("AO_60DB71_COLUMN")[1].clone();
    let mut column = board.clone();
    column.put("MAXIM", None);
    column.put("MINIM", Some("1.0"));
    let mut second = board.clone();
    second.put("ID", Some("9"));
    let gone = tables.rows("AO_60DB71_COLUMN")[0].clone();
    let project = tables.rows("ProjectCategory")[0].clone();
    let changes = [
        RowChange { before: Some(filter), after: Some(changed) },
        RowChange { before: None, after: Some(new) },
        RowChange { before: Some(board), after: Some(column) },
        RowChange { before: None, after: Some(second) },
        RowChange { before: Some(gone), after: None },
        RowChange { before: Some(project), after: None },
    ];
    rewrite(&demo(), &changes, &to).unwrap();
    let (before, after) = (files(&demo()), files(&to));
    let mut shown = String::new();
    for (name, before) in &before {
        let (before, after) = (String::from_utf8_lossy(before), String::from_utf8_lossy(&after[name]));
        let diff = similar(&before, &after);
        shown.push_str(&format!("{name}\n{diff}"));
    }
    insta::assert_snapshot!(shown, @r#"
    activeobjects.xml
    -     <row><string>gh.workflow.preset.todo</string><integer>1</integer><double xsi:nil="true"/><double xsi:nil="true"/><integer>0</integer><integer>1</integer></row>
    -     <row><string>Review</string><integer>2</integer><double>3.0</double><double xsi:nil="true"/><integer>1</integer><integer>1</integer></row>
    +     <row><string>Review</string><integer>2</integer><double xsi:nil="true"/><double>1.0</double><integer>1</integer><integer>1</integer></row>
    +     <row>
    +       <string>Review</string>
    +       <integer>9</integer>
    +       <double>3.0</double>
    +       <double xsi:nil="true"/>
    +       <integer>1</integer>
    +       <integer>1</integer>
    +     </row>
    entities.xml
    -     <ProjectCategory id="10000" name="Products" description="What we sell"/>
    -     <SearchRequest id="10000" name="Critical in Demo" author="JIRAUSER10000" description="Seen first thing in the morning" user="JIRAUSER10000" request="project = 10000 AND cf[10000] = Critical ORDER BY created DESC" favCount="1" nameLower="critical in demo"/>
    -      ProjectCategory                               : 1
    -      SearchRequest                                 : 2
    +     <SearchRequest id="10000" name="Critical in Demo" author="JIRAUSER10000" user="JIRAUSER10000" request="project = 10000 AND cf[10000] = Critical ORDER BY created DESC" nameLower="critical in demo">
    +         <description><![CDATA[Seen
    + twice]]></description>
    +     </SearchRequest>
    +     <SearchRequest id="10007" name="A &amp; &quot;B&quot;"/>
    +      SearchRequest                                 : 3
    "#);
}

/// Returns the lines that only one of two texts has.
fn similar(before: &str, after: &str) -> String {
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    let (before, after) = (lines(before), lines(after));
    let mut text = String::new();
    for (sign, own, other) in [("-", &before, &after), ("+", &after, &before)] {
        let mut rest = other.clone();
        for line in own {
            match rest.iter().position(|other| other == line) {
                Some(at) => drop(rest.remove(at)),
                None => text.push_str(&format!("{sign} {line}\n")),
            }
        }
    }
    text
}

#[test]
fn what_is_not_there_is_an_error_before_anything_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("out.zip");
    let tables = real_data::read(&demo()).tables;
    let mut row = tables.rows("Status")[0].clone();
    row.put("name", Some("other"));
    let stale = RowChange { before: Some(row), after: None };
    let error = rewrite(&demo(), &[stale], &to).unwrap_err().to_string();
    assert_eq!(
        error,
        "1 rows of Status cannot be changed: the backup does not hold them as they were read, or not all of their columns"
    );
    let mut color = Row::new(pcfg::entity::EntityId::named("AO_60DB71_CARDCOLOR"));
    color.put("ID", Some("1"));
    let error = rewrite(&demo(), &[RowChange { before: None, after: Some(color) }], &to).unwrap_err();
    assert!(
        matches!(error, RewriteError::Missing { table: "AO_60DB71_CARDCOLOR", changes: 1, .. }),
        "{error}"
    );
    assert_eq!(std::fs::metadata(&to).unwrap().len(), 0);
}
