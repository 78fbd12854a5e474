//! Notification schemes of Jira Cloud: what is added is said at once, what goes one by one.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::super::{Deed, Ground, Look, Sent, Subject, Unsaid, changed, part, token};
use super::scheme::{Scheme, Who, exactly};
use crate::entity::Row;

/// An event and who is told of it.
type Line = (String, Who);

/// So many are taken at once.
const MOST: usize = 1_000;

/// Returns who is told of what, with the ids of these lines in Jira.
fn lines(rows: Vec<&Row>) -> BTreeMap<Line, String> {
    let line = |row: &Row| (row.get("eventTypeId").unwrap_or_default().to_owned(), Who::of(row));
    rows.into_iter().map(|row| (line(row), row.id().to_owned())).collect()
}

/// Returns lines by their events, as requests say them.
fn by_events<'l>(ground: &Ground<'_>, lines: impl Iterator<Item = &'l Line>) -> Value {
    events(lines, &|who| who.receiver(ground))
}

/// Returns lines by their events, given what becomes of a receiver.
fn events<'l>(lines: impl Iterator<Item = &'l Line>, said: &dyn Fn(&Who) -> Value) -> Value {
    let mut events = BTreeMap::<&String, Vec<Value>>::new();
    for (event, who) in lines {
        events.entry(event).or_default().push(said(who));
    }
    let told =
        events.into_iter().map(|(event, own)| json!({ "event": { "id": event }, "notifications": own }));
    told.collect()
}

/// A notification scheme.
pub(in crate::instance::live::write) fn notification_scheme(
    ground: &Ground<'_>,
    subject: &Subject<'_>,
) -> Result<Vec<Deed>, Vec<Unsaid>> {
    let Some(scheme) = Scheme::of(ground, subject, ("notificationScheme", "NotificationScheme")) else {
        return Ok(Vec::new());
    };
    let (old, new) = scheme.rows(ground, "Notification");
    let (old, new) = (lines(old), lines(new));
    let added: Vec<&Line> = new.keys().filter(|own| !old.contains_key(own)).collect();
    if added.iter().any(|(_, who)| who.ty == "Single_Email_Address") {
        let why = "Jira Cloud sends no mails to addresses that belong to no account";
        return Err(scheme.unsaid(ground, "notificationReceiver", why));
    }
    if let Some(why) = added.iter().find_map(|(_, who)| who.no_receiver()) {
        return Err(scheme.unsaid(ground, "notificationReceiver", why));
    }
    let (texts, mut body) = scheme.texts(ground);
    let path = ground.api(&format!("notificationscheme/{}", part(&scheme.id)));
    let mut deeds = Vec::new();
    let mut rest = &added[..];
    let mut now: BTreeSet<&Line> = old.keys().collect();
    match texts {
        None => {
            let (first, others) = rest.split_at(rest.len().min(MOST));
            rest = others;
            now.extend(first.iter().copied());
            body["notificationSchemeEvents"] = by_events(ground, first.iter().copied());
            let all = ground.api("notificationscheme");
            let look = Look::at(&all, Value::Null, json!({ "name": body["name"] }))
                .among("/values", &[("name", body["name"].clone())])
                .paged()
                .in_doubt();
            let sent = Sent::post(all, body).seen_by(look).binding(&scheme.id, "/id");
            deeds.push(Deed::new(sent, Sent::delete(&path)));
        }
        Some(texts) => {
            if let Some((from, to)) = changed(&texts, &body, &[]) {
                let look = Look::at(&path, from.clone(), to.clone());
                deeds.push(Deed::new(Sent::put(&path, to).seen_by(look), Sent::put(&path, from)));
            }
        }
    }
    let id =
        |(event, who): &Line| token("notification", &format!("{} {event} {}", scheme.id, who.label(ground)));
    let look = |from: &BTreeSet<&Line>, to: &BTreeSet<&Line>| {
        let shown = |all: &BTreeSet<&Line>| {
            let own = events(all.iter().copied(), &|who| exactly(who.receiver(ground)));
            json!({ "notificationSchemeEvents": own })
        };
        Look::at(&path, shown(from), shown(to)).with("expand", "notificationSchemeEvents").in_any_order()
    };
    let add = |all: &[&Line]| {
        let body = json!({ "notificationSchemeEvents": by_events(ground, all.iter().copied()) });
        // The answer says nothing, and what is to be taken back needs ids.
        all.iter().fold(Sent::put(format!("{path}/notification"), body), |sent, own| {
            let event = json!({ "event": { "id": own.0 } });
            let among =
                [("/notificationSchemeEvents", event), ("/notifications", exactly(own.1.receiver(ground)))];
            sent.binding_item(&id(own), &among)
        })
    };
    let delete = |id: &str| Sent::delete(format!("{path}/notification/{}", part(id)));
    for chunk in rest.chunks(MOST) {
        let from = now.clone();
        now.extend(chunk.iter().copied());
        let sent = add(chunk).seen_by(look(&from, &now));
        // They come at once, and go one by one.
        let mut left = now.clone();
        let mut backs = chunk.iter().map(|own| {
            let was = left.clone();
            left.remove(own);
            delete(&id(own)).seen_by(look(&was, &left))
        });
        if let Some(back) = backs.next() {
            deeds.push(Deed::new(sent, back).then(backs));
        }
    }
    for (line, own) in old.iter().filter(|(own, _)| !new.contains_key(own)) {
        let from = now.clone();
        now.remove(line);
        let (forth, back) = (look(&from, &now), look(&now, &from));
        let sent = delete(own).seen_by(forth);
        // Whom Jira would not take, it does not take back, either.
        deeds.push(match line.1.no_receiver() {
            Some(_) => Deed::lasting(sent),
            None => Deed::new(sent, add(&[line]).seen_by(back)),
        });
    }
    Ok(deeds)
}
