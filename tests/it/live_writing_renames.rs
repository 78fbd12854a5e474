//! Objects of a live Jira that a mapping file renames: they stay the same objects, by as few requests as it takes, and the way back
//! gives them their old names.

use std::panic::{AssertUnwindSafe, catch_unwind};

use jira_for_tests::Options as Served;
use pcfg::model::{Config, Element};
use pcfg::plan::{Mapping, Options};
use pcfg::schema::Schema;
use pcfg::xml;

use crate::embedded::run;
use crate::live_there_and_back::in_short;
use crate::live_writing::{Target, assert_same, options, told};

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
