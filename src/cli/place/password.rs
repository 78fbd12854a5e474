//! Where the password of a database comes from: its address, a command, `PGPASSWORD`, or the password file of PostgreSQL.
//!
//! Invariant: what is found goes into the address, and is never shown.

use std::path::PathBuf;

use super::super::input::files;
use super::secret;
use crate::fault::Fault;
use crate::instance::Address;
use crate::secret::Secret;

/// Gives an address its password, if it has none and there is one.
pub(in crate::cli) fn find(address: &mut Address, command: Option<&[String]>) -> Result<(), Fault> {
    if address.has_password() {
        return Ok(());
    }
    if let Some(command) = command {
        address.set_password(secret::of_command(command, "password-command")?);
        return Ok(());
    }
    #[allow(clippy::disallowed_methods, reason = "this is the command line")]
    let variable = std::env::var("PGPASSWORD").ok().filter(|own| !own.is_empty());
    let password = match variable {
        Some(password) => Some(Secret::new(password)),
        None => of_file(address)?,
    };
    password.into_iter().for_each(|password| address.set_password(password));
    Ok(())
}

/// Looks into the password file: `PGPASSFILE`, or `.pgpass` in the home folder.
fn of_file(address: &Address) -> Result<Option<Secret>, Fault> {
    let login = address.login();
    #[allow(clippy::disallowed_methods, reason = "this is the command line")]
    let variable = |name| std::env::var_os(name).filter(|own| !own.is_empty()).map(PathBuf::from);
    let file = address.pass_file().map(PathBuf::from).or_else(|| match std::env::consts::OS {
        "windows" => variable("APPDATA").map(|data| data.join("postgresql").join("pgpass.conf")),
        _ => variable("HOME").map(|home| home.join(".pgpass")),
    });
    let Some(file) = file.filter(|file| file.is_file()) else { return Ok(None) };
    secret::check(&file, "the password file")?;
    let user = login.user.clone().unwrap_or_else(|| super::who::who().user);
    let database = if login.database.is_empty() { &user } else { &login.database };
    let wanted = [&login.host, &login.port, database, &user];
    let text = files::read_as(&file, files::Kind::Secrets, &|_| Ok(()))?;
    Ok(String::from_utf8_lossy(&text).lines().find_map(|line| of_line(line, wanted)).map(Secret::new))
}

/// Returns the password of a line `host:port:database:user:password`, if the line is about that; `\` stands before a `:` or
/// `\` that is meant literally, and `*` is anything.
fn of_line(line: &str, wanted: [&String; 4]) -> Option<String> {
    if line.starts_with('#') {
        return None;
    }
    let mut fields = vec![String::new()];
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        match character {
            ':' if fields.len() < 5 => fields.push(String::new()),
            '\\' => fields.last_mut()?.extend(characters.next()),
            other => fields.last_mut()?.push(other),
        }
    }
    let password = fields.pop()?;
    let fits =
        fields.len() == 4 && fields.iter().zip(wanted).all(|(own, wanted)| own == "*" || own == wanted);
    fits.then_some(password)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_file_is_read_as_postgresql_reads_it() {
        let wanted = ["db", "5432", "jira", "ada"].map(str::to_owned);
        let of = |line: &str| of_line(line, wanted.each_ref());
        assert_eq!(of(r"db:5432:jira:ada:p\:a\\ss").as_deref(), Some(r"p:a\ss"));
        assert_eq!(of("*:*:*:ada:x:y").as_deref(), Some("x:y"));
        assert_eq!(of("db:5432:jira:bob:x"), None);
        assert_eq!(of("# db:5432:jira:ada:x"), None);
        assert_eq!(of("db:5432"), None);
    }
}
