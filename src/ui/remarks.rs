//! What is wrong, for the places where people review: SARIF, and annotations of GitHub.
//!
//! Invariant: both tell the same, and nothing in a name can begin a command of the runner.

use serde_json::{Value, json};

use super::diagnostics::Place;
use crate::model::Severity;

/// Something to say about a line of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    /// The file, as the user calls it; none if it is about no file.
    pub file: Option<String>,
    /// Where it begins and ends in the file.
    pub span: Option<(Place, Place)>,
    /// The kind of problem, or `policy/` and the name of the rule.
    pub rule: String,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
    /// The way to the element, where there is one.
    pub path: String,
}

impl Remark {
    fn text(&self) -> String {
        match &self.help {
            Some(help) => format!("{}\n{help}", self.message),
            None => self.message.clone(),
        }
    }

    fn level(&self) -> &'static str {
        match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        }
    }
}

/// Returns remarks as a document of SARIF 2.1.0.
pub fn sarif(remarks: &[Remark]) -> Value {
    let mut rules: Vec<&str> = remarks.iter().map(|own| own.rule.as_str()).collect();
    rules.sort_unstable();
    rules.dedup();
    let rules: Vec<Value> = rules.into_iter().map(|id| json!({ "id": id })).collect();
    let result = |own: &Remark| {
        let mut result =
            json!({ "ruleId": own.rule, "level": own.level(), "message": { "text": own.text() } });
        let mut location = json!({});
        if let Some(file) = &own.file {
            location["physicalLocation"] = json!({ "artifactLocation": { "uri": uri(file) } });
        }
        if let (true, Some((start, end))) = (own.file.is_some(), own.span) {
            location["physicalLocation"]["region"] = json!({
                "startLine": start.line, "startColumn": start.column, "endLine": end.line, "endColumn": end.column,
            });
        }
        if !own.path.is_empty() {
            location["logicalLocations"] = json!([{ "fullyQualifiedName": own.path }]);
        }
        if location != json!({}) {
            result["locations"] = json!([location]);
        }
        result
    };
    let driver = json!({ "name": "pcfg", "version": env!("CARGO_PKG_VERSION"), "rules": rules });
    let results: Vec<Value> = remarks.iter().map(result).collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{ "tool": { "driver": driver }, "columnKind": "unicodeCodePoints", "results": results }],
    })
}

/// Returns the path of a file as SARIF wants it: relative where it is, with `/`, and with what means something escaped.
fn uri(file: &str) -> String {
    use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
    const KEPT: &AsciiSet =
        &NON_ALPHANUMERIC.remove(b'/').remove(b'.').remove(b'-').remove(b'_').remove(b'~');
    let file = file.replace('\\', "/");
    let absolute = if file.starts_with('/') { "file://" } else { "" };
    format!("{absolute}{}", utf8_percent_encode(file.trim_start_matches("./"), KEPT))
}

/// Returns remarks as commands that a runner of GitHub Actions makes annotations of.
pub fn github(remarks: &[Remark]) -> String {
    let line = |own: &Remark| {
        let mut properties = Vec::new();
        if let Some(file) = &own.file {
            properties.push(format!("file={}", property(file)));
        }
        if let (true, Some((start, end))) = (own.file.is_some(), own.span) {
            properties.push(format!("line={}", start.line));
            // GitHub takes columns only of what stands in one line.
            match start.line == end.line {
                true => properties.push(format!("col={},endColumn={}", start.column, end.column)),
                false => properties.push(format!("endLine={}", end.line)),
            }
        }
        properties.push(format!("title={}", property(&own.rule)));
        format!("::{} {}::{}\n", own.level(), properties.join(","), data(&own.text()))
    };
    remarks.iter().map(line).collect()
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn remark(file: &str, message: &str) -> Remark {
        let place = |column| Place { line: 3, column };
        Remark {
            file: Some(file.to_owned()),
            span: Some((place(5), place(9))),
            rule: "policy/a,b".to_owned(),
            severity: Severity::Warning,
            message: message.to_owned(),
            help: Some("do this".to_owned()),
            path: String::new(),
        }
    }

    #[test]
    fn no_name_can_begin_a_command() {
        let text = github(&[remark("a:b,c.xml", "one\n::error::two 100%")]);
        assert_eq!(
            text,
            "::warning file=a%3Ab%2Cc.xml,line=3,col=5,endColumn=9,title=policy/a%2Cb::one%0A::error::two 100%25%0Ado this\n"
        );
        assert_eq!(text.lines().count(), 1);
    }

    #[test]
    fn a_path_is_a_uri() {
        assert_eq!(uri("./config/größe 1#.xml"), "config/gr%C3%B6%C3%9Fe%201%23.xml");
        assert_eq!(uri("/a/b.xml"), "file:///a/b.xml");
        assert_eq!(uri(r"a\b.xml"), "a/b.xml");
    }
}
