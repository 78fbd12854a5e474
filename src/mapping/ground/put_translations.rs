//! Names and descriptions in other languages.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::translations::{Kind, Translation};
use super::writer::Writer;
use crate::model::{Element, Path};

impl Writer<'_> {
    /// Writes the translations of an object. A property that reads as wanted stays as it is, one that is there stays where it is,
    /// and one that says nothing stays.
    pub(crate) fn put_translations(&mut self, kind: Kind, id: &str, object: &Element) {
        let properties = Rc::clone(&self.properties);
        let before = kind.read(&properties, id);
        let mut wanted: BTreeMap<&str, Translation> = BTreeMap::new();
        for element in object.all("translation") {
            let text = |tag| element.text_of(tag).filter(|text| !text.is_empty()).map(str::to_owned);
            let translation = Translation { name: text("name"), description: text("description") };
            wanted.insert(element.text_of("language").unwrap_or_default(), translation);
        }
        let stored: BTreeMap<&str, (&'static str, &str)> =
            kind.stored(&properties, id).map(|(place, key, _)| (key, place)).collect();
        let languages = before.keys().map(String::as_str).chain(wanted.keys().copied());
        for language in languages.collect::<std::collections::BTreeSet<_>>() {
            let none = Translation::default();
            let (old, new) = (before.get(language).unwrap_or(&none), wanted.get(language).unwrap_or(&none));
            if old == new {
                continue;
            }
            let new = match kind.spelled(id, language, new) {
                Ok(new) => new,
                Err(why) => {
                    let mut path = Path::default();
                    path.enter(object);
                    self.unwritable(path.part("translation", language), why);
                    continue;
                }
            };
            // What there was is spelled to find its keys, not its values.
            for (key, _) in kind.spelled(id, language, old).unwrap_or_default() {
                if !new.iter().any(|(own, _)| *own == key) {
                    for (place, stored, _) in kind.stored(&properties, id) {
                        if stored == key {
                            self.put_property(place.0, place.1, &key, None);
                        }
                    }
                }
            }
            for (key, value) in new {
                let (entity, owner) = stored.get(key.as_str()).copied().unwrap_or((kind.entity, id));
                self.put_property(entity, owner, &key, Some(&value));
            }
        }
    }
}
