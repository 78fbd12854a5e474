//! Addresses of everything that an instance has: each template with ids that lists of the same server told.

use std::collections::BTreeSet;

use jira_for_tests::Edition;
use serde_json::Value;

use crate::asking::Served;

/// How many objects of a list are looked at.
const FEW: usize = 3;

/// Which list tells the ids for a placeholder, by what stands before it; the others are told by that itself.
const LISTS: &[(&str, &str, &str)] = &[
    ("/rest/api/3/project/", "/rest/api/3/project/search", "key"),
    ("/rest/api/2/project/", "/rest/api/2/project", "key"),
    ("/rest/api/3/project/*/role/", "/rest/api/3/role", "id"),
    ("/rest/api/2/project/*/role/", "/rest/api/2/role", "id"),
    ("/rest/api/3/field/", "/rest/api/3/field/search?type=custom", "id"),
    ("/rest/api/3/filter/", "/rest/api/3/filter/search", "id"),
    ("/rest/api/3/dashboard/", "/rest/api/3/dashboard/search", "id"),
    ("/rest/api/3/dashboard/*/items/", "/rest/api/3/dashboard/*/gadget", "id"),
    ("/rest/api/3/config/fieldschemes/*/fields/", "/rest/api/3/config/fieldschemes/*/fields", "fieldId"),
    ("/rest/api/3/workflow/", "/rest/api/3/workflows/search", "id"),
    ("/rest/api/3/statuses/", "/rest/api/3/status", "id"),
    ("/rest/greenhopper/1.0/cardcolors/", "/rest/agile/1.0/board", "id"),
    ("/rest/internal/2/field/", "/rest/api/2/customFields", "id"),
    ("/rest/projectconfig/1/issuetype/", "/rest/api/2/project", "key"),
    ("/rest/projectconfig/1/issuetype/*/", "/rest/api/2/issuetype", "id"),
    ("/rest/api/3/issue/", "/rest/api/3/search/jql?jql=project+%3D+10000", "id"),
    ("/rest/api/2/issue/", "/rest/api/2/search?jql=ORDER+BY+updated+DESC", "id"),
    ("/rest/api/2/issue/createmeta/", "/rest/api/2/project", "key"),
    ("/rest/api/3/issue/createmeta/", "/rest/api/3/project/search", "key"),
    ("/rest/api/2/workflowscheme/", "/rest/api/2/project/*/workflowscheme", "id"),
];

/// What stands for a placeholder that no list tells.
const FIXED: &[(&str, &str)] = &[
    ("{propertyKey}", "config"),
    ("{strategy}", "custom"),
    ("{type}", "issuetype"),
    ("/rest/internal/2/fieldConfiguration/{id}", "-1"),
    ("/rest/api/2/filter/{id}", "10001"),
    ("/rest/api/2/dashboard/{dashboardId}/items/{itemId}", "10003"),
];

/// Parameters that an endpoint needs, and those that make it tell more.
const QUERIES: &[(&str, &[&str])] = &[
    ("/mypermissions", &["permissions=ADMINISTER,SYSTEM_ADMIN,USER_PICKER,CREATE_SHARED_OBJECTS"]),
    ("/project/search", &["", "expand=description,lead,url,projectKeys,issueTypes"]),
    ("/rest/api/2/project", &["", "expand=description,lead,url,projectKeys&includeArchived=true"]),
    ("/field/search", &["", "expand=key,stableId,screensCount,contextsCount,searcherKey,isLocked"]),
    ("/field/{fieldId}/screens", &["", "expand=tab"]),
    ("/issuetypescheme/project", &["{projects}"]),
    ("/issuetypescreenscheme/project", &["{projects}"]),
    ("/fieldconfigurationscheme/project", &["{projects}"]),
    ("/workflowscheme/project", &["{projects}"]),
    ("/projects/fields", &["{projects}&{types}"]),
    ("/mypreferences", &["key=jira.user.locale"]),
    ("/application-properties", &["key=jira.i18n.default.locale"]),
    ("/rest/api/3/search/jql", &["jql=project+%3D+10000", "jql=status+%3D+1&maxResults=1&fields=id"]),
    ("/rest/api/2/search", &["jql=ORDER+BY+updated+DESC", "jql=ORDER+BY+updated+DESC&expand=changelog"]),
    (
        "/rest/api/2/issue/{issueIdOrKey}",
        &["", "fields=*all,-comment&properties=*all&expand=changelog,editmeta"],
    ),
    ("/comment", &["expand=properties"]),
    ("/rest/api/2/issuetypescheme", &["expand=schemes.issueTypes,schemes.defaultIssueType"]),
    ("/priorityscheme", &["", "expand=priorities,projects"]),
    ("/priorityschemes", &["", "expand=schemes.projectKeys"]),
    ("/screenscheme", &["", "expand=issueTypeScreenSchemes"]),
    ("/rest/api/2/screens", &["", "expand=fieldScreenTabs,fieldScreenSchemes"]),
    ("/workflows/search", &["", "expand=values.transitions"]),
    ("/permissionscheme", &["", "expand=all"]),
    ("/permissionscheme/{schemeId}", &["", "expand=all"]),
    ("/notificationscheme", &["", "expand=all"]),
    (
        "/filter/search",
        &[
            "",
            "overrideSharePermissions=true&expand=description,owner,jql,viewUrl,searchUrl,favourite,favouritedCount,sharePermissions,editPermissions,isWritable,subscriptions",
        ],
    ),
    (
        "/dashboard/search",
        &[
            "",
            "expand=description,owner,viewUrl,favourite,favouritedCount,sharePermissions,editPermissions,isWritable",
        ],
    ),
    ("/rest/api/3/user", &["{user}"]),
    ("/rest/api/2/user", &["{user}"]),
    ("/user/bulk", &["{user}"]),
    ("/user/bulk/migration", &["username=ada"]),
    ("/user/search", &["query=a&username=a"]),
    ("/group/member", &["{group}"]),
    ("/statuses", &["id=1&id=10000"]),
    ("/rapidviewconfig/editmodel", &["rapidViewId=1"]),
];

/// Returns the objects of a reply: its list, wherever that is.
pub(crate) fn objects(reply: &Value) -> Vec<Value> {
    let named = reply["values"].as_array().or_else(|| reply.as_object()?.values().find_map(Value::as_array));
    let list = reply.as_array().or(named);
    list.map_or_else(|| vec![reply.clone()], Clone::clone)
}

pub(crate) struct Crawler<'s> {
    pub(crate) served: &'s Served,
    pub(crate) edition: Edition,
}

impl Crawler<'_> {
    /// Returns all addresses of a template that the instance has something for.
    pub(crate) fn addresses(&self, template: &str) -> Vec<String> {
        let paths = self.paths(template);
        let (suffix, queries) = QUERIES
            .iter()
            .filter(|(suffix, _)| template.ends_with(suffix))
            .max_by_key(|(suffix, _)| suffix.len())
            .copied()
            .unwrap_or(("", &[""]));
        assert!(suffix.is_empty() || !queries.is_empty());
        let mut all = Vec::new();
        for path in paths {
            for query in queries {
                let query = self.filled(query);
                all.push(if query.is_empty() { path.clone() } else { format!("{path}?{query}") });
            }
        }
        all
    }

    fn paths(&self, template: &str) -> Vec<String> {
        let Some(open) = template.find('{') else { return vec![template.to_owned()] };
        let close = template[open..].find('}').unwrap() + open + 1;
        let (before, name, after) = (&template[..open], &template[open..close], &template[close..]);
        // What was filled in before is known by its form.
        let pattern = format!("{before}{name}");
        let fixed =
            FIXED.iter().find(|(own, _)| *own == name || own.ends_with(&pattern) || same(own, &pattern));
        let ids = match fixed {
            Some((_, value)) => vec![(*value).to_owned()],
            None => self.ids(before),
        };
        ids.iter().flat_map(|id| self.paths(&format!("{before}{id}{after}"))).collect()
    }

    /// Returns ids of what stands at a place.
    fn ids(&self, before: &str) -> Vec<String> {
        let known = LISTS.iter().find(|(own, ..)| same(own, before));
        let (list, member) = match known {
            Some((own, list, member)) => {
                (self.paths(&inherited(own, before, list)).into_iter().next(), *member)
            }
            None => (Some(before.trim_end_matches('/').to_owned()), "id"),
        };
        let Some(list) = list else { return Vec::new() };
        let list = if list.contains('*') { self.resolved(&list) } else { list };
        // Cloud has the issues of version 2 and another search.
        let list = match self.edition {
            Edition::Cloud if list.starts_with("/rest/api/2/search") => {
                "/rest/api/3/search/jql?jql=project+%3D+10000".to_owned()
            }
            _ => list,
        };
        let got = self.served.get(&list);
        if got.status != 200 {
            return Vec::new();
        }
        let text = |object: &Value| match &object[member] {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        };
        let all: BTreeSet<String> = objects(&got.json()).iter().filter_map(text).collect();
        all.into_iter().take(FEW).collect()
    }

    /// Fills in the first project where a list belongs to one.
    fn resolved(&self, list: &str) -> String {
        list.replacen('*', &self.projects().first().map_or_else(String::new, |(_, key)| key.clone()), 1)
    }

    /// Returns ids and keys of projects.
    fn projects(&self) -> Vec<(String, String)> {
        let list =
            if self.edition == Edition::Cloud { "/rest/api/3/project/search" } else { "/rest/api/2/project" };
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        objects(&self.served.json(list)).iter().map(|own| (text(&own["id"]), text(&own["key"]))).collect()
    }

    fn filled(&self, query: &str) -> String {
        if !query.contains('{') {
            return query.to_owned();
        }
        let is_cloud = self.edition == Edition::Cloud;
        let several = |name: &str, ids: Vec<String>| -> String {
            ids.iter().map(|id| format!("{name}={id}")).collect::<Vec<_>>().join("&")
        };
        let root = if is_cloud { "/rest/api/3" } else { "/rest/api/2" };
        let types = objects(&self.served.json(&format!("{root}/issuetype")));
        let types = types.iter().map(|own| own["id"].as_str().unwrap().to_owned()).collect();
        let myself = self.served.json(&format!("{root}/myself"));
        let user = match is_cloud {
            true => format!("accountId={}", myself["accountId"].as_str().unwrap()),
            false => format!("username={}", myself["name"].as_str().unwrap()),
        };
        query
            .replace(
                "{projects}",
                &several("projectId", self.projects().into_iter().map(|(id, _)| id).collect()),
            )
            .replace("{types}", &several("workTypeId", types))
            .replace("{user}", &user)
            .replace("{group}", "groupname=jira-administrators")
    }
}

/// Returns whether a path has the form of a pattern, in which `*` is any one segment.
fn same(pattern: &str, path: &str) -> bool {
    let (pattern, path): (Vec<_>, Vec<_>) = (pattern.split('/').collect(), path.split('/').collect());
    pattern.len() == path.len()
        && pattern.iter().zip(path).all(|(own, found)| *own == "*" || own.starts_with('{') || *own == found)
}

/// Puts what stands for `*` in a path into a list that has one, too.
fn inherited(pattern: &str, path: &str, list: &str) -> String {
    let found = pattern.split('/').zip(path.split('/')).find(|(own, _)| *own == "*").map(|(_, found)| found);
    found.map_or_else(|| list.to_owned(), |found| list.replacen('*', found, 1))
}
