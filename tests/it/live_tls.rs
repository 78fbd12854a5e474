//! A live Jira behind TLS: whose certificate counts, through a proxy, and with packed replies.

use std::io::{BufRead as _, BufReader, Read as _, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::env::Env;
use crate::listener::{Answer, Asked, answer};
use crate::live_check::{TOKEN, data_center};

/// Makes an authority and a certificate of `localhost` by it; says so if there is no `openssl`.
pub(crate) fn certificates(folder: &Path) -> bool {
    let openssl = |arguments: &str| {
        let output = Command::new("openssl").args(arguments.split(' ')).current_dir(folder).output();
        output.is_ok_and(|output| output.status.success())
    };
    std::fs::write(folder.join("names"), "subjectAltName=DNS:localhost\n").unwrap();
    let key = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";
    let signed = "-CA ca.pem -CAkey ca.key -CAcreateserial -days 3650";
    let made =
        openssl(&format!("req -x509 {key} -keyout ca.key -out ca.pem -days 3650 -subj /CN=pcfg-tests"))
            && openssl(&format!(
                "req -x509 {key} -keyout other.key -out other.pem -days 3650 -subj /CN=others"
            ))
            && openssl(&format!("req {key} -keyout server.key -out server.csr -subj /CN=localhost"))
            && openssl(&format!("x509 -req -in server.csr {signed} -extfile names -out server.pem"));
    if !made {
        crate::skip::skipped(crate::skip::Need::Tool("openssl", "openssl"), "certificates");
    }
    made
}

/// Starts a Jira behind TLS; returns its port.
fn start(folder: &Path, rule: fn(&Asked) -> Answer) -> u16 {
    let chain = CertificateDer::pem_file_iter(folder.join("server.pem")).unwrap();
    let chain = chain.collect::<Result<Vec<_>, _>>().unwrap();
    let key = PrivateKeyDer::from_pem_file(folder.join("server.key")).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key);
    let config = Arc::new(config.unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
            // Who does not like the certificate goes away.
            std::thread::spawn(move || converse(StreamOwned::new(connection, stream), rule));
        }
    });
    port
}

fn converse(
    stream: StreamOwned<ServerConnection, TcpStream>,
    rule: fn(&Asked) -> Answer,
) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    loop {
        let mut head = Vec::new();
        loop {
            let mut line = String::new();
            if stream.read_line(&mut line)? == 0 {
                return Ok(());
            }
            match line.trim_end() {
                "" => break,
                line => head.push(line.to_owned()),
            }
        }
        let line = head.remove(0).trim_end_matches(" HTTP/1.1").to_owned();
        let answer = rule(&Asked { line, headers: head.join("\n"), body: String::new() });
        stream.get_mut().write_all(&answer)?;
        stream.get_mut().flush()?;
    }
}

/// Starts a proxy that leads to a port of this machine whatever is asked; returns its port, and what it sees.
fn proxy(to: u16) -> (u16, Arc<Mutex<Vec<u8>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let seen: Arc<Mutex<Vec<u8>>> = Arc::default();
    let all = Arc::clone(&seen);
    std::thread::spawn(move || {
        for mut near in listener.incoming().map_while(Result::ok) {
            let all = Arc::clone(&all);
            std::thread::spawn(move || {
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    let mut byte = [0];
                    near.read_exact(&mut byte)?;
                    head.push(byte[0]);
                }
                all.lock().unwrap().extend(&head);
                near.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")?;
                let mut far = TcpStream::connect(("127.0.0.1", to))?;
                let (mut from_far, mut to_near) = (far.try_clone()?, near.try_clone()?);
                std::thread::spawn(move || {
                    let copied = std::io::copy(&mut from_far, &mut to_near);
                    to_near.shutdown(Shutdown::Write).and(copied.map(drop))
                });
                let mut bytes = [0; 4096];
                loop {
                    let count = near.read(&mut bytes)?;
                    if count == 0 {
                        return far.shutdown(Shutdown::Write);
                    }
                    all.lock().unwrap().extend(&bytes[..count]);
                    far.write_all(&bytes[..count])?;
                }
            });
        }
    });
    (port, seen)
}

fn signed_in() -> Env {
    let mut env = Env::new();
    env.set("JIRA_TOKEN", TOKEN);
    env
}

fn settings(env: &Env, address: &str, more: &str) {
    env.write(
        "pcfg.toml",
        format!("[instances.own]\nurl = \"{address}\"\ntoken-env = \"JIRA_TOKEN\"\n{more}\n"),
    );
}

#[test]
fn a_company_signs_its_certificates_itself() {
    let mut env = signed_in();
    if !certificates(&env.path("")) {
        return;
    }
    let port = start(&env.path(""), data_center);
    let (own, by_number) = (format!("https://localhost:{port}"), format!("https://127.0.0.1:{port}"));
    let check = |address: &str, more: &str| {
        settings(&env, address, more);
        let said = env.run(&["instance", "check", "-q", "-i", "own"]);
        assert!(!said.contains(TOKEN), "{said}");
        said.replace(&port.to_string(), "PORT")
    };
    let said = check(&own, "ca-file = \"ca.pem\"");
    assert!(said.contains("Ada L. (ada)") && said.ends_with("--- exit 0\n"), "{said}");
    let mut all = String::new();
    env.write("empty.pem", "");
    for (what, address, more) in [
        ("an unknown authority", &own, ""),
        ("another authority", &own, "ca-file = \"other.pem\""),
        ("another host than that of the certificate", &by_number, "ca-file = \"ca.pem\""),
        ("a file without certificates", &own, "ca-file = \"empty.pem\""),
        ("no file", &own, "ca-file = \"nothing.pem\""),
    ] {
        all.push_str(&format!("{what}\n{}\n", check(address, more)));
    }
    insta::assert_snapshot!(all);
    // What goes through a proxy cannot be read by it.
    let (by, seen) = proxy(port);
    env.set("HTTPS_PROXY", &format!("http://127.0.0.1:{by}"));
    settings(&env, &own, "ca-file = \"ca.pem\"");
    let said = env.run(&["instance", "check", "-q", "-i", "own"]);
    assert!(said.contains("Ada L. (ada)") && said.ends_with("--- exit 0\n"), "{said}");
    let seen = String::from_utf8_lossy(&seen.lock().unwrap()).into_owned();
    assert!(seen.starts_with(&format!("CONNECT localhost:{port} ")), "{}", &seen[..60.min(seen.len())]);
    assert!(!seen.contains(TOKEN) && !seen.contains("serverInfo"));
}

/// Packs a body without making it smaller (RFC 1952, and RFC 1951, section 3.2.4).
fn packed(body: &[u8]) -> Vec<u8> {
    let mut sum = u32::MAX;
    for byte in body {
        sum ^= u32::from(*byte);
        for _ in 0..8 {
            sum = if sum & 1 == 1 { (sum >> 1) ^ 0xedb8_8320 } else { sum >> 1 };
        }
    }
    let length = u16::try_from(body.len()).unwrap();
    let mut all = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff, 1];
    all.extend(length.to_le_bytes());
    all.extend((!length).to_le_bytes());
    all.extend(body);
    all.extend((!sum).to_le_bytes());
    all.extend(u32::from(length).to_le_bytes());
    all
}

/// Answers as a Data Center, packed for whoever understands that.
fn packed_data_center(asked: &Asked) -> Answer {
    let plain = data_center(asked);
    let at = plain.windows(4).position(|own| own == b"\r\n\r\n").unwrap();
    let body = &plain[at + 4..];
    let accepts = asked.headers.to_ascii_lowercase();
    if !accepts.lines().any(|line| line.starts_with("accept-encoding:") && line.contains("gzip")) {
        return answer(406, "", "");
    }
    let status = String::from_utf8_lossy(&plain[9..12]).into_owned();
    let body = packed(body);
    let mut all = format!(
        "HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n",
        body.len()
    )
    .into_bytes();
    all.extend(body);
    all
}

#[test]
fn packed_replies_are_unpacked() {
    let listener = crate::listener::Listener::start(packed_data_center);
    let env = signed_in();
    settings(&env, &listener.url(), "");
    let said = env.run(&["instance", "check", "-q", "-i", "own"]);
    assert!(said.contains("Ada L. (ada)") && said.ends_with("--- exit 0\n"), "{said}");
}

/// Where nobody listens, nobody is asked again.
#[test]
fn nobody_is_asked_again_who_does_not_listen() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let env = signed_in();
    settings(&env, &format!("http://127.0.0.1:{port}"), "");
    let since = std::time::Instant::now();
    let said = env.run(&["instance", "check", "-v", "-i", "own"]);
    assert!(since.elapsed() < std::time::Duration::from_secs(1), "{:?}: {said}", since.elapsed());
    let plain = said.replace(&port.to_string(), "PORT");
    let lines: Vec<&str> =
        plain.lines().filter(|line| !line.contains(" ms") && !line.starts_with("asked")).collect();
    insta::assert_snapshot!(lines.join("\n"));
    assert_eq!(plain.matches("GET /rest/api/2/serverInfo").count(), 2, "sent once, and named once: {plain}");
}
