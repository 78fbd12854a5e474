//! Objects of a live Jira that a mapping file renames: they stay the same objects, by as few requests as it takes, and the way back
//! gives them their old names.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use jira_for_tests::{FieldModel, Options as Served};
use pcfg::import::{self, Origin, SavedPlan, Work, prepare};
use pcfg::instance::Scope;
use pcfg::model::{Config, Element};
use pcfg::plan::{Description, Mapping, Options};
use pcfg::schema::Schema;
use pcfg::xml;

use crate::embedded::run;
use crate::live_there_and_back::in_short;
use crate::live_writing::{Target, assert_same, killed_with, options, told};

/// Returns the first object of each kind that is not Jira's own and has a name that nothing else has: the kind, and its name.
fn firsts(file: &Config, text: &str) -> Vec<(String, String)> {
    let schema = Schema::get();
    let first = |container: &Element| {
        let is_meant = |own: &&Element| {
            let name = own.text_of("name").map(|name| format!("<name>{name}</name>"));
            schema.declaration(own.declaration).kind.is_some()
                && own.get("builtIn").is_none()
                && name.is_some_and(|name| text.matches(&name).count() == 1)
        };
        let object = container.children().iter().find(is_meant)?;
        Some((object.tag().to_owned(), object.text_of("name")?.to_owned()))
    };
    file.root().children().iter().filter_map(first).collect()
}

/// Renames an object, and takes that back; returns the requests, or why it is refused.
fn renamed(target: &Target, text: &str, (kind, name): &(String, String)) -> String {
    let new = format!("{name} by another name");
    let mapping = format!("[{kind}]\n{new:?} = {{ rename = {name:?} }}\n");
    let mapping = match Mapping::parse(&mapping) {
        Ok(mapping) => mapping,
        Err(why) => return format!("refused: {why}\n"),
    };
    let options = Options { mapping, ..options() };
    let edited = text.replace(&format!(">{name}<"), &format!(">{new}<"));
    let file = Config::new(xml::read(&edited).root.unwrap());
    let mut import = target.plan_with(&file, &options);
    if let Some(refused) = import.plan.refused.first() {
        return format!("refused: {}: {}\n", refused.reasons[0].code, refused.reasons[0].message);
    }
    let in_words = in_short(&import);
    let proved = import.proved().expect(&in_words);
    target.server.forget();
    target.site_in_order().carry_out(&proved, &run("pcfg import")).unwrap();
    let writes = told(&target.writes());
    let again = target.plan_with(&file, &options);
    assert!(again.plan.is_empty() && again.work.is_empty(), "{in_words}{writes}again: {}", in_short(&again));
    target.undo(target.last());
    assert_same(&xml::to_string(&target.export()), text, &in_words);
    writes
}

#[test]
fn what_a_mapping_renames_stays_the_same_object() {
    let editions = [("cloud", Served::cloud()), ("data_center", Served::data_center())];
    for (edition, served) in editions.into_iter().step_by(crate::thorough::every(2)) {
        let mut target = Target::demo(served.clone());
        let text = xml::to_string(&target.export());
        let file = target.export();
        let (mut table, mut wrong) = (String::new(), Vec::new());
        for own in firsts(&file, &text) {
            match catch_unwind(AssertUnwindSafe(|| renamed(&target, &text, &own))) {
                Ok(told) => table.push_str(&format!("{} {}\n{told}", own.0, own.1)),
                Err(why) => {
                    let why = why.downcast_ref::<String>().cloned().unwrap_or_default();
                    wrong.push(format!("{} {}\n{why}", own.0, own.1));
                    target = Target::demo(served.clone());
                }
            }
        }
        assert!(wrong.is_empty(), "{edition}: {}", wrong.join("\n"));
        insta::assert_snapshot!(edition, table);
    }
}

/// Kinds that refer to each other, and a board that is told apart by the name of its filter.
const SEVERAL: [(&str, &str); 6] = [
    ("projectCategory", "Products"),
    ("issueLink", "Blocks"),
    ("filter", "Filter for DEMO board"),
    ("permissionScheme", "Demo: permissions"),
    ("priority", "Highest"),
    ("screen", "Demo: epics"),
];

/// Returns a file with several other names and a change of what is called otherwise, and the options that say so.
fn several(target: &Target) -> (Config, Options) {
    let mut text = xml::to_string(&target.export());
    let mut mapping = String::new();
    for (kind, name) in SEVERAL {
        let (old, new) = (format!(">{name}<"), format!(">{name} by another name<"));
        assert!(text.contains(&old), "{kind} {name}");
        text = text.replace(&old, &new);
        mapping.push_str(&format!("[{kind}]\n\"{name} by another name\" = {{ rename = {name:?} }}\n"));
    }
    text = text.replace("<inward>is blocked by</inward>", "<inward>waits for</inward>");
    let options = Options { mapping: Mapping::parse(&mapping).unwrap(), ..options() };
    (Config::new(xml::read(&text).root.unwrap()), options)
}

#[test]
fn several_objects_get_other_names_at_once_and_what_names_them_follows() {
    let target = Target::demo(Served::cloud());
    let (file, options) = several(&target);
    let mut import = target.plan_with(&file, &options);
    assert_eq!(import.plan.refused, []);
    let plan = import.plan.describe();
    assert_eq!((plan.counts.create, plan.counts.delete), (0, 0), "{plan:#?}");
    let former: Vec<_> =
        plan.steps.iter().map(|own| (own.action, own.kind.as_str(), own.former_name.as_deref())).collect();
    insta::assert_debug_snapshot!(former);
    target.server.forget();
    target.site_in_order().carry_out(&import.proved().unwrap(), &run("pcfg import")).unwrap();
    insta::assert_snapshot!(told(&target.writes()));
    let now = target.export();
    assert_same(&xml::to_string(&now), &xml::to_string(&file), "as the file says");
    // With the same lines it changes on.
    let other = target.edited(&[("<inward>waits for</inward>", "<inward>hangs on</inward>")]);
    let import = target.plan_with(&other, &options);
    assert_eq!((&import.plan.refused[..], import.work.len()), (&[][..], 1), "{}", in_short(&import));
}

#[test]
fn an_import_that_renames_is_killed_anywhere() {
    let target = Target::demo(Served::cloud());
    let (file, options) = several(&target);
    killed_with(&target, (&file, &options), crate::thorough::every(13), &|_| ());
}

/// The way back tells the renames, and a saved plan is what it says: with another name in its requests it is not true.
#[test]
fn a_saved_plan_by_rest_renames_and_its_undo_is_told_so() {
    let target = Target::demo(Served::cloud());
    let (file, options) = several(&target);
    let reading = target.site().read(Scope::default(), &|_, _| {}).unwrap();
    let (place, now) = (reading.place(), &reading.snapshot);
    let import = prepare(place, now, &reading.facts(), &file, &options);
    let bytes = xml::to_string(&file).into_bytes();
    let origin = Origin { name: "after.xml", bytes: &bytes, options: &options, new: None };
    let saved = SavedPlan::new(&import, &origin, import::Target::default(), place, now);
    let saved = SavedPlan::parse(&saved.text()).unwrap();
    let work = saved.work().unwrap();
    let (proved, _) = saved.prove(&work, place, (now, &reading.facts())).unwrap();
    assert_eq!(proved.work(), &import.work);
    let Work::Calls(mut calls) = work else { panic!("calls") };
    let other =
        calls.iter_mut().find(|own| own.sends.to_string().contains("Blocks by another name")).unwrap();
    other.sends = serde_json::from_str(
        &other.sends.to_string().replace("Blocks by another name", "Blocks by a third name"),
    )
    .unwrap();
    assert!(saved.prove(&Work::Calls(calls), place, (now, &reading.facts())).is_err());
    target.site().carry_out(&proved, &run("pcfg apply")).unwrap();
    let reading = target.site().read(Scope::default(), &|_, _| {}).unwrap();
    let back = target.site().run(target.last()).unwrap().back();
    let preview = reading.place().preview(&reading.snapshot, &back.work, &[]).unwrap();
    let named = |plan: &Description| -> BTreeSet<_> {
        plan.steps.iter().filter_map(|own| Some((own.former_name.clone()?, own.name.clone()))).collect()
    };
    let turned: BTreeSet<_> = named(proved.plan()).into_iter().map(|(old, new)| (new, old)).collect();
    assert_eq!(turned.len(), SEVERAL.len());
    assert_eq!(named(&preview.plan), turned);
    assert_eq!((preview.plan.counts.create, preview.plan.counts.delete), (0, 0), "{:#?}", preview.plan);
}

/// A status is called otherwise in the steps of workflows, too, and what only matches keeps its name.
#[test]
fn a_status_takes_the_steps_of_workflows_along_and_a_match_renames_nothing() {
    let target = Target::demo(Served::cloud());
    let text = xml::to_string(&target.export());
    let file = target.edited(&[(">In Review<", ">Being reviewed<")]);
    let own = |how: &str| Options {
        mapping: Mapping::parse(&format!("[status]\n\"Being reviewed\" = {{ {how} = \"In Review\" }}\n"))
            .unwrap(),
        ..options()
    };
    let matched = target.plan_with(&file, &own("match"));
    assert!(matched.plan.is_empty() && matched.work.is_empty(), "{}", in_short(&matched));
    let mut import = target.plan_with(&file, &own("rename"));
    assert_eq!(import.plan.refused, []);
    target.server.forget();
    target.site_in_order().carry_out(&import.proved().unwrap(), &run("pcfg import")).unwrap();
    insta::assert_snapshot!(told(&target.writes()), @"PUT /rest/api/3/statuses 204");
    let again = target.plan_with(&file, &own("rename"));
    assert!(again.plan.is_empty() && again.work.is_empty(), "{}", in_short(&again));
    let plain = target.plan(&file);
    assert!(plain.plan.is_empty() && plain.work.is_empty(), "{}", in_short(&plain));
    target.undo(1);
    assert_same(&xml::to_string(&target.export()), &text, "taken back");
}

/// What somebody else renames meanwhile is not overwritten, and nothing of the import is done.
#[test]
fn what_has_another_name_by_then_is_left_alone() {
    let target = Target::demo(Served::cloud());
    let file = target.edited(&[(">Blocks<", ">Stops<")]);
    let mapping = Mapping::parse("[issueLink]\nStops = { rename = \"Blocks\" }\n").unwrap();
    let options = Options { mapping, ..options() };
    let mut import = target.plan_with(&file, &options);
    let other = target.edited(&[(">Blocks<", ">Hinders<")]);
    let meanwhile = Mapping::parse("[issueLink]\nHinders = { rename = \"Blocks\" }\n").unwrap();
    let mut others = target.plan_with(&other, &Options { mapping: meanwhile, ..self::options() });
    target.site().carry_out(&others.proved().unwrap(), &run("pcfg import")).unwrap();
    target.server.forget();
    let done = target.site().carry_out(&import.proved().unwrap(), &run("pcfg import"));
    assert!(done.is_err() && target.writes().is_empty(), "{done:?} {}", told(&target.writes()));
    assert!(xml::to_string(&target.export()).contains(">Hinders<"));
}

/// Jira Cloud knows workflows by an id and takes no other name for one: nothing is made a second time because of that.
#[test]
fn what_no_request_renames_is_refused_by_name() {
    let target = Target::demo(Served::cloud());
    let file = target.edited(&[
        ("<workflowEntry>\n      <name>Demo: stories<", "<workflowEntry>\n      <name>Stories<"),
        ("<workflow>Demo: stories<", "<workflow>Stories<"),
    ]);
    let mapping = Mapping::parse("[workflowEntry]\nStories = { rename = \"Demo: stories\" }\n").unwrap();
    let import = target.plan_with(&file, &Options { mapping, ..options() });
    let told = import.plan.refused.iter().flat_map(|own| &own.reasons);
    let told: Vec<_> = told.map(|own| format!("{}: {}", own.code, own.message)).collect();
    insta::assert_debug_snapshot!(told, @r#"
    [
        "cannot-rename: the mapping file renames workflow `Demo: stories` to `Stories`, which this instance does not take: no request gives a workflow another name",
        "needs-refused: it needs workflow `Stories`, which is refused",
    ]
    "#);
    assert!(!format!("{:?}", import.work).contains("Stories"), "{:?}", import.work);
}

/// The configurations of a field scheme are called by it, so that one of the two alone gets no other name; both do.
#[test]
fn a_field_scheme_and_its_configurations_are_renamed_together() {
    let target = Target::demo(Served { field_model: FieldModel::Schemes, ..Served::cloud() });
    let text = xml::to_string(&target.export());
    let old = "Demo: field configurations";
    let names = text.split("<name>").filter_map(|own| Some(own.split_once("</name>")?.0));
    let names: BTreeSet<&str> = names.filter(|own| own.starts_with(old)).collect();
    let file = Config::new(xml::read(&text.replace(old, "Fields of the demo")).root.unwrap());
    let line =
        |name: &str| format!("{:?} = {{ rename = {name:?} }}\n", name.replace(old, "Fields of the demo"));
    let scheme = format!("[fieldConfigurationScheme]\n{}", line(old));
    let own: String = names.iter().map(|own| line(own)).collect();
    let configurations = format!("[fieldConfiguration]\n{own}");
    let plan = |mapping: &str| {
        target.plan_with(&file, &Options { mapping: Mapping::parse(mapping).unwrap(), ..options() })
    };
    for alone in [&scheme, &configurations] {
        let import = plan(alone);
        assert!(!import.plan.refused.is_empty(), "{alone}{}", in_short(&import));
    }
    let mut both = plan(&format!("{scheme}{configurations}"));
    assert_eq!(both.plan.refused, [], "{names:?}");
    target.server.forget();
    target.site_in_order().carry_out(&both.proved().unwrap(), &run("pcfg import")).unwrap();
    insta::assert_snapshot!(told(&target.writes()), @"PUT /rest/api/3/config/fieldschemes/10000 200");
    let again = plan(&format!("{scheme}{configurations}"));
    assert!(again.plan.is_empty() && again.work.is_empty(), "{}", in_short(&again));
    target.undo(1);
    assert_same(&xml::to_string(&target.export()), &text, "taken back");
}
