//! Which fields the issues of a type hold: by the screens, the field configuration and the contexts that hold for it.
//!
//! Invariant: a field that is hidden, or that no screen of making or changing an issue shows, cannot be written; a custom field is there
//! only where a context of it holds.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use pcfg_sync::{Field, FieldFacts, FieldKind, TypeFacts};

use super::flow::Flow;
use super::ground::Ground;
use super::rights::Rights;
use crate::data::{Holds, holds};
use crate::entity::Row;
use crate::instance::single_issues::{SYSTEM_FIELDS, SystemField};
use crate::mapping::{Entrances, Kept, kept};

/// Where the value of a field is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Spot {
    /// In a column of the issue, as text.
    Text(&'static str),
    /// In a column of the issue, as the id of an object of a kind.
    Object(&'static str, &'static str),
    /// In a column of the issue, as the key of a user.
    User(&'static str),
    /// In a column of the issue, as a day.
    Day(&'static str),
    /// In a column of the issue, as seconds.
    Seconds(&'static str),
    /// In labels; of a custom field, by its id.
    Labels(Option<String>),
    /// In associations of a type with a table, which holds objects of a kind.
    Parts(&'static str, &'static str, &'static str),
    /// In values of a custom field.
    Values(String, Holds),
}

/// A field with where its value is.
#[derive(Debug, Clone)]
pub(super) struct Shape {
    pub(super) field: Field,
    pub(super) kind: FieldKind,
    pub(super) many: bool,
    pub(super) spot: Spot,
}

/// An option of a custom field.
#[derive(Debug, Clone)]
pub(super) struct Choice {
    pub(super) id: String,
    pub(super) name: String,
    /// The option below which it is.
    pub(super) parent: Option<String>,
}

/// A field of a type.
#[derive(Debug, Clone)]
pub(super) struct Own {
    pub(super) shape: Shape,
    pub(super) required: bool,
    /// Whether a screen of making or changing an issue shows it.
    pub(super) is_shown: bool,
    /// What can be chosen, in order.
    pub(super) choices: Vec<Choice>,
    /// What a new issue holds of which nobody says otherwise.
    pub(super) default: Option<Kept>,
}

/// A type of issues of the project.
#[derive(Debug, Clone)]
pub(super) struct Type {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) is_subtask: bool,
    pub(super) fields: Vec<Own>,
    pub(super) flow: Flow,
}

/// Returns Jira's own fields: the one that screens show, and what it holds.
fn own_fields() -> impl Iterator<Item = (&'static str, Shape)> {
    let field = |SystemField { name, shown, kind, many }| {
        let spot = own_spot(name)?;
        Some((shown, Shape { field: Field::System(name.to_owned()), kind, many, spot }))
    };
    SYSTEM_FIELDS.into_iter().filter_map(field)
}

/// Returns where the value of a field of Jira's own is.
fn own_spot(name: &'static str) -> Option<Spot> {
    Some(match name {
        "summary" | "description" | "environment" => Spot::Text(name),
        "priority" | "resolution" => Spot::Object(name, name),
        "security" => Spot::Object(name, "issueSecurityLevel"),
        "assignee" | "reporter" => Spot::User(name),
        "duedate" => Spot::Day(name),
        "timeoriginalestimate" | "timeestimate" => Spot::Seconds(name),
        "labels" => Spot::Labels(None),
        "components" => Spot::Parts("IssueComponent", "Component", "component"),
        "versions" => Spot::Parts("IssueVersion", "Version", "version"),
        "fixVersions" => Spot::Parts("IssueFixVersion", "Version", "version"),
        _ => return None,
    })
}

/// Returns Jira's own fields.
pub(super) fn system_shapes() -> Vec<Shape> {
    own_fields().map(|(_, shape)| shape).collect()
}

/// Returns the shape of a custom field; nothing if nobody can say what it holds.
pub(super) fn custom_shape(ground: &Ground, id: &str) -> Option<Shape> {
    let (ty, name) = ground.custom_field(id)?;
    let own = ty.rsplit_once(':').map_or(ty, |(_, own)| own);
    let many = own.starts_with("multi") || own == "labels";
    let (kind, spot) = match (own, holds(ty)) {
        ("labels", Holds::Elsewhere) => (FieldKind::Label, Spot::Labels(Some(id.to_owned()))),
        (_, holds) => {
            let kind = match holds {
                Holds::Text(_) => FieldKind::Text,
                Holds::Number => FieldKind::Number,
                Holds::Day => FieldKind::Date,
                Holds::Moment => FieldKind::Moment,
                Holds::Option if own == "cascadingselect" => FieldKind::Cascade,
                Holds::Option => FieldKind::Choice,
                Holds::Version => FieldKind::Version,
                Holds::User => FieldKind::User,
                Holds::Group => FieldKind::Group,
                Holds::Project | Holds::Sprint | Holds::Elsewhere | Holds::Unknown => return None,
            };
            (kind, Spot::Values(id.to_owned(), holds))
        }
    };
    let field = Field::Custom { kind: ty.to_owned(), name: name.to_owned() };
    Some(Shape { field, kind, many, spot })
}

/// Returns the types of issues of the project.
pub(super) fn types(ground: &Ground) -> Vec<Type> {
    let scheme = scheme_of(ground, "issuetype");
    let members = scheme.map(|scheme| members(ground, scheme)).unwrap_or_default();
    let mut entrances = Entrances::new(&ground.tables);
    let mut flows: BTreeMap<String, Flow> = BTreeMap::new();
    let project = ground.project.id.to_string();
    let mut types = Vec::new();
    for id in members {
        let Some(row) = ground.tables.rows("IssueType").iter().find(|row| row.id() == id) else { continue };
        let Some(name) = row.text("name") else { continue };
        let (workflow, _) = entrances.step(&project, &id, "");
        let flow = flows.entry(workflow.to_owned()).or_insert_with(|| Flow::of(ground, workflow)).clone();
        types.push(Type {
            name: name.to_owned(),
            is_subtask: row.get("style") == Some("jira_subtask"),
            fields: fields(ground, &id),
            flow,
            id,
        });
    }
    types
}

fn fields(ground: &Ground, ty: &str) -> Vec<Own> {
    let screens = [Some("0"), Some("1"), Some("2")].map(|operation| shown(ground, ty, operation));
    let layout = layout(ground, ty);
    let on = |name: &str| screens.iter().any(|screen| screen.contains(name));
    let (is_hidden, is_required) = (
        |name: &str| layout.get(name).is_some_and(|own| own.0),
        |name: &str| layout.get(name).is_some_and(|own| own.1),
    );
    let changes = |name: &str| screens[..2].iter().any(|screen| screen.contains(name));
    let mut fields = Vec::new();
    for (shown, shape) in own_fields() {
        let Field::System(name) = &shape.field else { continue };
        // The summary is always there; the resolution comes by transitions.
        let is_there = on(shown) || ["summary", "resolution", "reporter"].contains(&shown);
        if !is_there || is_hidden(shown) {
            continue;
        }
        let choices = own_choices(ground, &shape.spot);
        let required = shown == "summary" || (shown != "timetracking" && is_required(name));
        let is_shown = changes(shown) || ["summary", "resolution"].contains(&shown);
        fields.push(Own { required, is_shown, choices, shape, default: None });
    }
    for row in ground.tables.rows("CustomField") {
        let identifier = format!("customfield_{}", row.id());
        if !on(&identifier) || is_hidden(&identifier) {
            continue;
        }
        let Some(shape) = custom_shape(ground, row.id()) else { continue };
        let Some(configuration) = configuration(ground, &identifier, ty) else { continue };
        let choices = match &shape.spot {
            Spot::Values(_, Holds::Option) => options(ground, &configuration),
            Spot::Values(_, Holds::Version) => own_choices(ground, &Spot::Parts("", "Version", "version")),
            _ => Vec::new(),
        };
        let (required, is_shown) = (is_required(&identifier), changes(&identifier));
        let default = default(ground, &configuration);
        fields.push(Own { shape, required, is_shown, choices, default });
    }
    fields
}

/// Returns what can be chosen in one of Jira's own fields.
fn own_choices(ground: &Ground, spot: &Spot) -> Vec<Choice> {
    let choice = |id: &str, name: &str| Choice { id: id.to_owned(), name: name.to_owned(), parent: None };
    let named = |rows: Vec<&Row>| -> Vec<Choice> {
        rows.into_iter().filter_map(|row| Some(choice(row.id(), row.text("name")?))).collect()
    };
    let sorted = |entity: &str| {
        let mut rows: Vec<&Row> = ground.tables.rows(entity).iter().collect();
        rows.sort_by_key(|row| row.number("sequence").unwrap_or(i64::MAX));
        rows
    };
    match spot {
        Spot::Object(_, "priority") => {
            let offered = scheme_of(ground, "priority").map(|scheme| members(ground, scheme));
            let rows = sorted("Priority").into_iter();
            named(
                rows.filter(|row| offered.as_ref().is_none_or(|own| own.iter().any(|id| id == row.id())))
                    .collect(),
            )
        }
        Spot::Object(_, "resolution") => named(sorted("Resolution")),
        Spot::Object(_, "issueSecurityLevel") => {
            let scheme = ground.scheme("IssueSecurityScheme");
            let rows = ground.tables.rows("SchemeIssueSecurityLevels").iter();
            named(rows.filter(|row| scheme.is_some() && row.get("scheme") == scheme).collect())
        }
        Spot::Parts(_, table, _) => {
            let parts = if *table == "Version" { &ground.versions } else { &ground.components };
            parts.iter().filter(|own| own.is_offered).map(|own| choice(&own.id, &own.name)).collect()
        }
        _ => Vec::new(),
    }
}

/// Returns the default value of a configuration of a custom field.
fn default(ground: &Ground, configuration: &str) -> Option<Kept> {
    let mut rows = ground.tables.rows("GenericConfiguration").iter();
    let is_it =
        |row: &&Row| row.get("datakey") == Some(configuration) && row.get("datatype") == Some("DefaultValue");
    kept(rows.find(is_it)?.get("xmlvalue")?)
}

fn options(ground: &Ground, configuration: &str) -> Vec<Choice> {
    let mut rows: Vec<&Row> = ground
        .tables
        .rows("CustomFieldOption")
        .iter()
        .filter(|row| row.get("customfieldconfig") == Some(configuration) && !row.truth("disabled"))
        .collect();
    rows.sort_by_key(|row| (row.number("sequence").unwrap_or(i64::MAX), row.number("id")));
    let choice = |row: &Row| {
        let (id, name) = (row.id().to_owned(), row.text("value")?.to_owned());
        Some(Choice { id, name, parent: row.text("parentoptionid").map(str::to_owned) })
    };
    rows.into_iter().filter_map(choice).collect()
}

/// Returns the context scheme of a field in the project: its own, or the one for all projects.
fn scheme_of<'g>(ground: &'g Ground, field: &str) -> Option<&'g str> {
    let rows =
        || ground.tables.rows("ConfigurationContext").iter().filter(|row| row.get("key") == Some(field));
    let own = rows().find(|row| row.number("project") == Some(ground.project.id as i64));
    own.or_else(|| rows().find(|row| row.text("project").is_none()))?.get("fieldconfigscheme")
}

/// Returns the configuration that a field has for issues of a type.
fn configuration(ground: &Ground, field: &str, ty: &str) -> Option<String> {
    let scheme = scheme_of(ground, field)?;
    let rows = ground.tables.rows("FieldConfigSchemeIssueType").iter();
    let mut rows = rows.filter(|row| row.get("fieldconfigscheme") == Some(scheme));
    let is_for = |row: &&Row| row.text("issuetype").is_none_or(|own| own == ty);
    rows.find(is_for)?.text("fieldconfiguration").map(str::to_owned)
}

/// Returns the members of a scheme of issue types or priorities, in their order.
fn members(ground: &Ground, scheme: &str) -> Vec<String> {
    let rows = ground.tables.rows("FieldConfigSchemeIssueType").iter();
    let mut rows = rows.filter(|row| row.get("fieldconfigscheme") == Some(scheme));
    let Some(configuration) = rows.find_map(|row| row.text("fieldconfiguration")) else { return Vec::new() };
    let options = ground.tables.rows("OptionConfiguration").iter();
    let mut rows: Vec<&Row> = options.filter(|row| row.get("fieldconfig") == Some(configuration)).collect();
    rows.sort_by_key(|row| row.number("sequence").unwrap_or(i64::MAX));
    let mut seen = HashSet::new();
    rows.into_iter()
        .filter_map(|row| row.text("optionid").filter(|id| seen.insert(*id)).map(str::to_owned))
        .collect()
}

/// Returns the row of a scheme for issues of a type, or the one for all others.
fn for_type<'g>(ground: &'g Ground, entity: &str, scheme: &str, ty: &str) -> Option<&'g Row> {
    let rows = || ground.tables.rows(entity).iter().filter(|row| row.get("scheme") == Some(scheme));
    rows()
        .find(|row| row.text("issuetype") == Some(ty))
        .or_else(|| rows().find(|row| row.text("issuetype").is_none_or(|own| own == "0")))
}

/// Returns the fields of the screen of an operation.
fn shown(ground: &Ground, ty: &str, operation: Option<&str>) -> BTreeSet<String> {
    let tables = &ground.tables;
    // The first scheme comes with Jira.
    let scheme = ground.scheme("IssueTypeScreenScheme").unwrap_or("1");
    let screens = for_type(ground, "IssueTypeScreenSchemeEntity", scheme, ty);
    let Some(screens) = screens.and_then(|row| row.get("fieldscreenscheme")) else { return BTreeSet::new() };
    let items = || {
        let rows = tables.rows("FieldScreenSchemeItem").iter();
        rows.filter(move |row| row.get("fieldscreenscheme") == Some(screens))
    };
    let screen = items()
        .find(|row| row.text("operation") == operation)
        .or_else(|| items().find(|row| row.text("operation").is_none()));
    let Some(screen) = screen.and_then(|row| row.get("fieldscreen")) else { return BTreeSet::new() };
    let tabs: HashSet<&str> = tables
        .rows("FieldScreenTab")
        .iter()
        .filter(|row| row.get("fieldscreen") == Some(screen))
        .map(Row::id)
        .collect();
    tables
        .rows("FieldScreenLayoutItem")
        .iter()
        .filter(|row| row.get("fieldscreentab").is_some_and(|own| tabs.contains(own)))
        .filter_map(|row| row.text("fieldidentifier").map(str::to_owned))
        .collect()
}

/// Returns which fields are hidden and which are required.
fn layout(ground: &Ground, ty: &str) -> BTreeMap<String, (bool, bool)> {
    let scheme = ground.scheme("FieldLayoutScheme");
    let own = scheme.and_then(|scheme| for_type(ground, "FieldLayoutSchemeEntity", scheme, ty));
    let is_default = |row: &&Row| row.get("type") == Some("default");
    let by_default = || ground.tables.rows("FieldLayout").iter().find(is_default).map(Row::id);
    let Some(layout) = own.and_then(|row| row.text("fieldlayout")).or_else(by_default) else {
        return BTreeMap::new();
    };
    let rows = ground.tables.rows("FieldLayoutItem").iter();
    let items = rows.filter(|row| row.get("fieldlayout") == Some(layout)).filter_map(|row| {
        Some((row.text("fieldidentifier")?.to_owned(), (row.truth("ishidden"), row.truth("isrequired"))))
    });
    items.collect()
}

impl Own {
    /// Returns whether a user can write the field.
    pub(super) fn is_writable(&self, rights: &Rights) -> bool {
        self.is_shown && permission(&self.shape.field).is_none_or(|own| rights.has(own, None))
    }

    fn facts(&self, rights: &Rights) -> FieldFacts {
        let parent = |id: &String| self.choices.iter().find(|own| own.id == *id).map(|own| &own.name);
        let option = |own: &Choice| match &own.parent {
            None => Some(own.name.clone()),
            Some(id) => Some(format!("{} / {}", parent(id)?, own.name)),
        };
        let (tops, below): (Vec<&Choice>, Vec<&Choice>) =
            self.choices.iter().partition(|own| own.parent.is_none());
        let mut options = Vec::new();
        for top in tops {
            options.extend(option(top));
            let own = below.iter().filter(|own| own.parent.as_ref() == Some(&top.id));
            options.extend(own.filter_map(|own| option(own)));
        }
        FieldFacts {
            field: self.shape.field.clone(),
            kind: self.shape.kind,
            many: self.shape.many,
            required: self.required,
            options,
            writable: self.is_writable(rights),
        }
    }
}

/// Returns the permission that a field needs beside that of changing issues.
pub(super) fn permission(field: &Field) -> Option<&'static str> {
    match field {
        Field::System(name) => match name.as_str() {
            "assignee" => Some("ASSIGN_ISSUES"),
            "reporter" => Some("MODIFY_REPORTER"),
            "duedate" => Some("SCHEDULE_ISSUES"),
            "security" => Some("SET_ISSUE_SECURITY"),
            _ => None,
        },
        Field::Custom { .. } => None,
    }
}

impl Type {
    /// Returns what a synchronization has to know of the type.
    pub(super) fn facts(&self, ground: &Ground, rights: &Rights) -> TypeFacts {
        let initial = self.flow.initial.as_ref().and_then(|(step, _)| self.flow.status(step));
        TypeFacts {
            name: self.name.clone(),
            subtask: self.is_subtask,
            fields: self.fields.iter().map(|own| own.facts(rights)).collect(),
            statuses: self.flow.statuses(ground),
            initial: initial.and_then(|id| ground.name("status", id)).unwrap_or_default().to_owned(),
            transitions: self.flow.transitions(ground),
            unlearned: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_field_of_jiras_own_has_its_place() {
        assert_eq!(own_fields().count(), SYSTEM_FIELDS.len());
    }
}
