//! The gadgets of a dashboard: which there are, where they stand, and what they are set to.
//!
//! Whether Jira moves the others when one goes or comes in between it says in one way, and live sites in another. So a gadget is only
//! ever put at the end of a column, below all that has ever stood there, which is right either way. Invariant: the way back of what
//! has moved puts all of them, from the first that was elsewhere, at the ends of their columns again.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::super::{Deed, Ground, Look, Sent, Side, part, token};
use super::preferences;
use crate::entity::Row;

/// The colours of gadgets in the order of the numbers that rows have for them.
const COLORS: [&str; 8] = ["blue", "red", "yellow", "green", "cyan", "purple", "gray", "white"];

/// What the members of a position are called, in requests as in replies.
const COLUMN: &str = "The column position of the gadget.";
const ROW: &str = "The row position of the gadget.";

/// A gadget: its id as requests have it, and what it is.
#[derive(Clone)]
struct Gadget<'g> {
    id: String,
    row: &'g Row,
}

impl Gadget<'_> {
    fn column(&self) -> i64 {
        self.row.number("columnNumber").unwrap_or(0)
    }

    fn place(&self) -> i64 {
        self.row.number("position").unwrap_or(0)
    }

    fn color(&self) -> Option<String> {
        let own = self.row.text("color")?;
        let number = own.strip_prefix("color").and_then(|number| number.parse::<usize>().ok());
        let known = number.and_then(|number| COLORS.get(number.checked_sub(1)?));
        Some(known.map_or(own, |known| known).to_owned())
    }

    /// Returns what it is, without where it stands.
    fn body(&self) -> Value {
        let mut told = match self.row.text("dashboardModuleCompleteKey") {
            Some(module) => json!({ "moduleKey": module }),
            None => json!({ "uri": self.row.get("gadgetXml").unwrap_or_default() }),
        };
        if let Some(color) = self.color() {
            told["color"] = json!(color);
        }
        told
    }
}

/// Returns the gadgets of a dashboard, column by column.
fn gadgets<'g>(side: &Side<'g>, page: Option<&str>, name: &dyn Fn(&Row) -> String) -> Vec<Gadget<'g>> {
    let mut rows = page.map(|id| side.with("PortletConfiguration", "portalpage", id)).unwrap_or_default();
    rows.sort_by_key(|row| (row.number("columnNumber"), row.number("position"), row.number("id")));
    rows.into_iter().map(|row| Gadget { id: name(row), row }).collect()
}

impl Gadget<'_> {
    /// Says what Jira would not take of it, beside what it was before: the property, and why.
    fn unsaid(&self, was: Option<&Self>) -> Option<(&'static str, String)> {
        let says = |name: &'static str| {
            was.is_none_or(|was| was.row.text(name) != self.row.text(name)).then(|| self.row.text(name))
        };
        let (module, uri) = (self.row.text("dashboardModuleCompleteKey"), self.row.text("gadgetXml"));
        if was.is_none() && module.is_some() == uri.is_some() {
            let why = "a gadget of Jira Cloud has either a module or a uri: it has no portlets of Jira 3";
            return Some(("module", why.to_owned()));
        }
        let colors = || format!("color1 to color{}", COLORS.len());
        match says("color") {
            Some(None) => {
                let why = format!("Jira Cloud lets no gadget be without a color: write one of {}", colors());
                return Some(("color", why));
            }
            Some(Some(own)) if !self.color().is_some_and(|color| COLORS.contains(&&*color)) => {
                return Some((
                    "color",
                    format!("Jira Cloud has no color `{own}`: write one of {}", colors()),
                ));
            }
            _ => {}
        }
        matches!(says("columnNumber"), Some(None)).then(|| {
            ("column", "a gadget of Jira Cloud stands in a column always: write its number".to_owned())
        })
    }
}

/// Rows of columns that are free, below all others.
struct Free(BTreeMap<i64, i64>);

impl Free {
    fn below<'g>(all: impl Iterator<Item = &'g Gadget<'g>>) -> Self {
        let mut free = BTreeMap::<i64, i64>::new();
        for own in all {
            let next = free.entry(own.column()).or_default();
            *next = (*next).max(own.place() + 1);
        }
        Self(free)
    }

    fn next(&mut self, column: i64) -> Value {
        let next = self.0.entry(column).or_default();
        *next += 1;
        json!({ COLUMN: column, ROW: *next - 1 })
    }
}

/// Changes the gadgets of a dashboard, unless Jira would not take one: then says which property of it, and why.
pub(super) fn changed(
    ground: &Ground<'_>,
    path: &str,
    (before, after): (Option<&str>, &str),
) -> Result<Vec<Deed>, (&'static str, String)> {
    let known = |row: &Row| row.id().to_owned();
    let old = gadgets(&ground.before, before, &known);
    let is_old = |id: &str| old.iter().any(|own| own.id == id);
    let new_id = |row: &Row| match is_old(row.id()) {
        true => row.id().to_owned(),
        false => token("gadget", &format!("{path} {}", row.id())),
    };
    let new = gadgets(&ground.after, Some(after), &new_id);
    // What goes is made anew by the way back, and has another id then.
    let back_id = |id: &str| match new.iter().any(|own| own.id == id) {
        true => id.to_owned(),
        false => token("gadget", &format!("{path} {id}")),
    };
    for own in &new {
        if let Some(unsaid) = own.unsaid(old.iter().find(|was| was.id == own.id)) {
            return Err(unsaid);
        }
    }
    let list = format!("{path}/gadget");
    let at = |id: &str| format!("{list}/{}", part(id));
    let item = |id: &str| format!("{path}/items/{}", part(id));
    let mut free = Free::below(old.iter());
    let (mut gone, mut moved, mut made) = (Vec::new(), Vec::new(), Vec::new());
    let stays: Vec<&Gadget<'_>> =
        old.iter().filter(|own| new.iter().any(|other| other.id == own.id)).collect();
    let make = |own: &Gadget<'_>, id: &str, position: Value| {
        let mut body = own.body();
        body["position"] = position.clone();
        let found = json!({ "position": position });
        let look = Look::at(&list, Value::Null, found.clone())
            .among("/gadgets", &[("position", found["position"].clone())])
            .in_doubt();
        Sent::post(&list, body).seen_by(look).binding(id, "/id")
    };
    // Of each column the beginning stays that is there already; what comes after it follows at the end, in order.
    let mut columns = BTreeMap::<i64, (Vec<&Gadget<'_>>, Vec<&Gadget<'_>>)>::new();
    stays.iter().for_each(|own| columns.entry(own.column()).or_default().0.push(own));
    new.iter().for_each(|own| columns.entry(own.column()).or_default().1.push(own));
    let mut backs = Vec::new();
    let mut below = Free::below(old.iter().chain(&new));
    // The rows that are used forth are not used back.
    below.0.values_mut().for_each(|next| *next += (old.len() + new.len()) as i64);
    for (there, wanted) in columns.values() {
        // The others are taken away from between those that stay.
        let mut rest = there.iter();
        let stays: Vec<&str> = wanted
            .iter()
            .map_while(|own| rest.find(|other| other.id == own.id))
            .map(|own| own.id.as_str())
            .collect();
        for own in &wanted[stays.len()..] {
            let position = free.next(own.column());
            if is_old(&own.id) {
                moved.push((*own, position));
            } else {
                made.push((*own, position));
            }
        }
        for own in there.iter().skip_while(|own| stays.contains(&own.id.as_str())) {
            backs.push(Sent::put(at(&own.id), json!({ "position": below.next(own.column()) })));
        }
    }
    let mut deeds = Vec::new();
    for own in old.iter().filter(|own| !new.iter().any(|other| other.id == own.id)) {
        let id = back_id(&own.id);
        let again = make(own, &id, below.next(own.column()));
        let rest =
            preferences::set(&item(&id), &BTreeMap::new(), &preferences::of(ground, &ground.before, &own.id));
        let mut rest: Vec<Sent> = rest.into_iter().map(|deed| deed.sent).collect();
        // Those that stood below it do so again.
        let later = old.iter().filter(|other| other.column() == own.column() && other.place() > own.place());
        rest.extend(later.map(|other| {
            Sent::put(at(&back_id(&other.id)), json!({ "position": below.next(other.column()) }))
        }));
        let look = Look::at(&list, own.body(), Value::Null).among("/gadgets", &[("id", json!(own.id))]);
        gone.push(Deed::new(Sent::delete(at(&own.id)).seen_by(look), again).then(rest));
    }
    // The way back begins with the last: those below each are there again when it comes.
    deeds.extend(gone);
    let mut backs = backs.into_iter();
    for (own, position) in moved {
        let sent = Sent::put(at(&own.id), json!({ "position": position }));
        deeds.push(match backs.next() {
            Some(back) => Deed::new(sent, back).then(backs.by_ref()),
            None => Deed::along(sent),
        });
    }
    for (own, position) in made {
        deeds.push(Deed::new(make(own, &own.id, position), Sent::delete(at(&own.id))));
        let none = BTreeMap::new();
        deeds.extend(preferences::set(
            &item(&own.id),
            &none,
            &preferences::of(ground, &ground.after, own.row.id()),
        ));
    }
    for own in new.iter().filter(|own| is_old(&own.id)) {
        let Some(was) = old.iter().find(|other| other.id == own.id) else { continue };
        if was.color() != own.color() {
            let put = |own: &Gadget<'_>| Sent::put(at(&own.id), json!({ "color": own.color() }));
            let shown = |own: &Gadget<'_>| json!({ "color": own.color() });
            let look = Look::at(&list, shown(was), shown(own)).among("/gadgets", &[("id", json!(own.id))]);
            deeds.push(Deed::new(put(own).seen_by(look), put(was)));
        }
        let from = preferences::of(ground, &ground.before, &own.id);
        let to = preferences::of(ground, &ground.after, &own.id);
        deeds.extend(preferences::set(&item(&own.id), &from, &to));
    }
    Ok(deeds)
}
