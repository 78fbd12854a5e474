//! What nothing uses goes: found, worked out, looked at as it would be, shown, agreed to and written, as the way back is.
//!
//! Pure. Invariant: nothing else changes. What would be there afterwards is read from the rows, and has to be what is there now without
//! the objects that go.

use super::carry_out::{carried_out, paths_of};
use super::{End, Righted, Seen as _, Shown, Site, User};
use crate::compare::Left;
use crate::model::{Identity, Note};
use crate::plan::ObjectAction;
use crate::select::unused;

/// How it ended.
#[derive(Debug)]
pub enum Pruned {
    /// The place takes no objects away.
    Impossible,
    /// Nothing is unused.
    Nothing,
    /// The data has rows twice, in words.
    StoredTwice(Vec<String>),
    /// Something else would change, in words.
    Changes(Vec<String>),
    /// These would lead to nothing.
    Broken(Vec<Note>),
    /// These issues would have no step, in words.
    Homeless(Vec<String>),
    /// It went as far as this.
    End(End),
}

/// Takes the chosen objects away that nothing uses.
pub fn prune<S: Site>(
    site: &mut S,
    user: &mut dyn User<S>,
    is_chosen: &dyn Fn(&Identity) -> bool,
) -> Result<Pruned, S::Fault> {
    let seen = site.read()?;
    user.sees(&seen)?;
    let Some(tables) = seen.place().rows() else { return Ok(Pruned::Impossible) };
    let now = seen.snapshot();
    let gone = unused(now, &seen.facts(), is_chosen);
    if gone.is_empty() {
        return Ok(Pruned::Nothing);
    }
    let objects: Vec<_> = gone.iter().filter_map(|own| Some((own, &now.objects.get(own)?.element))).collect();
    let (changes, twice) = crate::mapping::removal(tables, &objects);
    if !twice.is_empty() {
        return Ok(Pruned::StoredTwice(
            twice.into_iter().map(|own| format!("{}: {}", own.path, own.message)).collect(),
        ));
    }
    let work = super::Work::Rows(changes);
    let preview = match seen.place().preview(now, &work, &[]) {
        Ok(preview) => preview,
        Err(conflict) => return Ok(Pruned::Changes([conflict.objects, conflict.rows].concat())),
    };
    let other = paths_of(preview.plan.steps.iter().filter(|step| step.action != ObjectAction::Remove));
    let is_whole = |own: &Identity| preview.after.objects.contains_key(own) == gone.contains(own);
    let stays: Vec<String> =
        now.objects.keys().filter(|own| is_whole(own)).map(Identity::to_string).collect();
    if !other.is_empty() || !stays.is_empty() {
        return Ok(Pruned::Changes([other, stays].concat()));
    }
    if !preview.broken.is_empty() {
        return Ok(Pruned::Broken(preview.broken));
    }
    let (_, homeless) = seen.place().left_behind(&work, &Righted::default());
    if !homeless.is_empty() {
        return Ok(Pruned::Homeless(homeless));
    }
    user.is_shown(&seen, Shown::Back(&preview, &[]))?;
    drop(seen);
    let end = carried_out(site, user, preview.proved(Vec::new()), &Left::default(), None)?;
    Ok(Pruned::End(end))
}
