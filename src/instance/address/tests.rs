//! The spellings of places: addresses of databases, with their passwords, and paths.

use std::path::Path;

use super::super::Location;
use super::*;

#[test]
fn an_address_is_taken_apart() {
    let address =
        Address::parse("postgresql://ada:p%40ss@db.example.com:5433,other/jira?schema=own&connect_timeout=3&sslmode=verify-full")
            .unwrap();
    assert_eq!(address.parameters, "connect_timeout='3' dbname='jira' user='ada'");
    assert_eq!(address.hosts, "host='db.example.com,other' port='5433,'");
    assert_eq!(
        address.to_string(),
        "postgres://ada@db.example.com:5433,other/jira?schema=own&connect_timeout=3&sslmode=verify-full"
    );
    assert_eq!(address.password.as_ref().unwrap().reveal(), "p@ss");
    assert_eq!(address.schema.as_deref(), Some("own"));
    assert_eq!(address.ssl_mode, SslMode::VerifyFull);
    let login = |text: &str| {
        let Login { host, port, database, user } = Address::parse(text).unwrap().login().clone();
        format!("{host}:{port}:{database}:{}", user.unwrap_or_default())
    };
    assert_eq!(login("postgres://ada@db:5433/jira"), "db:5433:jira:ada");
    assert_eq!(login("postgres://ada@[::1]:5433/jira"), "::1:5433:jira:ada");
    assert_eq!(login("postgres://ada@db"), "db:5432:ada:ada");
    assert_eq!(login("postgres:///jira?host=/tmp&user=bob&port=7"), "/tmp:7:jira:bob");
    assert_eq!(login("postgres://%2Ftmp/jira"), "/tmp:5432:jira:");
    assert_eq!(login("postgres://ada@/jira"), "localhost:5432:jira:ada");
    assert_eq!(login("postgres://db:1/jira?port=2"), "db:2:jira:");
}

#[test]
fn the_same_database_is_known_however_it_is_spelled() {
    let of = |text: &str| Location::from(Address::parse(text).unwrap());
    let mut named = Address::parse("postgres://ada@db/jira").unwrap();
    named.set_schema("o wn");
    assert_eq!(named.resolved(), "postgres://ada@db/jira?schema=o%20wn");
    assert!(Location::from(named).is_same(&of("postgres://db/jira?sslmode=require&currentSchema=o%20wn")));
    let one = of("postgres://ada:secret@DB/jira");
    assert_eq!(one.resolved(), "postgres://ada@DB/jira");
    assert!(one.is_same(&of("postgresql://bob@db:5432/jira?schema=public")));
    for other in ["db:5433/jira", "db/other", "db/jira?schema=own", "db,other/jira", "other/jira"] {
        assert!(!one.is_same(&of(&format!("postgres://ada@{other}"))), "{other}");
    }
    assert!(!one.is_same(&Location::from(Path::new("jira.sqlite"))));
}

#[test]
fn the_environment_says_what_an_address_leaves_out() {
    let variable = |name: &str| {
        let value = match name {
            "PGHOST" => "db,other",
            "PGPORT" => "5433",
            "PGUSER" => "a da",
            "PGDATABASE" => "jira",
            "PGSSLMODE" => "verify-full",
            _ => return None,
        };
        Some(value.to_owned())
    };
    let of = |text: &str| Address::parse_with(text, &variable).unwrap();
    let address = of("postgres://");
    assert_eq!(address.parameters, "dbname='jira' user='a da'");
    assert_eq!(address.hosts, "host='db,other' port='5433'");
    let shown = "postgres://?host=db,other&port=5433&user=a%20da&dbname=jira&sslmode=verify-full";
    assert_eq!(address.to_string(), shown);
    assert_eq!(address.ssl_mode, SslMode::VerifyFull);
    let address = of("postgres://bob@[::1]/own?sslmode=disable");
    assert_eq!(address.parameters, "dbname='own' user='bob'");
    assert_eq!(address.hosts, "host='::1' port='5433'");
    assert_eq!(of("postgres:///a'%5Cb").parameters.split(" user").next(), Some("dbname='a\\'\\\\b'"));
    assert_eq!(address.ssl_mode, SslMode::Disable);
    assert!(Address::parse("postgres://db?sslcert=a").is_err());
}

#[test]
fn nothing_shows_a_password() {
    for text in
        ["postgres://ada:secret@db/jira", "postgres://db/jira?user=ada&password=secret&sslmode=require"]
    {
        let address = Address::parse(text).unwrap();
        assert!(address.has_password());
        let shown = format!("{address} {address:?} {}", Location::from(address.clone()));
        assert!(!shown.contains("secret"), "{shown}");
    }
    for wrong in [
        "postgres://ada:sec/ret@db/jira",
        "postgres://ada:secret%@db",
        "postgres://ada:secret@db?sslmode=x",
        "postgres://ada@db?sslpassword=secret",
        "postgres://ada:sec?ret@db/jira",
        "postgres://ada@db?Password=secret",
        "postgres://ada@db?p%61ssword=secret",
        "postgres://ada@db?passwd=secret",
    ] {
        let error = Address::parse(wrong).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("sec"), "{error}");
    }
}
