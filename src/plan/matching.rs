//! Which object of the file is which object of the target.
//!
//! By identity; built-in objects by their mark, whatever their name; where the user says otherwise, by the mapping file.
//! From here on the file speaks the target's names.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::{BTreeMap, HashMap, HashSet};

use super::guard::doubt::{self, Doubts};
use super::guard::identity::{Names as Known, described_twice};
use super::guard::twins::Twins;
use super::named::{each_reference, renamed};
use super::pair::{Imported, Pair};
use super::unseen::{CODE as UNSEEN, hidden};
use super::world::World;
use super::{Facts, Options, Reason, Target, extra, places, positions, setting_identity};
use crate::model::{Config, Element, Identity, Snapshot, Unseen, canonicalize, follow, rank, set_identity};
use crate::schema::{Content as Allowed, DeclId, KindId, Schema};
use crate::select::{self, CustomFields, Users};

/// The objects of the file, matched.
#[derive(Debug)]
pub(super) struct Matched<'a> {
    /// The objects, in the order of the file.
    pub(super) pairs: Vec<Pair<'a>>,
    /// The elements beside objects, in the target's names.
    pub(super) settings: Vec<(DeclId, Element)>,
    /// Objects that cannot be matched.
    pub(super) refusals: Vec<(Identity, Reason)>,
    /// Objects that nothing may newly need.
    pub(super) doubts: Doubts,
    /// Objects that options leave out.
    pub(super) skipped: Vec<Identity>,
    /// The same, to look one up.
    left_out: HashSet<Identity>,
    /// Those of them that are Jira's own defaults.
    own_defaults: HashSet<Identity>,
    /// What the target calls the objects of the pairs.
    described_here: HashSet<Identity>,
    /// The built-in objects of the target by their marks.
    marks: HashMap<(KindId, String), Identity>,
    /// The projects that the file brings: their keys, and the category that each has.
    pub(super) imported: Imported,
    /// Whether the file describes all custom fields that it uses, or only some.
    pub(super) all_fields: bool,
    /// Whether the file leaves out accounts that are not valid.
    pub(super) ignores_invalid: bool,
    /// What the file calls its objects.
    described: Vec<Identity>,
    /// What the target calls those of the file that it calls otherwise.
    names: HashMap<Identity, Identity>,
    /// The same the other way round.
    pub(super) names_in_file: HashMap<Identity, Identity>,
    worlds: [OnceCell<World>; 2],
}

/// An object of the file that is imported.
struct Named<'e> {
    /// What the target calls it.
    found: Identity,
    /// What the file calls it.
    named: &'e Identity,
    element: &'e Element,
    /// What the mapping file says of it.
    chosen: Option<&'e Target>,
}

impl<'a> Matched<'a> {
    pub(super) fn new(target: &'a Snapshot, facts: &Facts, file: &Config, options: &Options) -> Self {
        let objects: Vec<(Identity, &Element)> = objects(file);
        let marks = marks(target);
        let known = Known::new(target, facts);
        let mut names: HashMap<Identity, Identity> = HashMap::new();
        let mut refusals = Vec::new();
        let mut skipped = Vec::new();
        let mut own_defaults = HashSet::new();
        let mut kept = Vec::new();
        let addresses = addresses(&objects);
        let is_alone = |own: &Element| addresses.get(&address(own)) == Some(&1);
        for (identity, element) in &objects {
            let chosen = options.mapping.get(identity);
            if chosen == Some(&Target::Skip) || options.skip.iter().any(|skip| skip.selects(identity)) {
                skipped.push(identity.clone());
                own_defaults.extend((mark(element) == Some("default")).then(|| identity.clone()));
                continue;
            }
            let found = match chosen {
                Some(Target::Match(name) | Target::Create(name)) => renamed(target, identity, name),
                _ => mark(element)
                    .and_then(|mark| marks.get(&(identity.kind, mark.to_owned())).cloned())
                    .or_else(|| known.by_address(identity, element).filter(|_| is_alone(element)).cloned())
                    .unwrap_or_else(|| identity.clone()),
            };
            let found = known.account(&found).cloned().unwrap_or(found);
            if found != *identity {
                names.insert(identity.clone(), found.clone());
            }
            kept.push(Named { found, named: identity, element, chosen });
        }
        let mut kept = only(kept, options);
        for (identity, chosen) in mentioned(&kept, &known, options) {
            match chosen {
                Some(Target::Match(name) | Target::Create(name)) => {
                    let other = renamed(target, &identity, name);
                    names.insert(identity, other);
                }
                Some(Target::Skip) if skipped.contains(&identity) => {}
                Some(Target::Skip) => skipped.push(identity),
                Some(Target::Rename(_)) | None => {
                    names.extend(known.account(&identity).map(|own| (identity, own.clone())));
                }
            }
        }
        call_by_owners(&mut kept, &mut names);
        one_of_each_account(&mut kept);
        let twins = Twins::new(|| objects.iter().map(|(identity, element)| (identity, *element)));
        for own in kept.iter().filter(|own| own.chosen.is_some() || !is_only_named(own.element)) {
            let reason = known.refusal(&own.found, own.chosen, &twins);
            refusals.extend(reason.map(|reason| (own.found.clone(), reason)));
        }
        refusals.extend(described_twice(kept.iter().map(|own| (&own.found, own.named))));
        let is_said = |own: &&Named<'_>| matches!(own.chosen, Some(Target::Match(_)));
        let said = kept.iter().filter(is_said).map(|own| own.found.clone()).collect();
        let by_file = file.unseen();
        let twins = Twins::new(|| target.objects.iter().map(|(identity, own)| (identity, &own.element)));
        let mut doubts = doubt::of_target(&twins, &said);
        let mut seen: HashSet<Identity> = HashSet::new();
        let mut pairs: Vec<Pair<'_>> = kept
            .into_iter()
            .filter(|own| seen.insert(own.found.clone()))
            .map(|Named { found: identity, element, chosen, .. }| {
                let old = target.objects.get(&identity).map(|object| &object.element);
                let is_new = !options.keeps_existing || matches!(chosen, Some(Target::Create(_)));
                if let Some(old) = old.filter(|_| !is_new) {
                    let is_kept = element.tag() != "customField";
                    let new = match is_kept {
                        true => Cow::Borrowed(old),
                        false => {
                            Cow::Owned(with_contexts(old, in_words_of_target(element, &identity, &names)))
                        }
                    };
                    return Pair {
                        identity,
                        new,
                        old: Some(old),
                        is_only_named: false,
                        is_kept,
                        extra: None,
                    };
                }
                let new = match old {
                    Some(old) if names.is_empty() && old == element => Cow::Borrowed(old),
                    _ => Cow::Owned(in_words_of_target(element, &identity, &names)),
                };
                let is_only_named = is_only_named(&new);
                let new = without_mark_of_emptiness(new);
                let new = as_far_as_seen(new, old, &by_file, &target.unseen);
                Pair { identity, new, old, is_only_named, is_kept: false, extra: None }
            })
            .collect();
        let absent = pairs.iter().filter(|pair| pair.is_only_named && pair.old.is_none());
        doubts.extend(absent.map(|pair| {
            let reason = doubt::nobody_behind_the_name(&pair.identity);
            (pair.identity.clone(), reason)
        }));
        places::assign(&mut pairs, target);
        let imported = pairs.iter().filter(|pair| pair.new.tag() == "project");
        let category = |pair: &Pair<'_>| Identity::of_reference(pair.new.get("projectCategory")?, &[]);
        let imported = imported.map(|pair| (pair.identity.name().to_owned(), category(pair))).collect();
        if options.create_extra_projects {
            let extra = extra::projects(&pairs, target, options).into_iter().map(|(identity, new, why)| {
                let new = Cow::Owned(new);
                Pair { identity, new, old: None, is_only_named: false, is_kept: false, extra: Some(why) }
            });
            pairs.extend(extra);
        }
        for own in &pairs {
            let gap = match own.old {
                None => target.unseen.hides(&own.identity),
                Some(_) => target.unseen.object(&own.identity),
            };
            doubts.extend(gap.map(|gap| (own.identity.clone(), hidden(&own.identity, gap))));
        }
        let made_with = select::Options::recorded(&|name| file.root().attribute_named(name));
        let all_fields = made_with.custom_fields == CustomFields::All;
        let ignores_invalid = made_with.users == Users::IgnoreInvalid;
        let settings = settings(file, &names, options);
        let described_here = pairs.iter().map(|pair| pair.identity.clone()).collect();
        let left_out = skipped.iter().cloned().collect();
        let described = objects.into_iter().map(|(identity, _)| identity).collect();
        let mut names_in_file: HashMap<Identity, Identity> = HashMap::new();
        for (own, other) in &names {
            // Of several names the least, so that it is always the same.
            let least = names_in_file.entry(other.clone()).or_insert_with(|| own.clone());
            if own < least {
                least.clone_from(own);
            }
        }
        let worlds = [OnceCell::new(), OnceCell::new()];
        Self {
            pairs,
            settings,
            refusals,
            doubts,
            skipped,
            left_out,
            own_defaults,
            described_here,
            marks,
            imported,
            all_fields,
            ignores_invalid,
            described,
            names,
            names_in_file,
            worlds,
        }
    }

    /// Returns the target's built-in object of a mark.
    pub(super) fn built_in(&self, kind: KindId, mark: &str) -> Option<&Identity> {
        self.marks.get(&(kind, mark.to_owned()))
    }

    /// Returns what the target calls an object of the file.
    pub(super) fn in_target<'i>(&'i self, of_file: &'i Identity) -> &'i Identity {
        self.names.get(of_file).unwrap_or(of_file)
    }

    /// Returns what the file calls an object of the target.
    pub(super) fn in_file<'i>(&'i self, of_target: &'i Identity) -> &'i Identity {
        self.names_in_file.get(of_target).unwrap_or(of_target)
    }

    /// Returns what names mean where the file comes from.
    pub(super) fn names_of_file(&self) -> &World {
        self.worlds[0].get_or_init(|| World::of(self.described.iter()))
    }

    /// Returns what names mean in the target.
    pub(super) fn names_of(&self, target: &Snapshot) -> &World {
        self.worlds[1].get_or_init(|| World::of(target.objects.keys()))
    }

    /// Returns whether nobody sees in the target what an object is like, or whether it is there.
    pub(super) fn is_hidden(&self, identity: &Identity) -> bool {
        self.doubts.get(identity).is_some_and(|reason| reason.code == UNSEEN)
    }

    /// Returns whether options leave an object out.
    pub(super) fn is_skipped(&self, identity: &Identity) -> bool {
        self.left_out.contains(identity)
    }

    /// Returns whether options leave an object out that is Jira's own default of its kind.
    pub(super) fn is_own_default(&self, identity: &Identity) -> bool {
        self.own_defaults.contains(identity)
    }

    /// Returns whether the file describes an object of the target.
    pub(super) fn describes(&self, identity: &Identity) -> bool {
        self.described_here.contains(identity)
    }
}

/// Returns the objects that the file mentions and does not describe, as far as the mapping file says something of them or they are
/// accounts that the target spells otherwise.
fn mentioned<'o>(
    kept: &[Named<'_>],
    known: &Known<'_>,
    options: &'o Options,
) -> BTreeMap<Identity, Option<&'o Target>> {
    let mut mentioned = BTreeMap::new();
    let described: HashSet<&Identity> = kept.iter().map(|own| own.named).collect();
    for own in kept {
        each_reference(own.element, &mut |target| {
            let chosen = options.mapping.get(&target);
            if (chosen.is_some() || known.account(&target).is_some()) && !described.contains(&target) {
                mentioned.insert(target, chosen);
            }
        });
    }
    mentioned
}

/// Of accounts whose names differ in case only, and that are the same therefore, those go of which the file has nothing but the name.
fn one_of_each_account(kept: &mut Vec<Named<'_>>) {
    let mut known: HashSet<Identity> =
        kept.iter().filter(|own| !is_only_named(own.element)).map(|own| own.found.clone()).collect();
    kept.retain(|own| !is_only_named(own.element) || known.insert(own.found.clone()));
}

/// Returns the objects of a file, in its order.
fn objects(file: &Config) -> Vec<(Identity, &Element)> {
    let containers = file.root().children().iter();
    let all = containers.flat_map(Element::children);
    all.filter_map(|object| Some((Identity::of_definition(object)?, object))).collect()
}

/// Returns how many users of a file have each e-mail address.
fn addresses(objects: &[(Identity, &Element)]) -> HashMap<Option<String>, usize> {
    let mut count = HashMap::new();
    for (_, element) in objects.iter().filter(|(_, own)| own.tag() == "user") {
        *count.entry(address(element)).or_default() += 1;
    }
    count
}

fn address(user: &Element) -> Option<String> {
    user.text_of("email").map(str::to_lowercase)
}

/// Returns the elements beside the objects of a file.
fn settings(file: &Config, names: &HashMap<Identity, Identity>, options: &Options) -> Vec<(DeclId, Element)> {
    let mut settings = Vec::new();
    for container in file.root().children() {
        for child in container.children() {
            if Identity::of_definition(child).is_none()
                && options.includes_setting(&setting_identity(container.declaration, child))
            {
                settings.push((container.declaration, with_names(child, names)));
            }
        }
    }
    settings
}

/// Returns the mark of a built-in object.
fn mark(object: &Element) -> Option<&str> {
    object.text_of("builtIn")
}

/// Returns the built-in objects of the target by their marks.
fn marks(target: &Snapshot) -> HashMap<(KindId, String), Identity> {
    let marked = target.objects.iter().filter_map(|(identity, object)| {
        Some(((identity.kind, mark(&object.element)?.to_owned()), identity.clone()))
    });
    marked.collect()
}

/// Keeps what the user asked for, and all that it needs.
fn only<'e>(objects: Vec<Named<'e>>, options: &Options) -> Vec<Named<'e>> {
    if options.only.is_empty() {
        return objects;
    }
    let by_name: HashMap<&Identity, &Element> = objects.iter().map(|own| (own.named, own.element)).collect();
    let chosen = objects.iter().filter(|own| options.only.iter().any(|only| only.selects(own.named)));
    let mut waiting: Vec<Identity> = chosen.map(|own| own.named.clone()).collect();
    let mut kept: HashSet<Identity> = waiting.iter().cloned().collect();
    while let Some(identity) = waiting.pop() {
        let Some(object) = by_name.get(&identity) else { continue };
        crate::model::references(object, &mut |found| {
            let needed = found.owner().unwrap_or_else(|| found.target.clone());
            // What may be missing is not needed.
            if !found.weak && by_name.contains_key(&needed) && kept.insert(needed.clone()) {
                waiting.push(needed);
            }
        });
    }
    objects.into_iter().filter(|own| kept.contains(own.named)).collect()
}

/// Objects that are told apart by others, as filters are by their owners, have another identity where those have.
fn call_by_owners(kept: &mut [Named<'_>], names: &mut HashMap<Identity, Identity>) {
    let schema = Schema::get();
    let by_others = |object: &Element| {
        let keys = schema.declaration(object.declaration).items.iter().flat_map(|items| &items.identity);
        let mut others = keys.skip(1).filter_map(|key| key.path.last());
        others.any(|part| matches!(schema.type_of(*part).content, Allowed::Reference(_)))
    };
    let mut told_apart: Vec<&mut Named<'_>> = kept.iter_mut().filter(|own| by_others(own.element)).collect();
    // A board is told apart by its filter, and that by its owner.
    let mut is_settled = names.is_empty();
    while !is_settled {
        is_settled = true;
        for own in &mut told_apart {
            let Some(mut found) = Identity::of_definition(&with_names(own.element, names)) else { continue };
            found.fields[0] = own.found.fields[0].clone();
            if found != own.found {
                own.found = found.clone();
                names.insert(own.named.clone(), found);
                is_settled = false;
            }
        }
    }
}

/// Returns whether nothing but the name of a user or group is written.
fn is_only_named(object: &Element) -> bool {
    ["user", "group"].contains(&object.tag()) && object.children().len() == 1
}

/// Returns an object of the file with what could not be seen where it comes from as the target has it, and without what the
/// target does not show: nothing of either is compared.
fn as_far_as_seen<'a>(
    mut new: Cow<'a, Element>,
    old: Option<&Element>,
    by_file: &Unseen,
    by_target: &Unseen,
) -> Cow<'a, Element> {
    if let Some(old) = old
        && !(by_file.is_empty() && by_target.is_empty())
    {
        by_file.fill(new.to_mut(), old);
        by_target.take_out(new.to_mut(), old);
    }
    new
}

/// A file says of an empty group that it is empty; a target has no need to.
fn without_mark_of_emptiness(mut object: Cow<'_, Element>) -> Cow<'_, Element> {
    if object.tag() == "group"
        && object.get("empty").is_some()
        && let Some(children) = object.to_mut().children_mut()
    {
        children.retain(|child| child.tag() != "empty");
    }
    object
}

/// Returns an object as the target would say it.
fn in_words_of_target(object: &Element, identity: &Identity, names: &HashMap<Identity, Identity>) -> Element {
    let mut object = with_names(object, names);
    set_identity(&mut object, identity);
    rank(&mut object);
    if object.tag() == "workflowEntry" {
        positions::count(&mut object);
    }
    canonicalize(&mut object);
    object
}

/// Returns a field of the target with the contexts that the file has.
fn with_contexts(old: &Element, described: Element) -> Element {
    const CONTEXT: &str = "customFieldConfigScheme";
    let mut field = old.clone();
    if let Some(children) = field.children_mut() {
        children.retain(|child| child.tag() != CONTEXT);
        children.extend(described.all(CONTEXT).cloned());
    }
    canonicalize(&mut field);
    field
}

/// Returns an element in which every reference has the target's name.
fn with_names(element: &Element, names: &HashMap<Identity, Identity>) -> Element {
    let mut result = element.clone();
    if !names.is_empty() {
        follow(&mut result, &|identity| names.get(identity).cloned());
    }
    result
}
