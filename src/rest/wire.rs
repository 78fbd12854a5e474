//! What sends a request once and brings back what came, whatever it is.
//!
//! Invariant: nothing is tried again here, and nothing is judged.

use std::time::Duration;

use super::{FailureKind, Request};

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers, with names in small letters.
    pub headers: Vec<(String, String)>,
    /// The body, unpacked.
    pub body: Vec<u8>,
}

impl Answer {
    /// Returns a header, by its name in small letters.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }
}

/// Why nothing came back, or not all of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// What kind of reason.
    pub kind: FailureKind,
    /// What the system says.
    pub detail: String,
}

/// Sends requests.
pub trait Wire: Sync + Send {
    /// Sends a request once.
    fn send(&self, request: &Request) -> Result<Answer, Broken>;

    /// Returns a text of the server without the secret that was sent to it.
    fn hide(&self, text: String) -> String {
        text
    }
}

/// What time it is, and how it passes.
pub trait Clock: Sync + Send {
    /// Returns how long the clock has been running.
    fn now(&self) -> Duration;
    /// Waits.
    fn sleep(&self, time: Duration);
    /// Returns a number from 0 to 1 that nobody can foresee, so that several who wait do not come back at the same moment.
    fn chance(&self) -> f64;
}

/// The clock of this machine.
#[derive(Debug)]
pub(super) struct Real(std::time::Instant);

impl Default for Real {
    fn default() -> Self {
        Self(std::time::Instant::now())
    }
}

impl Clock for Real {
    fn now(&self) -> Duration {
        self.0.elapsed()
    }

    fn sleep(&self, time: Duration) {
        std::thread::sleep(time);
    }

    fn chance(&self) -> f64 {
        use std::hash::{BuildHasher as _, Hasher as _};
        let number = std::hash::RandomState::new().build_hasher().finish();
        f64::from((number >> 32) as u32) / f64::from(u32::MAX)
    }
}
