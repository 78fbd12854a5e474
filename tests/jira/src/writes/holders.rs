//! Who holds a permission, gets a mail or sees issues: as requests say it, and as rows hold it.
//!
//! Invariant: whoever is named exists.

use serde_json::Value;

use super::{id, people, text};
use crate::areas::fields;
use crate::call::{Call, Refusal};

/// Kinds of holders: in a request, in a row, and what its parameter names.
const HOLDERS: &[(&str, &str, Names)] = &[
    ("anyone", "group", Names::Nothing),
    ("applicationRole", "applicationRole", Names::Application),
    ("assignee", "assignee", Names::Nothing),
    ("group", "group", Names::Group),
    ("groupCustomField", "groupCF", Names::Field),
    ("projectLead", "lead", Names::Nothing),
    ("projectRole", "projectrole", Names::Role),
    ("reporter", "reporter", Names::Nothing),
    ("sd.customer.portal.only", "sd.customer.portal.only", Names::Nothing),
    ("user", "user", Names::User),
    ("userCustomField", "userCF", Names::Field),
];

/// Who gets a mail, likewise.
const RECEIVERS: &[(&str, &str, Names)] = &[
    ("AllWatchers", "All_Watchers", Names::Nothing),
    ("ComponentLead", "Component_Lead", Names::Nothing),
    ("CurrentAssignee", "Current_Assignee", Names::Nothing),
    ("CurrentUser", "Remote_User", Names::Nothing),
    ("Group", "Group_Dropdown", Names::Group),
    ("GroupCustomField", "Group_Custom_Field_Value", Names::Field),
    ("ProjectLead", "Project_Lead", Names::Nothing),
    ("ProjectRole", "Project_Role", Names::Role),
    ("Reporter", "Current_Reporter", Names::Nothing),
    ("User", "Single_User", Names::User),
    ("UserCustomField", "User_Custom_Field_Value", Names::Field),
];

/// What a parameter names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Names {
    Nothing,
    Application,
    Group,
    Field,
    Role,
    User,
}

/// A kind and a parameter, as a row holds them.
pub(super) type Held = (&'static str, Option<String>);

fn resolved(call: &Call<'_>, names: Names, handle: Option<String>) -> Result<Option<String>, Refusal> {
    let handle = handle.filter(|handle| !handle.is_empty());
    let needed = |what: &str| Refusal::new(400, &format!("The {what} of the holder is missing."));
    Ok(match names {
        Names::Nothing => None,
        Names::Application => handle,
        Names::Group => {
            let handle = handle.ok_or_else(|| needed("group"))?;
            let by_name = people::group(call, &handle, false)?;
            let found = if by_name.is_some() { by_name } else { people::group(call, &handle, true)? };
            Some(found.ok_or_else(|| Refusal::unknown("group", &handle))?)
        }
        Names::Field => {
            let handle = handle.ok_or_else(|| needed("field"))?;
            let found = fields::name(call, &handle)?;
            Some(found.map(|_| handle.clone()).ok_or_else(|| Refusal::unknown("field", &handle))?)
        }
        Names::Role => {
            let handle = handle.ok_or_else(|| needed("project role"))?;
            call.must_be_known("projectrole", "project role", &handle)?;
            Some(handle)
        }
        Names::User => {
            let handle = handle.ok_or_else(|| needed("user"))?;
            let found = people::user_or_key(call, &handle)?;
            Some(found.ok_or_else(|| Refusal::unknown("user", &handle))?.key)
        }
    })
}

/// Returns the holder of a grant: on Cloud `value` counts more than `parameter`, which for groups is a name.
pub(super) fn holder(call: &Call<'_>, holder: &Value) -> Result<Held, Refusal> {
    let cloud: &[&str] = &["type*", "parameter", "value"];
    let data_center: &[&str] = &["type*", "parameter", "user", "group", "field", "projectRole"];
    super::members(holder, if call.is_cloud() { cloud } else { data_center })?;
    let kind = text(holder, "type")?.unwrap_or_default();
    let known = HOLDERS.iter().find(|(own, ..)| own.eq_ignore_ascii_case(kind));
    let (_, row, names) = known.ok_or_else(|| Refusal::new(400, &format!("Unknown holder type: {kind}")))?;
    let handle = id(holder, "value").or_else(|| id(holder, "parameter"));
    Ok((row, resolved(call, *names, handle)?))
}

/// Returns the member of a level of issue security.
pub(super) fn member(call: &Call<'_>, member: &Value) -> Result<Held, Refusal> {
    super::members(member, &["type*", "parameter"])?;
    holder(call, member)
}

/// Returns who gets a mail.
pub(super) fn receiver(call: &Call<'_>, notification: &Value) -> Result<Held, Refusal> {
    super::members(notification, &["notificationType*", "parameter"])?;
    let kind = text(notification, "notificationType")?.unwrap_or_default();
    let known = RECEIVERS.iter().find(|(own, ..)| *own == kind);
    let unknown = || Refusal::new(400, &format!("The notification type '{kind}' is not supported."));
    let (_, row, names) = known.ok_or_else(unknown)?;
    Ok((row, resolved(call, *names, id(notification, "parameter"))?))
}
