//! Imports by REST of issue types, priorities, resolutions and their schemes: each property, each order, on both editions.

use jira_for_tests::Options as Served;
use pcfg::model::Config;

use crate::live_there_and_back::{with_objects, with_setting};
use crate::live_writing::Target;

/// Returns a file in which priorities stand so, each with its icon and colour.
fn priorities(target: &Target, all: &[(&str, &str, &str)]) -> Config {
    let one = |(at, (name, icon, color)): (usize, &(&str, &str, &str))| {
        format!(
            "<priority><sequence>{}</sequence><name>{name}</name><iconUrl>/images/icons/priorities/{icon}</iconUrl>\
             <statusColor>{color}</statusColor></priority>",
            at + 1
        )
    };
    let objects: Vec<String> = all.iter().enumerate().map(one).collect();
    target.with(&objects.iter().map(String::as_str).collect::<Vec<_>>())
}

#[test]
fn priorities_change_and_stand_elsewhere() {
    let target = Target::demo(Served::cloud());
    // The last one comes first, and a new one stands in the middle.
    let file = priorities(
        &target,
        &[
            ("Lowest", "lowest.svg", "#2684ff"),
            ("Highest", "highest.svg", "#ff7452"),
            ("High", "high.svg", "#ff8f73"),
            ("Middle", "minor.png", "#123456"),
            ("Medium", "major.png", "#ffab00"),
            ("Low", "low.svg", "#0065fe"),
        ],
    );
    // Jira puts it into the default scheme, where all stand in the same order.
    let file = with_objects(
        &file,
        &["<priorityScheme><name>Default priority scheme</name><builtIn>default</builtIn>\
           <defaultPriority>Medium</defaultPriority>\
           <priority position='1'>Lowest</priority><priority position='2'>Highest</priority>\
           <priority position='3'>High</priority><priority position='4'>Middle</priority>\
           <priority position='5'>Medium</priority><priority position='6'>Low</priority></priorityScheme>"],
    );
    insta::assert_snapshot!(target.there_and_back(&file), @"
    PUT /rest/api/3/priority/2 204
    PUT /rest/api/3/priority/1 204
    PUT /rest/api/3/priority/4 204
    PUT /rest/api/3/priority/5 204
    PUT /rest/api/3/priority/3 204
    POST /rest/api/3/priority 201
    PUT /rest/api/3/priority/move 204
    PUT /rest/api/3/priority/move 204
    PUT /rest/api/3/priorityscheme/10003 202
    ");
    let own = target
        .with(&["<priority><sequence>6</sequence><name>Own</name><iconUrl>/own.png</iconUrl></priority>"]);
    insta::assert_snapshot!(target.refusals(&own), @"/priority[Own]/iconUrl: Jira Cloud takes the address of one of its own icons (here perhaps `/images/icons/priorities/medium.svg`), or one of the web");
}

#[test]
fn resolutions_change_places_and_one_is_offered_first() {
    let target = Target::demo(Served::cloud());
    let file = target.with(&[
        "<resolution><sequence>1</sequence><name>Won't Do</name></resolution>",
        "<resolution><sequence>2</sequence><name>Done</name><description>All of it</description></resolution>",
        "<resolution><sequence>5</sequence><name>New</name></resolution>",
    ]);
    let file = with_setting(&file, "resolutionConfiguration", "<defaultResolution>New</defaultResolution>");
    insta::assert_snapshot!(target.there_and_back(&file), @"
    PUT /rest/api/3/resolution/10000 204
    POST /rest/api/3/resolution 201
    PUT /rest/api/3/resolution/10001 204
    PUT /rest/api/3/resolution/move 204
    PUT /rest/api/3/resolution/default 204
    ");
    let target = Target::demo(Served::data_center());
    let file = target.export();
    let file = with_setting(&file, "resolutionConfiguration", "<defaultResolution>Done</defaultResolution>");
    assert!(target.plan(&file).plan.is_empty(), "nobody sees what it is");
}

#[test]
fn an_issue_type_has_an_icon_of_jira_cloud() {
    let target = Target::demo(Served::cloud());
    let file = target.with(&[
        "<issueType><name>Task</name></issueType>",
        "<issueType><name>Story</name><description>Said</description>\
         <iconUrl>/images/icons/issuetypes/bug.png</iconUrl></issueType>",
        "<issueType><name>Risk</name><description>It may happen</description>\
         <iconUrl>/images/icons/issuetypes/epic.png</iconUrl></issueType>",
        "<issueType><name>Step</name><subtask>true</subtask></issueType>",
    ]);
    insta::assert_snapshot!(target.there_and_back(&file), @"
    POST /rest/api/3/issuetype 201
    PUT /rest/api/3/issuetype/10005 200
    POST /rest/api/3/issuetype 201
    PUT /rest/api/3/issuetype/10001 200
    PUT /rest/api/3/issuetype/10002 200
    ");
    let own = target.with(&["<issueType><name>Task</name><iconUrl>/own.png</iconUrl></issueType>"]);
    insta::assert_snapshot!(target.refusals(&own), @"/issueType[Task]/iconUrl: Jira Cloud has no icon of its own with this address");
}

#[test]
fn the_issue_types_of_a_scheme_come_go_and_stand_elsewhere() {
    let target = Target::demo(Served::cloud());
    let file = target.with(&[
        "<issueTypeScheme><name>Demo: issue types</name>\
         <issueType position='1'>Task</issueType><issueType position='2'>Bug</issueType>\
         <issueType position='3'>Epic</issueType><issueType subtask='true' position='4'>Sub-task</issueType>\
         <issueType position='5'>Story</issueType></issueTypeScheme>",
        "<issueTypeScheme><name>Operations: issue types</name><description>What breaks</description>\
         <defaultType>Epic</defaultType><issueType position='1'>Epic</issueType>\
         <issueType position='2'>Task</issueType><issueType position='3'>Story</issueType></issueTypeScheme>",
        "<issueTypeScheme><name>New</name><description>One</description><defaultType>Epic</defaultType>\
         <issueType position='1'>Task</issueType><issueType position='2'>Epic</issueType></issueTypeScheme>",
    ]);
    insta::assert_snapshot!(target.there_and_back(&file), @"
    PUT /rest/api/3/issuetypescheme/10001 204
    PUT /rest/api/3/issuetypescheme/10001/issuetype/move 204
    PUT /rest/api/3/issuetypescheme/10001/issuetype/move 204
    POST /rest/api/3/issuetypescheme 201
    PUT /rest/api/3/issuetypescheme/10002/issuetype 204
    PUT /rest/api/3/issuetypescheme/10002/issuetype 204
    PUT /rest/api/3/issuetypescheme/10002 204
    PUT /rest/api/3/issuetypescheme/10002/issuetype/move 204
    DELETE /rest/api/3/issuetypescheme/10002/issuetype/10003 204
    ");
    let fewer = target
        .with(&["<issueTypeScheme><name>Default Issue Type Scheme</name><builtIn>default</builtIn>\
        <issueType position='1'>Task</issueType></issueTypeScheme>"]);
    insta::assert_snapshot!(target.refusals(&fewer), @"/issueTypeScheme[Default Issue Type Scheme]/issueType: Jira Cloud takes no issue type out of the default scheme");
}

#[test]
fn data_center_takes_issue_types_and_whole_schemes() {
    let target = Target::demo(Served::data_center());
    let file = target.with(&[
        "<issueType><name>Task</name></issueType>",
        "<issueType><name>Risk</name><description>It may happen</description></issueType>",
        "<issueType><name>Step</name><subtask>true</subtask></issueType>",
        // Jira adds there whatever is new.
        "<issueTypeScheme><name>Default Issue Type Scheme</name><defaultType>Task</defaultType>\
         <issueType position='1'>Epic</issueType><issueType position='2'>Story</issueType>\
         <issueType position='3'>Task</issueType><issueType position='4'>Bug</issueType>\
         <issueType subtask='true' position='5'>Sub-task</issueType><issueType position='6'>Risk</issueType>\
         <issueType subtask='true' position='7'>Step</issueType></issueTypeScheme>",
        "<issueTypeScheme><name>Operations: issue types</name><description>What breaks</description>\
         <defaultType>Bug</defaultType><issueType position='1'>Risk</issueType>\
         <issueType position='2'>Task</issueType><issueType position='3'>Bug</issueType></issueTypeScheme>",
        "<issueTypeScheme><name>New</name><issueType position='1'>Risk</issueType>\
         <issueType position='2'>Epic</issueType></issueTypeScheme>",
    ]);
    insta::assert_snapshot!(target.there_and_back(&file), @"
    POST /rest/api/2/issuetype 201
    POST /rest/api/2/issuetype 201
    PUT /rest/api/2/issuetype/10002 200
    PUT /rest/api/2/issuetypescheme/10000 200
    POST /rest/api/2/issuetypescheme 200
    PUT /rest/api/2/issuetypescheme/10002 200
    ");
}

#[test]
fn priority_schemes_change_on_both_editions() {
    let mut told = String::new();
    for options in [Served::cloud(), Served::data_center()] {
        let target = Target::demo(options);
        let file = target.with(&["<priorityScheme><name>New</name><description>One</description>\
            <defaultPriority>Low</defaultPriority><priority position='1'>High</priority>\
            <priority position='2'>Low</priority></priorityScheme>"]);
        told.push_str(&target.there_and_back(&file));
        target.import(&file);
        let changed =
            target.with(&["<priorityScheme><name>New</name><defaultPriority>Medium</defaultPriority>\
            <priority position='1'>High</priority><priority position='2'>Medium</priority>\
            <priority position='3'>Lowest</priority></priorityScheme>"]);
        told.push_str(&target.there_and_back(&changed));
        let moved = target.with(&["<priorityScheme><name>New</name><defaultPriority>Low</defaultPriority>\
            <priority position='2'>High</priority><priority position='1'>Low</priority></priorityScheme>"]);
        told.push_str(&target.refusals(&moved));
    }
    insta::assert_snapshot!(told, @"
    POST /rest/api/3/priorityscheme 201
    PUT /rest/api/3/priorityscheme/10018 202
    /priorityScheme[New]/priority: the priorities of a scheme stand in the order of all priorities
    POST /rest/api/2/priorityschemes 201
    PUT /rest/api/2/priorityschemes/10018 200
    /priorityScheme[New]/priority: the priorities of a scheme stand in the order of all priorities
    ");
}

#[test]
fn the_default_priority_of_cloud_is_that_of_the_default_scheme() {
    let target = Target::demo(Served::cloud());
    let scheme = target.with(&[
        "<priorityScheme><name>Default priority scheme</name><builtIn>default</builtIn><description>All</description>\
         <defaultPriority>Low</defaultPriority><priority position='1'>Highest</priority>\
         <priority position='2'>High</priority><priority position='3'>Medium</priority>\
         <priority position='4'>Low</priority><priority position='5'>Lowest</priority></priorityScheme>",
    ]);
    let setting = "<defaultPriority>Low</defaultPriority>";
    let file = with_setting(&scheme, "priorityConfiguration", setting);
    insta::assert_snapshot!(target.there_and_back(&file), @"
    PUT /rest/api/3/priorityscheme/10003 202
    PUT /rest/api/3/priority/default 204
    ");
    let other = with_setting(&target.export(), "priorityConfiguration", setting);
    insta::assert_snapshot!(target.refusals(&other), @"/defaultPriority: in Jira Cloud it is the default of the default priority scheme, which is to be another one");
}
