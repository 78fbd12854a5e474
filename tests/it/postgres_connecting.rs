//! Ways to a database: certificates of clients, the environment, several hosts; and lines that break.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};

use pcfg::instance::{Address, Backup, Instance, Postgres, ReadError, Scope, Who, WriteError};

use crate::env::{Env, testdata};
use crate::postgres::load;
use crate::postgres_proxy::{Break, Proxy};
use crate::postgres_server::{CERTIFIED, Database, PASSWORD, server};
use crate::thorough;

fn works(env: &Env, url: &str) {
    let said = env.run(&["instance", "show", "-q", "-i", url]);
    assert!(said.ends_with("--- exit 0\n") && !said.contains(PASSWORD), "{url}: {said}");
}

fn fails(env: &Env, url: &str, why: &str) {
    let said = env.run(&["instance", "show", "-q", "-i", url]);
    assert!(said.contains(why) && !said.contains(" 0\n") && !said.contains(PASSWORD), "{url}: {said}");
}

#[test]
fn a_client_is_known_by_its_certificate() {
    let Some(server) = server() else { return };
    let Some(authority) = &server.authority else {
        crate::skip::skipped(
            crate::skip::Need::Tool("openssl", "openssl"),
            "certificates, for a server of the tests' own",
        );
        return;
    };
    let Some((database, _)) = load(&testdata("backup/demo")) else { return };
    let exists = database.sql(&format!("SELECT FROM pg_roles WHERE rolname = '{CERTIFIED}'"));
    if exists.is_empty() {
        database.sql(&format!("CREATE ROLE {CERTIFIED} SUPERUSER LOGIN"));
    }
    let mut env = Env::new();
    let folder = authority.parent().unwrap();
    for name in ["client.crt", "client.key", "server.key"] {
        env.write(name, std::fs::read(folder.join(name)).unwrap());
        #[cfg(unix)]
        std::fs::set_permissions(env.path(name), std::os::unix::fs::PermissionsExt::from_mode(0o600))
            .unwrap();
    }
    let url = format!(
        "postgres://{CERTIFIED}@127.0.0.1:{}/{}?sslmode=verify-ca&sslrootcert={}",
        server.port,
        database.name,
        authority.display()
    );
    works(&env, &format!("{url}&sslcert=client.crt&sslkey=client.key"));
    fails(&env, &url, "hint: name a certificate for this user and its key: `sslcert=FILE&sslkey=FILE`");
    fails(&env, &format!("{url}&sslcert=client.crt"), "`sslcert` and `sslkey` belong together");
    fails(&env, &format!("{url}&sslcert=client.crt&sslkey=server.key"), "cannot be encrypted");
    fails(&env, &format!("{url}&sslcert=server.key&sslkey=client.key"), "there is no certificate in");
    fails(&env, &format!("{url}&sslcert=client.crt&sslkey=client.crt"), "cannot read the key in");
    fails(&env, &format!("{url}&sslcert=client.crt&sslkey=nothing"), "cannot read the key in");
    env.set("PGSSLCERT", "client.crt");
    env.set("PGSSLKEY", "client.key");
    works(&env, &url);
    #[cfg(unix)]
    {
        let open = std::os::unix::fs::PermissionsExt::from_mode(0o644);
        std::fs::set_permissions(env.path("client.key"), open).unwrap();
        fails(&env, &url, "others can read the key in `client.key`");
    }
}

#[test]
fn the_environment_of_libpq_says_what_an_address_leaves_out() {
    let Some((database, _)) = load(&testdata("backup/demo")) else { return };
    let server = server().unwrap();
    let mut env = Env::new();
    for (name, value) in [
        ("PGHOST", server.host.as_str()),
        ("PGPORT", &server.port.to_string()),
        ("PGUSER", "jira"),
        ("PGDATABASE", &database.name),
        ("PGPASSWORD", PASSWORD),
    ] {
        env.set(name, value);
    }
    works(&env, "postgres://");
    fails(&env, "postgres:///nothing", "there is no such database: `postgres:///nothing?host=");
    fails(&env, "postgres://nobody@", "does not accept the user or the password");
    fails(&env, "postgres://?service=production", "unknown option `service`");
    env.set("PGOPTIONS", "-c statement_timeout=broken");
    fails(&env, "postgres://", "statement_timeout");
}

/// The first of several hosts that answers as it should is taken.
#[test]
fn several_hosts_are_tried() {
    let Some((database, _)) = load(&testdata("backup/demo")) else { return };
    let server = server().unwrap();
    let (host, port, name) = (&server.host, server.port, &database.name);
    let env = Env::new();
    works(&env, &format!("postgres://jira:{PASSWORD}@{host}:1,{host}:{port}/{name}"));
    works(&env, &format!("postgres://jira:{PASSWORD}@/{name}?host={host},{host}&port=1,{port}"));
    works(
        &env,
        &format!("postgres://jira:{PASSWORD}@{host}:1,{host}:{port}/{name}?target_session_attrs=read-write"),
    );
    let url =
        format!("postgres://jira:{PASSWORD}@{host}:1,{host}:{port}/{name}?target_session_attrs=read-only");
    fails(&env, &url, "cannot be reached");
    let url = format!("postgres://jira:{PASSWORD}@{host}:{port}/{name}?target_session_attrs=standby");
    fails(&env, &url, "invalid value for option `target_session_attrs`");
    fails(&env, &format!("postgres://jira:{PASSWORD}@{host}:1,{host}:2/{name}"), "cannot be reached");
}

/// A line to the server that says it offers no TLS; returns its port.
fn line_without_tls(server: u16) -> u16 {
    /// How long the request for TLS is; the answer is one letter.
    const REQUEST: usize = 8;
    let listener = TcpListener::bind("0.0.0.0:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for client in listener.incoming() {
            let mut client = client.unwrap();
            client.read_exact(&mut [0; REQUEST]).unwrap();
            client.write_all(b"N").unwrap();
            let mut server = TcpStream::connect(("127.0.0.1", server)).unwrap();
            let (mut back, mut from) = (client.try_clone().unwrap(), server.try_clone().unwrap());
            std::thread::spawn(move || std::io::copy(&mut client, &mut server));
            std::thread::spawn(move || std::io::copy(&mut from, &mut back));
        }
    });
    port
}

/// Whoever asks for no encryption, and gets none on the way over a network, is told so.
#[test]
fn a_line_without_encryption_is_told() {
    let Some((database, _)) = load(&testdata("backup/demo")) else { return };
    let port = line_without_tls(server().unwrap().port);
    let env = Env::new();
    let show = |host: &str, more: &str| {
        let url = format!("postgres://jira:{PASSWORD}@{host}:{port}/{}{more}", database.name);
        env.run(&["instance", "show", "-i", &url])
    };
    let told = "is not encrypted: the server offers no TLS; `sslmode=require`";
    // Any address of this machine that is no loopback one stands for a network.
    let said = show("0.0.0.0", "");
    assert!(said.contains(told) && said.ends_with("--- exit 0\n") && !said.contains(PASSWORD), "{said}");
    for (host, more) in [("127.0.0.1", ""), ("localhost", "?sslmode=prefer"), ("0.0.0.0", "?sslmode=disable")]
    {
        let said = show(host, more);
        assert!(!said.contains("not encrypted"), "{host}{more}: {said}");
    }
    let said = show("0.0.0.0", "?sslmode=require");
    assert!(said.contains("cannot be encrypted as `sslmode` requires"), "{said}");
}

/// A host that answers, but says nothing, has its time for itself, and does not take that of the next one.
#[test]
fn after_a_silent_host_the_next_one_is_tried() {
    let Some((database, _)) = load(&testdata("backup/demo")) else { return };
    let server = server().unwrap();
    let (host, port, name) = (&server.host, server.port, &database.name);
    // Whoever connects is let in by the system, and nobody talks to him.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let silent = listener.local_addr().unwrap().port();
    let env = Env::new();
    let start = std::time::Instant::now();
    works(
        &env,
        &format!("postgres://jira:{PASSWORD}@127.0.0.1:{silent},{host}:{port}/{name}?connect_timeout=2"),
    );
    let took = start.elapsed();
    assert!(took >= std::time::Duration::from_secs(2), "{took:?}");
    fails(
        &env,
        &format!("postgres://jira:{PASSWORD}@127.0.0.1:{silent}/{name}?connect_timeout=1"),
        "the server has not responded for 1 second",
    );
    let url = format!("postgres://jira:{PASSWORD}@/{name}?host=127.0.0.1&port=1,2");
    fails(&env, &url, "it names another number of ports than of hosts");
}

fn by(database: &Database, proxy: &Proxy, more: &str) -> Postgres {
    Postgres::new(Address::parse(&format!("{}{more}", database.url_by(proxy.port))).unwrap())
}

/// A line that breaks while a database is read is an error that says so, never a part of what there is.
#[test]
fn cut_off_at_any_round_trip_reading_fails_as_a_whole() {
    let Some((database, _)) = load(&testdata("backup/demo")) else { return };
    let port = server().unwrap().port;
    for way in [Break::Before, Break::After] {
        for at in 1.. {
            let proxy = Proxy::new(port, Some((at, way)), false);
            let result =
                by(&database, &proxy, "").read(Scope { usage: true, field_values: true }, &|_, _| {});
            if proxy.trips() < at {
                assert!(result.is_ok());
                assert_eq!(at, 6, "it was cut off at each of the five");
                break;
            }
            let Err(error @ ReadError::Server { .. }) = result else { panic!("{way:?} {at}") };
            assert!(error.help().is_some(), "{error}");
        }
    }
}

/// A line that breaks while a backup is loaded leaves all of it or nothing, and what is said is true.
#[test]
fn cut_off_at_any_round_trip_loading_leaves_all_or_nothing() {
    let Some(server) = server() else { return };
    let database = server.database();
    let backup = testdata("backup/demo");
    // Every statement is a round trip, and there are hundreds: all kinds of them are at the beginning and at the end.
    let count = {
        let proxy = Proxy::new(server.port, None, false);
        let mut instance = by(&database, &proxy, "&schema=whole");
        instance.load(&Backup::open(&backup).unwrap(), &Who::default(), &|_, _| {}).unwrap();
        proxy.trips()
    };
    let is_tried = |at: &usize| {
        at + 4 > count
            || ((*at < 10 || at.is_multiple_of(41) || at + 9 > count)
                && at.is_multiple_of(thorough::every(3)))
    };
    let points: Vec<usize> = (1..=count).filter(is_tried).collect();
    for way in [Break::Before, Break::After] {
        let (mut told, mut loads) = (0, 0);
        for &at in &points {
            let schema = format!("{way:?}{at}").to_lowercase();
            let proxy = Proxy::new(server.port, Some((at, way)), false);
            let mut instance = by(&database, &proxy, &format!("&schema={schema}"));
            let loaded = instance.load(&Backup::open(&backup).unwrap(), &Who::default(), &|_, _| {});
            drop(instance);
            let there = || {
                let count =
                    "SELECT count(*) FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = relnamespace";
                database.value(&format!("{count} WHERE nspname = '{schema}' AND relname = 'project'")) == "1"
            };
            let mut is_there = there();
            // The server may not be through yet.
            let busy = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'pcfg'";
            while database.value(busy) != "0" {
                std::thread::sleep(std::time::Duration::from_millis(5));
                is_there = there();
            }
            is_there |= there();
            match loaded {
                Ok(_) => {
                    loads += 1;
                    assert!(is_there, "{way:?} {at}");
                }
                Err(WriteError::Read(_) | WriteError::Server { .. }) => {
                    told += 1;
                    assert!(!is_there, "{way:?} {at}");
                }
                Err(error) => panic!("{way:?} {at}: {error}"),
            }
        }
        assert_eq!(told + loads, points.len(), "{way:?}");
        // The statistics come behind the end: a line that breaks there has loaded all. What became of the end itself is looked up.
        assert_eq!(loads, if way == Break::After { 2 } else { 1 }, "{way:?}");
    }
    // If the server cannot be asked any more, nobody knows.
    let proxy = Proxy::new(server.port, Some((count - 1, Break::After)), true);
    let mut instance = by(&database, &proxy, "&schema=unknown");
    let error = instance.load(&Backup::open(&backup).unwrap(), &Who::default(), &|_, _| {}).unwrap_err();
    assert!(error.to_string().contains("it is unknown whether it was"), "{error}");
}
