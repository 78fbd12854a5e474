//! A request with its way back, which may take more than one.
//!
//! Invariant: what nothing takes back says so.

use super::sent::{Look, Sent};
use crate::import::Call;

/// A request with its way back.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::instance::live) struct Deed {
    /// What is sent.
    pub(in crate::instance::live) sent: Sent,
    /// What takes it back; nothing if nothing can.
    pub(in crate::instance::live) back: Option<Sent>,
    /// What takes back the rest of it, after that.
    pub(in crate::instance::live) more: Vec<Sent>,
    /// Whether it comes after everything else: it names what is created by later steps.
    pub(in crate::instance::live) is_late: bool,
}

impl Deed {
    /// Returns a request that another takes back; what is looked at is the same both ways.
    pub(in crate::instance::live) fn new(sent: Sent, back: Sent) -> Self {
        let mut back = back;
        if back.look.is_none() {
            back.look = sent.look.as_ref().map(Look::back);
        }
        Self { sent, back: Some(back), more: Vec::new(), is_late: false }
    }

    /// Returns a request about a part of something new: who takes that back has taken back this.
    pub(in crate::instance::live) fn along(sent: Sent) -> Self {
        Self { sent, back: Some(Sent::nothing()), more: Vec::new(), is_late: false }
    }

    /// Returns what is only done on the way back, after all that follows was taken back.
    pub(in crate::instance::live) fn only_back(back: Sent) -> Self {
        Self { sent: Sent::nothing(), back: Some(back), more: Vec::new(), is_late: false }
    }

    /// Returns a request that nothing takes back.
    pub(in crate::instance::live) fn lasting(sent: Sent) -> Self {
        Self { sent, back: None, more: Vec::new(), is_late: false }
    }

    /// Adds what is sent after that which takes it back, until all of it is taken back.
    #[must_use]
    pub(in crate::instance::live) fn then(mut self, more: impl IntoIterator<Item = Sent>) -> Self {
        self.more.extend(more);
        self
    }

    /// Says that it names what is created by later steps.
    #[must_use]
    pub(in crate::instance::live) fn late(self) -> Self {
        Self { is_late: true, ..self }
    }

    /// Returns it as saved plans and journals hold it.
    pub(super) fn call(self, about: &str) -> Call {
        let spelled = |sent: &Sent| serde_json::to_value(sent).expect("a request has text keys only");
        Call {
            about: about.to_owned(),
            sends: spelled(&self.sent),
            takes_back: self.back.as_ref().map(|back| match &self.more[..] {
                [] => spelled(back),
                more => [back].into_iter().chain(more).map(spelled).collect(),
            }),
        }
    }
}
