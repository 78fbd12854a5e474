//! The licence file, in both forms in which it is published.
//!
//! One has a root element `license` with an `info`; the other, of 2019, has holder, creator, product and policies side by side after
//! the declaration. The signature cannot be checked: how it is made is not public.
//!
//! Invariant: a [`Licence`] is one of Backbone Issue Sync, complete, with each policy once.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use quick_xml::Reader;
use quick_xml::events::Event;

use super::{Day, LicenceFault};
use crate::Time;

/// The product that a licence must be for.
pub const PRODUCT_KEY: &str = "com.k15t.backbone.backbone-issue-sync";

/// Where below a home the file lies.
pub const FOLDER: &str = "data/backbone-issue-sync";

/// What the file is called.
pub const FILE: &str = "backbone-issue-sync-license.xml";

/// No licence is larger.
const LARGEST: u64 = 64 * 1024;

/// More endpoints are not believed.
const MOST: u32 = 1_000_000;

/// So many days before the expiry people are warned.
const WARNED: i64 = 30;

/// A remote licence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Licence {
    /// When it was made, as it says.
    pub creation: Option<String>,
    /// Whose it is.
    pub holder: String,
    /// Who made it.
    pub creator: String,
    /// The product, in words.
    pub product: String,
    /// The last day on which it is good.
    pub expires: Day,
    /// How many Jiras without a licence of their own may be partners at a time.
    pub endpoints: u32,
    /// Policies that are not known here, by type.
    pub others: BTreeMap<String, String>,
    /// Whether it says to be signed. What it says cannot be checked.
    pub is_signed: bool,
}

impl Licence {
    /// Reads a licence file.
    pub fn read(bytes: &[u8]) -> Result<Self, LicenceFault> {
        if bytes.len() as u64 > LARGEST {
            return Err(LicenceFault::TooLarge(LARGEST));
        }
        let mut parts = Parts::default();
        parts.read(bytes)?;
        parts.licence()
    }

    /// Reads the licence file at a path.
    pub fn load(path: &Path) -> Result<Self, LicenceFault> {
        let system = |error| LicenceFault::System { path: path.to_owned(), error };
        let mut bytes = Vec::new();
        File::open(path).map_err(system)?.take(LARGEST + 1).read_to_end(&mut bytes).map_err(system)?;
        Self::read(&bytes)
    }

    /// Returns true if and only if its last day is over.
    pub fn is_expired(&self, now: Time) -> bool {
        self.expires.left(now) < 0
    }

    /// What people have to know before it is too late.
    pub fn warning(&self, now: Time) -> Option<String> {
        let day = self.expires;
        match day.left(now) {
            ..0 => Some(format!(
                "the remote licence expired after {day}: synchronizations that run go on, and none that needs it is started"
            )),
            0 => {
                Some(format!("the remote licence expires today ({day}); ask {} for a new one", self.creator))
            }
            left @ 1..=WARNED => Some(format!(
                "the remote licence expires in {left} days ({day}); ask {} for a new one",
                self.creator
            )),
            _ => None,
        }
    }
}

/// Finds the licence file of a Jira: in its home, or in the shared home where it has one.
pub fn find(home: &Path, shared: Option<&Path>) -> Result<Option<PathBuf>, LicenceFault> {
    let below = |home: &Path| home.join(FOLDER).join(FILE);
    let is_there = |path: &Path| match fs::metadata(path) {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(LicenceFault::System { path: path.to_owned(), error }),
    };
    let belongs = below(shared.unwrap_or(home));
    if is_there(&belongs)? {
        return Ok(Some(belongs));
    }
    let local = below(home);
    if shared.is_some() && is_there(&local)? {
        return Err(LicenceFault::LocalHome { found: local, belongs });
    }
    Ok(None)
}

/// What was found in the file, before it is known whether it is all.
#[derive(Default)]
struct Parts {
    texts: BTreeMap<&'static str, String>,
    policies: BTreeMap<String, String>,
    has_policies: bool,
}

/// The elements with a text of their own.
const TEXTS: [&str; 5] = ["creation", "holder", "creator", "product", "signature"];

impl Parts {
    fn read(&mut self, bytes: &[u8]) -> Result<(), LicenceFault> {
        let document = std::str::from_utf8(bytes).map_err(|error| LicenceFault::Broken {
            at: error.valid_up_to() as u64,
            why: "it is not UTF-8".to_owned(),
        })?;
        let mut reader = Reader::from_str(document.trim_start_matches('\u{feff}'));
        reader.config_mut().trim_text(false);
        // The elements that are open, and the text of the innermost.
        let mut open: Vec<(String, Option<String>)> = Vec::new();
        let mut text = String::new();
        loop {
            let at = reader.buffer_position();
            let broken = |why: String| LicenceFault::Broken { at, why };
            let event = reader.read_event().map_err(|error| broken(error.to_string()))?;
            let is_empty = matches!(event, Event::Empty(_));
            match event {
                Event::Eof if open.is_empty() => return Ok(()),
                Event::Eof => return Err(broken("it ends too early".to_owned())),
                Event::DocType(_) => return Err(broken("a licence has no document type".to_owned())),
                Event::Start(element) | Event::Empty(element) => {
                    let name = element.local_name().as_ref().to_owned();
                    let mut kind = None;
                    for attribute in element.attributes() {
                        let attribute = attribute.map_err(|error| broken(error.to_string()))?;
                        if attribute.key.local_name().as_ref() == "type" {
                            let value = quick_xml::escape::unescape(&attribute.value);
                            kind = Some(value.map_err(|error| broken(error.to_string()))?.into_owned());
                        }
                    }
                    if open.len() > 8 {
                        return Err(broken("its elements are nested too deeply".to_owned()));
                    }
                    self.has_policies |= name == "policies";
                    text.clear();
                    if is_empty {
                        self.end(&name, kind, "")?;
                    } else {
                        open.push((name, kind));
                    }
                }
                Event::Text(part) => text.push_str(part.as_ref()),
                Event::CData(part) => text.push_str(part.as_ref()),
                Event::GeneralRef(part) => {
                    let name: &str = part.as_ref();
                    let character = match part.resolve_char_ref() {
                        Ok(Some(character)) => Some(character.to_string()),
                        _ => quick_xml::escape::resolve_predefined_entity(name).map(str::to_owned),
                    };
                    text.push_str(&character.ok_or_else(|| broken(format!("`&{name};` means nothing")))?);
                }
                Event::End(_) => {
                    if let Some((name, kind)) = open.pop() {
                        self.end(&name, kind, text.trim())?;
                    }
                    text.clear();
                }
                Event::Decl(_) | Event::Comment(_) | Event::PI(_) => {}
            }
        }
    }

    fn end(&mut self, name: &str, kind: Option<String>, text: &str) -> Result<(), LicenceFault> {
        if name == "policy" {
            let kind = kind.ok_or(LicenceFault::Missing("type of a policy"))?;
            return match self.policies.insert(kind.clone(), text.to_owned()) {
                Some(_) => Err(LicenceFault::Twice(format!("the policy {kind}"))),
                None => Ok(()),
            };
        }
        if let Some(known) = TEXTS.into_iter().find(|known| *known == name)
            && self.texts.insert(known, text.to_owned()).is_some()
        {
            return Err(LicenceFault::Twice(known.to_owned()));
        }
        Ok(())
    }

    fn licence(mut self) -> Result<Licence, LicenceFault> {
        if !self.has_policies {
            return Err(LicenceFault::NotALicence);
        }
        let product = self.policy("PRODUCT_KEY")?;
        if product != PRODUCT_KEY {
            return Err(LicenceFault::OtherProduct { found: product });
        }
        let expires = self.policy("EXPIRATION")?;
        let endpoints = self.policy("MAX_REMOTE_ENDPOINTS")?;
        let is_signed = self.texts.get("signature").is_some_and(|text| !text.is_empty());
        Ok(Licence {
            creation: self.texts.remove("creation"),
            holder: self.text("holder")?,
            creator: self.text("creator")?,
            product: self.text("product")?,
            expires: expires.parse().map_err(|()| LicenceFault::NotADay(expires))?,
            endpoints: number(endpoints)?,
            others: self.policies,
            is_signed,
        })
    }

    fn text(&mut self, name: &'static str) -> Result<String, LicenceFault> {
        self.texts.remove(name).filter(|text| !text.is_empty()).ok_or(LicenceFault::Missing(name))
    }

    fn policy(&mut self, name: &'static str) -> Result<String, LicenceFault> {
        self.policies.remove(name).filter(|text| !text.is_empty()).ok_or(LicenceFault::Missing(name))
    }
}

fn number(text: String) -> Result<u32, LicenceFault> {
    let digits = text.strip_prefix('-').unwrap_or(&text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(LicenceFault::NotANumber(text));
    }
    if text.starts_with('-') {
        return Err(LicenceFault::Negative(text));
    }
    match text.parse() {
        Ok(number) if number <= MOST => Ok(number),
        _ => Err(LicenceFault::Huge(text)),
    }
}
