//! Halves are made whole or not at all, are found by their names, and are for their owners alone.

use std::collections::BTreeSet;

use super::*;
use crate::samples::{published, text};
use crate::{Alias, Mapping as _, Role, SyncId, Time};

fn facts(name: &str) -> Facts {
    Facts {
        version: Facts::VERSION,
        name: name.to_owned(),
        role: Role::Master,
        sync_id: SyncId::of([7; 16]),
        made: Time(5),
        channel: ChannelKind::File,
        encrypted: true,
        partner: None,
    }
}

fn nothing(_: &Path) -> Result<(), HomeFault> {
    Ok(())
}

#[test]
fn a_half_is_found_by_its_name_or_because_it_is_the_only_one() {
    let place = tempfile::tempdir().unwrap();
    let home = Home::at(place.path().join("A"));
    assert!(matches!(home.choose(None), Err(HomeFault::None(_))));
    let made = home.create(facts("Support & Supplier"), &text("Own"), nothing).unwrap();
    assert_eq!(made.name(), "support-supplier");
    assert!(made.exchange().ends_with("exchange/support-supplier"));
    assert_eq!(home.choose(None).unwrap().facts, facts("Support & Supplier"));
    assert!(matches!(home.create(facts("Support + Supplier"), "", nothing), Err(HomeFault::Exists(_))));
    assert!(matches!(home.create(facts("…"), "", nothing), Err(HomeFault::Nameless(_))));
    home.create(facts("Other"), &text("Own"), nothing).unwrap();
    assert!(matches!(home.choose(None), Err(HomeFault::Several { .. })));
    assert_eq!(home.choose(Some("Support & Supplier")).unwrap().name(), "support-supplier");
    let unknown = home.choose(Some("third")).unwrap_err().to_string();
    assert!(unknown.contains("there are other, support-supplier"), "{unknown}");
    home.delete(home.choose(Some("other")).unwrap()).unwrap();
    assert_eq!(home.names().unwrap(), ["support-supplier"]);
}

#[test]
fn what_fails_on_the_way_leaves_nothing() {
    let place = tempfile::tempdir().unwrap();
    let home = Home::at(place.path());
    let fails = |folder: &Path| Err(HomeFault::Nameless(folder.display().to_string()));
    assert!(home.create(facts("Trial"), "", fails).is_err());
    assert!(home.names().unwrap().is_empty());
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0);
}

#[cfg(unix)]
#[test]
fn what_a_half_knows_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let place = tempfile::tempdir().unwrap();
    let home = Home::at(place.path().join("A"));
    let half = home.create(facts("Trial"), &text("Own"), nothing).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(home.path()), mode(half.path())), (0o700, 0o700));
    assert_eq!(mode(&half.path().join(facts::FILE)), 0o600);
    fs::set_permissions(half.path().join(facts::FILE), fs::Permissions::from_mode(0o644)).unwrap();
    assert!(matches!(home.choose(None), Err(HomeFault::Private(_))));
}

#[test]
fn settings_of_a_version_stay_as_they_were() {
    let place = tempfile::tempdir().unwrap();
    let half = Home::at(place.path()).create(facts("Trial"), &text("Own"), nothing).unwrap();
    let version = published();
    half.versions().keep(1, &half.settings_text().unwrap()).unwrap();
    half.write_settings("[sync]\n").unwrap();
    assert!(matches!(half.settings(), Err(HomeFault::Settings { .. })));
    let declined = BTreeSet::from(["types.part".to_owned()]);
    let mapper = half.versions().mapper(Role::Master, &version.version(), None, &declined).unwrap();
    assert_eq!(mapper.settings().types.keys().map(Alias::as_str).collect::<Vec<_>>(), ["bug"]);
    let mut mappers = Mappers::default();
    mappers.add(mapper);
    assert!(mappers.get(&version.version()).is_some_and(|own| own.parts().comments));
    let mut other = version.version();
    other.hash.clear();
    assert!(mappers.get(&other).is_none());

    half.versions().keep(2, &text("Far")).unwrap();
    let mapper = |published| half.versions().mapper(Role::Slave, &version.version(), published, &declined);
    assert!(mapper(None).is_err());
}
