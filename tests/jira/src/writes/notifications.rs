//! Notification schemes are made, changed and deleted, on Cloud alone.

use serde_json::{Value, json};

use super::{Done, Written, at_most, changes, holders, id, members, nothing, text};
use crate::call::{Call, Refusal};
use crate::router::{Endpoint, write};

pub(super) const CLOUD: &[Endpoint] = &[
    write("POST", "/notificationscheme", add),
    write("PUT", "/notificationscheme/{id}", change),
    write("PUT", "/notificationscheme/{id}/notification", add_notifications),
    write("DELETE", "/notificationscheme/{notificationSchemeId}", delete),
    write("DELETE", "/notificationscheme/{notificationSchemeId}/notification/{notificationId}", remove),
];

const WHAT: &str = "notification scheme";

/// At most so many are added at once.
const MOST: usize = 1000;

fn check(call: &Call<'_>, except: &str) -> Result<(), Refusal> {
    at_most("name", text(&call.body, "name")?, 255)?;
    at_most("description", text(&call.body, "description")?, 4000)?;
    let taken = |_: &str| Refusal::of("name", "The notification scheme name is used by another scheme.");
    call.must_be_free(("notificationscheme", "name"), text(&call.body, "name")?, except, taken)
}

/// Adds what the body lists to what there is.
fn insert(call: &Call<'_>, scheme: &str) -> Result<(), Refusal> {
    let events = call.body["notificationSchemeEvents"].as_array().map(Vec::as_slice).unwrap_or_default();
    let count: usize =
        events.iter().filter_map(|event| event["notifications"].as_array()).map(Vec::len).sum();
    if count > MOST {
        return Err(Refusal::new(400, &format!("At most {MOST} notifications can be added at once.")));
    }
    for said in events {
        members(said, &["event*", "notifications*"])?;
        members(&said["event"], &["id*"])?;
        let event = id(&said["event"], "id").unwrap_or_default();
        call.must_be_known("jiraeventtype", "event", &event)?;
        for notification in said["notifications"].as_array().into_iter().flatten() {
            let (kind, parameter) = holders::receiver(call, notification)?;
            let table = call.table("notification")?;
            let is_same = table.with("scheme", scheme).any(|row| {
                row.text("event_type_id") == event
                    && row.text("notif_type") == kind
                    && row.get("notif_parameter") == parameter.as_deref()
            });
            if is_same {
                return Err(Refusal::new(400, "The notification is in the scheme already."));
            }
            call.insert(
                "notification",
                json!({
                    "scheme": scheme, "event_type_id": event, "notif_type": kind, "notif_parameter": parameter,
                }),
            )?;
        }
    }
    Ok(())
}

const COLUMNS: [(&str, &str); 2] = [("name", "name"), ("description", "description")];

fn add(call: &Call<'_>) -> Written {
    call.members(&["name*", "description", "notificationSchemeEvents"])?;
    check(call, "")?;
    let scheme = call.insert("notificationscheme", changes(&call.body, &COLUMNS))?;
    insert(call, &scheme)?;
    Ok(Done::created(json!({"id": scheme})))
}

fn change(call: &Call<'_>) -> Written {
    call.must_exist("notificationscheme", WHAT, call.part(0))?;
    call.members(&["name", "description"])?;
    check(call, call.part(0))?;
    call.update("notificationscheme", call.part(0), changes(&call.body, &COLUMNS))?;
    nothing()
}

fn add_notifications(call: &Call<'_>) -> Written {
    call.must_exist("notificationscheme", WHAT, call.part(0))?;
    call.members(&["notificationSchemeEvents*"])?;
    insert(call, call.part(0))?;
    nothing()
}

fn delete(call: &Call<'_>) -> Written {
    let scheme = call.part(0);
    call.must_exist("notificationscheme", WHAT, scheme)?;
    if call.is_associated("NotificationScheme", scheme)? {
        return Err(Refusal::new(400, "The notification scheme is associated with a project."));
    }
    call.delete("notification", json!({"scheme": scheme}))?;
    call.delete("notificationscheme", json!({"id": scheme}))?;
    nothing()
}

fn remove(call: &Call<'_>) -> Written {
    let wanted: Value = json!({"id": call.part(1), "scheme": call.part(0)});
    if call.delete("notification", wanted)? == 0 {
        return Err(Refusal::missing("notification", call.part(1)));
    }
    nothing()
}
