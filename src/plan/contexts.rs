//! Smart contexts: contexts of a custom field are the same if they hold for the same projects, and no project that is not
//! imported gets another one.
//!
//! Of the file only counts which context holds for each imported project; of the target, every other project keeps what it
//! has. Invariants: a context that holds for other projects too changes in nothing but that it may lose imported ones; one
//! that holds for everything, or for a category, never changes. The names of contexts and configurations say nothing here, so
//! those of the target stay.
//!
//! A context that comes of a split has options of its own, and the values of issues name options by id: whether issues of the
//! imported projects have options of the old context is for a guard to find.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::holding::Holding;
use super::lists::disable_options;
use super::pair::Imported;
use crate::model::{Element, Identity, canonicalize, rank};
use crate::schema::{DUPLICATE, Schema};

const CONTEXT: &str = "customFieldConfigScheme";

/// Gives a field the contexts that it is to have; returns what cannot be reached without touching other projects.
pub(super) fn apply(field: &mut Element, old: Option<&Element>, imported: &Imported) -> Vec<String> {
    let described: Vec<Element> = field.all(CONTEXT).cloned().collect();
    let there: Vec<Element> = old.map(|old| old.all(CONTEXT).cloned().collect()).unwrap_or_default();
    let plan = Plan::new(&described, &there, imported);
    let (contexts, warnings) = plan.carry_out();
    if let Some(children) = field.children_mut() {
        children.retain(|child| child.tag() != CONTEXT);
        children.extend(contexts);
    }
    warnings
}

/// Which context of the file becomes which of the target.
struct Plan<'a> {
    imported: &'a Imported,
    described: &'a [Element],
    there: &'a [Element],
    /// The contexts of the file that hold for imported projects, and for which.
    wanted: BTreeMap<usize, BTreeSet<&'a str>>,
    /// The contexts of the target that they change, or that nothing has to be changed in.
    becomes: BTreeMap<usize, Becomes>,
    /// Those of the target that are among them.
    taken: HashSet<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Becomes {
    /// This one, which gets its content.
    Changed(usize),
    /// This one, which says the same already.
    Same(usize),
}

impl Becomes {
    fn place(self) -> usize {
        match self {
            Self::Changed(at) | Self::Same(at) => at,
        }
    }
}

impl<'a> Plan<'a> {
    fn new(described: &'a [Element], there: &'a [Element], imported: &'a Imported) -> Self {
        let holding = Holding::new(described);
        let mut wanted: BTreeMap<usize, BTreeSet<&str>> = BTreeMap::new();
        for (key, category) in imported {
            if let Some(at) = holding.of(key, category.as_ref()) {
                wanted.entry(at).or_default().insert(key);
            }
        }
        let mut plan =
            Self { imported, described, there, wanted, becomes: BTreeMap::new(), taken: HashSet::new() };
        plan.match_by_projects();
        plan.match_by_what_they_say();
        plan.match_what_is_imported_only();
        plan
    }

    fn becomes(&mut self, at: usize, becomes: Becomes) {
        self.taken.insert(becomes.place());
        self.becomes.insert(at, becomes);
    }

    /// A context of the target that holds for just these projects is the same.
    fn match_by_projects(&mut self) {
        let mut narrow: HashMap<BTreeSet<&str>, usize> = HashMap::new();
        for (own, context) in self.there.iter().enumerate().filter(|(_, own)| !is_wide(own)) {
            narrow.entry(projects_of(context)).or_insert(own);
        }
        let same = self.wanted.iter().filter_map(|(&at, projects)| Some((at, *narrow.get(projects)?)));
        for (at, own) in same.collect::<Vec<_>>() {
            self.becomes(at, Becomes::Changed(own));
        }
    }

    /// Nothing has to be done where a context that holds for these projects and others says the same.
    fn match_by_what_they_say(&mut self) {
        let holding = Holding::new(self.there);
        let category = |key: &str| self.imported.get(key).and_then(Option::as_ref);
        let mut same = Vec::new();
        for (&at, projects) in self.wanted.iter().filter(|(at, _)| !self.becomes.contains_key(at)) {
            let holding: BTreeSet<Option<usize>> =
                projects.iter().map(|key| holding.of(key, category(key))).collect();
            if let [Some(own)] = holding.into_iter().collect::<Vec<_>>()[..]
                && says_the_same(&self.described[at], &self.there[own])
            {
                same.push((at, own));
            }
        }
        same.into_iter().for_each(|(at, own)| self.becomes(at, Becomes::Same(own)));
    }

    /// A context that holds for imported projects only can be changed: the one that shares the most projects, so that as many
    /// issues as can be keep their options.
    fn match_what_is_imported_only(&mut self) {
        let mut held: HashMap<&str, Vec<usize>> = HashMap::new();
        for own in (0..self.there.len()).filter(|&own| self.is_imported_only(own)) {
            for key in projects_of(&self.there[own]) {
                held.entry(key).or_default().push(own);
            }
        }
        let mut pairs: Vec<(usize, usize, usize)> = Vec::new();
        for (&at, projects) in &self.wanted {
            let mut shared: BTreeMap<usize, usize> = BTreeMap::new();
            for own in projects.iter().filter_map(|key| held.get(key)).flatten() {
                *shared.entry(*own).or_default() += 1;
            }
            pairs.extend(shared.into_iter().map(|(own, shared)| (usize::MAX - shared, at, own)));
        }
        pairs.sort_unstable();
        for (_, at, own) in pairs {
            if !self.taken.contains(&own) && !self.becomes.contains_key(&at) {
                self.becomes(at, Becomes::Changed(own));
            }
        }
    }

    fn is_imported_only(&self, own: usize) -> bool {
        let projects = projects_of(&self.there[own]);
        !is_wide(&self.there[own])
            && !projects.is_empty()
            && projects.iter().all(|key| self.imported.contains_key(*key))
    }

    fn carry_out(&self) -> (Vec<Element>, Vec<String>) {
        let mut contexts: Vec<Option<Element>> = self.there.iter().cloned().map(Some).collect();
        let held = self.wanted.iter().flat_map(|(at, projects)| projects.iter().map(move |key| (*key, at)));
        let held: HashMap<&str, &usize> = held.collect();
        let holder = |key: &str| self.becomes.get(*held.get(key)?).map(|becomes| becomes.place());
        for (own, context) in contexts.iter_mut().enumerate() {
            if self.is_imported_only(own) && !self.taken.contains(&own) {
                *context = None;
            }
            let Some(context) = context else { continue };
            // What holds for an imported project elsewhere does not hold for it here.
            if let Some(children) = context.children_mut() {
                children.retain(|place| {
                    let key = place.text_of("projectContext").filter(|key| self.imported.contains_key(*key));
                    key.is_none_or(|key| holder(key) == Some(own))
                });
            }
        }
        for (at, becomes) in &self.becomes {
            if let Becomes::Changed(own) = *becomes {
                let mut changed = with_names_of(&self.described[*at], &self.there[own]);
                put_places(&mut changed, &self.wanted[at]);
                contexts[own] = Some(changed);
            }
        }
        let mut contexts: Vec<Element> = contexts.into_iter().flatten().collect();
        let name = |context: &Element| context.text_of("name").map(str::to_owned);
        let mut names: HashSet<String> = contexts.iter().filter_map(name).collect();
        for (at, projects) in self.wanted.iter().filter(|(at, _)| !self.becomes.contains_key(at)) {
            let mut context = self.described[*at].clone();
            let name = free_name(&names, &context, projects);
            put_name(&mut context, &name, "");
            names.insert(name);
            put_places(&mut context, projects);
            contexts.push(context);
        }
        let warnings = self.out_of_reach(&contexts, &held);
        (contexts, warnings)
    }

    /// Returns what the file does not have and a context for everything brings.
    fn out_of_reach(&self, contexts: &[Element], held: &HashMap<&str, &usize>) -> Vec<String> {
        let holding = Holding::new(contexts);
        let lacking = self.imported.iter().filter(|(key, _)| !held.contains_key(key.as_str()));
        let kept = lacking.filter_map(|(key, category)| {
            let context = &contexts[holding.of(key, category.as_ref())?];
            Some(format!(
                "in the file it does not apply to project {key}; the target's context `{}`, which also \
                 applies to other projects, stays",
                context.text_of("name").unwrap_or("")
            ))
        });
        kept.collect()
    }
}

fn projects_of(context: &Element) -> BTreeSet<&str> {
    context.all("context").filter_map(|place| place.text_of("projectContext")).collect()
}

/// Returns whether a context holds for everything, or for a category.
fn is_wide(context: &Element) -> bool {
    context.all("context").any(|place| place.get("projectContext").is_none())
}

/// Returns whether a context says of issues what another one does: options that it lacks may be there, disabled.
fn says_the_same(described: &Element, there: &Element) -> bool {
    let mut new = with_names_of(described, there);
    let configs: HashMap<Option<Identity>, &Element> =
        there.all("config").map(|own| (Identity::of_definition(own), own)).collect();
    for config in new.children_mut().into_iter().flatten().filter(|own| own.tag() == "config") {
        if let Some(old) = configs.get(&Identity::of_definition(config)) {
            disable_options(config, old);
        }
    }
    plain(new) == plain(there.clone())
}

/// Leaves out of a context where it holds, and what only people read.
fn plain(mut context: Element) -> Element {
    if let Some(children) = context.children_mut() {
        children.retain(|child| !["context", "description"].contains(&child.tag()));
        for config in children.iter_mut() {
            if let Some(parts) = config.children_mut() {
                parts.retain(|part| part.tag() != "description");
            }
        }
    }
    rank(&mut context);
    canonicalize(&mut context);
    context
}

/// Returns a context under the name of another, its only configuration under the name of the other's only one.
fn with_names_of(described: &Element, there: &Element) -> Element {
    let mut context = described.clone();
    let name = |own: &Element| {
        let duplicate = own.attribute_named(DUPLICATE).unwrap_or("").to_owned();
        (own.text_of("name").unwrap_or("").to_owned(), duplicate)
    };
    let (own, duplicate) = name(there);
    put_name(&mut context, &own, &duplicate);
    let only = |context: &Element| context.all("config").count() == 1;
    if only(&context)
        && only(there)
        && let Some((config, duplicate)) = there.get("config").map(name)
    {
        let own = context.children_mut().into_iter().flatten().filter(|own| own.tag() == "config");
        own.for_each(|own| put_name(own, &config, &duplicate));
    }
    context
}

fn put_name(element: &mut Element, name: &str, duplicate: &str) {
    element.set_text("name", name);
    let schema = Schema::get();
    if let Some(number) = schema.attribute(schema.declaration(element.declaration).ty, DUPLICATE) {
        element.attributes.retain(|(own, _)| *own != number);
        if !duplicate.is_empty() {
            element.set_attribute(number, duplicate);
        }
    }
}

/// Says which projects a context holds for, and nothing else.
fn put_places(context: &mut Element, projects: &BTreeSet<&str>) {
    let schema = Schema::get();
    let Some(place) = schema.child(context.declaration, "context") else { return };
    let Some(project) = schema.child(place, "projectContext") else { return };
    if let Some(children) = context.children_mut() {
        children.retain(|child| child.declaration != place);
        children
            .extend(projects.iter().map(|key| Element::parent(place, vec![Element::leaf(project, *key)])));
    }
}

/// Returns a name for a new context that no other context of the field has.
fn free_name(taken: &HashSet<String>, context: &Element, projects: &BTreeSet<&str>) -> String {
    /// More keys than this make no name.
    const MOST: usize = 5;
    let name = context.text_of("name").unwrap_or("");
    let mut keys: Vec<&str> = projects.iter().copied().take(MOST).collect();
    if projects.len() > MOST {
        keys.push("...");
    }
    let own = format!("{name} ({})", keys.join(", "));
    let numbered = (2..).map(|number| format!("{own} {number}"));
    let mut names = [name.to_owned(), own.clone()].into_iter().chain(numbered);
    names.find(|name| !taken.contains(name)).expect("there are more numbers than contexts")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Name, Node, Path};
    use proptest::prelude::*;

    /// A context: its name, its projects (0 to 4; 9 is everything), its options.
    type Spec = (&'static str, Vec<u8>, Vec<u8>);

    fn field(contexts: &[Spec]) -> Element {
        let mut node = Name::plain("Field").with("type", "t:select").definition("customField");
        for (name, places, options) in contexts {
            let mut context = Name::plain(*name).definition(CONTEXT);
            for place in places {
                let place = match place {
                    9 => Node::new("global"),
                    number => Node::leaf("projectContext", format!("P{number}")),
                };
                context = context.with(Node::new("context").with(place));
            }
            context = context.with(Node::new("applicableIssueType").with(Node::new("allIssueTypes")));
            let mut config = Name::plain(format!("Config of {name}")).definition("config");
            for (place, option) in options.iter().enumerate() {
                let option = Node::new("option")
                    .text("sequence", place.to_string())
                    .text("value", format!("O{option}"));
                config = config.with(option.flag("disabled", false));
            }
            node = node.with(context.with(config));
        }
        let declaration = Schema::get().kind(crate::mapping::kind("customField")).declaration;
        finished(node.bind(declaration, &Path::default(), &mut Vec::new()).unwrap())
    }

    fn finished(mut element: Element) -> Element {
        rank(&mut element);
        canonicalize(&mut element);
        element
    }

    /// The projects 0 to 2 are imported.
    fn imported() -> Imported {
        (0..3).map(|number| (format!("P{number}"), None)).collect()
    }

    /// Imports, with the rule that options are only disabled.
    fn import(file: &Element, target: Option<&Element>) -> (Element, Vec<String>) {
        let mut new = file.clone();
        let warnings = apply(&mut new, target, &imported());
        if let Some(target) = target {
            super::super::rules::options_are_disabled(&mut new, target);
        }
        (finished(new), warnings)
    }

    /// Returns the options that can be chosen in a project; nothing if the field does not hold there.
    fn options(field: &Element, key: &str) -> Option<Vec<String>> {
        let contexts: Vec<Element> = field.all(CONTEXT).cloned().collect();
        let context = &contexts[Holding::new(&contexts).of(key, None)?];
        let options =
            context.get("config")?.all("option").filter(|option| option.text_of("disabled") == Some("false"));
        Some(options.map(|option| option.text_of("value").unwrap().to_owned()).collect())
    }

    /// Shows the contexts of a field: name, projects, options that can be chosen.
    fn shown(field: &Element) -> Vec<String> {
        let one = |context: &Element| {
            let mut places: Vec<&str> = projects_of(context).into_iter().collect();
            if is_wide(context) {
                places.push("all");
            }
            let options = context.get("config").unwrap().all("option");
            let options = options.filter(|option| option.text_of("disabled") == Some("false"));
            let options: Vec<&str> = options.filter_map(|option| option.text_of("value")).collect();
            format!("{}: {} = {}", context.text_of("name").unwrap(), places.join(" "), options.join(" "))
        };
        field.all(CONTEXT).map(one).collect()
    }

    /// Rule 1: contexts that touch no imported project are dropped, mixed ones are as if only for the imported ones.
    #[test]
    fn of_the_file_only_the_imported_projects_count() {
        let file = field(&[
            ("Others", vec![3], vec![1]),
            ("Mixed", vec![0, 1, 4], vec![2]),
            ("All", vec![9], vec![3]),
        ]);
        let (new, warnings) = import(&file, None);
        assert_eq!(shown(&new), ["All: P2 = O3", "Mixed: P0 P1 = O2"]);
        assert_eq!(warnings, [""; 0]);
    }

    /// Rule 2: of a context of imported and other projects the others keep theirs.
    #[test]
    fn a_shared_context_is_split() {
        let target = field(&[("Shared", vec![0, 1, 3], vec![1, 2])]);
        let file = field(&[("Shared", vec![0], vec![1, 2, 3]), ("Same", vec![1, 2], vec![1, 2])]);
        let (new, _) = import(&file, Some(&target));
        assert_eq!(shown(&new), ["Same: P1 P2 = O1 O2", "Shared: P3 = O1 O2", "Shared (P0): P0 = O1 O2 O3"]);
        let same = field(&[("Own", vec![0, 1], vec![1, 2])]);
        assert_eq!(import(&same, Some(&target)).0, target, "a context that says the same is not split");
    }

    /// Rule 3: contexts are the same if they hold for the same projects, whatever their names.
    #[test]
    fn contexts_are_matched_by_their_projects() {
        let target = field(&[("One", vec![0, 1], vec![1]), ("Two", vec![2], vec![1])]);
        let file = field(&[("Two", vec![0, 1], vec![1, 2]), ("One", vec![2], vec![3])]);
        assert_eq!(shown(&import(&file, Some(&target)).0), ["One: P0 P1 = O1 O2", "Two: P2 = O3"]);
        // Of contexts of imported projects only, the one that shares the most becomes the wanted one.
        let file = field(&[("All of them", vec![0, 1, 2], vec![1, 2])]);
        assert_eq!(shown(&import(&file, Some(&target)).0), ["One: P0 P1 P2 = O1 O2"]);
    }

    /// Rule 4: a global context that would change stays, and the imported projects get one of their own.
    #[test]
    fn a_global_context_stays() {
        let target = field(&[("Global", vec![9], vec![1, 2])]);
        let file = field(&[("Global", vec![9], vec![1, 2, 3])]);
        let own = "Global (P0, P1, P2): P0 P1 P2 = O1 O2 O3";
        assert_eq!(shown(&import(&file, Some(&target)).0), ["Global: all = O1 O2", own]);
        let same = field(&[("Global elsewhere", vec![9], vec![1, 2])]);
        assert_eq!(import(&same, Some(&target)).0, target, "nothing would change");
        let nowhere = field(&[("Only one", vec![0], vec![1, 2])]);
        let (new, warnings) = import(&nowhere, Some(&target));
        assert_eq!(
            (new, warnings.len()),
            (target, 2),
            "what holds for everything holds for two that the file leaves out"
        );
    }

    fn contexts(names: &'static [&'static str]) -> impl Strategy<Value = Element> {
        let holders = proptest::collection::vec(proptest::option::of(0..names.len()), 5);
        let options = proptest::collection::vec(proptest::collection::vec(0u8..3, 0..3), names.len());
        (holders, proptest::option::of(0..names.len()), options).prop_map(
            move |(holders, global, options)| {
                let specs = names.iter().zip(options).enumerate().map(|(at, (name, mut options))| {
                    options.sort_unstable();
                    options.dedup();
                    let own = holders.iter().zip(0u8..).filter(|(holder, _)| **holder == Some(at));
                    let mut places: Vec<u8> = own.map(|(_, project)| project).collect();
                    places.extend((global == Some(at)).then_some(9));
                    (*name, places, options)
                });
                field(&specs.collect::<Vec<_>>())
            },
        )
    }

    proptest! {
        /// Imported projects get what the file has, the others keep what they have, and there is nothing left to do.
        #[test]
        fn each_project_has_what_it_is_to_have(
            file in contexts(&["A", "B", "C"]), target in contexts(&["B", "C", "D"])
        ) {
            let (new, warnings) = import(&file, Some(&target));
            for number in 0..5 {
                let key = format!("P{number}");
                let (wanted, found) = (options(if number < 3 { &file } else { &target }, &key), options(&new, &key));
                let is_out_of_reach = warnings.iter().any(|warning| warning.contains(&key));
                prop_assert!(wanted == found || (is_out_of_reach && wanted.is_none()), "{key}: {wanted:?} {found:?}");
            }
            prop_assert_eq!(import(&file, Some(&new)).0, new);
        }
    }
}
