//! Field configurations and their schemes where a site of Jira Cloud has them.
//!
//! A new configuration says what the default says, with nothing required; a field that is hidden says nothing else. Invariant: a line
//! is sent with what differs alone, unless it was hidden.
//!
//! Source: Atlassian's description of Jira Cloud (April 2026).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::super::{Deed, Ground, Look, Sent, Side, Subject, Unsaid, changed, members, part};
use super::lines::{Line, TEXT, default_of, lines_of, title};
use super::losses::RENDERERS;
use crate::model::Path;

/// Fields that one request may change.
const MOST: usize = 100;

/// Characters that a description may have: of a configuration, of a scheme, and of a field.
const DESCRIPTIONS: [(&str, usize); 2] = [("fieldConfiguration", 255), ("fieldConfigurationScheme", 1024)];
const OF_A_FIELD: usize = 1000;

const DETAILS: [(&str, &str); 2] = [("name", "name"), ("description", "description")];

/// Returns what a row says beside its lines, before and afterwards; what is too long is refused.
fn details(
    ground: &Ground<'_>,
    (kind, entity): (&str, &'static str),
    before: Option<&str>,
    after: &str,
) -> Result<(Option<Value>, Value), Vec<Unsaid>> {
    let told = |side: &Side<'_>, id: &str| side.row(entity, id).map(|row| members(row, &DETAILS));
    let to = told(&ground.after, after).unwrap_or_default();
    let most = DESCRIPTIONS.iter().find(|(own, _)| *own == kind).map_or(usize::MAX, |(_, most)| *most);
    if to["description"].as_str().unwrap_or_default().chars().count() > most {
        let here = Path::object(kind, to["name"].as_str().unwrap_or_default()).child("description");
        return Err(vec![(here, format!("Jira Cloud takes no more than {most} characters"))]);
    }
    Ok((before.and_then(|id| told(&ground.before, id)), to))
}

/// A field configuration.
pub(super) fn configuration(
    ground: &Ground<'_>,
    subject: &Subject<'_>,
    after: &str,
) -> Result<Vec<Deed>, Vec<Unsaid>> {
    let before = subject.before.as_deref();
    let (from, to) = details(ground, ("fieldConfiguration", "FieldLayout"), before, after)?;
    let here = || Path::object("fieldConfiguration", subject.step.identity.name());
    let lines = lines_of(&ground.after, after);
    let long = lines.iter().filter(|(_, own)| own.description.chars().count() > OF_A_FIELD);
    let long: Vec<Unsaid> = long
        .map(|(field, _)| {
            let field = title(ground, field);
            let why = format!("Jira Cloud takes no more than {OF_A_FIELD} characters to describe `{field}`");
            (here().child("individualFieldConfig"), why)
        })
        .collect();
    if !long.is_empty() {
        return Err(long);
    }
    let id = ground.sent("fieldConfiguration", after);
    let (all, path) =
        (ground.api("fieldconfiguration"), ground.api(&format!("fieldconfiguration/{}", part(&id))));
    let Some(from) = from else {
        let default = default_of(&ground.before).map(|id| lines_of(&ground.before, &id));
        let Some(default) = default.filter(|lines| !lines.is_empty()) else {
            let why = "a new field configuration says what the default says, which is not known here";
            return Err(vec![(here(), why.to_owned())]);
        };
        let start: BTreeMap<String, Line> =
            default.into_iter().map(|(field, own)| (field, Line { is_required: false, ..own })).collect();
        let name = to["name"].clone();
        let look =
            Look::at(&all, Value::Null, to.clone()).among("/values", &[("name", name)]).paged().in_doubt();
        let made = Sent::post(&all, to).seen_by(look).binding(&id, "/id");
        let mut deeds = vec![Deed::new(made, Sent::delete(&path))];
        // Jira has made the lines of which nobody has seen how they are.
        deeds.extend(items(ground, &path, &start, &lines).into_iter().map(|(sent, mut look, _)| {
            look.only_in_doubt = true;
            Deed::along(sent.seen_by(look))
        }));
        return Ok(deeds);
    };
    let mut deeds = Vec::new();
    if let Some((was, is)) = changed(&from, &to, &["name", "description"]) {
        if default_of(&ground.before).as_deref() == before {
            let tag = if from["name"] == to["name"] { "description" } else { "name" };
            let why = "Jira Cloud changes neither name nor description of the default field configuration";
            return Err(vec![(here().child(tag), why.to_owned())]);
        }
        let look =
            Look::at(&all, was.clone(), is.clone()).with("id", &id).among("/values", &[("id", json!(id))]);
        deeds.push(Deed::new(Sent::put(&path, is).seen_by(look), Sent::put(&path, was)));
    }
    let was = before.map(|id| lines_of(&ground.before, id)).unwrap_or_default();
    deeds.extend(
        items(ground, &path, &was, &lines)
            .into_iter()
            .map(|(sent, look, back)| Deed::new(sent.seen_by(look), back)),
    );
    Ok(deeds)
}

/// Returns the requests that change lines, with how they are looked at, and what takes each back.
fn items(
    ground: &Ground<'_>,
    path: &str,
    from: &BTreeMap<String, Line>,
    to: &BTreeMap<String, Line>,
) -> Vec<(Sent, Look, Sent)> {
    let of = |lines: &BTreeMap<String, Line>, field: &String| lines.get(field).cloned().unwrap_or_default();
    let fields: BTreeSet<&String> = from.keys().chain(to.keys()).collect();
    let differ: Vec<Changes<'_>> = fields
        .into_iter()
        .map(|field| Changes::new(field, of(from, field), of(to, field)))
        .filter(Changes::is_any)
        .collect();
    let path = format!("{path}/fields");
    let put = |items: Vec<Value>| Sent::put(&path, json!({ "fieldConfigurationItems": items }));
    let chunks = differ.chunks(MOST);
    chunks
        .map(|chunk| {
            let all = |item: &dyn Fn(&Changes<'_>) -> Value| -> Vec<Value> {
                let own = chunk.iter().map(|own| {
                    let mut item = item(own);
                    item["id"] = json!(ground.field(own.field));
                    item
                });
                own.collect()
            };
            // What a field has beside that it is hidden does not matter.
            let shown = |mut item: Value, line: &Line| {
                item["isHidden"] = json!(line.is_hidden);
                item
            };
            let from = all(&|own| {
                let mut item = shown(own.back(), &own.from);
                // Of a field for which nobody has chosen a renderer none is told.
                if own.from.renderer.is_none() {
                    item.as_object_mut().and_then(|item| item.remove("renderer"));
                }
                item
            });
            let to = all(&|own| shown(own.there(), &own.to));
            let look = Look::at(&path, from.into(), to.into()).all("/values").each("id");
            (put(all(&|own| own.there())), look, put(all(&|own| own.back())))
        })
        .collect()
}

/// A line that becomes another.
struct Changes<'c> {
    field: &'c String,
    from: Line,
    to: Line,
    is_rendered_otherwise: bool,
}

impl<'c> Changes<'c> {
    fn new(field: &'c String, from: Line, to: Line) -> Self {
        let is_rendered_otherwise = !to.is_hidden && !from.is_hidden && from.is_rendered_otherwise(&to);
        Self { field, from, to, is_rendered_otherwise }
    }

    fn is_any(&self) -> bool {
        let renderer = self.from.renderer.clone();
        self.is_rendered_otherwise || Line { renderer, ..self.to.clone() } != self.from
    }

    fn there(&self) -> Value {
        self.item(&self.from, &self.to)
    }

    fn back(&self) -> Value {
        self.item(&self.to, &self.from)
    }

    /// Returns what is sent of a line that becomes another: what was hidden has lost all else.
    fn item(&self, from: &Line, to: &Line) -> Value {
        if to.is_hidden {
            return json!({ "isHidden": true });
        }
        let (mut item, is_all) = (json!({}), from.is_hidden);
        if is_all {
            item["isHidden"] = json!(false);
        }
        if is_all || from.is_required != to.is_required {
            item["isRequired"] = json!(to.is_required);
        }
        if is_all || from.description != to.description {
            item["description"] = json!(to.description);
        }
        let is_rendered = if is_all { to.rendered() != TEXT } else { self.is_rendered_otherwise };
        // Others are as Jira has chosen.
        if let Some((told, _)) = RENDERERS.iter().find(|(_, own)| is_rendered && *own == to.rendered()) {
            item["renderer"] = json!(told);
        }
        item
    }
}

/// A field configuration scheme.
pub(super) fn scheme(
    ground: &Ground<'_>,
    subject: &Subject<'_>,
    after: &str,
) -> Result<Vec<Deed>, Vec<Unsaid>> {
    let before = subject.before.as_deref();
    let (from, to) = details(ground, ("fieldConfigurationScheme", "FieldLayoutScheme"), before, after)?;
    let id = ground.sent("fieldConfigurationScheme", after);
    let all = ground.api("fieldconfigurationscheme");
    let path = format!("{all}/{}", part(&id));
    // A new one has the default for all issue types.
    let default = default_of(&ground.before).map(|own| Mapping::from([("default".to_owned(), own)]));
    let old = before.map(|id| mappings(ground, &ground.before, id)).or(default).unwrap_or_default();
    let new = mappings(ground, &ground.after, after);
    let here = || Path::object("fieldConfigurationScheme", subject.step.identity.name());
    if new.values().any(String::is_empty) {
        let why = "it names the default field configuration, of which nobody has told the id";
        return Err(vec![(here().child("mappingFieldConfigIssueTypes"), why.to_owned())]);
    }
    let (mut deeds, is_new) = (Vec::new(), from.is_none());
    match from {
        None => {
            let name = to["name"].clone();
            let look = Look::at(&all, Value::Null, to.clone())
                .among("/values", &[("name", name)])
                .paged()
                .in_doubt();
            let made = Sent::post(&all, to).seen_by(look).binding(&id, "/id");
            deeds.push(Deed::new(made, Sent::delete(&path)));
        }
        Some(from) => {
            if let Some((was, is)) = changed(&from, &to, &["name", "description"]) {
                let look = Look::at(&all, was.clone(), is.clone())
                    .with("id", &id)
                    .among("/values", &[("id", json!(id))]);
                deeds.push(Deed::new(Sent::put(&path, is).seen_by(look), Sent::put(&path, was)));
            }
        }
    }
    let send = Mapped { all: &all, path: &path, id: &id };
    let parted = |kinds: &BTreeSet<String>, of: &Mapping| -> Mapping {
        of.iter()
            .filter(|(kind, _)| kinds.contains(*kind))
            .map(|(kind, own)| (kind.clone(), own.clone()))
            .collect()
    };
    let gone: BTreeSet<String> = old.keys().filter(|kind| !new.contains_key(*kind)).cloned().collect();
    if !gone.is_empty() {
        let were = parted(&gone, &old);
        let sent = send.unmap(&were).seen_by(send.look(&were, &Mapping::new()));
        deeds.push(Deed::new(sent, send.map(&were)));
    }
    let come = new.iter().filter(|(kind, own)| old.get(*kind) != Some(own));
    let come: BTreeSet<String> = come.map(|(kind, _)| kind.clone()).collect();
    if come.is_empty() {
        return Ok(deeds);
    }
    let (were, are) = (parted(&come, &old), parted(&come, &new));
    let (sent, look) = (send.map(&are), send.look(&were, &are));
    if is_new {
        // It goes with the scheme.
        deeds.push(Deed::along(sent.seen_by(look.in_doubt())));
        return Ok(deeds);
    }
    let fresh: Mapping = are.iter().filter(|(kind, _)| !old.contains_key(*kind)).map(owned).collect();
    let others: Mapping = are.iter().filter(|(kind, _)| old.contains_key(*kind)).map(owned).collect();
    let put_back = || send.map(&were).seen_by(send.look(&others, &were));
    let taken_out = || send.unmap(&fresh).seen_by(send.look(&fresh, &Mapping::new()));
    let sent = sent.seen_by(look);
    deeds.push(match (were.is_empty(), fresh.is_empty()) {
        (true, _) => Deed::new(sent, taken_out()),
        (false, true) => Deed::new(sent, put_back()),
        (false, false) => Deed::new(sent, put_back()).then([taken_out()]),
    });
    Ok(deeds)
}

/// The ids of field configurations by those of issue types; `default` stands for all that have none.
type Mapping = BTreeMap<String, String>;

fn owned((kind, own): (&String, &String)) -> (String, String) {
    (kind.clone(), own.clone())
}

/// Returns which configuration a scheme has for which issue type; an empty text where that is the default, and nobody has told its id.
fn mappings(ground: &Ground<'_>, side: &Side<'_>, scheme: &str) -> Mapping {
    let default = default_of(side).or_else(|| default_of(&ground.before));
    let mut mapping = Mapping::new();
    for row in side.with("FieldLayoutSchemeEntity", "scheme", scheme) {
        let kind = row.text("issuetype");
        let configuration = row.text("fieldlayout").map(str::to_owned).or_else(|| default.clone());
        let is_known = |id: &String| side.row("FieldLayout", id).is_some();
        if kind.is_some_and(|id| side.names.get("issueType", id).is_none())
            || configuration.as_ref().is_some_and(|id| !is_known(id))
        {
            continue;
        }
        let kind = kind.map_or_else(|| "default".to_owned(), |id| ground.sent("issueType", id));
        let configuration =
            configuration.map(|id| ground.sent("fieldConfiguration", &id)).unwrap_or_default();
        mapping.entry(kind).or_insert(configuration);
    }
    mapping
}

/// Sends the mappings of a scheme.
struct Mapped<'m> {
    all: &'m str,
    path: &'m str,
    id: &'m str,
}

impl Mapped<'_> {
    fn lines(mapping: &Mapping) -> Value {
        let line =
            |(kind, own): (&String, &String)| json!({ "issueTypeId": kind, "fieldConfigurationId": own });
        mapping.iter().map(line).collect()
    }

    fn map(&self, mapping: &Mapping) -> Sent {
        Sent::put(format!("{}/mapping", self.path), json!({ "mappings": Self::lines(mapping) }))
    }

    fn unmap(&self, mapping: &Mapping) -> Sent {
        let kinds: Vec<&String> = mapping.keys().collect();
        Sent::post(format!("{}/mapping/delete", self.path), json!({ "issueTypeIds": kinds }))
    }

    fn look(&self, from: &Mapping, to: &Mapping) -> Look {
        Look::at(format!("{}/mapping", self.all), Self::lines(from), Self::lines(to))
            .with("fieldConfigurationSchemeId", self.id)
            .all("/values")
            .each("issueTypeId")
    }
}
