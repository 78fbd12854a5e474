//! Three-way merging of configurations, object by object: two sides that changed different things both get what they want.
//!
//! Pure and driven by the schema: single elements merge as properties, sets by identity or by value, kept orders and ranks
//! as `order` says. Which item is which is the differ's answer ([`crate::diff`]). What both sides changed differently is a
//! conflict, and so is what one side removed and the other newly refers to. Laws: `merge(b, x, b) = x`,
//! `merge(b, x, x) = x`, and exchanging the sides exchanges the sides of the conflicts and changes nothing else.

mod alone;
mod kept;
mod list;
mod majority;
mod order;
mod unseen;

use kept::Kept;

use crate::diff;
use crate::model::{Cause, Config, Conflict, Content, Disputed, Element, Head, Path, Piece, Sides};
use crate::schema::{self, DeclId, Items, KeyPart, Schema};

/// What comes of two sides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Merged {
    /// A configuration, in canonical order.
    Clean(Config),
    /// A configuration in which somebody has to decide something.
    Disputed(Disputed),
}

/// Merges two configurations; without a base, each side added all that it holds.
pub fn merge(base: Option<&Config>, ours: &Config, theirs: &Config) -> Merged {
    if let Some(agreed) = (Sides { base, ours: Some(ours), theirs: Some(theirs) }).agreed() {
        return Merged::Clean(agreed.unwrap_or(ours).clone());
    }
    let (base, ours, theirs) = unseen::as_far_as_seen(base, ours, theirs);
    let (base, ours, theirs) = (base.as_deref().map(Config::root), ours.root(), theirs.root());
    let mut kept = Kept::default();
    loop {
        let merger = Merger { schema: Schema::get(), kept: &kept, way: Vec::new() };
        let (piece, both) = match Disputed::new(merger.root(base, ours, theirs)) {
            Ok(disputed) => {
                let both = disputed.both();
                (Merged::Disputed(disputed), both)
            }
            Err(root) => {
                let config = Config::new(root);
                let both = Some(config.root().clone());
                (Merged::Clean(config), both)
            }
        };
        // What is kept now may itself need something that is gone.
        if !both.is_some_and(|both| kept.add_needed(&both, ours, theirs)) {
            return piece;
        }
    }
}

struct Merger<'a, 'k> {
    schema: &'static Schema,
    kept: &'k Kept,
    /// The elements around, from the root.
    way: Vec<&'a Element>,
}

impl<'a> Merger<'a, '_> {
    fn root(mut self, base: Option<&'a Element>, ours: &'a Element, theirs: &'a Element) -> Piece {
        self.element(base, ours, theirs, None)
    }

    /// Merges an element that both sides have. Where it is an item with a rank, the rank is left as it happens to be.
    fn element(
        &mut self,
        base: Option<&'a Element>,
        ours: &'a Element,
        theirs: &'a Element,
        items: Option<&Items>,
    ) -> Piece {
        let same = |a: &Element, b: &Element| items.map_or_else(|| a == b, |items| is_same(items, a, b));
        if same(ours, theirs) {
            return Piece::Whole(ours.clone());
        }
        if base.is_some_and(|base| same(base, ours)) && !self.kept.holds(ours) {
            return Piece::Whole(theirs.clone());
        }
        if base.is_some_and(|base| same(base, theirs)) && !self.kept.holds(theirs) {
            return Piece::Whole(ours.clone());
        }
        if !diff::has_parts(ours.declaration) {
            let sides = Sides { base, ours: Some(ours), theirs: Some(theirs) };
            return self.conflict(Cause::Changed, sides);
        }
        let rank = items.and_then(|items| items.rank.as_ref());
        let head =
            self.head(Sides { base, ours: Some(ours), theirs: Some(theirs) }, rank.map(|key| key.part));
        let skipped = rank.and_then(|key| key.path.first().copied());
        self.way.push(ours);
        let inside = Sides {
            base: base.map_or(&[][..], Element::children),
            ours: ours.children(),
            theirs: theirs.children(),
        };
        let mut children = self.children(ours.declaration, inside, skipped);
        self.settle_alone(Sides { base, ours: Some(ours), theirs: Some(theirs) }, &mut children);
        self.way.pop();
        close(head, children)
    }

    /// Merges the attributes, all but one that is a rank.
    fn head(&self, sides: Sides<Option<&'a Element>>, rank: Option<KeyPart>) -> Head {
        let any = sides.ours.or(sides.theirs).expect("a side that is merged has the element");
        let mut agreed = Element::parent(any.declaration, Vec::new());
        for number in 0..self.schema.type_of(any.declaration).attributes.len() as u8 {
            if rank == Some(KeyPart::Attribute(number)) {
                continue;
            }
            let values = sides.map(|element| element.and_then(|element| element.attribute(number)));
            match values.agreed() {
                Some(Some(value)) => agreed.set_attribute(number, *value),
                Some(None) => {}
                None => {
                    let head = |element: &Option<&Element>| -> Vec<Element> {
                        let head = |element: &&Element| Element {
                            attributes: element.attributes.clone(),
                            ..Element::parent(element.declaration, Vec::new())
                        };
                        element.iter().map(head).collect()
                    };
                    let path = self.path(any);
                    return Head::Disputed(Conflict { path, cause: Cause::Changed, sides: sides.map(head) });
                }
            }
        }
        Head::Agreed(agreed)
    }

    /// Merges what stands inside an element, all but one child that is a rank.
    fn children(
        &mut self,
        owner: DeclId,
        inside: Sides<&'a [Element]>,
        skipped: Option<DeclId>,
    ) -> Vec<Piece> {
        let schema = self.schema;
        let mut pieces = Vec::new();
        for &declaration in schema.children(owner).iter().filter(|child| Some(**child) != skipped) {
            let own = inside.map(|children| run(children, declaration));
            match &schema.declaration(declaration).items {
                Some(items) => pieces.extend(self.list(items, own)),
                None => pieces.extend(self.single(declaration, own.map(|own| own.first()))),
            }
        }
        pieces
    }

    /// Merges a child that stands at most once.
    fn single(&mut self, declaration: DeclId, sides: Sides<Option<&'a Element>>) -> Option<Piece> {
        let Sides { base, ours, theirs } = sides;
        let held = [ours, theirs].into_iter().flatten().any(|own| self.kept.holds(own));
        if let (Some(agreed), false) = (sides.agreed(), held) {
            return agreed.map(|element| Piece::Whole(element.clone()));
        }
        if let (Some(ours), Some(theirs)) = (ours, theirs) {
            return Some(self.element(base, ours, theirs, None));
        }
        if !is_container(declaration) {
            let used = [ours, theirs].into_iter().flatten().find_map(|own| self.kept.user(own));
            let cause = match used {
                Some(user) if ours == base || theirs == base => Cause::Used(user.clone()),
                _ => Cause::Removed,
            };
            return Some(self.conflict(cause, sides));
        }
        // A container that is not there is as good as an empty one.
        let around = ours.or(theirs)?;
        self.way.push(around);
        let inside = sides.map(|element| element.map_or(&[][..], Element::children));
        let children = self.children(declaration, inside, None);
        self.way.pop();
        let is_there = sides.map(Option::is_some).agreed().copied().unwrap_or(true);
        let head = Head::Agreed(Element::parent(declaration, Vec::new()));
        (is_there || !children.is_empty()).then(|| close(head, children))
    }

    /// Returns a conflict about one element.
    fn conflict(&self, cause: Cause, sides: Sides<Option<&'a Element>>) -> Piece {
        let path = sides.ours.or(sides.theirs).map(|element| self.path(element)).unwrap_or_default();
        let sides = sides.map(|element| element.iter().map(|element| (*element).clone()).collect());
        Piece::Disputed(Conflict { path, cause, sides })
    }

    /// Returns the way to a child of the innermost element.
    fn path(&self, child: &Element) -> Path {
        let mut path = Path::through(self.way.iter().copied());
        match child.content {
            _ if self.way.is_empty() => {}
            Content::Text(_) => path.enter_open(child.declaration, &[]),
            Content::Children(_) => path.enter(child),
        }
        path
    }
}

/// Returns an element, which is whole if all that stands inside is.
fn close(head: Head, children: Vec<Piece>) -> Piece {
    let is_whole = |piece: &Piece| matches!(piece, Piece::Whole(_));
    match head {
        Head::Agreed(head) if children.iter().all(is_whole) => {
            let whole = |piece| if let Piece::Whole(element) = piece { Some(element) } else { None };
            let children = children.into_iter().filter_map(whole).collect();
            Piece::Whole(Element { content: Content::Children(children), ..head })
        }
        head => Piece::Open { head, children },
    }
}

/// Returns whether two items are equal but for the number that only says their place.
fn is_same(items: &Items, a: &Element, b: &Element) -> bool {
    a == b || (items.rank.is_some() && diff::without_rank(items, a) == diff::without_rank(items, b))
}

/// Returns the children of one declaration; they stand together.
fn run(children: &[Element], declaration: DeclId) -> &[Element] {
    let place = |child: &Element| Schema::get().declaration(child.declaration).place;
    let wanted = Schema::get().declaration(declaration).place;
    let from = children.partition_point(|child| place(child) < wanted);
    let length = children[from..].partition_point(|child| place(child) == wanted);
    &children[from..from + length]
}

/// Returns whether an element only holds repeated elements, so that without any of them it says nothing.
fn is_container(declaration: DeclId) -> bool {
    let schema = Schema::get();
    let ty = schema.type_of(declaration);
    let repeated = |child: &DeclId| schema.declaration(*child).items.is_some();
    matches!(&ty.content, schema::Content::Children(children) if children.iter().all(repeated))
        && ty.attributes.is_empty()
}
