//! What a field scheme is to say of each field, so that as little as possible changes.
//!
//! Pure. Invariant: what is said for all issue types is what most of them have; what is said otherwise without any effect stays.

use std::collections::BTreeMap;

use crate::instance::live::associations::{Associated, Lines, OfType, Parameters};
use crate::instance::live::shape::Id;

/// What a scheme says of the fields that it has, by their ids.
pub(super) type Associations = BTreeMap<String, Associated>;

/// What each field is to be, by configuration: for most issue types, and for single ones.
pub(super) struct Wanted {
    pub(super) base: Lines,
    pub(super) others: BTreeMap<String, Lines>,
}

impl Wanted {
    /// Returns how a field is to behave for an issue type.
    pub(super) fn line(&self, field: &str, issue_type: &Id) -> Option<&Parameters> {
        self.others.get(issue_type.as_str()).unwrap_or(&self.base).get(field)?.as_ref()
    }
}

/// Returns what a scheme is to say of all fields.
pub(super) fn associations(wanted: &Wanted, types: &[Id], before: &Associations) -> Associations {
    let known = wanted.base.keys();
    let mut after: Associations = known
        .filter_map(|field| {
            let own = types.iter().filter_map(|id| Some((id, wanted.line(field, id)?)));
            let own: Vec<(&Id, &Parameters)> = own.collect();
            Some((field.clone(), associated(field, &own, types, before.get(field))?))
        })
        .collect();
    // Nobody has said anything of the others.
    let others = before.iter().filter(|(field, _)| !wanted.base.contains_key(*field));
    after.extend(others.map(|(field, own)| (field.clone(), own.clone())));
    after
}

/// Returns what a scheme is to say of a field that issue types have, with how it behaves for each of these.
fn associated(
    field: &str,
    shown: &[(&Id, &Parameters)],
    types: &[Id],
    before: Option<&Associated>,
) -> Option<Associated> {
    if shown.is_empty() {
        return None;
    }
    let (was_for, were) = match before {
        Some(own) => (own.restricted_to_work_types.as_slice(), own.work_type_parameters.as_slice()),
        None => (&[][..], &[][..]),
    };
    let is_shown = |id: &Id| shown.iter().any(|(own, _)| *own == id);
    let is_as_before = !was_for.is_empty() && types.iter().all(|id| was_for.contains(id) == is_shown(id));
    let restricted: Vec<Id> = match (is_as_before, shown.len() == types.len()) {
        (true, _) => was_for.to_vec(),
        (false, true) => Vec::new(),
        (false, false) => shown.iter().map(|(id, _)| (*id).clone()).collect(),
    };
    let count = |own: &Parameters| shown.iter().filter(|(_, other)| *other == own).count();
    let former = before.map(|own| &own.parameters);
    let common =
        shown.iter().rev().map(|(_, own)| *own).max_by_key(|own| (count(own), Some(*own) == former))?;
    // What was said for all holds for those of which nothing else is said.
    let parameters = match former {
        Some(former) if shown.iter().all(|(id, own)| said(were, id).unwrap_or(former) == *own) => {
            former.clone()
        }
        _ => common.clone(),
    };
    let mut own: Vec<OfType> = were
        .iter()
        .filter(|own| match shown.iter().find(|(id, _)| **id == own.work_type_id) {
            Some((_, wanted)) => own.parameters == **wanted,
            None => true,
        })
        .cloned()
        .collect();
    for (id, wanted) in shown {
        if **wanted != parameters && !own.iter().any(|other| other.work_type_id == **id) {
            own.push(OfType { work_type_id: (*id).clone(), parameters: (*wanted).clone() });
        }
    }
    Some(Associated {
        field_id: field.to_owned(),
        parameters,
        restricted_to_work_types: restricted,
        work_type_parameters: own,
    })
}

/// Returns what is said for an issue type alone.
pub(super) fn said<'o>(all: &'o [OfType], issue_type: &Id) -> Option<&'o Parameters> {
    all.iter().find(|own| own.work_type_id == *issue_type).map(|own| &own.parameters)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(is_required: bool) -> Parameters {
        Parameters { is_required, description: None }
    }

    fn wanted(base: Option<bool>, others: &[(&str, Option<bool>)]) -> Wanted {
        let lines = |own: Option<bool>| -> Lines { BTreeMap::from([("labels".to_owned(), own.map(of))]) };
        let others = others.iter().map(|(id, own)| ((*id).to_owned(), lines(*own))).collect();
        Wanted { base: lines(base), others }
    }

    fn told(wanted: &Wanted, before: &Associations) -> String {
        let types: Vec<Id> = ["1", "2", "3"].map(|id| Id(id.to_owned())).to_vec();
        let after = associations(wanted, &types, before);
        let Some(own) = after.get("labels") else { return "nothing".to_owned() };
        // It means what is wanted.
        for id in &types {
            assert_eq!(own.line(Some(id)).as_ref(), wanted.line("labels", id));
        }
        let types: Vec<&str> = own.restricted_to_work_types.iter().map(Id::as_str).collect();
        let others: Vec<String> = own
            .work_type_parameters
            .iter()
            .map(|own| format!("{}: {}", own.work_type_id.as_str(), own.parameters.is_required))
            .collect();
        format!("{} {types:?} {others:?}", own.parameters.is_required)
    }

    #[test]
    fn as_little_as_possible_is_said() {
        let none = Associations::new();
        assert_eq!(told(&wanted(None, &[]), &none), "nothing");
        assert_eq!(told(&wanted(Some(true), &[]), &none), "true [] []");
        assert_eq!(told(&wanted(Some(false), &[("2", Some(true))]), &none), r#"false [] ["2: true"]"#);
        assert_eq!(told(&wanted(None, &[("3", Some(true))]), &none), r#"true ["3"] []"#);
        let id = |own: &str| Id(own.to_owned());
        let before = BTreeMap::from([(
            "labels".to_owned(),
            Associated {
                field_id: "labels".to_owned(),
                parameters: of(false),
                restricted_to_work_types: vec![id("3"), id("1")],
                work_type_parameters: vec![
                    OfType { work_type_id: id("3"), parameters: of(true) },
                    OfType { work_type_id: id("2"), parameters: of(true) },
                ],
            },
        )]);
        // What is there stays, in its order, though it could be said in fewer words.
        let same = wanted(Some(false), &[("2", None), ("3", Some(true))]);
        assert_eq!(told(&same, &before), r#"false ["3", "1"] ["3: true", "2: true"]"#);
        let fewer = wanted(Some(false), &[("2", None)]);
        assert_eq!(told(&fewer, &before), r#"false ["3", "1"] ["2: true"]"#);
        let all = wanted(Some(false), &[("3", Some(true))]);
        assert_eq!(told(&all, &before), r#"false [] ["3: true"]"#);
        let most = wanted(Some(true), &[]);
        assert_eq!(told(&most, &before), r#"true [] ["3: true", "2: true"]"#);
        assert_eq!(told(&wanted(None, &[]), &before), "nothing");
    }
}
