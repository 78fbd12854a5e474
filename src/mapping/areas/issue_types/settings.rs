//! Settings of the instance that a file knows: the priority and the resolution that are offered first.

use super::read::DEFAULTS;
use crate::mapping::ground::writer::Writer;
use crate::model::{Element, Identity};

impl Writer<'_> {
    /// Writes elements that stand beside the objects of a container, as `defaultPriority` in `priorities` does. All
    /// objects that they name must have been written or be there.
    pub fn write_settings(&mut self, settings: &[&Element]) {
        for setting in settings {
            let Some((kind, _, property)) = DEFAULTS.iter().find(|(_, tag, _)| *tag == setting.tag()) else {
                continue;
            };
            let Some(named) = Identity::of_reference(setting, &[]) else { continue };
            self.begin(named);
            let Some(id) = self.id_of(setting, &[]) else { continue };
            let now = self.properties.setting(property).map(str::trim);
            if now != Some(&*id) || !self.ids.knows(kind, &id) {
                self.put_property("jira.properties", "1", property, Some(&id));
            }
        }
    }
}
