//! By which channels messages travel, and how one is switched for another.
//!
//! Each half says by a message where it will be reached, and, once something has come to it there, that it is. While that goes on both
//! channels are listened to and everything is sent over both; when both halves have heard each other over the new one, the former is
//! not used any more. Until then nothing depends on the new one.
//!
//! Invariant: a channel is given up only after this half was heard over the other one, and has heard the partner there.

use super::apply::Trouble;
use super::{ActFault, Engine, RunFault};
use crate::channel::ChannelKind;
use crate::lifecycle::Status;
use crate::message::{Body, NewChannel};
use crate::state::Returned;
use crate::{ChannelFault, Time};

/// What was sent and was never acknowledged, such as acknowledgements, is taken away after so many milliseconds.
const LEFT_OVER: i64 = 24 * 60 * 60 * 1000;

impl Engine<'_> {
    /// The channel that is used, or the former one while it is being switched.
    fn used(&self) -> ChannelKind {
        self.state.half().channel_used.unwrap_or(self.options.channel)
    }

    /// Tells the partner where this half is reached from now on: over another channel, or at another address.
    pub fn switch_channel(&mut self, kind: ChannelKind, address: &str) -> Result<(), ActFault> {
        let refused = |why: &str| Err(ActFault::Refused(why.to_owned()));
        match self.state.half().status() {
            Status::Handshake => {
                return refused("the two halves have not met yet: make them anew with the other channel");
            }
            Status::Recovery => return refused("one side was restored: run `pcfg sync recover` first"),
            _ => (),
        }
        if self.options.channel_fixed {
            return refused("the settings say that the channel is fixed (`channel-switch = false`)");
        }
        let told = NewChannel { kind: kind.to_string(), address: address.to_owned(), confirmed: false };
        self.state.half_mut().told_channel = Some(told.clone());
        self.postman().post(Body::Channel(told), None, None)?;
        self.noted(&format!("the partner is told of the channel: {kind}"))
    }

    /// The partner says where it is reached, or that this half is heard there.
    pub(super) fn announced(&mut self, channel: &NewChannel) -> Result<(), Trouble> {
        let kind: ChannelKind = channel
            .kind
            .parse()
            .map_err(|fault: crate::channel::UnknownChannel| Trouble::Refuse(fault.to_string()))?;
        let used = self.used();
        if self.options.channel_fixed && kind != used {
            return Err(Trouble::Refuse(
                "the partner's settings say that the channel is fixed (`channel-switch = false`)".to_owned(),
            ));
        }
        let word = if channel.confirmed { "has heard this half over" } else { "has announced" };
        self.state.log(self.options.now, &format!("the partner {word} the channel: {kind}"))?;
        let half = self.state.half_mut();
        half.partner_addresses.insert(kind, channel.address.clone());
        half.channel = Some(channel.clone());
        let takes_part = half.told_channel.as_ref().is_some_and(|told| told.kind == channel.kind);
        for own in self.channels.iter_mut().filter(|own| own.kind() == kind) {
            own.partner_at(&channel.address);
        }
        if kind != used && !takes_part {
            let at =
                if channel.address.is_empty() { String::new() } else { format!(" ({})", channel.address) };
            self.run.report.notes.push(format!(
                "the partner wants to be reached by another channel: {kind}{at}; set it up here, too: `pcfg sync channel {kind}`"
            ));
        }
        self.switched()?;
        Ok(())
    }

    /// The partner does not take the switch.
    pub(super) fn not_switched(&mut self, why: &str) {
        let used = self.used().to_string();
        let told = &mut self.state.half_mut().told_channel;
        if told.take_if(|told| told.kind != used).is_some() {
            self.run.report.notes.push(format!("the partner does not switch the channel: {why}"));
        }
    }

    /// Something of the partner's has come through a channel: if it is the new one, the partner is told, once.
    pub(super) fn came_through(&mut self, channel: usize) -> Result<(), RunFault> {
        let kind = self.channels[channel].kind().to_string();
        let half = self.state.half_mut();
        if half.alarm.is_some() {
            return Ok(());
        }
        let Some(told) = half.told_channel.as_mut().filter(|told| told.kind == kind && !told.confirmed)
        else {
            return Ok(());
        };
        told.confirmed = true;
        let told = told.clone();
        self.postman().post(Body::Channel(told), None, None)?;
        self.switched()
    }

    /// Gives the former channel up, if both halves have heard each other over the new one.
    fn switched(&mut self) -> Result<(), RunFault> {
        let used = self.used();
        let half = self.state.half_mut();
        let (Some(told), Some(theirs)) = (&half.told_channel, &half.channel) else { return Ok(()) };
        let Ok(kind) = told.kind.parse::<ChannelKind>() else { return Ok(()) };
        if kind == used || theirs.kind != told.kind || !told.confirmed || !theirs.confirmed {
            return Ok(());
        }
        half.channel_used = Some(kind);
        half.channel_troubles.remove(&used);
        self.run.report.notes.push(format!("the channel is {kind} from now on, and not {used} any more"));
        self.state.log(self.options.now, &format!("the channel is {kind} from now on"))?;
        Ok(())
    }

    /// In a new epoch what was announced in the old one is announced once more: it may never have arrived.
    pub(super) fn announce_again(&mut self) -> Result<(), RunFault> {
        if let Some(told) = self.state.half().told_channel.clone() {
            self.postman().post(Body::Channel(told), None, None)?;
        }
        if let Some(key) = self.state.half().told_key.clone() {
            self.postman().post(Body::Key(key), None, None)?;
        }
        Ok(())
    }

    /// A channel works, so far as can be seen.
    pub(super) fn works(&mut self, channel: usize) {
        let kind = self.channels[channel].kind();
        if self.state.half().channel_troubles.contains_key(&kind) {
            self.state.half_mut().channel_troubles.remove(&kind);
        }
    }

    /// A channel does not work: it is told now, and shown until it works again.
    pub(super) fn trouble_with(&mut self, channel: usize, fault: &ChannelFault) {
        if *fault == ChannelFault::NoAddress {
            return;
        }
        let (kind, why) = (self.channels[channel].kind(), fault.to_string());
        if self.state.half().channel_troubles.get(&kind) != Some(&why) {
            self.state.half_mut().channel_troubles.insert(kind, why.clone());
        }
        if !self.run.report.notes.contains(&why) {
            self.run.report.notes.push(why);
        }
    }

    /// Messages that came back are told of until the partner has received something again.
    pub(super) fn returned(&mut self, channel: usize) -> Result<(), RunFault> {
        let names = self.channels[channel].returned();
        if names.is_empty() {
            return Ok(());
        }
        let now = self.options.now;
        let half = self.state.half_mut();
        let before = half.returned.as_ref().map_or(0, |own| own.count);
        half.returned = Some(Returned { count: before + names.len() as u64, at: now });
        let what =
            format!("{} came back undelivered: look at the partner's address and mailbox", names.len());
        self.state.log(now, &what)?;
        self.run.report.notes.push(what);
        Ok(())
    }

    /// Whether a channel took the bytes. While a channel is being switched all of them get everything.
    pub(super) fn hand_over(&mut self, sealed: &[u8]) -> bool {
        let mut taken = false;
        for channel in 0..self.channels.len() {
            match self.channels[channel].send(sealed) {
                Ok(()) => taken = true,
                Err(fault) => self.trouble_with(channel, &fault),
            }
        }
        taken
    }

    /// Takes away what this half has sent and nobody needs any more, where nobody else does it.
    pub(super) fn tidy(&mut self) -> Result<(), RunFault> {
        let now = self.options.now;
        for channel in 0..self.channels.len() {
            for lying in self.channels[channel].lying() {
                let is_needed = match self.state.is_awaited(&lying.name)? {
                    Some(is_awaited) => is_awaited,
                    None => Time(lying.since.0.saturating_add(LEFT_OVER)) > now,
                };
                if !is_needed && let Err(fault) = self.channels[channel].retire(&lying.name) {
                    self.trouble_with(channel, &fault);
                }
            }
        }
        Ok(())
    }
}
