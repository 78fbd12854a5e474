//! The rules of minimum change: what an object of the target is to become, given the same object of the file.
//!
//! Each rule is one function, and says what it keeps although the file does not have it.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::OnceLock;

use super::guard::doubt::{left_out, nowhere};
use super::limits::Limits;
use super::lists::{List, disable_options};
use super::matching::Matched;
use super::pair::Pair;
use super::{Options, Reason, accounts, contexts, drafts, extra, option_sets, queries, silent_lines};
use crate::diff::{Change, diff, has_identity, pairs};
use crate::mapping::kind;
use crate::model::{Element, Identity, Snapshot, canonicalize, counts, rank, settle};
use crate::schema::{DeclId, Declaration, Missing, Schema};

/// An object as it is to be.
pub(super) struct Desired {
    pub(super) object: Element,
    /// What is worth a look if the object changes.
    pub(super) warnings: Vec<String>,
    /// What the file would change besides, and what is changed only if the user asks for it.
    pub(super) held: Vec<Change>,
    /// Why it cannot be: it names what it means something else without, and what is nowhere.
    pub(super) lacking: Option<Reason>,
}

impl Desired {
    fn of(object: Element, warnings: Vec<String>, lacking: Option<Reason>) -> Self {
        Self { object: finished(object), warnings, held: Vec::new(), lacking }
    }
}

/// Returns an object as it is to be.
pub(super) fn desired(
    pair: &Pair<'_>,
    matched: &Matched<'_>,
    target: &Snapshot,
    limits: &mut Limits<'_>,
    options: &Options,
) -> Desired {
    let mut new = pair.new.clone().into_owned();
    let mut warnings: Vec<String> = pair.extra.iter().cloned().collect();
    limits.apply(&mut new);
    if options.smart_contexts && new.tag() == "customField" {
        warnings.extend(contexts::apply(&mut new, pair.old, &matched.imported));
    }
    option_sets::as_the_place_names_them(&mut new, pair.old, limits.abilities());
    let unknown = known_projects_only(&mut new, matched, target, &mut warnings);
    let lacking = unknown.or_else(|| without_skipped(&mut new, pair.old, matched, target));
    if options.publish_drafts {
        drafts::publish(&mut new);
    }
    warnings.extend(lost(&mut new, pair.old));
    let Some(old) = pair.old else {
        jiras_own_schemes(&mut new, matched);
        return Desired::of(new, warnings, lacking);
    };
    what_is_always_there_stays(&mut new, old);
    queries::stay(&mut new, old, matched, target);
    accounts::stay(&mut new, old, matched, target);
    match new.tag() {
        "customField" => {
            if old.get("locked").is_some() || new.get("locked").is_some() {
                return unchanged(old);
            }
            options_are_disabled(&mut new, old);
        }
        "user" | "group" if pair.is_only_named => return unchanged(old),
        "user" if !options.update_users => {
            return Desired { held: diff(old, &finished(new)), ..unchanged(old) };
        }
        "group" if !options.update_users => {
            let held = members_stay(&mut new, old);
            return Desired { held, ..Desired::of(new, warnings, lacking) };
        }
        "screen" | "fieldConfiguration" => {
            other_fields_stay(&mut new, old, matched);
            silent_lines::are_as_none(&mut new, old, limits.abilities());
        }
        "workflowEntry" | "workflowScheme" if pair.new.get("draft").is_none() => {
            warnings.extend(drafts::keep(&mut new, old));
        }
        _ => {}
    }
    Desired::of(new, warnings, lacking)
}

/// What led nowhere where the file comes from is unknown: in its place stays what is there. Returns what is worth a look.
fn lost(new: &mut Element, old: Option<&Element>) -> Vec<String> {
    let becomes = match old {
        Some(_) => "what the target has in its place stays as it is",
        None => "it is left out",
    };
    let told = settle(new, old).into_iter();
    told.map(|what| format!("{what} led nowhere where the file comes from: {becomes}")).collect()
}

fn unchanged(old: &Element) -> Desired {
    Desired { object: old.clone(), warnings: Vec::new(), held: Vec::new(), lacking: None }
}

/// The members of a group that is there stay as they are, for the group may give rights far beyond what is imported: a file from
/// a test system must not take the administrators out of their group. Returns what the file would change in them.
fn members_stay(new: &mut Element, old: &Element) -> Vec<Change> {
    let is_member = |own: &Element| ["memberUser", "memberGroup"].contains(&own.tag());
    let mut wanted = old.clone();
    let Some(children) = new.children_mut() else { return Vec::new() };
    if let Some(before) = wanted.children_mut() {
        before.retain(|own| !is_member(own));
        before.extend(children.iter().filter(|own| is_member(own)).cloned());
    }
    children.retain(|own| !is_member(own));
    children.extend(old.children().iter().filter(|own| is_member(own)).cloned());
    diff(old, &finished(wanted))
}

fn finished(mut new: Element) -> Element {
    rank(&mut new);
    canonicalize(&mut new);
    new
}

/// Contexts and shares may name projects that the file does not describe: those that the target lacks are left out.
fn known_projects_only(
    new: &mut Element,
    matched: &Matched<'_>,
    target: &Snapshot,
    warnings: &mut Vec<String>,
) -> Option<Reason> {
    let unknown = |identity: &Identity| {
        Schema::get().kind(identity.kind).name == "project"
            && !target.objects.contains_key(identity)
            && target.unseen.hides(identity).is_none()
            && !matched.describes(identity)
    };
    let mut left_out: BTreeSet<String> = BTreeSet::new();
    // A share with a project, or with one of its roles, goes wholly.
    if let Some(children) = new.children_mut() {
        children.retain(|share| {
            let project = (share.tag() == "sharedWith").then(|| crate::usage::project_of(share)).flatten();
            let identity = project.map(|key| Identity::named(kind("project"), key));
            let goes = identity.as_ref().is_some_and(unknown);
            left_out.extend(project.filter(|_| goes).map(str::to_owned));
            !goes
        });
    }
    match crate::select::prune_or_whole(new, &unknown) {
        Ok(pruned) => left_out.extend(pruned.iter().map(|own| own.name().to_owned())),
        Err(lacking) => return Some(nowhere(&lacking)),
    }
    if !left_out.is_empty() {
        let keys = left_out.into_iter().collect::<Vec<_>>().join(", ");
        warnings.push(format!(
            "it names projects that neither the file nor the target has, which are left out: {keys} (`--create-extra-projects`)"
        ));
    }
    None
}

/// What the user leaves out and the target does not have cannot be referred to; a row of the target that leads nowhere does no
/// harm. Returns why the object cannot be without it.
fn without_skipped(
    new: &mut Element,
    old: Option<&Element>,
    matched: &Matched<'_>,
    target: &Snapshot,
) -> Option<Reason> {
    let mut named_before = HashSet::new();
    if let (Some(old), false) = (old, matched.skipped.is_empty()) {
        super::each_reference(old, &mut |own| named_before.extend([own]));
    }
    let missing = |identity: &Identity| {
        matched.is_skipped(identity)
            && !target.objects.contains_key(identity)
            && !named_before.contains(identity)
    };
    let wanted = (!matched.skipped.is_empty()).then(|| new.clone());
    // Jira's own default is what a new object gets in its place.
    let other = |identity: &Identity| missing(identity) && !matched.is_own_default(identity);
    if let (None, Some(lacking)) = (old, crate::select::essential_if_new(new, &other)) {
        return Some(left_out(&lacking));
    }
    let lacking = crate::select::prune_or_whole(new, &missing).err();
    if let (None, Some(wanted), Some(old)) = (&lacking, &wanted, old) {
        keep_in_place(new, wanted, old);
    }
    lacking.map(|own| left_out(&own))
}

/// What the file has in the place of something else, and what is left out, leaves that as it is.
fn keep_in_place(new: &mut Element, wanted: &Element, old: &Element) {
    let is_single = |own: &&Element| Schema::get().declaration(own.declaration).items.is_none();
    let gone = wanted.children().iter().filter(is_single).filter(|own| new.child(own.declaration).is_none());
    let kept: Vec<Element> = gone.filter_map(|own| old.child(own.declaration).cloned()).collect();
    new.children_mut().into_iter().for_each(|children| children.extend(kept.iter().cloned()));
}

/// What Jira has of every object (whether a version is released, the priority scheme of a project from Jira 7.6 on) stays as it is
/// where the file says nothing of it. What is new gets Jira's default, which the next import finds as it is.
fn what_is_always_there_stays(new: &mut Element, old: &Element) {
    let schema = Schema::get();
    for &declaration in schema.children(old.declaration) {
        let of = |element: &Element| -> Vec<Element> {
            element.children().iter().filter(|own| own.declaration == declaration).cloned().collect()
        };
        let child = schema.declaration(declaration);
        if let Some(always) = &child.always
            && !of(new).iter().any(|own| counts(always, own))
        {
            let kept = of(old).into_iter().filter(|own| counts(always, own));
            new.children_mut().into_iter().for_each(|children| children.extend(kept.clone()));
        }
        if !with_always().contains(&declaration) {
            continue;
        }
        let before = of(old);
        let same = match &child.items {
            Some(items) if has_identity(items) => pairs(items, &before, &of(new)),
            Some(_) => Vec::new(),
            None => vec![(0, 0)],
        };
        let own = new.children_mut().into_iter().flatten().filter(|own| own.declaration == declaration);
        for (at, own) in own.enumerate() {
            let number = same.iter().find(|(_, new)| *new == at).map(|(old, _)| *old);
            if let Some(before) = number.and_then(|number| before.get(number)) {
                what_is_always_there_stays(own, before);
            }
        }
    }
}

/// A new project of which the file does not say which permissions and screens it has gets Jira's own schemes, as in Jira itself.
fn jiras_own_schemes(new: &mut Element, matched: &Matched<'_>) {
    if new.tag() != "project" {
        return;
    }
    let needed = |scheme: &Declaration| {
        scheme.always.as_ref().is_some_and(|always| always.missing == Missing::Refused)
    };
    for (scheme, kind) in extra::schemes().filter(|(scheme, _)| needed(scheme)) {
        let own = matched.built_in(kind, "default").filter(|_| new.get(&scheme.name).is_none());
        let declaration = Schema::get().child(new.declaration, &scheme.name);
        if let (Some(own), Some(declaration), Some(children)) = (own, declaration, new.children_mut()) {
            children.push(Element::leaf(declaration, own.name()));
        }
    }
}

/// Returns the elements that hold, however deep, something that Jira always has.
fn with_always() -> &'static HashSet<DeclId> {
    static FOUND: OnceLock<HashSet<DeclId>> = OnceLock::new();
    FOUND.get_or_init(|| {
        let schema = Schema::get();
        let mut found = HashSet::new();
        loop {
            let before = found.len();
            for &child in schema.types().flat_map(|(_, ty)| ty.children()) {
                let holds =
                    |inner: &DeclId| schema.declaration(*inner).always.is_some() || found.contains(inner);
                if schema.children(child).iter().any(holds) {
                    found.insert(child);
                }
            }
            if found.len() == before {
                return found;
            }
        }
    })
}

/// Options are never removed, for issues may have them: one that the file lacks is disabled, and stays where it is.
pub(crate) fn options_are_disabled(new: &mut Element, old: &Element) {
    for_each_config(new, old, &mut disable_options);
}

/// Calls `each` with the configurations that both fields have, by the names of context and configuration.
fn for_each_config<'a>(new: &mut Element, old: &'a Element, each: &mut dyn FnMut(&mut Element, &Element)) {
    const CONTEXT: &str = "customFieldConfigScheme";
    let named = |owner: &'a Element, tag: &str| -> HashMap<Option<Identity>, &'a Element> {
        owner.all(tag).map(|own| (Identity::of_definition(own), own)).collect()
    };
    let contexts = named(old, CONTEXT);
    for context in new.children_mut().into_iter().flatten().filter(|own| own.tag() == CONTEXT) {
        let Some(old) = contexts.get(&Identity::of_definition(context)) else { continue };
        let configs = named(old, "config");
        for config in context.children_mut().into_iter().flatten().filter(|own| own.tag() == "config") {
            if let Some(old) = configs.get(&Identity::of_definition(config)) {
                each(config, old);
            }
        }
    }
}

/// A file that describes only some custom fields says nothing about the others: they stay on screens and in field
/// configurations, where they are.
fn other_fields_stay(new: &mut Element, old: &Element, matched: &Matched<'_>) {
    if matched.all_fields {
        return;
    }
    let field_of = |item: &Element| {
        let field = item.get("field").or_else(|| item.get("fieldName"));
        field.and_then(|field| Identity::of_reference(field, &[]))
    };
    // What the file places without describing it (a field that is left out, and that the target has) it does say something of.
    let items = new.children().iter().flat_map(|part| std::iter::once(part).chain(part.children()));
    let placed: HashSet<Identity> = items.filter_map(field_of).collect();
    let unnamed = |item: &Element| {
        field_of(item).is_some_and(|identity| !matched.describes(&identity) && !placed.contains(&identity))
    };
    if new.tag() == "fieldConfiguration" {
        let kept: Vec<Element> =
            old.all("individualFieldConfig").filter(|line| unnamed(line)).cloned().collect();
        if let Some(children) = new.children_mut() {
            children.extend(kept);
        }
        return;
    }
    let same = |a: &Element, b: &Element| Identity::of_definition(a) == Identity::of_definition(b);
    for tab in new.children_mut().into_iter().flatten().filter(|own| own.tag() == "screenTab") {
        let Some(old) = old.all("screenTab").find(|old| same(old, tab)) else { continue };
        let name = |item: &Element| {
            item.get("field").map(|field| (field.text().to_owned(), field.attributes.clone()))
        };
        let list = List { tag: "fieldScreenLayoutItem", rank: "position", name: &name, group: "" };
        list.keep(tab, old, &unnamed, &|_| {});
    }
}
