//! What a later export has of a file that was imported: all of it, but for what the rules of minimum change keep and an older
//! version cannot hold.

use std::collections::{BTreeMap, BTreeSet};

use pcfg::model::{Config, Element, Identity, Snapshot, canonicalize, rank, references};
use pcfg::plan::Limit;
use pcfg::schema::Schema;

/// Returns the members of a group.
pub(crate) fn members(group: &Element) -> Vec<&Element> {
    group.children().iter().filter(|own| ["memberUser", "memberGroup"].contains(&own.tag())).collect()
}

pub(crate) type Objects = BTreeMap<Identity, Element>;

pub(crate) fn objects(config: &Config) -> Objects {
    let all = config.root().children().iter().flat_map(Element::children);
    all.filter_map(|object| Some((Identity::of_definition(object)?, object.clone()))).collect()
}

/// Returns the elements that stand beside the objects of a file, such as the default priority.
fn settings(config: &Config) -> Vec<&Element> {
    let all = config.root().children().iter().flat_map(Element::children);
    all.filter(|element| Identity::of_definition(element).is_none()).collect()
}

/// A later export has the settings of the file; another one is as the target had it before.
pub(crate) fn settings_are_as_they_should(file: &Config, again: &Config, target: &Snapshot, place: &str) {
    let (wanted, has) = (settings(file), settings(again));
    assert!(wanted.iter().all(|own| has.contains(own)), "{place}: {has:?} beside the objects");
    for extra in has.iter().filter(|own| !wanted.contains(own)) {
        let before = target.settings.iter().map(|(_, own)| own);
        assert!(before.clone().any(|own| own == *extra), "{place}: {extra:?} is new beside the objects");
        let same = wanted.iter().find(|own| own.declaration == extra.declaration);
        assert_eq!(same, None, "{place}: the file has another");
    }
}

/// The objects of a file, and what the target had before.
pub(crate) struct Comparison<'a> {
    pub(crate) file: Objects,
    pub(crate) target: &'a Snapshot,
    pub(crate) limits: &'a BTreeSet<Limit>,
    /// Whether existing users and the members of existing groups were to be changed.
    pub(crate) is_update: bool,
    pub(crate) place: &'a str,
}

impl Comparison<'_> {
    /// Checks that a later export has what the file has; what may be different is what the rules of minimum change keep.
    pub(crate) fn check(&self, again: &Config) {
        let after = objects(again);
        let is_left_out =
            |own: &Element| own.tag() == "priorityScheme" && self.limits.contains(&Limit::PrioritySchemes);
        // What only left out parts use is not used, and so not exported.
        let mut used = BTreeSet::new();
        for wanted in after.keys().filter_map(|identity| self.file.get(identity)) {
            references(&self.as_imported(wanted), &mut |found| {
                used.insert(found.target);
            });
        }
        let is_needed = |identity: &Identity, wanted: &Element| {
            // A user or group may be in the file only as the member of a group that keeps its own members.
            let is_account = ["user", "group"].contains(&wanted.tag());
            let is_always = self.limits.is_empty() && (self.is_update || !is_account);
            // What only Jira's own workflow uses need not be in that of the target.
            let is_free = wanted.tag() == "status";
            (is_always && !is_free) || wanted.tag() == "project" || used.contains(identity)
        };
        for (identity, wanted) in self.file.iter().filter(|(_, wanted)| !is_left_out(wanted)) {
            let Some(found) = after.get(identity) else {
                assert!(!is_needed(identity, wanted), "{}: {identity} is not exported again", self.place);
                continue;
            };
            let (wanted, found) = (self.as_imported(wanted), self.without_kept(identity, wanted, found));
            assert_eq!(found, wanted, "{}: {} {identity}", self.place, wanted.tag());
        }
        for (identity, found) in after.iter().filter(|(identity, _)| !self.file.contains_key(identity)) {
            // Extra objects: all kinds that are always exported, and what these and fields that stay on screens use.
            let before = self.target.objects.get(identity).map(|object| without_rank(&object.element));
            assert_eq!(Some(without_rank(found)), before, "{}: {identity} was not touched", self.place);
        }
        for kind in ["priority", "resolution"] {
            assert_eq!(self.order(&after, kind), self.order(&self.file, kind), "{}", self.place);
        }
    }

    /// Returns an object of the file without the projects that the target does not have: they are not created.
    fn as_imported(&self, wanted: &Element) -> Element {
        let project = Schema::get().kind_named("project").unwrap();
        let is_unknown = |key: Option<&str>| {
            key.is_some_and(|key| {
                let identity = Identity::named(project, key);
                !self.file.contains_key(&identity) && !self.target.objects.contains_key(&identity)
            })
        };
        let mut wanted = without_rank(wanted);
        let goes = |part: &Element| match part.tag() {
            "sharedWith" if part.text_of("type") == Some("project") => is_unknown(part.text_of("name")),
            "sharedWith" => is_unknown(part.text_of("project")),
            "context" => is_unknown(part.text_of("projectContext")),
            _ => false,
        };
        retain(&mut wanted, &|part| !goes(part));
        let object = wanted.tag();
        let is_left_out = |part: &Element| {
            self.limits.iter().any(|limit| match limit {
                Limit::PrioritySchemes => part.tag() == "priorityScheme",
                Limit::ProjectTypes => object == "project" && part.tag() == "projectType",
                Limit::StatusCategories => object == "status" && part.tag() == "category",
                Limit::Icons => part.tag() == "iconUrl" && !pcfg::mapping::is_in_old_jira(part.text()),
                Limit::Managed => part.tag() == "managed",
                Limit::NamedPermissions => {
                    part.text_of("permission").is_some_and(|own| !pcfg::mapping::has_permission_number(own))
                }
                Limit::GroupDescriptions => object == "group" && part.tag() == "description",
                Limit::DashboardShares => object == "dashboard" && part.tag() == "sharedWith",
            })
        };
        retain(&mut wanted, &|part| !is_left_out(part));
        self.keep_members(&mut wanted);
        finished(wanted)
    }

    /// A group that the target has keeps its members unless they are to be changed.
    fn keep_members(&self, wanted: &mut Element) {
        let identity = Identity::of_definition(wanted).filter(|_| wanted.tag() == "group" && !self.is_update);
        let Some(before) = identity.and_then(|identity| self.target.objects.get(&identity)) else { return };
        let kept = members(&before.element).into_iter().cloned().collect::<Vec<_>>();
        let empty = Schema::get().child(wanted.declaration, "empty").unwrap();
        let Some(children) = wanted.children_mut().filter(|own| own.len() > 1) else { return };
        children.retain(|own| !["memberUser", "memberGroup", "empty"].contains(&own.tag()));
        children.extend(kept);
        if children.len() == 1 {
            children.push(Element::leaf(empty, "true"));
        }
    }

    /// Returns an object of the later export without what stayed although the file does not have it.
    fn without_kept(&self, identity: &Identity, wanted: &Element, found: &Element) -> Element {
        let before = self.target.objects.get(identity).map(|object| &object.element);
        let given = found;
        let mut found = without_always(&without_rank(given), wanted);
        match wanted.tag() {
            // Existing users are not changed unless asked for.
            "user" if !self.is_update && before.is_some_and(|before| *before == without_rank(given)) => {
                return self.as_imported(wanted);
            }
            // A file that does not describe all fields says nothing of the others.
            "screen" | "fieldConfiguration" => {
                let is_described = |part: &Element| {
                    let field = part.get("field").or_else(|| part.get("fieldName"));
                    let field = field.and_then(|field| Identity::of_reference(field, &[]));
                    field.is_none_or(|field| self.file.contains_key(&field))
                };
                retain(&mut found, &|part| {
                    !["fieldScreenLayoutItem", "individualFieldConfig"].contains(&part.tag())
                        || is_described(part)
                });
            }
            // Options are disabled, never removed.
            "customField" => {
                let kept = options(wanted);
                retain(&mut found, &|part| {
                    part.tag() != "option"
                        || part.text_of("disabled") != Some("true")
                        || kept.contains(&option(part))
                });
            }
            _ => {}
        }
        // What Jira always has, and the file does not say; a new project has a priority scheme from Jira 7.6 on.
        let is_always = |part: &Element| Schema::get().declaration(part.declaration).always.is_some();
        let is_said =
            |part: &Element| wanted.children().iter().any(|own| own.declaration == part.declaration);
        let is_kept = |part: &Element| {
            let before = before.and_then(|own| own.child(part.declaration));
            before == Some(part) || (before.is_none() && part.tag() == "priorityScheme")
        };
        if let Some(children) = found.children_mut() {
            children.retain(|part| !is_always(part) || is_said(part) || !is_kept(part));
        }
        finished(found)
    }

    /// Returns the names of the objects of a kind that the file has, in the order of their ranks.
    fn order<'o>(&self, objects: &'o Objects, tag: &str) -> Vec<&'o str> {
        let own = objects
            .iter()
            .filter(|(identity, object)| object.tag() == tag && self.file.contains_key(identity));
        let mut own: Vec<(i64, &str)> = own
            .map(|(identity, object)| (object.text_of("sequence").unwrap().parse().unwrap(), identity.name()))
            .collect();
        own.sort_unstable();
        own.into_iter().map(|(_, name)| name).collect()
    }
}

/// Priorities and resolutions are counted among all that there are, so that those of the target count, too.
fn without_rank(object: &Element) -> Element {
    let mut object = object.clone();
    if ["priority", "resolution"].contains(&object.tag()) {
        object.children_mut().unwrap().retain(|child| child.tag() != "sequence");
    }
    object
}

/// Returns an element without what Jira always has and another one does not say.
pub(crate) fn without_always(found: &Element, wanted: &Element) -> Element {
    let mut found = found.clone();
    let Some(children) = found.children_mut() else { return found };
    let schema = Schema::get();
    children.retain(|child| {
        schema.declaration(child.declaration).always.is_none() || wanted.child(child.declaration).is_some()
    });
    for child in children {
        let same = wanted.children().iter().filter(|own| own.declaration == child.declaration);
        let mut same = same.map(|own| (without_always(child, own), own));
        if let Some((less, _)) = same.find(|(less, own)| less == *own) {
            *child = less;
        }
    }
    found
}

fn option(option: &Element) -> (Option<String>, Option<String>) {
    let text = |tag| option.text_of(tag).map(str::to_owned);
    (text("parentOption"), text("value"))
}

fn options(element: &Element) -> BTreeSet<(Option<String>, Option<String>)> {
    let mut all: BTreeSet<_> = element.children().iter().flat_map(options).collect();
    all.extend((element.tag() == "option").then(|| option(element)));
    all
}

/// Removes parts at any depth.
fn retain(element: &mut Element, keep: &dyn Fn(&Element) -> bool) {
    for child in element.children_mut().into_iter().flatten() {
        retain(child, keep);
    }
    if let Some(children) = element.children_mut() {
        children.retain(keep);
    }
}

fn finished(mut element: Element) -> Element {
    rank(&mut element);
    canonicalize(&mut element);
    element
}
