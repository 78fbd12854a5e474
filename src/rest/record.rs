//! What is asked and answered, written down as files, and answered again from them.
//!
//! Invariants: a record holds no secret; unless the user wants otherwise, it names no person, and one person has one pseudonym in all of it.
//! Files are named by what was asked, so that the same questions give the same names, in whatever order they were sent.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::client::{Exchange, Reply};
use super::pseudonyms::Pseudonyms;
use super::signin::SignIn;
use super::{Failure, FailureKind, Method, Request};
use crate::output::{Content, NotWritten, Output};

/// How much of a path stands in the name of a file.
const NAME: usize = 80;

/// One question and what came of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Exchanged {
    method: Method,
    path: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    query: Vec<(String, String)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    body: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reply: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    failure: Option<Failed>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Failed {
    kind: FailureKind,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    detail: String,
}

impl Exchanged {
    fn new(request: &Request, outcome: &Result<Reply, Failure>) -> Self {
        let (status, reply, failure) = match outcome {
            Ok(reply) => (Some(reply.status), serde_json::from_slice(&reply.body).ok(), None),
            Err(Failure { kind, status, detail, .. }) => {
                (*status, None, Some(Failed { kind: *kind, detail: detail.clone() }))
            }
        };
        Self {
            method: request.method,
            path: request.path.clone(),
            query: request.query.clone(),
            body: request.body.clone(),
            status,
            reply,
            failure,
        }
    }

    fn request(&self) -> Request {
        Request {
            method: self.method,
            path: self.path.clone(),
            query: self.query.clone(),
            body: self.body.clone(),
            transfer: None,
        }
    }

    /// Returns the name of the file, without what tells repetitions apart.
    fn name(&self) -> String {
        let request = self.request();
        let plain = |character: char| if character.is_ascii_alphanumeric() { character } else { '-' };
        let path: String = self.path.trim_matches('/').chars().map(plain).take(NAME).collect();
        let body = self.body.as_ref().map(Value::to_string).unwrap_or_default();
        let hash = Sha256::digest(format!("{request}\n{body}"));
        let hash: String = hash.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
        format!("{}-{path}-{hash}", self.method.name())
    }
}

/// Returns what a request is found by.
fn key(request: &Request) -> String {
    // Whoever is called otherwise may stand in another place of a list.
    let mut request = request.clone();
    request.query.sort();
    let body = request.body.as_ref().map(Value::to_string).unwrap_or_default();
    format!("{request}\n{body}")
}

/// Keeps what is asked and answered until it is written.
#[derive(Debug)]
pub struct Recorder {
    folder: PathBuf,
    sign_in: Option<SignIn>,
    keeps_people: bool,
    exchanged: Mutex<Vec<Exchanged>>,
}

impl Recorder {
    /// Returns a recorder that writes into a folder.
    pub fn new(folder: PathBuf, sign_in: Option<SignIn>, keeps_people: bool) -> Self {
        Self { folder, sign_in, keeps_people, exchanged: Mutex::default() }
    }

    /// Returns the folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    fn add(&self, exchanged: Exchanged) {
        self.exchanged.lock().unwrap_or_else(PoisonError::into_inner).push(exchanged);
    }

    /// Writes the record into its folder, which is there; returns how many files that are.
    pub fn write(&self) -> Result<usize, NotWritten> {
        let mut all = self.exchanged.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if !self.keeps_people {
            let mut people = Pseudonyms::default();
            people.learn(&all.iter().flat_map(|one| one.reply.iter().chain(&one.body)).collect::<Vec<_>>());
            for one in &mut all {
                one.reply.iter_mut().chain(&mut one.body).for_each(|value| people.mask(value));
                one.query.iter_mut().for_each(|(_, value)| *value = people.text(value));
                one.path = people.text(&one.path);
                one.failure.iter_mut().for_each(|failure| failure.detail = people.text(&failure.detail));
            }
        }
        let mut repeated: BTreeMap<String, usize> = BTreeMap::new();
        for one in &all {
            let name = one.name();
            let number = repeated.entry(name.clone()).or_default();
            *number += 1;
            let name = if *number == 1 { format!("{name}.json") } else { format!("{name}-{number}.json") };
            let mut text = serde_json::to_string_pretty(one).expect("a record has text keys only");
            text.push('\n');
            let text = self.sign_in.as_ref().map_or_else(|| text.clone(), |sign_in| sign_in.hide(&text));
            let output = Output::to(&self.folder.join(name), Content::Lines)?.private();
            output.write(&|out| out.write_all(text.as_bytes()))?;
        }
        Ok(all.len())
    }
}

/// Asks, and has written down what comes.
pub(super) struct Recording {
    pub(super) exchange: Arc<dyn Exchange>,
    pub(super) recorder: Arc<Recorder>,
}

impl Exchange for Recording {
    fn exchange(&self, request: &Request) -> Result<Reply, Failure> {
        let outcome = self.exchange.exchange(request);
        self.recorder.add(Exchanged::new(request, &outcome));
        outcome
    }
}

/// Why a folder is no record.
#[derive(Debug, thiserror::Error)]
pub enum NoRecord {
    /// It cannot be read.
    #[error("cannot read `{}`", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file in it is not of a record.
    #[error("`{}` is not part of a record", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Why.
        source: serde_json::Error,
    },
    /// There is too much in it.
    #[error("what `{}` holds is larger than {} MiB, the most that pcfg reads of a record", .0.display(), LARGEST >> 20)]
    TooLarge(PathBuf),
    /// There is nothing in it.
    #[error("there is no record in `{}`", .0.display())]
    Empty(PathBuf),
}

/// How large all files of a record may be together.
const LARGEST: u64 = 512 << 20;

/// A record that answers as the Jira did.
#[derive(Debug)]
pub struct Replay {
    /// What was answered to each request, one behind the other, and how many of these have been given.
    answers: HashMap<String, (Vec<Exchanged>, Mutex<usize>)>,
}

impl Replay {
    /// Reads a record.
    pub fn open(folder: &Path) -> Result<Self, NoRecord> {
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |source| NoRecord::Io { path, source }
        };
        let entries = fs::read_dir(folder).map_err(failed(folder))?;
        let mut files = Vec::new();
        for entry in entries {
            let path = entry.map_err(failed(folder))?.path();
            if path.extension().is_some_and(|extension| extension == "json") {
                files.push(path);
            }
        }
        // `-2` comes behind the one without a number, and `-10` behind `-9`.
        files.sort_by_key(|path| (path.as_os_str().len(), path.clone()));
        let mut answers: HashMap<String, (Vec<Exchanged>, Mutex<usize>)> = HashMap::new();
        let mut bytes = 0;
        for path in files {
            let mut text = Vec::new();
            let file = fs::File::open(&path).map_err(failed(&path))?;
            file.take(LARGEST + 1 - bytes).read_to_end(&mut text).map_err(failed(&path))?;
            bytes += text.len() as u64;
            if bytes > LARGEST {
                return Err(NoRecord::TooLarge(folder.to_owned()));
            }
            let exchanged: Exchanged =
                serde_json::from_slice(&text).map_err(|source| NoRecord::Malformed { path, source })?;
            answers.entry(key(&exchanged.request())).or_default().0.push(exchanged);
        }
        match answers.is_empty() {
            true => Err(NoRecord::Empty(folder.to_owned())),
            false => Ok(Self { answers }),
        }
    }

    /// Returns whether it is the record of a Jira Cloud.
    pub fn is_cloud(&self) -> bool {
        self.answers.keys().any(|key| key.starts_with("GET /rest/api/3/serverInfo"))
    }
}

impl Exchange for Replay {
    fn exchange(&self, request: &Request) -> Result<Reply, Failure> {
        let unrecorded = || Failure::new(FailureKind::Unrecorded, None, request, "");
        let (answers, given) = self.answers.get(&key(request)).ok_or_else(unrecorded)?;
        let mut given = given.lock().unwrap_or_else(PoisonError::into_inner);
        let answer = answers.get(*given).or(answers.last()).ok_or_else(unrecorded)?;
        *given += 1;
        match &answer.failure {
            Some(failed) => Err(Failure::new(failed.kind, answer.status, request, failed.detail.clone())),
            None => Ok(Reply {
                status: answer.status.unwrap_or(200),
                body: answer.reply.as_ref().map(|reply| reply.to_string().into_bytes()).unwrap_or_default(),
                location: None,
            }),
        }
    }
}
