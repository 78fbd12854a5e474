//! Whether a text is XML at all.
//!
//! Invariants: the DOCTYPE is never followed, so an entity that only a DTD could explain is a mistake; needs no memory for the
//! text.

use quick_xml::Reader;
use quick_xml::events::Event;

/// Says why a text is not one XML element, with what may stand around it.
pub fn malformed(text: &str) -> Option<String> {
    let mut reader = Reader::from_str(text.trim_start());
    let mut depth = 0_usize;
    let mut roots = 0;
    loop {
        let event = match reader.read_event() {
            Ok(event) => event,
            Err(error) => return Some(error.to_string()),
        };
        let stands_alone = match &event {
            Event::Start(start) | Event::Empty(start) => {
                if let Some(Err(error)) = start.attributes().find(Result::is_err) {
                    return Some(error.to_string());
                }
                roots += usize::from(depth == 0);
                depth += usize::from(matches!(event, Event::Start(_)));
                roots <= 1
            }
            Event::End(_) => {
                depth = depth.saturating_sub(1);
                true
            }
            Event::Text(text) => depth > 0 || text.trim().is_empty(),
            Event::GeneralRef(entity) => {
                let is_character = matches!(entity.resolve_char_ref(), Ok(Some(_)));
                if !is_character && !matches!(&**entity, "lt" | "gt" | "amp" | "quot" | "apos") {
                    return Some(format!("there is no entity `&{};`", &**entity));
                }
                depth > 0
            }
            Event::CData(_) => depth > 0,
            Event::Eof => break,
            Event::Comment(_) | Event::PI(_) | Event::DocType(_) | Event::Decl(_) => true,
        };
        if !stands_alone {
            return Some("there is something outside the root element".to_owned());
        }
    }
    match (depth, roots) {
        (0, 1) => None,
        (0, _) => Some("there is no element".to_owned()),
        _ => Some("it ends before its last element does".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::malformed;

    #[test]
    fn one_whole_element_is_well_formed_and_nothing_else() {
        for text in [
            "<a/>",
            "<?xml version=\"1.0\"?>\n<!DOCTYPE a SYSTEM \"x\">\n<a b='&amp;'><c>&lt;&#10;</c></a>\n",
        ] {
            assert_eq!(malformed(text), None, "{text}");
        }
        for text in [
            "",
            " ",
            "text",
            "<a>",
            "<a><b></a>",
            "<a/><b/>",
            "<a>&</a>",
            "<a>&nbsp;</a>",
            "<a b=c/>",
            "<a/>x",
            "</a>",
        ] {
            assert!(malformed(text).is_some(), "{text}");
        }
    }
}
