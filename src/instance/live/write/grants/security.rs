//! Issue security schemes of Jira Cloud, their levels, and who sees the issues of each.
//!
//! Invariant: members of levels that stay change first, then levels come, then the default changes, then levels go: so no request
//! names what is not there, neither forth nor back.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::super::{Deed, Ground, Look, Sent, Subject, Unsaid, changed, members, part, token};
use super::scheme::{Scheme, Who, exactly};
use crate::entity::Row;

/// So many levels, or members of one, are taken at once.
const MOST: usize = 100;

/// The id of a level, and somebody who sees it.
type Member = (String, Who);

/// The levels and members of a scheme, before or afterwards.
struct Levels<'g> {
    rows: BTreeMap<String, &'g Row>,
    members: BTreeMap<Member, String>,
}

impl<'g> Levels<'g> {
    fn of((levels, members): (Vec<&'g Row>, Vec<&'g Row>)) -> Self {
        let member = |row: &Row| (row.get("security").unwrap_or_default().to_owned(), Who::of(row));
        Self {
            rows: levels.into_iter().map(|row| (row.id().to_owned(), row)).collect(),
            members: members.into_iter().map(|row| (member(row), row.id().to_owned())).collect(),
        }
    }

    fn members_of(&self, level: &str) -> Vec<&Who> {
        self.members.keys().filter(|(own, _)| own == level).map(|(_, who)| who).collect()
    }
}

fn texts(row: &Row) -> Value {
    members(row, &[("name", "name"), ("description", "description")])
}

/// An issue security scheme.
pub(in crate::instance::live::write) fn security_scheme(
    ground: &Ground<'_>,
    subject: &Subject<'_>,
) -> Result<Vec<Deed>, Vec<Unsaid>> {
    let Some(scheme) = Scheme::of(ground, subject, ("issueSecurityScheme", "IssueSecurityScheme")) else {
        return Ok(Vec::new());
    };
    let (levels, others) = scheme.rows(ground, "SchemeIssueSecurityLevels");
    let (seen, sees) = scheme.rows(ground, "SchemeIssueSecurities");
    let change = Change { ground, scheme, old: Levels::of((levels, seen)), new: Levels::of((others, sees)) };
    let is_new = |own: &&Member| !change.old.members.contains_key(own);
    if let Some(why) = change.new.members.keys().filter(is_new).find_map(|(_, who)| who.no_holder()) {
        return Err(change.scheme.unsaid(ground, "permission", why));
    }
    let default = ground.after.row("IssueSecurityScheme", change.scheme.after);
    let default = default.and_then(|row| row.text("defaultlevel")).map(str::to_owned);
    let (texts, mut body) = change.scheme.texts(ground);
    let path = change.path("");
    let Some(texts) = texts else {
        if change.new.rows.len() > MOST {
            let why = format!("Jira Cloud makes a scheme with {MOST} levels at most");
            return Err(change.scheme.unsaid(ground, "issueSecurityLevel", why));
        }
        let levels = change.new.rows.iter().map(|(id, row)| change.level(id, row, &change.new, &default));
        body["levels"] = levels.collect();
        let all = ground.api("issuesecurityschemes");
        let look = Look::at(&all, Value::Null, json!({ "name": body["name"] }))
            .among("/issueSecuritySchemes", &[("name", body["name"].clone())])
            .in_doubt();
        let sent = Sent::post(all, body).seen_by(look).binding(&change.scheme.id, "/id");
        return Ok(vec![Deed::new(sent, Sent::delete(path))]);
    };
    let mut deeds = Vec::new();
    if let Some((from, to)) = changed(&texts, &body, &[]) {
        let look = Look::at(&path, from.clone(), to.clone());
        deeds.push(Deed::new(Sent::put(&path, to).seen_by(look), Sent::put(&path, from)));
    }
    for (id, row) in &change.new.rows {
        let Some(was) = change.old.rows.get(id) else { continue };
        if let Some((from, to)) = changed(&self::texts(was), &self::texts(row), &[]) {
            let look = Look::at(&path, from.clone(), to.clone()).among("/levels", &[("id", json!(id))]);
            let path = change.path(&format!("/level/{}", part(id)));
            deeds.push(Deed::new(Sent::put(&path, to).seen_by(look), Sent::put(&path, from)));
        }
    }
    change.members(&mut deeds);
    change.levels(&mut deeds, &default);
    Ok(deeds)
}

/// What becomes of a scheme that is there.
struct Change<'c, 'g> {
    ground: &'c Ground<'g>,
    scheme: Scheme<'c>,
    old: Levels<'g>,
    new: Levels<'g>,
}

impl Change<'_, '_> {
    fn path(&self, rest: &str) -> String {
        self.ground.api(&format!("issuesecurityschemes/{}{rest}", part(&self.scheme.id)))
    }

    /// Returns a level as requests that make it say it.
    fn level(&self, id: &str, row: &Row, of: &Levels<'_>, default: &Option<String>) -> Value {
        let mut told = texts(row);
        told["isDefault"] = json!(default.as_deref() == Some(id));
        told["members"] = of.members_of(id).into_iter().map(|who| who.holder(self.ground)).collect();
        told
    }

    /// Returns what stands for the id of a level while it is not known.
    fn token(&self, row: &Row) -> String {
        token("securityLevel", &format!("{} {}", self.scheme.id, row.get("name").unwrap_or_default()))
    }

    /// Returns the id of a level, for requests that come before any has gone.
    fn forth(&self, id: &str) -> String {
        match self.new.rows.get(id) {
            Some(row) if !self.old.rows.contains_key(id) => self.token(row),
            _ => id.to_owned(),
        }
    }

    /// Returns the id of a level for the way back, which makes anew what is gone.
    fn back(&self, id: &str) -> String {
        match self.old.rows.get(id) {
            Some(row) if !self.new.rows.contains_key(id) => self.token(row),
            _ => self.forth(id),
        }
    }

    /// Changes who sees the issues of levels that stay.
    fn members(&self, deeds: &mut Vec<Deed>) {
        let stays = |own: &&Member| self.old.rows.contains_key(&own.0) && self.new.rows.contains_key(&own.0);
        let mut now: BTreeSet<&Member> = self.old.members.keys().collect();
        // On the way back those of levels that are made anew are there again.
        let look = |from: &BTreeSet<&Member>, to: &BTreeSet<&Member>, name: &dyn Fn(&str) -> String| {
            let shown = |all: &BTreeSet<&Member>| -> Value {
                let all = all.iter().map(|(level, who)| {
                    json!({ "issueSecurityLevelId": name(level), "holder": exactly(who.holder(self.ground)) })
                });
                all.collect()
            };
            Look::at(self.ground.api("issuesecurityschemes/level/member"), shown(from), shown(to))
                .with("schemeId", &self.scheme.id)
                .all("/values")
                .in_any_order()
        };
        let (forth, back) = (|id: &str| self.forth(id), |id: &str| self.back(id));
        let id = |(level, who): &Member| {
            token("securityMember", &format!("{} {level} {}", self.scheme.id, who.label(self.ground)))
        };
        let path = |level: &str| self.path(&format!("/level/{}/member", part(level)));
        let add = |level: &str, all: &[&Member]| {
            let body: Value = all.iter().map(|(_, who)| who.holder(self.ground)).collect();
            all.iter().fold(Sent::put(path(level), json!({ "members": body })), |sent, own| {
                let item =
                    json!({ "issueSecurityLevelId": level, "holder": exactly(own.1.holder(self.ground)) });
                sent.binding_item(&id(own), &[("", item)])
            })
        };
        let delete = |level: &str, id: &str| Sent::delete(format!("{}/{}", path(level), part(id)));
        let mut added = BTreeMap::<&String, Vec<&Member>>::new();
        for own in self.new.members.keys().filter(stays).filter(|own| !self.old.members.contains_key(own)) {
            added.entry(&own.0).or_default().push(own);
        }
        for (level, all) in added {
            for chunk in all.chunks(MOST) {
                let from = now.clone();
                now.extend(chunk.iter().copied());
                let sent = add(level, chunk).seen_by(look(&from, &now, &forth));
                let mut left = now.clone();
                let mut backs = chunk.iter().map(|own| {
                    let was = left.clone();
                    left.remove(own);
                    delete(level, &id(own)).seen_by(look(&was, &left, &back))
                });
                if let Some(first) = backs.next() {
                    deeds.push(Deed::new(sent, first).then(backs));
                }
            }
        }
        for (own, is) in self.old.members.iter().filter(|(own, _)| stays(own)) {
            if !self.new.members.contains_key(own) {
                let from = now.clone();
                now.remove(own);
                let sent = delete(&own.0, is).seen_by(look(&from, &now, &forth));
                let again = add(&own.0, &[own]).seen_by(look(&now, &from, &back));
                // Whom Jira would not take, it does not take back, either.
                deeds.push(match own.1.no_holder() {
                    Some(_) => Deed::lasting(sent),
                    None => Deed::new(sent, again),
                });
            }
        }
    }

    /// Makes levels, says which is the default, and takes levels away.
    fn levels(&self, deeds: &mut Vec<Deed>, default: &Option<String>) {
        let path = self.path("");
        let was = self.scheme.before.and_then(|id| self.ground.before.row("IssueSecurityScheme", id));
        let was = was.and_then(|row| row.text("defaultlevel")).map(str::to_owned);
        let none = None;
        let add = |id: &str, row: &Row, of: &Levels<'_>| {
            let body = json!({ "levels": [self.level(id, row, of, &none)] });
            let name = json!({ "name": row.get("name") });
            let look = Look::at(&path, Value::Null, name.clone())
                .among("/levels", &[("name", name["name"].clone())]);
            let sent = Sent::put(self.path("/level"), body).seen_by(look.in_doubt());
            sent.binding(&self.token(row), "/id")
        };
        let delete = |id: &str| Sent::delete(self.path(&format!("/level/{}", part(id))));
        for (id, row) in self.new.rows.iter().filter(|(id, _)| !self.old.rows.contains_key(*id)) {
            deeds.push(Deed::new(add(id, row, &self.new), delete(&self.token(row))));
        }
        if was != *default {
            let put = |level: &Option<String>, name: &dyn Fn(&str) -> String| {
                let level = level.as_deref().map(name);
                let value = json!({ "issueSecuritySchemeId": self.scheme.id, "defaultLevelId": level });
                Sent::put(
                    self.ground.api("issuesecurityschemes/level/default"),
                    json!({ "defaultValues": [value] }),
                )
            };
            let look = |from: &Option<String>, to: &Option<String>, name: &dyn Fn(&str) -> String| {
                let shown =
                    |level: &Option<String>| json!({ "defaultSecurityLevelId": level.as_deref().map(name) });
                Look::at(&path, shown(from), shown(to))
            };
            let (forth, back) = (|id: &str| self.forth(id), |id: &str| self.back(id));
            deeds.push(Deed::new(
                put(default, &forth).seen_by(look(&was, default, &forth)),
                put(&was, &back).seen_by(look(default, &was, &back)),
            ));
        }
        for (id, row) in self.old.rows.iter().filter(|(id, _)| !self.new.rows.contains_key(*id)) {
            let look = Look::at(&path, texts(row), Value::Null).among("/levels", &[("id", json!(id))]);
            deeds.push(Deed::new(delete(id).seen_by(look), add(id, row, &self.old)));
        }
    }
}
