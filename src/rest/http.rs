//! The wire itself: HTTP over TCP and TLS.
//!
//! Invariants: no redirect is followed; a reply, unpacked, is not larger than [`LARGEST`]; every wait for the network has an end; the secret
//! goes to the site and to nobody else, and a proxy sees it only where the user asks for an address without TLS.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rustls::crypto::ring;
use ureq::http::{self, HeaderValue, header};
use ureq::tls::{Certificate, RootCerts, TlsConfig, TlsProvider};
use ureq::{Agent, Body, Proxy, SendBody};

use super::authorities;
use super::client::MOST;
use super::network::Network;
use super::open::Lines;
use super::signin::SignIn;
use super::site::Site;
use super::wire::{Answer, Broken, Wire};
use super::{FailureKind, Method, Request, Transfer};

/// What only Jira's own pages ask.
const INTERNAL: &str = "/rest/greenhopper/";

/// The largest reply; the largest known of Jira's are a tenth of it.
const LARGEST: u64 = 64 << 20;

/// How long to wait for a connection.
const CONNECT: Duration = Duration::from_secs(15);

/// How long Jira may think about an answer.
const THINK: Duration = Duration::from_secs(90);

/// How long an answer may take in all.
const WHOLE: Duration = Duration::from_secs(240);

impl Network {
    /// Returns what makes connections to a site.
    fn agent(&self, site: &Site) -> Result<Agent, Broken> {
        let mut roots = Vec::new();
        if site.is_encrypted() {
            roots = authorities::of_system();
            if let Some(file) = &self.ca_file {
                let more = authorities::of_file(file);
                roots.extend(more.map_err(|error| broken(FailureKind::Tls, error.to_string()))?);
            }
            if roots.is_empty() {
                return Err(broken(FailureKind::Tls, "this system has no CA certificates"));
            }
        }
        let roots: Vec<_> = roots.iter().map(|own| Certificate::from_der(own).to_owned()).collect();
        let tls = TlsConfig::builder()
            .provider(TlsProvider::Rustls)
            .root_certs(RootCerts::Specific(Arc::new(roots)))
            .unversioned_rustls_crypto_provider(Arc::new(ring::default_provider()))
            .build();
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .https_only(site.is_encrypted())
            .max_redirects(0)
            .tls_config(tls)
            .proxy(self.proxy()?)
            .user_agent(concat!("pcfg/", env!("CARGO_PKG_VERSION")))
            .accept("application/json")
            .max_idle_connections_per_host(MOST)
            .timeout_resolve(Some(CONNECT))
            .timeout_connect(Some(CONNECT))
            .timeout_recv_response(Some(THINK))
            .timeout_per_read(Some(THINK))
            .timeout_per_write(Some(THINK))
            .timeout_recv_body(Some(WHOLE))
            .timeout_global(Some(WHOLE));
        Ok(config.build().new_agent())
    }

    fn proxy(&self) -> Result<Option<Proxy>, Broken> {
        let Some(text) = &self.proxy else { return Ok(None) };
        let wrong = |_| broken(FailureKind::Proxy, "the address of the proxy is not valid");
        let proxy = Proxy::new(text.reveal()).map_err(wrong)?;
        let Some(no_proxy) = &self.no_proxy else { return Ok(Some(proxy)) };
        let mut builder = Proxy::builder(proxy.protocol()).host(proxy.host()).port(proxy.port());
        if let Some(user) = proxy.username() {
            builder = builder.username(user);
        }
        if let Some(password) = proxy.password() {
            builder = builder.password(password);
        }
        for host in no_proxy.split(',').map(str::trim).filter(|host| !host.is_empty()) {
            builder = builder.no_proxy(host);
        }
        builder.build().map(Some).map_err(wrong)
    }
}

/// A connection to one site, as one caller.
#[derive(Debug)]
pub(super) struct Http {
    agent: Agent,
    base: String,
    sign_in: Option<SignIn>,
    authorization: Option<HeaderValue>,
}

impl Http {
    /// Returns the wire to a site; without a sign-in it asks as anybody.
    fn new(site: &Site, sign_in: Option<&SignIn>, network: &Network) -> Result<Self, Broken> {
        let authorization = sign_in.map(|sign_in| {
            let mut value = HeaderValue::from_str(sign_in.header().reveal()).map_err(|_| {
                broken(
                    FailureKind::SignIn,
                    "the token contains a character that tokens never have, such as \
                a line break",
                )
            })?;
            value.set_sensitive(true);
            Ok(value)
        });
        Ok(Self {
            agent: network.agent(site)?,
            base: site.to_string(),
            sign_in: sign_in.cloned(),
            authorization: authorization.transpose()?,
        })
    }

    fn request(&self, request: &Request) -> Result<http::Request<Vec<u8>>, Broken> {
        let body = match &request.body {
            Some(body) => {
                serde_json::to_vec(body).map_err(|error| broken(FailureKind::Malformed, error.to_string()))?
            }
            None => Vec::new(),
        };
        let mut built = http::Request::builder()
            .method(request.method.name())
            .uri(format!("{}{}", self.base, request.target()))
            // Names of what Jira brings along come in the language of the caller otherwise (Jira Cloud, introduction to the REST API v3).
            .header(header::ACCEPT_LANGUAGE, "en-US")
            .header("X-Force-Accept-Language", "true");
        if let Some(authorization) = &self.authorization {
            built = built.header(header::AUTHORIZATION, authorization);
        }
        if request.path.starts_with(INTERNAL) && request.method != Method::Get {
            // Jira takes what its own pages send only with this, or from such a page.
            built = built.header("X-Atlassian-Token", "no-check");
        }
        if request.body.is_some() {
            built = built.header(header::CONTENT_TYPE, "application/json");
        }
        built.body(body).map_err(|error| broken(FailureKind::Connection, error.to_string()))
    }
}

impl Lines for Network {
    fn line(&self, base: &Site, sign_in: Option<&SignIn>) -> Result<Box<dyn Wire>, Broken> {
        Ok(Box::new(Http::new(base, sign_in, self)?))
    }
}

impl Wire for Http {
    fn send(&self, request: &Request) -> Result<Answer, Broken> {
        let built = self.request(request)?;
        let sent = match (&request.transfer, &request.body) {
            (Some(Transfer::Upload { from, name, mime }), _) => {
                return read(self.upload(built, from, (name, mime))?);
            }
            (Some(Transfer::Download { .. }), _) => self.agent.run(self.patiently(built.map(|_| ()))),
            (None, Some(_)) => self.agent.run(built),
            (None, None) => self.agent.run(built.map(|_| ())),
        };
        let mut response = sent.map_err(|error| of_error(&error, false))?;
        if let Some(Transfer::Download { to }) = &request.transfer
            && response.status().is_success()
        {
            save(&mut response, to)?;
        }
        read(response)
    }

    fn hide(&self, text: String) -> String {
        match &self.sign_in {
            Some(sign_in) => sign_in.hide(&text),
            None => text,
        }
    }
}

impl Http {
    /// Lets a request take as long as its file needs: only a pause in it is too long.
    fn patiently<B: ureq::AsSendBody>(&self, built: http::Request<B>) -> http::Request<B> {
        self.agent.configure_request(built).timeout_global(None).timeout_recv_body(None).build()
    }

    /// Sends a file as a form.
    fn upload(
        &self,
        built: http::Request<Vec<u8>>,
        from: &Path,
        (name, mime): (&str, &str),
    ) -> Result<http::Response<Body>, Broken> {
        let unread =
            |error: io::Error| broken(FailureKind::Connection, format!("cannot read the file: {error}"));
        let file = File::open(from).map_err(unread)?;
        let size = file.metadata().map_err(unread)?.len();
        // As browsers do it (HTML, "multipart form data").
        let name = name.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A");
        let boundary = boundary();
        let head = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\nContent-Type: {mime}\r\n\r\n"
        );
        let tail = format!("\r\n--{boundary}--\r\n");
        let length = head.len() as u64 + size + tail.len() as u64;
        let body = io::Cursor::new(head).chain(file.take(size)).chain(io::Cursor::new(tail));
        let mut built = built.map(|_| SendBody::from_owned_reader(body));
        let headers = built.headers_mut();
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
        let kind = HeaderValue::from_str(&format!("multipart/form-data; boundary={boundary}"));
        headers.insert(
            header::CONTENT_TYPE,
            kind.map_err(|error| broken(FailureKind::Malformed, error.to_string()))?,
        );
        // Jira refuses a form without it, lest a page of somebody else sends one.
        headers.insert("X-Atlassian-Token", HeaderValue::from_static("no-check"));
        self.agent.run(self.patiently(built)).map_err(|error| of_error(&error, false))
    }
}

/// Returns what separates the parts of a form: of random numbers, so that no file can hold it, even one that somebody made for that.
fn boundary() -> String {
    use std::hash::{BuildHasher as _, Hasher as _};
    let number = || std::hash::RandomState::new().build_hasher().finish();
    format!("pcfg-{:016x}{:016x}", number(), number())
}

/// Writes what is answered into a file.
fn save(response: &mut http::Response<Body>, to: &Path) -> Result<(), Broken> {
    let unwritten = |error: io::Error| broken(FailureKind::Cut, format!("cannot write the file: {error}"));
    let mut file = File::create(to).map_err(unwritten)?;
    let mut body = response.body_mut().with_config().limit(u64::MAX).reader();
    io::copy(&mut body, &mut file).map_err(|error| broken(FailureKind::Cut, error.to_string()))?;
    Ok(())
}

/// Reads what is answered.
fn read(mut response: http::Response<Body>) -> Result<Answer, Broken> {
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let headers = response.headers().iter().map(|(name, value)| (name.as_str().to_owned(), text(value)));
    let (status, headers) = (response.status().as_u16(), headers.collect());
    let body = response.body_mut().with_config().limit(LARGEST).read_to_vec();
    Ok(Answer { status, headers, body: body.map_err(|error| of_error(&error, true))? })
}

fn broken(kind: FailureKind, detail: impl Into<String>) -> Broken {
    Broken { kind, detail: detail.into() }
}

/// Says what an error of the client means; in the middle of a body, or before.
fn of_error(error: &ureq::Error, is_body: bool) -> Broken {
    let text = || {
        let text = error.to_string();
        // The number of an error of the system says nothing to most.
        text.split(" (os error ").next().unwrap_or_default().trim_start_matches("io: ").to_owned()
    };
    let kind = match error {
        ureq::Error::Timeout(_) => {
            let seconds = if is_body { WHOLE } else { THINK }.as_secs();
            return broken(FailureKind::Timeout, format!("{error}, of at most {seconds} s"));
        }
        ureq::Error::HostNotFound => return broken(FailureKind::Dns, ""),
        ureq::Error::Tls(_) | ureq::Error::Pem(_) | ureq::Error::Rustls(_) | ureq::Error::TlsRequired => {
            FailureKind::Tls
        }
        ureq::Error::Io(error) if is_of_tls(error) => FailureKind::Tls,
        // The standard library has no kind of its own for it.
        ureq::Error::Io(error) if error.to_string().starts_with("failed to lookup address") => {
            FailureKind::Dns
        }
        ureq::Error::Io(error) if error.kind() == std::io::ErrorKind::ConnectionRefused => {
            FailureKind::Nobody
        }
        ureq::Error::ConnectionFailed => FailureKind::Nobody,
        ureq::Error::ConnectProxyFailed(_) | ureq::Error::InvalidProxyUrl => FailureKind::Proxy,
        ureq::Error::BodyExceedsLimit(_) | ureq::Error::LargeResponseHeader(..) => {
            return broken(FailureKind::TooLarge, format!("more than {} MB", LARGEST >> 20));
        }
        ureq::Error::Decompress(..) => FailureKind::Malformed,
        _ if is_body => FailureKind::Cut,
        _ => FailureKind::Connection,
    };
    broken(kind, text())
}

fn is_of_tls(error: &std::io::Error) -> bool {
    error.get_ref().is_some_and(|inner| inner.is::<rustls::Error>())
}
