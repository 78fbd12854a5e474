//! Whether a text is JQL at all.
//!
//! Invariant: what Jira takes is taken (the grammar is that of Jira 6 to 9, with the spellings of pcfg in brackets). Words
//! and characters that only some versions reserve are let through, and no query is too deep: brackets are counted.

use super::token::{Kind, Token, tokens};

/// Why a query cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// Where, in characters from 1.
    pub place: usize,
    /// What stands there and what should, to follow a colon.
    pub message: String,
}

/// Returns why a query cannot be read; `None` for one that can be. No query at all finds every issue.
pub fn broken(query: &str) -> Option<Broken> {
    let tokens = tokens(query);
    let open = tokens.iter().position(|token| token.kind == Kind::Quoted && !token.is_closed());
    let seen = tokens.iter().enumerate().filter(|(_, token)| token.kind != Kind::Space);
    let mut reader = Reader { tokens: seen.map(|(index, token)| (index, *token)).collect(), at: 0 };
    let (index, message) = match (open, reader.query()) {
        (Some(index), _) => (index, "the quote is not closed".to_owned()),
        (None, Err(wanted)) => {
            let (index, found) = match reader.tokens.get(reader.at) {
                Some((index, token)) => (*index, format!("there is `{}`", token.text)),
                None => (tokens.len(), "the query ends".to_owned()),
            };
            (index, format!("{found}, but {wanted} is expected"))
        }
        (None, Ok(())) => return None,
    };
    let before: usize = tokens[..index].iter().map(|token| token.text.chars().count()).sum();
    Some(Broken { place: before + 1, message })
}

/// Words that are neither a field nor a value without quotes, in every version.
const KEYWORDS: [&str; 5] = ["and", "or", "in", "is", "not"];

/// What introduces a condition on the past.
const PREDICATES: [&str; 7] = ["from", "to", "by", "before", "after", "on", "during"];

const COMPARISONS: [&str; 8] = ["=", "!=", "~", "!~", "<", "<=", ">", ">="];

const JOINTS: [&str; 4] = ["&", "&&", "|", "||"];

/// What should have stood where the reader stopped.
type Read<T> = Result<T, &'static str>;

struct Reader<'a> {
    /// The tokens that are no blanks, with their numbers among all.
    tokens: Vec<(usize, Token<'a>)>,
    at: usize,
}

impl Reader<'_> {
    fn is(&self, symbol: &str) -> bool {
        self.tokens.get(self.at).is_some_and(|(_, token)| token.is(symbol))
    }

    fn is_word(&self, keyword: &str) -> bool {
        self.tokens.get(self.at).is_some_and(|(_, token)| token.is_word(keyword))
    }

    fn is_one_of(&self, symbols: &[&str], words: &[&str]) -> bool {
        symbols.iter().any(|own| self.is(own)) || words.iter().any(|own| self.is_word(own))
    }

    /// Goes on if the symbol is there.
    fn takes(&mut self, symbol: &str) -> bool {
        let found = self.is(symbol);
        self.at += usize::from(found);
        found
    }

    fn takes_word(&mut self, keyword: &str) -> bool {
        let found = self.is_word(keyword);
        self.at += usize::from(found);
        found
    }

    fn needs(&mut self, symbol: &str, wanted: &'static str) -> Read<()> {
        if self.takes(symbol) { Ok(()) } else { Err(wanted) }
    }

    fn ends(&self) -> bool {
        self.at == self.tokens.len()
    }

    /// Takes a name or value.
    fn text(&mut self, wanted: &'static str) -> Read<()> {
        let is_text = self.tokens.get(self.at).is_some_and(|(_, token)| token.is_text());
        if !is_text || self.is_one_of(&[], &KEYWORDS) {
            return Err(wanted);
        }
        self.at += 1;
        Ok(())
    }

    fn query(&mut self) -> Read<()> {
        if self.ends() {
            return Ok(());
        }
        if !self.is_word("order") {
            self.clauses()?;
        }
        if !self.takes_word("order") {
            return if self.ends() { Ok(()) } else { Err("AND, OR, ORDER BY or the end") };
        }
        if !self.takes_word("by") {
            return Err("BY");
        }
        loop {
            self.field()?;
            if !self.takes_word("asc") {
                self.takes_word("desc");
            }
            if self.ends() {
                return Ok(());
            }
            self.needs(",", "a comma, ASC, DESC or the end")?;
        }
    }

    fn clauses(&mut self) -> Read<()> {
        let mut depth = 0;
        loop {
            while self.takes("(") || self.takes("!") || self.takes_word("not") {
                depth += usize::from(self.tokens[self.at - 1].1.is("("));
            }
            self.clause()?;
            while depth > 0 && self.takes(")") {
                depth -= 1;
            }
            if !self.is_one_of(&JOINTS, &["and", "or"]) {
                return if depth == 0 { Ok(()) } else { Err("AND, OR or a closing bracket") };
            }
            self.at += 1;
        }
    }

    fn clause(&mut self) -> Read<()> {
        self.field()?;
        if self.is_one_of(&COMPARISONS, &["in"]) {
            self.at += 1;
            return self.operand();
        }
        if self.takes_word("not") {
            return if self.takes_word("in") { self.operand() } else { Err("IN") };
        }
        if self.takes_word("is") {
            self.takes_word("not");
            return self.operand();
        }
        if self.takes_word("was") {
            self.takes_word("not");
            self.takes_word("in");
            self.operand()?;
        } else if !self.takes_word("changed") {
            return Err("an operator such as =, IN or IS");
        }
        while self.is_one_of(&[], &PREDICATES) {
            self.at += 1;
            self.operand()?;
        }
        Ok(())
    }

    /// Takes a field: a name, `cf[10010]`, a property of an entity, or a spelling of pcfg.
    fn field(&mut self) -> Read<()> {
        self.text("a field")?;
        while self.is("[") {
            self.brackets()?;
            while self.tokens.get(self.at).is_some_and(|(_, token)| token.text.starts_with('.')) {
                self.at += 1;
            }
        }
        Ok(())
    }

    fn brackets(&mut self) -> Read<()> {
        self.at += 1;
        while !self.takes("]") {
            if self.ends() {
                return Err("a closing `]`");
            }
            self.at += 1;
        }
        Ok(())
    }

    /// Takes a value, a function, or a list of them.
    fn operand(&mut self) -> Read<()> {
        let mut depth = 0;
        loop {
            while self.takes("(") {
                depth += 1;
            }
            self.value()?;
            while depth > 0 && self.takes(")") {
                depth -= 1;
            }
            if depth == 0 {
                return Ok(());
            }
            self.needs(",", "a comma or a closing bracket")?;
        }
    }

    fn value(&mut self) -> Read<()> {
        self.text("a value")?;
        if self.is("[") {
            return self.brackets();
        }
        if !self.takes("(") || self.takes(")") {
            return Ok(());
        }
        loop {
            self.text("an argument of the function")?;
            if self.takes(")") {
                return Ok(());
            }
            self.needs(",", "a comma or a closing bracket")?;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_of_jira_can_be_read() {
        for query in [
            "",
            "  ",
            "project = DEMO",
            "order by Rank",
            "project in (A, \"B c\") AND NOT (status = Open or status = 'In Progress') order by priority DESC, key",
            "cf[10010] = 5 and \"Story Points\" >= 3 && !labels is EMPTY",
            r#"cf["Severity", type="com.example:select"] = High and filter = filter["Open", author="bob"]"#,
            "assignee in (membersOf(\"x\"), currentUser()) | reporter = null",
            "status was not in (Open, Closed) by ann before \"2012/01/01\"",
            "status changed from Open to Done during (\"2012/01/01\", now()) and updated >= -1w",
            "issue.property[a.b].c.d = 1 and summary ~ \"x\"",
            "resolution is not empty",
            "fixVersion not in unreleasedVersions(DEMO, TST)",
            "issueFunction in subtasksOf(\"project = A\")",
            "((((a = 1))))",
            "1234 = 5",
        ] {
            assert_eq!(broken(query), None, "{query}");
        }
    }

    #[test]
    fn what_no_jira_reads_is_told_with_its_place() {
        let told = |query: &str| broken(query).map(|own| format!("{}: {}", own.place, own.message)).unwrap();
        insta::assert_snapshot!(told("project DEMO"), @"9: there is `DEMO`, but an operator such as =, IN or IS is expected");
        insta::assert_snapshot!(told("project ="), @"10: the query ends, but a value is expected");
        insta::assert_snapshot!(told("project = A and"), @"16: the query ends, but a field is expected");
        insta::assert_snapshot!(told("project = A B = C"), @"13: there is `B`, but AND, OR, ORDER BY or the end is expected");
        insta::assert_snapshot!(told("(project = A"), @"13: the query ends, but AND, OR or a closing bracket is expected");
        insta::assert_snapshot!(told("project = A)"), @"12: there is `)`, but AND, OR, ORDER BY or the end is expected");
        insta::assert_snapshot!(told("ä = \"A"), @"5: the quote is not closed");
        insta::assert_snapshot!(told("project in ()"), @"13: there is `)`, but a value is expected");
        insta::assert_snapshot!(told("project in (A B)"), @"15: there is `B`, but a comma or a closing bracket is expected");
        insta::assert_snapshot!(told("project = and x = 1"), @"11: there is `and`, but a value is expected");
        insta::assert_snapshot!(told("a = 1 order key"), @"13: there is `key`, but BY is expected");
        insta::assert_snapshot!(told("a = f(,)"), @"7: there is `,`, but an argument of the function is expected");
        insta::assert_snapshot!(told("a = 1 order by"), @"15: the query ends, but a field is expected");
    }
}
