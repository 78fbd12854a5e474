//! The rules that a schema must keep, over and above being XSD.
//!
//! They run whenever a schema is loaded, so a new element that breaks one fails the first test that touches pcfg.

use super::{BUILT_IN, Content, DUPLICATE, DeclId, ESCAPED, KeyPart, PART, Relation, Schema, Target};

/// Returns the rules that a schema breaks, as sentences; empty for a good schema.
pub fn audit(schema: &Schema) -> Vec<String> {
    let mut problems = Vec::new();
    for (number, declaration) in schema.declarations.iter().enumerate() {
        let id = DeclId(number as u16);
        let name = &declaration.name;
        if declaration.doc.is_empty() {
            problems.push(format!("element `{name}` has no documentation"));
        }
        if let Some(items) = &declaration.items {
            if items.identity.is_empty() {
                problems.push(format!("the items of `{name}` have no identity"));
            }
            match items.relation {
                Relation::Set if items.sort.is_empty() => {
                    problems.push(format!("the set `{name}` does not say what it is sorted by"));
                }
                Relation::Ordered if !items.sort.is_empty() => {
                    problems.push(format!("`{name}` keeps its order and is sorted as well"));
                }
                _ => {}
            }
            if items.relation == Relation::Ordered && items.rank.is_some() {
                problems.push(format!(
                    "`{name}` keeps its order, so that a rank would contradict it: sort by it"
                ));
            }
            if items.sort.iter().any(|key| key.part == KeyPart::Whole) {
                problems.push(format!("`{name}` is sorted by everything: name the keys"));
            }
        }
        if declaration.kind.is_some() && schema.attribute(declaration.ty, DUPLICATE).is_none() {
            problems.push(format!("`{name}` defines objects but has no attribute `{DUPLICATE}`"));
        }
        if declaration.is_alone && (declaration.required || declaration.items.is_some()) {
            problems
                .push(format!("`{name}` says that nothing else is there, so it must be optional and single"));
        }
        if (declaration.is_essential || declaration.is_essential_if_new)
            && !matches!(schema.ty(declaration.ty).content, Content::Reference(_))
            && declaration.name != "fieldOption"
        {
            problems.push(format!("`{name}` is essential, but no reference"));
        }
        if declaration.is_unknown
            && (declaration.items.is_none() || schema.attribute(declaration.ty, PART).is_none())
        {
            problems.push(format!(
                "`{name}` holds what is unknown, so it must be repeated and have the attribute `{PART}`"
            ));
        }
        if declaration.is_lost && (declaration.items.is_none() || schema.child(id, "part").is_none()) {
            problems.push(format!("`{name}` says what was lost, so it must be repeated and name the `part`"));
        }
        if declaration.damaged.as_ref().is_some_and(|what| declaration.required || what.is_empty()) {
            problems.push(format!("`{name}` tells of damage, so it must be optional and say what is wrong"));
        }
        if let Some(always) = &declaration.always {
            let child = always.without.as_ref().map(|tag| schema.child(id, tag));
            if declaration.required
                || child.is_some_and(|child| child.is_none() || declaration.items.is_none())
            {
                problems.push(format!("`{name}` cannot always be there as it says"));
            }
        }
        if declaration.since.as_ref().is_some_and(|own| own.what.is_empty()) {
            problems.push(format!("`{name}` does not say what older versions lack"));
        }
        if declaration.otherwise.is_some_and(|own| {
            declaration.required || schema.child(schema.kind(own.kind).declaration, BUILT_IN).is_none()
        }) {
            problems.push(format!("the absence of `{name}` must mean objects with a `{BUILT_IN}`"));
        }
        if let (Some(absent), Content::Leaf(value)) =
            (&declaration.absent, &schema.ty(declaration.ty).content)
            && (declaration.required || !value.accepts(absent))
        {
            problems.push(format!("the absence of `{name}` cannot mean `{absent}`"));
        }
        if let Some(example) = &declaration.example
            && let Content::Leaf(value) = &schema.ty(declaration.ty).content
            && !value.accepts(example)
        {
            problems.push(format!("the example of `{name}` is not {}", value.expectation()));
        }
    }
    for ty in &schema.types {
        if ty.doc.is_empty() {
            problems.push(format!("type `{}` has no documentation", ty.name));
        }
        if ty.children().len() > 64 {
            problems.push(format!("type `{}` has more than 64 children", ty.name));
        }
        let mut names: Vec<_> =
            ty.children().iter().map(|&child| schema.declaration(child).name.as_str()).collect();
        names.sort_unstable();
        if names.windows(2).any(|pair| pair[0] == pair[1]) {
            problems.push(format!("type `{}` has two children of one name", ty.name));
        }
        if let Content::Reference(reference) = &ty.content
            && let Target::Kind(kind) = reference.target
        {
            for attribute in &schema.kind(kind).attributes {
                if !ty.attributes.iter().any(|own| own.name == *attribute) {
                    problems
                        .push(format!("reference `{}` lacks the identity attribute `{attribute}`", ty.name));
                }
            }
            if !ty.attributes.iter().any(|own| is_general(&own.name)) {
                problems.push(format!("reference `{}` lacks the attribute `{DUPLICATE}`", ty.name));
            }
        }
    }
    problems
}

/// Returns whether an attribute belongs to every definition or text, and to no identity.
fn is_general(attribute: &str) -> bool {
    attribute == DUPLICATE || attribute == ESCAPED
}

#[cfg(test)]
mod tests {
    use super::super::{Schema, XSD};

    fn error_of(xsd: &str) -> String {
        Schema::parse(xsd).map(|_| ()).expect_err("the schema must be refused").to_string()
    }

    #[test]
    fn the_built_in_schema_passes() {
        Schema::parse(XSD).expect("the built-in schema loads");
    }

    #[test]
    fn a_repeated_element_must_say_how_its_items_relate() {
        let items = r#"<pcfg:items relation="set" identity="key" sort="key"/>"#;
        assert!(XSD.contains(items));
        assert!(error_of(&XSD.replacen(items, "", 1)).contains("does not say how its items relate"));
        let unsorted = XSD.replacen(items, r#"<pcfg:items relation="set" identity="key"/>"#, 1);
        assert!(error_of(&unsorted).contains("does not say what it is sorted by"));
        let strange = XSD.replacen(items, r#"<pcfg:items relation="list" identity="key" sort="key"/>"#, 1);
        assert!(error_of(&strange).contains("relation"));
        // A diff would tell where an item stands, and not what its rank is: applied to the old, it would not lead to the new.
        let ranked = r#"<pcfg:items relation="set" identity="field" sort="position" rank="position"/>"#;
        assert!(XSD.contains(ranked));
        let both =
            XSD.replacen(ranked, r#"<pcfg:items relation="ordered" identity="field" rank="position"/>"#, 1);
        assert!(error_of(&both).contains("keeps its order, so that a rank would contradict it"));
    }

    #[test]
    fn keys_and_references_must_lead_somewhere() {
        let key = XSD.replacen(r#"sort="username""#, r#"sort="userName""#, 1);
        assert!(error_of(&key).contains("there is no element `userName`"));
        let reference =
            XSD.replacen(r#"<pcfg:reference to="status"/>"#, r#"<pcfg:reference to="state"/>"#, 1);
        assert!(error_of(&reference).contains("there is no kind `state`"));
    }

    #[test]
    fn what_stands_alone_may_be_missing() {
        let optional = r#"name="empty" type="True" minOccurs="0""#;
        assert!(XSD.contains(optional));
        let required = XSD.replacen(optional, r#"name="empty" type="True""#, 1);
        assert!(error_of(&required).contains("`empty` says that nothing else is there"));
    }

    #[test]
    fn a_construct_outside_the_subset_is_refused() {
        let changed = XSD.replacen("<xs:sequence>", "<xs:sequence><xs:any/>", 1);
        assert!(error_of(&changed).contains("outside the subset"));
    }
}
