//! `pcfg sync` by e-mail: the session of two halves by the binary, over a real Dovecot and a submission server.

use std::fs;

use pcfg_sync::{CommentChange, Field, IssueKey, Issues as _, NewIssue, Parts, Value};

use crate::env::Env;
use crate::mail_rig::{Fault, Rig};
use crate::sync::{USER, both_ways, fine, found, issues, tree, words};

/// What no mail, name of a file or output tells.
const PASSWORD: &str = "swordfish";

/// How a half says which accounts it has; the master's are copied, the slave's are two.
fn accounts(rig: &Rig, name: &str) -> String {
    let credentials = match name {
        "master" => "--imap-password-file password --copy-credentials",
        _ => {
            "--imap-password-command cat<password --smtp-user slave@example.com --smtp-password-env SMTP_PASSWORD"
        }
    };
    format!(
        "--address {name}@example.com --imap-server localhost --imap-port {} --imap-user {name} --smtp-server localhost \
         --smtp-port {} --smtp-security starttls --authorities {} {credentials}",
        rig.imaps,
        rig.smtp,
        rig.folder.path().join("ca.pem").display()
    )
}

/// Two halves that were started, by e-mail; and what was said.
fn begun(env: &mut Env, rig: &Rig) -> String {
    pcfg_sync::private::write_new(&env.path("password"), format!("{PASSWORD}\n").as_bytes()).unwrap();
    env.set("SMTP_PASSWORD", PASSWORD);
    env.set("PATH", "/usr/bin:/bin");
    let (master, slave) = (accounts(rig, "master"), accounts(rig, "slave"));
    let session = [
        "instance init a.sqlite".to_owned(),
        "instance init b.sqlite".to_owned(),
        "issue edit DEMO-6 description=Known. -i a.sqlite --as ada".to_owned(),
        "issue edit DEMO-6 description=Known. -i b.sqlite --as ada".to_owned(),
        format!(
            "sync init --master -i a.sqlite --project DEMO --user {USER} --types Task --name Trial --home A \
             -o trial.handshake --channel email {master}"
        ),
        "sync handshake show trial.handshake".to_owned(),
        format!(
            "sync init --slave -i b.sqlite --project DEMO --user {USER} --handshake trial.handshake --home B {slave}"
        ),
        "sync channel --home A".to_owned(),
        "sync check --home A".to_owned(),
        "sync run --settle --home A --home B".to_owned(),
        "sync publish -m first --start --home A".to_owned(),
        "sync adopt --propose --start --home B".to_owned(),
    ];
    session.iter().map(|line| fine(env, line)).collect()
}

// What issue "Synchronization behind firewalls" must show, 3: the session over files, over Dovecot.
#[test]
fn two_instances_are_kept_in_step_by_e_mail() {
    let Some(rig) = Rig::new() else { return };
    let mut env = Env::new();
    let said = begun(&mut env, &rig);
    assert!(said.contains("reached at    master@example.com"), "{said}");
    assert!(said.contains("receives: slave@example.com at localhost:"), "{said}");
    assert!(!env.path("A/exchange/trial/SEND").exists());
    // Servers that double, delay, and have no time; lines with other ends.
    rig.does(&[Fault::Double, Fault::Lines, Fault::Delay, Fault::Busy, Fault::Double]);
    both_ways(&env);

    // Law 17: a run that is only simulated takes nothing out of a mailbox.
    let mut a = issues(&env, "a.sqlite", "ada");
    let text = |field: &str, text: &str| (Field::System(field.to_owned()), Value::Text(text.to_owned()));
    let fields = vec![text("summary", "Still on its way"), text("description", "By mail.")];
    a.create_plainly(&NewIssue { kind: "Task".to_owned(), parent: None, fields }).unwrap();
    fine(&env, "sync run --once --home A");
    let (mails, half) = (rig.mails("slave").len(), tree(&env.path("B")));
    assert!(rig.count("slave", "") > 0);
    let simulated = fine(&env, "sync run --simulate --home B");
    assert!(simulated.contains("would make"), "{simulated}");
    assert_eq!((rig.mails("slave").len(), tree(&env.path("B"))), (mails, half));
    assert!(rig.count("slave", "") > 0);
    fine(&env, "sync run --settle --home A --home B");
    found(&mut issues(&env, "b.sqlite", "grace"), "Still on its way");
    assert_eq!((rig.count("slave", ""), rig.count("master", "")), (0, 0), "taken out of the inbox");

    // Law 4: neither subject, headers, names of files nor anything else that can be read tells of what it is about.
    let all: Vec<_> = ["master", "slave"].iter().flat_map(|user| rig.mails(user)).collect();
    assert!(all.len() > 10);
    for mail in &all {
        for name in ["DEMO", "Task", "Trial", "trial", USER, "It br", "here.txt", "summary", "Still"] {
            assert!(!mail.contains(name), "{name} is in {mail}");
        }
    }

    // Law 16: no password in what was said and in what is kept.
    let shown = fine(&env, "sync channel --home B -v");
    assert!(shown.contains("password from the variable SMTP_PASSWORD"), "{shown}");
    assert!(!said.contains(PASSWORD) && !shown.contains(PASSWORD));
    for (path, bytes) in tree(&env.path("A")).into_iter().chain(tree(&env.path("B"))) {
        let is_in = bytes.windows(PASSWORD.len()).any(|part| part == PASSWORD.as_bytes());
        assert!(!is_in, "{} has the password", path.display());
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = fs::metadata(env.path("A/trial/email.toml")).unwrap().permissions().mode();
        assert_eq!(mode & 0o7777, 0o600);
    }
}

// Law 8: from e-mails to files in the middle, and back.
#[test]
fn a_channel_is_switched_between_running_halves() {
    let Some(rig) = Rig::new() else { return };
    let mut env = Env::new();
    begun(&mut env, &rig);
    let key = IssueKey("DEMO-6".to_owned());
    fine(&env, "sync run --settle --home A --home B");
    let comment = |env: &Env, file: &str, text: &str| {
        let change = CommentChange::Add { body: text.to_owned(), restriction: None };
        issues(env, file, "ada").comment_plainly(&key, &change).unwrap();
    };
    let copied = |env: &Env, file: &str| -> Vec<String> {
        // Both instances began with the same issues: the copy is the one that the other side was told of.
        let mut all = issues(env, file, "grace");
        let (keys, _) = all.changed(&pcfg_sync::Cursor::default()).unwrap();
        let all = keys.iter().filter_map(|key| all.read(key, Parts::ALL).unwrap());
        all.flat_map(|issue| issue.comments).map(|comment| comment.body).collect()
    };

    comment(&env, "a.sqlite", "before the switch");
    let told = fine(&env, "sync channel file --home A");
    assert!(told.contains("channel   email, and on the way to file"), "{told}");
    assert!(env.path("A/exchange/trial/SEND").is_dir());
    let noted = fine(&env, "sync run --once --home B");
    assert!(noted.contains("the partner wants to be reached by another channel: file"), "{noted}");
    let status = fine(&env, "sync status --home B");
    assert!(status.contains("switch         to file"), "{status}");
    comment(&env, "b.sqlite", "in the middle");
    fine(&env, "sync run --settle --home A --home B");
    assert!(copied(&env, "a.sqlite").contains(&"in the middle".to_owned()));
    fine(&env, "sync channel file --home B");
    fine(&env, "sync link --home A --partner B");
    let settled = fine(&env, "sync run --settle --home A --home B");
    assert!(settled.contains("the channel is file from now on"), "{settled}");
    for home in ["A", "B"] {
        assert!(fine(&env, &format!("sync channel --home {home}")).starts_with("channel   file\n"));
    }
    // The mailboxes are not used any more.
    let mails = rig.mails("master").len() + rig.mails("slave").len();
    comment(&env, "a.sqlite", "over files");
    fine(&env, "sync run --settle --home A --home B");
    assert!(copied(&env, "b.sqlite").contains(&"over files".to_owned()));
    assert_eq!(rig.mails("master").len() + rig.mails("slave").len(), mails);

    // And back, by the accounts of before.
    fine(&env, &format!("sync channel email --home B {}", accounts(&rig, "slave")));
    fine(&env, &format!("sync channel email --home A {}", accounts(&rig, "master")));
    comment(&env, "b.sqlite", "by mail again");
    let settled = fine(&env, "sync run --settle --home A --home B");
    assert!(settled.contains("the channel is email from now on"), "{settled}");
    let all = copied(&env, "a.sqlite");
    for text in ["before the switch", "in the middle", "over files", "by mail again"] {
        assert_eq!(all.iter().filter(|own| *own == text).count(), 1, "{text} in {all:?}");
    }
    let quiet = fine(&env, "sync run --settle --home A --home B");
    assert!(quiet.contains(" 0 told, 0 sent"), "{quiet}");
}

#[test]
fn what_is_wrong_with_mail_accounts_is_told_and_loses_nothing() {
    let Some(rig) = Rig::new() else { return };
    let mut env = Env::new();
    begun(&mut env, &rig);
    let said = |env: &Env, line: &str| env.run(&words(line));
    let slave = accounts(&rig, "slave");

    // Without the password nothing is told, and all of it later.
    fine(&env, "issue comment DEMO-6 kept -i b.sqlite --as ada");
    env.set("SMTP_PASSWORD", "opensesame");
    let wrong = said(&env, "sync run --once --home B");
    assert!(wrong.contains("did not take the mail") && wrong.ends_with("--- exit 1\n"), "{wrong}");
    assert!(!wrong.contains("opensesame"), "{wrong}");
    let status = said(&env, "sync status --home B");
    assert!(status.contains("did not take the mail") && status.ends_with("--- exit 1\n"), "{status}");
    let checked = said(&env, "sync check --home B");
    assert!(checked.contains("error: the channel does not work: the server localhost"), "{checked}");
    fs::rename(env.path("password"), env.path("gone")).unwrap();
    let missing = said(&env, "sync run --once --home A");
    assert!(missing.contains("the password of a mail account is missing: "), "{missing}");
    assert!(missing.ends_with("--- exit 1\n"), "{missing}");
    fs::rename(env.path("gone"), env.path("password")).unwrap();
    env.set("SMTP_PASSWORD", PASSWORD);
    fine(&env, "sync run --settle --home A --home B");

    let refused = [
        // Of a network server without TLS, also with `--insecure`; of one on this machine without it.
        slave
            .replace("--smtp-server localhost", "--smtp-server mail.example.com --insecure")
            .replace("starttls", "none"),
        slave.replace("starttls", "none"),
        slave.replace(" --smtp-user slave@example.com --smtp-password-env SMTP_PASSWORD", ""),
        slave.replace("--address slave@example.com", "--address slave"),
    ];
    let told: Vec<_> =
        refused.iter().map(|own| said(&env, &format!("sync channel email --home B {own}"))).collect();
    for (told, why) in told.iter().zip([
        "mail.example.com would be reached without TLS",
        "add `--insecure` if that is meant",
        "`--copy-credentials` takes user name and password of the account that receives",
        "`slave` is not an e-mail address",
    ]) {
        assert!(told.contains(why) && told.ends_with("--- exit 2\n"), "{told}");
    }
    let fixed = env.read("A/trial/sync.toml").replace("[sync]\n", "[sync]\nchannel-switch = false\n");
    fs::write(env.path("A/trial/sync.toml"), fixed).unwrap();
    let fixed = said(&env, "sync channel file --home A");
    assert!(fixed.contains("the channel is fixed") && fixed.ends_with("--- exit 4\n"), "{fixed}");
    // The partner is told so, and goes on by mail.
    let told = fine(&env, "sync channel file --home B");
    assert!(told.contains("email, and on the way to file"), "{told}");
    let settled = fine(&env, "sync run --settle --home A --home B");
    assert!(settled.contains("the partner does not switch the channel"), "{settled}");
    assert!(fine(&env, "sync channel --home B").starts_with("channel   email\n"));

    // A mail that comes back is told of until the partner has received something.
    rig.does(&[Fault::Return]);
    fine(&env, "issue comment DEMO-6 returned -i b.sqlite --as ada");
    fine(&env, "sync run --once --home B");
    let back = said(&env, "sync run --once --home B");
    assert!(back.contains("1 came back undelivered"), "{back}");
    let status = said(&env, "sync status --home B --prometheus numbers");
    assert!(status.contains("1 mail came back undelivered") && status.ends_with("--- exit 1\n"), "{status}");
    assert!(env.read("numbers").contains("pcfg_sync_mails_returned{sync=\"trial\"} 1\n"));
}
