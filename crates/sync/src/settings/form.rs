//! What a settings file may say, as types of which a JSON Schema is made for editors.
//!
//! Invariant: these keys are those that the reader asks for, and no others (a test asks the reader). What must hold between them, the
//! reader alone knows.

use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::table::SYSTEM;
use super::{Direction, LicenceRule};
use crate::Conflict;

/// What one half synchronizes and how.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, rename = "SyncSettings")]
pub struct File {
    /// What concerns all.
    pub sync: Sync,
    /// The types of issues, by alias.
    pub types: Option<BTreeMap<String, Type>>,
    /// The fields, by alias.
    pub fields: Option<BTreeMap<String, FieldTable>>,
    /// The statuses, by alias; of one alias there may be several, for different types.
    pub status: Option<BTreeMap<String, OneOrMany<Status>>>,
    /// The types of links, by alias.
    pub links: Option<BTreeMap<String, Type>>,
    /// How statuses travel.
    pub workflow: Option<Workflow>,
    /// How comments travel; without it, they do not.
    pub comments: Option<Comments>,
    /// How attachments travel; without it, they do not.
    pub attachments: Option<Attachments>,
    /// How worklogs travel; without it, they do not.
    pub worklogs: Option<Worklogs>,
}

/// What concerns all.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Sync {
    /// The key of the project.
    pub project: String,
    /// The user in whose name everything is changed; fixed once set.
    pub user: String,
    /// The name of the synchronization, for people.
    pub name: Option<String>,
    /// More about it.
    pub description: Option<String>,
    /// The instance, as the command line names it.
    pub instance: Option<String>,
    /// What stands where both sides changed the same field, unless the field says otherwise.
    pub conflict: Option<Conflict>,
    /// Where the key of the partner's issue is kept: `property`, where people do not see it, or a text field.
    pub partner_key: Option<PartnerKey>,
    /// What a licence file means.
    pub licence: Option<LicenceRule>,
    /// Whether this Jira has a licence of its own, where it cannot be known otherwise.
    pub licensed: Option<bool>,
    /// Whether the channel can be changed later.
    pub channel_switch: Option<bool>,
    /// Which issues are sent.
    pub filter: Option<Filter>,
    /// Which issues take what is received.
    pub incoming: Option<Filter>,
    /// Which side may change an issue.
    pub responsibility: Option<Responsibility>,
}

/// Which issues.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Filter {
    /// Issues of these types alone, by the names that they have here; without it, all that are mapped.
    pub types: Option<Texts>,
    /// What fields must be, all of them.
    pub r#where: Option<OneOrMany<Condition>>,
}

/// What a field must be: one of `is`, `is-not`, `empty`.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Condition {
    /// Which field.
    pub field: FieldName,
    /// Its value, or one of its values, is one of these.
    pub is: Option<Texts>,
    /// It is none of these.
    pub is_not: Option<Texts>,
    /// It has no value, or it has one.
    pub empty: Option<bool>,
}

/// A field that says which side may change an issue.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Responsibility {
    /// Which field.
    pub field: FieldName,
    /// With one of these values, this half alone may change it.
    pub here: Option<Texts>,
    /// With one of these, the partner alone.
    pub partner: Option<Texts>,
}

/// A type of issues or links.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Type {
    /// Its name here.
    pub local: Option<String>,
    /// Which way it travels.
    pub direction: Option<Direction>,
    /// Whether the slave does not want what the master publishes.
    pub declined: Option<bool>,
}

/// A field.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct FieldTable {
    /// The field here.
    pub local: Option<FieldName>,
    /// The types for which it is mapped, by alias; without it, all.
    pub types: Option<Texts>,
    /// Which way it travels.
    pub direction: Option<Direction>,
    /// Its values by alias, with their names here; or `same`: names go through as they are.
    pub values: Option<Values>,
    /// How people in it are told.
    pub users: Option<Users>,
    /// With `users = "prefix"`, what stands before the names of the partner's people.
    pub prefix: Option<String>,
    /// With `users = "pairs"`, what is told, and the name of the account here.
    pub pairs: Option<BTreeMap<String, String>>,
    /// Whether any value is made text of.
    pub r#as: Option<As>,
    /// With `as = "text"`, what the text says: `{value}` stands for the value.
    pub template: Option<String>,
    /// What becomes of a value that is not among `values`, or of a person who is not found.
    pub unmapped: Option<Unmapped>,
    /// With `unmapped = "default"`, the value that is used.
    pub default: Option<String>,
    /// Whether a component or a version that is not there is made.
    pub create: Option<bool>,
    /// What stands where both sides changed it.
    pub conflict: Option<Conflict>,
    /// Whether the slave does not want what the master publishes.
    pub declined: Option<bool>,
}

/// A status, for some types.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Status {
    /// The statuses here for which it is sent.
    pub local: Option<Texts>,
    /// The status into which an issue goes that comes with it; without it, nothing is done.
    pub receive: Option<String>,
    /// The types for which this holds, by alias; without it, all.
    pub types: Option<Texts>,
    /// Whether the slave does not want what the master publishes.
    pub declined: Option<bool>,
}

/// How statuses travel.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Workflow {
    /// Which way.
    pub direction: Option<Direction>,
    /// The names of transitions that are preferred among equally short paths, the most preferred first.
    pub prefer: Option<Texts>,
    /// The names of transitions that are never taken.
    pub avoid: Option<Texts>,
    /// What becomes of a status that is not mapped.
    pub unmapped: Option<UnmappedStatus>,
    /// What stands where both sides changed it.
    pub conflict: Option<Conflict>,
}

/// How comments travel.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Comments {
    /// Which way.
    pub direction: Option<Way>,
    /// What is told of one, with `{body}`, `{author}`, `{created}` and `{key}`; without it, its body.
    pub template: Option<String>,
    /// Restrictions with which a comment is told all the same: `internal`, `role:NAME`, `group:NAME`; `never` alone sends none.
    pub restricted: Option<Texts>,
    /// Who may see here what comes as an internal comment: `internal`, `role:NAME`, `group:NAME`; without it, it is not written.
    pub internal: Option<String>,
    /// Whether one is removed at the partner's when it is removed here.
    pub delete: Option<bool>,
}

/// How attachments travel.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Attachments {
    /// Which way.
    pub direction: Option<Way>,
    /// The largest: a number of bytes, or a size such as `10 MiB`.
    pub max_size: Option<Size>,
    /// Types such as `image/png` and `image/*`; without it, all.
    pub mime: Option<Texts>,
    /// What names must match, a regular expression; without it, any.
    pub name: Option<String>,
    /// Whether one is removed at the partner's when it is removed here.
    pub delete: Option<bool>,
}

/// How worklogs travel.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Worklogs {
    /// Which way.
    pub direction: Option<Way>,
    /// What is told of its text, with `{comment}`, `{author}`, `{started}` and `{key}`; without it, the text.
    pub template: Option<String>,
    /// Whether one is removed at the partner's when it is removed here.
    pub delete: Option<bool>,
}

/// Which way something travels that can be switched off.
#[derive(JsonSchema)]
#[schemars(rename_all = "lowercase")]
pub enum Way {
    /// Both ways.
    Both,
    /// From here to the partner.
    Send,
    /// From the partner to here.
    Receive,
    /// Not at all.
    None,
}

/// How people are told.
#[derive(JsonSchema)]
#[schemars(rename_all = "lowercase")]
pub enum Users {
    /// By the names of their accounts.
    Name,
    /// By their e-mail addresses.
    Email,
    /// By the names of their accounts; what the partner calls `anna` has the prefix here.
    Prefix,
    /// By pairs.
    Pairs,
    /// By the name that people see, as text.
    Text,
}

/// What a value is told as.
#[derive(JsonSchema)]
#[schemars(rename_all = "lowercase")]
pub enum As {
    /// What it is.
    Value,
    /// Text.
    Text,
}

/// What becomes of a value that the settings do not name.
#[derive(JsonSchema)]
#[schemars(rename_all = "lowercase")]
pub enum Unmapped {
    /// The issue is in error until the settings or the value change.
    Error,
    /// The field is left as it is.
    Skip,
    /// The value of `default` stands for it.
    Default,
    /// Its name is told as text.
    Text,
}

/// What becomes of a status that is not mapped.
#[derive(JsonSchema)]
#[schemars(rename_all = "lowercase")]
pub enum UnmappedStatus {
    /// The issue is in error until the settings or the status change.
    Error,
    /// The status is left as it is.
    Skip,
}

/// A text, or a list of texts.
#[derive(JsonSchema)]
#[schemars(untagged)]
pub enum Texts {
    /// One.
    One(String),
    /// Several.
    Many(Vec<String>),
}

/// A table, or a list of tables.
#[derive(JsonSchema)]
#[schemars(untagged)]
pub enum OneOrMany<T> {
    /// One.
    One(T),
    /// Several.
    Many(Vec<T>),
}

/// A size.
#[derive(JsonSchema)]
#[schemars(untagged)]
pub enum Size {
    /// A number of bytes.
    Bytes(u64),
    /// A number with its unit: B, kB, MB, GB, KiB, MiB or GiB.
    Text(#[schemars(regex(pattern = r"^[0-9]+ *(B|kB|MB|GB|KiB|MiB|GiB)?$"))] String),
}

/// The values of a field.
#[derive(JsonSchema)]
#[schemars(untagged)]
pub enum Values {
    /// Names go through as they are.
    Same(#[schemars(extend("const" = "same"))] String),
    /// By alias.
    ByAlias(BTreeMap<String, String>),
}

/// Where the key of the partner's issue is kept.
#[derive(JsonSchema)]
#[schemars(untagged)]
pub enum PartnerKey {
    /// In the property `pcfg.sync` of the issue.
    Property(#[schemars(extend("const" = "property"))] String),
    /// In a text field, too.
    Field(FieldName),
}

/// A field: one of Jira's own by its name, or a custom field.
#[derive(JsonSchema)]
#[schemars(untagged)]
pub enum FieldName {
    /// One of Jira's own.
    System(System),
    /// A custom field.
    Custom(Custom),
}

/// A custom field.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Custom {
    /// The key of its type; of Jira's own types, what stands behind the colon is enough.
    pub r#type: String,
    /// Its name.
    pub name: String,
}

/// The name of one of Jira's own fields.
pub struct System;

impl JsonSchema for System {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "SystemField".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "description": "One of Jira's own fields.", "type": "string", "enum": SYSTEM })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::super::Settings;
    use super::*;

    /// A key that no table has and that is near to none.
    const NONE: &str = "qqqqqqqqqqqqqqqq";

    /// The keys that the reader asks a table for: it names them where one is unknown.
    fn asked(text: &str) -> BTreeSet<String> {
        let problems = Settings::parse(text).unwrap_err();
        let unknown = problems.iter().find(|own| own.what.contains(NONE));
        let hint = &unknown.unwrap_or_else(|| panic!("{text}: {problems:?}")).hint;
        let listed = hint.strip_prefix("there can be ").unwrap_or_else(|| panic!("{hint}"));
        listed.split(", ").map(|own| own.trim_matches('`').to_owned()).collect()
    }

    #[test]
    fn these_are_the_keys_that_the_reader_asks_for() {
        let schema = serde_json::to_value(schemars::schema_for!(File)).unwrap();
        let keys = |definition: &str| -> BTreeSet<String> {
            let own = match definition {
                "" => &schema["properties"],
                name => &schema["$defs"][name]["properties"],
            };
            own.as_object().unwrap_or_else(|| panic!("{definition}: {own}")).keys().cloned().collect()
        };
        // What is asked for only where it is there, is there.
        let tables = [
            ("", String::new()),
            ("Sync", "[sync]\npartner-key = \"property\"".to_owned()),
            ("Filter", "[sync.filter]".to_owned()),
            ("Filter", "[sync.incoming]".to_owned()),
            ("Condition", "[[sync.filter.where]]\nfield = \"labels\"".to_owned()),
            ("Responsibility", "[sync.responsibility]\nfield = \"labels\"".to_owned()),
            ("Type", "[types.task]\ndeclined = false".to_owned()),
            ("Type", "[links.blocks]\ndeclined = false".to_owned()),
            ("FieldTable", "[fields.title]\ndeclined = false".to_owned()),
            ("Custom", "[fields.title.local]\ntype = \"select\"\nname = \"Severity\"".to_owned()),
            ("Status", "[status.open]\ndeclined = false".to_owned()),
            ("Workflow", "[workflow]".to_owned()),
            ("Comments", "[comments]\ndirection = \"both\"".to_owned()),
            ("Attachments", "[attachments]\ndirection = \"both\"".to_owned()),
            ("Worklogs", "[worklogs]\ndirection = \"both\"".to_owned()),
        ];
        for (definition, table) in tables {
            assert_eq!(keys(definition), asked(&format!("{table}\n{NONE} = 1\n")), "{table}");
        }
        // Every table of the schema was asked about.
        let with_keys = schema["$defs"].as_object().unwrap().values();
        assert_eq!(with_keys.filter(|own| own["properties"] != Value::Null).count(), 12);
    }

    #[test]
    fn these_are_the_words_that_the_reader_takes() {
        let schema = serde_json::to_value(schemars::schema_for!(File)).unwrap();
        let words = |definition: &str| -> BTreeSet<String> {
            let own = &schema["$defs"][definition];
            let all = own["oneOf"].as_array().unwrap_or_else(|| panic!("{definition}: {own}"));
            all.iter().map(|own| own["const"].as_str().unwrap().to_owned()).collect()
        };
        let tables = [
            ("Conflict", "[sync]\nconflict"),
            ("LicenceRule", "[sync]\nlicence"),
            ("Direction", "[types.task]\ndirection"),
            ("Users", "[fields.title]\nusers"),
            ("As", "[fields.title]\nas"),
            ("Unmapped", "[fields.title]\nunmapped"),
            ("UnmappedStatus", "[workflow]\nunmapped"),
            ("Way", "[comments]\ndirection"),
        ];
        for (definition, table) in tables {
            let problems = Settings::parse(&format!("{table} = \"{NONE}\"\n")).unwrap_err();
            let wrong = problems.iter().find(|own| own.what.contains(NONE)).unwrap();
            let listed = wrong.hint.strip_prefix("write one of ").unwrap();
            let taken = listed.split(", ").map(|own| own.trim_matches('"').to_owned()).collect();
            assert_eq!(words(definition), taken, "{table}");
        }
    }
}
