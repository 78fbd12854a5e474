//! Default values of custom fields.
//!
//! What the XML means depends on the type of the field: a text may be a text, an option, a user ... Sources: the types
//! of Jira 4.2 to 6.3 and the rows of real backups up to 9.12. Invariant: what is not understood stays as the XML that
//! it was, with a note.

use std::collections::HashMap;

use crate::mapping::ground::context::Context;
use crate::mapping::ground::xstream;
use crate::mapping::ground::xstream::Stored;
use crate::model::{Name, Node, Path, malformed};

/// The module that Jira's own field types belong to.
pub(crate) const OWN_TYPES: &str = "com.atlassian.jira.plugin.system.customfieldtypes:";

/// The element of a default value.
pub(in crate::mapping) const DEFAULT_VALUE: &str = "defaultValue";

/// The options of a configuration by id.
pub(in crate::mapping) type Options<'a> = HashMap<&'a str, &'a Name>;

/// What the values of a field type mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::mapping) enum Meaning {
    /// Text, addresses and numbers stand for themselves.
    Plain,
    /// One text holds several labels.
    Labels,
    /// A day; the hour is that of midnight at the server.
    Day,
    /// The id of an option; of a cascading field, first the parent.
    Option,
    /// A user key; before 6.0, a user name.
    User,
    /// The name of a group.
    Group,
    /// The id of a project, as a number with a fraction.
    Project,
    /// The id of a version, as a number with a fraction.
    Version,
    /// The type belongs to an app.
    Unknown,
}

impl Meaning {
    /// Returns what the values of a field type mean, by its complete key.
    pub(in crate::mapping) fn of(field_type: &str) -> Self {
        match field_type.strip_prefix(OWN_TYPES) {
            Some("textfield" | "textarea" | "readonlyfield" | "url" | "float" | "datetime" | "importid") => {
                Self::Plain
            }
            Some("labels") => Self::Labels,
            Some("datepicker") => Self::Day,
            Some("select" | "multiselect" | "radiobuttons" | "multicheckboxes" | "cascadingselect") => {
                Self::Option
            }
            Some("userpicker" | "multiuserpicker") => Self::User,
            Some("grouppicker" | "multigrouppicker") => Self::Group,
            Some("project") => Self::Project,
            Some("version" | "multiversion") => Self::Version,
            _ => Self::Unknown,
        }
    }
}

/// A default value on its way into the file.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Value {
    tag: &'static str,
    name: Name,
}

/// Reads a default value, and what stands for as much of it as leads nowhere.
pub(in crate::mapping) fn read(
    context: &mut Context<'_>,
    path: &Path,
    field_type: &str,
    options: &Options<'_>,
    xml: &str,
) -> Vec<Node> {
    let path = path.child(DEFAULT_VALUE);
    let Some(stored) = xstream::parse(xml) else {
        if let Some(why) = malformed(xml) {
            let message = format!("the default value cannot be read ({why}); it is kept as unreadable");
            context.unreadable(path, message);
            return vec![Node::unreadable(DEFAULT_VALUE, xml)];
        }
        context.untranslated(
            path,
            "the default value has a format that pcfg does not know; it is kept as it is",
        );
        return vec![node([Value { tag: "value", name: Name::plain(xml) }])];
    };
    let mut leaves = Vec::new();
    flatten(&stored, &mut leaves);
    if leaves.iter().any(|leaf| matches!(leaf, Stored::Moment(moment) if is_now(moment))) {
        return vec![Node::new("defaultValue").with(Node::new("currentDateTime"))];
    }
    let meaning = Meaning::of(field_type);
    let mut values = Vec::new();
    let mut lost = None;
    for leaf in leaves {
        let text = match leaf {
            Stored::Text(text) | Stored::Number(text) | Stored::Moment(text) => text.as_str(),
            _ => continue,
        };
        if meaning == Meaning::Labels {
            let labels = text.split_whitespace();
            values.extend(labels.map(|label| Value { tag: "value", name: Name::plain(label) }));
        } else if !text.is_empty() {
            match value(context, &path, meaning, options, text) {
                Ok(value) => values.extend(value),
                Err(nowhere) => {
                    context.dangling(path.clone(), format!("there is no {nowhere} {text} here"));
                    lost = Some(Node::lost(DEFAULT_VALUE));
                }
            }
        }
    }
    if matches!(stored, Stored::Set(_)) {
        values.sort();
    }
    let value = (!values.is_empty()).then(|| node(values));
    value.into_iter().chain(lost).collect()
}

/// A default value as rows keep it, for those who say it in other words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kept {
    /// The day or moment at which an issue is made.
    Now,
    /// Texts, numbers, moments, ids and names, in their order; of a cascading field, first the parent.
    Texts(Vec<String>),
}

/// Returns what a default value says; nothing if XStream has not written it.
pub(crate) fn kept(xml: &str) -> Option<Kept> {
    let stored = xstream::parse(xml)?;
    let mut leaves = Vec::new();
    flatten(&stored, &mut leaves);
    if leaves.iter().any(|leaf| matches!(leaf, Stored::Moment(moment) if is_now(moment))) {
        return Some(Kept::Now);
    }
    let texts = leaves.into_iter().filter_map(|leaf| match leaf {
        Stored::Text(text) | Stored::Number(text) | Stored::Moment(text) => Some(text.clone()),
        _ => None,
    });
    Some(Kept::Texts(texts.filter(|text| !text.is_empty()).collect()))
}

fn node(values: impl IntoIterator<Item = Value>) -> Node {
    let values = values.into_iter();
    let values = values.map(|value| Node::new("singularValue").with(value.name.reference(value.tag)));
    Node::new("defaultValue").with_all(values)
}

/// Collects the single values in their order.
fn flatten<'a>(stored: &'a Stored, leaves: &mut Vec<&'a Stored>) {
    match stored {
        Stored::List(items) | Stored::Set(items) => items.iter().for_each(|item| flatten(item, leaves)),
        Stored::Map(entries) => entries.iter().for_each(|(_, value)| flatten(value, leaves)),
        Stored::Nothing => {}
        Stored::Text(_) | Stored::Number(_) | Stored::Moment(_) => leaves.push(stored),
    }
}

/// Returns whether a moment is the mark for "the current date": the first day of the year 1 at the server, which is
/// one day earlier in UTC for a server east of Greenwich.
fn is_now(moment: &str) -> bool {
    moment.starts_with("000")
}

/// Returns what a single value means, if it means anything; an `Err` says what would be what it leads to.
fn value(
    context: &mut Context<'_>,
    path: &Path,
    meaning: Meaning,
    options: &Options<'_>,
    text: &str,
) -> Result<Option<Value>, &'static str> {
    let plain = |text: &str| Ok(Some(Value { tag: "value", name: Name::plain(text) }));
    let names = context.names;
    let (tag, found) = match meaning {
        Meaning::Plain | Meaning::Labels => return plain(text),
        Meaning::Day => return plain(text.strip_suffix(" 00:00:00").unwrap_or(text)),
        Meaning::Unknown => {
            if let Some(name) = options.get(text) {
                return Ok(Some(Value { tag: "option", name: (*name).clone() }));
            }
            if text.bytes().all(|byte| byte.is_ascii_digit()) {
                let message = format!("pcfg does not know whether the default value {text} is an id");
                context.untranslated(path.clone(), message);
            }
            return plain(text);
        }
        // -1 is what the lists of the web pages send for "none".
        Meaning::Option | Meaning::Project | Meaning::Version if text == "-1" => return Ok(None),
        Meaning::Option => ("option", option(options, text)),
        Meaning::User => ("user", names.user(text)),
        Meaning::Group => ("group", names.group(text)),
        Meaning::Project => ("project", names.get("project", text).cloned()),
        Meaning::Version => ("version", names.get("version", text).cloned()),
    };
    found.map(|name| Some(Value { tag, name })).ok_or(tag)
}

/// Returns the option with an id or, in backups before 5.0, with a text.
fn option(options: &Options<'_>, value: &str) -> Option<Name> {
    let by_text = || options.values().find(|name| ***name == Name::plain(value));
    options.get(value).or_else(by_text).map(|name| (*name).clone())
}

#[cfg(test)]
mod tests {
    use crate::mapping::{read, tables, written};
    use crate::model::NoteKind;

    /// Reads the default value of a field: its lines without their indentation in one, and the warnings.
    fn default_value(field_type: &str, xml: &str) -> (String, Vec<String>) {
        let field_type = match field_type {
            "app" => "com.example:app".to_owned(),
            own => format!("{}{own}", super::OWN_TYPES),
        };
        let snapshot = read(&tables(&[
            ("Project", &[("id", "10000"), ("key", "TST"), ("name", "Test")]),
            ("Version", &[("id", "10001"), ("project", "10000"), ("name", "1.0")]),
            ("ApplicationUser", &[("id", "1"), ("userKey", "JIRAUSER10000"), ("lowerUserName", "john")]),
            ("ApplicationUser", &[("id", "2"), ("userKey", "ann"), ("lowerUserName", "ann")]),
            ("CustomField", &[("id", "1"), ("name", "Field"), ("customfieldtypekey", &field_type)]),
            ("FieldConfigScheme", &[("id", "2"), ("name", "Context"), ("fieldid", "customfield_1")]),
            (
                "FieldConfigSchemeIssueType",
                &[("id", "3"), ("fieldconfigscheme", "2"), ("fieldconfiguration", "4")],
            ),
            ("FieldConfiguration", &[("id", "4"), ("name", "Config")]),
            ("FieldConfiguration", &[("id", "5"), ("name", "Other")]),
            (
                "CustomFieldOption",
                &[("id", "20"), ("customfield", "1"), ("customfieldconfig", "4"), ("value", "Red")],
            ),
            (
                "CustomFieldOption",
                &[
                    ("id", "21"),
                    ("customfield", "1"),
                    ("customfieldconfig", "4"),
                    ("parentoptionid", "20"),
                    ("value", "Dark"),
                ],
            ),
            (
                "CustomFieldOption",
                &[("id", "22"), ("customfield", "1"), ("customfieldconfig", "4"), ("value", "Blue")],
            ),
            (
                "CustomFieldOption",
                &[("id", "23"), ("customfield", "1"), ("customfieldconfig", "5"), ("value", "Lost")],
            ),
            (
                "GenericConfiguration",
                &[("id", "1"), ("datakey", "4"), ("datatype", "Other"), ("xmlvalue", "<int>1</int>")],
            ),
            (
                "GenericConfiguration",
                &[("id", "2"), ("datakey", "4"), ("datatype", "DefaultValue"), ("xmlvalue", xml)],
            ),
        ]));
        let text = written(&snapshot, "customField");
        let value = text
            .split_once("<defaultValue>")
            .map_or("", |(_, rest)| rest.split_once("</defaultValue>").expect("an end").0);
        let lines: Vec<&str> = value.lines().map(str::trim).collect();
        let value = lines.concat().replace("<singularValue>", "").replace("</singularValue>", "");
        let warnings = snapshot.notes.iter().filter(|note| note.kind != NoteKind::Dangling);
        (value, warnings.map(|note| format!("{} {}", note.path, note.message)).collect())
    }

    #[test]
    fn every_type_of_jira_is_understood() {
        let cascading = "<com.atlassian.jira.issue.customfields.view.CustomFieldParamsImpl><parameterMap>\
            <entry><string>1</string><list><string>21</string></list></entry>\
            <entry><null/><list><string>20</string></list></entry>\
            </parameterMap></com.atlassian.jira.issue.customfields.view.CustomFieldParamsImpl>";
        let parent_only = "<com.atlassian.jira.issue.customfields.view.CustomFieldParamsImpl><parameterMap>\
            <entry><null/><list><string>22</string></list></entry>\
            <entry><string>1</string><list><string>-1</string></list></entry>\
            </parameterMap></com.atlassian.jira.issue.customfields.view.CustomFieldParamsImpl>";
        for (field_type, xml, expected) in [
            ("textfield", "<string>a &amp; b</string>", "<value>a &amp; b</value>"),
            ("textarea", "<string>20</string>", "<value>20</value>"),
            ("url", "<string>https://example.com</string>", "<value>https://example.com</value>"),
            ("textfield", "<string></string>", ""),
            ("textfield", "<null/>", ""),
            ("labels", "<string>one two</string>", "<value>one</value><value>two</value>"),
            ("float", "<double>1.0</double>", "<value>1</value>"),
            ("float", "<double>0.25</double>", "<value>0.25</value>"),
            (
                "datepicker",
                "<sql-timestamp>2010-08-25 00:00:00.0</sql-timestamp>",
                "<value>2010-08-25</value>",
            ),
            (
                "datepicker",
                "<sql-timestamp>2010-08-24 22:00:00</sql-timestamp>",
                "<value>2010-08-24 22:00:00</value>",
            ),
            (
                "datetime",
                "<sql-timestamp>2010-08-25 00:00:00.0</sql-timestamp>",
                "<value>2010-08-25 00:00:00</value>",
            ),
            ("datetime", "<date>2010-08-25 12:30:00.0 UTC</date>", "<value>2010-08-25 12:30:00 UTC</value>"),
            ("datepicker", "<sql-timestamp>0001-01-01 00:00:00.0</sql-timestamp>", "<currentDateTime/>"),
            ("datetime", "<sql-timestamp>0001-12-31 23:00:00</sql-timestamp>", "<currentDateTime/>"),
            ("select", "<long>22</long>", "<option>Blue</option>"),
            ("radiobuttons", "<string>22</string>", "<option>Blue</option>"),
            ("select", "<string>Blue</string>", "<option>Blue</option>"),
            ("select", "<long>-1</long>", ""),
            ("select", "<long>23</long>", ""),
            (
                "multiselect",
                "<list><long>22</long><long>20</long></list>",
                "<option>Blue</option><option>Red</option>",
            ),
            (
                "multicheckboxes",
                "<set><long>20</long><long>22</long></set>",
                "<option>Blue</option><option>Red</option>",
            ),
            ("multiselect", "<list/>", ""),
            ("cascadingselect", cascading, "<option>Red</option><option parentOption=\"Red\">Dark</option>"),
            ("cascadingselect", parent_only, "<option>Blue</option>"),
            ("userpicker", "<string>JIRAUSER10000</string>", "<user>john</user>"),
            (
                "multiuserpicker",
                "<list><string>JIRAUSER10000</string><string>ann</string></list>",
                "<user>john</user><user>ann</user>",
            ),
            ("multiuserpicker", "<list><string>JIRAUSER10001</string></list>", ""),
            ("grouppicker", "<string>staff</string>", "<group>staff</group>"),
            (
                "multigrouppicker",
                "<list><string>b</string><string>a</string></list>",
                "<group>b</group><group>a</group>",
            ),
            ("project", "<double>10000.0</double>", "<project>TST</project>"),
            ("project", "<long>10001</long>", ""),
            ("version", "<list><double>10001.0</double></list>", "<version project=\"TST\">1.0</version>"),
            (
                "multiversion",
                "<list><double>10001.0</double></list>",
                "<version project=\"TST\">1.0</version>",
            ),
            ("app", "<string>text</string>", "<value>text</value>"),
            ("app", "<long>20</long>", "<option>Red</option>"),
            ("app", "<sql-timestamp>0001-01-01 00:00:00.0</sql-timestamp>", "<currentDateTime/>"),
        ] {
            assert_eq!(
                default_value(field_type, xml),
                (expected.to_owned(), Vec::new()),
                "{field_type}: {xml}"
            );
        }
    }

    #[test]
    fn what_is_not_understood_stays_and_is_noted() {
        let path = "/customField[Field]/customFieldConfigScheme[Context]/config[Config]/defaultValue";
        let (value, notes) = default_value("textfield", "<com.example.Thing><a>1</a></com.example.Thing>");
        assert_eq!(value, "<value>&lt;com.example.Thing>&lt;a>1&lt;/a>&lt;/com.example.Thing></value>");
        let message = "the default value has a format that pcfg does not know; it is kept as it is";
        assert_eq!(notes, [format!("{path} {message}")]);
        let (value, notes) = default_value("app", "<long>4711</long>");
        assert_eq!(value, "<value>4711</value>");
        assert_eq!(notes, [format!("{path} pcfg does not know whether the default value 4711 is an id")]);
    }
}
