//! What the help of `pcfg import` shows by example.
//!
//! Invariant: every line can be typed as it stands, with files of one's own.

/// What stands behind the options.
pub(in crate::cli) const EXAMPLES: &str = "\
Examples:
  pcfg import TST.xml --simulate               See what would change
  pcfg import TST.xml                          See it, confirm it, change it
  pcfg import TST.xml --yes                    Change it without confirmation, in a script
  pcfg undo                                    Undo the last import
  pcfg import TST.xml -i backup.zip -o new.zip Write a changed backup, for Jira to restore
  pcfg import TST.xml --dry-run --format markdown -o review.md
  pcfg import TST.xml -n --format html -o review.html
  pcfg import TST.xml --simulate --save-plan plan.json && pcfg apply plan.json
  pcfg import TST.xml --skip user --skip group Leave users and groups as they are
  pcfg import TST.xml --only workflow:Review   One workflow, and what it needs
  pcfg import TST.xml --map names.toml         Where the instance has other names
  pcfg import TST.xml --as NEW                 Make project NEW with TST as its template
  pcfg import TST.xml --smart-contexts         Leave the contexts of other projects alone
  pcfg import TST.xml --policy rules.toml      Only what the rules of your team allow
  pcfg import TST.xml -i production --manual --checklist todo.md
                                               What REST does not take is done by hand

A mapping file names a kind, then objects of the file and what they are in the instance:

  [status]
  \"Done\" = { match = \"Closed\" }
  \"Review\" = { create = \"Code Review\" }
  \"Ready\" = { rename = \"To Do\" }         To Do of the instance gets the name Ready

  [customField]
  \"Severity\" = \"skip\"

And which status issues get if their workflow loses theirs, by workflow and issue type:

  [statusMigration.\"My workflow\".Bug]
  \"In QA\" = \"Open\"

And which issue type issues get if their project loses theirs, for all projects or for one:

  [typeMigration]
  \"Defect\" = \"Bug\"
  [typeMigration.DEMO]
  \"Defect\" = \"Task\"

Exit code: 0 if it is done or there is nothing to do, 4 if something is refused, 5 if somebody
else changes the instance. With --simulate: 0 with or without changes; with --exit-code 1 if
there are changes; 4 if something is refused.";
