//! What kind of place is at a location, and what it can do.

use super::{Embedded, Kind, Location, Way};
use crate::model::Abilities;

impl Location {
    /// Returns what kind of place there is: an embedded instance is told by the first bytes of the file.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Database(_) => Kind::Database,
            Self::Remote(_) => Kind::Live,
            Self::Record(_) => Kind::Record,
            Self::Doors(doors) if doors.way != Way::Database => Kind::Live,
            Self::Doors(_) => self.stored().kind(),
            Self::Path(path) if Embedded::is_at(path) => Kind::Embedded,
            Self::Path(_) => Kind::Backup,
        }
    }

    /// Returns what the place can do, as far as that is known before it is asked.
    pub fn abilities(&self) -> Abilities {
        let abilities = self.kind().abilities();
        // Whatever its database is: a Jira runs on it.
        let is_stopped = matches!(self, Self::Doors(doors) if doors.way == Way::Database);
        Abilities { offline: abilities.offline || is_stopped, ..abilities }
    }
}
