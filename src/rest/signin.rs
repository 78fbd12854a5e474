//! Who asks, and how he shows it.
//!
//! Invariant: the secret is in the header of a request to the own base and nowhere else, in no spelling.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::secret::Secret;

/// What stands for a secret.
const MASK: &str = "***";

/// Shorter texts are no secrets, and hiding them would hide what has nothing to do with them.
const SHORTEST: usize = 4;

/// How the caller signs in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignIn {
    user: Option<String>,
    secret: Secret,
}

impl SignIn {
    /// Returns a sign-in: with a user, a password or the API token of an account (Basic); without, a token that says by itself
    /// whose it is (Bearer).
    pub fn new(user: Option<&str>, secret: &Secret) -> Self {
        let user = user.map(str::trim).filter(|user| !user.is_empty()).map(str::to_owned);
        // What a command or a file gives often ends with a line break.
        Self { user, secret: Secret::new(secret.reveal().trim()) }
    }

    /// Returns the user, if the sign-in names one.
    pub fn user(&self) -> Option<&str> {
        self.user.as_deref()
    }

    /// Returns the value of the header `Authorization`.
    #[cfg(any(feature = "rest", test))]
    pub(super) fn header(&self) -> Secret {
        Secret::new(match &self.user {
            Some(_) => format!("Basic {}", self.basic()),
            None => format!("Bearer {}", self.secret.reveal()),
        })
    }

    fn basic(&self) -> String {
        let user = self.user.as_deref().unwrap_or_default();
        STANDARD.encode(format!("{user}:{}", self.secret.reveal()))
    }

    /// Returns a text without the secret, however a server echoes it.
    pub(super) fn hide(&self, text: &str) -> String {
        let secret = self.secret.reveal();
        let encoded = crate::rest::segment(secret);
        let spellings = [self.basic(), STANDARD.encode(secret), encoded, secret.to_owned()];
        let spellings = spellings.iter().filter(|own| own.len() >= SHORTEST);
        spellings.fold(text.to_owned(), |text, own| text.replace(own.as_str(), MASK))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_echo_of_the_secret_is_hidden() {
        let secret = Secret::new(" c4n/ry=\n");
        let basic = SignIn::new(Some("ada@example.com"), &secret);
        assert_eq!(basic.header().reveal(), "Basic YWRhQGV4YW1wbGUuY29tOmM0bi9yeT0=");
        let bearer = SignIn::new(None, &secret);
        assert_eq!(bearer.header().reveal(), "Bearer c4n/ry=");
        for (sign_in, echo) in [
            (&basic, "got Basic YWRhQGV4YW1wbGUuY29tOmM0bi9yeT0= from you"),
            (&bearer, "got Bearer c4n/ry= from you"),
            (&bearer, "GET /?token=c4n%2Fry%3D"),
        ] {
            let shown = sign_in.hide(echo);
            assert!(shown.contains(MASK) && !shown.contains("c4n") && !shown.contains("YWRh"), "{shown}");
        }
        assert!(!format!("{basic:?}").contains("c4n"));
    }
}
