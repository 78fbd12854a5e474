//! Accounts of a live Jira are made, changed and taken back by REST: on Data Center, for those of Jira Cloud belong to an organization.

use jira_for_tests::Options as Served;

use crate::live_writing::{Target, killed_anywhere};

const HEDY: &str = "<user><username>Hedy</username><fullName>Hedy Lamarr</fullName>\
                     <email>hedy@example.com</email></user>";

/// Somebody new, in a group, with a role and administering a board; and somebody else whose address changes.
fn file(target: &Target) -> pcfg::model::Config {
    let text = pcfg::xml::to_string(&target.export());
    let edits = [
        ("  <users>\n", format!("  <users>\n{HEDY}")),
        ("<email>ada@example.com</email>", "<email>ada@example.org</email>".to_owned()),
        (
            "<memberUser>grace</memberUser>",
            "<memberUser>grace</memberUser><memberUser>Hedy</memberUser>".to_owned(),
        ),
        (
            "<memberUser>ada</memberUser>",
            "<memberUser>ada</memberUser><memberUser>Hedy</memberUser>".to_owned(),
        ),
        ("<administratorUser>", "<administratorUser>Hedy</administratorUser><administratorUser>".to_owned()),
        ("<lead>ada</lead>", "<lead>Hedy</lead>".to_owned()),
    ];
    let mut text = text;
    for (old, new) in edits {
        assert!(text.contains(old), "{old}\n{text}");
        text = text.replacen(old, &new, 1);
    }
    let read = pcfg::xml::read(&text);
    pcfg::model::Config::new(read.root.unwrap_or_else(|| panic!("{:?}\n{text}", read.problems)))
}

#[test]
fn an_account_of_data_center_is_made_with_what_names_it() {
    let target = Target::sample(Served::data_center());
    insta::assert_snapshot!(target.there_and_back(&file(&target)), @r#"
    POST /rest/api/2/user 201
    PUT /rest/api/2/project/DEMO 200
    PUT /rest/api/2/project/DEMO/role/10001 200
    PUT /rest/api/2/user 200
    POST /rest/api/2/group/user 201
    PUT /rest/greenhopper/1.0/rapidviewconfig/boardadmins 200
    "#);
}

#[test]
fn an_import_of_accounts_that_is_killed_is_resumed_or_taken_back() {
    let target = Target::sample(Served::data_center());
    killed_anywhere(&target, &file(&target));
}

#[test]
fn an_account_that_is_not_active_is_deactivated() {
    let target = Target::sample(Served::data_center());
    let file = target.with(&[&HEDY.replace("</email>", "</email><active>false</active>")]);
    insta::assert_snapshot!(target.there_and_back(&file), @r"
    POST /rest/api/2/user 201
    PUT /rest/api/2/user 200
    ");
}

#[test]
fn what_no_account_can_be_made_of_is_refused() {
    let target = Target::sample(Served::data_center());
    let nameless = HEDY.replace("<email>hedy@example.com</email>", "");
    insta::assert_snapshot!(target.refusals(&target.with(&[&nameless])), @"/user[Hedy]/email: Jira wants an e-mail address of each new account: say it in the file");
    let target = Target::sample(Served::cloud());
    insta::assert_snapshot!(target.refusals(&target.with(&[HEDY])), @"/user[Hedy]: the target shows no account of this name, and not all that it has");
}
