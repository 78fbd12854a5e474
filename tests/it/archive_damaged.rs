//! Archives that are not as they were written: each fault is named, with what to do, before anything is taken from it.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Cursor, Read as _, Write as _};
use std::path::Path;

use pcfg::archive::{Content, Flaw, ReadError, Reader};
use proptest::prelude::*;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use crate::archive::{files, sample, write};

type Entries = BTreeMap<String, Vec<u8>>;

/// What becomes of a good archive.
type Change<'a> = Box<dyn Fn(&mut Entries) + 'a>;

/// Opens an archive and checks all of it; returns the message without the folder, and the help.
fn refused(path: &Path) -> String {
    let error = Reader::open(path).and_then(|mut reader| reader.check(&mut |_| ()));
    told(&error.expect_err("must be refused"), path)
}

fn told(error: &ReadError, path: &Path) -> String {
    let folder = path.parent().unwrap().to_str().unwrap();
    let text = error.to_string().replace(&format!("{folder}/"), "");
    match error.help() {
        Some(help) => format!("{text}\n  help: {help}"),
        None => text,
    }
}

/// A good archive, entry by entry.
fn entries() -> Entries {
    let folder = tempfile::tempdir().unwrap();
    write(&folder.path().join("a/"), &sample()).unwrap();
    files(&folder.path().join("a"))
}

/// Packs entries as an archive has them.
fn packed(entries: &Entries) -> Vec<u8> {
    let mut entries: Vec<(&str, &[u8])> = entries.iter().map(|(name, bytes)| (&**name, &**bytes)).collect();
    entries.sort_by_key(|(name, _)| *name != "manifest.json");
    crate::backups::pack(&entries)
}

/// Changes the manifest, all of it.
fn manifest(entries: &mut Entries, old: &str, new: &str) {
    let text = entries.get_mut("manifest.json").unwrap();
    let changed = String::from_utf8(text.clone()).unwrap().replace(old, new);
    assert_ne!(changed.as_bytes(), text, "{old}");
    *text = changed.into_bytes();
}

/// Adds an entry that the manifest names, too.
fn named(entries: &mut Entries, name: &str, bytes: &[u8]) {
    let Content { size, sha256 } = Content::of(bytes);
    let path = serde_json::to_string(name).unwrap();
    let line = format!("\"entries\": [\n    {{\"path\":{path},\"size\":{size},\"sha256\":\"{sha256}\"}},");
    manifest(entries, "\"entries\": [", &line);
    entries.insert(name.to_owned(), bytes.to_vec());
}

const RANKS: &str = "data/DEMO/ranks.xml";

/// What is wrong with an archive, and what is said of it as a zip and as a folder.
#[test]
fn every_fault_is_named_in_a_zip_and_in_a_folder() {
    let long = format!("data/{}.xml", "x".repeat(300));
    let sha256 = Content::of(&crate::archive::noise(70_000)).sha256;
    let hash = format!("attachments/{}/{sha256}", &sha256[..2]);
    let cases: Vec<(&str, Change<'_>, String)> = vec![
        ("missing", Box::new(|own| drop(own.remove(RANKS))), format!("`{RANKS}` is missing")),
        (
            "additional",
            Box::new(|own| drop(own.insert("data/X/ranks.xml".to_owned(), b"X".to_vec()))),
            "`data/X/ranks.xml` is not named in the manifest".to_owned(),
        ),
        (
            "foreign",
            Box::new(|own| drop(own.insert("notes.txt".to_owned(), b"X".to_vec()))),
            "`notes.txt` is not named in the manifest".to_owned(),
        ),
        (
            "cut",
            Box::new(|own| own.get_mut(RANKS).unwrap().truncate(100)),
            format!("`{RANKS}` has 100 bytes instead of 280: it is cut off"),
        ),
        (
            "long",
            Box::new(|own| own.get_mut(RANKS).unwrap().push(b'\n')),
            format!("`{RANKS}` has more than 280 bytes"),
        ),
        (
            "changed",
            Box::new(|own| own.get_mut(RANKS).unwrap()[7] = b'X'),
            format!("`{RANKS}` was changed: its SHA-256 is not that of the manifest"),
        ),
        (
            "exchanged",
            Box::new(|own| drop(own.insert(hash.clone(), vec![0; 70_000]))),
            format!("`{hash}` was changed: its SHA-256 is not that of the manifest"),
        ),
        (
            "two",
            Box::new(|own| {
                own.remove(RANKS);
                own.remove("data/sprints.xml");
            }),
            format!("`{RANKS}` is missing; `data/sprints.xml` is missing"),
        ),
        (
            "many",
            Box::new(|own| own.retain(|name, _| name == "manifest.json" || name == "configuration.xml")),
            "`data/DEMO/issues/000001-001000.xml` is missing; `data/DEMO/issues/001001-002000.xml` is missing; \
             `data/DEMO/ranks.xml` is missing; and 6 more"
                .to_owned(),
        ),
        (
            "folded",
            Box::new(|own| named(own, "data/demo/ranks.xml", b"x")),
            format!("`{RANKS}` is there twice"),
        ),
        (
            "hash",
            Box::new(|own| {
                let other = Content::of(b"other").sha256;
                manifest(own, &format!("\"sha256\":\"{sha256}\""), &format!("\"sha256\":\"{other}\""));
            }),
            format!("`{hash}` has a SHA-256 in the manifest that cannot be its own"),
        ),
        (
            "format",
            Box::new(|own| manifest(own, "\"format\": 1", "\"format\": 2")),
            String::new(),
        ),
        ("other", Box::new(|own| manifest(own, "\"complete\"", "\"other\"")), String::new()),
        ("unknown", Box::new(|own| manifest(own, "\"format\": 1", "\"format\": 1, \"x\": 1")), String::new()),
        ("none", Box::new(|own| drop(own.remove("manifest.json"))), String::new()),
    ];
    let folder = tempfile::tempdir().unwrap();
    let mut others = String::new();
    let mut helps = BTreeMap::new();
    for (name, change, wanted) in &cases {
        let mut entries = entries();
        change(&mut entries);
        let zip = folder.path().join(format!("{name}.zip"));
        fs::write(&zip, packed(&entries)).unwrap();
        let plain = folder.path().join(name);
        for (path, bytes) in &entries {
            fs::create_dir_all(plain.join(path).parent().unwrap()).unwrap();
            fs::write(plain.join(path), bytes).unwrap();
        }
        for path in [&zip, &plain] {
            let text = refused(path);
            match wanted.is_empty() {
                true => others.push_str(&format!("{text}\n")),
                false => {
                    let shown = path.file_name().unwrap().to_str().unwrap();
                    let (message, help) = text.split_once("\n  help: ").unwrap();
                    assert_eq!(message, format!("{shown} is damaged: {wanted}"));
                    helps.entry(help.to_owned()).or_insert_with(Vec::new).push(shown.to_owned());
                }
            }
        }
    }
    insta::assert_snapshot!(others, @r#"
    format.zip is of format 2, which this version of pcfg does not know
      help: update pcfg
    format is of format 2, which this version of pcfg does not know
      help: update pcfg
    other.zip is not a complete project: its manifest.json is of something else
      help: name the file or the folder that `pcfg export --complete` wrote
    other is not a complete project: its manifest.json is of something else
      help: name the file or the folder that `pcfg export --complete` wrote
    unknown.zip is not a complete project: its manifest.json is damaged (unknown field `x`, expected one of `kind`, `format`, `jira`, `timeZone`, `history`, `attachments`, `projects`, `entries` at line 3 column 18)
      help: get it again from where it was exported, or export the projects anew
    unknown is not a complete project: its manifest.json is damaged (unknown field `x`, expected one of `kind`, `format`, `jira`, `timeZone`, `history`, `attachments`, `projects`, `entries` at line 3 column 18)
      help: get it again from where it was exported, or export the projects anew
    none.zip is not a complete project: the zip archive contains no manifest.json
      help: name the file that `pcfg export --complete` wrote
    none is not a complete project: the folder contains no manifest.json
      help: name the folder that `pcfg export --complete` wrote
    "#);
    insta::assert_debug_snapshot!(helps, @r#"
    {
        "compare its size with that of the original and copy it again, or export the projects anew": [
            "missing.zip",
            "cut.zip",
            "long.zip",
            "changed.zip",
            "exchanged.zip",
            "two.zip",
            "many.zip",
        ],
        "if nobody changed it, get the folder again as it was exported; in git, `* -text` in `.gitattributes` keeps git from changing the ends of lines": [
            "missing",
            "cut",
            "long",
            "changed",
            "exchanged",
            "two",
            "many",
        ],
        "pcfg never writes such an entry: do not use the archive, and export the projects anew": [
            "folded.zip",
            "folded",
            "hash.zip",
            "hash",
        ],
        "take out what the manifest does not name: pcfg does not know what it is": [
            "additional.zip",
            "additional",
            "foreign.zip",
            "foreign",
        ],
    }
    "#);

    // Names that lead elsewhere, both unknown to the manifest and named in it: in a folder nobody can have them.
    let names =
        ["../x.xml", "/x.xml", "data/../../x.xml", "data\\x.xml", "data/x\0.xml", &long, "data/ä b.xml"];
    let mut told = String::new();
    for name in names {
        let [mut unknown, mut known] = [entries(), entries()];
        unknown.insert(name.to_owned(), b"x".to_vec());
        named(&mut known, name, b"x");
        let texts = [unknown, known].map(|entries| {
            let path = folder.path().join("named.zip");
            fs::write(&path, packed(&entries)).unwrap();
            refused(&path)
        });
        assert_eq!(texts[0], texts[1], "{name:?}");
        told.push_str(&format!("{}\n", texts[0].lines().next().unwrap()));
    }
    insta::assert_snapshot!(told, @r#"
    named.zip is damaged: `../x.xml`: the name leads out of the archive
    named.zip is damaged: `/x.xml`: the name leads out of the archive
    named.zip is damaged: `data/../../x.xml`: the name leads out of the archive
    named.zip is damaged: `data\\x.xml`: the name holds characters that pcfg never writes
    named.zip is damaged: `data/x\0.xml`: the name holds characters that pcfg never writes
    named.zip is damaged: `data/xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…`: the name is longer than 240 bytes
    named.zip is damaged: `data/ä b.xml`: the name holds characters that pcfg never writes
    "#);
}

/// What only a zip can have.
#[test]
fn a_zip_that_lies_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.zip");
    let refused_bytes = |bytes: &[u8]| {
        fs::write(&path, bytes).unwrap();
        refused(&path)
    };
    let whole = packed(&entries());
    let mut told = String::new();
    let mut tell = |what: &str, bytes: &[u8]| told.push_str(&format!("{what}: {}\n", refused_bytes(bytes)));
    tell("empty", b"");
    tell("text", b"hello");
    tell("cut", &whole[..whole.len() - 30]);
    tell("cut in the middle", &whole[..whole.len() / 2]);
    tell("a backup", &crate::backups::pack(&[("entities.xml", b"<entity-engine-xml/>")]));
    tell("another", &crate::backups::pack(&[("x", b"x")]));

    // The same entry twice: the second one would win in some programs and the first one in others.
    let twice = |name: &str| {
        let place = entries()[name].len();
        let mut other = entries();
        other.insert("data/DEMO/rankz.xml".to_owned(), vec![b'x'; place]);
        let mut bytes = packed(&other);
        let from = b"data/DEMO/rankz.xml";
        let places: Vec<usize> =
            (0..bytes.len() - from.len()).filter(|at| bytes[*at..].starts_with(from)).collect();
        places.iter().for_each(|at| bytes[*at..*at + from.len()].copy_from_slice(name.as_bytes()));
        bytes
    };
    tell("twice", &twice(RANKS));

    // A size that no bytes can have, in the directory and in the manifest.
    let with_size = |size: u32| {
        let mut own = entries();
        manifest(&mut own, "\"size\":280", &format!("\"size\":{size}"));
        let mut bytes = packed(&own);
        let at = directory_entry(&bytes, RANKS);
        bytes[at + 24..at + 28].copy_from_slice(&size.to_le_bytes());
        bytes
    };
    tell("impossible", &with_size(4_000_000_000));
    tell("longer than it is", &with_size(300));
    tell("shorter than it is", &with_size(200));

    // Two entries of the same bytes: a small zip that unpacks to a large one.
    let mut bytes = whole.clone();
    let (one, two) = (directory_entry(&bytes, RANKS), directory_entry(&bytes, "data/sprints.xml"));
    let place: Vec<u8> = bytes[one + 42..one + 46].to_vec();
    bytes[two + 42..two + 46].copy_from_slice(&place);
    tell("shared", &bytes);

    // Bits that changed on the way.
    let mut bytes = whole.clone();
    let at = whole.windows(RANKS.len()).position(|own| own == RANKS.as_bytes()).unwrap() + RANKS.len() + 3;
    bytes[at] ^= 0x55;
    tell("bits", &bytes);

    // Encrypted, packed otherwise, a link.
    let mut bytes = whole.clone();
    let at = directory_entry(&bytes, RANKS);
    bytes[at + 8] |= 1;
    tell("encrypted", &bytes);
    let mut bytes = whole.clone();
    bytes[at + 10] = 14;
    tell("packed otherwise", &bytes);
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in entries() {
        match &*name {
            RANKS => zip.add_symlink(name, "/etc/passwd", SimpleFileOptions::default()).unwrap(),
            _ => {
                let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
                zip.start_file(name, stored).unwrap();
                zip.write_all(&bytes).unwrap();
            }
        }
    }
    tell("a link", &zip.finish().unwrap().into_inner());
    insta::assert_snapshot!(told, @r#"
    empty: a.zip is not a complete project: it is empty
      help: compare its size with that of the original and copy it again, or export the projects anew
    text: a.zip is not a complete project: it is not a zip archive
      help: name the file that `pcfg export --complete` wrote
    cut: a.zip is not a complete project: the zip archive is damaged or cut off (invalid Zip archive: Could not find EOCD)
      help: compare its size with that of the original and copy it again, or export the projects anew
    cut in the middle: a.zip is not a complete project: the zip archive is damaged or cut off (invalid Zip archive: Could not find EOCD)
      help: compare its size with that of the original and copy it again, or export the projects anew
    a backup: a.zip is not a complete project: the zip archive contains no manifest.json
      help: it is a backup of Jira: name it with `-i`
    another: a.zip is not a complete project: the zip archive contains no manifest.json
      help: name the file that `pcfg export --complete` wrote
    twice: a.zip is damaged: `data/DEMO/ranks.xml` is there twice
      help: pcfg never writes such an entry: do not use the archive, and export the projects anew
    impossible: a.zip is damaged: `data/DEMO/ranks.xml` has 15 packed bytes, which cannot unpack to 4000000000
      help: pcfg never writes such an entry: do not use the archive, and export the projects anew
    longer than it is: a.zip is damaged: `data/DEMO/ranks.xml` has 280 bytes instead of 300: it is cut off
      help: compare its size with that of the original and copy it again, or export the projects anew
    shorter than it is: a.zip is damaged: `data/DEMO/ranks.xml` cannot be unpacked (File is larger than its declared uncompressed size)
      help: compare its size with that of the original and copy it again, or export the projects anew
    shared: a.zip is damaged: `data/sprints.xml` shares its bytes with another entry
      help: pcfg never writes such an entry: do not use the archive, and export the projects anew
    bits: a.zip is damaged: `data/DEMO/ranks.xml` cannot be unpacked (corrupt deflate stream)
      help: compare its size with that of the original and copy it again, or export the projects anew
    encrypted: a.zip is damaged: `data/DEMO/ranks.xml` is encrypted
      help: pcfg never writes such an entry: do not use the archive, and export the projects anew
    packed otherwise: a.zip is damaged: `data/DEMO/ranks.xml` is packed with another method than Deflate
      help: pcfg never writes such an entry: do not use the archive, and export the projects anew
    a link: a.zip is damaged: `data/DEMO/ranks.xml` is a link
      help: pcfg never writes such an entry: do not use the archive, and export the projects anew
    "#);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Whatever happens to the bytes of a zip, it is refused, or it still says what it said.
    #[test]
    fn a_zip_with_other_bytes_is_refused_or_the_same(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        cut in prop::option::weighted(0.2, any::<prop::sample::Index>()),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.zip");
        let manifest = write(&path, &sample()).unwrap();
        let mut bytes = fs::read(&path).unwrap();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        let path = folder.path().join("b.zip");
        fs::write(&path, bytes).unwrap();
        let read = Reader::open(&path).and_then(|mut reader| {
            reader.check(&mut |_| ())?;
            Ok(reader.manifest().clone())
        });
        match read {
            Ok(read) => prop_assert_eq!(read, manifest),
            Err(error) => prop_assert!(error.help().is_some(), "{}", error),
        }
    }
}

/// Returns the place of the entry of a name in the directory of a zip.
fn directory_entry(bytes: &[u8], name: &str) -> usize {
    let is_entry = |at: &usize| {
        bytes[*at..].starts_with(b"PK\x01\x02") && bytes[*at + 46..].starts_with(name.as_bytes())
    };
    (0..bytes.len() - 46).find(is_entry).unwrap()
}

/// What only a folder can have.
#[cfg(unix)]
#[test]
fn nothing_outside_of_a_folder_is_read() {
    use std::os::unix::fs::symlink;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a");
    let ranks = path.join(RANKS);
    let anew = || {
        let _old = fs::remove_dir_all(&path);
        for (name, bytes) in entries() {
            fs::create_dir_all(path.join(&name).parent().unwrap()).unwrap();
            fs::write(path.join(&name), bytes).unwrap();
        }
    };
    let mut told = String::new();
    let mut tell = |what: &str| told.push_str(&format!("{what}: {}\n", refused(&path)));
    anew();
    fs::rename(&ranks, folder.path().join("ranks.xml")).unwrap();
    symlink("../../../ranks.xml", &ranks).unwrap();
    tell("a link to a file");
    anew();
    fs::rename(path.join("data/DEMO"), folder.path().join("DEMO")).unwrap();
    symlink("../../DEMO", path.join("data/DEMO")).unwrap();
    tell("a link to a folder");
    anew();
    fs::rename(path.join("manifest.json"), folder.path().join("manifest.json")).unwrap();
    symlink("../manifest.json", path.join("manifest.json")).unwrap();
    tell("a link to the manifest");
    anew();
    fs::remove_file(&ranks).unwrap();
    let fifo = std::process::Command::new("mkfifo").arg(&ranks).status().unwrap();
    assert!(fifo.success());
    tell("a pipe");
    anew();
    let text = fs::read_to_string(&ranks).unwrap().replace('\n', "\r\n");
    fs::write(&ranks, text).unwrap();
    tell("git with other ends of lines");
    insta::assert_snapshot!(told, @r#"
    a link to a file: a is damaged: `data/DEMO/ranks.xml` is a link
      help: pcfg never writes such an entry: do not use the archive, and export the projects anew
    a link to a folder: a is damaged: `data/DEMO` is a link; `data/DEMO/issues/000001-001000.xml` is missing; `data/DEMO/issues/001001-002000.xml` is missing; and 1 more
      help: pcfg never writes such an entry: do not use the archive, and export the projects anew
    a link to the manifest: a is damaged: `manifest.json` is a link
      help: pcfg never writes such an entry: do not use the archive, and export the projects anew
    a pipe: a is damaged: `data/DEMO/ranks.xml` is not a file
      help: pcfg never writes such an entry: do not use the archive, and export the projects anew
    git with other ends of lines: a is damaged: `data/DEMO/ranks.xml` has more than 280 bytes
      help: if nobody changed it, get the folder again as it was exported; in git, `* -text` in `.gitattributes` keeps git from changing the ends of lines
    "#);

    // What git keeps beside it is no part of it, and a folder without files is none either.
    anew();
    fs::create_dir_all(path.join(".git/objects")).unwrap();
    fs::write(path.join(".git/HEAD"), b"x").unwrap();
    fs::write(path.join(".gitattributes"), b"* -text\n").unwrap();
    fs::create_dir_all(path.join("data/GONE/issues")).unwrap();
    let mut reader = Reader::open(&path).unwrap();
    reader.check(&mut |_| ()).unwrap();

    // It was whole when it was opened.
    fs::remove_file(&ranks).unwrap();
    symlink("/etc/passwd", &ranks).unwrap();
    assert!(
        matches!(reader.read(RANKS), Err(ReadError::Damaged { faults, .. }) if faults[0].flaw == Flaw::Link)
    );
    assert!(matches!(reader.read("data/none.xml"), Err(ReadError::NoEntry { .. })));
    assert!(matches!(reader.read("../DEMO/ranks.xml"), Err(ReadError::NoEntry { .. })));
}

/// Whoever reads an entry to its end has read what the manifest says; the error of a reader is told as it is.
#[test]
fn a_changed_entry_fails_at_its_end() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a");
    write(&folder.path().join("a/"), &sample()).unwrap();
    let mut reader = Reader::open(&path).unwrap();
    let mut text = fs::read(path.join(RANKS)).unwrap();
    text[0] = b'X';
    fs::write(path.join(RANKS), &text).unwrap();
    let mut bytes = Vec::new();
    let error = reader.read(RANKS).unwrap().read_to_end(&mut bytes).unwrap_err();
    assert!(
        matches!(ReadError::of(error, &path), ReadError::Damaged { faults, .. } if faults[0].flaw == Flaw::Changed)
    );
}
