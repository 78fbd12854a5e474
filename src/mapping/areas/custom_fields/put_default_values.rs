//! Default values of custom fields, in the XML in which XStream keeps them.
//!
//! Which form a type has: seen in the rows of real Jiras for options, texts and users; the others as reading knows them.

use std::collections::HashMap;

use super::default_values as reading;
use super::default_values::{DEFAULT_VALUE, Meaning, OWN_TYPES, Options};
use crate::mapping::ground::context::Context;
use crate::mapping::ground::writer::Writer;
use crate::mapping::ground::xstream;
use crate::model::{Element, Name, Path, Snapshot, canonicalize, malformed};
use crate::schema::{DUPLICATE, PART, Schema};

/// The first build of Jira 5.0, from which on default values name options by their ids; before, by their texts.
const IDS_OF_OPTIONS: u64 = 700;

/// The mark for "the current date": the first day of the year 1.
const NOW: &str = "<sql-timestamp>0001-01-01 00:00:00.0</sql-timestamp>";

/// How the values of a type are kept: each one alone, or in a list.
enum Shape {
    Single,
    List,
    Cascading,
}

/// A configuration of a field.
pub(crate) struct Configuration<'c> {
    /// Its row.
    pub(crate) id: &'c str,
    /// The type of the field.
    pub(crate) field_type: &'c str,
    /// The names of the options by id.
    pub(crate) options: &'c HashMap<String, Name>,
    /// The ids of the options by name.
    pub(crate) ids: &'c HashMap<&'c Name, &'c str>,
    /// Where it stands.
    pub(crate) path: &'c Path,
}

impl Writer<'_> {
    /// Writes the default value of a configuration; XML that says what is wanted stays as it is.
    pub(crate) fn put_default_value(&mut self, configuration: &Configuration<'_>, element: &Element) {
        let key = [("datakey", Some(configuration.id)), ("datatype", Some("DefaultValue"))];
        let row = self.find("GenericConfiguration", &key).first().copied();
        let xml = row.and_then(|at| self.at("GenericConfiguration", at).text("xmlvalue").map(str::to_owned));
        let now = xml.as_ref().and_then(|xml| self.value_now(configuration, element, xml));
        let is_unread = |own: &&Element| own.attribute_named(PART) == Some(DEFAULT_VALUE);
        let unread = element.all("unreadable").find(is_unread);
        let wanted = unread.or_else(|| element.get(DEFAULT_VALUE));
        if now.as_ref() == wanted {
            return;
        }
        match wanted {
            None => self.put_stored(configuration.id, None),
            Some(_) if unread.is_some() => {
                let message = "it could not be read in the instance it comes from, so its content is unknown";
                self.unwritable(configuration.path.child(DEFAULT_VALUE), message);
            }
            Some(wanted) => match self.stored(configuration, wanted, xml.as_deref()) {
                Ok(xml) => self.put_stored(configuration.id, Some(xml)),
                Err(message) => self.unwritable(configuration.path.child(DEFAULT_VALUE), message),
            },
        }
    }

    /// Returns what the XML of a default value says.
    fn value_now(&self, configuration: &Configuration<'_>, element: &Element, xml: &str) -> Option<Element> {
        let mut scratch = Snapshot::default();
        let mut context = Context {
            tables: self.tables,
            names: &self.names,
            properties: &self.properties,
            snapshot: &mut scratch,
        };
        let options: Options<'_> =
            configuration.options.iter().map(|(id, name)| (id.as_str(), name)).collect();
        let Configuration { path, field_type, .. } = configuration;
        let read = reading::read(&mut context, path, field_type, &options, xml);
        let node = read.into_iter().find(|own| own.tag() != "lost")?;
        let declaration = Schema::get().child(element.declaration, node.tag())?;
        let mut value = node.bind(declaration, &Path::default(), &mut Vec::new())?;
        canonicalize(&mut value);
        Some(value)
    }

    /// Returns the XML of a default value, or why there is none.
    fn stored(
        &mut self,
        configuration: &Configuration<'_>,
        wanted: &Element,
        before: Option<&str>,
    ) -> Result<String, String> {
        let field_type = configuration.field_type;
        if wanted.get("currentDateTime").is_some() {
            return Ok(self.now());
        }
        let values: Vec<&Element> =
            wanted.all("singularValue").filter_map(|value| value.children().first()).collect();
        // What reading did not understand is the XML itself.
        if let [value] = values[..]
            && value.tag() == "value"
            && value.text().starts_with('<')
            && (Meaning::of(field_type) == Meaning::Unknown || xstream::parse(value.text()).is_none())
            && malformed(value.text()).is_none()
        {
            return Ok(value.text().to_owned());
        }
        let mut texts = Vec::with_capacity(values.len());
        for value in &values {
            texts.push(self.leaf(configuration, value)?);
        }
        let own = field_type.strip_prefix(OWN_TYPES).unwrap_or("");
        let shape = match own {
            // One group is kept in a list, too: both pickers of groups are the same class (`MultiGroupCFType`).
            "multiselect" | "multicheckboxes" | "multiuserpicker" | "grouppicker" | "multigrouppicker"
            | "version" | "multiversion" => Shape::List,
            "cascadingselect" => Shape::Cascading,
            _ if Meaning::of(field_type) == Meaning::Unknown && values.len() > 1 => Shape::List,
            _ => Shape::Single,
        };
        let tag = match (Meaning::of(field_type), own) {
            (Meaning::Plain, "float" | "importid") | (Meaning::Project | Meaning::Version, _) => "double",
            (Meaning::Plain, "datetime") | (Meaning::Day, _) => "sql-timestamp",
            (Meaning::Option, _) if !matches!(shape, Shape::Cascading) && self.has_ids_of_options() => "long",
            (Meaning::Unknown, _) => unknown(before, &values)?,
            _ => "string",
        };
        let texts: Vec<String> = match Meaning::of(field_type) {
            Meaning::Labels => vec![texts.join(" ")],
            _ => texts,
        };
        let leaves: Vec<String> = texts.iter().map(|text| leaf(tag, text)).collect();
        match (shape, &leaves[..]) {
            (Shape::List, leaves) if leaves.len() == 1 || own != "grouppicker" => {
                let items: String = leaves.iter().map(|leaf| format!("  {leaf}\n")).collect();
                Ok(format!("<list>\n{items}</list>"))
            }
            (Shape::Cascading, leaves @ ([_] | [_, _])) => Ok(cascading(leaves)),
            (Shape::Single, [leaf]) => Ok(leaf.clone()),
            (_, leaves) => {
                let most = if own == "cascadingselect" { "an option and one below it" } else { "one value" };
                Err(format!(
                    "the default value of a field of type {field_type} is {most}, and the file has {} values",
                    leaves.len()
                ))
            }
        }
    }

    /// Returns the text by which rows name a single value, or why there is none.
    fn leaf(&mut self, configuration: &Configuration<'_>, value: &Element) -> Result<String, String> {
        let missing = || format!("there is no {} {} here", value.tag(), value.text());
        match value.tag() {
            "option" => {
                let wanted = Name::plain(value.text())
                    .with("parentOption", value.attribute_named("parentOption").unwrap_or(""))
                    .with(DUPLICATE, value.attribute_named(DUPLICATE).unwrap_or(""));
                let by_text =
                    !self.has_ids_of_options() && !configuration.field_type.ends_with(":cascadingselect");
                let id = *configuration.ids.get(&wanted).ok_or_else(missing)?;
                Ok(if by_text { value.text() } else { id }.to_owned())
            }
            "user" => Ok(self.user_key(value.text())),
            "project" | "version" => self.ids.named_by(value, &[]).map(str::to_owned).ok_or_else(missing),
            _ => Ok(value.text().to_owned()),
        }
    }

    fn has_ids_of_options(&self) -> bool {
        self.build().is_none_or(|build| build >= IDS_OF_OPTIONS)
    }

    /// Returns the mark for "the current date" as the instance spells it: that depends on its time zone.
    fn now(&self) -> String {
        let find = || {
            let rows = self.tables.rows("GenericConfiguration").iter();
            let mut values = rows.filter_map(|row| row.text("xmlvalue"));
            values.find(|xml| xml.starts_with("<sql-timestamp>000")).unwrap_or(NOW).to_owned()
        };
        self.now.get_or_init(find).clone()
    }
}

/// Returns the tag for the values of a type that belongs to an app: that of the value before, or what cannot be wrong.
fn unknown(before: Option<&str>, values: &[&Element]) -> Result<&'static str, String> {
    const TAGS: [&str; 4] = ["string", "long", "double", "sql-timestamp"];
    if let Some(tag) =
        TAGS.into_iter().find(|tag| before.is_some_and(|xml| xml.contains(&format!("<{tag}>"))))
    {
        return Ok(tag);
    }
    // The status of an epic is a select list: its default is a number (7.12.3 and 9.12.4).
    if values.iter().all(|value| value.tag() == "option") {
        return Ok("long");
    }
    let is_number = |value: &&Element| value.tag() == "value" && value.text().parse::<f64>().is_ok();
    match values.iter().any(is_number) {
        true => Err("pcfg does not know how this field type stores numbers".to_owned()),
        false => Ok("string"),
    }
}

fn leaf(tag: &str, text: &str) -> String {
    match tag {
        "double" => format!("<double>{}</double>", double(text)),
        "sql-timestamp" => moment(text),
        _ => format!("<{tag}>{}</{tag}>", escaped(text)),
    }
}

/// Returns a number as Java writes it: with a fraction.
fn double(text: &str) -> String {
    match text.contains(['.', 'e', 'E', 'N', 'i']) {
        true => text.to_owned(),
        false => format!("{text}.0"),
    }
}

/// Returns a moment as it is kept: a day begins at midnight; one that names its zone is of another class.
fn moment(text: &str) -> String {
    let mut words = text.splitn(3, ' ');
    let (day, hour, zone) = (words.next().unwrap_or(""), words.next().unwrap_or("00:00:00"), words.next());
    let hour = if hour.contains('.') { hour.to_owned() } else { format!("{hour}.0") };
    match zone {
        Some(zone) => format!("<date>{} {} {}</date>", escaped(day), escaped(&hour), escaped(zone)),
        None => format!("<sql-timestamp>{} {}</sql-timestamp>", escaped(day), escaped(&hour)),
    }
}

/// Returns the default value of a cascading select: the parent has no key, the option below it the key 1.
fn cascading(leaves: &[String]) -> String {
    const CLASS: &str = "com.atlassian.jira.issue.customfields.view.CustomFieldParamsImpl";
    let keys = ["<null/>", "<string>1</string>"];
    let entry = |(key, leaf): (&&str, &String)| {
        format!("    <entry>\n      {key}\n      <list>\n        {leaf}\n      </list>\n    </entry>\n")
    };
    let entries: String = keys.iter().zip(leaves).map(entry).collect();
    format!("<{CLASS}>\n  <parameterMap>\n{entries}  </parameterMap>\n</{CLASS}>")
}

/// Returns a text as XStream escapes it.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&apos;"),
            '\r' => escaped.push_str("&#xd;"),
            other => escaped.push(other),
        }
    }
    escaped
}
