//! Users and groups are found, made and deleted.

use crate::areas::people::{self, User};
use crate::site::{Call, Refusal};

/// Returns the user whom a request names: by account id on Cloud, by name on Data Center.
pub(super) fn user(call: &Call<'_>, handle: &str) -> Result<Option<User>, Refusal> {
    let people = call.site.people()?;
    let is_meant = |one: &&User| one.handle(call.site.options.edition) == handle;
    Ok(people.all().iter().find(is_meant).cloned())
}

/// Returns the user of a key or, on Data Center, of a name.
pub(super) fn user_or_key(call: &Call<'_>, handle: &str) -> Result<Option<User>, Refusal> {
    let people = call.site.people()?;
    let by_key = people.all().iter().find(|one| one.key == handle).cloned();
    Ok(if by_key.is_some() { by_key } else { user(call, handle)? })
}

/// Returns the name of the group that a request names.
pub(super) fn group(call: &Call<'_>, handle: &str, is_id: bool) -> Result<Option<String>, Refusal> {
    let names = people::group_names(call.site)?;
    let is_meant = |name: &String| if is_id { people::group_id(name) == handle } else { name == handle };
    Ok(names.into_iter().find(is_meant))
}
