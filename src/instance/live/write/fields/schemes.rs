//! Field schemes, to which Atlassian moves the sites of Jira Cloud: what becomes of the configurations that are made of one.
//!
//! Invariant: only what is read back as the file says is said; a field scheme has no configurations with names of their own, so that
//! they have to be called, and parted, as reading does it.
//!
//! Source: Atlassian's description of Jira Cloud (April 2026).

use std::collections::{BTreeMap, BTreeSet};

use super::super::{Deed, Ground, Side, Unsaid};
use super::diff::{Associations, Wanted, associations};
use super::lines::{Line, known, lines_of};
use super::requests;
use super::which::sent_id;
use crate::instance::live::associations::{Lines, Parameters, name_of, parted};
use crate::instance::live::shape::Id;
use crate::model::Path;

/// A field scheme as rows have it.
struct Scheme {
    name: String,
    description: String,
    /// What holds for most issue types.
    base: String,
    /// What holds for single ones.
    others: BTreeMap<String, String>,
}

impl Scheme {
    fn of(side: &Side<'_>, id: &str) -> Option<Self> {
        let row = side.row("FieldLayoutScheme", id)?;
        let (mut base, mut others) = (None, BTreeMap::new());
        for row in side.with("FieldLayoutSchemeEntity", "scheme", id) {
            let configuration = row.text("fieldlayout").map(str::to_owned);
            let configuration = configuration.or_else(|| super::lines::default_of(side));
            match (row.text("issuetype"), configuration) {
                (None, own) => base = base.or(own),
                (Some(issue_type), Some(own)) if side.names.get("issueType", issue_type).is_some() => {
                    others.entry(issue_type.to_owned()).or_insert(own);
                }
                (Some(_), _) => {}
            }
        }
        Some(Self {
            name: row.get("name").unwrap_or_default().to_owned(),
            description: row.get("description").unwrap_or_default().to_owned(),
            base: base?,
            others,
        })
    }
}

/// Returns the requests of all that becomes of a field scheme.
pub(super) fn scheme(ground: &Ground<'_>, id: &str) -> Result<Vec<Deed>, Vec<Unsaid>> {
    let Some(to) = Scheme::of(&ground.after, id) else { return Ok(Vec::new()) };
    let here = || Path::object("fieldConfigurationScheme", &to.name);
    must_be_called_alike(ground, &to)?;
    let told = &ground.known.fields.1;
    let sent = sent_id(ground, id);
    let is_new = ground.before.row("FieldLayoutScheme", id).is_none();
    let source = if is_new { told.default.as_deref() } else { Some(sent.as_str()) };
    let Some((source, before)) = source.and_then(|own| Some((own, told.associated.get(own)?))) else {
        let why = match is_new {
            true => {
                "a new field scheme begins as a copy of the default field scheme, which is not known here"
            }
            false => "nobody has told what it says of fields",
        };
        return Err(vec![(here(), why.to_owned())]);
    };
    let types = ground.after.tables.rows("IssueType").iter().map(|row| Id(row.id().to_owned()));
    let types: Vec<Id> = types.collect();
    let wanted = wanted(ground, &to, is_new);
    let after = associations(&wanted, &types, before);
    must_be_parted_alike(ground, &to, &wanted, &after, &types)?;
    let said = requests::Said {
        id: &sent,
        name: &to.name,
        description: &to.description,
        former: ground
            .before
            .row("FieldLayoutScheme", id)
            .map(|row| ["name", "description"].map(|own| row.get(own).unwrap_or_default())),
        source,
        before,
        after: &after,
    };
    Ok(requests::requests(ground, &said))
}

fn wanted(ground: &Ground<'_>, to: &Scheme, is_new: bool) -> Wanted {
    let lines = |configuration: &str| lines_of(&ground.after, configuration);
    let base = lines(&to.base);
    let others: BTreeMap<&String, BTreeMap<String, Line>> =
        to.others.iter().map(|(own, configuration)| (own, lines(configuration))).collect();
    let mut fields: BTreeSet<String> =
        base.keys().chain(others.values().flat_map(BTreeMap::keys)).cloned().collect();
    // Of what a file does not say anything, nothing is hidden.
    fields.extend(known(ground, &to.base, is_new));
    let told = |lines: &BTreeMap<String, Line>| -> Lines {
        let line = |field: &String| {
            let line = lines.get(field).cloned().unwrap_or_default();
            let description = Some(line.description).filter(|own| !own.is_empty());
            let own = (!line.is_hidden).then_some(Parameters { is_required: line.is_required, description });
            (field.clone(), own)
        };
        fields.iter().map(line).collect()
    };
    let others = others.iter().map(|(own, lines)| ((*own).clone(), told(lines))).collect();
    Wanted { base: told(&base), others }
}

/// Refuses configurations that have names or descriptions of their own.
fn must_be_called_alike(ground: &Ground<'_>, to: &Scheme) -> Result<(), Vec<Unsaid>> {
    let row = |id: &str| ground.after.row("FieldLayout", id);
    let text = |id: &str, attribute: &str| -> String {
        row(id).and_then(|row| row.get(attribute)).unwrap_or_default().to_owned()
    };
    let here = Path::object("fieldConfigurationScheme", &to.name).child("mappingFieldConfigIssueTypes");
    let mut wrong = Vec::new();
    let base = text(&to.base, "name");
    if base != to.name {
        let why = format!(
            "the site has field schemes, in which field configurations have no names of their own: call `{base}` `{}`, as its scheme",
            to.name
        );
        wrong.push((here.clone(), why));
    } else if text(&to.base, "description") != to.description {
        let why = "the site has field schemes, which have one description: give the field configuration that of its scheme";
        wrong.push((Path::object("fieldConfiguration", &base).child("description"), why.to_owned()));
    }
    for (issue_type, configuration) in &to.others {
        let of = ground.after.names.get("issueType", issue_type).map_or("", |name| name.text.as_str());
        let (name, own) = (text(configuration, "name"), name_of(&to.name, of));
        if name != own {
            let why = format!(
                "the site has field schemes, in which field configurations have no names of their own: call `{name}` of the issue \
                 type `{of}` `{own}`"
            );
            wrong.push((here.clone(), why));
        } else if !text(configuration, "description").is_empty() {
            let why = "the site has field schemes, in which there is no description for single issue types: leave it out";
            wrong.push((Path::object("fieldConfiguration", &name).child("description"), why.to_owned()));
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong) }
}

/// Refuses configurations that would be read back as others.
fn must_be_parted_alike(
    ground: &Ground<'_>,
    to: &Scheme,
    wanted: &Wanted,
    after: &Associations,
    types: &[Id],
) -> Result<(), Vec<Unsaid>> {
    let known = wanted.base.keys().cloned().collect();
    let (base, others) = parted(&known, after, types);
    let here = Path::object("fieldConfigurationScheme", &to.name).child("mappingFieldConfigIssueTypes");
    if base != wanted.base {
        let why = format!(
            "`{}` is to be what holds for most issue types, as field schemes are read: exchange it with the one that does",
            to.name
        );
        return Err(vec![(here, why)]);
    }
    let others: BTreeSet<&str> = others.iter().map(|(own, _)| own.as_str()).collect();
    let alike = to.others.keys().filter(|own| !others.contains(own.as_str()));
    let wrong: Vec<Unsaid> = alike
        .map(|own| {
            let of = ground.after.names.get("issueType", own).map_or("", |name| name.text.as_str());
            let why = format!(
                "`{}` says what `{}` says, and field schemes have no other names for it: leave it and its line out",
                name_of(&to.name, of),
                to.name
            );
            (here.clone(), why)
        })
        .collect();
    if wrong.is_empty() { Ok(()) } else { Err(wrong) }
}
