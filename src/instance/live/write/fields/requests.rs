//! The requests that make a field scheme say something else of fields: those that go, those that come or are restricted to other
//! issue types, and how they behave.
//!
//! Invariant: a request says how all that it names is to be, so that one of which a part failed (207) may be sent again and may be
//! taken back; each field is looked at by itself.
//!
//! Source: Atlassian's description of Jira Cloud (April 2026).

use serde_json::{Map, Value, json};

use super::super::{Deed, Ground, Look, Sent, changed, number, part};
use super::diff::{Associations, said};
use crate::instance::live::associations::{Associated, OfType, Parameters};
use crate::instance::live::shape::Id;

/// Fields that one request changes: their ids stand in the address of what is looked at.
const MOST: usize = 50;

/// What becomes of a field scheme.
pub(super) struct Said<'s> {
    /// Its id as requests have it.
    pub(super) id: &'s str,
    pub(super) name: &'s str,
    pub(super) description: &'s str,
    /// The name and the description that it has; nothing if it is new.
    pub(super) former: Option<[&'s str; 2]>,
    /// The scheme of which a new one begins as a copy.
    pub(super) source: &'s str,
    pub(super) before: &'s Associations,
    pub(super) after: &'s Associations,
}

/// A field with what is said of it before and afterwards.
#[derive(Clone, Copy)]
struct Field<'f> {
    id: &'f String,
    from: Option<&'f Associated>,
    to: Option<&'f Associated>,
}

impl Field<'_> {
    fn is_restricted_otherwise(&self) -> bool {
        let types = |own: Option<&Associated>| own.map(|own| own.restricted_to_work_types.clone());
        types(self.from) != types(self.to)
    }

    /// Returns what is said for issue types that have the field.
    fn own_of(of: Option<&Associated>) -> Vec<&OfType> {
        let Some(of) = of else { return Vec::new() };
        of.work_type_parameters.iter().filter(|own| of.line(Some(&own.work_type_id)).is_some()).collect()
    }

    /// Returns the issue types for which nothing of their own is said any more.
    fn dropped(&self) -> Vec<&OfType> {
        let Some(to) = self.to else { return Vec::new() };
        let is_shown = |own: &&OfType| to.line(Some(&own.work_type_id)).is_some();
        let own = Self::own_of(self.from).into_iter().filter(is_shown);
        own.filter(|own| said(&to.work_type_parameters, &own.work_type_id).is_none()).collect()
    }

    /// Returns the issue types for which something else is said.
    fn set(&self) -> Vec<&OfType> {
        let from = self.from.map(|own| own.work_type_parameters.as_slice()).unwrap_or_default();
        let own = Self::own_of(self.to).into_iter();
        own.filter(|own| said(from, &own.work_type_id) != Some(&own.parameters)).collect()
    }

    fn is_common_otherwise(&self) -> bool {
        self.from.map(|own| &own.parameters) != self.to.map(|own| &own.parameters)
    }
}

/// Returns the requests.
pub(super) fn requests(ground: &Ground<'_>, said: &Said<'_>) -> Vec<Deed> {
    let mut deeds = Vec::new();
    let all = ground.api("config/fieldschemes");
    let own = format!("{all}/{}", part(said.id));
    match said.former {
        None => {
            let mut body = json!({ "name": said.name });
            if !said.description.is_empty() {
                body["description"] = json!(said.description);
            }
            let look = Look::at(&all, Value::Null, body.clone())
                .among("/values", &[("name", json!(said.name))])
                .paged()
                .in_doubt();
            let made = Sent::post(format!("{all}/{}/clone", part(said.source)), body).seen_by(look);
            deeds.push(Deed::new(made.binding(said.id, "/id"), Sent::delete(&own)));
        }
        Some(former) => {
            let body = |[name, text]: [&str; 2]| json!({ "name": name, "description": text });
            if let Some((was, is)) = changed(&body(former), &body([said.name, said.description]), &[]) {
                let sent = Sent::put(&own, is.clone()).seen_by(Look::at(&own, was.clone(), is));
                deeds.push(Deed::new(sent, Sent::put(&own, was)));
            }
        }
    }
    let fields = said.before.keys().chain(said.after.keys().filter(|id| !said.before.contains_key(*id)));
    let fields: Vec<Field<'_>> = fields
        .map(|id| Field { id, from: said.before.get(id), to: said.after.get(id) })
        .filter(|own| own.from != own.to)
        .collect();
    let asked = Asked { ground, own: &own, scheme: number(said.id), is_new: said.former.is_none() };
    type Step = (fn(&Field<'_>) -> bool, fn(&Asked<'_, '_>, &[Field<'_>]) -> Deed);
    let steps: [Step; 4] = [
        (|own| own.to.is_none(), |asked, own| asked.take_out(own)),
        (|own| own.to.is_some() && own.is_restricted_otherwise(), |asked, own| asked.put_in(own)),
        (|own| !own.dropped().is_empty(), |asked, own| asked.drop_own(own)),
        (
            |own| own.to.is_some() && (own.is_common_otherwise() || !own.set().is_empty()),
            |asked, own| asked.set(own),
        ),
    ];
    for (is_meant, deed) in steps {
        let meant: Vec<Field<'_>> = fields.iter().copied().filter(is_meant).collect();
        deeds.extend(meant.chunks(MOST).map(|chunk| deed(&asked, chunk)));
    }
    deeds
}

/// What is said of a field for all issue types, if anything is, and for some.
type Spoken = (Option<Parameters>, Vec<OfType>);

/// What is asked of a scheme.
struct Asked<'a, 'g> {
    ground: &'a Ground<'g>,
    /// Its own address.
    own: &'a str,
    /// Its id.
    scheme: Value,
    is_new: bool,
}

impl Asked<'_, '_> {
    fn field(&self, field: &Field<'_>) -> String {
        self.ground.field(field.id)
    }

    fn types(&self, types: &[Id]) -> Value {
        types.iter().map(|id| number(&self.ground.sent("issueType", id.as_str()))).collect()
    }

    /// Looks at fields, each by itself: as before and as afterwards.
    fn look(
        &self,
        fields: &[Field<'_>],
        from: &dyn Fn(&Field<'_>) -> Value,
        to: &dyn Fn(&Field<'_>) -> Value,
    ) -> Look {
        let all = |of: &dyn Fn(&Field<'_>) -> Value| -> Value {
            let own = fields.iter().filter_map(|field| {
                let mut own = Some(of(field)).filter(|own| !own.is_null())?;
                own["fieldId"] = json!(self.field(field));
                Some(own)
            });
            own.collect()
        };
        let look = Look::at(format!("{}/fields", self.own), all(from), all(to));
        let look = fields.iter().fold(look, |look, field| look.with("fieldId", &self.field(field)));
        let look = look.all("/values").in_any_order().each("fieldId");
        if self.is_new { look.in_doubt() } else { look }
    }

    fn send(
        &self,
        sent: &dyn Fn(String, Value) -> Sent,
        path: &str,
        fields: &[Field<'_>],
        of: &dyn Fn(&Field<'_>) -> Value,
    ) -> Sent {
        let body: Map<String, Value> = fields.iter().map(|field| (self.field(field), of(field))).collect();
        sent(self.ground.api(&format!("config/fieldschemes/{path}")), body.into())
    }

    /// Returns a request with what takes it back; what is said of something new goes with that.
    fn deed(&self, sent: Sent, backs: impl IntoIterator<Item = Sent>) -> Deed {
        let mut backs = backs.into_iter().filter(|_| !self.is_new);
        match backs.next() {
            Some(back) => Deed { sent, back: Some(back), more: backs.collect(), about: None },
            None => Deed::along(sent),
        }
    }

    fn dissociation(&self, fields: &[Field<'_>]) -> Sent {
        self.send(&Sent::delete_what, "fields", fields, &|_| json!({ "schemeIds": [self.scheme] }))
    }

    fn association(&self, fields: &[Field<'_>], of: fn(&Field<'_>) -> Option<Associated>) -> Sent {
        self.send(&Sent::put, "fields", fields, &|field| {
            let mut own = json!({ "schemeIds": [self.scheme] });
            let types = of(field).map(|own| own.restricted_to_work_types).unwrap_or_default();
            if !types.is_empty() {
                own["restrictedToWorkTypes"] = self.types(&types);
            }
            json!([own])
        })
    }

    /// Sets what holds for all issue types, and what for some, where it is not nothing.
    fn parameters(&self, fields: &[Field<'_>], of: &dyn Fn(&Field<'_>) -> Spoken) -> Sent {
        self.send(&Sent::put, "fields/parameters", fields, &|field| {
            let (common, others) = of(field);
            let mut own = json!({ "schemeIds": [self.scheme] });
            if let Some(common) = common {
                own["parameters"] = spelled(&common);
            }
            if !others.is_empty() {
                own["workTypeParameters"] = others
                    .iter()
                    .map(|other| {
                        let mut spelled = spelled(&other.parameters);
                        spelled["workTypeId"] =
                            number(&self.ground.sent("issueType", other.work_type_id.as_str()));
                        spelled
                    })
                    .collect();
            }
            json!([own])
        })
    }

    fn removal(&self, fields: &[Field<'_>], of: &dyn Fn(&Field<'_>) -> Vec<OfType>) -> Sent {
        self.send(&Sent::delete_what, "fields/parameters", fields, &|field| {
            let types: Vec<Id> = of(field).into_iter().map(|own| own.work_type_id).collect();
            json!([{
                "schemeId": self.scheme,
                "workTypeIds": self.types(&types),
                "parameters": ["isRequired", "description"],
            }])
        })
    }

    /// Fields go.
    fn take_out(&self, fields: &[Field<'_>]) -> Deed {
        let (was, nothing) = (|own: &Field<'_>| shown(own.from), |_: &Field<'_>| Value::Null);
        let sent = self.dissociation(fields).seen_by(self.look(fields, &was, &nothing));
        let there = self.look(fields, &nothing, &|own| restricted(own.from));
        let back = self.association(fields, |own| own.from.cloned()).seen_by(there);
        let said = |own: &Field<'_>| {
            let others = Field::own_of(own.from).into_iter().cloned().collect();
            (own.from.map(|own| own.parameters.clone()), others)
        };
        self.deed(sent, [back, self.parameters(fields, &said)])
    }

    /// Fields come, or other issue types have them.
    fn put_in(&self, fields: &[Field<'_>]) -> Deed {
        let look = self.look(fields, &|own| shown(own.from), &|own| restricted(own.to));
        let sent = self.association(fields, |own| own.to.cloned()).seen_by(look);
        let (new, others): (Vec<Field<'_>>, Vec<Field<'_>>) =
            fields.iter().partition(|own| own.from.is_none());
        let mut backs = Vec::new();
        if !others.is_empty() {
            let look = self.look(&others, &|own| restricted(own.to), &|own| restricted(own.from));
            backs.push(self.association(&others, |own| own.from.cloned()).seen_by(look));
            // What was said for issue types that have lost the field may be gone with that.
            let lost = |own: &Field<'_>| -> Vec<OfType> {
                let is_lost =
                    |of: &&OfType| own.to.is_some_and(|to| to.line(Some(&of.work_type_id)).is_none());
                Field::own_of(own.from).into_iter().filter(is_lost).cloned().collect()
            };
            let others: Vec<Field<'_>> = others.into_iter().filter(|own| !lost(own).is_empty()).collect();
            if !others.is_empty() {
                backs.push(self.parameters(&others, &|own| (None, lost(own))));
            }
        }
        if !new.is_empty() {
            let look = self.look(&new, &|own| restricted(own.to), &|_| Value::Null);
            backs.push(self.dissociation(&new).seen_by(look));
        }
        self.deed(sent, backs)
    }

    /// Nothing is said for some issue types any more.
    fn drop_own(&self, fields: &[Field<'_>]) -> Deed {
        let of = |own: &Field<'_>| own.dropped().into_iter().cloned().collect::<Vec<_>>();
        let left = |own: &Field<'_>| {
            let (dropped, mut left) = (of(own), own.from.cloned());
            if let (Some(left), Some(to)) = (&mut left, own.to) {
                left.restricted_to_work_types.clone_from(&to.restricted_to_work_types);
                left.work_type_parameters.retain(|own| !dropped.contains(own));
            }
            effective(left.as_ref())
        };
        let was = |own: &Field<'_>| if own.is_restricted_otherwise() { json!({}) } else { shown(own.from) };
        let sent = self.removal(fields, &of).seen_by(self.look(fields, &was, &left));
        self.deed(sent, [self.parameters(fields, &|own| (None, of(own)))])
    }

    /// Fields behave otherwise.
    fn set(&self, fields: &[Field<'_>]) -> Deed {
        let of = |own: &Field<'_>| {
            let common = own.to.map(|to| to.parameters.clone()).filter(|_| own.is_common_otherwise());
            (common, own.set().into_iter().cloned().collect::<Vec<_>>())
        };
        // What other requests have changed a moment ago was looked at before them.
        let is_touched = |own: &Field<'_>| own.is_restricted_otherwise() || !own.dropped().is_empty();
        let was = |own: &Field<'_>| if is_touched(own) { json!({}) } else { shown(own.from) };
        let sent = self.parameters(fields, &of).seen_by(self.look(fields, &was, &|own| effective(own.to)));
        // What came goes whole.
        let there: Vec<Field<'_>> = fields.iter().copied().filter(|own| own.from.is_some()).collect();
        let (mut backs, new_of) = (Vec::new(), |own: &Field<'_>| -> Vec<OfType> {
            let from = own.from.map(|own| own.work_type_parameters.as_slice()).unwrap_or_default();
            let set = own.set().into_iter();
            set.filter(|own| said(from, &own.work_type_id).is_none()).cloned().collect()
        });
        let former = |own: &Field<'_>| -> Spoken {
            let common = own.from.map(|from| from.parameters.clone()).filter(|_| own.is_common_otherwise());
            let set = own.set();
            // What was said for single issue types may have gone when it was the same as for all.
            let is_meant = |other: &&&OfType| {
                common.is_some() || set.iter().any(|own| own.work_type_id == other.work_type_id)
            };
            let others = Field::own_of(own.from).into_iter().collect::<Vec<_>>();
            let others = others.iter().filter(is_meant).map(|own| (*own).clone()).collect();
            (common, others)
        };
        let said: Vec<Field<'_>> = there
            .iter()
            .copied()
            .filter(|own| !matches!(former(own), (None, others) if others.is_empty()))
            .collect();
        if !said.is_empty() {
            backs.push(self.parameters(&said, &former));
        }
        let new: Vec<Field<'_>> = there.into_iter().filter(|own| !new_of(own).is_empty()).collect();
        if !new.is_empty() {
            backs.push(self.removal(&new, &new_of));
        }
        self.deed(sent, backs)
    }
}

/// Returns parameters as requests have them: a text that is not there is an empty one, for null keeps what there is.
fn spelled(own: &Parameters) -> Value {
    json!({ "isRequired": own.is_required, "description": own.description.as_deref().unwrap_or_default() })
}

fn of_type(own: &OfType) -> Value {
    let mut told = spelled(&own.parameters);
    told["workTypeId"] = json!(own.work_type_id.as_str());
    told
}

/// Returns all that a scheme says of a field, as it is told; nothing if it does not have it.
fn shown(own: Option<&Associated>) -> Value {
    let Some(own) = own else { return Value::Null };
    let mut told = effective(Some(own));
    told["workTypeParameters"] = own.work_type_parameters.iter().map(of_type).collect();
    told
}

/// The same, without what is said for issue types that do not have the field.
fn effective(own: Option<&Associated>) -> Value {
    let Some(of) = own else { return Value::Null };
    let mut told = restricted(own);
    told["parameters"] = spelled(&of.parameters);
    told["workTypeParameters"] = Field::own_of(own).into_iter().map(of_type).collect();
    told
}

/// Returns which issue types have a field.
fn restricted(own: Option<&Associated>) -> Value {
    let Some(own) = own else { return Value::Null };
    let types: Vec<&str> = own.restricted_to_work_types.iter().map(Id::as_str).collect();
    json!({ "restrictedToWorkTypes": types })
}
