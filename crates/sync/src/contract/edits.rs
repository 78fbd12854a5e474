//! The laws about edits: what is not there, what is refused, who is found, and what stays of many changes.
//!
//! Invariant: as of all laws.

use std::collections::{BTreeMap, BTreeSet};

use super::{Place, made, marker, name, new_issue, plain_type, sample, state, summary};
use crate::{
    CommentChange, Edit, Field, FieldFacts, FieldKind, Handle, IssueFault, IssueKey, NewIssue, Parts, Value,
    Version,
};

pub(super) fn what_is_not_there(place: &mut dyn Place) {
    let issues = place.mine();
    let project = issues.catalogue().expect("the catalogue is there").project;
    for key in [format!("{project}-999999"), "NOSUCH-1".to_owned(), "no key".to_owned(), String::new()] {
        let key = IssueKey(key);
        assert_eq!(issues.read(&key, Parts::ALL).expect("reading is no error"), None, "{key}");
        let gone = |fault: IssueFault| assert!(matches!(fault, IssueFault::NoIssue(_)), "{key}: {fault}");
        gone(issues.update(&key, &summary("x"), &Version("1".to_owned())).expect_err("it is not there"));
        let change = CommentChange::Add { body: "x".to_owned(), restriction: None };
        gone(issues.comment(&key, &change, &marker(1, 0)).expect_err("it is not there"));
        gone(issues.detach(&key, &Handle("1".to_owned())).expect_err("it is not there"));
        gone(issues.property(&key, "x", None).map(drop).expect_err("it is not there"));
    }
}

pub(super) fn what_is_refused_changes_nothing(place: &mut dyn Place) {
    let issues = place.mine();
    let catalogue = issues.catalogue().expect("the catalogue is there");
    let ty = plain_type(&catalogue).clone();
    let key = made(issues, 1);
    let before = state(issues, &key);
    let text = |text: &str| Some(Value::Text(text.to_owned()));
    let mut wrong = vec![
        (name("summary"), None),
        (name("summary"), text("")),
        (name("summary"), text("two\nlines")),
        (name("summary"), text(&"x".repeat(256))),
        (name("summary"), Some(Value::Number("1".to_owned()))),
        (name("no such field"), text("x")),
        (Field::Custom { kind: "no:type".to_owned(), name: "none".to_owned() }, text("x")),
    ];
    for facts in ty.fields.iter().filter(|own| own.writable) {
        let value = match facts.kind {
            FieldKind::Choice => Value::Choice("no such option".to_owned()),
            FieldKind::Cascade => Value::Cascade("no such option".to_owned(), None),
            FieldKind::User => Value::User("no such user".to_owned()),
            FieldKind::Version => Value::Version("no such version".to_owned()),
            FieldKind::Component => Value::Component("no such component".to_owned()),
            FieldKind::Number => Value::Number("many".to_owned()),
            FieldKind::Date => Value::Date("2026-02-30".to_owned()),
            FieldKind::Label => Value::Label("two words".to_owned()),
            _ => continue,
        };
        wrong.push((
            facts.field.clone(),
            Some(if facts.many { Value::Many(BTreeSet::from([value])) } else { value }),
        ));
    }
    for (field, value) in wrong {
        // What comes first in an edit does not come about, either.
        let fields = vec![(name("summary"), text("Half")), (field.clone(), value.clone())];
        let fault = issues.update(&key, &Edit { fields }, &before.version);
        let fault = fault.err().unwrap_or_else(|| panic!("{field} became {value:?}"));
        assert!(matches!(fault, IssueFault::Refused { .. } | IssueFault::Missing { .. }), "{field}: {fault}");
        assert!(!fault.to_string().is_empty());
        if let Some(value) = value {
            let mut new = new_issue(&catalogue, &ty, "Refused", false);
            new.fields.retain(|(own, _)| *own != field);
            new.fields.push((field.clone(), value));
            issues.create(&new, &marker(9, 0)).expect_err("it cannot be made so");
        }
    }
    let new = NewIssue { kind: "no such type".to_owned(), ..new_issue(&catalogue, &ty, "x", false) };
    assert!(matches!(issues.create(&new, &marker(9, 0)), Err(IssueFault::Missing { .. })));
    assert_eq!(issues.find(&marker(9, 0)).expect("markers are found"), None);
    assert_eq!(state(issues, &key), before);
}

pub(super) fn people_are_found(place: &mut dyn Place) {
    let other = place.others().catalogue().expect("the catalogue is there").user;
    let issues = place.mine();
    let user = issues.catalogue().expect("the catalogue is there").user;
    let names = [other.name.clone(), "no such user".to_owned(), user.name.clone()];
    let found = issues.users(&names).expect("people are found");
    assert_eq!(found.iter().map(|own| &own.name).collect::<Vec<_>>(), [&other.name, &user.name]);
    if let Some(email) = &user.email {
        let found = issues.user_by_email(email).expect("people are found");
        assert_eq!(found.map(|own| own.name), Some(user.name));
    }
    assert_eq!(issues.user_by_email("nobody@nowhere.invalid").expect("people are found"), None);
    for value in [Value::Version("Made by a law".to_owned()), Value::Component("Made by a law".to_owned())] {
        for _ in 0..2 {
            issues.add_to_project(&value).expect("the project can get it, and have it");
        }
        let kind = if matches!(value, Value::Version(_)) { FieldKind::Version } else { FieldKind::Component };
        let catalogue = issues.catalogue().expect("the catalogue is there");
        for facts in catalogue.types.iter().flat_map(|ty| &ty.fields).filter(|own| own.kind == kind) {
            let times = facts.options.iter().filter(|own| *own == "Made by a law").count();
            assert_eq!(times, 1, "{} offers it", facts.field);
        }
    }
    issues.add_to_project(&Value::Label("x".to_owned())).expect_err("a project has no labels");
}

/// Numbers that look like chance, the same in every run.
struct Chance(u64);

impl Chance {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % most.max(1)
    }
}

pub(super) fn edits_agree_with_a_model(place: &mut dyn Place) {
    let issues = place.mine();
    let catalogue = issues.catalogue().expect("the catalogue is there");
    let ty = plain_type(&catalogue).clone();
    let fields: Vec<&FieldFacts> = ty.fields.iter().filter(|own| own.writable).collect();
    for seed in 1..4 {
        let mut chance = Chance(seed);
        issues.begin().expect("changes can be held together");
        let key = made(issues, seed);
        let mut model: BTreeMap<Field, Value> = state(issues, &key).fields;
        for _ in 0..30 {
            let before = state(issues, &key);
            let mut edit = Edit::default();
            for _ in 0..=chance.below(3) {
                let facts = fields[chance.below(fields.len())];
                if edit.fields.iter().any(|(own, _)| *own == facts.field) {
                    continue;
                }
                let value = match chance.below(4) {
                    0 if !facts.required => None,
                    _ => sample(facts, &catalogue.user.name, chance.below(9)),
                };
                if value.is_some() || !facts.required {
                    edit.fields.push((facts.field.clone(), value));
                }
            }
            for (field, value) in &edit.fields {
                match value {
                    Some(value) => model.insert(field.clone(), value.clone()),
                    None => model.remove(field),
                };
            }
            let version = issues.update(&key, &edit, &before.version);
            let version = version.unwrap_or_else(|fault| panic!("{edit:?}: {fault}"));
            let after = state(issues, &key);
            assert_eq!(after.fields, model, "{edit:?}");
            assert_eq!(after.version, version);
            assert_eq!(after.version == before.version, after.fields == before.fields, "{edit:?}");
            for (field, _) in &edit.fields {
                if before.fields.get(field) != after.fields.get(field) {
                    assert_eq!(
                        after.touched(field).by.as_deref(),
                        Some(catalogue.user.name.as_str()),
                        "{field}"
                    );
                }
            }
        }
        issues.commit().expect("what was held comes about");
    }
}
