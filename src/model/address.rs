//! What can be an e-mail address.

/// Returns whether a text has the form `name@host` or `Somebody <name@host>`.
pub fn is_address(text: &str) -> bool {
    let bare = match text.trim().strip_suffix('>').and_then(|rest| rest.rsplit_once('<')) {
        Some((_, inner)) => inner,
        None => text.trim(),
    };
    let is_part = |part: &str| {
        !part.is_empty()
            && !part.contains(|c: char| c.is_whitespace() || c.is_control() || ",;<>@".contains(c))
    };
    bare.rsplit_once('@').is_some_and(|(name, host)| is_part(name) && is_part(host))
}

#[cfg(test)]
mod tests {
    use super::is_address;

    #[test]
    fn addresses_have_a_name_and_a_host() {
        for good in ["a@b", "jira+x@mail.example.com", "Jira <jira@example.com>", " a@localhost "] {
            assert!(is_address(good), "{good}");
        }
        for bad in ["", "jira", "@example.com", "jira@", "a b@c", "a@b, c@d", "a@b@c", "Jira <jira>", "a@b c"]
        {
            assert!(!is_address(bad), "{bad}");
        }
    }
}
