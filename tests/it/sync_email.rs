//! The e-mail channel over a real Dovecot, and a submission server that loses, doubles, delays, cuts and returns mails.

use std::sync::Arc;

use pcfg_sync::email::{
    Account, Credentials, EmailChannel, EmailSettings, EmailSetup, Imap, Password, PasswordSource, Security,
    SendAccount, Smtp,
};
use pcfg_sync::{Channel as _, ChannelFault, Role, SyncId, Time};

use crate::mail_rig::{Fault, Rig, hand_over};

fn settings_of(rig: &Rig, name: &str, imap: Security, smtp: Security) -> EmailSettings {
    let password = PasswordSource::Env("unused".to_owned());
    EmailSettings {
        receive: Account {
            address: format!("{name}@example.com"),
            user: name.to_owned(),
            password: password.clone(),
            server: "localhost".to_owned(),
            port: if imap == Security::Tls { rig.imaps } else { rig.imap },
            security: imap,
        },
        send: SendAccount {
            address: format!("{name}@example.com"),
            server: "localhost".to_owned(),
            port: rig.smtp,
            security: smtp,
            credentials: Some(Credentials { user: format!("{name}@example.com"), password }),
        },
        authorities: Some(rig.folder.path().join("ca.pem")),
    }
}

fn channel(rig: &Rig, role: Role) -> EmailChannel<Imap, Smtp> {
    channel_by(rig, role, Security::Tls, Security::StartTls, "swordfish")
}

fn channel_by(
    rig: &Rig,
    role: Role,
    imap: Security,
    smtp: Security,
    password: &str,
) -> EmailChannel<Imap, Smtp> {
    let (own, partner) = match role {
        Role::Master => ("master", "slave"),
        Role::Slave => ("slave", "master"),
    };
    let settings = settings_of(rig, own, imap, smtp);
    settings.check(true).unwrap();
    let setup = EmailSetup {
        sync: SyncId::of([0xcd; 16]),
        role,
        from: settings.send.address.clone(),
        to: Some(format!("{partner}@example.com")),
        limit: 1 << 20,
        quarantine: None,
        clock: Arc::new(|| Time(1_767_225_600_000)),
    };
    let mailbox = Imap::new(&settings, Password::new(password)).unwrap();
    EmailChannel::new(setup, mailbox, Smtp::new(&settings, &Password::new("swordfish")).unwrap())
}

fn payload(number: u8) -> Vec<u8> {
    (0..5_000_u32).map(|at| (at.wrapping_mul(at) >> 3) as u8 ^ number).collect()
}

/// Takes all that is there over.
fn all(channel: &mut EmailChannel<Imap, Smtp>) -> Vec<Vec<u8>> {
    let found = channel.received().unwrap();
    found
        .iter()
        .map(|found| {
            let sealed = channel.read(found).unwrap();
            channel.take(found).unwrap();
            sealed
        })
        .collect()
}

#[test]
fn sync_email_goes_both_ways_through_servers_that_do_what_they_can_do_wrong() {
    let Some(rig) = Rig::new() else { return };
    let (mut master, mut slave) = (channel(&rig, Role::Master), channel(&rig, Role::Slave));
    assert!(slave.received().unwrap().is_empty());
    master.send(&payload(1)).unwrap();
    slave.send(&payload(2)).unwrap();
    assert_eq!(all(&mut slave), [payload(1)]);
    assert_eq!(all(&mut master), [payload(2)]);
    assert_eq!((rig.count("slave", ""), rig.count("slave", ".pcfg.done")), (0, 1));

    rig.does(&[Fault::Lose, Fault::Double, Fault::Delay, Fault::Lines, Fault::Cut]);
    for number in 3..8 {
        master.send(&payload(number)).unwrap();
    }
    let came = all(&mut slave);
    let expected = [payload(4), payload(4), payload(6), payload(5)];
    assert_eq!(came.len(), 5);
    assert!(came[..4] == expected, "lost, doubled, delayed, with other lines");
    assert!(came[4] != payload(7), "cut");

    // Not taken now: it is tried again, and is the same mail.
    rig.does(&[Fault::Busy]);
    assert!(matches!(master.send(&payload(8)), Err(ChannelFault::Unavailable(_))));
    master.send(&payload(8)).unwrap();
    let found = slave.received().unwrap();
    slave.quarantine(&found[0], "for a test").unwrap();
    assert_eq!(rig.count("slave", ".pcfg.quarantine"), 1);

    rig.does(&[Fault::Return]);
    master.send(&payload(9)).unwrap();
    assert!(master.received().unwrap().is_empty());
    let returned = master.returned();
    assert!(returned.len() == 1 && returned[0].contains("-m-"), "{returned:?}");

    // Foreign mails stay, unseen.
    let foreign = b"Subject: Lunch?\r\nFrom: a@example.com\r\n\r\nToday.\r\n";
    hand_over(rig.lmtp, "a@example.com", "slave@example.com", foreign).unwrap();
    assert!(slave.received().unwrap().is_empty());
    assert_eq!(rig.count("slave", ""), 1);
}

#[test]
fn sync_email_is_said_over_tls_to_the_right_server_or_not_at_all() {
    let Some(rig) = Rig::new() else { return };
    let mut by_command = channel_by(&rig, Role::Slave, Security::StartTls, Security::StartTls, "swordfish");
    assert!(by_command.received().unwrap().is_empty());
    let mut local = channel_by(&rig, Role::Slave, Security::None, Security::StartTls, "swordfish");
    assert!(local.received().unwrap().is_empty());
    let mut wrong = channel_by(&rig, Role::Slave, Security::Tls, Security::StartTls, "opensesame");
    let told = match wrong.received() {
        Err(ChannelFault::Wrong(why)) => why,
        other => panic!("{other:?}"),
    };
    assert!(told.contains("`slave` cannot log in") && !told.contains("opensesame"), "{told}");

    // An authority that is not known.
    let settings =
        EmailSettings { authorities: None, ..settings_of(&rig, "slave", Security::Tls, Security::StartTls) };
    let setup = EmailSetup {
        sync: SyncId::of([0xcd; 16]),
        role: Role::Slave,
        from: "slave@example.com".to_owned(),
        to: Some("master@example.com".to_owned()),
        limit: 1 << 20,
        quarantine: None,
        clock: Arc::new(|| Time(0)),
    };
    let password = Password::new("swordfish");
    let [received, sent] = channel(&rig, Role::Slave).test();
    assert_eq!((received, sent), (Ok(()), Ok(())));
    let mailbox = Imap::new(&settings, password.clone()).unwrap();
    let mut strange = EmailChannel::new(setup, mailbox, Smtp::new(&settings, &password).unwrap());
    assert!(strange.received().is_err());
    assert!(strange.send(b"x").is_err());
    assert!(strange.test().iter().all(Result::is_err));
    assert_eq!(rig.count("master", ""), 0);
}
