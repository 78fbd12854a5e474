//! A server on this machine that answers as a test says, and remembers what it was asked.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// What was asked.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    /// `GET /rest/api/2/myself`.
    pub(crate) line: String,
    /// All headers, one a line.
    pub(crate) headers: String,
    /// What was sent along.
    pub(crate) body: String,
}

impl Asked {
    /// Returns whether it is asked for a path, whatever its parameters.
    pub(crate) fn is_for(&self, path: &str) -> bool {
        self.line.split(' ').nth(1).is_some_and(|target| target.split('?').next() == Some(path))
    }
}

/// The bytes of an answer, with its status line and headers.
pub(crate) type Answer = Vec<u8>;

/// Returns an answer of a status, with further headers, each ended by a line break.
pub(crate) fn answer(status: u16, headers: &str, body: &str) -> Answer {
    format!("HTTP/1.1 {status} X\r\n{headers}Content-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

/// Returns an answer in JSON.
pub(crate) fn json(status: u16, body: &str) -> Answer {
    answer(status, "Content-Type: application/json;charset=UTF-8\r\n", body)
}

/// Returns a page for a browser.
pub(crate) fn html(status: u16, body: &str) -> Answer {
    answer(status, "Content-Type: text/html;charset=UTF-8\r\n", body)
}

/// A server; it ends with the process.
pub(crate) struct Listener {
    port: u16,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Listener {
    /// Starts a server that answers each request by a rule.
    pub(crate) fn start(rule: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let (all, rule) = (Arc::clone(&asked), Arc::new(rule));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (all, rule) = (Arc::clone(&all), Arc::clone(&rule));
                // Who asks may go away at any time.
                std::thread::spawn(move || serve(&stream?, &all, &*rule));
            }
            Ok::<(), std::io::Error>(())
        });
        Self { port, asked }
    }

    /// Starts a server that says the same whatever is sent to it.
    pub(crate) fn start_raw(said: &'static [u8]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream?;
                // Something has to come first, or it would be said to nobody.
                let _length = stream.read(&mut [0; 4096])?;
                stream.write_all(said)?;
            }
            Ok::<(), std::io::Error>(())
        });
        Self { port, asked: Arc::default() }
    }

    /// Returns its address.
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Returns what it was asked so far.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// Returns what a command said, with this server's address in neutral words.
    pub(crate) fn neutral(&self, said: &str) -> String {
        said.replace(&format!("127.0.0.1:{}", self.port), "HOST")
    }
}

fn serve(
    stream: &TcpStream,
    all: &Mutex<Vec<Asked>>,
    rule: &dyn Fn(&Asked) -> Answer,
) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    loop {
        let mut head = Vec::new();
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line)? == 0 {
                return Ok(());
            }
            match line.trim_end() {
                "" => break,
                line => head.push(line.to_owned()),
            }
        }
        let length = head
            .iter()
            .find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
        let mut body = Vec::new();
        reader.by_ref().take(length.unwrap_or(0)).read_to_end(&mut body)?;
        let body = String::from_utf8_lossy(&body).into_owned();
        let line = head.remove(0).trim_end_matches(" HTTP/1.1").to_owned();
        let asked = Asked { line, headers: head.join("\n"), body };
        all.lock().unwrap().push(asked.clone());
        let mut stream = stream;
        let answer = rule(&asked);
        stream.write_all(&answer)?;
        // An answer that promises more than it holds ends here.
        let promised = String::from_utf8_lossy(&answer[..answer.len().min(1000)]).into_owned();
        if promised.contains("Connection: close") {
            return stream.shutdown(std::net::Shutdown::Both);
        }
    }
}
