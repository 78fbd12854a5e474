//! Screens, screen schemes and issue type screen schemes: lenses, by which rows are read and written.

use crate::mapping::ground::context::Context;
use crate::mapping::ground::lens::{DESCRIPTION, Field, Lens, Parts};

/// The operations by number.
const OPERATIONS: [(&str, &str); 3] = [("0", "create"), ("1", "edit"), ("2", "view")];

const FIELDS: Parts = Parts {
    tag: "fieldScreenLayoutItem",
    table: "FieldScreenLayoutItem",
    owner: "fieldscreentab",
    fields: &[Field::OfIssue("field", "fieldidentifier")],
    key: 0,
    without_key: None,
    order: Some(("position", "sequence")),
    second: "`{}` is on the tab twice; the lower one was left out",
};

pub(crate) const SCREEN: Lens = Lens {
    kind: "screen",
    fields: &[
        DESCRIPTION,
        Field::Parts(Parts {
            tag: "screenTab",
            table: "FieldScreenTab",
            owner: "fieldscreen",
            fields: &[Field::Name("name", "name"), Field::Parts(FIELDS)],
            key: 0,
            without_key: None,
            order: Some(("position", "sequence")),
            second: "",
        }),
    ],
};

pub(crate) const SCREEN_SCHEME: Lens = Lens {
    kind: "screenScheme",
    fields: &[
        DESCRIPTION,
        Field::Parts(Parts {
            tag: "mappingOperationsScreens",
            table: "FieldScreenSchemeItem",
            owner: "fieldscreenscheme",
            fields: &[
                Field::Word("operation", "operation", &OPERATIONS),
                Field::Object("screen", "fieldscreen", "screen"),
            ],
            key: 0,
            without_key: None,
            order: None,
            second: "an operation has a second screen; the newer one was left out",
        }),
    ],
};

pub(crate) const ISSUE_TYPE_SCREEN_SCHEME: Lens = Lens {
    kind: "issueTypeScreenScheme",
    fields: &[
        DESCRIPTION,
        Field::Parts(Parts {
            tag: "mappingScreenSchemesIssueTypes",
            table: "IssueTypeScreenSchemeEntity",
            owner: "scheme",
            fields: &[
                Field::AnyObject("issueType", "issuetype", "issueType"),
                Field::Object("screenScheme", "fieldscreenscheme", "screenScheme"),
            ],
            key: 0,
            without_key: Some("defaultScheme"),
            order: None,
            second: "an issue type has a second mapping; the newer one was left out",
        }),
    ],
};

pub(crate) fn read(context: &mut Context<'_>) {
    [SCREEN, SCREEN_SCHEME, ISSUE_TYPE_SCREEN_SCHEME].iter().for_each(|lens| lens.read(context));
}

#[cfg(test)]
mod tests {
    use crate::mapping::{read, tables, written};

    #[test]
    fn tabs_of_one_name_or_of_none_stay_apart() {
        let snapshot = read(&tables(&[
            ("FieldScreen", &[("id", "1"), ("name", "Ecran par défaut")]),
            ("FieldScreen", &[("id", "10000"), ("name", "Own")]),
            ("FieldScreenTab", &[("id", "1"), ("fieldscreen", "10000"), ("sequence", "3"), ("name", "Tab")]),
            ("FieldScreenTab", &[("id", "2"), ("fieldscreen", "10000"), ("sequence", "0"), ("name", "Tab")]),
            ("FieldScreenTab", &[("id", "3"), ("fieldscreen", "10000"), ("sequence", "10")]),
            ("FieldScreenTab", &[("id", "4"), ("fieldscreen", "10000"), ("sequence", "10"), ("name", "")]),
            (
                "FieldScreenLayoutItem",
                &[("id", "1"), ("fieldscreentab", "1"), ("fieldidentifier", "summary"), ("sequence", "7")],
            ),
            (
                "FieldScreenLayoutItem",
                &[("id", "2"), ("fieldscreentab", "1"), ("fieldidentifier", "comment"), ("sequence", "5")],
            ),
            (
                "FieldScreenLayoutItem",
                &[("id", "3"), ("fieldscreentab", "1"), ("fieldidentifier", "comment"), ("sequence", "0")],
            ),
            (
                "FieldScreenLayoutItem",
                &[("id", "4"), ("fieldscreentab", "1"), ("fieldidentifier", "customfield_1")],
            ),
        ]));
        insta::assert_snapshot!(written(&snapshot, "screen"), @r#"
        <screen>
          <name>Ecran par défaut</name>
          <builtIn>default</builtIn>
        </screen>
        <screen>
          <name>Own</name>
          <screenTab duplicate="2">
            <position>1</position>
            <name>Tab</name>
          </screenTab>
          <screenTab>
            <position>2</position>
            <name>Tab</name>
            <fieldScreenLayoutItem>
              <position>1</position>
              <field>comment</field>
            </fieldScreenLayoutItem>
            <fieldScreenLayoutItem>
              <position>2</position>
              <field>summary</field>
            </fieldScreenLayoutItem>
          </screenTab>
          <screenTab>
            <position>3</position>
          </screenTab>
          <screenTab duplicate="2">
            <position>4</position>
          </screenTab>
        </screen>
        "#);
    }

    #[test]
    fn operation_zero_is_create_and_no_operation_is_the_default() {
        let snapshot = read(&tables(&[
            ("FieldScreen", &[("id", "3"), ("name", "A")]),
            ("FieldScreen", &[("id", "10000"), ("name", "B")]),
            ("FieldScreenScheme", &[("id", "1"), ("name", "Schema")]),
            ("FieldScreenScheme", &[("id", "10000"), ("name", "Empty"), ("description", "None")]),
            ("FieldScreenSchemeItem", &[("id", "1"), ("fieldscreenscheme", "1"), ("fieldscreen", "3")]),
            (
                "FieldScreenSchemeItem",
                &[("id", "2"), ("fieldscreenscheme", "1"), ("fieldscreen", "10000"), ("operation", "0")],
            ),
            (
                "FieldScreenSchemeItem",
                &[("id", "3"), ("fieldscreenscheme", "1"), ("fieldscreen", "10000"), ("operation", "2")],
            ),
            (
                "FieldScreenSchemeItem",
                &[("id", "4"), ("fieldscreenscheme", "1"), ("fieldscreen", "77"), ("operation", "1")],
            ),
            (
                "FieldScreenSchemeItem",
                &[("id", "5"), ("fieldscreenscheme", "1"), ("fieldscreen", "3"), ("operation", "9")],
            ),
        ]));
        insta::assert_snapshot!(written(&snapshot, "screenScheme"), @"
        <screenScheme>
          <name>Empty</name>
          <description>None</description>
        </screenScheme>
        <screenScheme>
          <name>Schema</name>
          <builtIn>default</builtIn>
          <mappingOperationsScreens>
            <operation>create</operation>
            <screen>B</screen>
          </mappingOperationsScreens>
          <mappingOperationsScreens>
            <operation>view</operation>
            <screen>B</screen>
          </mappingOperationsScreens>
          <mappingOperationsScreens>
            <screen>A</screen>
          </mappingOperationsScreens>
          <lost>
            <part>mappingOperationsScreens</part>
            <operation>edit</operation>
          </lost>
        </screenScheme>
        ");
        let messages: Vec<&str> = snapshot.notes.iter().map(|note| &*note.message).collect();
        assert_eq!(messages, ["there is no operation 9", "there is no screen 77"]);
    }

    #[test]
    fn a_mapping_without_issue_type_is_the_default_scheme() {
        let snapshot = read(&tables(&[
            ("IssueType", &[("id", "1"), ("name", "Bug")]),
            ("FieldScreenScheme", &[("id", "1"), ("name", "One")]),
            ("FieldScreenScheme", &[("id", "10000"), ("name", "Two")]),
            ("IssueTypeScreenScheme", &[("id", "1"), ("name", "Schema")]),
            ("IssueTypeScreenSchemeEntity", &[("id", "1"), ("scheme", "1"), ("fieldscreenscheme", "1")]),
            (
                "IssueTypeScreenSchemeEntity",
                &[("id", "2"), ("scheme", "1"), ("fieldscreenscheme", "10000"), ("issuetype", "1")],
            ),
            (
                "IssueTypeScreenSchemeEntity",
                &[("id", "3"), ("scheme", "1"), ("fieldscreenscheme", "10000"), ("issuetype", "9")],
            ),
            ("IssueTypeScreenSchemeEntity", &[("id", "4"), ("scheme", "1"), ("fieldscreenscheme", "10000")]),
        ]));
        insta::assert_snapshot!(written(&snapshot, "issueTypeScreenScheme"), @r"
        <issueTypeScreenScheme>
          <name>Schema</name>
          <builtIn>default</builtIn>
          <defaultScheme>One</defaultScheme>
          <mappingScreenSchemesIssueTypes>
            <issueType>Bug</issueType>
            <screenScheme>Two</screenScheme>
          </mappingScreenSchemesIssueTypes>
        </issueTypeScreenScheme>
        ");
    }
}
