//! What a merge looks like to people: what is in dispute, how it is marked, and what becomes of lists.

use std::fs;

use pcfg::diff;
use pcfg::merge::{Merged, merge};
use pcfg::model::{Cause, Config, Sides};
use pcfg::xml::{self, regions};

use crate::env::{Env, testdata};
use crate::merge::{clean, parse, problems, written};

fn small() -> String {
    fs::read_to_string(testdata("valid/small.xml")).unwrap()
}

/// Merges what two sides make of the small configuration by replacing text.
fn sides(ours: &[(&str, &str)], theirs: &[(&str, &str)]) -> Merged {
    let side = |changes: &[(&str, &str)]| {
        changes.iter().fold(small(), |text, (from, to)| {
            assert!(text.contains(from), "{from}");
            text.replacen(from, to, 1)
        })
    };
    merge(Some(&parse(&small())), &parse(&side(ours)), &parse(&side(theirs)))
}

/// Returns the lines of a text that hold a conflict, and two around each.
fn around_conflicts(merged: Merged) -> String {
    let Merged::Disputed(disputed) = merged else { panic!("no conflict: {merged:#?}") };
    let text = written(&disputed);
    let mut shown = String::new();
    for region in regions(&text) {
        let line = text[..region.whole.start].matches('\n').count();
        let lines = text[region.whole.clone()].lines().count();
        for line in text.lines().skip(line - 1).take(lines + 2) {
            shown.push_str(line);
            shown.push('\n');
        }
        shown.push_str("--\n");
    }
    shown
}

const VERSION: &str = "        <version>
          <sequence>2</sequence>
          <name>1.1</name>
        </version>\n";

fn version(sequence: usize, name: &str) -> String {
    VERSION.replace('2', &sequence.to_string()).replace("1.1", name)
}

#[test]
fn additions_of_both_sides_stay_and_are_numbered() {
    let (two, three) = (format!("{VERSION}{}", version(3, "3.0")), format!("{VERSION}{}", version(3, "2.0")));
    let merged = clean(sides(&[(VERSION, &two)], &[(VERSION, &three)]));
    let text = xml::to_string(&merged);
    let expected = format!("{VERSION}{}{}", version(3, "2.0"), version(4, "3.0"));
    assert!(text.contains(&expected), "{text}");
    assert_eq!(problems(&merged), Vec::<String>::new());
}

#[test]
fn the_smallest_elements_are_in_dispute() {
    let merged = sides(
        &[("<email>alice@example.com", "<email>a@example.com"), ("<name>Test &amp; Demo", "<name>One")],
        &[("<email>alice@example.com", "<email>b@example.com"), ("<fullName>Alice Example", "<fullName>A")],
    );
    insta::assert_snapshot!(around_conflicts(merged), @"
          <fullName>A</fullName>
    <<<<<<< ours
          <email>a@example.com</email>
    ||||||| base
          <email>alice@example.com</email>
    =======
          <email>b@example.com</email>
    >>>>>>> theirs
        </user>
    --
    ");
}

#[test]
fn what_one_side_removed_and_the_other_changed_is_in_dispute() {
    let without = [(VERSION, "")];
    let merged =
        sides(&without, &[("<name>1.1</name>", "<name>1.1</name>\n          <description>x</description>")]);
    insta::assert_snapshot!(around_conflicts(merged), @"
            </version>
    <<<<<<< ours
    ||||||| base
            <version>
              <sequence>2</sequence>
              <name>1.1</name>
            </version>
    =======
            <version>
              <sequence>2</sequence>
              <name>1.1</name>
              <description>x</description>
            </version>
    >>>>>>> theirs
          </versions>
    --
    ");
}

const CLOSED: &str = "    <status>
      <name>Closed</name>
      <category>done</category>
    </status>\n";

#[test]
fn what_one_side_removed_and_the_other_newly_uses_is_in_dispute() {
    let bug = "    <issueType>
      <name>Bug</name>
    </issueType>\n";
    let unused = parse(&small().replace("<defaultType>Bug</defaultType>\n      <issueType position=\"1\">Bug</issueType>\n      <issueType subtask=\"true\" position=\"2\">Part", "<issueType subtask=\"true\" position=\"1\">Part"));
    let without = parse(&xml::to_string(&unused).replace(bug, ""));
    let using = parse(&xml::to_string(&unused).replace(
        "<issueType subtask=\"true\" position=\"1\">Part</issueType>",
        "<issueType position=\"1\">Bug</issueType>\n      <issueType subtask=\"true\" position=\"2\">Part</issueType>",
    ));
    let Merged::Disputed(disputed) = merge(Some(&unused), &without, &using) else { panic!("no conflict") };
    let [conflict] = disputed.conflicts()[..] else { panic!("{disputed:#?}") };
    assert!(matches!(conflict.cause, Cause::Used(_)), "{:?}", conflict.cause);
    insta::assert_snapshot!(around_conflicts(Merged::Disputed(disputed)), @"
      <issueTypes>
    <<<<<<< ours
    ||||||| base
        <issueType>
          <name>Bug</name>
        </issueType>
    =======
        <issueType>
          <name>Bug</name>
        </issueType>
    >>>>>>> theirs
        <issueType>
    --
    ");
}

#[test]
fn a_place_that_both_sides_changed_differently_is_in_dispute() {
    let third = version(3, "1.2");
    let base = small().replace(VERSION, &format!("{VERSION}{third}"));
    let numbered = |names: [&str; 3]| {
        let mut text = base.clone();
        for (place, name) in names.iter().enumerate() {
            for old in 1..=3 {
                text = text.replace(&version(old, name), &version(place + 11, name));
            }
        }
        parse(
            &text
                .replace("<sequence>11<", "<sequence>1<")
                .replace("<sequence>12<", "<sequence>2<")
                .replace("<sequence>13<", "<sequence>3<"),
        )
    };
    let merged =
        merge(Some(&parse(&base)), &numbered(["1.1", "1.0", "1.2"]), &numbered(["1.0", "1.2", "1.1"]));
    insta::assert_snapshot!(around_conflicts(merged), @"
            <version>
    <<<<<<< ours
              <sequence>1</sequence>
    ||||||| base
              <sequence>2</sequence>
    =======
              <sequence>3</sequence>
    >>>>>>> theirs
              <name>1.1</name>
    --
            <version>
    <<<<<<< ours
              <sequence>2</sequence>
    ||||||| base
              <sequence>1</sequence>
    =======
              <sequence>1</sequence>
    >>>>>>> theirs
              <name>1.0</name>
    --
            <version>
    <<<<<<< ours
              <sequence>3</sequence>
    ||||||| base
              <sequence>3</sequence>
    =======
              <sequence>2</sequence>
    >>>>>>> theirs
              <name>1.2</name>
    --
    ");
}

#[test]
fn a_line_of_equals_signs_is_no_mark() {
    let text = |own: &str| format!("Line one\n=======\n{own}");
    let merged = sides(&[("Line one\n", &text("a\n"))], &[("Line one\n", &text("b\n"))]);
    insta::assert_snapshot!(around_conflicts(merged), @"
          <name>Test &amp; Demo</name>
    <<<<<<<< ours
          <description>Line one
    =======
    a
    line two &lt;b>bold&lt;/b></description>
    |||||||| base
          <description>Line one
    line two &lt;b>bold&lt;/b></description>
    ========
          <description>Line one
    =======
    b
    line two &lt;b>bold&lt;/b></description>
    >>>>>>>> theirs
          <lead>alice</lead>
    --
    ");
}

/// Makes a board whose columns (or card colours, which have no name) are called as the letters say.
fn columns(letters: &str) -> Config {
    let columns: String =
        letters.chars().map(|letter| format!("<column><name>{letter}</name></column>")).collect();
    let board = format!("<name>B</name><type>kanban</type><columns>{columns}</columns>");
    let board =
        format!("<scrumKanbanBoards><scrumKanbanBoard>{board}</scrumKanbanBoard></scrumKanbanBoards>");
    parse(&format!("<projectConfig formatVersion=\"1\"><projects/>{board}</projectConfig>"))
}

#[test]
fn kept_orders_merge_pair_by_pair() {
    let merged = |base, ours, theirs| merge(Some(&columns(base)), &columns(ours), &columns(theirs));
    assert_eq!(clean(merged("abcd", "bcda", "abcdx")), columns("bcdax"));
    assert_eq!(clean(merged("abcd", "bacd", "abdc")), columns("badc"));
    assert_eq!(clean(merged("abc", "axbc", "abcy")), columns("axbcy"));
    assert_eq!(clean(merged("abc", "ac", "abxc")), columns("axc"));
    insta::assert_snapshot!(around_conflicts(merged("abcd", "axcd", "aycd")), @"
            </column>
    <<<<<<< ours
            <column>
              <name>x</name>
            </column>
    ||||||| base
            <column>
              <name>b</name>
            </column>
    =======
            <column>
              <name>y</name>
            </column>
    >>>>>>> theirs
            <column>
    --
    ");
    insta::assert_snapshot!(around_conflicts(merged("abcd", "bacd", "acbd")), @"
          <columns>
    <<<<<<< ours
            <column>
              <name>b</name>
            </column>
            <column>
              <name>a</name>
            </column>
            <column>
              <name>c</name>
            </column>
    ||||||| base
            <column>
              <name>a</name>
            </column>
            <column>
              <name>b</name>
            </column>
            <column>
              <name>c</name>
            </column>
    =======
            <column>
              <name>a</name>
            </column>
            <column>
              <name>c</name>
            </column>
            <column>
              <name>b</name>
            </column>
    >>>>>>> theirs
            <column>
    --
    ");
}

#[test]
fn a_status_of_each_side_is_no_conflict() {
    let other = |name: &str| format!("{CLOSED}{}", CLOSED.replace("Closed", name));
    let merged = clean(sides(&[(CLOSED, &other("Done"))], &[(CLOSED, &other("In review"))]));
    assert!(diff::diff(parse(&small()).root(), merged.root()).len() == 2);
}

/// Git merges text where it has no driver; such a conflict is explained as far as it can be.
#[test]
fn a_conflict_inside_of_a_text_is_found() {
    let env = Env::new();
    let (ours, theirs) = ("line two &lt;b>bold&lt;/b></description>", "line 2</description>");
    let conflict = format!("<<<<<<< main\n{ours}\n=======\n{theirs}\n>>>>>>> topic\n");
    env.write(
        "a.xml",
        small().replace(&format!("{ours}\n"), &conflict).replace("<lead>alice", "<lead>alcie"),
    );
    insta::assert_snapshot!(env.run(&["validate", "a.xml"]), @"
    error[conflict]: /projects/project[TST]/description: a merge left two versions of the text here
       ╭─[a.xml:8:1]
     8 │ <<<<<<< main
       · ────────────
       ╰────
    hint: keep what is right, and delete the lines with <<<<<<<, ======= and >>>>>>>

    error[dangling]: no user `alcie`
        ╭─[a.xml:13:13]
     13 │       <lead>alcie</lead>
        ·             ─────
        ╰────
    hint: did you mean `alice`?

    --- stderr
    2 errors in 1 file
    --- exit 1
    ");
}

#[test]
fn the_command_merges_files() {
    let env = Env::new();
    env.write("base.xml", small());
    env.write("ours.xml", small().replace("Alice Example", "Alice A."));
    env.write("theirs.xml", small().replace("alice@example.com", "a@example.com"));
    env.write("other.xml", small().replace("Alice Example", "Alice B."));
    insta::assert_snapshot!(env.run(&["merge", "base.xml", "ours.xml", "theirs.xml", "-o", "merged.xml"]), @"--- exit 0");
    let expected = small().replace("Alice Example", "Alice A.").replace("alice@example.com", "a@example.com");
    assert_eq!(env.read("merged.xml"), expected);
    insta::assert_snapshot!(env.run(&["merge", "base.xml", "ours.xml", "other.xml", "-o", "merged.xml"]), @"
    --- stderr
    conflict: /users/user[alice]/fullName
      ours.xml: `Alice A.`
      other.xml: `Alice B.`
    1 conflict
    --- exit 1
    ");
    insta::assert_snapshot!(env.run(&["validate", "merged.xml"]), @"
    error[conflict]: /users/user[alice]/fullName: ours.xml has `Alice A.`, other.xml has `Alice B.`
        ╭─[merged.xml:34:1]
     34 │ <<<<<<< ours.xml
        · ────────────────
        ╰────
    hint: keep what is right, and delete the lines with <<<<<<<, ======= and >>>>>>>

    --- stderr
    1 error in 1 file
    --- exit 1
    ");
    insta::assert_snapshot!(env.run(&["merge", "base.xml", "merged.xml", "other.xml"]), @"
    --- stderr
    error[conflict]: a merge left two versions here
        ╭─[merged.xml:34:1]
     34 │ <<<<<<< ours.xml
        · ────────────────
        ╰────
    hint: resolve the conflict: keep what is right, and delete the lines with <<<<<<<, ======= and >>>>>>>

    error: cannot merge `merged.xml`: it has 1 error
    --- exit 3
    ");
}

/// Makes a group of which a file says so much.
fn group(said: &str) -> Config {
    let group = format!("<groups><group><name>g</name>{said}</group></groups>");
    let users: String = ["a", "b", "c"]
        .iter()
        .map(|name| format!("<user><username>{name}</username><fullName>{name}</fullName></user>"))
        .collect();
    parse(&format!(
        "<projectConfig formatVersion=\"1\"><projects/><users>{users}</users>{group}</projectConfig>"
    ))
}

#[test]
fn a_group_is_empty_if_nothing_is_left_in_it() {
    const EMPTY: &str = "<empty>true</empty>";
    let merged = |base, ours, theirs| {
        let one = merge(Some(&group(base)), &group(ours), &group(theirs));
        let other = merge(Some(&group(base)), &group(theirs), &group(ours));
        assert_eq!(clean(one.clone()), clean(other), "{base} {ours} {theirs}");
        assert_eq!(problems(&clean(one.clone())), Vec::<String>::new(), "{base} {ours} {theirs}");
        clean(one)
    };
    let member = |name: &str| format!("<memberUser>{name}</memberUser>");
    let (a, b, c) = (&*member("a"), &*member("b"), &*member("c"));
    let (ab, ac) = (&*format!("{a}{b}"), &*format!("{a}{c}"));
    // Emptied here, filled there.
    assert_eq!(merged(a, EMPTY, ab), group(b));
    assert_eq!(merged(EMPTY, b, c), group(&format!("{b}{c}")));
    // Each side took what the other left.
    assert_eq!(merged(ab, a, b), group(EMPTY));
    assert_eq!(merged(a, EMPTY, EMPTY), group(EMPTY));
    assert_eq!(merged(ab, EMPTY, ac), group(c));
    // A group that only one side describes is as that side says.
    assert_eq!(merged("", "", a), group(a));
    assert_eq!(merged("", EMPTY, a), group(a));
}

#[test]
fn a_group_that_may_be_empty_is_in_dispute() {
    let text = |own: &str| format!("<description>{own}</description>");
    let merged = merge(Some(&group(&text("x"))), &group("<empty>true</empty>"), &group(&text("y")));
    let Merged::Disputed(disputed) = &merged else { panic!("{merged:#?}") };
    for side in [pcfg::model::Side::Ours, pcfg::model::Side::Theirs] {
        assert_eq!(problems(&disputed.side(side).unwrap()), Vec::<String>::new());
    }
    let told = pcfg::ui::conflicts_text(&disputed.conflicts(), &Sides::default());
    insta::assert_snapshot!(anstream::adapter::strip_str(&told), @"
    conflict: /groups/group[g]/description
      ours: `<empty>`
      theirs: `y`
    ");
    insta::assert_snapshot!(around_conflicts(merged), @"
          <name>g</name>
    <<<<<<< ours
          <empty>true</empty>
    ||||||| base
          <description>x</description>
    =======
          <description>y</description>
    >>>>>>> theirs
        </group>
    --
    ");
}
