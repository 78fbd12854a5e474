//! An import into a live Jira and the way back, as tests of single areas make them: the requests that it takes, nothing that is left to
//! do, and everything as before at the end.

use pcfg::import::Import;
use pcfg::model::{Config, Element, Identity};
use pcfg::schema::Schema;
use pcfg::xml;

use crate::live_writing::{Target, assert_same, told};

/// Says what a plan does and refuses.
pub(crate) fn in_short(import: &Import) -> String {
    let mut told = String::new();
    for step in import.plan.steps.iter().map(pcfg::plan::Step::describe) {
        told.push_str(&format!("{} {} {}\n", step.action, step.kind, step.name));
        for line in step.changes {
            let value = |own: Option<pcfg::plan::Value>| own.map(|own| own.inline);
            told.push_str(&format!("  {} {:?} {:?}\n", line.path, value(line.old), value(line.new)));
        }
    }
    for own in &import.plan.refused {
        told.push_str(&format!("refused {}: {:?}\n", own.identity, own.reasons));
    }
    told
}

impl Target {
    /// Imports a file, which leaves nothing to do, and takes that back; returns the requests that it took.
    pub(crate) fn there_and_back(&self, file: &Config) -> String {
        let before = xml::to_string(&self.export());
        let writes = self.import(file);
        let again = self.plan(file);
        assert!(again.plan.is_empty() && again.work.is_empty(), "{}", in_short(&again));
        let last = self.site().history().unwrap()[0].id;
        self.undo(last);
        assert_same(&xml::to_string(&self.export()), &before, "taken back");
        told(&writes)
    }

    /// Says what of a file is refused, a line each.
    pub(crate) fn refusals(&self, file: &Config) -> String {
        let import = self.plan(file);
        let reasons = import.plan.refused.iter().flat_map(|own| &own.reasons);
        reasons.map(|own| format!("{}: {}\n", own.path, own.message)).collect()
    }

    /// Exports everything, with these objects in the places of those of the same identity, or besides.
    pub(crate) fn with(&self, objects: &[&str]) -> Config {
        with_objects(&self.export(), objects)
    }
}

/// Returns a file with these objects in the places of those of the same identity, or besides.
pub(crate) fn with_objects(file: &Config, objects: &[&str]) -> Config {
    let mut root = file.root().clone();
    for object in objects {
        let tag = object[1..].split_once(['>', ' ']).unwrap().0;
        let schema = Schema::get();
        let container = schema.container(schema.kind_named(tag).unwrap()).unwrap();
        let name = &schema.declaration(container).name;
        let object = only_child(&format!("<{name}>{object}</{name}>"));
        let identity = Identity::of_definition(&object);
        let all = root.children_mut().unwrap();
        let own = all.iter_mut().find(|own| own.declaration == container);
        let own = own.expect("there is one of its kind").children_mut().unwrap();
        own.retain(|other| Identity::of_definition(other) != identity);
        own.push(object);
    }
    Config::new(root)
}

/// Returns a file with an element beside the objects of a container.
pub(crate) fn with_setting(file: &Config, container: &str, setting: &str) -> Config {
    let mut root = file.root().clone();
    let setting = only_child(&format!("<{container}>{setting}</{container}>"));
    let own = root.children_mut().unwrap().iter_mut().find(|own| own.tag() == container).unwrap();
    let own = own.children_mut().unwrap();
    own.retain(|other| other.declaration != setting.declaration);
    own.push(setting);
    Config::new(root)
}

fn only_child(text: &str) -> Element {
    let projects = if text.starts_with("<projects>") { "" } else { "<projects/>" };
    let document = xml::read(&format!("<projectConfig formatVersion='1'>{projects}{text}</projectConfig>"));
    assert_eq!(document.problems, [], "{text}");
    document.root.unwrap().children().last().unwrap().children()[0].clone()
}
