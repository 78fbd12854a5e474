//! The documentation of the format, made from the schema: every element with its meaning, type, identity and example.
//!
//! `docs/format.md` holds what these functions return; a test compares them.

use std::fmt::Write as _;

use super::{
    Belongs, Content, Declaration, Demand, Form, Items, Known, Missing, Relation, Rule, Said, Schema, Simple,
    Target, Type, TypeId, Values,
};

impl Schema {
    /// Returns the order of repeated elements as a Markdown table: parent, child, what the children are ordered by.
    pub fn order_table(&self) -> String {
        let mut table = String::from("| parent | child | ordered by |\n|---|---|---|\n");
        for (id, ty) in self.types() {
            for &child in ty.children() {
                let child = self.declaration(child);
                let Some(items) = &child.items else { continue };
                let parents: Vec<_> = self.tags(id).iter().map(|tag| format!("`{tag}`")).collect();
                let _ = writeln!(table, "| {} | `{}` | {} |", parents.join(", "), child.name, order(items));
            }
        }
        table
    }

    /// Returns the kinds of objects as a Markdown table: what people call one, and whose they are.
    pub fn kinds_table(&self) -> String {
        let mut table =
            String::from("| kind | for people | part of | belongs to | chosen by |\n|---|---|---|---|---|\n");
        for (_, kind) in self.kinds() {
            let within: Vec<_> = kind.within.iter().map(|tag| format!("`{tag}`")).collect();
            let belongs = match kind.belongs {
                Belongs::Project => "projects, which are made of them",
                Belongs::EveryProject => "every project",
                Belongs::Nobody => "",
            };
            let chosen = kind.chosen.as_ref().map(|option| format!("`{option}`")).unwrap_or_default();
            let (name, words) = (&kind.name, &kind.words);
            let _ = writeln!(table, "| `{name}` | {words} | {} | {belongs} | {chosen} |", within.join(", "));
        }
        table
    }

    /// Returns the description of every element as Markdown.
    pub fn elements(&self) -> String {
        let mut text = String::new();
        for (id, ty) in self.types() {
            if ty.children().is_empty() {
                continue;
            }
            let tags: Vec<_> = self.tags(id).iter().map(|tag| format!("`{tag}`")).collect();
            let _ = writeln!(text, "### {}\n\n{}\n", tags.join(", "), ty.doc);
            if let Content::Choice(_) = ty.content {
                let _ = writeln!(text, "Exactly one of these elements.\n");
            }
            for rule in &ty.rules {
                let _ = writeln!(text, "- {}", self.rule(rule));
            }
            if !ty.rules.is_empty() {
                text.push('\n');
            }
            self.attributes(ty, &mut text);
            let _ =
                writeln!(text, "| element | type | how often | meaning | example |\n|---|---|---|---|---|");
            for &child in ty.children() {
                self.row(self.declaration(child), matches!(ty.content, Content::Choice(_)), &mut text);
            }
            text.push('\n');
        }
        text
    }

    /// Returns a rule in words.
    fn rule(&self, rule: &Rule) -> String {
        let names = |all: &[super::DeclId], word: &str| {
            let names: Vec<_> = all.iter().map(|id| format!("`{}`", self.declaration(*id).name)).collect();
            names.join(word)
        };
        let said = |said: &Said| {
            let of = names(&said.of, " or ");
            let values: Vec<_> = said.values.iter().map(|value| format!("`{value}`")).collect();
            match (&values[..], said.least) {
                ([], 1) => of,
                ([], least) => format!("{least} or more of {of}"),
                _ => format!("{of} of {}", values.join(" or ")),
            }
        };
        let when = rule.when.as_ref().map_or(String::new(), |when| format!("With {}: ", said(when)));
        let demand = match &rule.demand {
            Demand::One { of, or_none: true } => format!("at most one of {}", names(of, ", ")),
            Demand::One { of, or_none: false } => format!("exactly one of {}", names(of, ", ")),
            Demand::Needs(what) => format!("there must be {}", said(what)),
            Demand::Forbids(what) => format!("there must not be {}", said(what)),
        };
        format!("{when}{demand}.")
    }

    /// Returns the simple types and the references as Markdown.
    pub fn values(&self) -> String {
        let mut text = String::from("| type | values | meaning |\n|---|---|---|\n");
        let mut simple: Vec<&Simple> = self
            .types
            .iter()
            .filter_map(|ty| if let Content::Leaf(value) = &ty.content { Some(value) } else { None })
            .chain(self.types.iter().flat_map(|ty| &ty.attributes).map(|attribute| &attribute.value))
            .filter(|value| value.values != Values::Any || value.form.is_some() || value.known.is_some())
            .collect();
        simple.sort_by(|a, b| a.name.cmp(&b.name));
        simple.dedup_by(|a, b| a.name == b.name);
        for value in simple {
            let values = match &value.values {
                Values::OneOf(values) => {
                    values.iter().map(|value| format!("`{value}`")).collect::<Vec<_>>().join(" ")
                }
                _ => meaning(value).unwrap_or_else(|| value.expectation()),
            };
            let _ = writeln!(text, "| {} | {values} | {} |", value.name, value.doc);
        }
        text.push_str("\n| reference | names | attributes | meaning |\n|---|---|---|---|\n");
        for ty in &self.types {
            let Content::Reference(reference) = &ty.content else { continue };
            let target = match &reference.target {
                Target::Unchecked => "what stands in its place".to_owned(),
                Target::Kind(kind) => format!("`{}`", self.kind(*kind).name),
                Target::BySibling { kinds, .. } => {
                    let names = kinds.iter().map(|(_, kind)| format!("`{}`", self.kind(*kind).name));
                    names.collect::<Vec<_>>().join(" or ")
                }
            };
            let attributes = ty.attributes.iter().map(|attribute| format!("`{}`", attribute.name));
            let attributes = attributes.collect::<Vec<_>>().join(" ");
            let _ = writeln!(text, "| {} | {target} | {attributes} | {} |", ty.name, ty.doc);
        }
        text
    }

    /// Returns the tags of the elements that have a type, in the order of the schema.
    fn tags(&self, id: TypeId) -> Vec<&str> {
        let mut tags: Vec<&str> = Vec::new();
        for declaration in self.declarations.iter().filter(|own| own.ty == id) {
            if !tags.contains(&declaration.name.as_str()) {
                tags.push(&declaration.name);
            }
        }
        tags
    }

    fn attributes(&self, ty: &Type, text: &mut String) {
        if ty.attributes.is_empty() {
            return;
        }
        let _ = writeln!(text, "| attribute | type | how often | meaning |\n|---|---|---|---|");
        for attribute in &ty.attributes {
            let often = if attribute.required { "1" } else { "0..1" };
            let _ = writeln!(
                text,
                "| `{}` | {} | {often} | {} |",
                attribute.name, attribute.value.name, attribute.doc
            );
        }
        text.push('\n');
    }

    fn row(&self, child: &Declaration, choice: bool, text: &mut String) {
        let often = match (&child.items, child.required || choice) {
            (Some(_), true) => "1..n",
            (Some(_), false) => "0..n",
            (None, true) => "1",
            (None, false) => "0..1",
        };
        let mut meaning = child.doc.clone();
        if let Some(items) = &child.items {
            let _ = write!(meaning, " Identity: {}.", identity(items));
        }
        if let Some(list) = child.among {
            let _ = write!(meaning, " It is one of the `{}` beside it.", self.declaration(list).name);
        }
        if let Some(absent) = &child.absent {
            let _ = write!(meaning, " `{absent}` is accepted when reading, and never written.");
        }
        if let Some(always) = &child.always {
            let what = match (&always.without, child.items.is_some()) {
                (Some(without), _) => format!("one without `{without}`"),
                (None, true) => "at least one".to_owned(),
                (None, false) => "it".to_owned(),
            };
            let new = match always.missing {
                Missing::Refused => ", and what is new needs it",
                _ => "",
            };
            let _ = write!(
                meaning,
                " Jira always has {what}: an import of a file without it leaves it as it is{new}."
            );
        }
        if let Some(since) = &child.since {
            let _ = write!(meaning, " Jira {} on.", since.version);
        }
        if let Some(otherwise) = &child.otherwise {
            let kind = &self.kind(otherwise.kind).name;
            let what = match otherwise.without {
                Some(without) => format!("one without `{}`", self.declaration(without).name),
                None => "it".to_owned(),
            };
            let _ = write!(meaning, " Without {what}, Jira's own `{kind}` is used.");
        }
        if let Some(alias) = &child.alias {
            let _ = write!(meaning, " The spelling `{alias}` is accepted when reading.");
        }
        let example = child.example.as_ref().map(|example| format!("`{example}`")).unwrap_or_default();
        let ty = &self.ty(child.ty).name;
        let _ = writeln!(text, "| `{}` | {ty} | {often} | {meaning} | {example} |", child.name);
    }
}

/// Returns which texts mean something.
fn meaning(text: &Simple) -> Option<String> {
    if let Some(Known { within, values }) = &text.known {
        let names: Vec<_> = values.iter().map(|name| format!("`{name}`")).collect();
        let within = if within.is_empty() { String::new() } else { format!(", in `{within}`") };
        return Some(format!("text; Jira's own{within}: {}", names.join(" ")));
    }
    text.form.map(|form| match form {
        Form::Jql => "text that is JQL".to_owned(),
        Form::Address => "text of the form `name@host`".to_owned(),
    })
}

fn identity(items: &Items) -> String {
    let keys: Vec<_> = items.identity.iter().map(|key| key.spelling.as_str()).collect();
    match keys[..] {
        ["."] => "its own value".to_owned(),
        ["*"] => "all of its content".to_owned(),
        _ => keys.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(" + "),
    }
}

fn order(items: &Items) -> String {
    if items.relation == Relation::Ordered {
        return "kept".to_owned();
    }
    let keys = items.sort.iter().map(|key| match key.spelling.as_str() {
        "." => "own value".to_owned(),
        key => key.replace('/', "."),
    });
    keys.collect::<Vec<_>>().join(", ")
}
