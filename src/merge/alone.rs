//! Elements that say that nothing else is there, as `<empty>` of a group does: they follow from what a merge leaves.
//!
//! Invariant: in what each side would get, such an element never stands beside something else; and where a side described an
//! object and nothing of it is left, it stands.

use super::Merger;
use crate::model::{Cause, Element, Piece, Sides};
use crate::schema::{DeclId, Schema};

impl<'a> Merger<'a, '_> {
    /// Adds or takes out the element that says that nothing else is there. The element around is the innermost one.
    pub(super) fn settle_alone(&self, sides: Sides<Option<&'a Element>>, children: &mut Vec<Piece>) {
        let Some((owner, alone)) =
            sides.ours.and_then(|own| Some((own, self.schema.alone(own.declaration)?)))
        else {
            return;
        };
        let position = children.iter().position(|piece| piece.declaration() == Some(alone));
        let merged = position.map(|at| children.remove(at));
        let is_rest = |declaration: DeclId| {
            declaration != alone && !self.schema.tells_apart(owner.declaration, declaration)
        };
        // What each side would see beside it.
        let mut holds = Sides { base: false, ours: false, theirs: false };
        for piece in children.iter().filter(|piece| piece.declaration().is_some_and(is_rest)) {
            let own = match piece {
                Piece::Disputed(conflict) => conflict.sides.map(|own| !own.is_empty()),
                Piece::Whole(_) | Piece::Open { .. } => Sides { base: true, ours: true, theirs: true },
            };
            holds.base |= own.base;
            holds.ours |= own.ours;
            holds.theirs |= own.theirs;
        }
        let is_described = sides.map(|side| {
            side.is_some_and(|own| {
                own.children().iter().any(|child| child.declaration == alone || is_rest(child.declaration))
            })
        });
        let sample =
            || [sides.ours, sides.theirs].into_iter().flatten().find_map(|own| own.child(alone)).cloned();
        let leaf = |stands: bool| -> Vec<Element> {
            let element = || sample().unwrap_or_else(|| Element::leaf(alone, "true"));
            stands.then(element).into_iter().collect()
        };
        if holds.ours || holds.theirs {
            // A side that has nothing in all that is in dispute wants that nothing stands there.
            let disputed = children.iter_mut().find_map(|piece| match piece {
                Piece::Disputed(conflict) if conflict.any().is_some_and(|own| is_rest(own.declaration)) => {
                    Some(conflict)
                }
                _ => None,
            });
            if let Some(conflict) = disputed {
                if holds.ours != holds.theirs {
                    conflict.cause = Cause::Changed;
                }
                conflict.sides.base.extend(leaf(is_described.base && !holds.base));
                conflict.sides.ours.extend(leaf(is_described.ours && !holds.ours));
                conflict.sides.theirs.extend(leaf(is_described.theirs && !holds.theirs));
            }
            return;
        }
        let piece = match is_described.ours && is_described.theirs {
            true => leaf(true).pop().map(Piece::Whole),
            false => merged,
        };
        if let Some(piece) = piece {
            let place = |declaration| Schema::get().declaration(declaration).place;
            let at = children
                .partition_point(|own| own.declaration().is_some_and(|own| place(own) < place(alone)));
            children.insert(at, piece);
        }
    }
}
