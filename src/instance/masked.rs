//! Texts without the passwords that addresses in them hold, however they are spelled.
//!
//! Invariant: rather too much is hidden than too little. What cannot be understood as an address may be one with a mistake, and
//! its password is a secret all the same.

/// What stands for a password.
const MASK: &str = "***";

/// Returns a word of the command line without the password that an address in it may hold: all of the word is the address, whatever
/// characters stand in it.
pub fn without_password(word: &str) -> String {
    let hidden = authority(word).and_then(|start| {
        let behind = &word[start..];
        // In front of the first `/`, unless that is itself a part of the password.
        let host = behind.split('/').next().unwrap_or_default();
        let is_host = |text: &str| {
            text.rsplit_once(':').is_none_or(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()))
        };
        let is_whole = !is_database(&word[..start]) && (host.contains('@') || is_host(host));
        let end = if is_whole { host.rfind('@') } else { behind.rfind('@') };
        Some((start, start + end?))
    });
    let word = match hidden {
        Some((start, end)) if hides(&word[..start], &word[start..end]) => {
            let user = match is_database(&word[..start]) {
                true => word[start..end].split(':').next().unwrap_or_default(),
                false => MASK,
            };
            format!("{}{user}{}", &word[..start], &word[end..])
        }
        _ => word.to_owned(),
    };
    let word = match authority(&word) {
        Some(start) if is_database(&word[..start]) => without_own_parameters(&word),
        _ => word,
    };
    let word = without_parameters(&word, |character| matches!(character, '?' | '&' | ';' | ' '));
    without_oracle(&word)
}

/// Hides the password of an address of Oracle, as it stands in Jira's `dbconfig.xml`: `jdbc:oracle:thin:USER/PASSWORD@...`.
fn without_oracle(text: &str) -> String {
    const SCHEME: &str = "jdbc:oracle:";
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.to_ascii_lowercase().find(SCHEME) {
        let (before, behind) = rest.split_at(at + SCHEME.len());
        shown.push_str(before);
        let end = behind
            .find(|own: char| own.is_whitespace() || matches!(own, '`' | '"' | '\''))
            .unwrap_or(behind.len());
        let (address, more) = behind.split_at(end);
        match (address.find('/'), address.rfind('@')) {
            (Some(slash), Some(host)) if slash < host => {
                shown.push_str(&format!("{}/{MASK}{}", &address[..slash], &address[host..]));
            }
            _ => shown.push_str(address),
        }
        rest = more;
    }
    shown.push_str(rest);
    shown
}

/// Takes the passwords out of the parameters of an address of a database, which finds it without them.
fn without_own_parameters(address: &str) -> String {
    let Some((place, query)) = address.split_once('?') else { return address.to_owned() };
    let is_shown = |own: &&str| !own.split_once('=').is_some_and(|(name, _)| is_secret(name));
    let shown: Vec<&str> = query.split('&').filter(is_shown).collect();
    match shown.is_empty() {
        true => place.to_owned(),
        false => format!("{place}?{}", shown.join("&")),
    }
}

/// Returns a message without the passwords of addresses in it.
pub fn masked(text: &str) -> String {
    const END: [char; 6] = ['`', '"', '\'', '<', '>', '\n'];
    let ends = |character: char| character.is_whitespace() || END.contains(&character);
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (before, behind) = rest.split_at(at + 3);
        shown.push_str(before);
        let end = behind.find(ends).unwrap_or(behind.len());
        let (address, more) = behind.split_at(end);
        match address.rfind('@') {
            Some(at) if hides(before, &address[..at]) => {
                let name = address[..at].split(':').next().unwrap_or_default();
                let name = if is_database(before) { format!("{name}:") } else { String::new() };
                shown.push_str(&format!("{name}{MASK}{}", &address[at..]));
            }
            _ => shown.push_str(address),
        }
        rest = more;
    }
    shown.push_str(rest);
    let shown =
        without_parameters(&shown, |character| matches!(character, '?' | '&' | ';') || ends(character));
    without_oracle(&shown)
}

/// Returns where the host or the name of the user begins, if a word is an address: behind `://`, and in an address of a database
/// even where the slashes are missing.
fn authority(word: &str) -> Option<usize> {
    if let Some(at) = word.find("://") {
        return Some(at + 3);
    }
    let lower = word.to_ascii_lowercase();
    let found =
        ["postgresql:", "postgres:"].into_iter().find_map(|scheme| Some(lower.find(scheme)? + scheme.len()));
    found.map(|at| at + word[at..].bytes().take_while(|byte| *byte == b'/').count())
}

fn is_database(scheme: &str) -> bool {
    let scheme = scheme.trim_end_matches('/').trim_end_matches(':').to_ascii_lowercase();
    scheme.ends_with("postgres") || scheme.ends_with("postgresql")
}

/// Returns whether what stands in front of an `@` is to be hidden: a name alone is no secret in an address of a database; elsewhere
/// it may be a token.
fn hides(scheme: &str, user: &str) -> bool {
    !user.is_empty() && (user.contains(':') || !is_database(scheme))
}

/// Hides the values of parameters that are passwords by their names, in whatever case and with whatever `%XX`.
fn without_parameters(text: &str, separates: impl Fn(char) -> bool) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('=') {
        let (before, behind) = rest.split_at(at + 1);
        shown.push_str(before);
        // Blanks may stand around it.
        let name = before[..at].trim_end().rsplit(&separates).next().unwrap_or_default();
        rest = behind;
        if is_secret(name) {
            rest = behind.trim_start_matches([' ', '\t']);
            shown.push_str(&behind[..behind.len() - rest.len()]);
            let behind = rest;
            // A value in quotes goes on to the next one.
            let quote = match behind.chars().next() {
                Some(quote @ ('\'' | '"')) => Some(quote),
                Some('{') => Some('}'),
                _ => None,
            };
            let end = match quote.and_then(|quote| behind[1..].find(quote)) {
                Some(end) => end + 2,
                None => behind.find(&separates).unwrap_or(behind.len()),
            };
            if end > 0 {
                shown.push_str(MASK);
            }
            rest = &behind[end..];
        }
    }
    shown.push_str(rest);
    shown
}

/// Returns whether a parameter of that name holds a password.
pub(super) fn is_secret(name: &str) -> bool {
    let name = decoded(name).unwrap_or_else(|| name.to_owned()).to_ascii_lowercase();
    let name = name.trim().trim_start_matches('-');
    ["password", "passwd", "passphrase", "token", "secret"].iter().any(|own| name.ends_with(own))
        || matches!(name, "pass" | "pwd" | "pw")
}

/// Returns the text of an address with its `%XX` resolved; `None` if a `%` has no two digits, or the text is no UTF-8.
pub fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, behind)) = rest.split_first() {
        if first == b'%' {
            let digits = std::str::from_utf8(behind.get(..2)?).ok()?;
            if digits.starts_with('+') {
                return None;
            }
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = &behind[2..];
        } else {
            bytes.push(first);
            rest = behind;
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_shown_without_its_password() {
        for (word, shown) in [
            ("postgres://ada:secret@db/x", "postgres://ada@db/x"),
            ("--into=postgres://ada:sec/r@et@db/x", "--into=postgres://ada@db/x"),
            ("postgres://ada:sec ret@db/x", "postgres://ada@db/x"),
            ("postgres://ada:sec?ret@db/x", "postgres://ada@db/x"),
            ("postgres://ada:sec`re\"t@db/x", "postgres://ada@db/x"),
            ("postgres:ada:secret@db/x", "postgres:ada@db/x"),
            ("POSTGRES:/ada:secret@db/x", "POSTGRES:/ada@db/x"),
            ("jdbc:postgresql://ada:secret@db/x", "jdbc:postgresql://ada@db/x"),
            (
                "jdbc:postgresql://db/x?user=ada&password=secret&ssl=true",
                "jdbc:postgresql://db/x?user=ada&ssl=true",
            ),
            ("postgres://db/x?Password=secret", "postgres://db/x"),
            ("postgres://db/x?p%61ssword=secret&a=b", "postgres://db/x?a=b"),
            ("postgres://db/x?passwd=secret", "postgres://db/x"),
            ("postgres://db/x?user=ada&PASSWORD = secret", "postgres://db/x?user=ada"),
            ("postgres://db/x?pwd=secret", "postgres://db/x"),
            ("jdbc:oracle:thin:ada/secret@//db:1521/x", "jdbc:oracle:thin:ada/***@//db:1521/x"),
            ("jdbc:oracle:thin:ada/sec/r@et@db:1521:x", "jdbc:oracle:thin:ada/***@db:1521:x"),
            ("jdbc:oracle:thin:@//db:1521/x", "jdbc:oracle:thin:@//db:1521/x"),
            (
                "jdbc:sqlserver://db;user=ada;Password={sec;ret};encrypt=true",
                "jdbc:sqlserver://db;user=ada;Password=***;encrypt=true",
            ),
            ("host=db password=secret user=ada", "host=db password=*** user=ada"),
            ("host=db password='sec ret' user=ada", "host=db password=*** user=ada"),
            ("https://ada:p@ss@jira.example.com/x@y", "https://***@jira.example.com/x@y"),
            ("https://ada:sec/ret@jira.example.com/x", "https://***@jira.example.com/x"),
            ("http://localhost:8080/a@b", "http://localhost:8080/a@b"),
            ("https://token@jira.example.com/x", "https://***@jira.example.com/x"),
            ("postgres://ada@db/x?passfile=/a", "postgres://ada@db/x?passfile=/a"),
            ("file:///a@b", "file:///a@b"),
            ("demo.xml", "demo.xml"),
            ("--map=a.toml", "--map=a.toml"),
        ] {
            assert_eq!(without_password(word), shown);
        }
    }

    #[test]
    fn a_message_is_shown_without_passwords() {
        for (message, shown) in [
            ("there is no file `https://ada:secret@db/x`", "there is no file `https://***@db/x`"),
            (
                "url = \"postgres://ada:secret@db/x?Passwd=secret\"",
                "url = \"postgres://ada:***@db/x?Passwd=***\"",
            ),
            (
                "there is no file `jdbc:oracle:thin:a/secret@db:1:x`",
                "there is no file `jdbc:oracle:thin:a/***@db:1:x`",
            ),
            ("write `postgres://USER@HOST/DATABASE`", "write `postgres://USER@HOST/DATABASE`"),
            ("`?password=` and `password-command`", "`?password=` and `password-command`"),
            ("see https://example.com, or ask a@b", "see https://example.com, or ask a@b"),
        ] {
            assert_eq!(masked(message), shown);
        }
    }
}
