//! Who holds a permission, gets a mail or sees a security level: what the type and the parameter of a row mean.

use crate::entity::Row;
use crate::mapping::ground::names::Names;
use crate::model::{Name, Node, is_address};

/// What the parameter of a grant means.
#[derive(Clone, Copy)]
pub(crate) enum Parameter {
    /// Nothing: the type says it all.
    None,
    /// The name of a group.
    Group,
    /// The id of a project role.
    Role,
    /// The key of a user.
    User,
    /// The id of a custom field, with its prefix.
    Field,
    /// An e-mail address.
    Address,
    /// The key of an application; none means any.
    Application,
}

/// A type as Jira stores it, the element, and what the parameter means.
pub(crate) type Who = (&'static str, &'static str, Parameter);

/// Who can hold a permission or see a security level. A group
/// without parameter is read as anyone. `assigneeassignable` and `reportercreate` (who could be the assignee or
/// reporter; only for browsing projects) have no element of their own and stand as other types.
pub(crate) const HOLDERS: &[Who] = &[
    ("applicationRole", "applicationRole", Parameter::Application),
    ("assignee", "assignee", Parameter::None),
    ("group", "group", Parameter::Group),
    ("groupCF", "groupField", Parameter::Field),
    ("lead", "projectLead", Parameter::None),
    ("projectrole", "projectRole", Parameter::Role),
    ("reporter", "reporter", Parameter::None),
    ("user", "user", Parameter::User),
    ("userCF", "userField", Parameter::Field),
];

/// Who can get a mail, likewise.
pub(crate) const RECEIVERS: &[Who] = &[
    ("All_Watchers", "allWatchers", Parameter::None),
    ("Component_Lead", "componentLead", Parameter::None),
    ("Current_Assignee", "assignee", Parameter::None),
    ("Current_Reporter", "reporter", Parameter::None),
    ("Group_Custom_Field_Value", "groupField", Parameter::Field),
    ("Group_Dropdown", "group", Parameter::Group),
    ("Project_Lead", "projectLead", Parameter::None),
    ("Project_Role", "projectRole", Parameter::Role),
    ("Remote_User", "currentUser", Parameter::None),
    ("Single_Email_Address", "emailAddress", Parameter::Address),
    ("Single_User", "user", Parameter::User),
    ("User_Custom_Field_Value", "userField", Parameter::Field),
];

/// Who a row means.
pub(crate) enum Meaning {
    /// An element says it.
    Who(Node),
    /// The type is not known here; the element says it as Jira stores it.
    Unknown(Node),
    /// Nobody: what an element of this tag would name does not exist, or the row does not say of which type it is.
    Nobody(&'static str),
}

/// Returns who a row means.
pub(crate) fn meaning(names: &Names, types: &[Who], row: &Row) -> Meaning {
    let ty = row.get("type").unwrap_or("");
    let parameter = row.get("parameter").unwrap_or("");
    if ty.is_empty() {
        return Meaning::Nobody("type");
    }
    let Some((_, tag, means)) = types.iter().find(|(own, ..)| *own == ty) else {
        let other = Node::new("other").text("type", ty);
        return Meaning::Unknown(other.text_if("parameter", row.get("parameter")));
    };
    let name = match means {
        Parameter::None => return Meaning::Who(Node::new(tag)),
        Parameter::Application => return Meaning::Who(Node::leaf(tag, parameter)),
        Parameter::Group if parameter.is_empty() && ty == "group" => {
            return Meaning::Who(Node::new("anyone"));
        }
        Parameter::Address => is_address(parameter).then(|| Name::plain(parameter)),
        Parameter::Group => names.group(parameter),
        Parameter::Role => names.get("projectRole", parameter).cloned(),
        Parameter::User => names.user(parameter),
        Parameter::Field => names.field(parameter),
    };
    name.map_or(Meaning::Nobody(tag), |name| Meaning::Who(name.reference(tag)))
}
