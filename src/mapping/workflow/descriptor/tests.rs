//! What a descriptor means, and what it does not.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

use super::*;
use proptest::prelude::*;

use crate::mapping::workflow::render;

fn parsed(content: &str) -> Descriptor {
    Descriptor::parse(&format!("<workflow>{content}</workflow>")).unwrap()
}

fn action(content: &str) -> String {
    format!("<initial-actions><action id='1' name='Go'>{content}</action></initial-actions>")
}

fn result(attributes: &str) -> String {
    let result = format!("<results><unconditional-result {attributes}/></results>");
    format!("{}<steps><step id='5' name='There'/></steps>", action(&result))
}

fn validator(text: &str) -> String {
    action(&format!("<validators>{text}</validators>"))
}

fn conditions(text: &str) -> String {
    action(&format!("<restrict-to>{text}</restrict-to>"))
}

/// Everything that is dropped on purpose: the two descriptors of each line are the same to Jira.
#[test]
fn noise_is_dropped() {
    let a = "<arg name='a'>1</arg>";
    let b = "<arg name='b'>2</arg>";
    let one = "<condition type='class'/>";
    let lines = [
        ("<meta name='jira.updated.date'>1549449390788</meta>".to_owned(), String::new()),
        ("<meta name='jira.update.author.key'>admin</meta>".to_owned(), String::new()),
        ("<meta name='jira.update.author.name'>admin</meta>".to_owned(), String::new()),
        ("<meta name='jira.description'></meta>".to_owned(), String::new()),
        ("<meta name='a'>1</meta><meta name='a'>2</meta>".to_owned(), "<meta name='a'>2</meta>".to_owned()),
        ("<!-- why --> text <?and?>".to_owned(), String::new()),
        ("<global-actions/>".to_owned(), String::new()),
        (
            "<steps><step id='2' name='B'/><step id='1' name='A'/></steps>".to_owned(),
            "<steps><step id='1' name='A'/><step id='2' name='B'/></steps>".to_owned(),
        ),
        (result("step='5' status='Done' old-status='Finished' id='7'"), result("step='5'")),
        (result("step='-1' status='Done'"), result("")),
        (result("step='5' owner='' join=''"), result("step='5'")),
        (
            validator(&format!("<validator type='class' id='3' name=''>{a}{b}</validator>")),
            validator(&format!("<validator type='class'>{b}{a}</validator>")),
        ),
        (
            validator(
                "<validator type='class' negate='false'><arg name='class.name'>\n  a.B\n </arg></validator>",
            ),
            validator("<validator type='class'><arg name='class.name'>a.B</arg></validator>"),
        ),
        (
            conditions(&format!("<conditions type='OR'>{one}</conditions>")),
            conditions(&format!("<conditions>{one}</conditions>")),
        ),
        (
            conditions(&format!(
                "<conditions type='AND'><conditions type='AND'>{one}</conditions>{one}</conditions>"
            )),
            conditions(&format!("<conditions type='AND'>{one}<conditions>{one}</conditions></conditions>")),
        ),
        (conditions("<conditions/>"), action("")),
        (action("").replace("name='Go'", "name='Go' view='' auto='FALSE' finish='false'"), action("")),
    ];
    for (noisy, plain) in lines {
        assert_eq!(parsed(&noisy), parsed(&plain), "{noisy}");
    }
}

/// The two descriptors of each line differ in meaning, and so they do when read.
#[test]
fn meaning_is_kept() {
    let two = "<condition type='class'/><condition type='beanshell'/>";
    let turned = "<condition type='beanshell'/><condition type='class'/>";
    let lines = [
        (result("step='5'"), result("step='-1'")),
        (result("step='5'"), result("step='6' status='Gone'")),
        (result("step='6' status='Gone'"), result("step='6' status='Lost'")),
        (result("step='5'"), result("step='5' split='1'")),
        (result("step='5'"), result("step='5' due-date='1'")),
        (
            conditions(&format!("<conditions type='AND'>{two}</conditions>")),
            conditions(&format!("<conditions type='OR'>{two}</conditions>")),
        ),
        (
            conditions(&format!("<conditions type='OR'>{two}</conditions>")),
            conditions(&format!("<conditions type='OR'>{turned}</conditions>")),
        ),
        (
            conditions("<conditions><condition type='class' negate='yes'/></conditions>"),
            conditions("<conditions><condition type='class'/></conditions>"),
        ),
        (validator("<validator type='class'/>"), validator("<validator/>")),
        (
            validator("<validator type='class'><arg name='a'> 1</arg></validator>"),
            validator("<validator type='class'><arg name='a'>1</arg></validator>"),
        ),
        (action("").replace("name='Go'", "name='Go' auto='true'"), action("")),
        (action("").replace("name='Go'", "name='Go' finish='TRUE'"), action("")),
        (action("").replace("name='Go'", "name='Go' view='x'"), action("")),
        (
            action("<post-functions><function type='class'/></post-functions>"),
            action(
                "<results><unconditional-result><post-functions><function type='class'/></post-functions></unconditional-result></results>",
            ),
        ),
    ];
    for (one, other) in lines {
        assert_ne!(parsed(&one), parsed(&other), "{one}");
    }
    assert!(
        !parsed(&conditions("<conditions type='AND'><condition/><condition/></conditions>")).initial[0]
            .conditions
            .as_ref()
            .unwrap()
            .any
    );
    // OSWorkflow takes a missing type for OR; it is no longer missing when written.
    assert!(
        parsed(&conditions("<conditions><condition/><condition/></conditions>")).initial[0]
            .conditions
            .as_ref()
            .unwrap()
            .any
    );
}

/// All that OSWorkflow knows and Jira never writes.
const ODD: &str = "<?xml version='1.0'?><!DOCTYPE workflow SYSTEM 'http://127.0.0.1:1/none.dtd'>
    <workflow version='2'>
      <meta name='a'> spaces &amp; &lt;b&gt; </meta>
      <registers><register type='class' variable-name='log'><arg name='x'>1</arg></register></registers>
      <trigger-functions><trigger-function id='1'><function type='class'/></trigger-function></trigger-functions>
      <global-conditions><conditions><condition type='class'/></conditions></global-conditions>
      <initial-actions note='i'><action id='1' name='Go' auto='yes' finish='yes' colour='red'>
        <restrict-to>
          <conditions/>
          <conditions type='OR' x='1'><condition type='class' negate='true' y='2'><arg name='a'><![CDATA[<x>]]></arg><z/></condition>
            <conditions type='AND'><condition type='class'/><condition type='class'/></conditions><z/></conditions>
          <conditions><condition type='second'/></conditions><z/>
        </restrict-to>
        <validators><validator name='v' type='class'/><z/></validators>
        <pre-functions><function type='beanshell'><arg name='script'>1 &lt; 2</arg></function></pre-functions>
        <results>
          <result step='9' status='Lost' old-status='x'><conditions><condition type='class'/></conditions>
            <validators><validator type='class'/></validators><z/></result>
          <unconditional-result split='1' owner='${caller}' old-status='x' status='y'>
            <pre-functions><function type='class'/></pre-functions>
            <post-functions><function type='class'><arg name='class.name'> a.B </arg></function></post-functions>
          </unconditional-result>
          <unconditional-result step='-1'/>
        </results>
        <post-functions><function type='class'/></post-functions>
        <z>text <b/> mixed</z>
      </action></initial-actions>
      <steps><step id='1' name='A' kind='k'>
        <external-permissions><permission name='p'><restrict-to/></permission></external-permissions>
        <pre-functions><function type='class'/></pre-functions>
        <actions><action id='2' name='B'/><common-action id='7'/><z/></actions>
        <post-functions><function type='class'/></post-functions>
      </step></steps>
      <splits><split id='1'><unconditional-result step='1'/></split></splits>
      <joins><join id='1'/></joins>
    </workflow>";

#[test]
fn what_has_no_place_is_kept_and_comes_back() {
    let odd = Descriptor::parse(ODD).unwrap();
    let names: Vec<_> = odd.rest.elements.iter().map(|tree| tree.name.as_str()).collect();
    let expected =
        ["registers", "trigger-functions", "global-conditions", "initial-actions", "splits", "joins"];
    assert_eq!(names, expected);
    assert_eq!(odd.rest.attributes, [("version".to_owned(), "2".to_owned())]);
    let names: Vec<_> = odd.initial[0].rest.elements.iter().map(|tree| tree.name.as_str()).collect();
    assert_eq!(names, ["restrict-to", "validators", "results", "z"]);
    assert_eq!(odd.steps[0].rest.elements.len(), 4);
    let text = render(&odd);
    assert_eq!(Descriptor::parse(&text).unwrap(), odd, "{text}");
    for kept in
        ["colour=\"red\"", "split=\"1\"", "owner=\"${caller}\"", "<z>text <b/> mixed</z>", "&lt;x&gt;"]
    {
        assert!(text.contains(kept), "{kept} is in\n{text}");
    }
}

#[test]
fn a_document_of_another_kind_is_refused() {
    assert_eq!(Descriptor::parse("<work/>").unwrap_err(), "the root element is `<work>`, not `<workflow>`");
    assert!(Descriptor::parse("{}").is_err());
}

/// What may stand in an element, and `z`, which may stand nowhere.
const CHILDREN: &[(&str, &[&str])] = &[
    ("workflow", &["meta", "initial-actions", "global-actions", "common-actions", "steps", "splits", "z"]),
    ("initial-actions", &["action", "action", "z"]),
    ("global-actions", &["action", "action", "z"]),
    ("common-actions", &["action", "action", "z"]),
    ("steps", &["step", "step", "step", "z"]),
    ("step", &["meta", "actions", "pre-functions", "post-functions", "z"]),
    ("actions", &["action", "common-action", "z"]),
    (
        "action",
        &["meta", "restrict-to", "validators", "pre-functions", "results", "results", "post-functions", "z"],
    ),
    ("restrict-to", &["conditions", "conditions", "z"]),
    ("conditions", &["condition", "condition", "conditions", "z"]),
    ("results", &["result", "unconditional-result", "z"]),
    ("result", &["conditions", "validators", "pre-functions", "post-functions", "z"]),
    ("unconditional-result", &["conditions", "validators", "pre-functions", "post-functions", "z"]),
    ("validators", &["validator", "z"]),
    ("pre-functions", &["function", "z"]),
    ("post-functions", &["function", "z"]),
    ("condition", &["arg", "arg", "z"]),
    ("validator", &["arg", "arg", "z"]),
    ("function", &["arg", "arg", "z"]),
    ("z", &["arg", "z"]),
];
const ATTRIBUTES: &[&str] =
    &["id", "name", "view", "auto", "finish", "type", "negate", "step", "status", "old-status", "join", "z"];
const VALUES: &[&str] = &[
    "",
    "1",
    "2",
    "-1",
    "class",
    "AND",
    "OR",
    "true",
    "class.name",
    "jira.description",
    " x y ",
    "<&\"\n\t\r",
];

fn any_tree(name: &'static str, depth: u32) -> BoxedStrategy<Tree> {
    let attributes =
        prop::collection::btree_map(prop::sample::select(ATTRIBUTES), prop::sample::select(VALUES), 0..4);
    let inside = CHILDREN.iter().find(|(own, _)| *own == name).map_or(&[][..], |(_, children)| children);
    let children = match inside {
        [] => Just(Vec::new()).boxed(),
        _ if depth == 0 => Just(Vec::new()).boxed(),
        _ => {
            let child = prop::sample::select(inside).prop_flat_map(move |child| any_tree(child, depth - 1));
            prop::collection::vec(child, 0..5).boxed()
        }
    };
    let text = prop::sample::select(VALUES);
    (attributes, children, text)
        .prop_map(move |(attributes, children, text)| {
            let tree = attributes
                .into_iter()
                .fold(Tree::new(name), |tree, (name, value)| tree.attribute(name, value));
            if children.is_empty() { tree.text(text) } else { tree.with(children) }
        })
        .boxed()
}

#[test]
fn what_stands_beside_the_items_of_a_list_stays_in_it() {
    let results = "<unconditional-result old-status=\"Not Done\" status=\"Done\" step=\"-1\"/>";
    let list = format!("<results z=\"1\">{results}<z/><unconditional-result z=\"2\"/></results>");
    let text = format!("<workflow><initial-actions><action>{list}<z/></action></initial-actions></workflow>");
    let rendered = render(&Descriptor::parse(&text).unwrap());
    assert_eq!(rendered.matches("<results").count(), 1, "{rendered}");
    assert_eq!(rendered.matches("<unconditional-result").count(), 2, "{rendered}");
}

proptest! {
    #[test]
    fn whatever_stands_in_a_descriptor_comes_back(tree in any_tree("workflow", 8)) {
        let read = Descriptor::parse(&tree::to_text(&tree)).unwrap();
        let rendered = render(&read);
        prop_assert_eq!(Descriptor::parse(&rendered).unwrap(), read, "{}", rendered);
    }
}
