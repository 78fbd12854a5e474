//! Members of groups that are there already: what a file has otherwise is told by name, and done only if the user says so.

use insta::assert_snapshot;

use crate::env::{Env, testdata};

/// What a file from another instance says of groups: one has other members, a nested one among them, one is empty, one is new.
const GROUPS: &str = "  <groups>
    <group>
      <name>developers</name>
      <description>Who write code</description>
      <memberUser>ada</memberUser>
      <memberUser>linus</memberUser>
      <memberGroup>testers</memberGroup>
    </group>
    <group>
      <name>jira-administrators</name>
      <empty>true</empty>
    </group>
    <group>
      <name>testers</name>
      <memberUser>linus</memberUser>
    </group>
  </groups>
";

/// An instance with the groups `developers` (ada, grace) and `jira-administrators` (ada), and a file that has them otherwise.
fn with_groups() -> Env {
    let mut env = Env::new();
    env.set("PCFG_INSTANCE", "jira.sqlite");
    let backup = testdata("backup/demo");
    env.run(&["instance", "load", backup.to_str().unwrap(), "--into", "jira.sqlite", "-q"]);
    env.run(&["export", "--all", "-q", "-o", "before.xml"]);
    let text = env.read("before.xml");
    let (begin, end) = (text.find("  <groups>").unwrap(), text.find("  </groups>\n").unwrap());
    env.write("file.xml", format!("{}{GROUPS}{}", &text[..begin], &text[end + "  </groups>\n".len()..]));
    env
}

/// Returns what an export has of groups.
fn groups(env: &Env) -> String {
    let text = env.run(&["export", "--all", "-q"]);
    let (begin, end) = (text.find("  <groups>").unwrap(), text.find("  </groups>\n").unwrap());
    text[begin..end + "  </groups>\n".len()].to_owned()
}

#[test]
fn members_of_a_group_that_is_there_stay_and_are_named() {
    let env = with_groups();
    let text = env.run(&["import", "file.xml", "--simulate"]);
    assert_snapshot!(&text[..text.find("---").unwrap()], @"
    plan for jira.sqlite

    group
      ~ developers
          ~ description: `People who write code` → `Who write code`
      + testers
          + memberUser: `linus`

    held back
      existing users and the members of existing groups are changed only with `--update-users`
      group developers
          - memberUser: `grace`
          + memberUser: `linus`
          + memberGroup: `testers`
      group jira-administrators
          - memberUser: `ada`

    1 object to create, 1 object to change; 48 unchanged, 2 held back
    ");
    let text = env.run(&["import", "file.xml", "--simulate", "--format", "markdown"]);
    let (begin, end) = (text.find("### Held back").unwrap(), text.find("### All").unwrap());
    assert_snapshot!(&text[begin..end], @"
    ### Held back

    Nothing of this is done: existing users and the members of existing groups are changed only with `--update-users`.

    <details><summary>held back (2)</summary>

    ```diff
      group developers
    -   memberUser: grace
    +   memberUser: linus
    +   memberGroup: testers
      group jira-administrators
    -   memberUser: ada
    ```

    </details>
    ");
    let output = env.command(&["import", "file.xml", "--simulate", "--format", "json"]).output().unwrap();
    let plan: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(plan["counts"]["heldBack"], 2);
    assert_eq!(
        plan["heldBack"][1],
        serde_json::json!({
            "kind": "group", "name": "jira-administrators", "option": "--update-users",
            "changes": [{"action": "remove", "path": "/memberUser", "old": "ada"}],
        })
    );
    let page = env.run(&["import", "file.xml", "--simulate", "--format", "html"]);
    let section = &page[page.find("id=\"held-back\"").unwrap()..];
    let section = &section[..section.find("</section>").unwrap()];
    for part in ["--update-users", "jira-administrators", "ada", "grace", "testers"] {
        assert!(section.contains(part), "{part}: {section}");
    }
    assert!(env.run(&["import", "file.xml", "--yes", "-q"]).ends_with("--- exit 0\n"));
    assert_snapshot!(groups(&env), @"
    <groups>
      <group>
        <name>developers</name>
        <description>Who write code</description>
        <memberUser>ada</memberUser>
        <memberUser>grace</memberUser>
      </group>
      <group>
        <name>jira-administrators</name>
        <memberUser>ada</memberUser>
      </group>
    </groups>
    ");
    assert!(
        env.run(&["import", "file.xml", "--simulate"]).contains("nothing to do; 49 unchanged, 2 held back")
    );
}

#[test]
fn with_the_option_or_the_setting_a_group_has_the_members_of_the_file() {
    let env = with_groups();
    // Below the line that names the instance.
    let plan = |arguments: &[&str]| {
        let said = env.run(&[&["import", "file.xml", "--simulate"], arguments].concat());
        said.split_once("\n\n").unwrap().1.to_owned()
    };
    let text = plan(&["--update-users"]);
    assert_snapshot!(&text[..text.find("---").unwrap()], @"
    will be removed
      - group jira-administrators: memberUser: `ada`
      - group developers: memberUser: `grace`

    group
      ~ jira-administrators
          - memberUser: `ada`
      + testers
          + memberUser: `linus`
      ~ developers
          ~ description: `People who write code` → `Who write code`
          - memberUser: `grace`
          + memberUser: `linus`
          + memberGroup: `testers`

    1 object to create, 2 objects to change, 2 parts to remove; 48 unchanged
    ");
    env.write(
        "pcfg.toml",
        "default = 'careful'\n[instances.careful]\npath = 'jira.sqlite'\n[instances.eager]\npath = 'jira.sqlite'\nupdate-users = true\n",
    );
    assert_eq!(plan(&["-i", "eager"]), text);
    let careful = plan(&[]);
    assert_ne!(careful, text);
    assert_eq!(plan(&["-i", "careful"]), careful);
    assert_eq!(plan(&["-i", "eager", "--update-users=false"]), careful, "the command line decides");
    assert!(env.run(&["import", "file.xml", "--yes", "-q", "-i", "eager"]).ends_with("--- exit 0\n"));
    assert_eq!(groups(&env), GROUPS);
    assert!(plan(&["-i", "eager"]).starts_with("nothing to do; 51 unchanged\n"));
}

/// Who has a role in a project is configuration of the project, and follows the file in any case.
#[test]
fn members_of_project_roles_follow_the_file_and_are_named() {
    let env = with_groups();
    let member = "          <name>Administrators</name>\n          <memberUser>grace</memberUser>\n";
    let text = env.read("before.xml");
    assert!(text.contains(member));
    let other = member.replace("grace", "linus");
    env.write("file.xml", text.replacen(member, &other, 1));
    let text = env.run(&["import", "file.xml", "--simulate"]);
    assert_snapshot!(&text[..text.find("---").unwrap()], @"
    plan for jira.sqlite

    will be removed
      - project DEMO: projectRoleMembers/projectRoleMembership[Administrators]/memberUser: `grace`

    project
      ~ DEMO
          - projectRoleMembers/projectRoleMembership[Administrators]/memberUser: `grace`
          + projectRoleMembers/projectRoleMembership[Administrators]/memberUser: `linus`

    1 object to change, 1 part to remove; 49 unchanged
    ");
}
