//! Archives of complete projects: the same bytes for the same entries, the same entries from a zip and from a folder, and a whole
//! archive or none whatever happens meanwhile.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, Read, Write as _};
use std::path::Path;
use std::process::Command;

use pcfg::archive::{self, About, Content, History, Manifest, Project, Reader, WriteError, Writer};
use pcfg::output::{self, Output, Why};
use proptest::prelude::*;
use zip::CompressionMethod::{Deflated, Stored};

/// What is in an archive: texts by name, and attachments.
#[derive(Debug, Clone, Default)]
pub(crate) struct Parts {
    pub(crate) texts: Vec<(String, Vec<u8>)>,
    pub(crate) attachments: Vec<Vec<u8>>,
}

pub(crate) fn about() -> About {
    let counts = BTreeMap::from([("issue".to_owned(), 2), ("comment".to_owned(), 5)]);
    let project = |key: &str| Project { key: key.to_owned(), counts: counts.clone() };
    About {
        jira: Some("9.12.4".to_owned()),
        time_zone: Some("UTC".to_owned()),
        history: History::Text,
        attachments: true,
        projects: vec![project("SAM"), project("DEMO")],
    }
}

/// Bytes that do not shrink, and are always the same.
pub(crate) fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) as u8
    };
    std::iter::repeat_with(next).take(length).collect()
}

/// A small archive with something of everything.
pub(crate) fn sample() -> Parts {
    let text = |name: &str, text: &str| (name.to_owned(), text.repeat(40).into_bytes());
    let texts = vec![
        text("data/sprints.xml", "<sprint/>\n"),
        text("data/DEMO/ranks.xml", "DEMO-1\n"),
        text("data/DEMO/issues/001001-002000.xml", "<issue number=\"1001\"/>\n"),
        text("data/DEMO/issues/000001-001000.xml", "<issue number=\"1\"/>\n"),
        text("configuration.xml", "<projectConfig/>\n"),
        // Nothing of it shrinks.
        ("data/SAM/ranks.xml".to_owned(), b"S".to_vec()),
        ("data/SAM/issues/000001-001000.xml".to_owned(), Vec::new()),
    ];
    let attachments = vec![b"hello\n".repeat(100), noise(70_000), b"hello\n".repeat(100), Vec::new()];
    Parts { texts, attachments }
}

/// Writes an archive, with the attachments between and in the middle of the texts.
pub(crate) fn write(path: &Path, parts: &Parts) -> Result<Manifest, WriteError> {
    let mut writer = Writer::create(path)?;
    let mut attachments = parts.attachments.iter();
    for (name, bytes) in &parts.texts {
        writer.begin(name)?;
        let (one, two) = bytes.split_at(bytes.len() / 2);
        writer.write_all(one).unwrap();
        if let Some(bytes) = attachments.next() {
            writer.attachment(&mut &**bytes)?;
        }
        writer.write_all(two).unwrap();
    }
    for bytes in attachments {
        assert_eq!(writer.attachment(&mut &**bytes)?, Content::of(bytes));
    }
    writer.finish(about())
}

/// Reads all entries of an archive.
fn read(path: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut reader = Reader::open(path).unwrap();
    let names: Vec<String> = reader.manifest().entries.iter().map(|entry| entry.path.clone()).collect();
    let mut read = |name: String| {
        let mut bytes = Vec::new();
        reader.read(&name).unwrap().read_to_end(&mut bytes).unwrap();
        (name, bytes)
    };
    names.into_iter().map(&mut read).collect()
}

/// Returns the files of a folder with what they hold.
pub(crate) fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let files = walkdir::WalkDir::new(folder).into_iter().map(Result::unwrap);
    let files = files.filter(|entry| entry.file_type().is_file());
    let name = |path: &Path| path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
    files.map(|entry| (name(entry.path()), fs::read(entry.path()).unwrap())).collect()
}

/// Unpacks a zip with a reader that knows nothing of archives.
fn unpacked(path: &Path) -> Vec<(String, Vec<u8>)> {
    let mut zip = zip::ZipArchive::new(File::open(path).unwrap()).unwrap();
    let len = zip.len();
    let mut one = |index| {
        let mut entry = zip.by_index(index).unwrap();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).unwrap();
        (entry.name().unwrap().into_owned(), bytes)
    };
    (0..len).map(&mut one).collect()
}

fn parts() -> impl Strategy<Value = Parts> {
    let bytes =
        || prop_oneof![prop::collection::vec(any::<u8>(), 0..200), prop::collection::vec(97..99_u8, 0..2000)];
    let name =
        "configuration\\.xml|data/[A-C]/issues/[0-9]{1,7}\\.xml|data/[A-C]ü?/ranks\\.xml|data/sprints\\.xml";
    let texts = prop::collection::btree_map(name, bytes(), 0..8);
    let attachments = prop::collection::vec(bytes(), 0..6);
    (texts, attachments)
        .prop_map(|(texts, attachments)| Parts { texts: texts.into_iter().collect(), attachments })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// A zip and a folder hold the same, whatever the order in which it came.
    #[test]
    fn a_zip_and_a_folder_are_the_same(parts in parts(), seed in any::<u64>()) {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let mut shuffled = parts.clone();
        shuffled.texts.sort_by_key(|(name, _)| Content::of(format!("{seed}{name}").as_bytes()).sha256);
        shuffled.attachments.sort_by_key(|bytes| Content::of(&[bytes, &seed.to_le_bytes()[..]].concat()).sha256);
        let manifests = [("a.zip", &parts), ("b.zip", &shuffled), ("c/", &parts), ("d/", &shuffled)]
            .map(|(name, parts)| write(&path(name), parts).unwrap());
        prop_assert!(manifests.iter().all(|own| *own == manifests[0]));
        prop_assert_eq!(fs::read(path("a.zip")).unwrap(), fs::read(path("b.zip")).unwrap());
        prop_assert_eq!(files(&path("c")), files(&path("d")));
        let inside = unpacked(&path("a.zip"));
        prop_assert_eq!(inside.iter().cloned().collect::<BTreeMap<_, _>>(), files(&path("c")));
        let entries: Vec<&str> = manifests[0].entries.iter().map(|entry| &*entry.path).collect();
        let names: Vec<&str> = inside.iter().map(|(name, _)| &**name).collect();
        prop_assert_eq!(names, [&["manifest.json"], &entries[..]].concat());

        let texts: BTreeSet<Vec<u8>> = parts.texts.iter().map(|(_, bytes)| bytes.clone()).collect();
        let attachments: BTreeSet<Vec<u8>> = parts.attachments.iter().cloned().collect();
        for name in ["a.zip", "c"] {
            let mut reader = Reader::open(&path(name)).unwrap();
            prop_assert_eq!(reader.manifest(), &manifests[0]);
            let mut passed = 0;
            reader.check(&mut |bytes| passed += bytes).unwrap();
            prop_assert_eq!(passed, reader.size());
            let read = read(&path(name));
            let (own, other): (Vec<_>, Vec<_>) = read.into_iter().partition(|(name, _)| name.starts_with("attachments/"));
            prop_assert_eq!(own.into_iter().map(|(_, bytes)| bytes).collect::<BTreeSet<_>>(), attachments.clone());
            prop_assert_eq!(other.into_iter().map(|(_, bytes)| bytes).collect::<BTreeSet<_>>(), texts.clone());
        }
    }
}

/// What is not content is the same in every zip, and other programs understand it.
#[test]
fn a_zip_says_nothing_of_where_and_when_it_was_made() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("DEMO.pcfg.zip");
    write(&path, &sample()).unwrap();
    let zip = zip::ZipArchive::new(File::open(&path).unwrap()).unwrap();
    let mut described = Vec::new();
    for index in 0..zip.len() {
        let entry = zip.by_index_data(index).unwrap();
        let (time, mode) = (entry.last_modified().unwrap(), entry.unix_mode().unwrap());
        assert_eq!((time.datepart(), time.timepart(), mode), (33, 0, 0o100_644));
        let name = entry.name().unwrap();
        let name = name.get(..20.min(name.len())).unwrap().to_owned();
        described.push((name, entry.compression(), entry.size()));
    }
    let described: Vec<_> = described.iter().map(|(name, method, size)| (&**name, *method, *size)).collect();
    let manifest = described[0].2;
    let wanted = [
        ("manifest.json", Stored, manifest),
        ("configuration.xml", Deflated, 680),
        ("data/DEMO/issues/000", Deflated, 800),
        ("data/DEMO/issues/001", Deflated, 920),
        ("data/DEMO/ranks.xml", Deflated, 280),
        ("data/SAM/issues/0000", Stored, 0),
        ("data/SAM/ranks.xml", Stored, 1),
        ("data/sprints.xml", Deflated, 400),
        ("attachments/55/55a67", Deflated, 600),
        ("attachments/93/93a90", Stored, 70_000),
        ("attachments/e3/e3b0c", Stored, 0),
    ];
    assert_eq!(described, wanted);
    assert!(fs::read(&path).unwrap()[43..].starts_with(b"{\n  \"kind\": \"complete\",\n  \"format\": 1,\n"));
    let Ok(unzip) = Command::new("unzip").arg("-tqq").arg(&path).output() else {
        return crate::skip::skipped(crate::skip::Need::Tool("unzip", "unzip"), "unzip is not here");
    };
    assert!(unzip.status.success(), "{unzip:?}");
}

/// An archive is told from what else a zip or a folder may be, even if it is cut off, or packed anew by somebody.
#[test]
fn an_archive_is_told_from_a_backup() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    write(&path("a.zip"), &sample()).unwrap();
    write(&path("a/"), &sample()).unwrap();
    let bytes = fs::read(path("a.zip")).unwrap();
    fs::write(path("cut.zip"), &bytes[..bytes.len() / 2]).unwrap();
    let mut inside = unpacked(&path("a.zip"));
    inside.reverse();
    let inside: Vec<(&str, &[u8])> = inside.iter().map(|(name, bytes)| (&**name, &**bytes)).collect();
    fs::write(path("anew.zip"), crate::backups::pack(&inside)).unwrap();
    for own in ["a.zip", "a", "cut.zip", "anew.zip"] {
        assert!(archive::is_at(&path(own)), "{own}");
    }
    Reader::open(&path("anew.zip")).unwrap().check(&mut |_| ()).unwrap();

    let backup: &[(&str, &[u8])] =
        &[("entities.xml", b"<entity-engine-xml/>"), ("activeobjects.xml", b"<backup/>")];
    fs::write(path("backup.zip"), crate::backups::pack(backup)).unwrap();
    let other: &[(&str, &[u8])] =
        &[("manifest.json", b"{\"kind\": \"incomplete\"}"), ("configuration.xml", b"<a/>")];
    fs::write(path("other.zip"), crate::backups::pack(other)).unwrap();
    for other in ["backup.zip", "other.zip", "missing.zip", "."] {
        assert!(!archive::is_at(&path(other)), "{other}");
    }
}

/// An archive takes the place of an archive, and of nothing else. In a process of its own: in this one other tests read files
/// whose numbers the system gives away again.
#[test]
fn nothing_but_an_archive_is_replaced() {
    if std::env::var_os("PCFG_TEST_ALONE").is_none() {
        let mut alone = Command::new(std::env::current_exe().unwrap());
        alone.args(["archive::nothing_but_an_archive_is_replaced", "--exact"]).env("PCFG_TEST_ALONE", "1");
        let output = alone.output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success() && text.contains("1 passed"), "{text}");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let why = |name: &str| match Writer::create(&path(name)) {
        Err(WriteError::NotWritten(error)) => error.why,
        other => panic!("{name}: {other:?}"),
    };
    let count = |name: &str| match path(name).is_dir() {
        true => files(&path(name)).len(),
        false => unpacked(&path(name)).len(),
    };
    fs::write(path("jira.sqlite"), b"SQLite format 3\0").unwrap();
    let database = why("jira.sqlite");
    assert!(matches!(database, Why::Other { is: "a database", is_precious: true, .. }), "{database:?}");
    fs::create_dir(path("photos")).unwrap();
    fs::write(path("photos/cat.jpg"), b"cat").unwrap();
    assert!(matches!(why("photos"), Why::Holds(name) if name == Path::new("cat.jpg")));
    fs::create_dir(path("app")).unwrap();
    fs::write(path("app/manifest.json"), b"{\"name\": \"app\"}").unwrap();
    assert!(matches!(why("app"), Why::Other { is: "a folder of another kind", .. }));
    fs::write(path("file"), b"file").unwrap();
    assert!(matches!(why("file/"), Why::Io(_) | Why::Other { .. } | Why::NoFolder(_)));
    assert!(matches!(why("missing/a/"), Why::NoFolder(_)));
    assert!(matches!(why("missing/a.zip"), Why::NoFolder(_)));

    for name in ["a.zip", "a/"] {
        write(&path(name), &Parts::default()).unwrap();
        // One that is not finished changes nothing.
        let mut writer = Writer::create(&path(name)).unwrap();
        writer.begin("configuration.xml").unwrap();
        writer.write_all(b"<a/>").unwrap();
        drop(writer);
        assert_eq!(count(name), 1, "{name}");
        write(&path(name), &sample()).unwrap();
        assert_eq!(count(name), 11, "{name}");
    }
    // Other things do not take the place of an archive.
    let other = Output::to(&path("a.zip"), output::Content::Configuration).unwrap_err();
    assert!(matches!(other.why, Why::Other { is: "a complete project", is_precious: true, .. }));
    // What git keeps in a folder would be lost.
    fs::create_dir(path("a/.git")).unwrap();
    assert!(matches!(why("a"), Why::Holds(name) if name == Path::new(".git")));
    assert_eq!(count("a"), 11);
    fs::remove_dir(path("a/.git")).unwrap();
    // What is read is not replaced.
    for name in ["a", "a.zip"] {
        Writer::create(&path(name)).unwrap();
        assert_eq!(read(&path(name)).len(), 10);
        assert!(matches!(why(name), Why::Input), "{name}");
    }
    let mut names: Vec<_> =
        fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["a", "a.zip", "app", "file", "jira.sqlite", "photos"]);
}

#[cfg(unix)]
#[test]
fn a_link_stays_and_permissions_are_kept() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let mode = |name: &str| fs::metadata(path(name)).unwrap().permissions().mode() & 0o777;
    fs::create_dir(path("one")).unwrap();
    symlink("one", path("link")).unwrap();
    write(&path("link/"), &Parts::default()).unwrap();
    assert!(path("link").is_symlink());
    fs::set_permissions(path("one"), fs::Permissions::from_mode(0o750)).unwrap();
    write(&path("link"), &sample()).unwrap();
    assert!(path("link").is_symlink());
    assert_eq!((mode("one"), read(&path("one")).len()), (0o750, 10));
}

/// While an archive is made, nobody else can read what is put aside.
#[cfg(unix)]
#[test]
fn what_is_put_aside_is_private() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    for (name, aside) in [("a.zip", 2), ("a/", 1)] {
        let mut writer = Writer::create(&folder.path().join(name)).unwrap();
        writer.begin("configuration.xml").unwrap();
        let entries: Vec<_> = fs::read_dir(folder.path()).unwrap().map(Result::unwrap).collect();
        assert_eq!(entries.len(), aside, "{entries:?}");
        for entry in entries {
            assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o077, 0, "{entry:?}");
        }
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn an_entry_is_written_once_and_under_a_name_that_is_one() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["a.zip", "a/"] {
        let path = folder.path().join(name);
        let mut writer = Writer::create(&path).unwrap();
        assert!(writer.write_all(b"x").is_err(), "no entry has begun");
        for ill in ["../x.xml", "/x.xml", "data/\0.xml", "manifest.json", "x"] {
            assert!(matches!(writer.begin(ill), Err(WriteError::Name { .. })), "{ill}");
        }
        writer.begin("configuration.xml").unwrap();
        writer.write_all(b"<a/>").unwrap();
        assert!(matches!(writer.begin("configuration.xml"), Err(WriteError::Twice(_))));
        writer.begin("data/DEMO/ranks.xml").unwrap();
        assert!(matches!(writer.begin("data/demo/ranks.xml"), Err(WriteError::Twice(_))));
        // A file that cannot be read is told from an archive that cannot be written, and leaves nothing.
        let mut failing = (&b"half"[..]).chain(Failing);
        assert!(matches!(writer.attachment(&mut failing), Err(WriteError::Source(_))));
        writer.attachment(&mut &b"whole"[..]).unwrap();
        let manifest = writer.finish(About::default()).unwrap();
        assert_eq!(manifest.entries.len(), 3);
        Reader::open(&path).unwrap().check(&mut |_| ()).unwrap();
    }
}

struct Failing;

impl Read for Failing {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::Error::other("no"))
    }
}

/// Copies of a reader read for themselves: the attachment of an issue while the issue is being read.
#[test]
fn several_entries_are_read_at_once() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["a.zip", "a/"] {
        let path = folder.path().join(name);
        write(&path, &sample()).unwrap();
        let mut reader = Reader::open(&path).unwrap();
        let mut other = reader.clone();
        let mut one = reader.read("configuration.xml").unwrap();
        let mut text = vec![0; 17];
        one.read_exact(&mut text).unwrap();
        let hash = Content::of(&noise(70_000)).sha256;
        let mut bytes = Vec::new();
        other.attachment(&hash).unwrap().read_to_end(&mut bytes).unwrap();
        one.read_to_end(&mut text).unwrap();
        assert_eq!((text.len(), bytes), (680, noise(70_000)));
    }
}

/// Numbers that do not fit into 16 and 32 bits.
#[test]
#[ignore = "takes minutes"]
fn a_zip_may_have_many_entries_and_large_ones() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("large.zip");
    let mut writer = Writer::create(&path).unwrap();
    for number in 0..66_000_u32 {
        writer.attachment(&mut &number.to_le_bytes()[..]).unwrap();
    }
    // Zeros shrink below 4 GB; what begins with noise is stored, so that what follows it begins above.
    let zeros = |length: u64| io::repeat(0).take(length);
    let large = [
        writer.attachment(&mut zeros(5 << 30)).unwrap(),
        writer.attachment(&mut (&noise(1 << 16)[..]).chain(zeros(5 << 30))).unwrap(),
    ];
    let manifest = writer.finish(About::default()).unwrap();
    assert_eq!(manifest.entries.len(), 66_002);
    let mut reader = Reader::open(&path).unwrap();
    reader.check(&mut |_| ()).unwrap();
    for content in large {
        assert_eq!(reader.attachment(&content.sha256).unwrap().content(), content);
    }
    if let Ok(unzip) = Command::new("unzip").arg("-tqq").arg(&path).output() {
        assert!(unzip.status.success(), "{unzip:?}");
    }
}
