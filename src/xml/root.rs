//! The root element of a text, for those who only want to know what it is.

use quick_xml::events::Event;

/// Returns the name of the root element, if the beginning of a text has one.
pub fn root_name(text: &str) -> Option<String> {
    let mut reader = quick_xml::Reader::from_str(text);
    loop {
        match reader.read_event() {
            Ok(Event::Start(start) | Event::Empty(start)) => return Some(start.name().as_ref().to_owned()),
            Ok(Event::Text(text)) if !text.trim_ascii().is_empty() => return None,
            Ok(Event::Eof) | Err(_) => return None,
            Ok(_) => {}
        }
    }
}
