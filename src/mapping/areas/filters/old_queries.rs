//! The queries of filters before JQL (Jira 3.x): XML with ids in it.
//!
//! ```xml
//! <searchrequest name='Open'>
//!   <parameter class='…ProjectParameter'><projid andQuery='false'><value>10000</value></projid></parameter>
//!   <parameter class='…'><customfield_10020 name='customfield_10020:absolute'>…</customfield_10020></parameter>
//!   <sort class='…SearchSort'><searchSort field='customfield_10020' order='DESC'/></sort>
//! </searchrequest>
//! ```
//!
//! Invariant: nothing but ids changes. A value or field is written as in JQL; the tag of a custom field becomes
//! `customField` with an attribute `field`.

use crate::jql::{Resolver, Translation, Values};
use crate::mapping::ground::queries::Queries;

const CUSTOM_FIELD: &str = "customfield_";

/// Elements whose `<value>` is an id.
const VALUES: [(&str, &str); 8] = [
    ("projid", "project"),
    ("type", "issueType"),
    ("status", "status"),
    ("priority", "priority"),
    ("resolution", "resolution"),
    ("component", "component"),
    ("fixfor", "version"),
    ("version", "version"),
];

/// Returns whether a stored request is XML and no JQL.
pub(crate) fn is_old(request: &str) -> bool {
    request.trim_start().starts_with('<')
}

/// Turns the ids in a request into names.
pub(crate) fn translate(request: &str, queries: &Queries<'_>) -> Translation {
    let with_values = values(request, queries);
    let mut result = fields(&with_values.text, queries);
    result.mentions.extend(with_values.mentions);
    result.unresolved.extend(with_values.unresolved);
    result.mentions.sort();
    result.mentions.dedup();
    result.unresolved.sort();
    result.unresolved.dedup();
    result
}

fn values(request: &str, queries: &Queries<'_>) -> Translation {
    let mut result = Translation { text: String::new(), mentions: Vec::new(), unresolved: Vec::new() };
    let mut kind = None;
    let mut rest = request;
    while let Some(at) = rest.find('<') {
        let (before, tag) = rest.split_at(at);
        result.text.push_str(before);
        let end = tag.find('>').map_or(tag.len(), |end| end + 1);
        result.text.push_str(&tag[..end]);
        rest = &tag[end..];
        let name = tag[1..end].split(|char: char| char.is_whitespace() || matches!(char, '>' | '/')).next();
        if name != Some("value") {
            if name != Some("") {
                kind = VALUES.iter().find(|(tag, _)| Some(*tag) == name).map(|(_, kind)| *kind);
            }
            continue;
        }
        let (Some(kind), Some(length)) = (kind, rest.find('<')) else { continue };
        let id = rest[..length].trim();
        if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_digit()) {
            continue;
        }
        match queries.value(&Values::Kind(kind), id) {
            Some(spelling) => {
                result.mentions.extend(spelling.mentions);
                result.text.push_str(&rest[..length].replace(id, &escape(&spelling.text)));
                rest = &rest[length..];
            }
            None => result.unresolved.push(format!("{kind} {id}")),
        }
    }
    result.text.push_str(rest);
    result
}

fn fields(request: &str, queries: &Queries<'_>) -> Translation {
    let mut result = Translation { text: String::new(), mentions: Vec::new(), unresolved: Vec::new() };
    let mut rest = request;
    while let Some(at) = rest.find(CUSTOM_FIELD) {
        let (before, from) = rest.split_at(at);
        result.text.push_str(before);
        let digits = &from[CUSTOM_FIELD.len()..];
        let length = digits.find(|char: char| !char.is_ascii_digit()).unwrap_or(digits.len());
        let (id, after) = digits.split_at(length);
        rest = after;
        match queries.custom_field(id) {
            None => {
                result.text.push_str(&from[..CUSTOM_FIELD.len() + length]);
                result.unresolved.push(format!("{CUSTOM_FIELD}{id}"));
            }
            Some(spelling) => {
                result.mentions.extend(spelling.mentions);
                let text = escape(&spelling.text);
                if before.ends_with("</") {
                    result.text.push_str("customField");
                } else if before.ends_with('<') {
                    result.text.push_str(&format!("customField field=\"{text}\""));
                } else {
                    result.text.push_str(&text);
                }
            }
        }
    }
    result.text.push_str(rest);
    result
}

fn escape(text: &str) -> String {
    let quotes = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
    quotes.replace('\'', "&apos;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mapping::ground::names::Names;
    use crate::mapping::tables;
    use crate::model::Snapshot;

    #[test]
    fn ids_become_names_and_the_rest_stays() {
        let tables = tables(&[
            ("Project", &[("id", "10000"), ("key", "TST"), ("name", "Test")]),
            ("Version", &[("id", "7"), ("project", "10000"), ("name", "R&D \"1\"")]),
            ("CustomField", &[("id", "10020"), ("name", "When"), ("customfieldtypekey", "t:datepicker")]),
        ]);
        let names = Names::new(&tables, &mut Snapshot::default());
        let queries = Queries::new(&names);
        let request = "<searchrequest name='A 10000'>\n <parameter class='c'>\n  <projid andQuery='false'>\n   \
            <value> 10000 </value><value>99</value>\n  </projid><fixfor><value>7</value><value>-2</value></fixfor>\
            <votes><value>7</value></votes>\
            <customfield_10020 name='customfield_10020:absolute'><fromDate>10000</fromDate></customfield_10020>\
            </parameter><sort><searchSort field='customfield_10021' order='DESC'/></sort></searchrequest>";
        let translation = translate(request, &queries);
        assert_eq!(
            translation.text,
            "<searchrequest name='A 10000'>\n <parameter class='c'>\n  <projid andQuery='false'>\n   \
            <value> TST </value><value>99</value>\n  </projid><fixfor><value>&quot;R&amp;D \\&quot;1\\&quot;&quot;</value>\
            <value>-2</value></fixfor><votes><value>7</value></votes>\
            <customField field=\"&quot;When&quot;\" name='&quot;When&quot;:absolute'><fromDate>10000</fromDate></customField>\
            </parameter><sort><searchSort field='customfield_10021' order='DESC'/></sort></searchrequest>"
        );
        assert_eq!(translation.unresolved, ["customfield_10021", "project 99"]);
        assert_eq!(translation.mentions.len(), 1, "the field");
        assert!(is_old("\n <searchrequest/>") && !is_old("project = A"));
    }
}
