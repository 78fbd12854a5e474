//! The text of a workflow's descriptor as it is to be.

use super::arguments::Translator;
use super::build::{build, reads_as};
use super::content::{self, Content};
use super::descriptor::Descriptor;
use super::merge;
use crate::entity::Tables;
use crate::mapping::ground::context::Context;
use crate::mapping::ground::names::Names;
use crate::mapping::ground::properties::Properties;
use crate::mapping::ground::queries::Queries;
use crate::mapping::ground::writer::Writer;
use crate::model::{Content as Inside, Element, Node, Path, Snapshot};
use crate::xml::is_forbidden;

/// What ids mean in an instance so far.
pub(in crate::mapping) struct Meaning<'a> {
    tables: &'a Tables,
    names: Names,
    properties: Properties,
}

impl<'a> Meaning<'a> {
    pub(in crate::mapping) fn new(tables: &'a Tables) -> Self {
        let names = Names::new(tables, &mut Snapshot::default());
        Self { tables, names, properties: Properties::new(tables) }
    }

    /// Returns what queries mean.
    pub(in crate::mapping) fn queries(&self) -> Queries<'_> {
        Queries::new(&self.names)
    }
}

/// Writes descriptors into an instance.
pub(in crate::mapping) struct Descriptors<'a> {
    meaning: &'a Meaning<'a>,
    translator: Translator<'a>,
}

impl<'a> Descriptors<'a> {
    /// Prepares for the rows that `meaning` has; the queries are those of just these rows.
    pub(in crate::mapping) fn new(meaning: &'a Meaning<'a>, queries: &'a Queries<'a>) -> Self {
        Self { meaning, translator: Translator::new(meaning.tables, &meaning.names, queries) }
    }

    /// Returns the text of the descriptor that a workflow or draft is to have: the old text, if it says that already. `None`,
    /// with notes, if it cannot be written. The model is a text whose numbers are kept: the old text, or that of the
    /// workflow of a new draft. Queries mean what they mean `now`, with what has been written.
    pub(in crate::mapping) fn text(
        &self,
        writer: &mut Writer<'_>,
        now: &Queries<'_>,
        path: &Path,
        element: &Element,
        old: Option<&str>,
        model: Option<&str>,
    ) -> Option<String> {
        let element = &content_of(element);
        let mut notes = Snapshot::default();
        let Self { meaning: Meaning { tables, names, properties }, translator } = self;
        let mut context = Context { tables, names, properties, snapshot: &mut notes };
        for text in old.into_iter().chain(model) {
            let (node, _) = content::add(&mut context, translator, path, begun(element), text);
            if reads_as(node, element) {
                return Some(text.to_owned());
            }
        }
        if let Some(part) = element.get("unreadable") {
            let message = "it could not be read in the instance it comes from, so its content is unknown";
            writer.unwritable(path.child(part.tag()), message);
            return None;
        }
        let model = old.or(model);
        let before = model.and_then(|text| Descriptor::parse(text).ok());
        let steps = before.as_ref().map(content::step_names).unwrap_or_default();
        let raw = Content::new(&mut context, translator, path, steps);
        let descriptor = build(writer, now, raw, path, element, before.as_ref())?;
        if before.as_ref() == Some(&descriptor) {
            return model.map(str::to_owned);
        }
        let text = merge::text(&descriptor, model.filter(|_| before.is_some()));
        if text.contains(is_forbidden) || Descriptor::parse(&text).as_ref() != Ok(&descriptor) {
            writer.unwritable(path.clone(), "it has text that cannot be stored in a workflow descriptor");
            return None;
        }
        Some(text)
    }
}

/// Returns a workflow with what its descriptor says alone.
fn content_of(element: &Element) -> Element {
    let mut element = element.clone();
    if let Inside::Children(children) = &mut element.content {
        children.retain(|child| !matches!(child.tag(), "draft" | "managed"));
    }
    element
}

/// Begins the element as reading does.
fn begun(element: &Element) -> Node {
    let node = Node::new(element.tag());
    let node = match element.text_of("name") {
        Some(name) => node.text("name", name),
        None => node,
    };
    match element.attribute_named(crate::schema::DUPLICATE) {
        Some(number) => node.attribute(crate::schema::DUPLICATE, number),
        None => node,
    }
}

#[cfg(test)]
mod tests {
    use crate::entity::Tables;
    use crate::mapping::ground::kinds::kind;
    use crate::mapping::ground::writer::Writer;
    use crate::mapping::{read, tables};
    use crate::model::{Content, Element};

    const CLASS: &str = "<arg name=\"class.name\">com.googlecode.jsu.x</arg>";

    fn rows(descriptor: &str) -> Tables {
        tables(&[
            ("CustomField", &[("id", "100"), ("name", "Colour"), ("customfieldtypekey", "t:select")]),
            ("CustomField", &[("id", "101"), ("name", "Shade"), ("customfieldtypekey", "t:select")]),
            ("FieldConfiguration", &[("id", "7"), ("fieldid", "customfield_100")]),
            ("FieldConfiguration", &[("id", "8"), ("fieldid", "customfield_101")]),
            (
                "CustomFieldOption",
                &[("id", "70"), ("customfield", "100"), ("customfieldconfig", "7"), ("value", "Red")],
            ),
            (
                "CustomFieldOption",
                &[("id", "80"), ("customfield", "101"), ("customfieldconfig", "8"), ("value", "Red")],
            ),
            ("Project", &[("id", "1"), ("key", "A"), ("name", "A")]),
            ("Project", &[("id", "2"), ("key", "B"), ("name", "B")]),
            ("Version", &[("id", "11"), ("project", "1"), ("name", "1.0")]),
            ("Version", &[("id", "12"), ("project", "2"), ("name", "1.0")]),
            ("Workflow", &[("id", "1"), ("name", "W"), ("descriptor", descriptor)]),
        ])
    }

    /// Changes every text of the workflow that is one of these, writes it, and returns the new descriptor.
    fn changed(descriptor: &str, edits: &[(&str, &str)]) -> String {
        fn edit(element: &mut Element, edits: &[(&str, &str)]) {
            let attributes: Vec<_> = element.attributes.iter().cloned().collect();
            for (number, value) in attributes {
                if let Some((_, to)) = edits.iter().find(|(from, _)| *value == **from) {
                    element.set_attribute(number, *to);
                }
            }
            match &mut element.content {
                Content::Text(text) => {
                    if let Some((_, to)) = edits.iter().find(|(from, _)| **text == **from) {
                        *text = (*to).into();
                    }
                }
                Content::Children(children) => children.iter_mut().for_each(|child| edit(child, edits)),
            }
        }
        let mut tables = rows(descriptor);
        let workflow = |tables: &Tables| {
            let snapshot = read(tables);
            let found = snapshot
                .objects
                .iter()
                .find(|(own, _)| own.kind == kind("workflowEntry") && own.name() == "W");
            found.unwrap().1.element.clone()
        };
        let mut wanted = workflow(&tables);
        edit(&mut wanted, edits);
        crate::model::canonicalize(&mut wanted);
        let mut writer = Writer::new(&tables);
        writer.write(&[&wanted]);
        let (changes, unwritable) = writer.finish();
        assert_eq!(unwritable, []);
        tables.apply(&changes).unwrap();
        assert_eq!(workflow(&tables), wanted);
        tables.rows("Workflow")[0].get("descriptor").unwrap().to_owned()
    }

    fn with_function(arguments: &str) -> String {
        format!(
            "<workflow><initial-actions><action id=\"1\" name=\"Create\"><pre-functions><function type=\"class\">{CLASS}\
             {arguments}</function></pre-functions></action></initial-actions></workflow>"
        )
    }

    fn argument(name: &str, value: &str) -> String {
        format!("<arg name=\"{name}\">{value}</arg>")
    }

    #[test]
    fn lists_are_spelled_as_they_were_read() {
        let before = with_function(&argument("hidFieldsList", "customfield_100@@summary@@"));
        let after = changed(&before, &[("summary", "duedate")]);
        assert!(after.contains(&argument("hidFieldsList", "customfield_100@@duedate@@")), "{after}");
    }

    #[test]
    fn the_option_of_another_field_is_another_option() {
        let of = |field: &str, option: &str| argument("field.name", field) + &argument("field.value", option);
        let before = with_function(&of("customfield_100", "70"));
        let after = changed(&before, &[("Colour", "Shade")]);
        assert!(after.contains(&argument("field.name", "customfield_101")), "{after}");
        assert!(after.contains(&argument("field.value", "80")), "{after}");
    }

    #[test]
    fn the_version_of_another_project_is_another_version() {
        let of = |version: &str| argument("field.name", "fixVersions") + &argument("field.value", version);
        let after = changed(&with_function(&of("11")), &[("A", "B")]);
        assert!(after.contains(&argument("field.value", "12")), "{after}");
    }

    /// References to common actions that say nothing, an empty property of a screen, an action without result.
    #[test]
    fn what_says_nothing_stays_around_a_change() {
        let before = "<workflow><common-actions><action id=\"2\" name=\"Go\"><meta name=\"jira.fieldscreen.id\"></meta>\
                      </action></common-actions><steps><step id=\"1\" name=\"Open\"><actions><common-action id=\"9\"/>\
                      <common-action id=\"2\"/><common-action id=\"2\"/></actions></step></steps></workflow>";
        let parse = |text: &str| super::Descriptor::parse(text).unwrap();
        let after = parse(&changed(before, &[("Open", "Open"), ("Go", "Went")]));
        let mut wanted = parse(before);
        wanted.common[0].name = "Went".to_owned();
        assert_eq!(after, wanted);
    }

    /// By its mark, boards may edit a workflow: it is a part of it like any other.
    #[test]
    fn the_mark_of_workflows_that_boards_edit_stays() {
        let mark = "<meta name=\"gh.version\">7.3.0</meta>";
        let before = format!(
            "<workflow>{mark}<initial-actions><action id=\"1\" name=\"Create\"/></initial-actions></workflow>"
        );
        assert!(changed(&before, &[("Create", "Make")]).contains(mark));
        let without = changed(&before, &[("gh.version", "my.version")]);
        assert!(!without.contains(mark) && without.contains("my.version"), "{without}");
    }

    /// Actions and steps without a number of their own keep their places.
    #[test]
    fn strays_stay_around_a_change() {
        let before = "<workflow><initial-actions><action id=\"1\" name=\"Create\"/><action name=\"Twice\"/>\
                      <action id=\"3\" name=\"More\"/></initial-actions><steps><step id=\"1\" name=\"Open\"><actions>\
                      <action id=\"x\" name=\"None\"/><action id=\"4\" name=\"Go\"/></actions></step>\
                      <step id=\"1\" name=\"Open again\"/></steps></workflow>";
        let parse = |text: &str| super::Descriptor::parse(text).unwrap();
        let after = parse(&changed(before, &[("More", "Less")]));
        let mut wanted = parse(before);
        wanted.initial[2].name = "Less".to_owned();
        assert_eq!(after, wanted);
    }
}
