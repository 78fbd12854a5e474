//! Settings to begin with, to be pasted into the file.
//!
//! Invariant: a proposal is a settings file that can be read, and binds only what has the same name on both sides.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::publish::of_type;
use super::{Content, Settings, Shape};
use crate::{Alias, Catalogue, Field, FieldFacts, FieldKind, TypeFacts};

/// What could be added to the settings: of what the master has published, all that is neither bound nor declined, with what has the same
/// name here; without that, for the master's own settings, all types, their most usual fields and their statuses.
pub fn propose(settings: &Settings, catalogue: &Catalogue, published: Option<&Content>) -> String {
    let mut text = String::new();
    match published {
        Some(content) => of_slave(&mut text, settings, catalogue, content),
        None => of_master(&mut text, settings, catalogue),
    }
    text
}

/// What could be added to the master's settings for these types alone.
pub fn propose_for(settings: &Settings, catalogue: &Catalogue, types: &[String]) -> String {
    let mut narrow = catalogue.clone();
    narrow.types.retain(|kind| types.contains(&kind.name));
    propose(settings, &narrow, None)
}

/// A name as an alias could spell it.
fn slug(name: &str) -> String {
    let mut slug = String::new();
    for c in name.chars() {
        match c.to_ascii_lowercase() {
            c if c.is_ascii_alphanumeric() => slug.push(c),
            _ if !slug.is_empty() && !slug.ends_with('-') => slug.push('-'),
            _ => {}
        }
    }
    slug.truncate(60);
    let slug = slug.trim_end_matches('-');
    if slug.is_empty() { "other".to_owned() } else { slug.to_owned() }
}

/// An alias for a name that no other has.
fn fresh(name: &str, taken: &mut BTreeSet<String>) -> String {
    let slug = slug(name);
    let counted = (2..).map(|count| format!("{slug}-{count}"));
    let free = std::iter::once(slug.clone()).chain(counted).find(|own| !taken.contains(own));
    let free = free.expect("numbers do not end");
    taken.insert(free.clone());
    free
}

/// A text as TOML spells it.
pub(super) fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

fn local(field: &Field) -> String {
    match field {
        Field::System(name) => quoted(name),
        Field::Custom { kind, name } => format!("{{ type = {}, name = {} }}", quoted(kind), quoted(name)),
    }
}

fn of_master(text: &mut String, settings: &Settings, catalogue: &Catalogue) {
    const USUAL: [&str; 7] =
        ["summary", "description", "priority", "duedate", "labels", "components", "fixVersions"];
    text.push_str("# The partner sees the aliases, and no other name of yours: choose those that may leave the house.\n");
    let mut taken: BTreeSet<String> = settings.types.keys().map(ToString::to_string).collect();
    let mut kinds: Vec<(String, &TypeFacts)> = Vec::new();
    for kind in &catalogue.types {
        if let Some((alias, _)) = settings.type_alias(&kind.name) {
            kinds.push((alias.to_string(), kind));
            continue;
        }
        let alias = fresh(&kind.name, &mut taken);
        let _ = write!(text, "\n[types.{alias}]\nlocal = {}\ndirection = \"both\"\n", quoted(&kind.name));
        kinds.push((alias, kind));
    }
    let mut taken: BTreeSet<String> = settings.fields.keys().map(ToString::to_string).collect();
    for name in USUAL {
        let field = Field::System(name.to_owned());
        if settings.fields.values().any(|rule| rule.local == field) {
            continue;
        }
        let of = |kind: &'_ TypeFacts| kind.fields.iter().find(|facts| facts.field == field).cloned();
        let there: Vec<(&String, FieldFacts)> =
            kinds.iter().filter_map(|(alias, kind)| Some((alias, of(kind)?))).collect();
        let Some((_, facts)) = there.first() else { continue };
        let alias = fresh(if name == "summary" { "title" } else { name }, &mut taken);
        let _ = write!(text, "\n[fields.{alias}]\nlocal = {}\n", quoted(name));
        let writable: Vec<_> =
            there.iter().filter(|(_, facts)| facts.writable).map(|(alias, _)| quoted(alias)).collect();
        match writable.len() {
            0 => text.push_str("direction = \"send\"\n"),
            all if all == there.len() => text.push_str("direction = \"both\"\n"),
            // What cannot be written for a type cannot be received for it.
            _ => {
                let _ = write!(text, "types = [{}]\ndirection = \"both\"\n", writable.join(", "));
            }
        }
        values(text, facts);
    }
    let mut statuses: Vec<(&String, BTreeSet<&String>)> = Vec::new();
    for kind in &catalogue.types {
        for status in &kind.statuses {
            match statuses.iter_mut().find(|(own, _)| *own == status) {
                Some((_, kinds)) => _ = kinds.insert(&kind.name),
                None => statuses.push((status, BTreeSet::from([&kind.name]))),
            }
        }
    }
    let mut taken: BTreeSet<String> = settings.statuses.keys().map(ToString::to_string).collect();
    let is_bound = |status: &str| {
        settings.statuses.values().flatten().any(|rule| rule.local.iter().any(|own| own == status))
    };
    for (status, _) in statuses.into_iter().filter(|(status, _)| !is_bound(status)) {
        let name = quoted(status);
        let _ =
            write!(text, "\n[status.{}]\nlocal = [{name}]\nreceive = {name}\n", fresh(status, &mut taken));
    }
    for part in ["comments", "attachments"] {
        if settings.line(part).is_none() {
            let _ = write!(text, "\n[{part}]\ndirection = \"both\"\n");
        }
    }
}

/// The values of a list of which each gets an alias.
fn values(text: &mut String, facts: &FieldFacts) {
    if facts.kind != FieldKind::Choice || facts.options.is_empty() {
        return;
    }
    let mut taken = BTreeSet::new();
    let pairs = facts.options.iter().map(|own| format!("{} = {}", fresh(own, &mut taken), quoted(own)));
    let pairs = pairs.collect::<Vec<_>>().join(", ");
    // Issues may have values that nobody can choose any more.
    let _ = writeln!(text, "values = {{ {pairs} }}\nunmapped = \"skip\"");
}

/// The one name that an alias could mean.
fn same<'n>(alias: &Alias, names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let wanted = alias.as_str().to_ascii_lowercase().replace('_', "-");
    let mut found = names.filter(|name| slug(name) == wanted);
    found.next().filter(|_| found.next().is_none())
}

fn of_slave(text: &mut String, settings: &Settings, catalogue: &Catalogue, content: &Content) {
    text.push_str(
        "# What has the same name here is bound; of the rest write `local`, or leave it declined.\n",
    );
    let mut offer = |table: &str, alias: &Alias, about: &str, found: Option<String>| {
        let path = format!("{table}.{alias}");
        if settings.declined.contains(&path) || settings.line(&path).is_some() {
            return;
        }
        let _ = match found {
            Some(lines) => write!(text, "\n[{path}]\n{lines}\n"),
            None => write!(text, "\n[{path}]    # {about}\ndeclined = true\n"),
        };
    };
    let bind = |name: &str| format!("local = {}", quoted(name));
    for (alias, published) in &content.types {
        let kinds = catalogue.types.iter().filter(|own| own.subtask == published.subtask);
        let about = if published.subtask { "a type of sub-tasks" } else { "a type of issues" };
        offer("types", alias, about, same(alias, kinds.map(|own| own.name.as_str())).map(bind));
    }
    for (alias, published) in &content.fields {
        let found = field(catalogue, alias).filter(|facts| {
            let kinds = content
                .types
                .keys()
                .filter(|kind| published.types.as_ref().is_none_or(|types| types.contains(*kind)));
            let locals = kinds.filter_map(|kind| match settings.types.get(kind) {
                Some(rule) => Some(rule.local.as_str()),
                None => same(kind, catalogue.types.iter().map(|own| own.name.as_str())),
            });
            let locals: Vec<_> = locals.collect();
            let own = locals.iter().filter_map(|kind| of_type(catalogue, kind, &facts.field));
            let own: Vec<_> = own.collect();
            // What cannot be written cannot be received; what no type has is no field here.
            let receives = published.direction.mirrored().receives();
            (locals.is_empty() || !own.is_empty()) && (!receives || own.iter().all(|facts| facts.writable))
        });
        let found = found.map(|facts| {
            let mut lines = format!("local = {}", local(&facts.field));
            if published.shape == Shape::Name && matches!(facts.kind, FieldKind::Choice | FieldKind::Cascade)
            {
                lines.push_str("\nvalues = \"same\"");
            }
            if published.shape == Shape::Alias {
                let pairs = published.values.iter().filter_map(|value| {
                    let own = same(value, facts.options.iter().map(String::as_str))?;
                    Some(format!("{value} = {}", quoted(own)))
                });
                let pairs = pairs.collect::<Vec<_>>().join(", ");
                let _ = write!(lines, "\nvalues = {{ {pairs} }}\nunmapped = \"skip\"");
            }
            lines
        });
        offer("fields", alias, &published.in_words(), found);
    }
    for alias in content.statuses.keys() {
        let all: BTreeSet<_> =
            catalogue.types.iter().flat_map(|own| &own.statuses).map(String::as_str).collect();
        let found = same(alias, all.into_iter());
        let lines = found.map(|name| format!("local = [{0}]\nreceive = {0}", quoted(name)));
        offer("status", alias, "a status", lines);
    }
    for alias in content.links.keys() {
        let found = same(alias, catalogue.link_types.iter().map(|own| own.name.as_str()));
        offer("links", alias, "a type of links", found.map(bind));
    }
    let parts = [
        ("comments", content.comments),
        ("attachments", content.attachments),
        ("worklogs", content.worklogs),
    ];
    for (part, published) in parts {
        if let Some(direction) = published
            && settings.line(part).is_none()
        {
            let word = match direction.mirrored() {
                super::Direction::Both => "both",
                super::Direction::Send => "send",
                super::Direction::Receive => "receive",
            };
            let _ = write!(text, "\n[{part}]\ndirection = \"{word}\"\n");
        }
    }
}

/// The field that an alias could mean; `title` is what Jira calls the summary.
fn field<'c>(catalogue: &'c Catalogue, alias: &Alias) -> Option<&'c FieldFacts> {
    let all: Vec<_> = catalogue.types.iter().flat_map(|own| &own.fields).collect();
    let wanted = if alias.as_str() == "title" { "summary" } else { alias.as_str() };
    let wanted = wanted.to_ascii_lowercase().replace('_', "-");
    let mut found: Vec<&FieldFacts> = Vec::new();
    for facts in all {
        let is_same = slug(&facts.field.to_string()) == wanted;
        if is_same && !found.iter().any(|other| other.field == facts.field) {
            found.push(facts);
        }
    }
    let [one] = found[..] else { return None };
    Some(one)
}
