//! Mails are written and read.
//!
//! The payload is forced into base64: as lines of text it came back with other line ends, and a signature of bytes would be wrong.
//!
//! Invariant: subject, headers and file name tell which half of which synchronization wrote the mail and nothing else; read from them is
//! only whether the mail is ours to look at.

use std::time::{Duration, UNIX_EPOCH};

use lettre::Message;
use lettre::message::header::{
    ContentDisposition, ContentTransferEncoding, ContentType, HeaderName, HeaderValue,
};
use lettre::message::{Body, MultiPart, SinglePart};
use mail_parser::{MessageParser, MimeHeaders as _};

use crate::channel::MessageName;
use crate::{Role, SyncId, Time};

/// A mail as it is sent: envelope and bytes.
#[derive(Clone, Debug)]
pub struct Mail {
    /// Who sends it.
    pub from: String,
    /// Who gets it.
    pub to: String,
    pub(super) message: Message,
}

impl Mail {
    /// Its bytes.
    pub fn bytes(&self) -> Vec<u8> {
        self.message.formatted()
    }
}

/// What the subject begins with.
const SUBJECT: &str = "pcfg sync";

/// Writes a mail with a sealed message.
pub(super) fn written(
    sealed: &[u8],
    sync: &SyncId,
    role: Role,
    from: &str,
    to: &str,
    now: Time,
) -> Result<Mail, String> {
    let name = MessageName::of(sync, role, sealed).to_string();
    let token = name.trim_end_matches(".pgp");
    let domain = from.rsplit('@').next().unwrap_or("localhost");
    let body = |bytes: Vec<u8>| Body::new_with_encoding(bytes, ContentTransferEncoding::Base64);
    let payload = body(sealed.to_vec()).map_err(|_| "the message cannot be written as base64".to_owned())?;
    let octets = ContentType::parse("application/octet-stream").map_err(|error| error.to_string())?;
    let control = ContentType::parse("application/pgp-encrypted").map_err(|error| error.to_string())?;
    let date = UNIX_EPOCH + Duration::from_millis(u64::try_from(now.0).unwrap_or_default());
    let parts = MultiPart::encrypted("application/pgp-encrypted".to_owned())
        .singlepart(SinglePart::builder().header(control).body("Version: 1\r\n".to_owned()))
        .singlepart(
            SinglePart::builder().header(octets).header(ContentDisposition::attachment(&name)).body(payload),
        );
    let address = |text: &str| text.parse().map_err(|_| format!("`{text}` is not an e-mail address"));
    let automatic =
        HeaderValue::new(HeaderName::new_from_ascii_str("Auto-Submitted"), "auto-generated".to_owned());
    let mut message = Message::builder()
        .from(address(from)?)
        .to(address(to)?)
        .subject(format!("{SUBJECT} {token}"))
        // Of the message, not of the try: the same when it is sent again.
        .message_id(Some(format!("<{token}@{domain}>")))
        .date(date)
        .multipart(parts)
        .map_err(|error| error.to_string())?;
    message.headers_mut().insert_raw(automatic);
    Ok(Mail { from: from.to_owned(), to: to.to_owned(), message })
}

/// What the headers say of a mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Look {
    /// A message of the partner, it seems.
    Message,
    /// A report that a mail was not delivered, or an automatic answer; of which mail is in its text.
    Report,
    /// Not ours.
    Foreign,
}

/// Looks at the headers of a mail.
pub(super) fn look(head: &[u8], sync: &SyncId, partner: Role) -> Look {
    let Some(parsed) = MessageParser::default().parse_headers(head) else { return Look::Foreign };
    let is_report = parsed.content_type().is_some_and(|kind| {
        kind.ctype() == "multipart" && kind.subtype().is_some_and(|kind| kind.eq_ignore_ascii_case("report"))
    });
    let automatic = parsed.header_raw("Auto-Submitted").unwrap_or_default();
    if is_report || automatic.contains("auto-replied") {
        return Look::Report;
    }
    let texts = [parsed.subject(), parsed.message_id()].into_iter().flatten();
    let is_theirs = texts.flat_map(|text| named(text, sync)).any(|name| name.from() == partner);
    if is_theirs { Look::Message } else { Look::Foreign }
}

/// The sealed message in a mail; nothing if there is none.
pub(super) fn payload(mail: &[u8], sync: &SyncId) -> Option<Vec<u8>> {
    let parsed = MessageParser::default().parse(mail)?;
    let parts = || parsed.parts.iter().filter(|part| !part.is_multipart());
    // By its name, or, where a server took that away, by its type.
    let named_part = parts()
        .find(|part| part.attachment_name().is_some_and(|name| MessageName::read(name, sync).is_some()));
    let octets = || {
        parts().find(|part| {
            part.content_type().is_some_and(|kind| kind.subtype().is_some_and(|kind| kind == "octet-stream"))
        })
    };
    Some(named_part.or_else(octets)?.contents().to_vec())
}

/// Which of our own messages a report is about.
pub(super) fn reported(mail: &[u8], sync: &SyncId, own: Role) -> Option<MessageName> {
    named(&String::from_utf8_lossy(mail), sync).into_iter().find(|name| name.from() == own)
}

/// The names of messages of this synchronization in a text.
fn named(text: &str, sync: &SyncId) -> Vec<MessageName> {
    let is_part = |character: char| character.is_ascii_alphanumeric() || character == '-';
    let words = text.split(|character| !is_part(character));
    words.filter_map(|word| MessageName::read(&format!("{word}.pgp"), sync)).collect()
}
