//! What is little more than a name: project roles, project categories, types of links, and groups.
//!
//! Sources: Atlassian's descriptions of Jira Cloud (April 2026) and of Jira Data Center 10.3, which say the same of all but groups.

use serde_json::{Value, json};

use super::{Deed, Ground, Look, Sent, Subject, Unsaid, members, part};
use crate::entity::Row;
use crate::model::Path;

/// How objects that are little more than a name are told.
struct Named {
    kind: &'static str,
    entity: &'static str,
    path: &'static str,
    /// Where the list is in the reply that tells all of them.
    list: &'static str,
    members: &'static [(&'static str, &'static str)],
}

/// A type of links.
pub(super) fn link_type(ground: &Ground<'_>, subject: &Subject<'_>) -> Result<Vec<Deed>, Vec<Unsaid>> {
    named(
        ground,
        subject,
        &Named {
            kind: "issueLink",
            entity: "IssueLinkType",
            path: "issueLinkType",
            list: "/issueLinkTypes",
            members: &[("name", "linkname"), ("inward", "inward"), ("outward", "outward")],
        },
    )
}

/// A category of projects.
pub(super) fn category(ground: &Ground<'_>, subject: &Subject<'_>) -> Result<Vec<Deed>, Vec<Unsaid>> {
    named(
        ground,
        subject,
        &Named {
            kind: "projectCategory",
            entity: "ProjectCategory",
            path: "projectCategory",
            list: "",
            members: &[("name", "name"), ("description", "description")],
        },
    )
}

fn named(ground: &Ground<'_>, subject: &Subject<'_>, own: &Named) -> Result<Vec<Deed>, Vec<Unsaid>> {
    let row = |side: &super::Side<'_>, id: &Option<String>| {
        Some(members(side.row(own.entity, id.as_deref()?)?, own.members))
    };
    let Some(after) = &subject.after else { return Ok(Vec::new()) };
    let id = ground.sent(own.kind, after);
    let path = ground.api(&format!("{}/{}", own.path, part(&id)));
    Ok(match (row(&ground.before, &subject.before), row(&ground.after, &subject.after)) {
        (Some(from), Some(to)) if from != to => {
            let sent = Sent::put(&path, to.clone()).seen_by(Look::at(&path, from.clone(), to));
            vec![Deed::new(sent, Sent::put(&path, from))]
        }
        (None, Some(to)) => {
            let all = ground.api(own.path);
            let look =
                Look::at(&all, Value::Null, to.clone()).among(own.list, &[("name", to["name"].clone())]);
            // An answer without a body is followed by another look.
            let sent = Sent::post(all, to).seen_by(look.in_doubt()).binding(&id, "/id");
            vec![Deed::new(sent, Sent::delete(path))]
        }
        _ => Vec::new(),
    })
}

/// A role, with those who have it in new projects.
pub(super) fn role(ground: &Ground<'_>, subject: &Subject<'_>) -> Result<Vec<Deed>, Vec<Unsaid>> {
    let own = Named {
        kind: "projectRole",
        entity: "ProjectRole",
        path: "role",
        list: "",
        members: &[("name", "name"), ("description", "description")],
    };
    let mut deeds = named(ground, subject, &own)?;
    let Some(after) = &subject.after else { return Ok(deeds) };
    let actors = |side: &super::Side<'_>, id: &Option<String>| -> Vec<(String, String)> {
        let rows = id.iter().flat_map(|id| side.with("ProjectRoleActor", "projectroleid", id));
        let rows = rows.filter(|row| row.get("pid").is_none());
        let mut actors: Vec<_> = rows
            .filter_map(|row| {
                Some((row.text("roletype")?.to_owned(), row.text("roletypeparameter")?.to_owned()))
            })
            .collect();
        actors.sort();
        actors
    };
    let (from, to) = (actors(&ground.before, &subject.before), actors(&ground.after, &subject.after));
    let id = ground.sent("projectRole", after);
    let role = ground.api(&format!("role/{}", part(&id)));
    for actor in from.iter().filter(|own| !to.contains(own)) {
        deeds.push(default_actor(ground, &role, actor, false).map_err(|own| vec![own])?);
    }
    for actor in to.iter().filter(|own| !from.contains(own)) {
        deeds.push(default_actor(ground, &role, actor, true).map_err(|own| vec![own])?);
    }
    Ok(deeds)
}

/// Makes somebody a member of a role in new projects, or takes him out.
fn default_actor(
    ground: &Ground<'_>,
    role: &str,
    (ty, who): &(String, String),
    joins: bool,
) -> Result<Deed, Unsaid> {
    let is_group = ty == "atlassian-group-role-actor";
    let (member, query, value) = match (is_group, ground.is_cloud()) {
        (true, true) => ("groupId", "groupId", ground.group_id(who)),
        (true, false) => ("group", "group", Some(who.clone())),
        (false, true) => ("user", "user", Some(who.clone())),
        (false, false) => ("user", "user", ground.user_name(who)),
    };
    let here = || Path::object("projectRole", who);
    let Some(value) = value else { return Err((here(), format!("Jira does not tell the id of `{who}`"))) };
    let shown = match (ground.is_cloud(), is_group) {
        (true, true) => ("actorGroup", json!({ "name": who })),
        (true, false) => ("actorUser", json!({ "accountId": who })),
        (false, _) => ("name", json!(value)),
    };
    let by = [("type", json!(ty)), shown];
    let (absent, there) = (Value::Null, json!({ "type": ty }));
    let path = format!("{role}/actors");
    let look = Look::at(role, absent, there).among("/actors", &by).in_doubt();
    let add = Sent::post(&path, json!({ member: [value] })).seen_by(look.clone());
    let mut remove = Sent::delete(path).with(query, &value);
    Ok(match joins {
        true => Deed::new(add, remove),
        false => {
            remove.look = Some(look.back());
            Deed::new(remove, add)
        }
    })
}

/// A group; its members are people, whom an organization manages.
pub(super) fn group(ground: &Ground<'_>, subject: &Subject<'_>) -> Result<Vec<Deed>, Vec<Unsaid>> {
    let Some(after) = &subject.after else { return Ok(Vec::new()) };
    let mut deeds = Vec::new();
    if subject.before.is_none() {
        let look = Look::at(ground.api("group/bulk"), Value::Null, json!({ "name": after }))
            .with("groupName", after)
            .among("/values", &[("name", json!(after))])
            .in_doubt();
        let mut sent = Sent::post(ground.api("group"), json!({ "name": after }));
        if ground.is_cloud() {
            sent = sent.seen_by(look).binding(&super::token("group", after), "/groupId");
        }
        let back = Sent::delete(ground.api("group")).with("groupname", after);
        deeds.push(Deed::new(sent, back));
    }
    let members = |side: &super::Side<'_>| -> Vec<String> {
        let rows: Vec<&Row> = side.with("Membership", "parentName", after);
        rows.iter().filter_map(|row| row.text("childName")).map(str::to_owned).collect()
    };
    let (from, to) = (members(&ground.before), members(&ground.after));
    if from != to && subject.before.is_some() || !to.is_empty() && subject.before.is_none() {
        let path = ground.api("group/user");
        let label = if ground.is_cloud() { "accountId" } else { "name" };
        let query = if ground.is_cloud() { "accountId" } else { "username" };
        let there = |who: &str| {
            let own = json!({ label: ground.account(who) });
            Look::at(ground.api("group/member"), Value::Null, own.clone())
                .with("groupname", after)
                .among("/values", &[(label, own[label].clone())])
                .paged()
                .in_doubt()
        };
        let add = |who: &str| {
            let sent = Sent::post(&path, json!({ label: ground.account(who) })).with("groupname", after);
            sent.seen_by(there(who))
        };
        let remove = |who: &str| {
            let sent = Sent::delete(&path).with("groupname", after).with(query, &ground.account(who));
            sent.seen_by(there(who).back())
        };
        let caller = ground.known.caller.as_deref();
        let caller = caller.map(|own| ground.user_name(own).unwrap_or_else(|| own.to_owned()));
        for who in from.iter().filter(|own| !to.contains(own)) {
            // It is by some group that he may do all this.
            if caller.as_deref().is_some_and(|caller| caller == who || caller == ground.account(who)) {
                let why = "you would take yourself out of this group, and perhaps could not go on then: let another administrator do it, \
                           or stay in it in the file";
                return Err(vec![(Path::object("group", after).child("memberUser"), why.to_owned())]);
            }
            deeds.push(Deed::new(remove(who), add(who)));
        }
        for who in to.iter().filter(|own| !from.contains(own)) {
            deeds.push(Deed::new(add(who), remove(who)));
        }
    }
    Ok(deeds)
}
