//! What a place cannot show is unknown: for every kind of object and every property, on the instance that comes with the source.

use std::path::Path;

use pcfg::check::check;
use pcfg::compare::{Side, compare, configs};
use pcfg::merge::{Merged, merge};
use pcfg::model::{Config, Content, Element, Gap, Identity, Problem, Snapshot};
use pcfg::plan::{Facts, Options, Plan, Refused, Selector, plan};
use pcfg::schema::{KindId, Part, Schema};
use pcfg::select::{self, select};
use pcfg::xml;

use crate::real_data;
use crate::thorough;

fn demo() -> Snapshot {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/backup/demo");
    real_data::read(&path).snapshot
}

fn export(mut snapshot: Snapshot) -> Config {
    let options = select::Options { unused: true, ..select::Options::default() };
    select(&mut snapshot, &options).unwrap()
}

/// Returns the demo as somebody sees it to whom a part is not shown.
fn blind(part: Part) -> Snapshot {
    let mut snapshot = demo();
    let gap = Gap::of_kind(part.kind, "nobody may see it");
    snapshot.unseen.add(match part.property {
        Some(property) => gap.property(property),
        None => gap,
    });
    let own = |identity: &Identity| identity.kind == part.kind && part.property.is_none();
    snapshot.objects.retain(|identity, _| !own(identity));
    snapshot.objects.values_mut().for_each(|object| hide(&mut object.element, part));
    let container = Schema::get().container(part.kind).filter(|_| part.property.is_none());
    snapshot.settings.retain(|(own, _)| Some(*own) != container);
    snapshot
}

fn hide(element: &mut Element, part: Part) {
    let kind = Schema::get().declaration(element.declaration).kind;
    let Some(children) = element.children_mut() else { return };
    children.retain(|child| match part.property {
        Some(property) => kind != Some(part.kind) || child.declaration != property,
        None => Schema::get().declaration(child.declaration).kind != Some(part.kind),
    });
    children.iter_mut().for_each(|child| hide(child, part));
}

/// Returns every kind, and every property that does not tell its objects apart.
fn parts() -> Vec<Part> {
    let schema = Schema::get();
    let of = |(kind, own): (KindId, &'static pcfg::schema::Kind)| {
        let children = schema.children(own.declaration).iter().copied();
        let properties = children.filter(move |child| !schema.tells_apart(own.declaration, *child));
        [None].into_iter().chain(properties.map(Some)).map(move |property| Part { kind, property })
    };
    schema.kinds().flat_map(of).collect()
}

fn planned(target: &Snapshot, file: &Config) -> Plan {
    plan(target, &Facts::default(), file, &Options { update_users: true, ..Options::default() })
}

fn steps(plan: &Plan) -> Vec<String> {
    plan.steps.iter().map(|step| format!("{} {}", step.object.tag(), step.identity)).collect()
}

#[test]
fn what_is_not_seen_is_never_compared_changed_or_taken_for_absent() {
    let (whole, full) = (demo(), export(demo()));
    let (mut differ, mut wrong) = (0, Vec::new());
    /// All that is wrong is told, and not the first alone.
    macro_rules! same {
        ($one:expr, $other:expr $(, $more:expr)*) => {
            let (one, other) = ($one, $other);
            if one != other { wrong.push(format!("{:?} line {}: {:.400?} {:.400?}", ($(&$more,)*), line!(), one, other)); }
        };
    }
    for part in parts().into_iter().step_by(thorough::every(5)) {
        let name = Schema::get().part_name(part);
        let blind = blind(part);
        let file = export(self::blind(part));
        same!(file.root().attribute_named("unseen"), Some(&*name));
        if file.root().children() == full.root().children() {
            continue;
        }
        differ += 1;
        // The file can be read, and nothing is wrong with it.
        let text = xml::to_string(&file);
        let read = xml::read(&text);
        same!(read.problems, Vec::<Problem>::new(), name);
        same!(Config::new(read.root.unwrap()), file.clone(), name);
        let errors = |root| {
            let all = check(root).into_iter().filter(|own| own.severity == pcfg::model::Severity::Error);
            all.map(|own| own.message).collect::<Vec<_>>()
        };
        same!(errors(file.root()), errors(full.root()), name);
        // An import of it changes nothing.
        let import = planned(&whole, &file);
        same!((steps(&import), import.refused), (Vec::<String>::new(), Vec::<Refused>::new()), name);
        // An import into the place that does not show it changes nothing, and is refused where it would have to know.
        let import = planned(&blind, &full);
        same!(steps(&import), Vec::<String>::new(), name);
        let codes: Vec<_> = import.refused.iter().flat_map(|own| &own.reasons).map(|own| own.code).collect();
        same!((codes.iter().all(|code| ["unseen", "needs-refused"].contains(code))), true, name, codes);
        same!((part.property.is_none() || codes.is_empty()), true, name, codes);
        same!(import.describe().unseen.len(), 1, name);
        // Nothing differs, whichever side does not show it, be it a file or an instance.
        let exists: Vec<Identity> = blind.objects.keys().cloned().collect();
        let live = Side::of(&file).knowing(exists).of_instance(blind.unseen.clone());
        for (blind, is_live) in [(&Side::of(&file), false), (&live, true)] {
            let seen = Side::of(&full);
            for (old, new) in [(&seen, blind), (blind, &seen)] {
                let description = compare(old, new).describe();
                let mut steps: Vec<_> =
                    description.steps.iter().map(|own| (own.action, &*own.kind, &*own.name)).collect();
                // Of two files, the list itself is a part.
                steps.retain(|own| {
                    is_live || *own != (pcfg::plan::ObjectAction::Change, "projectConfig", "root")
                });
                same!(steps.is_empty(), true, name, steps);
                same!(description.unseen.len(), 1, name);
            }
        }
        // Who merges without seeing it removes nothing.
        for (ours, theirs) in [(&file, &full), (&full, &file)] {
            let (ours, theirs) =
                (edited(ours, "projects", "name"), edited(theirs, "resolutionConfiguration", "description"));
            let Merged::Clean(merged) = merge(Some(&full), &ours, &theirs) else {
                wrong.push(format!("{name}: a conflict"));
                continue;
            };
            let seen_by = |version: &Config, hidden: [&str; 2]| {
                version.unseen().is_empty() || !hidden.contains(&&*name)
            };
            let mut wanted = full.clone();
            if seen_by(&ours, ["project", "project/name"]) {
                wanted = edited(&wanted, "projects", "name");
            }
            if seen_by(&theirs, ["resolution", "resolution/description"]) {
                wanted = edited(&wanted, "resolutionConfiguration", "description");
            }
            let same_sight = Config::new(Element {
                attributes: wanted.root().attributes.clone(),
                ..merged.root().clone()
            });
            let differs = configs(&wanted, &same_sight).steps;
            let differs: Vec<_> = differs.iter().map(|own| (own.action, &*own.kind, &*own.name)).collect();
            same!(differs.is_empty(), true, name, differs);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(differ * thorough::every(5) > 60, "{differ} parts are in the demo at all");
}

/// Returns a configuration with other texts in the objects of a container, where it shows them.
fn edited(config: &Config, container: &str, tag: &str) -> Config {
    let mut root = config.root().clone();
    for own in root.children_mut().unwrap().iter_mut().filter(|own| own.tag() == container) {
        let fields = own.children_mut().unwrap().iter_mut().filter_map(Element::children_mut).flatten();
        fields.filter(|own| own.tag() == tag).for_each(|own| own.content = Content::Text("Edited".into()));
    }
    Config::new(root)
}

#[test]
fn what_cannot_be_seen_in_the_target_is_refused_with_its_reason() {
    let kind = |name| Schema::get().kind_named(name).unwrap();
    let full = export(demo());
    let target = blind(Part { kind: kind("workflowEntry"), property: None });
    let import = planned(&target, &full);
    let reasons: Vec<_> = import.refused.iter().flat_map(|own| &own.reasons).collect();
    let first = reasons.iter().find(|own| own.code == "unseen").unwrap();
    assert!(first.message.ends_with("cannot be seen in the target: nobody may see it"), "{}", first.message);
    assert!(first.help.contains("--skip workflowEntry"), "{}", first.help);
    let skip = vec![Selector::parse("workflowEntry").unwrap()];
    let import = plan(&target, &Facts::default(), &full, &Options { skip, ..Options::default() });
    assert_eq!((import.steps.len(), import.refused), (0, vec![]), "what it refers to is left as it is");

    // An object of which only its being there is known.
    let mut target = demo();
    let scheme = target.objects.keys().find(|own| own.kind == kind("screenScheme")).unwrap().clone();
    let shown = target.objects.get_mut(&scheme).unwrap();
    let keys = shown.element.children().to_vec();
    let is_key = |own: &&Element| Schema::get().tells_apart(shown.element.declaration, own.declaration);
    let kept = keys.iter().filter(is_key).cloned().collect();
    *shown.element.children_mut().unwrap() = kept;
    target.unseen.add(Gap::of_object(scheme.clone(), "its details fail").passing());
    let import = planned(&target, &full);
    assert_eq!(steps(&import), Vec::<String>::new());
    let [refused] = &import.refused[..] else { panic!("{:?}", import.refused) };
    assert_eq!(refused.identity, scheme);
    assert!(refused.reasons.iter().any(|own| own.code == "unseen" && own.help.starts_with("try again")));
    let file = export(target);
    assert_eq!(file.root().attribute_named("unseen"), Some("screenScheme"));
    assert!(!xml::to_string(&file).contains(&format!("<name>{}</name>\n    </screenScheme>", scheme.name())));
}

#[test]
fn what_a_new_object_lacks_because_nobody_saw_it_is_told() {
    let schema = Schema::get();
    let part = schema.part_named("screenScheme/description").unwrap();
    let file = export(blind(part));
    let mut target = demo();
    target.objects.retain(|own, _| own.kind != part.kind);
    let import = planned(&target, &file);
    let step = import.steps.iter().find(|step| step.identity.kind == part.kind).unwrap();
    assert!(
        step.warnings[0].starts_with("it is made without what the file does not show"),
        "{:?}",
        step.warnings
    );
}

#[test]
fn a_list_of_what_was_not_seen_is_checked_and_has_one_order() {
    let read = |unseen: &str| {
        xml::read(&format!(
            "<projectConfig formatVersion=\"1\" unseen=\"{unseen}\"><projects/></projectConfig>"
        ))
    };
    let document = read("workflowEntry  customField/description screen workflowEntry");
    assert_eq!(document.problems, []);
    let config = Config::new(document.root.unwrap());
    let canonical = config.root().attribute_named("unseen").unwrap();
    assert_eq!(canonical, "customField/description screen workflowEntry");
    for (wrong, hint) in [
        ("workflowEntri", "workflowEntry"),
        ("screen/nothing", "a screen has no `nothing`"),
        ("", "a list of kinds"),
    ] {
        let problems = read(wrong).problems;
        let told = format!("{} {:?}", problems[0].message, problems[0].help);
        assert!(problems.len() == 1 && told.contains(hint), "{told}");
    }
}
