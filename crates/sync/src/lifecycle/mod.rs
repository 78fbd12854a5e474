//! The life of a half: from the handshake to running, and what it may do when.
//!
//! Invariant: a status is worked out from what is known, never kept beside it; so it cannot be wrong after a crash.

use std::fmt;

use serde::Serialize;

use crate::Role;
use crate::state::Half;

/// Where a half stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Status {
    /// The other half is not known, or the connection test has not passed.
    Handshake,
    /// It can be configured and started.
    Stopped,
    /// It works.
    Running,
    /// The master has published a configuration that the slave has not adopted.
    WaitingForSlave,
    /// The slave has to adopt a configuration.
    UpdateRequired,
    /// It was started without a configuration that both have agreed on.
    RestartRequired,
    /// It works, but the partner is silent.
    Degraded,
    /// One side was restored: the pairs have to be compared.
    Recovery,
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Handshake => "HANDSHAKE",
            Self::Stopped => "STOPPED",
            Self::Running => "RUNNING",
            Self::WaitingForSlave => "WAITING FOR SLAVE",
            Self::UpdateRequired => "UPDATE REQUIRED",
            Self::RestartRequired => "RESTART REQUIRED",
            Self::Degraded => "DEGRADED",
            Self::Recovery => "RECOVERY",
        })
    }
}

impl Half {
    /// Where it stands.
    pub fn status(&self) -> Status {
        if self.alarm.is_some() || self.recovery.is_some() {
            Status::Recovery
        } else if !self.connected {
            Status::Handshake
        } else if self.config_next.is_some() {
            match self.role {
                Role::Master => Status::WaitingForSlave,
                Role::Slave => Status::UpdateRequired,
            }
        } else if !self.started {
            Status::Stopped
        } else if self.config.is_none() {
            Status::RestartRequired
        } else if self.degraded.is_some() {
            Status::Degraded
        } else {
            Status::Running
        }
    }

    /// Whether it tells changes of its own side.
    pub fn may_tell(&self) -> bool {
        matches!(self.status(), Status::Running | Status::Degraded)
    }

    /// Whether it does what the partner's messages say. The master goes on under the configuration of before while it waits for the
    /// slave, with whatever the slave told under it.
    pub fn may_apply(&self) -> bool {
        self.started && matches!(self.status(), Status::Running | Status::Degraded | Status::WaitingForSlave)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ConfigVersion, SyncId, Time};

    #[test]
    fn a_half_goes_from_the_handshake_to_running() {
        let mut half = Half::new(SyncId::of([1; 16]), Role::Master, "sync");
        let version = |number| Some(ConfigVersion { number, hash: String::new() });
        let mut seen = vec![half.status()];
        let mut after = |change: &dyn Fn(&mut Half)| {
            change(&mut half);
            seen.push(half.status());
        };
        after(&|half| half.connected = true);
        after(&|half| half.started = true);
        after(&|half| (half.config, half.config_next) = (version(1), version(1)));
        after(&|half| half.config_next = None);
        after(&|half| half.degraded = Some(Time(1)));
        after(&|half| half.alarm = Some("restored".to_owned()));
        after(&|half| (half.alarm, half.degraded) = (None, None));
        after(&|half| (half.role, half.config_next) = (Role::Slave, version(2)));
        let seen: Vec<String> = seen.iter().map(ToString::to_string).collect();
        assert_eq!(
            seen.join(" > "),
            "HANDSHAKE > STOPPED > RESTART REQUIRED > WAITING FOR SLAVE > RUNNING > DEGRADED > RECOVERY > RUNNING > UPDATE REQUIRED"
        );
    }
}
