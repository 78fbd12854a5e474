//! What people do on both sides meanwhile.
//!
//! Invariant: people change what they wrote, and fields of every issue; they leave copies of comments alone.

use super::Dice;
use super::rig::Rig;
use crate::memory::{Memory, severity};
use crate::{Field, IssueKey, IssueState, Restriction, Value};

pub(super) const PERSON: &str = "ann";

pub(super) fn system(name: &str) -> Field {
    Field::System(name.to_owned())
}

fn text(dice: &mut Dice) -> Value {
    Value::Text(["a", "b", "c", "d", "e"].map(str::to_owned)[dice.below(5)].clone())
}

/// What takes part, in a Jira.
pub(super) fn taking_part(jira: &Memory) -> Vec<IssueState> {
    jira.issues().filter(|issue| issue.kind != "Secret").cloned().collect()
}

/// Somebody does something.
pub(super) fn edit(rig: &mut Rig, which: usize, dice: &mut Dice, deletes: bool) {
    let now = rig.clock(which);
    let jira = &mut rig.sides[which].jira;
    jira.set_now(now);
    let issues = taking_part(jira);
    if issues.is_empty() || dice.percent(12) {
        let fields = [(system("summary"), text(dice))];
        jira.create_as(PERSON, ["Bug", "Task"][dice.below(2)], None, &fields).expect("an issue");
        return;
    }
    let issue = dice.pick(&issues).expect("an issue").clone();
    let done = one(jira, &issue, &issues, dice, deletes);
    done.expect("a person does only what can be done");
}

fn one(
    jira: &mut Memory,
    issue: &IssueState,
    issues: &[IssueState],
    dice: &mut Dice,
    deletes: bool,
) -> Result<(), crate::IssueFault> {
    let key = &issue.key;
    let own_comments: Vec<_> = issue.comments.iter().filter(|it| it.marker.is_none()).collect();
    let own_worklogs: Vec<_> = issue.worklogs.iter().filter(|it| it.marker.is_none()).collect();
    let own_files: Vec<_> = issue.attachments.iter().filter(|it| it.marker.is_none()).collect();
    match dice.below(if deletes { 17 } else { 16 }) {
        0 | 1 => jira.edit_as(PERSON, key, &system("summary"), Some(text(dice)))?,
        2 => {
            let value = dice.percent(70).then(|| text(dice));
            jira.edit_as(PERSON, key, &system("description"), value)?;
        }
        3 => {
            let value = [None, Some("High"), Some("Low")][dice.below(3)];
            let value = value.map(|name| Value::Choice(name.to_owned()));
            jira.edit_as(PERSON, key, &severity(), value)?;
        }
        4 => {
            let labels = ["x", "y", "z"].into_iter().filter(|_| dice.percent(50));
            let labels = Value::Many(labels.map(|label| Value::Label(label.to_owned())).collect());
            jira.edit_as(PERSON, key, &system("labels"), Some(labels))?;
        }
        5 | 6 => {
            let hidden = dice.percent(20).then(|| Restriction::Role("Developers".to_owned()));
            let body = format!("comment {}", dice.below(1000));
            jira.comment_as(PERSON, key, &body, hidden)?;
        }
        7 => {
            if let Some(comment) = dice.pick(&own_comments) {
                let body = format!("changed {}", dice.below(1000));
                jira.recomment_as(PERSON, key, &comment.handle, Some(&body))?;
            }
        }
        8 => {
            if let Some(comment) = dice.pick(&own_comments) {
                jira.recomment_as(PERSON, key, &comment.handle, None)?;
            }
        }
        9 => drop(jira.log_work_as(PERSON, key, 60, &format!("work {}", dice.below(1000)))?),
        10 => {
            if let Some(worklog) = dice.pick(&own_worklogs) {
                jira.unlog_work(key, &worklog.handle)?;
            }
        }
        11 => {
            let bytes: Vec<u8> = (0..dice.below(25)).map(|_| dice.below(256) as u8).collect();
            jira.attach_as(PERSON, key, &format!("file {}", dice.below(1000)), &bytes)?;
        }
        12 => {
            if let Some(file) = dice.pick(&own_files) {
                jira.unattach(key, &file.handle)?;
            }
        }
        13 => {
            let (to, there) = (dice.pick(issues).expect("an issue"), dice.percent(70));
            if to.key != *key {
                jira.link_as("Blocks", key, &to.key, there)?;
            }
        }
        14 => {
            let to = match (issue.status.as_str(), dice.percent(50)) {
                ("Open", _) => "Doing",
                ("Doing", true) => "Done",
                _ => "Open",
            };
            jira.transition_as(PERSON, key, to)?;
        }
        15 => {
            if issue.parent.is_none() {
                let fields = [(system("summary"), text(dice))];
                jira.create_as(PERSON, "Sub-task", Some(key), &fields)?;
            }
        }
        _ => {
            // One issue stays, for a Jira without any issue of before is one that was restored.
            if dice.percent(30) && !key.0.ends_with("-2") && issue.parent.is_none() {
                jira.delete(key);
            }
        }
    }
    Ok(())
}

/// Somebody makes an issue.
pub(super) fn create(rig: &mut Rig, which: usize) -> IssueKey {
    let now = rig.clock(which);
    let jira = &mut rig.sides[which].jira;
    jira.set_now(now);
    let fields = [(system("summary"), Value::Text("new".to_owned()))];
    jira.create_as(PERSON, "Bug", None, &fields).expect("an issue")
}

/// Somebody gives a field a value.
pub(super) fn write(rig: &mut Rig, which: usize, key: &IssueKey, field: &Field, value: Value) {
    rig.now += 1;
    let now = rig.clock(which);
    let jira = &mut rig.sides[which].jira;
    jira.set_now(now);
    jira.edit_as(PERSON, key, field, Some(value)).expect("a value that the field takes");
}

/// An issue of a type that does not take part.
pub(super) fn secret(jira: &mut Memory) -> IssueKey {
    let fields = [(system("summary"), Value::Text("CANARY".to_owned()))];
    let key = jira.create_as(PERSON, "Secret", None, &fields).expect("an issue");
    jira.comment_as(PERSON, &key, "CANARY", None).expect("a comment");
    key
}
