//! Rows that are no configuration, and what they say about it: what issues hold on to, apps, directories.

use std::collections::{BTreeMap, HashMap};

use super::ground::accounts;
use crate::entity::{Row, Standing, Tables};
use crate::mapping::ground::kinds::kind;
use crate::mapping::ground::limits::limits;
use crate::mapping::ground::names::Names;
use crate::model::{Facts, Identity, IssueTypeName, Name, Snapshot, UsedOption, classes};

/// Returns what is known of an instance beside its configuration.
pub fn facts(tables: &Tables, snapshot: &Snapshot) -> Facts {
    // Names are given as they were for the snapshot, whose notes tell already what is odd about them.
    let names = Names::new(tables, &mut Snapshot::default());
    let mut facts = Facts {
        statuses_in_use: statuses(tables, &names),
        known_apps: tables
            .rows("PluginVersion")
            .iter()
            .filter_map(|row| row.text("key"))
            .map(str::to_owned)
            .collect(),
        external_accounts: accounts::external(tables),
        limits: limits(tables),
        characters: tables.characters,
        ..Facts::default()
    };
    for object in snapshot.objects.values() {
        facts.known_classes.extend(classes(&object.element).into_iter().map(str::to_owned));
    }
    for (kind, ids) in [("version", &tables.usage.versions), ("component", &tables.usage.components)] {
        let parts = ids.iter().filter_map(|id| part(&names, kind, id, "project"));
        facts.parts_in_use.extend(parts);
    }
    for (project, level) in &tables.usage.security_levels {
        let Some(project) = names.get("project", project) else { continue };
        let Some((scheme, level)) = part(&names, "issueSecurityLevel", level, "scheme") else { continue };
        facts.levels_in_use.insert((project.text.clone(), scheme, level));
    }
    options(tables, &names, &mut facts);
    facts
}

/// Returns a part, and the name of what it is a part of.
fn part(names: &Names, kind_name: &str, id: &str, owner: &str) -> Option<(String, Identity)> {
    let name = names.get(kind_name, id)?;
    Some((name.get(owner)?.to_owned(), name.identity(kind(kind_name))))
}

fn statuses(tables: &Tables, names: &Names) -> BTreeMap<(String, IssueTypeName, String), u64> {
    let mut used = BTreeMap::new();
    for (Standing { project, issue_type, status, .. }, issues) in &tables.usage.standings {
        let (Some(project), Some(issue_type), Some(status)) =
            (names.get("project", project), names.get("issueType", issue_type), names.get("status", status))
        else {
            continue;
        };
        let is_subtask = issue_type.get("subtask").is_some_and(|own| own == "true");
        let key = (project.text.clone(), (issue_type.text.clone(), is_subtask), status.text.clone());
        *used.entry(key).or_default() += issues;
    }
    used
}

fn options(tables: &Tables, names: &Names, facts: &mut Facts) {
    if tables.usage.options.is_empty() {
        return;
    }
    let text = |row: &Row, attribute| row.get(attribute).unwrap_or("").to_owned();
    let by_id =
        |entity| -> HashMap<&str, &Row> { tables.rows(entity).iter().map(|row| (row.id(), row)).collect() };
    let (rows, schemes, configs) =
        (by_id("CustomFieldOption"), by_id("FieldConfigScheme"), by_id("FieldConfiguration"));
    let mut contexts: HashMap<&str, &Row> = HashMap::new();
    for row in tables.rows("FieldConfigSchemeIssueType") {
        let scheme = row.get("fieldconfigscheme").and_then(|id| schemes.get(id));
        if let (Some(config), Some(scheme)) = (row.get("fieldconfiguration"), scheme) {
            contexts.entry(config).or_insert(scheme);
        }
    }
    for (project, id) in &tables.usage.options {
        let used = || {
            let row = rows.get(id.as_str())?;
            let config = row.get("customfieldconfig")?;
            let field: &Name = names.get("customField", row.get("customfield")?)?;
            let used = UsedOption {
                context: text(contexts.get(config)?, "name"),
                config: text(configs.get(config)?, "name"),
                option: names.get("option", id)?.identity(kind("option")),
                project: names.get("project", project)?.text.clone(),
            };
            Some((field.identity(kind("customField")), used))
        };
        if let Some((field, used)) = used() {
            facts.options_in_use.entry(field).or_default().insert(used);
        }
    }
}
