//! Users and groups, read from rows.
//!
//! Invariant: of the accounts of one name in several directories only the one that Jira itself would use is read, and
//! every reference to a user or group spells the name as that account does.

use std::collections::HashMap;

use crate::entity::Tables;
use crate::mapping::ground::accounts::{Account, Directories, group_rows, is_active, user_rows};
use crate::mapping::ground::context::Context;
use crate::model::{Node, Path};

/// What user properties that an administrator sets begin with; the others are Jira's own memory of the user.
pub(crate) const ADMINISTRATORS_PROPERTY: &str = "jira.meta.";

pub(crate) fn read(context: &mut Context<'_>) {
    let ids = PropertyIds::new(context.tables);
    for account in user_rows(context.tables).into_values() {
        let user = match account {
            Account::Crowd(row) => Node::new("user")
                .text("username", row.get("userName").unwrap_or(""))
                .text_if("fullName", row.get("displayName"))
                .text_if("email", row.get("emailAddress"))
                .flag("active", is_active(row)),
            Account::Os(row) => {
                let property = |key| context.properties.get("OSUser", row.id(), key);
                Node::new("user")
                    .text("username", row.get("name").unwrap_or(""))
                    .text_if("fullName", property("fullName"))
                    .text_if("email", property("email"))
                    // Accounts could not be deactivated before Jira 4.3.
                    .flag("active", true)
            }
        };
        let properties =
            ids.of(account).into_iter().flat_map(|(entity, id)| context.properties.of(entity, id));
        let properties = properties.filter_map(|(key, value)| {
            let key = key.strip_prefix(ADMINISTRATORS_PROPERTY)?;
            Some(Node::new("property").text("key", key).text_if("value", Some(value)))
        });
        context.add(user.with_all(properties));
    }
    read_groups(context);
}

fn read_groups(context: &mut Context<'_>) {
    let mut members = Members::default();
    let directories = Directories::new(context.tables);
    for row in context.tables.rows("Membership").iter().filter(|row| directories.rank(row).is_some()) {
        let (group, member) = (row.get("parentName").unwrap_or(""), row.get("childName").unwrap_or(""));
        let tag = if row.get("membershipType") == Some("GROUP_GROUP") { "memberGroup" } else { "memberUser" };
        members.add(context, group, tag, member);
    }
    for row in context.tables.rows("OSMembership") {
        let (group, member) = (row.get("groupName").unwrap_or(""), row.get("userName").unwrap_or(""));
        members.add(context, group, "memberUser", member);
    }
    for (name, row) in group_rows(context.tables).into_values() {
        // Groups have no description up to Jira 4.2.
        let description = row.entity().entity().attribute("description");
        let description = description.and_then(|_| row.get("description"));
        let group = Node::new("group").text("name", name).text_if("description", description);
        context.add(group.with_all(members.by_group.remove(name).unwrap_or_default()));
    }
}

/// The members of groups, by the name of the group.
#[derive(Default)]
struct Members {
    by_group: HashMap<String, Vec<Node>>,
}

impl Members {
    fn add(&mut self, context: &mut Context<'_>, group: &str, tag: &'static str, member: &str) {
        let Some(group) = context.names.known_group(group) else {
            return context.dangling(Path::object("group", group), "members of a group that does not exist");
        };
        let known = match tag {
            "memberGroup" => context.names.known_group(member),
            _ => context.names.account(member),
        };
        match known {
            Some(name) => self.by_group.entry(group.text).or_default().push(name.reference(tag)),
            None => context.dangling(
                Path::object("group", &group.text).part(tag, member),
                "the member does not exist; it was left out",
            ),
        }
    }
}

/// Which property set belongs to a user: that of the ApplicationUser (Jira 6.0 on), of the ExternalEntity of the same
/// name (4.3 to 5.x), or of the OSUser itself (up to 4.2).
struct PropertyIds<'a> {
    application_users: HashMap<&'a str, &'a str>,
    external_entities: HashMap<String, &'a str>,
}

impl<'a> PropertyIds<'a> {
    fn new(tables: &'a Tables) -> Self {
        let application_users = tables.rows("ApplicationUser").iter();
        let external_entities = tables.rows("ExternalEntity").iter();
        Self {
            application_users: application_users
                .filter_map(|row| Some((row.text("lowerUserName")?, row.id())))
                .collect(),
            external_entities: external_entities
                .filter_map(|row| Some((row.text("name")?.to_lowercase(), row.id())))
                .collect(),
        }
    }

    fn of(&self, account: Account<'a>) -> Option<(&'static str, &'a str)> {
        if let Account::Os(row) = account {
            return Some(("OSUser", row.id()));
        }
        let lower = account.name().to_lowercase();
        match self.application_users.is_empty() {
            false => self.application_users.get(lower.as_str()).map(|id| ("ApplicationUser", *id)),
            true => self.external_entities.get(&lower).map(|id| ("ExternalEntity", *id)),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::mapping::described;

    type Rows<'a> = &'a [(&'a str, &'a [(&'a str, &'a str)])];

    #[test]
    fn the_first_active_directory_wins() {
        let rows: Rows<'_> = &[
            ("Directory", &[("id", "1"), ("position", "1"), ("active", "1")]),
            ("Directory", &[("id", "2"), ("position", "0"), ("active", "1")]),
            ("Directory", &[("id", "3"), ("position", "-1"), ("active", "0")]),
            ("User", &[("id", "10"), ("directoryId", "1"), ("userName", "ann"), ("active", "1")]),
            ("User", &[("id", "11"), ("directoryId", "2"), ("userName", "Ann"), ("active", "0")]),
            ("User", &[("id", "12"), ("directoryId", "3"), ("userName", "ANN"), ("active", "1")]),
            ("User", &[("id", "13"), ("directoryId", "3"), ("userName", "ghost"), ("active", "1")]),
            ("Group", &[("id", "20"), ("directoryId", "1"), ("groupName", "devs"), ("description", "old")]),
            ("Group", &[("id", "21"), ("directoryId", "2"), ("groupName", "Devs"), ("description", "")]),
            (
                "Membership",
                &[
                    ("id", "30"),
                    ("directoryId", "1"),
                    ("parentName", "devs"),
                    ("childName", "ann"),
                    ("membershipType", "GROUP_USER"),
                ],
            ),
            (
                "Membership",
                &[
                    ("id", "31"),
                    ("directoryId", "2"),
                    ("parentName", "Devs"),
                    ("childName", "ghost"),
                    ("membershipType", "GROUP_USER"),
                ],
            ),
            (
                "Membership",
                &[
                    ("id", "32"),
                    ("directoryId", "3"),
                    ("parentName", "nowhere"),
                    ("childName", "nobody"),
                    ("membershipType", "GROUP_USER"),
                ],
            ),
        ];
        let (user, _) = described(rows, "user", "Ann");
        insta::assert_snapshot!(user, @r"
        <user>
          <username>Ann</username>
          <active>false</active>
        </user>
        ");
        assert_eq!(described(rows, "user", "ghost").0, "", "nobody looks into an inactive directory");
        let (group, notes) = described(rows, "group", "Devs");
        insta::assert_snapshot!(group, @r"
        <group>
          <name>Devs</name>
          <memberUser>Ann</memberUser>
        </group>
        ");
        insta::assert_snapshot!(notes.join("\n"), @"Dangling /group[Devs]/memberUser[ghost]: the member does not exist; it was left out");
    }

    #[test]
    fn a_name_may_be_the_key_of_another_user() {
        // Ann was renamed to Bea; then a new Ann came, whose key could not be "ann" any more.
        let rows: Rows<'_> = &[
            ("ApplicationUser", &[("id", "1"), ("userKey", "ann"), ("lowerUserName", "bea")]),
            ("ApplicationUser", &[("id", "2"), ("userKey", "ID2"), ("lowerUserName", "ann")]),
            ("User", &[("id", "10"), ("userName", "Bea"), ("active", "1")]),
            ("User", &[("id", "11"), ("userName", "ann"), ("active", "1")]),
            ("Group", &[("id", "20"), ("groupName", "members")]),
            ("Membership", &[("id", "30"), ("parentName", "members"), ("childName", "ann")]),
            ("ProjectRole", &[("id", "40"), ("name", "Users")]),
            (
                "ProjectRoleActor",
                &[
                    ("id", "50"),
                    ("projectroleid", "40"),
                    ("roletype", "atlassian-user-role-actor"),
                    ("roletypeparameter", "ann"),
                ],
            ),
        ];
        insta::assert_snapshot!(described(rows, "group", "members").0, @r"
        <group>
          <name>members</name>
          <memberUser>ann</memberUser>
        </group>
        ");
        insta::assert_snapshot!(described(rows, "projectRole", "Users").0, @r"
        <projectRole>
          <name>Users</name>
          <defaultUser>Bea</defaultUser>
        </projectRole>
        ");
    }

    #[test]
    fn properties_come_from_the_set_of_the_version() {
        let property = |entity: &'static str| {
            [
                ("id", "90"),
                ("entityName", entity),
                ("entityId", "7"),
                ("propertyKey", "jira.meta.ice cream"),
                ("type", "5"),
            ]
        };
        let value: &[(&str, &str)] = &[("id", "90"), ("value", "vanilla")];
        let crowd: &[(&str, &str)] = &[("id", "10"), ("userName", "Ann"), ("active", "1")];
        let of_six: Rows<'_> = &[
            ("User", crowd),
            ("ApplicationUser", &[("id", "7"), ("userKey", "k"), ("lowerUserName", "ann")]),
            ("OSPropertyEntry", &property("ApplicationUser")),
            ("OSPropertyString", value),
        ];
        let of_five: Rows<'_> = &[
            ("User", crowd),
            ("ExternalEntity", &[("id", "7"), ("name", "ann")]),
            ("OSPropertyEntry", &property("ExternalEntity")),
            ("OSPropertyString", value),
        ];
        let of_four: Rows<'_> = &[
            ("OSUser", &[("id", "7"), ("name", "Ann")]),
            ("OSPropertyEntry", &property("OSUser")),
            ("OSPropertyString", value),
        ];
        for rows in [of_six, of_five, of_four] {
            insta::allow_duplicates!(insta::assert_snapshot!(described(rows, "user", "Ann").0, @r"
            <user>
              <username>Ann</username>
              <active>true</active>
              <property>
                <key>ice cream</key>
                <value>vanilla</value>
              </property>
            </user>
            "));
        }
    }

    #[test]
    fn groups_nest() {
        let rows: Rows<'_> = &[
            ("Group", &[("id", "20"), ("groupName", "all")]),
            ("Group", &[("id", "21"), ("groupName", "some")]),
            (
                "Membership",
                &[
                    ("id", "30"),
                    ("parentName", "all"),
                    ("childName", "SOME"),
                    ("membershipType", "GROUP_GROUP"),
                ],
            ),
        ];
        insta::assert_snapshot!(described(rows, "group", "all").0, @r"
        <group>
          <name>all</name>
          <memberGroup>some</memberGroup>
        </group>
        ");
    }
}
