//! Reads a large configuration in pieces, one on each core.
//!
//! Invariant: what comes of it is what one reader reads, to the last byte that is told of a place. A piece is believed if the one before
//! it ended just where it was said to begin, between two objects; where anything is to be said of the file, or a cut was no good, nothing
//! comes of it, and one reader reads the whole.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};

use memchr::memmem;

use super::{Document, MOST_ELEMENTS, OBJECT_DEPTH, Open, Parser};
use crate::model::{Content, Element};
use crate::schema::{self, DeclId, Schema};
use crate::xml::beside::Beside;

/// How large a piece is at least, in bytes: threads take time, too.
const SMALLEST: usize = 1 << 19;
/// More cores do not help: memory is slower than they are.
const MOST: usize = 8;

/// What was read of a piece, and what is open at its end.
struct Piece {
    part: Range<usize>,
    stack: Vec<Open>,
    closed: Vec<Element>,
    root: Option<Element>,
    beside: Beside,
    elements: usize,
}

/// Reads a file in pieces, if it is large enough, canonical enough and right.
pub(super) fn read(source: &str) -> Option<Document> {
    let many = MOST.min(source.len() / SMALLEST);
    // Asking for the cores takes longer than reading a small file.
    let many =
        if many < 2 { 1 } else { many.min(std::thread::available_parallelism().map_or(1, usize::from)) };
    if many < 2 { None } else { read_in(source, many) }
}

/// Reads a file in so many pieces, or fewer.
fn read_in(source: &str, many: usize) -> Option<Document> {
    let root = first_tag(source)?;
    let cuts = cuts(source, many);
    let [first, .., last] = cuts[..] else { return None };
    debug_assert!(first.0 == 0 && last.0 < source.len());
    let ends = cuts.iter().skip(1).map(|(at, _)| *at).chain([source.len()]);
    let is_wanted = AtomicBool::new(true);
    let begun: Vec<_> = cuts.iter().zip(ends).map(|((at, inside), end)| (*at..end, *inside)).collect();
    let pieces: Option<Vec<Piece>> = std::thread::scope(|scope| {
        let threads: Vec<_> = begun
            .into_iter()
            .map(|(part, inside)| {
                let (root, is_wanted) = (&root, &is_wanted);
                scope.spawn(move || piece(source, part, root, inside, is_wanted))
            })
            .collect();
        let ended = threads.into_iter().map(|thread| thread.join());
        ended.map(|read| read.unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
    });
    let inside: Vec<_> = cuts.iter().filter_map(|(_, inside)| *inside).collect();
    joined(pieces?, &inside, MOST_ELEMENTS)
}

/// Returns the start tag of the root.
fn first_tag(source: &str) -> Option<Open> {
    let mut parser = Parser::new(source, None);
    parser.part = 0..memmem::find(source.as_bytes(), b"\n  <")?;
    let is_read = parser.events(&|| false);
    let [root] = &parser.stack[..] else { return None };
    (is_read && parser.problems.is_empty()).then(|| root.clone())
}

/// Returns where pieces begin that are about as large as each other, and which container is open there; the first one begins the file.
fn cuts(source: &str, many: usize) -> Vec<(usize, Option<DeclId>)> {
    let (schema, bytes) = (Schema::get(), source.as_bytes());
    let mut cuts = vec![(0, None)];
    for number in 1..many {
        let from = (bytes.len() / many * number).max(cuts.last().map_or(0, |(at, _)| *at));
        // In canonical form an object ends so.
        let Some(end) = memmem::find(&bytes[from..], b"\n    </") else { break };
        let Some(tag) = memchr::memchr(b'>', &bytes[from + end..]) else { break };
        let at = from + end + tag + 1;
        let Some(container) = container_before(schema, source, at) else { continue };
        if at > cuts.last().map_or(0, |(at, _)| *at) {
            cuts.push((at, Some(container)));
        }
    }
    cuts
}

/// Returns the container whose start tag is the last one before a place, going by how canonical files look.
fn container_before(schema: &Schema, source: &str, at: usize) -> Option<DeclId> {
    let mut until = at;
    loop {
        let tag = memmem::rfind(&source.as_bytes()[..until], b"\n  <")? + 4;
        let name = source[tag..at].split(|character: char| !character.is_ascii_alphanumeric()).next()?;
        if !name.is_empty() {
            return schema.child(schema.root(), name);
        }
        until = tag - 1;
    }
}

/// Reads one piece; `None` if there is anything to say.
fn piece(
    source: &str,
    part: Range<usize>,
    root: &Open,
    inside: Option<DeclId>,
    is_wanted: &AtomicBool,
) -> Option<Piece> {
    let mut parser = Parser::new(source, None);
    parser.part = part;
    if let Some(declaration) = inside {
        parser.root_seen = true;
        parser.stack.extend([root.clone(), Open::before(declaration)]);
    }
    parser.forbidden_characters();
    let is_read = parser.events(&|| !is_wanted.load(Ordering::Relaxed));
    let is_good = is_read && parser.skipped == 0 && parser.problems.is_empty();
    if !is_good {
        // The others need not go on.
        is_wanted.store(false, Ordering::Relaxed);
    }
    let Parser { part, stack, closed, root, beside, elements, .. } = parser;
    is_good.then_some(Piece { part, stack, closed, root, beside, elements })
}

/// Puts together what was read in pieces; `inside` says where all but the first were said to begin.
fn joined(pieces: Vec<Piece>, inside: &[DeclId], most: usize) -> Option<Document> {
    let schema = Schema::get();
    // The root and a container are open in all pieces, and counted where they begin.
    if pieces.iter().map(|piece| piece.elements).sum::<usize>() > most {
        return None;
    }
    let mut beside = None;
    let mut containers: Vec<Element> = Vec::new();
    // The container that was open at the end of the last piece, and what it holds so far.
    let mut open: Option<(Open, Vec<Element>)> = None;
    let number = pieces.len();
    for (position, mut piece) in pieces.into_iter().enumerate() {
        let mut own = std::mem::take(&mut piece.closed);
        let last = position + 1 == number;
        let left = if last { None } else { Some(ends_inside(&piece, inside[position])?) };
        beside.get_or_insert(std::mem::take(&mut piece.beside));
        let mut root = None;
        if last {
            let mut whole = piece.root.take()?;
            let Content::Children(children) = &mut whole.content else { return None };
            own = std::mem::take(children);
            root = Some(whole);
        }
        let is_still_open =
            left.as_ref().is_some_and(|left| position > 0 && left.tag.start < piece.part.start);
        if is_still_open {
            open.as_mut()?.1.append(&mut own);
            continue;
        }
        let rest = left.as_ref().map(|left| own.split_off(left.inside));
        let mut own = own.into_iter();
        if let Some((begun, mut children)) = open.take() {
            let Element { declaration, content: Content::Children(mut others), .. } = own.next()? else {
                return None;
            };
            if declaration != begun.declaration {
                return None;
            }
            children.append(&mut others);
            is_whole(schema, begun.declaration, &children).then_some(())?;
            containers.push(Element {
                declaration,
                attributes: begun.attributes.into(),
                content: Content::Children(children),
                start: u32::try_from(begun.tag.start).unwrap_or(crate::model::NOWHERE),
            });
        }
        containers.extend(own);
        open = left.zip(rest);
        if let Some(mut root) = root {
            is_whole(schema, root.declaration, &containers).then_some(())?;
            root.content = Content::Children(containers);
            return Some(Document { root: Some(root), beside: beside?, problems: Vec::new() });
        }
    }
    None
}

/// Returns the container that is open at the end of a piece, if it is the one that the next piece was told, and nothing inside of it is.
fn ends_inside(piece: &Piece, container: DeclId) -> Option<Open> {
    let open = piece.stack.get(OBJECT_DEPTH - 1).filter(|open| open.declaration == container)?;
    (piece.stack.len() == OBJECT_DEPTH).then(|| open.clone())
}

/// Returns whether an element that was read in pieces has what it needs, and nothing twice; each piece has only seen its own.
fn is_whole(schema: &Schema, declaration: DeclId, children: &[Element]) -> bool {
    let schema::Content::Children(allowed) = &schema.type_of(declaration).content else { return false };
    let mut seen = 0_u64;
    for child in children {
        let own = schema.declaration(child.declaration);
        let is_second = seen & (1 << own.place) != 0;
        if is_second && own.items.is_none() {
            return false;
        }
        seen |= 1 << own.place;
    }
    allowed
        .iter()
        .map(|&child| schema.declaration(child))
        .all(|child| !child.required || seen & (1 << child.place) != 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xml::read::finish;

    fn everything() -> String {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/valid/everything.xml");
        std::fs::read_to_string(path).unwrap()
    }

    fn places(element: &Element, places: &mut Vec<u32>) {
        places.push(element.start);
        element.children().iter().for_each(|child| self::places(child, places));
    }

    /// Compares with what one reader reads, places included; returns whether the pieces were believed.
    fn is_same(source: &str, many: usize) -> bool {
        let whole = finish(Parser::new(source, None));
        let Some(pieces) = read_in(source, many) else { return false };
        assert!(whole.problems.is_empty(), "problems are not told: {:?}", whole.problems);
        assert_eq!((&pieces.root, &pieces.beside), (&whole.root, &whole.beside));
        let (mut own, mut theirs) = (Vec::new(), Vec::new());
        places(&pieces.root.unwrap(), &mut own);
        places(&whole.root.unwrap(), &mut theirs);
        assert_eq!(own, theirs, "the elements stand elsewhere");
        true
    }

    #[test]
    fn pieces_are_as_the_whole() {
        let source = everything();
        for many in (2..200).step_by(9) {
            assert!(is_same(&source, many), "{many} pieces");
        }
        // What the root says to others, and that something could not be seen, counts for all pieces.
        let source = source.replacen(
            "<projectConfig ",
            "<projectConfig xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:noNamespaceSchemaLocation=\"a.xsd\" ",
            1,
        );
        assert!(is_same(&source, 7));
    }

    /// Whatever is done to a file, pieces say what the whole says, or nothing.
    #[test]
    fn no_piece_is_believed_that_is_wrong() {
        let source = everything();
        let lines: Vec<&str> = source.lines().collect();
        let mut believed = 0;
        for number in (0..lines.len()).step_by(29) {
            for other in [
                "",
                "    </user>",
                "  </users>",
                "  <users>",
                "</projectConfig>",
                "<!-- -->",
                "<![CDATA[",
                "&",
                "  </users ",
                "    <x/>",
            ] {
                let mut changed = lines.clone();
                if number % 2 == 0 {
                    changed[number] = other;
                } else {
                    changed.insert(number, other);
                }
                believed += usize::from(is_same(&changed.join("\n"), 2 + number % 9));
            }
        }
        assert!(believed > 0, "an empty line changes nothing");
    }

    #[test]
    fn bounds_hold_for_all_pieces_together() {
        let source = everything();
        let root = first_tag(&source).unwrap();
        let cuts = cuts(&source, 2);
        let is_wanted = AtomicBool::new(true);
        let piece = |part: Range<usize>, inside| piece(&source, part, &root, inside, &is_wanted).unwrap();
        let (at, inside) = cuts[1];
        let both = || vec![piece(0..at, None), piece(at..source.len(), inside)];
        let all = both().iter().map(|piece| piece.elements).sum();
        assert_eq!(all, finish(Parser::new(&source, None)).root.map_or(0, |root| count(&root)));
        assert!(joined(both(), &[inside.unwrap()], all).is_some());
        assert!(joined(both(), &[inside.unwrap()], all - 1).is_none());
    }

    fn count(element: &Element) -> usize {
        1 + element.children().iter().map(count).sum::<usize>()
    }
}
