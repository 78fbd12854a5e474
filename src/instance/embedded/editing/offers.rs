//! Components and versions that are added to a project.
//!
//! Invariant: what is there already is not made twice.

use pcfg_sync::Value;

use super::desk::Desk;
use super::rows::Called;
use super::values::refused;

/// As long as the name of a component or a version can be.
const MOST: usize = 255;

impl Desk<'_> {
    /// Makes a component or a version, last of all.
    pub(super) fn add_part(&self, value: &Value) -> Called<()> {
        let ground = self.ground();
        let (entity, name, parts) = match value {
            Value::Version(name) => ("Version", name, &ground.versions),
            Value::Component(name) => ("Component", name, &ground.components),
            _ => return Err(refused("only components and versions can be added to a project".to_owned())),
        };
        if parts.iter().any(|own| own.name == *name) {
            return Ok(());
        }
        self.rights().must("ADMINISTER_PROJECTS", None, "add to the project")?;
        if name.trim().is_empty() || name.chars().count() > MOST || name.contains(char::is_control) {
            return Err(refused(format!("`{}` is no name of a component or version", name.escape_debug())));
        }
        let id = self.rows.take(entity)?.to_string();
        let project = ground.project.id.to_string();
        let mut values = vec![("id", Some(id.as_str())), ("project", Some(&project)), ("name", Some(name))];
        let numbers = ground.tables.rows("Version").iter().filter(|row| row.get("project") == Some(&project));
        let last = numbers.filter_map(|row| row.number("sequence")).max().unwrap_or(0);
        let next = (last + 1).to_string();
        match entity {
            "Version" => values.push(("sequence", Some(&next))),
            // 0 means that issues go to whom the project says.
            _ => values.push(("assigneetype", Some("0"))),
        }
        self.rows.insert_beside(entity, &values)
    }
}
