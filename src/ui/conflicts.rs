//! What is in dispute, in words: where, and what each side wants.

use std::fmt::Write as _;

use super::output::{ERROR, HEADING, printable, styled};
use crate::model::{Cause, Conflict, Content, Element, Sides};
use crate::plan;
use crate::schema::Schema;

/// At most so many characters of what a side wants are shown.
const LONGEST: usize = 100;

/// Returns the conflicts of a merge, for people.
pub fn conflicts_text(conflicts: &[&Conflict], names: &Sides<Option<String>>) -> String {
    let mut text = String::new();
    let name = |name: &Option<String>, otherwise: &str| match name {
        Some(name) if !name.is_empty() => printable(name).into_owned(),
        _ => otherwise.to_owned(),
    };
    let names = Sides {
        base: name(&names.base, "before"),
        ours: name(&names.ours, "ours"),
        theirs: name(&names.theirs, "theirs"),
    };
    for Conflict { path, cause, sides } in conflicts {
        let path = path.to_string();
        let _ = writeln!(text, "{}: {}", styled(ERROR, "conflict"), styled(HEADING, &printable(&path)));
        for (name, own) in [(&names.ours, &sides.ours), (&names.theirs, &sides.theirs)] {
            let wants = match (cause, own.is_empty()) {
                (Cause::Changed | Cause::Order, true) => "absent".to_owned(),
                (Cause::Removed, true) => "removes it".to_owned(),
                (Cause::Removed, false) => format!("changes it: {}", in_short(own)),
                (Cause::Used(_), true) => "removes it".to_owned(),
                (Cause::Used(user), false) => {
                    format!("newly refers to it in {}", printable(&user.to_string()))
                }
                (Cause::Order, false) if is_rank(own) => format!("place {}", own[0].text()),
                (Cause::Changed | Cause::Order, false) => in_short(own),
            };
            let _ = writeln!(text, "  {name}: {wants}");
        }
    }
    text
}

/// Returns whether what is in dispute is only a number that says a place.
fn is_rank(elements: &[Element]) -> bool {
    matches!(elements, [Element { content: Content::Text(text), attributes, .. }]
        if attributes.is_empty() && !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Returns what stands in dispute on one side, in one line.
pub fn in_short(elements: &[Element]) -> String {
    let [element] = elements else {
        let shown: Vec<String> =
            elements.iter().map(|element| in_short(std::slice::from_ref(element))).collect();
        return if shown.is_empty() { "nothing".to_owned() } else { cut(&shown.join(", ")) };
    };
    match &element.content {
        // It says all by being there.
        Content::Text(_) if Schema::get().declaration(element.declaration).is_alone => {
            format!("`<{}>`", element.tag())
        }
        Content::Text(_) => format!("`{}`", cut(&printable(&plan::inline(element)))),
        Content::Children(_) => format!("{} `{}`", element.tag(), cut(&printable(&plan::inline(element)))),
    }
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
