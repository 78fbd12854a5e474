//! How a parameter of Jira Cloud and an argument of a class spell one value.
//!
//! Invariant: what [`Form::argument`] makes of a parameter, [`Form::parameter`] makes that parameter of, unless the form is one that is
//! only written.

use super::known::Known;
use crate::mapping::workflow::permission_key;

/// How Jira Suite Utilities number comparisons, in this order from 1, and what is compared.
pub(super) const COMPARATORS: &[&str] = &[">", ">=", "=", "<=", "<", "!="];
pub(super) const COMPARED: &[&str] = &["STRING", "NUMBER", "DATE", "DATE_WITHOUT_TIME", "OPTIONID"];

const CUSTOM_FIELD: &str = "customfield_";

/// How a value is spelled on either side.
#[derive(Debug, Clone, Copy)]
pub(super) enum Form {
    /// Alike; never empty.
    Text,
    /// Alike; maybe empty. What stands for a value of the moment has no counterpart.
    Value,
    /// The id of a custom field, or of another field.
    CustomField,
    SystemField,
    /// The id of a group, and its name.
    Group,
    /// `a,b` and `a@@b@@`.
    List,
    /// A word, and its number from 1.
    Numbered(&'static [&'static str]),
    /// A word, and another.
    Words(&'static [(&'static str, &'static str)]),
    /// `["a"]` and `a`.
    Json,
    /// Only written: the label of a permission, as Jira before 6.3.3 had it.
    OldPermission,
    /// Only written: names as `a@@b@@`, which are ids there.
    GroupNames,
    RoleNames,
}

/// Why an argument is no parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Miss {
    /// Another line of the table is meant.
    Elsewhere,
    /// Nothing there means it: why, as the end of a sentence.
    Cannot(String),
}

impl Form {
    /// Returns the argument for a parameter, which may be empty; nothing if it has none.
    pub(super) fn argument(self, parameter: &str, known: &Known) -> Option<String> {
        let is_custom = parameter.starts_with(CUSTOM_FIELD);
        let own = || Some(parameter.to_owned());
        match self {
            Self::Value => own(),
            _ if parameter.is_empty() => None,
            Self::Text => own(),
            Self::CustomField => own().filter(|_| is_custom),
            Self::SystemField => own().filter(|_| !is_custom),
            Self::Group => Some(known.group(parameter).unwrap_or(parameter).to_owned()),
            Self::List => Some(parameter.split(',').map(|item| format!("{}@@", item.trim())).collect()),
            Self::Numbered(words) => {
                words.iter().position(|own| *own == parameter).map(|at| (at + 1).to_string())
            }
            Self::Words(pairs) => {
                pairs.iter().find(|(own, _)| *own == parameter).map(|(_, other)| (*other).to_owned())
            }
            Self::Json => match &serde_json::from_str::<Vec<String>>(parameter).ok()?[..] {
                [value] => Some(value.clone()),
                _ => None,
            },
            Self::OldPermission | Self::GroupNames | Self::RoleNames => None,
        }
    }

    /// Returns the parameter for an argument, which may be empty.
    pub(super) fn parameter(self, name: &str, argument: &str, known: &Known) -> Result<String, Miss> {
        let is_custom = argument.starts_with(CUSTOM_FIELD);
        let own = || Ok(argument.to_owned());
        let cannot = |why: String| Err(Miss::Cannot(why));
        match self {
            Self::Value if argument.contains("%%") => {
                cannot(format!("Jira Cloud has nothing like `{argument}`"))
            }
            Self::Value => own(),
            Self::Json => Ok(serde_json::json!([argument]).to_string()),
            _ if argument.is_empty() => Err(Miss::Elsewhere),
            Self::Text => own(),
            Self::CustomField if is_custom => own(),
            Self::SystemField if !is_custom => own(),
            Self::CustomField | Self::SystemField => Err(Miss::Elsewhere),
            Self::Group => group(argument, known),
            Self::List => Ok(items(argument).collect::<Vec<_>>().join(",")),
            Self::Numbered(words) => {
                let at = argument.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
                let word = at.and_then(|at| words.get(at));
                word.map_or_else(|| meaningless(name, argument), |word| Ok((*word).to_owned()))
            }
            Self::Words(pairs) => {
                let word = pairs.iter().find(|(_, own)| *own == argument);
                word.map_or_else(|| meaningless(name, argument), |(word, _)| Ok((*word).to_owned()))
            }
            Self::OldPermission => {
                permission_key(argument).map_or_else(|| meaningless(name, argument), |key| Ok(key.to_owned()))
            }
            Self::GroupNames => all(items(argument).map(|name| group(name, known))),
            Self::RoleNames => all(items(argument).map(|name| {
                let id = known.role_id(name).map(str::to_owned);
                id.ok_or_else(|| Miss::Cannot(format!("there is no project role `{name}`")))
            })),
        }
    }

    /// Returns what the form is called in the documentation; nothing if both sides spell a value alike.
    pub(super) fn words(self) -> Option<String> {
        let said = match self {
            Self::Text => return None,
            Self::Value => "no `%%…%%`".to_owned(),
            Self::CustomField => "a custom field".to_owned(),
            Self::SystemField => "a system field".to_owned(),
            Self::Group => "id there, name here".to_owned(),
            Self::List => "`a,b` there, `a@@b@@` here".to_owned(),
            Self::Numbered(words) => format!("`{}` there, 1 to {} here", words.join("` `"), words.len()),
            Self::Words(pairs) => {
                let pairs: Vec<_> =
                    pairs.iter().map(|(own, other)| format!("`{own}` is `{other}`")).collect();
                pairs.join(", ")
            }
            Self::Json => "`[\"a\"]` there, `a` here".to_owned(),
            Self::OldPermission => "key there, label here".to_owned(),
            Self::GroupNames | Self::RoleNames => "ids there, `name@@name@@` here".to_owned(),
        };
        Some(said)
    }
}

/// Returns the items of a list such as `a@@b@@`.
fn items(list: &str) -> impl Iterator<Item = &str> {
    list.split("@@").map(str::trim).filter(|item| !item.is_empty())
}

fn all(items: impl Iterator<Item = Result<String, Miss>>) -> Result<String, Miss> {
    Ok(items.collect::<Result<Vec<_>, _>>()?.join(","))
}

/// Returns the id of a group by its name.
pub(super) fn group(name: &str, known: &Known) -> Result<String, Miss> {
    let id = known.group_id(name).map(str::to_owned);
    id.ok_or_else(|| Miss::Cannot(format!("there is no group `{name}`")))
}

fn meaningless(name: &str, argument: &str) -> Result<String, Miss> {
    Err(Miss::Cannot(format!("its argument `{name}` is `{argument}`, which has no meaning in Jira Cloud")))
}
