//! What may go wrong between a file and a target, carried out in memory: an import leads to what was wanted, or is refused.

use std::path::Path;

use pcfg::entity::{EntityId, Row, Tables};
use pcfg::import::{Import, prepare};
use pcfg::mapping;
use pcfg::model::{Config, Severity, Snapshot};
use pcfg::plan::{Mapping, Options, Selector};
use pcfg::select::{self, select};
use pcfg::xml;

use crate::real_data;

/// An instance, and the export of all of it.
pub(crate) struct Target {
    pub(crate) tables: Tables,
    pub(crate) snapshot: Snapshot,
    pub(crate) file: String,
}

pub(crate) fn demo() -> Target {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/backup/demo");
    Target::new(real_data::read(&path).tables)
}

pub(crate) fn config(text: &str) -> Config {
    let document = xml::read(text);
    assert_eq!(document.problems, []);
    let root = document.root.unwrap();
    let errors = pcfg::check::check(&root).into_iter().filter(|own| own.severity == Severity::Error);
    assert_eq!(errors.map(|own| own.message).collect::<Vec<_>>(), [""; 0]);
    Config::new(root)
}

impl Target {
    pub(crate) fn new(tables: Tables) -> Self {
        let mut snapshot = mapping::read(&tables);
        let file = xml::to_string(&select(&mut snapshot, &select::Options::default()).unwrap());
        Self { tables, snapshot, file }
    }

    /// The same with more rows, or other ones of the same ids.
    pub(crate) fn with(mut self, rows: &[(&str, &[(&'static str, &str)])]) -> Self {
        for (entity, values) in rows {
            let entity = EntityId::named(entity);
            let mut row = Row::new(entity);
            values.iter().for_each(|(name, value)| row.put(name, Some(value)));
            self.tables.push(entity, row);
        }
        self.tables.sort();
        // They stand for others, not beside them.
        self.tables.twice.clear();
        Self::new(self.tables)
    }

    pub(crate) fn import(&self, text: &str, options: &Options) -> Import {
        let facts = mapping::facts(&self.tables, &self.snapshot);
        prepare(&self.tables, &self.snapshot, &facts, &config(text), options)
    }

    /// Returns the instance as an import makes it, which has to lead to what was wanted.
    pub(crate) fn after(&self, text: &str, options: &Options) -> Self {
        let import = self.import(text, options);
        let refused = import.plan.refused.iter().flat_map(|own| &own.reasons).map(|own| own.message.clone());
        assert_eq!(refused.collect::<Vec<_>>(), [""; 0]);
        assert!(import.leftover.is_empty(), "{:#?}", shown(&import.leftover));
        let mut tables = self.tables.clone();
        tables.apply(import.work.rows()).unwrap();
        Self::new(tables)
    }

    /// Returns what would be changed, and what would be refused.
    pub(crate) fn planned(&self, text: &str, options: &Options) -> Vec<String> {
        shown(&self.import(text, options).plan)
    }
}

/// Shows a plan in short.
pub(crate) fn shown(plan: &pcfg::plan::Plan) -> Vec<String> {
    let description = plan.describe();
    let mut lines = Vec::new();
    for step in &description.steps {
        let name = format!("{} {}", step.in_words(), step.name);
        match step.action {
            pcfg::plan::ObjectAction::Create => lines.push(format!("+ {name}")),
            _ => lines.extend(step.changes.iter().map(|line| {
                let value = |value: &Option<pcfg::plan::Value>| {
                    value.as_ref().map_or("-".to_owned(), |value| value.inline.clone())
                };
                format!("{} {name}{}: {} -> {}", line.action, line.path, value(&line.old), value(&line.new))
            })),
        }
    }
    for refused in &description.refused {
        lines.extend(refused.reasons.iter().map(|own| format!("! {}: {}", own.code, own.message)));
    }
    lines
}

/// Returns a text with one part replaced, which must be there.
pub(crate) fn edited(text: &str, from: &str, to: &str) -> String {
    assert!(text.contains(from), "the file holds {from}");
    text.replace(from, to)
}

fn mapped(text: &str) -> Options {
    Options { mapping: Mapping::parse(text).unwrap(), ..Options::default() }
}

const HIGH: &str = "    <priority>
      <sequence>1</sequence>
      <name>High</name>
      <iconUrl>/images/icons/priorities/high.svg</iconUrl>
      <statusColor>#EA4444</statusColor>
    </priority>
";

fn priority(place: u32, name: &str) -> String {
    format!(
        "    <priority>\n      <sequence>{place}</sequence>\n      <name>{name}</name>\n    </priority>\n"
    )
}

/// The order of a file's priorities is wanted, whatever stands between them in the target.
#[test]
fn a_new_priority_comes_to_stand_among_those_of_the_target() {
    let other = |id, sequence| [("id", id), ("name", "Other"), ("sequence", sequence)];
    for (own, wanted) in [
        (other("1", "0"), ["Other 0", "High 1", "New 2", "Medium 3"]),
        (other("9", "2"), ["High 1", "Other 2", "New 3", "Medium 4"]),
        (other("9", "3"), ["High 1", "New 2", "Other 3", "Medium 4"]),
        (other("9", "7"), ["High 1", "New 2", "Medium 3", "Other 7"]),
    ] {
        let target = demo().with(&[("Priority", &own)]);
        let file = edited(&demo().file, HIGH, &format!("{HIGH}{}", priority(2, "New")));
        let file = edited(
            &file,
            "<sequence>2</sequence>\n      <name>Medium",
            "<sequence>3</sequence>\n      <name>Medium",
        );
        let after = target.after(&file, &Options::default());
        let rows = after.tables.rows("Priority").iter();
        let mut rows: Vec<(i64, String)> = rows
            .map(|row| {
                (
                    row.number("sequence").unwrap(),
                    format!("{} {}", row.get("name").unwrap(), row.number("sequence").unwrap()),
                )
            })
            .collect();
        rows.sort();
        assert_eq!(rows.into_iter().map(|(_, shown)| shown).collect::<Vec<_>>(), wanted);
        assert_eq!(after.planned(&file, &Options::default()), [""; 0]);
    }
}

/// Minimum changes: places that are in order already are not counted anew.
#[test]
fn priorities_that_are_in_order_keep_their_numbers() {
    let target = demo().with(&[("Priority", &[("id", "1"), ("name", "Highest"), ("sequence", "0")])]);
    assert_eq!(target.planned(&demo().file, &Options::default()), [""; 0]);
}

#[test]
fn a_new_resolution_comes_to_stand_where_the_file_has_it() {
    let target = demo().with(&[("Resolution", &[("id", "1"), ("name", "Fixed"), ("sequence", "0")])]);
    let file = demo().file;
    let new = "    <resolution>\n      <sequence>0</sequence>\n      <name>New</name>\n    </resolution>\n";
    let file = edited(&file, "  <resolutionConfiguration>\n", &format!("  <resolutionConfiguration>\n{new}"));
    let planned = target.planned(&file, &Options::default());
    assert_eq!(
        planned,
        [
            "change resolution Done/sequence: 1 -> 2",
            "+ resolution New",
            "change resolution Won't Do/sequence: 2 -> 3"
        ]
    );
    target.after(&file, &Options::default());
}

/// Two objects of the file cannot become one of the target.
#[test]
fn what_is_mapped_to_a_described_object_is_refused() {
    let file = edited(
        &demo().file,
        "  <issueLinkConfiguration>\n",
        "  <issueLinkConfiguration>\n    <issueLink>\n      <name>Duplicate</name>\n      <outward>duplicates</outward>\n      \
         <inward>is duplicated by</inward>\n    </issueLink>\n",
    );
    let options = mapped("[issueLink]\nDuplicate = { match = \"Blocks\" }\n");
    let import = demo().import(&file, &options);
    assert_eq!(
        shown(&import.plan),
        [
            "! described-twice: `Blocks` and `Duplicate` of the file would all be issue link type `Blocks` of the target"
        ]
    );
    assert_eq!((import.work.rows(), import.leftover.steps.len()), (&[][..], 0));
    // Without the other one it is one object again.
    let options = mapped("[issueLink]\nDuplicate = { match = \"Blocks\" }\nBlocks = \"skip\"\n");
    assert_eq!(
        demo().planned(&file, &options),
        [
            "change issue link type Blocks/outward: blocks -> duplicates",
            "change issue link type Blocks/inward: is blocked by -> is duplicated by"
        ]
    );
    // Two may change their places.
    let both = demo().with(&[(
        "IssueLinkType",
        &[("id", "9"), ("linkname", "Duplicate"), ("outward", "duplicates"), ("inward", "is duplicated by")],
    )]);
    let swap =
        mapped("[issueLink]\nDuplicate = { match = \"Blocks\" }\nBlocks = { match = \"Duplicate\" }\n");
    assert_eq!(both.planned(&file, &swap).len(), 4);
    both.after(&file, &swap);
}

/// The members of a group that the file only refers to are not known, so none of them goes.
#[test]
fn a_group_of_which_the_file_has_only_the_name_keeps_its_members() {
    let file = demo().file;
    let (begin, end) = (file.find("    <group>").unwrap(), file.find("  </groups>").unwrap());
    let with = |group: &str| {
        format!(
            "{}    <group>\n      {group}\n    </group>\n    <group>\n      <name>jira-administrators</name>\n    </group>\n{}",
            &file[..begin],
            &file[end..]
        )
    };
    assert_eq!(demo().planned(&with("<name>developers</name>"), &Options::default()), [""; 0]);
    let update = Options { update_users: true, ..Options::default() };
    assert_eq!(demo().planned(&with("<name>developers</name>"), &update), [""; 0]);
    assert_eq!(
        demo().planned(&with("<name>developers</name><empty>true</empty>"), &update),
        [
            "remove group developers/description: People who write code -> -",
            "remove group developers/memberUser: ada -> -",
            "remove group developers/memberUser: grace -> -",
        ],
        "this one is known to be empty"
    );
    assert_eq!(
        demo().planned(&with("<name>developers</name><empty>true</empty>"), &Options::default()),
        ["remove group developers/description: People who write code -> -"],
        "members of a group that is there go only if the user says so"
    );
}

/// An export tells an empty group from one that is only referred to, so that both come to be what they are.
#[test]
fn an_empty_group_is_created_and_an_unknown_one_is_missing() {
    let mut source = demo();
    let grant = |id, group| {
        [
            ("id", id),
            ("scheme", "0"),
            ("type", "group"),
            ("parameter", group),
            ("permissionKey", "BROWSE_PROJECTS"),
        ]
    };
    let group = [
        ("id", "9"),
        ("groupName", "nobody"),
        ("lowerGroupName", "nobody"),
        ("active", "1"),
        ("type", "GROUP"),
        ("directoryId", "1"),
    ];
    source = source.with(&[("Group", &group), ("SchemePermissions", &grant("9", "nobody"))]);
    assert!(source.file.contains("<name>nobody</name>\n      <empty>true</empty>"), "{}", source.file);
    assert_eq!(source.planned(&source.file, &Options::default()), [""; 0]);
    let after = demo().after(&source.file, &Options::default());
    assert_eq!(after.file, source.file);
    let unknown = demo().with(&[("SchemePermissions", &grant("9", "ghosts"))]);
    let planned = demo().planned(&unknown.file, &Options::default());
    assert_eq!(
        planned[0],
        "! missing-group: there is no group `ghosts` in the target, and the file has only its name"
    );
    assert!(planned[1].starts_with("! needs-refused: it needs group `ghosts`"), "{planned:?}");
}

/// Without users in the file there is nothing to say about members.
#[test]
fn a_file_without_users_changes_no_members() {
    let mut source = demo();
    let options = select::Options { users: select::Users::None, ..Default::default() };
    let file = xml::to_string(&select(&mut source.snapshot, &options).unwrap());
    assert!(!file.contains("<groups>") && file.contains("users=\"none\""), "{file}");
    let member = [
        ("id", "9"),
        ("parentId", "10000"),
        ("childId", "10002"),
        ("membershipType", "GROUP_USER"),
        ("parentName", "developers"),
        ("lowerParentName", "developers"),
        ("childName", "linus"),
        ("lowerChildName", "linus"),
        ("directoryId", "1"),
    ];
    let target = demo().with(&[("Membership", &member)]);
    assert_ne!(target.file, demo().file);
    assert_eq!(target.planned(&file, &Options::default()), [""; 0]);
}

/// Minimum changes 3: dependents get the least number of removals and additions that ends in the file's set, and the rows do,
/// too.
#[test]
fn dependents_change_one_by_one() {
    let file = demo().file;
    let file = edited(
        &file,
        "<memberUser>grace</memberUser>\n    </group>",
        "<memberUser>linus</memberUser>\n    </group>",
    );
    let file =
        edited(&file, "<permission>BROWSE_PROJECTS</permission>", "<permission>ADD_COMMENTS</permission>");
    let import = demo().import(&file, &Options { update_users: true, ..Options::default() });
    assert_eq!(
        shown(&import.plan),
        [
            "remove group developers/memberUser: grace -> -",
            "add group developers/memberUser: - -> linus",
            "remove permission scheme Default Permission Scheme/permissionHolder: permission BROWSE_PROJECTS, holder anyone -> -",
            "add permission scheme Default Permission Scheme/permissionHolder: - -> permission ADD_COMMENTS, holder anyone",
        ]
    );
    let changed: Vec<(&str, bool, bool)> = import
        .work
        .rows()
        .iter()
        .map(|own| (own.entity().entity().name, own.before.is_some(), own.after.is_some()))
        .filter(|(table, ..)| *table != "SequenceValueItem")
        .collect();
    assert_eq!(
        changed,
        [
            ("Membership", true, false),
            ("Membership", false, true),
            ("SchemePermissions", true, false),
            ("SchemePermissions", false, true),
        ]
    );
    demo().after(&file, &Options::default());
}

/// What is told apart by others follows them: a filter its owner, a board its filter.
#[test]
fn objects_follow_what_tells_them_apart() {
    let options = mapped("[user]\nada = { create = \"augusta\" }\n");
    let planned = demo().planned(&demo().file, &options);
    let boards: Vec<_> = demo()
        .snapshot
        .objects
        .keys()
        .map(ToString::to_string)
        .filter(|own| own.contains("mainFilter"))
        .collect();
    assert!(!boards.is_empty() && boards[0].ends_with("author ada)"), "{boards:?}");
    for board in boards {
        let name = board.replace("author ada", "author augusta");
        assert!(planned.contains(&format!("+ board {name}")), "{planned:?}");
    }
    assert!(planned.contains(&"+ filter Critical in Demo (author augusta)".to_owned()), "{planned:?}");
    let after = demo().after(&demo().file, &options);
    assert_eq!(
        after.planned(&demo().file, &options),
        [""; 0],
        "what a mapping has created is there the second time"
    );
    let other = edited(&demo().file, "Ada Lovelace", "Augusta King");
    let planned = after.planned(&other, &options);
    assert_eq!(
        planned,
        ["! exists: user `augusta` is to be created, and the target has another one of that name"]
    );
}

/// `--only` takes what is needed with it, and neither what is only mentioned nor the settings of a kind that nobody named.
#[test]
fn only_takes_what_is_needed() {
    use pcfg::plan::Selector;
    let file = demo().file;
    let file =
        edited(&file, "<defaultPriority>Medium</defaultPriority>", "<defaultPriority>High</defaultPriority>");
    let file = edited(&file, "<name>Demo</name>", "<name>Demonstration</name>");
    let file = edited(&file, "<value>Asia</value>", "<value>Australia</value>");
    let only = |selectors: &[&str]| {
        let only = selectors.iter().map(|own| Selector::parse(own).unwrap()).collect();
        demo().planned(&file, &Options { only, ..Options::default() }).len()
    };
    assert_eq!(only(&["status"]), 0);
    assert_eq!(
        only(&["customField:Region"]),
        2,
        "an option comes and one is disabled; the projects of its context are not needed"
    );
    assert_eq!(only(&["priority"]), 1);
    assert_eq!(only(&["project:DEMO"]), 4 - 1, "the project, the field on its screens");
}

/// A field that is left out stays where both have it, and is not there twice.
#[test]
fn a_field_that_is_left_out_stays_on_its_screens() {
    let options = Options { skip: vec![Selector::parse("customField").unwrap()], ..Options::default() };
    assert_eq!(demo().planned(&demo().file, &options), [""; 0]);
}

/// Only the order of the positions of transitions counts.
#[test]
fn positions_of_transitions_may_have_gaps() {
    let file = demo().file;
    let mut gaps = file.clone();
    for position in (1..9).rev() {
        gaps = gaps.replace(
            &format!("<from position=\"{position}\""),
            &format!("<from position=\"{}\"", position * 10),
        );
    }
    assert_ne!(gaps, file);
    assert_eq!(demo().planned(&gaps, &Options::default()), [""; 0]);
}

/// A right that the absence of the element says is the same as none.
#[test]
fn what_its_absence_says_need_not_be_said() {
    let file = demo().file;
    let share = "        <name>DEMO</name>\n      </sharedWith>\n";
    let said = edited(&file, share, &format!("        <rights>view</rights>\n{share}"));
    assert_eq!(pcfg::xml::to_string(&config(&said)), file);
}
