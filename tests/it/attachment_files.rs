//! Folders of attachments: the file of each attachment in each of Jira's layouts, nothing outside of the folder whatever is in it, and
//! files that are placed and taken away whole.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::Command;

use pcfg::archive::Content;
use pcfg::attachments::{Error, File, Folder, Layout, Place};
use tempfile::TempDir;

/// All folders and files below a folder; folders have no content.
fn tree(root: &Path) -> BTreeMap<String, Option<Vec<u8>>> {
    let entries = walkdir::WalkDir::new(root).min_depth(1).into_iter().map(Result::unwrap);
    let one = |entry: walkdir::DirEntry| {
        let name = entry.path().strip_prefix(root).unwrap().to_str().unwrap().to_owned();
        (name, entry.file_type().is_file().then(|| fs::read(entry.path()).unwrap()))
    };
    entries.map(one).collect()
}

/// Makes a folder with files that hold their own names.
fn made(files: &[&str]) -> (TempDir, PathBuf) {
    let outer = tempfile::tempdir().unwrap();
    let root = outer.path().join("attachments");
    fs::create_dir(&root).unwrap();
    for file in files {
        let path = root.join(file);
        match file.ends_with('/') {
            true => fs::create_dir_all(&path).unwrap(),
            false => {
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(&path, file).unwrap();
            }
        }
    }
    (outer, root)
}

fn place(key: &str, number: u64, id: u64) -> Place {
    Place { original_key: key.to_owned(), number, id }
}

fn sha256(bytes: &[u8]) -> String {
    Content::of(bytes).sha256
}

/// Returns an error as a user reads it, without the folder.
fn told(error: &Error, outer: &TempDir) -> String {
    let text = error.to_string().replace(&format!("{}/", outer.path().to_str().unwrap()), "");
    match error.help() {
        Some(help) => format!("{text}\n  help: {help}"),
        None => text,
    }
}

/// A folder as it comes from years of Jira: each layout, thumbnails, files of no attachment, names that lie.
const YEARS: [&str; 17] = [
    "OLD/OLD-1/10001_random_garbage.txt",
    "OLD/OLD-1/10001_thumb_random_garbage.png",
    "OLD/OLD-1/100011_other.txt",
    "OLD/OLD-1/10002",
    "OLD/OLD-1/10003_..",
    "OLD/OLD-1/10004_{[('BadFileName.zip",
    "OLD/OLD-1/10005_thumb_lost.png",
    "OLD/OLD-1/thumbs/_thumb_10006.png",
    "OLD/OLD-1/note.txt",
    "NEW/10000/NEW-7/10007",
    "NEW/10000/NEW-7/thumbs/_thumb_10007.png",
    "NEW/20000/NEW-10001/10008",
    "NEW/20000/NEW-7/10009",
    "NEW/NEW-7/10010_old.txt",
    "NEW/NEW-7/10007_older.txt",
    "tmp/10011",
    "10012",
];

#[test]
fn the_file_of_an_attachment_is_found_by_its_id_in_every_layout() {
    let (outer, root) = made(&YEARS);
    let folder = Folder::open(&root).unwrap();
    let found = |key: &str, number, id| {
        let found = folder.find(&place(key, number, id)).unwrap()?;
        let mut text = String::new();
        found.open().unwrap().read_to_string(&mut text).unwrap();
        assert_eq!((found.path, found.size), (root.join(&text), text.len() as u64));
        Some(text)
    };
    assert_eq!(found("OLD", 1, 10_001).as_deref(), Some("OLD/OLD-1/10001_random_garbage.txt"));
    assert_eq!(found("OLD", 1, 10_002).as_deref(), Some("OLD/OLD-1/10002"));
    assert_eq!(found("OLD", 1, 10_003).as_deref(), Some("OLD/OLD-1/10003_.."));
    assert_eq!(found("OLD", 1, 10_004).as_deref(), Some("OLD/OLD-1/10004_{[('BadFileName.zip"));
    assert_eq!(found("NEW", 7, 10_007).as_deref(), Some("NEW/10000/NEW-7/10007"), "the newest first");
    assert_eq!(found("NEW", 10_001, 10_008).as_deref(), Some("NEW/20000/NEW-10001/10008"));
    assert_eq!(found("NEW", 7, 10_010).as_deref(), Some("NEW/NEW-7/10010_old.txt"));
    // Thumbnails, other buckets, other issues, other folders.
    for (key, number, id) in [
        ("OLD", 1, 10_005),
        ("OLD", 1, 10_006),
        ("OLD", 2, 10_001),
        ("NEW", 1, 10_001),
        ("NEW", 7, 10_009),
        ("GONE", 1, 1),
        ("tmp", 1, 10_011),
        ("OLD", 1, 1),
    ] {
        assert_eq!(found(key, number, id), None, "{key}-{number} {id}");
    }

    let size = "OLD/OLD-1/10002".len() as u64;
    assert!(folder.file(&place("OLD", 1, 10_002), size).is_ok());
    let errors = [
        folder.file(&place("OLD", 1, 10_002), size + 1),
        folder.file(&place("OLD", 1, 10_002), size - 1),
        folder.file(&place("OLD", 1, 10_006), 1),
        folder.file(&place("../OLD", 1, 10_002), size),
        Folder::open(&root.join("10012")).and_then(|folder| folder.file(&place("OLD", 1, 1), 1)),
        Folder::open(&root.join("none")).and_then(|folder| folder.file(&place("OLD", 1, 1), 1)),
    ];
    let errors: Vec<String> = errors.into_iter().map(|error| told(&error.unwrap_err(), &outer)).collect();
    insta::assert_snapshot!(errors.join("\n"), @r#"
    attachments/OLD/OLD-1/10002 has 15 bytes, and attachment 10002 of OLD-1 has 16
      help: copy the folder again while Jira is stopped, or leave the attachments out: `--no-attachments`
    attachments/OLD/OLD-1/10002 has 15 bytes, and attachment 10002 of OLD-1 has 14
      help: copy the folder again while Jira is stopped, or leave the attachments out: `--no-attachments`
    attachments has no file of attachment 10006 of OLD-1
      help: copy the folder again while Jira is stopped, or leave the attachments out: `--no-attachments`
    the key `../OLD` cannot be the name of a folder
    attachments/10012 is not a folder
      help: name the folder with a folder for each project: in Jira's home it is `data/attachments`
    cannot read attachments/none
    "#);
    assert_eq!(tree(&root).values().flatten().count(), YEARS.len(), "nothing was written");
}

#[test]
fn a_folder_is_written_as_it_lies() {
    let cases: [(&[&str], Layout, &str); 8] = [
        (&[], Layout::Bucketed, "NEW/10000/NEW-7/1"),
        (&["tmp/x", "10001", "OLD/thumbs/x"], Layout::Bucketed, "NEW/10000/NEW-7/1"),
        (&["OLD/OLD-1/10001_x", "OLD/OLD-2/10002_thumb_x"], Layout::Named, "NEW/NEW-7/1"),
        (&["OLD/OLD-1/10001_x", "OLD/OLD-2/10002"], Layout::Flat, "NEW/NEW-7/1"),
        (&["A/A-1/10001", "OLD/10000/OLD-2/10002"], Layout::Bucketed, "NEW/10000/NEW-7/1"),
        // Each project as its own files lie.
        (&["A/10000/A-1/10001", "NEW/NEW-2/10002"], Layout::Bucketed, "NEW/NEW-7/1"),
        (&["A/A-1/10001", "NEW/10000/NEW-2/10002"], Layout::Bucketed, "NEW/10000/NEW-7/1"),
        // A folder without files tells nothing.
        (&["OLD/10000/OLD-1/", "A/A-1/10001"], Layout::Flat, "NEW/NEW-7/1"),
    ];
    for (files, layout, target) in cases {
        let (_outer, root) = made(files);
        let folder = Folder::open(&root).unwrap();
        assert_eq!(folder.layout().unwrap(), layout, "{files:?}");
        assert_eq!(folder.look(&place("NEW", 7, 1)).unwrap().target, Path::new(target), "{files:?}");
        folder.put(&place("NEW", 7, 1), &mut &b"x"[..], &sha256(b"x")).unwrap();
        assert_eq!(tree(&root)[target].as_deref(), Some(&b"x"[..]));
        // What was placed changes nothing for the next.
        let again = Folder::open(&root).unwrap();
        assert_eq!(again.look(&place("NEW", 7, 2)).unwrap().target, Path::new(target).with_file_name("2"));
    }
}

#[test]
fn a_file_is_placed_and_taken_away_and_nothing_else() {
    let (outer, root) = made(&["OLD/OLD-1/10001_x.txt", "OLD/OLD-2/", "OTHER/OTHER-1/9"]);
    let folder = Folder::open(&root).unwrap();
    let before = tree(&root);
    let bytes = crate::archive::noise(300_000);
    let hash = sha256(&bytes);
    // Equal contents of two attachments, in a folder that is there, in one that is not, and of a new project.
    let places =
        [place("OLD", 1, 1), place("OLD", 1, 2), place("OLD", 2, 3), place("OLD", 5, 4), place("NEW", 1, 5)];
    let looks: Vec<_> = places.iter().map(|place| folder.look(place).unwrap()).collect();
    for (place, look) in places.iter().zip(&looks) {
        assert_eq!(look.file, None);
        let placed = folder.put(place, &mut &*bytes, &hash).unwrap();
        assert!(!placed.was_there && placed.path == root.join(&look.target), "{placed:?}");
        assert_eq!(placed.content, Content::of(&bytes));
        // The same once more is the same.
        assert!(folder.put(place, &mut &*bytes, &hash).unwrap().was_there);
    }
    let after = tree(&root);
    let new: Vec<&str> =
        after.keys().filter(|name| !before.contains_key(*name)).map(String::as_str).collect();
    let wanted = [
        "NEW",
        "NEW/NEW-1",
        "NEW/NEW-1/5",
        "OLD/OLD-1/1",
        "OLD/OLD-1/2",
        "OLD/OLD-2/3",
        "OLD/OLD-5",
        "OLD/OLD-5/4",
    ];
    assert_eq!(new, wanted);
    assert!(wanted.iter().filter_map(|name| after[*name].as_ref()).all(|own| *own == bytes));

    // Another content is neither replaced nor removed, under whatever name it is there.
    let mut errors = Vec::new();
    for place in [&place("OLD", 1, 10_001), &places[0]] {
        errors.push(folder.put(place, &mut &b"other"[..], &sha256(b"other")).unwrap_err());
        errors.push(folder.take_away(place, &sha256(b"other"), &[]).unwrap_err());
    }
    errors.push(folder.put(&place("NEW", 2, 6), &mut &b"other"[..], &hash).unwrap_err());
    let mut failing = (&b"half"[..]).chain(Failing);
    errors.push(folder.put(&place("NEW", 30_000, 7), &mut failing, &hash).unwrap_err());
    errors.push(folder.put(&place("..", 1, 7), &mut &*bytes, &hash).unwrap_err());
    assert!(tree(&root) == after, "an error leaves nothing");
    let errors: Vec<String> = errors.iter().map(|error| told(error, &outer)).collect();
    insta::assert_snapshot!(errors.join("\n"), @r#"
    attachments/OLD/OLD-1/10001_x.txt is there with another content than attachment 10001 of OLD-1 has
      help: pcfg replaces and removes nothing that it has not placed: look what it is
    attachments/OLD/OLD-1/10001_x.txt is there with another content than attachment 10001 of OLD-1 has
      help: pcfg replaces and removes nothing that it has not placed: look what it is
    attachments/OLD/OLD-1/1 is there with another content than attachment 1 of OLD-1 has
      help: pcfg replaces and removes nothing that it has not placed: look what it is
    attachments/OLD/OLD-1/1 is there with another content than attachment 1 of OLD-1 has
      help: pcfg replaces and removes nothing that it has not placed: look what it is
    the content of attachment 6 of NEW-2 is not the one that was planned
      help: get the archive again, or export the projects anew
    cannot read the content of attachment 7 of NEW-30000
    the key `..` cannot be the name of a folder
    "#);

    for (place, look) in places.iter().zip(&looks) {
        assert!(folder.take_away(place, &hash, &look.absent).unwrap());
        assert!(!folder.take_away(place, &hash, &look.absent).unwrap(), "it is gone");
    }
    assert!(tree(&root) == before);
    // A list of folders that was tampered with removes none that is not on the way.
    let all: Vec<PathBuf> = ["", "OLD", "OLD/OLD-2", "..", "/"].map(PathBuf::from).to_vec();
    assert!(!folder.take_away(&place("NEW", 1, 5), &hash, &all).unwrap());
    assert!(tree(&root) == before);
}

struct Failing;

impl Read for Failing {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::Error::other("no"))
    }
}

/// Links, pipes, folders and files in each other's places: nothing is followed, opened, or written through.
#[cfg(unix)]
#[test]
fn nothing_outside_of_the_folder_is_read_or_written() {
    use std::os::unix::ffi::OsStrExt as _;
    use std::os::unix::fs::symlink;
    let secret = "NEW/10000/NEW-7/1";
    let (outer, root) = made(&[]);
    let (_elsewhere, other) = made(&[secret, "NEW/NEW-7/1"]);
    let mut told = String::new();
    let links = [
        ("NEW", "NEW"),
        ("NEW/10000", "NEW/10000"),
        ("NEW/10000/NEW-7", "NEW/10000/NEW-7"),
        ("NEW/NEW-7", "NEW/NEW-7"),
        (secret, secret),
        ("NEW/NEW-7/1_x", "NEW/NEW-7/1"),
    ];
    for (link, to) in links {
        let _old = fs::remove_dir_all(root.join("NEW"));
        let path = root.join(link);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        symlink(other.join(to), &path).unwrap();
        let folder = Folder::open(&root).unwrap();
        let place = place("NEW", 7, 1);
        let errors = [
            folder.find(&place).unwrap_err(),
            folder.put(&place, &mut &b"x"[..], &sha256(b"x")).unwrap_err(),
            folder.take_away(&place, &sha256(secret.as_bytes()), &[]).unwrap_err(),
        ];
        let texts = errors.map(|error| self::told(&error, &outer));
        assert!(texts.iter().all(|text| *text == texts[0]), "{link}: {texts:?}");
        told.push_str(&format!("{}\n", texts[0].lines().next().unwrap()));
    }
    assert_eq!(tree(&other).values().flatten().count(), 2, "nothing was written or removed there");

    let pipe = |path: &Path| assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
    type Make<'a> = (&'a str, &'a dyn Fn(&Path));
    let strange: [Make<'_>; 5] = [
        (secret, &pipe),
        (secret, &|path| fs::create_dir(path).unwrap()),
        ("NEW/10000", &|path| fs::write(path, "x").unwrap()),
        ("NEW/NEW-7", &|path| fs::write(path, "x").unwrap()),
        ("NEW/NEW-7/1_x", &|path| fs::create_dir(path).unwrap()),
    ];
    for (name, make) in strange {
        let _old = fs::remove_dir_all(root.join("NEW"));
        fs::create_dir_all(root.join(name).parent().unwrap()).unwrap();
        make(&root.join(name));
        let folder = Folder::open(&root).unwrap();
        let before = walkdir::WalkDir::new(&root).into_iter().count();
        let error = folder.put(&place("NEW", 7, 1), &mut &b"x"[..], &sha256(b"x")).unwrap_err();
        assert!(folder.find(&place("NEW", 7, 1)).is_err(), "{name}");
        assert_eq!(walkdir::WalkDir::new(&root).into_iter().count(), before, "{name}");
        told.push_str(&format!("{}\n", self::told(&error, &outer).lines().next().unwrap()));
    }

    // Two files of one id; a name that is no text is of nobody.
    let _old = fs::remove_dir_all(root.join("NEW"));
    fs::create_dir_all(root.join("NEW/NEW-7")).unwrap();
    fs::write(root.join("NEW/NEW-7/1_a"), "a").unwrap();
    fs::write(root.join("NEW/NEW-7").join(std::ffi::OsStr::from_bytes(b"1_\xff")), "?").unwrap();
    let folder = Folder::open(&root).unwrap();
    assert_eq!(folder.find(&place("NEW", 7, 1)).unwrap().unwrap().size, 1);
    fs::write(root.join("NEW/NEW-7/1_b"), "b").unwrap();
    told.push_str(&self::told(&folder.find(&place("NEW", 7, 1)).unwrap_err(), &outer));
    insta::assert_snapshot!(told, @r#"
    attachments/NEW is a link, which may lead out of the folder
    attachments/NEW/10000 is a link, which may lead out of the folder
    attachments/NEW/10000/NEW-7 is a link, which may lead out of the folder
    attachments/NEW/NEW-7 is a link, which may lead out of the folder
    attachments/NEW/10000/NEW-7/1 is a link, which may lead out of the folder
    attachments/NEW/NEW-7/1_x is a link, which may lead out of the folder
    attachments/NEW/10000/NEW-7/1 is not a file
    attachments/NEW/10000/NEW-7/1 is not a file
    attachments/NEW/10000 is not a folder
    attachments/NEW/NEW-7 is not a folder
    attachments/NEW/NEW-7/1_x is not a file
    attachments/NEW/NEW-7/1_a and attachments/NEW/NEW-7/1_b are both files of attachment 1 of NEW-7
      help: move the one that is not the attachment out of the folder
    "#);

    // The folder itself may be a link; a file that becomes one is not followed.
    symlink(&other, outer.path().join("link")).unwrap();
    let folder = Folder::open(&outer.path().join("link")).unwrap();
    let file: File = folder.find(&place("NEW", 7, 1)).unwrap().unwrap();
    fs::rename(other.join(secret), other.join("secret")).unwrap();
    symlink(other.join("secret"), other.join(secret)).unwrap();
    assert!(file.open().is_err());
}

/// Run by the next test, this is the process that is killed: it places two files, or takes them away.
#[test]
#[ignore = "it is run by other tests"]
fn child() {
    let Ok(root) = std::env::var("PCFG_TEST_ATTACHMENTS") else { return };
    let folder = Folder::open(Path::new(&root)).unwrap();
    for (place, bytes) in two() {
        match std::env::var_os("PCFG_TEST_AWAY") {
            None => drop(folder.put(&place, &mut &*bytes, &sha256(&bytes)).unwrap()),
            Some(_) => {
                let absent = ["OLD/10000", "OLD/10000/OLD-9", "NEW", "NEW/10000", "NEW/10000/NEW-1"];
                let absent = absent.map(PathBuf::from);
                folder.take_away(&place, &sha256(&bytes), &absent).unwrap();
            }
        }
    }
}

fn two() -> [(Place, Vec<u8>); 2] {
    [(place("OLD", 9, 1), crate::archive::noise(200_000)), (place("NEW", 1, 2), b"two".to_vec())]
}

/// Killed at any call that changes a file, a file is there as a whole or not at all; the same again goes on, and taking away leaves the
/// folder as it was before.
#[test]
fn killed_at_any_moment_the_folder_can_be_put_right_both_ways() {
    const CALLS: [&str; 9] =
        ["write", "fsync", "fchown", "mkdir", "rename", "renameat2", "unlink", "unlinkat", "rmdir"];
    if !crate::killed::has_strace() {
        return;
    }
    let (_outer, root) = made(&["OLD/20000/OLD-10001/1"]);
    let before = tree(&root);
    let child = |is_away: bool| {
        let mut child = Command::new(std::env::current_exe().unwrap());
        child.args(["attachment_files::child", "--exact", "--ignored"]).env("PCFG_TEST_ATTACHMENTS", &root);
        if is_away {
            child.env("PCFG_TEST_AWAY", "1");
        }
        child
    };
    let run = |is_away| assert!(child(is_away).output().unwrap().status.success());
    run(false);
    let after = tree(&root);
    run(true);
    assert!(tree(&root) == before);
    assert_eq!(after.len(), before.len() + 7);

    let mut halves = 0;
    // Placing is killed; it goes on, or is taken back.
    for goes_on in [true, false] {
        let times =
            crate::killed::killed_at(&CALLS, crate::thorough::every(2), &|| child(false), &mut |at| {
                let is = tree(&root);
                halves += usize::from(is != before && is != after);
                for (name, content) in is.iter().filter(|(name, _)| !name.contains(".unfinished")) {
                    assert_eq!(after.get(name), Some(content), "{at}: {name}");
                }
                if goes_on {
                    run(false);
                    // What a killed process has left goes when something is placed in the same folder again.
                    let names: Vec<String> =
                        tree(&root).into_keys().filter(|own| !after.contains_key(own)).collect();
                    assert_eq!(names, [""; 0], "{at}");
                    assert!(tree(&root) == after, "{at}");
                }
                run(true);
                assert!(tree(&root) == before, "{at}: {:?}", tree(&root).keys());
            });
        assert!(times > 8, "killed {times} times");
    }
    // Taking away is killed; it goes on.
    run(false);
    crate::killed::killed_at(&CALLS, crate::thorough::every(3), &|| child(true), &mut |at| {
        run(true);
        assert!(tree(&root) == before, "{at}");
        run(false);
    });
    assert!(halves > 4, "{halves} times something was half done");
}
