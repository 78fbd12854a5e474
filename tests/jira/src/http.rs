//! HTTP/1.1 as far as tests need it: requests in, replies out, connections kept, and replies that are broken on purpose.
//!
//! Invariant: it serves loopback alone, and whatever a client sends ends its connection at worst.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use crate::rows::lock;

/// The most that a request may hold: no client of a test sends more.
const MOST: usize = 16 << 20;

/// A request, taken apart.
#[derive(Debug, Clone, Default)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// The path as it was sent, without the query.
    pub(crate) path: String,
    pub(crate) query: Vec<(String, String)>,
    /// The names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }
}

/// What a client gets.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    pub(crate) ending: Ending,
}

/// How a reply ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// As it should.
    Whole,
    /// The connection breaks when half of the body has been sent.
    Cut,
    /// The connection breaks before the first byte.
    Nothing,
}

/// What answers.
pub(crate) trait Answers: Send + Sync + 'static {
    fn answer(&self, request: &Request) -> Reply;
}

/// A server that runs until it is dropped.
#[derive(Debug)]
pub(crate) struct Listening {
    pub(crate) address: SocketAddr,
    stopped: Arc<AtomicBool>,
    connections: Arc<Mutex<Vec<TcpStream>>>,
    thread: Option<JoinHandle<()>>,
}

impl Listening {
    /// Listens on loopback; port 0 is any that is free.
    pub(crate) fn start(port: u16, answers: Arc<dyn Answers>) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        let address = listener.local_addr()?;
        let stopped = Arc::new(AtomicBool::new(false));
        let connections = Arc::new(Mutex::new(Vec::new()));
        let (flag, open) = (Arc::clone(&stopped), Arc::clone(&connections));
        let thread = thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if flag.load(Ordering::SeqCst) {
                    break;
                }
                if let Ok(copy) = stream.try_clone() {
                    lock(&open).push(copy);
                }
                let answers = Arc::clone(&answers);
                thread::spawn(move || converse(stream, &*answers));
            }
        });
        Ok(Self { address, stopped, connections, thread: Some(thread) })
    }

    /// Waits until the server stops, which it does not by itself.
    pub(crate) fn wait(mut self) {
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap_or_default();
        }
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::SeqCst);
        for connection in lock(&self.connections).drain(..) {
            // One that is closed already cannot be shut down.
            let _closed = connection.shutdown(Shutdown::Both);
        }
        // Wakes the thread that waits for the next connection.
        let _woken = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap_or_default();
        }
    }
}

fn converse(stream: TcpStream, answers: &dyn Answers) {
    let Ok(copy) = stream.try_clone() else { return };
    // Small replies must not wait for the acknowledgement of the ones before.
    let _as_it_is = stream.set_nodelay(true);
    let (mut reader, mut writer) = (BufReader::new(copy), stream);
    while let Ok(Some(request)) = receive(&mut reader) {
        let reply = answers.answer(&request);
        let is_last = request.header("connection").is_some_and(|value| value.eq_ignore_ascii_case("close"));
        if send(&mut writer, &reply, is_last).is_err() || reply.ending != Ending::Whole || is_last {
            break;
        }
    }
    let _closed = writer.shutdown(Shutdown::Both);
}

/// Reads a request; `None` at the end of the connection.
fn receive(reader: &mut impl BufRead) -> io::Result<Option<Request>> {
    let mut head = Vec::new();
    loop {
        if reader.by_ref().take(MOST as u64).read_until(b'\n', &mut head)? == 0 || head.len() > MOST {
            return Ok(None);
        }
        if head.ends_with(b"\r\n\r\n") || head.ends_with(b"\n\n") {
            break;
        }
    }
    let mut headers = [httparse::EMPTY_HEADER; 64];
    let mut parsed = httparse::Request::new(&mut headers);
    parsed.parse(&head).map_err(io::Error::other)?;
    let target = parsed.path.unwrap_or_default();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut request = Request {
        method: parsed.method.unwrap_or_default().to_owned(),
        path: path.to_owned(),
        query: form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
        headers: parsed
            .headers
            .iter()
            .map(|header| {
                (header.name.to_ascii_lowercase(), String::from_utf8_lossy(header.value).into_owned())
            })
            .collect(),
        body: Vec::new(),
    };
    if request.header("transfer-encoding").is_some_and(|value| value.eq_ignore_ascii_case("chunked")) {
        request.body = chunks(reader)?;
    } else if let Some(length) = request.header("content-length") {
        let length: usize = length.trim().parse().map_err(io::Error::other)?;
        request.body = exactly(reader, length)?;
    }
    Ok(Some(request))
}

fn exactly(reader: &mut impl BufRead, length: usize) -> io::Result<Vec<u8>> {
    if length > MOST {
        return Err(io::Error::other("too much"));
    }
    let mut bytes = vec![0; length];
    reader.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn chunks(reader: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let mut line = String::new();
        reader.by_ref().take(64).read_line(&mut line)?;
        let size = line.split(';').next().unwrap_or_default().trim();
        let size = usize::from_str_radix(size, 16).map_err(io::Error::other)?;
        if body.len() + size > MOST {
            return Err(io::Error::other("too much"));
        }
        body.extend(exactly(reader, size)?);
        // The line break behind a chunk; behind the last there are no trailers.
        exactly(reader, 2)?;
        if size == 0 {
            return Ok(body);
        }
    }
}

fn send(writer: &mut impl Write, reply: &Reply, is_last: bool) -> io::Result<()> {
    if reply.ending == Ending::Nothing {
        return Ok(());
    }
    let mut bytes = format!("HTTP/1.1 {} {}\r\n", reply.status, reason(reply.status)).into_bytes();
    for (name, value) in &reply.headers {
        bytes.extend(format!("{name}: {value}\r\n").bytes());
    }
    bytes.extend(format!("Content-Length: {}\r\n", reply.body.len()).bytes());
    if is_last {
        bytes.extend(b"Connection: close\r\n");
    }
    bytes.extend(b"\r\n");
    let sent = if reply.ending == Ending::Cut { reply.body.len() / 2 } else { reply.body.len() };
    bytes.extend(&reply.body[..sent]);
    writer.write_all(&bytes)?;
    writer.flush()
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        201 => "Created",
        202 => "Accepted",
        204 => "No Content",
        207 => "Multi-Status",
        302 => "Found",
        303 => "See Other",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        409 => "Conflict",
        410 => "Gone",
        412 => "Precondition Failed",
        415 => "Unsupported Media Type",
        423 => "Locked",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        _ => "Status",
    }
}
