//! Accounts of Data Center: made, changed, and taken away again by who takes back.
//!
//! Invariants: nobody is mailed, and no application is given to anybody: a licence follows from the groups that the file names. Jira
//! makes up a password that nobody knows, so that somebody has to set one.
//!
//! Sources: Atlassian's description of Jira Data Center 10.3 (`user`, experimental there); that a new account gets every default
//! application unless `applicationKeys` says otherwise: pycontribs/jira#549. Jira Cloud has accounts of an organization.

use serde_json::{Value, json};

use super::sent::token;
use super::{Deed, Ground, Look, Sent, Side, Subject, Unsaid, changed};
use crate::entity::Row;
use crate::model::Path;

/// An account.
pub(super) fn user(ground: &Ground<'_>, subject: &Subject<'_>) -> Result<Vec<Deed>, Vec<Unsaid>> {
    let name = subject.step.identity.name();
    let Some(to) = account(&ground.after, name) else { return Ok(Vec::new()) };
    let path = ground.api("user");
    let Some(from) = account(&ground.before, name) else {
        if to["emailAddress"] == json!("") {
            let why = "Jira wants an e-mail address of each new account: say it in the file";
            return Err(vec![(Path::object("user", name).child("email"), why.to_owned())]);
        }
        let [name_there, display, email] = ["name", "displayName", "emailAddress"].map(|own| to[own].clone());
        let there = json!({ "name": name_there, "displayName": display, "emailAddress": email });
        let look = Look::at(&path, Value::Null, there).with("username", name).in_doubt();
        let (is_active, mut body) = (to["active"] != json!(false), to);
        // Nobody says whether Jira makes an account that is not active: it is made, and deactivated then.
        body["active"] = json!(true);
        body["applicationKeys"] = json!([]);
        let sent = Sent::post(&path, body).seen_by(look).binding(&token("user", name), "/key");
        let mut deeds = vec![Deed::new(sent, Sent::delete(&path).with("username", name))];
        if !is_active {
            let [active, inactive] = [true, false].map(|own| json!({ "active": own }));
            let look = Look::at(&path, active, inactive.clone()).with("username", name);
            deeds.push(Deed::along(Sent::put(&path, inactive).with("username", name).seen_by(look)));
        }
        return Ok(deeds);
    };
    let Some((from, to)) = changed(&from, &to, &[]) else { return Ok(Vec::new()) };
    let put = |body| Sent::put(&path, body).with("username", name);
    let look = Look::at(&path, from.clone(), to.clone()).with("username", name);
    Ok(vec![Deed::new(put(to).seen_by(look), put(from))])
}

/// Returns what Jira says of an account, as far as it can be changed.
fn account(side: &Side<'_>, name: &str) -> Option<Value> {
    let rows = side.with("User", "lowerUserName", &name.to_lowercase());
    let row: &Row = rows.first()?;
    Some(json!({
        "name": row.text("userName")?,
        "displayName": row.get("displayName").unwrap_or_default(),
        "emailAddress": row.get("emailAddress").unwrap_or_default(),
        "active": row.get("active") != Some("0"),
    }))
}
