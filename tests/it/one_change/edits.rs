//! Changes of a file as people make them, generated from the schema, and what each has to come to by the rules.
//!
//! Invariant: what is expected follows from the schema alone (identity, relation, rank), never from what pcfg does.

use std::collections::BTreeMap;

use pcfg::model::{Content, Element, Identity, counts, follow};
use pcfg::schema::{self, DeclId, Items, Key, KeyPart, Relation, Schema, Target, Values};

/// How many values, references or items are tried at one place.
const VARIANTS: usize = 12;

/// A change of a file.
#[derive(Debug, Clone)]
pub(crate) enum Edit {
    /// An element with another value.
    Value(Element),
    /// An element that is left out.
    LeaveOut,
    /// Two neighbours that change places: by themselves, or by the numbers that say where they stand.
    Swap(Option<Key>),
    /// One item more.
    Further(Element),
    /// A part that the object does not have, and another one has.
    Given(Element),
    /// An object with another identity, in its definition (the part of it here, or none) and in all that refers to it.
    Rename(Identity, Identity, Option<Element>),
}

/// What an edit has to come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expected {
    /// One property is set.
    Set,
    /// One item comes.
    Add,
    /// One item goes.
    Remove,
    /// One item moves.
    Move,
    /// What tells an item from others is another: one goes, one comes.
    Other,
    /// The same for an option, which is never removed, but disabled.
    OtherOption,
    /// One object is made.
    Create,
    /// Objects of one kind get other numbers: two have changed places.
    Places,
    /// A setting beside the objects of a kind changes.
    Setting,
    /// Nothing: whole objects and settings that a file does not mention stay.
    Nothing,
    /// It is refused: another mark of Jira's own objects says that another object is meant.
    Refused,
    /// The object of the new name is made; what refers to it changes; the old one stays.
    Renamed,
}

impl Edit {
    pub(crate) fn in_words(&self) -> &'static str {
        match self {
            Self::Value(_) => "another value",
            Self::LeaveOut => "left out",
            Self::Swap(_) => "two change places",
            Self::Further(_) => "a further one",
            Self::Given(_) => "given a part",
            Self::Rename(..) => "another name",
        }
    }

    /// Makes the change at the last step of the way.
    pub(crate) fn make(&self, root: &mut Element, way: &[usize]) {
        if let Self::Given(part) = self {
            return at_mut(root, way).children_mut().unwrap().push(part.clone());
        }
        let (last, around) = way.split_last().unwrap();
        let children = at_mut(root, around).children_mut().unwrap();
        match self {
            Self::Value(element) => children[*last] = element.clone(),
            Self::LeaveOut => drop(children.remove(*last)),
            Self::Further(item) => children.insert(last + 1, item.clone()),
            Self::Swap(None) => children.swap(*last, last + 1),
            Self::Swap(Some(rank)) => {
                let of = |item: &Element| item.value(rank).unwrap().to_owned();
                let (one, other) = (of(&children[*last]), of(&children[last + 1]));
                children[*last].set_value(rank, &other);
                children[last + 1].set_value(rank, &one);
            }
            Self::Given(_) => unreachable!("made above"),
            Self::Rename(old, new, child) => {
                match child {
                    Some(child) => children[*last] = child.clone(),
                    None => drop(children.remove(*last)),
                }
                rename(root, vec![(old.clone(), new.clone())]);
            }
        }
    }
}

/// Makes references follow; what has the object in its own identity (a filter its owner) is followed in its turn.
fn rename(root: &mut Element, mut waiting: Vec<(Identity, Identity)>) {
    let definitions = |root: &Element| -> Vec<Identity> {
        root.children().iter().flat_map(Element::children).filter_map(Identity::of_definition).collect()
    };
    while let Some((old, new)) = waiting.pop() {
        let before = definitions(root);
        follow(root, &|target| (*target == old).then(|| new.clone()));
        let after = definitions(root);
        waiting.extend(before.into_iter().zip(after).filter(|(before, after)| before != after));
    }
}

fn at_mut<'e>(mut element: &'e mut Element, way: &[usize]) -> &'e mut Element {
    for step in way {
        element = &mut element.children_mut().unwrap()[*step];
    }
    element
}

/// A place in a file: the elements from the root down to the one that is changed, and the number of each in its parent.
pub(crate) struct Spot<'a> {
    pub(crate) line: Vec<&'a Element>,
    pub(crate) way: Vec<usize>,
}

impl<'a> Spot<'a> {
    pub(crate) fn child(&self) -> &'a Element {
        self.line[self.line.len() - 1]
    }

    pub(crate) fn around(&self) -> &'a Element {
        self.line[self.line.len() - 2]
    }

    fn items(&self) -> Option<&'static Items> {
        Schema::get().declaration(self.child().declaration).items.as_ref()
    }

    /// Returns whether this is a child of a container: an object, or a setting beside objects.
    fn is_whole(&self) -> bool {
        self.way.len() == 2
    }

    fn is_object(&self) -> bool {
        self.is_whole() && Identity::of_definition(self.child()).is_some()
    }

    /// Returns the elements below the object down to this one, each with what stands between it and this one.
    fn items_around(&self) -> impl Iterator<Item = (&'static Items, Vec<DeclId>)> {
        let declarations: Vec<DeclId> = self.line.iter().map(|element| element.declaration).collect();
        (2..declarations.len()).filter_map(move |at| {
            let items = Schema::get().declaration(declarations[at]).items.as_ref()?;
            Some((items, declarations[at + 1..].to_vec()))
        })
    }

    /// Returns whether the element only says where an item stands.
    fn is_rank(&self) -> bool {
        let items = Schema::get().declaration(self.around().declaration).items.as_ref();
        let rank = items.and_then(|items| items.rank.as_ref());
        rank.is_some_and(|rank| rank.path == [self.child().declaration])
    }

    /// Returns what another value here has to come to; `None` for the name of an object, which is renamed.
    fn other_value(&self) -> Option<Expected> {
        if self.is_whole() {
            return Some(Expected::Setting);
        }
        if self.child().tag() == "builtIn" {
            return Some(Expected::Refused);
        }
        let other = if self.line.iter().any(|own| own.tag() == "option") {
            Expected::OtherOption
        } else {
            Expected::Other
        };
        for (number, (items, below)) in self.items_around().enumerate() {
            let is_key = items.identity.iter().any(|key| key.part != KeyPart::Whole && key.path == below);
            let is_anonymous = items.identity.iter().any(|key| key.part == KeyPart::Whole);
            match (number, is_key, is_anonymous) {
                (0, true, _) => return None,
                (_, true, _) => return Some(other),
                (_, _, true) if items.relation == Relation::Set => return Some(Expected::Other),
                _ => {}
            }
        }
        Some(Expected::Set)
    }

    fn left_out(&self) -> Option<Expected> {
        let schema = Schema::get();
        let declaration = schema.declaration(self.child().declaration);
        let is_choice =
            matches!(schema.type_of(self.around().declaration).content, schema::Content::Choice(_));
        match self.items() {
            _ if declaration.required || is_choice || self.is_rank() => None,
            _ if self.is_whole() => Some(Expected::Nothing),
            // It is as little an item of its own as another value is.
            _ if self.upper() != Some(Expected::Set) => self.upper(),
            // Jira always has it; a draft that somebody has begun stays; a group that is only named, and a locked field, too.
            _ if self.is_last_always() => Some(Expected::Nothing),
            None if matches!(self.child().tag(), "draft" | "empty" | "locked") => Some(Expected::Nothing),
            Some(_) if self.child().tag() == "option" => Some(Expected::Set),
            Some(_) => Some(Expected::Remove),
            None => Some(Expected::Set),
        }
    }

    /// Returns whether there is nothing of what Jira always has without this one.
    fn is_last_always(&self) -> bool {
        let declaration = self.child().declaration;
        let Some(always) = &Schema::get().declaration(declaration).always else { return false };
        let is_one = |own: &&Element| own.declaration == declaration && counts(always, own);
        is_one(&self.child()) && self.around().children().iter().filter(is_one).count() == 1
    }

    /// Returns what a change inside of the elements around comes to; `None` for a part of the name of an object.
    fn upper(&self) -> Option<Expected> {
        if self.items().is_none() {
            return self.other_value();
        }
        let around = Spot {
            line: self.line[..self.line.len() - 1].to_vec(),
            way: self.way[..self.way.len() - 1].to_vec(),
        };
        if around.is_whole() { Some(Expected::Set) } else { around.other_value() }
    }

    /// Returns the edits that can be made here, each with what it has to come to.
    pub(crate) fn edits(&self, names: &Names) -> Vec<(Edit, Expected)> {
        let mut edits = Vec::new();
        if let Some(expected) = self.other_value().filter(|_| !self.is_rank() && !self.is_object()) {
            let values = names.others(self.child(), self.around());
            edits.extend(values.into_iter().map(|value| (Edit::Value(value), expected)));
        }
        if let Some(expected) = self.left_out() {
            edits.push((Edit::LeaveOut, expected));
        }
        if self.is_object() {
            let parts = Schema::get().children(self.child().declaration).iter();
            let lacking = parts.filter(|part| self.child().child(**part).is_none());
            let parts = lacking.filter_map(|part| names.parts.get(part).cloned());
            edits.extend(parts.map(|part| (Edit::Given(part), Expected::Set)));
        }
        if self.other_value().is_none() {
            edits.extend(self.renames(names));
        }
        let Some(items) = self.items() else { return edits };
        let next = self.around().children().get(self.way[self.way.len() - 1] + 1);
        if next.is_some_and(|next| next.declaration == self.child().declaration) {
            let moved = if self.is_object() { Expected::Places } else { Expected::Move };
            match &items.rank {
                Some(rank) => edits.push((Edit::Swap(Some(rank.clone())), moved)),
                None if items.relation == Relation::Ordered => edits.push((Edit::Swap(None), Expected::Move)),
                None => {}
            }
        }
        let further = match self.upper() {
            _ if self.is_whole() => Some(Expected::Create),
            Some(Expected::Set) => Some(Expected::Add),
            upper => upper,
        };
        if let Some(expected) = further {
            let items = names.further(self.child(), self.around(), items);
            edits.extend(items.into_iter().map(|item| (Edit::Further(item), expected)));
        }
        edits
    }
}

impl Spot<'_> {
    /// Returns the edits that make another object of it: this is a part of its identity.
    fn renames(&self, names: &Names) -> Vec<(Edit, Expected)> {
        let [.., object, child] = &self.line[..] else { return Vec::new() };
        let Some(old) = Identity::of_definition(object) else { return Vec::new() };
        let schema = Schema::get();
        let is_text = |simple: &schema::Simple| simple.values == Values::Any;
        let mut others = match &schema.type_of(child.declaration).content {
            schema::Content::Leaf(simple) if is_text(simple) => {
                vec![Some(Element::leaf(child.declaration, format!("{}2", child.text())))]
            }
            _ => names.others(child, object).into_iter().map(Some).collect(),
        };
        if !schema.declaration(child.declaration).required {
            others.push(None);
        }
        let edit = |other: Option<Element>| {
            let mut object = (*object).clone();
            let children = object.children_mut().unwrap();
            let at = self.way[self.way.len() - 1];
            match &other {
                Some(other) => children[at] = other.clone(),
                None => drop(children.remove(at)),
            }
            Some((Edit::Rename(old.clone(), Identity::of_definition(&object)?, other), Expected::Renamed))
        };
        others.into_iter().filter_map(edit).collect()
    }
}

/// What there is in a file to refer to.
#[derive(Default)]
pub(crate) struct Names {
    objects: BTreeMap<DeclId, Vec<Identity>>,
    /// The texts of references that name no object: system fields.
    plain: BTreeMap<schema::TypeId, Vec<String>>,
    /// An example of each part that stands once and has parts of its own.
    parts: BTreeMap<DeclId, Element>,
}

impl Names {
    pub(crate) fn note(&mut self, element: &Element, siblings: &[Element]) {
        if let Some(identity) = Identity::of_definition(element) {
            self.objects.entry(element.declaration).or_default().push(identity);
        }
        let ty = Schema::get().declaration(element.declaration).ty;
        if Schema::get().declaration(element.declaration).items.is_none()
            && matches!(Schema::get().ty(ty).content, schema::Content::Children(_))
        {
            self.parts.entry(element.declaration).or_insert_with(|| element.clone());
        }
        if matches!(Schema::get().ty(ty).content, schema::Content::Reference(_))
            && Identity::of_reference(element, siblings).is_none()
        {
            self.plain.entry(ty).or_default().push(element.text().to_owned());
        }
    }

    /// Returns an element with other values, the likeliest first.
    fn others(&self, child: &Element, around: &Element) -> Vec<Element> {
        let text = child.text();
        let with = |text: String| Element { content: Content::Text(text.into()), ..child.clone() };
        let ty = Schema::get().declaration(child.declaration).ty;
        match &Schema::get().ty(ty).content {
            schema::Content::Leaf(simple) => match &simple.values {
                // A number in a text stays one, or the value of a number field would be none.
                Values::Any if child.tag() == "fieldOption" => {
                    let all = self
                        .objects
                        .iter()
                        .filter(|(own, _)| Schema::get().declaration(**own).name == "option");
                    let all = all.flat_map(|(_, options)| options).map(|own| own.name().to_owned());
                    distinct(all.filter(|own| own != text).map(with).collect())
                }
                // What is kept as it is stays XML.
                Values::Any if text.starts_with('<') => vec![with(text.replace("\"/>", " too\"/>"))],
                Values::Any => match text.parse::<i64>() {
                    Ok(number) => vec![with((number + 1).to_string()), with(format!("{text} too"))],
                    Err(_) => vec![with(format!("{text} too"))],
                },
                Values::Number => vec![with((text.parse::<i64>().unwrap() + 1).to_string())],
                Values::Date => vec![with("2030-01-31".to_owned())],
                Values::Moment => vec![with("2030-01-31T00:00:00.000Z".to_owned())],
                Values::OneOf(all) => all.iter().filter(|own| *own != text).cloned().map(with).collect(),
                // Only the root has those.
                Values::Parts => Vec::new(),
            },
            schema::Content::Reference(reference) => {
                let plain = || {
                    self.plain.get(&ty).into_iter().flatten().filter(|own| *own != text).cloned().map(with)
                };
                let own = Identity::of_reference(child, around.children());
                let Some(own) = own else { return distinct(plain().collect()) };
                let (Target::Kind(_) | Target::BySibling { .. }) = &reference.target else {
                    return Vec::new();
                };
                let declaration = Schema::get().kind(own.kind).declaration;
                let mut all: Vec<&Identity> = self.objects.get(&declaration).into_iter().flatten().collect();
                // Those that have all but the name in common come first: a field of the same type can stand for another.
                all.sort_by_key(|other| own.fields[1..] != other.fields[1..]);
                let named = all.into_iter().filter(|other| **other != own).map(|other| {
                    let mut element = with(other.name().to_owned());
                    for (attribute, value) in
                        Schema::get().kind(own.kind).attributes.iter().zip(&other.fields[1..])
                    {
                        let Some(number) = Schema::get().attribute(ty, attribute) else { continue };
                        element.attributes.retain(|(own, _)| *own != number);
                        if !value.is_empty() {
                            element.set_attribute(number, value.clone());
                        }
                    }
                    element
                });
                distinct(named.take(VARIANTS).chain(plain()).collect())
            }
            _ => Vec::new(),
        }
    }

    /// Returns items like this one that are not it.
    fn further(&self, item: &Element, around: &Element, items: &Items) -> Vec<Element> {
        let siblings = || around.children().iter().filter(|own| own.declaration == item.declaration);
        let mut copy = item.clone();
        if let Some(rank) = &items.rank {
            let last = siblings().filter_map(|own| own.value(rank)?.parse::<i64>().ok()).max().unwrap_or(0);
            copy.set_value(rank, &(last + 1).to_string());
        }
        // Jira takes no two projects of one name, which is no part of what tells them apart.
        if item.tag() == "project"
            && let Some(name) = copy.children_mut().into_iter().flatten().find(|own| own.tag() == "name")
        {
            name.content = Content::Text(format!("{} 2", name.text()).into());
        }
        let Some(key) = items.identity.first() else { return Vec::new() };
        let mut copies = match (key.part, &key.path[..]) {
            // Without identity an equal one is a further one, where the order counts; else any other value will do.
            (KeyPart::Whole, _) => {
                let mut copies = vec![copy.clone()];
                self.varied(&copy, &mut copies);
                copies
            }
            (_, []) => self.others(&copy, around),
            (_, path) => self.varied_at(&copy, path, siblings()),
        };
        // What it holds may be there once: one that holds nothing can be a further one all the same.
        let bare = copies.iter().filter_map(bare);
        copies.extend(bare.take(1).collect::<Vec<_>>());
        let places = copies.iter().filter(|copy| holds_place(copy)).cloned().collect::<Vec<_>>();
        for place in 2..5 {
            copies.extend(places.iter().cloned().map(|mut copy| {
                put_place(&mut copy, place);
                copy
            }));
        }
        copies
    }

    fn varied_at<'s>(
        &self,
        copy: &Element,
        path: &[DeclId],
        siblings: impl Iterator<Item = &'s Element> + Clone,
    ) -> Vec<Element> {
        let Some(at) = copy.children().iter().position(|own| own.declaration == path[0]) else {
            return Vec::new();
        };
        let child = &copy.children()[at];
        let values = match path {
            [_] => {
                let number = || {
                    siblings.clone().filter_map(|own| own.child(path[0])?.text().parse::<i64>().ok()).max()
                };
                let simple = Schema::get().type_of(child.declaration);
                match (&simple.content, number()) {
                    (schema::Content::Leaf(simple), Some(last)) if simple.values == Values::Number => {
                        vec![Element::leaf(child.declaration, (last + 1).to_string())]
                    }
                    (schema::Content::Leaf(simple), _) if simple.values == Values::Any => {
                        vec![Element::leaf(child.declaration, format!("{}2", child.text()))]
                    }
                    _ => self.others(child, copy),
                }
            }
            [_, rest @ ..] => self.varied_at(child, rest, std::iter::empty()),
            [] => Vec::new(),
        };
        let replaced = values.into_iter().map(|value| {
            let mut copy = copy.clone();
            copy.children_mut().unwrap()[at] = value;
            copy
        });
        replaced.collect()
    }

    /// Adds copies with one other value somewhere inside.
    fn varied(&self, copy: &Element, copies: &mut Vec<Element>) {
        for (at, child) in copy.children().iter().enumerate() {
            let mut inner = self.others(child, copy);
            self.varied(child, &mut inner);
            for value in inner {
                if copies.len() < VARIANTS {
                    let mut copy = copy.clone();
                    copy.children_mut().unwrap()[at] = value;
                    copies.push(copy);
                }
            }
        }
    }
}

fn distinct(elements: Vec<Element>) -> Vec<Element> {
    let mut kept: Vec<Element> = Vec::new();
    for element in elements {
        if !kept.contains(&element) && kept.len() < VARIANTS {
            kept.push(element);
        }
    }
    kept
}

/// Returns a copy of an item without the items that it holds, if it holds any.
fn bare(copy: &Element) -> Option<Element> {
    let mut bare = copy.clone();
    let children = bare.children_mut()?;
    children.retain(|own| Schema::get().declaration(own.declaration).items.is_none());
    (children.len() < copy.children().len()).then_some(bare)
}

/// Returns whether a copy says where it stands, so that it must say it of another place than the first one.
fn holds_place(element: &Element) -> bool {
    element.tag() == "transition"
}

fn put_place(transition: &mut Element, place: usize) {
    for child in transition.children_mut().into_iter().flatten() {
        match child.tag() {
            "position" => child.content = Content::Text(place.to_string().into()),
            "from" => {
                let ty = Schema::get().declaration(child.declaration).ty;
                child.set_attribute(Schema::get().attribute(ty, "position").unwrap(), place.to_string());
            }
            _ => {}
        }
    }
}
