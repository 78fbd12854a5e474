//! How ready a configuration is to move to Jira Cloud: by project what moves, what is lost there, and what somebody has to decide.
//!
//! Made of a plan for the site that one wants to move to. Invariant: whatever the plan refuses for a cause of its own is a decision, and
//! whatever it warns of is a loss or worth a look; nothing is told of a file that comes from Jira Cloud itself.

use std::collections::{BTreeMap, BTreeSet};

use super::guard::said::path;
use super::{Action, Facts, Plan, Reason, Refused};
use crate::mapping::kind;
use crate::model::{Config, Identity};
use crate::schema::{KindId, Schema};
use crate::usage::Uses;

/// What there is to know before a configuration moves.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Readiness {
    /// Project by project; last, without a key, what no project uses.
    pub projects: Vec<ProjectMove>,
    /// What somebody has to decide, each cause once.
    pub decisions: Vec<Decision>,
    /// What is lost there, is otherwise, or should be looked at.
    pub losses: Vec<Loss>,
    /// A mapping file to begin with, which has a line for all that one can decide.
    pub mapping: String,
}

/// What moves of one project. What several projects use counts for each of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ProjectMove {
    /// Its key.
    pub key: Option<String>,
    /// How many objects of each kind move, by the kind in words.
    pub moves: BTreeMap<String, usize>,
    /// How many are there as the file has them.
    pub same: usize,
    /// How many have to be decided about.
    pub to_decide: usize,
    /// How many wait for those.
    pub waiting: usize,
    /// How many lose something.
    pub losing: usize,
}

/// What somebody has to decide.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Decision {
    /// The kind of the objects, in words.
    pub kind: String,
    /// The objects.
    pub objects: Vec<String>,
    /// Why it is not clear.
    pub message: String,
    /// What to do.
    pub help: String,
    /// The keys of the projects that it is about.
    pub projects: BTreeSet<String>,
    /// The other objects that wait for it, with their kinds.
    pub waiting: Vec<String>,
}

/// What is lost, is otherwise, or should be looked at.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Loss {
    /// The object, with its kind; empty of what is lost everywhere.
    pub object: String,
    /// What happens to it.
    pub what: String,
    /// The keys of the projects that it is about.
    pub projects: BTreeSet<String>,
}

/// Returns how ready a file is to move to where a plan for it leads; nothing if that is no site of Jira Cloud, or if the file comes
/// from one.
pub fn readiness(plan: &Plan, file: &Config, facts: &Facts) -> Option<Readiness> {
    // Only there belong accounts to somebody else than Jira.
    let is_cloud = facts.abilities.of(kind("user")).create.is_err();
    if !is_cloud || !is_from_elsewhere(plan) {
        return None;
    }
    let report = Report { plan, uses: Uses::of_roots(std::slice::from_ref(file.root())) };
    let decisions = report.decisions();
    let losses = report.losses();
    Some(Readiness { projects: report.projects(), mapping: mapping(plan), decisions, losses })
}

/// Returns whether the file tells something that the target never shows: two sites of one edition show the same.
fn is_from_elsewhere(plan: &Plan) -> bool {
    let always = plan.unseen.not_shown().filter(|own| own.object.is_none() && !own.is_passing);
    always
        .into_iter()
        .any(|own| !plan.unseen_by_file.iter().any(|it| (it.kind, it.property) == (own.kind, own.property)))
}

struct Report<'p> {
    plan: &'p Plan,
    uses: Uses<'p>,
}

impl Report<'_> {
    /// Returns the keys of the projects that use what the target calls so.
    fn using(&self, identity: &Identity) -> BTreeSet<String> {
        if identity.kind == kind("project") {
            return BTreeSet::from([identity.name().to_owned()]);
        }
        let named = self.plan.names_in_file.get(identity).unwrap_or(identity);
        let keys = self.uses.global(named).map(|id| self.uses.projects(id)).unwrap_or_default();
        keys.into_iter().map(str::to_owned).collect()
    }

    fn projects(&self) -> Vec<ProjectMove> {
        let mut all: BTreeMap<Option<String>, ProjectMove> = BTreeMap::new();
        let mut count = |identity: &Identity, each: &dyn Fn(&mut ProjectMove)| {
            let keys: Vec<Option<String>> = match self.using(identity) {
                keys if keys.is_empty() => vec![None],
                keys => keys.into_iter().map(Some).collect(),
            };
            for key in keys {
                let own =
                    all.entry(key.clone()).or_insert_with(|| ProjectMove { key, ..ProjectMove::default() });
                each(own);
            }
        };
        for step in &self.plan.steps {
            let kind = Schema::get().kind(step.identity.kind).in_words();
            count(&step.identity, &|own| {
                *own.moves.entry(kind.clone()).or_default() += 1;
                own.losing += usize::from(!step.warnings.is_empty());
            });
        }
        self.plan.unchanged.iter().for_each(|identity| count(identity, &|own| own.same += 1));
        for refused in &self.plan.refused {
            count(&refused.identity, &|own| match refused.follows {
                None => own.to_decide += 1,
                Some(_) => own.waiting += 1,
            });
        }
        // Without a key, which sorts first, is what is told last.
        let rest = all.remove(&None);
        all.into_values().chain(rest).collect()
    }

    fn decisions(&self) -> Vec<Decision> {
        let mut causes: BTreeMap<(KindId, String, &str), Vec<&Refused>> = BTreeMap::new();
        for refused in of_their_own(self.plan) {
            for reason in &refused.reasons {
                let key = (refused.identity.kind, with_place(&refused.identity, reason), &*reason.help);
                causes.entry(key).or_default().push(refused);
            }
        }
        let waits = |own: &&Refused, all: &[&Refused]| {
            own.follows.as_ref().is_some_and(|it| all.iter().any(|own| own.identity == *it))
        };
        let decision = |((kind, message, help), mut all): ((KindId, String, &str), Vec<&Refused>)| {
            all.dedup_by(|a, b| a.identity == b.identity);
            Decision {
                kind: Schema::get().kind(kind).in_words(),
                objects: all.iter().map(|own| own.identity.to_string()).collect(),
                message,
                help: help.to_owned(),
                projects: all.iter().flat_map(|own| self.using(&own.identity)).collect(),
                waiting: self
                    .plan
                    .refused
                    .iter()
                    .filter(|own| waits(own, &all))
                    .map(|own| titled(&own.identity))
                    .collect(),
            }
        };
        let groups: Vec<&Identity> = new_groups(self.plan).collect();
        let named_otherwise = (!groups.is_empty()).then(|| Decision {
            kind: Schema::get().kind(kind("group")).in_words(),
            objects: groups.iter().map(|own| own.to_string()).collect(),
            message: "the site has no group of this name, and it would be created there without members"
                .to_owned(),
            help: "if the site has it under another name, say so in a mapping file; else it may stay"
                .to_owned(),
            projects: groups.iter().flat_map(|own| self.using(own)).collect(),
            waiting: Vec::new(),
        });
        causes.into_iter().map(decision).chain(named_otherwise).collect()
    }

    fn losses(&self) -> Vec<Loss> {
        let everywhere = self.plan.warnings.iter().map(|what| Loss {
            object: String::new(),
            what: what.clone(),
            projects: BTreeSet::new(),
        });
        let of_steps = self.plan.steps.iter().flat_map(|step| {
            let object = titled(&step.identity);
            let projects = self.using(&step.identity);
            step.warnings.iter().map(move |what| Loss {
                object: object.clone(),
                what: what.clone(),
                projects: projects.clone(),
            })
        });
        everywhere.chain(of_steps).collect()
    }
}

/// Says what is wrong with an object, and where in it.
fn with_place(identity: &Identity, reason: &Reason) -> String {
    let object = path(identity).to_string();
    match reason.path.to_string().strip_prefix(&object).map(|own| own.trim_start_matches('/')) {
        Some("") | None => reason.message.clone(),
        Some(place) => format!("`{place}`: {}", reason.message),
    }
}

/// Names an object with its kind.
fn titled(identity: &Identity) -> String {
    format!("{} `{identity}`", Schema::get().kind(identity.kind).in_words())
}

/// Returns what is refused not only because it needs something else that is.
fn of_their_own(plan: &Plan) -> impl Iterator<Item = &Refused> {
    plan.refused.iter().filter(|own| own.follows.is_none())
}

/// The groups that would be made: a site has those that open its products under names of its own.
fn new_groups(plan: &Plan) -> impl Iterator<Item = &Identity> {
    let is_new = |action: &Action| matches!(action, Action::Create { .. });
    let new = plan.steps.iter().filter(move |step| is_new(&step.action)).map(|step| &step.identity);
    new.filter(|own| own.kind == kind("group"))
}

/// Returns a mapping file with a line for each object that somebody has to decide about. Whoever leaves it as it is decides nothing: only
/// people have lines that count, and those lead to nobody.
fn mapping(plan: &Plan) -> String {
    let mut tables: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    let decided = of_their_own(plan).map(|own| &own.identity).chain(new_groups(plan));
    for identity in decided {
        let named = plan.names_in_file.get(identity).unwrap_or(identity);
        let name = toml::Value::String(named.numbered_name().into_owned()).to_string();
        let table = Schema::get().kind(identity.kind).name.as_str();
        let line = match table {
            "user" => format!("{name} = {{ match = \"ACCOUNT ID\" }}"),
            "group" => format!("# {name} = {{ match = \"NAME THERE\" }}"),
            _ => format!("# {name} = \"skip\""),
        };
        tables.entry(table).or_default().insert(line);
    }
    let table = |(kind, lines): (&str, BTreeSet<String>)| {
        let lines: Vec<String> = lines.into_iter().collect();
        format!("[{kind}]\n{}\n", lines.join("\n"))
    };
    tables.into_iter().map(table).collect::<Vec<_>>().join("\n")
}
