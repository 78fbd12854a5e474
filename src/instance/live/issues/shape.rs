//! Fields as a live Jira tells them: what they hold, and what can be chosen.
//!
//! Invariant: a field that its type and name do not tell from all others has no shape, and neither has one of which nobody can say what
//! it holds.

use std::collections::HashMap;

use pcfg_sync::{Field, FieldFacts, FieldKind};
use serde::Deserialize;
use serde_json::Value;

use crate::instance::single_issues::{SYSTEM_FIELDS, SystemField};

/// Where Jira's own types of custom fields are.
const OWN: &str = "com.atlassian.jira.plugin.system.customfieldtypes:";

/// A field with what it holds.
#[derive(Debug, Clone)]
pub(super) struct Shape {
    pub(super) field: Field,
    /// The member of an issue that holds it.
    pub(super) id: String,
    /// The field that screens show, by which it is written.
    pub(super) shown: String,
    pub(super) kind: FieldKind,
    pub(super) many: bool,
}

/// A value that can be chosen.
#[derive(Debug, Clone)]
pub(super) struct Choice {
    pub(super) id: String,
    pub(super) name: String,
    /// The name of the one below which it is.
    pub(super) parent: Option<String>,
}

/// A field of a type.
#[derive(Debug, Clone)]
pub(super) struct Own {
    pub(super) shape: Shape,
    pub(super) required: bool,
    /// Whether an issue can be made with it.
    pub(super) at_making: bool,
    /// Whether it can be changed.
    pub(super) at_changing: bool,
    pub(super) choices: Vec<Choice>,
}

/// A field as the list of all tells it.
#[derive(Debug, Deserialize)]
pub(super) struct ToldField {
    id: String,
    name: String,
    schema: Option<Schema>,
}

#[derive(Debug, Deserialize)]
struct Schema {
    custom: Option<String>,
}

/// A field of a type or an issue, as Jira tells what can be done with it.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Meta {
    #[serde(default)]
    pub(super) field_id: String,
    #[serde(default)]
    pub(super) required: bool,
    #[serde(default)]
    pub(super) operations: Vec<String>,
    #[serde(default)]
    pub(super) allowed_values: Vec<Value>,
}

impl Meta {
    pub(super) fn can_be_set(&self) -> bool {
        self.operations.iter().any(|own| own == "set")
    }
}

/// Jira's own types of custom fields: what they hold, and how many.
const CUSTOM: [(&str, FieldKind, bool); 19] = [
    ("textfield", FieldKind::Text, false),
    ("textarea", FieldKind::Text, false),
    ("url", FieldKind::Text, false),
    ("readonlyfield", FieldKind::Text, false),
    ("float", FieldKind::Number, false),
    ("datepicker", FieldKind::Date, false),
    ("datetime", FieldKind::Moment, false),
    ("select", FieldKind::Choice, false),
    ("radiobuttons", FieldKind::Choice, false),
    ("multiselect", FieldKind::Choice, true),
    ("multicheckboxes", FieldKind::Choice, true),
    ("cascadingselect", FieldKind::Cascade, false),
    ("userpicker", FieldKind::User, false),
    ("multiuserpicker", FieldKind::User, true),
    ("grouppicker", FieldKind::Group, false),
    ("multigrouppicker", FieldKind::Group, true),
    ("version", FieldKind::Version, false),
    ("multiversion", FieldKind::Version, true),
    ("labels", FieldKind::Label, true),
];

/// All fields of a Jira.
#[derive(Debug, Default)]
pub(super) struct Shapes {
    all: Vec<Shape>,
    /// Custom fields of which nobody can say what they hold, or which one is meant, by id.
    odd: HashMap<String, Field>,
}

impl Shapes {
    pub(super) fn new(told: &[ToldField]) -> Self {
        let mut shapes = Self::default();
        for SystemField { name, shown, kind, many } in SYSTEM_FIELDS {
            let field = Field::System(name.to_owned());
            let (id, shown) = (name.to_owned(), shown.to_owned());
            shapes.all.push(Shape { field, id, shown, kind, many });
        }
        let custom = |own: &ToldField| own.schema.as_ref().and_then(|schema| schema.custom.clone());
        for own in told {
            let Some(ty) = custom(own) else { continue };
            let is_same = |other: &&ToldField| other.name == own.name && custom(other).as_ref() == Some(&ty);
            let is_one = told.iter().filter(is_same).count() == 1;
            let field = Field::Custom { kind: ty.clone(), name: own.name.clone() };
            let known = ty.strip_prefix(OWN).and_then(|ty| CUSTOM.iter().find(|(own, ..)| *own == ty));
            match known.filter(|_| is_one) {
                Some(&(_, kind, many)) => {
                    let (id, shown) = (own.id.clone(), own.id.clone());
                    shapes.all.push(Shape { field, id, shown, kind, many });
                }
                None => {
                    shapes.odd.insert(own.id.clone(), field);
                }
            }
        }
        shapes
    }

    pub(super) fn all(&self) -> &[Shape] {
        &self.all
    }

    /// Returns a custom field of which the value cannot be told.
    pub(super) fn odd(&self, id: &str) -> Option<&Field> {
        self.odd.get(id)
    }

    /// Returns the fields of a type: those by which issues are made, and those that can be changed of one that is there.
    pub(super) fn of_type(&self, making: &[Meta], changing: &[Meta], constants: &Constants) -> Vec<Own> {
        let mut fields = Vec::new();
        for shape in &self.all {
            let of = |all: &[Meta]| all.iter().find(|own| own.field_id == shape.shown).cloned();
            let (made, changed) = (of(making), of(changing));
            let is_resolution = shape.field == Field::System("resolution".to_owned());
            if made.is_none() && changed.is_none() && !is_resolution {
                continue;
            }
            let allowed = |own: &Option<Meta>| own.as_ref().map(|own| own.allowed_values.clone());
            let mut values = allowed(&changed).into_iter().chain(allowed(&made));
            let values = values.find(|own| !own.is_empty());
            let mut choices = values.iter().flatten().flat_map(choices_of).collect::<Vec<_>>();
            if is_resolution && choices.is_empty() {
                choices.clone_from(&constants.resolutions);
            }
            let can = |own: &Option<Meta>| own.as_ref().is_some_and(Meta::can_be_set);
            let required =
                shape.kind != FieldKind::Duration && made.iter().chain(&changed).any(|own| own.required);
            fields.push(Own {
                required: required || shape.field == Field::System("summary".to_owned()),
                at_making: can(&made),
                at_changing: can(&changed),
                choices,
                shape: shape.clone(),
            });
        }
        fields
    }
}

/// What is the same for all projects.
#[derive(Debug, Default)]
pub(super) struct Constants {
    pub(super) resolutions: Vec<Choice>,
}

/// Returns what can be chosen by a value that is offered, and below it.
pub(super) fn choices_of(value: &Value) -> Vec<Choice> {
    let name = |value: &Value| value["value"].as_str().or(value["name"].as_str()).map(str::to_owned);
    let one = |value: &Value, parent: Option<&String>| {
        let id = value["id"].as_str()?.to_owned();
        Some(Choice { id, name: name(value)?, parent: parent.cloned() })
    };
    // What is over is not offered.
    if ["disabled", "archived"].iter().any(|word| value[*word] == true) {
        return Vec::new();
    }
    let own = name(value);
    let below = value["children"].as_array().into_iter().flatten();
    one(value, None).into_iter().chain(below.filter_map(|below| one(below, own.as_ref()))).collect()
}

impl Own {
    pub(super) fn facts(&self) -> FieldFacts {
        let option = |own: &Choice| match &own.parent {
            None => own.name.clone(),
            Some(parent) => format!("{parent} / {}", own.name),
        };
        FieldFacts {
            field: self.shape.field.clone(),
            kind: self.shape.kind,
            many: self.shape.many,
            required: self.required,
            options: self.choices.iter().map(option).collect(),
            writable: self.at_making || self.at_changing,
        }
    }
}
