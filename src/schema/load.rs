//! Reads the subset of XSD 1.0 that `schema/projectConfig.xsd` uses.
//!
//! A construct outside the subset is an error, never ignored, so that an external validator and pcfg cannot come to
//! disagree unnoticed.

use std::collections::HashMap;

use super::meaning;
use super::simple::{simple, simple_type, with_meaning};
use super::xsd::{Node, Result, fail, parse_document};
use super::{
    Always, Attribute, Belongs, Comparison, Content, DeclId, Declaration, Items, Key, KeyPart, Kind, KindId,
    Otherwise, Reference, Relation, Rule, Schema, Simple, Since, Target, Type, TypeId, Values,
};

/// Reads a document and those that include it, each of which adds a root.
pub(super) fn load(texts: &[&str]) -> Result<Schema> {
    let mut document = Node::default();
    for xsd in texts {
        document.children.extend(parse_document(xsd)?.children);
    }
    let mut loader = Loader::new(&document)?;
    for node in document.all("xs:complexType") {
        loader.complex_type(node)?;
    }
    loader.resolve_names()?;
    loader.resolve_kinds()?;
    loader.resolve_items()?;
    loader.resolve_choices()?;
    loader.resolve_references()?;
    loader.resolve_absence()?;
    loader.add_rules_of_what_stands_alone();
    let schema = loader.schema;
    let problems = super::audit(&schema);
    if problems.is_empty() { Ok(schema) } else { fail(problems.join("; ")) }
}

/// What a declaration says in the document and can be resolved only when all types and kinds are known.
struct Pending<'a> {
    declaration: DeclId,
    node: &'a Node,
}

struct Loader<'a> {
    document: &'a Node,
    simple_types: HashMap<&'a str, Simple>,
    type_ids: HashMap<&'a str, TypeId>,
    pending: Vec<Pending<'a>>,
    schema: Schema,
}

impl<'a> Loader<'a> {
    fn new(document: &'a Node) -> Result<Self> {
        let mut simple_types = HashMap::new();
        simple_types.insert("xs:string", simple("xs:string", "Text.", Values::Any));
        for node in document.all("xs:simpleType") {
            simple_types.insert(node.name()?, simple_type(node)?);
        }
        let mut type_ids = HashMap::new();
        for (index, node) in document.all("xs:complexType").enumerate() {
            type_ids.insert(node.name()?, TypeId(index as u16));
        }
        let known = [
            "xs:include",
            "xs:element",
            "xs:complexType",
            "xs:simpleType",
            "xs:group",
            "xs:attributeGroup",
            "xs:annotation",
        ];
        if let Some(odd) = document.children.iter().find(|child| !known.contains(&child.tag.as_str())) {
            return fail(format!("<{}> is outside the subset", odd.tag));
        }
        let schema =
            Schema { types: Vec::new(), declarations: Vec::new(), kinds: Vec::new(), roots: Vec::new() };
        let mut loader = Self { document, simple_types, type_ids, pending: Vec::new(), schema };
        for root in document.all("xs:element") {
            let root = loader.declaration(root, None, 0, true)?;
            loader.schema.roots.push(root);
        }
        if loader.schema.roots.is_empty() { fail("there is no root element") } else { Ok(loader) }
    }

    fn declaration(
        &mut self,
        node: &'a Node,
        owner: Option<TypeId>,
        place: u16,
        required: bool,
    ) -> Result<DeclId> {
        let id = DeclId(self.schema.declarations.len() as u16);
        self.schema.declarations.push(Declaration {
            name: node.name()?.to_owned(),
            ty: TypeId(0),
            owner,
            place,
            required: required && node.get("minOccurs") != Some("0"),
            items: None,
            kind: None,
            among: None,
            otherwise: None,
            is_listing: node.appinfo("pcfg:listing").is_some(),
            absent: node.appinfo("pcfg:absent").and_then(|own| own.get("means")).map(str::to_owned),
            alias: node.appinfo("pcfg:alias").and_then(|alias| alias.get("name")).map(str::to_owned),
            since: node.appinfo("pcfg:since").map(Since::parse).transpose()?,
            always: node.appinfo("pcfg:always").map(|own| Always::parse(&own.attributes)).transpose()?,
            is_alone: node.appinfo("pcfg:alone").is_some(),
            is_unknown: node.appinfo("pcfg:unknown").is_some(),
            is_lost: node.appinfo("pcfg:lost").is_some(),
            damaged: node.appinfo("pcfg:damaged").map(|own| own.text.trim().to_owned()),
            is_xml: node.appinfo("pcfg:xml").is_some(),
            is_essential: node.appinfo("pcfg:essential").is_some_and(|own| own.get("of").is_none()),
            is_essential_if_new: node
                .appinfo("pcfg:essential")
                .is_some_and(|own| own.get("of") == Some("new")),
            doc: node.doc(),
            example: node.appinfo("pcfg:example").map(|example| example.text.clone()),
        });
        self.pending.push(Pending { declaration: id, node });
        Ok(id)
    }

    fn complex_type(&mut self, node: &'a Node) -> Result<()> {
        let owner = TypeId(self.schema.types.len() as u16);
        let mut attributes = Vec::new();
        let content = if let Some(content) = node.first("xs:simpleContent") {
            let Some(extension) = content.first("xs:extension") else {
                return fail("simpleContent without extension");
            };
            self.attributes(extension, &mut attributes)?;
            let base = self.simple(extension.get("base").unwrap_or_default())?;
            match node.appinfo("pcfg:reference") {
                Some(_) => Content::Reference(Reference {
                    target: Target::Unchecked,
                    weak: false,
                    if_attribute: None,
                    container_attribute: None,
                }),
                None => Content::Leaf(with_meaning(base, node)?),
            }
        } else if let Some(sequence) = node.first("xs:sequence") {
            Content::Children(self.particles(sequence, owner, true)?)
        } else if let Some(choice) = node.first("xs:choice") {
            Content::Choice(self.particles(choice, owner, false)?)
        } else {
            Content::Empty
        };
        self.attributes(node, &mut attributes)?;
        let mut ty =
            Type { name: node.name()?.to_owned(), doc: node.doc(), attributes, content, rules: Vec::new() };
        let infos = node.first("xs:annotation").and_then(|own| own.first("xs:appinfo"));
        for rule in infos.into_iter().flat_map(|own| own.all("pcfg:rule")) {
            ty.rules.push(Rule::parse(&rule.attributes, ty.children(), &self.schema.declarations)?);
        }
        self.schema.types.push(ty);
        Ok(())
    }

    fn particles(&mut self, node: &'a Node, owner: TypeId, required: bool) -> Result<Vec<DeclId>> {
        let mut result = Vec::new();
        self.collect_particles(node, owner, required, &mut result)?;
        Ok(result)
    }

    fn collect_particles(
        &mut self,
        node: &'a Node,
        owner: TypeId,
        required: bool,
        result: &mut Vec<DeclId>,
    ) -> Result<()> {
        for child in &node.children {
            match child.tag.as_str() {
                "xs:element" => {
                    let place = result.len() as u16;
                    result.push(self.declaration(child, Some(owner), place, required)?);
                }
                "xs:group" => {
                    let name = child.get("ref").unwrap_or_default();
                    let group = self.document.all("xs:group").find(|group| group.get("name") == Some(name));
                    let Some(sequence) = group.and_then(|group| group.first("xs:sequence")) else {
                        return fail(format!("there is no group `{name}` with a sequence"));
                    };
                    self.collect_particles(sequence, owner, required, result)?;
                }
                other => return fail(format!("<{other}> is outside the subset")),
            }
        }
        Ok(())
    }

    fn attributes(&self, node: &Node, attributes: &mut Vec<Attribute>) -> Result<()> {
        for child in &node.children {
            match child.tag.as_str() {
                "xs:attribute" => attributes.push(Attribute {
                    name: child.name()?.to_owned(),
                    value: self.simple(child.get("type").unwrap_or_default())?,
                    required: child.get("use") == Some("required"),
                    doc: child.doc(),
                }),
                "xs:attributeGroup" => {
                    let name = child.get("ref").unwrap_or_default();
                    let group =
                        self.document.all("xs:attributeGroup").find(|group| group.get("name") == Some(name));
                    let Some(group) = group else {
                        return fail(format!("there is no attribute group `{name}`"));
                    };
                    self.attributes(group, attributes)?;
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn simple(&self, name: &str) -> Result<Simple> {
        self.simple_types
            .get(name)
            .cloned()
            .map_or_else(|| fail(format!("there is no simple type `{name}`")), Ok)
    }

    /// Gives every declaration its type; an element of a simple type gets a type without attributes.
    fn resolve_names(&mut self) -> Result<()> {
        let mut leaf_types = HashMap::new();
        for pending in &self.pending {
            let name = pending.node.get("type").unwrap_or_default();
            let id = if let Some(id) = self.type_ids.get(name) {
                *id
            } else if let Some(id) = leaf_types.get(name) {
                *id
            } else {
                let value = self.simple(name)?;
                let id = TypeId(self.schema.types.len() as u16);
                self.schema.types.push(Type {
                    name: name.to_owned(),
                    doc: value.doc.clone(),
                    attributes: Vec::new(),
                    content: Content::Leaf(value),
                    rules: Vec::new(),
                });
                leaf_types.insert(name, id);
                id
            };
            self.schema.declarations[usize::from(pending.declaration.0)].ty = id;
        }
        Ok(())
    }

    fn resolve_kinds(&mut self) -> Result<()> {
        for pending in &self.pending {
            let Some(object) = pending.node.appinfo("pcfg:object") else { continue };
            let within =
                object.get("within").unwrap_or_default().split_whitespace().map(str::to_owned).collect();
            let identity = pending
                .node
                .appinfo("pcfg:items")
                .and_then(|items| items.get("identity"))
                .unwrap_or_default();
            let attributes = identity
                .split_whitespace()
                .skip(1)
                .map(|key| key.rsplit(['/', '@']).next().unwrap_or(key).to_owned())
                .collect();
            let name = pending.node.name()?.to_owned();
            let same = self.schema.kinds.iter().position(|kind| kind.name == name);
            let id = KindId(same.unwrap_or(self.schema.kinds.len()) as u16);
            if same.is_none() {
                let words = pending.node.appinfo("pcfg:words").and_then(|words| words.get("one"));
                self.schema.kinds.push(Kind {
                    words: words.map_or_else(|| meaning::words(&name), str::to_owned),
                    name,
                    declaration: pending.declaration,
                    within,
                    attributes,
                    belongs: Belongs::parse(object)?,
                    chosen: object.get("chosen").map(str::to_owned),
                    is_never_renamed: object.get("renamed") == Some("never"),
                });
            }
            self.schema.declarations[usize::from(pending.declaration.0)].kind = Some(id);
        }
        Ok(())
    }

    fn resolve_items(&mut self) -> Result<()> {
        for index in 0..self.pending.len() {
            let Pending { declaration, node } = self.pending[index];
            let repeated = node.get("maxOccurs") == Some("unbounded");
            let Some(items) = node.appinfo("pcfg:items") else {
                if repeated {
                    return fail(format!(
                        "repeated element `{}` does not say how its items relate",
                        node.name()?
                    ));
                }
                continue;
            };
            if !repeated {
                return fail(format!("`{}` says how its items relate, but it is not repeated", node.name()?));
            }
            let keys = |attribute: &str| -> Result<Vec<Key>> {
                let spellings = items.get(attribute).unwrap_or_default().split_whitespace();
                spellings.map(|spelling| self.key(declaration, spelling)).collect()
            };
            let resolved = Items {
                relation: match items.get("relation") {
                    Some("set") => Relation::Set,
                    Some("ordered") => Relation::Ordered,
                    other => return fail(format!("`{}` has the relation {other:?}", node.name()?)),
                },
                identity: keys("identity")?,
                sort: keys("sort")?,
                rank: keys("rank")?.pop(),
                same: keys("same")?.pop(),
            };
            self.schema.declarations[usize::from(declaration.0)].items = Some(resolved);
        }
        Ok(())
    }

    /// Finds the lists of elements that choose one item of a list beside them.
    fn resolve_choices(&mut self) -> Result<()> {
        for Pending { declaration, node } in &self.pending {
            let Some(info) = node.appinfo("pcfg:among") else { continue };
            let list = info.get("list").unwrap_or_default();
            let owner = self.schema.declaration(*declaration).owner;
            let children = owner.map_or(&[][..], |owner| self.schema.ty(owner).children());
            let found = children.iter().copied().find(|&child| self.schema.declaration(child).name == list);
            if found.is_none() {
                return fail(format!("`{}` is among `{list}`, which does not stand beside it", node.name()?));
            }
            self.schema.declarations[usize::from(declaration.0)].among = found;
        }
        Ok(())
    }

    /// Finds what is used where an element is absent.
    fn resolve_absence(&mut self) -> Result<()> {
        for Pending { declaration, node } in &self.pending {
            let Some(info) = node.appinfo("pcfg:otherwise") else { continue };
            let name = info.get("uses").unwrap_or_default();
            let Some(kind) = self.schema.kind_named(name) else {
                return fail(format!("the absence of `{}` means `{name}`, which is no kind", node.name()?));
            };
            let without = info.get("without").map(|tag| {
                let child = self.schema.child(*declaration, tag);
                child.map_or_else(|| fail(format!("`{}` has no `{tag}`", node.name().unwrap_or("?"))), Ok)
            });
            let otherwise = Otherwise { kind, without: without.transpose()? };
            self.schema.declarations[usize::from(declaration.0)].otherwise = Some(otherwise);
        }
        Ok(())
    }

    /// What stands alone (`pcfg:alone`) is a rule like others: where it is, nothing else may be but what tells its parent from others.
    fn add_rules_of_what_stands_alone(&mut self) {
        for Pending { declaration: parent, .. } in &self.pending {
            let Some(alone) = self.schema.alone(*parent) else { continue };
            let rest = self.schema.children(*parent).iter().copied();
            let rest = rest.filter(|own| *own != alone && !self.schema.tells_apart(*parent, *own)).collect();
            let ty = usize::from(self.schema.declaration(*parent).ty.0);
            self.schema.types[ty].rules.push(Rule::alone(alone, rest));
        }
    }

    /// Resolves `a/b`, `a/@b`, `@b`, `.` (the own value) or `*` (everything) from an item.
    fn key(&self, item: DeclId, spelling: &str) -> Result<Key> {
        let mut key = Key {
            spelling: spelling.to_owned(),
            path: Vec::new(),
            part: KeyPart::Value,
            order: Comparison::CodePoint,
        };
        let mut at = item;
        for step in spelling.split('/') {
            match step {
                "." => {}
                "*" => key.part = KeyPart::Whole,
                step => {
                    if let Some(name) = step.strip_prefix('@') {
                        let Some(number) = self.schema.attribute(self.schema.declaration(at).ty, name) else {
                            return fail(format!("key `{spelling}`: there is no attribute `{name}`"));
                        };
                        key.part = KeyPart::Attribute(number);
                    } else {
                        let Some(child) = self.schema.child(at, step) else {
                            return fail(format!("key `{spelling}`: there is no element `{step}`"));
                        };
                        key.path.push(child);
                        at = child;
                    }
                }
            }
        }
        let ty = self.schema.type_of(at);
        key.order = match (key.part, &ty.content) {
            (KeyPart::Attribute(number), _) => ty.attributes[usize::from(number)].value.order.clone(),
            (_, Content::Leaf(value)) => value.order.clone(),
            _ => Comparison::CodePoint,
        };
        Ok(key)
    }

    fn resolve_references(&mut self) -> Result<()> {
        for node in self.document.all("xs:complexType") {
            let Some(info) = node.appinfo("pcfg:reference") else { continue };
            let id = self.type_ids[node.name()?];
            let kind = |name: &str| -> Result<KindId> {
                self.schema.kind_named(name).map_or_else(|| fail(format!("there is no kind `{name}`")), Ok)
            };
            let attribute = |name: &str| -> Result<Option<u8>> {
                match info.get(name) {
                    None => Ok(None),
                    Some(attribute) => self.schema.attribute(id, attribute).map_or_else(
                        || {
                            fail(format!(
                                "reference `{}` has no attribute `{attribute}`",
                                node.name().unwrap_or("?")
                            ))
                        },
                        |number| Ok(Some(number)),
                    ),
                }
            };
            let target = if let Some(name) = info.get("to") {
                Target::Kind(kind(name)?)
            } else if let Some(by) = info.get("by") {
                let mut words = by.split_whitespace();
                let sibling = words.next().unwrap_or_default().to_owned();
                let mut kinds = Vec::new();
                for word in words {
                    let Some((value, name)) = word.split_once('=') else { return fail(format!("by=`{by}`")) };
                    kinds.push((value.to_owned(), kind(name)?));
                }
                Target::BySibling { sibling, kinds }
            } else {
                Target::Unchecked
            };
            let reference = Reference {
                target,
                weak: info.get("weak") == Some("true"),
                if_attribute: attribute("ifAttribute")?,
                container_attribute: attribute("containerAttribute")?,
            };
            self.schema.types[usize::from(id.0)].content = Content::Reference(reference);
        }
        Ok(())
    }
}
