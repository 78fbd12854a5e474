//! Names quoted for a shell, in commands that messages show.
//!
//! Invariant: a shell takes the word for the name, whatever characters stand in it.

/// Returns a name as a shell takes it, for a command that a message shows.
pub fn shell_word(name: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._/:@+,=%".contains(&byte);
    match !name.is_empty() && name.bytes().all(is_plain) {
        true => name.to_owned(),
        false => format!("'{}'", name.replace('\'', "'\\''")),
    }
}
