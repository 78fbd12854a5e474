//! The e-mail channel over a mailbox in memory, among servers that change what they carry, foreign mails and reports.

#![allow(clippy::disallowed_methods, reason = "a test makes its own surroundings")]

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use super::*;
use crate::channel::MessageName;
use crate::{Channel as _, ChannelFault, Role, SyncId, Time};

/// What lies in a mailbox.
#[derive(Default)]
struct Kept {
    validity: u32,
    inbox: BTreeMap<u32, Vec<u8>>,
    done: Vec<Vec<u8>>,
    quarantine: Vec<Vec<u8>>,
}

/// A mailbox in memory, and the server before it.
#[derive(Clone, Default)]
struct Inbox(Rc<RefCell<Kept>>);

impl Inbox {
    fn arrive(&self, mail: &[u8]) {
        let mut kept = self.0.borrow_mut();
        let uid = kept.inbox.keys().max().copied().unwrap_or_default() + 1;
        kept.inbox.insert(uid, mail.to_vec());
    }

    fn count(&self) -> [usize; 3] {
        let kept = self.0.borrow();
        [kept.inbox.len(), kept.done.len(), kept.quarantine.len()]
    }
}

impl Mailbox for Inbox {
    fn list(&mut self) -> Result<Vec<Listed>, MailFault> {
        let kept = self.0.borrow();
        let listed = kept.inbox.iter().map(|(uid, mail)| {
            let end = mail.windows(4).position(|part| part == b"\r\n\r\n").map_or(mail.len(), |at| at + 4);
            let id = MailId { validity: kept.validity, uid: *uid };
            Listed { id, size: mail.len() as u64, head: mail[..end].to_vec() }
        });
        Ok(listed.collect())
    }

    fn fetch(&mut self, id: MailId) -> Result<Vec<u8>, MailFault> {
        let kept = self.0.borrow();
        let mail = kept.inbox.get(&id.uid).filter(|_| kept.validity == id.validity);
        mail.cloned().ok_or(MailFault::Gone)
    }

    fn put(&mut self, id: MailId, shelf: Shelf) -> Result<(), MailFault> {
        let mut kept = self.0.borrow_mut();
        let mail = if kept.validity == id.validity { kept.inbox.remove(&id.uid) } else { None };
        let mail = mail.ok_or(MailFault::Gone)?;
        match shelf {
            Shelf::Done => kept.done.push(mail),
            Shelf::Quarantine => kept.quarantine.push(mail),
        }
        Ok(())
    }
}

/// What a server makes of a mail.
type Change = fn(&[u8]) -> Vec<u8>;

/// Brings mails into a mailbox.
struct Wire(Inbox, Change);

impl Transport for Wire {
    fn send(&mut self, mail: &Mail) -> Result<(), MailFault> {
        self.0.arrive(&(self.1)(&mail.bytes()));
        Ok(())
    }

    fn test(&mut self) -> Result<(), MailFault> {
        Ok(())
    }
}

fn sync() -> SyncId {
    SyncId::of([0xab; 16])
}

fn channel(role: Role, own: &Inbox, partner: &Inbox, change: Change) -> EmailChannel<Inbox, Wire> {
    let (from, to) = match role {
        Role::Master => ("master@example.com", "slave@example.org"),
        Role::Slave => ("slave@example.org", "master@example.com"),
    };
    let setup = EmailSetup {
        sync: sync(),
        role,
        from: from.to_owned(),
        to: Some(to.to_owned()),
        limit: 100_000,
        quarantine: None,
        clock: Arc::new(|| Time(1_760_000_000_000)),
    };
    EmailChannel::new(setup, own.clone(), Wire(partner.clone(), change))
}

fn unchanged(mail: &[u8]) -> Vec<u8> {
    mail.to_vec()
}

fn text(mail: &[u8]) -> String {
    String::from_utf8(mail.to_vec()).unwrap()
}

fn payload() -> Vec<u8> {
    (0..3_000_u32).map(|number| (number * 7) as u8).collect()
}

#[test]
fn messages_come_as_they_were_whatever_servers_make_of_their_lines() {
    let changes: [Change; 6] = [
        unchanged,
        |mail| text(mail).replace("\r\n", "\n").into_bytes(),
        // Spaces behind lines of base64.
        |mail| {
            let spaced = |line: &str| if line.len() == 76 { format!("{line} ") } else { line.to_owned() };
            text(mail).split("\r\n").map(spaced).collect::<Vec<_>>().join("\r\n").into_bytes()
        },
        |mail| [b"Received: from a.example by b.example; today\r\nX-Spam: no\r\n", mail].concat(),
        // A list puts a footer below, and a server takes the name of the file away.
        |mail| text(mail).replace("\r\n--", "\r\n\r\n--").into_bytes(),
        |mail| {
            let at = text(mail).find("Content-Disposition").unwrap();
            let end = at + text(mail)[at..].find("Content-Transfer").unwrap();
            [&mail[..at], &mail[end..]].concat()
        },
    ];
    for (place, change) in changes.into_iter().enumerate() {
        let (a, b) = (Inbox::default(), Inbox::default());
        let mut master = channel(Role::Master, &a, &b, change);
        let mut slave = channel(Role::Slave, &b, &a, unchanged);
        master.send(&payload()).unwrap();
        let found = slave.received().unwrap();
        assert!(found[0].settled);
        assert!(slave.read(&found[0]).unwrap() == payload(), "change {place}");
        slave.take(&found[0]).unwrap();
        slave.take(&found[0]).unwrap();
        assert_eq!(b.count(), [0, 1, 0]);
        assert!(slave.received().unwrap().is_empty());
    }
}

// Law 4: nothing outside the payload tells a name; law 7: a message that is sent again is the same mail.
#[test]
fn a_mail_tells_nothing_and_is_the_same_when_it_is_sent_again() {
    let (a, b) = (Inbox::default(), Inbox::default());
    let mut master = channel(Role::Master, &a, &b, unchanged);
    master.send(b"DEMO-7").unwrap();
    master.send(b"DEMO-7").unwrap();
    let mails: Vec<String> = b.0.borrow().inbox.values().map(|mail| text(mail)).collect();
    let head = |mail: &String| mail.split("Content-Type").next().unwrap().to_owned();
    assert_eq!(head(&mails[0]), head(&mails[1]));
    let boundary = mails[0].split("boundary=\"").nth(1).unwrap().split('"').next().unwrap();
    insta::assert_snapshot!(mails[0].replace(boundary, "BOUNDARY"));
}

#[test]
fn foreign_mails_answers_and_own_mails_stay_untouched() {
    let (a, b) = (Inbox::default(), Inbox::default());
    let mut slave = channel(Role::Slave, &b, &a, unchanged);
    let mut other = channel(Role::Slave, &a, &b, unchanged);
    other.send(b"of this half itself").unwrap();
    let name = MessageName::of(&SyncId::of([1; 16]), Role::Master, b"x");
    b.arrive(b"Subject: Lunch?\r\nFrom: a@example.com\r\n\r\nToday.\r\n");
    b.arrive(format!("Subject: pcfg sync {name}\r\n\r\nof another synchronization\r\n").as_bytes());
    b.arrive(b"Subject: On holiday\r\nAuto-Submitted: auto-replied\r\n\r\nUntil Monday.\r\n");
    b.arrive(b"\xff\xfe\x00");
    b.arrive(b"");
    assert!(slave.received().unwrap().is_empty());
    assert_eq!(b.count(), [6, 0, 0]);
    assert!(slave.returned().is_empty());
}

#[test]
fn reports_about_our_messages_are_told_and_put_away() {
    let (a, b) = (Inbox::default(), Inbox::default());
    let mut slave = channel(Role::Slave, &b, &a, unchanged);
    slave.send(b"lost").unwrap();
    let lost = text(&a.0.borrow().inbox[&1]);
    let report = format!(
        "Subject: Undelivered\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=\"x\"\r\n\r\n\
         --x\r\n\r\nNo such user.\r\n--x\r\nContent-Type: message/rfc822\r\n\r\n{lost}\r\n--x--\r\n"
    );
    b.arrive(report.as_bytes());
    b.arrive(b"Subject: Undelivered\r\nContent-Type: multipart/report; boundary=\"x\"\r\n\r\n--x--\r\n");
    assert!(slave.received().unwrap().is_empty());
    // Looking changes nothing.
    assert_eq!(b.count(), [2, 0, 0]);
    let name = MessageName::of(&sync(), Role::Slave, b"lost");
    assert_eq!(slave.returned(), [name.to_string()]);
    assert!(slave.returned().is_empty());
    assert_eq!(b.count(), [1, 1, 0]);
}

#[test]
fn what_is_too_large_cut_or_without_a_message_stops_nothing() {
    let (a, b) = (Inbox::default(), Inbox::default());
    let mut master = channel(Role::Master, &a, &b, unchanged);
    let mut slave = channel(Role::Slave, &b, &a, unchanged);
    master.send(&vec![7; 200_000]).unwrap();
    master.send(&payload()).unwrap();
    let whole = b.0.borrow().inbox[&2].clone();
    b.arrive(&whole[..whole.len() / 2]);
    let name = MessageName::of(&sync(), Role::Master, b"x").to_string();
    b.arrive(format!("Subject: pcfg sync {}\r\n\r\nby hand\r\n", name.trim_end_matches(".pgp")).as_bytes());
    let found = slave.received().unwrap();
    assert_eq!((found.len(), b.count()), (4, [4, 0, 0]));
    let aside = tempfile::tempdir().unwrap();
    slave.set_quarantine(aside.path());
    let large = found[0].refused.clone().unwrap();
    slave.quarantine(&found[0], &large).unwrap();
    assert!(found[1..].iter().all(|found| found.refused.is_none()));
    assert!(slave.read(&found[1]).unwrap() == payload());
    // Of these whoever opens them says what is wrong.
    assert!(slave.read(&found[2]).unwrap() != payload());
    assert!(slave.read(&found[3]).unwrap().is_empty());
    slave.quarantine(&found[2], "it is cut").unwrap();
    let kept: Vec<String> = std::fs::read_dir(aside.path())
        .unwrap()
        .filter_map(|entry| std::fs::read_to_string(entry.unwrap().path()).ok())
        .collect();
    assert!(kept.iter().any(|why| why.starts_with("it is cut (the mail is in")), "{kept:?}");
    assert!(kept.iter().any(|why| why.starts_with(&large)), "{kept:?}");
    // The server counts anew: what was found is not there any more, and is found again.
    b.0.borrow_mut().validity = 5;
    assert!(matches!(slave.read(&found[1]), Err(ChannelFault::Unavailable(_))));
    slave.take(&found[1]).unwrap();
    assert_eq!(slave.received().unwrap().len(), 2);
}

#[test]
fn accounts_are_checked_and_copy_credentials() {
    let read = |text: &str| toml::from_str::<EmailSettings>(text).unwrap();
    let plain = r#"
        [receive]
        address = "sync@example.com"
        user = "EXAMPLE\\sync"
        password = { file = "password" }
        server = "mail.example.com"
        port = 993
        [send]
        address = "sync@example.com"
        server = "mail.example.com"
        port = 587
        security = "starttls"
    "#;
    let settings = read(plain);
    settings.check(false).unwrap();
    assert_eq!(settings.send_credentials().0, "EXAMPLE\\sync");
    let own = format!("{plain}[send.credentials]\nuser = \"out\"\npassword = {{ env = \"SMTP\" }}\n");
    let own = read(&own);
    assert_eq!(own.send_credentials(), ("out", &PasswordSource::Env("SMTP".to_owned())));
    let bare = plain.replace("starttls", "none");
    assert!(matches!(read(&bare).check(true), Err(AccountFault::Plain(_))));
    let local = bare.replace("mail.example.com", "127.0.0.1");
    assert!(matches!(read(&local).check(false), Err(AccountFault::NotAsked(_))));
    read(&local).check(true).unwrap();
    let wrong = plain.replace("sync@example.com", "sync");
    assert!(matches!(read(&wrong).check(false), Err(AccountFault::Address(_))));
    assert!(toml::from_str::<EmailSettings>(&plain.replace("password = {", "password = \"x\" #")).is_err());
}

// Law 16.
#[cfg(unix)]
#[test]
fn passwords_come_from_where_they_are_kept_and_are_never_shown() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("password");
    let none = |_: &str| None;
    crate::private::write_new(&path, b"swordfish\n").unwrap();
    let file = PasswordSource::File(path.clone());
    let password = file.read(&none).unwrap();
    assert_eq!((password.reveal(), format!("{password:?}").as_str()), ("swordfish", "***"));
    assert_eq!(
        PasswordSource::Command("echo swordfish; echo more".to_owned()).read(&none).unwrap().reveal(),
        "swordfish"
    );
    let env = PasswordSource::Env("P".to_owned());
    assert_eq!(
        env.read(&|name| (name == "P").then(|| "swordfish".to_owned())).unwrap().reveal(),
        "swordfish"
    );
    assert!(matches!(env.read(&none), Err(PasswordFault::Env(_))));
    let failing = PasswordSource::Command("echo swordfish; exit 3".to_owned()).read(&none).unwrap_err();
    assert!(!failing.to_string().contains("swordfish"), "{failing}");
    assert!(matches!(PasswordSource::Command("true".to_owned()).read(&none), Err(PasswordFault::Empty)));
    std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o644)).unwrap();
    assert!(matches!(file.read(&none), Err(PasswordFault::File(_))));
}
