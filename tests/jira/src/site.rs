//! The served Jira: who calls, what he may, and what he gets.
//!
//! Invariant: each request is counted once, with the status of its reply, faults included; while one writes, no other reads.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::thread;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use crate::areas::people::People;
use crate::areas::workflows::Workflow;
use crate::call::{Call, Refusal};
use crate::faults::{Fault, Outcome};
use crate::http::{Answers, Ending, Reply, Request};
use crate::page::{Asked, Shape};
use crate::router::{self, Does, Endpoint, Found, Needs};
use crate::rows::{Kept, Rows, Table, lock};
use crate::tasks::Tasks;
use crate::writes::{Bin, Done, Written};
use crate::{Edition, Options, Rights, Seen};

/// A served Jira.
pub(crate) struct Site {
    pub(crate) rows: Rows,
    /// Held by everybody who reads, and by the one who writes alone.
    gate: RwLock<()>,
    pub(crate) tasks: Mutex<Tasks>,
    pub(crate) bin: Mutex<Bin>,
    /// How often workflows and their schemes have been changed; those that are missing were not.
    pub(crate) versions: Mutex<HashMap<String, i64>>,
    pub(crate) options: Options,
    /// The folder with the bytes of attachments, by their ids: beside the instance, for whoever else serves it.
    pub(crate) files: PathBuf,
    pub(crate) known: Vec<(&'static str, &'static Endpoint)>,
    state: Mutex<State>,
    people: Kept<People>,
    workflows: Kept<Vec<Workflow>>,
    /// Whole lists by what was asked, so that each of many pages is not made of all objects anew.
    lists: Kept<Mutex<HashMap<String, Arc<Value>>>>,
    /// What searches told last, and how often they still do.
    told: Mutex<HashMap<String, (Arc<Value>, usize)>>,
}

/// Lists that lag behind what is written.
const SEARCHES: [&str; 6] = [
    "/project/search",
    "/filter/search",
    "/dashboard/search",
    "/field/search",
    "/group/member",
    "/rest/agile/1.0/board",
];

#[derive(Debug, Default)]
struct State {
    base: String,
    seen: Vec<Seen>,
    /// How often each fault would have happened.
    met: Vec<usize>,
    faults: Vec<Fault>,
    /// How many requests are being answered, and how many were at the same moment, at most.
    flying: usize,
    most_at_once: usize,
    /// How often what it tells may have become another.
    changes: u64,
}

impl std::fmt::Debug for Site {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Site").field("edition", &self.options.edition).finish_non_exhaustive()
    }
}

impl Site {
    pub(crate) fn open(path: &Path, options: Options) -> rusqlite::Result<Self> {
        let known = router::all(options.edition).map(|(path, endpoint)| (&*path.leak(), endpoint)).collect();
        let state =
            State { faults: options.faults.clone(), met: vec![0; options.faults.len()], ..State::default() };
        Ok(Self {
            rows: Rows::open(path)?,
            gate: RwLock::default(),
            tasks: Mutex::default(),
            bin: Mutex::default(),
            versions: Mutex::default(),
            options,
            files: path.with_extension("files"),
            known,
            state: Mutex::new(state),
            people: Kept::default(),
            workflows: Kept::default(),
            lists: Kept::default(),
            told: Mutex::default(),
        })
    }

    pub(crate) fn set_base(&self, base: &str) {
        lock(&self.state).base = format!("{base}{}", self.options.context);
    }

    pub(crate) fn base(&self) -> String {
        lock(&self.state).base.clone()
    }

    pub(crate) fn most_at_once(&self) -> usize {
        lock(&self.state).most_at_once
    }

    pub(crate) fn changes(&self) -> u64 {
        lock(&self.state).changes
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        lock(&self.state).seen.clone()
    }

    pub(crate) fn forget(&self) {
        let mut state = lock(&self.state);
        state.seen.clear();
        state.most_at_once = 0;
        state.met = vec![0; state.faults.len()];
    }

    pub(crate) fn set_faults(&self, faults: Vec<Fault>) {
        let mut state = lock(&self.state);
        state.met = vec![0; faults.len()];
        state.faults = faults;
        state.changes += 1;
    }

    pub(crate) fn table(&self, name: &str) -> rusqlite::Result<Arc<Table>> {
        self.rows.table(name)
    }

    /// Returns the people of the instance as it is now.
    pub(crate) fn people(&self) -> rusqlite::Result<Arc<People>> {
        self.people.get(self.rows.version()?, || People::read(self))
    }

    /// Returns the workflows of the instance as it is now.
    pub(crate) fn workflows(&self) -> rusqlite::Result<Arc<Vec<Workflow>>> {
        self.workflows.get(self.rows.version()?, || Workflow::all(self))
    }

    /// Returns what the caller signs in with.
    pub(crate) fn credentials(&self) -> rusqlite::Result<(String, String)> {
        let caller = self.people()?.caller();
        let name = match self.options.edition {
            Edition::Cloud => caller.email.clone().unwrap_or_else(|| format!("{}@example.com", caller.name)),
            Edition::DataCenter => caller.name.clone(),
        };
        Ok((name, self.options.token.clone()))
    }

    pub(crate) fn caller(&self) -> rusqlite::Result<String> {
        let caller = self.people()?.caller();
        Ok(match self.options.edition {
            Edition::Cloud => caller.key.clone(),
            Edition::DataCenter => caller.name.clone(),
        })
    }

    /// Returns what the credential of a request allows.
    fn rights(&self, request: &Request) -> Rights {
        let Some(credential) = request.header("authorization") else { return Rights::Anonymous };
        let is_right = if let Some(token) = credential.strip_prefix("Bearer ") {
            token == self.options.token
        } else if let Some(basic) = credential.strip_prefix("Basic ") {
            let decoded = STANDARD.decode(basic.trim()).unwrap_or_default();
            let (user, token) = (self.credentials().unwrap_or_default().0, &self.options.token);
            decoded == format!("{user}:{token}").into_bytes()
        } else {
            false
        };
        if is_right { self.options.rights } else { Rights::Anonymous }
    }

    /// Returns what goes wrong with a request, if anything does.
    fn fault(&self, request: &Request, path: &str, is_write: bool) -> Option<Outcome> {
        let mut state = lock(&self.state);
        let place = state.faults.iter().position(|fault| fault.fits(&request.method, path, is_write))?;
        let met = state.met[place];
        state.met[place] += 1;
        let fault = &state.faults[place];
        let happens = met >= fault.after && fault.times.is_none_or(|times| met < fault.after + times);
        happens.then(|| fault.outcome.clone())
    }

    fn reply(&self, request: &Request, path: &str, found: &Found, outcome: Option<Outcome>) -> Reply {
        if let Some(Outcome::Late(time)) = &outcome {
            thread::sleep(*time);
        }
        let is_endless = matches!(outcome, Some(Outcome::Endless));
        let proper = || self.proper(request, path, found, is_endless);
        match outcome {
            None | Some(Outcome::Endless | Outcome::Late(_)) => proper(),
            Some(Outcome::After(then)) => {
                proper();
                self.reply(request, path, found, Some(*then))
            }
            Some(Outcome::Task(status)) => {
                let mut reply = proper();
                if let Ok(mut task) = serde_json::from_slice::<Value>(&reply.body) {
                    task["status"] = json!(status);
                    reply.body = task.to_string().into_bytes();
                }
                reply
            }
            Some(Outcome::Partly) => self.partly(request, path, found),
            Some(Outcome::Cut) => Reply { ending: Ending::Cut, ..proper() },
            Some(Outcome::NoReply) => Reply { ending: Ending::Nothing, ..json_reply(200, &json!({})) },
            Some(Outcome::NoBody) => Reply { body: Vec::new(), ..json_reply(200, &json!({})) },
            Some(Outcome::EmptyObject) => json_reply(200, &json!({})),
            Some(Outcome::BrokenJson) => {
                Reply { body: b"{\"values\":[{\"id\":".to_vec(), ..json_reply(200, &json!({})) }
            }
            Some(Outcome::Status(status)) => Refusal::new(status, "This went wrong on purpose.").reply(),
            Some(Outcome::Limited { retry_after }) => {
                let mut reply = Refusal::new(429, "Rate limit exceeded.").reply();
                if let Some(seconds) = retry_after {
                    reply.headers.push(("Retry-After".to_owned(), seconds.to_string()));
                    reply.headers.push(("RateLimit-Reason".to_owned(), "jira-burst-based".to_owned()));
                }
                reply
            }
            Some(Outcome::Captcha) => {
                let mut reply = Refusal::new(403, "Login denied.").reply();
                let reason = ("X-Seraph-LoginReason".to_owned(), "AUTHENTICATION_DENIED".to_owned());
                let address = format!("CAPTCHA_CHALLENGE; login-url={}/login.jsp", self.base());
                reply.headers.extend([reason, ("X-Authentication-Denied-Reason".to_owned(), address)]);
                reply
            }
            Some(Outcome::Html(status)) => {
                let page = "<!DOCTYPE html>\n<html><head><title>Log in</title></head><body>Log in to go on.</body></html>\n";
                Reply {
                    status,
                    headers: vec![("Content-Type".to_owned(), "text/html;charset=UTF-8".to_owned())],
                    body: page.as_bytes().to_vec(),
                    ending: Ending::Whole,
                }
            }
            Some(Outcome::Redirect(address)) => Reply {
                status: 302,
                headers: vec![("Location".to_owned(), address)],
                body: Vec::new(),
                ending: Ending::Whole,
            },
            Some(Outcome::Body { status, content_type, bytes }) => Reply {
                status,
                headers: vec![("Content-Type".to_owned(), content_type)],
                body: bytes,
                ending: Ending::Whole,
            },
        }
    }

    /// Does what a request names, but for the last.
    fn partly(&self, request: &Request, path: &str, found: &Found) -> Reply {
        let mut body: Map<String, Value> = serde_json::from_slice(&request.body).unwrap_or_default();
        let Some(last) = body.keys().next_back().cloned() else {
            return self.proper(request, path, found, false);
        };
        let result = |field: &str, said: &Value| {
            let said = said.get(0).unwrap_or(said);
            let scheme = said["schemeIds"].get(0).unwrap_or(&said["schemeId"]);
            json!({"fieldId": field, "schemeId": scheme, "workTypeIds": [], "success": field != last})
        };
        let mut results: Vec<Value> = body.iter().map(|(field, said)| result(field, said)).collect();
        if let Some(failed) = results.last_mut() {
            failed["error"] = json!("This went wrong on purpose.");
        }
        body.remove(&last);
        if !body.is_empty() {
            let rest = Request { body: Value::Object(body).to_string().into_bytes(), ..request.clone() };
            let done = self.proper(&rest, path, found, false);
            if done.status >= 300 {
                return done;
            }
        }
        json_reply(207, &json!({"results": results}))
    }

    /// Answers without a fault.
    fn proper(&self, request: &Request, path: &str, found: &Found, is_endless: bool) -> Reply {
        let rights = self.rights(request);
        let mut reply = match self.answer(request, path, found, rights, is_endless) {
            Ok(done) => {
                let mut reply =
                    done.body.map_or_else(|| no_content(done.status), |body| json_reply(done.status, &body));
                if let Some((kind, bytes)) = done.file {
                    reply.headers.push(("Content-Type".to_owned(), kind));
                    reply.body = bytes;
                }
                reply.headers.extend(done.location.map(|address| ("Location".to_owned(), address)));
                reply
            }
            Err(refusal) => refusal.reply(),
        };
        if rights == Rights::Anonymous && request.header("authorization").is_some() {
            reply.headers.push(("X-Seraph-LoginReason".to_owned(), "AUTHENTICATED_FAILED".to_owned()));
        }
        reply
    }

    fn answer(
        &self,
        request: &Request,
        path: &str,
        found: &Found,
        rights: Rights,
        is_endless: bool,
    ) -> Written {
        let Found::Endpoint(place, parts) = found else {
            let (status, text) = match found {
                Found::OtherMethod => (405, "Method Not Allowed"),
                _ => (404, "null for uri"),
            };
            return Err(Refusal::new(status, &format!("{text}: {path}")));
        };
        let endpoint = self.known[*place].1;
        let is_list = !matches!(endpoint.shape, Shape::Whole);
        let kind = request.header("content-type").unwrap_or_default();
        let is_form = kind.starts_with("multipart/form-data") && path.ends_with("/attachments");
        let body = match request.body.is_empty() || is_form {
            true => Ok(Value::Null),
            false => serde_json::from_slice(&request.body),
        };
        let body = body.map_err(|_| Refusal::new(400, "There was an error parsing JSON."))?;
        let asked = Asked {
            query: &request.query,
            address: format!("{}{path}", self.base()),
            most_per_page: self.options.most_per_page,
            is_endless,
        };
        match (endpoint.needs, rights, self.options.edition) {
            (Needs::Nothing, ..) | (_, Rights::Administrator, _) | (Needs::SignIn, Rights::Member, _) => {}
            (Needs::Administer, Rights::Member, _) => {
                return Err(Refusal::new(403, "Only Jira administrators can do this."));
            }
            // Cloud answers strangers, with nothing.
            (Needs::SignIn, Rights::Anonymous, Edition::Cloud) if is_list => {
                return Ok(Done::ok(endpoint.shape.wrap(&json!([]), &asked)));
            }
            (_, Rights::Anonymous, _) => {
                return Err(Refusal::new(401, "Client must be authenticated to access this resource."));
            }
        }
        let call = Call { site: self, request, parts, rights, body };
        let tell = match endpoint.does {
            Does::Write(write) => return self.write(&call, path, write),
            Does::Give(give) => {
                let _reading = self.gate.read().unwrap_or_else(PoisonError::into_inner);
                return Ok(Done { file: Some(give(&call)?), ..Done::empty(200) });
            }
            Does::Tell(tell) => tell,
        };
        let _reading = self.gate.read().unwrap_or_else(PoisonError::into_inner);
        if !is_list {
            return Ok(Done::ok(tell(&call)?));
        }
        Ok(Done::ok(endpoint.shape.wrap(&*self.list(&call, path, tell)?, &asked)))
    }

    /// Does a write, whole or not at all.
    fn write(&self, call: &Call<'_>, path: &str, write: fn(&Call<'_>) -> Written) -> Written {
        let takes_form = path.starts_with("/rest/api/2/issue/") && path.ends_with("/attachments");
        let is_internal = path.starts_with("/rest/greenhopper/") || takes_form;
        if is_internal && call.request.header("x-atlassian-token") != Some("no-check") {
            return Err(Refusal::new(403, "XSRF check failed"));
        }
        let kind = call.request.header("content-type").unwrap_or_default();
        let has_body = !call.request.body.is_empty();
        let wanted = if takes_form { "multipart/form-data" } else { "application/json" };
        if has_body && !kind.starts_with(wanted) {
            return Err(Refusal::new(415, "Unsupported Media Type"));
        }
        let _writing = self.gate.write().unwrap_or_else(PoisonError::into_inner);
        let versions = lock(&self.versions).clone();
        self.rows.begin()?;
        let done = write(call);
        self.rows.end(done.is_ok())?;
        if done.is_err() {
            *lock(&self.versions) = versions;
        }
        done
    }

    /// Returns the whole list that a request wants a part of.
    fn list(
        &self,
        call: &Call<'_>,
        path: &str,
        tell: fn(&Call<'_>) -> router::Answer,
    ) -> Result<Arc<Value>, Refusal> {
        const PAGING: [&str; 5] = ["startAt", "maxResults", "page", "cursor", "nextPageToken"];
        let asked = call.request.query.iter().filter(|(name, _)| !PAGING.contains(&name.as_str()));
        let key = format!("{path} {:?} {} {:?}", call.rights, call.language(), asked.collect::<Vec<_>>());
        let lists = self.lists.get(self.rows.version()?, || Ok(Mutex::default()))?;
        let known = lock(&lists).get(&key).cloned();
        let found = match known {
            Some(known) => known,
            None => Arc::new(tell(call)?),
        };
        lock(&lists).insert(key.clone(), Arc::clone(&found));
        let lags = self.options.search_lag > 0 && SEARCHES.iter().any(|search| path.ends_with(search));
        let is_first = call.query("startAt").is_none_or(|start| start == "0");
        Ok(if lags { self.late(key, found, is_first) } else { found })
    }

    /// Returns what a search tells: for a while what it told before.
    fn late(&self, key: String, found: Arc<Value>, is_first: bool) -> Arc<Value> {
        let mut told = lock(&self.told);
        if let Some((before, left)) = told.get_mut(&key)
            && *before != found
            && *left > 0
        {
            *left -= usize::from(is_first);
            return Arc::clone(before);
        }
        told.insert(key, (Arc::clone(&found), self.options.search_lag));
        found
    }
}

impl Answers for Site {
    fn answer(&self, request: &Request) -> Reply {
        let path = request.path.strip_prefix(self.options.context.as_str()).unwrap_or(&request.path);
        let found = router::find(&self.known, &request.method, path);
        {
            let mut state = lock(&self.state);
            state.flying += 1;
            state.most_at_once = state.most_at_once.max(state.flying);
        }
        thread::sleep(self.options.latency);
        let is_write = matches!(&found, Found::Endpoint(place, _) if self.known[*place].1.is_write());
        let reply = self.reply(request, path, &found, self.fault(request, path, is_write));
        let mut state = lock(&self.state);
        state.flying -= 1;
        // What a task does is done when somebody asks for it.
        state.changes += u64::from(is_write || path.contains("/task/"));
        state.seen.push(Seen {
            method: request.method.clone(),
            path: path.to_owned(),
            query: request.query.clone(),
            body: request.body.clone(),
            endpoint: if let Found::Endpoint(place, _) = found { Some(self.known[place].0) } else { None },
            status: reply.status,
        });
        drop(state);
        reply
    }
}

pub(crate) fn json_reply(status: u16, value: &Value) -> Reply {
    Reply {
        status,
        headers: vec![("Content-Type".to_owned(), "application/json;charset=UTF-8".to_owned())],
        body: value.to_string().into_bytes(),
        ending: Ending::Whole,
    }
}

fn no_content(status: u16) -> Reply {
    Reply { status, headers: Vec::new(), body: Vec::new(), ending: Ending::Whole }
}
