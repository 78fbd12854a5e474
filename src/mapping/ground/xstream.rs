//! What XStream writes: the library in whose XML Jira keeps default values (`GenericConfiguration.xmlvalue`).
//!
//! Invariant: what is returned says everything that the XML says; XML of any other shape is refused as a whole, so
//! that nothing is lost half-way.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

/// How deep default values may be nested; those of Jira are nested four deep.
const MAX_DEPTH: usize = 16;

/// A value that was serialized.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Stored {
    /// Nothing at all.
    Nothing,
    /// A text, a whole number or a truth value, as it stands.
    Text(String),
    /// A number with a fraction, in its shortest form: `1.0` is `1`.
    Number(String),
    /// A moment without the zeros behind the seconds, and otherwise as it stands: older versions write the time of the
    /// server, newer ones that of UTC, and neither says so.
    Moment(String),
    /// Values in an order.
    List(Vec<Stored>),
    /// Values whose order has no meaning.
    Set(Vec<Stored>),
    /// Values by name, in the order of the names; the null key of Java comes first, as the empty name.
    Map(Vec<(String, Stored)>),
}

/// An element.
#[derive(Default)]
struct Tag {
    name: String,
    text: String,
    children: Vec<Tag>,
    /// Whether it only points to another element.
    is_pointer: bool,
}

/// Reads what XStream wrote.
pub(crate) fn parse(xml: &str) -> Option<Stored> {
    stored(&document(xml)?)
}

fn document(xml: &str) -> Option<Tag> {
    let mut reader = Reader::from_str(xml);
    let mut stack = vec![Tag::default()];
    loop {
        match reader.read_event().ok()? {
            Event::Start(start) if stack.len() <= MAX_DEPTH => stack.push(tag(&start)),
            Event::Start(_) => return None,
            Event::Empty(start) => stack.last_mut()?.children.push(tag(&start)),
            Event::Text(text) => stack.last_mut()?.text.push_str(&text),
            Event::CData(text) => stack.last_mut()?.text.push_str(&text),
            Event::GeneralRef(entity) => stack.last_mut()?.text.push(character(&entity)?),
            Event::End(_) => {
                let closed = stack.pop()?;
                stack.last_mut()?.children.push(closed);
            }
            Event::Eof => break,
            _ => {}
        }
    }
    let [document] = &mut stack[..] else { return None };
    let root = document.children.pop()?;
    (document.children.is_empty() && document.text.trim().is_empty()).then_some(root)
}

fn tag(start: &BytesStart<'_>) -> Tag {
    let is_pointer = start.attributes().flatten().any(|attribute| attribute.key.as_ref() == "reference");
    Tag { name: start.name().as_ref().to_owned(), is_pointer, ..Tag::default() }
}

fn character(entity: &str) -> Option<char> {
    match entity {
        "lt" => Some('<'),
        "gt" => Some('>'),
        "amp" => Some('&'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        number => {
            let number = number.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(digits) => u32::from_str_radix(digits, 16),
                None => number.parse(),
            };
            char::from_u32(code.ok()?)
        }
    }
}

fn stored(tag: &Tag) -> Option<Stored> {
    if tag.is_pointer {
        return None;
    }
    Some(match &*tag.name {
        "null" => Stored::Nothing,
        "string" => Stored::Text(leaf(tag)?.to_owned()),
        "long" | "int" | "short" | "byte" | "big-int" | "boolean" => {
            Stored::Text(leaf(tag)?.trim().to_owned())
        }
        "double" | "float" | "big-decimal" => Stored::Number(number(leaf(tag)?.trim())),
        "sql-timestamp" | "date" | "sql-date" | "sql-time" => Stored::Moment(moment(leaf(tag)?.trim())),
        "list" | "linked-list" | "vector" => Stored::List(items(tag)?),
        "set" | "linked-hash-set" | "tree-set" => Stored::Set(items(tag)?),
        "map" | "linked-hash-map" | "tree-map" => entries(tag)?,
        // The default value of a cascading select: its parameters by key. The field itself is null.
        "com.atlassian.jira.issue.customfields.view.CustomFieldParamsImpl" => match &tag.children[..] {
            [parameters] if parameters.name == "parameterMap" && !parameters.is_pointer => {
                entries(parameters)?
            }
            _ => return None,
        },
        _ => return None,
    })
}

fn leaf(tag: &Tag) -> Option<&str> {
    tag.children.is_empty().then_some(&*tag.text)
}

fn items(tag: &Tag) -> Option<Vec<Stored>> {
    tag.children.iter().filter(|child| child.name != "no-comparator").map(stored).collect()
}

fn entries(tag: &Tag) -> Option<Stored> {
    let mut entries = Vec::with_capacity(tag.children.len());
    for entry in tag.children.iter().filter(|child| child.name != "no-comparator") {
        let [key, value] = &entry.children[..] else { return None };
        let key = match stored(key)? {
            Stored::Nothing => String::new(),
            Stored::Text(key) => key,
            _ => return None,
        };
        entries.push((key, stored(value)?));
    }
    entries.sort_by(|(a, _), (b, _)| a.cmp(b));
    Some(Stored::Map(entries))
}

fn number(text: &str) -> String {
    match text.parse::<f64>() {
        // Adding zero turns -0 into 0.
        Ok(number) if number.is_finite() => (number + 0.0).to_string(),
        _ => text.to_owned(),
    }
}

fn moment(text: &str) -> String {
    let Some((before, after)) = text.split_once('.') else { return text.to_owned() };
    let digits = after.len() - after.trim_start_matches(|char: char| char.is_ascii_digit()).len();
    let (fraction, zone) = after.split_at(digits);
    match fraction.trim_end_matches('0') {
        "" => format!("{before}{zone}"),
        fraction => format!("{before}.{fraction}{zone}"),
    }
}

#[cfg(test)]
mod tests {
    use crate::mapping::ground::xstream::Stored;
    use crate::mapping::ground::xstream::Stored::{List, Map, Moment, Nothing, Number, Set};
    use crate::mapping::ground::xstream::parse;

    fn text(text: &str) -> Stored {
        Stored::Text(text.to_owned())
    }

    #[test]
    fn simple_values() {
        assert_eq!(parse("<null/>"), Some(Nothing));
        assert_eq!(parse("<string></string>"), Some(text("")));
        assert_eq!(parse("<string/>"), Some(text("")));
        assert_eq!(
            parse("<string> a &lt;b&gt; &amp; &quot;c&apos;&#xd;\n&#228;</string>"),
            Some(text(" a <b> & \"c'\r\nä"))
        );
        assert_eq!(parse("<long>10000</long>"), Some(text("10000")));
        assert_eq!(parse("<boolean>true</boolean>"), Some(text("true")));
    }

    #[test]
    fn numbers_have_one_form() {
        for (stored, form) in
            [("1.0", "1"), ("0.50", "0.5"), ("-0.0", "0"), ("1.0E10", "10000000000"), ("-3.25", "-3.25")]
        {
            assert_eq!(
                parse(&format!("<double>{stored}</double>")),
                Some(Number(form.to_owned())),
                "{stored}"
            );
        }
        assert_eq!(parse("<double>NaN</double>"), Some(Number("NaN".to_owned())));
    }

    #[test]
    fn moments_have_one_form_and_keep_their_hour() {
        for (stored, form) in [
            ("2010-08-25 00:00:00.0", "2010-08-25 00:00:00"),
            ("2010-08-24 22:00:00", "2010-08-24 22:00:00"),
            ("2010-08-25 12:30:00.120", "2010-08-25 12:30:00.12"),
            ("2010-08-25 12:30:00.0 UTC", "2010-08-25 12:30:00 UTC"),
        ] {
            let xml = format!("<sql-timestamp>{stored}</sql-timestamp>");
            assert_eq!(parse(&xml), Some(Moment(form.to_owned())), "{stored}");
        }
    }

    #[test]
    fn collections() {
        assert_eq!(parse("<list/>"), Some(List(Vec::new())));
        assert_eq!(
            parse("<list>\n  <string>b</string>\n  <string>a</string>\n</list>"),
            Some(List(vec![text("b"), text("a")]))
        );
        assert_eq!(parse("<tree-set><no-comparator/><int>1</int></tree-set>"), Some(Set(vec![text("1")])));
    }

    #[test]
    fn the_parent_of_a_cascading_value_comes_first() {
        let xml = "<com.atlassian.jira.issue.customfields.view.CustomFieldParamsImpl>
  <parameterMap>
    <entry><string>1</string><list><string>10003</string></list></entry>
    <entry><null/><list><string>10000</string></list></entry>
  </parameterMap>
</com.atlassian.jira.issue.customfields.view.CustomFieldParamsImpl>";
        let expected = Map(vec![
            (String::new(), List(vec![text("10000")])),
            ("1".to_owned(), List(vec![text("10003")])),
        ]);
        assert_eq!(parse(xml), Some(expected));
    }

    #[test]
    fn everything_else_is_refused_as_a_whole() {
        for xml in [
            "",
            "plain",
            "<string>a",
            "<string>a</string><string>b</string>",
            "<com.example.Thing><a>1</a></com.example.Thing>",
            "<list><string>a</string><com.example.Thing/></list>",
            "<list><list/><list reference=\"../list\"/></list>",
            "<string>a<b/></string>",
            "<map><entry><string>a</string></entry></map>",
            "<string>&unknown;</string>",
        ] {
            assert_eq!(parse(xml), None, "{xml}");
        }
        assert_eq!(parse(&"<list>".repeat(10_000)), None);
    }
}
