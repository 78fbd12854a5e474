//! A line between pcfg and the server: it counts round trips, and it can break at any of them.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

/// When a line breaks: before or after the server gets what is sent in a round trip.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Break {
    Before,
    After,
    /// The server gets it, but whatever it answers is lost, and nobody hangs up.
    Silent,
}

/// A line.
pub(crate) struct Proxy {
    pub(crate) port: u16,
    state: Arc<State>,
}

struct State {
    server: u16,
    /// The round trips so far: how often the client has sent something after it was quiet.
    trips: AtomicUsize,
    /// At which round trip to break, and how.
    breaks: Option<(usize, Break)>,
    /// Whether all later connections break, too.
    forever: bool,
    /// How many connections there were.
    connections: AtomicUsize,
    /// Which connection says nothing any more.
    silent: AtomicUsize,
}

impl Proxy {
    /// Returns a line to a server of this machine.
    pub(crate) fn new(server: u16, breaks: Option<(usize, Break)>, forever: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(State {
            server,
            trips: AtomicUsize::new(0),
            breaks,
            forever,
            connections: AtomicUsize::new(0),
            silent: AtomicUsize::new(0),
        });
        let own = Arc::clone(&state);
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let Ok(client) = client else { return };
                serve(&own, client);
            }
        });
        Self { port, state }
    }

    /// Returns how many round trips there were.
    pub(crate) fn trips(&self) -> usize {
        self.state.trips.load(Ordering::SeqCst)
    }
}

impl State {
    fn is_broken(&self) -> bool {
        self.forever && self.breaks.is_some_and(|(at, _)| self.trips.load(Ordering::SeqCst) >= at)
    }
}

fn serve(state: &Arc<State>, client: TcpStream) {
    if state.is_broken() {
        let _gone = client.shutdown(Shutdown::Both);
        return;
    }
    let server = TcpStream::connect(("127.0.0.1", state.server)).unwrap();
    let number = state.connections.fetch_add(1, Ordering::SeqCst) + 1;
    client.set_nodelay(true).unwrap();
    server.set_nodelay(true).unwrap();
    // Whether the server was the last to say something.
    let answered = Arc::new(Mutex::new(true));
    let hang_up = |client: &TcpStream, server: &TcpStream| {
        let _gone = (client.shutdown(Shutdown::Both), server.shutdown(Shutdown::Both));
    };
    let (from, to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
    let (own, heard) = (Arc::clone(state), Arc::clone(&answered));
    std::thread::spawn(move || {
        let (mut from, mut to) = (from, to);
        let mut buffer = vec![0; 1 << 16];
        while let Ok(length) = from.read(&mut buffer)
            && length > 0
        {
            // The farewell has no answer.
            let is_trip = std::mem::take(&mut *heard.lock().unwrap()) && buffer[0] != b'X';
            let trip = if is_trip { own.trips.fetch_add(1, Ordering::SeqCst) + 1 } else { 0 };
            match own.breaks {
                Some((at, Break::Before)) if at == trip => break,
                Some((at, Break::After)) if at == trip => {
                    // The client never hears the answer, however quick it is; the server may do what it was asked.
                    let _gone = from.shutdown(Shutdown::Both);
                    let _sent = to.write_all(&buffer[..length]);
                    break;
                }
                Some((at, Break::Silent)) if at == trip => {
                    own.silent.store(number, Ordering::SeqCst);
                    let _sent = to.write_all(&buffer[..length]);
                }
                _ if to.write_all(&buffer[..length]).is_err() => break,
                _ => {}
            }
        }
        let _gone = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Write));
    });
    let (from, to) = (server, client);
    let own = Arc::clone(state);
    std::thread::spawn(move || {
        let (mut from, mut to) = (from, to);
        let mut buffer = vec![0; 1 << 16];
        while let Ok(length) = from.read(&mut buffer)
            && length > 0
        {
            *answered.lock().unwrap() = true;
            if own.silent.load(Ordering::SeqCst) == number {
                continue;
            }
            if to.write_all(&buffer[..length]).is_err() {
                break;
            }
        }
        hang_up(&to, &from);
    });
}
