//! A real Dovecot as an ordinary user, and a submission server before it that loses, doubles, delays, cuts and returns mails.

use std::io::{self, BufRead as _, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::live_tls::certificates;
use crate::skip::{Need, skipped};

/// What the server does with the next mails, one after the other; then it does what it should.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    Lose,
    Double,
    /// Keeps it until the next has gone.
    Delay,
    Cut,
    /// Writes lines with other ends.
    Lines,
    /// Sends it back with a report.
    Return,
    /// Does not take it now.
    Busy,
}

/// Dovecot as an ordinary user in a folder of its own, and the submission server before it.
pub(crate) struct Rig {
    pub(crate) folder: tempfile::TempDir,
    dovecot: Child,
    pub(crate) imap: u16,
    pub(crate) imaps: u16,
    pub(crate) smtp: u16,
    pub(crate) lmtp: u16,
    faults: Arc<Mutex<Vec<Fault>>>,
}

impl Drop for Rig {
    fn drop(&mut self) {
        // Its own children end with it when it is asked to, and not when it is killed.
        let stop = Command::new("kill").arg(self.dovecot.id().to_string()).status();
        if stop.is_err() {
            drop(self.dovecot.kill());
        }
        drop(self.dovecot.wait());
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn answer(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn program() -> Option<PathBuf> {
    ["/usr/sbin/dovecot", "/usr/bin/dovecot", "/usr/local/sbin/dovecot"]
        .iter()
        .map(PathBuf::from)
        .find(|path| path.exists())
}

impl Rig {
    pub(crate) fn new() -> Option<Self> {
        let Some(program) = program() else {
            skipped(Need::Tool("dovecot", "dovecot-imapd dovecot-lmtpd"), "e-mails between two halves");
            return None;
        };
        let folder = tempfile::Builder::new().prefix("m").tempdir_in("/tmp").unwrap();
        if !certificates(folder.path()) {
            return None;
        }
        // Dovecot lets nobody be root: then it is somebody without rights, whose folder this becomes.
        let is_root = answer("id", &["-u"]) == "0";
        let (user, group) = if is_root {
            ("nobody".to_owned(), answer("id", &["-gn", "nobody"]))
        } else {
            (answer("id", &["-un"]), answer("id", &["-gn"]))
        };
        let (uid, gid): (u32, u32) =
            (answer("id", &["-u", &user]).parse().unwrap(), answer("id", &["-g", &user]).parse().unwrap());
        let (imap, imaps, lmtp, smtp) = (free_port(), free_port(), free_port(), free_port());
        let at = folder.path().display().to_string();
        let settings = format!(
            "protocols = imap lmtp\nlisten = 127.0.0.1\nbase_dir = {at}/run\nstate_dir = {at}/state\nlog_path = {at}/log\n\
             default_internal_user = {user}\ndefault_login_user = {user}\ndefault_internal_group = {group}\n\
             first_valid_uid = 1\nfirst_valid_gid = 1\nmail_location = maildir:{at}/mail/%n\nssl = yes\n\
             ssl_cert = <{at}/server.pem\nssl_key = <{at}/server.key\ndisable_plaintext_auth = no\n\
             auth_username_format = %n\n\
             passdb {{\n driver = static\n args = password=swordfish\n}}\n\
             userdb {{\n driver = static\n args = uid={uid} gid={gid} home={at}/mail/%n allow_all_users=yes\n}}\n\
             service imap-login {{\n chroot =\n inet_listener imap {{\n port = {imap}\n}}\n\
             inet_listener imaps {{\n port = {imaps}\n ssl = yes\n}}\n}}\n\
             service anvil {{\n chroot =\n}}\nservice stats {{\n chroot =\n}}\n\
             service lmtp {{\n inet_listener lmtp {{\n port = {lmtp}\n}}\n}}\n\
             protocol lmtp {{\n postmaster_address = postmaster@example.com\n}}\n"
        );
        std::fs::write(folder.path().join("conf"), settings).unwrap();
        let mut command = Command::new(program);
        command
            .args(["-F", "-c"])
            .arg(folder.path().join("conf"))
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        #[cfg(unix)]
        if is_root {
            use std::os::unix::process::CommandExt as _;
            let owner = format!("{uid}:{gid}");
            assert!(
                Command::new("chown").arg("-R").arg(owner).arg(folder.path()).status().unwrap().success()
            );
            command.uid(uid).gid(gid);
        }
        let dovecot = command.spawn().unwrap();
        let faults = Arc::new(Mutex::new(Vec::new()));
        let rig = Self { dovecot, imap, imaps, smtp, lmtp, faults: Arc::clone(&faults), folder };
        for port in [imap, imaps, lmtp] {
            rig.wait_for(port);
        }
        submission(smtp, lmtp, rig.folder.path(), faults);
        Some(rig)
    }

    fn wait_for(&self, port: u16) {
        for _ in 0..400 {
            if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return;
            }
            thread::sleep(Duration::from_millis(50));
        }
        let log = std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
        panic!("Dovecot does not answer: {log}");
    }

    pub(crate) fn does(&self, faults: &[Fault]) {
        *self.faults.lock().unwrap() = faults.iter().rev().copied().collect();
    }

    /// All mails of a user, in whatever folder, as they came.
    pub(crate) fn mails(&self, user: &str) -> Vec<String> {
        let files = walkdir::WalkDir::new(self.folder.path().join("mail").join(user));
        let mails = files.into_iter().filter_map(Result::ok).filter(|entry| {
            let folder = entry.path().parent().and_then(Path::file_name);
            entry.file_type().is_file() && folder.is_some_and(|own| own == "cur" || own == "new")
        });
        mails
            .map(|entry| String::from_utf8_lossy(&std::fs::read(entry.path()).unwrap()).into_owned())
            .collect()
    }

    /// The mails of a folder of a user.
    pub(crate) fn count(&self, user: &str, folder: &str) -> usize {
        let place = self.folder.path().join("mail").join(user).join(folder);
        let count = |name: &str| std::fs::read_dir(place.join(name)).map_or(0, Iterator::count);
        count("new") + count("cur")
    }
}

/// A submission server: login, TLS by a command, and what it is told to do wrong.
fn submission(port: u16, lmtp: u16, folder: &Path, faults: Arc<Mutex<Vec<Fault>>>) {
    let listener = TcpListener::bind(("127.0.0.1", port)).unwrap();
    let certificate = CertificateDer::from_pem_file(folder.join("server.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_file(folder.join("server.key")).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    let config = Arc::new(config);
    thread::spawn(move || {
        let mut delayed = Vec::new();
        for stream in listener.incoming() {
            let Ok(stream) = stream else { return };
            // A client that goes away ends its own conversation alone.
            drop(conversation(stream, &config, lmtp, &faults, &mut delayed));
        }
    });
}

/// A mail on its way: sender, receiver, text.
type OnItsWay = (String, String, Vec<u8>);

trait Duplex: Read + Write {}
impl<T: Read + Write> Duplex for T {}

fn conversation(
    stream: TcpStream,
    config: &Arc<ServerConfig>,
    lmtp: u16,
    faults: &Mutex<Vec<Fault>>,
    delayed: &mut Vec<OnItsWay>,
) -> io::Result<()> {
    let mut plain = Some(stream.try_clone()?);
    let mut stream: BufReader<Box<dyn Duplex>> = BufReader::new(Box::new(stream));
    let (mut is_secure, mut is_known) = (false, false);
    let (mut from, mut to) = (String::new(), String::new());
    write!(stream.get_mut(), "220 localhost\r\n")?;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let line = line.trim_end();
        let upper = line.to_uppercase();
        let mut secure = false;
        let reply = match upper.split([' ', ':']).next().unwrap_or_default() {
            "EHLO" if is_secure => "250-localhost\r\n250 AUTH PLAIN\r\n",
            "EHLO" => "250-localhost\r\n250 STARTTLS\r\n",
            "STARTTLS" if !is_secure => {
                secure = true;
                "220 go on\r\n"
            }
            "AUTH" if is_secure => {
                // A zero byte, the user, a zero byte, the password.
                let text = line.split(' ').nth(2).unwrap_or_default();
                use base64::Engine as _;
                let text = base64::engine::general_purpose::STANDARD.decode(text).unwrap_or_default();
                is_known = text.ends_with(b"\0swordfish");
                if is_known { "235 welcome\r\n" } else { "535 no\r\n" }
            }
            "MAIL" | "RCPT" if !is_known => "530 who are you?\r\n",
            "MAIL" => {
                from = between(line);
                "250 fine\r\n"
            }
            "RCPT" => {
                to = between(line);
                "250 fine\r\n"
            }
            "DATA" => {
                write!(stream.get_mut(), "354 go on\r\n")?;
                let text = data(&mut stream)?;
                let fault = faults.lock().unwrap().pop();
                delivered(lmtp, (from.clone(), to.clone(), text), fault, delayed)?
            }
            "NOOP" | "RSET" => "250 fine\r\n",
            "QUIT" => {
                write!(stream.get_mut(), "221 good-bye\r\n")?;
                return Ok(());
            }
            _ => "502 not here\r\n",
        };
        stream.get_mut().write_all(reply.as_bytes())?;
        stream.get_mut().flush()?;
        if secure && let Some(tcp) = plain.take() {
            let connection = ServerConnection::new(Arc::clone(config)).map_err(io::Error::other)?;
            stream = BufReader::new(Box::new(StreamOwned::new(connection, tcp)));
            is_secure = true;
        }
    }
}

fn between(line: &str) -> String {
    line.split(['<', '>']).nth(1).unwrap_or_default().to_owned()
}

/// The lines of a mail up to the dot.
fn data(stream: &mut impl io::BufRead) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    loop {
        let mut line = Vec::new();
        if stream.read_until(b'\n', &mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if line == b".\r\n" {
            return Ok(text);
        }
        text.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
    }
}

fn delivered(
    lmtp: u16,
    mail: OnItsWay,
    fault: Option<Fault>,
    delayed: &mut Vec<OnItsWay>,
) -> io::Result<&'static str> {
    let (from, to, text) = &mail;
    match fault {
        Some(Fault::Busy) => return Ok("451 later\r\n"),
        Some(Fault::Lose) => {}
        Some(Fault::Delay) => delayed.push(mail),
        Some(Fault::Cut) => hand_over(lmtp, from, to, &text[..text.len() / 2])?,
        Some(Fault::Lines) => {
            let lines = String::from_utf8_lossy(text).replace("\r\n", "\n");
            hand_over(lmtp, from, to, lines.as_bytes())?;
        }
        Some(Fault::Return) => {
            let head = "From: MAILER-DAEMON@example.com\r\nSubject: Undelivered Mail\r\nMIME-Version: 1.0\r\n\
                        Content-Type: multipart/report; report-type=delivery-status; boundary=\"=_x\"\r\n\r\n\
                        --=_x\r\nContent-Type: text/plain\r\n\r\nThere is no such user.\r\n\
                        --=_x\r\nContent-Type: message/rfc822\r\n\r\n";
            let report = [head.as_bytes(), text, b"\r\n--=_x--\r\n"].concat();
            hand_over(lmtp, "", from, &report)?;
        }
        Some(Fault::Double) => {
            hand_over(lmtp, from, to, text)?;
            hand_over(lmtp, from, to, text)?;
        }
        None => hand_over(lmtp, from, to, text)?,
    }
    if fault != Some(Fault::Delay) {
        for (from, to, text) in std::mem::take(delayed) {
            hand_over(lmtp, &from, &to, &text)?;
        }
    }
    Ok("250 taken\r\n")
}

/// Hands a mail to Dovecot.
pub(crate) fn hand_over(lmtp: u16, from: &str, to: &str, text: &[u8]) -> io::Result<()> {
    let mut stream = BufReader::new(TcpStream::connect(("127.0.0.1", lmtp))?);
    let mut say = |line: &[u8]| -> io::Result<()> {
        stream.get_mut().write_all(line)?;
        loop {
            let mut reply = String::new();
            stream.read_line(&mut reply)?;
            match reply.as_bytes() {
                [b'2' | b'3', _, _, b'-', ..] => {}
                [b'2' | b'3', ..] => return Ok(()),
                _ => return Err(io::Error::other(reply)),
            }
        }
    };
    say(b"")?;
    say(b"LHLO localhost\r\n")?;
    say(format!("MAIL FROM:<{from}>\r\n").as_bytes())?;
    say(format!("RCPT TO:<{to}>\r\n").as_bytes())?;
    say(b"DATA\r\n")?;
    let mut lines = Vec::new();
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        lines.extend_from_slice(if line.starts_with(b".") { b"." } else { b"" });
        lines.extend_from_slice(line);
    }
    if !lines.ends_with(b"\r\n") {
        lines.extend_from_slice(b"\r\n");
    }
    lines.extend_from_slice(b".\r\n");
    say(&lines)
}
