//! What a well-formed file may still get wrong: two objects of one identity, references to nothing, what contradicts itself, and what nobody can read.
//!
//! Pure: it looks at the tree only, and finds everything in one walk for each question.

mod lacks;
mod rules;
mod unknown;

use indexmap::IndexMap;

use crate::model::{Element, Found, Identity, Index, Path, Problem, canonicalize, near, references};
use crate::schema::{Content, DeclId, KeyPart, KindId, Relation, Schema};

pub(crate) use rules::is_sound;

/// How many references to nothing get a hint of their own: looking for near names takes time, and a file with more
/// mistakes has one cause for them.
const HINTED: usize = 20;

/// Returns what is wrong with a tree, in the order of the file.
pub fn check(root: &Element) -> Vec<Problem> {
    let mut problems = Vec::new();
    duplicates(root, &mut Vec::new(), &mut problems);
    dangling(root, &mut problems);
    contradictions(root, &mut Vec::new(), &mut problems);
    rules::contradictions(root, &mut Vec::new(), &mut problems);
    unknown::find(root, &mut Vec::new(), &mut problems);
    lacks::lacks(root, &mut Vec::new(), &mut problems);
    problems.sort_by_key(|problem| problem.span.as_ref().map_or(0, |span| span.start));
    problems
}

/// Finds items of a set that have the same identity.
fn duplicates<'a>(parent: &'a Element, way: &mut Vec<&'a Element>, problems: &mut Vec<Problem>) {
    let schema = Schema::get();
    way.push(parent);
    let mut seen: IndexMap<(DeclId, Vec<&str>), Vec<&Element>> = IndexMap::new();
    for child in parent.children() {
        let items = &schema.declaration(child.declaration).items;
        if items.as_ref().is_some_and(|items| items.relation == Relation::Set) {
            seen.entry((child.declaration, identity_values(child))).or_default().push(child);
        }
        duplicates(child, way, problems);
    }
    for ((declaration, values), mut same) in seen {
        let declaration = schema.declaration(declaration);
        let Some(items) = &declaration.items else { continue };
        if same.len() < 2 {
            continue;
        }
        // Grants and the like have no name: only those that are equal are the same.
        if items.identity.iter().any(|key| key.part == KeyPart::Whole) {
            same = repeated(&same);
        } else {
            same.remove(0);
        }
        let named = values.iter().filter(|value| !value.is_empty()).map(|value| format!("`{value}`"));
        let named = named.collect::<Vec<_>>().join(", ");
        let message = if named.is_empty() {
            format!("this `<{}>` stands twice in its place", declaration.name)
        } else {
            format!("there is a second `<{}>` {named}", declaration.name)
        };
        for child in same {
            let mut path = Path::through(way.iter().copied());
            path.enter(child);
            problems.push(
                Problem::error("duplicate", message.clone())
                    .at(start_span(child))
                    .on(path)
                    .help(format!("{} tells them apart: rename or delete one", words(items))),
            );
        }
    }
    way.pop();
}

/// Finds elements that say that nothing else is there, where something is.
fn contradictions<'a>(parent: &'a Element, way: &mut Vec<&'a Element>, problems: &mut Vec<Problem>) {
    let schema = Schema::get();
    way.push(parent);
    let alone = parent.children().iter().find(|child| schema.declaration(child.declaration).is_alone);
    if let Some(alone) = alone {
        let is_other = |child: &&Element| {
            child.declaration != alone.declaration
                && !schema.tells_apart(parent.declaration, child.declaration)
        };
        if let Some(other) = parent.children().iter().find(is_other) {
            let (own, tag) = (alone.tag(), other.tag());
            let mut path = Path::through(way.iter().copied());
            path.enter_open(alone.declaration, &[]);
            problems.push(
                Problem::error("contradiction", format!("`<{own}>` stands beside `<{tag}>`"))
                    .at(start_span(alone))
                    .on(path)
                    .help(format!("delete `<{own}>`, or everything that is not to be there")),
            );
        }
    }
    parent.children().iter().for_each(|child| contradictions(child, way, problems));
    way.pop();
}

/// Returns the elements that have an equal one before them.
fn repeated<'a>(elements: &[&'a Element]) -> Vec<&'a Element> {
    let mut sorted: Vec<(Element, &Element)> = elements
        .iter()
        .map(|element| {
            let mut copy = (*element).clone();
            canonicalize(&mut copy);
            (copy, *element)
        })
        .collect();
    sorted.sort_by(|a, b| a.0.compare(&b.0));
    sorted.windows(2).filter(|pair| pair[0].0 == pair[1].0).map(|pair| pair[1].1).collect()
}

fn words(items: &crate::schema::Items) -> String {
    let keys: Vec<_> = items.identity.iter().map(|key| key.spelling.as_str()).collect();
    match keys[..] {
        ["."] => "their text".to_owned(),
        ["*"] => "all their content".to_owned(),
        _ => format!("their {}", keys.join(" and ")),
    }
}

/// Returns the values that tell an item of a set from the others.
fn identity_values(item: &Element) -> Vec<&str> {
    let schema = Schema::get();
    let declaration = schema.declaration(item.declaration);
    let mut values = Vec::new();
    for key in declaration.items.iter().flat_map(|items| &items.identity) {
        let Some(target) = item.at(key) else {
            values.push("");
            continue;
        };
        values.push(target.value_here(key));
        // The same name with another identity attribute (a sub-task type, a field of another type) is another item.
        if key.part == KeyPart::Value
            && matches!(schema.type_of(target.declaration).content, Content::Reference(_))
        {
            let rank = declaration.items.as_ref().and_then(|items| items.rank.as_ref()).map(|rank| rank.part);
            let own =
                target.attributes.iter().filter(|(number, _)| rank != Some(KeyPart::Attribute(*number)));
            values.extend(own.map(|(_, value)| &**value));
        }
    }
    if let Some(number) = schema.attribute(declaration.ty, crate::schema::DUPLICATE)
        && declaration.kind.is_some()
    {
        values.push(item.attribute(number).unwrap_or_default());
    }
    values
}

/// Calls `each` with every reference to an object that the file does not describe but has to.
pub fn missing<'a>(root: &'a Element, each: &mut dyn FnMut(&Found<'a, '_>)) {
    missing_in(root, &Index::new(root), each);
}

fn missing_in<'a>(root: &'a Element, index: &Index<'a>, each: &mut dyn FnMut(&Found<'a, '_>)) {
    let unlisted = unlisted_kinds(root);
    references(root, &mut |found| {
        if !found.weak && !unlisted.contains(&found.target.kind) && index.resolve(&found).is_none() {
            each(&found);
        }
    });
}

/// Finds references to objects that the file does not describe.
fn dangling(root: &Element, problems: &mut Vec<Problem>) {
    let schema = Schema::get();
    let index = Index::new(root);
    let mut hinted = 0;
    missing_in(root, &index, &mut |found| {
        let kind = schema.kind(found.target.kind);
        let mut path = Path::through(found.ancestors.iter().copied());
        path.enter(found.element);
        hinted += 1;
        let help = if hinted <= HINTED { hint(found, &index) } else { None };
        let help = help.unwrap_or_else(|| match schema.container(found.target.kind) {
            Some(container) => {
                format!("describe it in `<{}>`, or refer to another", schema.declaration(container).name)
            }
            None => "describe it where it belongs, or refer to another".to_owned(),
        });
        problems.push(
            Problem::error("dangling", format!("no {} `{}`", kind.in_words(), found.target))
                .at(start_span(found.element))
                .on(path)
                .help(help),
        );
    });
}

/// Says what a reference to nothing may have meant.
fn hint(found: &Found<'_, '_>, index: &Index<'_>) -> Option<String> {
    if let Some(container) = found.container {
        return Some(format!("it is looked for in `{container}`"));
    }
    same_name(&found.target, index)
        .or_else(|| near(found.target.name(), index.candidates(found).iter().copied()))
}

/// Says which objects have the name but another identity.
fn same_name(target: &Identity, index: &Index<'_>) -> Option<String> {
    let mut same: Vec<_> = index
        .of_kind(target.kind)
        .filter(|identity| identity.name() == target.name())
        .map(|identity| format!("`{identity}`"))
        .collect();
    same.sort();
    same.truncate(3);
    (!same.is_empty()).then(|| format!("did you mean {}?", same.join(" or ")))
}

/// Returns the kinds that the file says it does not describe.
fn unlisted_kinds(root: &Element) -> Vec<KindId> {
    let schema = Schema::get();
    let users = schema.attribute(schema.declaration(root.declaration).ty, "users");
    match users.and_then(|number| root.attribute(number)) {
        Some("none") => ["user", "group"].into_iter().filter_map(|name| schema.kind_named(name)).collect(),
        _ => Vec::new(),
    }
}

/// Returns the place of an element; whoever shows it finds the text behind the start tag.
fn start_span(element: &Element) -> std::ops::Range<usize> {
    let start = element.start as usize;
    start..start
}
