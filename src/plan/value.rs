//! What an element says: in one line, as a tree for people, and as an object for machines.
//!
//! Pure. Invariant: nothing is cut; whoever shows it decides how much of it fits.

use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};

use crate::model::{Content, Element, Path};
use crate::schema::{self, KeyPart, Schema};

/// What an element says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Value {
    /// All of it in one line: its text with the attributes that complete it, or its parts.
    pub inline: String,
    /// Its text, if it has no parts.
    text: String,
    /// The attributes that complete its text.
    attributes: Vec<(String, String)>,
    /// Its parts, in canonical order.
    pub parts: Vec<Part>,
}

/// A part of what an element says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// What it is and which one: `transition[Start review (21)]`.
    pub title: String,
    /// What it says beside what the title does.
    pub value: Value,
    /// Its tag, and whether there may be several of it.
    tag: String,
    is_repeated: bool,
    /// Whether the title of what it is a part of has it.
    is_told: bool,
}

impl Value {
    /// Returns what an element says.
    pub fn of(element: &Element) -> Self {
        let schema = Schema::get();
        let ty = schema.type_of(element.declaration);
        let attributes = element
            .attributes
            .iter()
            .map(|(number, value)| (ty.attributes[usize::from(*number)].name.clone(), value.to_string()));
        let (text, parts) = match &element.content {
            Content::Text(text) => (text.to_string(), Vec::new()),
            Content::Children(children) => {
                (String::new(), children.iter().map(|child| Part::of(element, child)).collect())
            }
        };
        Self { inline: inline(element), text, attributes: attributes.collect(), parts }
    }

    /// Returns the parts that a title of this element does not tell already.
    pub fn untold(&self) -> impl Iterator<Item = &Part> {
        self.parts.iter().filter(|part| !part.is_told)
    }

    /// Returns in one line what a title of this element does not tell already.
    pub fn untold_inline(&self) -> String {
        if self.parts.iter().all(|part| !part.is_told) {
            return self.inline.clone();
        }
        let parts = self.untold().map(|part| match part.value.inline.as_str() {
            "" => part.tag.clone(),
            value => format!("{} {value}", part.tag),
        });
        parts.collect::<Vec<_>>().join(", ")
    }

    /// Returns whether it is better read as a tree than in a line of so many letters.
    pub fn is_tree(&self, longest: usize) -> bool {
        let has_parts = |part: &Part| part.value.parts.iter().any(|inner| !inner.value.parts.is_empty());
        !self.parts.is_empty()
            && (self.inline.contains('\n')
                || self.inline.chars().count() > longest
                || self.parts.iter().any(has_parts))
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self { inline: text.clone(), text, ..Self::default() }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

impl Part {
    fn of(parent: &Element, child: &Element) -> Self {
        let declaration = Schema::get().declaration(child.declaration);
        let items = &declaration.items;
        let mut path = Path::default();
        // What only all of it tells from others is shown beside its tag.
        match items.as_ref().is_some_and(has_names) && matches!(child.content, Content::Children(_)) {
            true => path.enter_titled(child),
            false => path.enter_open(child.declaration, &[]),
        }
        Self {
            title: path.to_string().trim_start_matches('/').to_owned(),
            value: Value::of(child),
            tag: declaration.name.clone(),
            is_repeated: items.is_some(),
            is_told: is_told(parent, child),
        }
    }
}

/// Returns whether the title of an element has a child of it: what tells it from others, and its name.
fn is_told(parent: &Element, child: &Element) -> bool {
    let schema = Schema::get();
    let items = &schema.declaration(parent.declaration).items;
    let is_plain = matches!(schema.type_of(child.declaration).content, schema::Content::Leaf(_));
    let is_key = |key: &schema::Key| key.path[..] == [child.declaration];
    let is_name = child.tag() == Path::NAME;
    let is_title = |items: &schema::Items| has_names(items) && (is_name || items.identity.iter().any(is_key));
    is_plain && items.as_ref().is_some_and(is_title)
}

/// Returns whether items are told apart by something that a title can say.
fn has_names(items: &schema::Items) -> bool {
    items.identity.iter().all(|key| key.part != KeyPart::Whole)
}

/// Returns what an element says, in one line: its text with the attributes that complete it, or its parts.
pub fn inline(element: &Element) -> String {
    let ty = Schema::get().type_of(element.declaration);
    let attributes: Vec<String> = element
        .attributes
        .iter()
        .map(|(number, value)| format!("{} {value}", ty.attributes[usize::from(*number)].name))
        .collect();
    let text = match &element.content {
        Content::Text(text) => text.to_string(),
        Content::Children(children) => {
            let parts = children.iter().map(|child| match inline(child) {
                empty if empty.is_empty() => child.tag().to_owned(),
                value => format!("{} {value}", child.tag()),
            });
            parts.collect::<Vec<_>>().join(", ")
        }
    };
    if attributes.is_empty() { text } else { format!("{text} ({})", attributes.join(", ")) }
}

/// A text where that is all; else an object of its attributes and parts, with a list where there may be several. The text of
/// an element that has attributes, too, is its `value`.
impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.attributes.is_empty() && self.parts.is_empty() {
            return serializer.serialize_str(&self.text);
        }
        let mut map = serializer.serialize_map(None)?;
        if !self.text.is_empty() {
            map.serialize_entry("value", &self.text)?;
        }
        for (name, value) in &self.attributes {
            map.serialize_entry(name, value)?;
        }
        for parts in self.parts.chunk_by(|one, other| one.tag == other.tag) {
            match parts {
                [part] if !part.is_repeated => map.serialize_entry(&part.tag, &part.value)?,
                _ => {
                    let values: Vec<&Value> = parts.iter().map(|part| &part.value).collect();
                    map.serialize_entry(&parts[0].tag, &values)?;
                }
            }
        }
        map.end()
    }
}

/// The schema of what [`Value::serialize`] writes.
#[cfg(test)]
impl schemars::JsonSchema for Value {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Value".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let own = generator.subschema_for::<Self>();
        schemars::json_schema!({
            "description": "A text where that is all; else an object of the attributes and parts by their names: a part that may stand \
                            several times is a list, and the text beside attributes is called `value`.",
            "anyOf": [
                { "type": "string" },
                { "type": "object", "additionalProperties": { "anyOf": [own, { "type": "array", "items": own }] } },
            ],
        })
    }
}
