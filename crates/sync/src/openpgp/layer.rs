//! What the crate reads of each layer of a message: counted, limited, and with an eye on how it fails.
//!
//! Invariant: before the text begins no more than [`HEAD`] bytes of a layer are read, however many packets somebody puts there; after
//! it no more than the limit.

use std::fmt;
use std::io::{self, BufRead, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::Framing;

/// The most that is read of a layer before its text begins.
pub(super) const HEAD: u64 = 1024 * 1024;

/// How much of a layer may be read yet. It is changed while somebody else holds the layer.
#[derive(Clone, Debug)]
pub(super) struct Budget(Arc<(AtomicU64, AtomicBool)>);

impl Budget {
    /// Allows so many bytes more.
    pub(super) fn raise(&self, by: u64) {
        let left = self.0.0.load(Ordering::Relaxed);
        self.0.0.store(left.saturating_add(by), Ordering::Relaxed);
    }

    /// Returns true if and only if more was there than was allowed.
    pub(super) fn is_exceeded(&self) -> bool {
        self.0.1.load(Ordering::Relaxed)
    }
}

/// A layer of a message.
pub(super) struct Layer<'a> {
    inner: &'a mut (dyn BufRead + Send),
    budget: Budget,
    /// The first failure of what is below.
    failure: Option<io::Error>,
    /// Of the outermost layer alone.
    framing: Option<Framing>,
}

impl fmt::Debug for Layer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Layer").field("budget", &self.budget).finish_non_exhaustive()
    }
}

impl<'a> Layer<'a> {
    /// The outermost layer.
    pub(super) fn outer(inner: &'a mut (dyn BufRead + Send)) -> Self {
        Self { framing: Some(Framing::default()), ..Self::inner(inner) }
    }

    /// One within.
    pub(super) fn inner(inner: &'a mut (dyn BufRead + Send)) -> Self {
        let budget = Budget(Arc::new((AtomicU64::new(HEAD), AtomicBool::new(false))));
        Self { inner, budget, failure: None, framing: None }
    }

    pub(super) fn budget(&self) -> Budget {
        self.budget.clone()
    }

    /// What the layer below failed with; the crate may have swallowed it.
    pub(super) fn failure(&mut self) -> Option<io::Error> {
        self.failure.take()
    }

    /// Reads what is left, and tells whether the end of the message was there.
    pub(super) fn is_cut(&mut self) -> bool {
        loop {
            match self.fill_buf().map(<[u8]>::len) {
                Ok(0) | Err(_) => break,
                Ok(length) => self.consume(length),
            }
        }
        self.framing.as_ref().is_some_and(|framing| !framing.is_whole())
    }
}

impl BufRead for Layer<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        let left = self.budget.0.0.load(Ordering::Relaxed);
        match self.inner.fill_buf() {
            Ok(bytes) if !bytes.is_empty() && left == 0 => {
                self.budget.0.1.store(true, Ordering::Relaxed);
                Err(io::Error::other("more than is taken"))
            }
            Ok(bytes) => Ok(&bytes[..bytes.len().min(usize::try_from(left).unwrap_or(usize::MAX))]),
            Err(error) => {
                let copy = io::Error::new(error.kind(), error.to_string());
                self.failure.get_or_insert(error);
                Err(copy)
            }
        }
    }

    fn consume(&mut self, amount: usize) {
        if amount == 0 {
            return;
        }
        if let Some(framing) = &mut self.framing
            && let Ok(bytes) = self.inner.fill_buf()
        {
            framing.push(&bytes[..amount.min(bytes.len())]);
        }
        let left = self.budget.0.0.load(Ordering::Relaxed);
        self.budget.0.0.store(left.saturating_sub(amount as u64), Ordering::Relaxed);
        self.inner.consume(amount);
    }
}

impl Read for Layer<'_> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let there = self.fill_buf()?;
        let amount = there.len().min(bytes.len());
        bytes[..amount].copy_from_slice(&there[..amount]);
        self.consume(amount);
        Ok(amount)
    }
}
