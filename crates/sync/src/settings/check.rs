//! What of the settings does not fit the Jira, each with what to do.
//!
//! Invariant: settings without an error here can be carried out, as far as a Jira tells beforehand what it takes.

use std::collections::BTreeSet;

use super::publish::of_type;
use super::rules::in_words;
use super::table::is_near;
use super::{Content, Direction, FieldRule, PartnerKey, People, Problem, Settings, Shape, Unmapped};
use crate::{Alias, Catalogue, Field, FieldFacts, FieldKind, Right, TypeFacts};

mod statuses;

/// Something that a check found.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema))]
pub struct Finding {
    /// What, where and what to do.
    #[serde(flatten)]
    pub problem: Problem,
    /// Whether it must be put right before the start.
    #[serde(rename = "error")]
    pub is_error: bool,
}

/// What is found while the settings are compared with the Jira.
struct Check<'c> {
    settings: &'c Settings,
    catalogue: &'c Catalogue,
    found: Vec<Finding>,
}

impl<'c> Check<'c> {
    fn tell(&mut self, is_error: bool, table: &str, what: String, hint: impl Into<String>) {
        let problem = Problem { line: self.settings.line(table), what, hint: hint.into() };
        self.found.push(Finding { problem, is_error });
    }

    fn wrong(&mut self, table: &str, what: String, hint: impl Into<String>) {
        self.tell(true, table, what, hint);
    }

    fn kind(&self, local: &str) -> Option<&'c TypeFacts> {
        self.catalogue.types.iter().find(|own| own.name == local)
    }

    /// The types, with their aliases, for which a rule holds and that the Jira has.
    fn kinds(&self, types: Option<&BTreeSet<Alias>>) -> Vec<(&'c Alias, Direction, &'c TypeFacts)> {
        let chosen =
            self.settings.types.iter().filter(|(alias, _)| types.is_none_or(|own| own.contains(*alias)));
        chosen.filter_map(|(alias, rule)| Some((alias, rule.direction, self.kind(&rule.local)?))).collect()
    }
}

/// What does not fit the Jira; with what the master has published, also what does not fit that.
pub fn check(settings: &Settings, catalogue: &Catalogue, published: Option<&Content>) -> Vec<Finding> {
    let mut check = Check { settings, catalogue, found: Vec::new() };
    general(&mut check);
    types(&mut check, published);
    for (alias, rule) in &settings.fields {
        field(&mut check, alias, rule, published);
    }
    needed(&mut check);
    statuses::check(&mut check);
    links(&mut check);
    rights(&mut check);
    for limit in &catalogue.limits {
        check.tell(false, "", limit.clone(), "nothing has to be done");
    }
    let mut seen = BTreeSet::new();
    check.found.retain(|own| seen.insert(own.problem.clone()));
    check.found.sort_by(|a, b| (!a.is_error, &a.problem).cmp(&(!b.is_error, &b.problem)));
    check.found
}

/// A hint that names what is near a name, or all that there is.
fn instead<'n>(name: &str, there: impl IntoIterator<Item = &'n str>) -> String {
    let mut seen = BTreeSet::new();
    let there: Vec<_> = there.into_iter().filter(|own| seen.insert(*own)).collect();
    let near = there.iter().find(|own| own.eq_ignore_ascii_case(name) || is_near(own, name));
    match (near, there.len()) {
        (Some(near), _) => format!("write \"{near}\", if that is meant"),
        (None, 0) => "there is none at all".to_owned(),
        (None, 1..=12) => {
            let named: Vec<_> = there.iter().map(|own| format!("\"{own}\"")).collect();
            format!("there are {}", named.join(", "))
        }
        (None, count) => format!("none of the {count} that there are has a similar name"),
    }
}

fn general(check: &mut Check<'_>) {
    let (settings, catalogue) = (check.settings, check.catalogue);
    let general = &settings.general;
    if general.project != catalogue.project {
        let what = format!("the project is {}, and the settings say {}", catalogue.project, general.project);
        check.wrong("sync", what, format!("write `project = \"{}\"`", catalogue.project));
    }
    if general.user != catalogue.user.name {
        let what =
            format!("the Jira is read as {}, and the settings say {}", catalogue.user.name, general.user);
        check.wrong("sync", what, "the user is fixed; make a new synchronization for another one");
    }
    if settings.types.is_empty() {
        let what = "no issue type is synchronized".to_owned();
        check.wrong("", what, "write `[types.ALIAS]` with `local = \"…\"`; `--propose` prints a beginning");
    }
    for name in settings.filter.types.iter().chain(&settings.incoming.types).flatten() {
        if settings.type_alias(name).is_none() {
            let what = format!("the filter names the type \"{name}\", which has no alias");
            let hint = instead(name, settings.types.values().map(|rule| rule.local.as_str()));
            check.wrong("sync", what, hint);
        }
    }
    let mut named: Vec<(&Field, &str)> = Vec::new();
    let conditions = settings.filter.conditions.iter().chain(&settings.incoming.conditions);
    named.extend(conditions.map(|own| (&own.field, "a filter")));
    named.extend(settings.responsibility.iter().map(|own| (&own.field, "the responsibility")));
    for (field, whose) in named {
        if !check.catalogue.types.iter().any(|own| own.fields.iter().any(|facts| facts.field == *field)) {
            let what = format!("{whose} looks at the field {}, which no type has", in_words(field));
            let hint = instead(&field.to_string(), all_fields(catalogue));
            check.wrong("sync", what, hint);
        }
    }
    if let PartnerKey::Field(field) = &general.partner_key {
        for (_, _, kind) in check.kinds(None) {
            match kind.fields.iter().find(|facts| facts.field == *field) {
                Some(FieldFacts { kind: FieldKind::Text, many: false, writable: true, .. }) => {}
                Some(_) => {
                    let what = format!("the partner's key cannot be written into {}", in_words(field));
                    check.wrong("sync", what, "choose a text field, or `partner-key = \"property\"`");
                }
                None => {
                    let what =
                        format!("\"{}\" has no field {} for the partner's key", kind.name, in_words(field));
                    let hint = "add it to a screen of that type, or write `partner-key = \"property\"`";
                    check.wrong("sync", what, hint);
                }
            }
        }
    }
}

fn all_fields(catalogue: &Catalogue) -> impl Iterator<Item = &str> {
    let fields = catalogue.types.iter().flat_map(|own| &own.fields);
    let names: BTreeSet<_> = fields
        .map(|facts| match &facts.field {
            Field::System(name) | Field::Custom { name, .. } => name.as_str(),
        })
        .collect();
    names.into_iter()
}

fn types(check: &mut Check<'_>, published: Option<&Content>) {
    for (alias, rule) in &check.settings.types {
        let table = format!("types.{alias}");
        let Some(kind) = check.kind(&rule.local) else {
            let what = format!("there is no issue type \"{}\" in {}", rule.local, check.catalogue.project);
            let hint = instead(&rule.local, check.catalogue.types.iter().map(|own| own.name.as_str()));
            check.wrong(&table, what, hint);
            continue;
        };
        let theirs = published.and_then(|content| content.types.get(alias));
        if theirs.is_some_and(|own| own.subtask != kind.subtask) {
            let (own, other) = match kind.subtask {
                true => ("a type of sub-tasks", "a standard type"),
                false => ("a standard type", "a type of sub-tasks"),
            };
            let what = format!("\"{}\" is {own}, and `{alias}` is {other} at the partner's", rule.local);
            check.wrong(&table, what, format!("bind `{alias}` to {other}, or decline it"));
        }
    }
}

/// Whether values of such a field are chosen from a list of names.
fn is_listed(kind: FieldKind) -> bool {
    matches!(kind, FieldKind::Choice | FieldKind::Cascade | FieldKind::Version | FieldKind::Component)
}

fn field(check: &mut Check<'_>, alias: &Alias, rule: &FieldRule, published: Option<&Content>) {
    let table = format!("fields.{alias}");
    let name = in_words(&rule.local);
    let kinds = check.kinds(rule.types.as_ref());
    let facts: Vec<_> =
        kinds.iter().map(|(_, _, kind)| of_type(check.catalogue, &kind.name, &rule.local)).collect();
    let Some(first) = facts.iter().flatten().next() else {
        if !kinds.is_empty() {
            let what = format!("no synchronized type has the field {name} on a screen");
            let hint = instead(&rule.local.to_string(), all_fields(check.catalogue));
            check.wrong(&table, what, hint);
        }
        return;
    };
    for ((kind, direction, own), facts) in kinds.iter().zip(&facts) {
        match facts {
            None if rule.types.is_some() => {
                let what = format!("\"{}\" has no field {name} on a screen", own.name);
                check.wrong(&table, what, format!("add it to a screen, or take `{kind}` out of `types`"));
            }
            Some(facts) if !facts.writable && rule.direction.receives() && direction.receives() => {
                let what = format!("{name} of \"{}\" cannot be written", own.name);
                check.wrong(&table, what, "write `direction = \"send\"`, or put it on the edit screen");
            }
            _ => {}
        }
    }
    shape(check, &table, rule, first);
    let options: BTreeSet<_> = facts.iter().flatten().flat_map(|facts| &facts.options).collect();
    if is_listed(first.kind) {
        for own in rule.values.values().chain(&rule.default) {
            if !options.contains(own) && !rule.create {
                let what = format!("{name} has no value \"{own}\"");
                check.wrong(&table, what, instead(own, options.iter().map(|own| own.as_str())));
            }
        }
        let bound: BTreeSet<_> = rule.values.values().collect();
        let loose: Vec<_> = options.iter().filter(|own| !bound.contains(*own)).collect();
        let matters = rule.direction.sends() && rule.unmapped == Unmapped::Error && rule.text.is_none();
        if matters && !rule.values.is_empty() && !loose.is_empty() {
            let named: Vec<_> = loose.iter().take(5).map(|own| format!("\"{own}\"")).collect();
            let what = format!("{name} has values without an alias: {}", named.join(", "));
            let hint = "an issue with one of them will be in error: give it an alias, or write `unmapped = \"skip\"`";
            check.tell(false, &table, what, hint);
        }
    }
    if let Some(theirs) = published.and_then(|content| content.fields.get(alias)) {
        let own = Shape::of(first.kind, rule);
        let is_text = first.kind == FieldKind::Text && rule.text.is_some();
        let fits = own == theirs.shape
            || (rule.direction == Direction::Receive && is_text)
            || (matches!(own, Shape::Name) && theirs.shape == Shape::Text && first.kind == FieldKind::Label);
        if !fits {
            let what =
                format!("`{alias}` is {} at the partner's, and {name} does not fit it", theirs.in_words());
            let hint = match (theirs.shape, first.kind) {
                (Shape::Alias, kind) if is_listed(kind) => "bind its aliases: `values = { ALIAS = \"…\" }`",
                (_, FieldKind::Text) => "write `as = \"text\"` and `direction = \"receive\"`",
                _ => "bind another field, or decline it with `declined = true`",
            };
            check.wrong(&table, what, hint);
        } else if theirs.many && !first.many && rule.direction.receives() && first.kind != FieldKind::Text {
            let what = format!("`{alias}` has many values at the partner's, and {name} holds one");
            check.tell(false, &table, what, "an issue with several values will be in error");
        }
    }
}

/// Whether what a rule says of its values is possible for this kind of field.
fn shape(check: &mut Check<'_>, table: &str, rule: &FieldRule, facts: &FieldFacts) {
    let name = in_words(&rule.local);
    if !rule.values.is_empty() && !is_listed(facts.kind) {
        let what = format!("{name} has no values of which each could have an alias");
        check.wrong(table, what, "take `values` out: what it holds goes through as it is");
    }
    let is_chosen = matches!(facts.kind, FieldKind::Choice | FieldKind::Cascade);
    if is_chosen && rule.values.is_empty() && !rule.same && rule.text.is_none() {
        let what = format!("nothing says how the values of {name} are told");
        let hint = "write `values = { ALIAS = \"…\" }`, or `values = \"same\"`: then their names leave the house as they are";
        check.wrong(table, what, hint);
    }
    let is_user = facts.kind == FieldKind::User;
    if rule.users != People::Name && !is_user {
        check.wrong(table, format!("{name} does not hold people"), "take `users` out");
    }
    let told_as_text = rule.text.is_some() || rule.users == People::Text || rule.unmapped == Unmapped::Text;
    if told_as_text && rule.direction.receives() && facts.kind != FieldKind::Text {
        let what = format!("{name} cannot be made of text");
        check.wrong(table, what, "write `direction = \"send\"`: text goes one way only");
    }
    if rule.unmapped == Unmapped::Default && !is_listed(facts.kind) && !is_user {
        let what = format!("of {name} every value is told, so nothing can be unmapped");
        check.wrong(table, what, "take `unmapped` and `default` out");
    }
}

/// Fields without which no issue can be made here.
fn needed(check: &mut Check<'_>) {
    for (alias, direction, kind) in check.kinds(None) {
        if !direction.receives() {
            continue;
        }
        for facts in kind.fields.iter().filter(|facts| facts.required) {
            let bound = check
                .settings
                .fields
                .values()
                .any(|rule| rule.local == facts.field && rule.is_for(alias) && rule.direction.receives());
            if !bound {
                let what = format!(
                    "\"{}\" needs a value of {}, and the partner tells none",
                    kind.name,
                    in_words(&facts.field)
                );
                let hint = format!(
                    "bind the field so that it is received, or write `direction = \"send\"` in `[types.{alias}]`: no issue of the partner's could be made"
                );
                // A reporter is the user that makes the issue, where nobody says otherwise.
                let is_given = facts.field == Field::System("reporter".to_owned());
                check.tell(
                    !is_given && facts.field == Field::System("summary".to_owned()),
                    &format!("types.{alias}"),
                    what,
                    hint,
                );
            }
        }
    }
}

fn links(check: &mut Check<'_>) {
    for (alias, rule) in &check.settings.links {
        if !check.catalogue.link_types.iter().any(|own| own.name == rule.local) {
            let what = format!("there is no link type \"{}\"", rule.local);
            let hint = instead(&rule.local, check.catalogue.link_types.iter().map(|own| own.name.as_str()));
            check.wrong(&format!("links.{alias}"), what, hint);
        }
    }
}

fn rights(check: &mut Check<'_>) {
    let settings = check.settings;
    let field = |name: &str| {
        let own = Field::System(name.to_owned());
        settings.fields.values().any(|rule| rule.local == own && rule.direction.receives())
    };
    let receives = |direction: Option<Direction>| direction.is_some_and(Direction::receives);
    let comments = settings.comments.as_ref();
    let attachments = settings.attachments.as_ref();
    let worklogs = receives(settings.worklogs.as_ref().map(|rule| rule.direction));
    let commented = receives(comments.map(|rule| rule.direction));
    let attached = receives(attachments.map(|rule| rule.direction));
    let statuses = !settings.statuses.is_empty() && settings.workflow.direction.receives();
    let needs = [
        (Right::BrowseProjects, true, "Browse Projects"),
        (Right::CreateIssues, settings.types.values().any(|rule| rule.direction.receives()), "Create Issues"),
        (Right::EditIssues, settings.fields.values().any(|rule| rule.direction.receives()), "Edit Issues"),
        (Right::TransitionIssues, statuses, "Transition Issues"),
        (Right::AssignIssues, field("assignee"), "Assign Issues"),
        (Right::ModifyReporter, field("reporter"), "Modify Reporter"),
        (Right::LinkIssues, settings.links.values().any(|rule| rule.direction.receives()), "Link Issues"),
        (Right::AddComments, commented, "Add Comments"),
        (Right::EditOwnComments, commented, "Edit Own Comments"),
        (Right::DeleteOwnComments, commented, "Delete Own Comments"),
        (Right::WorkOnIssues, worklogs, "Work On Issues"),
        (Right::CreateAttachments, attached, "Create Attachments"),
        (Right::DeleteOwnAttachments, attached, "Delete Own Attachments"),
        (Right::AdministerProjects, settings.fields.values().any(|rule| rule.create), "Administer Projects"),
    ];
    for (right, is_needed, name) in needs {
        if is_needed && check.catalogue.missing.contains(&right) {
            let user = &check.catalogue.user.name;
            let what = format!("{user} may not do what the settings need: {name}");
            let hint = format!(
                "give {user} the permission {name} in the permission scheme of {}",
                check.catalogue.project
            );
            check.wrong("sync", what, hint);
        }
    }
}
