//! A tree in which two sides may disagree: what a merge makes, before somebody decides.
//!
//! Invariant: what both sides agree on is an [`Element`] in canonical order; a conflict is data, and holds whole elements
//! of each side, never text with marks.

use super::{Config, Content, Element, Path};
use crate::schema::DeclId;

/// The same thing three times: as both sides had it, and as each has it now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sides<T> {
    /// As it was when the sides parted.
    pub base: T,
    /// As it is here.
    pub ours: T,
    /// As it is there.
    pub theirs: T,
}

/// One of the sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// As it was when the sides parted.
    Base,
    /// As it is here.
    Ours,
    /// As it is there.
    Theirs,
}

impl<T> Sides<T> {
    /// Returns what a side has.
    pub fn of(&self, side: Side) -> &T {
        match side {
            Side::Base => &self.base,
            Side::Ours => &self.ours,
            Side::Theirs => &self.theirs,
        }
    }

    /// Does the same with all three.
    pub fn map<'s, U>(&'s self, mut each: impl FnMut(&'s T) -> U) -> Sides<U> {
        Sides { base: each(&self.base), ours: each(&self.ours), theirs: each(&self.theirs) }
    }
}

impl<T: PartialEq> Sides<T> {
    /// Returns what comes of it where at most one side changed it, or both did the same.
    pub fn agreed(&self) -> Option<&T> {
        if self.ours == self.theirs || self.base == self.theirs {
            Some(&self.ours)
        } else if self.base == self.ours {
            Some(&self.theirs)
        } else {
            None
        }
    }
}

/// A part of a tree that two sides have changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Nothing in it is in dispute.
    Whole(Element),
    /// Something inside it is.
    Open {
        /// The element without what stands inside.
        head: Head,
        /// What stands inside, in canonical order.
        children: Vec<Self>,
    },
    /// The sides want different things here.
    Disputed(Conflict),
}

/// An element without what stands inside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Head {
    /// Both sides want these attributes.
    Agreed(Element),
    /// They want different ones; each list of the conflict holds one element without children.
    Disputed(Conflict),
}

/// Something that the sides want differently.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// Where.
    pub path: Path,
    /// What kind of conflict it is.
    pub cause: Cause,
    /// What each side wants to stand here; nothing where it was not, or was removed.
    pub sides: Sides<Vec<Element>>,
}

/// Why there is a conflict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// Both sides changed it, or added it, differently.
    Changed,
    /// One side removed what the other changed.
    Removed,
    /// Both sides put it into a different order.
    Order,
    /// One side removed what the other, there, newly refers to.
    Used(Path),
}

impl Piece {
    /// Returns what the element is.
    pub fn declaration(&self) -> Option<DeclId> {
        Some(match self {
            Self::Whole(element) | Self::Open { head: Head::Agreed(element), .. } => element.declaration,
            Self::Open { head: Head::Disputed(conflict), .. } | Self::Disputed(conflict) => {
                conflict.any()?.declaration
            }
        })
    }

    /// Returns the elements that stand here if a side gets all that is in dispute.
    fn taken(&self, of: &dyn Fn(&Conflict) -> Vec<Element>) -> Vec<Element> {
        match self {
            Self::Whole(element) => vec![element.clone()],
            Self::Disputed(conflict) => of(conflict),
            Self::Open { head, children } => {
                let head = match head {
                    Head::Agreed(element) => Some(element.clone()),
                    Head::Disputed(conflict) => {
                        of(conflict).into_iter().next().or_else(|| conflict.any().cloned())
                    }
                };
                let Some(head) = head else { return Vec::new() };
                let children = children.iter().flat_map(|child| child.taken(of)).collect();
                vec![Element { content: Content::Children(children), ..head }]
            }
        }
    }

    fn conflicts<'a>(&'a self, found: &mut Vec<&'a Conflict>) {
        match self {
            Self::Whole(_) => {}
            Self::Disputed(conflict) => found.push(conflict),
            Self::Open { head, children } => {
                if let Head::Disputed(conflict) = head {
                    found.push(conflict);
                }
                children.iter().for_each(|child| child.conflicts(found));
            }
        }
    }
}

impl Conflict {
    /// Returns an element of some side.
    pub fn any(&self) -> Option<&Element> {
        let Sides { base, ours, theirs } = &self.sides;
        ours.first().or(theirs.first()).or(base.first())
    }
}

/// A configuration with conflicts in it; there is at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disputed {
    root: Piece,
}

impl Disputed {
    /// Returns the configuration, if there is a conflict in it, and else the tree without any.
    pub fn new(root: Piece) -> Result<Self, Element> {
        match root {
            Piece::Whole(element) => Err(element),
            root => Ok(Self { root }),
        }
    }

    /// Returns the root.
    pub fn root(&self) -> &Piece {
        &self.root
    }

    /// Returns all conflicts, in the order of the file; never none.
    pub fn conflicts(&self) -> Vec<&Conflict> {
        let mut found = Vec::new();
        self.root.conflicts(&mut found);
        found
    }

    /// Returns what comes of it if one side gets all that is in dispute; `None` if that leaves no root.
    pub fn side(&self, side: Side) -> Option<Config> {
        self.root.taken(&|conflict| conflict.sides.of(side).clone()).pop().map(Config::new)
    }

    /// Returns the tree with what either side wants; what may stand once can stand twice in it.
    pub fn both(&self) -> Option<Element> {
        let both = |conflict: &Conflict| [&conflict.sides.ours[..], &conflict.sides.theirs[..]].concat();
        self.root.taken(&both).into_iter().next()
    }
}
