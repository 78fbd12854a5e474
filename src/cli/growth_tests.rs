//! What an import does grows with what it imports, and no faster.
//!
//! Invariant: work is counted, never timed.

use std::path::Path;

use crate::import::{Phase, prepare, prepare_told};
use crate::instance::{Backup, Instance as _, Reading, Scope};
use crate::mapping;
use crate::model::{Config, Element, Identity, set_identity, work};
use crate::plan::{Mapping, Options};
use crate::schema::{KindId, Schema};
use crate::select::{self, CustomFields, Projects, Shares, select};

fn demo() -> Reading {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/demo");
    let scope = Scope { field_values: false, usage: true };
    Backup::open(&file).unwrap().read(scope, &|_, _| ()).unwrap()
}

/// Returns the file of the whole demo.
fn whole(demo: &Reading) -> Config {
    let options = select::Options {
        projects: Projects::All,
        custom_fields: CustomFields::All,
        filters: Shares::All,
        ..Default::default()
    };
    select(&mut mapping::read(&demo.tables), &options).unwrap()
}

/// Returns the file with so many copies of one of its objects of a kind, if it has one that can be copied.
fn with_copies(whole: &Config, kind: KindId, count: usize) -> Option<Config> {
    let is_model = |own: &&Element| {
        let is_own = own.get("builtIn").is_none() && own.get("locked").is_none();
        is_own && Identity::of_definition(own).is_some_and(|own| own.kind == kind && !own.is_numbered())
    };
    let mut root = whole.root().clone();
    for container in root.children_mut()? {
        let Some(model) = container.children().iter().find(is_model).cloned() else { continue };
        let copies = (0..count).map(|number| {
            let (mut identity, mut copy) = (Identity::of_definition(&model).unwrap(), model.clone());
            identity.fields[0] = format!("COPY{number}").into();
            set_identity(&mut copy, &identity);
            copy
        });
        container.children_mut()?.extend(copies);
        return Some(Config::new(root));
    }
    None
}

/// Twice as many new objects of whatever kind are no more than twice the work.
#[test]
fn an_import_grows_as_what_it_creates() {
    const FEW: usize = 60;
    let demo = demo();
    let whole = whole(&demo);
    let target = mapping::read(&demo.tables);
    let facts = mapping::facts(&demo.tables, &target);
    let import =
        |file: &Config| work::of(|| prepare(&demo.tables, &target, &facts, file, &Options::default()));
    let (none, _) = import(&whole);
    let mut kinds = 0;
    for (kind, declared) in Schema::get().kinds().filter(|(_, kind)| kind.within.is_empty()) {
        let name = &declared.name;
        let Some(few) = with_copies(&whole, kind, FEW) else { continue };
        let many = with_copies(&whole, kind, 2 * FEW).unwrap();
        let (few, many) = (import(&few), import(&many));
        assert!(many.1.plan.steps.len() >= 2 * FEW, "{name}: {:?}", many.1.plan.refused);
        let (few, many) = (few.0 - none, many.0 - none);
        assert!(many * 10 <= few * 21, "{name}: {few} for {FEW}, {many} for twice as many");
        kinds += 1;
    }
    assert!(kinds > 20, "{kinds}");
}

/// Twice as many objects that get other names, by a mapping file, are no more than twice the work; and so are twice as many that an
/// import takes for renamed.
#[test]
fn an_import_grows_as_what_it_renames() {
    const FEW: usize = 100;
    let demo = demo();
    let whole = whole(&demo);
    let kind = mapping::kind("status");
    let renamed = |count: usize| {
        let before = with_copies(&whole, kind, count).unwrap();
        let target = mapping::read(&demo.tables);
        let facts = mapping::facts(&demo.tables, &target);
        let import = prepare(&demo.tables, &target, &facts, &before, &Options::default());
        let mut tables = demo.tables.clone();
        tables.apply(import.work.rows()).unwrap();
        let target = mapping::read(&tables);
        let facts = mapping::facts(&tables, &target);
        let file = crate::xml::to_string(&before).replace(">COPY", ">NEW");
        let file = Config::new(crate::xml::read(&file).root.unwrap());
        let lines: String = (0..count).map(|at| format!("NEW{at} = {{ rename = \"COPY{at}\" }}\n")).collect();
        let mapping = Mapping::parse(&format!("[status]\n{lines}")).unwrap();
        [mapping, Mapping::default()].map(|mapping| {
            let options = Options { mapping, ..Options::default() };
            let (work, import) = work::of(|| prepare(&tables, &target, &facts, &file, &options));
            let renames = import.plan.steps.iter().filter(|step| step.renaming.is_some()).count();
            (work, renames)
        })
    };
    let (few, many) = (renamed(FEW), renamed(2 * FEW));
    assert_eq!((few[0].1, many[0].1, many[1].1), (FEW, 2 * FEW, 0));
    for (few, many) in few.iter().zip(&many) {
        assert!(many.0 * 10 <= few.0 * 22, "{few:?} for {FEW}, {many:?} for twice as many");
    }
}

/// Whoever waits is told what is being done.
#[test]
fn an_import_tells_what_it_begins_with() {
    let demo = demo();
    let whole = whole(&demo);
    let target = mapping::read(&demo.tables);
    let facts = mapping::facts(&demo.tables, &target);
    let phases = std::cell::RefCell::new(Vec::new());
    let tell = |phase| phases.borrow_mut().push(phase);
    let import = prepare_told(&demo.tables, (&target, &facts), &whole, &Options::default(), &tell);
    assert!(import.plan.is_empty() && import.leftover.is_empty());
    assert_eq!(*phases.borrow(), [Phase::Planning, Phase::Writing, Phase::Proving]);
}
